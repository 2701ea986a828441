//! Owns the tests of files: round trips, drift, refusals. Tests only.

use serde_json::json;

use super::*;
use crate::flow::admin::bench;
use crate::identity::Permissions;

fn request(documents: Value) -> FilesRequest {
    FilesRequest { documents: serde_json::from_value(documents).unwrap(), ..FilesRequest::default() }
}

/// One of everything, each naming the one before it where it can.
fn full() -> Value {
    json!({
        "settings": { "organisation": "Acme" },
        "attribute": [{ "name": "department", "title": "Department", "kind": "text" }],
        "resource": [{ "audience": "https://orders.test", "name": "Orders", "access_token_lifetime_seconds": 300 }],
        "scope": [{ "name": "orders:read", "description": "Read your orders", "audience": "https://orders.test" }],
        "group": [{ "name": "staff", "description": "Everybody" }],
        "role": [{ "name": "helpdesk", "description": "Helps", "permissions": ["admin:users:read"] }],
        "client": [
            { "client_id": "wiki", "profile": "web", "name": "Wiki", "redirect_uris": ["https://wiki.test/cb"],
              "scopes": ["openid", "orders:read"] },
            { "client_id": "shop", "profile": "spa", "name": "Shop", "redirect_uris": ["https://shop.test/cb"] },
        ],
    })
}

fn words(changes: &[ObjectChange]) -> Vec<String> {
    let word = |c: &ObjectChange| format!("{:?} {} {}", c.action, c.kind.as_str(), c.name);
    changes.iter().map(word).collect()
}

const CLI: Actor = Actor::CommandLine;

#[tokio::test]
async fn a_whole_set_up_is_planned_applied_exported_and_applied_again() {
    let house = bench::house().await;
    let cx = house.cx();
    let planned = plan(&cx, &CLI, request(full())).await.unwrap().unwrap().changes;
    let order = [
        "Create attribute department",
        "Create resource https://orders.test",
        "Create scope orders:read",
        "Create group staff",
        "Update settings settings",
        "Create role helpdesk",
        "Create client shop",
        "Create client wiki",
    ];
    assert_eq!(words(&planned), order);
    assert!(export(&cx, &CLI).await.unwrap().unwrap().attribute.is_empty(), "a plan changes nothing");
    assert!(house.events().await.is_empty(), "and leaves no trace in the log");

    let done = apply(&cx, &CLI, request(full())).await.unwrap().unwrap();
    assert_eq!(words(&done.changes), order);
    assert_eq!(done.secrets.keys().collect::<Vec<_>>(), ["wiki"], "a public client has none");
    assert_eq!(cx.parts.settings.get().organisation.as_deref(), Some("Acme"));

    assert!(plan(&cx, &CLI, request(full())).await.unwrap().unwrap().changes.is_empty());
    let events = house.events().await.len();
    let again = apply(&cx, &CLI, request(full())).await.unwrap().unwrap();
    assert!(again.changes.is_empty() && again.secrets.is_empty(), "applying is idempotent");
    assert_eq!(house.events().await.len(), events);

    let mut exported = export(&cx, &CLI).await.unwrap().unwrap();
    exported.client.retain(|client| client.client_id.as_deref() != Some(bench::CLIENT));
    let round = FilesRequest { documents: exported, ..FilesRequest::default() };
    assert!(plan(&cx, &CLI, round).await.unwrap().unwrap().changes.is_empty(), "what is exported is what was applied");
    assert!(drift(&cx, &CLI).await.unwrap().unwrap().changes.is_empty());
}

