//! The contract of the administration API, noun by noun: what goes in comes out, statuses, pages, problems; every answer is
//! held against the OpenAPI document by `support::admin`.

use std::collections::BTreeSet;

use serde_json::json;
use vouchsafe::http::admin::api::{ROOT, routes};
use vouchsafe::identity::RoleName;
use vouchsafe::store::outbox::{self, Waiting};
use vouchsafe::time::Lifetime;

use crate::support::admin::{Api, all_scopes};
use crate::support::{Browser, TestApp};

#[tokio::test]
async fn every_route_answers_as_the_document_says() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    api.get("").await.ok(200);
    sessions(&api).await;
    grants(&api).await;
    audit(&api).await;
    traces(&api).await;
    settings(&api).await;
    keys(&api).await;
    overview(&api).await;
    crate::admin_api_people::contract(&api).await;
    crate::admin_api_clients::contract(&api).await;
    crate::webhooks::contract(&api).await;
    crate::upstream::contract(&api).await;
    files(&api).await;
    let mut answered = api.answered.lock().unwrap().clone();
    answered.extend(mail().await);
    answered.extend(crate::ways_in::contract().await);
    let missing: Vec<_> = routes().map(|r| r.id).filter(|id| !answered.contains(id)).collect();
    assert!(missing.is_empty(), "no test has an answer of success from: {missing:?}");
}

/// A provider that sends mail, with a letter that is stuck.
async fn mail() -> BTreeSet<&'static str> {
    let settings = [("VOUCHSAFE_MAIL_HOST", "mail.invalid"), ("VOUCHSAFE_MAIL_FROM", "no-reply@acme.test")];
    let app = TestApp::start_with(&settings).await;
    let now = app.clock.now();
    let letter = Waiting {
        id: "l1".to_owned(),
        recipient: "ada@example.com".to_owned(),
        subject: "Hello".to_owned(),
        letter: b"sealed".to_vec(),
        created_at: now,
        next_try_at: now + Lifetime::from_hours(1),
        tries: 2,
        last_error: Some("no".to_owned()),
        given_up_at: None,
    };
    app.write(move |c| outbox::insert(c, &letter)).await;
    let api = app.program_of_all().await;
    let listed = api.get("/mail?limit=1").await.ok(200);
    assert_eq!((&listed["items"][0]["recipient"], &listed["next"]), (&json!("ada@example.com"), &json!(null)));
    assert_eq!(api.post("/mail/l1/retry", json!(null)).await.ok(200)["tries"], 2);
    assert_eq!(api.delete("/mail/l1").await.status, 204);
    api.answered.into_inner().unwrap()
}

async fn sessions(api: &Api<'_>) {
    let app = api.app;
    let client = app.web("c1").await;
    let ada = app.person("ada@example.com").await;
    for _ in 0..3 {
        app.tokens(&mut Browser::new(app), &client, "ada@example.com", &[]).await;
    }
    let all = api.get("/sessions").await.ok(200);
    assert_eq!(all["items"].as_array().map(Vec::len), Some(3));
    assert_eq!((&all["next"], &all["items"][0]["email"]), (&json!(null), &json!("ada@example.com")));
    let first = api.get("/sessions?limit=2").await;
    let cursor = first.ok(200)["next"].as_str().expect("a next page").to_owned();
    let link = first.header("link").to_owned();
    assert!(link.starts_with(&format!("<{}{ROOT}/sessions?limit=2&after=", app.issuer)), "{link}");
    assert!(link.ends_with(">; rel=\"next\""));
    let second = api.get(&format!("/sessions?limit=2&after={cursor}")).await;
    assert_eq!((second.ok(200)["items"].as_array().map(Vec::len), second.header("link")), (Some(1), ""));
    assert_eq!(api.get("/sessions?user=ada@example.com").await.ok(200)["items"], all["items"]);
    api.get("/sessions?user=nobody@example.com").await.is_problem(404, "unknown_user");

    let id = all["items"][0]["id"].as_str().expect("an id");
    assert_eq!(api.get(&format!("/sessions/{id}")).await.ok(200)["user_id"], ada.id.as_str());
    assert_eq!(api.delete(&format!("/sessions/{id}")).await.status, 204);
    api.delete(&format!("/sessions/{id}")).await.is_problem(404, "unknown_session");
    api.get("/sessions/nothing").await.is_problem(404, "unknown_session");
    assert_eq!(api.get("/sessions").await.ok(200)["items"].as_array().map(Vec::len), Some(2));
    assert!(app.events().await.contains(&"session_ended".to_owned()));
}

