//! Group J of the security cases, passwords: what answers give away, one spelling per account, lengths and types, and what
//! happens when too many are checked at once. Limits of guessing are in `limits`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vouchsafe::identity::{Email, RoleName, User, UserId, user};
use vouchsafe::secret::random::uuid;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::users;
use vouchsafe::time::Lifetime;

use crate::support::ground::TABLES;
use crate::support::invariants::FaultsExpected;
use crate::support::relying_party::PASSWORD;
use crate::support::timing::alike;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";

async fn try_with(app: &TestApp, client: &Client, login: &str, password: &str) -> (Browser, Page) {
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let answer = browser.submit_once(&page, &[("login", login), ("password", password)]).await;
    (browser, answer)
}

/// The answer without what differs from request to request: form values, the correlation id, the address typed.
fn bare(page: &Page, login: &str) -> (u16, Vec<String>, String) {
    let body = page.bare().replace(&page.correlation_id(), "ID").replace(login, "LOGIN");
    let headers = page
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-correlation-id", "content-length"].contains(&name.as_str()));
    let mut headers: Vec<String> = headers.map(|(n, v)| format!("{n}: {}", v.to_str().expect("ASCII"))).collect();
    headers.sort();
    (page.status, headers, body)
}

/// A person who was made without a password, or whose password is this one.
async fn person_with(app: &TestApp, email: &str, password: Option<&str>) -> UserId {
    let now = app.clock.now();
    let person = User {
        id: UserId(uuid(&*app.app.parts.chance, now)),
        email: Email::parse(email).expect("an address"),
        email_verified: true,
        role: RoleName::PERSON,
        profile: user::Profile::default(),
        groups: Vec::new(),
        disabled_at: None,
        valid_from: now,
        created_at: now,
        updated_at: now,
        version: 1,
        attributes: Default::default(),
        last_sign_in_at: None,
        picture: None,
    };
    let phc = match password {
        Some(password) => Some(app.app.parts.passwords.hash(Sensitive::new(password)).await.expect("a hash")),
        None => None,
    };
    let stored = person.clone();
    app.write(move |c| {
        assert!(users::insert(c, &stored)?);
        phc.as_ref().map_or(Ok(()), |phc| users::password_set(c, &stored.id, phc, now))
    })
    .await;
    person.id
}

#[tokio::test]
async fn j01_an_answer_does_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let disabled = app.person("disabled@example.com").await;
    person_with(&app, "nopassword@example.com", None).await;
    let now = app.clock.now();
    assert!(app.write(move |c| users::set_disabled(c, &disabled.id, Some(now), now)).await);
    let (_, wrong) = try_with(&app, &client, ALICE, "wrong password").await;
    let wanted = bare(&wrong, ALICE);
    assert_eq!(wanted.0, 422);
    assert!(wrong.headers.get("set-cookie").is_none());
    let cases = [
        ("nobody@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("disabled@example.com", "wrong password"),
        ("disabled@example.com", PASSWORD),
        ("nopassword@example.com", "wrong password"),
        ("not-an-address", "wrong password"),
        ("a@b@example.com", "wrong password"),
    ];
    for (login, password) in cases {
        let (_, page) = try_with(&app, &client, login, password).await;
        assert_eq!(bare(&page, login), wanted, "{login} with {password}");
    }
    // Blocked accounts answer alike whether they exist or not.
    let blocked = async |login: &str| {
        for _ in 0..6 {
            try_with(&app, &client, login, "wrong password").await;
        }
        bare(&try_with(&app, &client, login, "wrong password").await.1, login)
    };
    let known = blocked(ALICE).await;
    assert_eq!(known.0, 429);
    assert_eq!(blocked("someone@example.com").await, known);
    assert_eq!(blocked("disabled@example.com").await, known);
}

#[tokio::test]
async fn j01_an_unknown_address_costs_as_much_time_as_a_known_one() {
    // Enough work that the hash is what takes the time.
    let slow = [
        ("VOUCHSAFE_PASSWORDS_MEMORY_KIB", "32768"),
        ("VOUCHSAFE_PASSWORDS_ITERATIONS", "3"),
        ("VOUCHSAFE_LIMITS_ACCOUNT_FREE", "100"),
        ("VOUCHSAFE_LIMITS_ADDRESS_FREE", "1000"),
        ("VOUCHSAFE_LIMITS_NETWORK_FREE", "1000"),
        ("VOUCHSAFE_PASSWORDS_WAIT_MS", "30000"),
    ];
    let app = TestApp::start_with(&slow).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let disabled = app.person("disabled@example.com").await;
    let now = app.clock.now();
    app.write(move |c| users::set_disabled(c, &disabled.id, Some(now), now)).await;
    for other in ["nobody@example.com", "disabled@example.com"] {
        // What was counted so far is forgotten.
        app.pass(Lifetime::from_hours(25));
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        alike(0.1, 15, async |is_known| {
            let login = if is_known { ALICE } else { other };
            browser.submit_once(&page, &[("login", login), ("password", "wrong password")]).await;
        })
        .await;
    }
}

