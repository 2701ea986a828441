//! The whole life of an account in a real browser, as one story: made, confirmed, guarded by an app and a passkey, used by an
//! app, locked out of and got back into, its other sessions ended, and deleted. Each page has a test of its own elsewhere;
//! this one holds that each leads to the next.

use fantoccini::Locator;
use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::identity::UserId;
use vouchsafe::secret::totp;
use vouchsafe::time::Lifetime;

use crate::passkeys_browser::{landed, shown};
use crate::second_factor;
use crate::sign_up::{link_to, open, rule};
use crate::support::chromium::{self, Chromium};
use crate::support::{Browser, Client, TestApp};

const ADA: &str = "ada@example.com";
const FIRST: &str = "a password of her own";
const LATER: &str = "quite another password";

async fn id_of(app: &TestApp) -> UserId {
    let found = user::find(&app.cx(), &Actor::CommandLine, ADA).await.expect("no fault").expect("Ada");
    UserId(found.id)
}

/// The page of the factor of this name.
async fn factor(app: &TestApp, name: &str) -> String {
    let own = factors::of(&app.cx(), &id_of(app).await).await.expect("no fault");
    let found = own.factors.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no factor {name}"));
    format!("/account/factors/{}", found.id.0)
}

/// The codes that a page shows once.
async fn recovery_codes(browser: &Chromium) -> Vec<String> {
    browser.wait_for("codes").await;
    browser.text_of("codes").await.split_whitespace().map(str::to_owned).collect()
}

/// Forgets who is signed in, and begins a sign-in at the app.
async fn elsewhere(browser: &Chromium, app: &TestApp, client: &Client) {
    app.pass(Lifetime::from_minutes(2));
    browser.client.delete_all_cookies().await.expect("the cookies go");
    browser.go(&app.authorize_url(client, &[])).await;
}

