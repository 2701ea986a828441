//! "Try it": a run from a client's page to its report for each kind of client, and everything that must not become one.

use vouchsafe::flow::admin::try_it::CALLBACK;
use vouchsafe::flow::own_app::OwnApp;
use vouchsafe::identity::{Permission, Permissions};
use vouchsafe::oauth::client::{ClientAuthMethod, GrantType};
use vouchsafe::oauth::client_policy::{PkceRule, Profile};
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::oauth::scope::ScopeSet;
use vouchsafe::store::clients;
use vouchsafe::time::Lifetime;

use crate::support::browser::encode;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ROOT: &str = "root@example.com";
const OPS: &str = "ops@example.com";

/// The fields that the form sends as it stands: everything asked for, refreshed once, revoked.
const USUAL: [(&str, &str); 6] = [
    ("flow", "code"),
    ("scopes", "openid"),
    ("scopes", "email"),
    ("scopes", "offline_access"),
    ("refresh", "true"),
    ("revoke", "true"),
];

async fn entered(app: &TestApp, email: &str) -> Browser {
    let mut browser = Browser::new(app);
    let page = app.enter(&mut browser, email, "/admin").await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

fn at(id: &str) -> String {
    format!("/admin/clients/{id}/try")
}

/// Sends the form of a client's page; what it answers.
async fn post(app: &TestApp, browser: &mut Browser, id: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(&app.url(&at(id))).await;
    let form = page.body.split(&format!("action=\"{}\"", at(id))).nth(1);
    let csrf = form.and_then(|rest| rest.split("name=\"csrf\" value=\"").nth(1)?.split('"').next());
    let csrf = csrf.unwrap_or_else(|| panic!("no form: {}", page.body)).to_owned();
    browser.post(&app.url(&at(id)), &[fields, &[("csrf", &csrf)]].concat()).await
}

/// Begins a run; the way to the authorization endpoint.
async fn begun(app: &TestApp, browser: &mut Browser, id: &str, fields: &[(&str, &str)]) -> String {
    let page = post(app, browser, id, fields).await;
    let to = page.location.unwrap_or_else(|| panic!("not begun: {}", page.body));
    assert!(to.starts_with("/authorize?"), "{to}");
    format!("{}{to}", app.origin)
}

/// Goes on through what the provider asks, up to the page behind it.
async fn followed(browser: &mut Browser, url: &str) -> Page {
    let mut page = browser.open(url).await;
    if page.has("password") {
        page = browser.submit(&page, &[("login", ROOT), ("password", PASSWORD)]).await;
    }
    if page.has("approve") {
        page = browser.submit(&page, &[("decision", "approve")]).await;
    }
    page
}

/// A whole run; its report.
async fn tried(app: &TestApp, browser: &mut Browser, id: &str, fields: &[(&str, &str)]) -> Page {
    let url = begun(app, browser, id, fields).await;
    let page = followed(browser, &url).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.url.contains(&format!("{}/", at(id))), "{}", page.url);
    page
}

/// Up to the callback, which is not yet called.
async fn answered(app: &TestApp, browser: &mut Browser, id: &str) -> String {
    let url = begun(app, browser, id, &[("flow", "code"), ("scopes", "openid")]).await;
    let mut page = browser.get(&url).await;
    if page.has("approve") {
        page = browser.submit_once(&page, &[("decision", "approve")]).await;
    }
    while let Some(to) = page.location.clone() {
        if to.contains(CALLBACK) {
            return to;
        }
        page = browser.get(&format!("{}{to}", app.origin)).await;
    }
    panic!("no answer: {}", page.body)
}

/// No token, code, verifier or secret stands whole on a page.
#[track_caller]
fn shows_nothing_usable(page: &Page, client: &Client) {
    for start in ["vs_ac_", "vs_rt_", "vs_co_", "eyJ"] {
        for (at, _) in page.body.match_indices(start) {
            let is_of_token = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let length = page.body[at..].chars().take_while(is_of_token).count();
            assert!(length <= 12, "{}", &page.body[at..at + length]);
        }
    }
    assert!(client.secret.as_ref().is_none_or(|secret| !page.body.contains(secret)));
    assert!(page.body.contains("code_verifier=•••") || !page.body.contains("code_verifier"), "{}", page.body);
}

/// A client that needs no consent.
async fn trusted(app: &TestApp, id: &str) -> Client {
    app.client_with(id, Profile::Web, |row| row.policy.trusted = true).await
}

