//! Passkeys in the sign-in: set up, shown as second factor, shown alone, and everything that is refused (security cases J03,
//! K04, K05, K07, K09, K12).

use serde_json::json;
use vouchsafe::flow::account::passkeys::{self, NewPasskey};
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::identity::level::RequiredFor;
use vouchsafe::identity::{SecondFactorRule, User};
use vouchsafe::store::{factors, sessions};
use vouchsafe::time::Lifetime;

use crate::second_factor::{Phone, half, has_session, tokens_of};
use crate::support::browser::PasskeyForm;
use crate::support::passkeys::{Passkey, Twist};
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const MALLORY: &str = "mallory@example.com";
const PHR: &str = "urn:vouchsafe:acr:phr";

/// Everybody needs a second factor.
async fn demand(app: &TestApp) {
    let second_factor = SecondFactorRule { required_for: RequiredFor::Everyone, ..SecondFactorRule::default() };
    let document = SettingsDocument { second_factor, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

/// Signs in with the password, up to the page that has a second factor set up.
async fn to_enrol(app: &TestApp, browser: &mut Browser, client: &Client, email: &str) -> Page {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let page = browser.submit(&page, &[("login", email), ("password", PASSWORD)]).await;
    assert!(page.has("secret") && page.passkey().is_some(), "{}", page.body);
    page
}

/// A passkey of a person, added past the pages.
pub async fn passkey_of(app: &TestApp, user: &User) -> Passkey {
    let (mut passkey, cx) = (Passkey::default(), app.cx());
    let offer = passkeys::offer(&cx, user, "test").await.expect("no fault").expect("an offer");
    let form = PasskeyForm {
        action: String::new(),
        hidden: Vec::new(),
        options: serde_json::from_str(&offer.options).expect("JSON"),
    };
    let answer = passkey.create(app, &form, &Twist::default());
    let new = NewPasskey { ceremony: offer.ceremony, answer, name: "Laptop".to_owned() };
    passkeys::confirm(&cx, user, "test", &new).await.expect("no fault").expect("no refusal");
    passkey
}

async fn factors_of(app: &TestApp, user: &User) -> Vec<vouchsafe::identity::factor::Factor> {
    let id = user.id.clone();
    app.write(move |c| factors::list(c, &id)).await
}

async fn sign_in_page(app: &TestApp, browser: &mut Browser, client: &Client, extra: &[(&str, &str)]) -> PasskeyForm {
    let page = browser.open(&app.authorize_url(client, extra)).await;
    page.passkey().unwrap_or_else(|| panic!("no question to a passkey: {}", page.body))
}

/// Everything that can be wrong with both kinds of answer.
fn twists(app: &TestApp, elsewhere: &PasskeyForm) -> Vec<Twist> {
    let port = app.port();
    let challenge = elsewhere.options["publicKey"]["challenge"].as_str().expect("a challenge").to_owned();
    let origins = [
        format!("http://localhost.evil.test:{port}"),
        format!("http://evil-localhost:{port}"),
        format!("http://login.localhost:{port}"),
        format!("https://localhost:{port}"),
        format!("http://localhost:{}", port ^ 1),
        "null".to_owned(),
    ];
    let of_origin = |origin: String| Twist { origin: Some(origin), ..Twist::default() };
    let mut all: Vec<Twist> = origins.into_iter().map(of_origin).collect();
    all.extend([
        Twist { rp_id: Some("evil.test"), ..Twist::default() },
        Twist { rp_id: Some("login.localhost"), ..Twist::default() },
        Twist { kind: Some("payment.get"), ..Twist::default() },
        Twist { challenge: Some(challenge), ..Twist::default() },
        Twist { challenge: Some(String::new()), ..Twist::default() },
        Twist { not_verified: true, ..Twist::default() },
        Twist { not_present: true, ..Twist::default() },
        Twist { cross_origin: true, ..Twist::default() },
        Twist { backed_up_only: true, ..Twist::default() },
    ]);
    all
}

#[tokio::test]
async fn k09_a_passkey_is_added_only_if_everything_is_right_and_by_one_answer() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let (alice, mallory) = (app.person(ALICE).await, app.person(MALLORY).await);
    let taken = passkey_of(&app, &mallory).await;
    demand(&app).await;
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    let elsewhere = to_enrol(&app, &mut other, &client, ALICE).await.passkey().expect("a form");
    let mut page = to_enrol(&app, &mut browser, &client, ALICE).await;
    let mut all = twists(&app, &elsewhere);
    all.push(Twist { kind: Some("webauthn.get"), ..Twist::default() });
    // EdDSA and ES256K were not offered.
    all.extend([0x27, 0x2f].map(|algorithm| Twist { algorithm: Some(algorithm), ..Twist::default() }));
    all.push(Twist { id: Some(taken.id.clone()), ..Twist::default() });
    all.push(Twist { id: Some(vec![7; 1_024]), ..Twist::default() });
    for twist in all {
        let form = page.passkey().expect("a form");
        let answer = Passkey::default().create(&app, &form, &twist);
        page = browser.answer_once(&form, &answer).await;
        assert!(page.status == 422 && page.has("problem-passkey"), "{twist:?}: {} {}", page.status, page.body);
    }
    let form = page.passkey().expect("a form");
    for unreadable in ["", "null", "{}", "[]", "\"\"", "{\"id\":1}"] {
        let again = browser.answer_once(&form, unreadable).await;
        assert_eq!(again.status, 422, "{unreadable}");
    }
    // The question of another session, of another purpose, and one that is too old.
    let sign_in = {
        let mut third = Browser::new(&app);
        sign_in_page(&app, &mut third, &client, &[]).await
    };
    let good = Passkey::default().create(&app, &form, &Twist::default());
    for other in [&elsewhere, &sign_in] {
        let ceremony = other.hidden.iter().find(|(name, _)| name == "ceremony").expect("one").1.clone();
        let mut mixed = form.clone();
        mixed.hidden.iter_mut().filter(|(name, _)| name == "ceremony").for_each(|(_, v)| *v = ceremony.clone());
        assert_eq!(browser.answer_once(&mixed, &good).await.status, 422);
    }
    app.pass(Lifetime::from_minutes(5));
    let late = browser.answer_once(&form, &good).await;
    assert!(late.status == 422 && late.has("problem-code"), "{}", late.body);
    assert!(factors_of(&app, &alice).await.is_empty(), "nothing was stored");

    // Ten at once, each with a passkey of its own: one is added.
    let form = late.passkey().expect("a form");
    let answers: Vec<String> = (0..10).map(|_| Passkey::default().create(&app, &form, &Twist::default())).collect();
    let mut browsers: Vec<Browser> = answers.iter().map(|_| browser.clone()).collect();
    let tries = browsers.iter_mut().zip(&answers).map(|(browser, answer)| browser.answer_once(&form, answer));
    let pages = futures_util::future::join_all(tries).await;
    assert_eq!(pages.iter().filter(|page| page.body.contains("<li><code>")).count(), 1);
    let stored = factors_of(&app, &alice).await;
    assert_eq!((stored.len(), stored[0].kind.as_str(), stored[0].name.as_str()), (1, "passkey", "Passkey"));
    assert!(app.events().await.iter().any(|e| e.starts_with("factor_added")));
}

#[tokio::test]
async fn k09_a_passkey_opens_only_if_everything_is_right_and_by_one_answer() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let (alice, mallory) = (app.person(ALICE).await, app.person(MALLORY).await);
    let mut passkey = passkey_of(&app, &alice).await;
    let other = passkey_of(&app, &mallory).await;
    let (mut browser, mut second) = (Browser::new(&app), Browser::new(&app));
    let elsewhere = sign_in_page(&app, &mut second, &client, &[]).await;
    let mut form = sign_in_page(&app, &mut browser, &client, &[]).await;
    let mut all = twists(&app, &elsewhere);
    all.extend([
        Twist { kind: Some("webauthn.create"), ..Twist::default() },
        Twist { broken_signature: true, ..Twist::default() },
        // Alice's key in the name of Mallory's passkey, of one that nobody has, and for Mallory.
        Twist { id: Some(other.id.clone()), ..Twist::default() },
        Twist { id: Some(vec![1; 32]), ..Twist::default() },
        Twist { handle: Some(Some(other.handle.clone())), ..Twist::default() },
        Twist { handle: Some(None), ..Twist::default() },
    ]);
    let mut words = Vec::new();
    for twist in all {
        let page = browser.answer_once(&form, &passkey.get(&app, &form, &twist)).await;
        assert!(page.status == 422 && page.has("problem-passkey"), "{twist:?}: {} {}", page.status, page.body);
        assert!(!has_session(&browser), "{twist:?}");
        words.push(
            page.body.split("id=\"problem-passkey\"").nth(1).and_then(|b| b.split("</div>").next()).map(str::to_owned),
        );
        form = page.passkey().expect("a form");
    }
    words.dedup();
    assert_eq!(words.len(), 1, "J01: the same words for every reason: {words:?}");
    for unreadable in ["", "null", "{}", "[]"] {
        assert_eq!(browser.answer_once(&form, unreadable).await.status, 422, "{unreadable}");
    }
    // Another browser's question; another browser's form; too late.
    let good = passkey.get(&app, &elsewhere, &Twist::default());
    let mut mixed = form.clone();
    let ceremony = elsewhere.hidden.iter().find(|(name, _)| name == "ceremony").expect("one").1.clone();
    mixed.hidden.iter_mut().filter(|(name, _)| name == "ceremony").for_each(|(_, v)| *v = ceremony.clone());
    assert_eq!(browser.answer_once(&mixed, &good).await.status, 422);
    assert_eq!(browser.answer_once(&elsewhere, &good).await.status, 400);
    app.pass(Lifetime::from_minutes(5));
    assert_eq!(second.answer_once(&elsewhere, &good).await.status, 422, "too late");
    assert!(!has_session(&browser) && !has_session(&second));

    // The same answer ten times at once, then once more.
    let form = sign_in_page(&app, &mut browser, &client, &[]).await;
    let good = passkey.get(&app, &form, &Twist::default());
    let mut browsers: Vec<Browser> = (0..10).map(|_| browser.clone()).collect();
    let tries = browsers.iter_mut().map(|browser| browser.answer_once(&form, &good));
    let pages = futures_util::future::join_all(tries).await;
    assert_eq!(pages.iter().filter(|page| page.status == 303).count(), 1);
    assert_eq!(browser.answer_once(&form, &good).await.status, 422, "it was answered");
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert_eq!(app.write(move |c| sessions::list(c, Some(&id), now, 10)).await.len(), 1);
}

