//! Owns changes to a client's document in the form of the command line: this list more, that value else. It does not own
//! whether the result is a good one (`client_rules`).

use super::client_document::ClientDocument;
use crate::oauth::client::{ClientAuthMethod, GrantType};
use crate::oauth::client_policy::{PkceRule, RefreshRule};
use crate::oauth::jose::Algorithm;
use crate::time::Lifetime;

/// A change to a list: first it is replaced, if `set` is given; then texts are added, then removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChange {
    /// The whole new list.
    pub set: Option<Vec<String>>,
    /// More.
    pub add: Vec<String>,
    /// Less.
    pub remove: Vec<String>,
}

impl ListChange {
    /// Replaces the list.
    pub fn to(texts: Vec<String>) -> Self {
        Self { set: Some(texts), ..Self::default() }
    }

    /// Adds to the list.
    pub fn plus(texts: Vec<String>) -> Self {
        Self { add: texts, ..Self::default() }
    }

    fn apply(&self, list: &mut Vec<String>) {
        if let Some(set) = &self.set {
            list.clone_from(set);
        }
        list.extend(self.add.iter().filter(|text| !self.remove.contains(text)).cloned());
        list.retain(|text| !self.remove.contains(text));
        let mut seen = std::collections::HashSet::new();
        list.retain(|text| seen.insert(text.clone()));
    }
}

/// What to change; what is `None` or empty stays. `Some(None)` takes an optional value away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientChange {
    /// Name on the consent page.
    pub name: Option<String>,
    /// Redirect URIs.
    pub redirect_uris: ListChange,
    /// Addresses for after the logout.
    pub post_logout_redirect_uris: ListChange,
    /// Scopes it may ask for.
    pub scopes: ListChange,
    /// Grants it may use.
    pub grants: Option<Vec<GrantType>>,
    /// How it authenticates.
    pub auth_method: Option<ClientAuthMethod>,
    /// Whether the consent page is skipped.
    pub trusted: Option<bool>,
    /// Whether PKCE is demanded.
    pub pkce: Option<PkceRule>,
    /// When refresh tokens are issued.
    pub refresh: Option<RefreshRule>,
    /// Lifetimes.
    pub lifetimes: LifetimeChange,
    /// Algorithm of access tokens.
    pub access_token_alg: Option<Algorithm>,
    /// Algorithm of ID tokens.
    pub id_token_alg: Option<Algorithm>,
    /// Algorithm of userinfo answers, if they are to be signed.
    pub userinfo_alg: Option<Option<Algorithm>>,
    /// Audiences of access tokens.
    pub audiences: ListChange,
    /// The audience that the client itself is.
    pub resource_identifier: Option<Option<String>>,
    /// `default_max_age` in seconds.
    pub default_max_age: Option<Option<i64>>,
    /// Links and contacts shown to people.
    pub about: AboutChange,
}

/// New lifetimes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifetimeChange {
    /// Access tokens.
    pub access_token: Option<Lifetime>,
    /// ID tokens.
    pub id_token: Option<Lifetime>,
    /// Authorization codes.
    pub code: Option<Lifetime>,
    /// Refresh tokens, unused.
    pub refresh_idle: Option<Lifetime>,
    /// Grants.
    pub refresh_absolute: Option<Lifetime>,
}

/// New links and contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AboutChange {
    /// Home page.
    pub client_uri: Option<Option<String>>,
    /// Privacy policy.
    pub policy_uri: Option<Option<String>>,
    /// Terms of service.
    pub tos_uri: Option<Option<String>>,
    /// Addresses of those responsible.
    pub contacts: ListChange,
}

fn put<T: Clone>(place: &mut T, value: &Option<T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

fn put_some<T: Clone>(place: &mut Option<T>, value: &Option<T>) {
    if value.is_some() {
        place.clone_from(value);
    }
}

fn put_seconds(place: &mut Option<i64>, value: Option<Lifetime>) {
    if let Some(life) = value {
        *place = Some(life.seconds());
    }
}

impl ClientChange {
    /// Makes the change, without judging it.
    pub fn apply(&self, document: &mut ClientDocument) {
        put(&mut document.name, &self.name);
        self.redirect_uris.apply(&mut document.redirect_uris);
        self.post_logout_redirect_uris.apply(&mut document.post_logout_redirect_uris);
        self.scopes.apply(document.scopes.get_or_insert_default());
        put_some(&mut document.grants, &self.grants);
        put_some(&mut document.auth_method, &self.auth_method);
        put(&mut document.trusted, &self.trusted);
        put_some(&mut document.pkce, &self.pkce);
        put_some(&mut document.refresh, &self.refresh);
        put_seconds(&mut document.access_token_lifetime_seconds, self.lifetimes.access_token);
        put_seconds(&mut document.id_token_lifetime_seconds, self.lifetimes.id_token);
        put_seconds(&mut document.code_lifetime_seconds, self.lifetimes.code);
        put_seconds(&mut document.refresh_idle_seconds, self.lifetimes.refresh_idle);
        put_seconds(&mut document.refresh_absolute_seconds, self.lifetimes.refresh_absolute);
        put_some(&mut document.access_token_alg, &self.access_token_alg);
        put_some(&mut document.id_token_alg, &self.id_token_alg);
        put(&mut document.userinfo_alg, &self.userinfo_alg);
        self.audiences.apply(&mut document.audiences);
        put(&mut document.resource_identifier, &self.resource_identifier);
        put(&mut document.default_max_age, &self.default_max_age);
        put(&mut document.client_uri, &self.about.client_uri);
        put(&mut document.policy_uri, &self.about.policy_uri);
        put(&mut document.tos_uri, &self.about.tos_uri);
        self.about.contacts.apply(&mut document.contacts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn a_list_is_set_then_added_to_then_taken_from() {
        let after = |change: ListChange| {
            let mut list = texts(&["a", "b"]);
            change.apply(&mut list);
            list
        };
        assert_eq!(after(ListChange::default()), ["a", "b"]);
        assert_eq!(after(ListChange::to(texts(&["c", "c"]))), ["c"]);
        assert_eq!(after(ListChange::plus(texts(&["b", "c"]))), ["a", "b", "c"]);
        let all = ListChange { set: Some(texts(&["x"])), add: texts(&["y", "z"]), remove: texts(&["x", "z"]) };
        assert_eq!(after(all), ["y"]);
        assert!(after(ListChange::to(Vec::new())).is_empty());
    }
}
