//! Owns how a client is written and shown: the document that administrators write, in the API, in files and in exports, and
//! the view that adds what is known about it. It does not own whether a document is good (`client_rules`).

use serde::{Deserialize, Serialize};

use crate::flow::cx::ClientLifetimes;
use crate::identity::Level;
use crate::oauth::client::{Client, ClientAbout, ClientAuthMethod, ClientSecret, GrantType};
use crate::oauth::client_policy::{ClientPolicy, PkceRule, Profile, RefreshRule};
use crate::oauth::jose::Algorithm;
use crate::oauth::mapping::Mapping;
use crate::oauth::scope::{STANDARD, ScopeSet, UPSTREAM_TOKENS};
use crate::time::{Lifetime, Timestamp};

/// A client. Whatever is left out takes the default of its profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientDocument {
    /// Its id: 1 to 128 letters, digits and `. _ ~ -`. Generated if left out; never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What kind of program it is: decides the defaults of everything else.
    pub profile: Profile,
    /// Its name, shown to people on the consent page.
    pub name: String,
    /// Whether it is switched off: refused everywhere, and all that it was given has ended.
    #[serde(default)]
    pub disabled: bool,
    /// How it authenticates at the token endpoint.
    #[serde(default)]
    pub auth_method: Option<ClientAuthMethod>,
    /// Addresses that receive its codes, compared byte by byte.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Addresses for after the logout, compared byte by byte.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Grants it may use.
    #[serde(default)]
    pub grants: Option<Vec<GrantType>>,
    /// Scopes it may ask for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// Whether it is one of our own: people are not asked for their consent.
    #[serde(default)]
    pub trusted: bool,
    /// Whether PKCE is demanded; optional for confidential clients only.
    #[serde(default)]
    pub pkce: Option<PkceRule>,
    /// When it gets refresh tokens.
    #[serde(default)]
    pub refresh: Option<RefreshRule>,
    /// Life of its access tokens; at most 86400.
    #[serde(default)]
    pub access_token_lifetime_seconds: Option<i64>,
    /// Life of its ID tokens; at most 86400.
    #[serde(default)]
    pub id_token_lifetime_seconds: Option<i64>,
    /// Life of its codes; at most 60.
    #[serde(default)]
    pub code_lifetime_seconds: Option<i64>,
    /// A refresh token dies when it is not used for this long.
    #[serde(default)]
    pub refresh_idle_seconds: Option<i64>,
    /// A grant dies at this age, however often it is refreshed.
    #[serde(default)]
    pub refresh_absolute_seconds: Option<i64>,
    /// Algorithm of its access tokens.
    #[serde(default)]
    pub access_token_alg: Option<Algorithm>,
    /// Algorithm of its ID tokens.
    #[serde(default)]
    pub id_token_alg: Option<Algorithm>,
    /// Algorithm of userinfo answers; without one they are plain JSON.
    #[serde(default)]
    pub userinfo_alg: Option<Algorithm>,
    /// Audiences of its access tokens where no scope names one; empty: this provider.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// The audience that it is itself, as a resource server: it may introspect tokens made for it.
    #[serde(default)]
    pub resource_identifier: Option<String>,
    /// Seconds after which people must prove again who they are, where the app does not say.
    #[serde(default)]
    pub default_max_age: Option<i64>,
    /// The lowest class of sign-in (`acr`) that it takes, whatever its requests say.
    #[serde(default)]
    pub minimum_acr: Option<Level>,
    /// Its home page.
    #[serde(default)]
    pub client_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default)]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(default)]
    pub tos_uri: Option<String>,
    /// E-mail addresses of those responsible.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// Claims of its own, put into its tokens and userinfo answers.
    #[serde(default)]
    pub mappings: Vec<Mapping>,
}

/// A client with what is known about it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClientView {
    /// Everything that can be written, with the defaults filled in.
    #[serde(flatten)]
    pub document: ClientDocument,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was registered (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// When it was switched off (RFC 3339).
    pub disabled_at: Option<String>,
    /// When it was last used (RFC 3339), as far as is known.
    pub last_used_at: Option<String>,
    /// The address of its logo, if it has one; the sign-in pages show it.
    pub logo_uri: Option<String>,
    /// What is known of its secrets, newest first; those that have ended are gone soon.
    pub secrets: Vec<SecretView>,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
    /// Whether it comes with the program and cannot be changed.
    pub built_in: bool,
}

