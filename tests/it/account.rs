//! The pages on which people look after their own account: the door (security cases N01, N08, I04, K04), every form, and what
//! each of them does and does not.

use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::attribute::{self, AttributeDocument};
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::flow::sign_in::browser::form_token;
use vouchsafe::http::account::ROUTES;
use vouchsafe::http::own_app::Proof;
use vouchsafe::http::routes::{Access, Method, Route};
use vouchsafe::identity::attribute::AttributeKind;
use vouchsafe::identity::{AccountRule, User};
use vouchsafe::secret::totp;
use vouchsafe::time::Lifetime;

use crate::second_factor::decoded;
use crate::support::browser::encode;
use crate::support::ground::TABLES;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Page, TestApp};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const COOKIE: &str = "vouchsafe_account";
const PNG: &[u8] = include_bytes!("../images/logo.png");
const NEW: &str = "another long password";

fn address(app: &TestApp, route: &Route) -> String {
    app.url(&route.path.replace("{id}", "x"))
}

fn proof(route: &Route) -> Option<Proof> {
    match route.access {
        Access::AccountPage(proof) | Access::AccountForm(proof) | Access::AccountUpload(proof) => Some(proof),
        _ => None,
    }
}

fn counts(app: &TestApp) -> Vec<(&'static str, i64)> {
    TABLES.iter().filter(|t| !["traces", "events"].contains(*t)).map(|table| (*table, app.rows(table))).collect()
}

fn is_outside(page: &Page) -> bool {
    let leads_away = page.location.as_deref().is_some_and(|to| to.contains("/account/login?to="));
    (leads_away || page.status == 403) && !page.body.contains("class=\"console")
}

/// The token of the form that goes there, as our page would have it.
fn csrf(app: &TestApp, browser: &Browser, path: &str) -> String {
    form_token(&app.cx(), browser.cookies.get(COOKIE).expect("a session"), "account", path)
}

/// Sends a form of the account pages, as our page would have it.
pub async fn send(app: &TestApp, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let token = csrf(app, browser, path);
    let fields = [fields, &[("csrf", token.as_str())]].concat();
    browser.post(&app.url(path), &fields).await
}

async fn upload(app: &TestApp, browser: &mut Browser, file: &[u8]) -> Page {
    let url = app.url("/account/profile/picture");
    let token = csrf(app, browser, "/account/profile/picture");
    let head = format!(
        "--xx\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--xx\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--xx--\r\n"].concat();
    let request = app.http.post(&url).header("content-type", "multipart/form-data; boundary=xx");
    browser.send(request.header("sec-fetch-site", "same-origin").body(body), &url).await
}

async fn entered(app: &TestApp, email: &str) -> Browser {
    let mut browser = Browser::new(app);
    let page = app.enter(&mut browser, email, "/account").await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

/// An authenticator app, set up on the pages.
async fn with_app(app: &TestApp, browser: &mut Browser) -> (Vec<u8>, Page) {
    let page = browser.open(&app.url("/account/factors/app")).await;
    let secret = decoded(page.body.split("id=\"secret\">").nth(1).and_then(|t| t.split('<').next()).expect("a secret"));
    let enrolment = page.hidden().into_iter().find(|(name, _)| name == "enrolment").expect("sealed").1;
    let code = totp::code_at(&secret, app.cx().now);
    let done = send(app, browser, "/account/factors/app", &[("enrolment", &enrolment), ("code", &code)]).await;
    app.pass(Lifetime::from_seconds(30));
    (secret, done)
}

#[tokio::test]
async fn a_person_of_no_role_signs_in_to_their_account_and_out_again() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ALICE, "/account/sessions?x=1").await;
    assert!(page.status == 200 && page.url.ends_with("/account/sessions?x=1"), "{} {}", page.url, page.body);
    assert!(
        !browser.cookies.contains_key("vouchsafe_account_trip") && !browser.cookies.contains_key("vouchsafe_console")
    );
    assert_eq!(app.lines("SELECT app AS line FROM own_sessions"), ["account"]);
    let home = browser.get(&app.url("/")).await;
    assert!(home.has("account"), "{}", home.body);
    // The one cookie opens nothing of the other app.
    let mut thief = Browser::new(&app);
    thief.cookies.insert("vouchsafe_console".to_owned(), browser.cookies[COOKIE].clone());
    assert!(thief.get(&app.url("/admin")).await.location.is_some_and(|to| to.contains("/admin/login")));
    let mut stranger = browser.clone();
    let out = send(&app, &mut browser, "/account/logout", &[]).await;
    assert!(out.location.as_deref().is_some_and(|to| to.ends_with("/logout")), "{out:?}");
    assert!(is_outside(&stranger.get(&app.url("/account")).await), "the old cookie is worth nothing");
}

