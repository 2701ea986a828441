//! Sign-in through others, against a provider that answers what each case scripts (security cases L01 to L13, H07, H08).

use std::time::Duration;

use serde_json::{Value, json};
use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::{Actor, provider as admin, user};
use vouchsafe::identity::{RoleName, User, UserId};
use vouchsafe::oauth::upstream::Provider;
use vouchsafe::oauth::upstream::provider::SignUp;
use vouchsafe::secret::totp;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{upstream_identities, users};
use vouchsafe::time::Lifetime;

use crate::second_factor::decoded;
use crate::support::admin::Api;
use crate::support::relying_party::{PASSWORD, Tokens, claims};
use crate::support::upstream::{OPEN, SECRET, US, Upstream, href};
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";

async fn ground() -> (TestApp, Client, Upstream) {
    let app = TestApp::start_with(&OPEN).await;
    let client = app.web("c1").await;
    let up = Upstream::start(&app).await;
    (app, client, up)
}

fn has_session(browser: &Browser) -> bool {
    browser.cookies.keys().any(|name| name.contains("session"))
}

async fn person(app: &TestApp, email: &str) -> Option<User> {
    let key = email.to_owned();
    app.app.parts.db.read(move |c| users::find_by_email_key(c, &key)).await.expect("a read")
}

async fn links(app: &TestApp, user: &UserId) -> Vec<String> {
    let user = user.clone();
    let found = app.app.parts.db.read(move |c| upstream_identities::of_user(c, &user)).await.expect("a read");
    found.into_iter().map(|link| format!("{} {}", link.provider, link.subject)).collect()
}

/// Consents, and redeems what the app is given.
async fn tokens(app: &TestApp, browser: &mut Browser, client: &Client, page: Page) -> Value {
    let page = if page.has("approve") { browser.submit(&page, &[("decision", "approve")]).await } else { page };
    let code = page.param("code").unwrap_or_else(|| panic!("no code: {:?} {}", page.location, page.body));
    claims(&Tokens::of(&app.redeem(client, &code).await).id)
}

async fn change(app: &TestApp, id: &str, change: impl FnOnce(&mut Provider)) {
    let cx = app.cx();
    let mut document = admin::find(&cx, &Actor::CommandLine, id).await.expect("no fault").expect("there").document;
    change(&mut document);
    admin::replace(&cx, &Actor::CommandLine, id, document, None).await.expect("no fault").expect("changed");
}

/// Every operation on providers in the administration API, once with success.
pub async fn contract(api: &Api<'_>) {
    let google = json!({ "id": "google", "name": "Google", "preset": "google", "client_id": "us" });
    let made = api.post("/providers", google.clone()).await;
    assert_eq!((&made.ok(201)["version"], made.header("location")), (&json!(1), "/api/admin/v1/providers/google"));
    api.post("/providers", google.clone()).await.is_problem(409, "provider_taken");
    let found = api.get("/providers/google").await;
    assert_eq!((&found.ok(200)["has_secret"], found.header("etag")), (&json!(false), "\"v1\""));
    assert_eq!(api.get("/providers?limit=1").await.ok(200)["items"], json!([found.json()]));
    let renamed = api.patch("/providers/google", json!({ "name": "Google here" })).await.ok(200);
    assert_eq!((&renamed["name"], &renamed["version"]), (&json!("Google here"), &json!(2)));
    assert_eq!(api.put("/providers/google", google).await.ok(200)["name"], "Google");
    let told = api.put("/providers/google/secret", json!({ "secret": "GOCSPX-0123456789" })).await;
    assert!(told.ok(200)["has_secret"] == true && !told.body.contains("GOCSPX"), "{}", told.body);
    let checked = api.post("/providers/google/check", json!({})).await;
    let checked = checked.ok(200);
    assert!(checked["passed"].is_boolean() && checked["checks"][0]["outcome"] == "passed", "{checked}");
    assert_eq!(api.delete("/providers/google").await.status, 204);
    api.get("/providers/google").await.is_problem(404, "unknown_provider");
}