/// Types a code where one is asked for, below a passkey that is asked for first.
async fn show_code(browser: &Chromium, code: &str) {
    browser.wait_for("code").await;
    browser
        .client
        .execute("document.querySelectorAll('details.other').forEach(d => d.open = true)", vec![])
        .await
        .expect("open");
    browser.type_into("code", code).await;
    browser.press("submit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_life_of_an_account() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::with_mail(&[]).await;
    let client = crate::browser::landing_client(&app, "shop").await;
    rule(&app, open()).await;

    // Made on the way into an app, which asked for it; the letter is opened in the same browser.
    browser.go(&app.authorize_url(&client, &[("prompt", "create")])).await;
    browser.wait_for("email").await;
    browser.type_into("email", ADA).await;
    browser.press("submit").await;
    browser.wait_for("sent").await;
    browser.go(&link_to(&app, "Confirm your address", ADA).await).await;
    browser.wait_for("password").await;
    browser.type_into("password", FIRST).await;
    browser.press("submit").await;
    landed(&browser).await;
    assert!(browser.text().await.contains(ADA), "{}", browser.text().await);

    // An app for codes, and a passkey, which asks for the app first: a proof of equal level.
    browser.go(&app.url("/account/factors/app")).await;
    browser.wait_for("secret").await;
    let secret = second_factor::decoded(&browser.text_of("secret").await);
    browser.type_into("code", &totp::code_at(&secret, app.cx().now)).await;
    browser.press("app-submit").await;
    let codes = recovery_codes(&browser).await;
    let key = browser.authenticator().await;
    app.pass(Lifetime::from_seconds(30));
    browser.go(&app.url("/account/factors/passkey")).await;
    show_code(&browser, &totp::code_at(&secret, app.cx().now)).await;
    browser.wait_for("name").await;
    shown(&browser, "passkey").await;
    browser.type_into("name", "Blue key").await;
    browser.click("passkey").await;
    browser.wait_for("content").await;
    for _ in 0..100 {
        if key.passkeys().await.len() == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(key.passkeys().await.len(), 1);

    // The passkey alone opens it elsewhere.
    elsewhere(&browser, &app, &client).await;
    landed(&browser).await;
    assert!(browser.text().await.contains(ADA), "{}", browser.text().await);

    // Lost: the key is gone, and so is the password. The letter brings a new password, and no way around the second factor.
    key.unplug().await;
    let _blank = browser.authenticator().await;
    elsewhere(&browser, &app, &client).await;
    browser.press("forgot").await;
    browser.wait_for("email").await;
    browser.type_into("email", ADA).await;
    browser.press("submit").await;
    browser.wait_for("sent").await;
    browser.go(&link_to(&app, "Set a new password", ADA).await).await;
    browser.wait_for("password").await;
    browser.type_into("password", LATER).await;
    browser.press("submit").await;
    browser.wait_for("done").await;
    browser.press("go-on").await;
    browser.sign_in(ADA, LATER).await;
    show_code(&browser, &codes[0]).await;
    landed(&browser).await;

    // What was lost is taken out, by its name.
    let lost = factor(&app, "Blue key").await;
    browser.go(&app.url(&lost)).await;
    browser.wait_for("content").await;
    browser.press("remove-submit").await;
    browser.wait_for("content").await;
    browser.go(&app.url("/account/factors")).await;
    assert!(!browser.text().await.contains("Blue key"), "{}", browser.text().await);
    let told: Vec<String> = app.letters().await.into_iter().filter(|l| l.to == ADA).map(|l| l.subject).collect();
    assert!(told.len() >= 5, "every change was told: {told:?}");

    // Another browser of hers, whose session she ends from here. What its app may do while she is away goes on until she
    // withdraws that as well.
    app.pass(Lifetime::from_minutes(2));
    let mut other = Browser::new(&app);
    let page =
        other.open(&app.authorize_url(&client, &[("scope", "openid offline_access"), ("prompt", "consent")])).await;
    let page = other.submit(&page, &[("login", ADA), ("password", LATER)]).await;
    let page = other.submit(&page, &[("code", &totp::code_at(&secret, app.cx().now))]).await;
    let approved = other.submit_once(&page, &[("decision", "approve")]).await;
    let code = other.get(&app.url(approved.header("location"))).await.code();
    let tokens = app.redeem(&client, &code).await.json();
    let refresh_token = tokens["refresh_token"].as_str().expect("a refresh token").to_owned();
    assert!(app.is_active(&client, &refresh_token).await);
    browser.go(&app.url("/account/sessions")).await;
    browser.wait_for("others-submit").await;
    browser.press("others-submit").await;
    browser.wait_for("content").await;
    assert!(other.open(&app.authorize_url(&client, &[])).await.has("password"), "the other session has ended");
    assert!(app.is_active(&client, &refresh_token).await);
    browser.go(&app.url("/account/apps")).await;
    let disconnect = Locator::Css("form[action='/account/apps/disconnect'] button");
    browser.client.wait().for_element(disconnect).await.expect("a button").click().await.expect("pressed");
    browser.client.wait().for_element(Locator::Css(".notice.good")).await.expect("it is said");
    assert!(!app.is_active(&client, &refresh_token).await, "withdrawn with everything that hangs on it");

    // Deleted: nobody is left to sign in, and the address is free again.
    browser.go(&app.url("/account/data")).await;
    browser.wait_for("delete-confirm").await;
    browser.type_into("delete-confirm", ADA).await;
    browser.press("delete-submit").await;
    browser.wait_for("gone").await;
    browser.go(&app.authorize_url(&client, &[])).await;
    browser.sign_in(ADA, LATER).await;
    browser.wait_for("problem").await;
    assert!(user::find(&app.cx(), &Actor::CommandLine, ADA).await.expect("no fault").is_err());
    assert!(browser.client.find(Locator::Id("sign-up")).await.is_ok(), "the way to begin again");
    browser.quit().await;
}
