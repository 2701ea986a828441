//! "Test it" on a provider's page: every check with what was expected and what came, and nothing made of it.

use serde_json::json;
use vouchsafe::oauth::upstream::Provider;

use crate::support::chromium;
use crate::support::relying_party::PASSWORD;
use crate::support::upstream::{OPEN, Question, SECRET, Upstream};
use crate::support::{Browser, Page, TestApp};

const ROOT: &str = "root@example.com";

async fn ground(change: impl FnOnce(&mut Provider)) -> (TestApp, Upstream, Browser) {
    let app = TestApp::start_with(&OPEN).await;
    app.administrator(ROOT, "owner").await;
    let up = Upstream::start(&app).await;
    up.register(&app, "up", change).await;
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ROOT, "/admin/providers/up/test").await;
    assert_eq!(page.status, 200, "{}", page.body);
    (app, up, browser)
}

/// Presses the button; the page behind it.
async fn pressed(app: &TestApp, browser: &mut Browser) -> Page {
    let at = "/admin/providers/up/test";
    let page = browser.get(&app.url(at)).await;
    let form = page.body.split(&format!("action=\"{at}\"")).nth(1);
    let csrf = form.and_then(|rest| rest.split("name=\"csrf\" value=\"").nth(1)?.split('"').next());
    let csrf = csrf.unwrap_or_else(|| panic!("no form: {}", page.body)).to_owned();
    browser.post(&app.url(at), &[("csrf", &csrf)]).await
}

/// Up to the provider's door.
async fn led(app: &TestApp, up: &Upstream, browser: &mut Browser) -> Question {
    let page = pressed(app, browser).await;
    let start = format!("href=\"{}/authorize?", up.origin);
    let rest = page.body.split(&start).nth(1).unwrap_or_else(|| panic!("no way there: {}", page.body));
    let query = crate::support::browser::unescape(rest.split('"').next().expect("its end"));
    let address = format!("{}/authorize?{query}", up.origin);
    up.sent(&Page { location: Some(address), ..page })
}

/// What stands in the row of a check: result, expected, received.
fn row(page: &Page, check: &str) -> String {
    let found = page.body.split("<tr>").find(|row| row.contains(&format!(">{check}<")));
    found.unwrap_or_else(|| panic!("no check {check}: {}", page.body)).to_owned()
}

/// The whole way; the report.
async fn tested(app: &TestApp, up: &Upstream, browser: &mut Browser) -> Page {
    let question = led(app, up, browser).await;
    let page = up.back(app, browser, "up", &question).await;
    let to = page.goes_on_to().unwrap_or_else(|| panic!("not back in the console: {} {}", page.status, page.body));
    let page = browser.open(&format!("{}{to}", app.origin)).await;
    assert!(page.status == 200 && page.url.contains("/tested/"), "{} {}", page.url, page.body);
    assert!(!page.body.contains("eyJ") && !page.body.contains("at-1") && !page.body.contains(SECRET), "{}", page.body);
    page
}

/// People, links and sessions.
fn made(app: &TestApp) -> Vec<String> {
    let count = |table: &str| format!("SELECT CAST(count(*) AS TEXT) AS line FROM {table}");
    ["users", "upstream_identities", "sessions"].iter().flat_map(|table| app.lines(&count(table))).collect()
}

#[tokio::test]
async fn a_test_shows_every_check_the_claims_and_what_would_follow_and_makes_nothing() {
    let (app, up, mut browser) = ground(|p| {
        p.enabled = false;
        p.email_domains = vec!["x.test".to_owned()];
    })
    .await;
    up.script().claims = json!({
        "sub": "s1", "email": "new@x.test", "email_verified": true, "name": "<b>Al</b>", "long": "y".repeat(5_000),
    });
    let before = made(&app);
    let page = tested(&app, &up, &mut browser).await;
    assert_eq!(made(&app), before, "no person, no link, no session");
    for check in [
        "Discovery",
        "Keys",
        "State",
        "Answer: iss",
        "Code exchange",
        "ID token: iss",
        "ID token: aud",
        "ID token: exp",
        "ID token: nonce",
        "ID token: signature",
        "ID token: at_hash",
        "Userinfo: sub",
        "Mapping",
        "Domain of the address",
    ] {
        assert!(row(&page, check).contains("passed"), "{check}: {}", row(&page, check));
    }
    assert!(
        page.body.contains("Once it is switched on, this person is given a new account with the address new@x.test")
    );
    assert!(page.body.contains("&lt;b&gt;Al") || page.body.contains("&#60;b&#62;Al"), "escaped");
    assert!(!page.body.contains("<b>Al") && !page.body.contains(&"y".repeat(301)), "bounded");
    assert!(app.events().await.iter().any(|kind| kind == "provider_tested"));
    // It can be read again, in this session of the console alone.
    assert_eq!(browser.get(&page.url).await.status, 200);
    app.administrator("other@example.com", "owner").await;
    let mut other = Browser::new(&app);
    app.enter(&mut other, "other@example.com", "/admin/providers").await;
    assert_eq!(other.get(&page.url).await.status, 404);
}