#[tokio::test]
async fn n01_every_account_page_and_form_wants_a_session_of_its_own() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    let mut stranger = Browser::new(&app);
    let mut expired = entered(&app, ALICE).await;
    app.pass(Lifetime::from_days(2));
    let mut ended = entered(&app, ALICE).await;
    let now = app.cx().now;
    let id = alice.id.clone();
    app.write(move |c| vouchsafe::store::sessions::end_all_of_user(c, &id, None, now)).await;
    let before = counts(&app);
    let guarded: Vec<&Route> = ROUTES.iter().filter(|route| proof(route).is_some()).collect();
    assert_eq!(guarded.len() + 2, ROUTES.len(), "only the sign-in wants nothing");
    for route in guarded {
        assert_eq!(route.access.is_own_form(), route.method == Method::Post, "{}", route.path);
        for browser in [&mut stranger, &mut expired, &mut ended] {
            let page = match route.method {
                Method::Get => browser.get(&address(&app, route)).await,
                _ => browser.post(&address(&app, route), &[("csrf", "AAAA")]).await,
            };
            assert!(is_outside(&page), "{} {}", route.path, page.body);
        }
    }
    assert_eq!(counts(&app), before, "nothing was written");
}

#[tokio::test]
async fn i13_no_spelling_of_a_path_goes_past_the_door() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    app.pass(Lifetime::from_minutes(6));
    let mut stranger = Browser::new(&app);
    for path in [
        "//account",
        "/account;x",
        "/x/..;/account",
        "/%61ccount",
        "/account%2f",
        "/ACCOUNT",
        "/account/",
        "/account//data",
        "/account/./data",
        "/account/../account/data",
        "/account/data;x",
        "/account/%64ata",
        "/account/factors/%61pp",
        "/account/factors/app;x",
        "/account/factors/app/",
        "/account/factors//app",
    ] {
        let page = stranger.get(&format!("{}{path}", app.origin)).await;
        assert!(page.status == 404 || is_outside(&page), "{path}: {} {}", page.status, page.body);
        let stale = browser.get(&format!("{}{path}", app.origin)).await;
        assert!(!stale.has("secret"), "{path}: what wants a fresh proof is not shown without");
    }
}

#[tokio::test]
async fn k04_half_a_sign_in_opens_no_account_page() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut owner = entered(&app, ALICE).await;
    with_app(&app, &mut owner).await;
    let mut half = Browser::new(&app);
    let page = half.open(&app.url("/account")).await;
    let page = half.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("code"), "{}", page.body);
    for route in ROUTES.iter().filter(|route| proof(route).is_some() && route.method == Method::Get) {
        assert!(is_outside(&half.get(&address(&app, route)).await), "{}", route.path);
    }
}

#[tokio::test]
async fn i04_every_form_of_the_account_pages_must_be_ours() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    let other_form = csrf(&app, &browser, "/account/nothing");
    let console = form_token(&app.cx(), &browser.cookies[COOKIE], "console", "/account/sessions/end-others");
    let before = counts(&app);
    for route in ROUTES.iter().filter(|route| route.access.is_own_form()) {
        let url = address(&app, route);
        for token in ["", "AAAA", other_form.as_str(), console.as_str()] {
            assert_eq!(browser.post(&url, &[("csrf", token)]).await.status, 403, "{} with {token:?}", route.path);
        }
        let body = encode(&[("csrf", &csrf(&app, &browser, route.path))]);
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")] {
            let request = app.http.post(&url).header("content-type", "application/x-www-form-urlencoded");
            let page = browser.clone().send(request.header(name, value).body(body.clone()), &url).await;
            assert_eq!(page.status, 403, "{} {name}: {value}", route.path);
        }
    }
    assert_eq!(counts(&app), before, "nothing was written");
    assert_eq!(browser.get(&app.url("/account")).await.status, 200, "and nobody was signed out");
}