fn log(app: &TestApp) -> Vec<String> {
    app.lines(
        "SELECT kind || ' ' || client_id || ' ' || detail AS line FROM events WHERE kind LIKE 'try_run%' ORDER BY id",
    )
}

fn live_grants(app: &TestApp, id: &str) -> usize {
    app.lines(&format!("SELECT id AS line FROM grants WHERE client_id = '{id}' AND revoked_at IS NULL")).len()
}

/// The page that anybody sees whose redirect URI is not registered, and no way on.
#[track_caller]
fn is_an_unknown_address(page: &Page) {
    assert!(page.status == 400 && page.location.is_none(), "{} {:?} {}", page.status, page.location, page.body);
    assert!(page.has("correlation-id") && page.body.contains("redirect_uri"), "{}", page.body);
}

#[tokio::test]
async fn a_web_app_is_tried_from_its_page_to_the_report() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let client = app.web("wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let start = browser.get(&app.url("/admin/clients/wiki")).await;
    assert!(start.body.contains(&format!("href=\"{}\"", at("wiki"))), "{}", start.body);
    let report = tried(&app, &mut browser, "wiki", &USUAL).await;
    for words in [
        "The run went through, and what was issued is revoked",
        "1. Authorization request",
        "2. Token request",
        "3. Userinfo",
        "4. Introspection",
        "5. Refresh",
        "6. Revocation",
        "Authorization: Basic •••",
        "code_challenge_method=S256",
        "HTTP/1.1 303 See Other",
        "Signature verified with the key",
        "Its nonce is the one of the authorization request",
        "does not know the client&#39;s secret",
        "15 minutes",
        "E-mail address; may change, so it is no key",
        &format!("&#34;email&#34;: &#34;{ROOT}&#34;"),
    ] {
        assert!(report.body.contains(words), "{words}: {}", report.body);
    }
    shows_nothing_usable(&report, &client);
    assert!(!report.url.contains("code="), "{}", report.url);
    assert_eq!(browser.get(&report.url).await.status, 200, "the report can be read again");
    assert_eq!(live_grants(&app, "wiki"), 0);
    let log = log(&app);
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[0].starts_with("try_run_started wiki") && log[0].contains("authorization_code"), "{log:?}");
    assert!(log[1].starts_with("try_run_finished wiki") && log[1].contains("went through"), "{log:?}");
    let row = app.lines("SELECT details || ' ' || report AS line FROM try_runs").remove(0);
    assert!(!row.contains("example.com") && !row.contains("nonce"), "sealed: {row}");
    app.pass(Lifetime::from_minutes(14));
    browser.get(&app.url("/admin/about")).await;
    app.pass(Lifetime::from_minutes(1));
    assert_eq!(browser.get(&report.url).await.status, 404, "after a quarter of an hour it is gone");
}

#[tokio::test]
async fn an_app_in_the_browser_and_a_native_one_are_tried_without_introspection() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = entered(&app, ROOT).await;
    for (id, profile) in [("board", Profile::Spa), ("phone", Profile::Native)] {
        let client = app.client_with(id, profile, |row| row.policy.id_token_alg = Algorithm::ES256).await;
        let report = tried(&app, &mut browser, id, &USUAL).await;
        for words in
            ["The run went through", "a public client may not introspect", &format!("client_id={id}"), "(ES256)"]
        {
            assert!(report.body.contains(words), "{id} {words}: {}", report.body);
        }
        assert!(!report.body.contains("secret") && !report.body.contains("Basic"), "{}", report.body);
        shows_nothing_usable(&report, &client);
        assert_eq!(live_grants(&app, id), 0);
    }
}

#[tokio::test]
async fn a_program_is_tried_by_one_press() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let scopes = ScopeSet::of(["stock:read", "stock:write"]);
    let client = app.client_with("robot", Profile::Service, |row| row.scopes = scopes).await;
    let mut browser = entered(&app, ROOT).await;
    let fields = [("flow", "client_credentials"), ("scopes", "stock:read"), ("revoke", "true")];
    let page = post(&app, &mut browser, "robot", &fields).await;
    let report = browser.open(&format!("{}{}", app.origin, page.location.expect("a report"))).await;
    for words in [
        "The run went through",
        "grant_type=client_credentials",
        "scope=stock%3Aread",
        "2. Introspection",
        "3. Revocation",
    ] {
        assert!(report.body.contains(words), "{words}: {}", report.body);
    }
    assert!(!report.body.contains("Authorization request") && !report.body.contains("stock:write"), "{}", report.body);
    shows_nothing_usable(&report, &client);
    assert_eq!(app.rows("revoked_tokens"), 1);
    let code = post(&app, &mut browser, "robot", &USUAL).await;
    assert!(code.status == 422 || code.status == 409, "a grant that it has not: {} {}", code.status, code.body);
}

