//! Adding and taking away factors on the account pages: with a proof as good as the person can give at that time, asked for
//! exactly (security case K06).

use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::flow::sign_in::browser::form_token;
use vouchsafe::identity::factor::FactorKind;
use vouchsafe::identity::{MailCodes, SecondFactorRule, User};
use vouchsafe::time::Lifetime;

use crate::passkeys::passkey_of;
use crate::second_factor::Phone;
use crate::support::passkeys::Twist;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Page, TestApp};

const ALICE: &str = "alice@example.com";

async fn send(app: &TestApp, browser: &mut Browser, path: &str) -> Page {
    let token = form_token(&app.cx(), browser.cookies.get("vouchsafe_account").expect("a session"), "account", path);
    browser.post(&app.url(path), &[("csrf", token.as_str())]).await
}

/// From an address of the account pages to the page that asks for the second factor.
async fn half(app: &TestApp, browser: &mut Browser, path: &str) -> Page {
    let page = browser.open(&app.url(path)).await;
    browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await
}

async fn arrive(app: &TestApp, browser: &mut Browser, page: Page) -> Page {
    let to = page.goes_on_to().unwrap_or_else(|| panic!("it goes on: {}", page.body));
    browser.open(&app.url(&to)).await
}

/// Where the form of this factor goes that takes it away.
async fn removal(app: &TestApp, user: &User, kind: FactorKind) -> String {
    let own = factors::of(&app.cx(), &user.id).await.expect("no fault");
    let found = own.factors.into_iter().find(|factor| factor.kind == kind).expect("a factor");
    format!("/account/factors/{}/remove", found.id.0)
}

async fn count(app: &TestApp, user: &User) -> usize {
    factors::of(&app.cx(), &user.id).await.expect("no fault").factors.len()
}

fn asks(page: &Page, what: &str) -> bool {
    page.location.as_deref().is_some_and(|to| to.ends_with(&format!("&ask={what}")))
}

async fn mail_codes(app: &TestApp, mail_codes: MailCodes) {
    let second_factor = SecondFactorRule { mail_codes, ..SecondFactorRule::default() };
    let document = SettingsDocument { second_factor, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

#[tokio::test]
async fn k06_who_has_a_passkey_shows_it_before_any_factor_changes() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    let (phone, mut passkey) = (Phone::of(&app, &alice).await, passkey_of(&app, &alice).await);
    let mut browser = Browser::new(&app);
    let page = half(&app, &mut browser, "/account/factors").await;
    let page = browser.submit(&page, &[("code", &phone.code(&app))]).await;
    arrive(&app, &mut browser, page).await;
    // A moment ago, and with two factors, and yet not as well as she can.
    let remove = removal(&app, &alice, FactorKind::Passkey).await;
    for path in [remove.as_str(), &removal(&app, &alice, FactorKind::Totp).await, "/account/factors/recovery-codes"] {
        assert!(asks(&send(&app, &mut browser, path).await, "phr"), "{path}");
    }
    for path in ["/account/factors/app", "/account/factors/passkey"] {
        assert!(asks(&browser.get(&app.url(path)).await, "phr"), "{path}");
        assert!(asks(&send(&app, &mut browser, path).await, "phr"), "{path}");
    }
    assert_eq!(count(&app, &alice).await, 2);
    let asked = send(&app, &mut browser, &remove).await;
    let page =
        browser.open(&app.url(asked.location.as_deref().expect("a place").trim_start_matches(&app.origin))).await;
    assert!(!page.has("code") && !page.has("password"), "exactly the missing factor: {}", page.body);
    let form = page.passkey().expect("a question to the passkey");
    let answer = passkey.get(&app, &form, &Twist::default());
    let page = browser.answer(&form, &answer).await;
    let page = arrive(&app, &mut browser, page).await;
    assert!(page.url.ends_with(remove.trim_end_matches("/remove")), "back at the form: {}", page.url);
    assert_eq!(send(&app, &mut browser, &remove).await.status, 303);
    assert_eq!(count(&app, &alice).await, 1);
    assert_eq!(browser.get(&app.url("/account/factors/app")).await.status, 200, "adding is open too");
}

#[tokio::test]
async fn k06_a_recovery_code_stands_in_for_a_lost_passkey() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    passkey_of(&app, &alice).await;
    let mut browser = Browser::new(&app);
    let page = half(&app, &mut browser, "/account/factors").await;
    let page = browser.submit(&page, &[("code", phone.recovery[0].expose())]).await;
    let page = arrive(&app, &mut browser, page).await;
    assert!(page.body.contains("with a recovery code"), "the page tells the way: {}", page.body);
    let remove = removal(&app, &alice, FactorKind::Passkey).await;
    assert!(!asks(&send(&app, &mut browser, &remove).await, "phr"));
    assert_eq!(count(&app, &alice).await, 1);
}

#[tokio::test]
async fn k06_a_mailed_code_changes_nothing_of_who_has_a_factor() {
    let app = TestApp::with_mail(&[]).await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    mail_codes(&app, MailCodes::Always).await;
    let mut browser = Browser::new(&app);
    let page = half(&app, &mut browser, "/account/factors").await;
    let page = browser.submit_once(&page, &[("decision", "mail")]).await;
    let letter = app.letters_about("Your code to sign in").await.pop().expect("a letter");
    let page = browser.submit(&page, &[("code", letter.paragraphs.last().expect("a code"))]).await;
    arrive(&app, &mut browser, page).await;
    let remove = removal(&app, &alice, FactorKind::Totp).await;
    assert!(asks(&send(&app, &mut browser, &remove).await, "proof"));
    assert!(asks(&browser.get(&app.url("/account/factors/passkey")).await, "proof"));
    app.pass(Lifetime::from_seconds(30));
    let page = half(&app, &mut browser, "/account/login?to=%2Faccount%2Ffactors&ask=proof").await;
    let page = browser.submit(&page, &[("code", &phone.code(&app))]).await;
    arrive(&app, &mut browser, page).await;
    assert_eq!((send(&app, &mut browser, &remove).await.status, count(&app, &alice).await), (303, 0));
}

#[tokio::test]
async fn k06_where_mailed_codes_count_the_password_alone_adds_no_first_factor() {
    let app = TestApp::with_mail(&[]).await;
    app.person(ALICE).await;
    let change = vouchsafe::flow::admin::user_document::UserDocument {
        email_verified: true,
        ..vouchsafe::flow::admin::user_document::UserDocument::new(ALICE)
    };
    user::replace(&app.cx(), &Actor::CommandLine, ALICE, change, None).await.expect("no fault").expect("done");
    mail_codes(&app, MailCodes::WithoutOther).await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ALICE, "/account").await;
    let asked = browser.get(&app.url("/account/factors/app")).await;
    assert!(asks(&asked, "mfa"), "{asked:?}");
    let page = browser.open(&app.url("/account/factors/app")).await;
    assert!(page.has("mail-code") && !page.has("password"), "{}", page.body);
    let page = browser.submit_once(&page, &[("decision", "mail")]).await;
    let letter = app.letters_about("Your code to sign in").await.pop().expect("a letter");
    let page = browser.submit(&page, &[("code", letter.paragraphs.last().expect("a code"))]).await;
    let page = arrive(&app, &mut browser, page).await;
    assert!(page.has("secret"), "{}", page.body);
}
