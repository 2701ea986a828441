//! Owns a parsed key pair and what it can do: sign, and say its public half. Parsing a key costs more than a signature, so
//! a pair is parsed once and kept. Every private-key operation of the program stands in this file, in aws-lc-rs.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding,
};

use super::jwk::{KeyError, PublicNumbers};
use crate::oauth::jose::Algorithm;

/// Length of an uncompressed point on P-256: the byte 4 and two coordinates.
const P256_POINT_LEN: usize = 65;

/// A key pair, ready to sign.
pub(super) enum Pair {
    Rsa { pair: rsa::KeyPair, padding: &'static dyn RsaEncoding },
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// The library failed to sign; it does not say why.
#[derive(Debug)]
pub(super) struct CannotSign;

impl Pair {
    /// Reads a private key in PKCS#8 for this algorithm. The library checks that the parts belong together.
    pub(super) fn from_pkcs8(alg: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let refuse = |_| KeyError::Mismatched("the cryptographic library does not accept it");
        match alg {
            Algorithm::RS256 | Algorithm::PS256 => {
                Ok(Pair::Rsa { pair: rsa::KeyPair::from_pkcs8(der).map_err(refuse)?, padding: padding(alg) })
            }
            Algorithm::ES256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::Ec).map_err(refuse)
            }
            Algorithm::EdDSA => Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed).map_err(refuse),
        }
    }

    /// The JWS signature of `message` (RFC 7518 section 3, RFC 8037 section 3.1): raw bytes, not base64.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CannotSign> {
        match self {
            Pair::Rsa { pair, padding } => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*padding, &SystemRandom::new(), message, &mut signature).map_err(|_| CannotSign)?;
                Ok(signature)
            }
            Pair::Ec(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| CannotSign)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed(pair) => Ok(pair.try_sign(message).map_err(|_| CannotSign)?.as_ref().to_vec()),
        }
    }

    /// The public half.
    pub(super) fn public(&self) -> Result<PublicNumbers, KeyError> {
        match self {
            Pair::Rsa { pair, .. } => {
                let public = pair.public_key();
                let n = public.modulus().big_endian_without_leading_zero().to_vec();
                let e = public.exponent().big_endian_without_leading_zero().to_vec();
                Ok(PublicNumbers::Rsa { n, e })
            }
            Pair::Ec(pair) => match pair.public_key().as_ref() {
                point if point.len() == P256_POINT_LEN && point[0] == 4 => {
                    Ok(PublicNumbers::P256 { x: point[1..33].to_vec(), y: point[33..].to_vec() })
                }
                _ => Err(KeyError::Mismatched("the public point has an unknown form")),
            },
            Pair::Ed(pair) => Ok(PublicNumbers::Ed25519 { x: pair.public_key().as_ref().to_vec() }),
        }
    }
}

fn padding(alg: Algorithm) -> &'static dyn RsaEncoding {
    // PSS with a salt as long as the hash, as RFC 7518 section 3.5 asks.
    if alg == Algorithm::PS256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 }
}
