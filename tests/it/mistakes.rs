//! The mistakes that developers of apps make, each made here over HTTP: the answer leads to the trace, the trace names the
//! check that failed, the mistake, and the mend.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use vouchsafe::flow::trace;
use vouchsafe::oauth::client::{Client as Registered, ClientAuthMethod, GrantType};
use vouchsafe::oauth::client_policy::{PkceRule, Profile};
use vouchsafe::oauth::scope::{Scope, ScopeSet};
use vouchsafe::store::{clients, scopes, traces::TraceSearch};
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{PASSWORD, VERIFIER, challenge};
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";
const FORM: &str = "application/x-www-form-urlencoded";

/// A mistake that was made, and the words by which its explanation is known.
struct Made {
    name: &'static str,
    page: Page,
    check: &'static str,
    mistake: &'static str,
    mend: &'static str,
}

/// A provider, an app whose person is signed in, and other clients beside it.
struct Scene {
    app: TestApp,
    c1: Client,
    c2: Client,
    spa: Client,
    native: Client,
    service: Client,
    browser: Browser,
    made: Vec<Made>,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let c1 = app.web("c1").await;
        let c2 = app.client_with("c2", Profile::Web, |row| row.redirect_uris = vec!["https://c2.test/cb".into()]).await;
        let spa = app.client_with("p1", Profile::Spa, |_| {}).await;
        let local = |row: &mut Registered| row.redirect_uris = vec!["http://127.0.0.1/cb".into()];
        let native = app.client_with("n1", Profile::Native, local).await;
        let orders = |row: &mut Registered| row.scopes = ScopeSet::of(["orders:read"]);
        let service = app.client_with("job", Profile::Service, orders).await;
        let (scope, now) = (orders_scope(), app.clock.now());
        app.app
            .parts
            .db
            .write(move |c| scopes::put(c, &scopes::StoredScope::new(scope.clone(), now)))
            .await
            .expect("the scope is stored");
        app.person(EMAIL).await;
        let mut browser = Browser::new(&app);
        for client in [&c1, &c2, &spa] {
            app.sign_in(&mut browser, client, EMAIL, &[]).await.code();
        }
        Self { app, c1, c2, spa, native, service, browser, made: Vec::new() }
    }

    fn note(
        &mut self,
        name: &'static str,
        page: Page,
        check: &'static str,
        (mistake, mend): (&'static str, &'static str),
    ) {
        self.made.push(Made { name, page, check, mistake, mend });
    }

    /// A mistake in the authorization request of `c1`.
    async fn ask(
        &mut self,
        name: &'static str,
        extra: &[(&str, &str)],
        check: &'static str,
        words: (&'static str, &'static str),
    ) {
        let page = self.browser.get(&self.app.authorize_url(&self.c1, extra)).await;
        self.note(name, page, check, words);
    }

    async fn code(&mut self) -> String {
        self.app.code(&mut self.browser, &self.c1, &[]).await
    }

    async fn tokens(&mut self) -> Tokens {
        self.app.tokens(&mut self.browser, &self.c1, EMAIL, &[]).await
    }

    /// A mistake in the redemption of a fresh code, with these fields beside it.
    async fn redeem(
        &mut self,
        name: &'static str,
        fields: &[(&str, &str)],
        check: &'static str,
        words: (&'static str, &'static str),
    ) {
        let code = self.code().await;
        let page = self.app.redeem_with(&self.c1, &code, fields).await;
        self.note(name, page, check, words);
    }

    fn to(&self, path: &str) -> RequestBuilder {
        self.app.http.post(self.app.url(path)).header("content-type", FORM)
    }

    /// A mistake in the credentials of the client.
    async fn credentials(
        &mut self,
        name: &'static str,
        request: RequestBuilder,
        check: &'static str,
        words: (&'static str, &'static str),
    ) {
        let page = self.app.send(request).await;
        self.note(name, page, check, words);
    }
}

fn orders_scope() -> Scope {
    Scope {
        name: "orders:read".to_owned(),
        description: "Read your orders".to_owned(),
        claims: Vec::new(),
        audience: Some("https://orders.test".to_owned()),
        mappings: Vec::new(),
    }
}

fn id_of(page: &Page) -> String {
    let header = page.header("x-correlation-id");
    if header.is_empty() { page.any_correlation_id() } else { header.to_owned() }
}