#[tokio::test]
async fn k09_a_passkey_that_was_copied_is_refused_and_told() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mut passkey = passkey_of(&app, &alice).await;
    for (counter, status) in [(5, 303), (5, 422), (4, 422), (0, 422), (6, 303)] {
        passkey.counter = counter;
        let mut browser = Browser::new(&app);
        let form = sign_in_page(&app, &mut browser, &client, &[]).await;
        let answer = passkey.get(&app, &form, &Twist::default());
        assert_eq!(browser.answer_once(&form, &answer).await.status, status, "counter {counter}");
    }
    let failed = app.events().await.into_iter().filter(|e| e.starts_with("sign_in_failed")).count();
    assert_eq!(failed, 3);
    assert!(factors_of(&app, &alice).await[0].last_used_at.is_some());
}

#[tokio::test]
async fn k12_a_passkey_alone_signs_in_without_an_address_and_says_so() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mut passkey = passkey_of(&app, &alice).await;
    // It is a second factor by itself.
    demand(&app).await;
    let mut browser = Browser::new(&app);
    let form = sign_in_page(&app, &mut browser, &client, &[("acr_values", "phr")]).await;
    let page = browser.answer(&form, &passkey.get(&app, &form, &Twist::default())).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!((&id_token["amr"], &id_token["sub"]), (&json!(["hwk", "mfa"]), &json!(alice.id.0)));
    assert_eq!(id_token["acr"], "phr", "by the name it was asked by");
    let page = browser.open(&app.authorize_url(&client, &[("prompt", "none")])).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["acr"], PHR);
    // A passkey of one device does not become one of several.
    passkey.synced = true;
    let mut other = Browser::new(&app);
    let form = sign_in_page(&app, &mut other, &client, &[]).await;
    assert_eq!(other.answer_once(&form, &passkey.get(&app, &form, &Twist::default())).await.status, 422);
    passkey.synced = false;
    // Whoever is asked to prove it anew can do so in the same way.
    app.pass(Lifetime::from_minutes(1));
    let form = sign_in_page(&app, &mut browser, &client, &[("prompt", "login")]).await;
    let page = browser.answer(&form, &passkey.get(&app, &form, &Twist::default())).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["acr"], PHR);
    // Disabled, it is as unknown as any.
    user::disable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    let mut browser = Browser::new(&app);
    let form = sign_in_page(&app, &mut browser, &client, &[]).await;
    let refused = browser.answer_once(&form, &passkey.get(&app, &form, &Twist::default())).await;
    assert!(refused.status == 422 && refused.has("problem-passkey") && !has_session(&browser));
}

