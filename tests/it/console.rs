//! Group N of the security cases, over the console's own table of routes; signing in to the console and out of it.

use vouchsafe::http::admin::console::{Proof, ROUTES};
use vouchsafe::http::routes::{Access, Method, Route};
use vouchsafe::identity::permission::built_in;
use vouchsafe::store::{sessions, users};
use vouchsafe::time::Lifetime;

use crate::support::browser::encode;
use crate::support::ground::TABLES;
use crate::support::{Browser, Page, TestApp};

const ROOT: &str = "root@example.com";
const COOKIE: &str = "vouchsafe_console";

/// The address of a route, with something in the places of its segments.
fn address(app: &TestApp, route: &Route) -> String {
    let path: Vec<&str> = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
    app.url(&path.join("/"))
}

fn need(route: &Route) -> Option<vouchsafe::http::admin::console::Need> {
    match route.access {
        Access::ConsolePage(need) | Access::ConsoleForm(need) | Access::ConsoleUpload(need) => Some(need),
        _ => None,
    }
}

async fn call(browser: &mut Browser, app: &TestApp, route: &Route) -> Page {
    let url = address(app, route);
    match route.method {
        Method::Get => browser.get(&url).await,
        _ => browser.post(&url, &[("csrf", "AAAA")]).await,
    }
}

fn counts(app: &TestApp) -> Vec<(&'static str, i64)> {
    TABLES.iter().filter(|t| **t != "traces" && **t != "events").map(|table| (*table, app.rows(table))).collect()
}

/// No page of the console, and none of its data.
fn is_outside(page: &Page) -> bool {
    let leads_away = page.location.as_deref().is_some_and(|to| to.contains("/admin/login?to="));
    (leads_away || page.status == 403) && !page.body.contains("class=\"console\"")
}

#[tokio::test]
async fn an_administrator_signs_in_through_this_very_provider_and_out_again() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ROOT, "/admin/sessions?person=root%40example.com").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.url.ends_with("/admin/sessions?person=root%40example.com"), "{}", page.url);
    assert!(page.body.contains("<h1><bdi>Sessions</bdi>") && page.body.contains("Name of root@example.com"));
    assert!(browser.cookies.contains_key(COOKIE) && !browser.cookies.contains_key("vouchsafe_console_trip"));
    let rows = app.lines("SELECT user_id AS line FROM own_sessions");
    assert_eq!(rows.len(), 1);
    let mut stranger = browser.clone();
    let csrf = page.sign_out_token();
    let out = browser.post(&app.url("/admin/logout"), &[("csrf", &csrf)]).await;
    assert!(out.location.as_deref().is_some_and(|to| to.ends_with("/logout")), "{out:?}");
    assert!(!browser.cookies.contains_key(COOKIE));
    assert!(is_outside(&stranger.get(&app.url("/admin")).await), "the old cookie is worth nothing");
}

#[tokio::test]
async fn the_console_cookie_is_strict_and_a_link_from_another_site_still_works() {
    let app = TestApp::start_with(&[("VOUCHSAFE_ISSUER", "https://id.example.test/auth")]).await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    let mut page = browser.open(&app.url("/admin")).await;
    page = browser.submit_once(&page, &[("login", ROOT), ("password", crate::support::relying_party::PASSWORD)]).await;
    while let Some(to) = page.location.clone() {
        page = browser.get(&format!("{}{}", app.origin, to.replace("https://id.example.test", ""))).await;
    }
    let cookies: Vec<&str> = page.headers.get_all("set-cookie").iter().map(|c| c.to_str().expect("ASCII")).collect();
    let own = cookies.iter().find(|c| c.starts_with("__Host-vouchsafe_console=")).expect("the console's cookie");
    for attribute in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/"] {
        assert!(own.contains(attribute), "{own}");
    }
    assert!(!own.contains("Max-Age") && !own.contains("Domain"), "{own}");
    assert_eq!(page.goes_on_to().as_deref(), Some("/auth/admin"));
    let url = app.url("/admin/keys?x=1");
    let request = app.http.get(&url).header("sec-fetch-site", "cross-site");
    let page = Browser::new(&app).send(request, &url).await;
    assert_eq!((page.status, page.goes_on_to().as_deref()), (200, Some("/auth/admin/keys?x=1")), "{}", page.body);
}

