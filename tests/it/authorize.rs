//! The authorization endpoint from outside: what redirects, where to, and what never does (security cases A, B, C01, C12).

use vouchsafe::oauth::client::GrantType;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{PASSWORD, challenge, claims};
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";

/// Asks with each redirect URI; every one must end on an error page.
async fn refuses(app: &TestApp, client: &Client, uris: &[&str]) {
    let mut browser = Browser::new(app);
    let challenge = challenge();
    for uri in uris {
        let url = app.authorize_with(&[
            ("response_type", "code"),
            ("client_id", &client.row.client_id),
            ("redirect_uri", uri),
            ("scope", "openid"),
            ("state", "st-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let page = browser.get(&url).await;
        page.is_error_page();
        assert!(!page.body.contains("href=\"https://evil") && !page.body.contains("href=\"//evil"), "{uri}");
    }
    assert!(browser.cookies.is_empty(), "a refused request leaves nothing on the browser");
}

async fn accepts(app: &TestApp, client: &Client, uri: &str) {
    let page = Browser::new(app).get(&app.authorize_url(client, &[("redirect_uri", uri)])).await;
    page.is_sign_in();
}

#[tokio::test]
async fn a01_userinfo_host_confusion() {
    let app = TestApp::start().await;
    let c1 = app.web("c1").await;
    let uris = [
        "https://c1.test@evil.test/cb",
        "https://c1.test:x@evil.test/cb",
        "https://a@b@c1.test/cb",
        "https://c1.test\\@evil.test/cb",
        "https://x@c1.test/cb",
    ];
    refuses(&app, &c1, &uris).await;
}

#[tokio::test]
async fn a03_a04_paths_and_encodings() {
    let app = TestApp::start().await;
    let c1 = app.web("c1").await;
    let paths = [
        "/cb/../evil",
        "/cb/../cb",
        "/cb/%2e%2e/evil",
        "/cb/..;/evil",
        "/cb%2f..%2fevil",
        "/cb/",
        "//cb",
        "/%63b",
        "/cb;x=1",
        "/cb%00",
        "/other",
        "",
    ];
    let uris: Vec<String> = paths.iter().map(|path| format!("https://c1.test{path}")).collect();
    refuses(&app, &c1, &uris.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a05_a07_query_and_fragment() {
    let app = TestApp::start().await;
    let c1 = app.web("c1").await;
    let uris = [
        "https://c1.test/cb?x=1",
        "https://c1.test/cb?code=evil&state=evil",
        "https://c1.test/cb?",
        "https://c1.test/cb#x",
        "https://c1.test/cb%23x",
        "https://c1.test/cb#",
    ];
    refuses(&app, &c1, &uris).await;
    let change =
        |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris = vec!["https://c2.test/cb?a=1&b=2".into()];
    let c2 = app.client_with("c2", Profile::Web, change).await;
    refuses(&app, &c2, &["https://c2.test/cb?b=2&a=1", "https://c2.test/cb", "https://c2.test/cb?a=1"]).await;
    accepts(&app, &c2, "https://c2.test/cb?a=1&b=2").await;
}

#[tokio::test]
async fn rfc6749_3_1_2_a_registered_query_is_kept() {
    let app = TestApp::start().await;
    let change =
        |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris = vec!["https://c2.test/cb?a=1&b=2".into()];
    let c2 = app.client_with("c2", Profile::Web, change).await;
    let page = Browser::new(&app).get(&app.authorize_url(&c2, &[("prompt", "none")])).await;
    let location = page.location.expect("a redirect");
    assert!(location.starts_with("https://c2.test/cb?a=1&b=2&error=login_required&"), "{location}");
}

#[tokio::test]
async fn a08_a09_case_unicode_controls_and_relative() {
    let app = TestApp::start().await;
    let c1 = app.web("c1").await;
    let long = format!("https://c1.test/{}", "a".repeat(60_000));
    let uris = [
        "HTTPS://c1.test/cb",
        "https://C1.test/cb",
        "https://c1.test/CB",
        "https://c1\u{3002}test/cb",
        "https://\u{441}1.test/cb",
        "https://xn--1-7tb.test/cb",
        "https://c1\u{ad}.test/cb",
        "https://c1.te\tst/cb",
        "https://c1.te\nst/cb",
        "https://c1.test/cb ",
        " https://c1.test/cb",
        "https://c1.test/cb\r\nx: y",
        "https://c1.test/cb%0d%0a",
        "https://c1.test:443/cb",
        "//evil.test",
        "https:evil.test",
        "https:/evil.test",
        "///evil",
        "/\\evil.test",
        "/cb",
        "",
        " ",
        "javascript:alert(1)",
        "data:text/html,x",
        &long,
    ];
    refuses(&app, &c1, &uris).await;
}

#[tokio::test]
async fn a11_loopback_port_is_free_and_bound_to_the_code() {
    let app = TestApp::start().await;
    app.person(EMAIL).await;
    let change = |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris = vec!["http://127.0.0.1/cb".into()];
    let n1 = app.client_with("n1", Profile::Native, change).await;
    for port in [1, 8_080, 49_152, 65_535] {
        accepts(&app, &n1, &format!("http://127.0.0.1:{port}/cb")).await;
    }
    let uris = [
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1@evil.test/cb",
        "http://127.0.0.1:5@evil.test/cb",
        "http://localhost:5/cb",
        "http://[::1]:5/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0.0.0.0/cb",
        "https://127.0.0.1/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:5/cb?x",
        "http://127.0.0.1:5/other",
    ];
    refuses(&app, &n1, &uris).await;

    let chosen = "http://127.0.0.1:49152/cb";
    let mut browser = Browser::new(&app);
    let extra = [("redirect_uri", chosen)];
    let page = app.sign_in(&mut browser, &n1, EMAIL, &extra).await;
    assert!(
        page.location.as_deref().is_some_and(|l| l.starts_with("http://127.0.0.1:49152/cb?")),
        "{:?}",
        page.location
    );
    let verifier = ("code_verifier", crate::support::relying_party::VERIFIER);
    for other in ["http://127.0.0.1:49153/cb", "http://127.0.0.1/cb"] {
        let code = app.sign_in(&mut browser, &n1, EMAIL, &extra).await.code();
        app.redeem_with(&n1, &code, &[("redirect_uri", other), verifier]).await.is_bad_grant();
    }
    Tokens::of(&app.redeem_with(&n1, &page.code(), &[("redirect_uri", chosen), verifier]).await);
}

#[tokio::test]
async fn a11_a_web_client_has_no_free_port() {
    let app = TestApp::start().await;
    let change = |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris = vec!["http://127.0.0.1/cb".into()];
    let web = app.client_with("w1", Profile::Web, change).await;
    refuses(&app, &web, &["http://127.0.0.1:5000/cb"]).await;
}

#[tokio::test]
async fn a12_custom_schemes() {
    let app = TestApp::start().await;
    app.person(EMAIL).await;
    let change = |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris = vec!["com.example.app:/cb".into()];
    let n1 = app.client_with("n1", Profile::Native, change).await;
    refuses(&app, &n1, &["com.example.app://evil/cb", "com.example.app:/cb2", "COM.example.app:/cb"]).await;
    let page = app.sign_in(&mut Browser::new(&app), &n1, EMAIL, &[]).await;
    assert!(
        page.location.as_deref().is_some_and(|l| l.starts_with("com.example.app:/cb?code=")),
        "{:?}",
        page.location
    );
}

#[tokio::test]
async fn a13_a_star_is_a_star() {
    let app = TestApp::start().await;
    for (id, registered) in
        [("s1", "*"), ("s2", "https://*.s2.test/cb"), ("s3", "https://s3.test/*"), ("s4", "https://s4.test/.*")]
    {
        let change = |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris = vec![registered.into()];
        let client = app.client_with(id, Profile::Web, change).await;
        let uris = [format!("https://{id}.test/x"), format!("https://a.{id}.test/cb"), "https://evil.test".into()];
        refuses(&app, &client, &uris.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
}

/// Everything that can be wrong with a request whose client and address are right, and the code it is refused with.
const TRIGGERS: [(&str, &str, &str); 19] = [
    ("response_type", "token", "unsupported_response_type"),
    ("response_type", "", "invalid_request"),
    ("response_mode", "fragment", "invalid_request"),
    ("response_mode", "query.jwt", "invalid_request"),
    ("scope", "openid unknown", "invalid_scope"),
    ("scope", "open\"id", "invalid_scope"),
    ("scope", "", "invalid_scope"),
    ("code_challenge", "", "invalid_request"),
    ("code_challenge", "short", "invalid_request"),
    ("code_challenge_method", "plain", "invalid_request"),
    ("code_challenge_method", "", "invalid_request"),
    ("prompt", "none", "login_required"),
    ("prompt", "none login", "invalid_request"),
    ("prompt", "unheard_of", "invalid_request"),
    ("max_age", "abc", "invalid_request"),
    ("id_token_hint", "not.a.token", "invalid_request"),
    ("claims", "[1]", "invalid_request"),
    ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
    ("request_uri", "https://evil.test/r", "request_uri_not_supported"),
];

#[tokio::test]
async fn a15_order_of_checks() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let off = app.client_with("off", Profile::Web, |row| row.disabled_at = Some(row.created_at)).await;
    let gone = Client {
        row: vouchsafe::oauth::client::Client { client_id: "nobody".into(), ..client.row.clone() },
        secret: None,
    };
    let mut browser = Browser::new(&app);
    for (name, value, error) in TRIGGERS {
        for known in [&client, &off, &gone] {
            let url = app.authorize_url(known, &[(name, value), ("redirect_uri", "https://evil.test/")]);
            browser.get(&url).await.is_error_page();
        }
        for unknown in [&off, &gone] {
            browser.get(&app.authorize_url(unknown, &[(name, value)])).await.is_error_page();
        }
        let page = browser.get(&app.authorize_url(&client, &[(name, value)])).await;
        page.is_redirected_error(&app, &client, error);
    }
    browser.get(&app.authorize_url(&client, &[("registration", "{}")])).await.is_redirected_error(
        &app,
        &client,
        "registration_not_supported",
    );
}

#[tokio::test]
async fn a17_duplicate_parameters() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let mut browser = Browser::new(&app);
    let plain = app.authorize_url(&client, &[]);
    for (name, same, other) in [
        ("client_id", "c1", "c2"),
        ("redirect_uri", "https://c1.test/cb", "https://evil.test/"),
        ("response_type", "code", "token"),
        ("scope", "openid%20offline_access", "email"),
        ("state", "st-1", "st-2"),
        ("nonce", "n-1", "n-2"),
        ("code_challenge_method", "S256", "plain"),
        ("unheard_of", "1", "2"),
    ] {
        for second in [same, other] {
            let first = if name == "unheard_of" { "&unheard_of=1" } else { "" };
            for url in [format!("{plain}{first}&{name}={second}"), format!("{plain}{first}&{name}=")] {
                let page = browser.get(&url).await;
                match name {
                    "client_id" | "redirect_uri" => page.is_error_page(),
                    _ => page.is_redirected_error(&app, &client, "invalid_request"),
                };
            }
        }
    }
    let array = app.authorize_url(&client, &[("scope", ""), ("scope[]", "openid")]);
    browser.get(&array).await.is_redirected_error(&app, &client, "invalid_scope");
}

#[tokio::test]
async fn a17_once_in_the_query_and_once_in_the_body() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let mut browser = Browser::new(&app);
    let all = app.authorize_url(&client, &[]);
    let body = all.split_once('?').expect("a query").1.to_owned();
    for (query, is_page) in [
        ("client_id=c1", true),
        ("client_id=c2", true),
        ("redirect_uri=https%3A%2F%2Fevil.test%2F", true),
        ("scope=openid", false),
        ("state=st-1", false),
        ("code_challenge=x", false),
    ] {
        let url = format!("{}?{query}", app.url("/authorize"));
        let request =
            app.http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        let redirect = browser.send(request, &url).await;
        let page = match redirect.location {
            Some(next) if next.starts_with('/') => browser.get(&app.url(&next)).await,
            _ => redirect,
        };
        match is_page {
            true => page.is_error_page(),
            false => page.is_redirected_error(&app, &client, "invalid_request"),
        };
    }
}

#[tokio::test]
async fn b01_form_post_page() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, EMAIL, &[]).await;
    let long = "\u{fc}\u{1f600}\u{202e}".repeat(450);
    for state in ["\"><script>x</script>", "</form><form action=//evil.test>", "a&amp;b&#x27;'`", &long] {
        let page = browser.get(&app.authorize_url(&client, &[("response_mode", "form_post"), ("state", state)])).await;
        assert_eq!((page.status, page.location.as_deref()), (200, None), "{}", page.body);
        let fields = page.hidden();
        let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap_or_default();
        assert_eq!(field("state"), state);
        assert_eq!(field("iss"), app.issuer, "b05");
        assert_eq!(page.action(), "https://c1.test/cb");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action https://c1.test;"), "{policy}");
        assert_eq!(page.body.matches("<form").count(), 1);
        Tokens::of(&app.redeem(&client, field("code")).await);
    }
    let extra = [("response_mode", "form_post"), ("scope", "openid unknown")];
    let error = browser.get(&app.authorize_url(&client, &extra)).await;
    assert!(error.hidden().contains(&("error".into(), "invalid_scope".into())), "{}", error.body);
    assert!(error.hidden().contains(&("iss".into(), app.issuer.clone())), "b05: errors name the issuer too");
}

#[tokio::test]
async fn b03_disabled_response_types_stay_disabled() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let mut browser = Browser::new(&app);
    for other in
        ["token", "id_token", "code token", "code id_token", "code id_token token", "id_token token", "none", "CODE"]
    {
        let page = browser.get(&app.authorize_url(&client, &[("response_type", other)])).await;
        page.is_redirected_error(&app, &client, "unsupported_response_type");
        assert!(page.location.as_deref().is_some_and(|l| !l.contains('#') && !l.contains("access_token=")));
    }
}

#[tokio::test]
async fn b03_resume_data_is_authenticated() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let mut browser = Browser::new(&app);
    let page = browser.get(&app.authorize_url(&client, &[])).await;
    let sealed = page.hidden().into_iter().find(|(n, _)| n == "request").expect("the sealed request").1;
    let at = |request: &str| app.authorize_with(&[("request", request)]);
    browser.get(&at(&sealed)).await.is_sign_in();
    let mut altered = vec![String::new(), "x".into(), sealed[..sealed.len() - 4].to_owned(), format!("{sealed}AAAA")];
    for place in (0..sealed.len()).step_by(sealed.len() / 20) {
        let other = if &sealed[place..=place] == "A" { "B" } else { "A" };
        altered.push(format!("{}{other}{}", &sealed[..place], &sealed[place + 1..]));
    }
    for text in altered {
        browser.get(&at(&text)).await.is_error_page();
    }
    // Beside other parameters it is a request object, and those are not offered.
    let beside = app.authorize_url(&client, &[("request", &sealed)]);
    browser.get(&beside).await.is_redirected_error(&app, &client, "request_not_supported");
    Browser::new(&app).get(&at(&sealed)).await.is_error_page();
}

