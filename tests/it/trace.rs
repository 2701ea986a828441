//! The trace: the correlation id that an app developer sees leads to what went wrong, and no secret stands in it.

use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::store::traces::TraceRow;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{PASSWORD, VERIFIER};
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";

/// A provider whose tests remember every secret they handled.
struct Scene {
    app: TestApp,
    client: Client,
    browser: Browser,
    secrets: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let client = app.web("c1").await;
        app.person(EMAIL).await;
        let mut browser = Browser::new(&app);
        let first = app.tokens(&mut browser, &client, EMAIL, &[]).await;
        let mut secrets = vec![PASSWORD.to_owned(), VERIFIER.to_owned(), "wr0ng".to_owned()];
        secrets.extend([client.secret.clone().expect("a secret"), first.access, first.refresh, first.id]);
        Self { app, client, browser, secrets }
    }

    async fn code(&mut self) -> String {
        let code = self.app.code(&mut self.browser, &self.client, &[]).await;
        self.secrets.push(code.clone());
        code
    }

    async fn tokens(&mut self) -> Tokens {
        let tokens = self.app.tokens(&mut self.browser, &self.client, EMAIL, &[]).await;
        self.secrets.extend([tokens.access.clone(), tokens.refresh.clone(), tokens.id.clone()]);
        tokens
    }

    /// The rows that the answer's correlation id leads to: one of them is this check, with these words.
    #[track_caller]
    fn judge(&self, rows: &[TraceRow], check: &str, expected: &str, received: &str) {
        let found = rows.iter().find(|r| r.check_name.as_deref().is_some_and(|c| c.starts_with(&format!("{check} ("))));
        let row = found.unwrap_or_else(|| panic!("no row of {check} in {rows:#?}"));
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        assert!(text(&row.expected).contains(expected), "expected of {check}: {row:#?}");
        assert!(text(&row.received).contains(received), "received of {check}: {row:#?}");
        self.no_secret(rows);
    }

    #[track_caller]
    fn no_secret(&self, rows: &[TraceRow]) {
        let shown = format!("{rows:?}");
        for cookie in self.browser.cookies.values().chain(&self.secrets) {
            assert!(!shown.contains(cookie.as_str()), "a secret stands in the trace: {rows:#?}");
        }
    }

    async fn explains(&self, page: &Page, check: &str, expected: &str, received: &str) {
        let id = page.any_correlation_id();
        let header = page.header("x-correlation-id");
        assert!(header.is_empty() || header == id, "the header names another id: {header}, {id}");
        let rows = self.app.trace(&id).await;
        self.judge(&rows, check, expected, received);
    }
}

#[tokio::test]
async fn mistakes_at_the_authorization_endpoint() {
    let mut s = Scene::new().await;
    for (extra, check, expected, received) in [
        (
            &[("redirect_uri", "https://c1.test/callback")][..],
            "redirect_uri.registered",
            "https://c1.test/cb",
            "https://c1.test/callback",
        ),
        (&[("response_type", "token")], "response_type.code", "code", "token"),
        (&[("response_type", "")], "response_type.present", "code", "none"),
        (&[("response_mode", "fragment")], "response_mode.known", "form_post", "fragment"),
        (&[("scope", "openid emial")], "scope.registered", "email", "emial"),
        (&[("scope", "")], "scope.present", "openid", "none"),
        (
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "pkce.challenge_present",
            "code_challenge",
            "no code_challenge",
        ),
        (&[("code_challenge_method", "")], "pkce.method_s256", "S256", "none"),
        (&[("code_challenge_method", "plain")], "pkce.method_s256", "S256", "plain"),
        (&[("code_challenge", "abc")], "pkce.challenge_form", "43", "3 characters"),
        (&[("prompt", "none login")], "prompt.none_alone", "none alone", "none login"),
        (&[("prompt", "signup")], "prompt.known", "select_account", "signup"),
        (&[("max_age", "1h")], "max_age.number", "0", "1h"),
        (&[("claims", "{")], "claims.json", "userinfo", "EOF"),
        (&[("request", "x.y.z")], "request.plain_parameters", "plain parameters", "request"),
        (&[("id_token_hint", "x.y.z")], "id_token_hint.ours", "an ID token of ours", "the header is not"),
        (
            &[("resource", "https://unknown.test")],
            "resource.allowed",
            s.app.issuer.clone().leak(),
            "https://unknown.test",
        ),
    ] {
        let page = s.browser.get(&s.app.authorize_url(&s.client, extra)).await;
        s.explains(&page, check, expected, received).await;
    }
    let silent = Browser::new(&s.app).get(&s.app.authorize_url(&s.client, &[("prompt", "none")])).await;
    let rows = s.app.trace(&silent.any_correlation_id()).await;
    assert!(rows.iter().any(|r| r.outcome.contains("login_required")), "{rows:#?}");
    for (url, check, received) in [
        ("/authorize".to_owned(), "client_id.present", "none"),
        ("/authorize?client_id=c9".to_owned(), "client.known", "c9"),
        ("/authorize?client_id=c1&client_id=c1".to_owned(), "params.once", "client_id 2 times"),
        ("/authorize?client_id=c1&scope=%zz".to_owned(), "params.decodes", "percent"),
        ("/authorize?request=abc".to_owned(), "request.sealed", "another text"),
        (
            "/logout?post_logout_redirect_uri=https://c1.test/out".to_owned(),
            "logout.client_known",
            "https://c1.test/out",
        ),
        (
            "/logout?client_id=c1&post_logout_redirect_uri=https://c1.test/o".to_owned(),
            "logout.redirect_registered",
            "https://c1.test/o",
        ),
        ("/logout?id_token_hint=x.y.z".to_owned(), "id_token_hint.ours", "the header is not"),
        ("/logout?state=%f".to_owned(), "params.decodes", "percent"),
    ] {
        let page = s.browser.get(&s.app.url(&url)).await;
        s.explains(&page, check, "", received).await;
    }
}