#[tokio::test]
async fn a_passkey_that_is_synced_says_so() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    demand(&app).await;
    let mut browser = Browser::new(&app);
    let form = to_enrol(&app, &mut browser, &client, ALICE).await.passkey().expect("a form");
    let mut passkey = Passkey::default();
    passkey.synced = true;
    let answer = passkey.create(&app, &form, &Twist::default());
    let codes = browser.answer_once(&form, &answer).await;
    assert_eq!(codes.body.matches("<li><code>").count(), 10, "{}", codes.body);
    let on = codes.body.split("id=\"go-on\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let page = browser.open(&app.url(&on.replace("&amp;", "&"))).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!((&id_token["amr"], &id_token["acr"]), (&json!(["pwd", "swk", "mfa"]), &json!(PHR)));
    let mut browser = Browser::new(&app);
    let form = sign_in_page(&app, &mut browser, &client, &[]).await;
    let page = browser.answer(&form, &passkey.get(&app, &form, &Twist::default())).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["amr"], json!(["swk", "mfa"]));
}

#[tokio::test]
async fn j03_the_question_on_the_sign_in_page_says_nothing_of_any_account() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    passkey_of(&app, &alice).await;
    let mut seen = Vec::new();
    for hint in [ALICE, "nobody@example.com", MALLORY] {
        let mut browser = Browser::new(&app);
        let mut form = sign_in_page(&app, &mut browser, &client, &[("login_hint", hint)]).await;
        assert!(form.options["publicKey"]["challenge"].take().as_str().is_some_and(|c| c.len() >= 22));
        seen.push((
            form.options,
            form.hidden.iter().map(|(name, value)| (name.clone(), value.len())).collect::<Vec<_>>(),
        ));
        // After a wrong password too.
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        let again = browser.submit_once(&page, &[("login", hint), ("password", "wrong password")]).await;
        assert_eq!(again.passkey().expect("a form").options["publicKey"]["allowCredentials"], json!([]));
    }
    assert!(seen.iter().all(|one| one.0 == seen[0].0), "{seen:?}");
    assert_eq!(seen[0].0["publicKey"]["allowCredentials"], json!([]));
}

