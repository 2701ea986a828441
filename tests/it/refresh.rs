//! Group F of the security cases: refresh tokens, revocation, introspection, userinfo. What must hold on both engines and
//! with two nodes is in `nodes`.

use diesel::connection::SimpleConnection;
use vouchsafe::oauth::client::GrantType;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::store::{Engine, scopes};
use vouchsafe::time::{Lifetime, Timestamp};

use crate::support::browser::encode;
use crate::support::ground::sqlite;
use crate::support::invariants::FaultsExpected;
use crate::support::relying_party::{Client, claims};
use crate::support::{Browser, Page, TestApp, Tokens};

const ALICE: &str = "alice@example.com";

async fn ground() -> (TestApp, Client, Browser) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let browser = Browser::new(&app);
    (app, client, browser)
}

fn is_bad_grant(page: &Page) {
    assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
}

async fn all_are_dead(app: &TestApp, client: &Client, tokens: &[&Tokens]) {
    for tokens in tokens {
        assert!(!app.is_active(client, &tokens.access).await, "an access token lives");
        assert_eq!(app.userinfo(&tokens.access).await.status, 401);
        assert!(!app.is_active(client, &tokens.refresh).await, "a refresh token lives");
    }
}

#[tokio::test]
async fn f01_a_token_that_was_used_before_ends_its_family_and_is_written_down() {
    let (app, client, mut browser) = ground().await;
    let first = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let second = Tokens::of(&app.refresh(&client, &first.refresh).await);
    app.pass(Lifetime::from_seconds(5));
    let third = Tokens::of(&app.refresh(&client, &second.refresh).await);
    assert!(app.is_active(&client, &first.access).await && app.is_active(&client, &third.access).await);
    // Within the window: but the answer was not lost, since its token was used.
    is_bad_grant(&app.refresh(&client, &first.refresh).await);
    all_are_dead(&app, &client, &[&first, &second, &third]).await;
    is_bad_grant(&app.refresh(&client, &third.refresh).await);
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "refresh_token_reused").count(), 1, "{events:?}");
    // Another family of the same person and app is not touched.
    let other = app.tokens(&mut browser, &client, ALICE, &[]).await;
    assert_eq!(app.refresh(&client, &other.refresh).await.status, 200);
}

#[tokio::test]
async fn f01_a_thief_after_the_window_ends_the_family() {
    let (app, client, mut browser) = ground().await;
    let first = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let second = Tokens::of(&app.refresh(&client, &first.refresh).await);
    app.pass(Lifetime::from_seconds(11));
    is_bad_grant(&app.refresh(&client, &first.refresh).await);
    all_are_dead(&app, &client, &[&first, &second]).await;
    assert!(app.events().await.contains(&"refresh_token_reused".to_owned()));
}

#[tokio::test]
async fn f01_a_lost_answer_may_be_asked_for_again_within_the_window() {
    let (app, client, mut browser) = ground().await;
    let first = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let lost = Tokens::of(&app.refresh(&client, &first.refresh).await);
    app.pass(Lifetime::from_seconds(9));
    let again = Tokens::of(&app.refresh(&client, &first.refresh).await);
    assert_ne!(again.refresh, lost.refresh);
    let next = Tokens::of(&app.refresh(&client, &again.refresh).await);
    assert!(!app.events().await.contains(&"refresh_token_reused".to_owned()));
    // The chain has gone on: whoever has the lost answer now is somebody else.
    is_bad_grant(&app.refresh(&client, &lost.refresh).await);
    all_are_dead(&app, &client, &[&first, &lost, &again, &next]).await;
}

#[tokio::test]
async fn f03_the_memory_of_used_tokens_survives_a_restart() {
    let (app, client, mut browser) = ground().await;
    let first = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let second = Tokens::of(&app.refresh(&client, &first.refresh).await);
    let code = app.sign_in(&mut browser, &client, ALICE, &[]).await.param("code").expect("a code");
    let by_code = Tokens::of(&app.redeem(&client, &code).await);
    app.pass(Lifetime::from_seconds(11));
    let app = app.restart().await;
    assert!(app.is_active(&client, &second.access).await, "what was good before is good now");
    assert!(app.is_active(&client, &by_code.access).await);
    is_bad_grant(&app.refresh(&client, &first.refresh).await);
    all_are_dead(&app, &client, &[&first, &second]).await;
    is_bad_grant(&app.redeem(&client, &code).await);
    all_are_dead(&app, &client, &[&by_code]).await;
    let page = Browser::at(&browser, &app).get(&app.authorize_url(&client, &[("prompt", "none")])).await;
    assert!(page.param("code").is_some(), "the session survives a restart: {page:?}");
}