#[tokio::test]
async fn every_mistake_is_named_and_its_mend_too() {
    let mut s = Scene::new().await;
    redirect_uris(&mut s).await;
    authorization_requests(&mut s).await;
    pages(&mut s).await;
    client_authentication(&mut s).await;
    codes(&mut s).await;
    refresh_tokens(&mut s).await;
    other_token_requests(&mut s).await;
    bearer_tokens(&mut s).await;
    other_endpoints(&mut s).await;
    s.app.app.parts.tracer.flush().await;
    let (mut faults, mut explained) = (Vec::new(), BTreeSet::new());
    for made in &s.made {
        assert!(made.page.status != 200 || made.check == "introspection.concerns", "{} passed", made.name);
        let steps = trace::explained(&s.app.app.parts.db, id_of(&made.page)).await.expect("the trace");
        let shown = format!("{steps:?}");
        for secret in ["secret-of-", VERIFIER, PASSWORD] {
            assert!(!shown.contains(secret), "{}: a secret is shown: {shown}", made.name);
        }
        let is_it = |name: &str| name.starts_with(&format!("{} (", made.check));
        let of_check = steps.iter().filter(|step| step.row.check_name.as_deref().is_some_and(is_it));
        let mut found = of_check.filter_map(|step| step.diagnosis.as_ref());
        match found.find(|d| d.mistake.contains(made.mistake) && d.mend_by_command().contains(made.mend)) {
            Some(d) => {
                // The diagnosis is for the reader of the trace, not for whoever made the request.
                assert!(!made.page.body.contains(&d.mend), "{}: {}", made.name, made.page.body);
                explained.insert(d.mistake.clone());
            }
            None => faults.push(format!("{}: {steps:#?}", made.name)),
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), s.made.len(), faults.join("\n"));
    assert!(explained.len() >= 80, "{} different explanations of {} mistakes", explained.len(), s.made.len());
}

async fn redirect_uris(s: &mut Scene) {
    let check = "redirect_uri.registered";
    for (name, uri, mistake, mend) in [
        ("a slash too many", "https://c1.test/cb/", "slash at its end too many", "two addresses"),
        ("capital letters", "https://c1.test/CB", "upper and lower case", "case count"),
        ("another port", "https://c1.test:8443/cb", "port", "registered address"),
        ("http behind a proxy", "http://c1.test/cb", "scheme", "X-Forwarded-Proto"),
        ("another host", "https://staging.test/cb", "host", "public address"),
        ("www", "https://www.c1.test/cb", "www", "public address"),
        ("a query added", "https://c1.test/cb?next=%2F", "query", "state"),
        ("encoded twice", "https%3A%2F%2Fc1.test%2Fcb", "percent-encoded", "once"),
        ("another path", "https://c1.test/callback", "path", "--add-redirect-uri"),
        ("a relative address", "/cb", "no absolute", "scheme and host"),
        ("a line break behind it", "https://c1.test/cb\n", "white space", "Trim"),
        ("of another client", "https://c2.test/cb", "only for another client: c2", "client_id"),
    ] {
        s.ask(name, &[("redirect_uri", uri)], check, (mistake, mend)).await;
    }
    let url = s.app.authorize_url(&s.native, &[("redirect_uri", "http://localhost:49152/cb")]);
    let page = s.browser.get(&url).await;
    s.note("localhost for 127.0.0.1", page, check, ("several parts", "registered address"));
    let two = |row: &mut Registered| row.redirect_uris = vec!["https://c3.test/a".into(), "https://c3.test/b".into()];
    let c3 = s.app.client_with("c3", Profile::Web, two).await;
    let page = s.browser.get(&s.app.authorize_url(&c3, &[("redirect_uri", "")])).await;
    s.note("no redirect_uri", page, "redirect_uri.present", ("names no redirect_uri", "https://c3.test/a"));
}

