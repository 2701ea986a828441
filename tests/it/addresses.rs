//! A person's own change of address: asked for with a fresh proof, confirmed from both mailboxes on a browser where they are
//! signed in, told to the old one (security cases J03, J11, J13, L08).

use std::collections::HashSet;

use vouchsafe::flow::account::address;
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::flow::sign_in::browser::{Browser as Known, form_token};
use vouchsafe::identity::{Email, SignUpMode, SignUpRule, User, UserId};
use vouchsafe::secret::token::{Kind, hash, make};
use vouchsafe::store::account_links::{self, AccountLink, NEW_ADDRESS, OLD_ADDRESS};
use vouchsafe::store::users;
use vouchsafe::time::Lifetime;

use crate::sign_up::{link_to, open, post, rule};
use crate::support::letters::{link, other_link};
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const NEW: &str = "alice@elsewhere.test";
const CONFIRM: &str = "Confirm your new address";
const TOLD: &str = "Your address was changed";
const ASKED: &str = "Another address was asked for";

async fn ground() -> (TestApp, Client, User, Browser) {
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    (app, client, alice, browser)
}

async fn ask(app: &TestApp, who: &User, email: &str) -> Result<Email, address::AddressRefusal> {
    address::ask(&app.cx(), who, email).await.expect("no fault")
}

async fn person(app: &TestApp, email: &str) -> Option<User> {
    let key = Email::parse(email).expect("an address").key().to_owned();
    app.write(move |c| users::find_by_email_key(c, &key)).await
}

/// The link by which the old address agrees to the newest wish.
async fn agree_link(app: &TestApp) -> String {
    other_link(app.letters_about(ASKED).await.last().expect("a letter to the old address"))
}

/// What waits, by its address.
async fn waiting(app: &TestApp, id: &UserId) -> Option<String> {
    let id = id.clone();
    let user = app.write(move |c| users::find(c, &id)).await.expect("a person");
    let pending = address::pending(&app.cx(), &user).await.expect("no fault");
    pending.map(|pending| pending.new.as_str().to_owned())
}

/// The sessions of this browser, as a request brings them.
fn browser_of(browser: &Browser) -> Known {
    let session_tokens = browser.cookies.get("vouchsafe_session").into_iter().cloned().collect();
    Known { binding: None, session_tokens, device: None, console: None }
}

/// Agrees from the old address first, then from the new one.
async fn confirm_both(app: &TestApp, browser: &mut Browser, new: &str) -> Page {
    let waits = confirm(browser, &agree_link(app).await).await;
    assert!(waits.has("waits") && waits.body.contains(new), "{}", waits.body);
    confirm(browser, &link_to(app, CONFIRM, new).await).await
}

async fn confirm(browser: &mut Browser, address: &str) -> Page {
    let page = browser.open(address).await;
    assert!(page.status == 200 && page.has("submit"), "{}", page.body);
    browser.submit_once(&page, &[]).await
}

#[tokio::test]
async fn j13_an_address_changes_when_it_is_confirmed_by_its_person_and_the_old_one_is_told() {
    let (app, client, alice, mut browser) = ground().await;
    ask(&app, &alice, NEW).await.expect("asked");
    let address = link_to(&app, CONFIRM, NEW).await;
    assert_eq!(person(&app, ALICE).await.expect("alice").email.as_str(), ALICE, "nothing has changed yet");
    assert_eq!(waiting(&app, &alice.id).await.as_deref(), Some(NEW));
    // J11: looking changes nothing; a stranger who got the letter cannot do more than look.
    let mut stranger = Browser::new(&app);
    stranger.send(app.http.head(&address), &address).await;
    let page = stranger.open(&address).await;
    assert!(page.status == 403 && page.has("not-signed-in") && !page.body.contains(ALICE), "{}", page.body);
    app.person("mallory@example.com").await;
    let mut mallory = Browser::new(&app);
    app.sign_in(&mut mallory, &client, "mallory@example.com", &[]).await;
    assert_eq!(mallory.open(&address).await.status, 403, "l08: another person's session");
    assert!(person(&app, NEW).await.is_none());

    // The old address has not agreed yet.
    assert!(confirm(&mut browser, &address).await.has("waits"));
    let page = browser.open(&address).await;
    assert!(page.has("waits") && page.body.contains(ALICE) && !page.has("submit"), "{}", page.body);
    assert!(person(&app, NEW).await.is_none(), "one of two");
    let agree = agree_link(&app).await;
    assert_eq!(mallory.open(&agree).await.status, 403, "l08: another person's session");
    assert!(browser.open(&agree).await.has("old"));
    assert!(person(&app, NEW).await.is_none(), "j11: looking agrees to nothing");
    assert!(confirm(&mut browser, &agree).await.has("done"));
    assert_eq!(browser.open(&agree).await.status, 400, "used");
    let changed = person(&app, NEW).await.expect("the new address");
    assert!(changed.id == alice.id && changed.email_verified && person(&app, ALICE).await.is_none());
    let found = app.lines("SELECT term AS line FROM user_terms");
    assert!(found.iter().any(|t| t.contains("elsewhere")) && !found.iter().any(|t| t == ALICE), "{found:?}");
    let told = app.letters_about(TOLD).await;
    assert_eq!((told.len(), told[0].to.as_str()), (1, ALICE));
    assert_eq!(browser.open(&address).await.status, 400, "used");
    let mut fresh = Browser::new(&app);
    let page = fresh.open(&app.authorize_url(&client, &[("scope", "openid email")])).await;
    let page = fresh.submit(&page, &[("login", NEW), ("password", PASSWORD)]).await;
    assert!(page.has("approve"), "{}", page.body);
    // And back, by the old address, for seven days.
    app.pass(Lifetime::from_days(6));
    let mut owner = Browser::new(&app);
    let page = owner.open(&link(&told[0])).await;
    assert!(owner.submit_once(&page, &[]).await.has("done"));
    assert_eq!(person(&app, ALICE).await.expect("back again").id, alice.id);
}