#[tokio::test]
async fn j01_an_unknown_address_leaves_as_much_behind_as_a_known_one() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let disabled = app.person("disabled@example.com").await;
    let now = app.clock.now();
    app.write(move |c| users::set_disabled(c, &disabled.id, Some(now), now)).await;
    let mut written = Vec::new();
    for login in [ALICE, "nobody@example.com", "disabled@example.com"] {
        try_with(&app, &client, login, "wrong password").await;
        let tables = TABLES.iter().filter(|table| **table != "traces");
        let before: Vec<i64> = tables.clone().map(|table| app.rows(table)).collect();
        try_with(&app, &client, login, "wrong password").await;
        let more = tables.zip(before).map(|(table, before)| (*table, app.rows(table) - before));
        written.push(more.filter(|(_, rows)| *rows != 0).collect::<Vec<_>>());
    }
    assert_eq!(written, vec![vec![("events", 1)]; 3]);
}

#[tokio::test]
async fn j04_one_account_whatever_the_spelling() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    for login in [
        "ALICE@EXAMPLE.COM",
        " alice@example.com ",
        "ａｌｉｃｅ@example.com",
        "alice＠example.com",
        "Alice@Example.com\t",
    ] {
        let (browser, page) = try_with(&app, &client, login, PASSWORD).await;
        assert_eq!(page.status, 303, "{login:?}: {}", page.body);
        assert!(browser.cookies.contains_key("vouchsafe_session"), "{login:?}");
    }
    for login in [
        "al\u{200b}ice@example.com",
        "alıce@example.com",
        "alice@example.com\u{0}",
        "alice@example.com.",
        "alice@example..com",
        "alice@@example.com",
        "аlice@example.com",
        "alice",
        "",
    ] {
        let (browser, page) = try_with(&app, &client, login, PASSWORD).await;
        assert!(matches!(page.status, 400 | 403 | 422), "{login:?}: {}", page.status);
        assert!(!browser.cookies.contains_key("vouchsafe_session"), "{login:?}");
    }
    let people = app.lines("SELECT DISTINCT user_id AS line FROM sessions");
    assert_eq!(people, [alice.id.as_str()]);
    // All spellings share one counter.
    for login in
        ["ALICE@example.com", "alice@example.com", " aLiCe@EXAMPLE.com", "ａlice@example.com", "Alice@example.com"]
    {
        assert_eq!(try_with(&app, &client, login, "wrong").await.1.status, 422);
    }
    assert_eq!(try_with(&app, &client, "alicE@example.com", "wrong").await.1.status, 429);
    assert_eq!(try_with(&app, &client, ALICE, PASSWORD).await.1.status, 429, "not even the right one, from elsewhere");
}