#[tokio::test]
async fn somebody_new_gets_an_account_and_comes_back_to_it() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    let id_token = tokens(&app, &mut browser, &client, page).await;
    assert_eq!((&id_token["amr"], &id_token["acr"]), (&json!(["fed"]), &json!("urn:vouchsafe:acr:password")));
    let made = person(&app, "new@x.test").await.expect("an account");
    assert_eq!(id_token["sub"], made.id.as_str());
    assert!(made.email_verified && made.role == RoleName::PERSON);
    assert_eq!(made.profile.name.as_deref(), Some("Alice Up"));
    // Known by issuer and subject, whatever the address says now.
    up.person("s1", "other@x.test");
    let mut again = Browser::new(&app);
    let page = up.sign_in(&app, &mut again, &client, "up").await;
    assert_eq!(tokens(&app, &mut again, &client, page).await["sub"], made.id.as_str());
    assert!(person(&app, "other@x.test").await.is_none());
    let asked = up.script().asked.join("\n");
    let basic = asked.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization: basic"));
    assert!(basic.is_some() && asked.contains("code_verifier="), "{asked}");
    assert!(!asked.contains(SECRET), "the secret is encoded in the header");
    let events = app.events().await;
    assert!(events.iter().any(|kind| kind == "signed_up"), "{events:?}");
}

#[tokio::test]
async fn l01_a_state_is_of_one_browser_one_provider_and_fifteen_minutes_and_counts_once() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.register(&app, "up2", |p| p.client_id = "us2".to_owned()).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    for state in ["", "x", &"A".repeat(43)] {
        let page = up.answer(&app, &mut browser, "up", &[("code", "c"), ("state", state)]).await;
        assert!(page.status == 400 && page.has("why"), "{state}: {}", page.status);
    }
    let page = up.answer(&app, &mut browser, "up", &[("code", "c")]).await;
    assert_eq!(page.status, 400, "no state");

    let question = up.lead(&app, &mut browser, &client, "up").await;
    let mut other = Browser::new(&app);
    other.open(&app.authorize_url(&client, &[])).await;
    let page = up.back(&app, &mut other, "up", &question).await;
    assert_eq!(page.status, 400, "another browser");
    assert!(!has_session(&other));
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert_eq!(page.status, 400, "used up by the other browser");

    let question = up.lead(&app, &mut browser, &client, "up").await;
    assert_eq!(up.back(&app, &mut browser, "up2", &question).await.status, 400, "another provider's address");
    let question = up.lead(&app, &mut browser, &client, "up").await;
    app.pass(Lifetime::from_minutes(15));
    assert_eq!(up.back(&app, &mut browser, "up", &question).await.status, 400, "too late");
    assert!(!has_session(&browser) && person(&app, "new@x.test").await.is_none());

    let mut fresh = Browser::new(&app);
    let up = Upstream::start(&app).await;
    up.register(&app, "up3", |_| {}).await;
    up.person("s1", "new@x.test");
    let question = up.lead(&app, &mut fresh, &client, "up3").await;
    assert_eq!(up.back(&app, &mut fresh, "up3", &question).await.status, 200);
    assert_eq!(up.back(&app, &mut fresh, "up3", &question).await.status, 400, "a second time");
}

#[tokio::test]
async fn l03_an_answer_of_another_issuer_is_refused() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    let question = up.lead(&app, &mut browser, &client, "up").await;
    let evil = [("code", "c"), ("state", question.state.as_str()), ("iss", "https://evil.test")];
    let page = up.answer(&app, &mut browser, "up", &evil).await;
    assert!(page.status == 400 && page.has("go-on") && !has_session(&browser), "{}", page.body);
    assert!(!up.script().asked.iter().any(|asked| asked.starts_with("POST /token")), "the code went nowhere");
    // The person goes on in another way.
    let back = browser.open(&format!("{}{}", app.origin, href(&page, "go-on"))).await;
    assert!(back.has("password") && back.has("way-up"), "{}", back.body);
    let question = up.press(&app, &mut browser, &back, "up").await;
    let (state, iss) = (question.state.as_str(), up.origin.as_str());
    let page = up.answer(&app, &mut browser, "up", &[("code", "c"), ("state", state), ("iss", iss)]).await;
    assert!(page.has("approve"), "{}", page.body);
    // One that promises to name itself must.
    let strict = Upstream::start(&app).await;
    strict.script().metadata = json!({ "authorization_response_iss_parameter_supported": true });
    strict.register(&app, "strict", |_| {}).await;
    let mut browser = Browser::new(&app);
    assert_eq!(strict.sign_in(&app, &mut browser, &client, "strict").await.status, 400);
}