#[tokio::test]
async fn rfc9700_4_7_1_a_sign_in_ends_after_its_time() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let page = browser.get(&app.authorize_url(&client, &[])).await;
    app.pass(Lifetime::from_minutes(31));
    let late = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
    late.is_error_page();
    assert!(!browser.cookies.contains_key("vouchsafe_session"), "nobody was signed in");
}

#[tokio::test]
async fn b04_rfc9700_4_12_every_redirecting_post_is_a_303() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let with = |page: &Page, fields: &[(&str, &str)]| {
        let mut all = page.hidden();
        all.extend(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        all
    };
    let mut page = browser.get(&app.authorize_url(&client, &[("prompt", "consent")])).await;
    for (path, fields) in [
        ("/login", vec![("login", EMAIL), ("password", PASSWORD)]),
        ("/consent", vec![("decision", "switch")]),
        ("/select-account", vec![("session", "new")]),
        ("/login", vec![("login", EMAIL), ("password", PASSWORD)]),
        ("/consent", vec![("decision", "approve")]),
    ] {
        let all = with(&page, &fields);
        let pairs: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = browser.post(&app.url(path), &pairs).await;
        assert_eq!(answer.status, 303, "{path} {}", answer.body);
        let next = answer.location.expect("a redirect");
        page = browser.open(&app.url(&next)).await;
    }
    page.code();
    let logout = browser.open(&app.url("/logout")).await;
    let done = browser.submit(&logout, &[("decision", "cancel")]).await;
    assert!(done.status == 200 || done.status == 303, "{}", done.status);
    let posted = app.post("/authorize", &[("client_id", "c1")]).await;
    assert_eq!(posted.status, 303);
    assert_eq!(app.post("/logout", &[("client_id", "c1")]).await.status, 303);
}