/// What is known of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SecretView {
    /// Its name, to revoke it by.
    pub id: String,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it ends (RFC 3339); nothing for the current one.
    pub expires_at: Option<String>,
    /// When it was last used (RFC 3339), as far as is known.
    pub last_used_at: Option<String>,
}

impl From<&ClientSecret> for SecretView {
    fn from(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id.clone(),
            created_at: secret.created_at.rfc3339(),
            expires_at: secret.expires_at.map(Timestamp::rfc3339),
            last_used_at: None,
        }
    }
}

impl ClientDocument {
    /// A document with nothing but what every client has.
    pub fn new(profile: Profile, name: &str) -> Self {
        let blank = draft(profile, String::new(), Timestamp::from_millis(0));
        let document = Self::of(&blank);
        Self {
            client_id: None,
            name: name.to_owned(),
            access_token_lifetime_seconds: None,
            id_token_lifetime_seconds: None,
            code_lifetime_seconds: None,
            refresh_idle_seconds: None,
            refresh_absolute_seconds: None,
            ..document
        }
    }

    /// The document of a stored client: every field is there.
    pub fn of(client: &Client) -> Self {
        let (policy, about) = (&client.policy, &client.about);
        Self {
            client_id: Some(client.client_id.clone()),
            profile: client.profile,
            name: client.name.clone(),
            disabled: client.disabled_at.is_some(),
            auth_method: Some(client.auth_method),
            redirect_uris: client.redirect_uris.clone(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
            grants: Some(client.grants.clone()),
            scopes: Some(client.scopes.iter().map(str::to_owned).collect()),
            trusted: policy.trusted,
            pkce: Some(policy.pkce),
            refresh: Some(policy.refresh),
            access_token_lifetime_seconds: Some(policy.access_token_lifetime.seconds()),
            id_token_lifetime_seconds: Some(policy.id_token_lifetime.seconds()),
            code_lifetime_seconds: Some(policy.code_lifetime.seconds()),
            refresh_idle_seconds: Some(policy.refresh_idle.seconds()),
            refresh_absolute_seconds: Some(policy.refresh_absolute.seconds()),
            access_token_alg: Some(policy.access_token_alg),
            id_token_alg: Some(policy.id_token_alg),
            userinfo_alg: policy.userinfo_alg,
            audiences: policy.audiences.clone(),
            resource_identifier: policy.resource_identifier.clone(),
            default_max_age: policy.default_max_age,
            minimum_acr: policy.minimum_acr,
            client_uri: about.client_uri.clone(),
            policy_uri: about.policy_uri.clone(),
            tos_uri: about.tos_uri.clone(),
            contacts: about.contacts.clone(),
            mappings: policy.mappings.clone(),
        }
    }

    /// The client that the document describes, with the dates and the version of `base`, whose id and profile it must have.
    pub(super) fn into_client(self, base: Client, lives: &ClientLifetimes) -> Client {
        let defaults = with_lifetimes(draft(self.profile, base.client_id, base.created_at), lives);
        let seconds = |given: Option<i64>, default: Lifetime| given.map_or(default, bounded);
        let grants = self.grants.unwrap_or(defaults.grants);
        let policy = ClientPolicy {
            pkce: self.pkce.unwrap_or(defaults.policy.pkce),
            refresh: self.refresh.unwrap_or(defaults.policy.refresh),
            trusted: self.trusted,
            access_token_lifetime: seconds(self.access_token_lifetime_seconds, defaults.policy.access_token_lifetime),
            id_token_lifetime: seconds(self.id_token_lifetime_seconds, defaults.policy.id_token_lifetime),
            code_lifetime: seconds(self.code_lifetime_seconds, defaults.policy.code_lifetime),
            refresh_idle: seconds(self.refresh_idle_seconds, defaults.policy.refresh_idle),
            refresh_absolute: seconds(self.refresh_absolute_seconds, defaults.policy.refresh_absolute),
            access_token_alg: self.access_token_alg.unwrap_or(defaults.policy.access_token_alg),
            id_token_alg: self.id_token_alg.unwrap_or(defaults.policy.id_token_alg),
            userinfo_alg: self.userinfo_alg,
            audiences: self.audiences,
            resource_identifier: self.resource_identifier,
            default_max_age: self.default_max_age,
            minimum_acr: self.minimum_acr,
            mappings: self.mappings,
        };
        Client {
            client_id: defaults.client_id,
            name: self.name.trim().to_owned(),
            profile: self.profile,
            auth_method: self.auth_method.unwrap_or(defaults.auth_method),
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            grants: GrantType::ALL.into_iter().filter(|grant| grants.contains(grant)).collect(),
            scopes: self.scopes.map_or(defaults.scopes, |scopes| ScopeSet::of(scopes.iter().map(String::as_str))),
            policy,
            about: ClientAbout {
                client_uri: self.client_uri,
                policy_uri: self.policy_uri,
                tos_uri: self.tos_uri,
                contacts: self.contacts,
                logo: base.about.logo,
            },
            disabled_at: base.disabled_at,
            created_at: base.created_at,
            updated_at: base.updated_at,
            version: base.version,
        }
    }
}

/// No number of seconds overflows; what is out of bounds is refused later.
fn bounded(seconds: i64) -> Lifetime {
    Lifetime::from_seconds(seconds.clamp(0, 1_000_000_000_000))
}

/// A record with the defaults of its profile.
pub(in crate::flow) fn draft(profile: Profile, client_id: String, now: Timestamp) -> Client {
    let is_service = profile == Profile::Service;
    let mut policy = ClientPolicy::of(profile);
    policy.refresh_idle = policy.refresh_idle.min(policy.refresh_absolute);
    Client {
        client_id,
        name: String::new(),
        profile,
        auth_method: match profile.is_public() {
            true => ClientAuthMethod::None,
            false => ClientAuthMethod::ClientSecretBasic,
        },
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        grants: match is_service {
            true => vec![GrantType::ClientCredentials],
            false => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        },
        scopes: match is_service {
            true => ScopeSet::default(),
            false => ScopeSet::of(STANDARD.map(|(name, _)| name)).without(UPSTREAM_TOKENS),
        },
        policy,
        about: ClientAbout::default(),
        disabled_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// The configuration's lifetimes; a single-page app's grant keeps the shorter end of its profile.
fn with_lifetimes(mut client: Client, lives: &ClientLifetimes) -> Client {
    let policy = &mut client.policy;
    policy.access_token_lifetime = lives.access_token;
    policy.id_token_lifetime = lives.id_token;
    policy.code_lifetime = lives.code;
    let shorter = ClientPolicy::of(Profile::Web).refresh_absolute > policy.refresh_absolute;
    policy.refresh_absolute =
        if shorter { policy.refresh_absolute.min(lives.refresh_absolute) } else { lives.refresh_absolute };
    policy.refresh_idle = lives.refresh_idle.min(policy.refresh_absolute);
    client
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    #[tokio::test]
    async fn a_document_and_its_client_are_one() {
        let house = bench::house().await;
        let lives = house.parts.policy.client_lifetimes;
        for profile in Profile::ALL {
            let base = draft(profile, "app".to_owned(), house.clock.now());
            let client = ClientDocument::new(profile, " App ").into_client(base.clone(), &lives);
            assert_eq!((client.name.as_str(), client.auth_method), ("App", base.auth_method));
            assert_eq!(client.policy.access_token_lifetime, lives.access_token);
            let again = ClientDocument::of(&client).into_client(base, &lives);
            assert_eq!(again, client, "what is shown can be written back");
        }
    }

    #[test]
    fn a_document_is_read_strictly_and_short_ones_will_do() {
        let short: ClientDocument = serde_json::from_str(r#"{"profile": "web", "name": "Wiki"}"#).unwrap();
        assert_eq!((short.auth_method, short.grants.as_deref(), short.scopes.as_deref()), (None, None, None));
        let nulls: ClientDocument =
            serde_json::from_str(r#"{"profile": "web", "name": "Wiki", "pkce": null, "scopes": null}"#).unwrap();
        assert_eq!(nulls, short);
        assert!(serde_json::from_str::<ClientDocument>(r#"{"profile": "web", "name": "W", "secret": "x"}"#).is_err());
        assert!(serde_json::from_str::<ClientDocument>(r#"{"profile": "bot", "name": "W"}"#).is_err());
    }

    #[test]
    fn no_number_of_seconds_overflows() {
        for (given, is) in [(-1, 0), (0, 0), (i64::MIN, 0), (60, 60)] {
            assert_eq!(bounded(given).seconds(), is);
        }
        assert!(bounded(i64::MAX) > Lifetime::from_days(3_650));
    }
}
