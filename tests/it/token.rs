//! The token endpoint from outside: codes, client authentication, refresh (security cases C03 to C11, D).

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Barrier;
use vouchsafe::oauth::client::{Client as Registered, ClientAuthMethod, GrantType};
use vouchsafe::oauth::client_policy::{PkceRule, Profile, RefreshRule};
use vouchsafe::oauth::scope::{Scope, ScopeSet};
use vouchsafe::store::{clients, scopes, users};
use vouchsafe::time::Lifetime;

use crate::support::browser::encode;
use crate::support::relying_party::{VERIFIER, challenge_of, claims, header};
use crate::support::timing::alike;
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";
const FORM: &str = "application/x-www-form-urlencoded";

/// A provider with Alice signed in at a web client that she has consented to.
async fn signed_in() -> (TestApp, Client, Browser) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    (app, client, browser)
}

const NO_PKCE: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];

#[tokio::test]
async fn c03_rfc9700_4_8_2_no_downgrade_in_either_direction() {
    let (app, client, mut browser) = signed_in().await;
    let redirect_uri = ("redirect_uri", "https://c1.test/cb");
    for fields in [&[redirect_uri][..], &[redirect_uri, ("code_verifier", "")]] {
        let code = app.code(&mut browser, &client, &[]).await;
        app.redeem_with(&client, &code, fields).await.is_bad_grant();
    }
    let free = app.client_with("c2", Profile::Web, |row| row.policy.pkce = PkceRule::Optional).await;
    let code = app.sign_in(&mut browser, &free, EMAIL, &NO_PKCE).await.code();
    app.redeem(&free, &code).await.is_bad_grant();
    let code = app.code(&mut browser, &free, &NO_PKCE).await;
    Tokens::of(&app.redeem_with(&free, &code, &[("redirect_uri", "https://c2.test/cb")]).await);
}

#[tokio::test]
async fn c04_rfc7636_4_6_the_verifier() {
    let (app, client, mut browser) = signed_in().await;
    let good: [String; 2] = ["a".repeat(43), "~._-".repeat(32)];
    for verifier in &good {
        let challenge = challenge_of(verifier);
        let code = app.code(&mut browser, &client, &[("code_challenge", &challenge)]).await;
        Tokens::of(&app.redeem_with(&client, &code, &[("code_verifier", verifier)]).await);
    }
    for verifier in ["a".repeat(42), "a".repeat(129), "a ".repeat(30), "a+".repeat(30), "\u{fc}".repeat(43)] {
        let challenge = challenge_of(&verifier);
        let code = app.code(&mut browser, &client, &[("code_challenge", &challenge)]).await;
        app.redeem_with(&client, &code, &[("code_verifier", &verifier)]).await.is_bad_grant();
    }
}

#[tokio::test]
async fn c04_after_one_wrong_verifier_the_code_is_dead() {
    let (app, client, mut browser) = signed_in().await;
    for wrong in ["b".repeat(43), VERIFIER.to_lowercase(), challenge_of(VERIFIER)] {
        let code = app.code(&mut browser, &client, &[]).await;
        app.redeem_with(&client, &code, &[("code_verifier", &wrong)]).await.is_bad_grant();
        app.redeem(&client, &code).await.is_bad_grant();
    }
}

#[tokio::test]
async fn c05_code_is_bound_to_client_and_redirect_uri() {
    let (app, client, mut browser) = signed_in().await;
    let change = |row: &mut Registered| row.redirect_uris = vec!["https://c1.test/cb".into()];
    let c2 = app.client_with("c2", Profile::Web, change).await;
    let p1 = app.client_with("p1", Profile::Spa, change).await;
    for thief in [&c2, &p1] {
        let code = app.code(&mut browser, &client, &[]).await;
        app.redeem(thief, &code).await.is_bad_grant();
    }
    let verifier = ("code_verifier", VERIFIER);
    for other in ["https://c1.test/other", "https://c1.test/cb/", "https://C1.test/cb", "https://c2.test/cb"] {
        let code = app.code(&mut browser, &client, &[]).await;
        app.redeem_with(&client, &code, &[verifier, ("redirect_uri", other)]).await.is_bad_grant();
    }
    let code = app.code(&mut browser, &client, &[]).await;
    let mixed = Client { secret: c2.secret.clone(), ..client.clone() };
    app.redeem(&mixed, &code).await.is_bad_client();
    Tokens::of(&app.redeem(&client, &code).await);
}

