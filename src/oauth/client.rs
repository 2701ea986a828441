//! Owns the client: who an app is to us (RFC 6749 section 2, OIDC Registration section 2). It does not own its policy
//! (`client_policy`) nor how it proves itself (`client_auth`).

use serde::{Deserialize, Serialize};

use crate::oauth::client_policy::{ClientPolicy, PkceRule, Profile};
use crate::oauth::scope::ScopeSet;
use crate::time::Timestamp;

/// A registered client.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// `client_id`. Never begins with `https://` (that space belongs to client metadata documents) and never looks like a
    /// person's `sub` (RFC 9700 section 4.15).
    pub client_id: String,
    /// Name on the consent page.
    pub name: String,
    /// What kind of program it is.
    pub profile: Profile,
    /// The one way it authenticates at the token endpoint.
    pub auth_method: ClientAuthMethod,
    /// Registered redirect URIs, compared byte by byte.
    pub redirect_uris: Vec<String>,
    /// Registered addresses for after the logout, compared byte by byte.
    pub post_logout_redirect_uris: Vec<String>,
    /// Grants it may use.
    pub grants: Vec<GrantType>,
    /// Scopes it may ask for.
    pub scopes: ScopeSet,
    /// What it may and must do.
    pub policy: ClientPolicy,
    /// Addresses shown to people.
    pub about: ClientAbout,
    /// Set when an administrator switched it off.
    pub disabled_at: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Goes up by one with each change.
    pub version: i64,
}

impl Client {
    /// Whether it cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.auth_method == ClientAuthMethod::None
    }

    /// Where its logo is below the issuer, if it has one. The address changes with the logo.
    pub fn logo_path(&self) -> Option<String> {
        self.about.logo.as_ref().map(|tag| format!("/clients/{}/logo?v={tag}", self.client_id))
    }

    /// Whether a code flow of this client needs PKCE: always for a public one, whatever its record says.
    pub fn needs_pkce(&self) -> bool {
        self.is_public() || self.policy.pkce == PkceRule::Required
    }

    /// Whether it may use the grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }
}

/// Links and contacts shown to people (OIDC Registration section 2). Stored as one JSON column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientAbout {
    /// Home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Addresses of those responsible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// The tag of the logo that is kept for it: it changes with every other logo. Set by nobody but who stores the logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

/// How a client proves itself (`token_endpoint_auth_method`, RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// HTTP Basic, form-urlencoded first (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// In the form body.
    ClientSecretPost,
    /// Public: it names itself and proves nothing.
    None,
}

impl ClientAuthMethod {
    /// All that we support, in the order of the metadata.
    pub const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::None];

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
        }
    }

    /// Reads the registered name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
}

/// The grants we offer. There is no implicit and no password grant (RFC 9700 sections 2.1.2 and 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
}

impl GrantType {
    /// All that we offer, in the order of the metadata.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The value of `grant_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// Reads `grant_type`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.as_str() == name)
    }
}

/// A stored client secret: its hash only. Two may be valid at once, so that one can be replaced without an outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Name of this secret, for lists.
    pub id: String,
    /// Whose it is.
    pub client_id: String,
    /// SHA-256 of the secret. The secret has 256 random bits, so a slow hash would add nothing but load.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops counting; `None` for the current one.
    pub expires_at: Option<Timestamp>,
}

impl ClientSecret {
    /// Whether it counts at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