#[tokio::test]
async fn j13_both_ends_at_once_change_it_once_and_never_by_one_of_them() {
    let (app, _, mut alice, browser) = ground().await;
    let addresses = [NEW, ALICE];
    let known = browser_of(&browser);
    for round in 0..50 {
        let (new, old) = (addresses[round % 2], addresses[(round + 1) % 2]);
        let (cx, id) = (app.cx(), alice.id.clone());
        let secrets = [NEW_ADDRESS, OLD_ADDRESS].map(|purpose| (purpose, make(Kind::AccountLink, &*cx.parts.chance)));
        let [there, here] = secrets.clone().map(|(_, secret)| secret);
        let detail = serde_json::json!({ "email": new }).to_string();
        let (created_at, expires_at) = (cx.now, cx.now + Lifetime::from_hours(24));
        let link = AccountLink { user_id: Some(id.clone()), email_key: new.to_owned(), detail, created_at, expires_at };
        app.write(move |c| {
            for (purpose, secret) in &secrets {
                account_links::replace_of_user(c, &hash(secret.expose()), purpose, &id, &link)?;
            }
            Ok(())
        })
        .await;
        let (a, b) = tokio::join!(address::confirm(&cx, &there, &known), address::confirm(&cx, &here, &known));
        let done = [a, b].map(|said| said.expect("no fault").expect("agreed"));
        let changed = done.iter().filter(|agreed| matches!(agreed, address::Agreed::Changed)).count();
        assert_eq!(changed, 1, "round {round}");
        alice = person(&app, new).await.expect("the new address");
        assert!(person(&app, old).await.is_none(), "round {round}");
    }
}

#[tokio::test]
async fn l08_the_old_address_hears_of_a_wish_at_once_and_can_stop_it() {
    let (app, _, alice, mut browser) = ground().await;
    ask(&app, &alice, NEW).await.expect("asked");
    // Before anybody wrote to the new one.
    let told = app.letters_about(ASKED).await;
    assert!(told.len() == 1 && told[0].to == ALICE && told[0].text().contains(NEW), "{told:?}");
    let link_there = link_to(&app, CONFIRM, NEW).await;
    assert!(browser.open(&link_there).await.has("submit"));
    let mut owner = Browser::new(&app);
    let page = owner.open(&link(&told[0])).await;
    assert!(browser.open(&link_there).await.has("submit"), "j11: looking stops nothing");
    assert!(owner.submit_once(&page, &[]).await.has("done"));
    assert_eq!(browser.open(&link_there).await.status, 400, "void");
    assert!(waiting(&app, &alice.id).await.is_none());
    // A wish whose letter is not written yet is void as well.
    app.pass(Lifetime::from_seconds(1));
    ask(&app, &alice, NEW).await.expect("asked");
    let told = app.letters_about(ASKED).await.pop().expect("a letter");
    let page = owner.open(&link(&told)).await;
    assert!(owner.submit_once(&page, &[]).await.has("done"));
    assert_eq!((post(&app).await, person(&app, NEW).await.is_none()), (0, true));
    assert_eq!(person(&app, ALICE).await.expect("as before").id, alice.id);
}