#[tokio::test]
async fn b05_rfc9207_2_iss_in_every_answer() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let url = app.url("/.well-known/openid-configuration");
    let document = app.send(app.http.get(url)).await.json();
    assert_eq!(document["authorization_response_iss_parameter_supported"], true, "section 3");
    let success = app.sign_in(&mut browser, &client, EMAIL, &[]).await;
    assert_eq!(success.param("iss").as_deref(), document["issuer"].as_str());
    let error = browser.get(&app.authorize_url(&client, &[("scope", "x")])).await;
    assert_eq!(error.param("iss").as_deref(), document["issuer"].as_str());
    app.pass(Lifetime::from_seconds(1));
    let page = browser.get(&app.authorize_url(&client, &[("prompt", "login")])).await;
    let cancelled = browser.submit(&page, &[("decision", "cancel")]).await;
    cancelled.is_redirected_error(&app, &client, "access_denied");
}

const PAYLOADS: [&str; 5] = [
    "<img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}",
    "\"></script><script>alert(1)</script>",
    "\u{202e}evil'\"><svg/onload=alert(1)>",
    "javascript:alert(1)",
];

#[tokio::test]
async fn b07_texts_of_clients_and_people_are_inert() {
    let app = TestApp::start().await;
    for (at, text) in PAYLOADS.iter().enumerate() {
        let change = |row: &mut vouchsafe::oauth::client::Client| {
            row.name = (*text).to_owned();
            row.about.client_uri = Some((*text).to_owned());
            row.about.policy_uri = Some("javascript:alert(1)".to_owned());
            row.about.tos_uri = Some("https://c.test/\"onclick=\"x".to_owned());
        };
        let client = app.client_with(&format!("x{at}"), Profile::Web, change).await;
        let email = format!("alice{at}@example.com");
        let mut alice = app.person(&email).await;
        alice.profile.name = Some((*text).to_owned());
        app.write(move |c| vouchsafe::store::users::update(c, &alice)).await;
        let mut browser = Browser::new(&app);
        let mut pages = vec![browser.open(&app.authorize_url(&client, &[("login_hint", text)])).await];
        pages.push(browser.submit(&pages[0], &[("login", text), ("password", "x")]).await);
        assert_eq!(pages[1].status, 422);
        pages.push(browser.submit(&pages[0], &[("login", &email), ("password", PASSWORD)]).await);
        pages[2].is_consent();
        pages.push(browser.submit(&pages[2], &[("decision", "switch")]).await);
        pages.push(browser.open(&app.url(&format!("/logout?client_id=x{at}"))).await);
        pages.push(browser.open(&app.url("/")).await);
        pages.push(browser.get(&app.authorize_url(&client, &[("redirect_uri", "https://evil.test")])).await);
        for page in &pages {
            for live in ["<img", "<svg/", "<script>", "href=\"javascript", "\"onclick"] {
                assert!(!page.body.contains(live), "{live}: {}", page.body);
            }
            assert!(!page.body.contains("${49}") && !page.body.contains(">49<"), "a template ran: {}", page.body);
        }
    }
}

