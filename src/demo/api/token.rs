//! Owns the judgement over an access token: a pure function of the token, one public key, what is expected, and `now`
//! (RFC 9068 §4, RFC 8725). It does not own where keys come from, or how a refusal is worded on the wire.
//!
//! The library verifies the signature and nothing else; every claim is checked here by name, since most libraries'
//! defaults accept a token whose `aud` or `typ` is missing.

use std::fmt;

use actix_web::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// How far two clocks may disagree, in seconds.
const SKEW: i64 = 30;

/// The algorithms this API accepts. The token's header chooses among them, and the key must agree (RFC 8725 §3.1).
const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// What this API demands of a token.
pub struct Expect<'a> {
    /// `iss`, byte for byte.
    pub issuer: &'a str,
    /// What `aud` must be or contain.
    pub audience: &'a str,
    /// The scope that must have been granted.
    pub scope: Option<&'a str>,
    /// The oldest sign-in that will do, in seconds.
    pub max_age: Option<i64>,
    /// Seconds since 1970.
    pub now: i64,
}

/// Whom a believed token speaks for.
#[derive(Debug)]
pub struct Caller {
    /// `sub`.
    pub subject: String,
    /// `client_id`.
    pub client_id: String,
    /// The granted scopes.
    pub scope: Vec<String>,
    /// `exp`.
    pub expires_at: i64,
    /// Each check that was passed, in words.
    pub reasons: Vec<String>,
}

/// Why a caller is turned away. `Display` is the `error_description`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No `Authorization: Bearer` header.
    NoCredentials,
    /// More than one `Authorization` header.
    TwoCredentials,
    /// Not a token that could be judged.
    Malformed(&'static str),
    /// The header's `typ` is not an access token's.
    Type(String),
    /// The algorithm is not on the list, or not the key's.
    Algorithm(String),
    /// No published key has this `kid`.
    UnknownKey,
    /// The signature is not the key's.
    Signature,
    /// Made by somebody else.
    Issuer,
    /// Made for somebody else.
    Audience,
    /// Past its `exp`; holds how many seconds ago.
    Expired(i64),
    /// A required claim is missing or of the wrong type.
    Claim(&'static str),
    /// Valid only later.
    NotYet,
    /// A good token that was not granted this.
    Scope {
        /// The scope that would do.
        needed: String,
    },
    /// A good token from a sign-in too long ago.
    NotFresh {
        /// The oldest sign-in that would do, in seconds.
        max_age: i64,
    },
    /// The provider's keys cannot be had: our trouble, not the caller's.
    KeysUnavailable {
        /// What went wrong.
        reason: String,
    },
}

impl Refusal {
    /// The error code of RFC 6750 §3.1 or RFC 9470 §3.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "unauthorized",
            Self::TwoCredentials => "invalid_request",
            Self::Scope { .. } => "insufficient_scope",
            Self::NotFresh { .. } => "insufficient_user_authentication",
            Self::KeysUnavailable { .. } => "temporarily_unavailable",
            _ => "invalid_token",
        }
    }

    /// The status that goes with it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TwoCredentials => StatusCode::BAD_REQUEST,
            Self::Scope { .. } => StatusCode::FORBIDDEN,
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredentials => f.write_str("Send an access token: Authorization: Bearer <token>"),
            Self::TwoCredentials => f.write_str("Send exactly one Authorization header"),
            Self::Malformed(what) => write!(f, "This is not a token I can read: {what}"),
            Self::Type(typ) if typ.is_empty() => f.write_str("The header has no typ; an access token's is at+jwt"),
            Self::Type(typ) => write!(f, "The header's typ is {typ}, an access token's is at+jwt"),
            Self::Algorithm(alg) => write!(f, "The algorithm {alg} is not accepted here, or is not this key's"),
            Self::UnknownKey => f.write_str("No key published by the issuer has this kid"),
            Self::Signature => f.write_str("The signature does not fit: the token was changed or forged"),
            Self::Issuer => f.write_str("Another issuer made this token (iss)"),
            Self::Audience => f.write_str("The token was made for another API (aud)"),
            Self::Expired(ago) => write!(f, "The token expired {ago} s ago"),
            Self::Claim(name) => write!(f, "The claim {name} is missing or of the wrong type"),
            Self::NotYet => f.write_str("The token is from the future (nbf or iat)"),
            Self::Scope { needed } => write!(f, "The token is good, but was not granted the scope {needed}"),
            Self::NotFresh { max_age } => {
                write!(f, "The token is good, but this needs a sign-in not older than {max_age} s")
            }
            Self::KeysUnavailable { reason } => write!(f, "The issuer's keys could not be fetched: {reason}"),
        }
    }
}

/// Takes the token out of an `Authorization` header (RFC 6750 §2.1).
///
/// # Errors
/// [`Refusal::NoCredentials`] when there is no header or another scheme in it.
pub fn bearer(header: Option<&str>) -> Result<&str, Refusal> {
    let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or(Refusal::NoCredentials)?;
    if scheme.eq_ignore_ascii_case("Bearer") { Ok(token.trim()) } else { Err(Refusal::NoCredentials) }
}

/// A token whose header was read and found acceptable, and nothing of which may be believed yet.
#[derive(Debug)]
pub struct Unverified<'a> {
    token: &'a str,
    algorithm: Algorithm,
    kid: String,
}

impl Unverified<'_> {
    /// Which key it claims to be signed with.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// Reads and judges the header: shape, `typ`, `alg`, `kid`, and nothing in it that names a key of the sender's choice.
