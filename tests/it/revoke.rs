//! The revocation endpoint from outside (RFC 7009, security cases F04, F09).

use std::sync::Arc;

use tokio::sync::Barrier;
use vouchsafe::oauth::client_policy::Profile;

use crate::support::browser::encode;
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";

async fn issued() -> (TestApp, Client, Browser, Tokens) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    (app, client, browser, tokens)
}

async fn revoke(app: &TestApp, client: &Client, token: &str) -> Page {
    app.call("/revoke", client, &[("token", token)]).await
}

#[tokio::test]
async fn rfc7009_2_1_a_refresh_token_takes_its_family_along() {
    let (app, client, _, first) = issued().await;
    let second = Tokens::of(&app.refresh(&client, &first.refresh).await);
    let page = revoke(&app, &client, &second.refresh).await;
    assert_eq!((page.status, page.body.as_str()), (200, ""));
    for token in [&first.access, &second.access, &second.refresh] {
        assert!(!app.is_active(&client, token).await);
    }
    app.refresh(&client, &second.refresh).await.is_bad_grant();
    assert_eq!(app.userinfo(&second.access).await.status, 401);
}

#[tokio::test]
async fn rfc7009_2_1_a_rotated_refresh_token_names_its_family_too() {
    let (app, client, _, first) = issued().await;
    let second = Tokens::of(&app.refresh(&client, &first.refresh).await);
    assert_eq!(revoke(&app, &client, &first.refresh).await.status, 200);
    assert!(!app.is_active(&client, &second.access).await);
}

#[tokio::test]
async fn rfc7009_2_1_an_access_token_goes_alone() {
    let (app, client, _, tokens) = issued().await;
    assert_eq!(revoke(&app, &client, &tokens.access).await.status, 200);
    assert!(!app.is_active(&client, &tokens.access).await);
    app.userinfo(&tokens.access).await.is_json_error(401, "invalid_token");
    let next = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    assert!(app.is_active(&client, &next.access).await);
}

#[tokio::test]
async fn rfc7009_2_2_unknown_token_is_a_success() {
    let (app, client, _, tokens) = issued().await;
    for token in ["x", "a.b.c", &tokens.id, "vs_rt_unknown", &"y".repeat(30_000)] {
        assert_eq!(revoke(&app, &client, token).await.status, 200);
    }
    for _ in 0..3 {
        assert_eq!(revoke(&app, &client, &tokens.refresh).await.status, 200, "already revoked is a success too");
        assert_eq!(revoke(&app, &client, &tokens.access).await.status, 200);
    }
    assert!(!app.is_active(&client, &tokens.access).await);
}

#[tokio::test]
async fn f09_rfc7009_2_1_another_clients_token_stays() {
    let (app, client, _, tokens) = issued().await;
    let others = [app.web("c2").await, app.client_with("p1", Profile::Spa, |_| {}).await];
    for other in &others {
        for token in [&tokens.access, &tokens.refresh] {
            revoke(&app, other, token).await.is_bad_grant();
            assert!(app.is_active(&client, token).await);
        }
    }
}

#[tokio::test]
async fn rfc7009_2_1_the_hint_is_only_a_hint() {
    let (app, client, mut browser, _) = issued().await;
    for hint in ["access_token", "refresh_token", "unheard_of", ""] {
        let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
        for token in [&tokens.access, &tokens.refresh] {
            let page = app.call("/revoke", &client, &[("token", token), ("token_type_hint", hint)]).await;
            assert_eq!(page.status, 200);
            assert!(!app.is_active(&client, token).await, "{hint}");
        }
    }
}

#[tokio::test]
async fn rfc7009_2_1_clients_authenticate_and_public_ones_name_themselves() {
    let (app, client, mut browser, tokens) = issued().await;
    app.post("/revoke", &[("token", &tokens.refresh)]).await.is_bad_client();
    app.post("/revoke", &[("token", &tokens.refresh), ("client_id", "c1")]).await.is_bad_client();
    let wrong = Client { secret: Some("wrong".into()), ..client.clone() };
    revoke(&app, &wrong, &tokens.refresh).await.is_bad_client();
    assert!(app.is_active(&client, &tokens.refresh).await);
    let public = app.client_with("p1", Profile::Spa, |_| {}).await;
    let own = app.tokens(&mut browser, &public, EMAIL, &[]).await;
    assert_eq!(revoke(&app, &public, &own.refresh).await.status, 200);
    app.refresh(&public, &own.refresh).await.is_bad_grant();
}

#[tokio::test]
async fn rfc7009_2_post_form_only() {
    let (app, client, _, tokens) = issued().await;
    let url = format!("{}?token={}", app.url("/revoke"), tokens.refresh);
    assert_eq!(app.send(app.http.get(&url)).await.status, 405);
    let in_url = app.http.post(&url).basic_auth("c1", client.secret.as_deref());
    app.send(in_url.header("content-type", "application/x-www-form-urlencoded"))
        .await
        .is_json_error(400, "invalid_request");
    app.call("/revoke", &client, &[]).await.is_json_error(400, "invalid_request");
    let doubled = [("token", tokens.refresh.as_str()), ("token", "x")];
    app.call("/revoke", &client, &doubled).await.is_json_error(400, "invalid_request");
    assert!(app.is_active(&client, &tokens.refresh).await);
}

#[tokio::test]
async fn f04_refresh_against_revoke() {
    let (app, client, mut browser, _) = issued().await;
    for round in 0..50 {
        let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
        let barrier = Arc::new(Barrier::new(2));
        let run = |path: &str, fields: &[(&str, &str)]| {
            let request = app.http.post(app.url(path)).basic_auth("c1", client.secret.as_deref());
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(encode(fields));
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait().await;
                Page::read(request.send().await.expect("an answer"), "a race").await
            })
        };
        let refreshed = run("/token", &[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
        let revoked = run("/revoke", &[("token", &tokens.refresh)]);
        let (refreshed, revoked) = (refreshed.await.expect("no panic"), revoked.await.expect("no panic"));
        assert_eq!(revoked.status, 200);
        if refreshed.status == 200 {
            let new = Tokens::of(&refreshed);
            for token in [&new.access, &new.refresh] {
                assert!(
                    !app.is_active(&client, token).await,
                    "round {round}: alive after a revocation that was confirmed"
                );
            }
        } else {
            refreshed.is_bad_grant();
        }
        assert!(!app.is_active(&client, &tokens.access).await);
    }
}