#[tokio::test]
async fn mistakes_at_the_token_endpoint() {
    let mut s = Scene::new().await;
    let c2 = s.app.web("c2").await;
    s.secrets.push(c2.secret.clone().expect("a secret"));
    let post = |c: &Client| {
        let mut row = c.row.clone();
        row.auth_method = vouchsafe::oauth::client::ClientAuthMethod::ClientSecretPost;
        Client { row, secret: c.secret.clone() }
    };

    let code = s.code().await;
    let wrong = Client { secret: Some("wr0ng".into()), ..s.client.clone() };
    s.explains(&s.app.redeem(&wrong, &code).await, "client_auth.secret", "1 valid secret", "another secret").await;
    let by_post = s.app.redeem(&post(&s.client), &code).await;
    s.explains(&by_post, "client_auth.registered_method", "client_secret_basic", "client_secret_post").await;
    let nobody = s.app.post("/token", &[("grant_type", "authorization_code"), ("code", &code)]).await;
    s.explains(&nobody, "client_auth.present", "HTTP Basic", "neither").await;
    let json = s
        .app
        .http
        .post(s.app.url("/token"))
        .header("content-type", "application/json")
        .body(format!("{{\"code\":\"{code}\"}}"));
    s.explains(&s.app.send(json).await, "body.content_type", "x-www-form-urlencoded", "application/json").await;
    let in_url = s.app.http.post(format!("{}?code={code}", s.app.url("/token")));
    s.explains(&s.app.send(in_url).await, "params.in_body", "a body", "code in the query").await;
    s.explains(&s.app.redeem(&c2, &code).await, "code.client", "c1", "c2").await;
    s.explains(&s.app.redeem(&s.client, &code).await, "code.unused", "an unused code", "used before").await;

    for (fields, check, expected, received) in [
        (&[][..], "pkce.verifier_present", "challenge", "none"),
        (
            &[("code_verifier", "wr0ng-wr0ng-wr0ng-wr0ng-wr0ng-wr0ng-wr0ng-wr0ng")],
            "pkce.verifier_matches",
            "challenge",
            "challenge",
        ),
        (&[("code_verifier", "wr0ng")], "pkce.verifier_", "", ""),
        (
            &[("code_verifier", VERIFIER), ("redirect_uri", "https://c1.test/other")],
            "code.redirect_uri",
            "https://c1.test/cb",
            "https://c1.test/other",
        ),
        (&[("code_verifier", VERIFIER), ("resource", "https://x.test")], "resource.", "", "https://x.test"),
    ] {
        let code = s.code().await;
        let page = s.app.redeem_with(&s.client, &code, fields).await;
        let rows = s.app.trace(&page.any_correlation_id()).await;
        s.no_secret(&rows);
        let row = rows.iter().find(|r| r.check_name.as_deref().is_some_and(|c| c.starts_with(check)));
        let row = row.unwrap_or_else(|| panic!("no {check}: {rows:#?}"));
        assert!(row.expected.as_deref().is_some_and(|e| e.contains(expected)), "{row:#?}");
        assert!(row.received.as_deref().is_some_and(|r| r.contains(received)), "{row:#?}");
    }
    let code = s.code().await;
    s.app.pass(Lifetime::from_seconds(61));
    s.explains(
        &s.app.redeem(&s.client, &code).await,
        "code.lifetime",
        "before 2026-01-01T00:01:00",
        "2026-01-01T00:01:01",
    )
    .await;
    for (fields, check, received) in [
        (&[][..], "params.present", "none"),
        (&[("grant_type", "code")], "grant_type.offered", "code"),
        (&[("grant_type", "client_credentials")], "client.grant_allowed", "authorization_code"),
        (&[("grant_type", "authorization_code"), ("code", "abc")], "code.form", "no code of ours"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "abc")], "refresh_token.known", "no refresh token"),
    ] {
        s.explains(&s.app.call("/token", &s.client, fields).await, check, "", received).await;
    }
    let first = s.tokens().await;
    let page = s.app.refresh(&c2, &first.refresh).await;
    s.explains(&page, "refresh_token.client", "c1", "c2").await;
    let wide = [("grant_type", "refresh_token"), ("refresh_token", &*first.refresh), ("scope", "openid phone")];
    s.explains(&s.app.call("/token", &s.client, &wide).await, "scope.granted", "openid", "phone").await;
    let second = Tokens::of(&s.app.refresh(&s.client, &first.refresh).await);
    let third = Tokens::of(&s.app.refresh(&s.client, &second.refresh).await);
    s.secrets.extend([second.refresh, second.access, third.refresh.clone(), third.access]);
    s.explains(&s.app.refresh(&s.client, &first.refresh).await, "refresh_token.reuse", "newest", "generation 0").await;
    s.explains(&s.app.refresh(&s.client, &third.refresh).await, "grant.live", "a live grant", "revoked").await;
}