async fn authorization_requests(s: &mut Scene) {
    for (name, extra, check, words) in [
        (
            "no PKCE",
            &[("code_challenge", ""), ("code_challenge_method", "")][..],
            "pkce.challenge_present",
            ("PKCE is missing", "S256"),
        ),
        ("PKCE plain", &[("code_challenge_method", "plain")], "pkce.method_s256", ("method plain", "SHA-256")),
        (
            "PKCE without a method",
            &[("code_challenge_method", "")],
            "pkce.method_s256",
            ("means plain", "code_challenge_method=S256"),
        ),
        ("PKCE s256", &[("code_challenge_method", "s256")], "pkce.method_s256", ("s256 does not exist", "capital S")),
        (
            "a padded challenge",
            &[("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")],
            "pkce.challenge_form",
            ("padded", "without padding"),
        ),
        (
            "a hexadecimal challenge",
            &[("code_challenge", "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3")],
            "pkce.challenge_form",
            ("hexadecimal", "32 bytes"),
        ),
        (
            "a challenge in plain base64",
            &[("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")],
            "pkce.challenge_form",
            ("plain base64", "base64url"),
        ),
        ("implicit flow", &[("response_type", "token")], "response_type.code", ("implicit flow", "response_type=code")),
        ("hybrid flow", &[("response_type", "code id_token")], "response_type.code", ("hybrid flow", "PKCE")),
        (
            "no response_type",
            &[("response_type", "")],
            "response_type.present",
            ("no response_type", "response_type=code"),
        ),
        (
            "the answer in the fragment",
            &[("response_mode", "fragment")],
            "response_mode.known",
            ("fragment", "form_post"),
        ),
        (
            "a signed answer",
            &[("response_mode", "jwt")],
            "response_mode.known",
            ("signed answer", "Leave response_mode out"),
        ),
        ("scopes with commas", &[("scope", "openid,email")], "scope.registered", ("parted by spaces", "%20")),
        ("a misspelt scope", &[("scope", "openid emial")], "scope.registered", ("misspelt", "Write email")),
        (
            "a scope of others",
            &[("scope", "openid orders:read")],
            "scope.registered",
            ("exists, but the client is not", "--add-scope"),
        ),
        ("an invented scope", &[("scope", "openid banana")], "scope.registered", ("may not exist", "scope add")),
        ("no scope", &[("scope", "")], "scope.present", ("no scope", "scope=openid")),
        ("scopes as JSON", &[("scope", "[\"openid\"]")], "scope.syntax", ("cannot stand", "single spaces")),
        ("an unknown prompt", &[("prompt", "signup")], "prompt.known", ("signup is not offered", "select_account")),
        ("prompts with commas", &[("prompt", "login,consent")], "prompt.known", ("commas", "prompt=login%20consent")),
        ("prompt none and another", &[("prompt", "none login")], "prompt.none_alone", ("beside another", "alone")),
        ("max_age in hours", &[("max_age", "1h")], "max_age.number", ("no whole number", "digits")),
        ("max_age below zero", &[("max_age", "-1")], "max_age.number", ("negative", "from 0 on")),
        ("claims that are no JSON", &[("claims", "email")], "claims.json", ("not JSON", "userinfo and id_token")),
        (
            "a request object",
            &[("request", "eyJhbGciOiJub25lIn0.e30.")],
            "request.plain_parameters",
            ("request object", "JAR"),
        ),
        ("request_uri", &[("request_uri", "urn:example:x")], "request.plain_parameters", ("request_uri", "PAR")),
        (
            "a foreign resource",
            &[("resource", "https://api.elsewhere.test")],
            "resource.allowed",
            ("resource is not a registered one", "--audience"),
        ),
        (
            "a hint that is no token",
            &[("id_token_hint", "alice")],
            "id_token_hint.ours",
            ("no ID token of this server", "leave the hint out"),
        ),
    ] {
        s.ask(name, extra, check, words).await;
    }
    let access = s.tokens().await.access;
    let words = ("another kind of token", "id_token of the token answer");
    s.ask("the access token as hint", &[("id_token_hint", &access)], "id_token_hint.ours", words).await;
    let elsewhere = TestApp::start().await;
    let theirs = elsewhere.web("c1").await;
    elsewhere.person(EMAIL).await;
    let foreign = elsewhere.tokens(&mut Browser::new(&elsewhere), &theirs, EMAIL, &[]).await;
    let words = ("another issuer", "newest ID token");
    s.ask("a hint of another issuer", &[("id_token_hint", &foreign.id)], "id_token_hint.ours", words).await;
    let page = s.browser.get(&s.app.authorize_url(&s.service, &[("redirect_uri", "https://job.test/cb")])).await;
    s.note(
        "a service sends people",
        page,
        "client.grant_allowed",
        ("not registered for the authorization code flow", "profile web"),
    );
    let page = s.app.userinfo(&foreign.access).await;
    s.note(
        "a token of another issuer",
        page,
        "access_token.verifies",
        ("another issuer or environment", "issuer that gave"),
    );
}

