//! How much of what anybody may try: wrong passwords (J05), sign-ins begun (O07), and whose attempts are counted (I12).
//! What must hold with two nodes is in `nodes`.

use std::sync::Arc;

use tokio::sync::Barrier;
use vouchsafe::flow::ops::sweep::{self, SweepRule};
use vouchsafe::time::Lifetime;

use crate::support::ground::TABLES;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const MALLORY: &str = "mallory@example.com";

async fn ground(settings: &[(&str, &str)]) -> (TestApp, Client) {
    let app = TestApp::start_with(settings).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    app.person(MALLORY).await;
    (app, client)
}

/// One attempt on the sign-in page that the browser asks for first.
async fn attempt(app: &TestApp, browser: &mut Browser, client: &Client, login: &str, password: &str) -> Page {
    // A proof that was given in this same millisecond would do.
    app.pass(Lifetime::from_millis(1));
    let page = browser.open(&app.authorize_url(client, &[("prompt", "login")])).await;
    browser.submit_once(&page, &[("login", login), ("password", password)]).await
}

async fn guess(app: &TestApp, client: &Client, login: &str, password: &str) -> Page {
    attempt(app, &mut Browser::new(app), client, login, password).await
}

#[tokio::test]
async fn j05_the_sixth_guess_waits_and_the_wait_grows_and_ends() {
    let (app, client) = ground(&[]).await;
    for number in 0..5 {
        assert_eq!(guess(&app, &client, ALICE, "wrong").await.status, 422, "guess {number}");
    }
    let page = guess(&app, &client, ALICE, PASSWORD).await;
    assert_eq!(page.status, 429, "{}", page.body);
    let wait: i64 = page.header("retry-after").parse().expect("seconds");
    assert!((25..=35).contains(&wait), "{wait}");
    app.pass(Lifetime::from_seconds(wait - 3));
    assert_eq!(guess(&app, &client, ALICE, PASSWORD).await.status, 429);
    app.pass(Lifetime::from_seconds(5));
    assert_eq!(guess(&app, &client, ALICE, "wrong").await.status, 422);
    let page = guess(&app, &client, ALICE, "wrong").await;
    let longer: i64 = page.header("retry-after").parse().expect("seconds");
    assert!(page.status == 429 && longer > wait, "{longer}");
    app.pass(Lifetime::from_seconds(longer));
    assert_eq!(guess(&app, &client, ALICE, PASSWORD).await.status, 303, "the right one signs in when the wait is over");
    for number in 0..5 {
        assert_eq!(guess(&app, &client, ALICE, "wrong").await.status, 422, "the account's own success: {number}");
    }
}

#[tokio::test]
async fn j05_somebody_elses_success_between_guesses_helps_nobody() {
    let (app, client) = ground(&[]).await;
    let mut mallory = Browser::new(&app);
    for _ in 0..5 {
        assert_eq!(attempt(&app, &mut mallory, &client, ALICE, "wrong").await.status, 422);
        assert_eq!(attempt(&app, &mut mallory, &client, MALLORY, PASSWORD).await.status, 303);
    }
    assert_eq!(attempt(&app, &mut mallory, &client, ALICE, "wrong").await.status, 429);
    assert_eq!(attempt(&app, &mut mallory, &client, MALLORY, PASSWORD).await.status, 303);
    assert_eq!(attempt(&app, &mut mallory, &client, ALICE, "wrong").await.status, 429);
    // Not even when mallory's browser is one that alice has used too: the device is known for each by itself.
    assert_eq!(guess(&app, &client, ALICE, PASSWORD).await.status, 429);
}

#[tokio::test]
async fn j05_a_browser_she_has_used_is_not_locked_out_by_strangers() {
    let (app, client) = ground(&[]).await;
    let mut alice = Browser::new(&app);
    assert_eq!(attempt(&app, &mut alice, &client, ALICE, PASSWORD).await.status, 303);
    alice.cookies.remove("vouchsafe_session");
    for _ in 0..8 {
        guess(&app, &client, ALICE, "wrong").await;
    }
    assert_eq!(guess(&app, &client, ALICE, PASSWORD).await.status, 429, "a strange browser waits");
    assert_eq!(attempt(&app, &mut alice, &client, ALICE, PASSWORD).await.status, 303, "hers does not");
    assert_eq!(guess(&app, &client, ALICE, PASSWORD).await.status, 429, "her success does not help the stranger");
    // A known browser has a limit of its own, and is of no use for another account.
    for _ in 0..5 {
        assert_eq!(attempt(&app, &mut alice, &client, ALICE, "wrong").await.status, 422);
    }
    assert_eq!(attempt(&app, &mut alice, &client, ALICE, "wrong").await.status, 429);
    let mut forger = Browser::new(&app);
    forger.cookies.insert("vouchsafe_device".to_owned(), "vs_dv_".to_owned() + &"A".repeat(50));
    assert_eq!(attempt(&app, &mut forger, &client, ALICE, PASSWORD).await.status, 429, "a device made up");
}