#[tokio::test]
async fn mistakes_at_the_other_endpoints() {
    let mut s = Scene::new().await;
    let tokens = s.tokens().await;
    let plain = s.app.tokens(&mut s.browser, &s.client, EMAIL, &[("scope", "email")]).await;
    s.secrets.push(plain.access.clone());
    s.explains(&s.app.userinfo(&tokens.id).await, "access_token.verifies", "access token", "typ").await;
    s.explains(&s.app.userinfo(&plain.access).await, "scope.openid", "openid", "email").await;
    let query = s.app.http.get(format!("{}?access_token={}", s.app.url("/userinfo"), tokens.access));
    s.explains(&s.app.send(query).await, "bearer.not_in_query", "Authorization", "query").await;
    let odd = s.app.http.post(s.app.url("/userinfo")).header("content-type", "application/json").body("{}");
    s.explains(&s.app.send(odd).await, "body.content_type", "form-urlencoded", "application/json").await;
    s.app.pass(Lifetime::from_hours(1));
    s.explains(&s.app.userinfo(&tokens.access).await, "access_token.verifies", "access token", "expired").await;
    let spa = s.app.client_with("p1", Profile::Spa, |_| {}).await;
    let page = s.app.call("/introspect", &spa, &[("token", &tokens.refresh)]).await;
    s.explains(&page, "client.confidential", "confidential", "public").await;
    let page = s.app.call("/revoke", &spa, &[("token", &tokens.refresh)]).await;
    s.explains(&page, "token.client", "c1", "p1").await;
}

#[tokio::test]
async fn a_sign_in_stands_under_one_id_from_the_first_page_to_the_tokens() {
    let mut s = Scene::new().await;
    let mut browser = Browser::new(&s.app);
    let fresh = s.app.web("c2").await;
    let login = browser.open(&s.app.authorize_url(&fresh, &[])).await;
    let id = login.correlation_id();
    let wrong = browser.submit(&login, &[("login", EMAIL), ("password", "wr0ng")]).await;
    assert_eq!(wrong.correlation_id(), id);
    let consent = browser.submit(&login, &[("login", EMAIL), ("password", PASSWORD)]).await;
    let done = browser.submit(&consent, &[("decision", "approve")]).await;
    let code = done.code();
    s.secrets.push(code.clone());
    Tokens::of(&s.app.redeem(&fresh, &code).await);
    let replayed = s.app.redeem(&fresh, &code).await;
    assert_eq!(replayed.any_correlation_id(), id, "a failed redemption belongs to its sign-in");
    let rows = s.app.trace(&id).await;
    let outcomes: Vec<&str> = rows.iter().map(|r| r.outcome.as_str()).collect();
    for step in [
        "the sign-in page was shown",
        "wrong password",
        "signed in with a password",
        "the consent page was shown",
        "the person consented",
        "used before",
    ] {
        assert!(outcomes.iter().any(|o| o.contains(step)), "{step}: {outcomes:#?}");
    }
    assert!(rows.iter().all(|r| r.client_id.as_deref() == Some("c2")), "{rows:#?}");
    s.no_secret(&rows);
}

#[tokio::test]
async fn forms_that_are_not_ours_are_explained_too() {
    let s = Scene::new().await;
    let mut browser = s.browser.clone();
    let page = browser.open(&s.app.authorize_url(&s.client, &[("prompt", "consent")])).await;
    let forged = browser.submit(&page, &[("csrf", "x"), ("decision", "approve")]).await;
    s.explains(&forged, "form.token", "this browser", "another token").await;
    let cross = s.app.http.post(s.app.url("/login")).header("sec-fetch-site", "cross-site");
    let cross = cross.header("content-type", "application/x-www-form-urlencoded").body("login=x");
    s.explains(&s.app.send(cross).await, "form.same_origin", &s.app.issuer, "cross-site").await;
    for path in ["/login", "/consent", "/select-account", "/logout/confirm", "/setup", "/new-password", "/invitation"] {
        let json = s.app.http.post(s.app.url(path)).header("content-type", "application/json").body("{}");
        s.explains(&s.app.send(json).await, "body.content_type", "form-urlencoded", "application/json").await;
    }
}