#[tokio::test]
async fn the_clients_own_rules_hold_and_their_refusals_are_explained() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let method = |row: &mut vouchsafe::oauth::client::Client| {
        row.auth_method = ClientAuthMethod::ClientSecretPost;
        row.policy.pkce = PkceRule::Optional;
        row.policy.userinfo_alg = Some(Algorithm::EdDSA);
    };
    app.client_with("wiki", Profile::Web, method).await;
    let mut browser = entered(&app, ROOT).await;
    let silent = tried(&app, &mut browser, "wiki", &[("flow", "code"), ("scopes", "openid"), ("prompt", "none")]).await;
    for words in ["consent_required", "was refused with", "prompt=none"] {
        assert!(silent.body.contains(words), "{words}: {}", silent.body);
    }
    assert!(!silent.body.contains("2. Token request"), "{}", silent.body);
    let reference = silent.body.split("/admin/diagnosis?reference=").nth(1).and_then(|rest| rest.split('"').next());
    let trace = browser.get(&app.url(&format!("/admin/diagnosis?reference={}", reference.expect("a link")))).await;
    assert!(trace.body.contains("consent.covers"), "{}", trace.body);

    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    let page = browser.open(&url).await;
    let denied = browser.submit(&page, &[("decision", "deny")]).await;
    assert!(denied.body.contains("access_denied") && denied.body.contains("Try again"), "{}", denied.body);

    let fields = [&USUAL[..3], &[("prompt", "login"), ("max_age", "60"), ("acr_values", "gold")]].concat();
    let report = tried(&app, &mut browser, "wiki", &fields).await;
    for words in ["client_secret=•••", "max_age=60", "acr_values=gold", "application/jwt", "Userinfo answer", "(EdDSA)"]
    {
        assert!(report.body.contains(words), "{words}: {}", report.body);
    }
    assert!(report.body.contains("was not revoked") && live_grants(&app, "wiki") == 1, "{}", report.body);

    let foreign = [&USUAL[..], &[("resources", "https://api.example")]].concat();
    let target = tried(&app, &mut browser, "wiki", &foreign).await;
    assert!(target.body.contains("invalid_target") && target.body.contains("resource"), "{}", target.body);
    assert!(log(&app).iter().any(|line| line.contains("refused with invalid_target")));
    for (name, value) in [("prompt", "all"), ("scopes", "everything"), ("acr_values", &"x".repeat(501))] {
        let page = post(&app, &mut browser, "wiki", &[("flow", "code"), (name, value)]).await;
        assert_eq!(page.status, 422, "{name}: {}", page.body);
    }
}

#[tokio::test]
async fn somebody_else_may_sign_in_and_the_console_stays_whose_it_is() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.person("ada@example.com").await;
    trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let url = begun(&app, &mut browser, "wiki", &[&USUAL[..], &[("prompt", "select_account")]].concat()).await;
    let choose = browser.open(&url).await;
    let other = browser.submit(&choose, &[("session", "new")]).await;
    assert!(other.has("password"), "{}", other.body);
    let report = browser.submit(&other, &[("login", "ada@example.com"), ("password", PASSWORD)]).await;
    assert!(report.body.contains("&#34;email&#34;: &#34;ada@example.com&#34;"), "{}", report.body);
    let about = browser.get(&app.url("/admin/about")).await;
    assert!(about.status == 200 && about.body.contains("Name of root@example.com"), "{}", about.body);
}

#[tokio::test]
async fn a_lured_administrator_is_sent_nowhere() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let client = trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let address = format!("{}{CALLBACK}", app.issuer);
    for state in ["", "st-1"] {
        let url = app.authorize_url(&client, &[("redirect_uri", &address), ("state", state)]);
        is_an_unknown_address(&browser.get(&url).await);
    }
    let csrf_less = browser.post(&app.url(&at("wiki")), &USUAL).await;
    assert_eq!((csrf_less.status, app.rows("try_runs")), (403, 0), "no other site begins a run");
    // Its own state in its own browser works; only as long as the console's cookie comes along, which is strict.
    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    let mut lured = browser.clone();
    lured.cookies.remove("vouchsafe_console");
    is_an_unknown_address(&lured.get(&url).await);
    assert!(browser.get(&url).await.location.is_some_and(|to| to.starts_with(&address)));
}

