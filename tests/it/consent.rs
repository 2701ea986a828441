//! What a person is asked, and that nobody can answer for them (security cases M01, I04, I05, I07; RFC 8252 section 8.6).

use vouchsafe::oauth::client::Client as Registered;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::store::{clients, consents};
use vouchsafe::time::Lifetime;

use crate::support::browser::encode;
use crate::support::relying_party::{PASSWORD, claims};
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const EMAIL: &str = "alice@example.com";

async fn house() -> (TestApp, Client, Browser) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(EMAIL).await;
    let browser = Browser::new(&app);
    (app, client, browser)
}

/// Stores the client anew, as an administrator's edit does.
async fn edit(app: &TestApp, client: &Client, change: impl FnOnce(&mut Registered)) {
    app.pass(Lifetime::from_seconds(1));
    let mut row = client.row.clone();
    change(&mut row);
    row.updated_at = app.clock.now();
    assert!(app.write(move |c| clients::update(c, &row)).await);
    app.pass(Lifetime::from_seconds(1));
}

#[tokio::test]
async fn m01_consent_is_asked_once_and_for_each_new_scope() {
    let (app, client, mut browser) = house().await;
    app.sign_in(&mut browser, &client, EMAIL, &[("scope", "openid profile")]).await.code();
    browser.get(&app.authorize_url(&client, &[("scope", "openid profile")])).await.code();
    browser.get(&app.authorize_url(&client, &[("scope", "openid")])).await.code();
    let page = browser.get(&app.authorize_url(&client, &[("scope", "openid email")])).await;
    page.is_consent();
    assert!(page.body.contains("See your e-mail address") && page.body.contains("New"), "{}", page.body);
    let silent = [("scope", "openid email"), ("prompt", "none")];
    browser.get(&app.authorize_url(&client, &silent)).await.is_redirected_error(&app, &client, "consent_required");
    browser.submit(&page, &[("decision", "deny")]).await.is_redirected_error(&app, &client, "access_denied");
    browser.get(&app.authorize_url(&client, &silent)).await.is_redirected_error(&app, &client, "consent_required");
    browser.submit(&page, &[("decision", "approve")]).await.code();
    browser.get(&app.authorize_url(&client, &silent)).await.code();
}

#[tokio::test]
async fn m01_prompt_none_without_a_grant() {
    let (app, client, mut browser) = house().await;
    let other = app.web("c2").await;
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    let page = browser.get(&app.authorize_url(&other, &[("prompt", "none")])).await;
    page.is_redirected_error(&app, &other, "consent_required");
}

#[tokio::test]
async fn m01_an_app_that_changed_is_asked_about_again() {
    let (app, client, mut browser) = house().await;
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    let silent = app.authorize_url(&client, &[("prompt", "none")]);
    browser.get(&silent).await.code();
    edit(&app, &client, |row| row.name = "Another name".to_owned()).await;
    browser.get(&silent).await.is_redirected_error(&app, &client, "consent_required");
    let page = browser.get(&app.authorize_url(&client, &[])).await;
    page.is_consent();
    assert!(page.body.contains("Another name"));
    browser.submit(&page, &[("decision", "approve")]).await.code();
    browser.get(&silent).await.code();
    edit(&app, &client, |row| row.redirect_uris.push("https://new.test/cb".to_owned())).await;
    browser.get(&silent).await.is_redirected_error(&app, &client, "consent_required");
}

#[tokio::test]
async fn m01_rfc8252_8_6_apps_that_anybody_can_pose_as_are_asked_about_each_time() {
    let (app, _, mut browser) = house().await;
    for (id, uri) in [("n1", "http://127.0.0.1/cb"), ("n2", "com.example.app:/cb"), ("n3", "http://localhost/cb")] {
        for (trust, id) in [(false, id.to_owned()), (true, format!("t{id}"))] {
            let change = |row: &mut Registered| {
                row.redirect_uris = vec![uri.to_owned()];
                row.policy.trusted = trust;
            };
            let native = app.client_with(&id, Profile::Native, change).await;
            app.sign_in(&mut browser, &native, EMAIL, &[]).await.code();
            app.pass(Lifetime::from_seconds(1));
            let page = browser.get(&app.authorize_url(&native, &[])).await;
            page.is_consent();
            assert!(page.body.contains("this computer"), "{uri}: {}", page.body);
            let silent = browser.get(&app.authorize_url(&native, &[("prompt", "none")])).await;
            silent.is_redirected_error(&app, &native, "consent_required");
        }
    }
    let claimed = app.client_with("n4", Profile::Native, |_| {}).await;
    app.sign_in(&mut browser, &claimed, EMAIL, &[]).await.code();
    app.pass(Lifetime::from_seconds(1));
    browser.get(&app.authorize_url(&claimed, &[])).await.code();
}

