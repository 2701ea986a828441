//! Group I of the security cases, sessions: fixation, skipped steps, several flows and many people at once; and J12, what
//! ends when an account's sessions are ended.

use std::sync::Arc;

use tokio::sync::Barrier;
use vouchsafe::secret::random::SystemChance;
use vouchsafe::secret::token::{Kind, make};
use vouchsafe::store::users;
use vouchsafe::time::Lifetime;

use crate::support::browser::encode;
use crate::support::relying_party::{PASSWORD, claims};
use crate::support::{Browser, Client, Page, TestApp, Tokens};

const ALICE: &str = "alice@example.com";
const MALLORY: &str = "mallory@example.com";
const SESSION: &str = "vouchsafe_session";

async fn ground() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let client = app.web("c1").await;
    app.person(ALICE).await;
    app.person(MALLORY).await;
    (app, client)
}

/// The name of whoever is signed in on a browser, as an app sees it without asking.
async fn error_of_silence(app: &TestApp, client: &Client, browser: &Browser) -> Option<String> {
    let page = browser.clone().get(&app.authorize_url(client, &[("prompt", "none")])).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.param("error")
}

#[tokio::test]
async fn i01_a_planted_session_does_not_become_hers() {
    let (app, client) = ground().await;
    let mut alice = Browser::new(&app);
    let planted = make(Kind::Session, &SystemChance).expose().to_owned();
    alice.cookies.insert(SESSION.to_owned(), planted.clone());
    app.sign_in(&mut alice, &client, ALICE, &[]).await;
    let own = alice.cookies[SESSION].clone();
    assert!(!own.split('.').next().expect("a token").contains(&planted), "the session has a name of its own");
    let mut mallory = Browser::new(&app);
    mallory.cookies.insert(SESSION.to_owned(), planted);
    assert_eq!(error_of_silence(&app, &client, &mallory).await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn i01_a_planted_sign_in_does_not_become_hers() {
    let (app, client) = ground().await;
    let mut mallory = Browser::new(&app);
    let page = mallory.open(&app.authorize_url(&client, &[("state", "of-mallory")])).await;
    assert!(page.has("password"));
    // Mallory gets all her cookies, and her link, into alice's browser.
    let mut alice = mallory.clone();
    let signed_in = alice.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(signed_in.has("approve"), "{}", signed_in.body);
    assert_ne!(alice.cookies.get(SESSION), mallory.cookies.get(SESSION));
    assert_eq!(error_of_silence(&app, &client, &mallory).await.as_deref(), Some("login_required"));
    // The links of the flow that she began lead her nowhere without alice's session.
    for (name, request) in signed_in.hidden() {
        if name == "request" {
            let page = mallory.open(&format!("{}?{}", app.url("/authorize"), encode(&[("request", &request)]))).await;
            assert!(page.has("password"), "she must sign in herself: {} {}", page.status, page.body);
        }
    }
    let consent: Vec<(String, String)> = signed_in.hidden();
    let fields: Vec<(&str, &str)> = consent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let page = mallory.post(&app.url("/consent"), &[&fields[..], &[("decision", "approve")]].concat()).await;
    assert_eq!((page.status, page.location), (403, None), "alice's form in mallory's browser");
}

#[tokio::test]
async fn i01_the_name_of_a_session_changes_with_every_proof_and_dies_with_it() {
    let (app, client) = ground().await;
    let mut alice = Browser::new(&app);
    app.sign_in(&mut alice, &client, ALICE, &[]).await;
    let before = alice.clone();
    assert_eq!(error_of_silence(&app, &client, &before).await, None);
    app.pass(Lifetime::from_minutes(5));
    let page = app.sign_in(&mut alice, &client, ALICE, &[("prompt", "login")]).await;
    assert!(page.param("code").is_some(), "{page:?}");
    assert_ne!(alice.cookies[SESSION], before.cookies[SESSION]);
    assert_eq!(alice.cookies[SESSION].split('.').count(), 1, "it is the same session under another name");
    assert_eq!(
        error_of_silence(&app, &client, &before).await.as_deref(),
        Some("login_required"),
        "the old name is dead"
    );
    assert_eq!(error_of_silence(&app, &client, &alice).await, None);
    let out = alice.clone();
    let page = alice.open(&app.url("/logout")).await;
    alice.submit(&page, &[]).await;
    assert_eq!(alice.cookies.get(SESSION), None);
    assert_eq!(
        error_of_silence(&app, &client, &out).await.as_deref(),
        Some("login_required"),
        "logout is at the server"
    );
}

#[tokio::test]
async fn a_cookie_that_came_twice_counts_as_none() {
    let (app, client) = ground().await;
    let mut alice = Browser::new(&app);
    app.sign_in(&mut alice, &client, ALICE, &[]).await;
    let mut mallory = Browser::new(&app);
    app.sign_in(&mut mallory, &client, MALLORY, &[]).await;
    let (a, m) = (&alice.cookies[SESSION], &mallory.cookies[SESSION]);
    let url = app.authorize_url(&client, &[("prompt", "none")]);
    let both = app.http.get(&url).header("cookie", format!("{SESSION}={m}; {SESSION}={a}"));
    let page = Page::read(both.send().await.expect("an answer"), &url).await;
    assert_eq!(page.param("error").as_deref(), Some("login_required"), "a neighbour planted one of them: {page:?}");
}

#[tokio::test]
async fn i05_a_form_of_one_session_is_of_no_use_in_another() {
    let (app, client) = ground().await;
    let mut alice = Browser::new(&app);
    let page = alice.open(&app.authorize_url(&client, &[])).await;
    let of_alice = alice.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let mut mallory = Browser::new(&app);
    let page = mallory.open(&app.authorize_url(&client, &[])).await;
    let of_mallory = mallory.submit(&page, &[("login", MALLORY), ("password", PASSWORD)]).await;
    assert!(of_alice.has("approve") && of_mallory.has("approve"));
    let field = |page: &Page, name: &str| {
        page.hidden().into_iter().find(|(n, _)| n == name).map(|(_, value)| value).expect("a hidden field")
    };
    for (request, csrf) in [
        (field(&of_alice, "request"), field(&of_mallory, "csrf")),
        (field(&of_mallory, "request"), field(&of_mallory, "csrf")),
        (field(&of_mallory, "request"), field(&of_alice, "csrf")),
    ] {
        let fields = [("request", request.as_str()), ("csrf", &csrf), ("decision", "approve")];
        let page = alice.post(&app.url("/consent"), &fields).await;
        assert!(matches!(page.status, 400 | 403) && page.location.is_none(), "{} {}", page.status, page.body);
    }
    assert_eq!(app.rows("consents"), 0);
    assert!(alice.submit(&of_alice, &[("decision", "approve")]).await.param("code").is_some(), "her own form works");
}

#[tokio::test]
async fn i07_no_step_can_be_skipped() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    let login = browser.open(&app.authorize_url(&client, &[])).await;
    let request = login.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
    let csrf = login.hidden().into_iter().find(|(n, _)| n == "csrf").expect("a token").1;
    // From the sign-in page to every other step, empty and with the form of this one.
    for path in ["/consent", "/select-account", "/logout/confirm", "/login"] {
        let page = browser.clone().post(&app.url(path), &[]).await;
        assert!(matches!(page.status, 400 | 403) && page.location.is_none(), "{path}: {}", page.status);
    }
    for decision in ["approve", "deny", "switch", "", "x"] {
        let fields = [("request", request.as_str()), ("csrf", &csrf), ("decision", decision)];
        let page = browser.clone().post(&app.url("/consent"), &fields).await;
        assert_eq!((page.status, &page.location), (403, &None), "consent before sign-in: {decision}");
        let page = browser.clone().post(&app.url("/select-account"), &fields).await;
        assert_eq!((page.status, &page.location), (403, &None), "the sign-in form at the chooser: {decision}");
    }
    let resume = format!("{}?{}", app.url("/authorize"), encode(&[("request", &request)]));
    assert!(browser.open(&resume).await.has("password"), "going on without the step shows the step again");
    // From the consent page onwards without consenting, and back to the sign-in form.
    let consent = browser.submit(&login, &[("login", ALICE), ("password", PASSWORD)]).await;
    assert!(consent.has("approve"));
    assert!(browser.open(&resume).await.has("approve"), "going on without consent shows the question again");
    let page = browser.submit(&consent, &[("decision", "")]).await;
    assert_eq!(page.status, 403, "neither yes nor no: {}", page.body);
    assert_eq!((app.rows("codes"), app.rows("consents")), (0, 0));
    let done = browser.submit(&consent, &[("decision", "approve")]).await;
    assert!(done.param("code").is_some());
    // Forms of steps that were taken do no harm when they come again.
    let again = browser.clone().submit(&consent, &[("decision", "approve")]).await;
    assert!(again.param("code").is_none_or(|code| Some(code) != done.param("code")), "a code is not handed out twice");
}

#[tokio::test]
async fn i07_a_demanded_proof_cannot_be_left_out() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    app.pass(Lifetime::from_minutes(10));
    for demand in [("prompt", "login"), ("max_age", "0"), ("max_age", "60")] {
        let mut browser = browser.clone();
        let page = browser.open(&app.authorize_url(&client, &[demand])).await;
        assert!(page.has("password"), "{demand:?}: {}", page.body);
        let request = page.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
        let csrf = page.hidden().into_iter().find(|(n, _)| n == "csrf").expect("a token").1;
        for text in [
            format!("request={request}"),
            format!("request={request}&prompt="),
            format!("prompt=none&request={request}"),
        ] {
            let page = browser.open(&format!("{}?{text}", app.url("/authorize"))).await;
            assert!(page.has("password") && page.param("code").is_none(), "{demand:?}: {page:?}");
        }
        for path in ["/consent", "/select-account"] {
            let fields = [("request", request.as_str()), ("csrf", &csrf), ("decision", "approve"), ("session", "x")];
            let page = browser.post(&app.url(path), &fields).await;
            assert_eq!(page.status, 403, "{demand:?} at {path}");
        }
        // The chooser can be asked for beside it; choosing an account is no proof either.
        if demand.0 == "prompt" {
            let page = browser.open(&app.authorize_url(&client, &[("prompt", "login select_account")])).await;
            let page = if page.has("password") {
                page
            } else {
                let session = page.body.split("name=\"session\"").nth(1).and_then(|t| t.split("value=\"").nth(1));
                let session = session.and_then(|t| t.split('"').next()).unwrap_or_default().to_owned();
                browser.submit(&page, &[("session", &session)]).await
            };
            assert!(page.has("password") && page.param("code").is_none(), "{page:?}");
        }
        let before = app.clock.now();
        let done = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
        let tokens = Tokens::of(&app.redeem(&client, &done.param("code").expect("a code")).await);
        assert_eq!(claims(&tokens.id)["auth_time"], before.millis() / 1_000, "the proof was given now");
    }
}