#[tokio::test]
async fn a_client_that_registered_the_address_gains_nothing() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let address = format!("{}{CALLBACK}", app.issuer);
    let client = app
        .client_with("wiki", Profile::Web, |row| {
            (row.redirect_uris, row.policy.trusted) = (vec![address.clone()], true);
        })
        .await;
    let mut browser = entered(&app, ROOT).await;
    is_an_unknown_address(&browser.get(&app.authorize_url(&client, &[])).await);
}

#[tokio::test]
async fn somebody_elses_state_is_worth_nothing() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.administrator(OPS, "client-operator").await;
    trusted(&app, "wiki").await;
    trusted(&app, "shop").await;
    let (mut root, mut ops) = (entered(&app, ROOT).await, entered(&app, OPS).await);
    let url = begun(&app, &mut ops, "wiki", &USUAL).await;
    is_an_unknown_address(&root.get(&url).await);
    is_an_unknown_address(&Browser::new(&app).get(&url).await);
    is_an_unknown_address(&ops.get(&url.replace("client_id=wiki", "client_id=shop")).await);
    let callback = answered(&app, &mut ops, "wiki").await;
    for mut other in [root, entered(&app, OPS).await] {
        let page = other.get(&callback).await;
        assert!(page.status == 404 && page.body.contains("another console session"), "{}", page.body);
    }
    let stranger = Browser::new(&app).get(&callback).await;
    assert!(stranger.location.is_some_and(|to| to.starts_with("/admin/login?")), "{}", stranger.body);
    let done = ops.get(&callback).await;
    let report = done.location.expect("its own session has the report");
    assert_eq!(entered(&app, OPS).await.get(&app.url(&report)).await.status, 404, "and no other one");
    assert_eq!(ops.get(&app.url(&report)).await.status, 200);
}

#[tokio::test]
async fn a_code_of_a_run_is_of_no_use_to_anybody_else() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let client = trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let callback = answered(&app, &mut browser, "wiki").await;
    let url = url::Url::parse(&callback).expect("a URL");
    let code = url.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    // Not even to whoever has the client's secret: the verifier is sealed in the run.
    let address = format!("{}{CALLBACK}", app.issuer);
    for verifier in [crate::support::relying_party::VERIFIER, ""] {
        let fields = [("redirect_uri", address.as_str()), ("code_verifier", verifier)];
        let page = app.redeem_with(&client, &code, &fields).await;
        assert_eq!(page.status, 400, "{}", page.body);
    }
    let report = followed(&mut browser, &callback).await;
    assert!(report.body.contains("invalid_grant") && report.body.contains("code"), "{}", report.body);
}

#[tokio::test]
async fn a_run_is_taken_once_and_in_its_time() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let callback = answered(&app, &mut browser, "wiki").await;
    for (wrong, status) in [
        (callback.replace("iss=", "iss=x"), 422),
        (callback.replace("iss=", "x="), 422),
        (callback.replace("state=", "state=x"), 404),
        (callback.replace("code=", "x="), 404),
        (format!("{callback}&error=access_denied"), 404),
        (format!("{callback}&state=x"), 404),
        (app.url(CALLBACK), 404),
    ] {
        assert_eq!(browser.get(&wrong).await.status, status, "{wrong}");
    }
    assert_eq!(browser.get(&callback).await.status, 303, "a wrong answer takes nothing");
    assert_eq!(browser.get(&callback).await.status, 404, "the right one does");
    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    followed(&mut browser, &url).await;
    is_an_unknown_address(&browser.get(&url).await);
    let late = begun(&app, &mut browser, "wiki", &USUAL).await;
    app.pass(Lifetime::from_minutes(14));
    browser.get(&app.url("/admin/about")).await;
    app.pass(Lifetime::from_minutes(1));
    is_an_unknown_address(&browser.get(&late).await);
}

#[tokio::test]
async fn a_client_that_is_disabled_meanwhile_is_not_acted_for() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    let callback = answered(&app, &mut browser, "wiki").await;
    let now = app.clock.now();
    app.write(move |c| clients::set_disabled(c, "wiki", Some(now), now)).await;
    let page = browser.get(&url).await;
    assert!(page.status == 400 && page.location.is_none(), "{}", page.body);
    let page = browser.get(&callback).await;
    assert!(page.status == 409 && page.body.contains("disabled"), "{}", page.body);
    assert_eq!(app.rows("grants"), 1, "the console's own");
    assert!(log(&app).last().is_some_and(|line| line.contains("not carried out")), "{:?}", log(&app));
    let offer = browser.get(&app.url(&at("wiki"))).await;
    assert!(offer.body.contains("There is nothing to try"), "{}", offer.body);
}

