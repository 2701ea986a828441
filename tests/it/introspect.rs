//! The introspection endpoint from outside (RFC 7662).

use serde_json::{Value, json};
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::claims;
use crate::support::{Browser, Client, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";

async fn issued() -> (TestApp, Client, Browser, Tokens) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    (app, client, browser, tokens)
}

async fn ask(app: &TestApp, caller: &Client, token: &str) -> Value {
    let page = app.call("/introspect", caller, &[("token", token)]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"), "{}", page.body);
    assert!(!page.header("x-correlation-id").is_empty(), "on some answers only, it would tell tokens apart");
    page.json()
}

#[tokio::test]
async fn rfc7662_2_2_an_active_token() {
    let (app, client, _, tokens) = issued().await;
    let answer = ask(&app, &client, &tokens.access).await;
    let access = claims(&tokens.access);
    assert_eq!(answer["active"], true);
    assert_eq!(answer["token_type"], "Bearer");
    for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "auth_time", "acr"] {
        assert_eq!(answer[name], access[name], "{name}");
    }
    let refresh = ask(&app, &client, &tokens.refresh).await;
    assert_eq!(
        (&refresh["active"], &refresh["client_id"], &refresh["sub"]),
        (&json!(true), &json!("c1"), &access["sub"])
    );
}

#[tokio::test]
async fn rfc7662_2_2_inactive_says_nothing_else() {
    let (app, client, _, tokens) = issued().await;
    let other = app.web("c2").await;
    let nothing = json!({ "active": false });
    for token in ["x", "a.b.c", &tokens.id, "vs_rt_x", &"y".repeat(30_000), &format!("{}x", tokens.access)] {
        assert_eq!(ask(&app, &client, token).await, nothing, "{}", &token[..token.len().min(30)]);
    }
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(ask(&app, &other, token).await, nothing, "another client's token is no concern");
    }
    let next = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert_eq!(ask(&app, &client, &tokens.refresh).await, nothing, "rotated");
    app.pass(Lifetime::from_minutes(15));
    assert_eq!(ask(&app, &client, &next.access).await, nothing, "expired");
    assert_eq!(ask(&app, &client, &next.refresh).await["active"], true);
    app.pass(Lifetime::from_days(7));
    assert_eq!(ask(&app, &client, &next.refresh).await, nothing, "idle");
}

#[tokio::test]
async fn rfc7662_4_a_resource_server_learns_of_tokens_for_it() {
    let (app, _, mut browser, own) = issued().await;
    let change = |row: &mut vouchsafe::oauth::client::Client| row.policy.audiences = vec!["https://api.test".into()];
    let client = app.client_with("c2", Profile::Web, change).await;
    let is_api = |row: &mut vouchsafe::oauth::client::Client| {
        row.policy.resource_identifier = Some("https://api.test".into());
    };
    let api = app.client_with("api", Profile::Service, is_api).await;
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[("resource", "https://api.test")]).await;
    let answer = ask(&app, &api, &tokens.access).await;
    assert_eq!((&answer["active"], &answer["aud"]), (&json!(true), &json!("https://api.test")));
    for foreign in [&tokens.refresh, &own.access, &own.refresh] {
        assert_eq!(ask(&app, &api, foreign).await, json!({ "active": false }));
    }
}

#[tokio::test]
async fn rfc7662_2_1_the_caller_proves_who_it_is() {
    let (app, client, mut browser, tokens) = issued().await;
    let public = app.client_with("p1", Profile::Spa, |_| {}).await;
    let own = app.tokens(&mut browser, &public, EMAIL, &[]).await;
    app.call("/introspect", &public, &[("token", &own.access)]).await.is_bad_client();
    app.post("/introspect", &[("token", &tokens.access)]).await.is_bad_client();
    app.post("/introspect", &[("token", &tokens.access), ("client_id", "c1")]).await.is_bad_client();
    let wrong = Client { secret: Some("wrong".into()), ..client.clone() };
    app.call("/introspect", &wrong, &[("token", &tokens.access)]).await.is_bad_client();
    let bearer = app.http.post(app.url("/introspect")).bearer_auth(&tokens.access);
    let bearer = bearer.header("content-type", "application/x-www-form-urlencoded").body("token=x");
    app.send(bearer).await.is_bad_client();
}

#[tokio::test]
async fn rfc7662_2_1_post_form_only() {
    let (app, client, _, tokens) = issued().await;
    let secret = client.secret.clone().expect("a secret");
    let url = format!("{}?token={}", app.url("/introspect"), tokens.access);
    assert_eq!(app.send(app.http.get(&url).basic_auth("c1", Some(&secret))).await.status, 405);
    let in_url =
        app.http.post(&url).basic_auth("c1", Some(&secret)).header("content-type", "application/x-www-form-urlencoded");
    app.send(in_url).await.is_json_error(400, "invalid_request");
    app.call("/introspect", &client, &[]).await.is_json_error(400, "invalid_request");
    let doubled = [("token", tokens.access.as_str()), ("token", "x")];
    app.call("/introspect", &client, &doubled).await.is_json_error(400, "invalid_request");
    for hint in ["access_token", "refresh_token", "unheard_of", ""] {
        for token in [&tokens.access, &tokens.refresh] {
            let fields = [("token", token.as_str()), ("token_type_hint", hint)];
            assert_eq!(app.call("/introspect", &client, &fields).await.json()["active"], true, "a hint is a hint");
        }
    }
}
