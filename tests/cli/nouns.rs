//! Nouns that came with the administration API: groups, roles, attributes, resource servers, grants, settings, the overview,
//! the security log; and what all verbs have in common: documents, versions, pages.

use serde_json::{Value, json};
use vouchsafe::store::events;

use crate::bench::{Bench, PASSWORD};

#[test]
fn groups_are_made_filled_changed_and_removed() {
    let bench = Bench::new();
    bench.person("ada@example.com");
    assert!(bench.run(&["group", "list"]).words().contains("no groups yet"));
    let made = bench.json(&["group", "add", "staff", "--description", "Everybody"]);
    assert_eq!((&made["name"], &made["version"]), (&json!("staff"), &json!(1)));
    bench.run(&["group", "add", "staff"]).refused(1, "already");
    bench.run(&["group", "add"]).refused(2, "NAME");
    let said = bench.run(&["group", "add-member", "staff", "ada@example.com"]);
    assert!(said.words().contains("ada@example.com") && said.out.contains("is in the group staff"), "{said:?}");
    assert_eq!(bench.json(&["group", "members", "staff"])[0]["email"], "ada@example.com");
    assert_eq!(bench.json(&["user", "list", "--group", "staff"]).as_array().unwrap().len(), 1);
    bench.run(&["group", "remove-member", "staff", "ada@example.com"]).words();
    assert_eq!(bench.json(&["group", "members", "staff"]), json!([]));
    assert_eq!(bench.json(&["group", "edit", "staff", "--description", "All of us"])["version"], 2);
    let listed = bench.run(&["group", "list", "--prefix", "st"]);
    assert_eq!(listed.words(), "GROUP  PEOPLE  DESCRIPTION\nstaff  0       All of us\n");
    let shown = bench.run(&["group", "show", "staff"]);
    assert!(shown.words().contains("All of us"));
    assert_eq!(bench.run(&["group", "remove", "staff"]).words(), "The group staff was removed.\n");
    bench.run(&["group", "show", "staff"]).refused(1, "there is no group");
}

#[test]
fn who_comes_too_late_changes_nothing() {
    let bench = Bench::new();
    bench.run(&["group", "add", "staff"]).words();
    let edit = |version: &str| {
        bench.run(&["group", "edit", "staff", "--description", "New", "--if-version", version, "--json"])
    };
    edit("7").refused(1, "somebody changed it");
    assert_eq!(edit("1").json()["version"], 2);
    edit("1").refused(1, "somebody changed it");
    bench.run(&["group", "remove", "staff", "--if-version", "1"]).refused(1, "somebody changed it");
    bench.run(&["group", "edit", "staff", "--if-version", "2"]).refused(2, "nothing to change");
}

