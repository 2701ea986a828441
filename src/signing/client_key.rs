//! Owns a key of ours that somebody else verifies: JWTs by which we prove ourselves at other providers. The key comes as PEM,
//! signs and is dropped; it never stands in the ring. It does not own what such a JWT says (`oauth::upstream::assertion`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::import::import_pem;
use super::jwk::KeyError;
use super::keyring::SigningFault;
use super::pair::Pair;
use crate::oauth::jose::Algorithm;

/// A private key and its name.
pub struct ClientKey {
    pair: Pair,
    alg: Algorithm,
    kid: String,
}

impl ClientKey {
    /// Reads PEM: an RSA key is for RS256, one on P-256 for ES256. Without a name it has its RFC 7638 thumbprint.
    ///
    /// # Errors
    /// A [`KeyError`]; other kinds of keys are not taken, since hardly a provider knows them.
    pub fn from_pem(text: &str, kid: Option<&str>) -> Result<Self, KeyError> {
        let key = import_pem(text, None)?;
        if !matches!(key.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(KeyError::Unsupported("only RSA and P-256 keys prove us at other providers".into()));
        }
        let pair = Pair::from_pkcs8(key.alg, &key.private_pkcs8)?;
        Ok(Self { pair, alg: key.alg, kid: kid.map_or(key.kid, str::to_owned) })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.alg
    }

    /// A compact JWS with the header `{alg, typ, kid}`.
    ///
    /// # Errors
    /// A [`SigningFault`]: the library failed.
    pub fn sign(&self, typ: &str, claims: &Value) -> Result<String, SigningFault> {
        let header = json!({ "alg": self.alg.as_str(), "typ": typ, "kid": self.kid }).to_string();
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = self.pair.sign(token.as_bytes()).map_err(|_| SigningFault::Failed(self.kid.clone()))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Ok(token)
    }
}

impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}
