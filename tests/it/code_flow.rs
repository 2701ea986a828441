//! The main job: an app sends a person here and gets them back signed in.

use crate::support::relying_party::{claims, header};
use crate::support::{Browser, TestApp, Tokens};

#[tokio::test]
async fn from_authorize_to_userinfo_refresh_and_logout() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person("alice@example.com").await;
    let mut browser = Browser::new(&app);

    let page =
        app.sign_in(&mut browser, &client, "alice@example.com", &[("scope", "openid email offline_access")]).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.param("state").as_deref(), Some("st-1"));
    assert_eq!(page.param("iss").as_deref(), Some(app.issuer.as_str()), "RFC 9207");
    let tokens = Tokens::of(&app.redeem(&client, &page.param("code").expect("a code")).await);

    assert_eq!(header(&tokens.access)["typ"], "at+jwt");
    let access = claims(&tokens.access);
    assert_eq!(access["sub"], alice.id.as_str());
    assert_eq!(access["aud"], app.issuer.as_str());
    assert_eq!(access["client_id"], "c1");
    let id = claims(&tokens.id);
    assert_eq!(id["aud"], "c1");
    assert_eq!(id["nonce"], "n-1");
    assert!(id["sid"].is_string() && id["at_hash"].is_string());

    let userinfo = app.userinfo(&tokens.access).await;
    assert_eq!(userinfo.status, 200, "{}", userinfo.body);
    assert_eq!(userinfo.json()["email"], "alice@example.com");
    assert_eq!(userinfo.json()["sub"], alice.id.as_str());

    let second = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert_ne!(second.refresh, tokens.refresh);
    assert!(app.is_active(&client, &second.access).await);

    let out = browser.open(&format!("{}?id_token_hint={}", app.url("/logout"), tokens.id)).await;
    assert_eq!(out.status, 200, "{}", out.body);
    assert!(out.body.contains("signed out"));
    let again = browser.open(&app.authorize_url(&client, &[("prompt", "none")])).await;
    assert_eq!(again.param("error").as_deref(), Some("login_required"));
}