#[tokio::test]
async fn rfc6749_4_1_3_without_pkce_the_redirect_uri_is_demanded() {
    let (app, _, mut browser) = signed_in().await;
    let free = app.client_with("c2", Profile::Web, |row| row.policy.pkce = PkceRule::Optional).await;
    let code = app.sign_in(&mut browser, &free, EMAIL, &NO_PKCE).await.code();
    app.redeem_with(&free, &code, &[]).await.is_bad_grant();
}

#[tokio::test]
async fn oauth21_4_1_3_with_pkce_the_redirect_uri_may_be_left_out() {
    let (app, client, mut browser) = signed_in().await;
    let code = app.code(&mut browser, &client, &[]).await;
    Tokens::of(&app.redeem_with(&client, &code, &[("code_verifier", VERIFIER)]).await);
}

/// Runs the same request on several connections at the same moment.
async fn at_once(app: &TestApp, client: &Client, times: usize, fields: &[(&str, &str)]) -> Vec<Page> {
    let barrier = Arc::new(Barrier::new(times));
    let (url, body) = (app.url("/token"), encode(fields));
    let tasks: Vec<_> = (0..times)
        .map(|_| {
            let request = app.http.post(&url).header("content-type", FORM).body(body.clone());
            let request = request.basic_auth(&client.row.client_id, client.secret.as_deref());
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait().await;
                Page::read(request.send().await.expect("an answer"), "/token").await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no panic"));
    }
    answers
}

#[tokio::test]
async fn c07_concurrent_redemption() {
    let (app, client, mut browser) = signed_in().await;
    for round in 0..50 {
        let code = app.code(&mut browser, &client, &[]).await;
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
        let answers = at_once(&app, &client, 4, &fields).await;
        let (won, lost): (Vec<&Page>, Vec<&Page>) = answers.iter().partition(|page| page.status == 200);
        assert!(won.len() <= 1, "round {round}: {} successes", won.len());
        lost.iter().for_each(|page| {
            page.is_bad_grant();
        });
        // The others were replays, so what the first one got is dead too (RFC 6749 section 4.1.2).
        for page in won {
            let tokens = Tokens::of(page);
            assert!(!app.is_active(&client, &tokens.access).await && !app.is_active(&client, &tokens.refresh).await);
        }
    }
}

#[tokio::test]
async fn rfc6749_4_1_2_a_replayed_code_ends_what_was_made_of_it() {
    let (app, client, mut browser) = signed_in().await;
    let code = app.code(&mut browser, &client, &[]).await;
    let tokens = Tokens::of(&app.redeem(&client, &code).await);
    assert!(app.is_active(&client, &tokens.access).await);
    app.redeem(&client, &code).await.is_bad_grant();
    assert!(!app.is_active(&client, &tokens.access).await);
    assert_eq!(app.userinfo(&tokens.access).await.status, 401);
    app.refresh(&client, &tokens.refresh).await.is_bad_grant();
}

#[tokio::test]
async fn c08_a_code_lives_sixty_seconds() {
    let (app, client, mut browser) = signed_in().await;
    let code = app.code(&mut browser, &client, &[]).await;
    app.pass(Lifetime::from_seconds(59));
    Tokens::of(&app.redeem(&client, &code).await);
    for late in [60, 61, 3_600] {
        let code = app.code(&mut browser, &client, &[]).await;
        app.pass(Lifetime::from_seconds(late));
        app.redeem(&client, &code).await.is_bad_grant();
    }
}

#[tokio::test]
async fn c08_a_code_dies_with_its_person_session_and_client() {
    let (app, client, mut browser) = signed_in().await;
    let id = app.tokens(&mut browser, &client, EMAIL, &[]).await.id;
    let alice = vouchsafe::identity::UserId(claims(&id)["sub"].as_str().expect("sub").to_owned());
    app.pass(Lifetime::from_seconds(1));

    // A new password: `valid_from` moves.
    let code = app.code(&mut browser, &client, &[]).await;
    app.pass(Lifetime::from_seconds(1));
    let (person, now) = (alice.clone(), app.clock.now());
    app.write(move |c| users::set_valid_from(c, &person, now)).await;
    app.redeem(&client, &code).await.is_bad_grant();
    browser.open(&app.authorize_url(&client, &[])).await.is_sign_in();

    // Logout.
    let page = app.sign_in(&mut browser, &client, EMAIL, &[]).await;
    let id = Tokens::of(&app.redeem(&client, &page.code()).await).id;
    let code = app.code(&mut browser, &client, &[]).await;
    browser.open(&format!("{}?id_token_hint={id}", app.url("/logout"))).await;
    app.redeem(&client, &code).await.is_bad_grant();

    // The client switched off, and on again.
    let code = app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    let now = app.clock.now();
    app.write(move |c| clients::set_disabled(c, "c1", Some(now), now)).await;
    app.redeem(&client, &code).await.is_bad_client();
    app.write(move |c| clients::set_disabled(c, "c1", None, now)).await;

    // The account switched off.
    let code = app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    let now = app.clock.now();
    app.write(move |c| users::set_disabled(c, &alice, Some(now), now)).await;
    app.redeem(&client, &code).await.is_bad_grant();
}

#[tokio::test]
async fn c09_codes_and_tokens_are_random_and_stored_as_hashes() {
    let (app, client, mut browser) = signed_in().await;
    let mut secrets = HashSet::new();
    for _ in 0..100 {
        let code = app.code(&mut browser, &client, &[]).await;
        assert!(code.len() >= 43, "{code}");
        assert!(secrets.insert(code));
    }
    let last = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    secrets.extend([last.refresh, last.access, last.id, client.secret.expect("a secret")]);
    secrets.extend(browser.cookies.values().cloned());
    let folder = app.stop().await;
    for file in std::fs::read_dir(folder.path()).expect("the folder").map(|f| f.expect("a file").path()) {
        let bytes = if file.is_file() { std::fs::read(&file).expect("readable") } else { Vec::new() };
        let text = String::from_utf8_lossy(&bytes);
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{} holds a secret in the clear", file.display());
        }
    }
}