async fn pages(s: &mut Scene) {
    let with_id = |id: &str| format!("/authorize?response_type=code&scope=openid&client_id={id}");
    for (name, path, check, words) in [
        ("no client_id", "/authorize?response_type=code".to_owned(), "client_id.present", ("no client_id", "setting")),
        (
            "an unknown client_id",
            with_id("orders-frontend"),
            "client.known",
            ("no client with the client_id orders-frontend", "issuer"),
        ),
        ("a misspelt client_id", with_id("C-1"), "client.known", ("one called c1", "client_id c1")),
        (
            "a parameter twice",
            format!("{}&client_id=c1", with_id("c1")),
            "params.once",
            ("client_id 2 times", "one place"),
        ),
        ("a lone percent sign", format!("{}&state=100%", with_id("c1")), "params.decodes", ("percent sign", "%25")),
        ("a cut address", "/authorize?request=abc".to_owned(), "request.sealed", ("cut or changed", "Start again")),
    ] {
        let page = s.browser.get(&s.app.url(&path)).await;
        s.note(name, page, check, words);
    }
    let off = s.app.web("off").await;
    let now = s.app.clock.now();
    s.app.app.parts.db.write(move |c| clients::set_disabled(c, "off", Some(now), now)).await.expect("switched off");
    let page = s.browser.get(&s.app.authorize_url(&off, &[])).await;
    s.note("a client that is switched off", page, "client.enabled", ("switched off", "client enable"));
    let page = Browser::new(&s.app).get(&s.app.authorize_url(&s.c1, &[("prompt", "none")])).await;
    s.note("silent without a session", page, "session.present", ("nobody is signed in", "without prompt=none"));
    let url = s.app.authorize_url(&s.native, &[("prompt", "none"), ("redirect_uri", "http://127.0.0.1:5000/cb")]);
    let page = s.browser.get(&url).await;
    s.note("silent without consent", page, "consent.covers", ("never consented", "asked"));
    s.app.pass(Lifetime::from_seconds(30));
    let words = ("older than max_age", "prove again");
    s.ask("silent with an old session", &[("prompt", "none"), ("max_age", "5")], "session.present", words).await;

    let mut visitor = Browser::new(&s.app);
    let login = visitor.open(&s.app.authorize_url(&s.c1, &[])).await;
    let request = login.hidden().into_iter().find(|(name, _)| name == "request").expect("a sealed request").1;
    let url = format!("{}?request={request}", s.app.url("/authorize"));
    let page = Browser::new(&s.app).get(&url).await;
    s.note("cookies blocked", page, "request.browser", ("cookies are blocked", "cookies allowed"));
    let mut other = Browser::new(&s.app);
    other.open(&s.app.authorize_url(&s.c2, &[])).await;
    let page = other.get(&url).await;
    s.note("the address in another browser", page, "request.browser", ("another browser", "in which you want"));
    let page = visitor.submit(&login, &[("csrf", "x"), ("login", EMAIL), ("password", "x")]).await;
    s.note("a form token that was lost", page, "form.token", ("not made for this browser", "allow cookies"));
    let cross = s.to("/login").header("sec-fetch-site", "cross-site").body("login=x");
    let page = s.app.send(cross).await;
    s.note("a sign-in form in the app", page, "form.same_origin", ("another site", "send the browser"));
    s.app.pass(Lifetime::from_minutes(31));
    let page = visitor.get(&url).await;
    s.note("a sign-in left lying", page, "request.lifetime", ("expired", "request_minutes"));
    let mut refusing = s.browser.clone();
    let page = refusing.open(&s.app.authorize_url(&s.c1, &[("prompt", "consent")])).await;
    let page = refusing.submit(&page, &[("decision", "deny")]).await;
    s.note("denied", page, "person.allows", ("Nobody made a mistake", "access_denied"));
}

