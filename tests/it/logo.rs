//! The logo of a client: given through the API and the console, shown to people, and never anything but a picture.

use reqwest::Method;
use serde_json::json;
use vouchsafe::identity::{Permission, Permissions};
use vouchsafe::store::clients;
use vouchsafe::time::Lifetime;

use crate::support::admin::{Api, Header, route_of};
use crate::support::chromium;
use crate::support::{Browser, Page, TestApp};

const ROOT: &str = "root@example.com";
const PNG: &[u8] = include_bytes!("../images/logo.png");
const DARK: &[u8] = include_bytes!("../images/dark.png");
const JPEG: &[u8] = include_bytes!("../images/base.jpg");
const WEBP: &[u8] = include_bytes!("../images/alpha.webp");
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";

/// Sends an image to the API and holds the answer against the document.
async fn put(api: &Api<'_>, client: &str, content_type: &str, bytes: &[u8], headers: &[Header<'_>]) -> Page {
    let path = format!("/clients/{client}/logo");
    let url = api.app.url(&format!("{}{path}", vouchsafe::http::admin::api::ROOT));
    let mut request = api.app.http.put(url).bearer_auth(&api.token).header("content-type", content_type);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let page = api.app.send(request.body(bytes.to_vec())).await;
    api.hold(route_of("PUT", &path).expect("a route"), &page);
    page
}

/// The public picture: status, headers and bytes.
async fn fetch(app: &TestApp, url: &str, headers: &[Header<'_>]) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let mut request = app.http.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.expect("a body").to_vec())
}

/// Every operation, once with success.
pub async fn contract(api: &Api<'_>) {
    api.get("/clients/wiki/logo").await.is_problem(404, "no_logo");
    api.delete("/clients/wiki/logo").await.is_problem(404, "no_logo");
    let before = api.get("/clients/wiki").await.ok(200);
    assert!(before["logo_uri"].is_null(), "{before}");
    let set = put(api, "wiki", "image/png", PNG, &[]).await;
    let view = set.ok(200);
    let prefix = format!("{}/clients/wiki/logo?v=", api.app.issuer);
    let uri = view["logo_uri"].as_str().expect("an address");
    assert!(uri.strip_prefix(&prefix).is_some_and(|tag| tag.len() == 16), "{uri}");
    assert_eq!(view["version"], before["version"].as_i64().expect("a version") + 1);
    let etag = set.header("etag").to_owned();
    let same = put(api, "wiki", "image/png", PNG, &[("if-match", &etag)]).await;
    assert_eq!(same.ok(200), view, "the same picture again changes nothing");
    put(api, "wiki", "image/jpeg", JPEG, &[("if-match", "\"v1\"")]).await.is_problem(412, "version_is_stale");
    let jpeg = put(api, "wiki", "image/jpeg", JPEG, &[("if-match", &etag)]).await.ok(200);
    assert_ne!(jpeg["logo_uri"], view["logo_uri"], "another picture has another address");
    let shown = api.get("/clients/wiki/logo").await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/jpeg"));
    let known = [("if-none-match", shown.header("etag"))];
    assert_eq!(api.send(Method::GET, "/clients/wiki/logo", None, &known).await.status, 304);
    let patched = api.patch("/clients/wiki", json!({ "name": "Wiki with a face" })).await.ok(200);
    assert_eq!(patched["logo_uri"], jpeg["logo_uri"], "what is written of a client says nothing of its logo");
    let entries = api.get("/audit?kind=client_logo_set").await.ok(200);
    let detail = &entries["items"][0]["detail"];
    assert_eq!(detail["before"]["media_type"], "image/png", "{entries}");
    assert_eq!(detail["after"]["bytes"], JPEG.len(), "{entries}");
    assert_eq!(detail["after"]["sha256"].as_str().map(str::len), Some(64));
    let gone = api.delete("/clients/wiki/logo").await.ok(200);
    assert!(gone["logo_uri"].is_null());
    api.get("/clients/nothing/logo").await.is_problem(404, "unknown_client");
}

#[tokio::test]
async fn only_small_pictures_are_taken_whatever_they_are_called() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    app.web("wiki").await;
    let sized = |width: u32, height: u32| {
        let mut bytes = PNG.to_vec();
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        bytes
    };
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    for (what, content_type, bytes, status, code) in [
        ("an SVG", "image/svg+xml", SVG.to_vec(), 415, "logo_type"),
        ("an SVG called PNG", "image/png", SVG.to_vec(), 415, "logo_type"),
        ("HTML behind a signature", "image/png", [&PNG[..8], html].concat(), 415, "logo_type"),
        ("a picture and HTML", "image/png", [PNG, html].concat(), 415, "logo_type"),
        ("a cut header", "image/png", PNG[..20].to_vec(), 415, "logo_type"),
        ("nothing", "image/png", Vec::new(), 415, "logo_type"),
        ("65 KiB", "image/png", [PNG, &vec![0; 65 * 1024]].concat(), 413, "logo_too_large"),
        ("far too much", "image/png", vec![0; 300 * 1024], 413, "body"),
        ("too many pixels", "image/png", sized(5_000, 5_000), 400, "logo_dimensions"),
        ("no pixels", "image/png", sized(0, 0), 400, "logo_dimensions"),
        ("no image by its header", "text/html", PNG.to_vec(), 415, "content_type"),
    ] {
        let page = put(&api, "wiki", content_type, &bytes, &[]).await;
        assert_eq!((page.status, page.json()["code"].as_str()), (status, Some(code)), "{what}: {}", page.body);
    }
    assert_eq!(app.rows("client_logos"), 0);
    // What it is called counts for nothing.
    put(&api, "wiki", "image/png", WEBP, &[]).await.ok(200);
    assert_eq!(api.get("/clients/wiki/logo").await.header("content-type"), "image/webp");
}

