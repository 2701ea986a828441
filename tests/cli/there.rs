//! The nouns on a running server: with a token, with a client's credentials, and with what is not enough.

use serde_json::json;

use crate::bench::{Bench, PASSWORD};

/// A server with a client `ops` of these scopes, and what leads there.
fn server(scopes: &str) -> (Bench, crate::bench::Server, String, String) {
    let (bench, port, issuer) = Bench::served();
    // A scope that is for another server does no harm.
    bench.json(&["scope", "add", "orders:read", "--description", "Read", "--audience", "https://api.test"]);
    let scopes = &format!("{scopes} orders:read");
    let add = ["client", "add", "--profile", "service", "--name", "Ops", "--client-id", "ops", "--scope", scopes];
    let secret = bench.json(&add)["client_secret"].as_str().unwrap().to_owned();
    let server = bench.serve(port);
    (bench, server, issuer, secret)
}

#[test]
fn nouns_work_on_a_running_server() {
    let (bench, _server, issuer, secret) = server(
        "admin:users:read admin:users:write admin:groups:read admin:groups:write admin:clients:read \
         admin:clients:write admin:keys:read admin:keys:write admin:sessions:read admin:sessions:write admin:audit:read admin:traces:read",
    );
    let bench = bench.with("VOUCHSAFE_API_CLIENT_ID", "ops").with("VOUCHSAFE_API_CLIENT_SECRET", &secret);
    let there = |args: &[&str]| bench.run(&[args, &["--server", &issuer, "--json"]].concat());
    let add = ["user", "add", "--email", "ada@example.com", "--password-stdin", "--server", &issuer, "--json"];
    let ada = bench.feed(PASSWORD, &add);
    assert!(!ada.out.contains(PASSWORD));
    let ada = ada.json();
    assert_eq!(bench.json(&["user", "show", "ada@example.com"]), ada, "the same here and there");
    assert_eq!(there(&["user", "show", "ada@example.com"]).json(), ada);
    assert_eq!(there(&["group", "add", "staff"]).json()["version"], 1);
    there(&["group", "add-member", "staff", "ada@example.com"]).json();
    assert_eq!(there(&["user", "list", "--group", "staff"]).json().as_array().unwrap().len(), 1);
    there(&["group", "edit", "staff", "--description", "X", "--if-version", "9"]).refused(1, "somebody changed it");
    assert_eq!(there(&["group", "edit", "staff", "--description", "X"]).json()["version"], 2);
    let wiki = [
        "client",
        "add",
        "--profile",
        "web",
        "--name",
        "Wiki",
        "--client-id",
        "wiki",
        "--redirect-uri",
        "https://w.test/",
    ];
    assert!(there(&wiki).json()["client_secret"].is_string());
    let edited = there(&["client", "edit", "wiki", "--add-scope", "groups", "--trusted", "true"]).json();
    assert_eq!(edited["trusted"], true);
    let logo = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/logo.png");
    there(&["client", "set-logo", "wiki", logo]).json();
    there(&["client", "logo", "wiki", "--out", "there.png"]).json();
    assert_eq!(std::fs::read(bench.path("there.png")).unwrap(), std::fs::read(logo).unwrap());
    assert_eq!(there(&["session", "end", "--user", "ada@example.com"]).json()["ended"], 0);
    assert_eq!(there(&["key", "export-public"]).json(), bench.json(&["key", "export-public"]));
    bench.write("own.pem", &rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem());
    assert_eq!(there(&["key", "import", "own.pem"]).json()["state"], "published");
    let log = there(&["audit", "list", "--kind", "client_added", "--limit", "1"]).json();
    assert_eq!(log[0]["actor"], "client ops");
    let exported = bench.run(&["audit", "export", "--server", &issuer]);
    assert!(exported.words().lines().count() > 3);
    assert_eq!(there(&["client", "remove", "wiki"]).json()["client_id"], "wiki");

    there(&["client", "show", "wiki"]).refused(1, "there is no client \"wiki\" (reference");
    there(&["role", "list"]).refused(1, "admin:roles:read");
    there(&["group", "list", "--token-scope", "admin:users:read"]).refused(1, "admin:groups:read");
    there(&["group", "list", "--token-scope", "admin:settings:write"]).refused(3, "gives no token");
}

#[test]
fn a_token_that_is_wrong_or_missing_is_refused_with_words() {
    let (bench, _server, issuer, secret) = server("admin:groups:read");
    let list = ["group", "list", "--server", &issuer];
    bench.run(&list).refused(2, "VOUCHSAFE_API_TOKEN");
    bench.write("token", "not.a.token\n");
    bench.run(&[&list[..], &["--token-file", "token"]].concat()).refused(1, "access token");
    bench.run(&[&list[..], &["--token-file", "nowhere"]].concat()).refused(2, "nowhere cannot be read");
    bench.run(&["group", "list", "--token-file", "token"]).refused(2, "--server");
    let bench = bench.with("VOUCHSAFE_API_CLIENT_ID", "ops").with("VOUCHSAFE_API_CLIENT_SECRET", &secret);
    assert_eq!(bench.run(&[&list[..], &["--json"]].concat()).json(), json!([]));
    bench.run(&["group", "add", "x", "--server", &issuer]).refused(1, "admin:groups:write");
    bench.run(&["group", "list", "--server", "http://localhost:1"]).refused(3, "does not answer");
}
