//! Owns `grant_type=refresh_token` (RFC 6749 section 6) with rotation and reuse detection (RFC 9700 section 4.14.2).
//!
//! A family has one live leaf at any time. Whoever presents the leaf goes on. Whoever presents something older is either a
//! client whose answer got lost, or a thief; the difference is whether the chain went on meanwhile:
//!
//! * an unused sibling of the leaf (it was replaced because its answer seemed lost): the chain goes on with the presenter;
//! * the leaf's parent, used a moment ago: the answer was lost, the chain re-issues;
//! * anything else: two parties hold tokens of one family, so the family dies.
//!
//! At each of these the other branch is cut, so at most one branch can ever advance, and the first use of the other one
//! is seen. It does not own the statements that do it (`store::refresh_tokens`).

use crate::oauth::authorization::{Authorization, Grant, RefreshToken};
use crate::oauth::authorize;
use crate::oauth::client_auth::AuthenticatedClient;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::scope::ScopeSet;
use crate::oauth::token;
use crate::time::{Lifetime, Timestamp};

/// What the chain does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The leaf was presented: replace it.
    Rotate,
    /// An answer was lost: cut the leaf that nobody has and issue another.
    Reissue,
}

/// A refusal, and whether the family dies of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// For the client.
    pub refusal: Refusal,
    /// Set when somebody else holds a token of the family.
    pub reuse: bool,
}

/// What is known of the presented token.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The token's row.
    pub token: &'a RefreshToken,
    /// Its family.
    pub grant: &'a Grant,
    /// The family's live leaf, if there is one.
    pub leaf: Option<&'a RefreshToken>,
}

/// Reads the token from the request.
///
/// # Errors
/// `invalid_request` without one.
pub fn read(form: &Params) -> Result<&str, Refusal> {
    form.find("refresh_token").ok_or_else(|| token::missing("refresh_token", "RFC 6749 section 6"))
}

/// `invalid_grant` for a token that is not in the database.
pub fn unknown(received: &str) -> Refusal {
    refuse("refresh_token.known", "the refresh token is unknown, expired or was revoked")
        .because("a refresh token of ours", received)
}

/// Decides what the chain does with the presented token.
///
/// # Errors
/// [`Denied`], with `reuse` when the family must die.
pub fn turn(p: &Presented<'_>, client: &AuthenticatedClient, window: Lifetime, now: Timestamp) -> Result<Turn, Denied> {
    let client_id = &client.client().client_id;
    if p.token.client_id != *client_id {
        let words = "the refresh token was issued to another client";
        return deny(refuse("refresh_token.client", words).because(&p.token.client_id, client_id), false);
    }
    if p.grant.revoked_at.is_some() || now >= p.grant.expires_at {
        let received = if p.grant.revoked_at.is_some() { "a revoked grant" } else { "a grant past its absolute end" };
        let refusal = refuse("grant.live", "the refresh token is unknown, expired or was revoked");
        return deny(refusal.because("a live grant", received), false);
    }
    let Some(leaf) = p.leaf else {
        return deny(refuse("refresh_token.chain", REUSED).because("a family with a live leaf", "none"), true);
    };
    if p.token.hash == leaf.hash {
        return not_expired(p.token, now).map(|()| Turn::Rotate);
    }
    if p.token.used_at.is_none() && p.token.generation == leaf.generation {
        return not_expired(p.token, now).map(|()| Turn::Reissue);
    }
    let answer_was_lost =
        p.token.generation + 1 == leaf.generation && p.token.used_at.is_some_and(|used| now.since(used) <= window);
    if answer_was_lost {
        return Ok(Turn::Reissue);
    }
    let received = format!("generation {}, the family is at {}", p.token.generation, leaf.generation);
    deny(refuse("refresh_token.reuse", REUSED).because("the newest token of the family", received), true)
}

const REUSED: &str = "the refresh token was used before; its whole family is revoked";

fn not_expired(token: &RefreshToken, now: Timestamp) -> Result<(), Denied> {
    if now < token.expires_at {
        return Ok(());
    }
    let words = "the refresh token is unknown, expired or was revoked";
    let refusal = refuse("refresh_token.lifetime", words);
    deny(refusal.because(format!("before {}", token.expires_at.rfc3339()), now.rfc3339()), false)
}

/// Narrows the grant to the asked scope; never widens (section 6). The grant itself keeps its scope.
///
/// # Errors
/// `invalid_scope`.
pub fn narrowed(form: &Params, grant: &Grant) -> Result<Authorization, Refusal> {
    let asked: ScopeSet = authorize::asked_scope(form.find("scope"))?;
    let granted = &grant.authorization.scope;
    if !asked.is_within(granted) {
        let words = "scope goes beyond what was granted";
        return Err(Refusal::new(ErrorCode::InvalidScope, "scope.granted", "RFC 6749 section 6", words)
            .because(granted, asked.listed(granted)));
    }
    let scope = if asked.is_empty() { granted.clone() } else { asked };
    // OIDC Core section 12.2: an ID token from a refresh has no nonce.
    Ok(Authorization { scope, nonce: None, ..grant.authorization.clone() })
}

fn deny<T>(refusal: Refusal, reuse: bool) -> Result<T, Denied> {
    Err(Denied { refusal, reuse })
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidGrant, check, "RFC 9700 section 4.14.2", words)
}

#[cfg(test)]
#[path = "refresh_token_tests.rs"]
mod tests;
