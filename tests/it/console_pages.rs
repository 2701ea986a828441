//! Pages of the console that lead through several operations: previews, settings, files and grants.

use serde_json::json;
use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::files::{self, FilesRequest};
use vouchsafe::flow::admin::group::{self, GroupDocument};
use vouchsafe::flow::audit::Entry;

use crate::support::{Browser, Page, TestApp};

const ROOT: &str = "root@example.com";

/// The token of the form that goes to this address.
fn csrf(page: &Page, action: &str) -> String {
    let form = page.body.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_else(|| panic!("{}", page.body));
    let value = form.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    value.expect("a token").to_owned()
}

/// Files own two groups and a scope; then somebody changes one group and removes the other by hand.
pub async fn files_own_and_hands_change(app: &TestApp) {
    let (cx, cli) = (app.cx(), Actor::CommandLine);
    let documents = json!({
        "group": [{ "name": "staff", "description": "Everybody" }, { "name": "old", "description": "Retired" }],
        "scope": [{ "name": "hr", "description": "Do HR" }],
    });
    let request: FilesRequest = serde_json::from_value(json!({ "documents": documents })).expect("a request");
    files::apply(&cx, &cli, request).await.expect("no fault").map(drop).expect("applied");
    let by_hand = GroupDocument { name: "staff".to_owned(), description: "Some <b>people</b>".to_owned() };
    group::replace(&cx, &cli, "staff", by_hand, None).await.expect("no fault").expect("changed");
    group::remove(&cx, &cli, "old", None).await.expect("no fault").expect("removed");
}

#[tokio::test]
async fn the_preview_shows_every_claim_with_its_origin_and_issues_nothing() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.administrator("ops@example.com", "client-operator").await;
    app.web("wiki").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    let at = |query: &str| app.url(&format!("/admin/clients/wiki/preview{query}"));
    let before = app.rows("grants");
    let form = browser.get(&at("")).await;
    assert!(form.has("preview-user") && !form.body.contains("Where it comes from"), "{}", form.body);
    let seen = browser.get(&at(&format!("?user={ROOT}&scopes=openid+email+orders"))).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    for words in ["scope email", "protocol", ROOT, "The client is not registered for it", "They would be asked"] {
        assert!(seen.body.contains(words), "{words}: {}", seen.body);
    }
    let nobody = browser.get(&at("?user=nobody&scopes=openid")).await;
    assert!(nobody.status == 404 && nobody.has("preview-user-error"), "{}", nobody.body);
    assert_eq!(app.rows("grants"), before, "nothing was issued");
    let mut ops = Browser::new(&app);
    app.enter(&mut ops, "ops@example.com", "/admin").await;
    assert!(!ops.get(&at("")).await.has("preview-user"), "who may not look at people is not offered it");
    let refused = ops.get(&at(&format!("?user={ROOT}&scopes=openid"))).await;
    assert!(refused.status == 403 && !refused.body.contains("Name of root"), "{}", refused.body);
}

#[tokio::test]
async fn settings_are_saved_once_and_a_stale_form_changes_nothing() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    let url = app.url("/admin/settings");
    let csrf = csrf(&browser.get(&url).await, "/admin/settings");
    let mut post = async |version: &str, name: &str| {
        browser.post(&url, &[("csrf", &csrf), ("version", version), ("organisation", name)]).await
    };
    assert_eq!(post("1", "Acme").await.status, 303);
    let stale = post("1", "Other").await;
    assert!(stale.status == 409 && stale.has("settings-problem") && stale.body.contains("Other"), "{}", stale.body);
    assert_eq!(app.app.parts.settings.get().organisation.as_deref(), Some("Acme"));
    assert_eq!(post("2", &"x".repeat(61)).await.status, 422);
}

#[tokio::test]
async fn what_files_own_is_marked_and_what_hands_changed_is_shown() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    let empty = browser.get(&app.url("/admin/files")).await;
    assert!(empty.body.contains("Files own nothing yet") && empty.body.contains("vouchsafe export"), "{}", empty.body);
    files_own_and_hands_change(&app).await;
    let page = browser.get(&app.url("/admin/files")).await;
    for words in ["Group changed", "Group removed", "Everybody", "2 things were changed by hand", "as the files say"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("<b>") && page.body.contains("people"), "texts stay texts: {}", page.body);
    for path in ["/admin/groups/staff", "/admin/scopes/hr"] {
        assert!(browser.get(&app.url(path)).await.body.contains("owned by files"), "{path}");
    }
    assert!(browser.get(&app.url("/admin/groups")).await.body.contains("owned by files"), "in the list too");
    let api = app.program_of_all().await;
    assert_eq!(api.get("/groups/staff").await.ok(200)["managed_by_files"], true);
    assert_eq!(api.get("/settings").await.ok(200)["managed_by_files"], false);
    let own = browser.get(&app.url("/admin/settings")).await;
    assert!(!own.body.contains("owned by files"), "these files say nothing of settings");
}

