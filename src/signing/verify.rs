//! Owns what a JWT must look like before a word of it is believed: size, shape, header, and claims. Only tokens we signed
//! ourselves are read here. It does not own the keys (`keyring`), nor what a verified claim permits.
//!
//! The library verifies signatures and nothing else: on its own it lets a missing issuer or audience, any `typ` and an
//! unknown `crit` pass.

use serde_json::{Map, Value};
use thiserror::Error;

use super::SKEW;
use super::strict::{self, Unreadable};
use crate::oauth::jose::{Algorithm, TokenType};
use crate::time::Timestamp;

/// The longest token that is looked at, in bytes. We sign none that is longer.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;
/// 9999-12-31T23:59:59Z: a later expiry is no date but an attempt.
const LAST_SECOND: i64 = 253_402_300_799;
/// Header members that bring or fetch a key (RFC 7515 sections 4.1.2, 4.1.3, 4.1.5, 4.1.6 and the thumbprints).
const KEY_MEMBERS: [&str; 6] = ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"];

/// What a token must be to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The kind of token; keeps one kind from passing for another (RFC 8725 section 3.11).
    pub typ: TokenType,
    /// Our issuer: `iss` must be exactly this.
    pub issuer: &'a str,
    /// Whom it must be for.
    pub audience: ExpectedAudience<'a>,
    /// Whether an expired token will do: only for `id_token_hint`, which says who, not what is allowed.
    pub allow_expired: bool,
}

/// Whom a token must be for.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedAudience<'a> {
    /// `aud` must be or contain this.
    Contains(&'a str),
    /// `aud` must be there and well-formed; the caller reads it. For introspection and for hints that name the client.
    Any,
}

impl<'a> Expect<'a> {
    /// An access token (RFC 9068) for `audience`.
    pub fn access_token(issuer: &'a str, audience: &'a str) -> Self {
        let audience = ExpectedAudience::Contains(audience);
        Self { typ: TokenType::AccessToken, issuer, audience, allow_expired: false }
    }

    /// An ID token given back as `id_token_hint` (OIDC Core section 3.1.2.1, RP-Initiated Logout section 2): may have
    /// expired; its `aud` is for the caller to compare.
    pub fn id_token_hint(issuer: &'a str) -> Self {
        Self { typ: TokenType::IdToken, issuer, audience: ExpectedAudience::Any, allow_expired: true }
    }
}

/// Claims whose signature and form have been checked. Only this room can make one.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T> {
    claims: T,
    kid: String,
    alg: Algorithm,
}

impl<T> Verified<T> {
    pub(super) fn new(claims: T, kid: String, alg: Algorithm) -> Self {
        Self { claims, kid, alg }
    }

    /// The claims.
    pub fn claims(&self) -> &T {
        &self.claims
    }

    /// The claims, taken out.
    pub fn into_claims(self) -> T {
        self.claims
    }

    /// The key that signed.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm it signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.alg
    }
}

