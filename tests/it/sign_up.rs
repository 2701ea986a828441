//! Making an account: from the address through the letter to the session, and everything that must not tell who has one
//! (security cases I03, I15, J03, J07, J11, J13, L07, L08, L12).

use std::time::{Duration, Instant};

use vouchsafe::flow::account::links;
use vouchsafe::flow::admin::settings::{self, SettingsDocument};
use vouchsafe::flow::admin::user_document::UserDocument;
use vouchsafe::flow::admin::{Actor, user};
use vouchsafe::identity::{Email, SignUpMode, SignUpRule, User};
use vouchsafe::store::{accepted_terms, users};
use vouchsafe::time::Lifetime;

use crate::support::letters::link;
use crate::support::relying_party::{PASSWORD, claims};
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
const NEW: &str = "new@example.com";
const OWN: &str = "a password of her own";
const CONFIRM: &str = "Confirm your address";
const KNOWN: &str = "You have an account already";

/// Everybody may.
pub fn open() -> SignUpRule {
    SignUpRule { mode: SignUpMode::Open, ..SignUpRule::default() }
}

pub async fn rule(app: &TestApp, sign_up: SignUpRule) {
    let document = SettingsDocument { sign_up, ..SettingsDocument::default() };
    settings::replace(&app.cx(), &Actor::CommandLine, document, None).await.expect("no fault").expect("saved");
}

/// Writes what was asked for.
pub async fn post(app: &TestApp) -> usize {
    links::write(&app.app.parts, app.clock.now()).await.expect("letters are written")
}

async fn ground(sign_up: SignUpRule) -> (TestApp, Client) {
    let app = TestApp::with_mail(&[]).await;
    let client = app.web("c1").await;
    rule(&app, sign_up).await;
    (app, client)
}

/// From the sign-in page to the page that says where the letter went.
async fn ask(app: &TestApp, browser: &mut Browser, client: &Client, email: &str) -> Page {
    let page = browser.open(&app.authorize_url(client, &[("prompt", "create")])).await;
    assert!(page.has("email") && page.action().ends_with("/sign-up"), "{}", page.body);
    browser.submit_once(&page, &[("email", email)]).await
}

/// The link of the last letter to this address.
pub async fn link_to(app: &TestApp, subject: &str, email: &str) -> String {
    post(app).await;
    let letters = app.letters_about(subject).await;
    link(letters.iter().rfind(|letter| letter.to == email).unwrap_or_else(|| panic!("no letter to {email}")))
}

async fn person(app: &TestApp, email: &str) -> Option<User> {
    let key = Email::parse(email).expect("an address").key().to_owned();
    app.write(move |c| users::find_by_email_key(c, &key)).await
}

fn has_session(browser: &Browser) -> bool {
    browser.cookies.keys().any(|name| name.ends_with("session"))
}

#[tokio::test]
async fn an_account_is_made_from_an_app_and_goes_on_with_its_request() {
    let (app, client) = ground(SignUpRule { asks_name: true, ..open() }).await;
    let mut browser = Browser::new(&app);
    let login = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(login.has("sign-up") && login.has("forgot"), "{}", login.body);
    let sent = ask(&app, &mut browser, &client, NEW).await;
    assert!(sent.status == 200 && sent.has("sent") && !has_session(&browser), "{}", sent.body);
    assert!(person(&app, NEW).await.is_none(), "there is no account that nobody confirmed");
    let address = link_to(&app, CONFIRM, NEW).await;
    // J11: who only looks uses nothing up.
    for _ in 0..2 {
        let mut scanner = Browser::new(&app);
        scanner.send(app.http.head(&address), &address).await;
        assert!(scanner.open(&address).await.has("password"));
    }
    let form = browser.open(&format!("{address}&redirect_uri=https%3A%2F%2Fevil.test")).await;
    assert!(form.path.ends_with("/sign-up/link") && form.has("name") && !form.body.contains("evil"), "{}", form.body);
    let short = browser.submit_once(&form, &[("name", "Ada"), ("password", "short")]).await;
    assert!(short.status == 422 && short.body.contains("value=\"Ada\""), "{}", short.body);
    assert_eq!(browser.submit_once(&form, &[("name", " "), ("password", OWN)]).await.status, 422, "no name");
    let page = browser.submit(&form, &[("name", "Ada"), ("password", OWN)]).await;
    let page = if page.has("approve") { browser.submit(&page, &[("decision", "approve")]).await } else { page };
    let redeemed = app.redeem(&client, &page.code()).await;
    let id_token = claims(redeemed.json()["id_token"].as_str().expect("an ID token"));
    let made = person(&app, NEW).await.expect("an account");
    assert!(made.email_verified && made.profile.name.as_deref() == Some("Ada"));
    assert_eq!((id_token["sub"].as_str(), &id_token["amr"]), (Some(made.id.as_str()), &serde_json::json!(["pwd"])));
    assert!(app.events().await.iter().any(|kind| kind == "signed_up"));
    // The letter is of no use any more.
    assert_eq!(Browser::new(&app).open(&address).await.status, 400);
    assert_eq!(browser.submit_once(&form, &[("name", "Eve"), ("password", PASSWORD)]).await.status, 400);
}

