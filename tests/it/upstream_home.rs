//! Addresses that belong to a provider: led there from the sign-in page, in no other way where it is the only one, and what
//! is taken over at each sign-in (security cases J01, L05, L11).

use serde_json::json;
use vouchsafe::flow::account::{address, connections, factors as own_factors};
use vouchsafe::flow::admin::{Actor, group, provider as admin};
use vouchsafe::identity::upstream::UpstreamIdentity;
use vouchsafe::identity::{RoleName, User};
use vouchsafe::oauth::upstream::provider::{GroupRule, SignUp, SyncRule};
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::store::{factors, upstream_identities, users};

use crate::passkeys::passkey_of;
use crate::sign_up::{link_to, open, post, rule};
use crate::support::passkeys::Twist;
use crate::support::relying_party::PASSWORD;
use crate::support::upstream::{OPEN, Upstream};
use crate::support::{Browser, Client, Page, TestApp};

const ALICE: &str = "alice@acme.test";
const OLGA: &str = "olga@acme.test";

async fn ground() -> (TestApp, Client, Upstream) {
    let app = TestApp::with_mail(&OPEN).await;
    let client = app.web("c1").await;
    let up = Upstream::start(&app).await;
    (app, client, up)
}

async fn owner(app: &TestApp, email: &str) {
    let user = User { role: RoleName::OWNER, ..app.person(email).await };
    app.write(move |c| users::update(c, &user)).await;
}

/// A page without what is of this one request: what is typed, sealed or drawn.
fn shape(page: &Page, email: &str) -> Vec<String> {
    let body = page.body.replace(email, "").replace(&page.correlation_id(), "");
    body.split('"').filter(|part| part.len() < 40 || part.contains('<')).map(str::to_owned).collect()
}

/// Types an address where it is asked for first.
async fn typed(app: &TestApp, browser: &mut Browser, client: &Client, email: &str) -> Page {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    assert!(page.has("login") && !page.has("password"), "the address first: {}", page.body);
    browser.submit_once(&page, &[("login", email)]).await
}

/// The page that asks for the password, whatever the address belongs to.
async fn with_password(app: &TestApp, browser: &mut Browser, client: &Client, email: &str, password: &str) -> Page {
    let page = browser.open(&app.authorize_url(client, &[])).await;
    let page = browser.submit_once(&page, &[("login", email), ("decision", "password")]).await;
    assert!(page.status == 200 && page.has("password"), "{} {}", page.status, page.body);
    browser.submit_once(&page, &[("login", email), ("password", password)]).await
}

