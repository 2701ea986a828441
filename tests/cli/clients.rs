//! `vouchsafe client …` and `vouchsafe scope …`.

use serde_json::Value;

use crate::bench::{Bench, bytes_of, contains};

#[test]
fn client_add_gives_the_names_that_scripts_rely_on() {
    let bench = Bench::new();
    let web = bench.json(&[
        "client",
        "add",
        "--profile",
        "web",
        "--name",
        "Wiki",
        "--redirect-uri",
        "https://wiki.test/cb",
        "--redirect-uri",
        "https://wiki.test/cb2",
        "--post-logout-redirect-uri",
        "https://wiki.test/",
        "--client-id",
        "wiki",
        "--trusted",
    ]);
    assert_eq!(web["client_id"], "wiki");
    assert!(web["client_secret"].as_str().unwrap().starts_with("vs_cs_"));
    assert_eq!(web["redirect_uris"], serde_json::json!(["https://wiki.test/cb", "https://wiki.test/cb2"]));
    assert_eq!(web["post_logout_redirect_uris"], serde_json::json!(["https://wiki.test/"]));
    assert_eq!(web["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(web["grant_types"], serde_json::json!(["authorization_code", "refresh_token"]));
    assert_eq!(web["trusted"], true);
    let spa = bench.json(&["client", "add", "--profile", "spa", "--name", "S", "--redirect-uri", "https://s.test/cb"]);
    assert_eq!((spa.get("client_secret"), &spa["token_endpoint_auth_method"]), (None, &Value::from("none")));
    assert!(spa["client_id"].as_str().unwrap().starts_with("spa-"));
    let job =
        bench.json(&["client", "add", "--profile", "service", "--name", "J", "--auth-method", "client_secret_post"]);
    assert_eq!(job["grant_types"], serde_json::json!(["client_credentials"]));
    assert_eq!(
        (&job["scope"], &job["token_endpoint_auth_method"]),
        (&Value::from(""), &Value::from("client_secret_post"))
    );
    let native = ["client", "add", "--profile", "native", "--name", "N", "--redirect-uri", "com.example.app:/cb"];
    assert!(bench.json(&native).get("client_secret").is_none());
}

#[test]
fn what_cannot_be_a_client_is_refused_with_words() {
    let bench = Bench::new();
    let add = |more: &[&str]| bench.run(&[&["client", "add", "--name", "X", "--json"], more].concat());
    let uri = ["--redirect-uri", "https://x.test/cb"];
    add(&["--profile", "web"]).refused(1, "at least one redirect URI");
    add(&["--profile", "web", "--redirect-uri", "http://x.test/cb"]).refused(1, "http is allowed for loopback");
    add(&["--profile", "web", "--redirect-uri", "https://*.x.test/cb"]).refused(1, "wildcards do not exist");
    add(&[&["--profile", "web", "--client-id", "a b"], &uri[..]].concat()).refused(1, "cannot be a client id");
    add(&[&["--profile", "web", "--client-id", "https://x.test"], &uri[..]].concat())
        .refused(1, "cannot be a client id");
    let uuid = ["--profile", "web", "--client-id", "0199a5c8-1111-7000-8000-000000000000"];
    add(&[&uuid, &uri[..]].concat()).refused(1, "looks like a person's id");
    add(&[&["--profile", "web", "--scope", "openid orders:read"], &uri[..]].concat()).refused(1, "define it first");
    add(&["--profile", "service", "--scope", "openid"]).refused(1, "is about people");
    add(&[&["--profile", "spa", "--auth-method", "client_secret_basic"], &uri[..]].concat())
        .refused(1, "cannot keep a secret");
    add(&[&["--profile", "spa", "--grant", "client_credentials"], &uri[..]].concat()).refused(1, "anybody could act");
    add(&["--profile", "robot"]).refused(2, "possible values: web, spa, native, service");
    bench.run(&["client", "add", "--profile", "web"]).refused(2, "--name");
    assert_eq!(bench.json(&["client", "list"]), serde_json::json!([]));
    bench.web_client("wiki");
    add(&[&["--profile", "web", "--client-id", "wiki"], &uri[..]].concat())
        .refused(1, "there is a client \"wiki\" already");
}

#[test]
fn a_client_is_listed_shown_edited_switched_and_removed() {
    let bench = Bench::new();
    bench.web_client("wiki");
    assert!(bench.run(&["client", "list"]).words().contains("wiki"));
    assert_eq!(bench.json(&["client", "list"])[0]["client_id"], "wiki");
    let shown = bench.json(&["client", "show", "wiki"]);
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 1);
    let edited = bench.json(&[
        "client",
        "edit",
        "wiki",
        "--name",
        "The Wiki",
        "--add-redirect-uri",
        "https://wiki.test/two",
        "--remove-redirect-uri",
        "https://wiki.test/cb",
        "--pkce",
        "optional",
        "--trusted",
        "true",
        "--access-token-seconds",
        "86400",
        "--id-token-alg",
        "ES256",
        "--userinfo-alg",
        "EdDSA",
        "--audience",
        "https://api.test",
        "--default-max-age",
        "3600",
        "--refresh",
        "always",
        "--scope",
        "openid email",
        "--client-uri",
        "https://wiki.test",
        "--contact",
        "ops@wiki.test",
    ]);
    assert_eq!(edited["redirect_uris"], serde_json::json!(["https://wiki.test/two"]));
    assert_eq!((&edited["pkce"], &edited["id_token_alg"]), (&Value::from("optional"), &Value::from("ES256")));
    assert_eq!((&edited["default_max_age"], &edited["scope"]), (&Value::from(3600), &Value::from("email openid")));
    let back = bench.json(&[
        "client",
        "edit",
        "wiki",
        "--userinfo-alg",
        "none",
        "--default-max-age",
        "none",
        "--client-uri",
        "",
    ]);
    for gone in ["userinfo_alg", "default_max_age", "client_uri"] {
        assert_eq!(back[gone], Value::Null, "{gone}");
    }
    assert_eq!(back["contacts"], serde_json::json!(["ops@wiki.test"]));
    bench.run(&["client", "edit", "wiki"]).refused(2, "nothing to change");
    bench.run(&["client", "edit", "wiki", "--access-token-seconds", "86401"]).refused(1, "between 1 and 86400 seconds");
    bench.run(&["client", "edit", "wiki", "--default-max-age", "soon"]).refused(2, "a number of seconds or none");
    bench.run(&["client", "edit", "nope", "--name", "X"]).refused(1, "there is no client \"nope\"");
    assert!(bench.json(&["client", "disable", "wiki"])["disabled_at"].is_string());
    assert!(bench.run(&["client", "list"]).words().contains("disabled"));
    assert!(bench.json(&["client", "enable", "wiki"])["disabled_at"].is_null());
    bench.run(&["client", "remove", "wiki"]).words();
    bench.run(&["client", "show", "wiki"]).refused(1, "there is no client \"wiki\"");
}

#[test]
fn a_secret_comes_out_once_and_is_nowhere_in_the_files() {
    let bench = Bench::new();
    let first = bench.web_client("wiki")["client_secret"].as_str().unwrap().to_owned();
    let rotated = bench.json(&["client", "rotate-secret", "wiki"]);
    let second = rotated["client_secret"].as_str().unwrap().to_owned();
    assert!(second.starts_with("vs_cs_") && second != first);
    let at_once = bench.run(&["client", "rotate-secret", "wiki", "--now"]);
    assert!(at_once.words().contains("refused from now on"));
    let third = at_once.words().lines().next().unwrap().to_owned();
    for run in [
        bench.run(&["client", "show", "wiki"]),
        bench.run(&["client", "show", "wiki", "--json"]),
        bench.run(&["client", "list", "--json"]),
        bench.run(&["client", "edit", "wiki", "--name", "Other", "--json"]),
        bench.run(&["doctor"]),
    ] {
        for secret in [&first, &second, &third] {
            assert!(!run.out.contains(secret.as_str()) && !run.err.contains(secret.as_str()), "{run:?}");
        }
    }
    let live = bench.json(&["client", "show", "wiki"])["secrets"].as_array().unwrap().len();
    assert_eq!(live, 3, "ended ones are shown with their end until they are swept");
    let stored = bytes_of(&bench.path("data"));
    for secret in [&first, &second, &third] {
        assert!(!contains(&stored, secret), "only its hash is stored");
    }
    bench.run(&["client", "rotate-secret", "wiki", "--overlap-hours", "9999"]).refused(1, "at most 30 days");
    bench.json(&[
        "client",
        "add",
        "--profile",
        "spa",
        "--name",
        "S",
        "--client-id",
        "s",
        "--redirect-uri",
        "https://s.test/",
    ]);
    bench.run(&["client", "rotate-secret", "s"]).refused(1, "is public and has no secret");
}

#[test]
fn a_logo_goes_in_and_out_of_a_file() {
    let bench = Bench::new();
    bench.web_client("wiki");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/logo.png");
    bench.run(&["client", "logo", "wiki", "--out", "out.png"]).refused(1, "has no logo");
    assert!(!bench.path("out.png").exists());
    let with = bench.json(&["client", "set-logo", "wiki", file]);
    assert!(with["logo_uri"].as_str().is_some_and(|uri| uri.contains("/clients/wiki/logo")), "{with}");
    bench.run(&["client", "logo", "wiki", "--out", "out.png"]).words();
    assert_eq!(std::fs::read(bench.path("out.png")).unwrap(), std::fs::read(file).unwrap());
    bench.run(&["client", "logo", "wiki", "--out", "out.png"]).refused(1, "cannot be written");
    bench.run(&["client", "set-logo", "wiki", "Cargo.toml"]).refused(2, "cannot be read");
    std::fs::write(bench.path("script.png"), "<svg onload=alert(1)>").unwrap();
    bench.run(&["client", "set-logo", "wiki", "script.png"]).refused(1, "no whole PNG");
    assert_eq!(bench.json(&["client", "remove-logo", "wiki"])["logo_uri"], Value::Null);
}

#[test]
fn a_resource_server_names_itself() {
    let bench = Bench::new();
    let add = ["client", "add", "--profile", "service", "--name", "API", "--client-id", "api"];
    let api = bench.json(&[&add[..], &["--resource-identifier", "https://api.test"]].concat());
    assert_eq!(api["resource_identifier"], "https://api.test");
    let edit = |value: &str| bench.run(&["client", "edit", "api", "--resource-identifier", value, "--json"]);
    assert_eq!(edit("").json()["resource_identifier"], Value::Null);
    edit("a b").refused(1, "the audience \"a b\" cannot be used");
}

#[test]
fn scopes_are_defined_given_and_removed() {
    let bench = Bench::new();
    let add = [
        "scope",
        "add",
        "orders:read",
        "--description",
        "Read your orders",
        "--claim",
        "email",
        "--audience",
        "https://api.test",
    ];
    assert_eq!(bench.json(&add)["name"], "orders:read");
    let listed = bench.json(&["scope", "list"]);
    let own: Vec<_> = listed.as_array().unwrap().iter().filter(|s| s["standard"] == false).collect();
    assert_eq!((own.len(), listed.as_array().unwrap().len()), (1, 9));
    assert!(bench.run(&["scope", "list"]).words().contains("Read your orders"));
    let job = bench.json(&[
        "client",
        "add",
        "--profile",
        "service",
        "--name",
        "J",
        "--client-id",
        "job",
        "--scope",
        "orders:read",
    ]);
    assert_eq!(job["scope"], "orders:read");
    bench.run(&["scope", "remove", "orders:read"]).refused(1, "job");
    bench.json(&["client", "edit", "job", "--remove-scope", "orders:read"]);
    bench.run(&["scope", "remove", "orders:read"]).words();
    bench.run(&["scope", "remove", "orders:read"]).refused(1, "there is no scope");
    bench.run(&["scope", "remove", "openid"]).refused(1, "standard scope");
    bench.run(&["scope", "add", "x", "--description", "X", "--claim", "salary"]).refused(1, "there is no claim");
}