#[tokio::test]
async fn what_hands_changed_is_drift_and_is_put_right() {
    let house = bench::house().await;
    let cx = house.cx();
    apply(&cx, &CLI, request(full())).await.unwrap().unwrap();
    let mut wiki = client::find(&cx, &CLI, "wiki").await.unwrap().unwrap();
    assert!(wiki.managed_by_files);
    wiki.document.name = "Wiki by hand".to_owned();
    client::replace(&cx, &CLI, "wiki", wiki.document, None).await.unwrap().unwrap();
    group::remove(&cx, &CLI, "staff", None).await.unwrap().unwrap();
    let drifted = drift(&cx, &CLI).await.unwrap().unwrap().changes;
    assert_eq!(words(&drifted), ["Delete group staff", "Update client wiki"]);
    assert_eq!(drifted[1].fields[0].after, json!("Wiki by hand"));
    let planned = plan(&cx, &CLI, request(full())).await.unwrap().unwrap().changes;
    assert_eq!(words(&planned), ["Create group staff", "Update client wiki"]);
    assert!(planned.iter().all(|change| change.drifted));
    apply(&cx, &CLI, request(full())).await.unwrap().unwrap();
    assert!(drift(&cx, &CLI).await.unwrap().unwrap().changes.is_empty());
}

#[tokio::test]
async fn what_files_no_longer_hold_goes_and_the_rest_is_left_alone() {
    let house = bench::house().await;
    let cx = house.cx();
    apply(&cx, &CLI, request(full())).await.unwrap().unwrap();
    let less = json!({ "client": full()["client"][1].as_object().map(|c| vec![c.clone()]) });
    let done = apply(&cx, &CLI, request(less)).await.unwrap().unwrap().changes;
    assert_eq!(
        words(&done),
        [
            "Delete client wiki",
            "Delete role helpdesk",
            "Delete settings settings",
            "Delete group staff",
            "Delete scope orders:read",
            "Delete resource https://orders.test",
            "Delete attribute department",
        ]
    );
    let left = export(&cx, &CLI).await.unwrap().unwrap();
    let ids: Vec<_> = left.client.iter().filter_map(|client| client.client_id.as_deref()).collect();
    assert_eq!(ids, [bench::CLIENT, "shop"], "a client that was never in a file stays");
}

#[tokio::test]
async fn one_wrong_object_and_nothing_is_applied() {
    let house = bench::house().await;
    let cx = house.cx();
    let mut wrong = full();
    wrong["client"][1]["redirect_uris"] = json!(["http://shop.test/cb"]);
    for refused in [
        plan(&cx, &CLI, request(wrong.clone())).await.unwrap().unwrap_err(),
        apply(&cx, &CLI, request(wrong)).await.unwrap().err().unwrap(),
    ] {
        assert!(refused.words.starts_with("client shop: "), "{refused}");
        assert_eq!(refused.field, Some("redirect_uris"));
    }
    assert!(export(&cx, &CLI).await.unwrap().unwrap().group.is_empty());
    for (documents, code) in [
        (json!({ "group": [{ "name": "a" }, { "name": "a" }] }), "file_name_twice"),
        (json!({ "client": [{ "profile": "spa", "name": "X" }] }), "file_name_missing"),
    ] {
        assert_eq!(plan(&cx, &CLI, request(documents)).await.unwrap().unwrap_err().code, code);
    }
    let unknown =
        serde_json::from_value::<FileSet>(json!({ "client": [{ "profile": "spa", "name": "X", "id": "x" }] }));
    assert!(unknown.is_err(), "H03: an unknown field is refused");
}

#[tokio::test]
async fn secrets_come_by_reference_and_are_replaced_with_an_overlap() {
    let house = bench::house().await;
    let cx = house.cx();
    let with = |secret: &str| {
        let mut request = request(full());
        request.secrets.insert("wiki".to_owned(), secret.to_owned());
        request
    };
    let (first, second) = ("a".repeat(32), "b".repeat(32));
    let done = apply(&cx, &CLI, with(&first)).await.unwrap().unwrap();
    assert!(done.secrets.is_empty(), "it is known already");
    assert!(plan(&cx, &CLI, with(&first)).await.unwrap().unwrap().changes.is_empty());
    let planned = plan(&cx, &CLI, with(&second)).await.unwrap().unwrap().changes;
    assert_eq!(words(&planned), ["Update client wiki"]);
    assert_eq!(planned[0].fields[0].path, "secret");
    assert!(!json!(planned).to_string().contains(&second), "a plan shows no secret");
    house.clock.advance(crate::time::Lifetime::from_seconds(1));
    let cx = house.cx();
    apply(&cx, &CLI, with(&second)).await.unwrap().unwrap();
    let wiki = client::find(&cx, &CLI, "wiki").await.unwrap().unwrap();
    assert_eq!(wiki.secrets.iter().filter(|s| s.expires_at.is_none()).count(), 1);
    assert_eq!(wiki.secrets.len(), 2);
    for (id, secret, code) in [
        ("wiki", "short", "file_secret_weak"),
        ("nobody", first.as_str(), "file_secret_unknown"),
        ("shop", first.as_str(), "client_has_no_secret"),
    ] {
        let mut request = request(full());
        request.secrets.insert(id.to_owned(), secret.to_owned());
        assert_eq!(plan(&cx, &CLI, request).await.unwrap().unwrap_err().code, code, "{id}");
    }
}