#[tokio::test]
async fn n08_what_counts_wants_a_fresh_proof_and_what_was_typed_comes_back() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    app.pass(Lifetime::from_minutes(6));
    let fresh: Vec<&Route> = ROUTES.iter().filter(|r| proof(r) == Some(Proof::Fresh)).collect();
    assert!(fresh.len() > 4);
    for route in fresh {
        let to = match route.method {
            Method::Get => browser.get(&address(&app, route)).await.location,
            _ => send(&app, &mut browser, &route.path.replace("{id}", "x"), &[("confirm", ALICE)]).await.location,
        };
        assert!(
            to.as_deref().is_some_and(|to| to.contains("/account/login?to=") && to.ends_with("&ask=proof")),
            "{to:?}"
        );
    }
    assert_eq!(app.rows("users"), 1, "the account was not deleted");
    let page = browser.open(&app.url("/account/factors/app")).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert_eq!(page.goes_on_to().as_deref(), Some("/account/factors/app"));
    assert_eq!(browser.get(&app.url("/account/factors/app")).await.status, 200);
}

#[tokio::test]
async fn a_long_form_that_had_to_wait_for_a_proof_is_filled_in_again() {
    let app = TestApp::start().await;
    app.administrator("root@example.com", "owner").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, "root@example.com", "/admin").await;
    app.pass(Lifetime::from_minutes(6));
    let long = "Reads people and ends sessions. ".repeat(40);
    let token = form_token(&app.cx(), &browser.cookies["vouchsafe_console"], "console", "/admin/roles/new");
    let fields = [("name", "desk"), ("description", long.as_str()), ("csrf", &token)];
    let sent = browser.post(&app.url("/admin/roles/new"), &fields).await;
    let page = browser.open(&format!("{}{}", app.origin, sent.location.expect("to the proof"))).await;
    let page = browser.submit(&page, &[("login", "root@example.com"), ("password", PASSWORD)]).await;
    let page = browser.open(&format!("{}{}", app.origin, page.goes_on_to().expect("on"))).await;
    assert!(page.body.contains(long.trim_end()), "{}", page.body);
}

#[tokio::test]
async fn j12_j13_a_new_password_ends_everything_but_goes_on_here_under_new_tokens() {
    let mail = [("VOUCHSAFE_MAIL_HOST", "mail.invalid"), ("VOUCHSAFE_MAIL_FROM", "no-reply@acme.test")];
    let app = TestApp::start_with(&mail).await;
    app.person(ALICE).await;
    let client = app.web("wiki").await;
    let tokens = app.tokens(&mut Browser::new(&app), &client, ALICE, &[]).await;
    let other = entered(&app, ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    let before = browser.clone();
    let change = |old: &'static str, new: &'static str| [("old_password", old), ("password", new)];
    for (fields, error) in [
        (change("wrong", NEW), "password-old_password-error"),
        (change(PASSWORD, "short"), "password-password-error"),
        (change(PASSWORD, ALICE), "password-password-error"),
        (change(PASSWORD, PASSWORD), "password-password-error"),
    ] {
        let page = send(&app, &mut browser, "/account/password", &fields).await;
        assert!(page.status == 422 && page.has(error), "{fields:?}: {} {}", page.status, page.body);
        assert!(!page.body.contains(NEW), "no password is shown");
    }
    let done = send(&app, &mut browser, "/account/password", &change(PASSWORD, NEW)).await;
    assert_eq!(done.location.as_deref(), Some("/account/password"), "{}", done.body);
    assert_eq!(browser.get(&app.url("/account")).await.status, 200, "it goes on here");
    for name in [COOKIE, "vouchsafe_session"] {
        assert_ne!(browser.cookies.get(name), before.cookies.get(name), "{name}");
    }
    for old in [before, other] {
        assert!(is_outside(&old.clone().get(&app.url("/account")).await), "and nowhere else");
        assert!(old.clone().open(&app.url("/account")).await.has("password"));
    }
    assert_eq!(app.refresh(&client, &tokens.refresh).await.status, 400);
    assert!(!app.is_active(&client, &tokens.access).await);
    let page = browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await;
    assert!(
        page.location.as_deref().is_some_and(|to| to.contains("code=")),
        "the session at the provider lives: {page:?}"
    );
    assert!(app.events().await.iter().any(|e| e.starts_with("password_changed")));
    let letters = app.lines("SELECT subject AS line FROM outbox");
    assert_eq!(letters.iter().filter(|subject| subject.contains("password")).count(), 1, "{letters:?}");
}

#[tokio::test]
async fn wrong_old_passwords_are_counted_like_any_others() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    let wrong = [("old_password", "wrong"), ("password", NEW)];
    let mut last = String::new();
    for _ in 0..60 {
        last = send(&app, &mut browser, "/account/password", &wrong).await.body;
    }
    assert!(last.contains("Too many attempts"), "{last}");
    let right = [("old_password", PASSWORD), ("password", NEW)];
    assert_eq!(send(&app, &mut browser, "/account/password", &right).await.status, 422, "even with the right one");
}

