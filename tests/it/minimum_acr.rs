//! A client that takes no sign-in below a class, whatever its requests say (security case K12).

use serde_json::json;
use vouchsafe::identity::Level;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::time::Lifetime;

use crate::second_factor::{Phone, half, shown_secret, tokens_of};
use crate::support::passkeys::{Passkey, Twist};
use crate::support::relying_party::{PASSWORD, claims};
use crate::support::{Browser, Client, TestApp};

const ALICE: &str = "alice@example.com";
const MFA: &str = "urn:vouchsafe:acr:mfa";
const PHR: &str = "urn:vouchsafe:acr:phr";

async fn demanding(app: &TestApp, id: &str, level: Level) -> Client {
    app.client_with(id, Profile::Web, |row| row.policy.minimum_acr = Some(level)).await
}

#[tokio::test]
async fn k12_a_second_factor_is_set_up_for_the_client_that_demands_one_and_for_no_other() {
    let app = TestApp::start().await;
    let (easy, bank) = (app.web("easy").await, demanding(&app, "bank", Level::SecondFactor).await);
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let easily = app.tokens(&mut browser, &easy, ALICE, &[]).await;
    assert_eq!(claims(&easily.id)["acr"], "urn:vouchsafe:acr:password");

    // The session of the easy client is not enough, and silence is no way round.
    let silent = browser.get(&app.authorize_url(&bank, &[("prompt", "none")])).await;
    silent.is_redirected_error(&app, &bank, "login_required");
    let page = browser.open(&app.authorize_url(&bank, &[("acr_values", "urn:vouchsafe:acr:password")])).await;
    assert!(page.has("secret"), "a factor is set up, whatever the request would like: {}", page.body);
    let secret = shown_secret(&page);
    let code = vouchsafe::secret::totp::code_at(&secret, app.cx().now);
    let page = browser.submit(&page, &[("code", &code)]).await;
    assert!(page.has("codes"), "{}", page.body);
    let page = browser.open(&app.authorize_url(&bank, &[])).await;
    let told = tokens_of(&app, &mut browser, &bank, page).await;
    assert_eq!((&told["acr"], &told["amr"]), (&json!(MFA), &json!(["pwd", "otp", "mfa"])));

    // Refreshing asks nobody.
    let mut other = Browser::new(&app);
    app.pass(Lifetime::from_seconds(60));
    let page = half(&app, &mut other, &bank, &[("scope", "openid offline_access")]).await;
    let page = other.submit(&page, &[("code", &vouchsafe::secret::totp::code_at(&secret, app.cx().now))]).await;
    let page = if page.has("approve") { other.submit(&page, &[("decision", "approve")]).await } else { page };
    let tokens = app.redeem(&bank, &page.code()).await.json();
    let refreshed = app.refresh(&bank, tokens["refresh_token"].as_str().expect("a refresh token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

#[tokio::test]
async fn k12_whoever_sets_up_a_passkey_shows_what_they_have_first() {
    let app = TestApp::start().await;
    let (easy, vault) = (app.web("easy").await, demanding(&app, "vault", Level::PhishingResistant).await);
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    let mut browser = Browser::new(&app);
    let page = half(&app, &mut browser, &vault, &[]).await;
    let page = browser.submit(&page, &[("code", &phone.code(&app))]).await;
    let form = page.passkey().unwrap_or_else(|| panic!("a passkey is set up: {}", page.body));
    assert!(!page.has("secret"), "an app would not do: {}", page.body);
    let mut key = Passkey::default();
    let answer = key.create(&app, &form, &Twist::default());
    let page = browser.answer(&form, &answer).await;
    let told = tokens_of(&app, &mut browser, &vault, page).await;
    assert_eq!(told["acr"], PHR);

    // Elsewhere the app's code opens the easy client, and the vault asks for the passkey alone.
    let mut other = Browser::new(&app);
    app.pass(Lifetime::from_minutes(1));
    let page = half(&app, &mut other, &easy, &[]).await;
    let page = other.submit(&page, &[("code", &phone.code(&app))]).await;
    assert_eq!(tokens_of(&app, &mut other, &easy, page).await["acr"], MFA);
    let silent = other.get(&app.authorize_url(&vault, &[("prompt", "none")])).await;
    silent.is_redirected_error(&app, &vault, "login_required");
    let page = other.open(&app.authorize_url(&vault, &[])).await;
    let form = page.passkey().unwrap_or_else(|| panic!("the passkey is asked for: {}", page.body));
    assert!(!page.has("code") && !page.has("secret"), "{}", page.body);
    let page = other.answer(&form, &key.get(&app, &form, &Twist::default())).await;
    assert_eq!(tokens_of(&app, &mut other, &vault, page).await["acr"], PHR);
}

#[tokio::test]
async fn a_browser_left_open_is_not_enough_to_set_up_a_factor() {
    let app = TestApp::start().await;
    let (easy, bank) = (app.web("easy").await, demanding(&app, "bank", Level::SecondFactor).await);
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    app.tokens(&mut browser, &easy, ALICE, &[]).await;
    app.pass(Lifetime::from_minutes(6));
    let page = browser.open(&app.authorize_url(&bank, &[])).await;
    assert!(page.has("password") && !page.has("secret"), "{}", page.body);
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("secret"), "{}", page.body);
}

#[tokio::test]
async fn where_there_are_no_passkeys_a_client_that_demands_one_is_told() {
    let app = TestApp::start_with(&[("VOUCHSAFE_ISSUER", "http://127.0.0.1:{port}")]).await;
    let vault = demanding(&app, "vault", Level::PhishingResistant).await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let page = app.sign_in(&mut browser, &vault, ALICE, &[]).await;
    page.is_redirected_error(&app, &vault, "unmet_authentication_requirements");
}