#[tokio::test]
async fn a_provider_with_a_key_goes_round_through_files_and_the_key_comes_by_reference() {
    let house = bench::house().await;
    let cx = house.cx();
    let key = bench::pem(crate::oauth::jose::Algorithm::ES256);
    let with = |key: &str| {
        let mut request = request(json!({ "provider": [
            { "id": "apple", "name": "Apple", "preset": "apple", "client_id": "com.example.id",
              "key_id": "ABC123DEFG", "team_id": "DEF123GHIJ" },
            { "id": "acme", "name": "Acme", "preset": "oidc", "issuer": "https://idp.test", "client_id": "us",
              "client_auth": "private_key_jwt", "assertion_audience": "token_endpoint" },
            { "id": "entra", "name": "Entra", "preset": "microsoft", "client_id": "us",
              "tenants": ["72f988bf-86f1-41af-91ab-2d7cd011db47"] },
        ] }));
        request.provider_secrets.insert("apple".to_owned(), key.to_owned());
        request
    };
    let planned = plan(&cx, &CLI, with(&key)).await.unwrap().unwrap().changes;
    assert!(!json!(planned).to_string().contains("PRIVATE KEY"), "a plan shows no key");
    apply(&cx, &CLI, with(&key)).await.unwrap().unwrap();
    // As a file without its last line break: the same key.
    assert!(plan(&cx, &CLI, with(key.trim())).await.unwrap().unwrap().changes.is_empty());
    assert!(super::provider::find(&cx, &CLI, "apple").await.unwrap().unwrap().has_secret);
    let exported = export(&cx, &CLI).await.unwrap().unwrap();
    assert!(!json!(exported).to_string().contains("PRIVATE KEY"));
    let round = FilesRequest {
        documents: FileSet { provider: exported.provider, ..FileSet::default() },
        ..FilesRequest::default()
    };
    assert_eq!(plan(&cx, &CLI, round).await.unwrap().unwrap().changes, []);
}

#[tokio::test]
async fn n03_files_need_the_permission_of_all_that_they_do() {
    let house = bench::house().await;
    let cx = house.cx();
    let user = house.person("alice@example.com").await;
    let actor = |permissions: Permissions| Actor::Person { id: user.id.clone(), permissions };
    let all_but = |missing: Permission| actor(Permissions::ALL.iter().filter(|p| *p != missing).collect());
    for missing in [
        Permission::SettingsWrite,
        Permission::ScopesWrite,
        Permission::GroupsWrite,
        Permission::RolesWrite,
        Permission::ClientsWrite,
        Permission::ClientsRead,
    ] {
        let refused = apply(&cx, &all_but(missing), request(full())).await.unwrap().err().unwrap();
        assert_eq!(refused.code, "permission_missing", "{missing:?}");
    }
    let mut mighty = full();
    mighty["client"][0]["scopes"] = json!(["openid", "admin:keys:write"]);
    let refused = apply(&cx, &all_but(Permission::KeysWrite), request(mighty)).await.unwrap();
    assert!(refused.is_ok(), "an owner gives what they like, whatever else they lack");
    let lesser =
        actor(Permissions::ALL.iter().filter(|p| !matches!(p, Permission::Own | Permission::KeysWrite)).collect());
    let mut mighty = full();
    mighty["client"][0]["scopes"] = json!(["openid", "admin:keys:write"]);
    let refused = apply(&cx, &lesser, request(mighty)).await.unwrap().err().unwrap();
    assert_eq!(refused.code, "above_your_rank");
}