#[tokio::test]
async fn l04_an_id_token_is_believed_after_every_check() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    let now = app.clock.now().seconds();
    let hostile: [(&str, Value, Value); 18] = [
        ("aud other", json!({ "aud": "them" }), json!({})),
        ("aud ours and other", json!({ "aud": ["us", "them"] }), json!({})),
        ("aud missing", json!({ "aud": null }), json!({})),
        ("azp other", json!({ "azp": "them" }), json!({})),
        ("iss other", json!({ "iss": "https://evil.test" }), json!({})),
        ("no exp", json!({ "exp": null }), json!({})),
        ("expired", json!({ "exp": now - 120 }), json!({})),
        ("iat in an hour", json!({ "iat": now + 3_600, "exp": now + 7_200 }), json!({})),
        ("nbf in an hour", json!({ "nbf": now + 3_600 }), json!({})),
        ("no nonce", json!({ "nonce": null }), json!({})),
        ("nonce other", json!({ "nonce": "other" }), json!({})),
        ("at_hash wrong", json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), json!({})),
        ("no sub", json!({ "sub": null }), json!({})),
        ("empty sub", json!({ "sub": "" }), json!({})),
        ("numeric sub", json!({ "sub": 17 }), json!({})),
        ("alg none", json!({}), json!({ "alg": "none" })),
        ("typ of another token", json!({}), json!({ "typ": "at+jwt" })),
        ("crit", json!({}), json!({ "crit": ["exp"] })),
    ];
    let mut browser = Browser::new(&app);
    for (what, claims, header) in hostile {
        up.person("s1", "new@x.test");
        {
            let mut script = up.script();
            for (name, value) in claims.as_object().expect("an object") {
                script.claims[name] = value.clone();
            }
            script.header = header;
        }
        let page = up.sign_in(&app, &mut browser, &client, "up").await;
        assert!(page.status == 400 && page.has("go-on"), "{what}: {} {}", page.status, page.body);
        assert!(!has_session(&browser), "{what}");
        up.reset();
    }
    up.person("s1", "new@x.test");
    for forged in [true, false] {
        up.script().forged = forged;
        up.script().signature = (!forged).then(String::new);
        assert_eq!(up.sign_in(&app, &mut browser, &client, "up").await.status, 400, "signature");
        up.reset();
        up.person("s1", "new@x.test");
    }
    let question = up.lead(&app, &mut browser, &client, "up").await;
    let token = json!({ "access_token": "a", "token_type": "bearer", "id_token": up.hmac_token(&question.nonce) });
    up.script().token = Some(token);
    assert_eq!(up.back(&app, &mut browser, "up", &question).await.status, 400, "HS256 with our secret");
    for token in [
        json!({ "access_token": "a", "token_type": "bearer" }),
        json!({ "error": "bad_verification_code" }),
        json!({ "access_token": "a", "token_type": "bearer", "id_token": "no.j.wt" }),
        json!([]),
    ] {
        up.script().token = Some(token.clone());
        assert_eq!(up.sign_in(&app, &mut browser, &client, "up").await.status, 400, "{token}");
    }
    // Userinfo about somebody else; and the good one.
    up.reset();
    up.script().userinfo = json!({ "sub": "s2", "email": "evil@x.test", "email_verified": true });
    assert_eq!(up.sign_in(&app, &mut browser, &client, "up").await.status, 400, "userinfo sub");
    assert!(person(&app, "new@x.test").await.is_none() && !has_session(&browser));
    up.script().userinfo = json!({ "sub": "s1", "email": "new@x.test", "email_verified": true, "amr": ["mfa"] });
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    assert!(page.has("approve") && person(&app, "new@x.test").await.is_some(), "{}", page.body);
}

#[tokio::test]
async fn h08_keys_that_changed_are_fetched_once_and_not_more_often_than_each_minute() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    let fetched = || up.script().asked.iter().filter(|asked| asked.starts_with("GET /jwks")).count();
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    assert!(page.has("approve") && fetched() == 1);
    // A rotation is followed at once, if the last look is a minute ago.
    app.pass(Lifetime::from_minutes(1));
    up.script().kid = "k2".to_owned();
    let mut browser = Browser::new(&app);
    assert!(up.sign_in(&app, &mut browser, &client, "up").await.has("approve"));
    assert_eq!(fetched(), 2);
    // Key ids that nobody has bring no storm.
    for _ in 0..5 {
        up.script().header = json!({ "kid": "nobody's" });
        assert_eq!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.status, 400);
    }
    assert_eq!(fetched(), 2);
}

