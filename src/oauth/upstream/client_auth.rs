//! Owns the ways in which we prove ourselves at a provider, and what has to be said with each. It does not own the proof itself
//! (`assertion`, `crate::upstream`).

use serde::{Deserialize, Serialize};

use super::preset::Preset;
use super::provider::{Provider, ProviderRefusal, is_visible, refused};

/// How we prove ourselves at its token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(title = "ProviderClientAuth")]
pub enum ClientAuth {
    /// The secret in the header (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// No secret: PKCE alone.
    None,
    /// A JWT that a key of ours signs (RFC 7523 section 2.2).
    PrivateKeyJwt,
    /// A JWT that a key of ours signs, in the place of the secret, as Apple wants it.
    SignedSecret,
}

impl ClientAuth {
    /// All of them.
    pub const ALL: [ClientAuth; 5] = [
        ClientAuth::ClientSecretBasic,
        ClientAuth::ClientSecretPost,
        ClientAuth::None,
        ClientAuth::PrivateKeyJwt,
        ClientAuth::SignedSecret,
    ];

    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClientAuth::ClientSecretBasic => "client_secret_basic",
            ClientAuth::ClientSecretPost => "client_secret_post",
            ClientAuth::None => "none",
            ClientAuth::PrivateKeyJwt => "private_key_jwt",
            ClientAuth::SignedSecret => "signed_secret",
        }
    }

    /// Reads [`ClientAuth::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|auth| auth.as_str() == word)
    }

    /// Whether what we keep for it is a private key.
    pub const fn uses_key(self) -> bool {
        matches!(self, ClientAuth::PrivateKeyJwt | ClientAuth::SignedSecret)
    }
}

/// Whom an assertion of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The provider's issuer (draft-ietf-oauth-rfc7523bis).
    Issuer,
    /// Its token endpoint, as servers from before expect.
    TokenEndpoint,
}

impl AssertionAudience {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            AssertionAudience::Issuer => "issuer",
            AssertionAudience::TokenEndpoint => "token_endpoint",
        }
    }

    /// Reads [`AssertionAudience::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Issuer, Self::TokenEndpoint].into_iter().find(|audience| audience.as_str() == word)
    }
}

/// Whether all is said that goes with our key, and nothing that cannot be there.
pub(super) fn judge_key(provider: &Provider, client_auth: ClientAuth) -> Result<(), ProviderRefusal> {
    for (field, name) in [("key_id", &provider.key_id), ("team_id", &provider.team_id)] {
        if name.as_deref().is_some_and(|name| name.is_empty() || name.len() > 128 || !is_visible(name)) {
            return Err(refused(field, "provider_key", "write it as the provider shows it, without spaces"));
        }
    }
    let is_apple = provider.preset == Preset::Apple;
    match client_auth {
        ClientAuth::SignedSecret if !is_apple => {
            let words = "signed_secret is Apple's way: others take private_key_jwt";
            Err(refused("client_auth", "provider_client_auth", words))
        }
        ClientAuth::SignedSecret if provider.key_id.is_none() => {
            Err(refused("key_id", "provider_key", "say the Key ID that Apple shows beside the key"))
        }
        ClientAuth::SignedSecret if provider.team_id.is_none() => {
            Err(refused("team_id", "provider_key", "say your Team ID: Apple shows it under Membership"))
        }
        _ if provider.team_id.is_some() && !is_apple => {
            Err(refused("team_id", "provider_key", "only Apple has a Team ID: leave it out"))
        }
        _ => Ok(()),
    }
}
