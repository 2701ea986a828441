//! Requests to the administration API that come again or at once: idempotency keys, versions, and the limit of requests; the
//! races on both engines.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use vouchsafe::store::Engine;
use vouchsafe::time::Lifetime;

use crate::support::admin::Api;
use crate::support::{Page, TestApp};

const SETTINGS: [(&str, &str); 1] = [("VOUCHSAFE_LIMITS_ADMIN_PER_MINUTE", "1000000")];

/// Sends the same request so many times at once.
async fn at_once(
    api: &Arc<Api<'static>>,
    times: usize,
    ask: impl Fn(usize) -> (Method, String, Value, String),
) -> Vec<Page> {
    let barrier = Arc::new(Barrier::new(times));
    let mut running = Vec::new();
    for at in 0..times {
        let (api, barrier, (method, path, body, header)) = (api.clone(), barrier.clone(), ask(at));
        running.push(tokio::spawn(async move {
            barrier.wait().await;
            let name = if method == Method::POST { "idempotency-key" } else { "if-match" };
            api.send(method, &path, Some(body), &[(name, &header)]).await
        }));
    }
    let mut pages = Vec::new();
    for one in running {
        pages.push(one.await.expect("no panic"));
    }
    pages
}

/// A provider on this engine that lives as long as the process, and a program that may do everything.
async fn on(engine: Engine) -> Option<Arc<Api<'static>>> {
    let app: &'static TestApp = Box::leak(Box::new(TestApp::start_on(engine, &SETTINGS).await?));
    Some(Arc::new(app.program_of_all().await))
}

async fn fifty_at_once_make_one(engine: Engine) {
    let Some(api) = on(engine).await else { return };
    let body = json!({ "email": "alice@example.com" });
    let pages = at_once(&api, 50, |_| (Method::POST, "/users".to_owned(), body.clone(), "key-1".to_owned())).await;
    let made: Vec<&Page> = pages.iter().filter(|page| page.status == 201).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|page| page.json()["id"] == made[0].json()["id"]), "everybody hears the first answer");
    for page in pages.iter().filter(|page| page.status != 201) {
        page.is_problem(409, "idempotency_under_way");
    }
    assert_eq!(api.app.rows("users"), 1);
    assert_eq!(api.app.events().await.iter().filter(|kind| *kind == "user_added").count(), 1);
    let later = api.send(Method::POST, "/users", Some(body), &[("idempotency-key", "key-1")]).await;
    assert_eq!((later.ok(201), later.header("location")), (made[0].json(), made[0].header("location")));
    assert_eq!(later.header("etag"), made[0].header("etag"));
}

