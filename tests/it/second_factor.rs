//! Second factors in the sign-in: asked for after the password, set up where they must be, each code once (security cases K01,
//! K04, K05, K08, K12).

use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::{Actor, user, user_access};
use vouchsafe::identity::level::RequiredFor;
use vouchsafe::identity::{SecondFactorRule, User};
use vouchsafe::secret::totp;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{recovery_codes, sessions};
use vouchsafe::time::Lifetime;

use crate::support::relying_party::{PASSWORD, claims};
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";

/// An authenticator app of a person: its secret and the recovery codes that came with it.
pub struct Phone {
    secret: Vec<u8>,
    pub recovery: Vec<Sensitive>,
}

impl Phone {
    /// Sets one up. The code that confirms it is used up: the next one comes 30 seconds later.
    pub async fn of(app: &TestApp, user: &User) -> Self {
        let cx = app.cx();
        let offer = factors::offer_app(&cx, user, "test").expect("an offer");
        let secret = decoded(offer.typed.expose());
        let code = Sensitive::new(totp::code_at(&secret, cx.now));
        let added = factors::confirm_app(&cx, user, "test", &offer.enrolment, &code).await;
        let recovery = added.expect("no fault").expect("no refusal").recovery_codes;
        app.pass(Lifetime::from_seconds(30));
        Self { secret, recovery }
    }

    pub fn code(&self, app: &TestApp) -> String {
        totp::code_at(&self.secret, app.cx().now)
    }
}

/// Base32 as a person would type it.
pub fn decoded(typed: &str) -> Vec<u8> {
    let letters = typed.bytes().filter(u8::is_ascii_alphanumeric);
    let (mut bits, mut have, mut out) = (0_u32, 0, Vec::new());
    for letter in letters {
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        bits = (bits << 5 | u32::from(value)) & 0xfff;
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push(u8::try_from(bits >> have & 0xff).expect("eight bits"));
        }
    }
    out
}

/// Up to the page that asks for the code.
pub async fn half(app: &TestApp, browser: &mut Browser, client: &Client, extra: &[(&str, &str)]) -> Page {
    let page = browser.open(&app.authorize_url(client, extra)).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.status == 200 && page.has("code"), "{}", page.body);
    page
}

pub fn has_session(browser: &Browser) -> bool {
    browser.cookies.keys().any(|name| name.contains("session"))
}

