//! Logout from outside: who may cause it, what it ends, and where the browser goes (security cases M03, M04; OpenID Connect
//! RP-Initiated Logout 1.0).

use vouchsafe::time::Lifetime;

use crate::support::relying_party::claims;
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";
const MALLORY: &str = "mallory@example.com";

async fn signed_in() -> (TestApp, Client, Browser, Tokens) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    app.person(MALLORY).await;
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    (app, client, browser, tokens)
}

async fn logout(app: &TestApp, browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
    let url = format!("{}?{}", app.url("/logout"), crate::support::browser::encode(fields));
    browser.get(&url).await
}

fn asks(page: &Page) {
    assert!(page.status == 200 && page.has("logout-confirm"), "{} {:?} {}", page.status, page.location, page.body);
}

async fn is_signed_in(app: &TestApp, browser: &mut Browser, client: &Client) -> bool {
    let page = browser.get(&app.authorize_url(client, &[("prompt", "none")])).await;
    page.param("code").is_some()
}

#[tokio::test]
async fn m03_without_a_proof_the_person_is_asked() {
    let (app, client, mut browser, _) = signed_in().await;
    let mallorys = app.tokens(&mut Browser::new(&app), &client, MALLORY, &[]).await;
    for fields in [
        &[][..],
        &[("client_id", "c1")],
        &[("client_id", "c1"), ("post_logout_redirect_uri", "https://c1.test/out")],
        &[("id_token_hint", mallorys.id.as_str())],
        &[("logout_hint", EMAIL)],
    ] {
        let page = logout(&app, &mut browser, fields).await;
        asks(&page);
        assert!(is_signed_in(&app, &mut browser, &client).await, "{fields:?}");
    }
}

#[tokio::test]
async fn m03_the_hint_of_another_session_of_the_same_person_asks() {
    let (app, client, mut browser, _) = signed_in().await;
    let elsewhere = app.tokens(&mut Browser::new(&app), &client, EMAIL, &[]).await;
    asks(&logout(&app, &mut browser, &[("id_token_hint", &elsewhere.id)]).await);
}