#[tokio::test]
async fn h08_a_key_that_the_provider_took_back_signs_nobody_in_once_what_is_remembered_is_too_old() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"));
    // Tokens still come with the old key id, which is published no more.
    up.script().kid = "k2".to_owned();
    up.script().header = json!({ "kid": "k1" });
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"), "as it is remembered");
    app.pass(Lifetime::from_hours(1));
    let page = up.sign_in(&app, &mut Browser::new(&app), &client, "up").await;
    assert!(page.status == 400 && page.has("go-on"), "{} {}", page.status, page.body);
}

#[tokio::test]
async fn h08_while_the_host_of_the_keys_is_down_what_is_remembered_serves_and_unknown_keys_fail_soon() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"));
    app.pass(Lifetime::from_minutes(2));
    up.script().keys_status = 503;
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"), "nobody needs to ask");
    up.script().header = json!({ "kid": "another" });
    let fetched = || up.script().asked.iter().filter(|asked| asked.starts_with("GET /jwks")).count();
    let before = fetched();
    let statuses = [424, 400, 400];
    for status in statuses {
        let page = up.sign_in(&app, &mut Browser::new(&app), &client, "up").await;
        assert_eq!(page.status, status, "{}", page.body);
    }
    assert_eq!(fetched(), before + 1, "asked once in a minute");
    // It comes back with the new key.
    (up.script().keys_status, up.script().kid) = (200, "another".to_owned());
    app.pass(Lifetime::from_minutes(1));
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"));
}

#[tokio::test]
async fn h08_nobody_closes_the_breaker_of_a_provider_that_fails_without_asking_it() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"));
    // The token endpoint fails; metadata and keys are in memory, and a stranger posts what is no logout token.
    for round in 0..5 {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        let question = up.press(&app, &mut browser, &page, "up").await;
        up.script().status = 503;
        let page = up.back(&app, &mut browser, "up", &question).await;
        assert_eq!(page.status, 424, "{round}: {}", page.body);
        app.post("/upstream/up/backchannel-logout", &[("logout_token", "e30.e30.")]).await;
        up.script().status = 200;
    }
    let asked = up.script().asked.len();
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert_eq!(browser.get(&format!("{}{}", app.origin, href(&page, "way-up"))).await.status, 424, "left in peace");
    assert_eq!(up.script().asked.len(), asked);
    app.pass(Lifetime::from_seconds(30));
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"), "the turn is not lost");
}

#[tokio::test]
async fn l05_an_address_opens_no_account_until_its_owner_proves_it_here_once() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    let alice = app.person(ALICE).await;
    up.person("s1", ALICE);
    // Mallory has an account at the provider with Alice's address: it opens nothing.
    let mut mallory = Browser::new(&app);
    let page = up.sign_in(&app, &mut mallory, &client, "up").await;
    assert!(page.has("linking") && page.has("password") && !has_session(&mallory), "{}", page.body);
    let page = mallory.submit_once(&page, &[("login", ALICE), ("password", "a guess of hers")]).await;
    assert!(page.status == 422 && page.has("linking"), "{}", page.body);
    assert!(links(&app, &alice.id).await.is_empty());
    // Alice proves it, and is linked.
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!(tokens(&app, &mut browser, &client, page).await["sub"], alice.id.as_str());
    assert_eq!(links(&app, &alice.id).await, ["up s1"]);
    let mut next = Browser::new(&app);
    let page = up.sign_in(&app, &mut next, &client, "up").await;
    assert_eq!(tokens(&app, &mut next, &client, page).await["sub"], alice.id.as_str());
    // Another subject with her address is somebody else, however proven.
    up.person("s2", ALICE);
    let mut evil = Browser::new(&app);
    assert!(up.sign_in(&app, &mut evil, &client, "up").await.has("linking") && !has_session(&evil));
    // An address that nobody has looks the same where the provider proves nothing (J01).
    up.script().claims = json!({ "sub": "s3", "name": "N", "email": "nobody@x.test", "email_verified": "true" });
    let mut browser = Browser::new(&app);
    assert!(up.sign_in(&app, &mut browser, &client, "up").await.has("linking") && !has_session(&browser));
    assert!(app.events().await.iter().any(|kind| kind == "upstream_linked"));
}

