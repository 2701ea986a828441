//! What is asked of a new password, at every place where one is set; where it is looked up among stolen ones; and hashes that
//! other systems made.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vouchsafe::flow::account::quality::{self, Owner};
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::user::{self, FirstAccess, UserRefusal};
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, invitation, setup, user_access};
use vouchsafe::identity::password_rule::BreachedCheck;
use vouchsafe::identity::{Email, PasswordRule};
use vouchsafe::secret::breached::import::{Lines, import};
use vouchsafe::secret::breached::sha1;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::users;

use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, TestApp};

const ALICE: &str = "alice@example.com";
/// Long enough, and the first thing anybody tries.
const COMMON: &str = "1q2w3e4r5t6y";
const WEAK: &str = "abcdefghijklmn";
const GOOD: &str = "violet tractor onion";

async fn judged(app: &TestApp, password: &str) -> Result<(), UserRefusal> {
    let email = Email::parse(ALICE).expect("an address");
    let owner = Owner { email: &email, name: Some("Ada Lovelace") };
    quality::judge(&app.cx(), &Sensitive::new(password), owner).await.expect("no fault")
}

async fn ask_for(app: &TestApp, passwords: PasswordRule) {
    let document =
        SettingsDocument { organisation: Some("Nuthatch".to_owned()), passwords, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

#[tokio::test]
async fn j12_length_and_guessability_count_and_composition_does_not() {
    let app = TestApp::start().await;
    ask_for(&app, PasswordRule::default()).await;
    for good in [PASSWORD, GOOD, "пароль на каждый день", "        violet onion        "] {
        assert_eq!(judged(&app, good).await, Ok(()), "{good}");
    }
    assert_eq!(judged(&app, "violet onio").await, Err(UserRefusal::PasswordTooShort(12)));
    assert_eq!(judged(&app, COMMON).await, Err(UserRefusal::PasswordBreached));
    for weak in [WEAK, "Password1234", "lovelacelovelace", "nuthatch2026", "AliceExample1"] {
        let refused = judged(&app, weak).await;
        assert!(matches!(refused, Err(UserRefusal::PasswordWeak { .. })), "{weak}: {refused:?}");
    }
    let words = judged(&app, "Lovelace1815").await.unwrap_err().to_string();
    assert!(words.contains("strength") && words.contains("your name"), "{words}");
}

#[tokio::test]
async fn settings_say_how_much_is_asked_and_cannot_go_below_the_configuration() {
    let app = TestApp::start().await;
    let rule = |min_length, min_score, breached| PasswordRule { min_length, min_score, breached };
    ask_for(&app, rule(Some(20), 0, BreachedCheck::Off)).await;
    assert_eq!(judged(&app, "violet onion bean").await, Err(UserRefusal::PasswordTooShort(20)));
    assert_eq!(judged(&app, "aaaaaaaaaaaaaaaaaaaa").await, Ok(()), "asked for nothing else");
    ask_for(&app, rule(Some(8), 0, BreachedCheck::Off)).await;
    assert_eq!(judged(&app, "violet").await, Err(UserRefusal::PasswordTooShort(12)));
    ask_for(&app, rule(None, 0, BreachedCheck::Offline)).await;
    assert_eq!(judged(&app, COMMON).await, Err(UserRefusal::PasswordBreached), "without a file, too");
    ask_for(&app, rule(None, 4, BreachedCheck::Off)).await;
    assert!(matches!(judged(&app, "my new password").await, Err(UserRefusal::PasswordWeak { score: 3, .. })));
    let odd = SettingsDocument { passwords: rule(None, 5, BreachedCheck::Off), ..SettingsDocument::default() };
    let refused = settings::replace(&app.cx(), &Actor::CommandLine, odd, None).await.expect("no fault");
    assert_eq!(refused.unwrap_err().field, Some("passwords.min_score"));
}

#[tokio::test]
async fn every_door_asks_the_same() {
    let app = TestApp::start().await;
    let (cx, actor) = (app.cx(), Actor::CommandLine);
    let access = FirstAccess::Password(Sensitive::new(WEAK));
    let refused = user::create(&cx, &actor, UserDocument::new(ALICE), access).await.expect("no fault").unwrap_err();
    assert_eq!((refused.code, refused.field), ("password_weak", Some("password")));
    app.person(ALICE).await;
    let refused = user_access::set_password(&cx, &actor, ALICE, Sensitive::new(COMMON), false).await.expect("no fault");
    assert_eq!(refused.unwrap_err().code, "password_breached");
    let invited = invitation::invite(&cx, &actor, ALICE).await.expect("no fault").expect("done");
    let mut browser = Browser::new(&app);
    let form = browser.open(invitation::address(&cx, &invited.token).expose()).await;
    let again = browser.submit(&form, &[("password", WEAK)]).await;
    assert!(again.status == 422 && again.body.contains("strength 0 of 4"), "{} {}", again.status, again.body);
    assert!(!again.body.contains(WEAK));
    assert_eq!(browser.submit(&again, &[("password", GOOD)]).await.status, 200);
    user_access::require_password_change(&cx, &actor, ALICE).await.expect("no fault").expect("done");
    let (client, mut browser) = (app.web("c1").await, Browser::new(&app));
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let form = browser.submit(&page, &[("login", ALICE), ("password", GOOD)]).await;
    let again = browser.submit(&form, &[("password", COMMON)]).await;
    assert!(again.status == 422 && again.body.contains("stolen"), "{} {}", again.status, again.body);
    let token = setup::link(&cx).await.expect("no fault").expect("nobody owns it");
    let mut browser = Browser::new(&app);
    let form = browser.open(&app.url(&format!("/setup?token={}", token.expose()))).await;
    let fields = [("email", "root@example.com"), ("name", "Root"), ("password", WEAK)];
    let again = browser.submit(&form, &fields).await;
    assert!(again.status == 422 && again.has("problem-password"), "{} {}", again.status, again.body);
}

#[tokio::test]
async fn a_list_of_stolen_passwords_is_looked_up_on_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, list) = (folder.path().join("leak.txt"), folder.path().join("list"));
    std::fs::write(&from, format!("{GOOD}\nanother long secret\n")).expect("written");
    import(&[from], Lines::Passwords, 1, &list).expect("imported");
    let path = list.display().to_string();
    let app = TestApp::start_with(&[("VOUCHSAFE_PASSWORDS_BREACHED", &path)]).await;
    assert_eq!(judged(&app, GOOD).await, Err(UserRefusal::PasswordBreached));
    assert_eq!(judged(&app, "violet tractor onions").await, Ok(()));
    ask_for(&app, PasswordRule { breached: BreachedCheck::Off, ..PasswordRule::default() }).await;
    assert_eq!(judged(&app, GOOD).await, Ok(()), "switched off");
}

