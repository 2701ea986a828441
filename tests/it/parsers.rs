//! Group O of the security cases: slow, large, odd and ambiguous requests. None of them may bring a 5xx, hold a connection
//! for ever, or be read in two ways.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use vouchsafe::http::routes::{Access, Method, ROUTES};

use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp, Tokens, raw};

const ALICE: &str = "alice@example.com";
const FORM: &str = "application/x-www-form-urlencoded";

async fn ground() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    (app, client)
}

#[tokio::test]
async fn o01_slow_heads_are_cut_off() {
    let app = TestApp::start_with(&[("VOUCHSAFE_SERVER_CLIENT_HEADER_TIMEOUT_SECONDS", "1")]).await;
    for begun in ["", "G", "GET /jwks", "GET /jwks HTTP/1.1\r\n", "GET /jwks HTTP/1.1\r\nHost: localhost\r\nX: "] {
        let mut stream = raw::connect(&app).await;
        stream.write_all(begun.as_bytes()).await.expect("it is taken");
        let began = Instant::now();
        let answer = raw::read(&mut stream, Duration::from_secs(12)).await;
        assert!(answer.closed, "{begun:?} was held for {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(10), "{begun:?} was held for {:?}", began.elapsed());
        assert!(matches!(answer.status, 0 | 400 | 408), "{}", answer.text);
    }
    // Byte by byte is no faster.
    let mut stream = raw::connect(&app).await;
    let began = Instant::now();
    for byte in b"GET /jwks HTTP/1.1\r\nHost: localhost\r\nX-Very-Slow: yes\r\n".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() || began.elapsed() > Duration::from_secs(12) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(12), "a head came byte by byte and was waited for");
    assert_eq!(raw::get(&app, "/jwks", "").await.status, 200, "others are served");
}

#[tokio::test]
async fn o03_bodies_end_at_the_limit() {
    let (app, _) = ground().await;
    for route in ROUTES.iter().filter(|route| route.method == Method::Post) {
        let head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n", route.path);
        let announced =
            [format!("{head}Content-Length: 100000000\r\n\r\n"), "a=".to_owned() + &"x".repeat(70_000)].concat();
        let answer = raw::raw(&app, announced.as_bytes()).await;
        assert!(matches!(answer.status, 413 | 0), "{}: {:.200}", route.path, answer.text);
        let chunk = format!("{:x}\r\n{}\r\n", 10_000, "x".repeat(10_000));
        let chunked = [format!("{head}Transfer-Encoding: chunked\r\n\r\n"), chunk.repeat(8)].concat();
        let answer = raw::raw(&app, chunked.as_bytes()).await;
        assert_eq!(answer.status, 413, "{}: {:.200}", route.path, answer.text);
        let expecting = format!("{head}Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n");
        let answer = raw::raw(&app, expecting.as_bytes()).await;
        assert!(matches!(answer.status, 100 | 413 | 417 | 0), "{}: {:.200}", route.path, answer.text);
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n".repeat(900);
        let request = app.http.post(app.url(route.path)).header("content-type", "multipart/form-data; boundary=x");
        let answer = request.body(multipart).send().await.expect("an answer").status().as_u16();
        assert!((400..500).contains(&answer), "{}: {answer}", route.path);
    }
    assert_eq!(raw::get(&app, "/jwks", "").await.status, 200);
}

#[tokio::test]
async fn o04_great_heads_are_refused_and_never_echoed_into_cookies() {
    let (app, client) = ground().await;
    let authorize = app.authorize_url(&client, &[]).replace(&app.issuer, "");
    let heads = [
        format!("Cookie: a={}\r\n", "x".repeat(64_000)),
        format!("Cookie: vouchsafe_session={}\r\n", "x".repeat(64_000)),
        format!("Cookie: vouchsafe_browser={}\r\n", "x".repeat(4_000)),
        format!("Cookie: {}\r\n", (0..200).map(|n| format!("c{n}=x")).collect::<Vec<_>>().join("; ")),
        (0..500).map(|n| format!("X-{n}: y\r\n")).collect::<String>(),
        format!("X: {}\r\n", "y".repeat(1_000_000)),
        format!("User-Agent: {}\r\n", "y".repeat(30_000)),
    ];
    for head in &heads {
        let answer = raw::get(&app, &authorize, head).await;
        assert!(matches!(answer.status, 0 | 200 | 400 | 413 | 431), "{head:.60}: {:.300}", answer.text);
        no_large_cookie(&answer.text);
    }
    for (name, length) in [
        ("login_hint", 100_000),
        ("state", 100_000),
        ("acr_values", 100_000),
        ("nonce", 30_000),
        ("scope", 30_000),
        ("ui_locales", 30_000),
        ("claims", 30_000),
        ("unknown", 1_000_000),
    ] {
        let target = format!("{authorize}&{name}_={}&x{name}={}", "a".repeat(length / 2), "b".repeat(length / 2));
        let answer = raw::get(&app, &target, "").await;
        assert!(matches!(answer.status, 0 | 200 | 303 | 400 | 413 | 414 | 431), "{name}: {:.300}", answer.text);
        let long = app.authorize_url(&client, &[(name, &"a".repeat(length))]).replace(&app.issuer, "");
        let answer = raw::get(&app, &long, "").await;
        assert!(matches!(answer.status, 0 | 200 | 303 | 400 | 413 | 414 | 431), "{name}: {:.300}", answer.text);
        no_large_cookie(&answer.text);
    }
    let answer = raw::get(&app, &format!("/setup?token={}", "a".repeat(6_000)), "").await;
    assert!(answer.status < 500, "{:.300}", answer.text);
    no_large_cookie(&answer.text);
}