#[tokio::test]
async fn k04_k05_a_passkey_as_second_factor_is_of_the_person_whose_password_it_was() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let (alice, mallory) = (app.person(ALICE).await, app.person(MALLORY).await);
    let mut passkey = passkey_of(&app, &alice).await;
    let mut other = passkey_of(&app, &mallory).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let alone = page.passkey().expect("a form");
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(!has_session(&browser), "the password alone opens nothing");
    let form = page.passkey().expect("a question to a passkey");
    let allowed = form.options["publicKey"]["allowCredentials"].as_array().expect("a list").len();
    assert_eq!(allowed, 1, "hers and no other: {}", form.options);
    for (twist, words) in [
        (Twist { id: Some(passkey.id.clone()), handle: Some(None), ..Twist::default() }, "Mallory's key as Alice's"),
        (Twist { handle: Some(None), ..Twist::default() }, "Mallory's passkey"),
        (Twist::default(), "Mallory's passkey, saying so"),
    ] {
        let refused = browser.answer_once(&form, &other.get(&app, &form, &twist)).await;
        assert!(refused.status == 422 && refused.has("problem-passkey"), "{words}: {}", refused.body);
    }
    // A question of the sign-in page is none for this step.
    let ceremony = alone.hidden.iter().find(|(name, _)| name == "ceremony").expect("one").1.clone();
    let mut mixed = form.clone();
    mixed.hidden.iter_mut().filter(|(name, _)| name == "ceremony").for_each(|(_, v)| *v = ceremony.clone());
    let answer = passkey.get(&app, &alone, &Twist { handle: Some(None), ..Twist::default() });
    assert_eq!(browser.answer_once(&mixed, &answer).await.status, 422);
    // And the other way round.
    let answer = passkey.get(&app, &form, &Twist::default());
    let ceremony = form.hidden.iter().find(|(name, _)| name == "ceremony").expect("one").1.clone();
    let mut mixed = alone.clone();
    mixed.hidden.iter_mut().filter(|(name, _)| name == "ceremony").for_each(|(_, v)| *v = ceremony.clone());
    assert_eq!(browser.answer_once(&mixed, &answer).await.status, 422);
    assert!(!has_session(&browser));
    // A key that keeps no name of its person is good enough here.
    let answer = passkey.get(&app, &form, &Twist { handle: Some(None), ..Twist::default() });
    let page = browser.answer(&form, &answer).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!((&id_token["amr"], &id_token["acr"]), (&json!(["pwd", "hwk", "mfa"]), &json!(PHR)));
}