#[tokio::test]
async fn the_link_works_in_another_browser_and_alone_and_ends_at_a_page_of_ours() {
    let (app, client) = ground(open()).await;
    ask(&app, &mut Browser::new(&app), &client, NEW).await;
    let address = link_to(&app, CONFIRM, NEW).await;
    let mut other = Browser::new(&app);
    let form = other.open(&address).await;
    let done = other.submit_once(&form, &[("password", OWN)]).await;
    assert!(done.status == 200 && done.has("done") && has_session(&other), "{}", done.body);
    let page = other.open(&app.authorize_url(&client, &[])).await;
    assert!(page.has("approve"), "the session is a good one: {}", page.body);
    // Without any app.
    let mut alone = Browser::new(&app);
    let page = alone.open(&app.url("/sign-up")).await;
    assert!(alone.submit_once(&page, &[("email", "second@example.com")]).await.has("sent"));
    let form = alone.open(&link_to(&app, CONFIRM, "second@example.com").await).await;
    assert!(alone.submit_once(&form, &[("password", OWN)]).await.has("done"));
    // A request that is too old is none.
    let mut slow = Browser::new(&app);
    ask(&app, &mut slow, &client, "third@example.com").await;
    let address = link_to(&app, CONFIRM, "third@example.com").await;
    app.pass(Lifetime::from_hours(23));
    let form = slow.open(&address).await;
    assert!(slow.submit_once(&form, &[("password", OWN)]).await.has("done"));
    ask(&app, &mut slow, &client, "fourth@example.com").await;
    let address = link_to(&app, CONFIRM, "fourth@example.com").await;
    app.pass(Lifetime::from_hours(24));
    assert_eq!(Browser::new(&app).open(&address).await.status, 400, "a day is over");
}

/// What a stranger can compare, without what differs from request to request.
fn bare(page: &Page, typed: &str) -> (u16, Vec<String>, String) {
    let mut body = page.body.clone();
    for (_, value) in page.hidden().into_iter().filter(|(_, value)| !value.is_empty()) {
        body = body.replace(&value, "HIDDEN");
    }
    let sealed = body.split("request=").nth(1).and_then(|rest| rest.split(['"', '&']).next()).map(str::to_owned);
    let body = sealed.filter(|s| !s.is_empty()).map_or(body.clone(), |sealed| body.replace(&sealed, "SEALED"));
    let skipped = ["date", "x-correlation-id", "content-length"];
    let headers = page.headers.iter().filter(|(name, _)| !skipped.contains(&name.as_str()));
    let mut headers: Vec<String> = headers.map(|(n, v)| format!("{n}: {}", v.to_str().expect("ASCII"))).collect();
    headers.sort();
    (page.status, headers, body.replace(typed, "TYPED"))
}

