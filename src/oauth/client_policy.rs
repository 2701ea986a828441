//! Owns what a client may do and must do: a record on the client, expanded from a profile (architecture, rule 11), never
//! a global switch, because the demands of the profiles contradict each other. It does not own the client's addresses and
//! secrets (`client`).

use serde::{Deserialize, Serialize};

use crate::identity::Level;
use crate::oauth::jose::Algorithm;
use crate::oauth::mapping::Mapping;
use crate::time::Lifetime;

/// What kind of program the client is. It decides the defaults; the policy is what counts afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A web application with a server that keeps a secret.
    Web,
    /// A single-page application in the browser: public, needs CORS.
    Spa,
    /// A native or mobile application: public, loopback or private-use redirects (RFC 8252).
    Native,
    /// A program without people: client credentials only.
    Service,
}

impl Profile {
    /// All of them, as the command line names them.
    pub const ALL: [Profile; 4] = [Profile::Web, Profile::Spa, Profile::Native, Profile::Service];

    /// The word on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Web => "web",
            Profile::Spa => "spa",
            Profile::Native => "native",
            Profile::Service => "service",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// Whether such a program cannot keep a secret (RFC 6749 section 2.1).
    pub fn is_public(self) -> bool {
        matches!(self, Profile::Spa | Profile::Native)
    }
}

/// Whether a code flow needs a `code_challenge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PkceRule {
    /// Refused without one. Always so for public clients, whatever the record says.
    Required,
    /// A confidential client may leave it out (OAuth 2.1 section 7.5.1, the nonce exception).
    Optional,
}

/// When a refresh token is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshRule {
    /// Never.
    Never,
    /// When `offline_access` was granted; it then outlives the session (OIDC Core section 11).
    OfflineAccess,
    /// With every code flow; without `offline_access` it ends with the session.
    Always,
}

/// The policy of one client. Lifetimes are in milliseconds in the stored JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientPolicy {
    /// Whether PKCE is demanded.
    pub pkce: PkceRule,
    /// When refresh tokens are issued.
    pub refresh: RefreshRule,
    /// First-party: the consent page is skipped, except for a public client on a loopback or private-use address, as which
    /// anybody on the person's machine can pose (RFC 8252 section 8.6). Only an administrator sets it.
    pub trusted: bool,
    /// Life of an access token.
    pub access_token_lifetime: Lifetime,
    /// Life of an ID token.
    pub id_token_lifetime: Lifetime,
    /// Life of an authorization code; never more than 60 seconds.
    pub code_lifetime: Lifetime,
    /// A refresh token dies when unused for this long.
    pub refresh_idle: Lifetime,
    /// A grant dies at this age, however often it is refreshed.
    pub refresh_absolute: Lifetime,
    /// Algorithm of access tokens.
    pub access_token_alg: Algorithm,
    /// Algorithm of ID tokens (`id_token_signed_response_alg`).
    pub id_token_alg: Algorithm,
    /// Set if userinfo answers are JWTs (`userinfo_signed_response_alg`).
    pub userinfo_alg: Option<Algorithm>,
    /// Audiences of access tokens when no scope names one; empty means the issuer itself.
    pub audiences: Vec<String>,
    /// The audience that this client itself is, if it is a resource server: it may introspect tokens made for it.
    #[serde(default)]
    pub resource_identifier: Option<String>,
    /// `default_max_age` in seconds (OIDC Registration section 2).
    pub default_max_age: Option<i64>,
    /// The lowest class (`acr`) that people must reach to sign in to this client, whatever its requests say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_acr: Option<Level>,
    /// Claims of the client's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
}

impl ClientPolicy {
    /// The strict defaults of a profile.
    pub fn of(profile: Profile) -> Self {
        Self {
            pkce: PkceRule::Required,
            refresh: if profile == Profile::Service { RefreshRule::Never } else { RefreshRule::OfflineAccess },
            trusted: false,
            access_token_lifetime: Lifetime::from_minutes(15),
            id_token_lifetime: Lifetime::from_minutes(15),
            code_lifetime: Lifetime::from_seconds(60),
            refresh_idle: Lifetime::from_days(7),
            refresh_absolute: Lifetime::from_days(if profile == Profile::Spa { 1 } else { 30 }),
            access_token_alg: Algorithm::RS256,
            id_token_alg: Algorithm::RS256,
            userinfo_alg: None,
            audiences: Vec::new(),
            resource_identifier: None,
            default_max_age: None,
            minimum_acr: None,
            mappings: Vec::new(),
        }
    }
}