#[test]
fn a_document_stands_for_all_flags() {
    let bench = Bench::new();
    let document = json!({ "name": "staff", "description": "Everybody" });
    bench.write("staff.json", &document.to_string());
    bench.json(&["group", "add", "--document", "staff.json"]);
    let fed = bench.feed(r#"{"name":"staff"}"#, &["group", "edit", "staff", "--document", "-", "--json"]);
    assert_eq!((&fed.json()["description"], &fed.json()["version"]), (&json!(""), &json!(2)));
    bench.run(&["group", "edit", "staff", "--document", "staff.json", "--description", "X"]).refused(2, "--document");
    bench.write("staff.json", r#"{"name":"staff","colour":"red"}"#);
    bench.run(&["group", "edit", "staff", "--document", "staff.json"]).refused(1, "colour");
    bench.write("staff.json", "{");
    bench.run(&["group", "edit", "staff", "--document", "staff.json"]).refused(2, "is not JSON");
    bench.run(&["group", "edit", "staff", "--document", "none.json"]).refused(2, "none.json: cannot be read");
    let client = json!({ "profile": "web", "name": "Wiki", "client_id": "wiki", "redirect_uris": ["https://w.test/"] });
    bench.write("wiki.json", &client.to_string());
    let made = bench.json(&["client", "add", "--document", "wiki.json"]);
    assert!(made["client_secret"].is_string() && made["redirect_uris"][0] == "https://w.test/");
    bench.run(&["client", "add"]).refused(2, "--profile");
}

#[test]
fn roles_and_attributes_are_defined_and_given() {
    let bench = Bench::new();
    bench.person("ada@example.com");
    let role = bench.json(&["role", "add", "helpdesk", "--permission", "admin:users:read admin:traces:read"]);
    assert_eq!(role["permissions"], json!(["admin:users:read", "admin:traces:read"]));
    bench.run(&["role", "add", "x", "--permission", "admin:all"]).refused(1, "admin:all");
    let edited = bench.json(&["role", "edit", "helpdesk", "--remove-permission", "admin:traces:read"]);
    assert_eq!(edited["permissions"], json!(["admin:users:read"]));
    assert!(bench.run(&["role", "list"]).words().contains("built in"));
    bench.run(&["role", "edit", "owner", "--description", "X"]).refused(1, "comes with the program");
    bench.json(&["attribute", "add", "team", "--title", "Team", "--kind", "text"]);
    bench.run(&["attribute", "add", "level", "--kind", "word", "--title", "L"]).refused(2, "possible values");
    let ada = bench.json(&[
        "user",
        "edit",
        "ada@example.com",
        "--role",
        "helpdesk",
        "--attribute",
        "team=core",
        "--add-group",
        "staff",
        "--locale",
        "de-CH",
    ]);
    assert_eq!((&ada["role"], &ada["attributes"]), (&json!("helpdesk"), &json!({ "team": "core" })));
    assert_eq!((&ada["groups"], &ada["locale"]), (&json!(["staff"]), &json!("de-CH")));
    let gone = bench.json(&["user", "edit", "ada@example.com", "--attribute", "team=", "--remove-group", "staff"]);
    assert_eq!((&gone["attributes"], &gone["groups"], &gone["locale"]), (&json!({}), &json!([]), &json!("de-CH")));
    bench.run(&["user", "edit", "ada@example.com", "--attribute", "team"]).refused(2, "NAME=TEXT");
    bench.run(&["user", "edit", "ada@example.com", "--attribute", "shoe=44"]).refused(1, "shoe");
    assert_eq!(bench.json(&["attribute", "edit", "team", "--title", "The team"])["title"], "The team");
    assert!(bench.run(&["attribute", "list"]).words().contains("The team"));
    assert_eq!(bench.json(&["attribute", "show", "team"])["kind"], "text");
    bench.run(&["attribute", "remove", "team"]).words();
    bench.run(&["role", "remove", "helpdesk"]).refused(1, "helpdesk");
    bench.json(&["user", "edit", "ada@example.com", "--role", "person"]);
    bench.run(&["role", "remove", "helpdesk"]).words();
    assert!(bench.json(&["role", "show", "auditor"])["built_in"] == true);
}

#[test]
fn people_are_searched_page_after_page() {
    let bench = Bench::new();
    for name in ["ada", "bob", "cai"] {
        bench.person(&format!("{name}@example.com"));
    }
    let emails = |args: &[&str]| -> Vec<String> {
        let listed = bench.json(args);
        listed.as_array().unwrap().iter().map(|u| u["email"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(emails(&["user", "list"]).len(), 3);
    assert_eq!(emails(&["user", "list", "--q", "bob"]), ["bob@example.com"]);
    assert_eq!(emails(&["user", "list", "--limit", "2"]), ["ada@example.com", "bob@example.com"]);
    let cut = bench.run(&["user", "list", "--limit", "2"]);
    assert!(cut.words().contains("There are more"), "{cut:?}");
    assert!(!bench.run(&["user", "list", "--limit", "3"]).words().contains("There are more"));
    bench.run(&["user", "list", "--limit", "0"]).refused(2, "--limit");
    bench.run(&["user", "list", "--status", "gone"]).refused(2, "possible values: enabled, disabled, invited");
    let all = bench.json(&["audit", "list", "--all"]).as_array().unwrap().len();
    assert!(all >= 3);
    for word in ["disable", "enable"] {
        bench.run(&["user", word, "ada@example.com"]).words();
    }
    assert_eq!(bench.json(&["audit", "list", "--all"]).as_array().unwrap().len(), all + 2);
}

#[test]
fn a_person_is_made_to_choose_another_password_and_their_history_is_shown() {
    let bench = Bench::new();
    let ada = bench.person("ada@example.com");
    let required = bench.json(&["user", "require-password-change", "ada@example.com"]);
    assert_eq!((&required["id"], &required["must_change_password"]), (&ada["id"], &json!(true)));
    let history = bench.json(&["user", "history", "ada@example.com"]);
    let kinds: Vec<&str> = history.as_array().unwrap().iter().filter_map(|e| e["kind"].as_str()).collect();
    assert!(!kinds.is_empty(), "{history}");
    assert_eq!(bench.json(&["user", "removal-effects", "ada@example.com"])["sessions"], 0);
    let invited = bench.json(&["user", "invite", "ada@example.com"]);
    assert!(invited["url"].as_str().unwrap().contains("/invitation?token="), "{invited}");
    assert!(invited["expires_at"].is_string() && invited["user"]["id"] == ada["id"]);
    let bob = bench.json(&["user", "add", "--email", "bob@example.com", "--role", "auditor", "--invite"]);
    assert_eq!(bob["user"]["role"], "auditor");
    let both = ["user", "add", "--email", "x@example.com", "--owner", "--role", "auditor", "--invite"];
    bench.run(&both).refused(2, "cannot be used with");
}

#[test]
fn a_client_has_snippets_a_preview_and_secrets_that_are_revoked() {
    let bench = Bench::new();
    bench.web_client("wiki");
    bench.person("ada@example.com");
    assert!(bench.run(&["client", "snippets", "wiki"]).words().contains("wiki"));
    assert!(bench.json(&["client", "snippets", "wiki"])[0]["text"].is_string());
    let asked = ["client", "preview", "wiki", "--user", "ada@example.com", "--scope", "openid email"];
    let preview = bench.json(&asked);
    assert_eq!((&preview["scopes"], &preview["obstacles"]), (&json!(["email", "openid"]), &json!([])));
    assert!(bench.run(&asked).words().contains("ada@example.com"));
    let rotated = bench.json(&["client", "rotate-secret", "wiki"]);
    let id = rotated["secret_id"].as_str().unwrap();
    bench.run(&["client", "rotate-secret", "wiki"]).refused(1, "has two secrets already");
    let words = bench.run(&["client", "revoke-secret", "wiki", id]);
    assert!(words.words().contains("is refused from now on"));
    bench.run(&["client", "revoke-secret", "wiki", "none"]).refused(1, "secret");
    assert_eq!(bench.json(&["client", "removal-effects", "wiki"])["grants"], 0);
    assert_eq!(bench.json(&["client", "list", "--profile", "spa"]), json!([]));
    assert_eq!(bench.json(&["client", "list", "--begins", "wi"]).as_array().unwrap().len(), 1);
    let mapping = r#"[{"claim":"team","source":{"constant":"core"},"in":["id_token"]}]"#;
    let refused = bench.run(&["client", "edit", "wiki", "--mappings", &mapping[1..]]);
    refused.refused(2, "--mappings takes JSON");
}

#[test]
fn scopes_and_resource_servers_are_changed() {
    let bench = Bench::new();
    let add = ["resource", "add", "https://api.test/v1", "--name", "Orders", "--access-token-seconds", "300"];
    assert_eq!(bench.json(&add)["access_token_lifetime_seconds"], 300);
    let edit =
        ["resource", "edit", "https://api.test/v1", "--access-token-seconds", "none", "--access-token-alg", "ES256"];
    let edited = bench.json(&edit);
    assert_eq!(
        (&edited["access_token_lifetime_seconds"], &edited["access_token_alg"]),
        (&Value::Null, &json!("ES256"))
    );
    assert!(bench.run(&["resource", "list"]).words().contains("https://api.test/v1"));
    assert_eq!(bench.json(&["resource", "show", "https://api.test/v1"])["name"], "Orders");
    bench.run(&["resource", "remove", "https://api.test/v1"]).words();
    bench.json(&["scope", "add", "orders:read", "--description", "Read", "--claim", "email"]);
    let again = bench.json(&["scope", "add", "orders:read", "--description", "Read orders"]);
    assert_eq!((&again["claims"], &again["version"]), (&json!([]), &json!(2)), "it is defined anew");
    let edited = bench.json(&["scope", "edit", "orders:read", "--add-claim", "locale"]);
    assert_eq!((&edited["claims"], &edited["description"]), (&json!(["locale"]), &json!("Read orders")));
    assert_eq!(bench.json(&["scope", "show", "orders:read"])["version"], 3);
}

#[test]
fn settings_overview_and_the_log_are_shown() {
    let bench = Bench::new().with("SUDO_USER", "alice");
    assert_eq!(bench.json(&["settings", "show"])["version"], 0);
    assert_eq!(bench.json(&["settings", "edit", "--organisation", "Acme"])["organisation"], "Acme");
    assert_eq!(bench.json(&["settings", "edit", "--organisation", ""])["organisation"], Value::Null);
    assert_eq!(bench.json(&["overview", "--range", "7d"])["range"], "7d");
    assert!(bench.run(&["overview"]).words().contains("In the last 24h"));
    let log = bench.json(&["audit", "list", "--kind", "settings_changed"]);
    assert_eq!((log.as_array().unwrap().len(), &log[0]["actor"]), (2, &json!("command line")));
    assert_eq!(log[0]["address"], "command line (alice)");
    let exported = bench.run(&["audit", "export", "--json"]);
    let entries = exported.words().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ids: Vec<i64> = entries.map(|entry| entry["id"].as_i64().unwrap()).collect();
    assert!(ids.len() >= 2 && ids.is_sorted());
    assert_eq!(bench.run(&["audit", "export", "--behind", &ids[0].to_string()]).words().lines().count(), ids.len() - 1);
    assert_eq!(bench.json(&["audit", "verify"])["whole"], true);
    bench.write_rows(move |c| events::delete_up_to(c, ids[0]).map(drop));
    let verdict = bench.run(&["audit", "verify"]);
    assert_eq!(verdict.code, 1, "{verdict:?}");
    assert!(verdict.out.contains("The log is broken at entry"));
}

#[test]
fn traces_are_searched_and_grants_are_listed() {
    let bench = Bench::new();
    bench.run(&["client", "show", "nope"]).refused(1, "there is no client");
    let found = bench.json(&["trace", "search", "--refusals", "true"]);
    assert_eq!(found[0]["steps"][0]["step"], "client_find");
    let id = found[0]["correlation_id"].as_str().unwrap();
    assert!(bench.run(&["trace", "search"]).words().contains(id));
    assert_eq!(bench.json(&["trace", id])["correlation_id"], id);
    bench.run(&["trace"]).refused(2, "");
    bench.run(&["trace", "search", "--from", "yesterday"]).refused(1, "RFC 3339");
    assert_eq!(bench.json(&["grant", "list"]), json!([]));
    bench.run(&["grant", "end", "none"]).refused(1, "grant");
    bench.run(&["session", "show", "none"]).refused(1, "session");
}

#[test]
fn a_key_is_retired_and_removed() {
    let bench = Bench::new();
    let keys = bench.json(&["key", "list"]);
    let first = keys.as_array().unwrap().iter().find(|key| key["alg"] == "ES256").unwrap()["kid"].as_str().unwrap();
    assert!(keys[0].get("public_jwk").is_none());
    bench.run(&["key", "retire", first]).refused(1, "rotate first");
    bench.json(&["key", "rotate", "--alg", "ES256", "--emergency"]);
    assert_eq!(bench.json(&["key", "ending", first])["has_successor"], true);
    bench.run(&["key", "remove", "--yes", first]).words();
    bench.run(&["key", "remove", first]).refused(1, "there is no key");
}

#[test]
fn names_with_a_meaning_in_addresses_are_no_names() {
    let bench = Bench::new();
    for args in [["user", "remove", ".."], ["group", "show", "."], ["client", "disable", ""]] {
        bench.run(&args).refused(2, "value");
    }
    bench.run(&["group", "show", "a/b?c#d%2e"]).refused(1, "a/b?c#d%2e");
    let odd = bench.feed(PASSWORD, &["user", "add", "--email", "a+b@example.com", "--password-stdin", "--json"]);
    assert_eq!(bench.json(&["user", "show", "a+b@example.com"])["id"], odd.json()["id"]);
}

#[test]
fn a_private_key_for_a_provider_comes_by_the_input_stream_with_all_its_lines() {
    let bench = Bench::new();
    let add = ["provider", "add", "acme", "--name", "Acme", "--preset", "oidc", "--issuer", "https://idp.test"];
    let how =
        ["--client-id", "us", "--client-auth", "private_key_jwt", "--key-id", "k1", "--assertion-audience", "issuer"];
    let made = bench.json(&[&add[..], &how[..]].concat());
    assert_eq!((&made["key_id"], &made["has_secret"]), (&"k1".into(), &false.into()));
    let set = ["provider", "set-secret", "acme", "--secret-stdin", "--json"];
    let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let shown = bench.feed(&pem, &set).json();
    assert!(shown["has_secret"] == true && !shown.to_string().contains("PRIVATE"), "{shown}");
    bench.feed("one\ntwo\n", &set).refused(2, "more than one line");
    bench.feed("a-secret", &set).refused(1, "private key in PEM");
}