#[tokio::test]
async fn l09_the_proof_links_once_this_identity_to_whom_it_proves_on_this_browser() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    let alice = app.person(ALICE).await;
    up.person("s1", ALICE);
    let mut browser = Browser::new(&app);
    let form = up.sign_in(&app, &mut browser, &client, "up").await;
    // Not on another browser.
    let mut other = Browser::new(&app);
    other.open(&app.authorize_url(&client, &[])).await;
    let page = other.submit_once(&form, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.status >= 400 && links(&app, &alice.id).await.is_empty(), "{}", page.status);
    // Once: after the link was taken away the same form makes no other.
    let page = browser.submit_once(&form, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!((page.status, links(&app, &alice.id).await.len()), (303, 1));
    let id = alice.id.clone();
    app.write(move |c| upstream_identities::delete_of_user(c, &id)).await;
    let page = browser.submit_once(&form, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!((page.status, links(&app, &alice.id).await.len()), (303, 0), "signed in, not linked");
    // It ends with its time, and with the provider.
    let mut late = Browser::new(&app);
    let form = up.sign_in(&app, &mut late, &client, "up").await;
    app.pass(Lifetime::from_minutes(16));
    late.submit_once(&form, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(links(&app, &alice.id).await.is_empty());
}

#[tokio::test]
async fn k04_a_second_factor_here_is_asked_for_after_a_provider_too_unless_what_it_says_counts() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    let alice = app.person(ALICE).await;
    up.person("s1", ALICE);
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &alice, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = Sensitive::new(totp::code_at(&secret, cx.now));
    factors::confirm_app(&cx, &alice, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    app.pass(Lifetime::from_seconds(30));

    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    assert!(page.has("code") && !has_session(&browser), "{}", page.body);
    // What was begun so dies with the link.
    let id = alice.id.clone();
    let link = app.write(move |c| upstream_identities::of_user(c, &id)).await.remove(0);
    let (id, shut) = (alice.id.clone(), link.clone());
    let now = app.clock.now();
    app.write(move |c| upstream_identities::set_disabled(c, &id, &shut.id, Some(now))).await;
    let code = totp::code_at(&secret, app.cx().now);
    assert_eq!(browser.submit_once(&page, &[("code", &code)]).await.status, 400);
    let id = alice.id.clone();
    app.write(move |c| upstream_identities::set_disabled(c, &id, &link.id, None)).await;
    let page = browser.submit(&page, &[("code", &code)]).await;
    assert_eq!(tokens(&app, &mut browser, &client, page).await["amr"], json!(["fed", "otp", "mfa"]));

    change(&app, "up", |p| p.second_factor.amr = vec!["mfa".to_owned()]).await;
    up.script().claims["amr"] = json!(["pwd", "mfa"]);
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    let id_token = tokens(&app, &mut browser, &client, page).await;
    assert_eq!((&id_token["amr"], &id_token["acr"]), (&json!(["fed", "mfa"]), &json!("urn:vouchsafe:acr:mfa")));
}

#[tokio::test]
async fn l11_what_is_disabled_stays_so_and_a_provider_that_goes_takes_its_answers_with_it() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    up.sign_in(&app, &mut browser, &client, "up").await;
    let made = person(&app, "new@x.test").await.expect("an account");
    let cx = app.cx();
    user::disable(&cx, &Actor::CommandLine, "new@x.test", None).await.expect("no fault").expect("disabled");
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    assert!(page.status == 403 && !has_session(&browser), "{}", page.body);
    assert!(person(&app, "new@x.test").await.expect("there").disabled_at.is_some(), "the flag stays");
    user::enable(&cx, &Actor::CommandLine, made.id.as_str(), None).await.expect("no fault").expect("enabled");
    // In flight.
    let question = up.lead(&app, &mut browser, &client, "up").await;
    change(&app, "up", |p| p.enabled = false).await;
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert!(page.status == 403 && !has_session(&browser), "{}", page.body);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(!page.has("way-up"), "no button");
    change(&app, "up", |p| p.enabled = true).await;
    let question = up.lead(&app, &mut browser, &client, "up").await;
    admin::remove(&cx, &Actor::CommandLine, "up", None).await.expect("no fault").expect("removed");
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert!(page.status == 403 && !has_session(&browser), "{}", page.body);
    assert!(links(&app, &made.id).await.is_empty(), "links go with their provider");
    let gone = browser.get(&app.url("/upstream/up/begin?request=x")).await;
    assert_eq!(gone.status, 400);
}

#[tokio::test]
async fn l11_a_provider_that_became_another_one_meanwhile_gets_no_code_and_links_nothing() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    let question = up.lead(&app, &mut browser, &client, "up").await;
    change(&app, "up", |p| p.client_id = "another".to_owned()).await;
    let asked = up.script().asked.len();
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert!(page.status == 400 && page.has("go-on"), "{} {}", page.status, page.body);
    assert_eq!(up.script().asked.len(), asked, "the code goes nowhere");
    let rows = app.trace(page.header("x-correlation-id")).await;
    assert!(rows.iter().any(|row| row.outcome.contains("were changed meanwhile")), "{rows:?}");
    // What is only a policy of ours changes nothing.
    change(&app, "up", |p| p.client_id = US.to_owned()).await;
    let secret = vouchsafe::sensitive::Sensitive::new(SECRET);
    admin::set_secret(&app.cx(), &Actor::CommandLine, "up", secret).await.expect("no fault").expect("set");
    let question = up.lead(&app, &mut browser, &client, "up").await;
    change(&app, "up", |p| p.name = "Renamed".to_owned()).await;
    assert!(up.back(&app, &mut browser, "up", &question).await.has("approve"));
    // Between the answer and the proof of the account.
    let alice = app.person(ALICE).await;
    up.person("s2", ALICE);
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    change(&app, "up", |p| p.client_id = "another".to_owned()).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("approve"), "she is signed in by her password: {}", page.body);
    assert!(links(&app, &alice.id).await.is_empty());
}