#[tokio::test]
async fn a_role_that_is_taken_away_meanwhile_ends_the_run() {
    let app = TestApp::start().await;
    app.administrator(OPS, "client-operator").await;
    trusted(&app, "wiki").await;
    let mut browser = entered(&app, OPS).await;
    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    let callback = answered(&app, &mut browser, "wiki").await;
    for role in ["auditor", "person"] {
        app.set_role(OPS, &vouchsafe::identity::RoleName::parse(role).expect("a role"));
        is_an_unknown_address(&browser.get(&url).await);
        assert_eq!(browser.get(&callback).await.status, 403, "{role}");
    }
    assert_eq!(live_grants(&app, "wiki"), 0);
}

#[tokio::test]
async fn n03_nobody_tries_the_console_itself_nor_what_stands_as_high_as_they_do() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.administrator(OPS, "client-operator").await;
    trusted(&app, "wiki").await;
    let above = Permissions::ALL.iter().map(Permission::scope);
    let scopes = ScopeSet::of(above.chain(["openid"]));
    app.client_with("tower", Profile::Web, |row| {
        row.scopes = scopes;
        row.grants.push(GrantType::ClientCredentials);
    })
    .await;
    let mut ops = entered(&app, OPS).await;
    for flow in ["code", "client_credentials"] {
        let page = post(&app, &mut ops, "tower", &[("flow", flow), ("scopes", "admin:clients:read")]).await;
        assert_eq!(page.status, 403, "{}", page.body);
    }
    let mut root = entered(&app, ROOT).await;
    let console = root.get(&app.url(&at("vouchsafe-console"))).await;
    assert!(console.body.contains("There is nothing to try") && !console.has("try"), "{}", console.body);
    // Past the page: the form's token is tied to its address and to nothing else of the client.
    let page = root.get(&app.url(&at("wiki"))).await;
    let csrf = page.hidden().into_iter().find(|(name, _)| name == "csrf").expect("a token").1;
    let body = [&USUAL[..], &[("csrf", &csrf)]].concat();
    let forged = root.post(&app.url(&at("vouchsafe-console")), &body).await;
    assert_eq!(forged.status, 403, "{}", forged.body);
    let visit = visit(&app, &root).await;
    let wishes = vouchsafe::flow::admin::try_it::Wishes {
        flow: vouchsafe::flow::admin::try_it::Flow::Code,
        scopes: vec!["openid".to_owned()],
        prompt: None,
        max_age: None,
        acr_values: None,
        resources: Vec::new(),
        refresh: false,
        revoke: true,
    };
    let at = &vouchsafe::http::routes::ENDPOINTS;
    let begun = vouchsafe::flow::admin::try_it::begin(&app.cx(), &visit, at, "vouchsafe-console", wishes).await;
    let refusal = begun.expect("no fault").expect_err("the console's own client is not tried");
    assert_eq!(refusal.kind, vouchsafe::flow::admin::RefusalKind::Forbidden, "{refusal:?}");
    assert_eq!(app.rows("try_runs"), 0);
}

async fn visit(app: &TestApp, browser: &Browser) -> vouchsafe::flow::own_app::Visit {
    let token = browser.cookies.get("vouchsafe_console").expect("a console session");
    vouchsafe::flow::own_app::visit(&app.cx(), OwnApp::Console, token).await.expect("no fault").expect("alive")
}

#[tokio::test]
async fn a_run_ends_with_its_console_session() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let report = tried(&app, &mut browser, "wiki", &USUAL).await;
    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    let page = browser.get(&app.url("/admin")).await;
    let csrf = page.sign_out_token();
    let console = browser.cookies["vouchsafe_console"].clone();
    browser.post(&app.url("/admin/logout"), &[("csrf", &csrf)]).await;
    browser.cookies.insert("vouchsafe_console".to_owned(), console);
    is_an_unknown_address(&browser.get(&url).await);
    assert_eq!(app.rows("try_runs"), 0);
    let again = browser.get(&report.url).await;
    assert!(again.location.is_some_and(|to| to.starts_with("/admin/login")), "{}", again.body);
}

#[tokio::test]
async fn a_form_post_answer_reaches_no_page_here() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    trusted(&app, "wiki").await;
    let mut browser = entered(&app, ROOT).await;
    let url = begun(&app, &mut browser, "wiki", &USUAL).await;
    let page = browser.get(&format!("{url}&{}", encode(&[("response_mode", "form_post")]))).await;
    assert_eq!(browser.submit(&page, &[]).await.status, 405);
}
