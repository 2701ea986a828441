//! Owns what every grant ends in: an [`Authorization`], from which the issuer makes tokens, and the stored things that lead
//! to one again: [`Grant`], [`Code`], [`RefreshToken`]. It does not own how they are redeemed (`grant::*`) or stored.

use serde::{Deserialize, Serialize};

use crate::identity::{SessionId, UserId};
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::scope::ScopeSet;
use crate::time::Timestamp;

/// Who was authorised, by whom, for what. Copied from the session when the code is made and never recomputed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authorization {
    /// The client it was given to.
    pub client_id: String,
    /// The person; `None` when a client acts for itself.
    pub user_id: Option<UserId>,
    /// The session it came from (`sid`).
    pub session_id: Option<SessionId>,
    /// What was granted.
    pub scope: ScopeSet,
    /// When the person proved who they are.
    pub auth_time: Option<Timestamp>,
    /// Context class reached.
    pub acr: Option<String>,
    /// Methods used.
    pub amr: Vec<String>,
    /// The request's `nonce`; echoed in the first ID token.
    pub nonce: Option<String>,
    /// The request's `claims`.
    pub claims: ClaimsRequest,
    /// The resources it was given for (RFC 8707); empty: the default audience.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
}

/// A lasting grant: the family to which refresh tokens and access tokens belong. Everything made from a code or a refresh
/// token names its grant, so revoking the grant ends all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Name of the family; `gid` in access tokens.
    pub id: String,
    /// What was authorised.
    pub authorization: Authorization,
    /// Whether it outlives the session (`offline_access`).
    pub offline: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// Absolute end.
    pub expires_at: Timestamp,
    /// Set when it was ended early.
    pub revoked_at: Option<Timestamp>,
    /// Correlation id of the sign-in it came from.
    pub correlation_id: String,
}

/// A stored authorization code: its hash and everything it is bound to, compared all together (security case C05).
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// SHA-256 of the code.
    pub hash: Vec<u8>,
    /// The family that its redemption begins; known beforehand so that a replay can end it.
    pub grant_id: String,
    /// What was authorised.
    pub authorization: Authorization,
    /// The exact redirect URI the code was sent to, port included.
    pub redirect_uri: String,
    /// Whether the authorization request named it (RFC 6749 section 4.1.3).
    pub redirect_uri_was_sent: bool,
    /// S256 challenge, unless the client's policy let it be left out.
    pub code_challenge: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it dies unused.
    pub expires_at: Timestamp,
    /// When it was presented, right or wrong.
    pub used_at: Option<Timestamp>,
    /// Correlation id of the sign-in.
    pub correlation_id: String,
}

/// A stored refresh token: one link of a family's chain.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// The family.
    pub grant_id: String,
    /// The client it is bound to.
    pub client_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it dies unused (idle end, never after the grant's absolute end).
    pub expires_at: Timestamp,
    /// When it was rotated.
    pub used_at: Option<Timestamp>,
    /// Place in the chain, from 0. Two tokens of one generation are siblings: only one of them may ever have a successor.
    pub generation: i64,
    /// Set when a later re-issue replaced this link before it was ever used: the answer that carried it was lost.
    pub superseded_at: Option<Timestamp>,
}
