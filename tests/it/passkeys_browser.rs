//! Passkeys in a real browser, with an authenticator that the browser plays: set up on the way in, shown as second factor and
//! alone, offered in the address field, added on the account pages, and out of the way where there is no JavaScript.

use std::time::Duration;

use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::identity::level::RequiredFor;
use vouchsafe::identity::{MailCodes, SecondFactorRule};
use vouchsafe::time::Lifetime;

use crate::support::TestApp;
use crate::support::chromium::{self, Chromium};
use crate::support::relying_party::PASSWORD;

const ALICE: &str = "alice@example.com";

async fn demand(app: &TestApp, mail_codes: MailCodes) {
    let second_factor = SecondFactorRule { required_for: RequiredFor::Everyone, groups: Vec::new(), mail_codes };
    let document = SettingsDocument { second_factor, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

/// Waits until an element is to be seen.
pub async fn shown(browser: &Chromium, id: &str) {
    for _ in 0..200 {
        let script = "const e = document.getElementById(arguments[0]); return !!e && e.offsetParent !== null";
        let is_shown = browser.client.execute(script, vec![id.into()]).await;
        if is_shown.ok().as_ref().and_then(serde_json::Value::as_bool) == Some(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} is not shown at {}: {}", browser.url().await, browser.text().await);
}

/// Waits for the start page, allowing whatever consent is asked on the way.
pub async fn landed(browser: &Chromium) {
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
async fn a_passkey_is_set_up_and_opens_with_the_password_and_alone() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    let client = crate::browser::landing_client(&app, "shop").await;
    app.person(ALICE).await;
    demand(&app, MailCodes::Never).await;

    // Set up on the way in: refused by the authenticator at first.
    let key = browser.authenticator().await;
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.sign_in(ALICE, PASSWORD).await;
    shown(&browser, "passkey").await;
    browser.inspect("enrol-passkey").await;
    key.knows_finger(false).await;
    browser.click("passkey").await;
    shown(&browser, "passkey-failed").await;
    browser.inspect("enrol-passkey-failed").await;
    key.knows_finger(true).await;
    browser.click("passkey").await;
    browser.wait_for("codes").await;
    let kept = key.passkeys().await;
    assert_eq!(
        (kept.len(), &kept[0]["isResidentCredential"], &kept[0]["rpId"]),
        (1, &true.into(), &"localhost".into())
    );
    browser.press("go-on").await;
    landed(&browser).await;

    // As second factor. Nobody touches the key until the button is pressed, so the address field's offer does not answer.
    app.pass(Lifetime::from_minutes(1));
    key.is_touched(false).await;
    browser.go(&app.authorize_url(&client, &[("prompt", "login")])).await;
    shown(&browser, "passkey").await;
    browser.inspect("login-passkey").await;
    browser.sign_in(ALICE, PASSWORD).await;
    shown(&browser, "passkey").await;
    browser.inspect("second-factor-passkey").await;
    key.is_touched(true).await;
    browser.press("passkey").await;
    landed(&browser).await;

    // Alone, by the button: nothing was typed.
    app.pass(Lifetime::from_minutes(1));
    key.is_touched(false).await;
    browser.client.delete_all_cookies().await.expect("the cookies go");
    browser.go(&app.authorize_url(&client, &[])).await;
    shown(&browser, "passkey").await;
    key.is_touched(true).await;
    browser.press("passkey").await;
    landed(&browser).await;
    assert!(browser.text().await.contains(ALICE), "{}", browser.text().await);
    let events = app.events().await;
    assert!(events.iter().filter(|e| e.starts_with("signed_in")).count() >= 2, "{events:?}");

    // Once more by what the browser offers at the address field: the page asks by itself, and nothing is pressed.
    app.pass(Lifetime::from_minutes(1));
    browser.client.delete_all_cookies().await.expect("the cookies go");
    browser.go(&app.authorize_url(&client, &[])).await;
    landed(&browser).await;

    // Gone with the authenticator: the button says so, and the password goes on working.
    key.unplug().await;
    let _other = browser.authenticator().await;
    browser.client.delete_all_cookies().await.expect("the cookies go");
    browser.go(&app.authorize_url(&client, &[])).await;
    shown(&browser, "passkey").await;
    browser.click("passkey").await;
    shown(&browser, "passkey-failed").await;
    browser.inspect("login-passkey-failed").await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("cancel").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_added_on_the_account_pages() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let key = browser.authenticator().await;
    browser.go(&app.url("/account/factors")).await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("content").await;
    browser.go(&app.url("/account/factors/passkey")).await;
    shown(&browser, "passkey").await;
    browser.inspect("account-passkey").await;
    browser.type_into("name", "Blue key").await;
    browser.click("passkey").await;
    browser.wait_for("codes").await;
    assert_eq!(key.passkeys().await.len(), 1);
    browser.go(&app.url("/account/factors")).await;
    assert!(browser.text().await.contains("Blue key"), "{}", browser.text().await);
    browser.inspect("account-factors-passkey").await;
    // The same key has one already, and says so itself.
    browser.go(&app.url("/account/factors/passkey")).await;
    // Who has a passkey shows it before another one is added.
    shown(&browser, "passkey").await;
    browser.click("passkey").await;
    browser.wait_for("name").await;
    shown(&browser, "passkey").await;
    browser.click("passkey").await;
    shown(&browser, "passkey-failed").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_javascript_passkeys_are_out_of_the_way_and_a_letter_brings_a_code() {
    let Some(browser) = chromium::start().await else { return };
    browser.without_scripts().await;
    let app = TestApp::with_mail(&[]).await;
    let client = crate::browser::landing_client(&app, "shop").await;
    app.person(ALICE).await;
    demand(&app, MailCodes::WithoutOther).await;
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.wait_for("login").await;
    browser.picture("login-no-script").await;
    browser.type_into("login", ALICE).await;
    browser.type_into("password", PASSWORD).await;
    browser.click("submit").await;
    browser.wait_for("mail-code").await;
    browser.picture("second-factor-mail").await;
    browser.click("mail-code").await;
    browser.wait_for("code").await;
    browser.picture("second-factor-mailed").await;
    let letter = app.letters_about("Your code to sign in").await.pop().expect("a letter");
    browser.type_into("code", letter.paragraphs.last().expect("a code")).await;
    browser.click("submit").await;
    browser.wait_for("approve").await;
    browser.quit().await;
}
