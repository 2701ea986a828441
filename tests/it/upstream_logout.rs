//! OpenID Connect Back-Channel Logout 1.0, as a relying party: a provider ends the sessions that rest on a sign-in there.

use serde_json::{Value, json};
use vouchsafe::flow::account::factors;
use vouchsafe::oauth::scope::ScopeSet;
use vouchsafe::secret::totp;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::time::Lifetime;

use crate::second_factor::decoded;
use crate::support::relying_party::{PASSWORD, Tokens};
use crate::support::upstream::{OPEN, Question, Upstream};
use crate::support::{Browser, Client, Page, TestApp};

async fn ground() -> (TestApp, Client, Upstream) {
    let app = TestApp::start_with(&OPEN).await;
    let client = app.web("c1").await;
    let up = Upstream::start(&app).await;
    up.register(&app, "up", |_| {}).await;
    (app, client, up)
}

/// Signs this subject in, in a browser of their own, at the provider's session `sid`; the app's tokens.
async fn signed_in(app: &TestApp, up: &Upstream, client: &Client, sub: &str, sid: Value) -> (Browser, Tokens) {
    up.script().claims = json!({
        "sub": sub, "email": format!("{sub}@x.test"), "email_verified": true, "name": "A", "sid": sid,
    });
    let mut browser = Browser::new(app);
    let scope = client.row.scopes.to_string();
    let page = browser.open(&app.authorize_url(client, &[("scope", &scope)])).await;
    let question = up.press(app, &mut browser, &page, "up").await;
    let mut page = up.back(app, &mut browser, "up", &question).await;
    if page.has("approve") {
        page = browser.submit(&page, &[("decision", "approve")]).await;
    }
    let tokens = Tokens::of(&app.redeem(client, &page.code()).await);
    (browser, tokens)
}

async fn logs_out(app: &TestApp, token: &str) -> Page {
    app.post("/upstream/up/backchannel-logout", &[("logout_token", token)]).await
}

/// Whether the browser is still signed in: an app is sent a code without a page.
async fn is_in(app: &TestApp, client: &Client, browser: &mut Browser) -> bool {
    browser.get(&app.authorize_url(client, &[("prompt", "none")])).await.param("code").is_some()
}

