//! Owns the public JWK of a key (RFC 7517, 7518, 8037): made from the key itself, never copied from outside, so that no
//! private member can get into it; its thumbprint (RFC 7638); and the words for keys that cannot be used.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Value, json};
use thiserror::Error;

use crate::oauth::jose::Algorithm;

/// Why a key cannot be made, read or used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The library failed, or the machine has no memory or chance left.
    #[error("the key could not be made")]
    CannotGenerate,
    /// The text is neither PEM nor JWK, or it is cut short.
    #[error("{0}")]
    Unreadable(String),
    /// A kind of key we do not sign with.
    #[error("{0}")]
    Unsupported(String),
    /// An RSA key that is too short, too long, or has an unusual exponent.
    #[error("this RSA key is not accepted: {0}")]
    Weak(String),
    /// The numbers of the key do not belong together.
    #[error("the parts of this key do not belong together: {0}")]
    Mismatched(&'static str),
    /// The key is of another kind than the algorithm asks for.
    #[error("this is a key for {found}, not for {wanted}")]
    WrongAlgorithm {
        /// What was asked for.
        wanted: &'static str,
        /// What the key is good for.
        found: &'static str,
    },
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The members that make up the public key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicNumbers {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

impl PublicNumbers {
    fn members(&self) -> Value {
        match self {
            PublicNumbers::Rsa { n, e } => json!({"kty": "RSA", "n": encode(n), "e": encode(e)}),
            PublicNumbers::P256 { x, y } => json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)}),
            PublicNumbers::Ed25519 { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(x)}),
        }
    }

    /// The whole JWK as published.
    pub(super) fn jwk(&self, kid: &str, alg: Algorithm) -> Value {
        let mut jwk = self.members();
        jwk["use"] = "sig".into();
        jwk["alg"] = alg.as_str().into();
        jwk["kid"] = kid.into();
        jwk
    }

    /// The thumbprint (RFC 7638, SHA-256): 43 characters that depend on the key alone.
    pub(super) fn thumbprint(&self) -> Result<String, KeyError> {
        parse(&self.members())?.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::CannotGenerate)
    }

    /// Whether a stored JWK describes this key, under this kid and algorithm.
    pub(super) fn is_described_by(&self, stored: &Value, kid: &str, alg: Algorithm) -> bool {
        let own = self.jwk(kid, alg);
        own.as_object().is_some_and(|own| own.iter().all(|(name, value)| stored.get(name) == Some(value)))
    }
}

/// The library's own view of a JWK.
pub(super) fn parse(jwk: &Value) -> Result<Jwk, KeyError> {
    serde_json::from_value(jwk.clone()).map_err(|error| KeyError::Unreadable(format!("this is not a JWK: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the value of RFC 7638 section 3.1.
    #[test]
    fn thumbprint_of_the_rfc() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
                 9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls\
                 1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let numbers = PublicNumbers::Rsa { n: URL_SAFE_NO_PAD.decode(n).unwrap(), e: vec![1, 0, 1] };
        assert_eq!(numbers.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    /// The key and the value of RFC 8037 appendix A.3.
    #[test]
    fn thumbprint_of_the_rfc_for_ed25519() {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(PublicNumbers::Ed25519 { x }.thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
