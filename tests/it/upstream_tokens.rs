//! Tokens of providers: kept only where it is asked for, sealed, renewed by one at a time, and handed to apps that may have them.

use std::time::Duration;

use serde_json::{Value, json};
use vouchsafe::flow::admin::{Actor, provider as admin};
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::oauth::upstream::Provider;
use vouchsafe::store::upstream_tokens;
use vouchsafe::time::Lifetime;

use crate::support::invariants::FaultsExpected;
use crate::support::relying_party::{PASSWORD, Tokens};
use crate::support::upstream::{OPEN, Upstream};
use crate::support::{Browser, Client, Page, TestApp};

const SCOPE: (&str, &str) = ("scope", "openid offline_access upstream_tokens");

async fn ground() -> (TestApp, Client, Upstream) {
    let app = TestApp::start_with(&OPEN).await;
    let client = app.client_with("c1", Profile::Web, |c| c.scopes = scopes()).await;
    let up = Upstream::start(&app).await;
    up.register(&app, "up", |p| (p.keep_tokens, p.token_clients) = (true, vec!["c1".to_owned()])).await;
    up.person("s1", "new@x.test");
    up.script().tokens = json!({ "refresh_token": "rt-1", "expires_in": 300, "scope": "openid calendar" });
    (app, client, up)
}

fn scopes() -> vouchsafe::oauth::scope::ScopeSet {
    vouchsafe::oauth::scope::ScopeSet::of(["openid", "offline_access", "upstream_tokens"])
}

/// The whole way by the provider; the app's access token.
async fn signed_in(app: &TestApp, up: &Upstream, client: &Client, scope: (&str, &str)) -> String {
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(client, &[scope])).await;
    let question = up.press(app, &mut browser, &page, "up").await;
    let mut page = up.back(app, &mut browser, "up", &question).await;
    if page.has("approve") {
        if scope == SCOPE {
            assert!(page.body.contains("Use the accounts elsewhere"), "the person is asked: {}", page.body);
        }
        page = browser.submit(&page, &[("decision", "approve")]).await;
    }
    Tokens::of(&app.redeem(client, &page.code()).await).access
}

async fn asked(app: &TestApp, provider: &str, token: &str) -> Page {
    app.send(app.http.get(app.url(&format!("/upstream/{provider}/token"))).bearer_auth(token)).await
}

async fn change(app: &TestApp, change: impl FnOnce(&mut Provider)) {
    let (cx, actor) = (app.cx(), Actor::CommandLine);
    let mut document = admin::find(&cx, &actor, "up").await.expect("no fault").expect("there").document;
    change(&mut document);
    admin::replace(&cx, &actor, "up", document, None).await.expect("no fault").expect("changed");
}

fn stored(app: &TestApp) -> Vec<String> {
    app.lines("SELECT CAST(count(*) AS TEXT) AS line FROM upstream_tokens")
}

fn renewals(up: &Upstream) -> usize {
    up.script().asked.iter().filter(|asked| asked.contains("grant_type=refresh_token")).count()
}

#[tokio::test]
async fn a_token_is_handed_out_and_renewed_when_it_ends() {
    let (app, client, up) = ground().await;
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    let page = asked(&app, "up", &ours).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"), "{}", page.body);
    let good = json!({
        "access_token": "at-1", "token_type": "Bearer", "expires_in": 300, "scope": "openid calendar",
        "iss": up.origin, "sub": "s1",
    });
    assert_eq!(page.json(), good);
    assert_eq!(renewals(&up), 0);

    app.pass(Lifetime::from_seconds(241));
    up.script().token = Some(json!({ "access_token": "at-2", "token_type": "Bearer", "expires_in": 600 }));
    let page = asked(&app, "up", &ours).await;
    assert_eq!((&page.json()["access_token"], &page.json()["scope"]), (&json!("at-2"), &json!("openid calendar")));
    assert!(!page.body.contains("rt-"), "a refresh token never leaves");
    // It was asked as at the sign-in: with our secret, and the refresh token of the sign-in.
    let renewal = up.script().asked.iter().find(|asked| asked.contains("grant_type=refresh_token")).cloned();
    let renewal = renewal.expect("it was asked");
    assert!(renewal.contains("refresh_token=rt-1") && renewal.to_ascii_lowercase().contains("authorization: basic"));
    assert_eq!(asked(&app, "up", &ours).await.json()["access_token"], "at-2", "kept");

    // A refresh token that is replaced is replaced here.
    app.pass(Lifetime::from_minutes(10));
    up.script().token =
        Some(json!({ "access_token": "at-3", "token_type": "Bearer", "expires_in": 60, "refresh_token": "rt-2" }));
    let ours = refreshed(&app, &client, &up).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["access_token"], "at-3");
    asked(&app, "up", &ours).await;
    assert!(up.script().asked.iter().any(|asked| asked.contains("refresh_token=rt-2")));
    // Nothing of it is readable in the database.
    let link = app.lines("SELECT id AS line FROM upstream_identities").remove(0);
    let sealed = app.write(move |c| upstream_tokens::find(c, &link)).await.expect("kept").sealed;
    for secret in ["at-3", "rt-2", "access_token"] {
        assert!(!sealed.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
}

/// A new access token of ours: the old one has expired by then.
async fn refreshed(app: &TestApp, client: &Client, up: &Upstream) -> String {
    let kept = up.script().token.take();
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(client, &[SCOPE])).await;
    let question = up.press(app, &mut browser, &page, "up").await;
    // As Google does it: no refresh token at a second sign-in. The first one stays.
    up.script().tokens = json!({ "expires_in": 1 });
    let now = app.clock.now().seconds();
    (up.script().claims["iat"], up.script().claims["exp"]) = (now.into(), (now + 300).into());
    let page = up.back(app, &mut browser, "up", &question).await;
    up.script().token = kept;
    Tokens::of(&app.redeem(client, &page.code()).await).access
}