#[tokio::test]
async fn b08_b09_nothing_of_the_request_becomes_a_page() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let mut browser = Browser::new(&app);
    let payload = "\"><script>alert(1)</script><a href='//evil.test'>Call 0900 for help</a>";
    let names = [
        "error",
        "error_description",
        "error_hint",
        "error_uri",
        "login_hint",
        "ui_locales",
        "user_code",
        "id_token_hint",
        "state",
        "return_to",
        "theme",
        "client_id",
        "redirect_uri",
        "request",
        "token",
        "post_logout_redirect_uri",
        "display",
        "acr_values",
    ];
    let encoded = crate::support::browser::encode(&[("x", payload)])[2..].to_owned();
    for path in ["/authorize", "/logout", "/logged-out", "/setup", "/invitation", "/", "/nothing-here"] {
        for name in names {
            let url = format!("{}?{name}={encoded}", app.url(path));
            let request = app.http.get(&url).header("accept", "text/html").header("referer", "https://evil.test/r");
            let request = request.header("user-agent", payload).header("accept-language", payload);
            inert(&browser.send(request, &url).await);
        }
    }
    for path in ["/login", "/consent", "/select-account", "/logout/confirm", "/setup", "/new-password", "/invitation"] {
        for name in ["request", "change", "csrf", "login", "decision", "session", "email", "name"] {
            inert(&browser.post(&app.url(path), &[(name, payload)]).await);
        }
    }
    for name in names {
        if !["client_id", "redirect_uri"].contains(&name) {
            let page = browser.get(&app.authorize_url(&client, &[(name, payload)])).await;
            inert(&page);
        }
    }
}

