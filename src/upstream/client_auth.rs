//! Owns how we prove ourselves at a token endpoint: by our secret, or by a JWT that our key signs for this one request. It does not
//! own what the JWT says (`oauth::upstream::assertion`) nor the signature (`signing`).

use super::{Party, UpstreamError};
use crate::oauth::upstream::assertion::unsigned;
use crate::oauth::upstream::provider::ClientAuth;
use crate::sensitive::Sensitive;
use crate::signing::ClientKey;

/// What goes to the token endpoint beside our client id.
pub(super) enum Proof {
    /// Nothing: PKCE alone.
    Nothing,
    /// A client secret.
    Secret(Sensitive),
    /// An assertion (RFC 7523 section 2.2).
    Assertion(String),
}

/// Our proof for a request to this token endpoint.
pub(super) fn proof(party: &Party<'_>, endpoint: &str) -> Result<Proof, UpstreamError> {
    let way = party.settled.client_auth;
    if way == ClientAuth::None {
        return Ok(Proof::Nothing);
    }
    let Some(secret) = party.secret else {
        let what = if way.uses_key() { "private key" } else { "client secret" };
        return Err(UpstreamError::wrong(format!("the provider has no {what}")));
    };
    let Some(unsigned) = unsigned(party.provider, party.settled, endpoint, party.jti, party.now) else {
        return Ok(Proof::Secret(secret.clone()));
    };
    let wrong = |why: String| UpstreamError::wrong(format!("our key for the provider cannot be used: {why}"));
    let key =
        ClientKey::from_pem(secret.expose(), party.provider.key_id.as_deref()).map_err(|e| wrong(e.to_string()))?;
    let jwt = key.sign(unsigned.typ, &unsigned.claims).map_err(|e| wrong(e.to_string()))?;
    Ok(match way {
        ClientAuth::SignedSecret => Proof::Secret(Sensitive::new(jwt)),
        _ => Proof::Assertion(jwt),
    })
}