async fn of_twenty_changes_of_one_version_one_wins(engine: Engine) {
    let Some(api) = on(engine).await else { return };
    api.post("/groups", json!({ "name": "staff" })).await.ok(201);
    let etag = api.get("/groups/staff").await.header("etag").to_owned();
    let pages = at_once(&api, 20, |at| {
        (Method::PATCH, "/groups/staff".to_owned(), json!({ "description": format!("by {at}") }), etag.clone())
    })
    .await;
    let won: Vec<&Page> = pages.iter().filter(|page| page.status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", pages.iter().map(|page| page.status).collect::<Vec<_>>());
    for page in pages.iter().filter(|page| page.status != 200) {
        page.is_problem(412, "version_is_stale");
    }
    assert_eq!(api.get("/groups/staff").await.ok(200)["description"], won[0].json()["description"]);
}

/// Whoever names no version changes their own member of what is there, whatever the others change.
async fn twenty_patches_without_a_version_are_all_kept(engine: Engine) {
    let Some(api) = on(engine).await else { return };
    let person = api.post("/users", json!({ "email": "bob@example.com" })).await.ok(201);
    let path = format!("/users/{}", person["id"].as_str().expect("an id"));
    for at in 0..20 {
        let attribute = json!({ "name": format!("field_{at}"), "title": "Field", "kind": "text" });
        api.post("/attributes", attribute).await.ok(201);
    }
    let pages = at_once(&api, 20, |at| {
        let patch = json!({ "attributes": { format!("field_{at}"): "here" } });
        (Method::PATCH, path.clone(), patch, "*".to_owned())
    })
    .await;
    assert!(pages.iter().all(|page| page.status == 200), "{:?}", pages.iter().map(|p| p.status).collect::<Vec<_>>());
    let kept = api.get(&path).await.ok(200);
    assert_eq!(kept["attributes"].as_object().map(serde_json::Map::len), Some(20), "{kept}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_patch_is_lost_on_sqlite() {
    twenty_patches_without_a_version_are_all_kept(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_patch_is_lost_on_postgresql() {
    twenty_patches_without_a_version_are_all_kept(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_make_one_on_sqlite() {
    fifty_at_once_make_one(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_make_one_on_postgresql() {
    fifty_at_once_make_one(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_is_lost_on_sqlite() {
    of_twenty_changes_of_one_version_one_wins(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_is_lost_on_postgresql() {
    of_twenty_changes_of_one_version_one_wins(Engine::Postgres).await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller_for_a_day() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let post = |body: Value, key: &'static str| {
        let api = &api;
        async move { api.send(Method::POST, "/groups", Some(body), &[("idempotency-key", key)]).await }
    };
    let first = post(json!({ "name": "one" }), "k").await.ok(201);
    assert_eq!(post(json!({ "name": "one" }), "k").await.ok(201), first);
    post(json!({ "name": "two" }), "k").await.is_problem(422, "idempotency_key_reused");
    post(json!({ "name": "one" }), "another").await.is_problem(409, "group_taken");
    // Nothing was made, so the key is free for the request that is right.
    post(json!({ "name": "three" }), "another").await.ok(201);
    for odd in ["", " ", "a b", "ä"] {
        let request = app.http.post(app.url("/api/admin/v1/groups")).bearer_auth(&api.token);
        let request = request.header("content-type", "application/json").header("idempotency-key", odd.as_bytes());
        let page = app.send(request.body("{\"name\":\"odd\"}")).await;
        assert_eq!(page.status, 400, "{odd:?}: {}", page.body);
    }
    let other = app.program("other", vouchsafe::identity::Permissions::ALL).await;
    let page = other.send(Method::POST, "/groups", Some(json!({ "name": "four" })), &[("idempotency-key", "k")]).await;
    page.ok(201);
    app.pass(Lifetime::from_hours(25));
    vouchsafe::flow::ops::sweep::run(&app.app.parts, app.app.sweep_rule, app.clock.now()).await.expect("a sweep");
    assert_eq!(app.rows("idempotency"), 0);
}

#[tokio::test]
async fn a_secret_in_a_repeated_answer_is_the_same_and_never_stored_plain() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let body = json!({ "email": "alice@example.com", "invite": true });
    let first = api.send(Method::POST, "/users", Some(body.clone()), &[("idempotency-key", "k")]).await.ok(201);
    let again = api.send(Method::POST, "/users", Some(body), &[("idempotency-key", "k")]).await.ok(201);
    assert_eq!(first["invitation_link"], again["invitation_link"]);
    assert_eq!(app.rows("invitations"), 1);
}

#[tokio::test]
async fn a_rotation_that_is_sent_again_makes_one_key() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let rotate =
        || api.send(Method::POST, "/keys/rotate", Some(json!({ "alg": "ES256" })), &[("idempotency-key", "k")]);
    let first = rotate().await.ok(200);
    assert_eq!(rotate().await.ok(200), first, "the first answer, and no refusal for one that is under way");
    assert_eq!(app.events().await.iter().filter(|kind| *kind == "key_rotated").count(), 1);
    api.post("/keys/rotate", json!({ "alg": "ES256" })).await.is_problem(409, "rotation_under_way");
}

#[tokio::test]
async fn too_many_requests_of_one_caller_are_slowed_and_nobody_elses() {
    let app = TestApp::start_with(&[("VOUCHSAFE_LIMITS_ADMIN_PER_MINUTE", "5")]).await;
    let api = app.program_of_all().await;
    let mut pages = Vec::new();
    for _ in 0..8 {
        pages.push(api.get("/sessions").await);
    }
    assert!(pages[..5].iter().all(|page| page.status == 200));
    let refused = pages[5].is_problem(429, "too_many_requests");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let other = app.program("other", vouchsafe::identity::Permissions::ALL).await;
    other.get("/sessions").await.ok(200);
}
