//! Group I of the security cases, forms: what another site can make a browser send changes nothing. The routes come from the
//! table itself, so a new one is held to the same rules from its first day.

use reqwest::RequestBuilder;
use vouchsafe::http::routes::{Access, Method, ROUTES};

use crate::support::browser::encode;
use crate::support::ground::TABLES;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const FORM: &str = "application/x-www-form-urlencoded";

async fn ground() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    (app, client)
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// Every row count but the trace's, which notes what was refused.
fn counts(app: &TestApp) -> Vec<(&'static str, i64)> {
    TABLES.iter().filter(|t| **t != "traces").map(|table| (*table, app.rows(table))).collect()
}

#[tokio::test]
async fn i03_a_sign_in_form_must_be_ours_and_this_browsers() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let field = |page: &Page, name: &str| page.hidden().into_iter().find(|(n, _)| n == name).expect("a field").1;
    let (request, csrf) = (field(&page, "request"), field(&page, "csrf"));
    let other_page = Browser::new(&app).open(&app.authorize_url(&client, &[])).await;
    let other = field(&other_page, "csrf");
    let before = counts(&app);
    let consent_like = csrf.chars().rev().collect::<String>();
    for token in ["", "x", &other, &consent_like, &csrf[1..], &format!("{csrf}A"), &format!("{csrf}=")] {
        let fields = [("request", request.as_str()), ("csrf", token), ("login", ALICE), ("password", PASSWORD)];
        let page = browser.post(&app.url("/login"), &fields).await;
        assert_eq!((page.status, &page.location), (403, &None), "token {token:?}");
        assert!(page.headers.get("set-cookie").is_none(), "no session by a forged form");
    }
    let fields = [("request", request.as_str()), ("login", ALICE), ("password", PASSWORD)];
    assert_eq!(browser.post(&app.url("/login"), &fields).await.status, 403, "no token");
    let good = encode(&[("request", &request), ("csrf", &csrf), ("login", ALICE), ("password", PASSWORD)]);
    for headers in [
        vec![("origin", "https://evil.test")],
        vec![("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        vec![("sec-fetch-site", "")],
        vec![("origin", "http://localhost.evil.test")],
        vec![("origin", "http://localhost")],
        vec![("origin", "")],
        vec![("origin", "null"), ("sec-fetch-site", "cross-site")],
    ] {
        let url = app.url("/login");
        let request = with(app.http.post(&url).header("content-type", FORM), &headers).body(good.clone());
        let page = browser.clone().send(request, &url).await;
        assert_eq!((page.status, &page.location), (403, &None), "{headers:?}");
        assert!(page.headers.get("set-cookie").is_none(), "{headers:?}");
    }
    for content_type in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        let url = app.url("/login");
        let request = app.http.post(&url).header("content-type", content_type).body(good.clone());
        assert_eq!(browser.clone().send(request, &url).await.status, 403, "{content_type}");
    }
    assert_eq!(counts(&app), before, "nothing was written");
    // Without cookies the right form is a forged one; in its own browser, from our own page, it works.
    let mut stranger = Browser::new(&app);
    let refused = stranger
        .post(&app.url("/login"), &[("request", &request), ("csrf", &csrf), ("login", ALICE), ("password", PASSWORD)])
        .await;
    assert!(matches!(refused.status, 400 | 403) && refused.headers.get("set-cookie").is_none());
    for headers in
        [vec![("origin", app.issuer.as_str())], vec![("origin", "null"), ("sec-fetch-site", "same-origin")], vec![]]
    {
        let url = app.url("/login");
        let request = with(app.http.post(&url).header("content-type", FORM), &headers).body(good.clone());
        let page = browser.clone().send(request, &url).await;
        assert_eq!(page.status, 303, "{headers:?}: {}", page.body);
    }
}