#[tokio::test]
async fn i07_a_sign_in_cannot_be_changed_on_its_way_or_taken_to_another_browser() {
    let (app, client) = ground().await;
    let mut browser = Browser::new(&app);
    let login = browser.open(&app.authorize_url(&client, &[])).await;
    let request = login.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
    let resume = |text: &str| format!("{}?{}", app.url("/authorize"), encode(&[("request", text)]));
    for at in [0, 1, 20, request.len() / 2, request.len() - 1] {
        let mut bytes = request.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        let page = browser.open(&resume(&changed)).await;
        assert_eq!((page.status, page.location), (400, None), "changed at {at}");
    }
    for text in ["", "x", &request[..request.len() - 4], &format!("{request}AAAA"), &format!("{request}=")] {
        let page = browser.open(&resume(text)).await;
        assert_eq!((page.status, page.location), (400, None), "{text}");
    }
    let page = Browser::new(&app).open(&resume(&request)).await;
    assert_eq!((page.status, page.location), (400, None), "no cookie");
    let mut other = Browser::new(&app);
    other.open(&app.authorize_url(&client, &[])).await;
    let page = other.open(&resume(&request)).await;
    assert_eq!((page.status, page.location), (400, None), "another browser");
    // A sealed logout is no sealed sign-in.
    app.sign_in(&mut browser, &client, ALICE, &[]).await;
    let out = browser.open(&app.url("/logout")).await;
    let sealed = out.hidden().into_iter().find(|(n, _)| n == "request").expect("a request").1;
    assert_eq!(browser.open(&resume(&sealed)).await.status, 400);
    app.pass(Lifetime::from_minutes(30));
    let page = browser.open(&resume(&request)).await;
    assert_eq!((page.status, page.location), (400, None), "too old");
}