#[tokio::test]
async fn n03_a_logo_changes_for_those_who_may_change_the_client() {
    let app = TestApp::for_admin().await;
    let all = app.program_of_all().await;
    app.web("wiki").await;
    let reader = app.program("reader", Permissions::of_scopes([Permission::ClientsRead.scope()])).await;
    put(&reader, "wiki", "image/png", PNG, &[]).await.is_problem(403, "permission_missing");
    put(&all, "wiki", "image/png", PNG, &[]).await.ok(200);
    assert_eq!(reader.get("/clients/wiki/logo").await.status, 200);
    reader.delete("/clients/wiki/logo").await.is_problem(403, "permission_missing");
    let clients_only = [Permission::ClientsRead.scope(), Permission::ClientsWrite.scope()];
    let low = app.program("low", Permissions::of_scopes(clients_only)).await;
    put(&low, "automation", "image/png", PNG, &[]).await.is_problem(403, "above_your_rank");
    app.administrator(ROOT, "owner").await;
    app.enter(&mut Browser::new(&app), ROOT, "/admin").await;
    assert_eq!(put(&all, "vouchsafe-console", "image/png", PNG, &[]).await.status, 403);
}

#[tokio::test]
async fn the_public_picture_is_a_picture_and_nothing_else() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let client = app.web("wiki").await;
    let bare = app.url("/clients/wiki/logo");
    assert_eq!(fetch(&app, &bare, &[]).await.0, 404);
    let view = put(&api, "wiki", "image/png", PNG, &[]).await.ok(200);
    let uri = view["logo_uri"].as_str().expect("an address").to_owned();
    let (status, headers, bytes) = fetch(&app, &uri, &[("cookie", "vouchsafe_session=x")]).await;
    assert_eq!((status, bytes.as_slice()), (200, PNG));
    for (name, is) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(headers[name], is, "{name}");
    }
    assert!(!headers.contains_key("set-cookie") && !headers.contains_key("access-control-allow-credentials"));
    let etag = headers["etag"].to_str().expect("text").to_owned();
    for tags in [etag.clone(), format!("\"x\", W/{etag}")] {
        let (status, headers, bytes) = fetch(&app, &uri, &[("if-none-match", &tags)]).await;
        assert_eq!((status, bytes.len(), headers["etag"].to_str().ok()), (304, 0, Some(etag.as_str())), "{tags}");
    }
    for address in [bare.clone(), format!("{bare}?v=0000000000000000"), format!("{bare}?v=%"), format!("{bare}?x")] {
        let (status, headers, _) = fetch(&app, &address, &[]).await;
        assert_eq!((status, headers["cache-control"].to_str().ok()), (200, Some("public, max-age=300")), "{address}");
    }
    for odd in ["nobody", "%00", "wiki%2f..", "WIKI", "'"] {
        assert_eq!(fetch(&app, &app.url(&format!("/clients/{odd}/logo")), &[]).await.0, 404, "{odd}");
    }
    app.write(|c| clients::set_disabled(c, "wiki", Some(crate::support::app::BEGIN), crate::support::app::BEGIN)).await;
    assert_eq!(fetch(&app, &uri, &[]).await.0, 404, "a disabled client shows no face");
    app.write(move |c| clients::delete(c, &client.row.client_id)).await;
    assert_eq!(app.rows("client_logos"), 0);
}