#[tokio::test]
async fn people_end_their_own_sessions_and_nobody_elses() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.person(ALICE).await, app.person(BOB).await);
    let mut browser = entered(&app, ALICE).await;
    let (other, third, bobs) = (entered(&app, ALICE).await, entered(&app, ALICE).await, entered(&app, BOB).await);
    let is_in = async |browser: &Browser| browser.clone().get(&app.url("/account")).await.status == 200;
    let of = |user: &User, except: &str| {
        let sql = format!(
            "SELECT id AS line FROM sessions WHERE user_id = '{}' AND id <> '{except}' ORDER BY created_at",
            user.id
        );
        app.lines(&sql)
    };
    let page = browser.get(&app.url("/account/sessions")).await;
    assert!(
        page.body.contains("this one") && page.body.matches("/account/sessions/end\"").count() == 2,
        "{}",
        page.body
    );
    let foreign = of(&bob, "").remove(0);
    send(&app, &mut browser, "/account/sessions/end", &[("session", &foreign)]).await;
    assert!(is_in(&bobs).await, "n03: another person's session stays");
    let own =
        page.body.split("name=\"session\" value=\"").nth(1).and_then(|t| t.split('"').next()).expect("one").to_owned();
    send(&app, &mut browser, "/account/sessions/end", &[("session", &own)]).await;
    let left = [is_in(&other).await, is_in(&third).await];
    assert_eq!(left.iter().filter(|is| **is).count(), 1, "{left:?}");
    assert!(!of(&alice, &own).is_empty());
    send(&app, &mut browser, "/account/sessions/end-others", &[]).await;
    assert!(is_in(&browser).await && is_in(&bobs).await && !is_in(&other).await && !is_in(&third).await);
}

#[tokio::test]
async fn an_app_is_shown_in_words_and_disconnected_with_its_tokens() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    app.person(BOB).await;
    let client = app.web("wiki").await;
    let scope = [("scope", "openid email offline_access")];
    let tokens = app.tokens(&mut Browser::new(&app), &client, ALICE, &scope).await;
    let bobs = app.tokens(&mut Browser::new(&app), &client, BOB, &scope).await;
    let mut browser = entered(&app, ALICE).await;
    let page = browser.get(&app.url("/account/apps")).await;
    for words in ["See your e-mail address", "Go on while you are away", "Disconnect"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("vouchsafe-account"), "our own pages are no app");
    send(&app, &mut browser, "/account/apps/disconnect", &[("client", "wiki")]).await;
    assert!(!app.is_active(&client, &tokens.access).await && app.is_active(&client, &bobs.access).await);
    assert_eq!(app.refresh(&client, &tokens.refresh).await.status, 400);
    assert!(browser.get(&app.url("/account/apps")).await.body.contains("No app is connected"));
    let sent = send(&app, &mut browser, "/account/apps/disconnect", &[("client", "vouchsafe-account")]).await;
    assert_eq!((sent.status, browser.get(&app.url("/account")).await.status), (303, 200));
}

#[tokio::test]
async fn l13_a_profile_takes_what_is_the_persons_to_write_and_nothing_else() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    for (name, self_editable) in [("floor", true), ("salary", false)] {
        let document = AttributeDocument {
            name: name.to_owned(),
            title: name.to_owned(),
            kind: AttributeKind::Number,
            // Alice was there before: that she lacks what she may not write keeps her from nothing.
            required: true,
            self_editable,
        };
        attribute::create(&app.cx(), &Actor::CommandLine, document).await.expect("no fault").expect("defined");
    }
    let mut browser = entered(&app, ALICE).await;
    let page = browser.get(&app.url("/account/profile")).await;
    assert!(page.has("profile-own_floor") && !page.body.contains("salary"), "{}", page.body);
    let fields = [
        ("name", "Ada L."),
        ("locale", "de-CH"),
        ("own_floor", "3"),
        ("version", "1"),
        ("own_salary", "1"),
        ("salary", "1"),
        ("email", "evil@example.com"),
        ("role", "owner"),
        ("groups", "admins"),
        ("email_verified", "true"),
        ("picture", "https://x.test/"),
    ];
    let done = send(&app, &mut browser, "/account/profile", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let view = user::find(&app.cx(), &Actor::CommandLine, ALICE).await.unwrap().unwrap();
    let document = view.document;
    assert_eq!((document.name.as_deref(), document.locale.as_deref()), (Some("Ada L."), Some("de-CH")));
    assert_eq!(serde_json::json!(document.attributes), serde_json::json!({ "floor": 3 }));
    assert_eq!((document.role.as_str(), document.groups.len(), document.picture), ("person", 0, None));
    assert_eq!(view.id, alice.id.as_str());
    let stale = send(&app, &mut browser, "/account/profile", &fields).await;
    assert!(stale.status == 409 && stale.body.contains("Something changed"), "{} {}", stale.status, stale.body);
    let bad = send(&app, &mut browser, "/account/profile", &[("name", "a\u{202e}b"), ("own_floor", "three")]).await;
    assert_eq!(bad.status, 422, "{}", bad.body);
}

