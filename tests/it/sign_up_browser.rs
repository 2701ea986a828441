//! Making an account and getting back into one, in a real browser: every page looked at in two widths, light and dark.

use vouchsafe::identity::{SignUpMode, SignUpRule};
use vouchsafe::time::Lifetime;

use crate::sign_up::{link_to, open, post, rule};
use crate::support::TestApp;
use crate::support::chromium;
use crate::support::letters::{link, other_link};

const ADA: &str = "ada@example.com";
const OWN: &str = "a password of her own";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_makes_an_account_and_accepts_terms_that_change() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("shop").await;
    let everything = SignUpRule {
        asks_name: true,
        terms: Some("https://acme.test/terms".to_owned()),
        privacy_policy: Some("https://acme.test/privacy".to_owned()),
        ..open()
    };
    rule(&app, everything.clone()).await;
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.wait_for("sign-up").await;
    browser.inspect("login-with-links").await;
    browser.press("sign-up").await;
    browser.inspect("sign-up").await;
    browser.type_into("email", "not an address").await;
    browser.press("submit").await;
    browser.wait_for("problem-email").await;
    browser.inspect("sign-up-problem").await;
    browser.type_into("email", ADA).await;
    browser.press("submit").await;
    browser.wait_for("sent").await;
    browser.inspect("sign-up-sent").await;
    browser.go(&link_to(&app, "Confirm your address", ADA).await).await;
    browser.wait_for("terms").await;
    browser.inspect("sign-up-link").await;
    browser.type_into("name", "Ada Lovelace").await;
    browser.type_into("password", ADA).await;
    browser.click("terms").await;
    browser.press("submit").await;
    browser.wait_for("problem-password").await;
    browser.inspect("sign-up-link-problem").await;
    browser.type_into("password", OWN).await;
    // How strong it is stands beside the field while it is typed.
    for _ in 0..100 {
        if browser.text_of("strength-words").await.contains("of 4") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(browser.text_of("strength-words").await.contains("hard to guess"));
    browser.inspect("sign-up-link-strength").await;
    browser.type_into("password", OWN).await;
    browser.click("terms").await;
    browser.press("submit").await;
    browser.wait_for("approve").await;

    // Terms that changed.
    rule(&app, SignUpRule { terms_version: 2, ..everything }).await;
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.wait_for("accept").await;
    browser.inspect("terms").await;
    browser.press("accept").await;
    browser.wait_for("approve").await;

    // A second account, without an app that waits.
    browser.go(&app.url("/sign-up")).await;
    browser.inspect("sign-up-alone").await;
    browser.type_into("email", "second@example.com").await;
    browser.press("submit").await;
    browser.go(&link_to(&app, "Confirm your address", "second@example.com").await).await;
    browser.wait_for("terms").await;
    browser.type_into("name", "Second").await;
    browser.type_into("password", OWN).await;
    browser.click("terms").await;
    browser.press("submit").await;
    browser.wait_for("done").await;
    browser.inspect("sign-up-done").await;

    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_gets_back_in_and_moves_to_another_address() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("shop").await;
    app.person(ADA).await;
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.press("forgot").await;
    browser.inspect("recovery").await;
    browser.type_into("email", ADA).await;
    browser.press("submit").await;
    browser.wait_for("sent").await;
    browser.inspect("recovery-sent").await;
    let address = link_to(&app, "Set a new password", ADA).await;
    browser.go(&address).await;
    browser.wait_for("password").await;
    browser.inspect("recovery-link").await;
    browser.type_into("password", ADA).await;
    browser.press("submit").await;
    browser.wait_for("problem-password").await;
    browser.inspect("recovery-link-problem").await;
    browser.type_into("password", OWN).await;
    browser.press("submit").await;
    browser.wait_for("done").await;
    browser.inspect("recovery-done").await;
    browser.press("go-on").await;
    browser.sign_in(ADA, OWN).await;
    browser.wait_for("approve").await;
    browser.go(&address).await;
    browser.wait_for("correlation-id").await;
    browser.inspect("link-dead").await;

    // The address, from the account pages.
    browser.go(&app.url("/account/addresses")).await;
    browser.wait_for("change-email").await;
    browser.type_into("change-email", "ada@elsewhere.test").await;
    browser.press("change-submit").await;
    post(&app).await;
    browser.go(&app.url("/account/addresses")).await;
    browser.wait_for("withdraw-submit").await;
    browser.inspect("account-addresses-waiting").await;
    let address = link_to(&app, "Confirm your new address", "ada@elsewhere.test").await;
    browser.go(&address).await;
    browser.wait_for("submit").await;
    browser.inspect("new-address").await;
    browser.press("submit").await;
    browser.wait_for("waits").await;
    browser.inspect("new-address-waits").await;
    let asked = app.letters_about("Another address was asked for").await;
    browser.go(&other_link(&asked[0])).await;
    browser.wait_for("old").await;
    browser.inspect("new-address-old").await;
    browser.press("submit").await;
    browser.wait_for("done").await;
    browser.inspect("new-address-done").await;
    let told = app.letters_about("Your address was changed").await;
    browser.go(&link(&told[0])).await;
    browser.wait_for("submit").await;
    browser.press("submit").await;
    browser.wait_for("done").await;

    // Where nobody is signed in, and where nobody can make an account.
    app.pass(Lifetime::from_minutes(1));
    browser.go(&app.url("/sign-up")).await;
    browser.wait_for("closed").await;
    browser.inspect("sign-up-closed").await;
    rule(&app, SignUpRule { mode: SignUpMode::Invitation, ..SignUpRule::default() }).await;
    browser.go(&app.url("/sign-up")).await;
    browser.inspect("sign-up-by-invitation").await;
    let off = TestApp::start().await;
    browser.go(&off.url("/recovery")).await;
    browser.inspect("recovery-off").await;
    browser.quit().await;
}