#[tokio::test]
async fn l12_policies_decide_who_gets_an_account() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |p| p.sign_up = SignUp::LinkOnly).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    assert!(up.sign_in(&app, &mut browser, &client, "up").await.has("linking"));
    change(&app, "up", |p| {
        p.sign_up = SignUp::Allowed;
        p.email_domains = vec!["allowed.test".to_owned()];
    })
    .await;
    for (email, verified) in [
        ("a@x.test", json!(true)),
        ("a@b@allowed.test", json!(true)),
        ("a@sub.allowed.test", json!(true)),
        ("a@allowed.test", json!("true")),
    ] {
        up.script().claims = json!({ "sub": "s1", "name": "N", "email": email, "email_verified": verified });
        let page = up.sign_in(&app, &mut browser, &client, "up").await;
        assert!(page.status == 403 && !has_session(&browser), "{email}: {} {}", page.status, page.body);
    }
    change(&app, "up", |p| {
        p.email_domains = Vec::new();
        p.required_claims = [("hd".to_owned(), vec!["x.test".to_owned()])].into();
    })
    .await;
    up.person("s1", "new@x.test");
    up.script().userinfo = json!({ "sub": "s1" });
    assert_eq!(up.sign_in(&app, &mut browser, &client, "up").await.status, 403, "a required claim is missing");
    up.script().claims["hd"] = json!("x.test");
    assert!(up.sign_in(&app, &mut browser, &client, "up").await.has("approve"));
}

#[tokio::test]
async fn l13_hostile_data_becomes_harmless() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.script().claims = json!({
        "sub": "s1", "email": "new@x.test", "email_verified": true,
        "name": "<script>alert(1)</script>\u{202e}\u{0}", "given_name": "y".repeat(100_000),
        "picture": format!("{}/picture", up.origin), "roles": ["admin"], "role": "owner", "groups": ["admins"],
        "preferred_username": "root",
    });
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "up").await;
    assert!(page.has("approve") && !page.body.contains("<script>alert"), "{}", page.body);
    let made = person(&app, "new@x.test").await.expect("an account");
    assert_eq!((made.role, made.groups.len()), (RoleName::PERSON, 0));
    assert_eq!(made.profile.given_name.map(|text| text.len()), Some(200));
    assert_eq!(made.profile.picture, None);
    assert!(!up.script().asked.iter().any(|asked| asked.contains("/picture")), "the picture is not fetched");
    // More than anybody reads is cut off.
    up.script().claims["name"] = json!("x".repeat(1_000_000));
    assert_eq!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.status, 424);
}