#[tokio::test]
async fn j07_a_password_that_is_too_long_is_refused_unhashed_and_none_is_cut() {
    let slow = [("VOUCHSAFE_PASSWORDS_MEMORY_KIB", "65536"), ("VOUCHSAFE_PASSWORDS_ITERATIONS", "8")];
    let app = TestApp::start_with(&slow).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let long = "p".repeat(72);
    person_with(&app, "long@example.com", Some(&long)).await;
    let most = "x".repeat(1_024);
    person_with(&app, "most@example.com", Some(&most)).await;
    let began = Instant::now();
    assert_eq!(try_with(&app, &client, ALICE, &"w".repeat(1_024)).await.1.status, 422, "1024 bytes are looked at");
    let hashed = began.elapsed();
    let mut unhashed = Duration::MAX;
    for length in [1_025, 4_000, 60_000] {
        let began = Instant::now();
        let (browser, page) = try_with(&app, &client, ALICE, &"w".repeat(length)).await;
        unhashed = unhashed.min(began.elapsed());
        assert_eq!(page.status, 400, "{length} bytes: {}", page.body);
        assert!(!browser.cookies.contains_key("vouchsafe_session"));
    }
    assert!(unhashed * 2 < hashed, "{unhashed:?}, with a hash {hashed:?}");
    assert_eq!(app.rows("guesses"), 3, "what was not looked at is not counted: one account, address and network");
    for length in [100_000, 1_000_000] {
        let (_, page) = try_with(&app, &client, ALICE, &"w".repeat(length)).await;
        assert_eq!(page.status, 413, "{length} bytes");
    }
    // The answer is the same for an address that nobody has.
    assert_eq!(try_with(&app, &client, "nobody@example.com", &"w".repeat(1_025)).await.1.status, 400);
    // Every byte counts: none behind the 72nd, none behind a NUL, is ignored.
    for wrong in [format!("{long}X"), "p".repeat(71), format!("{long}\u{7f}"), format!("{long} ")] {
        let page = try_with(&app, &client, "long@example.com", &wrong).await.1;
        assert!(matches!(page.status, 422 | 429), "{}", page.status);
    }
    assert_eq!(try_with(&app, &client, "most@example.com", &format!("{}y", &most[1..])).await.1.status, 422);
    assert_eq!(try_with(&app, &client, "most@example.com", &most).await.1.status, 303, "1024 bytes sign in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn j08_too_many_sign_ins_are_told_to_wait_and_nothing_else_waits() {
    let narrow = [
        ("VOUCHSAFE_PASSWORDS_MEMORY_KIB", "65536"),
        ("VOUCHSAFE_PASSWORDS_ITERATIONS", "6"),
        ("VOUCHSAFE_PASSWORDS_MAX_RUNNING", "1"),
        ("VOUCHSAFE_PASSWORDS_MAX_WAITING", "2"),
        ("VOUCHSAFE_PASSWORDS_WAIT_MS", "300"),
        ("VOUCHSAFE_LIMITS_ADDRESS_FREE", "100000"),
    ];
    let app = Arc::new(TestApp::start_with(&narrow).await);
    let _faults = FaultsExpected::at(&app);
    let client = app.web("c1").await;
    let mut doors = Vec::new();
    for number in 0..40 {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        doors.push((browser, page, format!("person-{number}@example.com")));
    }
    let crowd: Vec<_> = doors
        .into_iter()
        .map(|(mut browser, page, login)| {
            tokio::spawn(async move { browser.submit_once(&page, &[("login", &login), ("password", "wrong")]).await })
        })
        .collect();
    // Half of them hang up at once; what they began goes on and must keep its place.
    let (gone, patient): (Vec<_>, Vec<_>) = crowd.into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    gone.into_iter().for_each(|(_, task)| task.abort());
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let began = Instant::now();
        let page = app.http.get(app.url("/jwks")).send().await.expect("an answer");
        assert_eq!(page.status().as_u16(), 200);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "/jwks took {slowest:?}");
    let mut turned_away = 0;
    for (_, task) in patient {
        let page = task.await.expect("an answer");
        assert!(matches!(page.status, 422 | 503), "{} {}", page.status, page.body);
        if page.status == 503 {
            turned_away += 1;
            assert!(page.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
            assert!(page.has("correlation-id"));
        }
    }
    assert!(turned_away > 0, "one at a time, two waiting, and still nobody was turned away");
    let (running, _) = app.app.parts.passwords.load();
    assert!(running <= 1, "{running} hashes at a time");
    app.person(ALICE).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(try_with(&app, &client, ALICE, PASSWORD).await.1.status, 303, "afterwards all is well");
}

#[tokio::test]
async fn j09_nothing_is_no_password() {
    let app = TestApp::start_with(&[("VOUCHSAFE_LIMITS_ACCOUNT_FREE", "100")]).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    person_with(&app, "none@example.com", None).await;
    for login in [ALICE, "none@example.com"] {
        for password in [
            "",
            "null",
            "\"null\"",
            "undefined",
            "true",
            "false",
            "0",
            "[]",
            "{}",
            " ",
            "$argon2id$v=19$m=7168,t=1,p=1$",
        ] {
            let (browser, page) = try_with(&app, &client, login, password).await;
            assert_eq!(page.status, 422, "{login} with {password:?}: {}", page.body);
            assert!(!browser.cookies.contains_key("vouchsafe_session"));
        }
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        let absent = browser.submit_once(&page, &[("login", login)]).await;
        assert_eq!(absent.status, 422, "no password at all");
        let mut fields = page.hidden();
        fields.extend([("login", login), ("password[]", PASSWORD)].map(|(n, v)| (n.to_owned(), v.to_owned())));
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(browser.post(&app.url("/login"), &pairs).await.status, 422, "an array");
        let twice = [&pairs[..], &[("password", PASSWORD), ("password", "x")]].concat();
        assert_eq!(browser.post(&app.url("/login"), &twice).await.status, 400, "twice");
        let url = app.url("/login");
        let body = serde_json::json!({ "login": login, "password": null, "csrf": pairs[0].1 }).to_string();
        let request = app.http.post(&url).header("content-type", "application/json").body(body);
        assert_eq!(browser.send(request, &url).await.status, 403, "JSON");
        assert!(!browser.cookies.contains_key("vouchsafe_session"));
    }
}