#[tokio::test]
async fn an_answer_that_this_browser_did_not_ask_for_begins_nothing() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    let login = browser.open(&app.url("/admin")).await;
    let fields = [("login", ROOT), ("password", crate::support::relying_party::PASSWORD)];
    let step = browser.submit_once(&login, &fields).await;
    let answer = browser.get(&format!("{}{}", app.origin, step.location.expect("on"))).await;
    let callback = answer.location.expect("the callback");
    assert!(callback.starts_with(&app.url("/admin/callback?")), "{callback}");
    other.open(&app.url("/admin")).await;
    for (url, from) in [
        (callback.clone(), Browser::new(&app)),
        (callback.clone(), other),
        (callback.replace("state=", "state=x"), browser.clone()),
        (callback.replace("iss=", "iss=x"), browser.clone()),
        (callback.replace("code=", "codex="), browser.clone()),
        (app.url("/admin/callback"), browser.clone()),
        (app.url("/admin/callback?error=access_denied&error_description=Call+0900+1234"), browser.clone()),
    ] {
        let page = from.clone().get(&url).await;
        assert_eq!((page.status, page.goes_on_to()), (400, None), "{url}");
        assert!(page.has("correlation-id") && !page.body.contains("0900"), "b09: {}", page.body);
    }
    assert_eq!(app.rows("own_sessions"), 0);
    assert!(browser.get(&callback).await.goes_on_to().is_some(), "in its own browser it works");
    assert_eq!(browser.get(&callback).await.status, 400, "and once");
}

#[tokio::test]
async fn n01_every_route_of_the_console_is_guarded() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.person("alice@example.com").await;
    let mut stranger = Browser::new(&app);
    let mut alice = Browser::new(&app);
    let page = app.enter(&mut alice, "alice@example.com", "/admin").await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("Ask an owner") && !alice.cookies.contains_key(COOKIE), "{}", page.body);
    let mut expired = Browser::new(&app);
    app.enter(&mut expired, ROOT, "/admin").await;
    assert!(expired.cookies.contains_key(COOKIE));
    app.pass(Lifetime::from_minutes(16));
    let before = counts(&app);
    let guarded: Vec<&Route> = ROUTES.iter().filter(|route| need(route).is_some()).collect();
    assert!(guarded.len() + 2 == ROUTES.len(), "only the sign-in has no permission");
    for route in guarded {
        assert_eq!(route.access.is_own_form(), route.method == Method::Post, "{}", route.path);
        for browser in [&mut stranger, &mut alice, &mut expired] {
            let page = call(browser, &app, route).await;
            assert!(is_outside(&page), "{} {}", route.path, page.body);
        }
        let url = address(&app, route);
        for method in ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            for header in ["x-http-method-override", "x-method-override"] {
                let request = app.http.request(method.clone(), &url).header(header, route.method.as_str());
                let page = stranger.send(request, &url).await;
                assert!(page.status == 405 || is_outside(&page), "{method} {}: {}", route.path, page.status);
                assert!(page.headers.get("access-control-allow-origin").is_none());
            }
        }
    }
    assert_eq!(counts(&app), before, "nothing was written");
}

#[tokio::test]
async fn n01_each_role_enters_what_its_permissions_open_and_nothing_else() {
    let app = TestApp::start().await;
    for role in built_in().iter().filter(|role| !role.permissions.is_empty()) {
        let email = format!("{}@example.com", role.name);
        app.administrator(&email, role.name.as_str()).await;
        let mut browser = Browser::new(&app);
        let start = app.enter(&mut browser, &email, "/admin").await;
        assert_eq!(start.status, 200, "{}", start.body);
        for route in ROUTES.iter().filter(|route| route.method == Method::Get) {
            let Some(need) = need(route) else { continue };
            let page = call(&mut browser, &app, route).await;
            let may = need.permission.is_none_or(|p| role.permissions.contains(p));
            let shown =
                matches!(page.status, 200 | 303 | 404 | 422) && page.location.as_deref() != Some("/admin/login");
            assert_eq!(shown, may, "{} at {}: {} {}", role.name, route.path, page.status, page.body);
            if !may {
                assert_eq!(page.status, 403, "{} at {}", role.name, route.path);
            }
        }
        // What one may not see is not offered.
        for (area, permission) in [("/admin/keys", "admin:keys:read"), ("/admin/audit", "admin:audit:read")] {
            let offered = start.body.contains(&format!("href=\"{area}\""));
            let allowed = role.permissions.iter().any(|p| p.scope() == permission);
            assert_eq!(offered, allowed, "{} {area}", role.name);
        }
    }
}