#[tokio::test]
async fn n03_an_operator_ends_no_session_of_an_owner() {
    let app = TestApp::for_admin().await;
    let client = app.admin_app("console-app").await;
    app.person_with("owner@example.com", &RoleName::OWNER).await;
    app.person_with("help@example.com", &RoleName::parse("people-operator").expect("a role")).await;
    app.person_tokens(&client, "owner@example.com", &all_scopes()).await;
    let help = Api::new(&app, app.person_tokens(&client, "help@example.com", &all_scopes()).await.access);
    let sessions = help.get("/sessions?user=owner@example.com").await.ok(200);
    let id = sessions["items"][0]["id"].as_str().expect("an id");
    help.delete(&format!("/sessions/{id}")).await.is_problem(403, "above_your_rank");
}

async fn grants(api: &Api<'_>) {
    let all = api.get("/grants?client_id=c1&limit=1").await.ok(200);
    let (grant, cursor) = (&all["items"][0], all["next"].as_str().expect("another page"));
    assert_eq!(grant["client_id"], "c1");
    assert_ne!(&api.get(&format!("/grants?client_id=c1&limit=1&after={cursor}")).await.ok(200)["items"][0], grant);
    let id = grant["id"].as_str().expect("an id");
    assert_eq!(api.get(&format!("/grants/{id}")).await.ok(200)["id"], id);
    assert_eq!(api.delete(&format!("/grants/{id}")).await.status, 204);
    assert_eq!(api.delete(&format!("/grants/{id}")).await.status, 404);
    assert_eq!(api.app.lines(&format!("SELECT revoked_why AS line FROM grants WHERE id = '{id}'")).len(), 1);
}

async fn audit(api: &Api<'_>) {
    let session = api.get("/sessions").await.ok(200)["items"][0]["id"].as_str().expect("a session").to_owned();
    api.delete(&format!("/sessions/{session}")).await;
    let found = api.get("/audit?kind=session_ended").await.ok(200);
    let event = &found["items"][0];
    assert_eq!(event["actor"], "client automation");
    assert_eq!(event["detail"]["session"], session.as_str());
    let id = event["correlation_id"].as_str().expect("an id");
    assert_eq!(api.get(&format!("/audit?correlation_id={id}&limit=1")).await.ok(200)["items"][0]["id"], event["id"]);
    assert_eq!(api.get("/audit?from=2030-01-01T00:00:00Z").await.ok(200)["items"], json!([]));

    let all = api.get("/audit?limit=200").await.ok(200);
    let lines = api.get("/audit/export").await;
    let mut exported: Vec<serde_json::Value> =
        lines.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    exported.reverse();
    assert_eq!(json!(exported), all["items"]);
    let kind = "kind=session_ended&actor=client%20automation";
    let some = api.get(&format!("/audit/export?{kind}")).await;
    let listed = api.get(&format!("/audit?{kind}")).await.ok(200);
    let mut lines: Vec<serde_json::Value> =
        some.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.reverse();
    assert_eq!((json!(lines), lines.is_empty()), (listed["items"].clone(), false), "the filters of the list");
    assert_eq!(api.get("/audit/export?until=2000-01-01T00:00:00Z").await.body, "");
    api.get("/audit/export?nothing=1").await.is_problem(400, "query_unknown");
    let last = all["items"][0]["id"].as_i64().expect("a number");
    assert_eq!(api.get(&format!("/audit/export?behind={last}")).await.body, "");
    let whole = api.get("/audit/verification").await.ok(200);
    assert_eq!((&whole["whole"], &whole["last_seal"]), (&json!(true), &all["items"][0]["seal"]));
}