/// Answers every question with these lines, or never; and keeps the questions.
async fn service(lines: Option<String>) -> (u16, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let asked = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            kept.lock().expect("no panic").push(String::from_utf8_lossy(&request[..read]).into_owned());
            match &lines {
                Some(lines) => {
                    let head =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", lines.len());
                    let _ = stream.write_all(format!("{head}{lines}").as_bytes()).await;
                }
                None => tokio::time::sleep(std::time::Duration::from_secs(60)).await,
            }
        }
    });
    (port, asked)
}

async fn online(port: u16) -> TestApp {
    let url = format!("http://127.0.0.1:{port}/range/");
    let app = TestApp::start_with(&[
        ("VOUCHSAFE_PASSWORDS_BREACHED_URL", &url),
        ("VOUCHSAFE_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ("VOUCHSAFE_OUTBOUND_ALLOW_HTTP", "127.0.0.0/8"),
    ])
    .await;
    ask_for(&app, PasswordRule { breached: BreachedCheck::Online, ..PasswordRule::default() }).await;
    app
}

#[tokio::test]
async fn online_only_five_digits_leave_the_house() {
    let hash: String = sha1(GOOD).iter().map(|byte| format!("{byte:02X}")).collect();
    let lines = format!("{}:0\r\n{}:17\r\n", "A".repeat(35), &hash[5..]);
    let (port, asked) = service(Some(lines)).await;
    let app = online(port).await;
    assert_eq!(judged(&app, GOOD).await, Err(UserRefusal::PasswordBreached));
    assert_eq!(judged(&app, "violet tractor onions").await, Ok(()));
    assert!(judged(&app, WEAK).await.is_err());
    let asked = asked.lock().expect("no panic").clone();
    assert_eq!(asked.len(), 2, "what is refused already is not asked about");
    assert!(asked[0].starts_with(&format!("GET /range/{} HTTP/1.1", &hash[..5])), "{}", asked[0]);
    assert!(asked[0].to_lowercase().contains("add-padding: true") && !asked[0].contains(&hash[5..]), "{}", asked[0]);
}

#[tokio::test]
async fn online_a_service_that_does_not_answer_keeps_nobody_from_a_password() {
    let (port, _) = service(None).await;
    let app = online(port).await;
    let began = std::time::Instant::now();
    let cx = app.cx();
    let email = Email::parse(ALICE).expect("an address");
    let owner = Owner { email: &email, name: None };
    assert_eq!(quality::judge(&cx, &Sensitive::new(GOOD), owner).await.expect("no fault"), Ok(()));
    assert!(began.elapsed().as_secs() < 5);
    let notes = app.trace(&cx.correlation_id).await;
    assert!(notes.iter().any(|note| format!("{note:?}").contains("not looked up online")), "{notes:?}");
}

#[tokio::test]
async fn a_hash_of_another_system_signs_in_once_and_becomes_ours() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    // Django 4, tests/auth_tests/test_hashers.py.
    let hash = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
    let made = api.post("/users", serde_json::json!({ "email": ALICE, "password_hash": hash })).await.ok(201);
    let id = vouchsafe::identity::UserId(made["id"].as_str().expect("an id").to_owned());
    let stored = async || {
        let id = id.clone();
        app.write(move |c| users::password_find(c, &id)).await.expect("a hash")
    };
    assert!(stored().await.starts_with("$pbkdf2-sha256$i=390000$"));
    let client = app.web("c1").await;
    let sign_in = async |password: &str| {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        browser.submit_once(&page, &[("login", ALICE), ("password", password)]).await.status
    };
    assert_eq!(sign_in("letmein").await, 422);
    assert!(stored().await.starts_with("$pbkdf2"), "a wrong one upgrades nothing");
    assert_eq!(sign_in("lètmein").await, 303);
    assert!(stored().await.starts_with("$argon2id$"));
    assert_eq!(sign_in("lètmein").await, 303);
    for (body, code) in [
        (serde_json::json!({ "email": "b@example.com", "password_hash": "md5$a$b" }), "password_hash"),
        (
            serde_json::json!({ "email": "b@example.com", "password_hash": hash, "password": GOOD }),
            "password_and_invite",
        ),
        (serde_json::json!({ "email": "b@example.com", "password_hash": hash, "invite": true }), "password_and_invite"),
    ] {
        api.post("/users", body).await.is_problem(400, code);
    }
}