#[tokio::test]
async fn n08_a_console_session_ends_with_everything_it_hangs_on() {
    let app = TestApp::start().await;
    let root = app.administrator(ROOT, "owner").await;
    let enter = async || {
        let mut browser = Browser::new(&app);
        let page = app.enter(&mut browser, ROOT, "/admin/about").await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    };
    let is_in = async |browser: &Browser| browser.clone().get(&app.url("/admin/about")).await.status == 200;
    let idle = enter().await;
    app.pass(Lifetime::from_minutes(14));
    assert!(is_in(&idle).await, "each use counts");
    app.pass(Lifetime::from_minutes(14));
    assert!(is_in(&idle).await, "each use counts");
    app.pass(Lifetime::from_minutes(15));
    assert!(!is_in(&idle).await, "15 minutes without use");

    let mut busy = enter().await;
    for _ in 0..8 * 5 {
        app.pass(Lifetime::from_minutes(12));
        busy.get(&app.url("/admin/about")).await;
    }
    assert!(!is_in(&busy).await, "8 hours");

    let ended = enter().await;
    let all = app.lines("SELECT session_id AS line FROM own_sessions ORDER BY created_at DESC LIMIT 1");
    let (id, now) = (vouchsafe::identity::SessionId(all[0].clone()), app.clock.now());
    app.write(move |c| sessions::end(c, &id, now)).await;
    assert!(!is_in(&ended).await, "the session at the provider was ended");

    let reset = enter().await;
    app.pass(Lifetime::from_seconds(1));
    let (id, now) = (root.id.clone(), app.clock.now());
    app.write(move |c| users::set_valid_from(c, &id, now)).await;
    assert!(!is_in(&reset).await, "everything of the person was ended");

    let demoted = enter().await;
    let mut stored = vouchsafe::identity::User { role: vouchsafe::identity::RoleName::PERSON, ..root.clone() };
    stored.valid_from = app.clock.now();
    let person = stored.clone();
    app.write(move |c| users::update(c, &person)).await;
    assert_eq!(demoted.clone().get(&app.url("/admin/about")).await.status, 403, "the role is gone");
    stored.role = vouchsafe::identity::RoleName::OWNER;
    let owner = stored.clone();
    app.write(move |c| users::update(c, &owner)).await;

    let shut = enter().await;
    let (id, now) = (root.id.clone(), app.clock.now());
    app.write(move |c| users::set_disabled(c, &id, Some(now), now)).await;
    assert!(!is_in(&shut).await, "the account was disabled");
}

#[tokio::test]
async fn n08_keys_secrets_and_roles_want_a_fresh_proof() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    app.pass(Lifetime::from_minutes(5));
    let fresh: Vec<&Route> = ROUTES.iter().filter(|r| need(r).is_some_and(|n| n.proof == Proof::Fresh)).collect();
    assert!(!fresh.is_empty());
    assert!(browser.get(&app.url("/admin/keys")).await.status == 200, "five minutes are fresh");
    app.pass(Lifetime::from_seconds(1));
    for route in fresh {
        let page = call(&mut browser, &app, route).await;
        match route.method {
            Method::Get => {
                let to = page.location.unwrap_or_default();
                assert!(to.starts_with("/admin/login?to=") && to.ends_with("&ask=proof"), "{}: {to}", route.path);
            }
            _ => assert_eq!(page.status, 403, "{}: the form's token comes first", route.path),
        }
    }
    let page = browser.open(&app.url("/admin/keys")).await;
    assert!(page.body.contains("Confirm it is you"), "{}", page.body);
    let page = browser.submit(&page, &[("login", ROOT), ("password", crate::support::relying_party::PASSWORD)]).await;
    assert_eq!(page.goes_on_to().as_deref(), Some("/admin/keys"));
    assert_eq!(browser.get(&app.url("/admin/keys")).await.status, 200);
    assert_eq!(app.rows("own_sessions"), 1, "the old one was replaced");
}