#[tokio::test(flavor = "multi_thread")]
async fn j05_a_hundred_guesses_at_once_are_counted_one_by_one() {
    let wide = [("VOUCHSAFE_LIMITS_ADDRESS_FREE", "100000"), ("VOUCHSAFE_PASSWORDS_WAIT_MS", "30000")];
    let (app, client) = ground(&wide).await;
    let app = Arc::new(app);
    let mut doors = Vec::new();
    for _ in 0..100 {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        doors.push((browser, page));
    }
    let barrier = Arc::new(Barrier::new(100));
    let tasks: Vec<_> = doors
        .into_iter()
        .map(|(mut browser, page)| {
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait().await;
                browser.submit_once(&page, &[("login", ALICE), ("password", "wrong")]).await.status
            })
        })
        .collect();
    let mut looked_at = 0;
    for task in tasks {
        match task.await.expect("an answer") {
            422 => looked_at += 1,
            429 => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(looked_at, 5, "as many as one after the other");
}

#[tokio::test]
async fn j05_counters_survive_a_restart() {
    let (app, client) = ground(&[]).await;
    for _ in 0..5 {
        guess(&app, &client, ALICE, "wrong").await;
    }
    let app = app.restart().await;
    assert_eq!(guess(&app, &client, ALICE, PASSWORD).await.status, 429);
}

#[tokio::test]
async fn j05_many_accounts_from_one_address_wait_too() {
    let (app, client) = ground(&[("VOUCHSAFE_LIMITS_ADDRESS_FREE", "10")]).await;
    for number in 0..10 {
        let login = format!("person-{number}@example.com");
        assert_eq!(guess(&app, &client, &login, "wrong").await.status, 422, "{login}");
    }
    assert_eq!(guess(&app, &client, "another@example.com", "wrong").await.status, 429);
    assert_eq!(guess(&app, &client, MALLORY, PASSWORD).await.status, 429);
}

/// One attempt with a header that says where it comes from.
async fn from(app: &TestApp, client: &Client, login: &str, header: (&str, &str)) -> u16 {
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let mut fields = page.hidden();
    fields.extend([("login".to_owned(), login.to_owned()), ("password".to_owned(), "wrong".to_owned())]);
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let url = app.url("/login");
    let request = app.http.post(&url).header(header.0, header.1);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    browser.send(request.body(crate::support::browser::encode(&pairs)), &url).await.status
}

#[tokio::test]
async fn i12_a_made_up_address_is_not_believed() {
    let (app, client) = ground(&[("VOUCHSAFE_LIMITS_ADDRESS_FREE", "6")]).await;
    let hops = vec!["203.0.113.9"; 1_000].join(", ");
    let headers = [
        ("x-forwarded-for", "203.0.113.1"),
        ("x-forwarded-for", "a"),
        ("x-forwarded-for", ""),
        ("x-forwarded-for", hops.as_str()),
        ("forwarded", "for=203.0.113.2"),
        ("x-real-ip", "203.0.113.3"),
    ];
    for (number, header) in headers.into_iter().enumerate() {
        assert_eq!(from(&app, &client, &format!("person-{number}@example.com"), header).await, 422, "{header:?}");
    }
    for header in headers {
        assert_eq!(
            from(&app, &client, "seventh@example.com", header).await,
            429,
            "counted under the peer: {header:.60?}"
        );
    }
}

#[tokio::test]
async fn i12_a_trusted_proxy_is_believed_and_nobody_left_of_it() {
    let settings = [("VOUCHSAFE_LIMITS_ADDRESS_FREE", "3"), ("VOUCHSAFE_SERVER_TRUSTED_PROXIES", "127.0.0.1/32")];
    let (app, client) = ground(&settings).await;
    let mut number = 0;
    let mut attempt = async |value: &str| {
        number += 1;
        from(&app, &client, &format!("person-{number}@example.com"), ("x-forwarded-for", value)).await
    };
    // The rightmost address is the proxy's word; what stands left of it the client wrote.
    for value in ["203.0.113.1", "10.0.0.1, 203.0.113.1", "198.51.100.7,203.0.113.1"] {
        assert_eq!(attempt(value).await, 422);
    }
    assert_eq!(attempt("192.0.2.200, 203.0.113.1").await, 429);
    assert_eq!(attempt("203.0.113.2").await, 422, "somebody else does not wait");
    // What cannot be read is counted under the proxy, and never skips the check.
    for value in ["a", "999.1.1.1", "203.0.113.1;x"] {
        assert_eq!(attempt(value).await, 422, "{value}");
    }
    assert_eq!(attempt("unknown").await, 429);
    // A whole IPv6 network of one household is one address.
    for value in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
        assert_eq!(attempt(value).await, 422);
    }
    assert_eq!(attempt("2001:db8:0:0:ffff::4").await, 429);
    assert_eq!(attempt("2001:db8:0:1::4").await, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn o07_a_flood_of_sign_ins_begun_leaves_nothing_behind() {
    let (app, client) = ground(&[]).await;
    let app = Arc::new(app);
    app.app.parts.tracer.flush().await;
    let count = |table: &str| app.rows(table);
    let before: Vec<i64> = TABLES.iter().map(|table| count(table)).collect();
    let url = app.authorize_url(&client, &[]);
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (app, url) = (app.clone(), url.clone());
            tokio::spawn(async move {
                for _ in 0..200 {
                    let page = app.http.get(&url).send().await.expect("an answer");
                    assert_eq!(page.status().as_u16(), 200);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("200 answers");
    }
    app.app.parts.tracer.flush().await;
    for (table, before) in TABLES.iter().zip(before) {
        if *table != "traces" {
            assert_eq!(count(table), before, "{table}");
        }
    }
    // The trace notes each page shown; it has a ceiling and an age, whatever comes.
    let noted = count("traces");
    let rule = SweepRule { trace_rows: 500, ..app.app.sweep_rule };
    sweep::run(&app.app.parts, rule, app.clock.now()).await.expect("swept");
    assert!(noted >= 500 && count("traces") <= 500, "{noted}, then {}", count("traces"));
    app.pass(Lifetime::from_days(8));
    sweep::run(&app.app.parts, app.app.sweep_rule, app.clock.now()).await.expect("swept");
    assert_eq!(count("traces"), 0);
}