#[tokio::test]
async fn k12_an_app_that_asks_for_a_passkey_gets_exactly_that_or_is_told() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let essential = format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":["{PHR}"]}}}}}}"#);
    let phone = Phone::of(&app, &alice).await;
    let mut browser = Browser::new(&app);
    let form = half(&app, &mut browser, &client, &[]).await;
    let page = browser.submit(&form, &[("code", &phone.code(&app))]).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["acr"], "urn:vouchsafe:acr:mfa");
    // Whoever has no passkey cannot show one: a wish is left, an insistence is told.
    let liked = browser.get(&app.authorize_url(&client, &[("acr_values", PHR)])).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, liked).await["acr"], "urn:vouchsafe:acr:mfa");
    browser.get(&app.authorize_url(&client, &[("claims", &essential)])).await.is_redirected_error(
        &app,
        &client,
        "unmet_authentication_requirements",
    );

    let mut passkey = passkey_of(&app, &alice).await;
    browser.get(&app.authorize_url(&client, &[("claims", &essential), ("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "unmet_authentication_requirements",
    );
    for extra in [("acr_values", PHR), ("claims", essential.as_str())] {
        let page = browser.open(&app.authorize_url(&client, &[extra])).await;
        assert!(page.passkey().is_some() && !page.has("code") && !page.has("password"), "exactly that: {}", page.body);
        // A code would not do: the page comes back.
        app.pass(Lifetime::from_seconds(30));
        let code = phone.code(&app);
        let again = browser.submit(&page, &[("code", &code)]).await;
        assert!(again.passkey().is_some() && !again.has("code"), "{}", again.body);
    }
    // Someone who is not signed in at all is asked for it after the password at once.
    let mut fresh = Browser::new(&app);
    let page = fresh.open(&app.authorize_url(&client, &[("acr_values", PHR)])).await;
    let page = fresh.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let form = page.passkey().expect("a form");
    assert!(!page.has("code"), "{}", page.body);
    let page = fresh.answer(&form, &passkey.get(&app, &form, &Twist::default())).await;
    let id_token = tokens_of(&app, &mut fresh, &client, page).await;
    assert_eq!((&id_token["amr"], &id_token["acr"]), (&json!(["pwd", "hwk", "mfa"]), &json!(PHR)));
    // Raising keeps the session and its age.
    let page = browser.open(&app.authorize_url(&client, &[("claims", &essential)])).await;
    let form = page.passkey().expect("a form");
    let page = browser.answer(&form, &passkey.get(&app, &form, &Twist::default())).await;
    let raised = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!(raised["acr"], PHR);
    assert!(raised["amr"].as_array().expect("a list").contains(&json!("hwk")));
}

#[tokio::test]
async fn what_was_used_last_comes_first() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    let mut passkey = passkey_of(&app, &alice).await;
    let passkey_first = |page: &Page| {
        let (button, field) = (page.body.find("id=\"passkey\""), page.body.find("id=\"code\""));
        button.expect("a passkey") < field.expect("a code")
    };
    for use_passkey in [true, false, true] {
        let mut browser = Browser::new(&app);
        app.pass(Lifetime::from_minutes(1));
        let page = half(&app, &mut browser, &client, &[]).await;
        let form = page.passkey().expect("a form");
        let done = match use_passkey {
            true => browser.answer_once(&form, &passkey.get(&app, &form, &Twist::default())).await,
            false => browser.submit_once(&page, &[("code", &phone.code(&app))]).await,
        };
        assert_eq!(done.status, 303, "{}", done.body);
        let page = half(&app, &mut Browser::new(&app), &client, &[]).await;
        assert_eq!(passkey_first(&page), use_passkey);
    }
}

#[tokio::test]
async fn where_the_issuer_is_an_address_there_are_no_passkeys_and_everything_else_works() {
    let app = TestApp::start_with(&[("VOUCHSAFE_ISSUER", "http://127.0.0.1:{port}")]).await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(page.passkey().is_none() && !page.body.contains("<script"), "{}", page.body);
    let policy = page.header("content-security-policy").to_owned();
    assert!(!policy.contains("script-src"), "{policy}");
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    tokens_of(&app, &mut browser, &client, page).await;
    let metadata = app.http.get(app.url("/.well-known/openid-configuration")).send().await.expect("an answer");
    let text = metadata.text().await.expect("a body");
    assert!(text.contains("acr:mfa") && !text.contains(PHR), "{text}");
}