#[tokio::test]
async fn m01_trust_is_an_administrators_word() {
    let (app, _, mut browser) = house().await;
    let own = app.client_with("own", Profile::Web, |row| row.policy.trusted = true).await;
    let page = browser.open(&app.authorize_url(&own, &[])).await;
    browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await.code();
    let asked = browser.open(&app.authorize_url(&own, &[("prompt", "consent")])).await;
    asked.is_consent();
    let usual = app.web("c2").await;
    for name in ["trusted", "skip_consent", "first_party", "approval_prompt", "auto_approve"] {
        browser.open(&app.authorize_url(&usual, &[(name, "true")])).await.is_consent();
    }
}

#[tokio::test]
async fn oidc_core_3_1_2_1_prompt_consent_asks_every_time() {
    let (app, client, mut browser) = house().await;
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    for _ in 0..2 {
        let page = browser.open(&app.authorize_url(&client, &[("prompt", "consent")])).await;
        page.is_consent();
        let sealed = page.hidden().into_iter().find(|(n, _)| n == "request").expect("the request").1;
        browser.open(&app.authorize_with(&[("request", &sealed)])).await.is_consent();
        browser.submit(&page, &[("decision", "approve")]).await.code();
        // Another request of the same moment is another question.
        browser.open(&app.authorize_with(&[("request", &sealed)])).await.is_consent();
    }
}

#[tokio::test]
async fn oidc_core_11_offline_access_is_named_and_consented_to() {
    let (app, client, mut browser) = house().await;
    app.sign_in(&mut browser, &client, EMAIL, &[("scope", "openid")]).await.code();
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    page.is_consent();
    assert!(page.body.contains("while you are away"), "{}", page.body);
}