///
/// # Errors
/// The refusal that fits.
pub fn read(token: &str) -> Result<Unverified<'_>, Refusal> {
    if token.len() > LONGEST {
        return Err(Refusal::Malformed("it is longer than 16 KiB"));
    }
    let mut parts = token.split('.');
    let (Some(head), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Refusal::Malformed("a signed JWT has three parts with dots between them"));
    };
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| Refusal::Malformed("its header is not base64url"))?;
    let head: Map<String, Value> =
        serde_json::from_slice(&head).map_err(|_| Refusal::Malformed("its header is not a JSON object"))?;
    if let Some(name) = ["crit", "jwk", "jku", "x5u", "x5c"].into_iter().find(|name| head.contains_key(*name)) {
        return Err(Refusal::Malformed(match name {
            "crit" => "it demands an extension I do not know (crit)",
            _ => "it brings its own key; I only use the issuer's",
        }));
    }
    let text = |name: &str| head.get(name).and_then(Value::as_str).unwrap_or_default();
    let typ = text("typ").to_ascii_lowercase();
    if typ != "at+jwt" && typ != "application/at+jwt" {
        return Err(Refusal::Type(short(text("typ"))));
    }
    let algorithm = ALGORITHMS.into_iter().find(|known| name_of(*known) == text("alg"));
    let algorithm = algorithm.ok_or_else(|| Refusal::Algorithm(short(text("alg"))))?;
    match text("kid") {
        "" => Err(Refusal::Malformed("it names no key (kid)")),
        kid => Ok(Unverified { token, algorithm, kid: kid.to_owned() }),
    }
}

/// Verifies the signature with the one key and judges every claim.
///
/// # Errors
/// The refusal that fits; the first one in the order of the checks.
pub fn judge(unverified: &Unverified<'_>, key: &Jwk, expect: &Expect<'_>) -> Result<Caller, Refusal> {
    let claims = verified_claims(unverified, key)?;
    let text = |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(Refusal::Claim(name));
    if text("iss")? != expect.issuer {
        return Err(Refusal::Issuer);
    }
    if !names(claims.get("aud"), expect.audience) {
        return Err(Refusal::Audience);
    }
    let expires_at = times(&claims, expect.now)?;
    let subject = text("sub")?.to_owned();
    let client_id = text("client_id")?.to_owned();
    text("jti")?;
    let scope: Vec<String> = text("scope").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
    if let Some(needed) = expect.scope
        && !scope.iter().any(|granted| granted == needed)
    {
        return Err(Refusal::Scope { needed: needed.to_owned() });
    }
    if let Some(max_age) = expect.max_age {
        let auth_time = claims.get("auth_time").and_then(Value::as_i64);
        if auth_time.is_none_or(|at| expect.now.saturating_sub(at) > max_age) {
            return Err(Refusal::NotFresh { max_age });
        }
    }
    let reasons = reasons(unverified, expect, expires_at);
    Ok(Caller { subject, client_id, scope, expires_at, reasons })
}

fn verified_claims(unverified: &Unverified<'_>, key: &Jwk) -> Result<Map<String, Value>, Refusal> {
    let wrong_algorithm = || Refusal::Algorithm(name_of(unverified.algorithm).to_owned());
    // A key that names its algorithm serves no other (RFC 8725 §3.1).
    if key.common.key_algorithm.is_some_and(|alg| alg != KeyAlgorithm::from(unverified.algorithm)) {
        return Err(wrong_algorithm());
    }
    let key = DecodingKey::from_jwk(key).map_err(|_| wrong_algorithm())?;
    if key.family() != unverified.algorithm.family() {
        return Err(wrong_algorithm());
    }
    let mut validation = Validation::new(unverified.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Map<String, Value>>(unverified.token, &key, &validation)
        .map(|token| token.claims)
        .map_err(|_| Refusal::Signature)
}

/// `exp` is required; `iat` too (RFC 9068 §2.2); `nbf` counts when it is there.
fn times(claims: &Map<String, Value>, now: i64) -> Result<i64, Refusal> {
    let seconds = |name: &'static str| claims.get(name).and_then(Value::as_i64).ok_or(Refusal::Claim(name));
    let expires_at = seconds("exp")?;
    if now >= expires_at.saturating_add(SKEW) {
        return Err(Refusal::Expired(now.saturating_sub(expires_at)));
    }
    if seconds("iat")? > now.saturating_add(SKEW) {
        return Err(Refusal::NotYet);
    }
    if claims.contains_key("nbf") && seconds("nbf")? > now.saturating_add(SKEW) {
        return Err(Refusal::NotYet);
    }
    Ok(expires_at)
}

/// `aud` is a string or an array of strings (RFC 7519 §4.1.3).
fn names(aud: Option<&Value>, wanted: &str) -> bool {
    match aud {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().all(Value::is_string) && many.iter().any(|one| one == wanted),
        _ => false,
    }
}

fn reasons(unverified: &Unverified<'_>, expect: &Expect<'_>, expires_at: i64) -> Vec<String> {
    let mut reasons = vec![
        "typ is at+jwt: an access token, not an ID token lent for the purpose".to_owned(),
        format!(
            "the {} signature fits the key {} from the issuer's JWKS",
            name_of(unverified.algorithm),
            short(&unverified.kid)
        ),
        format!("iss is {}, the one issuer I trust", expect.issuer),
        format!("aud names {}: it was made for me", expect.audience),
        format!("exp: it is good for another {} s", expires_at.saturating_sub(expect.now).max(0)),
    ];
    if let Some(scope) = expect.scope {
        reasons.push(format!("scope contains {scope}"));
    }
    if let Some(max_age) = expect.max_age {
        reasons.push(format!("auth_time is not older than {max_age} s"));
    }
    reasons
}

fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::PS256 => "PS256",
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        _ => "unsupported",
    }
}

/// What a stranger sent, cut to a length that fits into an error.
fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