#[tokio::test]
async fn a_picture_is_drawn_anew_served_under_a_name_and_told_to_apps() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let client = app.web("wiki").await;
    let mut browser = entered(&app, ALICE).await;
    for (what, file) in [
        ("nothing", b"".to_vec()),
        ("an SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("a cut PNG", PNG[..PNG.len() / 2].to_vec()),
        ("6 MiB", vec![0; 6 * 1_048_576]),
    ] {
        let page = upload(&app, &mut browser, &file).await;
        assert!(page.status == 422 && page.has("picture-file-error"), "{what}: {} {}", page.status, page.body);
    }
    assert_eq!(app.rows("pictures"), 0);
    assert_eq!(upload(&app, &mut browser, PNG).await.status, 303);
    let scope = [("scope", "openid profile")];
    let tokens = app.tokens(&mut Browser::new(&app), &client, ALICE, &scope).await;
    let told = app.userinfo(&tokens.access).await.json()["picture"].as_str().expect("a picture").to_owned();
    assert!(told.starts_with(&format!("{}/pictures/", app.issuer)), "{told}");
    let page = app.send(app.http.get(&told)).await;
    assert_eq!(page.status, 200);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(page.header(name), value);
    }
    assert!(
        ["image/png", "image/jpeg"].contains(&page.header("content-type")) && page.headers.get("set-cookie").is_none()
    );
    assert_eq!(app.send(app.http.get(app.url("/pictures/guess"))).await.status, 404);
    upload(&app, &mut browser, PNG).await;
    assert_eq!(app.send(app.http.get(&told)).await.status, 404, "another picture has another name");
    send(&app, &mut browser, "/account/profile/picture/remove", &[]).await;
    assert!(app.userinfo(&tokens.access).await.json().get("picture").is_none());
    assert_eq!(app.rows("pictures"), 0);
}

#[tokio::test]
async fn k06_a_factor_is_added_with_a_fresh_proof_and_taken_away_with_an_equal_one() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    let bob = app.person(BOB).await;
    let mut browser = entered(&app, ALICE).await;
    let page = browser.get(&app.url("/account/factors")).await;
    assert!(page.body.contains("Nothing but your password"), "{}", page.body);
    let (_, shown) = with_app(&app, &mut browser).await;
    assert!(shown.status == 200 && shown.has("codes"), "{} {}", shown.status, shown.body);
    let own = factors::of(&app.cx(), &alice.id).await.unwrap();
    assert_eq!((own.factors.len(), own.codes_left), (1, 10));
    let path = format!("/account/factors/{}", own.factors[0].id.0);
    let renamed = send(&app, &mut browser, &path, &[("name", "My phone")]).await;
    assert_eq!(renamed.status, 303, "{}", renamed.body);
    assert_eq!(send(&app, &mut browser, &path, &[("name", "")]).await.status, 422);
    // The proof is fresh, and made with the password alone.
    for (action, fields) in [(format!("{path}/remove"), &[][..]), ("/account/factors/recovery-codes".to_owned(), &[])] {
        let asked = send(&app, &mut browser, &action, fields).await;
        assert!(asked.location.as_deref().is_some_and(|to| to.ends_with("&ask=mfa")), "{action}: {asked:?}");
    }
    let mut other = entered(&app, BOB).await;
    assert_eq!(send(&app, &mut other, &format!("{path}/remove"), &[]).await.status, 404, "n03: nobody else's");
    assert_eq!(factors::of(&app.cx(), &alice.id).await.unwrap().factors.len(), 1);
    let secret = vouchsafe::flow::account::factors::opened(&app.cx(), &own.factors[0]).expect("it opens");
    app.pass(Lifetime::from_seconds(30));
    let page = browser.open(&app.url("/account/login?ask=proof&to=%2Faccount%2Ffactors")).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let page = browser.submit(&page, &[("code", &totp::code_at(&secret, app.cx().now))]).await;
    assert!(page.goes_on_to().is_some(), "{}", page.body);
    browser.open(&app.url("/account/factors")).await;
    let fresh = send(&app, &mut browser, "/account/factors/recovery-codes", &[]).await;
    assert!(fresh.status == 200 && fresh.has("codes"), "{} {}", fresh.status, fresh.body);
    let gone = send(&app, &mut browser, &format!("{path}/remove"), &[]).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    let own = factors::of(&app.cx(), &alice.id).await.unwrap();
    assert_eq!((own.factors.len(), own.codes_left), (0, 0));
    assert!(factors::of(&app.cx(), &bob.id).await.unwrap().factors.is_empty());
    assert_eq!(send(&app, &mut browser, "/account/factors/recovery-codes", &[]).await.status, 303);
}