#[tokio::test]
async fn c11_cut_and_paste_and_nonce() {
    let (app, client, mut alice) = signed_in().await;
    app.person("mallory@example.com").await;
    let mut mallory = Browser::new(&app);
    app.sign_in(&mut mallory, &client, "mallory@example.com", &[]).await.code();
    let (first, second) = ("1".repeat(43), "2".repeat(43));
    let code = app.code(&mut alice, &client, &[("code_challenge", &challenge_of(&first))]).await;
    app.redeem_with(&client, &code, &[("code_verifier", &second)]).await.is_bad_grant();
    let code = app.code(&mut mallory, &client, &[("code_challenge", &challenge_of(&first))]).await;
    app.redeem_with(&client, &code, &[("code_verifier", &second)]).await.is_bad_grant();
    for nonce in ["n1", "a b+c&d=\u{fc}\"\\", &"n".repeat(2_000)] {
        let code = app.code(&mut alice, &client, &[("nonce", nonce)]).await;
        let tokens = Tokens::of(&app.redeem(&client, &code).await);
        assert_eq!(claims(&tokens.id)["nonce"], nonce, "byte for byte");
    }
    let code = app.code(&mut alice, &client, &[("nonce", "")]).await;
    let tokens = Tokens::of(&app.redeem(&client, &code).await);
    assert!(claims(&tokens.id).get("nonce").is_none(), "absent if not sent");
}