#[tokio::test]
async fn f05_a_refresh_token_is_of_use_to_its_own_client_only() {
    let (app, client, mut browser) = ground().await;
    let other = app.web("c2").await;
    let public = app.client_with("p1", Profile::Spa, |_| {}).await;
    let own = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let of_public = app.tokens(&mut browser, &public, ALICE, &[]).await;
    is_bad_grant(&app.refresh(&other, &own.refresh).await);
    is_bad_grant(&app.refresh(&client, &of_public.refresh).await);
    is_bad_grant(&app.refresh(&public, &own.refresh).await);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &own.refresh), ("client_id", "c1")];
    let page = app.post("/token", &fields).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{}", page.body);
    let page = app.post("/token", &[fields[0], fields[1], ("client_id", "c1"), ("client_secret", "wrong")]).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{}", page.body);
    assert_eq!(app.refresh(&client, &own.refresh).await.status, 200, "its owner may still use it");
    assert_eq!(app.refresh(&public, &of_public.refresh).await.status, 200, "its owner may still use it");
}

#[tokio::test]
async fn f07_a_refresh_narrows_and_never_widens() {
    let (app, client, mut browser) = ground().await;
    let tokens = app.tokens(&mut browser, &client, ALICE, &[("scope", "openid email offline_access")]).await;
    let refresh = async |token: &str, extra: (&str, &str)| {
        app.call("/token", &client, &[("grant_type", "refresh_token"), ("refresh_token", token), extra]).await
    };
    for scope in ["openid profile", "openid email offline_access phone", "admin", "openid email\u{a0}x"] {
        let page = refresh(&tokens.refresh, ("scope", scope)).await;
        assert_eq!(
            (page.status, page.json()["error"].as_str()),
            (400, Some("invalid_scope")),
            "{scope}: {}",
            page.body
        );
    }
    for resource in ["https://api.test", "https://unknown.test/x", "not a uri", "https://x.test/#f"] {
        let page = refresh(&tokens.refresh, ("resource", resource)).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_target")), "{resource}");
    }
    let narrow = Tokens::of(&refresh(&tokens.refresh, ("scope", "openid")).await);
    assert_eq!(narrow.body["scope"], "openid");
    assert_eq!(claims(&narrow.access)["scope"], "openid");
    let info = app.userinfo(&narrow.access).await.json();
    assert!(info.get("email").is_none(), "the narrowed token opens no more than it says: {info}");
    let whole = Tokens::of(&app.refresh(&client, &narrow.refresh).await);
    assert_eq!(app.userinfo(&whole.access).await.json()["email"], ALICE, "the grant itself was not narrowed");
}

#[tokio::test]
async fn f08_idle_and_absolute_ends_and_what_a_refresh_does_not_move() {
    let (app, _, mut browser) = ground().await;
    let client = app
        .client_with("short", Profile::Web, |row| {
            row.policy.refresh_idle = Lifetime::from_hours(1);
            row.policy.refresh_absolute = Lifetime::from_hours(3);
        })
        .await;
    let began = app.clock.now();
    let mut tokens = app.tokens(&mut browser, &client, ALICE, &[("max_age", "100000")]).await;
    let first = claims(&tokens.id);
    while app.clock.now().since(began) < Lifetime::from_minutes(175) {
        app.pass(Lifetime::from_minutes(25));
        tokens = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
        let id = claims(&tokens.id);
        assert_eq!(id["auth_time"], first["auth_time"]);
        assert_eq!((&id["acr"], &id["sub"], &id["sid"]), (&first["acr"], &first["sub"], &first["sid"]));
        assert!(id.get("nonce").is_none(), "OIDC Core section 12.2");
    }
    app.pass(Lifetime::from_minutes(10));
    is_bad_grant(&app.refresh(&client, &tokens.refresh).await);

    let idle = app.tokens(&mut Browser::new(&app), &client, ALICE, &[]).await;
    app.pass(Lifetime::from_minutes(61));
    is_bad_grant(&app.refresh(&client, &idle.refresh).await);

    let plain = app.web("plain").await;
    let without = app.tokens(&mut Browser::new(&app), &plain, ALICE, &[("scope", "openid")]).await;
    assert_eq!(without.refresh, "", "no refresh token without offline_access");
    let never = app.client_with("never", Profile::Web, |row| row.grants = vec![GrantType::AuthorizationCode]).await;
    let without = app.tokens(&mut Browser::new(&app), &never, ALICE, &[]).await;
    assert_eq!(without.refresh, "", "no refresh token for a client without the grant");
}