#[tokio::test]
async fn i08_two_flows_in_one_browser_stay_apart() {
    let (app, client) = ground().await;
    let other = app.web("c2").await;
    let mut browser = Browser::new(&app);
    let one = browser.open(&app.authorize_url(&client, &[("state", "s-1"), ("nonce", "n-one")])).await;
    let two = browser.open(&app.authorize_url(&other, &[("state", "s-2"), ("nonce", "n-two")])).await;
    let one_done = browser.submit(&one, &[("login", ALICE), ("password", PASSWORD)]).await;
    let two_done = browser.submit(&two, &[("login", MALLORY), ("password", PASSWORD)]).await;
    let two_done = browser.submit(&two_done, &[("decision", "approve")]).await;
    let one_done = browser.submit(&one_done, &[("decision", "approve")]).await;
    assert_eq!((one_done.param("state").as_deref(), two_done.param("state").as_deref()), (Some("s-1"), Some("s-2")));
    assert!(one_done.location.as_deref().is_some_and(|l| l.starts_with("https://c1.test/cb?")));
    assert!(two_done.location.as_deref().is_some_and(|l| l.starts_with("https://c2.test/cb?")));
    let one = Tokens::of(&app.redeem(&client, &one_done.param("code").expect("a code")).await);
    let two = Tokens::of(&app.redeem(&other, &two_done.param("code").expect("a code")).await);
    let (a, b) = (claims(&one.id), claims(&two.id));
    assert_eq!((a["nonce"].as_str(), b["nonce"].as_str()), (Some("n-one"), Some("n-two")));
    assert_eq!((a["aud"].as_str(), b["aud"].as_str()), (Some("c1"), Some("c2")));
    assert_ne!(a["sub"], b["sub"], "each flow has its own person");
    assert_ne!(a["sid"], b["sid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn i08_fifty_people_at_once_are_not_mixed_up() {
    let wide = [("VOUCHSAFE_LIMITS_ADDRESS_FREE", "100000"), ("VOUCHSAFE_PASSWORDS_WAIT_MS", "30000")];
    let app = Arc::new(TestApp::start_with(&wide).await);
    let client = app.web("c1").await;
    let barrier = Arc::new(Barrier::new(50));
    let mut people = Vec::new();
    for number in 0..50 {
        let email = format!("person-{number}@example.com");
        people.push((app.person(&email).await, email, format!("nonce-{number}")));
    }
    let flows = people.into_iter().map(|(person, email, nonce)| {
        let (app, client, barrier) = (app.clone(), client.clone(), barrier.clone());
        tokio::spawn(async move {
            barrier.wait().await;
            let mut browser = Browser::new(&app);
            let extra = [("nonce", nonce.as_str()), ("state", &email), ("scope", "openid email")];
            let page = app.sign_in(&mut browser, &client, &email, &extra).await;
            assert_eq!(page.param("state").as_deref(), Some(email.as_str()));
            let tokens = Tokens::of(&app.redeem(&client, &page.param("code").expect("a code")).await);
            let id = claims(&tokens.id);
            assert_eq!((id["sub"].as_str(), id["nonce"].as_str()), (Some(person.id.as_str()), Some(nonce.as_str())));
            let info = app.userinfo(&tokens.access).await.json();
            assert_eq!(
                (info["sub"].as_str(), info["email"].as_str()),
                (Some(person.id.as_str()), Some(email.as_str()))
            );
        })
    });
    for flow in flows.collect::<Vec<_>>() {
        flow.await.expect("the flow of its own person");
    }
}

#[tokio::test]
async fn j12_ending_everything_of_a_person_ends_everything() {
    let (app, client) = ground().await;
    let alice = app.person("alice2@example.com").await;
    let email = "alice2@example.com";
    let mut browser = Browser::new(&app);
    let tokens = app.tokens(&mut browser, &client, email, &[]).await;
    let code = app.sign_in(&mut browser, &client, email, &[]).await.param("code").expect("a code");
    app.pass(Lifetime::from_seconds(1));
    let waiting = browser.open(&app.authorize_url(&client, &[("prompt", "consent")])).await;
    assert!(waiting.has("approve"));
    app.pass(Lifetime::from_seconds(1));
    let (id, now) = (alice.id.clone(), app.clock.now());
    assert!(app.write(move |c| users::set_valid_from(c, &id, now)).await);
    assert!(!app.is_active(&client, &tokens.access).await && !app.is_active(&client, &tokens.refresh).await);
    assert_eq!(app.userinfo(&tokens.access).await.status, 401);
    assert_eq!(app.refresh(&client, &tokens.refresh).await.json()["error"], "invalid_grant");
    assert_eq!(app.redeem(&client, &code).await.json()["error"], "invalid_grant");
    assert_eq!(error_of_silence(&app, &client, &browser).await.as_deref(), Some("login_required"));
    let page = browser.submit(&waiting, &[("decision", "approve")]).await;
    assert_eq!((page.status, page.location), (403, None), "a flow under way is over");
    let again = app.tokens(&mut browser, &client, email, &[]).await;
    assert!(app.is_active(&client, &again.access).await, "what begins afterwards is good");
}
