//! What the provider says about itself, and that it is true (RFC 8414, OIDC Discovery 1.0, RFC 7517), also under a path.

use serde_json::Value;
use vouchsafe::oauth::scope::Scope;
use vouchsafe::store::scopes;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{PASSWORD, claims, header};
use crate::support::{Browser, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";
const AT: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

async fn get(app: &TestApp, url: &str) -> Page {
    app.send(app.http.get(url)).await
}

async fn document(app: &TestApp) -> Value {
    get(app, &app.url(AT[0])).await.json()
}

#[tokio::test]
async fn rfc8414_3_both_forms_say_the_same() {
    let app = TestApp::start().await;
    let pages = [get(&app, &app.url(AT[0])).await, get(&app, &app.url(AT[1])).await];
    for page in &pages {
        assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
        assert!(page.header("cache-control").contains("max-age="));
    }
    assert_eq!(pages[0].body, pages[1].body);
    assert_eq!(pages[0].json()["issuer"], app.issuer, "section 3.3: identical to the one asked");
}

#[tokio::test]
async fn rfc8414_2_what_is_published() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let list = |name: &str| -> Vec<String> {
        let values = document[name].as_array().unwrap_or_else(|| panic!("{name}: {document}"));
        values.iter().map(|v| v.as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(list("response_types_supported"), ["code"]);
    assert_eq!(list("response_modes_supported"), ["query", "form_post"], "the default would be query and fragment");
    assert_eq!(list("grant_types_supported"), ["authorization_code", "refresh_token", "client_credentials"]);
    assert_eq!(list("code_challenge_methods_supported"), ["S256"]);
    assert_eq!(list("subject_types_supported"), ["public"], "OIDC Discovery section 3: required");
    assert!(list("id_token_signing_alg_values_supported").contains(&"RS256".to_owned()), "required");
    assert!(list("scopes_supported").contains(&"openid".to_owned()));
    for name in ["token", "revocation", "introspection"] {
        assert!(list(&format!("{name}_endpoint_auth_methods_supported")).contains(&"client_secret_basic".to_owned()));
    }
    assert!(!list("introspection_endpoint_auth_methods_supported").contains(&"none".to_owned()));
    assert_eq!(document["request_uri_parameter_supported"], false, "the default would be true");
    assert_eq!(document["request_parameter_supported"], false);
    assert_eq!(document["claims_parameter_supported"], true);
    let members = document.as_object().expect("an object");
    assert!(members.values().all(|v| v.as_array().is_none_or(|a| !a.is_empty())), "empty arrays are omitted");
    assert!(!document.to_string().contains("\"alg\":\"none\""));
    for name in members.keys().filter(|n| n.contains("alg_values")) {
        assert!(!list(name).contains(&"none".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn rfc8414_2_every_published_endpoint_answers() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    for (name, url) in document.as_object().expect("an object") {
        let Some(url) = url.as_str().filter(|_| name.ends_with("_endpoint") || name == "jwks_uri") else { continue };
        assert!(url.starts_with(&app.issuer), "{name}: {url}");
        let page = get(&app, url).await;
        assert_ne!(page.status, 404, "{name}: {url}");
    }
}

#[tokio::test]
async fn scopes_of_an_administrator_are_published() {
    let app = TestApp::start().await;
    let before = document(&app).await;
    assert!(!before["scopes_supported"].to_string().contains("hr"));
    let now = app.clock.now();
    let own = Scope { name: "hr".into(), description: "See your file".into(), ..Scope::default() };
    app.write(move |c| scopes::put(c, &scopes::StoredScope::new(own.clone(), now))).await;
    app.pass(Lifetime::from_seconds(11));
    assert!(document(&app).await["scopes_supported"].to_string().contains("\"hr\""));
}

#[tokio::test]
async fn e15_the_key_set() {
    let app = TestApp::start().await;
    let url = document(&app).await["jwks_uri"].as_str().expect("jwks_uri").to_owned();
    let page = get(&app, &url).await;
    assert_eq!(page.status, 200);
    assert!(page.header("cache-control").contains("max-age=3600"), "{}", page.header("cache-control"));
    let keys = page.json()["keys"].as_array().expect("keys").clone();
    let mut names: Vec<&str> = keys.iter().map(|k| k["kid"].as_str().expect("kid")).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), keys.len(), "unique names");
    for key in &keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
        assert!(key["use"] == "sig" && key["alg"].is_string() && key["kty"] != "oct", "{key}");
    }
    let algorithms: Vec<&str> = keys.iter().map(|k| k["alg"].as_str().expect("alg")).collect();
    for wanted in ["RS256", "PS256", "ES256", "EdDSA"] {
        assert!(algorithms.contains(&wanted), "{algorithms:?}");
    }
    let etag = page.header("etag").to_owned();
    let again = app.send(app.http.get(&url).header("if-none-match", &etag)).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let other = app.send(app.http.get(&url).header("if-none-match", "\"other\"")).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn rfc8725_3_1_clients_get_the_algorithm_they_registered() {
    use vouchsafe::oauth::client_policy::Profile;
    use vouchsafe::oauth::jose::Algorithm;
    let app = TestApp::start().await;
    app.person(EMAIL).await;
    let jwks = get(&app, &app.url("/jwks")).await.json();
    let mut browser = Browser::new(&app);
    for (id, alg) in [("a", Algorithm::ES256), ("b", Algorithm::PS256), ("c", Algorithm::EdDSA)] {
        let change = |row: &mut vouchsafe::oauth::client::Client| {
            row.policy.id_token_alg = alg;
            row.policy.access_token_alg = alg;
        };
        let client = app.client_with(id, Profile::Web, change).await;
        let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
        for token in [&tokens.id, &tokens.access] {
            let head = header(token);
            assert_eq!(head["alg"], alg.as_str());
            let key = jwks["keys"].as_array().expect("keys").iter().find(|k| k["kid"] == head["kid"]).expect("the key");
            assert_eq!(key["alg"], alg.as_str(), "a key is for one algorithm");
        }
        assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    }
}

#[tokio::test]
async fn i11_no_header_changes_what_is_published() {
    let app = TestApp::start().await;
    let plain = get(&app, &app.url(AT[0])).await.body;
    for (name, value) in [
        ("host", "evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "444"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "for=1.2.3.4;host=evil.test;proto=https"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
    ] {
        let page = app.send(app.http.get(app.url(AT[0])).header(name, value)).await;
        assert_eq!(page.body, plain, "{name}");
    }
}

#[tokio::test]
async fn methods_that_are_not_there_are_405_and_paths_404() {
    let app = TestApp::start().await;
    for (path, allow) in
        [(AT[0], "GET"), ("/jwks", "GET"), ("/introspect", "POST"), ("/consent", "POST"), ("/authorize", "GET, POST")]
    {
        let page = app.send(app.http.delete(app.url(path))).await;
        assert_eq!((page.status, page.header("allow")), (405, allow), "{path}");
    }
    for path in [
        "/register",
        "/par",
        "/device_authorization",
        "/admin/",
        "/ADMIN",
        "//admin",
        "/admin;x",
        "/metrics",
        "/debug",
        "/authorize/",
        "//token",
        "/TOKEN",
        "/token;x",
    ] {
        let page = get(&app, &app.url(path)).await;
        assert_eq!(page.status, 404, "{path}");
        let page = app.send(app.http.get(app.url(path)).header("accept", "text/html")).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let head = app.send(app.http.head(app.url(AT[0]))).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn issuer_with_a_path() {
    let app = TestApp::start_with(&[("VOUCHSAFE_ISSUER", "http://localhost:{port}/auth")]).await;
    let origin = app.origin.clone();
    assert_eq!(app.issuer, format!("{origin}/auth"));
    let appended = get(&app, &app.url(AT[0])).await;
    for place in
        [format!("{origin}/auth{}", AT[1]), format!("{origin}{}/auth", AT[1]), format!("{origin}{}/auth", AT[0])]
    {
        let page = get(&app, &place).await;
        assert_eq!(page.status, 200, "RFC 8414 section 3.1: {place}");
        assert_eq!(page.body, appended.body);
    }
    for wrong in [AT[0], AT[1], "/authorize", "/token", "/jwks"] {
        assert_eq!(get(&app, &format!("{origin}{wrong}")).await.status, 404, "{wrong} belongs to another issuer");
    }
    let document = appended.json();
    assert_eq!(document["issuer"], app.issuer);
    for (name, url) in document.as_object().expect("an object") {
        if let Some(url) = url.as_str().filter(|_| name.ends_with("_endpoint") || name == "jwks_uri") {
            assert!(url.starts_with(&format!("{}/", app.issuer)), "{name}: {url}");
        }
    }

    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    page.is_sign_in();
    assert_eq!(page.action(), "/auth/login");
    for asset in page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(asset.starts_with("/auth/assets/"), "{asset}");
        assert_eq!(get(&app, &format!("{origin}{asset}")).await.status, 200, "{asset}");
    }
    let page = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(page.action(), "/auth/consent");
    let done = browser.submit(&page, &[("decision", "approve")]).await;
    assert_eq!(done.param("iss").as_deref(), Some(app.issuer.as_str()));
    let tokens = Tokens::of(&app.redeem(&client, &done.code()).await);
    assert_eq!(claims(&tokens.access)["iss"], app.issuer);
    assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    let ask = browser.open(&app.url("/logout")).await;
    assert_eq!(ask.action(), "/auth/logout/confirm");
    let out = browser.submit(&ask, &[]).await;
    assert!(out.body.contains("href=\"/auth/\"") && !browser.cookies.contains_key("vouchsafe_session"), "{}", out.body);
    assert_eq!(get(&app, &app.issuer).await.status, 200, "the issuer itself is a page");
}