#[tokio::test]
async fn j01_an_address_leads_to_its_provider_by_its_domain_alone() {
    let (app, client, up) = ground().await;
    let page = Browser::new(&app).open(&app.authorize_url(&client, &[])).await;
    assert!(page.has("login") && page.has("password"), "nobody asks for the address first without need");
    up.register(&app, "acme", |p| (p.hidden, p.home_domains) = (true, vec!["acme.test".to_owned()])).await;
    app.person(ALICE).await;
    app.person("bob@else.test").await;
    for email in [ALICE, "nobody@acme.test", " Nobody@ACME.test "] {
        let mut browser = Browser::new(&app);
        let sent = typed(&app, &mut browser, &client, email).await;
        assert_eq!(sent.status, 303, "{email}: {}", sent.body);
        let sent = browser.get(&app.url(sent.header("location"))).await;
        let question = up.sent(&sent);
        assert!(question.address.contains("login_hint="), "{}", question.address);
    }
    let mut bodies = Vec::new();
    for email in ["bob@else.test", "nob@else.test", "bob@not-acme.test", "bob@sub.acme.test"] {
        let mut browser = Browser::new(&app);
        let page = typed(&app, &mut browser, &client, email).await;
        assert!(page.status == 200 && page.has("password") && page.body.contains(email), "{email}: {}", page.body);
        bodies.push(shape(&page, email));
    }
    let differing = bodies[0].iter().zip(&bodies[1]).find(|(one, other)| one != other);
    assert_eq!(differing, None, "the same whether or not there is an account");
    let odd = typed(&app, &mut Browser::new(&app), &client, "no address").await;
    assert!(odd.status == 422 && odd.has("problem") && !odd.has("password"), "{}", odd.body);
    // It is not the only way in: a password does.
    let mut browser = Browser::new(&app);
    assert_eq!(with_password(&app, &mut browser, &client, ALICE, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn an_app_that_knows_the_address_leads_there_once() {
    let (app, client, up) = ground().await;
    up.register(&app, "acme", |p| p.home_domains = vec!["acme.test".to_owned()]).await;
    let mut browser = Browser::new(&app);
    let sent = browser.open(&app.authorize_url(&client, &[("login_hint", ALICE)])).await;
    let question = up.sent(&sent);
    let denied = [("error", "access_denied"), ("state", question.state.as_str())];
    let page = up.answer(&app, &mut browser, "acme", &denied).await;
    assert_eq!(page.status, 403, "{}", page.body);
    let on = page.body.split("id=\"go-on\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let page = browser.open(&app.url(&on.replace("&amp;", "&"))).await;
    assert!(page.has("password"), "not sent there again: {:?} {}", page.location, page.body);
}

#[tokio::test]
async fn where_a_provider_is_the_only_way_in_passwords_passkeys_letters_and_others_are_none() {
    let (app, client, up) = ground().await;
    rule(&app, open()).await;
    let alice = app.person(ALICE).await;
    owner(&app, OLGA).await;
    let mut passkey = passkey_of(&app, &alice).await;
    up.register(&app, "other", |_| {}).await;
    // Alice is linked to another provider already.
    let mut browser = Browser::new(&app);
    up.person("elsewhere", "alice@mail.test");
    up.register(&app, "acme", |p| {
        p.sign_up = SignUp::LinkOnly;
        (p.home_domains, p.only_way_in) = (vec!["acme.test".to_owned()], true);
    })
    .await;

    // The right password, a wrong one, and one of nobody look alike.
    let mut answers = Vec::new();
    for (email, password) in
        [(ALICE, PASSWORD), (ALICE, "wrong password"), ("nobody@acme.test", PASSWORD), (OLGA, "wrong")]
    {
        let mut browser = Browser::new(&app);
        let page = with_password(&app, &mut browser, &client, email, password).await;
        assert!(page.status == 422 && page.has("problem") && page.has("way-acme"), "{email}: {}", page.body);
        assert!(!browser.cookies.keys().any(|name| name.contains("session")), "{email}");
        answers.push(shape(&page, email));
    }
    for other in &answers[1..] {
        let differing = answers[0].iter().zip(other).find(|(one, other)| one != other);
        assert_eq!(differing, None);
    }
    // An owner gets in, or nobody could mend a provider that is out of order.
    assert_eq!(with_password(&app, &mut browser, &client, OLGA, PASSWORD).await.status, 303);

    let mut browser = Browser::new(&app);
    let page = browser.open(&app.authorize_url(&client, &[])).await;
    let form = page.passkey().expect("a question");
    let refused = browser.answer_once(&form, &passkey.get(&app, &form, &Twist::default())).await;
    assert!(refused.status == 422 && refused.has("way-acme"), "{}", refused.body);

    // A letter says so and holds no link; nobody makes an account.
    let page = browser.open(&app.url("/recovery")).await;
    assert_eq!(browser.submit_once(&page, &[("email", ALICE)]).await.status, 200);
    post(&app).await;
    assert_eq!(app.letters_about("Set a new password").await.len(), 0);
    let told = app.letters_about("Your account has no password to reset").await;
    assert!(told.len() == 1 && told[0].button.is_none(), "{told:?}");
    let page = browser.open(&app.url("/sign-up")).await;
    let refused = browser.submit_once(&page, &[("email", "new@acme.test")]).await;
    assert!(refused.status == 422 && refused.has("problem-email"), "{} {}", refused.status, refused.body);

    // Her first time through the provider: she proves the account by its password, and is linked.
    up.person("s1", ALICE);
    let mut browser = Browser::new(&app);
    let sent = typed(&app, &mut browser, &client, ALICE).await;
    let sent = browser.get(&app.url(sent.header("location"))).await;
    let question = up.sent(&sent);
    let page = up.back(&app, &mut browser, "acme", &question).await;
    assert!(page.has("linking") && page.has("password"), "{}", page.body);
    let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
    let page = match page.passkey() {
        Some(form) => browser.answer(&form, &passkey.get(&app, &form, &Twist::default())).await,
        None => page,
    };
    assert!(page.has("approve") || page.param("code").is_some(), "{}", page.body);
    let events = app.events().await;
    assert!(events.iter().any(|kind| kind == "upstream_linked"), "{events:?}");
    // A link to another provider opens nothing now.
    let link = vouchsafe::identity::upstream::UpstreamIdentity {
        id: "l2".to_owned(),
        provider: "other".to_owned(),
        issuer: up.origin.clone(),
        subject: "elsewhere".to_owned(),
        user_id: alice.id.clone(),
        shown: String::new(),
        created_at: app.cx().now,
        last_used_at: None,
        disabled_at: None,
    };
    app.write(move |c| vouchsafe::store::upstream_identities::insert(c, &link)).await;
    up.person("elsewhere", "alice@mail.test");
    let refused = up.sign_in(&app, &mut Browser::new(&app), &client, "other").await;
    assert_eq!(refused.status, 403, "{}", refused.body);
}

/// People of acme.test get in through Acme alone; Mallory has an account there too.
async fn only_acme(app: &TestApp, up: &Upstream) {
    up.register(app, "acme", |p| {
        p.sign_up = SignUp::LinkOnly;
        (p.home_domains, p.only_way_in) = (vec!["acme.test".to_owned()], true);
    })
    .await;
}

/// Comes from the provider, and proves an account by its password.
async fn proving(app: &TestApp, up: &Upstream, client: &Client, email: &str) -> Page {
    let mut browser = Browser::new(app);
    let sent = typed(app, &mut browser, client, email).await;
    let sent = browser.get(&app.url(sent.header("location"))).await;
    let question = up.sent(&sent);
    let page = up.back(app, &mut browser, "acme", &question).await;
    assert!(page.has("linking"), "{}", page.body);
    browser.submit(&page, &[("login", email), ("password", PASSWORD)]).await
}

fn links(app: &TestApp) -> Vec<String> {
    app.lines("SELECT subject AS line FROM upstream_identities ORDER BY subject")
}

#[tokio::test]
async fn l09_a_stolen_password_and_any_account_at_the_only_way_in_open_nothing() {
    let (app, client, up) = ground().await;
    app.person(ALICE).await;
    only_acme(&app, &up).await;
    let says = |claims: serde_json::Value| {
        let mut script = up.script();
        (script.userinfo, script.claims) = (claims.clone(), claims);
    };
    // Mallory is somebody else there; and where the address is not proven it is nobody's.
    for said in [
        json!({ "sub": "m", "email": "mallory@acme.test", "email_verified": true }),
        json!({ "sub": "m", "email": ALICE, "email_verified": false }),
        json!({ "sub": "m" }),
    ] {
        says(said.clone());
        let page = proving(&app, &up, &client, ALICE).await;
        assert!(page.status == 422 && page.has("way-acme"), "{said}: {} {}", page.status, page.body);
        assert!(links(&app).is_empty());
    }
    // Alice is, once.
    says(json!({ "sub": "a", "email": ALICE, "email_verified": true }));
    let page = proving(&app, &up, &client, ALICE).await;
    assert!(page.has("approve"), "{} {}", page.status, page.body);
    assert_eq!(links(&app), ["a"]);
    // A second identity that bears her address, an address that was given to somebody else there, is not her.
    says(json!({ "sub": "b", "email": ALICE, "email_verified": true }));
    let page = proving(&app, &up, &client, ALICE).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert_eq!(links(&app), ["a"]);
}

#[tokio::test]
async fn l12_nobody_moves_into_or_out_of_a_domain_whose_only_way_in_is_a_provider() {
    let (app, _, up) = ground().await;
    let (alice, bob) = (app.person(ALICE).await, app.person("bob@else.test").await);
    rule(&app, open()).await;
    only_acme(&app, &up).await;
    let ask = async |who: &User, email: &str| address::ask(&app.cx(), who, email).await.expect("no fault");
    let through = || Err(address::AddressRefusal::Through("acme".to_owned()));
    assert_eq!(ask(&alice, "alice@private.test").await, through());
    assert_eq!(ask(&bob, "boss@acme.test").await, through());
    assert!(ask(&alice, "alice.two@acme.test").await.is_ok());
    assert!(ask(&bob, "bob@private.test").await.is_ok());
    let olga = User { role: RoleName::OWNER, ..app.person(OLGA).await };
    assert!(ask(&olga, "olga@private.test").await.is_ok(), "owners get in with a password anyway");
}

#[tokio::test]
async fn l12_a_link_to_a_new_account_is_void_once_a_provider_is_the_only_way_in() {
    let (app, _, up) = ground().await;
    rule(&app, open()).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&app.url("/sign-up")).await;
    browser.submit_once(&page, &[("email", "new@acme.test")]).await;
    let link = link_to(&app, "Confirm your address", "new@acme.test").await;
    only_acme(&app, &up).await;
    let page = browser.open(&link).await;
    assert!(!page.has("password"), "{} {}", page.status, page.body);
}

#[tokio::test]
async fn the_last_way_in_that_counts_stays() {
    let (app, _, up) = ground().await;
    let alice = app.person(ALICE).await;
    only_acme(&app, &up).await;
    up.register(&app, "plain", |p| p.issuer = Some("https://plain.example".to_owned())).await;
    let (cx, id) = (app.cx(), alice.id.clone());
    app.write(move |c| {
        users::password_delete(c, &id)?;
        for (link, provider, issuer) in
            [("l1", "acme", "https://acme.example"), ("l2", "plain", "https://plain.example")]
        {
            let link = UpstreamIdentity {
                id: link.to_owned(),
                provider: provider.to_owned(),
                issuer: issuer.to_owned(),
                subject: "s".to_owned(),
                user_id: id.clone(),
                shown: String::new(),
                created_at: cx.now,
                last_used_at: None,
                disabled_at: None,
            };
            upstream_identities::insert(c, &link)?;
        }
        Ok(())
    })
    .await;
    let unlink = async |link: &str| connections::unlink(&app.cx(), &alice, link).await.expect("no fault");
    assert_eq!(unlink("l1").await, Err(connections::ConnectionRefusal::LastWayIn), "the other one opens nothing");
    assert_eq!(unlink("l2").await, Ok(()));
    // With a passkey the link may go, and then the passkey stays.
    passkey_of(&app, &alice).await;
    assert_eq!(unlink("l1").await, Ok(()));
    let id = alice.id.clone();
    let passkey = app.write(move |c| factors::list(c, &id)).await.remove(0).id;
    let removed = own_factors::remove(&app.cx(), &alice, &passkey).await.expect("no fault");
    assert_eq!(removed, Err(own_factors::FactorRefusal::LastWayIn));
}

#[tokio::test]
async fn the_only_way_in_needs_a_provider_whose_word_on_addresses_counts() {
    let (app, _, _) = ground().await;
    let provider = Provider {
        issuer: Some("https://acme.example".to_owned()),
        only_way_in: true,
        ..Provider::of_preset(Preset::Oidc, "acme", "us")
    };
    let (cx, actor) = (app.cx(), Actor::CommandLine);
    let refused = admin::create(&cx, &actor, provider.clone()).await.expect("no fault").expect_err("refused");
    assert_eq!((refused.code, refused.field), ("only_way_in", Some("only_way_in")));
    let trusted = Provider { trust_email: Some(true), ..provider };
    admin::create(&cx, &actor, trusted).await.expect("no fault").expect("added");
}

#[tokio::test]
async fn without_domains_it_is_the_only_way_in_for_everybody() {
    let (app, client, up) = ground().await;
    app.person("bob@else.test").await;
    owner(&app, OLGA).await;
    up.register(&app, "acme", |p| p.only_way_in = true).await;
    let mut browser = Browser::new(&app);
    let sent = typed(&app, &mut browser, &client, "bob@else.test").await;
    assert_eq!(sent.status, 303);
    up.sent(&browser.get(&app.url(sent.header("location"))).await);
    assert_eq!(with_password(&app, &mut browser, &client, "bob@else.test", PASSWORD).await.status, 422);
    assert_eq!(with_password(&app, &mut browser, &client, OLGA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn what_the_provider_says_is_taken_over_at_each_sign_in_if_it_is_to_be() {
    let (app, client, up) = ground().await;
    let cx = app.cx();
    for name in ["staff", "sales", "board"] {
        let document = serde_json::from_value(json!({ "name": name })).expect("a group");
        group::create(&cx, &Actor::CommandLine, document).await.expect("no fault").expect("made");
    }
    let by = |value: &str| GroupRule { claim: "teams".to_owned(), value: value.to_owned(), group: value.to_owned() };
    up.register(&app, "acme", |p| {
        (p.sync, p.groups) = (SyncRule::Each, vec![by("staff"), by("sales")]);
    })
    .await;
    let come = async |claims: serde_json::Value| {
        up.script().claims = claims;
        let page = up.sign_in(&app, &mut Browser::new(&app), &client, "acme").await;
        assert!(page.status < 400, "{}", page.body);
        let found = app.app.parts.db.read(|c| users::find_by_email_key(c, "new@x.test")).await.expect("a read");
        found.expect("her account")
    };
    let said = |name: &str, teams: &[&str]| json!({ "sub": "s1", "email": "new@x.test", "email_verified": true, "name": name, "teams": teams, "role": "owner" });
    let first = come(said("Ann One", &["staff"])).await;
    assert_eq!((first.profile.name.as_deref(), first.groups.as_slice()), (Some("Ann One"), &["staff".to_owned()][..]));
    let id = first.id.clone();
    app.write(move |c| vouchsafe::store::groups::member_add(c, "board", &id)).await;
    let later = come(said("Ann Two", &["sales", "unknown"])).await;
    assert_eq!(later.profile.name.as_deref(), Some("Ann Two"));
    assert_eq!(later.groups, ["board", "sales"], "what no rule gives stays");
    assert_eq!(later.role, RoleName::PERSON);
    let synced = app.events().await.iter().filter(|kind| *kind == "profile_synced").count();
    assert_eq!(synced, 1);
    come(said("Ann Two", &["sales"])).await;
    let synced = app.events().await.iter().filter(|kind| *kind == "profile_synced").count();
    assert_eq!(synced, 1, "nothing new, nothing written");
}

#[tokio::test]
async fn l12_no_other_provider_makes_accounts_of_a_domain_whose_only_way_in_is_elsewhere() {
    let (app, client, up) = ground().await;
    up.register(&app, "acme", |p| {
        (p.home_domains, p.only_way_in) = (vec!["acme.test".to_owned()], true);
        p.issuer = Some("https://acme.example".to_owned());
    })
    .await;
    up.register(&app, "other", |_| {}).await;
    for (sub, email, is_in) in [("s1", "new@acme.test", false), ("s2", "new@else.test", true)] {
        up.person(sub, email);
        let hint = [("idp_hint", "other")];
        let mut browser = Browser::new(&app);
        let sent = browser.open(&app.authorize_url(&client, &hint)).await;
        let question = up.sent(&sent);
        let page = up.back(&app, &mut browser, "other", &question).await;
        assert_eq!(page.has("approve"), is_in, "{email}: {} {}", page.status, page.body);
        let made = app.lines("SELECT email AS line FROM users ORDER BY email").contains(&email.to_owned());
        assert_eq!(made, is_in, "{email}");
    }
}