async fn require(app: &TestApp, rule: SecondFactorRule) {
    let document = SettingsDocument { second_factor: rule, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

pub async fn tokens_of(app: &TestApp, browser: &mut Browser, client: &Client, page: Page) -> serde_json::Value {
    let page = if page.has("approve") { browser.submit(&page, &[("decision", "approve")]).await } else { page };
    let redeemed = app.redeem(client, &page.code()).await;
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    claims(redeemed.json()["id_token"].as_str().expect("an ID token"))
}

#[tokio::test]
async fn k04_the_password_alone_opens_nothing_when_there_is_a_second_factor() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    let mut browser = Browser::new(&app);
    let form = half(&app, &mut browser, &client, &[]).await;
    assert!(!has_session(&browser) && !browser.cookies.keys().any(|name| name.contains("device")));
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert!(app.write(move |c| sessions::list(c, Some(&id), now, 10)).await.is_empty());
    browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "login_required",
    );
    for wrong in ["000000", "12345", "ABCD-EFGH-JKMN-PQRS"] {
        let again = browser.submit_once(&form, &[("code", wrong)]).await;
        assert!(again.status == 422 && again.has("problem-code"), "{wrong}: {} {}", again.status, again.body);
        assert!(!has_session(&browser), "{wrong}");
    }
    let page = browser.submit(&form, &[("code", &phone.code(&app))]).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!(id_token["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    assert_eq!(id_token["acr"], "urn:vouchsafe:acr:mfa");
    let events = app.events().await;
    assert!(events.iter().any(|e| e.starts_with("factor_added")), "{events:?}");
}

#[tokio::test]
async fn k01_a_code_counts_once_and_not_after_a_later_one() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    let code = phone.code(&app);
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    let forms = (half(&app, &mut one, &client, &[]).await, half(&app, &mut two, &client, &[]).await);
    let (code_one, code_two) = ([("code", code.as_str())], [("code", code.as_str())]);
    let both = tokio::join!(one.submit_once(&forms.0, &code_one), two.submit_once(&forms.1, &code_two));
    let taken = [&both.0, &both.1].iter().filter(|page| page.status == 303).count();
    assert_eq!(taken, 1, "{} {}", both.0.status, both.1.status);
    // A code of the step before is right by its number, and used up by the later one.
    app.pass(Lifetime::from_seconds(30));
    let before = totp::code_at(&phone.secret, app.cx().now - Lifetime::from_seconds(30));
    assert_eq!(before, code);
    let mut three = Browser::new(&app);
    let form = half(&app, &mut three, &client, &[]).await;
    assert_eq!(three.submit_once(&form, &[("code", &before)]).await.status, 422);
    assert_eq!(three.submit_once(&form, &[("code", &phone.code(&app))]).await.status, 303);
}

#[tokio::test]
async fn k05_a_half_is_of_one_person_one_browser_one_password_and_five_minutes() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mallory = app.person("mallory@example.com").await;
    let phone = Phone::of(&app, &alice).await;
    let other = Phone::of(&app, &mallory).await;
    let mut browser = Browser::new(&app);
    let form = half(&app, &mut browser, &client, &[]).await;
    // Mallory's code and her recovery code do not open what Alice's password began.
    for code in [other.code(&app), other.recovery[0].expose().to_owned()] {
        assert_eq!(browser.submit_once(&form, &[("code", &code)]).await.status, 422);
    }
    let mut elsewhere = Browser::new(&app);
    elsewhere.open(&app.authorize_url(&client, &[])).await;
    assert_eq!(elsewhere.submit_once(&form, &[("code", &phone.code(&app))]).await.status, 403, "another browser");
    app.pass(Lifetime::from_minutes(5));
    assert_eq!(browser.submit_once(&form, &[("code", &phone.code(&app))]).await.status, 400, "too late");

    let form = half(&app, &mut browser, &client, &[]).await;
    user::disable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    assert_eq!(browser.submit_once(&form, &[("code", &phone.code(&app))]).await.status, 400, "disabled");
    user::enable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");

    let form = half(&app, &mut browser, &client, &[]).await;
    let new = Sensitive::new("another password altogether");
    user_access::set_password(&app.cx(), &Actor::CommandLine, ALICE, new, false)
        .await
        .expect("no fault")
        .expect("done");
    assert_eq!(browser.submit_once(&form, &[("code", &phone.code(&app))]).await.status, 400, "another password");
    assert!(!has_session(&browser));
}

#[tokio::test]
async fn j12_a_password_to_be_changed_is_changed_after_the_second_factor_and_not_before() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    user_access::require_password_change(&app.cx(), &Actor::CommandLine, ALICE).await.expect("no fault").expect("done");
    let mut browser = Browser::new(&app);
    let form = half(&app, &mut browser, &client, &[]).await;
    let form = browser.submit(&form, &[("code", &phone.code(&app))]).await;
    assert!(form.body.contains("Choose a new password") && !has_session(&browser), "{}", form.body);
    let page = browser.submit(&form, &[("password", "another password altogether")]).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!(id_token["acr"], "urn:vouchsafe:acr:mfa", "the second factor was shown");
}

