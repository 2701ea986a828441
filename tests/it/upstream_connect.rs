//! Connecting an account at a provider from the account pages: there, back, a question that shows which account it is, and a yes.

use serde_json::json;
use vouchsafe::time::Lifetime;

use crate::support::relying_party::PASSWORD;
use crate::support::upstream::{OPEN, Question, Upstream};
use crate::support::{Browser, Page, TestApp};

const ALICE: &str = "alice@example.com";

async fn ground() -> (TestApp, Upstream, Browser) {
    let app = TestApp::start_with(&OPEN).await;
    app.person(ALICE).await;
    let up = Upstream::start(&app).await;
    up.register(&app, "up", |_| {}).await;
    up.person("s1", "alice@elsewhere.test");
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ALICE, "/account/connections").await;
    assert!(page.body.contains("Connect up") && page.body.contains("No other account"), "{}", page.body);
    (app, up, browser)
}

/// By the link on the page, to the provider's door.
async fn led(app: &TestApp, up: &Upstream, browser: &mut Browser) -> Question {
    let page = browser.get(&app.url("/account/connections/up/connect")).await;
    up.sent(&page)
}

/// Back from there, to the page of ours that goes on; and where it goes.
async fn back(app: &TestApp, up: &Upstream, browser: &mut Browser, question: &Question) -> String {
    let page = up.back(app, browser, "up", question).await;
    let to = page.goes_on_to().unwrap_or_else(|| panic!("nowhere: {} {}", page.status, page.body));
    format!("{}{to}", app.origin)
}

/// Presses the button of the question.
async fn says_yes(app: &TestApp, browser: &mut Browser, page: &Page) -> Page {
    let offer = page.body.split("name=\"offer\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = page.body.split("/account/connections/connect\"").nth(1);
    let csrf = form.and_then(|rest| rest.split("name=\"csrf\" value=\"").nth(1)?.split('"').next());
    let fields = [("offer", offer.expect("an offer")), ("csrf", csrf.expect("a token"))];
    browser.post(&app.url("/account/connections/connect"), &fields).await
}

fn linked(app: &TestApp) -> Vec<String> {
    app.lines("SELECT subject AS line FROM upstream_identities ORDER BY subject")
}

#[tokio::test]
async fn a_person_connects_an_account_after_seeing_which_it_is() {
    let (app, up, mut browser) = ground().await;
    let question = led(&app, &up, &mut browser).await;
    let to = back(&app, &up, &mut browser, &question).await;
    let page = browser.get(&to).await;
    assert!(page.status == 200 && page.body.contains("alice@elsewhere.test"), "{} {}", page.status, page.body);
    assert!(linked(&app).is_empty(), "nothing is connected by coming back");
    let done = says_yes(&app, &mut browser, &page).await;
    assert_eq!(done.location.as_deref(), Some("/account/connections"));
    assert_eq!(linked(&app), ["s1"]);
    let page = browser.get(&app.url("/account/connections")).await;
    assert!(page.body.contains("It is connected") && page.body.contains("alice@elsewhere.test"), "{}", page.body);
    assert!(app.events().await.iter().any(|kind| kind == "upstream_linked"));
    // From now on it opens the account.
    let client = app.web("c1").await;
    let page = up.sign_in(&app, &mut Browser::new(&app), &client, "up").await;
    assert!(page.has("approve") || page.param("code").is_some(), "{} {}", page.status, page.body);
    // Once more says that it is there.
    let question = led(&app, &up, &mut browser).await;
    let to = back(&app, &up, &mut browser, &question).await;
    assert!(browser.open(&to).await.body.contains("connected already"));
}

