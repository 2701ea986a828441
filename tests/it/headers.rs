//! Group I of the security cases, requests that lie about where they come from or go to, and the headers every answer must
//! have.

use vouchsafe::http::routes::{Access, Method, ROUTES};

use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Page, TestApp, raw};

const ALICE: &str = "alice@example.com";

fn is_well_dressed(page: &Page) {
    let what = format!("{} {}", page.url, page.status);
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{what}");
    if page.header("content-type").starts_with("text/html") {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{what}: {policy}");
        assert!(policy.contains("base-uri 'none'") && policy.contains("form-action"), "{what}: {policy}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{what}");
        assert_eq!(page.header("cache-control"), "no-store", "{what}");
        assert!(!page.body.contains("<script>") && !page.body.contains(" onclick="), "{what}");
    }
    for name in ["server", "x-powered-by"] {
        assert_eq!(page.header(name), "", "{what}: {name} tells strangers what runs here");
    }
}

#[tokio::test]
async fn i09_no_page_can_be_framed_or_scripted_error_pages_included() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let mut pages = Vec::new();
    for route in ROUTES {
        let url = app.url(&route.path.replace("{name}", "x"));
        pages.push(match route.method {
            Method::Get => browser.get(&url).await,
            _ => browser.post(&url, &[("request", "x")]).await,
        });
        let request = app.http.delete(&url).header("accept", "text/html");
        pages.push(browser.send(request, &url).await);
    }
    pages.push(browser.get(&app.url("/nothing")).await);
    pages.push(browser.get(&app.url("/authorize?client_id=%00")).await);
    let login = browser.get(&app.authorize_url(&client, &[])).await;
    pages.push(browser.submit(&login, &[("login", ALICE), ("password", "wrong")]).await);
    let consent = browser.submit(&login, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(consent.has("approve"));
    pages.extend([login, consent]);
    let form_post = [("response_mode", "form_post")];
    pages.push(app.sign_in(&mut browser, &client, ALICE, &form_post).await);
    pages.push(browser.open(&app.url("/logout")).await);
    pages.push(browser.open(&app.url("/")).await);
    let html = pages.iter().filter(|page| page.header("content-type").starts_with("text/html"));
    assert!(html.count() > 12, "most of them are pages");
    pages.iter().for_each(is_well_dressed);
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_and_neighbours() {
    let app = TestApp::start_with(&[("VOUCHSAFE_ISSUER", "https://id.example.test")]).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let page = browser.get(&app.authorize_url(&client, &[])).await;
    let begun = page.header("set-cookie").to_owned();
    let done = browser.submit_once(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let all: Vec<String> = done
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|c| c.to_str().expect("ASCII").to_owned())
        .chain([begun])
        .collect();
    assert_eq!(all.len(), 3, "binding, session and device: {all:?}");
    for cookie in &all {
        assert!(cookie.starts_with("__Host-vouchsafe_"), "{cookie}");
        for attribute in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{attribute} is missing: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    assert!(done.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn i11_no_header_moves_our_address() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let (port, path) = (app.port(), "/.well-known/openid-configuration");
    let plain = raw::get(&app, path, "").await;
    let body = |text: &str| text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    assert_eq!(plain.status, 200);
    let authorize = app.authorize_url(&client, &[]).replace(&app.issuer, "");
    for headers in [
        "X-Forwarded-Host: evil.test\r\n",
        "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 444\r\nX-Forwarded-Prefix: /evil\r\n",
        "Forwarded: host=evil.test;proto=https;for=1.2.3.4\r\n",
        "X-Original-URL: /evil\r\nX-Rewrite-URL: /evil\r\n",
        "X-Host: evil.test\r\nX-Forwarded-Server: evil.test\r\nX-Original-Host: evil.test\r\n",
        "X_Forwarded_Host: evil.test\r\n",
        "Referer: https://evil.test/\r\n",
    ] {
        let answer = raw::get(&app, path, headers).await;
        assert_eq!((answer.status, body(&answer.text)), (200, body(&plain.text)), "{headers}");
        let answer = raw::get(&app, &authorize, headers).await;
        assert_eq!(answer.status, 200, "{headers}: {}", answer.text);
        assert!(!answer.text.contains("evil"), "{headers}: {}", answer.text);
    }
    for head in [
        format!("GET {path} HTTP/1.1\r\nHost: evil.test\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: evil.test:{port}\r\n"),
        format!("GET http://evil.test{path} HTTP/1.1\r\nHost: evil.test\r\n"),
        format!("GET {path} HTTP/1.0\r\n"),
    ] {
        let answer = raw::raw(&app, format!("{head}Connection: close\r\n\r\n").as_bytes()).await;
        assert!(!answer.text.contains("evil"), "{head}: {}", answer.text);
        assert!(answer.status == 400 || body(&answer.text) == body(&plain.text), "{head}: {}", answer.text);
    }
    // Redirects of ours have no host in them at all.
    let logout = raw::get(&app, "/favicon.ico", "X-Forwarded-Host: evil.test\r\nHost: evil.test\r\n").await;
    assert!(!logout.text.contains("evil"), "{}", logout.text);
    let form = "POST /authorize HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: evil.test\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\nConnection: close\r\n\r\nclient_id=c1";
    let answer = raw::raw(&app, form.as_bytes()).await;
    assert!(
        answer.text.contains("location: /authorize?client_id=c1") && !answer.text.contains("evil"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn i13_other_spellings_of_a_path_are_other_paths() {
    let app = TestApp::start().await;
    for path in ["/userinfo", "/introspect", "/login", "/consent", "/setup", "/logout/confirm", "/token"] {
        let (first, rest) = path.split_at(2);
        let letter = first.as_bytes()[1];
        for target in [
            format!("/{path}"),
            format!("//{path}"),
            format!("{path};x"),
            format!("{path};x=1"),
            format!("/x/..;{path}"),
            format!("/x/..{path}"),
            format!("/x/%2e%2e{path}"),
            format!("/x/..%2f{}", &path[1..]),
            format!("/.{path}"),
            format!("{path}/"),
            format!("{path}//"),
            format!("{path}/."),
            format!("{path}%2f"),
            format!("{path}%00"),
            format!("{path}%20"),
            format!("{path}.json"),
            format!("\\{}", &path[1..]),
            format!("/%5c{}", &path[1..]),
            path.to_uppercase(),
            format!("{path}%3f"),
            format!("{path}%23"),
        ] {
            for method in ["GET", "POST"] {
                let head = format!(
                    "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let answer = raw::raw(&app, head.as_bytes()).await;
                assert!(matches!(answer.status, 400 | 404), "{method} {target}: {}", answer.text);
            }
        }
        // An unreserved character may be written as an escape: the same resource, and the same guard.
        let escaped = format!("/%{letter:02x}{rest}");
        let canonical = raw::raw(
            &app,
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        let answer = raw::raw(
            &app,
            format!("POST {escaped} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        assert!(matches!(answer.status, 400 | 404) || answer.status == canonical.status, "{escaped}: {}", answer.text);
    }
}

#[tokio::test]
async fn scripts_of_other_sites_read_only_what_no_cookie_decides() {
    let app = TestApp::start().await;
    for route in ROUTES {
        let url = app.url(&route.path.replace("{name}", "x"));
        let wanted = reqwest::Method::from_bytes(route.method.as_str().as_bytes()).expect("a method");
        let preflight = app.http.request(reqwest::Method::OPTIONS, &url).header("origin", "https://app.test");
        let preflight = preflight.header("access-control-request-method", route.method.as_str());
        let preflight = Page::read(preflight.send().await.expect("an answer"), &url).await;
        let answer =
            app.http.request(wanted, &url).header("origin", "https://app.test").header("cookie", "vouchsafe_session=x");
        let answer = Page::read(answer.send().await.expect("an answer"), &url).await;
        let open = matches!(route.access, Access::Document | Access::Client | Access::Bearer);
        let shared = ROUTES.iter().any(|r| r.path == route.path && r.access.is_readable_by_scripts());
        assert_eq!(answer.header("access-control-allow-origin"), if open { "*" } else { "" }, "{}", route.path);
        assert_eq!(preflight.header("access-control-allow-origin"), if shared { "*" } else { "" }, "{}", route.path);
        for page in [&answer, &preflight] {
            assert_eq!(page.header("access-control-allow-credentials"), "", "{}", route.path);
        }
    }
}