#[tokio::test]
async fn how_hard_a_password_is_to_guess_is_told_while_it_is_typed() {
    let app = TestApp::start().await;
    let asked = async |password: &str| app.post("/password-strength", &[("password", password)]).await;
    for (password, is_strong, words) in [
        ("password", false, "12 characters"),
        ("aaaaaaaaaaaaaaaaaaaa", false, "easy to guess"),
        ("correct unicorn battery glue", true, "hard to guess"),
    ] {
        let page = asked(password).await;
        assert_eq!((page.status, page.header("cache-control")), (200, "no-store"), "{}", page.body);
        let told = page.json();
        assert!(told["words"].as_str().is_some_and(|told| told.contains(words)), "{password}: {told}");
        assert_eq!(told["score"].as_i64().is_some_and(|score| score >= 3), is_strong, "{password}: {told}");
        assert!(!page.body.contains("unicorn"), "it is not repeated");
    }
    assert!(asked(&"x".repeat(2_000)).await.json()["words"].is_string());
    assert_eq!(asked("").await.status, 400);
    // Only pages of ours may ask, and one address not for ever.
    let foreign = app.http.post(app.url("/password-strength")).header("sec-fetch-site", "cross-site");
    let foreign = foreign.header("content-type", "application/x-www-form-urlencoded").body("password=x");
    assert_eq!(app.send(foreign).await.status, 403);
    let mut last = 200;
    for _ in 0..150 {
        last = asked("x").await.status;
    }
    assert_eq!(last, 429);
}