#[tokio::test]
async fn who_may_not_have_a_token_is_told_why() {
    let (app, client, up) = ground().await;
    let other = app.client_with("c2", Profile::Web, |c| c.scopes = scopes()).await;
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    for (page, status, error) in [
        (asked(&app, "up", &signed_in(&app, &up, &client, ("scope", "openid")).await).await, 403, "insufficient_scope"),
        (asked(&app, "up", &signed_in(&app, &up, &other, SCOPE).await).await, 400, "unauthorized_client"),
        (asked(&app, "none", &ours).await, 400, "invalid_request"),
        (asked(&app, "up", "nonsense").await, 401, "invalid_token"),
    ] {
        assert_eq!((page.status, &page.json()["error"]), (status, &json!(error)), "{}", page.body);
        assert!(!page.body.contains("at-1"));
        let rows = app.trace(&page.correlation_id()).await;
        assert!(rows.iter().any(|row| row.expected.is_some() && row.received.is_some()), "{error}");
    }
    let none = app.send(app.http.get(app.url("/upstream/up/token"))).await;
    assert!(none.status == 401 && none.header("www-authenticate").starts_with("Bearer"), "{}", none.body);
    // Somebody who never came by the provider.
    app.person("bob@example.com").await;
    let tokens = app.tokens(&mut Browser::new(&app), &client, "bob@example.com", &[SCOPE]).await;
    let page = asked(&app, "up", &tokens.access).await;
    assert_eq!((page.status, &page.json()["error"]), (400, &json!("interaction_required")));

    // Whatever ends the principal, or the keeping, ends the tokens.
    change(&app, |p| p.enabled = false).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["error"], "invalid_request");
    change(&app, |p| p.enabled = true).await;
    assert_eq!(asked(&app, "up", &ours).await.status, 200);
    change(&app, |p| (p.keep_tokens, p.token_clients) = (false, Vec::new())).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["error"], "invalid_request");
    assert_eq!(stored(&app), ["0"], "they are forgotten");
    change(&app, |p| (p.keep_tokens, p.token_clients) = (true, vec!["c1".to_owned()])).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["error"], "interaction_required");
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    assert_eq!(asked(&app, "up", &ours).await.status, 200);
    assert_eq!(app.call("/revoke", &client, &[("token", &ours)]).await.status, 200);
    assert_eq!(asked(&app, "up", &ours).await.status, 401);
}

#[tokio::test]
async fn rfc8707_2_a_token_that_others_take_too_opens_nothing_here_and_one_for_us_alone_can_be_had() {
    let (app, _, up) = ground().await;
    let client = app.client_with("c3", Profile::Web, |c| {
        c.scopes = scopes();
        c.policy.audiences = vec!["https://api.acme.test".to_owned()];
    });
    let client = client.await;
    change(&app, |p| p.token_clients = vec!["c3".to_owned()]).await;
    let wide = signed_in(&app, &up, &client, SCOPE).await;
    let page = asked(&app, "up", &wide).await;
    assert_eq!((page.status, &page.json()["error"]), (401, &json!("invalid_token")), "{}", page.body);
    let rows = app.trace(&page.correlation_id()).await;
    assert!(
        rows.iter()
            .any(|row| row.check_name.as_deref().is_some_and(|name| name.starts_with("upstream_token.audience"))),
        "{rows:?}"
    );
    assert_eq!(app.userinfo(&wide).await.status, 200, "userinfo takes it");
    let mut browser = Browser::new(&app);
    let ours = ("resource", app.issuer.as_str());
    let page = browser.open(&app.authorize_url(&client, &[SCOPE, ours])).await;
    let question = up.press(&app, &mut browser, &page, "up").await;
    let page = up.back(&app, &mut browser, "up", &question).await;
    let narrow = Tokens::of(&app.redeem(&client, &page.code()).await).access;
    assert_eq!(asked(&app, "up", &narrow).await.json()["access_token"], "at-1");
}