#[tokio::test]
async fn oidc_back_channel_logout_2_7_a_session_ends_by_sid_and_all_by_sub() {
    let (app, client, up) = ground().await;
    let (mut first, tokens) = signed_in(&app, &up, &client, "s1", json!("x1")).await;
    let (mut second, _) = signed_in(&app, &up, &client, "s1", json!("x2")).await;
    let (mut third, _) = signed_in(&app, &up, &client, "s1", Value::Null).await;
    let (mut other, _) = signed_in(&app, &up, &client, "s2", json!("x3")).await;
    let refreshed = app.refresh(&client, &tokens.refresh).await;
    let access = Tokens::of(&refreshed).access;

    let page = logs_out(&app, &up.logout_token(&json!({ "sid": "x1", "sub": null }))).await;
    assert_eq!((page.status, page.body.as_str()), (200, ""), "section 2.8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!is_in(&app, &client, &mut first).await && is_in(&app, &client, &mut second).await);
    assert_eq!(app.userinfo(&access).await.status, 200, "offline_access outlives the session");

    // Both named: both must fit.
    assert_eq!(logs_out(&app, &up.logout_token(&json!({ "sid": "x2", "sub": "s2" }))).await.status, 200);
    assert!(is_in(&app, &client, &mut second).await && is_in(&app, &client, &mut other).await);

    assert_eq!(logs_out(&app, &up.logout_token(&json!({}))).await.status, 200);
    assert!(!is_in(&app, &client, &mut second).await && !is_in(&app, &client, &mut third).await);
    assert!(is_in(&app, &client, &mut other).await, "another subject stays");
    // Nobody being signed in is a success.
    assert_eq!(logs_out(&app, &up.logout_token(&json!({ "sub": "nobody" }))).await.status, 200);
    let told = app.events().await.into_iter().filter(|kind| kind == "upstream_logout").count();
    assert_eq!(told, 2);
}

#[tokio::test]
async fn tokens_that_are_not_offline_end_with_the_session() {
    let (app, _, up) = ground().await;
    let client = app.client_with("c2", vouchsafe::oauth::client_policy::Profile::Web, |c| {
        c.scopes = ScopeSet::of(["openid"]);
        c.policy.refresh = vouchsafe::oauth::client_policy::RefreshRule::Always;
    });
    let client = client.await;
    let (_, tokens) = signed_in(&app, &up, &client, "s1", json!("x1")).await;
    assert_eq!(app.userinfo(&tokens.access).await.status, 200);
    assert_eq!(logs_out(&app, &up.logout_token(&json!({ "sid": "x1" }))).await.status, 200);
    assert_eq!(app.userinfo(&tokens.access).await.status, 401);
    assert_eq!(app.refresh(&client, &tokens.refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_session_that_rests_on_a_proof_here_is_none_of_the_providers() {
    let (app, client, up) = ground().await;
    let user = app.person("alice@example.com").await;
    // Linked by proving the account: that session came from the provider.
    up.script().claims = json!({ "sub": "s1", "email": "alice@example.com", "name": "A", "sid": "x1" });
    let mut alice = Browser::new(&app);
    let page = up.sign_in(&app, &mut alice, &client, "up").await;
    let page = alice.submit(&page, &[("login", "alice@example.com"), ("password", PASSWORD)]).await;
    if page.has("approve") {
        alice.submit(&page, &[("decision", "approve")]).await;
    }
    assert!(is_in(&app, &client, &mut alice).await);
    let mut by_password = Browser::new(&app);
    app.sign_in(&mut by_password, &client, "alice@example.com", &[]).await;
    assert_eq!(logs_out(&app, &up.logout_token(&json!({ "sid": "x1" }))).await.status, 200);
    assert!(!is_in(&app, &client, &mut alice).await);
    assert!(is_in(&app, &client, &mut by_password).await);
    // A second factor after the provider changes nothing in that it rests on it.
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &user, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = |app: &TestApp| totp::code_at(&secret, app.cx().now);
    let first = Sensitive::new(code(&app));
    factors::confirm_app(&cx, &user, "test", &offer.enrolment, &first).await.expect("no fault").expect("added");
    app.pass(Lifetime::from_seconds(30));
    let page = up.sign_in(&app, &mut alice, &client, "up").await;
    assert!(page.has("code"), "{}", page.body);
    let page = alice.submit(&page, &[("code", &code(&app))]).await;
    assert!(page.param("code").is_some(), "{} {}", page.status, page.body);
    assert_eq!(logs_out(&app, &up.logout_token(&json!({}))).await.status, 200);
    assert!(!is_in(&app, &client, &mut alice).await);
}

/// A browser that was sent to the provider, and with what; it will come back as `sub` of the session `sid`.
async fn sent(app: &TestApp, up: &Upstream, client: &Client, (sub, sid): (&str, Value)) -> (Browser, Question) {
    up.script().claims =
        json!({ "sub": sub, "email": format!("{sub}@x.test"), "email_verified": true, "name": "A", "sid": sid });
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let question = up.press(app, &mut browser, &page, "up").await;
    (browser, question)
}

#[tokio::test]
async fn oidc_back_channel_logout_2_7_a_sign_in_under_way_begins_no_session_that_is_over() {
    let (app, client, up) = ground().await;
    signed_in(&app, &up, &client, "s1", json!("x0")).await;
    for (sid, named) in [
        (json!("x1"), json!({ "sid": "x1", "sub": null })),
        (json!("x2"), json!({ "sid": "x2" })),
        (json!("x3"), json!({})),
        (Value::Null, json!({})),
    ] {
        app.pass(Lifetime::from_seconds(1));
        let (mut browser, question) = sent(&app, &up, &client, ("s1", sid.clone())).await;
        app.pass(Lifetime::from_seconds(1));
        assert_eq!(logs_out(&app, &up.logout_token(&named)).await.status, 200);
        let page = up.back(&app, &mut browser, "up", &question).await;
        assert_eq!(page.status, 403, "{sid} {named}: {}", page.body);
        assert!(page.body.contains("you signed out there"), "{}", page.body);
        assert!(!is_in(&app, &client, &mut browser).await, "{sid} {named}");
    }
    // Of somebody else, of another session, or before the person went there: not meant.
    for (sid, named) in [(json!("x4"), json!({ "sub": "s2" })), (json!("x5"), json!({ "sid": "x6" }))] {
        app.pass(Lifetime::from_seconds(1));
        let (mut browser, question) = sent(&app, &up, &client, ("s1", sid)).await;
        assert_eq!(logs_out(&app, &up.logout_token(&named)).await.status, 200);
        up.back(&app, &mut browser, "up", &question).await;
        assert!(is_in(&app, &client, &mut browser).await, "{named}");
    }
    assert_eq!(logs_out(&app, &up.logout_token(&json!({}))).await.status, 200);
    app.pass(Lifetime::from_seconds(1));
    let (mut browser, question) = sent(&app, &up, &client, ("s1", json!("x7"))).await;
    up.back(&app, &mut browser, "up", &question).await;
    assert!(is_in(&app, &client, &mut browser).await, "who comes after it signs in");
}

#[tokio::test]
async fn a_logout_between_the_provider_and_the_second_step_is_not_lost() {
    let (app, client, up) = ground().await;
    let user = app.person("alice@example.com").await;
    // While the account is proven: what was shown here carries the session, and nothing of the provider does.
    up.script().claims = json!({ "sub": "s1", "email": "alice@example.com", "name": "A", "sid": "x1" });
    let mut alice = Browser::new(&app);
    let page = up.sign_in(&app, &mut alice, &client, "up").await;
    assert_eq!(logs_out(&app, &up.logout_token(&json!({ "sid": "x1" }))).await.status, 200);
    let page = alice.submit(&page, &[("login", "alice@example.com"), ("password", PASSWORD)]).await;
    if page.has("approve") {
        alice.submit(&page, &[("decision", "approve")]).await;
    }
    assert!(is_in(&app, &client, &mut alice).await);
    assert_eq!(app.rows("upstream_identities"), 1, "the link is made");
    assert_eq!(app.rows("upstream_sessions"), 0);
    // Before the second factor.
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &user, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = |app: &TestApp| totp::code_at(&secret, app.cx().now);
    let first = Sensitive::new(code(&app));
    factors::confirm_app(&cx, &user, "test", &offer.enrolment, &first).await.expect("no fault").expect("added");
    for (sid, named) in [("x2", json!({ "sid": "x2", "sub": null })), ("x3", json!({}))] {
        app.pass(Lifetime::from_seconds(60));
        up.script().claims["sid"] = json!(sid);
        let mut browser = Browser::new(&app);
        let page = up.sign_in(&app, &mut browser, &client, "up").await;
        assert!(page.has("code"), "{}", page.body);
        assert_eq!(logs_out(&app, &up.logout_token(&named)).await.status, 200);
        let page = browser.submit(&page, &[("code", &code(&app))]).await;
        assert!(page.param("code").is_none() && page.body.contains("out of date"), "{named}: {}", page.body);
        assert!(!is_in(&app, &client, &mut browser).await, "{named}");
    }
}

#[tokio::test]
async fn of_a_logout_and_a_sign_in_at_once_the_logout_wins_in_fifty_rounds() {
    let (app, client, up) = ground().await;
    signed_in(&app, &up, &client, "s1", json!("x0")).await;
    for round in 0..50 {
        let sid = format!("r{round}");
        let (mut browser, question) = sent(&app, &up, &client, ("s1", json!(sid))).await;
        let token = up.logout_token(&json!({ "sid": sid }));
        let (_, told) = tokio::join!(up.back(&app, &mut browser, "up", &question), logs_out(&app, &token));
        assert_eq!(told.status, 200, "{round}: {}", told.body);
        assert!(!is_in(&app, &client, &mut browser).await, "{round}");
    }
}

#[tokio::test]
async fn oidc_back_channel_logout_2_6_what_is_no_logout_token_ends_nothing_and_is_told_in_the_trace() {
    let (app, client, up) = ground().await;
    let (mut browser, _) = signed_in(&app, &up, &client, "s1", json!("x1")).await;
    let hour_ago = app.clock.now().seconds() - 3_600;
    for (claims, check) in [
        (json!({ "iss": "https://evil.test" }), "logout_token.believed"),
        (json!({ "aud": "them" }), "logout_token.aud"),
        (json!({ "nonce": "n" }), "logout_token.nonce"),
        (json!({ "events": null }), "logout_token.events"),
        (json!({ "iat": hour_ago }), "logout_token.iat"),
        (json!({ "exp": hour_ago }), "logout_token.exp"),
        (json!({ "jti": null }), "logout_token.jti"),
        (json!({ "sub": null }), "logout_token.names"),
    ] {
        let page = logs_out(&app, &up.logout_token(&claims)).await;
        assert_eq!((page.status, &page.json()["error"]), (400, &json!("invalid_request")), "{claims}");
        let rows = app.trace(&page.correlation_id()).await;
        let found = rows.iter().find_map(|row| row.check_name.clone()).unwrap_or_default();
        assert!(found.starts_with(check), "{claims}: {found}");
    }
    // Signed by nobody, by somebody else, or another kind of token.
    for header in
        [json!({ "typ": "at+jwt" }), json!({ "alg": "none" }), json!({ "alg": "HS256" }), json!({ "crit": ["b64"] })]
    {
        up.script().header = header.clone();
        assert_eq!(logs_out(&app, &up.logout_token(&json!({}))).await.status, 400, "{header}");
    }
    up.script().header = json!({});
    up.script().forged = true;
    assert_eq!(logs_out(&app, &up.logout_token(&json!({}))).await.status, 400, "forged");
    up.script().forged = false;
    for junk in ["", "a.b", "a.b.c", "é.é.é"] {
        assert_eq!(logs_out(&app, junk).await.status, 400, "{junk}");
    }
    let good = up.logout_token(&json!({}));
    let twice = app.post("/upstream/up/backchannel-logout", &[("logout_token", &good), ("logout_token", &good)]).await;
    assert_eq!(twice.status, 400);
    assert_eq!(app.post("/upstream/none/backchannel-logout", &[("logout_token", &good)]).await.status, 400);
    assert!(is_in(&app, &client, &mut browser).await, "nothing of it ended anything");

    // Once, whatever happens in between.
    assert_eq!(logs_out(&app, &good).await.status, 200);
    app.pass(Lifetime::from_seconds(1));
    assert!(!is_in(&app, &client, &mut browser).await);
    let (mut browser, _) = signed_in(&app, &up, &client, "s1", json!("x2")).await;
    let again = logs_out(&app, &good).await;
    assert_eq!(again.status, 400);
    assert!(
        app.trace(&again.correlation_id()).await[0].check_name.as_deref().unwrap().starts_with("logout_token.once")
    );
    assert!(is_in(&app, &client, &mut browser).await);
    // A key that is new to us is looked for; a provider that was disabled can still end what it began.
    app.pass(Lifetime::from_seconds(61));
    up.script().kid = "k2".to_owned();
    let cx = app.cx();
    let actor = vouchsafe::flow::admin::Actor::CommandLine;
    let found = vouchsafe::flow::admin::provider::find(&cx, &actor, "up").await.expect("no fault").expect("there");
    let off = vouchsafe::oauth::upstream::Provider { enabled: false, ..found.document };
    vouchsafe::flow::admin::provider::replace(&cx, &actor, "up", off, None).await.expect("no fault").expect("off");
    assert_eq!(logs_out(&app, &up.logout_token(&json!({}))).await.status, 200);
    assert!(!is_in(&app, &client, &mut browser).await);
}