#[tokio::test]
async fn githubs_shape_is_read_as_it_is() {
    let (app, client, up) = ground().await;
    up.register_github(&app).await;
    let tokens_only = json!({ "access_token": "gho_1", "token_type": "bearer", "scope": "read:user,user:email" });
    up.script().token = Some(tokens_only.clone());
    up.script().userinfo = json!({ "id": 583_231, "login": "octocat", "name": "Octo", "email": "freely@chosen.test" });
    up.script().emails = json!([
        { "email": "noise@x.test", "primary": false, "verified": true, "visibility": null },
        { "email": "octo@x.test", "primary": true, "verified": true, "visibility": "private" },
    ]);
    let mut browser = Browser::new(&app);
    let page = up.sign_in(&app, &mut browser, &client, "github").await;
    assert!(page.has("approve"), "{}", page.body);
    let made = person(&app, "octo@x.test").await.expect("an account with the proven primary address");
    assert_eq!(links(&app, &made.id).await, ["github 583231"]);
    assert!(person(&app, "freely@chosen.test").await.is_none());
    // An address that is not proven makes no account; GitHub says errors with 200.
    up.script().userinfo = json!({ "id": 2, "login": "evil", "email": "boss@x.test" });
    up.script().emails = json!([{ "email": "boss@x.test", "primary": true, "verified": false }]);
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "github").await.has("linking"));
    up.script().token = Some(json!({ "error": "bad_verification_code", "error_description": "The code is expired." }));
    assert_eq!(up.sign_in(&app, &mut Browser::new(&app), &client, "github").await.status, 400);
}

#[tokio::test]
async fn a_provider_that_fails_is_left_in_peace_and_holds_up_nothing_here() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    app.person(ALICE).await;
    up.script().status = 503;
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        let page = browser.get(&format!("{}{}", app.origin, href(&page, "way-up"))).await;
        assert!(page.status == 424 && page.has("go-on"), "{}", page.body);
    }
    let asked = up.script().asked.len();
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert_eq!(browser.get(&format!("{}{}", app.origin, href(&page, "way-up"))).await.status, 424);
    assert_eq!(up.script().asked.len(), asked, "nobody is sent there");
    let view = admin::find(&app.cx(), &Actor::CommandLine, "up").await.expect("no fault").expect("there");
    assert!(view.failing_since.is_some() && view.failure.is_some_and(|words| words.contains("503")));
    let page = app.sign_in(&mut browser, &client, ALICE, &[]).await;
    assert!(page.param("code").is_some(), "the local way is open");
    // It answers again.
    up.reset();
    up.person("s1", "new@x.test");
    app.pass(Lifetime::from_seconds(30));
    assert!(up.sign_in(&app, &mut Browser::new(&app), &client, "up").await.has("approve"));
    let view = admin::find(&app.cx(), &Actor::CommandLine, "up").await.expect("no fault").expect("there");
    assert_eq!(view.failing_since, None);
    // Without an opening in the configuration loopback is closed, whatever an administrator writes.
    let closed = TestApp::start().await;
    let client = closed.web("c1").await;
    up.register(&closed, "up", |_| {}).await;
    let mut browser = Browser::new(&closed);
    let page = browser.open(&closed.authorize_url(&client, &[])).await;
    let asked = up.script().asked.len();
    assert_eq!(browser.get(&format!("{}{}", closed.origin, href(&page, "way-up"))).await.status, 424);
    assert_eq!(up.script().asked.len(), asked);
}

#[tokio::test]
async fn idp_hint_leads_to_a_provider_and_a_fresh_proof_is_wanted_of_it_too() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |p| p.hidden = true).await;
    up.person("s1", "new@x.test");
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(!page.has("way-up"), "hidden");
    let sent = browser.open(&app.authorize_url(&client, &[("idp_hint", "up"), ("login_hint", "a@x.test")])).await;
    let question = up.sent(&sent);
    assert!(question.address.contains("login_hint=a%40x.test"), "{}", question.address);
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert!(page.has("approve"), "{}", page.body);
    // What was proven before the request is no fresh proof.
    app.pass(Lifetime::from_seconds(1));
    let unknown = browser.open(&app.authorize_url(&client, &[("idp_hint", "nobody"), ("prompt", "login")])).await;
    assert!(unknown.has("password"), "{}", unknown.body);

    let wish = [("idp_hint", "up"), ("prompt", "login")];
    let sent = browser.open(&app.authorize_url(&client, &wish)).await;
    let question = up.sent(&sent);
    assert!(question.address.contains("prompt=login"));
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert_eq!(page.status, 403, "it does not say that it asked");
    let question = up.sent(&browser.open(&app.authorize_url(&client, &wish)).await);
    up.script().claims["auth_time"] = json!(app.clock.now().seconds());
    let page = up.back(&app, &mut browser, "up", &question).await;
    assert!(page.param("code").is_some() || page.has("approve"), "{}", page.body);
    app.pass(Lifetime::from_seconds(1));
    // Denied there: back to the other ways, and no loop.
    let question = up.sent(&Browser::clone(&browser).open(&app.authorize_url(&client, &wish)).await);
    let no = [("error", "access_denied"), ("state", question.state.as_str())];
    let page = up.answer(&app, &mut browser, "up", &no).await;
    assert_eq!(page.status, 403);
    let page = browser.open(&format!("{}{}", app.origin, href(&page, "go-on"))).await;
    assert!(page.has("password"), "{}", page.body);
}

