//! Administrators and their way into the console.

use vouchsafe::identity::{RoleName, User};
use vouchsafe::store::users;

use super::relying_party::PASSWORD;
use super::{Browser, Page, TestApp};

impl TestApp {
    /// A person with a role and the password of everybody here.
    pub async fn administrator(&self, email: &str, role: &str) -> User {
        let person = self.person(email).await;
        let role = RoleName::parse(role).expect("a role's name");
        let changed = User { role, ..person };
        let stored = changed.clone();
        let is_there = self.write(move |c| users::update(c, &stored)).await;
        assert!(is_there);
        changed
    }

    /// Signs in to the console, from the page that the person wants; the page behind it.
    pub async fn enter(&self, browser: &mut Browser, email: &str, path: &str) -> Page {
        let mut page = browser.open(&self.url(path)).await;
        if page.has("password") {
            page = browser.submit(&page, &[("login", email), ("password", PASSWORD)]).await;
        }
        let Some(to) = page.goes_on_to() else { return page };
        browser.open(&format!("{}{to}", self.origin)).await
    }
}

impl Page {
    /// Where the page goes on to by itself.
    pub fn goes_on_to(&self) -> Option<String> {
        let marked = self.body.split("content=\"0; url=").nth(1)?;
        marked.split('"').next().map(super::browser::unescape)
    }
}