#[tokio::test]
async fn i04_every_form_of_the_console_must_be_ours() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    let mut browser = Browser::new(&app);
    let page = app.enter(&mut browser, ROOT, "/admin").await;
    let other_form = page.sign_out_token();
    let before = counts(&app);
    for route in ROUTES.iter().filter(|route| route.access.is_own_form()) {
        let url = address(&app, route);
        for token in ["", "AAAA", other_form.as_str()] {
            if route.path == "/admin/logout" && token == other_form {
                continue;
            }
            let page = browser.post(&url, &[("csrf", token)]).await;
            assert_eq!(page.status, 403, "{} with the token {token:?}", route.path);
        }
        let body = encode(&[("csrf", &other_form)]);
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.test")]
        {
            let request = app.http.post(&url).header("content-type", "application/x-www-form-urlencoded");
            let page = browser.clone().send(request.header(name, value).body(body.clone()), &url).await;
            assert_eq!(page.status, 403, "{} {name}: {value}", route.path);
        }
        for content_type in ["text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=x"]
        {
            let request =
                app.http.post(&url).header("content-type", content_type).header("sec-fetch-site", "same-origin");
            let page = browser.clone().send(request.body(body.clone()), &url).await;
            assert_eq!(page.status, 403, "{} {content_type}", route.path);
        }
    }
    assert_eq!(counts(&app), before, "nothing was written");
    assert_eq!(browser.get(&app.url("/admin")).await.status, 200, "and nobody was signed out");
}

#[tokio::test]
async fn b07_texts_that_others_chose_are_inert_on_every_page() {
    const HOSTILE: [&str; 3] =
        ["<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>", "{{7*7}}\u{202e}gpj.exe"];
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    for (at, text) in HOSTILE.into_iter().enumerate() {
        app.client_with(&format!("c{at}"), vouchsafe::oauth::client_policy::Profile::Web, |row| {
            row.name = text.to_owned();
            row.about.client_uri = Some(format!("javascript:{text}"));
            row.about.contacts = vec![text.to_owned()];
        })
        .await;
        let person = app.person(&format!("p{at}@example.com")).await;
        let profile = vouchsafe::identity::user::Profile { name: Some(text.to_owned()), ..person.profile.clone() };
        let stored = vouchsafe::identity::User { profile, ..person };
        app.write(move |c| users::update(c, &stored)).await;
        let url = app
            .authorize_url(&app.web(&format!("w{at}")).await, &[("redirect_uri", &format!("https://x.test/{text}"))]);
        let request = app.http.get(&url).header("user-agent", text.replace('\u{202e}', ""));
        Browser::new(&app).send(request, &url).await;
    }
    app.app.parts.tracer.flush().await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    let id = app.lines("SELECT id AS line FROM users WHERE email = 'p0@example.com'").remove(0);
    let mut shown = 0;
    for path in [
        "/admin".to_owned(),
        "/admin/clients".to_owned(),
        "/admin/clients/c0".to_owned(),
        "/admin/clients/c1/settings".to_owned(),
        "/admin/clients/c2/end".to_owned(),
        "/admin/clients/w0/failures".to_owned(),
        "/admin/diagnosis".to_owned(),
        "/admin/people".to_owned(),
        format!("/admin/people/{id}"),
        format!("/admin/people/{id}/account"),
        format!("/admin/people/{id}/ways-in"),
        "/admin/sessions".to_owned(),
        "/admin/audit".to_owned(),
        format!("/admin/audit?kind={}", HOSTILE[0].replace(' ', "+")),
        format!("/admin/people?q={}", HOSTILE[1].replace('"', "%22")),
        "/admin/clients/%3Cimg%20src=x%20onerror=alert(1)%3E".to_owned(),
    ] {
        let page = browser.get(&app.url(&path)).await;
        assert!(matches!(page.status, 200 | 404), "{path}: {}", page.status);
        let foreign = page.body.replace("<script src=\"/assets/strength.", "");
        assert!(!foreign.contains("<img") && !foreign.contains("<script"), "{path}: {}", page.body);
        assert!(!page.body.contains(">49<"), "{path}");
        shown += usize::from(page.body.contains("onerror"));
    }
    assert!(shown > 5, "the texts are shown, as texts: {shown}");
}