#[tokio::test]
async fn f09_revocation_says_what_is_true() {
    let (app, client, mut browser) = ground().await;
    let other = app.web("c2").await;
    let tokens = app.tokens(&mut browser, &client, ALICE, &[]).await;
    for token in [&tokens.access, &tokens.refresh] {
        let page = app.call("/revoke", &other, &[("token", token)]).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_grant")), "{}", page.body);
        assert!(app.is_active(&client, token).await, "another client cannot revoke");
    }
    for unknown in ["abc", "vs_rt_abc", "a.b.c", &tokens.id, " "] {
        assert_eq!(app.call("/revoke", &client, &[("token", unknown)]).await.status, 200, "{unknown}");
    }
    assert_eq!(app.call("/revoke", &client, &[]).await.status, 400, "no token at all");
    let second = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
    // A wrong hint is ignored; an access token goes alone.
    let hint = [("token", second.access.as_str()), ("token_type_hint", "refresh_token")];
    assert_eq!(app.call("/revoke", &client, &hint).await.status, 200);
    assert!(!app.is_active(&client, &second.access).await);
    assert_eq!(app.userinfo(&second.access).await.status, 401);
    assert!(app.is_active(&client, &tokens.access).await && app.is_active(&client, &second.refresh).await);
    let hint = [("token", second.refresh.as_str()), ("token_type_hint", "access_token")];
    assert_eq!(app.call("/revoke", &client, &hint).await.status, 200);
    all_are_dead(&app, &client, &[&tokens, &second]).await;
    is_bad_grant(&app.refresh(&client, &second.refresh).await);
    assert_eq!(app.call("/revoke", &client, &hint).await.status, 200, "twice is the same as once");
}

#[tokio::test]
async fn f09_r21_a_locked_database_is_503_and_nothing_was_done() {
    let settings = [("VOUCHSAFE_DATABASE_BUSY_TIMEOUT_MS", "100")];
    let app = TestApp::start_on(Engine::Sqlite, &settings).await.expect("SQLite is always there");
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, ALICE, &[]).await;
    let code = app.sign_in(&mut browser, &client, ALICE, &[]).await.param("code").expect("a code");
    let faults = FaultsExpected::at(&app);
    let mut stranger = sqlite(&app.folder.path().join("v.db"));
    stranger.batch_execute("BEGIN EXCLUSIVE").expect("takes the lock");
    for page in [
        app.call("/revoke", &client, &[("token", &tokens.refresh)]).await,
        app.call("/revoke", &client, &[("token", &tokens.access)]).await,
        app.refresh(&client, &tokens.refresh).await,
        app.redeem(&client, &code).await,
    ] {
        assert_eq!(
            (page.status, page.json()["error"].as_str()),
            (503, Some("temporarily_unavailable")),
            "{}",
            page.body
        );
        assert!(!page.header("retry-after").is_empty());
        assert_eq!(page.header("cache-control"), "no-store");
        for inner in ["SQL", "locked", "sqlite", "database"] {
            assert!(!page.body.contains(inner), "{inner} in {}", page.body);
        }
    }
    // Reading goes on, and so do the documents.
    assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    assert_eq!(app.http.get(app.url("/jwks")).send().await.expect("an answer").status().as_u16(), 200);
    let mut fresh = Browser::new(&app);
    let page = fresh.open(&app.authorize_url(&client, &[])).await;
    let page = fresh.submit(&page, &[("login", ALICE), ("password", crate::support::relying_party::PASSWORD)]).await;
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(!page.header("retry-after").is_empty() && page.has("correlation-id"));
    stranger.batch_execute("ROLLBACK").expect("lets go");
    drop(faults);
    assert!(app.is_active(&client, &tokens.refresh).await, "503 meant no");
    assert_eq!(app.redeem(&client, &code).await.status, 200, "503 meant that the code was not used");
    assert_eq!(app.call("/revoke", &client, &[("token", &tokens.refresh)]).await.status, 200);
    all_are_dead(&app, &client, &[&tokens]).await;
}