/// Why a token is not believed. The words are for logs and traces; to a stranger every one of them is `invalid_token`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenRefusal {
    /// Longer than [`MAX_TOKEN_LEN`].
    #[error("the token has {0} bytes; {max} are allowed", max = MAX_TOKEN_LEN)]
    TooLong(usize),
    /// Not `header.payload.signature`.
    #[error("the token does not consist of three parts separated by dots")]
    NotThreeParts,
    /// Five parts: a JWE. We issue none.
    #[error("the token is encrypted (five parts); only signed tokens are read here")]
    Encrypted,
    /// A part is not base64url as RFC 7515 section 2 wants it.
    #[error("the {0} is not base64url without padding")]
    NotBase64(&'static str),
    /// A part is not one JSON object.
    #[error("the {0} is not a JSON object")]
    NotJson(&'static str),
    /// A member stands there twice.
    #[error("the {0} names a member twice")]
    Repeated(&'static str),
    /// `crit` or `b64`: extensions (RFC 7515 section 4.1.11, RFC 7797) that we do not use.
    #[error("the header demands an extension (`{0}`) that is not used here")]
    Extension(&'static str),
    /// The header brings a key along or says where to fetch one.
    #[error("the header brings its own key (`{0}`)")]
    KeyInHeader(&'static str),
    /// `alg` is missing, `none`, or none of ours.
    #[error("the header's alg is not an algorithm in use here")]
    Algorithm,
    /// `typ` is that of another kind of token.
    #[error("the header's typ is not that of the expected kind of token ({0})")]
    Type(&'static str),
    /// No `kid`, or one that is not text.
    #[error("the header names no key (kid)")]
    NoKey,
    /// A `kid` that is not ours, or no longer.
    #[error("the key named in the header is not, or no longer, one of ours")]
    UnknownKey,
    /// The key is for another algorithm than the header says.
    #[error("the header's alg is not the algorithm of the key (which is {0})")]
    KeyIsFor(&'static str),
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// A claim that must be there is not.
    #[error("the claim {0} is missing")]
    MissingClaim(&'static str),
    /// A claim is of the wrong type or outside of all reason.
    #[error("the claim {0} has a wrong type or an impossible value")]
    ClaimType(&'static str),
    /// Somebody else's token.
    #[error("the token is from another issuer")]
    Issuer,
    /// A token for somebody else.
    #[error("the token is for another audience: {0}")]
    Audience(String),
    /// Its time is over.
    #[error("the token expired at {}", .0.rfc3339())]
    Expired(Timestamp),
    /// `nbf` or `iat` lies in the future by more than the patience for clocks.
    #[error("the token's {0} lies in the future")]
    FromTheFuture(&'static str),
}

/// A token taken apart, not yet believed.
pub(super) struct Opened<'t> {
    pub(super) alg: Algorithm,
    pub(super) kid: String,
    /// What was signed: header and payload with the dot between.
    pub(super) signed: &'t str,
    pub(super) payload: &'t str,
    pub(super) signature: &'t str,
}

/// Takes a token apart and checks size, shape and header. Costs next to nothing and touches no key.
pub(super) fn open<'t>(token: &'t str, typ: TokenType) -> Result<Opened<'t>, TokenRefusal> {
    if token.len() > MAX_TOKEN_LEN {
        return Err(TokenRefusal::TooLong(token.len()));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenRefusal::NotThreeParts)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenRefusal::NotThreeParts)?;
    match payload.bytes().filter(|b| *b == b'.').count() {
        0 => {}
        2 => return Err(TokenRefusal::Encrypted),
        _ => return Err(TokenRefusal::NotThreeParts),
    }
    let header = read("header", header)?;
    for name in ["crit", "b64"] {
        if header.contains_key(name) {
            return Err(TokenRefusal::Extension(name));
        }
    }
    if let Some(name) = KEY_MEMBERS.into_iter().find(|name| header.contains_key(*name)) {
        return Err(TokenRefusal::KeyInHeader(name));
    }
    let alg = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse).ok_or(TokenRefusal::Algorithm)?;
    check_type(header.get("typ"), typ)?;
    match header.get("kid") {
        Some(Value::String(kid)) => Ok(Opened { alg, kid: kid.clone(), signed, payload, signature }),
        _ => Err(TokenRefusal::NoKey),
    }
}

fn read(part: &'static str, text: &str) -> Result<Map<String, Value>, TokenRefusal> {
    strict::object(text).map_err(|why| match why {
        Unreadable::Base64 => TokenRefusal::NotBase64(part),
        Unreadable::Json => TokenRefusal::NotJson(part),
        Unreadable::Repeated => TokenRefusal::Repeated(part),
    })
}

/// RFC 7515 section 4.1.9: media types compare without regard to case, and `application/` may be left out. An ID token may
/// have no `typ` at all.
fn check_type(typ: Option<&Value>, expected: TokenType) -> Result<(), TokenRefusal> {
    let refused = TokenRefusal::Type(expected.as_str());
    match (typ, expected) {
        (None, TokenType::IdToken) => Ok(()),
        (Some(Value::String(typ)), _) => {
            let bare = match typ.split_at_checked("application/".len()) {
                Some((tree, bare)) if tree.eq_ignore_ascii_case("application/") => bare,
                _ => typ,
            };
            if bare.eq_ignore_ascii_case(expected.as_str()) { Ok(()) } else { Err(refused) }
        }
        _ => Err(refused),
    }
}

/// Reads the payload of a token whose signature is right, and checks its claims.
pub(super) fn claims(payload: &str, expect: &Expect<'_>, now: Timestamp) -> Result<Map<String, Value>, TokenRefusal> {
    let claims = read("payload", payload)?;
    check_issuer(&claims, expect.issuer)?;
    check_audience(&claims, expect.audience)?;
    check_times(&claims, expect.allow_expired, now)?;
    for name in ["sub", "jti", "client_id", "azp", "nonce", "sid", "scope"] {
        if claims.get(name).is_some_and(|value| !value.is_string()) {
            return Err(TokenRefusal::ClaimType(name));
        }
    }
    Ok(claims)
}

fn check_issuer(claims: &Map<String, Value>, issuer: &str) -> Result<(), TokenRefusal> {
    match claims.get("iss") {
        None => Err(TokenRefusal::MissingClaim("iss")),
        Some(Value::String(found)) if found == issuer => Ok(()),
        Some(Value::String(_)) => Err(TokenRefusal::Issuer),
        Some(_) => Err(TokenRefusal::ClaimType("iss")),
    }
}

fn check_audience(claims: &Map<String, Value>, expected: ExpectedAudience<'_>) -> Result<(), TokenRefusal> {
    let found = claims.get("aud").ok_or(TokenRefusal::MissingClaim("aud"))?;
    let list = match found {
        Value::String(_) => std::slice::from_ref(found),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_string) => list.as_slice(),
        _ => return Err(TokenRefusal::ClaimType("aud")),
    };
    match expected {
        ExpectedAudience::Any => Ok(()),
        ExpectedAudience::Contains(wanted) if list.iter().any(|one| one == wanted) => Ok(()),
        ExpectedAudience::Contains(_) => {
            let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            Err(TokenRefusal::Audience(names.join(" ")))
        }
    }
}

fn check_times(claims: &Map<String, Value>, allow_expired: bool, now: Timestamp) -> Result<(), TokenRefusal> {
    let expires_at = date(claims, "exp")?.ok_or(TokenRefusal::MissingClaim("exp"))?;
    for name in ["nbf", "iat"] {
        if date(claims, name)?.is_some_and(|at| at > now + SKEW) {
            return Err(TokenRefusal::FromTheFuture(name));
        }
    }
    if !allow_expired && expires_at <= now {
        return Err(TokenRefusal::Expired(expires_at));
    }
    Ok(())
}

/// A `NumericDate` (RFC 7519 section 2): whole seconds from 1970 to 9999. We write whole numbers, so we read nothing else.
fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, TokenRefusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(seconds) if (0..=LAST_SECOND).contains(&seconds) => Ok(Some(Timestamp::from_seconds(seconds))),
            _ => Err(TokenRefusal::ClaimType(name)),
        },
    }
}
