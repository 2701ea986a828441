//! People, groups, roles and attributes in the administration API: the contract, and who may do what to whom (security cases
//! N03, N05).

use reqwest::Method;
use serde_json::{Value, json};
use vouchsafe::identity::RoleName;
use vouchsafe::identity::UserId;
use vouchsafe::identity::factor::{Factor, FactorId, FactorKind};
use vouchsafe::store::pictures::{self, StoredPicture};

use crate::support::admin::{Api, all_scopes};
use crate::support::{Browser, TestApp};

const ALICE: &str = "alice@example.com";

/// Every operation of these nouns, once with success.
pub async fn contract(api: &Api<'_>) {
    attributes(api).await;
    roles(api).await;
    groups(api).await;
    people(api).await;
    ways_in(api).await;
}

/// What holds for everything that has a version: `place` is where it is, `patch` changes it.
pub async fn versions(api: &Api<'_>, place: &str, patch: Value) {
    let page = api.get(place).await;
    let (etag, is) = (page.header("etag").to_owned(), page.ok(200));
    assert_eq!(etag, format!("\"v{}\"", is["version"]));
    let known = api.send(Method::GET, place, None, &[("if-none-match", &etag)]).await;
    assert_eq!((known.status, known.body.as_str(), known.header("etag")), (304, "", etag.as_str()));
    let changed = api.send(Method::PATCH, place, Some(patch.clone()), &[("if-match", &etag)]).await;
    changed.ok(200);
    assert_ne!(changed.header("etag"), etag);
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        let body = Some(if method == Method::PUT { document(&is) } else { patch.clone() });
        let stale = api.send(method, place, body, &[("if-match", &etag)]).await;
        stale.is_problem(412, "version_is_stale");
    }
    api.send(Method::PATCH, place, Some(patch), &[("if-match", "\"x\"")]).await.is_problem(412, "if_match");
    api.put(place, document(&is)).await.ok(200);
    let page = api.get(place).await.ok(200);
    assert_eq!(document(&page), document(&is), "what comes out can go in again, and is the same then");
}

/// The writable part of a view: what the type says beside the view's own members.
fn document(view: &Value) -> Value {
    const READ_ONLY: [&str; 19] = [
        "id",
        "version",
        "built_in",
        "created_at",
        "updated_at",
        "disabled",
        "disabled_at",
        "has_password",
        "must_change_password",
        "invited_until",
        "last_sign_in_at",
        "uploaded_picture",
        "members",
        "more_members",
        "in_use",
        "last_used_at",
        "logo_uri",
        "secrets",
        "managed_by_files",
    ];
    let mut members = view.as_object().expect("an object").clone();
    members.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    Value::Object(members)
}

async fn attributes(api: &Api<'_>) {
    let made = api.post("/attributes", json!({ "name": "desk", "title": "Desk", "kind": "text" })).await;
    made.ok(201);
    assert!(made.header("location").ends_with("/attributes/desk"));
    api.post("/attributes", json!({ "name": "desk", "title": "Desk", "kind": "text" }))
        .await
        .is_problem(409, "attribute_taken");
    assert_eq!(api.get("/attributes").await.ok(200)["items"][0]["name"], "desk");
    versions(api, "/attributes/desk", json!({ "title": "Where they sit" })).await;
    api.post("/attributes", json!({ "name": "gone", "title": "Gone", "kind": "text" })).await.ok(201);
    assert_eq!(api.delete("/attributes/gone").await.status, 204);
    api.get("/attributes/gone").await.is_problem(404, "unknown_attribute");
}

async fn roles(api: &Api<'_>) {
    let helpdesk = json!({ "name": "helpdesk", "description": "", "permissions": ["admin:users:read"] });
    api.post("/roles", helpdesk.clone()).await.ok(201);
    api.post("/roles", helpdesk).await.is_problem(409, "role_taken");
    let all = api.get("/roles").await.ok(200);
    assert_eq!(all["items"][0]["name"], "owner");
    assert_eq!(
        all["items"].as_array().and_then(|all| all.last()).map(|role| role["name"].clone()),
        Some(json!("helpdesk"))
    );
    versions(api, "/roles/helpdesk", json!({ "description": "Answers the telephone" })).await;
    let wrong = api.patch("/roles/helpdesk", json!({ "permissions": ["admin:everything"] })).await;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (400, Some("permissions")), "{}", wrong.body);
    assert_eq!(api.patch("/roles/owner", json!({ "permissions": [] })).await.status, 403);
    assert_eq!(api.delete("/roles/helpdesk").await.status, 204);
}