#[tokio::test]
async fn k07_a_wrong_code_sets_nothing_up_and_shows_the_same_secret_again() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    let page = browser.open(&app.url("/account/factors/app")).await;
    let enrolment = page.hidden().into_iter().find(|(name, _)| name == "enrolment").expect("sealed").1;
    let again =
        send(&app, &mut browser, "/account/factors/app", &[("enrolment", &enrolment), ("code", "000000")]).await;
    assert!(again.status == 422 && again.has("problem-code"), "{} {}", again.status, again.body);
    let secret = |page: &Page| page.body.split("id=\"secret\">").nth(1).map(|t| t[..40].to_owned());
    assert_eq!(secret(&again), secret(&page));
    assert!(factors::of(&app.cx(), &alice.id).await.unwrap().factors.is_empty());
    // Another session's page is none of this one.
    let mut other = entered(&app, ALICE).await;
    let code = totp::code_at(
        &decoded(page.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap()),
        app.cx().now,
    );
    let moved = send(&app, &mut other, "/account/factors/app", &[("enrolment", &enrolment), ("code", &code)]).await;
    assert_eq!(moved.status, 303);
    assert!(factors::of(&app.cx(), &alice.id).await.unwrap().factors.is_empty());
}

#[tokio::test]
async fn what_happened_is_told_in_words_page_by_page_and_to_nobody_else() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    app.person(BOB).await;
    let mut stranger = Browser::new(&app);
    let page = stranger.open(&app.url("/account")).await;
    stranger.submit(&page, &[("login", ALICE), ("password", "wrong")]).await;
    let mut browser = entered(&app, ALICE).await;
    for n in 0..60 {
        let (cx, id) = (app.cx(), alice.id.clone());
        factors::renew_recovery_codes(&cx, &User { id, ..alice.clone() }).await.unwrap_or_else(|_| panic!("{n}"));
    }
    let first = browser.get(&app.url("/account/activity")).await;
    assert!(first.body.contains("New recovery codes were made") && !first.body.contains("refused"), "{}", first.body);
    let next = first.body.split("id=\"next-page\" href=\"").nth(1).and_then(|t| t.split('"').next()).expect("more");
    let second = browser.get(&format!("{}{}", app.origin, next.replace("&amp;", "&").replace("&#38;", "&"))).await;
    assert!(second.body.contains("A sign-in was refused") && second.body.contains("You signed in"), "{}", second.body);
    let mut bob = entered(&app, BOB).await;
    let cursor = next.split("after=").nth(1).expect("a cursor");
    let bobs = bob.get(&app.url(&format!("/account/activity?after={cursor}"))).await;
    assert!(
        !bobs.body.contains("recovery codes were made"),
        "a cursor of another list shows nothing of it: {}",
        bobs.body
    );
}

