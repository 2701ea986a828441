//! Owns what may be changed in a client's record, and the change itself. It does not own whether the result is a good one
//! (`client_rules`).

use crate::oauth::client::{Client, ClientAuthMethod, GrantType};
use crate::oauth::client_policy::{PkceRule, RefreshRule};
use crate::oauth::jose::Algorithm;
use crate::oauth::scope::ScopeSet;
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

impl ClientChange {
    /// Makes the change, without judging it.
    pub fn apply(&self, client: &mut Client) {
        if let Some(name) = &self.name {
            name.trim().clone_into(&mut client.name);
        }
        self.redirect_uris.apply(&mut client.redirect_uris);
        self.post_logout_redirect_uris.apply(&mut client.post_logout_redirect_uris);
        let mut scopes = client.scopes.iter().map(str::to_owned).collect();
        self.scopes.apply(&mut scopes);
        client.scopes = ScopeSet::of(scopes.iter().map(String::as_str));
        if let Some(grants) = &self.grants {
            client.grants = GrantType::ALL.into_iter().filter(|grant| grants.contains(grant)).collect();
        }
        put(&mut client.auth_method, &self.auth_method);
        let policy = &mut client.policy;
        put(&mut policy.trusted, &self.trusted);
        put(&mut policy.pkce, &self.pkce);
        put(&mut policy.refresh, &self.refresh);
        put(&mut policy.access_token_lifetime, &self.lifetimes.access_token);
        put(&mut policy.id_token_lifetime, &self.lifetimes.id_token);
        put(&mut policy.code_lifetime, &self.lifetimes.code);
        put(&mut policy.refresh_idle, &self.lifetimes.refresh_idle);
        put(&mut policy.refresh_absolute, &self.lifetimes.refresh_absolute);
        put(&mut policy.access_token_alg, &self.access_token_alg);
        put(&mut policy.id_token_alg, &self.id_token_alg);
        put(&mut policy.userinfo_alg, &self.userinfo_alg);
        self.audiences.apply(&mut policy.audiences);
        put(&mut policy.resource_identifier, &self.resource_identifier);
        put(&mut policy.default_max_age, &self.default_max_age);
        let about = &mut client.about;
        put(&mut about.client_uri, &self.about.client_uri);
        put(&mut about.policy_uri, &self.about.policy_uri);
        put(&mut about.tos_uri, &self.about.tos_uri);
        self.about.contacts.apply(&mut about.contacts);
    }

    /// Names of what is changed, for the security log.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let none = ListChange::default();
        let lists = [
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("scopes", &self.scopes),
            ("audiences", &self.audiences),
        ];
        let mut names: Vec<_> = lists.into_iter().filter(|(_, list)| **list != none).map(|(name, _)| name).collect();
        let others = [
            ("name", self.name.is_some()),
            ("grants", self.grants.is_some()),
            ("auth_method", self.auth_method.is_some()),
            ("trusted", self.trusted.is_some()),
            ("pkce", self.pkce.is_some()),
            ("refresh", self.refresh.is_some()),
            ("lifetimes", self.lifetimes != LifetimeChange::default()),
            ("access_token_alg", self.access_token_alg.is_some()),
            ("id_token_alg", self.id_token_alg.is_some()),
            ("userinfo_alg", self.userinfo_alg.is_some()),
            ("resource_identifier", self.resource_identifier.is_some()),
            ("default_max_age", self.default_max_age.is_some()),
            ("about", self.about != AboutChange::default()),
        ];
        names.extend(others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name));
        names
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

    #[test]
    fn a_change_names_what_it_changes() {
        assert!(ClientChange::default().names().is_empty());
        let change =
            ClientChange { trusted: Some(false), scopes: ListChange::plus(texts(&["a"])), ..ClientChange::default() };
        assert_eq!(change.names(), ["scopes", "trusted"]);
    }
}
