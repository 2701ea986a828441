//! Getting back in: the letter, the new password, and everything that ends with it (security cases J09, J11, J12, J13, L08).

use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::provider as providers;
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, user, user_access};
use vouchsafe::flow::sign_in::browser::form_token;
use vouchsafe::identity::User;
use vouchsafe::identity::upstream::UpstreamIdentity;
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::secret::totp;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{factors as stored_factors, sessions, upstream_identities, users};
use vouchsafe::time::Lifetime;

use crate::passkeys::passkey_of;
use crate::second_factor::decoded;
use crate::sign_up::{link_to, post};
use crate::support::passkeys::Twist;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const NEW: &str = "a password of her own";
const RESET: &str = "Set a new password";

async fn ground() -> (TestApp, Client, User) {
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    (app, client, alice)
}

/// From the sign-in page to the page that says that a letter may be under way.
async fn ask(app: &TestApp, browser: &mut Browser, client: &Client, email: &str) -> Page {
    let sent = asked(app, browser, client, email).await;
    assert!(sent.status == 200 && sent.has("sent"), "{}", sent.body);
    sent
}

async fn asked(app: &TestApp, browser: &mut Browser, client: &Client, email: &str) -> Page {
    let login = browser.open(&app.authorize_url(client, &[("prompt", "login")])).await;
    let forgot = login.body.split("id=\"forgot\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
    let page = browser.open(&app.url(forgot.expect("a link"))).await;
    browser.submit_once(&page, &[("email", email)]).await
}

async fn form(app: &TestApp, browser: &mut Browser, client: &Client) -> Page {
    ask(app, browser, client, ALICE).await;
    let form = browser.open(&link_to(app, RESET, ALICE).await).await;
    assert!(form.has("password"), "{}", form.body);
    form
}

async fn sign_in(app: &TestApp, client: &Client, password: &str) -> Page {
    let mut browser = Browser::new(app);
    let page = browser.open(&app.authorize_url(client, &[])).await;
    browser.submit(&page, &[("login", ALICE), ("password", password)]).await
}

fn is_in(page: &Page) -> bool {
    page.has("approve") || page.location.is_some()
}

#[tokio::test]
async fn j11_looking_at_the_link_uses_nothing_up_and_it_leads_nowhere_else() {
    let (app, client, _) = ground().await;
    let mut browser = Browser::new(&app);
    ask(&app, &mut browser, &client, ALICE).await;
    let address = link_to(&app, RESET, ALICE).await;
    for _ in 0..3 {
        let mut scanner = Browser::new(&app);
        scanner.send(app.http.head(&address), &address).await;
        assert!(scanner.open(&address).await.has("password"));
    }
    let form = browser.open(&format!("{address}&redirect_uri=https%3A%2F%2Fevil.test&continue=//evil.test")).await;
    assert!(form.has("password") && !form.body.contains("evil") && form.origin == app.origin, "{}", form.body);
    let short = browser.submit_once(&form, &[("password", "short")]).await;
    assert!(short.status == 422 && short.has("problem-password"));
    let done = browser.submit_once(&form, &[("password", NEW)]).await;
    assert!(done.status == 200 && done.has("done") && done.has("go-on"), "{}", done.body);
    assert!(!browser.cookies.keys().any(|name| name.ends_with("session")), "nobody is signed in by a letter");
    let on = done.body.split("id=\"go-on\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let login = browser.open(&app.url(on)).await;
    let page = browser.submit(&login, &[("login", ALICE), ("password", NEW)]).await;
    assert!(is_in(&page), "{}", page.body);
    assert!(!is_in(&sign_in(&app, &client, PASSWORD).await));
    assert_eq!(browser.open(&address).await.status, 400, "used");
    for wrong in ["", "x", "vs_al_x", &address.split("token=").nth(1).expect("a token").replace("vs_al", "vs_in")] {
        assert_eq!(browser.open(&app.url(&format!("/recovery/link?token={wrong}"))).await.status, 400, "{wrong}");
    }
    // In another browser it works too, and ends at a page of ours. Later, so that the letters have an order.
    app.pass(Lifetime::from_seconds(1));
    ask(&app, &mut Browser::new(&app), &client, ALICE).await;
    let mut other = Browser::new(&app);
    let form = other.open(&link_to(&app, RESET, ALICE).await).await;
    let done = other.submit_once(&form, &[("password", PASSWORD)]).await;
    assert!(done.has("done") && !done.has("go-on"), "{}", done.body);
}

#[tokio::test]
async fn whoever_was_guessed_at_gets_in_with_the_new_password_at_once() {
    let (app, client, _) = ground().await;
    let mut guesser = Browser::new(&app);
    let page = guesser.open(&app.authorize_url(&client, &[])).await;
    for _ in 0..8 {
        guesser.submit_once(&page, &[("login", ALICE), ("password", "wrong password")]).await;
    }
    let blocked = guesser.submit_once(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!(blocked.status, 429);
    let mut browser = Browser::new(&app);
    let form = form(&app, &mut browser, &client).await;
    assert!(browser.submit_once(&form, &[("password", NEW)]).await.has("done"));
    assert!(is_in(&sign_in(&app, &client, NEW).await));
}

#[tokio::test]
async fn j13_strangers_who_ask_for_letters_keep_nobody_out() {
    let (app, client, _) = ground().await;
    let (mut owner, mut stranger) = (Browser::new(&app), Browser::new(&app));
    app.sign_in(&mut owner, &client, ALICE, &[]).await;
    let mut wave = async || {
        while asked(&app, &mut stranger, &client, ALICE).await.status != 429 {
            app.pass(Lifetime::from_seconds(1));
        }
        let blocked = asked(&app, &mut stranger, &client, ALICE).await;
        blocked.header("retry-after").parse::<i64>().expect("seconds")
    };
    for hour in 0..12 {
        let wait = wave().await;
        assert!(wait <= 3_601, "{hour}: nobody waits longer than the last link can be used: {wait}");
        let link = link_to(&app, RESET, ALICE).await;
        assert!(Browser::new(&app).open(&link).await.has("password"), "{hour}: whoever waits has a link");
        app.pass(Lifetime::from_seconds(wait));
    }
    wave().await;
    // The device that she knows has a counter of its own.
    for _ in 0..3 {
        ask(&app, &mut owner, &client, ALICE).await;
    }
    assert_eq!(asked(&app, &mut owner, &client, ALICE).await.status, 429);
}

#[tokio::test]
async fn j13_the_last_three_links_stay_good_until_one_is_used() {
    let (app, client, _) = ground().await;
    app.sign_in(&mut Browser::new(&app), &client, ALICE, &[]).await;
    let mut links = Vec::new();
    for _ in 0..4 {
        app.pass(Lifetime::from_minutes(2));
        ask(&app, &mut Browser::new(&app), &client, ALICE).await;
        links.push(link_to(&app, RESET, ALICE).await);
    }
    let mut forms = Vec::new();
    for (n, link) in links.iter().enumerate() {
        let mut browser = Browser::new(&app);
        let page = browser.open(link).await;
        assert_eq!(page.has("password"), n > 0, "{n}: {}", page.body);
        forms.push((browser, page));
    }
    let (browser, page) = &mut forms[1];
    assert!(browser.submit_once(page, &[("password", NEW)]).await.has("done"));
    for link in &links {
        assert_eq!(Browser::new(&app).open(link).await.status, 400);
    }
}

#[tokio::test]
async fn j11_finishing_does_not_skip_the_second_factor() {
    let (app, client, alice) = ground().await;
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &alice, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = Sensitive::new(totp::code_at(&secret, cx.now));
    factors::confirm_app(&cx, &alice, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    app.pass(Lifetime::from_seconds(30));
    let mut browser = Browser::new(&app);
    let form = form(&app, &mut browser, &client).await;
    assert!(browser.submit_once(&form, &[("password", NEW)]).await.has("done"));
    let page = sign_in(&app, &client, NEW).await;
    assert!(page.has("code") && !is_in(&page), "{}", page.body);
}

#[tokio::test]
async fn j12_a_reset_ends_what_was_begun_before_and_is_told() {
    let (app, client, alice) = ground().await;
    let mut signed_in = Browser::new(&app);
    let page = app.sign_in(&mut signed_in, &client, ALICE, &[("scope", "openid offline_access")]).await;
    let page = if page.has("approve") { signed_in.submit(&page, &[("decision", "approve")]).await } else { page };
    let tokens = app.redeem(&client, &page.code()).await.json();
    // A sign-in that is under way, with a session chosen for it.
    let under_way = signed_in.open(&app.authorize_url(&client, &[("prompt", "consent")])).await;
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    let first = form(&app, &mut one, &client).await;
    app.pass(Lifetime::from_seconds(1));
    let second = form(&app, &mut two, &client).await;
    let mut third = Browser::new(&app);
    assert!(two.submit_once(&second, &[("password", NEW)]).await.has("done"));
    assert_eq!(one.submit_once(&first, &[("password", NEW)]).await.status, 400, "once one is used, the others end");
    assert_eq!(third.submit_once(&second, &[("password", PASSWORD)]).await.status, 400);
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert!(app.write(move |c| sessions::list(c, Some(&id), now, 10)).await.is_empty());
    signed_in.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "login_required",
    );
    assert_eq!(signed_in.submit_once(&under_way, &[("decision", "approve")]).await.status, 403);
    let refreshed = app.refresh(&client, tokens["refresh_token"].as_str().expect("a refresh token")).await;
    assert_eq!((refreshed.status, refreshed.json()["error"].as_str()), (400, Some("invalid_grant")));
    let told = app.letters_about("Your password was reset").await;
    assert_eq!((told.len(), told[0].to.as_str()), (1, ALICE));
    let events = app.events().await;
    assert!(["password_reset_asked", "password_reset"].iter().all(|k| events.iter().any(|e| e == k)), "{events:?}");
}

#[tokio::test]
async fn j12_other_devices_are_strange_after_a_new_password() {
    for way in ["reset", "change", "demanded"] {
        let (app, client, _) = ground().await;
        let (mut own, mut other) = (Browser::new(&app), Browser::new(&app));
        for browser in [&mut own, &mut other] {
            app.sign_in(browser, &client, ALICE, &[]).await;
        }
        app.pass(Lifetime::from_seconds(1));
        match way {
            "reset" => {
                let form = form(&app, &mut own, &client).await;
                assert!(own.submit_once(&form, &[("password", NEW)]).await.has("done"));
            }
            "change" => {
                let path = "/account/password";
                app.enter(&mut own, ALICE, path).await;
                let token = own.cookies.get("vouchsafe_account").expect("a session");
                let csrf = form_token(&app.cx(), token, "account", path);
                let fields = [("csrf", csrf.as_str()), ("old_password", PASSWORD), ("password", NEW)];
                assert_eq!(own.post(&app.url(path), &fields).await.status, 303);
            }
            _ => {
                let asked = user_access::require_password_change(&app.cx(), &Actor::CommandLine, ALICE).await;
                asked.expect("no fault").expect("done");
                let page = own.open(&app.authorize_url(&client, &[("prompt", "login")])).await;
                let page = own.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
                assert!(is_in(&own.submit(&page, &[("password", NEW)]).await));
            }
        }
        let mut told = Vec::new();
        for browser in [&mut own, &mut other] {
            let before = app.letters_about("New sign-in to your account").await.len();
            app.pass(Lifetime::from_seconds(1));
            let page = browser.open(&app.authorize_url(&client, &[("prompt", "login")])).await;
            assert!(is_in(&browser.submit(&page, &[("login", ALICE), ("password", NEW)]).await), "{way}");
            told.push(app.letters_about("New sign-in to your account").await.len() - before);
        }
        assert_eq!(told, [0, 1], "{way}: the one at which she sits, and the other");
    }
}

#[tokio::test]
async fn j12_a_half_sign_in_dies_with_the_password() {
    let (app, client, alice) = ground().await;
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &alice, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = Sensitive::new(totp::code_at(&secret, cx.now));
    factors::confirm_app(&cx, &alice, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    app.pass(Lifetime::from_seconds(30));
    let mut thief = Browser::new(&app);
    let page = thief.open(&app.authorize_url(&client, &[])).await;
    let half = thief.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let mut browser = Browser::new(&app);
    let form = form(&app, &mut browser, &client).await;
    assert!(browser.submit_once(&form, &[("password", NEW)]).await.has("done"));
    let code = totp::code_at(&secret, app.cx().now);
    assert_eq!(thief.submit_once(&half, &[("code", &code)]).await.status, 400);
}

#[tokio::test]
async fn j13_a_link_dies_with_time_with_the_account_and_with_the_address() {
    let (app, client, _) = ground().await;
    let mut browser = Browser::new(&app);
    let late = form(&app, &mut browser, &client).await;
    app.pass(Lifetime::from_hours(1));
    assert_eq!(browser.submit_once(&late, &[("password", NEW)]).await.status, 400, "an hour is over");
    let form_of_disabled = form(&app, &mut browser, &client).await;
    user::disable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    assert_eq!(browser.submit_once(&form_of_disabled, &[("password", NEW)]).await.status, 400);
    let before = app.letters().await.len();
    ask(&app, &mut browser, &client, ALICE).await;
    assert_eq!((post(&app).await, app.letters().await.len()), (1, before), "nothing goes to a disabled account");
    user::enable(&app.cx(), &Actor::CommandLine, ALICE, None).await.expect("no fault").expect("done");
    assert_eq!(browser.submit_once(&form_of_disabled, &[("password", NEW)]).await.status, 400, "it stays dead");
    app.pass(Lifetime::from_hours(24));
    let form_of_old = form(&app, &mut browser, &client).await;
    let document = UserDocument { email_verified: true, ..UserDocument::new("alice@elsewhere.test") };
    user::replace(&app.cx(), &Actor::CommandLine, ALICE, document, None).await.expect("no fault").expect("done");
    assert_eq!(browser.submit_once(&form_of_old, &[("password", NEW)]).await.status, 400, "another address");
}

#[tokio::test]
async fn j09_who_has_no_password_gets_one_only_by_the_letter() {
    let (app, client, _) = ground().await;
    let bare = "bare@example.com";
    let document = UserDocument::new(bare);
    user::create(&app.cx(), &Actor::CommandLine, document, user::FirstAccess::None).await.expect("ok").expect("made");
    let mut browser = Browser::new(&app);
    for password in ["", "null", "\"null\"", "true"] {
        let page = browser.open(&app.authorize_url(&client, &[])).await;
        let answer = browser.submit_once(&page, &[("login", bare), ("password", password)]).await;
        assert_eq!(answer.status, 422, "{password}");
        app.pass(Lifetime::from_hours(1));
    }
    ask(&app, &mut browser, &client, bare).await;
    let form = browser.open(&link_to(&app, RESET, bare).await).await;
    for password in ["", "null", "bare@example.com", &"x".repeat(1_025)] {
        let answer = browser.submit_once(&form, &[("password", password)]).await;
        assert!(matches!(answer.status, 400 | 422), "{password}: {}", answer.status);
    }
    assert!(browser.submit_once(&form, &[("password", NEW)]).await.has("done"));
    let key = bare.to_owned();
    let there = app.write(move |c| users::find_by_email_key(c, &key)).await.expect("the person");
    assert!(there.email_verified, "the letter arrived");
}

#[tokio::test]
async fn l08_the_owner_of_an_address_that_nobody_had_confirmed_ends_every_way_in_of_whoever_was_there_before() {
    let (app, client, _) = ground().await;
    let carol = "carol@example.com";
    let first = user::FirstAccess::Password(Sensitive::new("what mallory knows"));
    let document = UserDocument::new(carol);
    user::create(&app.cx(), &Actor::CommandLine, document, first).await.expect("ok").expect("made");
    let made = app.write(move |c| users::find_by_email_key(c, carol)).await.expect("the person");
    // Mallory puts a passkey beside the password, an app, and an account elsewhere.
    let mut passkey = passkey_of(&app, &made).await;
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &made, "test").expect("an offer");
    let code = Sensitive::new(totp::code_at(&decoded(offer.typed.expose()), cx.now));
    factors::confirm_app(&cx, &made, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    let provider =
        Provider { issuer: Some("https://up.test".to_owned()), ..Provider::of_preset(Preset::Oidc, "up", "us") };
    providers::create(&cx, &Actor::CommandLine, provider).await.expect("no fault").expect("added");
    let link = UpstreamIdentity {
        id: "l1".to_owned(),
        provider: "up".to_owned(),
        issuer: "https://up.test".to_owned(),
        subject: "mallory".to_owned(),
        user_id: made.id.clone(),
        shown: String::new(),
        created_at: cx.now,
        last_used_at: None,
        disabled_at: None,
    };
    assert!(app.write(move |c| upstream_identities::insert(c, &link)).await);

    let mut browser = Browser::new(&app);
    ask(&app, &mut browser, &client, carol).await;
    let form = browser.open(&link_to(&app, RESET, carol).await).await;
    assert!(browser.submit_once(&form, &[("password", NEW)]).await.has("done"));
    let id = made.id.clone();
    let (links, kept) =
        app.write(move |c| Ok((upstream_identities::of_user(c, &id)?, stored_factors::list(c, &id)?))).await;
    assert!(links.is_empty() && kept.is_empty(), "{links:?} {kept:?}");
    assert_eq!(app.rows("recovery_codes"), 0);
    let mut mallory = Browser::new(&app);
    let page = mallory.open(&app.authorize_url(&client, &[])).await;
    let question = page.passkey().expect("a question");
    let refused = mallory.answer_once(&question, &passkey.get(&app, &question, &Twist::default())).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let page = mallory.submit(&page, &[("login", carol), ("password", NEW)]).await;
    assert!(is_in(&page), "the new password is enough: {}", page.body);
}

#[tokio::test]
async fn a_reset_that_twenty_send_at_once_counts_once() {
    let (app, client, _) = ground().await;
    ask(&app, &mut Browser::new(&app), &client, ALICE).await;
    let address = link_to(&app, RESET, ALICE).await;
    let mut forms = Vec::new();
    for _ in 0..20 {
        let mut browser = Browser::new(&app);
        let form = browser.open(&address).await;
        forms.push((browser, form));
    }
    let all = forms.into_iter().enumerate().map(|(i, (mut browser, form))| async move {
        browser.submit_once(&form, &[("password", &format!("a password of number {i}"))]).await.has("done")
    });
    let done = futures_util::future::join_all(all).await.into_iter().filter(|done| *done).count();
    assert_eq!((done, app.letters_about("Your password was reset").await.len()), (1, 1));
}

#[tokio::test]
async fn i03_the_forms_of_a_link_are_of_its_own_browser_and_purpose() {
    let (app, client, _) = ground().await;
    let mut browser = Browser::new(&app);
    let form = form(&app, &mut browser, &client).await;
    let hidden = form.hidden();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").expect("a token").1.as_str();
    let mut stranger = Browser::new(&app);
    let answer = stranger.post(&app.url("/recovery/link"), &[("csrf", csrf), ("password", NEW)]).await;
    assert_eq!(answer.status, 400, "no link in this browser");
    let answer = browser.post(&app.url("/recovery/link"), &[("csrf", "AAAA"), ("password", NEW)]).await;
    assert_eq!(answer.status, 403);
    // The secret of one purpose opens no other.
    let token = browser.cookies.iter().find(|(name, _)| name.ends_with("recovery")).expect("a cookie").1.clone();
    for path in ["/sign-up/link", "/new-address", "/not-me", "/invitation"] {
        let page = Browser::new(&app).open(&app.url(&format!("{path}?token={token}"))).await;
        assert_eq!(page.status, 400, "{path}");
    }
    user_access::set_password(&app.cx(), &Actor::CommandLine, ALICE, Sensitive::new("by an administrator"), false)
        .await
        .expect("no fault")
        .expect("done");
    let answer = browser.submit_once(&form, &[("password", NEW)]).await;
    assert_eq!(answer.status, 400, "j12: another change of password voids it");
}