#[tokio::test]
async fn d01_rfc6749_3_2_method_and_place() {
    let (app, client, mut browser) = signed_in().await;
    let get = app.send(app.http.get(app.url("/token"))).await;
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
    for method in [reqwest::Method::PUT, reqwest::Method::DELETE, reqwest::Method::PATCH] {
        assert_eq!(app.send(app.http.request(method, app.url("/token"))).await.status, 405);
    }
    let secret = client.secret.clone().expect("a secret");
    let code = app.code(&mut browser, &client, &[]).await;
    let body = encode(&[("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)]);
    for (name, value) in
        [("client_secret", secret.as_str()), ("code", &code), ("refresh_token", "x"), ("password", "x")]
    {
        let url = format!("{}?{}", app.url("/token"), encode(&[(name, value)]));
        let request =
            app.http.post(url).basic_auth("c1", Some(&secret)).header("content-type", FORM).body(body.clone());
        app.send(request).await.is_json_error(400, "invalid_request");
    }
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let request = app.http.post(app.url("/token")).basic_auth("c1", Some(&secret)).body(body.clone());
        let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
        app.send(request).await.is_json_error(400, "invalid_request");
    }
    let request = app.http.post(app.url("/token")).basic_auth("c1", Some(&secret)).body(body);
    let request = request.header("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8");
    Tokens::of(&app.send(request).await);
}

#[tokio::test]
async fn d03_the_method_is_pinned_per_client() {
    let (app, basic, _) = signed_in().await;
    let post = app.client_with("c2", Profile::Web, |row| row.auth_method = ClientAuthMethod::ClientSecretPost).await;
    let public = app.client_with("p1", Profile::Spa, |_| {}).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let as_method = |client: &Client, method| Client {
        row: Registered { auth_method: method, ..client.row.clone() },
        secret: Some(client.secret.clone().unwrap_or("x".into())),
    };
    for (client, method) in [
        (&basic, ClientAuthMethod::ClientSecretPost),
        (&post, ClientAuthMethod::ClientSecretBasic),
        (&public, ClientAuthMethod::ClientSecretPost),
        (&public, ClientAuthMethod::ClientSecretBasic),
    ] {
        app.call("/token", &as_method(client, method), &refresh).await.is_bad_client();
    }
    for client in [&basic, &post] {
        let bare = [refresh.as_slice(), &[("client_id", &client.row.client_id)]].concat();
        app.post("/token", &bare).await.is_bad_client();
    }
    for good in [&basic, &post, &public] {
        app.call("/token", good, &refresh).await.is_bad_grant();
    }
    app.post("/token", &refresh).await.is_bad_client();
}

#[tokio::test]
async fn d04_rfc6749_2_3_1_basic_parsing() {
    let app = TestApp::start().await;
    app.web("c1").await;
    let odd = "p:a%s+s w\u{f6}rd/=&";
    let secret = vouchsafe::oauth::client::ClientSecret {
        id: "odd".into(),
        client_id: "c1".into(),
        hash: vouchsafe::secret::token::hash(odd),
        created_at: app.clock.now(),
        expires_at: None,
    };
    app.write(move |c| clients::secret_insert(c, &secret)).await;
    let with = |value: String| {
        let request = app.http.post(app.url("/token")).header("authorization", value).header("content-type", FORM);
        request.body("grant_type=refresh_token&refresh_token=x")
    };
    let base64 = |text: &[u8]| STANDARD.encode(text);
    let encoded = encode(&[("c1", odd)]).replace('=', ":");
    for good in [format!("Basic {}", base64(encoded.as_bytes())), format!("basic {}", base64(encoded.as_bytes()))] {
        app.send(with(good)).await.is_bad_grant();
    }
    let raw = base64(b"c1:secret-of-c1-0123456789");
    app.send(with(format!("BASIC {raw}"))).await.is_bad_grant();
    for bad in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!".to_owned(),
        format!("Basic {} {}", &raw[..8], &raw[8..]),
        format!("Basic  {raw}"),
        format!("Bearer {raw}"),
        format!("Basic {}", base64(b"c1")),
        format!("Basic {}", base64(b"c1:")),
        format!("Basic {}", base64(b":secret")),
        format!("Basic {}", base64(b"c1:%")),
        format!("Basic {}", base64(b"c1:%zz")),
        format!("Basic {}", base64(b"c1:\xff\xfe")),
        format!("Basic {}", base64(b"c1:%00")),
        format!("Basic {}", base64(b"\x00:x")),
        format!("Basic {}", base64(format!("{}:x", "c".repeat(5_000)).as_bytes())),
        format!("Basic {}", base64(format!("c1:{odd}").as_bytes())),
    ] {
        app.send(with(bad)).await.is_bad_client();
    }
    let twice = with(format!("Basic {raw}")).header("authorization", format!("Basic {raw}"));
    app.send(twice).await.is_json_error(400, "invalid_request");
}

#[tokio::test]
async fn d05_unknown_client_and_wrong_secret_look_alike() {
    let app = TestApp::start().await;
    app.web("c1").await;
    let off = app.client_with("off", Profile::Web, |row| row.disabled_at = Some(row.created_at)).await;
    let secret = off.secret.expect("a secret");
    let mut answers = HashSet::new();
    for (id, secret) in [
        ("nobody", "secret-of-nobody"),
        ("c1", "xecret-of-c1-0123456789"),
        ("c1", "secret-of-c1-012345678x"),
        ("c1", "x"),
        ("off", &secret),
    ] {
        let request = app.http.post(app.url("/token")).basic_auth(id, Some(secret)).header("content-type", FORM);
        let page = app.send(request.body("grant_type=client_credentials")).await;
        page.is_bad_client();
        let body = page.body.replace(&page.any_correlation_id(), "");
        answers.insert((page.status, body, page.header("www-authenticate").to_owned()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn d05_unknown_client_and_wrong_secret_take_the_same_time() {
    let app = TestApp::start().await;
    app.web("c1").await;
    alike(0.15, 60, async |is_known| {
        let id = if is_known { "c1" } else { "c9" };
        let request = app.http.post(app.url("/token")).basic_auth(id, Some("xecret-of-c1-0123456789"));
        let request = request.header("content-type", FORM).body("grant_type=client_credentials");
        app.send(request).await.is_bad_client();
    })
    .await;
}

#[tokio::test]
async fn d11_client_credentials() {
    let app = TestApp::start().await;
    let alice = app.person(EMAIL).await;
    let now = app.clock.now();
    let own = Scope {
        name: "jobs".into(),
        description: "Run jobs".into(),
        claims: vec![],
        audience: Some("https://jobs.test".into()),
        mappings: Vec::new(),
    };
    app.write(move |c| scopes::put(c, &scopes::StoredScope::new(own.clone(), now))).await;
    let change = |row: &mut Registered| row.scopes = ScopeSet::of(["jobs", "openid", "offline_access"]);
    let service = app.client_with("s1", Profile::Service, change).await;
    let ask = |scope: &'static str| [("grant_type", "client_credentials"), ("scope", scope)];
    for bad in ["openid", "offline_access", "jobs openid", "profile", "admin", "unknown", "JOBS", "jo\"bs"] {
        app.call("/token", &service, &ask(bad)).await.is_json_error(400, "invalid_scope");
    }
    for good in ["jobs", ""] {
        let tokens = Tokens::of(&app.call("/token", &service, &ask(good)).await);
        assert!(tokens.refresh.is_empty() && tokens.id.is_empty(), "RFC 6749 section 4.4.3: {}", tokens.body);
        assert_eq!(tokens.body["scope"], "jobs");
        let access = claims(&tokens.access);
        assert_eq!(
            (access["sub"].as_str(), access["client_id"].as_str()),
            (Some("s1"), Some("s1")),
            "RFC 9068 section 2.2"
        );
        assert_eq!(access["aud"], "https://jobs.test");
        assert_ne!(access["sub"], alice.id.as_str());
        assert!(access.get("auth_time").is_none() && access.get("acr").is_none() && access.get("gid").is_none());
        let userinfo = app.userinfo(&tokens.access).await;
        assert!(userinfo.status == 401 || userinfo.status == 403, "it speaks of nobody");
    }
    let now = app.clock.now();
    let tokens = Tokens::of(&app.call("/token", &service, &ask("jobs")).await);
    assert!(app.is_active(&service, &tokens.access).await);
    app.write(move |c| clients::set_disabled(c, "s1", Some(now), now)).await;
    app.call("/token", &service, &ask("jobs")).await.is_bad_client();

    let web = app.web("c1").await;
    app.call("/token", &web, &ask("")).await.is_json_error(400, "unauthorized_client");
    let public = app.client_with("p1", Profile::Spa, |row| row.grants.push(GrantType::ClientCredentials)).await;
    app.call("/token", &public, &ask("")).await.is_json_error(400, "unauthorized_client");
}

#[tokio::test]
async fn d12_scope_text() {
    let (app, client, mut browser) = signed_in().await;
    let many: String = (0..5_000).map(|i| format!("s{i} ")).collect();
    let same = "openid ".repeat(8_000);
    for bad in [many.as_str(), &same, "openid \"", "openid \\", "openid\tx", "openid unknown", "OPENID", "\u{f6}"] {
        let started = std::time::Instant::now();
        let page = browser.get(&app.authorize_url(&client, &[("scope", bad)])).await;
        page.is_redirected_error(&app, &client, "invalid_scope");
        assert!(started.elapsed().as_millis() < 1_000, "{} bytes of scope", bad.len());
    }
    for odd in ["  email   openid ", "openid email openid email"] {
        let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", odd)]).await;
        assert_eq!(tokens.body["scope"], "email openid", "exact and without repetition");
    }
}

#[tokio::test]
async fn rfc6749_2_3_one_method_only() {
    let (app, client, mut browser) = signed_in().await;
    let secret = client.secret.clone().expect("a secret");
    let code = app.code(&mut browser, &client, &[]).await;
    for (name, value) in [("client_secret", secret.as_str()), ("client_id", "c2")] {
        let page = app.redeem_with(&client, &code, &[("code_verifier", VERIFIER), (name, value)]).await;
        page.is_json_error(400, "invalid_request");
    }
    let same = [("code_verifier", VERIFIER), ("client_id", "c1")];
    Tokens::of(&app.redeem_with(&client, &code, &same).await);
}

#[tokio::test]
async fn a17_rfc6749_3_2_a_parameter_comes_once() {
    let (app, client, mut browser) = signed_in().await;
    let code = app.code(&mut browser, &client, &[]).await;
    let fields =
        [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER), ("client_id", "c1")];
    for (name, value) in fields.iter().copied().chain([("unheard_of", "1")]) {
        let doubled = [fields.as_slice(), &[(name, value), ("unheard_of", "1")]].concat();
        app.call("/token", &client, &doubled).await.is_json_error(400, "invalid_request");
    }
    Tokens::of(&app.call("/token", &client, &fields).await);
}

#[tokio::test]
async fn rfc6749_5_2_error_codes() {
    let (app, client, _) = signed_in().await;
    for (fields, error) in [
        (&[][..], "invalid_request"),
        (&[("grant_type", "")], "invalid_request"),
        (&[("grant_type", "password"), ("username", EMAIL), ("password", "x")], "unsupported_grant_type"),
        (&[("grant_type", "implicit")], "unsupported_grant_type"),
        (&[("grant_type", "urn:ietf:params:oauth:grant-type:device_code")], "unsupported_grant_type"),
        (&[("grant_type", "AUTHORIZATION_CODE")], "unsupported_grant_type"),
        (&[("grant_type", "client_credentials")], "unauthorized_client"),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (&[("grant_type", "authorization_code"), ("code", "unknown")], "invalid_grant"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "unknown")], "invalid_grant"),
    ] {
        let page = app.call("/token", &client, fields).await;
        page.is_json_error(400, error);
        assert_eq!(page.header("pragma"), "", "no relic needed");
    }
}

#[tokio::test]
async fn rfc6749_5_1_the_answer() {
    let (app, client, mut browser) = signed_in().await;
    let code = app.sign_in(&mut browser, &client, EMAIL, &[("scope", "openid email")]).await.code();
    let page = app.redeem(&client, &code).await;
    let tokens = Tokens::of(&page);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert_eq!(tokens.body["expires_in"], 900);
    assert_eq!(tokens.body["scope"], "email openid");
    assert!(tokens.refresh.is_empty(), "OIDC Core section 11: no offline_access, no refresh token");
}

#[tokio::test]
async fn oauth21_2_4_1_a_secret_in_the_body_is_supported() {
    let app = TestApp::start().await;
    app.person(EMAIL).await;
    let post = app.client_with("c2", Profile::Web, |row| row.auth_method = ClientAuthMethod::ClientSecretPost).await;
    app.tokens(&mut Browser::new(&app), &post, EMAIL, &[]).await;
}

#[tokio::test]
async fn rfc9068_2_2_claims_of_access_tokens() {
    let (app, client, mut browser) = signed_in().await;
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", "openid email")]).await;
    let head = header(&tokens.access);
    assert_eq!((head["typ"].as_str(), head["alg"].as_str()), (Some("at+jwt"), Some("RS256")));
    assert!(head["kid"].is_string());
    let access = claims(&tokens.access);
    for name in ["iss", "sub", "aud", "client_id", "jti", "scope", "acr"] {
        assert!(access[name].is_string(), "{name}: {access}");
    }
    let iat = access["iat"].as_i64().expect("iat");
    assert_eq!(iat, app.clock.now().seconds());
    assert_eq!(access["exp"].as_i64(), Some(iat + 900));
    assert_eq!(access["auth_time"], claims(&tokens.id)["auth_time"], "2.2.1: as the session has it");
    assert_eq!(access["amr"], serde_json::json!(["pwd"]));
    assert_eq!(access["sub"], claims(&tokens.id)["sub"]);
    assert!(access.get("email").is_none() && access.get("name").is_none(), "minimal");
    let other = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    assert_ne!(claims(&other.access)["jti"], access["jti"]);
}

#[tokio::test]
async fn oidc_core_2_claims_of_id_tokens() {
    let (app, client, mut browser) = signed_in().await;
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", "openid profile email")]).await;
    let id = claims(&tokens.id);
    assert_eq!(id["iss"], app.issuer);
    assert_eq!(id["aud"], "c1");
    assert!(id["sub"].as_str().is_some_and(|s| s.len() <= 255 && s.is_ascii()));
    assert_eq!(id["exp"].as_i64().expect("exp") - id["iat"].as_i64().expect("iat"), 900);
    assert!(id["sid"].is_string() && id.get("azp").is_none());
    assert!(id.get("email").is_none() && id.get("name").is_none(), "5.4: claims by scope are for userinfo");
    assert_ne!(header(&tokens.id)["typ"], "at+jwt", "RFC 9068 section 5: not to be taken for an access token");
    let digest = vouchsafe::secret::token::hash(&tokens.access);
    let half = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16]);
    assert_eq!(id["at_hash"], half, "3.1.3.6");
    let wanted = r#"{"id_token":{"email":null,"auth_time":{"essential":true}}}"#;
    let asked = app.tokens(&mut browser, &client, EMAIL, &[("claims", wanted), ("scope", "openid")]).await;
    assert_eq!(claims(&asked.id)["email"], EMAIL, "5.5");
}