#[tokio::test]
async fn j12_the_address_before_hears_of_a_reset_too() {
    let (app, _, alice, mut browser) = ground().await;
    ask(&app, &alice, NEW).await.expect("asked");
    assert!(confirm_both(&app, &mut browser, NEW).await.has("done"));
    let reset = async |browser: &mut Browser, password: &str| {
        let page = browser.open(&app.url("/recovery")).await;
        browser.submit_once(&page, &[("email", NEW)]).await;
        let form = browser.open(&link_to(&app, "Set a new password", NEW).await).await;
        assert!(browser.submit_once(&form, &[("password", password)]).await.has("done"));
    };
    app.pass(Lifetime::from_days(6));
    reset(&mut browser, "the thief's own password").await;
    let told = app.letters_about("Your password was reset").await;
    let to: HashSet<&str> = told.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!((told.len(), to), (2, HashSet::from([ALICE, NEW])));
    let old = told.iter().find(|letter| letter.to == ALICE).expect("the owner's");
    let mut owner = Browser::new(&app);
    let page = owner.open(&link(old)).await;
    assert!(owner.submit_once(&page, &[]).await.has("done"));
    assert_eq!(person(&app, ALICE).await.expect("back again").id, alice.id);
}

#[tokio::test]
async fn an_old_address_that_nobody_confirmed_gets_no_hold_on_the_account() {
    let (app, client, _, _) = ground().await;
    let typo = "bob@typo.test";
    let document = UserDocument::new(typo);
    let access = user::FirstAccess::Password(vouchsafe::sensitive::Sensitive::new(PASSWORD));
    user::create(&app.cx(), &Actor::CommandLine, document, access).await.expect("ok").expect("made");
    let bob = person(&app, typo).await.expect("bob");
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, typo, &[]).await;
    ask(&app, &bob, "bob@example.com").await.expect("asked");
    assert!(confirm(&mut browser, &link_to(&app, CONFIRM, "bob@example.com").await).await.has("done"));
    assert!(app.letters_about(TOLD).await.is_empty());
    let told = app.letters_about("An address was changed").await;
    assert!(told.len() == 1 && told[0].to == typo && told[0].button.is_none(), "{told:?}");
    assert!(!told[0].text().contains("bob@example.com"));
}

#[tokio::test]
async fn j03_asking_does_not_tell_whose_address_it_is() {
    let (app, _, alice, mut browser) = ground().await;
    app.person("bob@example.com").await;
    ask(&app, &alice, "bob@example.com").await.expect("asked like any other");
    post(&app).await;
    assert_eq!(waiting(&app, &alice.id).await.as_deref(), Some("bob@example.com"), "it shows as any other");
    assert!(app.letters_about(CONFIRM).await.is_empty());
    let told = app.letters_about("Your address was asked for").await;
    assert!(told.len() == 1 && told[0].to == "bob@example.com" && told[0].button.is_none());
    // Somebody took it between letter and link.
    app.pass(Lifetime::from_seconds(1));
    ask(&app, &alice, NEW).await.expect("asked");
    let address = link_to(&app, CONFIRM, NEW).await;
    confirm(&mut browser, &agree_link(&app).await).await;
    app.person(NEW).await;
    let page = browser.open(&address).await;
    let refused = browser.submit_once(&page, &[]).await;
    assert!(refused.status == 409 && refused.has("taken"), "{}", refused.body);
    assert_eq!(person(&app, ALICE).await.expect("as before").id, alice.id);
}

