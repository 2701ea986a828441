//! Settings that administrators change while the server runs, as people see them.

use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::settings::{self, SettingsDocument};

use crate::support::TestApp;

#[tokio::test]
async fn pages_show_whose_provider_it_is_and_whom_to_ask() {
    let app = TestApp::start().await;
    let page = |path: &str| {
        let request = app.http.get(app.url(path)).header("accept", "text/html");
        async move { request.send().await.expect("an answer").text().await.expect("a page") }
    };
    assert!(page("/").await.contains("· Vouchsafe</title>"));
    for (support, link) in
        [("help@acme.test", "mailto:help@acme.test"), ("https://acme.test/help", "https://acme.test/help")]
    {
        let document = SettingsDocument {
            organisation: Some("Acme <b>&".to_owned()),
            support: Some(support.to_owned()),
            ..SettingsDocument::default()
        };
        settings::replace(&app.app.command_cx(), &Actor::CommandLine, document, None).await.unwrap().unwrap();
        let home = page("/").await;
        assert!(home.contains("· Acme &#60;b&#62;&#38;</title>") && !home.contains("Acme <b>"), "{home}");
        let lost = page("/authorize").await;
        assert!(lost.contains(&format!("<a href=\"{link}\"")), "{lost}");
    }
}