#[tokio::test]
async fn k08_a_recovery_code_opens_once_and_guesses_are_capped() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    let id = alice.id.clone();
    assert_eq!(app.write(move |c| recovery_codes::left(c, &id)).await, 10);
    let code = phone.recovery[0].expose().to_lowercase();
    let mut browser = Browser::new(&app);
    let form = half(&app, &mut browser, &client, &[]).await;
    assert_eq!(browser.submit_once(&form, &[("code", &code)]).await.status, 303);
    let mut again = Browser::new(&app);
    let form = half(&app, &mut again, &client, &[]).await;
    assert_eq!(again.submit_once(&form, &[("code", &code)]).await.status, 422, "it is used up");
    let mut statuses = Vec::new();
    for guess in 0..30 {
        let guess = format!("{guess:06}");
        statuses.push(again.submit_once(&form, &[("code", &guess)]).await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let blocked = again.submit_once(&form, &[("code", &phone.code(&app))]).await;
    assert_eq!(blocked.status, 429, "the right code waits too");
    assert!(!blocked.header("retry-after").is_empty());
}

#[tokio::test]
async fn k12_a_session_is_raised_when_an_app_asks_for_more_and_never_says_more_than_happened() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let page = app.sign_in(&mut browser, &client, ALICE, &[]).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!(id_token["acr"], "urn:vouchsafe:acr:password");
    let mfa = "urn:vouchsafe:acr:mfa";
    // Whoever has none cannot: what is liked is left, what is insisted on is refused.
    let liked = browser.get(&app.authorize_url(&client, &[("acr_values", mfa)])).await;
    assert!(!liked.code().is_empty());
    let essential = format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":["{mfa}"]}}}}}}"#);
    browser.get(&app.authorize_url(&client, &[("claims", &essential)])).await.is_redirected_error(
        &app,
        &client,
        "unmet_authentication_requirements",
    );

    let phone = Phone::of(&app, &alice).await;
    let before = browser.cookies.clone();
    let silent = browser.get(&app.authorize_url(&client, &[("acr_values", mfa), ("prompt", "none")])).await;
    assert!(!silent.code().is_empty(), "what is only liked never fails");
    let form = browser.open(&app.authorize_url(&client, &[("acr_values", mfa)])).await;
    assert!(form.has("code") && !form.has("password"), "exactly the missing factor: {}", form.body);
    let page = browser.submit(&form, &[("code", &phone.code(&app))]).await;
    let raised = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!((&raised["acr"], &raised["sid"]), (&serde_json::json!(mfa), &id_token["sid"]));
    assert_eq!(raised["auth_time"], id_token["auth_time"], "a code alone is no new sign-in");
    // I01: the token that was there before is nobody's.
    let mut old = Browser::new(&app);
    old.cookies = before;
    old.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "login_required",
    );
    let page = browser.get(&app.authorize_url(&client, &[("claims", &essential), ("prompt", "none")])).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["acr"], mfa);
    // Who asks for the lower class is told that it was reached.
    let page = browser.get(&app.authorize_url(&client, &[("acr_values", "urn:vouchsafe:acr:password")])).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["acr"], "urn:vouchsafe:acr:password");
}

#[tokio::test]
async fn who_must_have_a_second_factor_sets_one_up_before_going_on() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    require(
        &app,
        SecondFactorRule { required_for: RequiredFor::Everyone, groups: Vec::new(), ..SecondFactorRule::default() },
    )
    .await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let form = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(form.has("secret") && form.body.contains("<svg"), "{}", form.body);
    browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "login_required",
    );
    let typed = form.body.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a secret");
    let secret = shown_secret(&form);
    let wrong = browser.submit_once(&form, &[("code", "000000")]).await;
    assert!(wrong.status == 422 && wrong.body.contains(typed), "the same secret again: {}", wrong.body);
    let code = totp::code_at(&secret, app.cx().now);
    let codes = browser.submit_once(&wrong, &[("code", &code)]).await;
    assert_eq!(codes.status, 200, "{}", codes.body);
    assert_eq!(codes.body.matches("<li><code>").count(), 10);
    assert_eq!(codes.header("cache-control"), "no-store");
    // K07: the page that set it up is worth nothing any more.
    let replayed = browser.submit_once(&wrong, &[("code", &code)]).await;
    assert!(!replayed.body.contains("<li><code>"), "{}", replayed.body);
    let on = codes.body.split("id=\"go-on\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let page = browser.open(&app.url(&on.replace("&amp;", "&"))).await;
    let id_token = tokens_of(&app, &mut browser, &client, page).await;
    assert_eq!(id_token["acr"], "urn:vouchsafe:acr:mfa");
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert_eq!(app.write(move |c| sessions::list(c, Some(&id), now, 10)).await.len(), 1);
}