#[tokio::test]
async fn j03_sign_up_and_recovery_do_not_tell_who_has_an_account() {
    let (app, client) = ground(open()).await;
    app.person(ALICE).await;
    app.person("gone@example.com").await;
    user::disable(&app.cx(), &Actor::CommandLine, "gone@example.com", None).await.expect("no fault").expect("done");
    let document = UserDocument::new("nopassword@example.com");
    user::create(&app.cx(), &Actor::CommandLine, document, user::FirstAccess::None).await.expect("ok").expect("made");
    for path in ["/sign-up", "/recovery"] {
        for with_app in [true, false] {
            // Whoever counts letters has forgotten those of the round before.
            app.pass(Lifetime::from_hours(25));
            let mut answers = Vec::new();
            for email in
                ["nobody@example.com", ALICE, "ALICE@Example.com", "gone@example.com", "nopassword@example.com"]
            {
                let mut browser = Browser::new(&app);
                let page = match with_app {
                    true => {
                        let login = browser.open(&app.authorize_url(&client, &[])).await;
                        let request = login.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
                        browser.open(&app.url(&format!("{path}?request={request}"))).await
                    }
                    false => browser.open(&app.url(path)).await,
                };
                let rows = ["link_requests", "guesses", "account_links", "outbox", "events"].map(|t| app.rows(t));
                let answer = browser.submit_once(&page, &[("email", email)]).await;
                let after = ["link_requests", "guesses", "account_links", "outbox", "events"].map(|t| app.rows(t));
                assert_eq!(after[0] - rows[0], 1, "{path} {email}");
                assert_eq!(after[2..], rows[2..], "nothing is looked up while the person waits: {path} {email}");
                answers.push((email, bare(&answer, email)));
            }
            for (email, answer) in &answers {
                assert_eq!(answer, &answers[0].1, "{path} {email}");
            }
        }
    }
    post(&app).await;
    let count = async |subject: &str| app.letters_about(subject).await.iter().map(|l| l.to.clone()).collect::<Vec<_>>();
    assert_eq!(count(CONFIRM).await, ["nobody@example.com", "nobody@example.com"]);
    let known = count(KNOWN).await;
    assert!(known.len() == 8 && known.iter().all(|to| to != "nobody@example.com"), "{known:?}");
    let resets = count("Set a new password").await;
    assert!(resets.iter().all(|to| to == ALICE || to == "nopassword@example.com"), "{resets:?}");
    assert_eq!(resets.len(), 6);
}

#[tokio::test]
async fn j03_asking_takes_as_long_for_an_address_that_is_known() {
    let (app, _) = ground(open()).await;
    for i in 0..40 {
        app.person(&format!("known{i}@example.com")).await;
    }
    for path in ["/sign-up", "/recovery"] {
        let mut times: [Vec<Duration>; 2] = Default::default();
        for i in 0..40 {
            for (which, email) in [format!("known{i}@example.com"), format!("other{i}@example.com")].iter().enumerate()
            {
                let mut browser = Browser::new(&app);
                let page = browser.open(&app.url(path)).await;
                let began = Instant::now();
                let answer = browser.submit_once(&page, &[("email", email)]).await;
                times[which].push(began.elapsed());
                // The network's own limit stands between no two of them.
                if answer.status == 429 {
                    app.pass(Lifetime::from_hours(1));
                }
            }
        }
        let medians = times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        let (less, more) = (medians[0].min(medians[1]), medians[0].max(medians[1]));
        assert!(more < less * 2 + Duration::from_millis(3), "{path}: {medians:?}");
    }
}

