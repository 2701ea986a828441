//! What administrators see and do of people's ways in: accounts elsewhere (security cases L08 of a disabled link, N03) and the
//! history, through the API, the operations and the console.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vouchsafe::flow::admin::connection::{self, Deed};
use vouchsafe::flow::admin::{Actor, user_access};
use vouchsafe::identity::{Permission as P, Permissions, RoleName, User};
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::users;

use crate::account;
use crate::support::upstream::{OPEN, Upstream};
use crate::support::{Browser, Client, TestApp};

const NEW: &str = "new@x.test";

/// Somebody whose one way in is an account elsewhere, and who is signed in.
async fn ground() -> (TestApp, Client, Upstream, User, Browser) {
    let app = TestApp::with_mail(&OPEN).await;
    let client = app.web("c1").await;
    let up = Upstream::start(&app).await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", NEW);
    let mut browser = Browser::new(&app);
    up.sign_in(&app, &mut browser, &client, "up").await;
    let made = app.write(|c| users::find_by_email_key(c, NEW)).await.expect("an account");
    (app, client, up, made, browser)
}

/// Whether the browser is still signed in: it is not asked who it is.
async fn is_in(app: &TestApp, client: &Client, browser: &mut Browser) -> bool {
    let page = browser.get(&app.authorize_url(client, &[("prompt", "none")])).await;
    page.param("error").as_deref() != Some("login_required")
}

/// The routes of links, each with an answer of success.
pub async fn contract() -> BTreeSet<&'static str> {
    let (app, _, _, made, _) = ground().await;
    let password = Sensitive::new("a password for the time after");
    user_access::set_password(&app.cx(), &Actor::CommandLine, NEW, password, false).await.expect("ok").expect("set");
    let api = app.program_of_all().await;
    let at = format!("/users/{}/links", made.id);
    let listed = api.get(&at).await.ok(200);
    let of_link = format!("{at}/{}", listed["links"][0]["id"].as_str().expect("an id"));
    assert_eq!(api.post(&format!("{of_link}/disable"), json!({})).await.ok(200)["open"], false);
    assert_eq!(api.post(&format!("{of_link}/enable"), json!({})).await.ok(200)["open"], true);
    let removed = api.delete(&of_link).await.ok(200);
    assert_eq!(removed["id"], listed["links"][0]["id"]);
    api.answered.into_inner().unwrap()
}

#[tokio::test]
async fn l08_a_link_that_an_administrator_disables_stays_disabled_and_its_sessions_end() {
    let (app, client, up, made, mut browser) = ground().await;
    assert!(is_in(&app, &client, &mut browser).await);
    let api = app.program("ops", Permissions::of(&[P::UsersRead, P::UsersWrite])).await;
    let at = format!("/users/{}/links", made.id);
    let listed = api.get(&at).await.ok(200);
    let link = &listed["links"][0];
    assert_eq!((&link["provider"], &link["shown"], &link["open"]), (&json!("up"), &json!(NEW), &json!(true)));
    assert_eq!((&link["subject"], &link["disabled_at"]), (&json!("s1"), &Value::Null));
    let of_link = format!("{at}/{}", link["id"].as_str().expect("an id"));

    let shut = api.post(&format!("{of_link}/disable"), json!({})).await.ok(200);
    assert!(shut["open"] == false && shut["disabled_at"].is_string(), "{shut}");
    assert!(!is_in(&app, &client, &mut browser).await, "sessions that rest on it end");
    let mut again = Browser::new(&app);
    up.sign_in(&app, &mut again, &client, "up").await;
    assert!(!is_in(&app, &client, &mut again).await, "and nobody begins one with it");
    assert_eq!(api.post(&format!("{of_link}/disable"), json!({})).await.ok(200), shut, "again: no change");

    assert_eq!(api.post(&format!("{of_link}/enable"), json!({})).await.ok(200)["open"], true);
    let mut browser = Browser::new(&app);
    up.sign_in(&app, &mut browser, &client, "up").await;
    assert!(is_in(&app, &client, &mut browser).await);

    api.delete(&of_link).await.is_problem(409, "last_way_in");
    assert!(is_in(&app, &client, &mut browser).await, "refused: nothing happened");
    let password = Sensitive::new("a password for the time after");
    user_access::set_password(&app.cx(), &Actor::CommandLine, NEW, password, false).await.expect("ok").expect("set");
    let mut browser = Browser::new(&app);
    up.sign_in(&app, &mut browser, &client, "up").await;
    api.delete(&of_link).await.ok(200);
    assert!(!is_in(&app, &client, &mut browser).await, "sessions that rest on it end");
    api.delete(&of_link).await.is_problem(404, "link");
    assert_eq!(api.get(&at).await.ok(200)["links"], json!([]));

    let told = app.letters_about("A sign-in was disconnected").await;
    assert_eq!(told.len(), 2, "of disabling and of taking away: {told:?}");
    assert!(told.iter().all(|letter| letter.to == NEW && letter.button.is_none()));

    let events = app.events().await;
    let count = |kind: &str| events.iter().filter(|known| *known == kind).count();
    assert_eq!(
        ["upstream_link_disabled", "upstream_link_enabled", "upstream_unlinked"].map(count),
        [1, 1, 1],
        "{events:?}"
    );
    // Without the permission to read the security log the history of the account tells it all the same.
    let history = api.get(&format!("/users/{}/history", made.id)).await.ok(200);
    let kinds: Vec<&str> =
        history["items"].as_array().expect("a list").iter().filter_map(|e| e["kind"].as_str()).collect();
    assert!(kinds.contains(&"upstream_link_disabled") && kinds.contains(&"upstream_unlinked"), "{kinds:?}");
}

