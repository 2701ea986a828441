//! Owns whether a logout token's signature and issuer are believed. `openidconnect` reads ID tokens alone, which name a subject and
//! an end; a logout token may have neither. So its three parts are taken apart here, and the crate's keys check the signature. It
//! does not own what its claims must be (`oauth::upstream::logout`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, JwsSigningAlgorithm};
use serde::Deserialize;

use super::discovery::Found;
use super::id_token::{ALGORITHMS, Distrust, issuer_of, may_sign, payload};
use super::{Party, Told};

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 16 * 1_024;

/// The members of the header that count.
#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    /// What must be understood is not (RFC 7515 section 4.1.11).
    crit: Option<serde_json::Value>,
}

/// Believes who made a logout token, or says why not.
pub(super) fn verify(token: &str, party: &Party<'_>, found: &Found) -> Result<Told, Distrust> {
    let because = |words: &str| Distrust::Because(words.to_owned());
    let parts: Vec<&str> = token.split('.').collect();
    let [header, _, signature] = parts[..] else { return Err(because("it is no JWT")) };
    if token.len() > LONGEST {
        return Err(because("it is too long"));
    }
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| because("a part is not base64url"));
    let header: Header =
        serde_json::from_slice(&bytes(header)?).map_err(|_| because("its header is of no signed token"))?;
    // Names that a token of another kind has (RFC 8725 section 3.11).
    let is_named = header.typ.is_none_or(|typ| ["logout+jwt", "jwt"].contains(&typ.to_ascii_lowercase().as_str()));
    if !is_named || header.crit.is_some() {
        return Err(because("its header is of another kind of token"));
    }
    if !ALGORITHMS.contains(&header.alg) {
        return Err(because("its algorithm is none that a provider alone can sign by"));
    }
    let fits = |key: &&CoreJsonWebKey| {
        let is_named = header.kid.as_ref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
        let is_for_signing = key.key_use().is_none_or(|is_for| *is_for == CoreJsonWebKeyUse::Signature);
        let is_of_kind = header.alg.key_type().is_some_and(|kind| kind == *key.key_type());
        is_named && is_for_signing && is_of_kind
    };
    let keys: Vec<&CoreJsonWebKey> = found.keys.keys().iter().filter(fits).collect();
    if keys.is_empty() {
        return Err(Distrust::UnknownKey);
    }
    let signed = token.rsplit_once('.').map(|(signed, _)| signed.as_bytes()).unwrap_or_default();
    let signature = bytes(signature)?;
    let by = keys.into_iter().find(|key| key.verify_signature(&header.alg, signed, &signature).is_ok());
    let Some(key) = by else { return Err(because("its signature is not by one of the provider's keys")) };
    let claims = payload(token).ok_or_else(|| because("its claims are no JSON object"))?;
    let issuer = issuer_of(&claims, party)?;
    may_sign(key.key_id().map(|kid| kid.as_str()), &issuer, &claims, party, found)?;
    Ok(Told { issuer, claims, tokens: None })
}