#[tokio::test]
async fn j13_letters_are_counted_by_address_and_by_network_known_or_not() {
    let (app, client) = ground(open()).await;
    app.person(ALICE).await;
    for (path, email) in [("/recovery", ALICE), ("/recovery", "nobody@example.com"), ("/sign-up", "other@example.com")]
    {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.url(path)).await;
        let mut statuses = Vec::new();
        for _ in 0..5 {
            statuses.push(browser.submit_once(&page, &[("email", email)]).await.status);
        }
        assert_eq!(statuses, [200, 200, 200, 429, 429], "{path} {email}");
        let blocked = browser.submit_once(&page, &[("email", &email.to_uppercase())]).await;
        assert!(blocked.status == 429 && !blocked.header("retry-after").is_empty(), "another spelling");
    }
    app.pass(Lifetime::from_minutes(2));
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.url("/recovery")).await;
    assert_eq!(browser.submit_once(&page, &[("email", ALICE)]).await.status, 200, "after a while");
    let mut sent = 0;
    for i in 0..200 {
        let answer = browser.submit_once(&page, &[("email", &format!("a{i}@example.com"))]).await;
        match answer.status {
            200 => sent += 1,
            status => {
                assert_eq!(status, 429);
                break;
            }
        }
    }
    assert!(sent < 200, "one network has its bounds: {sent}");
    // Whoever is let in elsewhere is not touched by it.
    app.sign_in(&mut Browser::new(&app), &client, ALICE, &[]).await;
}

#[tokio::test]
async fn l07_l08_nobody_prepares_an_account_for_somebody_elses_address() {
    let (app, client) = ground(open()).await;
    // Mallory asks for Alice's address, in her own browser and with her own app's request.
    let mut mallory = Browser::new(&app);
    ask(&app, &mut mallory, &client, ALICE).await;
    let mut alice = Browser::new(&app);
    let form = alice.open(&link_to(&app, CONFIRM, ALICE).await).await;
    assert!(alice.submit_once(&form, &[("password", OWN)]).await.has("done"), "not into Mallory's request");
    assert!(!has_session(&mallory));
    mallory.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "login_required",
    );
    // A form of Mallory's that was bound to another link is none for this one.
    ask(&app, &mut mallory, &client, "mallory@example.com").await;
    let own = mallory.open(&link_to(&app, CONFIRM, "mallory@example.com").await).await;
    let mut victim = Browser::new(&app);
    ask(&app, &mut victim, &client, "victim@example.com").await;
    victim.open(&link_to(&app, CONFIRM, "victim@example.com").await).await;
    assert_eq!(victim.submit_once(&own, &[("password", PASSWORD)]).await.status, 403, "i03");
    assert!(person(&app, "mallory@example.com").await.is_none());
}

#[tokio::test]
async fn an_address_that_was_given_to_somebody_meanwhile_is_not_taken_from_them() {
    let (app, client) = ground(open()).await;
    let mut browser = Browser::new(&app);
    ask(&app, &mut browser, &client, NEW).await;
    let form = browser.open(&link_to(&app, CONFIRM, NEW).await).await;
    let there = app.person(NEW).await;
    let answer = browser.submit_once(&form, &[("password", OWN)]).await;
    assert!(answer.status == 400 && answer.body.contains("already") && !has_session(&browser), "{}", answer.body);
    assert_eq!(person(&app, NEW).await.expect("the other").id, there.id);
    app.sign_in(&mut Browser::new(&app), &client, NEW, &[]).await;
}