fn inert(page: &Page) {
    assert!(!page.body.contains("<script>") && !page.body.contains("<a href='//evil"), "{} {}", page.url, page.body);
    assert!(!page.body.contains("evil.test/r"), "the Referer was used at {}", page.url);
    let shown_as_words =
        page.body.contains("Call 0900") && !page.body.contains("&#60;a href") && !page.body.contains("&lt;a href");
    assert!(!shown_as_words, "{} {}", page.url, page.body);
    if let Some(location) = &page.location {
        assert!(location.starts_with('/') || location.starts_with("https://c1.test/cb?"), "{location}");
    }
}

#[tokio::test]
async fn b09_error_description_is_not_shown() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    for path in ["/authorize", "/logout", "/logged-out", "/", "/setup"] {
        let page = browser.open(&app.url(&format!("{path}?error=x&error_description=Call+0900+123"))).await;
        assert!(!page.body.contains("Call 0900"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn c01_oauth21_4_1_1_pkce_is_required_of_every_client() {
    let app = TestApp::start().await;
    let clients = [
        app.web("c1").await,
        app.client_with("p1", Profile::Spa, |_| {}).await,
        app.client_with("n1", Profile::Native, |_| {}).await,
    ];
    for client in &clients {
        for missing in [
            &[("code_challenge", ""), ("code_challenge_method", "")][..],
            &[("code_challenge", "")],
            &[("code_challenge_method", "")],
            &[("code_challenge_method", "plain")],
            &[("code_challenge", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=")],
        ] {
            let page = Browser::new(&app).get(&app.authorize_url(client, missing)).await;
            page.is_redirected_error(&app, client, "invalid_request");
        }
    }
}

#[tokio::test]
async fn c01_a_public_client_needs_pkce_whatever_its_record_says() {
    let app = TestApp::start().await;
    let change = |row: &mut vouchsafe::oauth::client::Client| {
        row.policy.pkce = vouchsafe::oauth::client_policy::PkceRule::Optional;
    };
    let p1 = app.client_with("p1", Profile::Spa, change).await;
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    Browser::new(&app).get(&app.authorize_url(&p1, &none)).await.is_redirected_error(&app, &p1, "invalid_request");
}

#[tokio::test]
async fn c12_prompt_login_is_a_new_sign_in() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let first = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    let before = claims(&first.id)["auth_time"].as_i64().expect("auth_time");
    app.pass(Lifetime::from_seconds(100));
    let page = browser.open(&app.authorize_url(&client, &[("prompt", "login")])).await;
    page.is_sign_in();
    let sealed = page.hidden().into_iter().find(|(n, _)| n == "request").expect("the sealed request").1;
    // Without a form: reload, Back, a second tab, and the resume address with other parameters behind it.
    for url in [
        app.authorize_with(&[("request", &sealed)]),
        app.authorize_with(&[("request", &sealed), ("prompt", "")]),
        app.authorize_url(&client, &[("prompt", "login")]),
    ] {
        browser.open(&url).await.is_sign_in();
    }
    let wrong = browser.submit(&page, &[("login", EMAIL), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    browser.open(&app.authorize_with(&[("request", &sealed)])).await.is_sign_in();
    let done = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
    let tokens = Tokens::of(&app.redeem(&client, &done.code()).await);
    assert_eq!(claims(&tokens.id)["auth_time"].as_i64(), Some(before + 100));
}

#[tokio::test]
async fn c12_oidc_core_3_1_2_1_max_age() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let first = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    let before = claims(&first.id)["auth_time"].as_i64().expect("auth_time");
    app.pass(Lifetime::from_seconds(50));
    let within = app.tokens(&mut browser, &client, EMAIL, &[("max_age", "60")]).await;
    assert_eq!(claims(&within.id)["auth_time"].as_i64(), Some(before), "single sign-on keeps the time of the proof");
    app.pass(Lifetime::from_seconds(50));
    let silent = browser.open(&app.authorize_url(&client, &[("max_age", "60"), ("prompt", "none")])).await;
    silent.is_redirected_error(&app, &client, "login_required");
    for age in ["60", "0", "1"] {
        browser.open(&app.authorize_url(&client, &[("max_age", age)])).await.is_sign_in();
    }
    let fresh = app.tokens(&mut browser, &client, EMAIL, &[("max_age", "0")]).await;
    assert_eq!(claims(&fresh.id)["auth_time"].as_i64(), Some(before + 100), "max_age=0 is prompt=login");
    for bad in ["-1", "abc", "1.5", "99999999999999999999"] {
        let page = browser.open(&app.authorize_url(&client, &[("max_age", bad)])).await;
        page.is_redirected_error(&app, &client, "invalid_request");
    }
}

#[tokio::test]
async fn oidc_registration_2_default_max_age() {
    let app = TestApp::start().await;
    let client = app.client_with("c1", Profile::Web, |row| row.policy.default_max_age = Some(30)).await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    assert!(claims(&tokens.id)["auth_time"].is_i64());
    app.pass(Lifetime::from_seconds(31));
    browser.open(&app.authorize_url(&client, &[])).await.is_sign_in();
}

#[tokio::test]
async fn c12_oidc_core_3_1_2_1_prompt_none() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let silent = app.authorize_url(&client, &[("prompt", "none")]);
    browser.get(&silent).await.is_redirected_error(&app, &client, "login_required");
    for both in ["none login", "none consent", "none select_account", "login none"] {
        let page = browser.get(&app.authorize_url(&client, &[("prompt", both)])).await;
        page.is_redirected_error(&app, &client, "invalid_request");
    }
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    browser.get(&silent).await.code();
}

#[tokio::test]
async fn c12_oidc_core_3_1_2_1_id_token_hint_of_another_person() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    for email in [EMAIL, "mallory@example.com"] {
        app.person(email).await;
    }
    let alices = app.tokens(&mut Browser::new(&app), &client, EMAIL, &[]).await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, "mallory@example.com", &[]).await.code();
    let hint = [("id_token_hint", alices.id.as_str()), ("prompt", "none")];
    let page = browser.get(&app.authorize_url(&client, &hint)).await;
    page.is_redirected_error(&app, &client, "login_required");
    browser.get(&app.authorize_url(&client, &hint[..1])).await.is_sign_in();
    let claims =
        format!(r#"{{"id_token":{{"sub":{{"value":"{}"}}}}}}"#, claims(&alices.id)["sub"].as_str().expect("sub"));
    let wanted = [("claims", claims.as_str()), ("prompt", "none")];
    let page = browser.get(&app.authorize_url(&client, &wanted)).await;
    page.is_redirected_error(&app, &client, "login_required");
    // Expired is fine: it says who, not what is allowed.
    app.pass(Lifetime::from_hours(1));
    let page = browser.get(&app.authorize_url(&client, &hint)).await;
    page.is_redirected_error(&app, &client, "login_required");
    let access = [("id_token_hint", alices.access.as_str())];
    browser.get(&app.authorize_url(&client, &access)).await.is_redirected_error(&app, &client, "invalid_request");
}

#[tokio::test]
async fn oidc_core_5_5_1_1_essential_acr_that_cannot_be_met() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let essential = r#"{"id_token":{"acr":{"essential":true,"value":"urn:no:such"}}}"#;
    let page = app.sign_in(&mut browser, &client, EMAIL, &[("claims", essential)]).await;
    page.is_redirected_error(&app, &client, "unmet_authentication_requirements");
    let voluntary = r#"{"id_token":{"acr":{"value":"urn:no:such"}}}"#;
    app.sign_in(&mut browser, &client, EMAIL, &[("claims", voluntary)]).await.code();
    app.sign_in(&mut browser, &client, EMAIL, &[("acr_values", "urn:no:such")]).await.code();
}

#[tokio::test]
async fn oidc_core_3_1_2_1_get_and_post() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let url = app.authorize_url(&client, &[("state", "a b&c=\u{fc}")]);
    let body = url.split_once('?').expect("a query").1.to_owned();
    let request = app.http.post(app.url("/authorize")).header("content-type", "application/x-www-form-urlencoded");
    let redirect = browser.send(request.body(body), "POST /authorize").await;
    let page = browser.open(&app.url(&redirect.location.expect("a redirect"))).await;
    page.is_sign_in();
    let consent = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
    let done = browser.submit(&consent, &[("decision", "approve")]).await;
    assert_eq!(done.param("state").as_deref(), Some("a b&c=\u{fc}"), "echoed as it came");
    let json = app.http.post(app.url("/authorize")).header("content-type", "application/json").body("{}");
    app.send(json).await.is_error_page();
}

#[tokio::test]
async fn rfc6749_3_1_empty_parameters_are_absent_and_unknown_ones_ignored() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let plain = app.authorize_url(&client, &[]);
    let mut browser = Browser::new(&app);
    browser.get(&format!("{plain}&prompt=&max_age=&request=&response_mode=&claims=&resource=")).await.is_sign_in();
    browser.get(&format!("{plain}&unheard_of=1&display=touch&ui_locales=de")).await.is_sign_in();
}

