//! The console in a real browser: every page looked at in two widths, light and dark, and its flows with the script engine
//! doing nothing.

use vouchsafe::store::outbox::{self, Waiting};
use vouchsafe::time::Lifetime;

use crate::support::chromium::{self, Chromium};
use crate::support::{Browser, TestApp};

const ROOT: &str = "root@example.com";

async fn signed_in(browser: &Chromium, app: &TestApp, path: &str) {
    browser.go(&app.url(path)).await;
    if browser.has("login").await {
        browser.sign_in(ROOT, crate::support::relying_party::PASSWORD).await;
        browser.wait_for("content").await;
    }
    browser.wait_for("content").await;
}

async fn fill(browser: &Chromium, form: &str, fields: &[(&str, &str)]) {
    for (name, text) in fields {
        browser.type_into(&format!("{form}-{name}"), text).await;
    }
    browser.press(&format!("{form}-submit")).await;
    browser.wait_for("content").await;
}

async fn look(browser: &Chromium, app: &TestApp, pages: &[(&str, &str)]) {
    for (name, path) in pages {
        signed_in(browser, app, path).await;
        browser.inspect(name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_from_its_registration_to_its_end() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    look(
        &browser,
        &app,
        &[("console-clients-new", "/admin/clients/new"), ("console-clients-form", "/admin/clients/new?profile=web")],
    )
    .await;
    let fields = [("name", "Wiki of the house"), ("redirect_uris", "ftp://nowhere"), ("client_id", "wiki")];
    fill(&browser, "add", &fields).await;
    let words = browser.text().await;
    assert!(words.contains("redirect") && !browser.has("add-name-error").await, "{words}");
    browser.inspect("console-clients-refused").await;
    fill(&browser, "add", &[("redirect_uris", "https://wiki.test/cb")]).await;
    let words = browser.text().await;
    assert!(words.contains("shown once") && words.contains("vs_cs_"), "{words}");
    browser.inspect("console-client-secret").await;
    let client = app.web("shop").await;
    browser.go(&app.authorize_url(&client, &[("redirect_uri", "https://shop.test/CB")])).await;
    let id = browser
        .client
        .find(fantoccini::Locator::Id("correlation-id"))
        .await
        .expect("an id")
        .text()
        .await
        .expect("text");
    app.app.parts.tracer.flush().await;
    look(
        &browser,
        &app,
        &[
            ("console-clients", "/admin/clients"),
            ("console-client", "/admin/clients/wiki"),
            ("console-client-settings", "/admin/clients/wiki/settings"),
            ("console-client-no-logo", "/admin/clients/wiki/logo"),
            ("console-client-secrets", "/admin/clients/wiki/secrets"),
            ("console-client-failures", "/admin/clients/shop/failures?paused=1"),
            ("console-client-no-failures", "/admin/clients/wiki/failures?paused=1"),
            ("console-client-preview-form", "/admin/clients/wiki/preview"),
            ("console-client-preview", &format!("/admin/clients/wiki/preview?user={ROOT}&scopes=openid+email+orders")),
            ("console-client-preview-refused", "/admin/clients/wiki/preview?user=nobody&scopes=openid"),
            ("console-client-no-grants", "/admin/clients/wiki/grants"),
            ("console-client-end", "/admin/clients/wiki/end"),
            ("console-diagnosis", "/admin/diagnosis"),
            ("console-trace", &format!("/admin/diagnosis?reference={id}")),
            ("console-trace-none", "/admin/diagnosis?reference=none"),
            ("console-client-unknown", "/admin/clients/nobody"),
        ],
    )
    .await;
    signed_in(&browser, &app, "/admin/clients/wiki/settings").await;
    fill(&browser, "settings", &[("name", "Wiki")]).await;
    assert!(browser.has("flash").await);
    signed_in(&browser, &app, "/admin/clients/wiki/end").await;
    fill(&browser, "delete", &[("confirm", "wikipedia")]).await;
    assert!(browser.has("delete-confirm-error").await);
    fill(&browser, "delete", &[("confirm", "wiki")]).await;
    assert!(browser.text().await.contains("The client was deleted"));
    signed_in(&browser, &app, "/admin/audit?kind=client_edited").await;
    let entry = browser.client.find(fantoccini::Locator::Css("td a")).await.expect("an entry");
    entry.click().await.expect("a link");
    browser.inspect("console-audit-change").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_tried_from_its_page_to_the_report() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.web("wiki").await;
    let scopes = vouchsafe::oauth::scope::ScopeSet::of(["stock:read"]);
    app.client_with("robot", vouchsafe::oauth::client_policy::Profile::Service, |row| row.scopes = scopes).await;
    look(&browser, &app, &[("console-client-actions", "/admin/clients/wiki")]).await;
    let start = browser.client.find(fantoccini::Locator::LinkText("Try it")).await.expect("a way to it");
    start.click().await.expect("a link");
    browser.wait_for("try-submit").await;
    browser.inspect("console-try").await;
    browser.press("try-submit").await;
    browser.wait_for("approve").await;
    browser.press("approve").await;
    browser.wait_for("content").await;
    let words = browser.text().await;
    assert!(words.contains("The run went through") && words.contains("6. Revocation"), "{words}");
    let here = browser.url().await;
    assert!(here.contains("/admin/clients/wiki/try/") && !here.contains("code="), "{here}");
    browser.inspect("console-try-report").await;
    browser.client.execute("window.scrollTo(0, 1500)", vec![]).await.expect("the page moves");
    browser.inspect("console-try-report-tokens").await;
    app.pass(vouchsafe::time::Lifetime::from_seconds(2));
    signed_in(&browser, &app, "/admin/clients/wiki/try").await;
    let none = browser.client.find(fantoccini::Locator::Css("#try-prompt option[value=none]")).await.expect("none");
    none.click().await.expect("an option");
    fill(&browser, "try", &[("max_age", "0")]).await;
    let words = browser.text().await;
    assert!(words.contains("login_required"), "{words}");
    browser.inspect("console-try-refused").await;
    signed_in(&browser, &app, "/admin/clients/robot/try").await;
    browser.inspect("console-try-service").await;
    fill(&browser, "try-itself", &[]).await;
    browser.inspect("console-try-service-report").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_groups_and_roles() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    look(
        &browser,
        &app,
        &[("console-people-new", "/admin/people/new"), ("console-attributes-none", "/admin/attributes")],
    )
    .await;
    signed_in(&browser, &app, "/admin/attributes/new").await;
    browser.inspect("console-attribute-new").await;
    fill(&browser, "add", &[("name", "cost_centre"), ("title", "Cost centre")]).await;
    signed_in(&browser, &app, "/admin/people/new").await;
    fill(&browser, "add", &[("email", "ada@example.com"), ("name", "Ada Lovelace"), ("groups", "mathematicians")])
        .await;
    let words = browser.text().await;
    assert!(words.contains("shown once") && words.contains("/invitation?token="), "{words}");
    browser.inspect("console-invitation").await;
    let id = app.lines("SELECT id AS line FROM users WHERE email = 'ada@example.com'").remove(0);
    let of = |tab: &str| format!("/admin/people/{id}{tab}");
    look(
        &browser,
        &app,
        &[
            ("console-people", "/admin/people"),
            ("console-people-nobody", "/admin/people?q=zzz"),
            ("console-person", &of("")),
            ("console-person-access", &of("/access")),
            ("console-person-sessions", &of("/sessions")),
            ("console-person-apps", &of("/apps")),
            ("console-person-ways-in-none", &of("/ways-in")),
            ("console-person-history", &of("/history")),
            ("console-person-attributes", &of("/attributes")),
            ("console-person-account", &of("/account")),
            ("console-groups", "/admin/groups"),
            ("console-group", "/admin/groups/mathematicians"),
            ("console-roles", "/admin/roles"),
            ("console-role-new", "/admin/roles/new"),
            ("console-attributes", "/admin/attributes"),
            ("console-attribute", "/admin/attributes/cost_centre"),
            ("console-scopes-none", "/admin/scopes"),
            ("console-scope-new", "/admin/scopes/new"),
            ("console-resources-none", "/admin/resources"),
            ("console-resource-new", "/admin/resources/new"),
        ],
    )
    .await;
    signed_in(&browser, &app, &of("/access")).await;
    fill(&browser, "groups", &[("groups", "mathematicians\nprogrammers")]).await;
    assert!(browser.text().await.contains("The groups were saved"));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_security() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let ada_is = app.person("ada@example.com").await;
    let client = app.web("wiki").await;
    let mut ada = Browser::new(&app);
    app.tokens(&mut ada, &client, "ada@example.com", &[]).await;
    vouchsafe::flow::ops::stats::flush(&app.app.parts, app.clock.now()).await.expect("the numbers are stored");
    for (name, path) in [
        ("console-overview", "/admin"),
        ("console-about", "/admin/about"),
        ("console-sessions", "/admin/sessions"),
        ("console-client-grants", "/admin/clients/wiki/grants"),
        ("console-person-grants", &format!("/admin/people/{}/grants", ada_is.id)),
        ("console-settings", "/admin/settings"),
        ("console-files-none", "/admin/files"),
        ("console-sessions-nobody", "/admin/sessions?person=ada%40example.com"),
        ("console-keys", "/admin/keys"),
        ("console-audit", "/admin/audit"),
        ("console-audit-nothing", "/admin/audit?kind=nothing"),
        ("console-audit-entry", "/admin/audit/1"),
        ("console-audit-verify", "/admin/audit/verify"),
    ] {
        signed_in(&browser, &app, path).await;
        browser.inspect(name).await;
    }
    signed_in(&browser, &app, "/admin/settings").await;
    fill(&browser, "settings", &[("support", "javascript:alert(1)")]).await;
    assert!(browser.has("settings-support-error").await);
    browser.inspect("console-settings-refused").await;
    fill(&browser, "settings", &[("support", "help@example.com")]).await;
    assert!(browser.text().await.contains("The settings were saved"));
    crate::console_pages::files_own_and_hands_change(&app).await;
    look(
        &browser,
        &app,
        &[
            ("console-files-drift", "/admin/files"),
            ("console-group-of-files", "/admin/groups/staff"),
            ("console-scope-of-files", "/admin/scopes/hr"),
        ],
    )
    .await;
    browser.quit().await;
}

/// One webhook that fails and one that is gone, made and tried in the browser.
async fn webhooks(browser: &Chromium, app: &TestApp) {
    for (name, url) in [("crm", "https://localhost:8443/hooks/inbound"), ("erp", "https://localhost:8444/")] {
        signed_in(browser, app, "/admin/webhooks/new").await;
        if name == "crm" {
            fill(browser, "add", &[("name", name), ("url", "http://crm.example.com/")]).await;
            assert!(browser.has("add-url-error").await);
            browser.inspect("console-webhook-refused").await;
        }
        fill(browser, "add", &[("name", name), ("url", url), ("description", "Keeps the customer records")]).await;
        assert!(browser.text().await.contains("shown once"));
        if name == "crm" {
            browser.inspect("console-webhook-made").await;
        }
    }
    let tell = async || {
        let round = vouchsafe::flow::ops::webhooks::Courier::default().round(&app.app.parts, &app.clock).await;
        round.expect("no fault").join_all().await;
    };
    tell().await;
    let off = "UPDATE webhooks SET enabled = FALSE, disabled_why = 'gone' WHERE name = 'erp' RETURNING name AS line";
    assert_eq!(app.lines(off), ["erp"]);
    let past = "UPDATE webhook_deliveries SET delivered_at = last_try_at, status = 200, last_error = NULL, next_try_at = NULL \
                WHERE event_id = (SELECT MIN(event_id) FROM webhook_deliveries) RETURNING webhook_id AS line";
    assert!(!app.lines(past).is_empty());
    signed_in(browser, app, "/admin/webhooks/crm").await;
    fill(browser, "test", &[]).await;
    assert!(browser.text().await.contains("It was not taken"));
    browser.inspect("console-webhook-test").await;
    tell().await;
}

/// Pages that the others do not come by: single things, what asks for a name, refusals, and letters that are stuck.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_single_things_and_of_refusals() {
    let Some(browser) = chromium::start().await else { return };
    let mail = [("VOUCHSAFE_MAIL_HOST", "mail.invalid"), ("VOUCHSAFE_MAIL_FROM", "no-reply@acme.test")];
    let app = TestApp::start_with(&mail).await;
    app.administrator(ROOT, "owner").await;
    app.web("wiki").await;
    signed_in(&browser, &app, "/admin/mail").await;
    browser.inspect("console-mail-none").await;
    for (path, fields) in [
        ("/admin/scopes/new", [("name", "orders:read"), ("description", "Read your orders")]),
        ("/admin/resources/new", [("audience", "https://orders.example.com"), ("name", "Orders")]),
        ("/admin/roles/new", [("name", "helpdesk"), ("description", "Helps people in")]),
    ] {
        signed_in(&browser, &app, path).await;
        fill(&browser, "add", &fields).await;
    }
    let (now, error) = (app.clock.now(), "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown");
    for (id, given_up_at) in [("l1", None), ("l2", Some(now))] {
        let letter = Waiting {
            id: id.to_owned(),
            recipient: "ada.lovelace@analytical-engine.example.com".to_owned(),
            subject: "You have been invited".to_owned(),
            letter: b"sealed".to_vec(),
            created_at: now,
            next_try_at: now + Lifetime::from_hours(1),
            tries: 3,
            last_error: Some(error.to_owned()),
            given_up_at,
        };
        app.write(move |c| outbox::insert(c, &letter)).await;
    }
    signed_in(&browser, &app, "/admin/webhooks").await;
    browser.inspect("console-webhooks-none").await;
    webhooks(&browser, &app).await;
    let kid = app.lines("SELECT kid AS line FROM signing_keys WHERE alg = 'ES256'").remove(0);
    look(
        &browser,
        &app,
        &[
            ("console-overview-attention", "/admin"),
            ("console-mail", "/admin/mail"),
            ("console-webhooks", "/admin/webhooks"),
            ("console-webhook", "/admin/webhooks/crm"),
            ("console-webhook-gone", "/admin/webhooks/erp"),
            ("console-webhook-deliveries", "/admin/webhooks/crm/deliveries"),
            ("console-webhook-secret", "/admin/webhooks/crm/secret"),
            ("console-key", &format!("/admin/keys/{kid}")),
            ("console-role", "/admin/roles/helpdesk"),
            ("console-role-built-in", "/admin/roles/auditor"),
            ("console-scope", "/admin/scopes/orders:read"),
            ("console-scopes", "/admin/scopes"),
            ("console-resource", "/admin/resources/https%3A%2F%2Forders.example.com"),
            ("console-resources", "/admin/resources"),
            ("console-client-fresh", "/admin/clients/wiki/secrets"),
        ],
    )
    .await;
    let revoke = browser.client.find(fantoccini::Locator::Css("td form.one button")).await.expect("a button");
    revoke.click().await.expect("pressed");
    browser.wait_for("sure").await;
    browser.inspect("console-sure").await;
    fill(&browser, "sure", &[("confirm", "something else")]).await;
    assert!(browser.has("sure-confirm-error").await);
    browser.inspect("console-sure-refused").await;
    signed_in(&browser, &app, "/admin/keys").await;
    fill(&browser, "import", &[("private_key", "no key")]).await;
    browser.inspect("console-keys-refused").await;
    app.set_role(ROOT, &vouchsafe::identity::RoleName::parse("client-operator").expect("a role"));
    signed_in(&browser, &app, "/admin/keys").await;
    browser.inspect("console-forbidden").await;
    browser.quit().await;
}