fn no_large_cookie(text: &str) {
    for line in text.lines().filter(|line| line.to_ascii_lowercase().starts_with("set-cookie")) {
        assert!(line.len() < 4_096, "a cookie of {} bytes", line.len());
    }
}

#[tokio::test]
async fn o04_what_is_let_in_goes_through_to_the_end() {
    let (app, client) = ground().await;
    for length in [100, 500, 1_000, 2_000, 4_000, 8_000] {
        let state = "s".repeat(length);
        let mut browser = Browser::new(&app);
        let first = browser.get(&app.authorize_url(&client, &[("state", &state), ("login_hint", ALICE)])).await;
        if !first.has("password") {
            assert!(matches!(first.status, 303 | 400), "{length}: {}", first.status);
            continue;
        }
        let page = browser.submit(&first, &[("login", ALICE), ("password", PASSWORD)]).await;
        let page = if page.has("approve") { browser.submit(&page, &[("decision", "approve")]).await } else { page };
        assert_eq!(page.param("state").as_deref(), Some(state.as_str()), "{length}: {} {}", page.status, page.body);
        Tokens::of(&app.redeem(&client, &page.param("code").expect("a code")).await);
    }
}

/// As they stand in a form or a query, encoded.
const ODD: [&str; 20] = [
    "%00",
    "a%00b",
    "%ff",
    "%c0%80",
    "%ed%a0%80",
    "%f4%90%80%80",
    "%",
    "%zz",
    "%u0041",
    "%0d%0aX-Evil:%20yes",
    "%0a",
    "%7f",
    "%e2%80%ae",
    "%f0%9f%92%a9",
    "1e999",
    "-1",
    "9223372036854775808",
    "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%27%20OR%201%3D1--",
    "..%2f..%2fetc%2fpasswd%00;,=",
];

fn fields_of(path: &str) -> &'static [&'static str] {
    match path {
        "/authorize" => &[
            "client_id",
            "redirect_uri",
            "response_type",
            "response_mode",
            "scope",
            "state",
            "nonce",
            "prompt",
            "max_age",
            "display",
            "ui_locales",
            "acr_values",
            "login_hint",
            "id_token_hint",
            "claims",
            "resource",
            "code_challenge",
            "code_challenge_method",
            "request",
            "request_uri",
            "registration",
            "dpop_jkt",
        ],
        "/token" => &[
            "grant_type",
            "code",
            "redirect_uri",
            "code_verifier",
            "refresh_token",
            "scope",
            "resource",
            "client_id",
            "client_secret",
            "client_assertion",
            "client_assertion_type",
        ],
        "/revoke" | "/introspect" => &["token", "token_type_hint", "client_id", "client_secret"],
        "/userinfo" => &["access_token"],
        "/logout" => &["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales"],
        "/new-password" => &["change", "csrf", "password"],
        "/invitation" => &["token", "csrf", "password"],
        "/setup" => &["token", "csrf", "email", "name", "password"],
        _ => &["request", "csrf", "login", "password", "decision", "session", "token"],
    }
}

fn is_calm(answer: &Page, what: &str) {
    assert!(answer.status < 500, "{what}: {} {:.300}", answer.status, answer.body);
    assert!(answer.headers.get("x-evil").is_none(), "{what}: a header was planted");
    assert!(!answer.body.contains("<script>alert"), "{what}: {}", answer.body);
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().expect("ASCII");
        assert_eq!(cookie.matches("Path=").count(), 1, "{what}: {cookie}");
    }
}

