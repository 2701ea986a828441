//! What holds after every answer, whatever the test is about: security.md, "Invariants after every case".

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Page, TestApp};

/// Endpoints whose every answer is somebody's secret.
const NEVER_KEPT: [&str; 4] = ["/token", "/userinfo", "/introspect", "/revoke"];

/// Origins of the providers whose tests break something at this moment.
static FAULTS_EXPECTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// While this is held, answers of one provider may be faults of ours: for tests that break something.
pub struct FaultsExpected(String);

impl FaultsExpected {
    pub fn at(app: &TestApp) -> Self {
        expected().push(app.origin.clone());
        Self(app.origin.clone())
    }
}

impl Drop for FaultsExpected {
    fn drop(&mut self) {
        let mut all = expected();
        if let Some(at) = all.iter().position(|origin| *origin == self.0) {
            all.swap_remove(at);
        }
    }
}

fn expected() -> MutexGuard<'static, Vec<String>> {
    FAULTS_EXPECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Judges one answer. Every helper of `support` that reads an answer calls it.
pub fn hold(page: &Page) {
    let is_well = page.status < 500 || expected().contains(&page.origin);
    assert!(is_well, "a fault at {}: {} {}", page.url, page.status, page.body);
    let place = &page.url;
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{place}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{place}");
    // 201 names where the new thing is, and sends nobody there.
    if page.location.is_some() && page.status != 201 {
        assert_eq!(page.status, 303, "RFC 9700 section 4.12: {place}");
        assert_eq!(page.header("cache-control"), "no-store", "a redirect holds codes and requests: {place}");
    }
    if NEVER_KEPT.iter().any(|path| page.path.ends_with(path)) && page.status != 204 {
        assert_eq!(page.header("cache-control"), "no-store", "RFC 6749 section 5.1: {place}");
    }
    if page.header("content-type").starts_with("text/html") {
        html(page);
    }
    if page.header("content-type").starts_with("application/json") && page.status >= 400 {
        json_error(page);
    }
    for cookie in page.headers.get_all("set-cookie") {
        let text = cookie.to_str().expect("a cookie is ASCII");
        assert!(text.len() < 4_096, "{place}: {text}");
        assert!(text.contains("HttpOnly") && text.contains("SameSite=") && text.contains("Path=/"), "{place}: {text}");
    }
}

fn html(page: &Page) {
    let place = &page.url;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "RFC 9700 section 4.16: {place}: {policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("base-uri 'none'"), "{place}: {policy}");
    assert!(!policy.contains("unsafe-"), "{place}: {policy}");
    assert_eq!(page.header("x-frame-options"), "DENY", "{place}");
    assert_eq!(page.header("cache-control"), "no-store", "{place}");
    let spoken = page.body.split("<html lang=\"").nth(1).and_then(|rest| rest.split('"').next());
    assert_eq!(Some(page.header("content-language")), spoken, "{place}");
    for tag in page.body.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let name = tag.split([' ', '\n', '/']).next().unwrap_or_default();
        assert!(name != "script" || tag.contains(" src=\""), "an inline script at {place}: <{tag}>");
        assert!(!["iframe", "object", "embed", "base"].contains(&name), "{place}: <{tag}>");
        let attributes: Vec<&str> = tag.split('"').step_by(2).collect();
        let is_active = attributes.iter().any(|a| a.trim_start().starts_with("on") && a.ends_with('='));
        assert!(!is_active, "an event handler at {place}: <{tag}>");
        assert!(!tag.contains("href=\"javascript:"), "{place}: <{tag}>");
    }
}

/// RFC 6749 section 5.2: codes and descriptions from their alphabet; ours name the correlation id too.
fn json_error(page: &Page) {
    let body = page.json();
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", page.body)).to_owned();
    let is_describable = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(text("error").chars().all(is_describable), "{}", page.body);
    assert!(text("error_description").chars().all(is_describable), "{}", page.body);
    assert_eq!(text("correlation_id"), page.header("x-correlation-id"), "{}", page.url);
}