#[tokio::test]
async fn everything_stored_is_handed_out_without_secrets() {
    let app = TestApp::start().await;
    let alice = app.person(ALICE).await;
    app.person(BOB).await;
    let client = app.web("wiki").await;
    app.tokens(&mut Browser::new(&app), &client, ALICE, &[]).await;
    let mut browser = entered(&app, ALICE).await;
    with_app(&app, &mut browser).await;
    upload(&app, &mut browser, PNG).await;
    let page = send(&app, &mut browser, "/account/data/download", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"my-account.json\"");
    let data = page.json();
    assert_eq!((&data["account"]["email"], &data["account"]["id"]), (&ALICE.into(), &alice.id.as_str().into()));
    assert_eq!(data["second_factors"]["list"][0]["kind"], "totp");
    assert!(data["picture"]["base64"].is_string());
    assert!(
        data["grants"].as_array().is_some_and(|all| all.iter().any(|grant| grant["client_id"] == "wiki")),
        "{data}"
    );
    assert!(data["history"].as_array().is_some_and(|all| all.len() >= 3), "{data}");
    let text = page.body.as_str();
    assert!(!text.contains(BOB) && !text.contains("$argon2") && !text.contains("hash"), "{text}");
    let hex = |column: &str| match std::env::var("IT_ENGINE").as_deref() {
        Ok("postgres") => format!("upper(encode({column}, 'hex'))"),
        _ => format!("hex({column})"),
    };
    for sql in [
        "SELECT phc AS line FROM passwords".to_owned(),
        format!("SELECT {} AS line FROM sessions", hex("token_hash")),
        format!("SELECT {} AS line FROM factors", hex("data")),
    ] {
        assert!(app.lines(&sql).iter().all(|secret| !text.contains(secret.as_str())), "{sql}");
    }
}

/// Where each table that names people stands in the download, or why not.
const TOLD: &[(&str, Result<&str, &str>)] = &[
    ("accepted_terms", Ok("accepted_terms")),
    ("account_links", Ok("links_in_letters")),
    ("codes", Err("good for a minute; what they lead to is told as grants")),
    ("consents", Ok("consents")),
    ("devices", Ok("known_devices")),
    ("events", Ok("history")),
    ("factors", Ok("second_factors")),
    ("grants", Ok("grants")),
    ("group_members", Ok("account")),
    ("invitations", Err("whoever has one has no account to look at yet")),
    ("link_requests", Err("gone as soon as the letter is written")),
    ("mail_codes", Err("a hash, good for ten minutes")),
    ("own_sessions", Err("pages of ours, of a session that is told")),
    ("passwords", Ok("account")),
    ("pictures", Ok("picture")),
    ("recovery_codes", Ok("second_factors")),
    ("sessions", Ok("sessions")),
    ("traces", Err("steps of requests, kept for days for whoever runs the service; what came of them is the history")),
    ("upstream_identities", Ok("signed_in_through_others")),
    ("user_terms", Err("words of name and address, to search by")),
];

#[tokio::test]
async fn every_table_that_names_people_is_in_the_download_or_says_why_not() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    let data = send(&app, &mut browser, "/account/data/download", &[]).await.json();
    let told = data.as_object().expect("an object");
    for (table, place) in TOLD {
        assert!(
            place.err().is_some_and(|why| why.len() > 20) || place.is_ok_and(|place| told.contains_key(place)),
            "{table}"
        );
    }
    let sql = match std::env::var("IT_ENGINE").as_deref() {
        Ok("postgres") => {
            "SELECT CAST(table_name AS TEXT) AS line FROM information_schema.columns WHERE column_name = 'user_id' \
             AND table_schema = 'public' ORDER BY table_name COLLATE \"C\""
        }
        _ => {
            "SELECT m.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) p ON p.name = 'user_id' \
             WHERE m.type = 'table' ORDER BY m.name"
        }
    };
    let known: Vec<&str> = TOLD.iter().map(|(table, _)| *table).collect();
    assert_eq!(app.lines(sql), known, "a table that names people is not among those above");
}

#[tokio::test]
async fn i15_no_parameter_that_leads_somewhere_leads_off_our_origin() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    for hostile in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "javascript:alert(1)",
        "/%2f/evil.example",
        "/account/../..//evil.example",
        "/account\t//evil.example",
        "/account@evil.example",
        "https:evil.example",
        "/account//evil.example",
        "%2f%2fevil.example",
    ] {
        let value: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        for path in [
            format!("/account/login?to={value}"),
            format!("/account/login?ask=proof&to={value}"),
            format!("/admin/login?to={value}"),
            format!("/login?request={value}"),
            format!("/sign-up?request={value}"),
            format!("/recovery?request={value}"),
            format!("/logout?post_logout_redirect_uri={value}"),
        ] {
            let page = browser.open(&app.url(&path)).await;
            stays(&app, page.location.as_deref(), &path);
            let shown = page.body.replace("&#47;", "/");
            assert!(!shown.contains("href=\"//evil") && !shown.contains("href=\"https://evil"), "{path}: {shown}");
        }
        let page = browser.post(&app.url("/language"), &[("again", hostile), ("language", "en")]).await;
        stays(&app, page.location.as_deref(), hostile);
    }
}

