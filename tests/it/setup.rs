//! The first administrator: one link, one owner, and nothing behind it afterwards (security case N11).

use vouchsafe::flow::admin::setup;

use crate::support::relying_party::PASSWORD;
use crate::support::{Browser, Page, TestApp};

async fn opened(app: &TestApp, token: &str) -> (Browser, Page) {
    let mut browser = Browser::new(app);
    let form = browser.open(&format!("{}?token={token}", app.url("/setup"))).await;
    (browser, form)
}

fn owners(app: &TestApp) -> Vec<String> {
    app.lines("SELECT email AS line FROM users WHERE role = 'owner' ORDER BY email")
}

#[tokio::test]
async fn n11_of_many_who_use_the_link_at_once_one_becomes_the_owner() {
    for round in 0..5 {
        let app = TestApp::start().await;
        let link = setup::link(&app.cx()).await.expect("no fault").expect("nobody owns it");
        let mut all = Vec::new();
        for i in 0..4 {
            let (mut browser, form) = opened(&app, link.expose()).await;
            all.push(async move {
                let email = format!("owner{i}@example.com");
                browser.submit_once(&form, &[("email", &email), ("password", PASSWORD)]).await.status
            });
        }
        let made = futures_util::future::join_all(all).await.into_iter().filter(|status| *status == 303).count();
        assert_eq!((made, owners(&app).len()), (1, 1), "{round}");
        assert!(setup::link(&app.cx()).await.expect("no fault").is_none(), "there is no other link");
        let (_, dead) = opened(&app, link.expose()).await;
        assert_eq!(dead.status, 400, "the link is dead");
    }
}

#[tokio::test]
async fn n11_setting_up_takes_no_account_that_is_there() {
    let app = TestApp::start().await;
    app.person("alice@example.com").await;
    let link = setup::link(&app.cx()).await.expect("no fault").expect("nobody owns it");
    let (mut browser, form) = opened(&app, link.expose()).await;
    let taken = browser.submit_once(&form, &[("email", "Alice@Example.com"), ("password", PASSWORD)]).await;
    assert!(taken.status == 422 && taken.has("problem-email"), "{} {}", taken.status, taken.body);
    assert!(owners(&app).is_empty());
    // A refused address leaves the link as it was; a newer link takes its place.
    let newer = setup::link(&app.cx()).await.expect("no fault").expect("still nobody");
    let (_, dead) = opened(&app, link.expose()).await;
    assert_eq!(dead.status, 400);
    let (mut browser, form) = opened(&app, newer.expose()).await;
    assert_eq!(browser.submit_once(&form, &[("email", "root@example.com"), ("password", PASSWORD)]).await.status, 303);
    assert_eq!(owners(&app), ["root@example.com"]);
}