async fn client_authentication(s: &mut Scene) {
    let code = s.code().await;
    let body = format!("grant_type=authorization_code&code={code}");
    let secret = s.c1.secret.clone().expect("a secret");
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    for (name, header, check, words) in [
        ("another secret", basic("c1", "something-else"), "client_auth.secret", ("another one than", "rotate-secret")),
        (
            "a secret with a line break",
            basic("c1", &format!("{secret}\n")),
            "client_auth.secret",
            ("line break", "printf"),
        ),
        ("a secret in quotes", basic("c1", &format!("\"{secret}\"")), "client_auth.secret", ("quotes", "setting")),
        (
            "the client_id as secret",
            basic("c1", "c1"),
            "client_auth.secret",
            ("client_id was sent as secret", "mixed up"),
        ),
        ("a secret with a space for a plus", basic("c1", "ab+cd"), "client_auth.secret", ("not form-encoded", "%2B")),
        ("a secret encoded twice", basic("c1", "ab%252Fcd"), "client_auth.secret", ("encoded twice", "once only")),
        (
            "a variable that was not replaced",
            basic("c1", "${SECRET}"),
            "client_auth.secret",
            ("name of a variable", "replaced"),
        ),
        ("a percent sign in the secret", basic("c1", "100%"), "client_auth.basic_form", ("not form-encoded", "%25")),
        ("an empty secret", basic("c1", ""), "client_auth.basic_form", ("empty", "settings")),
        (
            "no base64",
            "Basic c1:secret".to_owned(),
            "client_auth.basic_form",
            ("not base64", "base64(client_id:secret)"),
        ),
        ("no colon", format!("Basic {}", STANDARD.encode("c1")), "client_auth.basic_form", ("no colon", "colon")),
        (
            "Bearer at the token endpoint",
            "Bearer abc".to_owned(),
            "client_auth.basic_form",
            ("another scheme", "HTTP Basic"),
        ),
        (
            "an unknown client",
            basic("orders-backend", "x"),
            "client.known",
            ("no client with the client_id orders-backend", "issuer"),
        ),
        ("a client switched off", basic("off", "x"), "client.enabled", ("switched off", "client enable")),
        (
            "a public client with a secret",
            basic("p1", "x"),
            "client_auth.registered_method",
            ("public, but it sent a secret", "Take the secret out"),
        ),
    ] {
        let request = s.to("/token").header("authorization", header).body(body.clone());
        s.credentials(name, request, check, words).await;
    }
    let good = basic("c1", &secret);
    for (name, request, check, words) in [
        (
            "the secret in the body",
            s.to("/token").body(format!("{body}&client_id=c1&client_secret={secret}")),
            "client_auth.registered_method",
            ("in the body, but", "client_secret_basic"),
        ),
        (
            "no secret",
            s.to("/token").body(format!("{body}&client_id=c1")),
            "client_auth.registered_method",
            ("sent no secret", "client secret"),
        ),
        ("nobody", s.to("/token").body(body.clone()), "client_auth.present", ("did not say who it is", "proxy")),
        (
            "twice authenticated",
            s.to("/token").header("authorization", &good).body(format!("{body}&client_secret={secret}")),
            "client_auth.one_method",
            ("authenticated twice", "Choose one"),
        ),
        (
            "two client ids",
            s.to("/token").header("authorization", &good).body(format!("{body}&client_id=c2")),
            "client_auth.one_client",
            ("c2", "environments"),
        ),
        (
            "two headers",
            s.to("/token").header("authorization", &good).header("authorization", &good).body(body.clone()),
            "client_auth.one_header",
            ("more than one Authorization header", "proxy"),
        ),
    ] {
        s.credentials(name, request, check, words).await;
    }
    let by_post = |row: &mut Registered| row.auth_method = ClientAuthMethod::ClientSecretPost;
    s.app.client_with("c4", Profile::Web, by_post).await;
    let request = s.to("/token").basic_auth("c4", Some("secret-of-c4-0123456789")).body(body);
    let words = ("by HTTP Basic, but", "client_secret_post");
    s.credentials("Basic where the body is registered", request, "client_auth.registered_method", words).await;
    let now = s.app.clock.now();
    s.app
        .app
        .parts
        .db
        .write(move |c| clients::secrets_expire_others(c, "c4", "none", now))
        .await
        .expect("the secret has ended");
    s.app.pass(Lifetime::from_seconds(1));
    let request = s.to("/token").body("grant_type=refresh_token&client_id=c4&client_secret=secret-of-c4-0123456789");
    s.credentials("a secret that has ended", request, "client_auth.secret", ("no valid secret", "rotate-secret")).await;
}

async fn codes(s: &mut Scene) {
    let verifier = ("code_verifier", VERIFIER);
    let uri = ("redirect_uri", "https://c1.test/cb");
    let challenge = challenge();
    for (name, fields, check, words) in [
        ("no verifier", &[uri][..], "pkce.verifier_present", ("no code_verifier", "session")),
        (
            "a short verifier",
            &[uri, ("code_verifier", "short")],
            "pkce.verifier_present",
            ("of 5 characters", "43 to 128"),
        ),
        (
            "the verifier of another sign-in",
            &[uri, ("code_verifier", "another-sign-in-another-sign-in-another-sign-in")],
            "pkce.verifier_matches",
            ("another sign-in", "under the state"),
        ),
        (
            "the challenge as verifier",
            &[uri, ("code_verifier", &challenge)],
            "pkce.verifier_matches",
            ("same text", "SHA-256"),
        ),
        (
            "another redirect_uri",
            &[verifier, ("redirect_uri", "https://c1.test/cb/")],
            "code.redirect_uri",
            ("not the one of the authorization request", "same text in both"),
        ),
        (
            "another resource",
            &[verifier, uri, ("resource", "https://x.test")],
            "resource.allowed",
            ("https://x.test", "--audience"),
        ),
    ] {
        s.redeem(name, fields, check, words).await;
    }
    let code = s.code().await;
    Tokens::of(&s.app.redeem(&s.c1, &code).await);
    let page = s.app.redeem(&s.c1, &code).await;
    s.note("a code twice", page, "code.unused", ("used twice", "redirect away"));
    let code = s.code().await;
    let page = s.app.redeem(&s.c2, &code).await;
    s.note("a code of another client", page, "code.client", ("made for the client c1, but c2", "one client_id"));
    let code = s.code().await;
    s.app.pass(Lifetime::from_seconds(75));
    let page = s.app.redeem(&s.c1, &code).await;
    s.note("a late code", page, "code.lifetime", ("15 s late", "at once"));
    let code = s.code().await;
    let tokens = s.tokens().await;
    let cut = &code[..code.len() - 1];
    for (name, text, words) in [
        ("a cut code", cut, ("cut or changed", "whole")),
        ("the state as code", "st-1", ("wrong parameter", "value of code")),
        ("an access token as code", &tokens.access, ("token was sent as code", "value of code")),
        ("a refresh token as code", &tokens.refresh, ("refresh token was sent as code", "grant_type=refresh_token")),
    ] {
        let page = s.app.redeem(&s.c1, text).await;
        s.note(name, page, "code.form", words);
    }
    let no_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    let free = s.app.client_with("free", Profile::Web, |row| row.policy.pkce = PkceRule::Optional).await;
    let code = s.app.sign_in(&mut s.browser, &free, EMAIL, &no_pkce).await.code();
    let page = s.app.redeem(&free, &code).await;
    s.note(
        "a verifier without a challenge",
        page,
        "pkce.no_downgrade",
        ("no code_challenge", "authorization request too"),
    );
    let code = s.app.code(&mut s.browser, &free, &no_pkce).await;
    let page = s.app.redeem_with(&free, &code, &[]).await;
    s.note(
        "no redirect_uri at the token endpoint",
        page,
        "code.redirect_uri",
        ("has no redirect_uri", "https://free.test/cb"),
    );
}

