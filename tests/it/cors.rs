//! Which answers scripts of other origins may read (Fetch standard; OAuth 2.1 section 3.1 and browser-based apps): where no
//! cookie counts, any; where one does, none.

use reqwest::Method;

use vouchsafe::oauth::client_policy::Profile;

use crate::support::{Browser, Page, TestApp};

const READABLE: [&str; 6] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/token",
    "/revoke",
    "/userinfo",
];
const PRIVATE: [&str; 11] = [
    "/authorize",
    "/introspect",
    "/login",
    "/new-password",
    "/consent",
    "/select-account",
    "/logout",
    "/logout/confirm",
    "/setup",
    "/invitation",
    "/",
];

async fn from_elsewhere(app: &TestApp, method: Method, path: &str, preflight: &[(&str, &str)]) -> Page {
    let mut request = app.http.request(method, app.url(path)).header("origin", "https://spa.test");
    for (name, value) in preflight {
        request = request.header(*name, *value);
    }
    app.send(request).await
}

#[tokio::test]
async fn preflights_succeed_where_scripts_may_call() {
    let app = TestApp::start().await;
    for path in READABLE {
        let asked = [
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        let page = from_elsewhere(&app, Method::OPTIONS, path, &asked).await;
        assert_eq!(page.status, 204, "{path}");
        assert_eq!(page.header("access-control-allow-origin"), "*", "{path}");
        assert!(page.header("access-control-allow-headers").contains("Authorization"), "{path}");
        assert!(page.header("access-control-allow-headers").contains("Content-Type"), "{path}");
        assert_eq!(page.header("access-control-allow-credentials"), "", "{path}");
    }
    let token = from_elsewhere(&app, Method::OPTIONS, "/token", &[]).await;
    assert_eq!(token.header("access-control-allow-methods"), "POST");
    let userinfo = from_elsewhere(&app, Method::OPTIONS, "/userinfo", &[]).await;
    assert_eq!(userinfo.header("access-control-allow-methods"), "GET, POST");
}

#[tokio::test]
async fn oauth21_3_1_no_script_reads_pages_and_no_server_endpoint() {
    let app = TestApp::start().await;
    for path in PRIVATE {
        for method in [Method::OPTIONS, Method::GET, Method::POST] {
            let page = from_elsewhere(&app, method.clone(), path, &[("access-control-request-method", "POST")]).await;
            for name in page.headers.keys() {
                assert!(!name.as_str().starts_with("access-control-"), "{method} {path}: {name}");
            }
            assert!(method != Method::OPTIONS || page.status == 405, "{path}: {}", page.status);
        }
    }
}

#[tokio::test]
async fn answers_and_errors_are_readable() {
    let app = TestApp::start().await;
    app.person("alice@example.com").await;
    let spa = app.client_with("p1", Profile::Spa, |_| {}).await;
    let tokens = app.tokens(&mut Browser::new(&app), &spa, "alice@example.com", &[]).await;
    let pages = [
        app.call("/token", &spa, &[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]).await,
        app.call("/token", &spa, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await,
        app.call("/token", &spa, &[]).await,
        app.post("/token", &[]).await,
        app.call("/revoke", &spa, &[("token", "x")]).await,
        app.userinfo(&tokens.access).await,
        app.userinfo("x").await,
        app.send(app.http.get(app.url("/userinfo"))).await,
        app.send(app.http.get(app.url("/jwks"))).await,
    ];
    for page in pages {
        assert_eq!(page.header("access-control-allow-origin"), "*", "{} {}", page.path, page.status);
        let exposed = page.header("access-control-expose-headers").to_ascii_lowercase();
        assert!(exposed.contains("www-authenticate"), "{}", page.path);
        assert_eq!(page.header("access-control-allow-credentials"), "", "{}", page.path);
    }
}