#[tokio::test]
async fn l08_a_session_that_goes_on_after_a_new_password_still_rests_on_its_link() {
    let (app, client, _, made, mut browser) = ground().await;
    app.enter(&mut browser, NEW, "/account/password").await;
    let chosen = [("password", "a password of her own")];
    let done = account::send(&app, &mut browser, "/account/password", &chosen).await;
    assert_eq!(done.location.as_deref(), Some("/account/password"), "{}", done.body);
    assert!(is_in(&app, &client, &mut browser).await);
    let (cx, actor) = (app.cx(), Actor::CommandLine);
    let link = connection::list(&cx, &actor, made.id.as_str()).await.expect("ok").expect("allowed").links.remove(0).id;
    connection::change(&cx, &actor, NEW, &link, Deed::Disable).await.expect("ok").expect("shut");
    assert!(!is_in(&app, &client, &mut browser).await, "it ends with the link, under its new name too");
}

#[tokio::test]
async fn n03_nobody_shuts_the_link_of_somebody_above_them() {
    let (app, _, _, made, _) = ground().await;
    app.set_role(NEW, &RoleName::parse("owner").expect("a role"));
    let (cx, reader) = (app.cx(), Permissions::of(&[P::UsersRead]));
    let link = connection::list(&cx, &Actor::CommandLine, NEW).await.expect("ok").expect("allowed").links.remove(0).id;
    let actor = |permissions| Actor::Client { client_id: "ops".to_owned(), user: None, permissions };
    let people = actor(Permissions::of(&[P::UsersRead, P::UsersWrite]));
    for deed in [Deed::Disable, Deed::Enable, Deed::Remove] {
        let refused = connection::change(&cx, &people, made.id.as_str(), &link, deed).await.expect("no fault");
        assert_eq!(refused.expect_err("above them").code, "above_your_rank");
        let refused = connection::change(&cx, &actor(reader), made.id.as_str(), &link, deed).await.expect("no fault");
        assert_eq!(refused.expect_err("no permission").code, "permission_missing");
    }
    let nobody = connection::list(&cx, &actor(Permissions::NONE), NEW).await.expect("no fault");
    assert_eq!(nobody.expect_err("no permission").code, "permission_missing");
    assert!(connection::list(&cx, &Actor::CommandLine, NEW).await.expect("ok").expect("allowed").links[0].open);
}

#[tokio::test]
async fn the_page_shows_every_way_in_and_says_why_the_last_one_stays() {
    let (app, _, _, made, _) = ground().await;
    app.administrator("root@example.com", "owner").await;
    let mut root = Browser::new(&app);
    let here = format!("/admin/people/{}/ways-in", made.id);
    let page = app.enter(&mut root, "root@example.com", &here).await;
    assert!(page.body.contains(NEW) && page.body.contains("None is set up"), "{}", page.body);
    let link =
        connection::list(&app.cx(), &Actor::CommandLine, NEW).await.expect("ok").expect("allowed").links.remove(0);
    let token = root.cookies.get("vouchsafe_console").cloned().expect("a session");
    let action = format!("{here}/unlink");
    let csrf = vouchsafe::flow::sign_in::browser::form_token(&app.cx(), &token, "console", &action);
    let fields = [("csrf", csrf.as_str()), ("link", &link.id), ("confirm", &link.provider_name)];
    let page = root.post(&app.url(&action), &fields).await;
    let page =
        root.open(&format!("{}{}", app.origin, page.location.as_deref().expect("back").replace(&app.origin, ""))).await;
    assert!(page.body.contains("Nothing else opens this account"), "{}", page.body);
}