/// A usual request to this path with one value replaced by raw text.
fn usual(app: &TestApp, client: &Client, path: &str, name: &str, odd: &str) -> String {
    let mut pairs: Vec<(String, String)> = match path {
        "/authorize" => {
            let url = url::Url::parse(&app.authorize_url(client, &[])).expect("a URL");
            url.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
        }
        "/token" => [
            ("grant_type", if name == "refresh_token" { "refresh_token" } else { "authorization_code" }),
            ("code", "vs_ac_x"),
            ("redirect_uri", "https://c1.test/cb"),
            ("client_id", "c1"),
            ("client_secret", "x"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec(),
        _ => Vec::new(),
    };
    pairs.retain(|(n, _)| n != name);
    let mut text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if !text.is_empty() {
        text.push('&');
    }
    text + name + "=" + odd
}

#[tokio::test]
async fn o05_odd_bytes_in_every_field_are_never_our_fault() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    let request = browser.open(&app.authorize_url(&client, &[("prompt", "login")])).await;
    let hidden = request.hidden().into_iter().map(|(n, v)| format!("&{n}={v}")).collect::<String>();
    for route in ROUTES {
        for name in fields_of(route.path) {
            for odd in ODD {
                let text = usual(&app, &client, route.path, name, odd);
                let what = format!("{} {} {name}={odd}", route.method.as_str(), route.path);
                let url = app.url(&route.path.replace("{name}", odd));
                let request = match route.method {
                    Method::Get => app.http.get(format!("{url}?{text}")).header("accept", "text/html"),
                    _ => {
                        let form = app.http.post(&url).header("content-type", FORM);
                        // As far in as possible: a right form but for one value.
                        let rest = if route.access == Access::Form && !["request", "csrf"].contains(name) {
                            hidden.as_str()
                        } else {
                            ""
                        };
                        form.body(text + rest)
                    }
                };
                is_calm(&browser.clone().send(request, &url).await, &what);
            }
        }
    }
}

#[tokio::test]
async fn o05_odd_bytes_with_a_right_client_and_in_headers() {
    let (app, client) = ground().await;
    let secret = client.secret.clone().expect("a secret");
    for path in ["/token", "/revoke", "/introspect"] {
        for name in fields_of(path).iter().filter(|name| !name.starts_with("client_")) {
            for odd in ODD {
                let text = usual(&app, &client, path, name, odd).replace("client_id=c1&client_secret=x&", "");
                let text = text.replace("&client_id=c1&client_secret=x", "");
                let request = app.http.post(app.url(path)).basic_auth("c1", Some(&secret));
                let request = request.header("content-type", FORM).body(text);
                is_calm(
                    &Page::read(request.send().await.expect("an answer"), path).await,
                    &format!("{path} {name}={odd}"),
                );
            }
        }
    }
    for odd in ODD {
        for header in ["authorization", "cookie", "user-agent", "accept", "origin", "if-none-match", "content-type"] {
            for value in
                [odd.to_owned(), format!("Basic {odd}"), format!("Bearer {odd}"), format!("vouchsafe_session={odd}")]
            {
                let head = format!(
                    "POST /token HTTP/1.1\r\nHost: x\r\n{header}: {value}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let answer = raw::raw(&app, head.as_bytes()).await;
                assert!((400..500).contains(&answer.status), "{header}: {value}: {}", answer.text);
            }
        }
    }
    for bytes in [
        &b"Authorization: Basic \xff\xfe\r\n"[..],
        b"Cookie: vouchsafe_session=\xff\r\n",
        b"User-Agent: \xff\xfe\x01\r\n",
    ] {
        let request = [b"GET /userinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", bytes, b"\r\n"].concat();
        let answer = raw::raw(&app, &request).await;
        assert!((400..500).contains(&answer.status), "{bytes:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn o05_too_many_too_deep_too_large() {
    let (app, client) = ground().await;
    let many: String = (0..10_000).map(|n| format!("&p{n}=1")).collect();
    let deep = format!("{{\"userinfo\":{}{}}}", "{\"a\":".repeat(500), "1".to_owned() + &"}".repeat(500));
    let deeper = "[".repeat(20_000);
    let scopes = "a ".repeat(3_000);
    let same = "openid ".repeat(2_000);
    for (name, value) in [
        ("claims", deep.as_str()),
        ("claims", &deeper),
        ("claims", "{\"id_token\":{\"a\":1e999}}"),
        ("claims", "{\"userinfo\":{\"email\":null,\"email\":{}}}"),
        ("claims", "{\"userinfo\":{\"\\ud800\":null}}"),
        ("scope", &scopes),
        ("scope", &same),
        ("max_age", "99999999999999999999"),
        ("max_age", "-9223372036854775808"),
        ("prompt", "none none none"),
    ] {
        let page = Browser::new(&app).get(&app.authorize_url(&client, &[(name, value)])).await;
        assert!(page.status < 500, "{name}: {} {:.300}", page.status, page.body);
    }
    for route in ROUTES {
        let request = match route.method {
            Method::Get => app.http.get(format!("{}?{}", app.url(&route.path.replace("{name}", "x")), &many[..20_000])),
            _ => app.http.post(app.url(route.path)).header("content-type", FORM).body(many[..60_000].to_owned()),
        };
        let status = request.send().await.expect("an answer").status().as_u16();
        assert!(status < 500, "{}: {status}", route.path);
    }
    let began = Instant::now();
    let page = app
        .call(
            "/token",
            &client,
            &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", &"b ".repeat(20_000))],
        )
        .await;
    assert!(page.status < 500 && began.elapsed() < Duration::from_secs(2), "{} {:?}", page.status, began.elapsed());
}

#[tokio::test]
async fn o09_a_request_with_two_ends_is_refused_and_the_connection_closed() {
    let (app, _) = ground().await;
    // Were the second reading taken, this request would be answered too.
    let hidden = "GET /jwks HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let post = |headers: &str, body: &str| {
        format!("POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n{headers}\r\n{body}")
    };
    for (what, request) in [
        ("two lengths", post("Content-Length: 0\r\nContent-Length: 44\r\n", hidden)),
        ("two lengths in one", post("Content-Length: 0, 44\r\n", hidden)),
        (
            "length and chunks",
            post("Content-Length: 44\r\nTransfer-Encoding: chunked\r\n", &format!("0\r\n\r\n{hidden}")),
        ),
        (
            "chunks and length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 44\r\n", &format!("0\r\n\r\n{hidden}")),
        ),
        ("an unknown coding", post("Transfer-Encoding: xchunked\r\n", &format!("0\r\n\r\n{hidden}"))),
        ("an unknown coding first", post("Transfer-Encoding: chunked, x\r\n", &format!("0\r\n\r\n{hidden}"))),
        (
            "chunks twice",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", &format!("0\r\n\r\n{hidden}")),
        ),
        ("a signed length", post("Content-Length: +0\r\n", hidden)),
        ("a negative length", post("Content-Length: -1\r\n", hidden)),
        ("a length in hex", post("Content-Length: 0x0\r\n", hidden)),
        ("a length that is none", post("Content-Length: a\r\n", hidden)),
        ("a folded header", post("X: a\r\n b\r\nContent-Length: 0\r\n", hidden)),
        ("a space before the colon", post("Content-Length : 0\r\n", hidden)),
        ("a bad chunk size", post("Transfer-Encoding: chunked\r\n", &format!("zz\r\n\r\n{hidden}"))),
        (
            "a chunk that is too long",
            post("Transfer-Encoding: chunked\r\n", &format!("ffffffffffffffffff\r\n\r\n{hidden}")),
        ),
    ] {
        let answer = raw::raw(&app, request.as_bytes()).await;
        assert!(answer.count() <= 1, "{what}: it was read in two ways: {}", answer.text);
        assert!(!answer.text.contains("\"keys\""), "{what}: {}", answer.text);
        assert!((400..500).contains(&answer.status), "{what}: {}", answer.text);
        assert!(answer.closed, "{what}: the connection stays open");
    }
    // Names with an underscore are not the names with a hyphen.
    let request = "POST /token HTTP/1.1\r\nHost: localhost\r\nContent_Length: 44\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let answer = raw::raw(&app, request.as_bytes()).await;
    assert_eq!((answer.status, answer.count()), (400, 1), "{}", answer.text);
}

#[tokio::test]
async fn hangups_in_the_middle_leave_the_server_whole() {
    let (app, client) = ground().await;
    for cut in [10, 40, 80, 120] {
        for _ in 0..25 {
            let request = format!(
                "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: 30\r\n\r\ngrant_type=authorization_code&"
            );
            let mut stream = raw::connect(&app).await;
            stream.write_all(&request.as_bytes()[..cut.min(request.len())]).await.expect("it is taken");
        }
    }
    let mut browser = Browser::new(&app);
    app.tokens(&mut browser, &client, ALICE, &[]).await;
}