#[tokio::test]
async fn another_vouchsafe_is_a_provider_like_any() {
    let app = TestApp::start_with(&OPEN).await;
    let client = app.web("c1").await;
    let other = TestApp::start().await;
    let callback = format!("{}/upstream/other/callback", app.issuer);
    let us = other
        .client_with("us", vouchsafe::oauth::client_policy::Profile::Web, |row| row.redirect_uris = vec![callback]);
    let us = us.await;
    other.person(ALICE).await;
    let mut provider = Provider::of_preset(vouchsafe::oauth::upstream::Preset::Oidc, "other", "us");
    provider.issuer = Some(other.issuer.clone());
    (provider.sign_up, provider.trust_email) = (SignUp::Allowed, Some(true));
    admin::create(&app.cx(), &Actor::CommandLine, provider).await.expect("no fault").expect("added");
    let secret = Sensitive::new(us.secret.as_deref().expect("a secret"));
    admin::set_secret(&app.cx(), &Actor::CommandLine, "other", secret).await.expect("no fault").expect("set");

    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let sent = browser.get(&format!("{}{}", app.origin, href(&page, "way-other"))).await;
    let mut there = Browser::new(&other);
    let page = there.open(sent.location.as_deref().expect("a redirect")).await;
    let page = there.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let page = there.submit(&page, &[("decision", "approve")]).await;
    let page = browser.open(page.location.as_deref().expect("back")).await;
    let id_token = tokens(&app, &mut browser, &client, page).await;
    let made = person(&app, ALICE).await.expect("an account here");
    assert_eq!(id_token["sub"], made.id.as_str());
    assert_eq!(made.profile.name.as_deref(), Some("Name of alice@example.com"));
}

#[tokio::test]
async fn h07_a_slow_provider_is_given_up_after_ten_seconds() {
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.script().delay = Duration::from_secs(60);
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let began = std::time::Instant::now();
    assert_eq!(browser.get(&format!("{}{}", app.origin, href(&page, "way-up"))).await.status, 424);
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn the_last_way_in_cannot_be_taken_away() {
    use vouchsafe::flow::account::connections::{self, ConnectionRefusal};
    let (app, client, up) = ground().await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "new@x.test");
    up.sign_in(&app, &mut Browser::new(&app), &client, "up").await;
    let made = person(&app, "new@x.test").await.expect("an account");
    let cx = app.cx();
    let link = connections::list(&cx, &made).await.expect("no fault").remove(0);
    assert_eq!((link.provider.as_str(), link.is_open, link.link.shown.as_str()), ("up", true, "new@x.test"));
    let last = connections::unlink(&cx, &made, &link.link.id).await.expect("no fault");
    assert_eq!(last, Err(ConnectionRefusal::LastWayIn));
    let nobody = connections::unlink(&cx, &made, "another").await.expect("no fault");
    assert_eq!(nobody, Err(ConnectionRefusal::Unknown));
    let phc = app.app.parts.passwords.hash(Sensitive::new(PASSWORD)).await.expect("a hash");
    let (id, now) = (made.id.clone(), app.clock.now());
    app.write(move |c| users::password_set(c, &id, &phc, now)).await;
    connections::unlink(&cx, &made, &link.link.id).await.expect("no fault").expect("taken away");
    assert!(links(&app, &made.id).await.is_empty());
    assert!(app.events().await.iter().any(|kind| kind == "upstream_unlinked"));
    // Known no more: the same identity has to be proven anew.
    let mut browser = Browser::new(&app);
    assert!(up.sign_in(&app, &mut browser, &client, "up").await.has("linking") && !has_session(&browser));
}