async fn refresh_tokens(s: &mut Scene) {
    let first = s.tokens().await;
    let page = s.app.refresh(&s.c2, &first.refresh).await;
    s.note(
        "a refresh token of another client",
        page,
        "refresh_token.client",
        ("belongs to the client c1, but c2", "client_id that got"),
    );
    let wide =
        [("grant_type", "refresh_token"), ("refresh_token", &*first.refresh), ("scope", "openid address phone x")];
    let page = s.app.call("/token", &s.c1, &wide).await;
    s.note("a wider scope", page, "scope.granted", ("not granted at the sign-in", "Leave scope out"));
    let second = Tokens::of(&s.app.refresh(&s.c1, &first.refresh).await);
    let third = Tokens::of(&s.app.refresh(&s.c1, &second.refresh).await);
    let page = s.app.refresh(&s.c1, &first.refresh).await;
    s.note("an old refresh token", page, "refresh_token.reuse", ("old refresh token", "one process"));
    let page = s.app.refresh(&s.c1, &third.refresh).await;
    s.note("going on after a reuse", page, "grant.live", ("revoked", "new sign-in"));
    for (name, text, words) in [
        ("an access token refreshes", first.access.as_str(), ("access token or ID token", "offline_access")),
        ("a cut refresh token", &first.refresh[..40], ("cut or changed", "Store it whole")),
        ("a refresh token of somebody else", "1//0gxyz", ("not one of this server", "new sign-in")),
    ] {
        let page = s.app.refresh(&s.c1, text).await;
        s.note(name, page, "refresh_token.known", words);
    }
    let online = s.app.tokens(&mut s.browser, &s.c1, EMAIL, &[("scope", "openid")]).await;
    assert!(online.refresh.is_empty());
    let page = s.app.call("/token", &s.c1, &[("grant_type", "refresh_token")]).await;
    s.note("refreshing without offline_access", page, "params.present", ("no refresh_token", "offline_access"));
    let idle = s.tokens().await;
    s.app.pass(Lifetime::from_days(8));
    let page = s.app.refresh(&s.c1, &idle.refresh).await;
    s.note(
        "a refresh token left lying",
        page,
        "refresh_token.lifetime",
        ("not used for so long", "--refresh-idle-days"),
    );
    s.browser = Browser::new(&s.app);
    let fresh = s.tokens().await;
    let now = s.app.clock.now();
    s.app.app.parts.db.write(move |c| clients::set_disabled(c, "c1", Some(now), now)).await.expect("switched off");
    let page = s.app.userinfo(&fresh.access).await;
    s.note("a client switched off meanwhile", page, "principal.good", ("switched off after", "client enable"));
    s.app.app.parts.db.write(move |c| clients::set_disabled(c, "c1", None, now)).await.expect("switched on");
}

