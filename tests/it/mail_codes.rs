//! One-time codes by mail as second factor: for whom, once, and few tries (security case K11).

use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::identity::level::RequiredFor;
use vouchsafe::identity::{MailCodes, SecondFactorRule};
use vouchsafe::time::Lifetime;

use crate::second_factor::{Phone, half, has_session, tokens_of};
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const SUBJECT: &str = "Your code to sign in";

async fn allow(app: &TestApp, required_for: RequiredFor, mail_codes: MailCodes) {
    let second_factor = SecondFactorRule { required_for, groups: Vec::new(), mail_codes };
    let document = SettingsDocument { second_factor, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

/// Signs in with the password, up to the page that offers a code by mail.
async fn offered(app: &TestApp, browser: &mut Browser, client: &Client) -> Page {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("mail-code"), "{}", page.body);
    page
}

/// Has a code sent; the page that takes it, and the code.
async fn sent(app: &TestApp, browser: &mut Browser, client: &Client) -> (Page, String) {
    // Letters of one moment have no order.
    app.pass(Lifetime::from_seconds(1));
    let page = offered(app, browser, client).await;
    let page = browser.submit_once(&page, &[("decision", "mail")]).await;
    assert!(page.status == 200 && page.has("code"), "{} {}", page.status, page.body);
    (page, newest(app).await)
}

/// The code of the newest letter.
async fn newest(app: &TestApp) -> String {
    let letters = app.letters_about(SUBJECT).await;
    let letter = letters.last().expect("a letter");
    assert_eq!(letter.to, ALICE);
    let code = letter.paragraphs.last().expect("the code").clone();
    assert!(code.len() == 9 && code.split(' ').all(|part| part.parse::<u32>().is_ok()), "{code}");
    code
}

#[tokio::test]
async fn k11_a_mailed_code_serves_who_must_have_a_factor_and_has_none() {
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    allow(&app, RequiredFor::Everyone, MailCodes::WithoutOther).await;
    let mut browser = Browser::new(&app);
    let first = offered(&app, &mut browser, &client).await;
    assert!(!first.has("code") && app.letters_about(SUBJECT).await.is_empty(), "nothing is sent unasked");
    browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "login_required",
    );
    let (page, code) = sent(&app, &mut browser, &client).await;
    let page = browser.submit(&page, &[("code", &code)]).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!(id_token["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    assert_eq!(id_token["acr"], "urn:vouchsafe:acr:mfa");
    assert!(app.events().await.iter().any(|e| e.starts_with("code_mailed")));
    // Whoever has a better one by now is asked for that.
    let phone = Phone::of(&app, &alice).await;
    let page = half(&app, &mut Browser::new(&app), &client, &[]).await;
    assert!(!page.has("mail-code"), "{}", page.body);
    let mut other = Browser::new(&app);
    let page = half(&app, &mut other, &client, &[]).await;
    let refused = other.submit_once(&page, &[("decision", "mail")]).await;
    assert_eq!((refused.status, app.letters_about(SUBJECT).await.len()), (422, 1), "not by a form of one's own either");
    assert_eq!(other.submit_once(&refused, &[("code", &phone.code(&app))]).await.status, 303);
    // Unless the setting says that a letter will do for everybody.
    allow(&app, RequiredFor::Everyone, MailCodes::Always).await;
    app.pass(Lifetime::from_minutes(1));
    let mut browser = Browser::new(&app);
    let page = half(&app, &mut browser, &client, &[]).await;
    let page = browser.submit_once(&page, &[("decision", "mail")]).await;
    assert_eq!(browser.submit_once(&page, &[("code", &newest(&app).await)]).await.status, 303);
}

#[tokio::test]
async fn k11_a_mailed_code_counts_once_for_its_sign_in_and_few_tries() {
    let app =
        TestApp::with_mail(&[("VOUCHSAFE_LIMITS_ACCOUNT_FREE", "100"), ("VOUCHSAFE_LIMITS_ADDRESS_FREE", "1000")])
            .await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    allow(&app, RequiredFor::Everyone, MailCodes::WithoutOther).await;
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    // Another sign-in's page takes no code of this one, and a new code voids the one before.
    let (page, code) = sent(&app, &mut browser, &client).await;
    let (elsewhere, second) = sent(&app, &mut other, &client).await;
    assert_ne!(code, second);
    assert_eq!(browser.submit_once(&page, &[("code", &code)]).await.status, 422, "replaced");
    assert_eq!(browser.submit_once(&page, &[("code", &second)]).await.status, 422, "of another sign-in");
    let taken = other.submit_once(&elsewhere, &[("code", &second)]).await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert_eq!(other.submit_once(&elsewhere, &[("code", &second)]).await.status, 422, "used");

    // Five wrong ones, then the right one comes too late.
    let (page, code) = sent(&app, &mut browser, &client).await;
    for wrong in 0..5 {
        let wrong = format!("{wrong:08}");
        assert_eq!(browser.submit_once(&page, &[("code", &wrong)]).await.status, 422);
    }
    assert_eq!(browser.submit_once(&page, &[("code", &code)]).await.status, 422, "tried too often");
    // A code of ten minutes ago.
    let (page, code) = sent(&app, &mut browser, &client).await;
    app.pass(Lifetime::from_minutes(10));
    assert_eq!(browser.submit_once(&page, &[("code", &code)]).await.status, 400, "too late");
    // Twenty at once.
    let (page, code) = sent(&app, &mut browser, &client).await;
    let mut browsers: Vec<Browser> = (0..20).map(|_| browser.clone()).collect();
    let field = [("code", code.as_str())];
    let tries = browsers.iter_mut().map(|browser| browser.submit_once(&page, &field));
    let pages = futures_util::future::join_all(tries).await;
    assert_eq!(pages.iter().filter(|page| page.status == 303).count(), 1);
}

#[tokio::test]
async fn nobody_is_mailed_a_code_unless_the_setting_allows_it_and_letters_are_counted() {
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    allow(&app, RequiredFor::Everyone, MailCodes::Never).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("secret") && !page.has("mail-code"), "{}", page.body);

    allow(&app, RequiredFor::Everyone, MailCodes::WithoutOther).await;
    let mut sender = Browser::new(&app);
    let mut page = offered(&app, &mut sender, &client).await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        page = sender.submit_once(&page, &[("decision", "mail")]).await;
        statuses.push(page.status);
    }
    assert_eq!((statuses[0], statuses.last()), (200, Some(&429)), "{statuses:?}");
    let count = app.letters_about(SUBJECT).await.len();
    assert_eq!(count, statuses.iter().filter(|status| **status == 200).count());

    // An address that nobody confirmed proves nothing.
    let unconfirmed = user::find(&app.cx(), &Actor::CommandLine, ALICE).await.expect("no fault").expect("Alice");
    let id = vouchsafe::identity::UserId(unconfirmed.id);
    app.write(move |c| {
        let user = vouchsafe::store::users::find(c, &id)?.expect("Alice");
        vouchsafe::store::users::update(c, &vouchsafe::identity::User { email_verified: false, ..user })
    })
    .await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("secret") && !page.has("mail-code"), "{}", page.body);
    assert!(has_session(&browser), "the password is right, and a factor has to be set up");
}
