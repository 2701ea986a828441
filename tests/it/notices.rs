//! Letters that tell people what happened to their accounts, and the link "this wasn't me" in each: what it ends, what it
//! undoes, and what somebody who holds the mailbox or the session can not do with it.

use serde_json::json;
use vouchsafe::flow::account::notice::{Notice, Told};
use vouchsafe::flow::account::{factors, not_me};
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::identity::factor::FactorId;
use vouchsafe::identity::{Email, NoticeRule, User};
use vouchsafe::secret::totp;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{factors as stored, recovery_codes, sessions, users};
use vouchsafe::time::Lifetime;

use crate::second_factor::decoded;
use crate::support::letters::link;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const NEW: &str = "a password of her own";
const NEW_DEVICE: &str = "New sign-in to your account";

async fn sign_in(app: &TestApp, browser: &mut Browser, client: &Client, password: &str) -> Page {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    browser.submit(&page, &[("login", ALICE), ("password", password)]).await
}

fn is_in(page: &Page) -> bool {
    page.has("approve") || page.location.is_some()
}

/// Alice, who signed in once on a browser of hers.
async fn ground() -> (TestApp, Client, User, Browser) {
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mut own = Browser::new(&app);
    assert!(is_in(&sign_in(&app, &mut own, &client, PASSWORD).await));
    app.pass(Lifetime::from_minutes(5));
    (app, client, alice, own)
}

/// Somebody signs in to Alice's account on another device; the link of the letter that tells her.
async fn stranger(app: &TestApp, client: &Client) -> String {
    assert!(is_in(&sign_in(app, &mut Browser::new(app), client, PASSWORD).await));
    link(app.letters_about(NEW_DEVICE).await.last().expect("a letter"))
}

