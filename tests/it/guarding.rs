//! Somebody tries many accounts from one network: the bar goes up there, alike for whoever types what, and for nobody else.
//! And nobody can use the limits to lock others out. The limits of one account and one address are in `limits`.

use std::sync::Arc;

use tokio::sync::Barrier;
use vouchsafe::flow::account::factors;
use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::overview::{Range, overview};
use vouchsafe::identity::User;
use vouchsafe::secret::totp;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{Engine, raised_bars};
use vouchsafe::time::Lifetime;

use crate::second_factor::decoded;
use crate::support::browser::encode;
use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@example.com";
/// Where the attack comes from, and two who have nothing to do with it.
const MALLORY: &str = "203.0.113.66";
const NEIGHBOUR: &str = "203.0.113.7";
const ELSEWHERE: &str = "198.51.100.7";
const SETTINGS: [(&str, &str); 4] = [
    ("VOUCHSAFE_SERVER_TRUSTED_PROXIES", "127.0.0.1/32"),
    ("VOUCHSAFE_LIMITS_STUFFING_ACCOUNTS", "5"),
    ("VOUCHSAFE_LIMITS_ADDRESS_FREE", "1000"),
    ("VOUCHSAFE_PASSWORDS_WAIT_MS", "30000"),
];

async fn ground(engine: Engine, more: &[(&str, &str)]) -> Option<(TestApp, Client, User)> {
    let mail = [
        ("VOUCHSAFE_MAIL_HOST", "127.0.0.1"),
        ("VOUCHSAFE_MAIL_TLS", "none"),
        ("VOUCHSAFE_MAIL_FROM", "Acme <no-reply@acme.test>"),
    ];
    let app = TestApp::start_on(engine, &[&SETTINGS, &mail[..], more].concat()).await?;
    let client = app.web("c1").await;
    let alice = app.person(ALICE).await;
    Some((app, client, alice))
}

async fn here() -> (TestApp, Client, User) {
    ground(Engine::Sqlite, &[]).await.expect("SQLite is always there")
}

/// One attempt from this address.
async fn attempt(app: &TestApp, browser: &mut Browser, client: &Client, login: &str, typed: (&str, &str)) -> Page {
    let (password, address) = typed;
    app.pass(Lifetime::from_millis(1));
    let page = browser.open(&app.authorize_url(client, &[("prompt", "login")])).await;
    let mut fields = page.hidden();
    fields.extend([("login".to_owned(), login.to_owned()), ("password".to_owned(), password.to_owned())]);
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let url = app.url("/login");
    let request = app.http.post(&url).header("x-forwarded-for", address);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    browser.send(request.body(encode(&pairs)), &url).await
}

async fn strange(app: &TestApp, client: &Client, login: &str, password: &str, address: &str) -> Page {
    attempt(app, &mut Browser::new(app), client, login, (password, address)).await
}

/// Tries as many accounts as are too many.
async fn attack(app: &TestApp, client: &Client) {
    for number in 0..5 {
        let page = strange(app, client, &format!("person-{number}@example.com"), "wrong", MALLORY).await;
        assert_eq!(page.status, 422, "{number}");
    }
}

async fn alarms(app: &TestApp) -> usize {
    app.events().await.iter().filter(|kind| *kind == "credential_stuffing").count()
}

fn is_barred(page: &Page) -> bool {
    page.status == 422 && page.body.contains("Many sign-ins fail from your network")
}