#[tokio::test]
async fn what_was_taken_back_during_a_renewal_is_not_handed_out() {
    let (app, client, up) = ground().await;
    let slow = |app: &TestApp| {
        app.pass(Lifetime::from_seconds(241));
        up.script().token = Some(json!({ "access_token": "at-2", "token_type": "Bearer", "expires_in": 300 }));
        up.script().delay = Duration::from_millis(600);
    };
    let soon = || tokio::time::sleep(Duration::from_millis(200));
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    slow(&app);
    let (page, _) = tokio::join!(asked(&app, "up", &ours), async {
        soon().await;
        change(&app, |p| p.token_clients.clear()).await;
    });
    assert_eq!((page.status, &page.json()["error"]), (400, &json!("unauthorized_client")), "{}", page.body);
    assert_eq!((renewals(&up), stored(&app)), (1, vec!["1".to_owned()]), "what was renewed is kept all the same");
    change(&app, |p| p.token_clients = vec!["c1".to_owned()]).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["access_token"], "at-2");
    slow(&app);
    let (page, _) = tokio::join!(asked(&app, "up", &ours), async {
        soon().await;
        assert_eq!(app.call("/revoke", &client, &[("token", &ours)]).await.status, 200);
    });
    assert_eq!((page.status, &page.json()["error"]), (401, &json!("invalid_token")), "{}", page.body);
}

#[tokio::test]
async fn a_provider_that_renews_no_more_or_does_not_answer_says_what_to_do() {
    let (app, client, up) = ground().await;
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    app.pass(Lifetime::from_seconds(290));
    // Down: what is kept stays, and the app comes again.
    let faults = FaultsExpected::at(&app);
    up.script().status = 503;
    let page = asked(&app, "up", &ours).await;
    assert_eq!((page.status, &page.json()["error"]), (503, &json!("temporarily_unavailable")));
    assert!(!page.header("retry-after").is_empty());
    up.script().status = 200;
    assert_eq!(stored(&app), ["1"]);
    up.script().token = Some(json!({ "error": "invalid_client" }));
    assert_eq!(asked(&app, "up", &ours).await.status, 503, "our own trouble is not the person's");
    assert_eq!(stored(&app), ["1"]);
    drop(faults);
    up.script().token = Some(json!({ "error": "invalid_grant" }));
    let page = asked(&app, "up", &ours).await;
    assert_eq!((page.status, &page.json()["error"]), (400, &json!("interaction_required")));
    assert!(page.body.contains("idp_hint"), "{}", page.body);
    assert_eq!(stored(&app), ["0"]);
    // One that cannot be renewed.
    up.script().token = None;
    up.script().tokens = json!({ "expires_in": 30 });
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["error"], "interaction_required");
    // One without an end is good until somebody says otherwise; what is no bearer token is not kept.
    up.script().tokens = json!({});
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    let page = asked(&app, "up", &ours).await;
    assert!(page.status == 200 && page.json()["expires_in"].is_null(), "{}", page.body);
    up.script().tokens = json!({ "token_type": "DPoP", "access_token": "bound" });
    signed_in(&app, &up, &client, SCOPE).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["access_token"], "at-1");
}

#[tokio::test]
async fn h01_what_was_for_one_place_is_sent_to_no_other() {
    let (app, client, up) = ground().await;
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    let has_secret =
        async || admin::find(&app.cx(), &Actor::CommandLine, "up").await.expect("no fault").expect("there").has_secret;
    // What is only a policy of ours forgets nothing.
    change(&app, |p| p.name = "Renamed".to_owned()).await;
    assert!(has_secret().await && stored(&app) == ["1"]);
    // Another client is another place, and so is another address of the same issuer.
    change(&app, |p| p.client_id = "another".to_owned()).await;
    assert!(!has_secret().await && stored(&app) == ["0"]);
    let page = asked(&app, "up", &ours).await;
    assert_eq!(page.json()["error"], "interaction_required", "{}", page.body);
    assert_eq!(renewals(&up), 0);

    up.register_github(&app).await;
    let (cx, actor) = (app.cx(), Actor::CommandLine);
    let mut document = admin::find(&cx, &actor, "github").await.expect("no fault").expect("there").document;
    document.endpoints.token = Some(format!("{}/elsewhere", up.origin));
    let after = admin::replace(&cx, &actor, "github", document, None).await.expect("no fault").expect("changed");
    assert!(!after.has_secret, "its secret goes to no other token endpoint");
}