#[tokio::test]
async fn rfc6749_3_1_2_3_the_only_registered_address_may_be_left_out() {
    let app = TestApp::start().await;
    let one = app.web("c1").await;
    let change = |row: &mut vouchsafe::oauth::client::Client| row.redirect_uris.push("https://c2.test/cb2".into());
    let two = app.client_with("c2", Profile::Web, change).await;
    let mut browser = Browser::new(&app);
    browser.get(&app.authorize_url(&one, &[("redirect_uri", "")])).await.is_sign_in();
    browser.get(&app.authorize_url(&two, &[("redirect_uri", "")])).await.is_error_page();
}

#[tokio::test]
async fn rfc6749_4_1_2_1_errors_that_people_and_policies_cause() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    browser.submit(&page, &[("decision", "cancel")]).await.is_redirected_error(&app, &client, "access_denied");
    let page = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
    browser.submit(&page, &[("decision", "deny")]).await.is_redirected_error(&app, &client, "access_denied");
    let no_codes = app.client_with("c2", Profile::Web, |row| row.grants = vec![GrantType::ClientCredentials]).await;
    let page = browser.open(&app.authorize_url(&no_codes, &[])).await;
    page.is_redirected_error(&app, &no_codes, "unauthorized_client");
    let narrow = app.client_with("c3", Profile::Web, |row| row.scopes = row.scopes.without("email")).await;
    let page = browser.open(&app.authorize_url(&narrow, &[("scope", "openid email")])).await;
    page.is_redirected_error(&app, &narrow, "invalid_scope");
}