#[tokio::test]
async fn a_test_that_fails_names_the_check_what_came_and_what_to_change() {
    let (app, up, mut browser) = ground(|p| {
        p.required_claims.insert("hd".to_owned(), vec!["corp.test".to_owned()]);
    })
    .await;
    let good = json!({ "sub": "s1", "hd": "corp.test", "email": "a@x.test", "name": "A" });
    for (member, value, check, came) in [
        ("iss", json!("https://evil.test"), "ID token: iss", "https://evil.test"),
        ("aud", json!("them"), "ID token: aud", "them"),
        ("exp", json!(1), "ID token: exp", "1"),
        ("nonce", json!("other"), "ID token: nonce", "another"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "ID token: at_hash", "not of the access token"),
        ("hd", json!("evil.test"), "Required claim hd", "evil.test"),
    ] {
        up.reset();
        let mut claims = good.clone();
        claims[member] = value;
        up.script().claims = claims;
        let page = tested(&app, &up, &mut browser).await;
        let row = row(&page, check);
        assert!(row.contains("failed") && row.contains(came), "{check}: {row}");
        assert!(!page.body.contains("Every check passed"), "{check}");
    }
    up.reset();
    (up.script().claims, up.script().forged) = (good.clone(), true);
    assert!(row(&tested(&app, &up, &mut browser).await, "ID token: signature").contains("failed"));
    up.reset();
    up.script().token = Some(json!({ "error": "invalid_client" }));
    let page = tested(&app, &up, &mut browser).await;
    assert!(row(&page, "Code exchange").contains("failed") && page.body.contains("Compare client id"));
    up.reset();
    up.script().metadata = json!({ "issuer": "https://evil.test" });
    let page = pressed(&app, &mut browser).await;
    assert!(row(&page, "Discovery").contains("failed") && row(&page, "Keys").contains("not reached"), "{}", page.body);
    assert!(!page.body.contains("/authorize?"), "nobody is sent there");
}

#[tokio::test]
async fn l01_a_test_is_of_its_console_session_counts_once_and_never_signs_in() {
    let (app, up, mut browser) = ground(|_| {}).await;
    up.person("s1", "new@x.test");
    let question = led(&app, &up, &mut browser).await;
    // Another browser brings the answer: it gets no further than the console's door.
    let mut other = Browser::new(&app);
    let page = up.back(&app, &mut other, "up", &question).await;
    let to = page.goes_on_to().expect("to the console");
    app.administrator("other@example.com", "owner").await;
    app.enter(&mut other, "other@example.com", "/admin/providers").await;
    assert_eq!(other.get(&format!("{}{to}", app.origin)).await.status, 404);
    // The state is used up, and so is the answer.
    assert_eq!(up.back(&app, &mut browser, "up", &question).await.status, 400);
    assert_eq!(browser.get(&format!("{}{to}", app.origin)).await.status, 404);
    // A sign-in's answer is none of a test, nor the other way round, nor at another provider's address.
    let question = led(&app, &up, &mut browser).await;
    up.register(&app, "up2", |p| p.client_id = "us2".to_owned()).await;
    assert_eq!(up.back(&app, &mut browser, "up2", &question).await.status, 400);
    assert_eq!(made(&app)[1], "0");
}

#[tokio::test]
async fn n03_a_test_needs_the_permission_to_change_providers() {
    let (app, _, _) = ground(|_| {}).await;
    app.administrator("auditor@example.com", "auditor").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, "auditor@example.com", "/admin/providers").await;
    assert_eq!(browser.get(&app.url("/admin/providers/up/test")).await.status, 403);
}

#[tokio::test]
async fn a_sign_in_would_lead_to_what_the_report_says() {
    let (app, up, mut browser) = ground(|_| {}).await;
    app.person("alice@example.com").await;
    up.person("s1", "alice@example.com");
    let page = tested(&app, &up, &mut browser).await;
    assert!(page.body.contains("asked to sign in to their account here once"), "{}", page.body);
    let client = app.web("c1").await;
    let mut alice = Browser::new(&app);
    let page = up.sign_in(&app, &mut alice, &client, "up").await;
    alice.submit(&page, &[("login", "alice@example.com"), ("password", PASSWORD)]).await;
    let page = tested(&app, &up, &mut browser).await;
    assert!(page.body.contains("This person would be signed in as alice@example.com"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_tests_a_provider_in_a_real_browser() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start_with(&OPEN).await;
    app.administrator(ROOT, "owner").await;
    let up = Upstream::start(&app).await;
    up.register(&app, "up", |p| p.name = "Acme Works".to_owned()).await;
    up.person("s1", "new@x.test");
    for (name, is_good) in [("passed", true), ("failed", false)] {
        browser.go(&app.url("/admin/providers/up/test")).await;
        if browser.has("login").await {
            browser.sign_in(ROOT, PASSWORD).await;
        }
        browser.wait_for("test-submit").await;
        browser.inspect("console-provider-test").await;
        up.script().forged = !is_good;
        browser.press("test-submit").await;
        browser.wait_for("content").await;
        browser.inspect("console-provider-test-leads").await;
        browser.follow("Go on at Acme Works").await;
        // By the provider, by the callback, and by the page that goes on to the console.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !browser.url().await.contains("/tested/") {
            assert!(std::time::Instant::now() < until, "{}", browser.url().await);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        browser.wait_for("content").await;
        let text = browser.text().await;
        assert_eq!(text.contains("Every check passed"), is_good, "{text}");
        browser.inspect(&format!("console-provider-test-{name}")).await;
    }
    browser.quit().await;
}