/// A way that a browser which follows it stays here.
fn stays(app: &TestApp, location: Option<&str>, asked: &str) {
    let Some(location) = location else { return };
    let here = url::Url::parse(&app.url("/")).expect("our address");
    let there = here.join(location).expect("an address");
    assert_eq!(there.origin(), here.origin(), "{asked} leads to {location}");
}

#[tokio::test]
async fn an_account_is_deleted_by_its_owner_with_everything_that_hangs_on_it() {
    let mail = [("VOUCHSAFE_MAIL_HOST", "mail.invalid"), ("VOUCHSAFE_MAIL_FROM", "no-reply@acme.test")];
    let app = TestApp::start_with(&mail).await;
    app.person(ALICE).await;
    app.person(BOB).await;
    let client = app.web("wiki").await;
    let tokens = app.tokens(&mut Browser::new(&app), &client, ALICE, &[]).await;
    let mut browser = entered(&app, ALICE).await;
    upload(&app, &mut browser, PNG).await;
    let page = browser.get(&app.url("/account/data")).await;
    assert!(page.has("delete-submit"), "{}", page.body);
    let mistyped = send(&app, &mut browser, "/account/data/delete", &[("confirm", BOB)]).await;
    assert!(mistyped.status == 422 && mistyped.has("delete-confirm-error"), "{}", mistyped.body);
    let off = SettingsDocument { accounts: AccountRule { people_may_delete: false }, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, off, None).await.unwrap().unwrap();
    let page = browser.get(&app.url("/account/data")).await;
    assert!(!page.has("delete-submit") && page.body.contains("by an administrator only"), "{}", page.body);
    assert_eq!(send(&app, &mut browser, "/account/data/delete", &[("confirm", ALICE)]).await.status, 403);
    settings::replace(&app.cx(), &Actor::CommandLine, SettingsDocument::default(), None).await.unwrap().unwrap();
    let gone = send(&app, &mut browser, "/account/data/delete", &[("confirm", ALICE)]).await;
    assert!(gone.status == 200 && gone.body.contains("Your account is deleted"), "{} {}", gone.status, gone.body);
    assert_eq!(app.lines("SELECT email AS line FROM users"), [BOB]);
    assert_eq!((app.rows("pictures"), app.rows("grants"), app.rows("own_sessions")), (0, 0, 0));
    assert!(!app.is_active(&client, &tokens.access).await);
    let letters = app.lines("SELECT subject || ' ' || recipient AS line FROM outbox");
    assert!(letters.contains(&format!("Your account is deleted {ALICE}")), "{letters:?}");
    let kept = app.lines("SELECT detail AS line FROM events WHERE kind = 'user_removed'");
    assert!(kept.len() == 1 && !kept[0].contains("alice"), "{kept:?}");
    assert!(is_outside(&browser.get(&app.url("/account")).await));
}

#[tokio::test]
async fn the_last_owner_cannot_delete_themselves() {
    let app = TestApp::start().await;
    app.administrator("root@example.com", "owner").await;
    let mut browser = entered(&app, "root@example.com").await;
    let kept = send(&app, &mut browser, "/account/data/delete", &[("confirm", "root@example.com")]).await;
    assert!(kept.status == 409 && kept.body.contains("the only owner"), "{} {}", kept.status, kept.body);
    assert_eq!(app.rows("users"), 1);
}

#[tokio::test]
async fn the_account_pages_speak_german_too() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    for route in ROUTES.iter().filter(|r| r.method == Method::Get && proof(r).is_some() && !r.path.contains('{')) {
        let request = app.http.get(address(&app, route)).header("accept-language", "de");
        let page = browser.send(request, route.path).await;
        assert!(page.status == 200 && page.body.contains("<html lang=\"de\""), "{}", route.path);
        assert!(page.body.contains("Abmelden") && !page.body.contains("Sign out"), "{}: {}", route.path, page.body);
    }
}

#[tokio::test]
async fn an_unknown_browser_and_a_missing_factor_need_attention() {
    let app = TestApp::start().await;
    app.person(ALICE).await;
    let mut browser = entered(&app, ALICE).await;
    let page = browser.get(&app.url("/account")).await;
    assert!(page.body.contains("Only your password protects") && !page.body.contains("Was it you"), "{}", page.body);
    app.pass(Lifetime::from_hours(2));
    let mut other = entered(&app, ALICE).await;
    let page = other.get(&app.url("/account")).await;
    assert!(page.body.contains("Was it you"), "{}", page.body);
    with_app(&app, &mut other).await;
    let page = other.get(&app.url("/account")).await;
    assert!(!page.body.contains("Only your password protects"), "{}", page.body);
}