#[tokio::test]
async fn l09_nobody_is_made_to_connect_an_account_of_somebody_else() {
    let (app, up, mut browser) = ground().await;
    app.person("mallory@example.com").await;
    // Mallory's answer in Alice's browser, and the other way round: it is of the session that began it.
    let mut mallory = Browser::new(&app);
    app.enter(&mut mallory, "mallory@example.com", "/account/connections").await;
    up.person("evil", "mallory@elsewhere.test");
    let question = led(&app, &up, &mut mallory).await;
    let to = back(&app, &up, &mut browser, &question).await;
    let page = browser.open(&to).await;
    assert!(page.body.contains("Nothing was connected") && !page.body.contains("mallory@"), "{}", page.body);
    // An offer that was made to Mallory is none to Alice, and no form without its token is one.
    let question = led(&app, &up, &mut mallory).await;
    let to = back(&app, &up, &mut mallory, &question).await;
    let offered = mallory.get(&to).await;
    let offer =
        offered.body.split("name=\"offer\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("one");
    let question = led(&app, &up, &mut browser).await;
    let to = back(&app, &up, &mut browser, &question).await;
    let page = browser.get(&to).await;
    let own = page.body.split("name=\"offer\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("one");
    let swapped = Page { body: page.body.replace(own, offer), ..page.clone() };
    says_yes(&app, &mut browser, &swapped).await;
    assert!(linked(&app).is_empty());
    let bare = browser.post(&app.url("/account/connections/connect"), &[("offer", own)]).await;
    assert_eq!(bare.status, 403);
    assert!(linked(&app).is_empty());
    // The answer counts once, and so does the yes.
    assert!(browser.open(&to).await.body.contains("Nothing was connected"));
    says_yes(&app, &mut browser, &page).await;
    assert_eq!(linked(&app), ["evil"]);
    says_yes(&app, &mut browser, &page).await;
    assert_eq!(linked(&app), ["evil"]);
    // What opens Alice's account opens no other: Mallory cannot have it too.
    let question = led(&app, &up, &mut mallory).await;
    let to = back(&app, &up, &mut mallory, &question).await;
    let page = mallory.open(&to).await;
    assert!(page.body.contains("opens another account here"), "{}", page.body);
}

#[tokio::test]
async fn connecting_keeps_to_the_rules_of_the_provider_and_wants_a_fresh_proof() {
    let (app, up, mut browser) = ground().await;
    up.register(&app, "strict", |p| {
        p.email_domains = vec!["corp.test".to_owned()];
        p.issuer = Some(up.origin.clone());
    })
    .await;
    let page = browser.get(&app.url("/account/connections/strict/connect")).await;
    let question = up.sent(&page);
    let page = up.back(&app, &mut browser, "strict", &question).await;
    let to = page.goes_on_to().expect("on");
    let page = browser.open(&format!("{}{to}", app.origin)).await;
    assert!(page.body.contains("not one of those that may come in"), "{}", page.body);
    // What cannot be believed, what was denied, what is not there.
    up.script().forged = true;
    let question = led(&app, &up, &mut browser).await;
    let to = back(&app, &up, &mut browser, &question).await;
    assert!(browser.open(&to).await.body.contains("could not be checked"));
    up.script().forged = false;
    let question = led(&app, &up, &mut browser).await;
    let denied = [("error", "access_denied"), ("state", question.state.as_str())];
    let page = up.answer(&app, &mut browser, "up", &denied).await;
    let page = browser.open(&format!("{}{}", app.origin, page.goes_on_to().expect("on"))).await;
    assert!(page.body.contains("did not sign you in"), "{}", page.body);
    let page = browser.open(&app.url("/account/connections/none/connect")).await;
    assert!(page.body.contains("nobody can sign in this way"), "{}", page.body);
    assert!(linked(&app).is_empty());
    // Six minutes after the last proof it is asked for again, before anybody goes anywhere.
    app.pass(Lifetime::from_minutes(6));
    let page = browser.open(&app.url("/account/connections/up/connect")).await;
    assert!(page.has("password"), "{} {}", page.status, page.url);
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let to = page.goes_on_to().expect("to where the person was going");
    let sent = browser.get(&format!("{}{to}", app.origin)).await;
    let now = app.clock.now().seconds();
    up.script().claims = json!({ "sub": "s1", "email": "a@x.test", "name": "A", "iat": now, "exp": now + 300 });
    let question = up.sent(&sent);
    let to = back(&app, &up, &mut browser, &question).await;
    let page = browser.get(&to).await;
    says_yes(&app, &mut browser, &page).await;
    assert_eq!(linked(&app), ["s1"]);
}