#[tokio::test]
async fn a_link_that_twenty_use_at_once_makes_one_account() {
    let (app, client) = ground(open()).await;
    ask(&app, &mut Browser::new(&app), &client, NEW).await;
    let address = link_to(&app, CONFIRM, NEW).await;
    let mut forms = Vec::new();
    for _ in 0..20 {
        let mut browser = Browser::new(&app);
        let form = browser.open(&address).await;
        forms.push((browser, form));
    }
    let all = forms
        .into_iter()
        .map(|(mut browser, form)| async move { browser.submit_once(&form, &[("password", OWN)]).await.has("done") });
    let made = futures_util::future::join_all(all).await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn l12_who_may_make_an_account_is_asked_at_both_ends() {
    let domains = SignUpRule { mode: SignUpMode::Domains, domains: vec!["example.com".to_owned()], ..open() };
    let (app, client) = ground(domains).await;
    let mut browser = Browser::new(&app);
    for email in ["a@other.test", "a@b@example.com", "a@sub.example.com", "", "nonsense", &"x".repeat(3_000)] {
        let refused = ask(&app, &mut browser, &client, email).await;
        assert!(refused.status == 422 && refused.has("problem-email"), "{email}: {}", refused.status);
    }
    assert_eq!(app.rows("link_requests"), 0);
    ask(&app, &mut browser, &client, NEW).await;
    let address = link_to(&app, CONFIRM, NEW).await;
    let form = browser.open(&address).await;
    rule(&app, SignUpRule::default()).await;
    assert_eq!(browser.submit_once(&form, &[("password", OWN)]).await.status, 400, "closed since the letter");
    assert!(person(&app, NEW).await.is_none());
}

#[tokio::test]
async fn where_nobody_can_make_an_account_nothing_offers_one() {
    let (app, client) = ground(SignUpRule::default()).await;
    let mut browser = Browser::new(&app);
    let login = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(!login.has("sign-up") && login.has("forgot"), "{}", login.body);
    assert_eq!(browser.open(&app.url("/sign-up")).await.status, 404);
    let refused = browser.get(&app.authorize_url(&client, &[("prompt", "create")])).await;
    refused.is_redirected_error(&app, &client, "invalid_request");
    let published = async |app: &TestApp| {
        app.pass(Lifetime::from_minutes(1));
        let document = app.send(app.http.get(app.url("/.well-known/openid-configuration"))).await.json();
        document["prompt_values_supported"].as_array().expect("a list").contains(&"create".into())
    };
    assert!(!published(&app).await);
    rule(&app, SignUpRule { mode: SignUpMode::Invitation, ..SignUpRule::default() }).await;
    assert!(browser.open(&app.url("/sign-up")).await.body.contains("by invitation"));
    assert!(!published(&app).await);
    rule(&app, open()).await;
    assert!(published(&app).await);
    // A form that was open when the last letter was sent.
    let page = browser.open(&app.url("/sign-up")).await;
    rule(&app, SignUpRule::default()).await;
    assert_eq!(browser.submit_once(&page, &[("email", NEW)]).await.status, 404);
    assert_eq!(app.rows("link_requests"), 0);
    // Where no letters are sent, nobody can show that an address is theirs.
    let off = TestApp::start().await;
    let client = off.web("c1").await;
    rule(&off, open()).await;
    let mut browser = Browser::new(&off);
    let login = browser.open(&off.authorize_url(&client, &[])).await;
    assert!(!login.has("sign-up") && !login.has("forgot") && !published(&off).await, "{}", login.body);
    assert_eq!(browser.open(&off.url("/sign-up")).await.status, 404);
    assert!(!browser.open(&off.url("/recovery")).await.has("email"));
}

#[tokio::test]
async fn prompt_create_goes_to_the_form_and_from_there_back_or_to_the_sign_in() {
    let (app, client) = ground(open()).await;
    app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    let url = app.authorize_url(&client, &[("prompt", "create"), ("login_hint", NEW)]);
    let page = browser.open(&url).await;
    assert!(page.body.contains(&format!("value=\"{NEW}\"")), "{}", page.body);
    let second = page.body.split("/select-account\"").nth(1).expect("a second form");
    let csrf = second.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
    let cancelled = browser.submit_once(&page, &[]).await;
    assert_eq!(cancelled.status, 422, "no address");
    let request = page.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
    let choose = async |browser: &mut Browser, field: (&str, &str)| {
        let fields = [("request", request.as_str()), ("csrf", csrf), field];
        browser.post(&app.url("/select-account"), &fields).await
    };
    choose(&mut browser, ("decision", "cancel")).await.is_redirected_error(&app, &client, "access_denied");
    let on = choose(&mut browser, ("session", "new")).await.location.expect("a redirect");
    let login = browser.open(&app.url(&on)).await;
    assert!(login.has("password"), "{}", login.body);
    let page = browser.submit(&login, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("approve") || page.location.is_some(), "who signs in instead goes on: {}", page.body);
}

#[tokio::test]
async fn terms_are_accepted_with_the_account_and_again_when_they_change() {
    let terms = SignUpRule {
        terms: Some("https://acme.test/terms".to_owned()),
        privacy_policy: Some("https://acme.test/privacy".to_owned()),
        ..open()
    };
    let (app, client) = ground(terms.clone()).await;
    let mut browser = Browser::new(&app);
    ask(&app, &mut browser, &client, NEW).await;
    let form = browser.open(&link_to(&app, CONFIRM, NEW).await).await;
    for link in ["https://acme.test/terms", "https://acme.test/privacy"] {
        assert!(form.body.contains(&format!("<a href=\"{link}\"")), "{}", form.body);
    }
    for fields in [
        vec![("password", OWN)],
        vec![("password", OWN), ("terms", "no")],
        vec![("password", OWN), ("terms", "accept"), ("version", "0")],
    ] {
        let refused = browser.submit_once(&form, &fields).await;
        assert!(refused.status == 422 && refused.has("problem-terms"), "{fields:?}");
    }
    rule(&app, SignUpRule { terms_version: 2, ..terms.clone() }).await;
    let refused = browser.submit_once(&form, &[("password", OWN), ("terms", "accept")]).await;
    assert!(refused.status == 422 && refused.has("problem-terms"), "they changed meanwhile");
    let page = browser.submit(&refused, &[("password", OWN), ("terms", "accept")]).await;
    assert!(page.has("approve"), "{}", page.body);
    let made = person(&app, NEW).await.expect("an account");
    let accepted = async |id: &vouchsafe::identity::UserId| {
        let id = id.clone();
        app.write(move |c| accepted_terms::list(c, &id)).await.into_iter().map(|(v, _)| v).collect::<Vec<_>>()
    };
    assert_eq!(accepted(&made.id).await, [2]);
    browser.submit(&page, &[("decision", "approve")]).await;
    // Nothing is asked while they stay as they are, and everybody when they change, also who was there before.
    assert!(!browser.get(&app.authorize_url(&client, &[])).await.code().is_empty());
    rule(&app, SignUpRule { terms_version: 3, ..terms.clone() }).await;
    browser.get(&app.authorize_url(&client, &[("prompt", "none")])).await.is_redirected_error(
        &app,
        &client,
        "interaction_required",
    );
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    assert!(page.has("accept") && page.body.contains("https://acme.test/terms"), "{}", page.body);
    browser.submit_once(&page, &[("decision", "cancel")]).await.is_redirected_error(&app, &client, "access_denied");
    rule(&app, SignUpRule { terms_version: 4, ..terms }).await;
    let page = browser.submit(&page, &[("decision", "accept")]).await;
    assert!(
        page.has("accept") && page.body.contains("value=\"4\""),
        "an older version than the one that holds: {}",
        page.body
    );
    let done = browser.submit(&page, &[("decision", "accept")]).await;
    assert!(!done.code().is_empty());
    assert_eq!(accepted(&made.id).await, [4, 2]);
    let old = app.person(ALICE).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(page.has("accept"), "{}", page.body);
    assert!(accepted(&old.id).await.is_empty());
    browser.submit(&page, &[("decision", "accept")]).await;
    assert_eq!(accepted(&old.id).await, [4]);
}

#[tokio::test]
async fn j07_a_long_password_is_refused_before_anything_is_hashed() {
    let (app, client) = ground(open()).await;
    let mut browser = Browser::new(&app);
    ask(&app, &mut browser, &client, NEW).await;
    let form = browser.open(&link_to(&app, CONFIRM, NEW).await).await;
    let long = browser.submit_once(&form, &[("password", &"x".repeat(1_025))]).await;
    assert!(matches!(long.status, 400 | 413 | 422), "{}", long.status);
    assert_eq!(browser.submit_once(&form, &[("password", &"x".repeat(1_000_000))]).await.status, 413);
    let good = &"violet tractor onion ".repeat(13)[..256];
    assert_eq!(browser.submit_once(&form, &[("password", good)]).await.status, 303, "256 bytes are fine");
}
