//! The account pages in a real browser: every page looked at in two widths, light and dark, by somebody of no role, with the
//! script engine doing nothing.

use vouchsafe::time::Lifetime;

use crate::support::chromium::{self, Chromium};
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, TestApp};

const ADA: &str = "ada@example.com";

async fn open(browser: &Chromium, app: &TestApp, path: &str) {
    browser.go(&app.url(path)).await;
    if browser.has("password").await && browser.has("login").await {
        browser.sign_in(ADA, PASSWORD).await;
    }
    browser.wait_for("content").await;
}

async fn press(browser: &Chromium, id: &str) {
    browser.press(id).await;
    browser.wait_for("content").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_looks_after_their_account() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.person(ADA).await;
    let look = async |pages: &[(&str, &str)]| {
        for (name, path) in pages {
            open(&browser, &app, path).await;
            browser.inspect(name).await;
        }
    };
    look(&[
        ("account-overview", "/account"),
        ("account-profile", "/account/profile"),
        ("account-addresses", "/account/addresses"),
        ("account-password", "/account/password"),
        ("account-factors-none", "/account/factors"),
        ("account-factor-app", "/account/factors/app"),
        ("account-sessions", "/account/sessions"),
        ("account-apps-none", "/account/apps"),
        ("account-activity", "/account/activity"),
        ("account-data", "/account/data"),
    ])
    .await;

    open(&browser, &app, "/account/password").await;
    browser.type_into("password-old_password", "wrong password").await;
    browser.type_into("password-password", "another long password").await;
    press(&browser, "password-submit").await;
    assert!(browser.has("password-old_password-error").await);
    browser.inspect("account-password-wrong").await;

    let picture = format!("{}/tests/images/logo.png", env!("CARGO_MANIFEST_DIR"));
    open(&browser, &app, "/account/profile").await;
    let field = browser.client.find(fantoccini::Locator::Id("picture-file")).await.expect("a field for the file");
    field.send_keys(&picture).await.expect("a file is chosen");
    press(&browser, "picture-submit").await;
    browser.inspect("account-profile-picture").await;

    app.pass(Lifetime::from_hours(3));
    let client = app.web("wiki").await;
    let scope = [("scope", "openid profile email offline_access")];
    app.tokens(&mut Browser::new(&app), &client, ADA, &scope).await;
    let ada = vouchsafe::flow::admin::user::find(&app.cx(), &vouchsafe::flow::admin::Actor::CommandLine, ADA).await;
    let ada = vouchsafe::identity::UserId(ada.expect("no fault").expect("Ada").id);
    look(&[
        ("account-overview-attention", "/account"),
        ("account-sessions-two", "/account/sessions"),
        ("account-apps", "/account/apps"),
    ])
    .await;
    open(&browser, &app, "/account/sessions").await;
    press(&browser, "others-submit").await;

    open(&browser, &app, "/account/factors/app").await;
    let secret = crate::second_factor::decoded(&browser.text_of("secret").await);
    browser.type_into("code", "000000").await;
    press(&browser, "app-submit").await;
    assert!(browser.has("problem-code").await);
    browser.inspect("account-factor-wrong").await;
    browser.type_into("code", &vouchsafe::secret::totp::code_at(&secret, app.cx().now)).await;
    press(&browser, "app-submit").await;
    browser.inspect("account-recovery-codes").await;
    let own = vouchsafe::flow::account::factors::of(&app.cx(), &ada).await.expect("no fault");
    let factor = format!("/account/factors/{}", own.factors[0].id.0);
    look(&[("account-factors", "/account/factors"), ("account-factor", &factor)]).await;

    open(&browser, &app, "/account/data").await;
    browser.type_into("delete-confirm", "somebody else").await;
    press(&browser, "delete-submit").await;
    assert!(browser.has("delete-confirm-error").await);
    browser.inspect("account-delete-mistyped").await;
    browser.type_into("delete-confirm", ADA).await;
    browser.press("delete-submit").await;
    browser.wait_for("gone").await;
    browser.inspect("account-gone").await;
    browser.quit().await;
}
