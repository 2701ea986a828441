//! Administrators and their way into the console.

use vouchsafe::flow::admin::settings::{NAME, SettingsDocument, reload};
use vouchsafe::identity::level::RequiredFor;
use vouchsafe::identity::{RoleName, User};
use vouchsafe::store::settings::{self, Setting};
use vouchsafe::store::users;

use super::app::BEGIN;
use super::relying_party::PASSWORD;
use super::{Browser, Page, TestApp};

impl TestApp {
    /// A person with a role and the password of everybody here, of whom no second factor is demanded.
    pub async fn administrator(&self, email: &str, role: &str) -> User {
        self.demand_no_second_factor().await;
        let person = self.person(email).await;
        let role = RoleName::parse(role).expect("a role's name");
        let changed = User { role, ..person };
        let stored = changed.clone();
        let is_there = self.write(move |c| users::update(c, &stored)).await;
        assert!(is_there);
        changed
    }

    /// Takes back that administrators need a second factor.
    pub async fn demand_no_second_factor(&self) {
        self.write(|c| {
            let found = settings::find(c, NAME)?;
            let is = found.as_ref().map(|setting| serde_json::from_str(&setting.value).expect("settings"));
            let mut document: SettingsDocument = is.unwrap_or_default();
            if document.second_factor.required_for == RequiredFor::Nobody {
                return Ok(());
            }
            document.second_factor.required_for = RequiredFor::Nobody;
            let value = serde_json::to_string(&document).expect("JSON");
            let version = found.map_or(1, |setting| setting.version + 1);
            settings::put(c, NAME, &Setting { value, version, updated_at: BEGIN })
        })
        .await;
        reload(&self.app.parts).await.expect("the settings");
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
    /// The token of the form that signs out, which stands on every page of an app of our own.
    pub fn sign_out_token(&self) -> String {
        let before = self.body.split("id=\"sign-out\"").next().unwrap_or_default();
        let marked = before.rsplit("name=\"csrf\" value=\"").next().unwrap_or_default();
        super::browser::unescape(marked.split('"').next().unwrap_or_default())
    }

    /// Where the page goes on to by itself.
    pub fn goes_on_to(&self) -> Option<String> {
        let marked = self.body.split("content=\"0; url=").nth(1)?;
        marked.split('"').next().map(super::browser::unescape)
    }
}