#[tokio::test]
async fn grants_stand_with_the_client_and_the_person_and_end_on_either_page() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let ada = app.person("ada@example.com").await;
    let client = app.web("wiki").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    for (path, shown) in [
        ("/admin/clients/wiki/grants".to_owned(), "ada@example.com"),
        (format!("/admin/people/{}/grants", ada.id), "wiki"),
    ] {
        app.tokens(&mut Browser::new(&app), &client, "ada@example.com", &[]).await;
        let page = browser.get(&app.url(&path)).await;
        assert!(page.body.contains(&format!("<bdi>{shown}</bdi></a>")), "{}", page.body);
        let action = format!("{path}/end");
        let token = csrf(&page, &action);
        let grant =
            app.lines("SELECT id AS line FROM grants WHERE revoked_at IS NULL AND client_id = 'wiki'").remove(0);
        let ended = browser.post(&app.url(&action), &[("csrf", &token), ("grant", &grant), ("confirm", "wiki")]).await;
        assert_eq!((ended.status, ended.location.as_deref()), (303, Some(path.as_str())), "{}", ended.body);
        assert!(browser.get(&app.url(&path)).await.body.contains("No live tokens"));
    }
}

#[tokio::test]
async fn the_page_about_this_installation_leads_to_the_api() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ROOT, "/admin/about").await;
    for path in ["/api/admin/v1/docs", "/api/admin/v1/openapi.json"] {
        assert!(page.body.contains(&format!("href=\"{path}\"")), "{}", page.body);
        assert_eq!(browser.get(&app.url(path)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_mend_leads_to_the_page_where_it_is_done_and_names_no_command() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let wiki = app.web("wiki").await;
    let url = app.authorize_url(&wiki, &[("redirect_uri", "https://elsewhere.test/")]);
    let refused = Browser::new(&app).get(&url).await;
    app.app.parts.tracer.flush().await;
    let mut browser = Browser::new(&app);
    let trace = format!("/admin/diagnosis?reference={}", refused.correlation_id());
    let page = app.enter(&mut browser, ROOT, &trace).await;
    let link = "href=\"/admin/clients/wiki/settings#settings-redirect_uris\"";
    assert!(page.body.contains(link) && !page.body.contains("vouchsafe client"), "{}", page.body);
    let settings = browser.get(&app.url("/admin/clients/wiki/settings")).await;
    assert!(settings.has("settings-redirect_uris") && settings.has("settings-grants"), "{}", settings.body);
}

#[tokio::test]
async fn the_download_of_the_log_is_whole_and_takes_the_filters_of_the_page() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    let mut entry = Entry::new(&app.cx(), "client_edited");
    entry.event.client_id = Some("wiki".to_owned());
    // More than one piece, and more than a page can be long.
    const MANY: usize = 1100;
    app.write(move |c| (0..MANY).try_for_each(|_| entry.append(c))).await;
    let file = browser.get(&app.url("/admin/audit/export?client=wiki")).await;
    let ids: Vec<i64> = file
        .body
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].as_i64().expect("a number"))
        .collect();
    assert_eq!((file.status, ids.len(), ids.is_sorted()), (200, MANY, true));
    assert_eq!(browser.get(&app.url("/admin/audit/export?client=nobody")).await.body, "");
    let unclear = browser.get(&app.url("/admin/audit/export?from=yesterday")).await;
    assert!(unclear.status == 422 && unclear.has("search-from-error"), "{}: {}", unclear.status, unclear.body);
}

#[tokio::test]
async fn n03_what_may_not_be_done_to_people_above_is_not_offered() {
    let app = TestApp::start().await;
    let root = app.administrator(ROOT, "owner").await;
    app.administrator("help@example.com", "people-operator").await;
    let bob = app.person("bob@example.com").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, "help@example.com", "/admin").await;
    for tab in ["", "/access", "/ways-in", "/sessions", "/apps", "/attributes", "/account"] {
        let above = browser.get(&app.url(&format!("/admin/people/{}{tab}", root.id))).await;
        assert_eq!(above.status, 200, "{tab}");
        assert!(above.body.contains("You can look, not change"), "{tab}: {}", above.body);
        let main = above.body.split("<main").nth(1).expect("a page");
        assert!(!main.contains("method=\"post\""), "{tab}: {main}");
    }
    let below = browser.get(&app.url(&format!("/admin/people/{}", bob.id))).await;
    assert!(below.body.contains("name=\"postal_code\"") && !below.body.contains("You can look"), "{}", below.body);
    assert_eq!(browser.get(&app.url("/admin/keys")).await.status, 403);
    assert_eq!(app.refused_acts(1).await, ["GET /admin/keys"], "n03: whoever tries what they may not do is seen");
}
