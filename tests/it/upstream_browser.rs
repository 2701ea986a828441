//! Sign-in through others in a real browser: the whole way there and back, the pages beside it, and the console's pages of
//! providers.

use vouchsafe::store::{upstream_identities, users};

use crate::support::TestApp;
use crate::support::chromium::{self, Chromium};
use crate::support::relying_party::PASSWORD;
use crate::support::shapes::Apple;
use crate::support::upstream::{OPEN, Upstream};

const ALICE: &str = "alice@example.com";
const ROOT: &str = "root@example.com";

async fn linked(app: &TestApp, id: &vouchsafe::identity::UserId) -> usize {
    let id = id.clone();
    app.app.parts.db.read(move |c| upstream_identities::of_user(c, &id)).await.expect("a read").len()
}

async fn press(browser: &Chromium, id: &str) {
    browser.press(id).await;
    browser.wait_for("content").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l09_a_person_connects_a_provider_comes_back_through_it_and_disconnects_it() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start_with(&OPEN).await;
    let alice = app.person(ALICE).await;
    let up = Upstream::start(&app).await;
    up.register(&app, "acme", |p| p.name = "Acme Works".to_owned()).await;
    up.register(&app, "broken", |p| p.issuer = Some("http://127.0.0.1:9".to_owned())).await;
    up.person("s1", ALICE);

    browser.go(&app.url("/account")).await;
    browser.wait_for("way-acme").await;
    browser.inspect("login-ways").await;
    browser.press("way-broken").await;
    browser.wait_for("why").await;
    browser.inspect("upstream-failed").await;

    browser.go(&app.url("/account")).await;
    browser.press("way-acme").await;
    assert!(browser.text().await.contains("Acme Works"), "whose word it is that waits for a proof");
    assert_eq!(linked(&app, &alice.id).await, 0, "an address alone opens and links nothing");
    browser.inspect("login-linking").await;
    browser.sign_in(ALICE, PASSWORD).await;
    browser.wait_for("content").await;
    assert_eq!(linked(&app, &alice.id).await, 1);

    browser.go(&app.url("/account/connections")).await;
    browser.wait_for("content").await;
    assert!(browser.text().await.contains("Acme Works"));
    browser.inspect("account-connections").await;
    // Another account there, from the page: by its link, and after a question.
    up.person("s2", "ada@elsewhere.test");
    browser.follow("Connect Acme Works").await;
    browser.wait_for("connect-submit").await;
    assert!(browser.text().await.contains("ada@elsewhere.test"));
    browser.inspect("account-connect").await;
    browser.press("connect-submit").await;
    browser.wait_for("content").await;
    assert_eq!(linked(&app, &alice.id).await, 2);
    browser.press("sign-out").await;
    browser.wait_for("logout-confirm").await;
    browser.press("logout-confirm").await;

    browser.without_scripts().await;
    browser.go(&app.url("/account")).await;
    browser.wait_for("way-acme").await;
    browser.press("way-acme").await;
    browser.wait_for("content").await;
    assert!(browser.text().await.contains(ALICE), "signed in without a password");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_adds_a_provider_and_sees_when_it_fails() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start_with(&OPEN).await;
    app.administrator(ROOT, "owner").await;
    let open = async |path: &str| {
        browser.go(&app.url(path)).await;
        if browser.has("login").await {
            browser.sign_in(ROOT, PASSWORD).await;
        }
        browser.wait_for("content").await;
    };
    open("/admin/providers").await;
    browser.inspect("console-providers-none").await;
    open("/admin/providers/new").await;
    browser.inspect("console-provider-new").await;
    for (field, text) in [("id", "Google Here"), ("name", "Google"), ("client_id", "us.apps.example")] {
        browser.type_into(&format!("add-{field}"), text).await;
    }
    press(&browser, "add-submit").await;
    assert!(browser.has("add-id-error").await, "{}", browser.text().await);
    browser.inspect("console-provider-refused").await;
    browser.type_into("add-id", "google").await;
    press(&browser, "add-submit").await;
    assert!(browser.text().await.contains("/upstream/google/callback"));
    browser.inspect("console-provider").await;
    browser.type_into("secret-provider_secret", "GOCSPX-0123456789").await;
    press(&browser, "secret-submit").await;
    assert!(!browser.text().await.contains("GOCSPX"));

    let up = Upstream::start(&app).await;
    up.register(&app, "acme", |_| {}).await;
    let failing = "UPDATE upstream_providers SET failing_since = updated_at, failure = 'its metadata: no answer within 10 s' \
                   WHERE id = 'acme' RETURNING id AS line";
    assert_eq!(app.lines(failing), ["acme"]);
    open("/admin/providers").await;
    browser.inspect("console-providers").await;
    open("/admin/providers/acme").await;
    browser.inspect("console-provider-failing").await;
    open("/admin").await;
    assert!(browser.text().await.contains("acme"), "the overview names who fails");
    browser.inspect("console-overview-provider-failing").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_the_ways_into_an_account_and_changes_nobody_above_them() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start_with(&OPEN).await;
    let client = app.web("c1").await;
    let root = app.administrator(ROOT, "owner").await;
    app.administrator("help@example.com", "people-operator").await;
    let up = Upstream::start(&app).await;
    for id in ["acme", "umbrella"] {
        up.register(&app, id, |p| p.name = format!("{} GmbH", id.to_uppercase())).await;
    }
    up.person("s1", "new@x.test");
    up.sign_in(&app, &mut crate::support::Browser::new(&app), &client, "acme").await;
    let made = app.write(|c| users::find_by_email_key(c, "new@x.test")).await.expect("an account");
    browser.go(&app.url("/admin")).await;
    browser.sign_in("help@example.com", PASSWORD).await;
    browser.wait_for("content").await;
    browser.go(&app.url(&format!("/admin/people/{}/ways-in", made.id))).await;
    assert!(browser.text().await.contains("ACME GmbH"), "{}", browser.text().await);
    browser.inspect("console-person-ways-in").await;
    for (tab, shot) in [("", "console-person-above"), ("/ways-in", "console-person-above-ways-in")] {
        browser.go(&app.url(&format!("/admin/people/{}{tab}", root.id))).await;
        assert!(browser.text().await.contains("You can look, not change"), "{}", browser.text().await);
        browser.inspect(shot).await;
    }
    browser.go(&app.url("/admin/sessions?person=nobody%40x.test")).await;
    browser.inspect("console-sessions-unclear").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l01_an_answer_that_apple_posts_from_its_own_site_finds_the_browser_that_began() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start_with(&OPEN).await;
    let apple = Apple::start(&app).await;
    apple.register(&app).await;
    browser.go(&app.url("/account")).await;
    browser.wait_for("way-apple").await;
    press(&browser, "way-apple").await;
    assert!(browser.text().await.contains("Ada"), "signed in, by the name that came once");
    let made = "SELECT email AS line FROM users WHERE email LIKE '%privaterelay%'";
    assert_eq!(app.lines(made), ["abc123def4@privaterelay.appleid.com"]);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_leads_to_its_provider_and_an_owner_gets_in_beside_it() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start_with(&OPEN).await;
    app.person("bob@acme.test").await;
    let up = Upstream::start(&app).await;
    up.register(&app, "acme", |p| {
        (p.name, p.hidden) = ("Acme Works".to_owned(), true);
        (p.home_domains, p.only_way_in) = (vec!["acme.test".to_owned()], true);
    })
    .await;
    up.person("s1", "new@acme.test");
    browser.go(&app.url("/account")).await;
    browser.wait_for("use-password").await;
    browser.inspect("login-address").await;
    browser.type_into("login", "no address").await;
    browser.press("submit").await;
    browser.wait_for("problem").await;
    browser.inspect("login-address-problem").await;
    browser.type_into("login", "bob@acme.test").await;
    browser.press("use-password").await;
    browser.wait_for("password").await;
    browser.inspect("login-address-password").await;
    browser.type_into("password", PASSWORD).await;
    browser.press("submit").await;
    browser.wait_for("way-acme").await;
    browser.inspect("login-only-through").await;
    browser.press("way-acme").await;
    browser.wait_for("content").await;
    assert!(browser.text().await.contains("new@acme.test"), "{}", browser.text().await);
    browser.quit().await;
}