#[tokio::test]
async fn people_see_the_logo_and_are_not_asked_anew_because_of_it() {
    let app = TestApp::for_admin().await;
    let api = app.program_of_all().await;
    let client = app.web("wiki").await;
    app.person("alice@example.com").await;
    let mut browser = Browser::new(&app);
    app.sign_in(&mut browser, &client, "alice@example.com", &[]).await.code();
    app.pass(Lifetime::from_seconds(2));
    let view = put(&api, "wiki", "image/png", PNG, &[]).await.ok(200);
    let path = view["logo_uri"].as_str().and_then(|uri| uri.strip_prefix(&app.issuer)).expect("an address").to_owned();
    app.pass(Lifetime::from_seconds(2));
    browser.get(&app.authorize_url(&client, &[])).await.code();
    let picture = format!("<img class=\"tile logo\" src=\"{path}\" alt=\"\"");
    for prompt in ["login", "select_account", "consent"] {
        let page = browser.get(&app.authorize_url(&client, &[("prompt", prompt)])).await;
        assert!(page.body.contains(&picture), "{prompt}: {}", page.body);
        assert!(page.header("content-security-policy").contains("img-src 'self'"), "{prompt}");
    }
}

/// The logo form of the console with this file, as a browser sends it.
async fn upload(app: &TestApp, browser: &mut Browser, page: &Page, file: &[u8], closing: &str) -> Page {
    let url = app.url("/admin/clients/wiki/logo");
    let form = page.body.split("id=\"logo\"").nth(1).expect("the form");
    let value = |name: &str| {
        let field = form.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
        crate::support::browser::unescape(field.split('"').next().expect("a value"))
    };
    let mut body = Vec::new();
    for (name, text) in [("csrf", value("csrf")), ("version", value("version"))] {
        body.extend(format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").into_bytes());
    }
    let name = if file.is_empty() { "" } else { "evil.svg" };
    let head = format!(
        "--xx\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"{name}\"\r\n\
         Content-Type: image/svg+xml\r\n\r\n"
    );
    body.extend([head.as_bytes(), file, closing.as_bytes()].concat());
    let request = app.http.post(&url).header("content-type", "multipart/form-data; boundary=xx");
    browser.send(request.header("sec-fetch-site", "same-origin").body(body), &url).await
}

#[tokio::test]
async fn the_console_takes_a_logo_and_says_beside_the_field_what_is_wrong() {
    let app = TestApp::start().await;
    app.administrator(ROOT, "owner").await;
    app.web("wiki").await;
    let mut browser = Browser::new(&app);
    app.enter(&mut browser, ROOT, "/admin").await;
    let url = app.url("/admin/clients/wiki/logo");
    let page = browser.get(&url).await;
    assert!(page.body.contains("enctype=\"multipart/form-data\""), "{}", page.body);
    let end = "\r\n--xx--\r\n";
    for (what, file, closing, words) in [
        ("nothing chosen", Vec::new(), end, "Choose a file first"),
        ("an SVG", SVG.to_vec(), end, "no whole PNG"),
        ("65 KiB", vec![0; 65 * 1024], end, "at most 64 KiB"),
        ("2 MiB", vec![0; 2 * 1_048_576], end, "at most 64 KiB"),
        ("a cut body", PNG[..100].to_vec(), "", "no whole PNG"),
    ] {
        let page = upload(&app, &mut browser, &page, &file, closing).await;
        assert_eq!(page.status, 422, "{what}: {}", page.body);
        assert!(page.has("logo-logo-error") && page.body.contains(words), "{what}: {}", page.body);
    }
    let done = upload(&app, &mut browser, &page, PNG, end).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let stale = upload(&app, &mut browser, &page, JPEG, end).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
    let forged = Page { body: page.body.replace("name=\"csrf\" value=\"", "name=\"csrf\" value=\"x"), ..page };
    assert_eq!(upload(&app, &mut browser, &forged, JPEG, end).await.status, 403);
    for path in ["/admin/clients", "/admin/clients/wiki/logo"] {
        let page = browser.get(&app.url(path)).await;
        assert!(page.body.contains("<img class=\"logo\" src=\"/clients/wiki/logo?v="), "{path}: {}", page.body);
    }
    let page = browser.get(&url).await;
    let csrf = page.body.split("id=\"remove\"").nth(1).and_then(|form| form.split("name=\"csrf\" value=\"").nth(1));
    let csrf = csrf.and_then(|rest| rest.split('"').next()).expect("a token").to_owned();
    let remove = app.url("/admin/clients/wiki/logo/remove");
    let unsure = browser.post(&remove, &[("csrf", &csrf), ("confirm", "wik")]).await;
    assert!(unsure.status == 422 && unsure.has("remove-confirm-error"), "{}", unsure.body);
    assert_eq!(browser.post(&remove, &[("csrf", &csrf), ("confirm", "wiki")]).await.status, 303);
    assert_eq!(app.rows("client_logos"), 0);
    let kinds: Vec<String> = app.events().await.into_iter().filter(|kind| kind.starts_with("client_logo")).collect();
    assert_eq!(kinds, ["client_logo_set", "client_logo_removed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logos_look_well_on_every_page_that_shows_them() {
    let Some(browser) = chromium::start().await else { return };
    let app = TestApp::for_admin().await;
    app.administrator(ROOT, "owner").await;
    let client = app.web("wiki").await;
    let api = app.program_of_all().await;
    app.web("plain").await;
    app.web("shop").await;
    put(&api, "shop", "image/png", PNG, &[]).await.ok(200);
    browser.go(&app.url("/admin/clients/wiki/logo")).await;
    browser.sign_in(ROOT, crate::support::relying_party::PASSWORD).await;
    browser.wait_for("logo-submit").await;
    let file = app.folder.path().join("dark.png");
    std::fs::write(&file, DARK).expect("own folder");
    browser.type_into("logo-logo", file.to_str().expect("UTF-8")).await;
    browser.press("logo-submit").await;
    browser.wait_for("flash").await;
    browser.inspect("console-client-logo").await;
    std::fs::write(&file, SVG).expect("own folder");
    browser.type_into("logo-logo", file.to_str().expect("UTF-8")).await;
    browser.press("logo-submit").await;
    browser.wait_for("logo-logo-error").await;
    browser.inspect("console-client-logo-refused").await;
    browser.go(&app.url("/admin/clients")).await;
    browser.wait_for("content").await;
    browser.inspect("console-clients-logos").await;
    app.pass(Lifetime::from_seconds(2));
    browser.go(&app.authorize_url(&client, &[("prompt", "login")])).await;
    browser.wait_for("password").await;
    browser.inspect("login-logo").await;
    browser.go(&app.authorize_url(&client, &[("prompt", "consent")])).await;
    browser.wait_for("approve").await;
    browser.inspect("consent-logo").await;
    browser.quit().await;
}
