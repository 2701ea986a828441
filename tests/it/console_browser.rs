//! The console in a real browser: every page looked at in two widths, light and dark, and its flows with the script engine
//! doing nothing.

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_security() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.person("ada@example.com").await;
    let client = app.web("wiki").await;
    let mut ada = Browser::new(&app);
    app.tokens(&mut ada, &client, "ada@example.com", &[]).await;
    vouchsafe::flow::ops::stats::flush(&app.app.parts, app.clock.now()).await.expect("the numbers are stored");
    for (name, path) in [
        ("console-overview", "/admin"),
        ("console-about", "/admin/about"),
        ("console-sessions", "/admin/sessions"),
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
    browser.quit().await;
}