#[tokio::test]
async fn oidc_core_12_2_the_id_token_of_a_refresh() {
    let (app, client, mut browser) = signed_in().await;
    let first = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    app.pass(Lifetime::from_minutes(20));
    let second = Tokens::of(&app.refresh(&client, &first.refresh).await);
    let (old, new) = (claims(&first.id), claims(&second.id));
    for name in ["iss", "sub", "aud", "auth_time", "sid", "acr"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert!(new.get("nonce").is_none());
    assert_eq!(new["iat"].as_i64(), Some(app.clock.now().seconds()));
    assert_eq!(claims(&second.access)["auth_time"], claims(&first.access)["auth_time"], "f08: never freshened");
}

#[tokio::test]
async fn concurrent_refreshes_leave_one_live_branch() {
    let (app, client, mut browser) = signed_in().await;
    for round in 0..20 {
        let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        let mut live = 0;
        for page in at_once(&app, &client, 4, &fields).await {
            match page.status {
                200 => live += usize::from(app.is_active(&client, &Tokens::of(&page).refresh).await),
                _ => drop(page.is_bad_grant()),
            }
        }
        assert!(live <= 1, "round {round}: {live} live refresh tokens of one family");
    }
}

#[tokio::test]
async fn refresh_without_offline_access_ends_with_the_session() {
    let (app, _, mut browser) = signed_in().await;
    let client = app.client_with("c2", Profile::Web, |row| row.policy.refresh = RefreshRule::Always).await;
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", "openid")]).await;
    let next = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    browser.open(&format!("{}?id_token_hint={}", app.url("/logout"), next.id)).await;
    app.refresh(&client, &next.refresh).await.is_bad_grant();
    assert!(!app.is_active(&client, &next.access).await);
}

#[tokio::test]
async fn rfc8707_2_2_resource_at_the_token_endpoint() {
    let (app, _, mut browser) = signed_in().await;
    let change = |row: &mut Registered| {
        row.policy.audiences = vec!["https://api.test/a".into(), "https://api.test/b".into()];
    };
    let client = app.client_with("c2", Profile::Web, change).await;
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    let verifier = ("code_verifier", VERIFIER);
    for bad in ["https://evil.test", "https://api.test/a#f", "https://api.test/A", "x"] {
        let code = app.code(&mut browser, &client, &[]).await;
        app.redeem_with(&client, &code, &[verifier, ("resource", bad)]).await.is_json_error(400, "invalid_target");
    }
    let code = app.code(&mut browser, &client, &[]).await;
    let one = Tokens::of(&app.redeem_with(&client, &code, &[verifier, ("resource", "https://api.test/b")]).await);
    assert_eq!(claims(&one.access)["aud"], "https://api.test/b");
    assert_eq!(app.userinfo(&one.access).await.status, 401, "e08: not for userinfo");
    let code = app.code(&mut browser, &client, &[]).await;
    let both = [verifier, ("resource", "https://api.test/b"), ("resource", "https://api.test/a")];
    let both = Tokens::of(&app.redeem_with(&client, &code, &both).await);
    assert_eq!(
        claims(&both.access)["aud"],
        serde_json::json!(["https://api.test/a", "https://api.test/b"]),
        "may repeat"
    );
    let none = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    assert!(!claims(&none.access)["aud"].is_null(), "RFC 9068 section 3: aud even without resource");
    let more = [("grant_type", "refresh_token"), ("refresh_token", &none.refresh), ("resource", "https://evil.test")];
    app.call("/token", &client, &more).await.is_json_error(400, "invalid_target");
}

#[tokio::test]
async fn two_secrets_count_until_the_old_one_ends() {
    let (app, client, _) = signed_in().await;
    let new = Client { secret: Some("a-new-secret-0123456789".into()), ..client.clone() };
    let (now, end) = (app.clock.now(), app.clock.now() + Lifetime::from_hours(1));
    app.write(move |c| {
        let hash = vouchsafe::secret::token::hash("a-new-secret-0123456789");
        let row = vouchsafe::oauth::client::ClientSecret {
            id: "new".into(),
            client_id: "c1".into(),
            hash,
            created_at: now,
            expires_at: None,
        };
        clients::secret_insert(c, &row)?;
        clients::secrets_expire_others(c, "c1", "new", end)
    })
    .await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    for good in [&client, &new] {
        app.call("/token", good, &refresh).await.is_bad_grant();
    }
    app.pass(Lifetime::from_hours(1));
    app.call("/token", &client, &refresh).await.is_bad_client();
    app.call("/token", &new, &refresh).await.is_bad_grant();
}

#[tokio::test]
async fn no_access_token_outlives_its_grant() {
    let (app, _, mut browser) = signed_in().await;
    let change = |row: &mut Registered| row.policy.refresh_absolute = Lifetime::from_minutes(31);
    let client = app.client_with("c2", Profile::Web, change).await;
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    app.pass(Lifetime::from_minutes(30));
    let last = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert_eq!(last.body["expires_in"], 60);
    app.pass(Lifetime::from_minutes(1));
    app.refresh(&client, &last.refresh).await.is_bad_grant();
    assert!(!app.is_active(&client, &last.access).await);
}