#[tokio::test]
async fn many_accounts_from_one_network_raise_the_bar_there_and_nowhere_else() {
    let (app, client, _) = here().await;
    let mut known = Browser::new(&app);
    assert_eq!(attempt(&app, &mut known, &client, ALICE, (PASSWORD, NEIGHBOUR)).await.status, 303);
    attack(&app, &client).await;
    assert_eq!(alarms(&app).await, 1);
    let refused = strange(&app, &client, ALICE, PASSWORD, MALLORY).await;
    assert!(is_barred(&refused), "the right password on a new device: {} {}", refused.status, refused.body);
    assert!(refused.headers.get("set-cookie").is_none());
    assert!(is_barred(&strange(&app, &client, "another@example.com", "wrong", NEIGHBOUR).await), "the whole network");
    assert_eq!(alarms(&app).await, 1, "it is told once");
    assert_eq!(attempt(&app, &mut known, &client, ALICE, (PASSWORD, NEIGHBOUR)).await.status, 303, "a device of hers");
    app.pass(Lifetime::from_minutes(20));
    assert_eq!(strange(&app, &client, ALICE, PASSWORD, ELSEWHERE).await.status, 303, "another network");
    let letters = app.letters_about("Somebody may know your password").await;
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, ALICE));
    let app = app.restart().await;
    assert!(is_barred(&strange(&app, &client, ALICE, PASSWORD, NEIGHBOUR).await), "it survives a restart");
    app.pass(Lifetime::from_minutes(61));
    assert_eq!(strange(&app, &client, ALICE, PASSWORD, NEIGHBOUR).await.status, 303, "it ends");
}

/// The answer without what differs from request to request.
fn bare(page: &Page, login: &str) -> (u16, String) {
    let mut body = page.body.clone();
    for (_, value) in page.hidden() {
        body = body.replace(&value, "HIDDEN");
    }
    (page.status, body.replace(&page.correlation_id(), "ID").replace(login, "LOGIN"))
}