#[tokio::test]
async fn j13_a_pending_change_dies_with_a_reset_a_newer_one_a_day_and_a_word() {
    let (app, client, alice, mut browser) = ground().await;
    ask(&app, &alice, NEW).await.expect("asked");
    let first = link_to(&app, CONFIRM, NEW).await;
    let agreed = agree_link(&app).await;
    assert!(confirm(&mut browser, &agreed).await.has("waits"));
    app.pass(Lifetime::from_seconds(1));
    ask(&app, &alice, "third@elsewhere.test").await.expect("asked");
    // Between the wish and its letter: a word for the one counts nothing for the other.
    assert_eq!(browser.open(&agreed).await.status, 400, "a newer one");
    let page = browser.open(&first).await;
    let half = browser.submit_once(&page, &[]).await;
    assert!(half.has("waits") && person(&app, NEW).await.is_none(), "{}", half.body);
    let second = link_to(&app, CONFIRM, "third@elsewhere.test").await;
    assert_eq!(browser.open(&first).await.status, 400, "a newer one");
    address::withdraw(&app.cx(), &alice.id).await.expect("no fault");
    assert_eq!(browser.open(&second).await.status, 400, "given up");
    ask(&app, &alice, NEW).await.expect("asked");
    let third = link_to(&app, CONFIRM, NEW).await;
    // L08: Mallory, with Alice's session, left a change behind; Alice sets her password anew.
    let page = browser.open(&app.url("/recovery")).await;
    browser.submit_once(&page, &[("email", ALICE)]).await;
    let mut owner = Browser::new(&app);
    let form = owner.open(&link_to(&app, "Set a new password", ALICE).await).await;
    assert!(owner.submit_once(&form, &[("password", "a password of her own")]).await.has("done"));
    assert_eq!(browser.open(&third).await.status, 400, "dead with the reset");
    assert!(waiting(&app, &alice.id).await.is_none());
    let mut again = Browser::new(&app);
    let page = again.open(&app.authorize_url(&client, &[])).await;
    again.submit(&page, &[("login", ALICE), ("password", "a password of her own")]).await;
    app.pass(Lifetime::from_hours(25));
    ask(&app, &alice, NEW).await.expect("asked");
    let last = link_to(&app, CONFIRM, NEW).await;
    app.pass(Lifetime::from_hours(24));
    assert_eq!(again.open(&last).await.status, 400, "a day is over");
}

#[tokio::test]
async fn the_page_asks_for_a_fresh_proof_and_shows_what_waits() {
    let (app, _, alice, _) = ground().await;
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ALICE, "/account/addresses").await;
    assert!(page.has("change-email"), "{}", page.body);
    for (email, why) in [(ALICE, "already"), ("nonsense", "cannot be used"), ("", "cannot be used")] {
        let refused = send(&app, &mut browser, "/account/addresses", email).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{email}: {} {}", refused.status, refused.body);
    }
    assert_eq!(send(&app, &mut browser, "/account/addresses", NEW).await.status, 303);
    post(&app).await;
    let page = browser.open(&app.url("/account/addresses")).await;
    assert!(page.body.contains("on their way") && page.body.contains(NEW) && page.has("withdraw"), "{}", page.body);
    assert_eq!(send(&app, &mut browser, "/account/addresses/withdraw", "").await.status, 303);
    let page = browser.open(&app.url("/account/addresses")).await;
    assert!(page.body.contains("given up") && !page.has("withdraw"), "{}", page.body);
    let blocked = async |browser: &mut Browser| send(&app, browser, "/account/addresses", NEW).await.status;
    assert_eq!(
        [blocked(&mut browser).await, blocked(&mut browser).await, blocked(&mut browser).await],
        [303, 303, 429]
    );
    assert_eq!(post(&app).await, 2);
    // J13: not without a proof of a moment ago.
    app.pass(Lifetime::from_minutes(10));
    let stale = send(&app, &mut browser, "/account/addresses", "third@elsewhere.test").await;
    assert!(stale.location.is_some_and(|to| to.contains("/account/login")), "a proof first");
    assert_eq!(post(&app).await, 0);
    assert_eq!(waiting(&app, &alice.id).await.as_deref(), Some(NEW), "the one before");
}

/// Sends a form of the account pages as our page would have it.
async fn send(app: &TestApp, browser: &mut Browser, path: &str, email: &str) -> Page {
    let token = form_token(&app.cx(), browser.cookies.get("vouchsafe_account").expect("a session"), "account", path);
    browser.post(&app.url(path), &[("csrf", &token), ("email", email)]).await
}

#[tokio::test]
async fn l12_a_rule_about_domains_holds_for_changes_too_and_letters_are_counted() {
    let (app, _, alice, _) = ground().await;
    let domains = SignUpRule { mode: SignUpMode::Domains, domains: vec!["example.com".to_owned()], ..open() };
    rule(&app, domains).await;
    assert_eq!(ask(&app, &alice, NEW).await, Err(address::AddressRefusal::Domain));
    assert!(ask(&app, &alice, "alice.two@example.com").await.is_ok());
    for _ in 0..2 {
        assert!(ask(&app, &alice, "alice.two@example.com").await.is_ok());
    }
    let blocked = ask(&app, &alice, "alice.two@example.com").await;
    assert!(matches!(blocked, Err(address::AddressRefusal::TooMany(_))), "{blocked:?}");
}