#[tokio::test]
async fn i04_every_form_route_refuses_what_is_not_our_form() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    browser.open(&app.authorize_url(&client, &[("prompt", "login")])).await;
    let before = counts(&app);
    let routes: Vec<_> = ROUTES.iter().filter(|route| route.access == Access::Form).collect();
    assert!(routes.len() >= 5, "the table has forms");
    for route in routes {
        assert_eq!(route.method, Method::Post, "{}: a form that changes something is no GET", route.path);
        let url = app.url(&route.path.replace(['{', '}'], ""));
        let fields = encode(&[("request", "x"), ("csrf", "AAAA"), ("decision", "approve"), ("token", "x")]);
        for headers in [
            vec![("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("origin", "https://evil.test")],
            vec![("content-type", "text/plain"), ("sec-fetch-site", "same-origin")],
            vec![("content-type", "application/json"), ("sec-fetch-site", "same-origin")],
        ] {
            let mut request = with(app.http.post(&url), &headers).body(fields.clone());
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", FORM);
            }
            let page = browser.clone().send(request, &url).await;
            assert_eq!((page.status, &page.location), (403, &None), "{} {headers:?}", route.path);
            assert!(page.headers.get("set-cookie").is_none(), "{} {headers:?}", route.path);
        }
        for fields in
            [vec![], vec![("csrf", "AAAA")], vec![("request", "x"), ("csrf", "AAAA"), ("decision", "approve")]]
        {
            let page = browser.clone().post(&url, &fields).await;
            assert!(matches!(page.status, 400 | 403) && page.location.is_none(), "{}: {}", route.path, page.status);
        }
        // No other method, and none by the back door, does what the form does.
        let has_page = ROUTES.iter().any(|r| r.path == route.path && r.method == Method::Get);
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            if method == "GET" && has_page {
                continue;
            }
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            let request = app.http.request(method.clone(), &url).header("x-http-method-override", "POST");
            let page = browser.clone().send(request, &url).await;
            assert_eq!(page.status, 405, "{method} {}", route.path);
            assert!(page.headers.get("access-control-allow-origin").is_none(), "{method} {}", route.path);
        }
    }
    assert_eq!(counts(&app), before, "nothing was written");
}

#[tokio::test]
async fn i04_forms_of_apps_and_plain_links_change_nothing() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    for route in ROUTES.iter().filter(|route| route.access == Access::AppForm) {
        let path = route.path.replace("{provider}", "x");
        let url = app.url(&path);
        let fields =
            encode(&[("client_id", "c1"), ("state", "x"), ("post_logout_redirect_uri", "https://c1.test/out")]);
        let request =
            app.http.post(&url).header("content-type", FORM).header("sec-fetch-site", "cross-site").body(fields);
        let page = browser.clone().send(request, &url).await;
        let location = page.location.clone().unwrap_or_default();
        assert_eq!(page.status, 303, "repeated as GET, never 307 (RFC 9700 section 4.12)");
        assert!(location.starts_with(&format!("{path}?")), "{location}");
        assert!(page.headers.get("set-cookie").is_none());
    }
    // Every page by GET, as an image on another site would fetch it.
    for route in ROUTES.iter().filter(|r| r.method == Method::Get) {
        let url = app.url(&route.path.replace("{name}", "x"));
        let request = app.http.get(&url).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "no-cors");
        browser.clone().send(request, &url).await;
    }
    let silent = browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await;
    assert!(silent.param("code").is_some(), "alice is still signed in: {silent:?}");
    // A logout link of another site asks first (security case M03).
    let page = browser.open(&format!("{}?client_id=c1", app.url("/logout"))).await;
    assert!(page.action().ends_with("/logout/confirm"), "{}", page.body);
    let forged = page.hidden().into_iter().map(|(n, v)| (n.clone(), if n == "csrf" { format!("{v}A") } else { v }));
    let forged: Vec<(String, String)> = forged.collect();
    let forged: Vec<(&str, &str)> = forged.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(browser.post(&app.url("/logout/confirm"), &forged).await.status, 403);
    let silent = browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await;
    assert!(silent.param("code").is_some(), "alice is still signed in: {silent:?}");
}