#[tokio::test]
async fn m03_forged_hints_are_refused() {
    let (app, client, mut browser, tokens) = signed_in().await;
    let (head, rest) = tokens.id.split_once('.').expect("a JWT");
    let (payload, _) = rest.split_once('.').expect("a JWT");
    let none = "eyJhbGciOiJub25lIn0";
    for forged in [
        format!("{none}.{payload}."),
        format!("{head}.{payload}."),
        format!("{head}.{payload}.AAAA"),
        "x".to_owned(),
        tokens.access.clone(),
        tokens.refresh.clone(),
    ] {
        logout(&app, &mut browser, &[("id_token_hint", &forged)]).await.is_error_page();
    }
    assert!(is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn m03_rp_logout_2_the_hint_of_this_session_proves_it_even_expired() {
    let (app, client, mut browser, tokens) = signed_in().await;
    app.pass(Lifetime::from_hours(1));
    let fields = [
        ("id_token_hint", tokens.id.as_str()),
        ("post_logout_redirect_uri", "https://c1.test/out"),
        ("state", "a b&c"),
    ];
    let page = logout(&app, &mut browser, &fields).await;
    assert_eq!(page.location.as_deref(), Some("https://c1.test/out?state=a+b%26c"));
    assert!(!is_signed_in(&app, &mut browser, &client).await);
    assert!(!browser.cookies.contains_key("vouchsafe_session"), "the cookie goes too");
}

#[tokio::test]
async fn m03_rp_logout_3_only_an_exactly_registered_address_of_the_identified_client() {
    let (app, client, mut browser, tokens) = signed_in().await;
    app.web("c2").await;
    for evil in [
        "https://evil.test/",
        "https://c1.test/out/",
        "https://c1.test/out?x=1",
        "https://c1.test/out#x",
        "https://c1.test@evil.test/out",
        "https://c1.test/out/../evil",
        "HTTPS://c1.test/out",
        "https://C1.test/out",
        "https://c1.test/cb",
        "https://c2.test/out",
        "//evil.test",
        "javascript:alert(1)",
        " https://c1.test/out",
    ] {
        for id in [("id_token_hint", tokens.id.as_str()), ("client_id", "c1")] {
            let page = logout(&app, &mut browser, &[id, ("post_logout_redirect_uri", evil)]).await;
            page.is_error_page();
        }
    }
    for unidentified in [&[][..], &[("client_id", "nobody")]] {
        let fields = [unidentified, &[("post_logout_redirect_uri", "https://c1.test/out")]].concat();
        logout(&app, &mut browser, &fields).await.is_error_page();
        logout(&app, &mut Browser::new(&app), &fields).await.is_error_page();
    }
    assert!(is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn rp_logout_2_client_id_must_agree_with_the_hint() {
    let (app, client, mut browser, tokens) = signed_in().await;
    app.web("c2").await;
    let fields = [("id_token_hint", tokens.id.as_str()), ("client_id", "c2")];
    logout(&app, &mut browser, &fields).await.is_error_page();
    let doubled = format!("{}?client_id=c1&client_id=c1", app.url("/logout"));
    browser.get(&doubled).await.is_error_page();
    assert!(is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn m03_the_question_and_its_answers() {
    let (app, client, mut browser, _) = signed_in().await;
    let fields = [("client_id", "c1"), ("post_logout_redirect_uri", "https://c1.test/out"), ("state", "s")];
    let page = logout(&app, &mut browser, &fields).await;
    asks(&page);
    assert!(page.body.contains(EMAIL), "whom it is about: {}", page.body);
    browser.submit(&page, &[("decision", "cancel")]).await;
    assert!(is_signed_in(&app, &mut browser, &client).await);
    let done = browser.submit(&page, &[]).await;
    assert_eq!(done.location.as_deref(), Some("https://c1.test/out?state=s"));
    assert!(!is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn m03_i04_the_question_cannot_be_answered_by_others() {
    let (app, client, mut browser, _) = signed_in().await;
    let mut mallory = Browser::new(&app);
    app.sign_in(&mut mallory, &client, MALLORY, &[]).await.code();
    let theirs = logout(&app, &mut mallory, &[]).await;
    let field = |page: &Page, name: &str| page.hidden().into_iter().find(|(n, _)| n == name).expect("a field").1;
    let own = logout(&app, &mut browser, &[]).await;
    let (request, csrf) = (field(&own, "request"), field(&own, "csrf"));
    for (request, csrf) in [
        (field(&theirs, "request"), field(&theirs, "csrf")),
        (request.clone(), field(&theirs, "csrf")),
        (field(&theirs, "request"), csrf.clone()),
        (request.clone(), String::new()),
        (String::new(), csrf.clone()),
    ] {
        let answer = browser.post(&app.url("/logout/confirm"), &[("request", &request), ("csrf", &csrf)]).await;
        assert_eq!((answer.status, answer.location), (403, None));
    }
    let body = crate::support::browser::encode(&[("request", &request), ("csrf", &csrf)]);
    let url = app.url("/logout/confirm");
    let cross = app
        .http
        .post(&url)
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send(cross.body(body), &url).await.status, 403);
    assert!(is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn rp_logout_2_get_and_post() {
    let (app, client, mut browser, tokens) = signed_in().await;
    let body = crate::support::browser::encode(&[
        ("id_token_hint", &tokens.id),
        ("post_logout_redirect_uri", "https://c1.test/out"),
    ]);
    let url = app.url("/logout");
    let request = app.http.post(&url).header("sec-fetch-site", "cross-site").header("origin", "https://c1.test");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let redirect = browser.send(request, &url).await;
    let page = browser.open(&app.url(redirect.location.as_deref().expect("a redirect"))).await;
    assert_eq!(page.location.as_deref(), Some("https://c1.test/out"));
    assert!(!is_signed_in(&app, &mut browser, &client).await);
}

#[tokio::test]
async fn m04_logout_ends_session_codes_and_what_hangs_on_the_session() {
    let (app, client, mut browser, lasting) = signed_in().await;
    let change = |row: &mut vouchsafe::oauth::client::Client| {
        row.policy.refresh = vouchsafe::oauth::client_policy::RefreshRule::Always;
    };
    let c2 = app.client_with("c2", vouchsafe::oauth::client_policy::Profile::Web, change).await;
    let bound = app.tokens(&mut browser, &c2, EMAIL, &[("scope", "openid")]).await;
    let code = app.code(&mut browser, &client, &[]).await;
    let stolen = browser.clone();
    let elsewhere = app.tokens(&mut Browser::new(&app), &client, EMAIL, &[]).await;
    logout(&app, &mut browser, &[("id_token_hint", &lasting.id)]).await;

    assert!(!is_signed_in(&app, &mut stolen.clone(), &client).await, "the session is gone on the server");
    app.redeem(&client, &code).await.is_bad_grant();
    app.refresh(&c2, &bound.refresh).await.is_bad_grant();
    assert!(!app.is_active(&c2, &bound.access).await);
    assert_eq!(app.userinfo(&bound.access).await.status, 401);
    // OIDC Core section 11: offline_access outlives the session; and other sessions are other sessions.
    Tokens::of(&app.refresh(&client, &lasting.refresh).await);
    assert!(app.is_active(&client, &elsewhere.access).await);
}

#[tokio::test]
async fn m04_one_of_two_accounts_leaves_the_other() {
    let (app, client, mut browser, alices) = signed_in().await;
    let page = browser.open(&app.authorize_url(&client, &[("prompt", "select_account")])).await;
    let page = browser.submit(&page, &[("session", "new")]).await;
    let page =
        browser.submit(&page, &[("login", MALLORY), ("password", crate::support::relying_party::PASSWORD)]).await;
    let done = browser.submit(&page, &[("decision", "approve")]).await;
    let mallorys = Tokens::of(&app.redeem(&client, &done.code()).await);
    logout(&app, &mut browser, &[("id_token_hint", &alices.id)]).await;
    let code = browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await.code();
    let left = Tokens::of(&app.redeem(&client, &code).await);
    assert_eq!(claims(&left.id)["sub"], claims(&mallorys.id)["sub"]);
}

#[tokio::test]
async fn logout_of_nobody_is_a_success() {
    let app = TestApp::start().await;
    app.web("c1").await;
    let mut browser = Browser::new(&app);
    let page = logout(&app, &mut browser, &[]).await;
    assert_eq!(page.status, 200);
    let fields = [("client_id", "c1"), ("post_logout_redirect_uri", "https://c1.test/out"), ("state", "s")];
    let page = logout(&app, &mut browser, &fields).await;
    assert_eq!(page.location.as_deref(), Some("https://c1.test/out?state=s"));
}