async fn other_token_requests(s: &mut Scene) {
    for (name, fields, check, words) in [
        (
            "the password grant",
            &[("grant_type", "password")][..],
            "grant_type.offered",
            ("people's passwords", "authorization endpoint"),
        ),
        ("grant_type=code", &[("grant_type", "code")], "grant_type.offered", ("response_type", "authorization_code")),
        (
            "the device grant",
            &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code")],
            "grant_type.offered",
            ("device grant", "code flow"),
        ),
        ("no grant_type", &[], "params.present", ("no grant_type", "form body")),
        ("no code", &[("grant_type", "authorization_code")], "params.present", ("no code", "callback")),
        (
            "a grant of others",
            &[("grant_type", "client_credentials")],
            "client.grant_allowed",
            ("may not act for itself", "profile service"),
        ),
    ] {
        let page = s.app.call("/token", &s.c1, fields).await;
        s.note(name, page, check, words);
    }
    let people = [("grant_type", "client_credentials"), ("scope", "openid")];
    let page = s.app.call("/token", &s.service, &people).await;
    s.note("a program asks for a person", page, "scope.impersonal", ("speaks of a person", "code flow"));
    let wide = |row: &mut Registered| row.grants.push(GrantType::ClientCredentials);
    let spa = s.app.client_with("p2", Profile::Spa, wide).await;
    let page = s.app.call("/token", &spa, &[("grant_type", "client_credentials")]).await;
    s.note("a public client acts for itself", page, "client.confidential", ("public client", "confidential client"));
    let url = format!("{}?client_secret=x", s.app.url("/token"));
    let page = s.app.send(s.app.http.post(url).header("content-type", FORM)).await;
    s.note("the secret in the URL", page, "params.in_body", ("secret was sent in the URL", "rotate-secret"));
    for (name, kind, words) in [
        ("JSON at the token endpoint", "application/json", ("as JSON", "form-urlencoded")),
        ("multipart at the token endpoint", "multipart/form-data; boundary=x", ("multipart", "URLSearchParams")),
    ] {
        let page = s.app.send(s.app.http.post(s.app.url("/token")).header("content-type", kind).body("{}")).await;
        s.note(name, page, "body.content_type", words);
    }
    let page = s.app.send(s.app.http.post(s.app.url("/token"))).await;
    s.note("no content type", page, "body.content_type", ("no Content-Type", "Send the header"));
}