async fn keys(api: &Api<'_>) {
    let all = api.get("/keys").await.ok(200);
    let count = all["items"].as_array().map_or(0, Vec::len);
    assert!(!api.get("/keys").await.body.contains("\"d\""), "no private half");
    let rotated = api.post("/keys/rotate", json!({ "alg": "PS256" })).await.ok(200);
    assert_eq!(rotated["items"].as_array().map(Vec::len), Some(count + 1));
    assert_eq!(api.post("/keys/rotate", json!({ "alg": "PS256" })).await.status, 409);
    assert_eq!(api.post("/keys/rotate", json!({ "alg": "none" })).await.json()["field"], "alg");
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let elsewhere = json!({ "private_key": pair.serialize_pem() });
    let imported = api.post("/keys/import", elsewhere.clone()).await.ok(200);
    assert_eq!((&imported["alg"], &imported["state"]), (&json!("ES256"), &json!("published")));
    assert!(imported["public_jwk"].get("d").is_none() && imported["public_jwk"]["kid"] == imported["kid"]);
    api.post("/keys/import", elsewhere).await.is_problem(409, "key_taken");
    let refused = api.post("/keys/import", json!({ "private_key": "hello" })).await;
    refused.is_problem(400, "key_unusable");
    assert_eq!(refused.json()["field"], "private_key");
    let rotated = api.post("/keys/rotate", json!({ "alg": "EdDSA", "emergency": true })).await.ok(200);
    let of = |state: &str, alg: &str| {
        let found = rotated["items"].as_array().expect("keys").iter().find(|k| k["state"] == state && k["alg"] == alg);
        found.map(|key| key["kid"].as_str().expect("a kid").to_owned())
    };
    let old = of("retired", "EdDSA").expect("the old key");
    assert_eq!(api.get(&format!("/keys/{old}/ending")).await.ok(200)["has_successor"], true);
    // As when two nodes made one each: a second key that signs.
    let revive = "UPDATE signing_keys SET retires_at = NULL, gone_at = NULL WHERE kid = ";
    api.app.lines(&format!("{revive}'{old}' RETURNING kid AS line"));
    assert_eq!(api.post(&format!("/keys/{old}/retire"), json!({})).await.status, 204);
    api.post(&format!("/keys/{old}/retire"), json!({})).await.is_problem(409, "key_ended");
    assert_eq!(api.delete(&format!("/keys/{old}")).await.status, 204);
    let last = of("signing", "EdDSA").expect("the new key");
    api.delete(&format!("/keys/{last}")).await.is_problem(409, "key_is_the_last");
    api.get("/keys/nothing/ending").await.is_problem(404, "unknown_key");
}

async fn files(api: &Api<'_>) {
    let before = api.get("/files").await.ok(200);
    assert!(!before.to_string().contains("vs_cs_"), "no secret comes out");
    let wanted = json!({ "documents": { "group": [{ "name": "from-files", "description": "Kept in files" }] } });
    let plan = api.post("/files/plan", wanted.clone()).await.ok(200);
    assert_eq!(plan["changes"][0]["name"], "from-files");
    assert_eq!(api.get("/files").await.ok(200), before, "a plan changes nothing");
    assert_eq!(api.post("/files/apply", wanted.clone()).await.ok(200)["changes"], plan["changes"]);
    assert_eq!(api.post("/files/plan", wanted).await.ok(200)["changes"], json!([]), "a second time nothing changes");
    assert_eq!(api.get("/files/drift").await.ok(200)["changes"], json!([]));
    api.patch("/groups/from-files", json!({ "description": "By hand" })).await.ok(200);
    assert_eq!(api.get("/files/drift").await.ok(200)["changes"][0]["name"], "from-files");
}

async fn traces(api: &Api<'_>) {
    let refused = api.get("/sessions/nothing").await;
    let id = refused.header("x-correlation-id").to_owned();
    api.app.trace(&id).await;
    let flow = api.get(&format!("/traces/{id}")).await.ok(200);
    assert_eq!(flow["steps"][0]["step"], "session_find");
    assert_eq!(flow["steps"][0]["received"], "unknown_session");
    assert_eq!(flow["steps"][0]["client_id"], "automation");
    let found = api.get("/traces?client_id=automation&refusals=true&limit=5").await.ok(200);
    assert!(found["items"].as_array().expect("items").contains(&flow), "{found}");
    api.get("/traces/nothing").await.is_problem(404, "unknown_trace");
}

async fn settings(api: &Api<'_>) {
    let etag = api.get("/settings").await.header("etag").to_owned();
    let set = json!({ "organisation": "Acme", "support": "help@acme.example" });
    let page = api.send(reqwest::Method::PUT, "/settings", Some(set), &[("if-match", &etag)]).await;
    assert_eq!(page.ok(200)["organisation"], "Acme");
    let patched = api.patch("/settings", json!({ "support": null })).await.ok(200);
    assert_eq!((&patched["organisation"], &patched["support"]), (&json!("Acme"), &json!(null)));
    let stale = api.send(reqwest::Method::PATCH, "/settings", Some(json!({})), &[("if-match", &etag)]).await;
    stale.is_problem(412, "version_is_stale");
    assert_eq!(api.put("/settings", json!({ "organisation": "a\nb" })).await.json()["field"], "organisation");
}

async fn overview(api: &Api<'_>) {
    for (range, points) in [("24h", 144), ("7d", 168), ("30d", 120)] {
        let overview = api.get(&format!("/overview?range={range}")).await.ok(200);
        assert_eq!(overview["times"].as_array().map(Vec::len), Some(points));
        assert_eq!(overview["counts"]["sign_ins"].as_array().map(Vec::len), Some(points));
    }
    api.get("/overview?range=1y").await.is_problem(400, "query");
}