async fn groups(api: &Api<'_>) {
    let made = api.post("/groups", json!({ "name": "Café staff", "description": "Behind the counter" })).await;
    made.ok(201);
    let place = made.header("location").split("/api/admin/v1").nth(1).expect("a path").to_owned();
    assert_eq!(place, "/groups/Caf%C3%A9%20staff");
    versions(api, &place, json!({ "description": "In front of it" })).await;
    assert_eq!(api.get("/groups?prefix=Caf").await.ok(200)["items"].as_array().map(Vec::len), Some(1));
    let id = api.post("/users", json!({ "email": "bob@example.com" })).await.ok(201)["id"].clone();
    let id = id.as_str().expect("an id");
    api.put(&format!("{place}/members/{id}"), json!({})).await.ok(200);
    assert_eq!(api.get(&format!("{place}/members")).await.ok(200)["items"][0]["id"], id);
    let etag = api.get(&format!("/users/{id}")).await.header("etag").to_owned();
    assert_eq!(api.delete(&format!("{place}/members/{id}")).await.ok(200)["groups"], json!([]));
    assert_ne!(api.get(&format!("/users/{id}")).await.header("etag"), etag, "membership is part of a person");
    assert_eq!(api.delete(&place).await.status, 204);
    assert_eq!(api.delete(&place).await.status, 404);
    assert_eq!(api.delete(&format!("/users/{id}")).await.status, 204);
}

async fn people(api: &Api<'_>) {
    let alice = json!({ "email": ALICE, "name": "Alice", "attributes": { "desk": "4.12" }, "locale": "de-CH" });
    let made = api.post("/users", alice.clone()).await;
    let id = made.ok(201)["id"].as_str().expect("an id").to_owned();
    assert!(made.header("location").ends_with(&format!("/users/{id}")));
    assert_eq!((made.header("etag"), &made.json()["invitation_link"]), ("\"v1\"", &json!(null)));
    assert_eq!(api.post("/users", alice).await.status, 409);
    assert_eq!(api.get(&format!("/users/{ALICE}")).await.ok(200)["id"], id.as_str(), "by address too");
    versions(api, &format!("/users/{id}"), json!({ "nickname": "Al", "locale": null })).await;
    assert_eq!(api.get(&format!("/users/{id}")).await.ok(200)["locale"], "de-CH");
    api.patch(&format!("/users/{id}"), json!({ "locale": null })).await.ok(200);
    assert_eq!(api.get(&format!("/users/{id}")).await.ok(200)["locale"], json!(null), "null takes a member away");
    for query in ["q=alice", "q=@example.com&status=enabled", "q=Alice", "limit=1"] {
        let found = api.get(&format!("/users?{query}")).await.ok(200);
        assert!(!found["items"].as_array().expect("items").is_empty(), "{query}");
    }
    api.get("/users?status=nosuch").await.is_problem(400, "query");
    assert_eq!(api.post(&format!("/users/{id}/disable"), json!({})).await.ok(200)["disabled"], true);
    assert_eq!(api.post(&format!("/users/{id}/enable"), json!({})).await.ok(200)["disabled"], false);
    let history = api.get(&format!("/users/{id}/history")).await.ok(200);
    assert!(!history["items"].as_array().expect("items").is_empty());
    api.get(&format!("/users/{id}/removal-effects")).await.ok(200);
    assert_eq!(api.delete(&format!("/users/{id}")).await.status, 204);
    api.get(&format!("/users/{id}")).await.is_problem(404, "unknown_user");
}

