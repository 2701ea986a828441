//! Owns the making of new keys, all in aws-lc-rs. It does not own keys made elsewhere (`import`) nor where they are kept.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use serde_json::Value;
use zeroize::Zeroizing;

use super::jwk::KeyError;
use super::pair::Pair;
use crate::oauth::jose::Algorithm;

/// A key that is nowhere yet: seal it (`Keyring::seal`) and store it.
pub struct NewKey {
    /// Key id: the RFC 7638 thumbprint, unless the key was imported under another name.
    pub kid: String,
    /// The one algorithm it is for.
    pub alg: Algorithm,
    /// The private key in PKCS#8 version 1 (DER); wiped when dropped.
    pub private_pkcs8: Zeroizing<Vec<u8>>,
    /// The public JWK with `use`, `alg` and `kid`.
    pub public_jwk: Value,
}

impl NewKey {
    /// Checks a private key in PKCS#8 and takes its public half from it.
    pub(super) fn from_pkcs8(alg: Algorithm, der: Zeroizing<Vec<u8>>, kid: Option<String>) -> Result<Self, KeyError> {
        let public = Pair::from_pkcs8(alg, &der)?.public()?;
        let kid = kid.map_or_else(|| public.thumbprint(), Ok)?;
        Ok(Self { public_jwk: public.jwk(&kid, alg), kid, alg, private_pkcs8: der })
    }
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}

/// Size of new RSA keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaBits {
    /// 2048 bits: the common choice, and by far the fastest to sign with.
    #[default]
    Bits2048,
    /// 3072 bits: a third of the speed.
    Bits3072,
    /// 4096 bits: an eighth of the speed.
    Bits4096,
}

impl RsaBits {
    /// 2048, 3072 or 4096; nothing else.
    pub fn parse(bits: u32) -> Option<Self> {
        match bits {
            2048 => Some(RsaBits::Bits2048),
            3072 => Some(RsaBits::Bits3072),
            4096 => Some(RsaBits::Bits4096),
            _ => None,
        }
    }
}

/// Makes a key. RSA takes about 100 ms of one processor (and now and then several times that): call it on a thread that may block.
pub fn generate(alg: Algorithm, rsa_bits: RsaBits) -> Result<NewKey, KeyError> {
    let der = match alg {
        Algorithm::RS256 | Algorithm::PS256 => rsa_pkcs8(rsa_bits)?,
        Algorithm::ES256 => {
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
            Zeroizing::new(document.map_err(|_| KeyError::CannotGenerate)?.as_ref().to_vec())
        }
        // Version 1: other programs and libraries do not read the version 2 that is the default for Ed25519.
        Algorithm::EdDSA => {
            let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
            Zeroizing::new(document.map_err(|_| KeyError::CannotGenerate)?.as_ref().to_vec())
        }
    };
    NewKey::from_pkcs8(alg, der, None)
}

fn rsa_pkcs8(bits: RsaBits) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let size = match bits {
        RsaBits::Bits2048 => KeySize::Rsa2048,
        RsaBits::Bits3072 => KeySize::Rsa3072,
        RsaBits::Bits4096 => KeySize::Rsa4096,
    };
    let pair = rsa::KeyPair::generate(size).map_err(|_| KeyError::CannotGenerate)?;
    let der: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| KeyError::CannotGenerate)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}