/// Sets up an authenticator app; gives its secret. The code that confirms it is used up.
async fn phone(app: &TestApp, user: &User) -> Vec<u8> {
    let cx = app.cx();
    let offer = factors::offer_app(&cx, user, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = Sensitive::new(totp::code_at(&secret, cx.now));
    factors::confirm_app(&cx, user, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    app.pass(Lifetime::from_seconds(30));
    secret
}

async fn factors_of(app: &TestApp, user: &User) -> Vec<FactorId> {
    let id = user.id.clone();
    app.write(move |c| stored::list(c, &id)).await.into_iter().map(|factor| factor.id).collect()
}

/// Opens the link and presses the button.
async fn deny(app: &TestApp, link: &str) -> Page {
    let mut browser = Browser::new(app);
    let page = browser.open(link).await;
    assert!(page.status == 200 && page.has("submit"), "{} {}", page.status, page.body);
    let done = browser.submit(&page, &[]).await;
    assert!(done.status == 200 && done.has("done"), "{} {}", done.status, done.body);
    assert!(!browser.cookies.keys().any(|name| name.contains("session")), "it signs nobody in");
    done
}

#[tokio::test]
async fn a_new_device_is_told_but_not_the_first_and_not_one_that_is_known() {
    let (app, client, _, mut own) = ground().await;
    assert!(app.letters().await.is_empty(), "the first sign-in of an account");
    own.cookies.retain(|name, _| !name.contains("session"));
    assert!(is_in(&sign_in(&app, &mut own, &client, PASSWORD).await));
    assert!(app.letters().await.is_empty(), "a browser that she used before");
    stranger(&app, &client).await;
    let letters = app.letters().await;
    assert_eq!((letters.len(), letters[0].to.as_str(), letters[0].subject.as_str()), (1, ALICE, NEW_DEVICE));
    let text = letters[0].text();
    assert!(text.contains("1 January 2026, 00:05 UTC") && text.contains("127.0.0.1"), "{text}");
    let document = SettingsDocument { notices: NoticeRule { new_device: false }, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
    assert!(is_in(&sign_in(&app, &mut Browser::new(&app), &client, PASSWORD).await));
    assert_eq!(app.letters().await.len(), 1, "switched off");
}

#[tokio::test]
async fn what_changes_an_account_is_told() {
    let (app, client, alice, mut own) = ground().await;
    let tokens = app.tokens(&mut own, &client, ALICE, &[]).await;
    app.refresh(&client, &tokens.refresh).await;
    app.pass(Lifetime::from_minutes(1));
    app.refresh(&client, &tokens.refresh).await.is_bad_grant();
    app.refresh(&client, &tokens.refresh).await.is_bad_grant();
    app.pass(Lifetime::from_seconds(1));
    phone(&app, &alice).await;
    let id = factors_of(&app, &alice).await.remove(0);
    factors::renew_recovery_codes(&app.cx(), &alice).await.expect("codes");
    app.pass(Lifetime::from_seconds(1));
    factors::remove(&app.cx(), &alice, &id).await.expect("no fault").expect("removed");
    let subjects: Vec<String> = app.letters().await.into_iter().map(|letter| letter.subject).collect();
    assert_eq!(
        subjects,
        [
            "An app was signed out for your safety",
            "A way to sign in was added",
            "You have new recovery codes",
            "A way to sign in was removed",
        ],
        "each once"
    );
}

#[tokio::test]
async fn j11_looking_at_the_link_does_nothing_and_the_secret_leaves_the_address() {
    let (app, client, alice, _) = ground().await;
    let link = stranger(&app, &client).await;
    for _ in 0..3 {
        app.http.head(&link).send().await.expect("an answer");
        let page = Browser::new(&app).open(&link).await;
        assert!(page.status == 200 && !page.body.contains("vs_al_"), "{}", page.body);
    }
    let moved = Browser::new(&app).get(&link).await;
    assert_eq!((moved.status, moved.location.as_deref()), (303, Some("/not-me")));
    let mut browser = Browser::new(&app);
    browser.open(&link).await;
    assert_eq!(browser.post(&app.url("/not-me"), &[("csrf", "x")]).await.status, 403);
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert_eq!(app.write(move |c| sessions::list(c, Some(&id), now, 10)).await.len(), 2);
    for odd in ["vs_in_x", "x", ""] {
        let answer = Browser::new(&app).get(&app.url(&format!("/not-me?token={odd}"))).await;
        assert_eq!((answer.status, answer.headers.get("set-cookie")), (400, None), "{odd}");
    }
    app.pass(Lifetime::from_days(7));
    assert_eq!(Browser::new(&app).open(&link).await.status, 400, "after seven days");
}

#[tokio::test]
async fn j12_it_wasnt_me_ends_everything_and_the_old_password_opens_nothing() {
    let (app, client, alice, mut own) = ground().await;
    let tokens = app.tokens(&mut own, &client, ALICE, &[]).await;
    let link = stranger(&app, &client).await;
    let mut half = Browser::new(&app);
    let form = half.open(&app.authorize_url(&client, &[])).await;
    deny(&app, &link).await;
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert!(app.write(move |c| sessions::list(c, Some(&id), now, 10)).await.is_empty());
    app.refresh(&client, &tokens.refresh).await.is_bad_grant();
    assert!(!app.is_active(&client, &tokens.access).await);
    let refused = half.submit(&form, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!(refused.status, 422, "the old password: {}", refused.body);
    assert_eq!(Browser::new(&app).open(&link).await.status, 400, "it works once");
    let events = app.events().await;
    assert!(events.iter().any(|kind| kind == "not_me"), "{events:?}");
    let letter = app.letters_about("Choose a new password").await.remove(0);
    let mut browser = Browser::new(&app);
    let form = browser.open(&crate::support::letters::link(&letter)).await;
    assert_eq!(browser.submit(&form, &[("password", NEW)]).await.status, 200);
    assert!(is_in(&sign_in(&app, &mut Browser::new(&app), &client, NEW).await));
    assert_eq!(
        app.letters_about(NEW_DEVICE).await.len(),
        2,
        "the stranger's device is not known any more, nor this one"
    );
}

#[tokio::test]
async fn a_thief_of_the_password_who_added_a_factor_does_not_keep_it() {
    let (app, client, alice, _) = ground().await;
    let link = stranger(&app, &client).await;
    app.pass(Lifetime::from_minutes(1));
    phone(&app, &alice).await;
    let done = deny(&app, &link).await;
    assert!(done.body.contains("Authenticator app"), "{}", done.body);
    assert!(factors_of(&app, &alice).await.is_empty());
    let id = alice.id.clone();
    assert_eq!(app.write(move |c| recovery_codes::left(c, &id)).await, 0);
}

#[tokio::test]
async fn who_reads_the_mail_does_not_come_round_a_factor_that_was_there_before() {
    let (app, client, alice, _) = ground().await;
    phone(&app, &alice).await;
    app.pass(Lifetime::from_minutes(5));
    let mut browser = Browser::new(&app);
    let half = sign_in(&app, &mut browser, &client, PASSWORD).await;
    assert!(half.has("code"), "{}", half.body);
    // A letter of any kind, then she takes another phone and gives the old one up.
    factors::renew_recovery_codes(&app.cx(), &alice).await.expect("codes");
    let first = link(&app.letters_about("You have new recovery codes").await[0]);
    app.pass(Lifetime::from_minutes(1));
    let old = factors_of(&app, &alice).await.remove(0);
    phone(&app, &alice).await;
    factors::remove(&app.cx(), &alice, &old).await.expect("no fault").expect("removed");
    let page = Browser::new(&app).open(&first).await;
    assert!(page.body.contains("but stays"), "{}", page.body);
    let done = deny(&app, &first).await;
    assert!(done.body.contains("still asked for"), "{}", done.body);
    assert_eq!(factors_of(&app, &alice).await.len(), 1, "she would have none");
    let id = alice.id.clone();
    assert_eq!(app.write(move |c| recovery_codes::left(c, &id)).await, 10, "codes stand for the factor");
}

#[tokio::test]
async fn a_factor_that_a_thief_put_beside_an_older_one_goes_alone() {
    let (app, client, alice, _) = ground().await;
    phone(&app, &alice).await;
    let old = factors_of(&app, &alice).await;
    app.pass(Lifetime::from_minutes(5));
    factors::renew_recovery_codes(&app.cx(), &alice).await.expect("codes");
    let letter = link(&app.letters_about("You have new recovery codes").await[0]);
    phone(&app, &alice).await;
    deny(&app, &letter).await;
    assert_eq!(factors_of(&app, &alice).await, old);
    let id = alice.id.clone();
    assert_eq!(app.write(move |c| recovery_codes::left(c, &id)).await, 0, "the thief's codes");
    assert_eq!(sign_in(&app, &mut Browser::new(&app), &client, PASSWORD).await.status, 422);
}

/// Moves the account to another address, as the change of address does.
async fn move_to(app: &TestApp, user: &User, address: &str) -> User {
    app.pass(Lifetime::from_minutes(1));
    let (cx, old) = (app.cx(), user.email.clone());
    let moved = User { email: Email::parse(address).expect("an address"), ..user.clone() };
    let told = Told::new(&cx, &moved, Notice::AddressChanged { old });
    let stored = moved.clone();
    app.write(move |c| {
        users::update(c, &stored)?;
        told.post(c, &cx)
    })
    .await;
    moved
}

#[tokio::test]
async fn the_oldest_letter_has_the_last_word_over_the_address() {
    let (app, _, alice, _) = ground().await;
    // The thief moves the account to a mailbox of theirs, then on to another, and holds the letter of the second move.
    let moved = move_to(&app, &alice, "thief@evil.test").await;
    move_to(&app, &moved, "thief2@evil.test").await;
    let letters = app.letters_about("Your address was changed").await;
    assert_eq!((letters[0].to.as_str(), letters[1].to.as_str()), (ALICE, "thief@evil.test"));
    deny(&app, &link(&letters[1])).await;
    let id = alice.id.clone();
    let now_at = app.write(move |c| users::find(c, &id)).await.expect("alice").email;
    assert_eq!(now_at.as_str(), "thief@evil.test");
    app.pass(Lifetime::from_seconds(1));
    let done = deny(&app, &link(&letters[0])).await;
    assert!(done.body.contains(ALICE));
    let id = alice.id.clone();
    let found = app.write(move |c| users::find(c, &id)).await.expect("alice");
    assert!(found.email.as_str() == ALICE && found.email_verified);
    assert_eq!(app.letters_about("Choose a new password").await.last().expect("a letter").to, ALICE);
}

#[tokio::test]
async fn nobody_goes_back_to_an_address_that_is_taken_or_that_an_administrator_took_away() {
    let (app, client, alice, _) = ground().await;
    let first = stranger(&app, &client).await;
    let moved = move_to(&app, &alice, "alice@new.test").await;
    app.person(ALICE).await;
    let plan = not_me::look(&app.cx(), first.rsplit('=').next().expect("a secret")).await.expect("no fault");
    assert_eq!(plan.expect("a plan").back_to, None, "somebody else has it");
    let document = UserDocument::new("alice@third.test");
    user::replace(&app.cx(), &Actor::CommandLine, moved.id.as_str(), document, None).await.expect("ok").expect("moved");
    assert_eq!(Browser::new(&app).open(&first).await.status, 400);
}

#[tokio::test]
async fn of_many_who_press_at_once_one_counts() {
    for round in 0..5 {
        let (app, client, _, _) = ground().await;
        let secret = Sensitive::new(stranger(&app, &client).await.rsplit('=').next().expect("a secret"));
        let all = (0..20).map(|_| {
            let (cx, secret) = (app.cx(), secret.clone());
            tokio::spawn(async move { not_me::deny(&cx, &secret).await.expect("no fault").is_some() })
        });
        let mut won = 0;
        for one in all.collect::<Vec<_>>() {
            won += i32::from(one.await.expect("no panic"));
        }
        assert_eq!((won, app.letters_about("Choose a new password").await.len()), (1, 1), "{round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_behind_the_link_as_a_browser_sees_it() {
    let Some(chromium) = crate::support::chromium::start().await else { return };
    let (app, client, alice, _) = ground().await;
    let link = stranger(&app, &client).await;
    phone(&app, &alice).await;
    chromium.go(&link).await;
    chromium.wait_for("what").await;
    assert!(!chromium.url().await.contains("token"));
    chromium.inspect("not_me").await;
    chromium.press("submit").await;
    chromium.wait_for("done").await;
    chromium.inspect("not_me_done").await;
    chromium.quit().await;
}

#[tokio::test]
async fn what_administrators_take_from_the_ways_in_is_told_without_a_link() {
    let (app, _, alice, _) = ground().await;
    phone(&app, &alice).await;
    let api = app.program_of_all().await;
    let at = format!("/users/{}", alice.id);
    api.delete(&format!("{at}/factors")).await.ok(200);
    let letters = app.letters_about("A way to sign in was removed").await;
    let [removed] = &letters[..] else { panic!("one letter: {letters:?}") };
    let words = removed.paragraphs.join(" ");
    assert!(words.contains(": Authenticator app.") && words.contains("An administrator of"), "{words}");
    assert!(removed.button.is_none() && removed.also.is_none() && !words.contains("From:"), "{removed:?}");
    assert_eq!(removed.to, ALICE);

    // The address that was confirmed hears of the other one; one that was not may be a stranger's.
    api.patch(&at, json!({ "email_verified": true })).await.ok(200);
    let moved = api.patch(&at, json!({ "email": "mistyped@example.com" })).await.ok(200);
    assert_eq!(moved["email_verified"], false, "nobody vouches for an address by naming it");
    api.patch(&at, json!({ "email": "alice.new@example.com" })).await.ok(200);
    let told = app.letters_about("Your address was changed").await;
    assert_eq!(told.iter().map(|letter| letter.to.as_str()).collect::<Vec<_>>(), [ALICE], "{told:?}");
    assert!(told[0].button.is_none());
}

#[tokio::test]
async fn b09_a_letter_repeats_nothing_that_a_browser_says_of_itself() {
    let (app, _, alice, _) = ground().await;
    let mut cx = app.cx();
    cx.user_agent = "Unlock at https://evil.example/now !!".to_owned();
    let told = Told::new(&cx, &alice, Notice::NewDevice);
    app.write(move |c| told.clone().post(c, &cx)).await;
    let letter = app.letters_about(NEW_DEVICE).await.remove(0);
    let words = format!("{letter:?}");
    assert!(words.contains("Unknown browser") && !words.contains("evil.example"), "{words}");
}

#[tokio::test]
async fn letters_and_factors_are_in_the_language_of_their_reader() {
    let (app, _, alice, _) = ground().await;
    let mut cx = app.cx();
    cx.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".to_owned();
    cx.language = vouchsafe::messages::first_known("de").expect("German");
    let told = Told::new(&cx, &alice, Notice::NewDevice);
    let own = cx.clone();
    app.write(move |c| told.clone().post(c, &own)).await;
    let letters = app.letters().await;
    assert!(letters.iter().any(|letter| format!("{letter:?}").contains("Firefox unter Linux")), "{letters:?}");
    let offer = factors::offer_app(&cx, &alice, "test").expect("an offer");
    let code = Sensitive::new(totp::code_at(&decoded(offer.typed.expose()), cx.now));
    factors::confirm_app(&cx, &alice, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    let own = factors::of(&cx, &alice.id).await.expect("no fault");
    assert_eq!(own.factors[0].name, "Authenticator-App");
}