async fn ways_in(api: &Api<'_>) {
    let app = api.app;
    let made = api.post("/users", json!({ "email": ALICE, "invite": true })).await.ok(201);
    let id = made["id"].as_str().expect("an id");
    assert!(made["invitation_link"].as_str().is_some_and(|link| link.starts_with(&app.issuer)));
    let again = api.post(&format!("/users/{id}/invitation"), json!({})).await.ok(201);
    assert_ne!(again["invitation_link"], made["invitation_link"]);
    let password = json!({ "password": "correct horse battery", "must_change": false });
    assert_eq!(api.put(&format!("/users/{id}/password"), password).await.ok(200)["has_password"], true);
    let weak = api.put(&format!("/users/{id}/password"), json!({ "password": "x" })).await;
    assert_eq!(weak.status, 400, "{}", weak.body);
    let client = app.web("consenting").await;
    app.tokens(&mut Browser::new(app), &client, ALICE, &[]).await;
    let consents = api.get(&format!("/users/{id}/consents")).await.ok(200);
    assert_eq!(consents["items"][0]["client_id"], "consenting");
    assert_eq!(api.delete(&format!("/users/{id}/consents/consenting")).await.status, 204);
    api.delete(&format!("/users/{id}/consents/consenting")).await.is_problem(404, "unknown_consent");
    assert_eq!(api.delete(&format!("/users/{id}/sessions")).await.ok(200)["ended"], 1);
    factors(api, id).await;
    let must = api.post(&format!("/users/{id}/require-password-change"), json!({})).await.ok(200);
    assert_eq!(must["must_change_password"], true);
}

/// Seeing what a person has beyond the password, and taking it away; and their picture.
async fn factors(api: &Api<'_>, id: &str) {
    for name in ["one", "two", "three"] {
        let factor = Factor {
            id: FactorId(name.to_owned()),
            user_id: UserId(id.to_owned()),
            kind: FactorKind::Totp,
            name: name.to_owned(),
            data: b"sealed".to_vec(),
            credential_id: None,
            last_step: 0,
            created_at: api.app.clock.now(),
            last_used_at: None,
        };
        assert!(api.app.write(move |c| vouchsafe::store::factors::insert(c, &factor)).await);
    }
    let path = format!("/users/{id}/factors");
    assert_eq!(api.get(&path).await.ok(200)["factors"].as_array().map(Vec::len), Some(3));
    assert_eq!(api.delete(&format!("{path}/one")).await.ok(200)["removed"], 1);
    assert_eq!(api.delete(&path).await.ok(200)["removed"], 2);
    let picture = StoredPicture {
        id: "name".to_owned(),
        user_id: UserId(id.to_owned()),
        media_type: "image/png".to_owned(),
        bytes: vec![1],
        created_at: api.app.clock.now(),
    };
    api.app.write(move |c| pictures::put(c, &picture)).await;
    let path = format!("/users/{id}");
    assert_eq!(api.get(&path).await.ok(200)["uploaded_picture"], "/pictures/name");
    let gone = api.delete(&format!("{path}/picture")).await.ok(200);
    assert_eq!(gone["uploaded_picture"], Value::Null);
    api.delete(&format!("{path}/picture")).await.is_problem(404, "no_picture");
}

#[tokio::test]
async fn n05_members_that_are_not_for_writing_are_refused_by_name() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let id = api.post("/users", json!({ "email": ALICE })).await.ok(201)["id"].as_str().expect("an id").to_owned();
    let before = app.lines("SELECT role || email || CAST(created_at AS TEXT) AS line FROM users");
    for (name, value) in [
        ("id", json!("u-1")),
        ("sub", json!("u-1")),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("version", json!(7)),
        ("phc", json!("$argon2id$x")),
        ("is_admin", json!(true)),
        ("roles", json!(["owner"])),
        ("permissions", json!(["admin:own"])),
        ("tenant", json!("x")),
        ("disabled", json!(false)),
        ("valid_from", json!(0)),
        ("external_id", json!("x")),
        ("__proto__", json!({})),
    ] {
        let mut document = json!({ "email": "eve@example.com" });
        document[name] = value.clone();
        let place = format!("/users/{id}");
        for page in [
            api.post("/users", document.clone()).await,
            api.put(&place, document).await,
            api.patch(&place, json!({ name: value })).await,
        ] {
            page.is_problem(400, "field");
            assert_eq!(page.json()["field"], name);
        }
    }
    for bad in [r#"{"email":"a@b.example","email":"c@d.example"}"#, "[]", "null", "{", r#"{"email":{"x":1}}"#] {
        let request = app.http.post(app.url("/api/admin/v1/users")).bearer_auth(&api.token);
        let page = app.send(request.header("content-type", "application/json").body(bad)).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (400, "application/problem+json"),
            "{bad}: {}",
            page.body
        );
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = app.http.post(app.url("/api/admin/v1/users")).bearer_auth(&api.token);
        let page = app.send(request.header("content-type", content_type).body("{\"email\":\"a@b.example\"}")).await;
        page.is_problem(415, "content_type");
    }
    let large = json!({ "email": "x".repeat(3_000_000) });
    assert_eq!(api.post("/users", large).await.status, 413);
    assert_eq!(app.lines("SELECT role || email || CAST(created_at AS TEXT) AS line FROM users"), before);
}

