//! The pages in a real browser: each step of the sign-in, what people do to it, and how it looks to everybody.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::identity::SecondFactorRule;
use vouchsafe::identity::level::RequiredFor;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::secret::totp;
use vouchsafe::time::Lifetime;

use crate::second_factor;
use crate::support::chromium::{self, Chromium};
use crate::support::relying_party::PASSWORD;
use crate::support::{Client, TestApp};

const ALICE: &str = "alice@example.com";

/// A client whose redirect URI is our own start page, so that the browser lands on a page that exists.
pub async fn landing_client(app: &TestApp, id: &str) -> Client {
    let (home, out) = (app.url("/"), app.url("/logged-out"));
    app.client_with(id, Profile::Web, |row| {
        row.redirect_uris = vec![home];
        row.post_logout_redirect_uris = vec![out];
        row.about.policy_uri = Some("https://app.example.com/privacy".to_owned());
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_signing_in_and_out() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    app.person(ALICE).await;
    browser.go(&app.url("/")).await;
    browser.inspect("home").await;

    let begin = app.authorize_url(&client, &[("scope", "openid profile email offline_access"), ("claims", CLAIMS)]);
    browser.go(&begin).await;
    browser.inspect("login").await;
    browser.sign_in(ALICE, "wrong password").await;
    browser.wait_for("problem").await;
    browser.inspect("login-wrong").await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("approve").await;
    browser.inspect("consent").await;
    browser.press("approve").await;
    browser.wait_for("issuer").await;
    assert!(browser.url().await.contains("code="), "{}", browser.url().await);
    browser.inspect("home-signed-in").await;

    app.pass(Lifetime::from_minutes(5));
    browser.go(&app.authorize_url(&client, &[("prompt", "login")])).await;
    browser.wait_for("password").await;
    browser.inspect("login-again").await;

    browser.go(&app.url("/logout")).await;
    browser.wait_for("logout-confirm").await;
    browser.inspect("logout").await;
    browser.press("logout-confirm").await;
    browser.wait_for("home").await;
    browser.inspect("logged-out").await;
    browser.quit().await;
}

/// The German pages, which are the longest, and English ones from right to left, as Arabic would be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_languages_and_the_other_direction() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    app.person(ALICE).await;
    for (language, direction) in [("de", "ltr"), ("ar-XB", "rtl")] {
        app.pass(Lifetime::from_minutes(5));
        let scopes = ("scope", "openid profile email offline_access");
        let wishes = [scopes, ("claims", CLAIMS), ("ui_locales", language), ("prompt", "login consent")];
        browser.go(&app.authorize_url(&client, &wishes)).await;
        browser.wait_for("password").await;
        let shown = "const style = getComputedStyle(document.querySelector('label'));
                     return [document.documentElement.lang, style.direction, style.textAlign]";
        let shown = browser.client.execute(shown, vec![]).await.expect("a style");
        assert_eq!(shown, serde_json::json!([language, direction, "start"]));
        browser.inspect(&format!("login-{language}")).await;
        browser.sign_in(ALICE, "wrong password").await;
        browser.wait_for("problem").await;
        browser.sign_in(ALICE, PASSWORD).await;
        browser.wait_for("approve").await;
        browser.inspect(&format!("consent-{language}")).await;
        let wishes = [("ui_locales", language), ("prompt", "select_account")];
        browser.go(&app.authorize_url(&client, &wishes)).await;
        browser.wait_for("another").await;
        browser.inspect(&format!("choose-account-{language}")).await;
        let wishes = [("ui_locales", language), ("redirect_uri", "https://shop.test/other?a=1")];
        browser.go(&app.authorize_url(&client, &wishes)).await;
        browser.wait_for("correlation-id").await;
        browser.inspect(&format!("error-{language}")).await;
    }
    app.pass(Lifetime::from_minutes(5));
    // The switch in the footer: one press, and the same step speaks the other language.
    browser.go(&app.authorize_url(&client, &[("prompt", "login"), ("ui_locales", "en")])).await;
    let german = browser.client.find(fantoccini::Locator::Css(".languages button[lang=de]")).await.expect("a button");
    german.click().await.expect("it can be pressed");
    for _ in 0..200 {
        if browser.text().await.contains("Passwort") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(browser.text().await.contains("Passwort"), "{}", browser.text().await);
    browser.go(&app.url("/")).await;
    browser.wait_for("issuer").await;
    browser.inspect("home-de").await;
    browser.quit().await;
}

const CLAIMS: &str = r#"{"userinfo":{"phone_number":null}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deny_and_cancel_go_back_to_the_app() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    app.person(ALICE).await;

    browser.go(&app.authorize_url(&client, &[])).await;
    browser.press("cancel").await;
    browser.wait_for("issuer").await;
    assert!(browser.url().await.contains("error=access_denied"), "cancel: {}", browser.url().await);

    browser.go(&app.authorize_url(&client, &[])).await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("deny").await;
    browser.press("deny").await;
    browser.wait_for("issuer").await;
    let url = browser.url().await;
    assert!(url.contains("error=access_denied") && url.contains("state=st-1"), "deny: {url}");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_back_button_two_tabs_and_a_request_that_expired() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    app.person(ALICE).await;

    // Two tabs begin; the first signs in, then the second sends its old form: both end well.
    browser.go(&app.authorize_url(&client, &[("state", "tab-1")])).await;
    let first = browser.client.window().await.expect("a tab");
    let second = browser.client.new_window(true).await.expect("a second tab").handle;
    browser.client.switch_to_window(second).await.expect("the second tab");
    browser.go(&app.authorize_url(&client, &[("state", "tab-2")])).await;
    browser.client.switch_to_window(first).await.expect("the first tab");
    approve(&browser).await;
    assert!(browser.url().await.contains("state=tab-1"));
    browser.client.switch_to_window(browser_window(&browser, 1).await).await.expect("the second tab");
    browser.sign_in(ALICE, PASSWORD).await;
    landed(&browser).await;
    assert!(browser.url().await.contains("state=tab-2"), "{}", browser.url().await);

    // Back to the form that was sent: sending it again is a new sign-in, not an error.
    browser.client.back().await.expect("back");
    browser.client.back().await.expect("back");
    if browser.has("password").await {
        browser.sign_in(ALICE, PASSWORD).await;
        landed(&browser).await;
    }
    assert!(!browser.has("correlation-id").await, "{}", browser.text().await);

    // A form that lay open for too long.
    app.pass(Lifetime::from_minutes(5));
    browser.go(&app.authorize_url(&client, &[("prompt", "login")])).await;
    browser.wait_for("password").await;
    app.pass(Lifetime::from_hours(1));
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("correlation-id").await;
    assert!(browser.text().await.contains("expired"), "{}", browser.text().await);
    browser.inspect("error-expired").await;
    browser.quit().await;
}

async fn browser_window(browser: &Chromium, index: usize) -> fantoccini::wd::WindowHandle {
    browser.client.windows().await.expect("the tabs").remove(index)
}

async fn approve(browser: &Chromium) {
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("approve").await;
    browser.press("approve").await;
    landed(browser).await;
}

/// Waits for the start page, allowing whatever consent is asked on the way.
async fn landed(browser: &Chromium) {
    for _ in 0..200 {
        if browser.has("approve").await {
            browser.press("approve").await;
        }
        if browser.has("issuer").await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not landed: {} {}", browser.url().await, browser.text().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_accounts_errors_form_post_and_the_set_up_link() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    app.person(ALICE).await;
    app.person("bob@example.com").await;

    browser.go(&app.authorize_url(&client, &[])).await;
    approve(&browser).await;
    browser.go(&app.authorize_url(&client, &[("prompt", "select_account")])).await;
    browser.wait_for("another").await;
    browser.press("another").await;
    browser.sign_in("bob@example.com", PASSWORD).await;
    landed(&browser).await;
    browser.go(&app.authorize_url(&client, &[("prompt", "select_account")])).await;
    browser.wait_for("another").await;
    let words = browser.text().await;
    assert!(words.contains(ALICE) && words.contains("bob@example.com"), "{words}");
    browser.inspect("choose-account").await;

    browser.go(&app.authorize_url(&client, &[("redirect_uri", "https://shop.test/other?a=1")])).await;
    browser.wait_for("correlation-id").await;
    let words = browser.text().await;
    assert!(words.contains("https://shop.test/other?a=1"), "the received address is shown: {words}");
    browser.inspect("error-redirect").await;

    let link = vouchsafe::flow::admin::setup::link(&app.cx()).await.expect("no fault").expect("a link");
    browser.go(&format!("{}?token={}", app.url("/setup"), link.expose())).await;
    browser.wait_for("email").await;
    assert_eq!(browser.url().await, app.url("/setup"), "b12: the secret is gone from the address");
    browser.inspect("setup").await;
    browser.type_into("email", "root@example.com").await;
    browser.type_into("name", "Root").await;
    browser.type_into("password", "a long enough password").await;
    browser.press("submit").await;
    browser.wait_for("issuer").await;
    browser.go(&format!("{}?token={}", app.url("/setup"), link.expose())).await;
    browser.wait_for("correlation-id").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_set_up_shown_and_lost() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    app.person(ALICE).await;
    let second_factor =
        SecondFactorRule { required_for: RequiredFor::Everyone, groups: Vec::new(), ..SecondFactorRule::default() };
    let document = SettingsDocument { second_factor, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("secret").await;
    browser.inspect("enrol").await;
    browser.type_into("code", "000000").await;
    browser.press("submit").await;
    browser.wait_for("problem-code").await;
    browser.inspect("enrol-wrong").await;
    let typed = browser.text_of("secret").await;
    let secret = second_factor::decoded(&typed);
    browser.type_into("code", &totp::code_at(&secret, app.clock.now())).await;
    browser.press("submit").await;
    browser.wait_for("codes").await;
    browser.inspect("recovery-codes").await;
    let recovery = browser.text_of("codes").await.lines().next().expect("a code").to_owned();
    browser.press("go-on").await;
    landed(&browser).await;

    app.pass(Lifetime::from_seconds(60));
    browser.go(&app.authorize_url(&client, &[("prompt", "login")])).await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("code").await;
    browser.inspect("second-factor").await;
    browser.type_into("code", "000000").await;
    browser.press("submit").await;
    browser.wait_for("problem-code").await;
    browser.inspect("second-factor-wrong").await;
    browser.type_into("code", &recovery.to_lowercase()).await;
    browser.press("submit").await;
    landed(&browser).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_and_a_password_that_has_to_be_changed() {
    use vouchsafe::flow::admin::user_document::UserDocument;
    use vouchsafe::flow::admin::{Actor, invitation, user, user_access};
    const NORA: &str = "nora@example.com";
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = landing_client(&app, "shop").await;
    let (cx, actor) = (app.cx(), Actor::CommandLine);
    let invited = user::create(&cx, &actor, UserDocument::new(NORA), user::FirstAccess::Invitation).await;
    let token = invited.expect("no fault").expect("done").invitation.expect("a link");
    browser.go(invitation::address(&cx, &token).expose()).await;
    browser.wait_for("password").await;
    assert_eq!(browser.url().await, app.url("/invitation"), "b12: the secret is gone from the address");
    browser.inspect("invitation").await;
    browser.type_into("password", "a long enough password").await;
    browser.press("submit").await;
    browser.wait_for("done").await;
    browser.inspect("invitation-done").await;

    user_access::require_password_change(&cx, &actor, NORA).await.expect("no fault").expect("done");
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.wait_for("login").await;
    browser.sign_in(NORA, "a long enough password").await;
    browser.wait_for("password-hint").await;
    browser.inspect("new-password").await;
    browser.type_into("password", "an even longer password").await;
    browser.press("submit").await;
    browser.wait_for("approve").await;
    browser.quit().await;
}

/// The demo as a newcomer starts it, on ports of its own.
struct Demo(Child, u16);

impl Demo {
    async fn start() -> Self {
        let port = free_ports();
        let child = Command::new(env!("CARGO_BIN_EXE_vouchsafe"))
            .args(["demo", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let demo = Self(child, port);
        let http = reqwest::Client::new();
        for _ in 0..200 {
            if http.get(format!("http://localhost:{}/", port + 1)).send().await.is_ok() {
                return demo;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the demo did not come up");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Three ports in a row that nobody has at this moment.
fn free_ports() -> u16 {
    let bind = |port| std::net::TcpListener::bind(("127.0.0.1", port)).ok();
    (20_000..60_000_u16)
        .step_by(37)
        .skip(usize::from(u16::try_from(std::process::id() % 997).unwrap_or(0)))
        .find(|port| bind(*port).is_some() && bind(port + 1).is_some() && bind(port + 2).is_some())
        .expect("free ports")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_from_sign_in_to_log_out() {
    let Some(browser) = chromium::start().await else { return };
    let demo = Demo::start().await;
    browser.go(&format!("http://localhost:{}/", demo.1 + 1)).await;
    browser.inspect("demo-home").await;
    browser.press("sign-in").await;
    browser.sign_in("ada@example.com", "analytical engine").await;
    browser.wait_for("approve").await;
    browser.press("approve").await;
    browser.wait_for("subject").await;
    let words = browser.text().await;
    assert!(words.contains("Ada Lovelace"), "{words}");
    browser.inspect("demo-result").await;
    for button in ["call-hello", "refresh", "refresh", "introspect", "replay"] {
        browser.press(button).await;
        browser.wait_for("latest").await;
    }
    assert!(browser.text().await.contains("The grant is over"), "reuse ended the family");
    browser.press("log-out").await;
    browser.wait_for("logged-out").await;
    browser.inspect("demo-logged-out").await;
    browser.quit().await;
}

/// Opens the newest letter's button.
async fn newest_letter(browser: &Chromium, issuer: &str) {
    for _ in 0..100 {
        browser.go(&format!("{issuer}/dev/mail")).await;
        if !browser.has("no-mail").await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let button =
        browser.client.find(fantoccini::Locator::Css("section.letter a.button")).await.expect("a letter with a button");
    let address = button.attr("href").await.expect("an answer").expect("an address");
    browser.go(&address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_of_it_can_be_tried_in_the_demo_without_a_mail_server() {
    let Some(browser) = chromium::start().await else { return };
    let demo = Demo::start().await;
    let issuer = format!("http://localhost:{}", demo.1);
    // Somebody makes an account, confirms it by what stands in the mailbox, and is at their account pages.
    browser.go(&format!("{issuer}/sign-up")).await;
    browser.type_into("email", "grace@example.com").await;
    browser.press("submit").await;
    browser.wait_for("sent").await;
    newest_letter(&browser, &issuer).await;
    browser.type_into("password", "a password of her own").await;
    browser.press("submit").await;
    browser.go(&format!("{issuer}/account")).await;
    browser.wait_for("content").await;
    assert!(browser.text().await.contains("grace@example.com"), "{}", browser.text().await);
    // She forgets it.
    browser.client.delete_all_cookies().await.expect("the cookies go");
    browser.go(&format!("{issuer}/recovery")).await;
    browser.type_into("email", "grace@example.com").await;
    browser.press("submit").await;
    browser.wait_for("sent").await;
    for _ in 0..100 {
        browser.go(&format!("{issuer}/dev/mail")).await;
        if browser.text().await.contains("Set a new password") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    newest_letter(&browser, &issuer).await;
    browser.type_into("password", "quite another password").await;
    browser.press("submit").await;
    browser.wait_for("done").await;
    browser.go(&format!("{issuer}/account")).await;
    browser.sign_in("grace@example.com", "quite another password").await;
    browser.wait_for("content").await;
    // The administrator sees her, and is not stopped for want of a telephone.
    browser.client.delete_all_cookies().await.expect("the cookies go");
    browser.go(&format!("{issuer}/admin/people")).await;
    browser.sign_in("charles@example.com", "analytical engine").await;
    browser.wait_for("content").await;
    assert!(browser.text().await.contains("grace@example.com"), "{}", browser.text().await);
    browser.quit().await;
}