#[tokio::test]
async fn an_altered_log_is_told() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let session = sign_in(&app).await;
    api.delete(&format!("/sessions/{session}")).await;
    let last = api.get("/audit?limit=1").await.ok(200)["items"][0]["id"].as_i64().expect("a number");
    app.lines(&format!("UPDATE events SET actor = 'nobody' WHERE id = {last} RETURNING kind AS line"));
    let verdict = api.get("/audit/verification").await.ok(200);
    assert_eq!((&verdict["whole"], &verdict["broken_at"]), (&json!(false), &json!(last)));
}

/// A session of somebody.
async fn sign_in(app: &TestApp) -> String {
    let client = app.web("c1").await;
    app.person("ada@example.com").await;
    let tokens = app.tokens(&mut Browser::new(app), &client, "ada@example.com", &[("scope", "openid")]).await;
    app.userinfo(&tokens.access).await;
    let sessions = app.lines("SELECT id AS line FROM sessions");
    sessions.into_iter().next().expect("a session")
}

#[tokio::test]
async fn n07_forged_cursors_and_odd_queries_are_refused_with_the_place() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    sign_in(&app).await;
    let field = |page: &crate::support::Page| page.json()["field"].as_str().map(str::to_owned);
    for (query, code, place) in [
        ("after=x", "cursor", "after"),
        ("after=AAAAAAAAAAAAAAAAAAAAAFsx", "cursor", "after"),
        ("limit=0", "query", "limit"),
        ("limit=-1", "query", "limit"),
        ("limit=9223372036854775808", "query", "limit"),
        ("limit=1%3B--", "query", "limit"),
        ("limit=1&limit=2", "query_repeated", "limit"),
        ("sort=name%3B--", "query_unknown", "sort"),
        ("order_by=1", "query_unknown", "order_by"),
    ] {
        let page = api.get(&format!("/sessions?{query}")).await;
        page.is_problem(400, code);
        assert_eq!(field(&page).as_deref(), Some(place), "{query}");
    }
    let next = api.get("/audit?limit=1").await.ok(200)["next"].as_str().map(str::to_owned);
    if let Some(cursor) = next {
        api.get(&format!("/sessions?after={cursor}")).await.is_problem(400, "cursor");
    }
    for odd in ["'", "%27%20OR%201=1--", "%25", "_", "%00", "%ff", "%F0%9F%92%A9", "..%2F..%2Fetc"] {
        let page = api.get(&format!("/audit?kind={odd}")).await;
        assert!(page.status == 200 && page.json()["items"] == json!([]) || page.status == 400, "{odd}: {}", page.body);
        let page = api.get(&format!("/sessions/{odd}")).await;
        assert!([400, 404].contains(&page.status), "{odd}: {}", page.body);
    }
}

#[tokio::test]
async fn the_index_tells_what_a_token_may_do() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let index = api.get("").await.ok(200);
    assert_eq!(index["client_id"], "automation");
    assert_eq!(index["user_id"], json!(null));
    assert_eq!(index["operations"].as_array().map(Vec::len), Some(routes().count()));
    api.get("/").await.ok(200);
    let page = app.send(app.http.get(app.url(&format!("{ROOT}/nothing/here"))).bearer_auth(&api.token)).await;
    page.is_problem(404, "address");
}

#[tokio::test]
async fn the_document_is_served_as_it_is_and_to_no_other_origin() {
    let app = TestApp::for_admin().await;
    let page =
        app.send(app.http.get(app.url(&format!("{ROOT}/openapi.json"))).header("origin", "https://x.test")).await;
    assert_eq!(page.json(), vouchsafe::http::admin::api::openapi::document(&app.issuer));
    assert!(page.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    let again = app.http.get(app.url(&format!("{ROOT}/openapi.json"))).header("if-none-match", page.header("etag"));
    assert_eq!(app.send(again).await.status, 304);
    let reader = app.send(app.http.get(app.url(&format!("{ROOT}/docs"))).header("accept", "text/html")).await;
    assert!(reader.status == 200 && reader.header("content-type").starts_with("text/html"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reader_page_is_for_everybody() {
    let Some(browser) = crate::support::chromium::start().await else { return };
    let app = TestApp::start().await;
    browser.go(&app.url(&format!("{ROOT}/docs"))).await;
    browser.wait_for("client_create").await;
    browser.inspect("admin-api").await;
    browser.quit().await;
}