#[tokio::test]
async fn f12_userinfo_takes_tokens_in_two_places_and_tells_by_scope() {
    let (app, client, mut browser) = ground().await;
    let tokens = app.tokens(&mut browser, &client, ALICE, &[("scope", "openid email")]).await;
    let url = app.url("/userinfo");
    let send = async |request: reqwest::RequestBuilder| {
        Page::read(request.send().await.expect("an answer"), "/userinfo").await
    };
    for page in [
        send(app.http.get(format!("{url}?{}", encode(&[("access_token", &tokens.access)])))).await,
        send(
            app.http.get(format!("{url}?{}", encode(&[("access_token", &tokens.access)]))).bearer_auth(&tokens.access),
        )
        .await,
        send(app.http.get(&url).header("cookie", format!("access_token={}", tokens.access))).await,
        send(app.http.get(&url).header("authorization", format!("Basic {}", tokens.access))).await,
        send(app.http.get(&url).header("authorization", tokens.access.clone())).await,
        send(app.http.get(&url).header("authorization", "Bearer")).await,
        send(app.http.get(&url)).await,
        send(app.http.get(&url).bearer_auth(&tokens.access).header("authorization", "Bearer x")).await,
    ] {
        assert!(matches!(page.status, 400 | 401), "{} {}", page.status, page.body);
        assert!(page.header("www-authenticate").starts_with("Bearer "), "{page:?}");
        assert!(!page.body.contains("alice"), "{}", page.body);
    }
    assert_eq!(app.post("/userinfo", &[("access_token", &tokens.access)]).await.status, 200, "RFC 6750 section 2.2");
    let info = app.userinfo(&tokens.access).await;
    assert_eq!(info.header("cache-control"), "no-store");
    assert_eq!(info.json()["sub"], claims(&tokens.id)["sub"]);
    assert!(!info.body.contains(&tokens.access) && !info.body.contains("vs_rt_"));
    assert!(info.json().get("name").is_none(), "profile was not asked for");

    let only = app.tokens(&mut browser, &client, ALICE, &[("scope", "openid")]).await;
    let keys: Vec<String> =
        app.userinfo(&only.access).await.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["sub"]);
    let without = app.tokens(&mut browser, &client, ALICE, &[("scope", "email")]).await;
    let page = app.userinfo(&without.access).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (403, Some("insufficient_scope")), "{}", page.body);
    app.write(|c| {
        let scope = vouchsafe::oauth::scope::Scope {
            name: "reports".to_owned(),
            description: "Reports".to_owned(),
            claims: Vec::new(),
            audience: None,
            mappings: Vec::new(),
        };
        scopes::put(c, &scopes::StoredScope::new(scope, Timestamp::from_seconds(0)))
    })
    .await;
    let service = app
        .client_with("s1", Profile::Service, |row| row.scopes = vouchsafe::oauth::scope::ScopeSet::of(["reports"]))
        .await;
    let own = app.call("/token", &service, &[("grant_type", "client_credentials"), ("scope", "reports")]).await;
    let page = app.userinfo(&Tokens::of(&own).access).await;
    assert!(matches!(page.status, 401 | 403), "{} {}", page.status, page.body);
    app.pass(Lifetime::from_minutes(15));
    let page = app.userinfo(&tokens.access).await;
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_token")), "expired: {}", page.body);
}

#[tokio::test]
async fn f13_nobody_keeps_an_answer() {
    let (app, client, mut browser) = ground().await;
    let tokens = app.tokens(&mut browser, &client, ALICE, &[]).await;
    for page in [
        app.refresh(&client, &tokens.refresh).await,
        app.refresh(&client, "nonsense").await,
        app.post("/token", &[]).await,
        app.post("/token", &[("grant_type", "password")]).await,
        app.call("/introspect", &client, &[("token", &tokens.access)]).await,
        app.call("/introspect", &client, &[("token", "x")]).await,
        app.post("/introspect", &[("token", "x")]).await,
        app.userinfo(&tokens.access).await,
        app.userinfo("x").await,
        app.call("/revoke", &client, &[("token", "x")]).await,
        browser.get(&app.authorize_url(&client, &[])).await,
        browser.get(&app.authorize_url(&client, &[("prompt", "login")])).await,
        browser.get(&app.url("/")).await,
        browser.get(&app.url("/logout")).await,
        browser.get(&app.url("/nothing")).await,
    ] {
        assert_eq!(page.header("cache-control"), "no-store", "{} {}", page.url, page.status);
    }
}
