//! The userinfo endpoint from outside (OIDC Core section 5.3, RFC 6750, security cases E08, F12, N09).

use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::store::{clients, users};
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{claims, header};
use crate::support::{Browser, Client, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";

async fn with(scope: &str) -> (TestApp, Client, Browser, Tokens) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", scope)]).await;
    (app, client, browser, tokens)
}

#[tokio::test]
async fn f12_oidc_core_5_4_claims_only_by_scope() {
    let (app, client, mut browser, only) = with("openid").await;
    let members = |body: &serde_json::Value| body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let page = app.userinfo(&only.access).await;
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(members(&page.json()), ["sub"]);
    assert_eq!(page.json()["sub"], claims(&only.id)["sub"], "section 5.3.2");
    for (scope, wanted) in [
        ("openid email", vec!["email", "email_verified", "sub"]),
        ("openid profile", vec!["name", "sub", "updated_at"]),
        ("openid phone address", vec!["sub"]),
        ("openid groups", vec!["groups", "sub"]),
    ] {
        let tokens = app.tokens(&mut browser, &client, EMAIL, &[("scope", scope)]).await;
        assert_eq!(members(&app.userinfo(&tokens.access).await.json()), wanted, "{scope}");
    }
}

#[tokio::test]
async fn f12_rfc6750_3_1_without_openid_the_scope_is_insufficient() {
    let (app, _, _, tokens) = with("email").await;
    let page = app.userinfo(&tokens.access).await;
    page.is_json_error(403, "insufficient_scope");
    assert!(page.header("www-authenticate").contains("error=\"insufficient_scope\""));
}

#[tokio::test]
async fn rfc6750_2_transports() {
    let (app, _, mut browser, tokens) = with("openid").await;
    let url = app.url("/userinfo");
    let form =
        |body: String| app.http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body);
    let in_body = format!("access_token={}", tokens.access);
    assert_eq!(app.send(app.http.post(&url).bearer_auth(&tokens.access)).await.status, 200, "OIDC Core 5.3.1: POST");
    assert_eq!(app.send(form(in_body.clone())).await.status, 200, "2.2");
    let lower = app.http.get(&url).header("authorization", format!("bearer {}", tokens.access));
    assert_eq!(app.send(lower).await.status, 200);

    let both = form(in_body).bearer_auth(&tokens.access);
    app.send(both).await.is_json_error(400, "invalid_request");
    let query = app.http.get(format!("{url}?access_token={}", tokens.access));
    app.send(query).await.is_json_error(400, "invalid_request");
    let twice =
        app.http.get(&url).bearer_auth(&tokens.access).header("authorization", format!("Bearer {}", tokens.access));
    app.send(twice).await.is_json_error(400, "invalid_request");
    for odd in ["Bearer", "Bearer ", "Bearer a b", "Basic YTpi", "DPoP x", &tokens.access] {
        app.send(app.http.get(&url).header("authorization", odd)).await.is_json_error(400, "invalid_request");
    }
    browser.cookies.insert("access_token".to_owned(), tokens.access.clone());
    let cookies_only = browser.get(&url).await;
    assert_eq!(cookies_only.status, 401, "no cookie counts");
}

#[tokio::test]
async fn rfc6750_3_1_without_credentials_there_is_no_error_code() {
    let app = TestApp::start().await;
    for request in [app.http.get(app.url("/userinfo")), app.http.post(app.url("/userinfo"))] {
        let page = app.send(request).await;
        assert_eq!((page.status, page.body.as_str()), (401, ""));
        let challenge = page.header("www-authenticate");
        assert!(challenge.starts_with("Bearer ") && !challenge.contains("error"), "{challenge}");
    }
}

#[tokio::test]
async fn rfc6750_3_1_tokens_that_are_no_good() {
    let (app, client, _, tokens) = with("openid offline_access").await;
    let (head, rest) = tokens.access.split_once('.').expect("a JWT");
    let (payload, signature) = rest.split_once('.').expect("a JWT");
    let flipped = format!("{head}.{payload}.{}A", &signature[..signature.len() - 2]);
    let bad = [
        "x".to_owned(),
        "a.b.c".to_owned(),
        ".".repeat(20_000),
        tokens.id.clone(),
        tokens.refresh.clone(),
        format!("{head}.{payload}."),
        format!("{head}.{payload}"),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{payload}."),
        flipped,
        format!("{}=", tokens.access),
    ];
    for token in &bad {
        let page = app.userinfo(token).await;
        page.is_json_error(401, "invalid_token");
        assert!(page.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    app.pass(Lifetime::from_seconds(899));
    assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    app.pass(Lifetime::from_seconds(1));
    app.userinfo(&tokens.access).await.is_json_error(401, "invalid_token");
    let next = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert_eq!(app.userinfo(&next.access).await.status, 200);
}

#[tokio::test]
async fn e08_a_token_for_another_resource() {
    let app = TestApp::start().await;
    app.person(EMAIL).await;
    let client =
        app.client_with("c1", Profile::Web, |row| row.policy.audiences = vec!["https://api.test".into()]).await;
    let mut browser = Browser::new(&app);
    let resource = [("resource", "https://api.test")];
    let tokens = app.tokens(&mut browser, &client, EMAIL, &resource).await;
    app.userinfo(&tokens.access).await.is_json_error(401, "invalid_token");
    let usual = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    assert_eq!(app.userinfo(&usual.access).await.status, 200, "with openid it is for us too");
}

#[tokio::test]
async fn n09_switched_off_is_off_at_once() {
    let (app, client, mut browser, tokens) = with("openid").await;
    let now = app.clock.now();
    app.write(move |c| clients::set_disabled(c, "c1", Some(now), now)).await;
    app.userinfo(&tokens.access).await.is_json_error(401, "invalid_token");
    app.write(move |c| clients::set_disabled(c, "c1", None, now)).await;
    assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    let alice = vouchsafe::identity::UserId(claims(&tokens.id)["sub"].as_str().expect("sub").to_owned());
    let person = alice.clone();
    app.write(move |c| users::set_disabled(c, &person, Some(now), now)).await;
    app.userinfo(&tokens.access).await.is_json_error(401, "invalid_token");
    browser.get(&app.authorize_url(&client, &[])).await.is_sign_in();
    app.write(move |c| users::set_disabled(c, &alice, None, now)).await;
    app.write(move |c| clients::delete(c, "c1")).await;
    app.userinfo(&tokens.access).await.is_json_error(401, "invalid_token");
}

#[tokio::test]
async fn oidc_core_5_3_2_a_signed_answer() {
    let app = TestApp::start().await;
    app.person(EMAIL).await;
    let client = app.client_with("c1", Profile::Web, |row| row.policy.userinfo_alg = Some(Algorithm::ES256)).await;
    let tokens = app.tokens(&mut Browser::new(&app), &client, EMAIL, &[("scope", "openid email")]).await;
    let page = app.userinfo(&tokens.access).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/jwt"));
    assert_eq!(header(&page.body)["alg"], "ES256");
    let body = claims(&page.body);
    assert_eq!((body["iss"].as_str(), body["aud"].as_str()), (Some(app.issuer.as_str()), Some("c1")));
    assert_eq!((body["sub"].as_str(), body["email"].as_str()), (claims(&tokens.id)["sub"].as_str(), Some(EMAIL)));
    app.userinfo(&page.body).await.is_json_error(401, "invalid_token");
    let hint = format!("{}?id_token_hint={}", app.url("/logout"), page.body);
    app.send(app.http.get(hint)).await.is_error_page();
}
