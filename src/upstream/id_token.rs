//! Owns whether an ID token is believed: signature, issuer and audience by `openidconnect`, and on top every check that the crate
//! leaves open (security case L04). It does not own what its claims mean.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Alg};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKey, Nonce,
    SignatureVerificationError,
};
use serde_json::{Map, Value};

use super::discovery::Found;
use super::redeem::Tokens;
use super::{Party, Redemption, Told};
use crate::oauth::upstream::Preset;
use crate::oauth::upstream::preset::CONSUMERS;
use crate::oauth::upstream::quirks::issuer_of_tenant;
use crate::time::Lifetime;

/// Clocks differ by so much at most.
const LEEWAY: Lifetime = Lifetime::from_seconds(60);

/// Signatures by a key that the provider alone has. Never `none`, never HMAC: our own secret would then be the key.
pub(super) const ALGORITHMS: [Alg; 10] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EcdsaP521Sha512,
    Alg::EdDsa,
];

/// Why an ID token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Distrust {
    /// No key of the provider's fits.
    #[error("it is signed with a key that the provider does not publish")]
    UnknownKey,
    /// Anything else, in words.
    #[error("{0}")]
    Because(String),
}

fn because(words: impl Into<String>) -> Distrust {
    Distrust::Because(words.into())
}

/// Believes an ID token, or says why not.
pub(super) fn verify(tokens: &Tokens, r: &Redemption<'_>, found: &Found) -> Result<Told, Distrust> {
    let Some(id_token) = &tokens.id_token else { return Err(because("there is none")) };
    let issuer = IssuerUrl::new(found.issuer().to_owned()).map_err(|_| because("the issuer is no address"))?;
    let client_id = ClientId::new(r.party.provider.client_id.clone());
    let mut verifier = CoreIdTokenVerifier::new_public_client(client_id, issuer, found.keys.clone())
        .set_allowed_algs(ALGORITHMS)
        // The crate would ask the system's clock; `in_time` holds both times against the request's own now.
        .set_time_fn(Default::default);
    if r.party.settled.issuer_template.is_some() {
        // The metadata names a template: `issuer_of` holds the issuer against it.
        verifier = verifier.require_issuer_match(false);
    }
    let nonce = Nonce::new(r.nonce.to_owned());
    let claims = id_token.claims(&verifier, &nonce).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Distrust::UnknownKey
        }
        other => because(other.to_string()),
    })?;
    if claims.authorized_party().is_some_and(|azp| azp.as_str() != r.party.provider.client_id) {
        return Err(because("azp names another client"));
    }
    if let Some(expected) = claims.access_token_hash() {
        let key = id_token.signing_key(&verifier).map_err(|e| because(e.to_string()))?;
        let alg = id_token.signing_alg().map_err(|e| because(e.to_string()))?;
        let access_token = AccessToken::new(tokens.access_token.expose().to_owned());
        let is = AccessTokenHash::from_token(&access_token, alg, key).map_err(|e| because(e.to_string()))?;
        if is != *expected {
            return Err(because("at_hash is not of the access token that came with it"));
        }
    }
    let kid = id_token.signing_key(&verifier).ok().and_then(|key| key.key_id().map(|kid| kid.as_str().to_owned()));
    let claims = payload(&id_token.to_string()).ok_or_else(|| because("its claims are no JSON object"))?;
    in_time(&claims, r)?;
    let issuer = issuer_of(&claims, &r.party)?;
    may_sign(kid.as_deref(), &issuer, &claims, &r.party, found)?;
    Ok(Told { issuer, claims, tokens: tokens.kept.clone() })
}

/// Microsoft keeps keys of several issuers in one set.
pub(super) fn may_sign(
    kid: Option<&str>,
    issuer: &str,
    claims: &Map<String, Value>,
    party: &Party<'_>,
    found: &Found,
) -> Result<(), Distrust> {
    let tid = claims.get("tid").and_then(Value::as_str).unwrap_or_default();
    if party.provider.preset == Preset::Microsoft && !found.may_sign(kid, issuer, tid) {
        return Err(because("it is signed with the key of another issuer"));
    }
    Ok(())
}

/// Expired, or made in a future that no clock's fault explains.
fn in_time(claims: &Map<String, Value>, r: &Redemption<'_>) -> Result<(), Distrust> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (Some(exp), Some(iat)) = (seconds("exp"), seconds("iat")) else { return Err(because("exp or iat is missing")) };
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a double for ever")]
    let (now, leeway) = (r.party.now.seconds() as f64, LEEWAY.seconds() as f64);
    match () {
        () if exp + leeway <= now => Err(because("it has expired")),
        () if iat - leeway > now => Err(because("iat lies in the future")),
        () if seconds("nbf").is_some_and(|nbf| nbf - leeway > now) => Err(because("nbf lies in the future")),
        () => Ok(()),
    }
}

/// The issuer: the provider's own, or of a template the one that the directory in `tid` has.
pub(super) fn issuer_of(claims: &Map<String, Value>, party: &Party<'_>) -> Result<String, Distrust> {
    let iss = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let wanted = match &party.settled.issuer_template {
        None => party.settled.issuer.clone(),
        Some(template) => {
            let tid = claims.get("tid").and_then(Value::as_str).unwrap_or_default();
            let wanted = issuer_of_tenant(template, tid).ok_or_else(|| because("tid names no directory"))?;
            if tid == CONSUMERS && party.settled.issuer.ends_with("/organizations/v2.0") {
                return Err(because("it is of a private account, and the issuer is for organizations"));
            }
            wanted
        }
    };
    if iss == wanted { Ok(wanted) } else { Err(because("it is of another issuer")) }
}

pub(super) fn payload(jwt: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}