/// The secret that an enrol page shows.
pub fn shown_secret(form: &Page) -> Vec<u8> {
    let typed = form.body.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a secret");
    decoded(typed)
}

#[tokio::test]
async fn the_console_demands_a_second_factor_from_the_first_day() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    app.set_role(ALICE, &vouchsafe::identity::RoleName::OWNER);
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.url("/admin/keys")).await;
    let form = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(form.has("secret"), "nobody has said anything of second factors: {}", form.body);
    let form = browser.open(&app.url("/admin/keys")).await;
    assert!(form.has("secret"), "the password alone opens no page of the console: {}", form.body);
    let code = totp::code_at(&shown_secret(&form), app.cx().now);
    let codes = browser.submit_once(&form, &[("code", &code)]).await;
    let on = codes.body.split("id=\"go-on\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let page = browser.open(&app.url(&on.replace("&amp;", "&"))).await;
    let to = page.goes_on_to().unwrap_or_else(|| panic!("the way back to the console: {}", page.body));
    let keys = browser.open(&format!("{}{to}", app.origin)).await;
    assert!(keys.status == 200 && keys.body.contains("Signing keys"), "{}", keys.body);
}

#[tokio::test]
async fn a_group_can_be_obliged_to_have_a_second_factor() {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    app.person("bob@example.com").await;
    let id = alice.id.clone();
    let now = app.clock.now();
    app.write(move |c| vouchsafe::store::users::groups_set(c, &id, &["staff".to_owned()], now)).await;
    require(
        &app,
        SecondFactorRule {
            required_for: RequiredFor::Nobody,
            groups: vec!["staff".to_owned()],
            ..SecondFactorRule::default()
        },
    )
    .await;
    for (email, must) in [(ALICE, true), ("bob@example.com", false)] {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        let next = browser.submit(&page, &[("login", email), ("password", PASSWORD)]).await;
        assert_eq!(next.has("secret"), must, "{email}: {}", next.body);
    }
}

#[tokio::test]
async fn an_administrator_takes_lost_factors_away_and_never_sees_their_secrets() {
    let app = TestApp::for_admin().await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    let phone = Phone::of(&app, &alice).await;
    let api = app.program_of_all().await;
    let path = format!("/users/{}/factors", alice.id);
    let listed = api.get(&path).await.ok(200);
    assert_eq!((&listed["factors"][0]["kind"], &listed["recovery_codes_left"]), (&"totp".into(), &10.into()));
    let text = listed.to_string();
    assert!(!text.contains(phone.recovery[0].expose()) && !text.contains("secret") && !text.contains("data"), "{text}");
    api.delete(&format!("{path}/nothing")).await.is_problem(404, "factor");
    let id = listed["factors"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(api.delete(&format!("{path}/{id}")).await.ok(200)["removed"], 1);
    assert_eq!(api.get(&path).await.ok(200)["recovery_codes_left"], 0, "they stood for a factor that is no more");
    assert_eq!(api.delete(&path).await.ok(200)["removed"], 0, "again changes nothing");
    let mut browser = Browser::new(&app);
    let page = app.sign_in(&mut browser, &client, ALICE, &[]).await;
    assert_eq!(tokens_of(&app, &mut browser, &client, page).await["acr"], "urn:vouchsafe:acr:password");
    let removed = app.events().await.into_iter().filter(|e| e.starts_with("factors_removed")).count();
    assert_eq!(removed, 1);
}
