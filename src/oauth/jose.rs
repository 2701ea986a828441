//! Owns the names of the signature algorithms we speak and the `typ` values that keep our kinds of JWT apart (RFC 8725
//! section 3.11). It does not own keys or signatures: that is the room `signing`.

use serde::{Deserialize, Serialize};

/// A JWS algorithm (RFC 7518 section 3.1, RFC 8037). `none` and the HMAC family do not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl Algorithm {
    /// All of them, the interoperable one first.
    pub const ALL: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::RS256 => "RS256",
            Algorithm::PS256 => "PS256",
            Algorithm::ES256 => "ES256",
            Algorithm::EdDSA => "EdDSA",
        }
    }

    /// Reads the registered name, exactly.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == name)
    }
}

/// The `typ` header of each kind of JWT we make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// ID token (OIDC Core section 2): `JWT`.
    IdToken,
    /// Access token (RFC 9068 section 2.1): `at+jwt`.
    AccessToken,
    /// Signed userinfo answer (OIDC Core section 5.3.2): `JWT` with no session claims.
    Userinfo,
}

impl TokenType {
    /// The header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenType::IdToken | TokenType::Userinfo => "JWT",
            TokenType::AccessToken => "at+jwt",
        }
    }
}