#[tokio::test]
async fn j01_behind_the_bar_right_wrong_and_unknown_are_answered_alike() {
    let (app, client, _) = here().await;
    attack(&app, &client).await;
    let mut answers = Vec::new();
    let cases =
        [(ALICE, "wrong"), (ALICE, PASSWORD), ("nobody@example.com", "wrong"), ("nobody@example.com", PASSWORD)];
    for (number, (login, password)) in cases.into_iter().enumerate() {
        // Each address has little to try now.
        let address = format!("203.0.113.{}", 100 + number);
        answers.push(bare(&strange(&app, &client, login, password, &address).await, login));
    }
    assert!(answers[0].0 == 422 && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_second_factor_opens_behind_the_bar_too() {
    let (app, client, alice) = here().await;
    let cx = app.cx();
    let offer = factors::offer_app(&cx, &alice, "test").expect("an offer");
    let secret = decoded(offer.typed.expose());
    let code = Sensitive::new(totp::code_at(&secret, cx.now));
    factors::confirm_app(&cx, &alice, "test", &offer.enrolment, &code).await.expect("no fault").expect("added");
    app.pass(Lifetime::from_seconds(30));
    attack(&app, &client).await;
    let mut browser = Browser::new(&app);
    let page = attempt(&app, &mut browser, &client, ALICE, (PASSWORD, MALLORY)).await;
    assert!(page.status == 200 && page.has("code"), "{} {}", page.status, page.body);
    let code = totp::code_at(&secret, app.clock.now());
    assert_eq!(browser.submit_once(&page, &[("code", &code)]).await.status, 303);
}

#[tokio::test]
async fn j05_own_successes_do_not_hide_others_failures_and_a_slip_is_no_attack() {
    let (app, client, _) = here().await;
    app.person("mallory@example.com").await;
    // People who mistype and then get it right.
    for number in 0..8 {
        let login = format!("slip-{number}@example.com");
        app.person(&login).await;
        assert_eq!(strange(&app, &client, &login, "wrong", NEIGHBOUR).await.status, 422);
        assert_eq!(strange(&app, &client, &login, PASSWORD, NEIGHBOUR).await.status, 303);
    }
    assert_eq!(alarms(&app).await, 0);
    for number in 0..5 {
        strange(&app, &client, &format!("person-{number}@example.com"), "wrong", MALLORY).await;
        if number < 4 {
            assert_eq!(strange(&app, &client, "mallory@example.com", PASSWORD, MALLORY).await.status, 303);
        }
    }
    assert_eq!(alarms(&app).await, 1);
}

#[tokio::test]
async fn behind_the_bar_hardly_a_guess_is_free() {
    let (app, client, _) = here().await;
    attack(&app, &client).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(strange(&app, &client, ALICE, "wrong", "203.0.113.200").await.status);
    }
    assert_eq!(statuses, [422, 422, 429]);
}

#[tokio::test]
async fn j05_a_network_waits_though_each_address_in_it_tries_little() {
    let more = [("VOUCHSAFE_LIMITS_NETWORK_FREE", "4"), ("VOUCHSAFE_LIMITS_STUFFING_ACCOUNTS", "0")];
    let (app, client, _) = ground(Engine::Sqlite, &more).await.expect("SQLite");
    let mut known = Browser::new(&app);
    assert_eq!(attempt(&app, &mut known, &client, ALICE, (PASSWORD, NEIGHBOUR)).await.status, 303);
    for number in 0..4 {
        let login = format!("person-{number}@example.com");
        assert_eq!(strange(&app, &client, &login, "wrong", &format!("203.0.113.{number}")).await.status, 422);
    }
    let waiting = strange(&app, &client, "another@example.com", "wrong", "203.0.113.99").await;
    assert_eq!(waiting.status, 429, "{}", waiting.body);
    assert_eq!(strange(&app, &client, ALICE, PASSWORD, ELSEWHERE).await.status, 303, "nobody else waits");
    let own = attempt(&app, &mut known, &client, ALICE, (PASSWORD, NEIGHBOUR)).await;
    assert_eq!(own.status, 303, "nor does a device of hers in the same network");
    assert_eq!(alarms(&app).await, 0, "switched off");
}

#[tokio::test]
async fn administrators_see_it_while_it_lasts() {
    let (app, client, _) = here().await;
    let told = async || {
        let seen = overview(&app.cx(), &Actor::CommandLine, Range::Day).await.expect("no fault").expect("allowed");
        seen.attention.into_iter().find(|item| item.code == "credential_stuffing").map(|item| item.words)
    };
    assert_eq!(told().await, None);
    attack(&app, &client).await;
    let words = told().await.expect("a matter");
    assert!(words.contains("203.0.113.0/24") && words.contains("5 accounts"), "{words}");
    app.pass(Lifetime::from_minutes(61));
    assert_eq!(told().await, None);
}

/// As many at once as are too many, on one node or two: one bar, told once.
async fn many_at_once(engine: Engine, nodes: usize) {
    let Some((app, client, _)) = ground(engine, &[]).await else { return };
    let mut all = vec![app];
    while all.len() < nodes {
        all.push(all[0].second().await);
    }
    let all = Arc::new(all);
    let barrier = Arc::new(Barrier::new(20));
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (all, client, barrier) = (all.clone(), client.clone(), barrier.clone());
            tokio::spawn(async move {
                let app = &all[number % all.len()];
                barrier.wait().await;
                strange(app, &client, &format!("person-{number}@example.com"), "wrong", MALLORY).await.status
            })
        })
        .collect();
    for task in tasks {
        // Those who come after the bar went up find that their address has nothing free any more.
        assert!(matches!(task.await.expect("an answer"), 422 | 429));
    }
    assert_eq!(alarms(&all[0]).await, 1);
    let now = all[0].clock.now();
    assert_eq!(all[0].write(move |c| raised_bars::list_live(c, now, 10)).await.len(), 1);
    for app in all.iter() {
        assert!(is_barred(&strange(app, &client, ALICE, PASSWORD, NEIGHBOUR).await), "on every node");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j05_many_at_once_raise_one_bar_on_sqlite() {
    many_at_once(Engine::Sqlite, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j05_many_at_once_raise_one_bar_on_two_nodes() {
    many_at_once(Engine::Postgres, 2).await;
}