#[tokio::test]
async fn of_many_that_ask_at_once_one_renews() {
    let (app, client, up) = ground().await;
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    app.pass(Lifetime::from_seconds(290));
    up.script().token = Some(json!({ "access_token": "at-2", "token_type": "Bearer", "expires_in": 600 }));
    up.script().delay = Duration::from_millis(300);
    let all = futures_util::future::join_all((0..12).map(|_| asked(&app, "up", &ours))).await;
    for page in all {
        assert_eq!((page.status, &page.json()["access_token"]), (200, &json!("at-2")), "{}", page.body);
    }
    assert_eq!(renewals(&up), 1);
}

#[tokio::test]
async fn an_app_that_hangs_up_loses_no_tokens() {
    let (app, client, up) = ground().await;
    let ours = signed_in(&app, &up, &client, SCOPE).await;
    app.pass(Lifetime::from_seconds(290));
    up.script().token =
        Some(json!({ "access_token": "at-2", "token_type": "Bearer", "expires_in": 600, "refresh_token": "rt-2" }));
    up.script().delay = Duration::from_millis(500);
    let hangs_up = app.http.get(app.url("/upstream/up/token")).bearer_auth(&ours).timeout(Duration::from_millis(200));
    assert!(hangs_up.send().await.is_err());
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(asked(&app, "up", &ours).await.json()["access_token"], "at-2");
    assert_eq!(renewals(&up), 1);
}

#[tokio::test]
async fn tokens_of_a_first_sign_in_wait_until_the_account_is_proven_and_go_with_the_link() {
    let (app, client, up) = ground().await;
    let user = app.person("alice@example.com").await;
    up.person("s1", "alice@example.com");
    let mut alice = Browser::new(&app);
    let page = alice.open(&app.authorize_url(&client, &[SCOPE])).await;
    let question = up.press(&app, &mut alice, &page, "up").await;
    let page = up.back(&app, &mut alice, "up", &question).await;
    assert_eq!(stored(&app), ["0"], "nobody is linked yet");
    assert!(!page.body.contains("at-1") && !page.body.contains("rt-1"));
    let page = alice.submit(&page, &[("login", "alice@example.com"), ("password", PASSWORD)]).await;
    let page = if page.has("approve") { alice.submit(&page, &[("decision", "approve")]).await } else { page };
    let ours = Tokens::of(&app.redeem(&client, &page.code()).await).access;
    assert_eq!(asked(&app, "up", &ours).await.json()["access_token"], "at-1");
    let links = app.lines("SELECT id AS line FROM upstream_identities");
    let done = vouchsafe::flow::account::connections::unlink(&app.cx(), &user, &links[0]).await;
    assert!(done.expect("no fault").is_ok());
    assert_eq!(stored(&app), ["0"]);
    assert_eq!(asked(&app, "up", &ours).await.json()["error"], "interaction_required");
}

#[tokio::test]
async fn nothing_is_kept_where_nobody_asked_for_it() {
    let (app, client, up) = ground().await;
    change(&app, |p| (p.keep_tokens, p.token_clients) = (false, Vec::new())).await;
    signed_in(&app, &up, &client, ("scope", "openid")).await;
    assert_eq!(stored(&app), ["0"]);
    let refused = |value: Value| {
        let document: Provider = serde_json::from_value(value).expect("a document");
        async { admin::create(&app.cx(), &Actor::CommandLine, document).await.expect("no fault").unwrap_err() }
    };
    let google = |more: Value| {
        let mut all = json!({ "id": "google", "name": "Google", "preset": "google", "client_id": "us" });
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    let none = refused(google(json!({ "keep_tokens": true, "token_clients": ["nobody"] }))).await;
    assert_eq!((none.code, none.field), ("unknown_client", Some("token_clients")));
    // A client that is named cannot go, or whoever came by its name would come by the tokens.
    change(&app, |p| (p.keep_tokens, p.token_clients) = (true, vec!["c1".to_owned()])).await;
    let cx = app.cx();
    let named = vouchsafe::flow::admin::client::remove(&cx, &Actor::CommandLine, "c1", None).await.expect("no fault");
    assert_eq!(named.unwrap_err().code, "client_in_use");
    let idle = refused(google(json!({ "token_clients": ["c1"] }))).await;
    assert_eq!((idle.code, idle.field), ("provider_token_clients", Some("token_clients")));
}
