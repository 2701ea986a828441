//! Clients, scopes and resource servers in the administration API: the contract, and what nobody slips in (security cases
//! H03, H05, N03, N04).

use serde_json::{Value, json};
use vouchsafe::identity::{Permission, Permissions};

use crate::admin_api_people::versions;
use crate::support::TestApp;
use crate::support::admin::Api;

/// Every operation of these nouns, once with success.
pub async fn contract(api: &Api<'_>) {
    resources(api).await;
    scopes(api).await;
    clients(api).await;
    secrets(api).await;
    insight(api).await;
    crate::logo::contract(api).await;
}

async fn resources(api: &Api<'_>) {
    let orders = json!({ "audience": "https://api.orders.example/v1", "name": "Orders" });
    let made = api.post("/resources", orders.clone()).await;
    made.ok(201);
    let place = "/resources/https%3A%2F%2Fapi.orders.example%2Fv1";
    assert!(made.header("location").ends_with(place), "{}", made.header("location"));
    assert_eq!(api.post("/resources", orders).await.status, 409);
    versions(api, place, json!({ "access_token_lifetime_seconds": 60 })).await;
    assert_eq!(api.get("/resources").await.ok(200)["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(api.delete(place).await.status, 204);
    assert_eq!(api.get(place).await.status, 404);
}

async fn scopes(api: &Api<'_>) {
    let read = json!({ "name": "orders:read", "description": "Read your orders" });
    api.post("/scopes", read.clone()).await.ok(201);
    assert_eq!(api.post("/scopes", read).await.status, 409);
    versions(api, "/scopes/orders:read", json!({ "claims": ["locale"] })).await;
    assert_eq!(api.get("/scopes").await.ok(200)["items"].as_array().map(Vec::len), Some(1));
    let ours = json!({ "name": "admin:mine", "description": "x" });
    assert_eq!(api.post("/scopes", ours).await.status, 409, "the name space is ours");
    assert_eq!(api.delete("/scopes/orders:read").await.status, 204);
}

async fn clients(api: &Api<'_>) {
    let wiki =
        json!({ "client_id": "wiki", "profile": "web", "name": "Wiki", "redirect_uris": ["https://wiki.test/cb"] });
    let made = api.post("/clients", wiki.clone()).await;
    assert!(made.ok(201)["client_secret"].as_str().is_some_and(|secret| secret.starts_with("vs_cs_")));
    assert_eq!(api.post("/clients", wiki).await.status, 409);
    versions(api, "/clients/wiki", json!({ "name": "The wiki" })).await;
    for query in ["begins=wik", "profile=web&limit=1", "disabled=false"] {
        let found = api.get(&format!("/clients?{query}")).await.ok(200);
        assert!(!found["items"].as_array().expect("items").is_empty(), "{query}");
    }
    let spa = json!({ "profile": "spa", "name": "App", "redirect_uris": ["https://app.test/cb"] });
    let spa = api.post("/clients", spa).await.ok(201);
    assert_eq!(spa["client_secret"], Value::Null);
    assert!(spa["client_id"].as_str().is_some_and(|id| id.starts_with("spa-")));
    assert_eq!(api.post("/clients/wiki/disable", json!({})).await.ok(200)["disabled"], true);
    assert_eq!(api.post("/clients/wiki/enable", json!({})).await.ok(200)["disabled"], false);
    api.get("/clients/wiki/removal-effects").await.ok(200);
    let id = spa["client_id"].as_str().expect("an id");
    assert_eq!(api.delete(&format!("/clients/{id}")).await.status, 204);
    assert_eq!(api.get(&format!("/clients/{id}")).await.status, 404);
}

async fn insight(api: &Api<'_>) {
    let settings = api.get("/clients/wiki/settings").await.ok(200);
    assert!(settings["items"].to_string().contains(&api.app.issuer) && !settings.to_string().contains("vs_cs_"));
    let asked = json!({ "user": "ada@example.com", "scopes": ["openid", "email", "nobody:defined:this"] });
    let preview = api.post("/clients/wiki/preview", asked).await.ok(200);
    assert!(preview["access_token"].as_array().is_some_and(|claims| !claims.is_empty()), "{preview}");
    assert_eq!(preview["dropped"][0]["scope"], "nobody:defined:this");
    assert_eq!(api.app.lines("SELECT id AS line FROM grants WHERE client_id = 'wiki'"), [""; 0], "nothing is issued");
    assert_eq!(api.post("/clients/nothing/preview", json!({})).await.status, 404);
}

async fn secrets(api: &Api<'_>) {
    let rotated = api.post("/clients/wiki/secrets", json!({ "overlap_seconds": 60 })).await;
    let body = rotated.ok(201);
    let id = body["secret_id"].as_str().expect("an id");
    assert!(rotated.header("location").ends_with(&format!("/clients/wiki/secrets/{id}")));
    assert_eq!(body["client"]["secrets"].as_array().map(Vec::len), Some(2));
    let shown = api.get("/clients/wiki").await.body;
    assert!(!shown.contains("vs_cs_"), "a secret is shown once");
    let left = api.delete(&format!("/clients/wiki/secrets/{id}")).await.ok(200);
    assert!(left["secrets"].as_array().expect("secrets").len() <= 2);
    assert_eq!(api.post("/clients/wiki/secrets", json!({ "overlap_seconds": 99_999_999 })).await.status, 400);
}

/// Values that no client may have, by name.
fn bad_values() -> Vec<(&'static str, Value)> {
    vec![
        ("redirect_uris", json!(["javascript:alert(1)"])),
        ("redirect_uris", json!(["https://app.test/cb#fragment"])),
        ("redirect_uris", json!(["http://app.test/cb"])),
        ("redirect_uris", json!(["https://*.app.test/cb"])),
        ("redirect_uris", json!("https://app.test/cb")),
        ("grants", json!(["password"])),
        ("grants", json!(["implicit"])),
        ("auth_method", json!("none at all")),
        ("scopes", json!(["nobody:defined:this"])),
        ("code_lifetime_seconds", json!(86_400)),
        ("access_token_lifetime_seconds", json!(-1)),
        ("access_token_lifetime_seconds", json!(9_999_999)),
        ("id_token_alg", json!("none")),
        ("access_token_alg", json!("HS256")),
        ("client_uri", json!("javascript:alert(1)")),
        ("name", json!("a\nb")),
        ("name", json!("")),
        ("pkce", json!("plain")),
        ("contacts", json!(["nobody"])),
        ("default_max_age", json!(-5)),
    ]
}

#[tokio::test]
async fn h03_h05_what_a_client_may_not_be_it_cannot_be_made_by_any_method() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let good =
        json!({ "client_id": "good", "profile": "web", "name": "Good", "redirect_uris": ["https://good.test/cb"] });
    api.post("/clients", good.clone()).await.ok(201);
    let before = api.get("/clients/good").await.ok(200);
    let foreign =
        ["client_secret", "enabled", "skip_consent", "roles", "owner", "tenant", "first_party", "require_pkce"];
    let unknown = foreign.into_iter().map(|name| (name, json!(true)));
    for (name, value) in bad_values().into_iter().chain(unknown) {
        let mut document = good.clone();
        document[name] = value.clone();
        let mut new = document.clone();
        new["client_id"] = json!("new");
        let posted = api.post("/clients", new).await;
        let put = api.put("/clients/good", document).await;
        let patched = api.patch("/clients/good", json!({ name: value })).await;
        for page in [&posted, &put, &patched] {
            assert_eq!(page.status, 400, "{name}: {value}: {}", page.body);
            assert!(page.json()["field"].is_string(), "{name}: no field is named: {}", page.body);
        }
        assert_eq!(
            (posted.json()["code"].clone(), put.json()["code"].clone()),
            (patched.json()["code"].clone(), patched.json()["code"].clone()),
            "{name}: {value}: the same refusal everywhere"
        );
    }
    assert_eq!(api.get("/clients/good").await.ok(200), before);
    assert_eq!(api.get("/clients/new").await.status, 404);
    assert_eq!(
        api.put("/clients/good", json!({ "client_id": "other", "profile": "web", "name": "Good" })).await.status,
        400
    );
}

#[tokio::test]
async fn n04_a_part_of_one_client_is_not_reached_through_another() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let mut secrets = Vec::new();
    for id in ["c1", "c2"] {
        let client = json!({ "client_id": id, "profile": "web", "name": id, "redirect_uris": ["https://app.test/cb"] });
        let made = api.post("/clients", client).await.ok(201);
        secrets.push(made["secrets"][0]["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(api.delete(&format!("/clients/c1/secrets/{}", secrets[1])).await.status, 404);
    assert_eq!(api.delete(&format!("/clients/nothing/secrets/{}", secrets[1])).await.status, 404);
    let is_live = app.lines("SELECT id AS line FROM client_secrets WHERE client_id = 'c2' AND expires_at IS NULL");
    assert_eq!(is_live, [secrets[1].clone()]);
}

#[tokio::test]
async fn n03_nobody_gives_a_client_more_than_they_have_and_takes_over_none_above() {
    let app = TestApp::for_admin().await;
    let few = Permissions::of(&[Permission::ClientsRead, Permission::ClientsWrite]);
    let operator = app.program("operator", few).await;
    app.service("mighty", Permissions::ALL).await;
    let service = |scope: &str| json!({ "profile": "service", "name": "Mine", "scopes": [scope] });
    for scope in ["admin:own", "admin:users:write", "admin:clients:read"] {
        let page = operator.post("/clients", service(scope)).await;
        assert_eq!(page.status, 403, "{scope}: {}", page.body);
    }
    for page in [
        operator.post("/clients/mighty/secrets", json!({})).await,
        operator.post("/clients/mighty/disable", json!({})).await,
        operator.patch("/clients/mighty", json!({ "name": "Mine" })).await,
        operator.delete("/clients/mighty").await,
    ] {
        assert_eq!(page.status, 403, "{} {}", page.url, page.body);
    }
    let console = operator.patch("/clients/vouchsafe-console", json!({ "name": "Mine" })).await;
    assert!([403, 404, 409].contains(&console.status), "{}", console.body);
}