#[tokio::test]
async fn oidc_core_3_1_2_1_login_hint_fills_the_form() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let page = Browser::new(&app).get(&app.authorize_url(&client, &[("login_hint", "bob@example.com")])).await;
    assert!(page.body.contains("value=\"bob@example.com\""), "{}", page.body);
    let huge = "a".repeat(20_000);
    Browser::new(&app).get(&app.authorize_url(&client, &[("login_hint", &huge)])).await.is_sign_in();
}

#[tokio::test]
async fn rfc8707_2_resource_at_the_authorization_endpoint() {
    let app = TestApp::start().await;
    let change = |row: &mut vouchsafe::oauth::client::Client| {
        row.policy.audiences = vec!["https://api.test/a".into(), "https://api.test/b".into()];
    };
    let client = app.client_with("c1", Profile::Web, change).await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    for bad in ["https://other.test/", "https://api.test/a#x", "api", "https://api.test/A"] {
        let page = browser.get(&app.authorize_url(&client, &[("resource", bad)])).await;
        page.is_redirected_error(&app, &client, "invalid_target");
    }
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("resource", "https://api.test/a")]).await;
    assert_eq!(claims(&tokens.access)["aud"], "https://api.test/a");
    let again = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert_eq!(claims(&again.access)["aud"], "https://api.test/a", "the grant remembers");
    let wider =
        [("grant_type", "refresh_token"), ("refresh_token", &again.refresh), ("resource", "https://api.test/b")];
    app.call("/token", &client, &wider).await.is_json_error(400, "invalid_target");
}

#[tokio::test]
async fn oidc_core_3_1_2_1_the_scope_openid_makes_the_id_token() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let tokens = app.tokens(&mut Browser::new(&app), &client, EMAIL, &[("scope", "email")]).await;
    assert!(tokens.id.is_empty(), "OIDC Core section 3.1.2.1: without openid it is plain OAuth");
    assert_eq!(tokens.body["scope"], "email");
}

#[tokio::test]
async fn o04_a_request_that_was_taken_can_be_finished_whatever_its_length() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    for length in [1_000, 30_000, 44_000, 45_000, 46_000, 47_000, 48_000, 60_000] {
        let state = "s".repeat(length);
        let mut browser = Browser::new(&app);
        let page = browser.get(&app.authorize_url(&client, &[("state", &state)])).await;
        if page.status != 200 {
            assert!(
                page.param("error").is_some() || [400, 414, 431].contains(&page.status),
                "{length}: {}",
                page.status
            );
            continue;
        }
        let page = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
        let page = if page.has("approve") { browser.submit(&page, &[("decision", "approve")]).await } else { page };
        assert_eq!(page.param("state").as_deref(), Some(state.as_str()), "{length}: {}", page.status);
    }
}
