//! Invitations, and passwords that have to be changed before they open anything.

use vouchsafe::flow::admin::user::FirstAccess;
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, invitation, user, user_access};
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::sessions;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const NEW: &str = "a password of her own";

async fn invited(app: &TestApp) -> String {
    let created = user::create(&app.cx(), &Actor::CommandLine, UserDocument::new(ALICE), FirstAccess::Invitation).await;
    let token = created.expect("no fault").expect("no refusal").invitation.expect("a link");
    invitation::address(&app.cx(), &token).expose().to_owned()
}

#[tokio::test]
async fn b12_the_secret_of_an_invitation_leaves_the_address_at_once() {
    let app = TestApp::start().await;
    let link = invited(&app).await;
    let mut browser = Browser::new(&app);
    let moved = browser.get(&link).await;
    assert_eq!((moved.status, moved.location.as_deref()), (303, Some("/invitation")));
    assert_eq!(moved.header("referrer-policy"), "no-referrer");
    assert!(!moved.body.contains("vs_in_"));
    let page = browser.get(&app.url("/invitation")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(ALICE) && !page.body.contains("vs_in_"), "{}", page.body);
    // The secret of another kind, and one that was never made, open nothing and leave no cookie.
    for odd in ["vs_su_x", "x", ""] {
        let answer = Browser::new(&app).get(&app.url(&format!("/invitation?token={odd}"))).await;
        assert_eq!((answer.status, answer.headers.get("set-cookie")), (400, None), "{odd}");
    }
}

#[tokio::test]
async fn j11_scanners_use_nothing_up_and_the_person_signs_in_with_what_they_chose() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let link = invited(&app).await;
    for _ in 0..3 {
        Browser::new(&app).open(&link).await;
        app.http.head(&link).send().await.expect("an answer");
    }
    let mut browser = Browser::new(&app);
    let form = browser.open(&link).await;
    let short = browser.submit(&form, &[("password", "short")]).await;
    assert_eq!(short.status, 422);
    assert!(short.has("problem-password") && short.body.contains("at least 12 characters"), "{}", short.body);
    let forged = browser.post(&app.url("/invitation"), &[("csrf", "x"), ("password", NEW)]).await;
    assert_eq!(forged.status, 403);
    let done = browser.submit(&short, &[("password", NEW)]).await;
    assert!(done.status == 200 && done.body.contains("Your password is set"), "{} {}", done.status, done.body);
    assert!(!browser.cookies.keys().any(|name| name.contains("invitation") || name.contains("session")));
    let again = Browser::new(&app).open(&link).await;
    assert_eq!(again.status, 400, "it works once: {}", again.body);
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", NEW)]).await;
    assert!(page.has("approve") || page.location.is_some(), "{}", page.body);
}

#[tokio::test]
async fn n09_an_invitation_ends_with_the_account_being_disabled_and_after_a_week() {
    let app = TestApp::start().await;
    let link = invited(&app).await;
    let mut browser = Browser::new(&app);
    let form = browser.open(&link).await;
    user::disable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    assert_eq!(browser.submit(&form, &[("password", NEW)]).await.status, 400);
    user::enable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    let again = invitation::invite(&app.cx(), &Actor::CommandLine, ALICE).await.expect("no fault").expect("done");
    let link = invitation::address(&app.cx(), &again.token);
    app.pass(Lifetime::from_millis(7 * 86_400_000 - 1));
    assert_eq!(Browser::new(&app).open(link.expose()).await.status, 200);
    app.pass(Lifetime::from_millis(1));
    assert_eq!(Browser::new(&app).open(link.expose()).await.status, 400);
}

/// The right password of somebody who has to change it.
async fn to_be_changed(app: &TestApp, browser: &mut Browser, client: &Client) -> Page {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn j12_a_password_to_be_changed_opens_no_session_until_there_is_another_one() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mut elsewhere = Browser::new(&app);
    let before = app.tokens(&mut elsewhere, &client, ALICE, &[]).await;
    app.pass(Lifetime::from_seconds(2));
    let asked = user_access::require_password_change(&app.cx(), &Actor::CommandLine, ALICE).await;
    assert!(asked.expect("no fault").expect("done").must_change_password);
    let mut browser = Browser::new(&app);
    let form = to_be_changed(&app, &mut browser, &client).await;
    assert!(form.status == 200 && form.body.contains("Choose a new password"), "{}", form.body);
    assert!(!browser.cookies.keys().any(|name| name.contains("session") || name.contains("device")));
    let (id, now) = (alice.id.clone(), app.clock.now());
    let live = app.write(move |c| sessions::list(c, Some(&id), now, 10)).await;
    assert_eq!(live.len(), 1, "the one elsewhere, and no other");

    for (password, words) in [
        ("short", "at least 12 characters"),
        (PASSWORD, "has to be changed"),
        (ALICE, "must not be the e-mail address"),
        (&"x".repeat(1_025), "at most 1024 bytes"),
    ] {
        let again = browser.submit_once(&form, &[("password", password)]).await;
        assert_eq!(again.status, 422);
        assert!(again.body.contains(words), "{words}: {}", again.body);
    }
    let done = browser.submit(&form, &[("password", NEW)]).await;
    assert!(done.has("approve") || done.location.is_some(), "{}", done.body);
    assert!(browser.cookies.keys().any(|name| name.contains("session")));
    let (id, now) = (alice.id.clone(), app.clock.now());
    let live = app.write(move |c| sessions::list(c, Some(&id), now, 10)).await;
    assert_eq!(live.len(), 1, "the new one, and no other");
    let refresh = app.userinfo(&before.access).await;
    assert_eq!(refresh.status, 401, "what was begun with the old password has ended");

    // The page that was left open, in this browser and in another one, opens nothing any more.
    assert_eq!(browser.submit_once(&form, &[("password", "yet another password")]).await.status, 400);
    let mut fresh = Browser::new(&app);
    let page = fresh.open(&app.authorize_url(&client, &[])).await;
    let page = fresh.submit(&page, &[("login", ALICE), ("password", NEW)]).await;
    assert!(page.has("approve") || page.location.is_some(), "the new password needs no change: {}", page.body);
}

#[tokio::test]
async fn the_state_between_two_passwords_is_of_this_browser_and_ends() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    user_access::require_password_change(&app.cx(), &Actor::CommandLine, ALICE).await.expect("no fault").expect("done");
    let mut browser = Browser::new(&app);
    let form = to_be_changed(&app, &mut browser, &client).await;
    let mut other = Browser::new(&app);
    other.open(&app.authorize_url(&client, &[])).await;
    assert_eq!(other.submit_once(&form, &[("password", NEW)]).await.status, 403, "another browser");
    app.pass(Lifetime::from_minutes(15));
    assert_eq!(browser.submit_once(&form, &[("password", NEW)]).await.status, 400, "too late");

    let form = to_be_changed(&app, &mut browser, &client).await;
    user::disable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    assert_eq!(browser.submit_once(&form, &[("password", NEW)]).await.status, 400, "n09: disabled meanwhile");
    user::enable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");

    let form = to_be_changed(&app, &mut browser, &client).await;
    let given = Sensitive::new("given by an administrator");
    user_access::set_password(&app.cx(), &Actor::CommandLine, ALICE, given, true)
        .await
        .expect("no fault")
        .expect("done");
    assert_eq!(browser.submit_once(&form, &[("password", NEW)]).await.status, 400, "another password meanwhile");
}