#[tokio::test]
async fn oidc_core_5_5_claims_beyond_the_scopes_are_named() {
    let (app, client, mut browser) = house().await;
    app.sign_in(&mut browser, &client, EMAIL, &[("scope", "openid")]).await.code();
    let wanted = [("scope", "openid"), ("claims", r#"{"userinfo":{"email":{"essential":true}}}"#)];
    let page = browser.open(&app.authorize_url(&client, &wanted)).await;
    page.is_consent();
    assert!(page.has("claims") && page.body.contains("e-mail address"), "{}", page.body);
    let done = browser.submit(&page, &[("decision", "approve")]).await;
    let tokens = Tokens::of(&app.redeem(&client, &done.code()).await);
    assert_eq!(app.userinfo(&tokens.access).await.json()["email"], EMAIL);
    let narrow = app.client_with("c2", Profile::Web, |row| row.scopes = row.scopes.without("email")).await;
    let tokens = app.tokens(&mut browser, &narrow, EMAIL, &wanted).await;
    assert!(app.userinfo(&tokens.access).await.json().get("email").is_none(), "not what the client may ask for");
}

#[tokio::test]
async fn withdrawn_consent_is_asked_for_again() {
    let (app, client, mut browser) = house().await;
    let tokens = app.tokens(&mut browser, &client, EMAIL, &[]).await;
    let user = vouchsafe::identity::UserId(claims(&tokens.id)["sub"].as_str().expect("sub").to_owned());
    assert!(app.write(move |c| consents::withdraw(c, &user, "c1")).await);
    let silent = browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await;
    silent.is_redirected_error(&app, &client, "consent_required");
    browser.get(&app.authorize_url(&client, &[])).await.is_consent();
}

#[tokio::test]
async fn the_page_names_app_account_and_host() {
    let (app, client, mut browser) = house().await;
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let page = browser.submit(&page, &[("login", EMAIL), ("password", PASSWORD)]).await;
    page.is_consent();
    for shown in ["App c1", EMAIL, "c1.test", "id=\"approve\"", "id=\"deny\""] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(page.header("content-security-policy").contains("form-action 'self' https:"));
}

fn changed(page: &Page, name: &str, value: &str) -> Vec<(String, String)> {
    let mut fields = page.hidden();
    fields.retain(|(n, _)| n != name);
    fields.push((name.to_owned(), value.to_owned()));
    fields.push(("decision".to_owned(), "approve".to_owned()));
    fields
}

async fn send(browser: &mut Browser, app: &TestApp, fields: &[(String, String)]) -> Page {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.post(&app.url("/consent"), &pairs).await
}

#[tokio::test]
async fn i04_i05_the_form_is_bound_to_browser_session_and_step() {
    let (app, client, mut browser) = house().await;
    app.person("mallory@example.com").await;
    let login = browser.open(&app.authorize_url(&client, &[])).await;
    let page = browser.submit(&login, &[("login", EMAIL), ("password", PASSWORD)]).await;
    page.is_consent();
    let token_of = |page: &Page| page.hidden().into_iter().find(|(n, _)| n == "csrf").expect("a token").1;
    let mut mallory = Browser::new(&app);
    let hers = mallory.open(&app.authorize_url(&client, &[])).await;
    let hers = mallory.submit(&hers, &[("login", "mallory@example.com"), ("password", PASSWORD)]).await;
    for token in ["", "x", &token_of(&login), &token_of(&hers)] {
        let answer = send(&mut browser, &app, &changed(&page, "csrf", token)).await;
        assert_eq!((answer.status, answer.location), (403, None), "{token}");
    }
    let stolen: Vec<(String, String)> = changed(&page, "x", "y");
    assert_eq!(send(&mut mallory, &app, &stolen).await.status, 400, "another browser's request");
    let request = hers.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
    assert_eq!(send(&mut browser, &app, &changed(&page, "request", &request)).await.status, 400);
    let url = app.url("/consent");
    let body = encode(&stolen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>());
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.test")]
    {
        let request =
            app.http.post(&url).header(name, value).header("content-type", "application/x-www-form-urlencoded");
        let answer = browser.send(request.body(body.clone()), &url).await;
        assert_eq!((answer.status, answer.location), (403, None), "{name}: {value}");
    }
    for kind in ["text/plain", "application/json"] {
        let request = app.http.post(&url).header("sec-fetch-site", "same-origin").header("content-type", kind);
        assert_eq!(browser.send(request.body(body.clone()), &url).await.status, 403, "{kind}");
    }
    for decision in ["", "yes", "APPROVE"] {
        let mut fields = page.hidden();
        fields.push(("decision".to_owned(), decision.to_owned()));
        assert_eq!(send(&mut browser, &app, &fields).await.status, 403, "{decision}");
    }
    let silent = app.authorize_url(&client, &[("prompt", "none")]);
    browser.get(&silent).await.is_redirected_error(&app, &client, "consent_required");
    send(&mut browser, &app, &stolen).await;
    browser.get(&silent).await.code();
}

#[tokio::test]
async fn i07_no_step_can_be_skipped() {
    let (app, client, mut browser) = house().await;
    let login = browser.open(&app.authorize_url(&client, &[])).await;
    let fields = |extra: &[(&str, &str)]| {
        let mut all = login.hidden();
        all.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        all
    };
    for (path, extra) in [
        ("/consent", &[("decision", "approve")][..]),
        ("/consent", &[]),
        ("/select-account", &[("session", "new")]),
        ("/select-account", &[("session", "x")]),
        ("/login", &[]),
        ("/login", &[("login", EMAIL)]),
        ("/login", &[("login", EMAIL), ("password", "")]),
    ] {
        let all = fields(extra);
        let pairs: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = browser.post(&app.url(path), &pairs).await;
        assert!(answer.location.is_none() && answer.status >= 400, "{path} {extra:?}: {}", answer.status);
        let empty = browser.post(&app.url(path), &[]).await;
        assert!(empty.location.is_none() && empty.status >= 400, "{path}: {}", empty.status);
    }
    let sealed = login.hidden().into_iter().find(|(n, _)| n == "request").expect("the request").1;
    browser.open(&app.authorize_with(&[("request", &sealed)])).await.is_sign_in();
}

#[tokio::test]
async fn the_account_chooser_decides_whose_code_it_is() {
    let (app, client, mut browser) = house().await;
    let bob = app.person("bob@example.com").await;
    app.sign_in(&mut browser, &client, EMAIL, &[]).await.code();
    let page = browser.open(&app.authorize_url(&client, &[("prompt", "select_account")])).await;
    let page = browser.submit(&page, &[("session", "new")]).await;
    let page = browser.submit(&page, &[("login", "bob@example.com"), ("password", PASSWORD)]).await;
    let done = browser.submit(&page, &[("decision", "approve")]).await;
    let tokens = Tokens::of(&app.redeem(&client, &done.code()).await);
    assert_eq!(claims(&tokens.id)["sub"], bob.id.as_str());
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(page.body.contains(EMAIL) && page.body.contains("bob@example.com"), "two accounts, no hint: {}", page.body);
    // A session that is not of this browser is no choice.
    let mut other = Browser::new(&app);
    let theirs = app.tokens(&mut other, &client, EMAIL, &[]).await;
    let sid = claims(&theirs.id)["sid"].as_str().expect("sid").to_owned();
    let again = browser.submit(&page, &[("session", &sid)]).await;
    assert!(again.status == 200 && again.param("code").is_none(), "{:?}", again.location);
    let hinted = browser.open(&app.authorize_url(&client, &[("login_hint", "bob@example.com")])).await;
    let tokens = Tokens::of(&app.redeem(&client, &hinted.code()).await);
    assert_eq!(claims(&tokens.id)["sub"], bob.id.as_str());
    let cancelled = browser.submit(&page, &[("decision", "cancel")]).await;
    cancelled.is_redirected_error(&app, &client, "access_denied");
}