async fn bearer_tokens(s: &mut Scene) {
    let tokens = s.tokens().await;
    for (name, token, words) in [
        ("the ID token at userinfo", &tokens.id, ("most likely the ID token", "access_token of the token answer")),
        (
            "the refresh token at userinfo",
            &tokens.refresh,
            ("refresh token was sent as access token", "token endpoint only"),
        ),
        ("a changed access token", &format!("{}x", tokens.access), ("changed or is malformed", "whole")),
    ] {
        let page = s.app.userinfo(token).await;
        s.note(name, page, "access_token.verifies", words);
    }
    let url = s.app.url("/userinfo");
    for (name, header, words) in [
        ("Basic at userinfo", "Basic YTpi".to_owned(), ("Basic credentials", "Bearer")),
        ("Bearer twice", format!("Bearer Bearer {}", tokens.access), ("stands twice", "once")),
        ("the bare token", tokens.access.clone(), ("without the word Bearer", "Bearer, a space")),
        ("an empty token", "Bearer ".to_owned(), ("nothing behind Bearer", "empty")),
    ] {
        let page = s.app.send(s.app.http.get(&url).header("authorization", header)).await;
        s.note(name, page, "bearer.header_form", words);
    }
    let page = s.app.send(s.app.http.get(&url)).await;
    s.note("no token at userinfo", page, "bearer.present", ("no access token", "proxy"));
    let page = s.app.send(s.app.http.get(format!("{url}?access_token={}", tokens.access))).await;
    s.note("the token in the URL", page, "bearer.not_in_query", ("in the URL", "Authorization: Bearer"));
    let plain = s.app.tokens(&mut s.browser, &s.c1, EMAIL, &[("scope", "email")]).await;
    let page = s.app.userinfo(&plain.access).await;
    s.note("userinfo without openid", page, "scope.openid", ("not given for openid", "scope openid"));
    let api = |row: &mut Registered| row.policy.audiences = vec!["https://api.test".into()];
    let narrow = s.app.client_with("c5", Profile::Web, api).await;
    let extra = [("resource", "https://api.test")];
    let foreign = s.app.tokens(&mut s.browser, &narrow, EMAIL, &extra).await;
    let page = s.app.userinfo(&foreign.access).await;
    s.note(
        "a token for an API at userinfo",
        page,
        "access_token.verifies",
        ("another audience: https://api.test", "openid"),
    );
    let page = s.app.call("/introspect", &s.c2, &[("token", &foreign.access)]).await;
    assert_eq!(page.body, r#"{"active":false}"#);
    s.note(
        "introspection of a token for others",
        page,
        "introspection.concerns",
        ("not made for it", "--resource-identifier"),
    );
    Tokens::of(&s.app.refresh(&s.c1, &tokens.refresh).await);
    s.app.call("/revoke", &s.c1, &[("token", &plain.access)]).await;
    s.app.pass(Lifetime::from_hours(1));
    let page = s.app.userinfo(&tokens.access).await;
    s.note("an expired access token", page, "access_token.verifies", ("has expired", "expires_in"));
    let late = s.tokens().await;
    let now = s.app.clock.now();
    s.app.clock.set(now - Lifetime::from_minutes(10));
    let page = s.app.userinfo(&late.access).await;
    s.note("clocks that differ", page, "access_token.verifies", ("clocks", "NTP"));
    s.app.clock.set(now);
    let revoked = s.tokens().await;
    s.app.call("/revoke", &s.c1, &[("token", &revoked.access)]).await;
    let page = s.app.userinfo(&revoked.access).await;
    s.note("a revoked access token", page, "access_token.not_revoked", ("was revoked", "Throw tokens away"));
}

async fn other_endpoints(s: &mut Scene) {
    let tokens = s.tokens().await;
    let page = s.app.call("/revoke", &s.c2, &[("token", &tokens.refresh)]).await;
    s.note("revoking a token of others", page, "token.client", ("belongs to the client c1, but c2", "client that got"));
    let page = s.app.call("/introspect", &s.spa, &[("token", &tokens.access)]).await;
    s.note("a public client introspects", page, "client.confidential", ("public client", "profile service"));
    let page = s.app.post("/introspect", &[("token", &tokens.access)]).await;
    s.note("introspection without a client", page, "client_auth.present", ("did not say who it is", "HTTP Basic"));
    let page = s.app.call("/introspect", &s.c1, &[]).await;
    s.note("introspection of nothing", page, "params.present", ("no token", "parameter token"));
    for (name, query, check, words) in [
        (
            "logout to an unregistered address",
            "client_id=c1&post_logout_redirect_uri=https://c1.test/out/".to_owned(),
            "logout.redirect_registered",
            ("slash at its end too many", "--add-post-logout-redirect-uri"),
        ),
        (
            "logout to the redirect URI",
            "client_id=c1&post_logout_redirect_uri=https://c1.test/cb".to_owned(),
            "logout.redirect_registered",
            ("path", "do not count here"),
        ),
        (
            "logout of nobody in particular",
            "post_logout_redirect_uri=https://c1.test/out".to_owned(),
            "logout.client_known",
            ("which app", "id_token_hint"),
        ),
        (
            "logout of an unknown client",
            "client_id=c9&post_logout_redirect_uri=https://c1.test/out".to_owned(),
            "logout.client_known",
            ("does not exist", "Correct client_id"),
        ),
        (
            "logout with a hint of others",
            format!("client_id=c2&id_token_hint={}", tokens.id),
            "logout.client_agrees",
            ("client_id (c2)", "same app"),
        ),
        (
            "logout with the access token",
            format!("id_token_hint={}", tokens.access),
            "id_token_hint.ours",
            ("another kind", "id_token of the token answer"),
        ),
    ] {
        let page = s.browser.get(&s.app.url(&format!("/logout?{query}"))).await;
        s.note(name, page, check, words);
    }
}

#[tokio::test]
async fn the_failures_of_an_app_are_found_without_a_correlation_id() {
    let mut s = Scene::new().await;
    for uri in ["https://c1.test/CB", "https://c1.test/cb/"] {
        s.browser.get(&s.app.authorize_url(&s.c1, &[("redirect_uri", uri)])).await;
    }
    s.browser.get(&s.app.authorize_url(&s.c2, &[("scope", "banana")])).await;
    s.app.app.parts.tracer.flush().await;
    let wanted = TraceSearch { client_id: Some("c1".to_owned()), only_refusals: true, ..TraceSearch::default() };
    let first = trace::search(&s.app.app.parts.db, wanted.clone(), None, 1).await.expect("a page");
    let second = trace::search(&s.app.app.parts.db, wanted.clone(), first.next, 1).await.expect("a page");
    let third = trace::search(&s.app.app.parts.db, wanted, second.next, 1).await.expect("a page");
    let mistake = |found: &trace::Found| {
        found.flows[0].steps[0].diagnosis.as_ref().map(|d| d.mistake.clone()).unwrap_or_default()
    };
    assert!(mistake(&first).contains("slash at its end"), "newest first: {first:#?}");
    assert!(mistake(&second).contains("upper and lower case"), "{second:#?}");
    assert_eq!((third.flows.len(), third.next), (0, None), "the other app's failure is not among them");
    let all = trace::search(&s.app.app.parts.db, TraceSearch::default(), None, 1_000).await.expect("a page");
    let sign_in = all.flows.last().expect("the first sign-in");
    let steps: Vec<&str> = sign_in.steps.iter().map(|step| step.row.outcome.as_str()).collect();
    assert!(
        sign_in.steps.is_sorted_by_key(|step| step.id) && steps.len() >= 3,
        "a flow is told in its order: {steps:?}"
    );
    assert_eq!(steps[0], "the sign-in page was shown");
}