#[tokio::test]
async fn n03_a_helper_lifts_neither_themselves_nor_others_and_breaks_nobody_above() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    let owner = app.person_with("root@example.com", &RoleName::OWNER).await;
    let helper = app.person_with("help@example.com", &RoleName::parse("people-operator").expect("a role")).await;
    let peer = app.person_with("peer@example.com", &RoleName::parse("people-operator").expect("a role")).await;
    app.person("alice@example.com").await;
    let all = app.program_of_all().await;
    all.post("/groups", json!({ "name": "admins" })).await.ok(201);
    let help = Api::new(&app, app.person_tokens(&client, "help@example.com", &all_scopes()).await.access);
    for above in [&owner, &peer] {
        let place = format!("/users/{}", above.id);
        let password = json!({ "password": "a password of the helper's" });
        for page in [
            help.put(&format!("{place}/password"), password).await,
            help.post(&format!("{place}/invitation"), json!({})).await,
            help.post(&format!("{place}/require-password-change"), json!({})).await,
            help.post(&format!("{place}/disable"), json!({})).await,
            help.patch(&place, json!({ "email": "mine@example.com" })).await,
            help.delete(&place).await,
            help.delete(&format!("{place}/sessions")).await,
            help.put(&format!("/groups/admins/members/{}", above.id), json!({})).await,
        ] {
            page.is_problem(403, "above_your_rank");
        }
    }
    let own = format!("/users/{}", helper.id);
    for page in [
        help.patch(&own, json!({ "role": "owner" })).await,
        help.patch(&own, json!({ "groups": ["admins"] })).await,
        help.put(&format!("/groups/admins/members/{}", helper.id), json!({})).await,
        help.post(&format!("{own}/disable"), json!({})).await,
        help.patch("/users/alice@example.com", json!({ "role": "owner" })).await,
        help.patch("/users/alice@example.com", json!({ "role": "people-operator" })).await,
        help.post("/users", json!({ "email": "new@example.com", "role": "administrator" })).await,
        help.post("/roles", json!({ "name": "mine", "permissions": ["admin:own"] })).await,
    ] {
        assert_eq!(page.status, 403, "{} {}", page.url, page.body);
    }
    assert_eq!(app.lines("SELECT role AS line FROM users WHERE email = 'help@example.com'"), ["people-operator"]);
    help.patch("/users/alice@example.com", json!({ "name": "Alice" })).await.ok(200);
    // Each try stands in the log once, with who it was; what was done and what was only wrong does not.
    let tries = app.refused_acts(22).await;
    assert_eq!(tries.len(), 22, "{tries:?}");
    assert!(tries.contains(&format!("PUT /api/admin/v1/users/{}/password", owner.id)), "{tries:?}");
    let actors = app.lines("SELECT DISTINCT actor AS line FROM events WHERE kind = 'action_refused'");
    assert_eq!(actors, [format!("{} through client console-app", helper.id)]);
    help.delete(&format!("/users/{}", owner.id)).await.is_problem(403, "above_your_rank");
    help.get("/users/nobody@example.com").await.is_problem(404, "unknown_user");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(app.refused_acts(22).await.len(), 22, "the same once more is not another entry");
}
