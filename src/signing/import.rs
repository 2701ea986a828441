//! Owns keys made elsewhere: PEM (PKCS#8, PKCS#1, SEC 1) and private JWK, read, checked and rewritten as PKCS#8. The rsa
//! crate does the reading and checking of RSA keys; it signs nothing. It does not own where the key goes then.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, PrivateKeyInfo};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPrivateKey};
use serde_json::Value;
use zeroize::Zeroizing;

use super::generate::NewKey;
use super::jwk::KeyError;
use crate::oauth::jose::Algorithm;

const OID_RSA: &str = "1.2.840.113549.1.1.1";
const OID_EC: &str = "1.2.840.10045.2.1";
const OID_ED25519: &str = "1.3.101.112";

/// RSA sizes taken, in bits: shorter is unsafe (RFC 7518 section 3.3), longer only slow.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// A key id is shown in logs, headers and pages: short and printable.
const MAX_KID_LEN: usize = 128;

/// Reads a private key from PEM: `PRIVATE KEY` (PKCS#8), `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC 1). Without
/// `alg` an RSA key is for RS256.
pub fn import_pem(text: &str, alg: Option<Algorithm>) -> Result<NewKey, KeyError> {
    let (label, der) = private_block(text)?;
    let (family, pkcs8) = match label {
        "PRIVATE KEY" => from_pkcs8(&der)?,
        "RSA PRIVATE KEY" => {
            let key = RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| rsa_unreadable())?;
            (Family::Rsa, rsa_pkcs8(&key)?)
        }
        "EC PRIVATE KEY" => (Family::P256, ec_pkcs8(&der)?),
        "ENCRYPTED PRIVATE KEY" => {
            let words =
                "the key is locked with a passphrase: unlock it first, `openssl pkey -in KEY.pem -out OPEN.pem`";
            return Err(KeyError::Unsupported(words.into()));
        }
        other => {
            return Err(KeyError::Unsupported(format!("this PEM holds a {other:.40}; a PRIVATE KEY is needed")));
        }
    };
    NewKey::from_pkcs8(family.algorithm(alg)?, pkcs8, None)
}

/// Reads a private key from one JWK (RFC 7517, 7518, 8037). Its `kid` is kept, so that tokens that name it go on
/// verifying; its `alg` counts unless `alg` is given, and must not contradict it.
pub fn import_jwk(text: &str, alg: Option<Algorithm>) -> Result<NewKey, KeyError> {
    let jwk: Value = serde_json::from_str(text)
        .map_err(|error| KeyError::Unreadable(format!("this is not JSON (line {})", error.line())))?;
    if jwk.get("keys").is_some() {
        return Err(KeyError::Unsupported("this is a set of keys: give one of them".into()));
    }
    if jwk.get("use").is_some_and(|purpose| purpose != "sig") {
        return Err(KeyError::Unsupported("the key is not for signing (its `use` is not \"sig\")".into()));
    }
    let alg = match (jwk.get("alg"), alg) {
        (None, wanted) => wanted,
        (Some(name), wanted) => {
            let own = name.as_str().and_then(Algorithm::parse);
            let own = own.ok_or_else(|| KeyError::Unsupported("the key is for an algorithm not in use here".into()))?;
            if let Some(wanted) = wanted.filter(|wanted| *wanted != own) {
                return Err(KeyError::WrongAlgorithm { wanted: wanted.as_str(), found: own.as_str() });
            }
            Some(own)
        }
    };
    let (family, pkcs8) = match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("RSA"), _) => (Family::Rsa, rsa_from_jwk(&jwk)?),
        (Some("EC"), Some("P-256")) => (Family::P256, ec_from_jwk(&jwk)?),
        (Some("OKP"), Some("Ed25519")) => (Family::Ed25519, ed_from_jwk(&jwk)?),
        (Some("oct"), _) => return Err(KeyError::Unsupported("secret (symmetric) keys are not used here".into())),
        _ => return Err(unsupported_family()),
    };
    NewKey::from_pkcs8(family.algorithm(alg)?, pkcs8, kid(&jwk)?)
}

#[derive(Clone, Copy)]
enum Family {
    Rsa,
    P256,
    Ed25519,
}

impl Family {
    fn algorithm(self, wanted: Option<Algorithm>) -> Result<Algorithm, KeyError> {
        let (first, second) = match self {
            Family::Rsa => (Algorithm::RS256, Algorithm::PS256),
            Family::P256 => (Algorithm::ES256, Algorithm::ES256),
            Family::Ed25519 => (Algorithm::EdDSA, Algorithm::EdDSA),
        };
        match wanted {
            None => Ok(first),
            Some(wanted) if wanted == first || wanted == second => Ok(wanted),
            Some(wanted) => Err(KeyError::WrongAlgorithm { wanted: wanted.as_str(), found: first.as_str() }),
        }
    }
}

fn unsupported_family() -> KeyError {
    KeyError::Unsupported("only RSA, P-256 and Ed25519 keys are used here".into())
}

fn rsa_unreadable() -> KeyError {
    KeyError::Mismatched("it is no RSA key, or modulus, primes and exponents contradict each other")
}

/// The first block of a PEM text (RFC 7468) that is not mere curve parameters, decoded.
fn private_block(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), KeyError> {
    let unreadable = |words: &str| KeyError::Unreadable(words.to_owned());
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ").ok_or_else(|| unreadable("there is no PEM block in it"))?;
        let (label, after) = after.split_once("-----").ok_or_else(|| unreadable("the PEM text is cut short"))?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(&end).ok_or_else(|| unreadable("the PEM text is cut short"))?;
        if label == "EC PARAMETERS" {
            rest = after;
            continue;
        }
        if body.contains("Proc-Type:") {
            return Err(KeyError::Unsupported("the key is locked with a passphrase: unlock it first".into()));
        }
        let bare: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
        let der = STANDARD.decode(bare.as_bytes()).map_err(|_| unreadable("the PEM text is damaged (not base64)"))?;
        return Ok((label, Zeroizing::new(der)));
    }
}

fn from_pkcs8(der: &[u8]) -> Result<(Family, Zeroizing<Vec<u8>>), KeyError> {
    let info = PrivateKeyInfo::try_from(der)
        .map_err(|_| KeyError::Unreadable("the PEM text is damaged (no PKCS#8 inside)".into()))?;
    match info.algorithm.oid.to_string().as_str() {
        OID_RSA => {
            let key = RsaPrivateKey::from_pkcs8_der(der).map_err(|_| rsa_unreadable())?;
            Ok((Family::Rsa, rsa_pkcs8(&key)?))
        }
        OID_EC => Ok((Family::P256, ec_pkcs8(der)?)),
        OID_ED25519 => {
            let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Mismatched("private and public part"))?;
            Ok((Family::Ed25519, ed_pkcs8(&pair)?))
        }
        _ => Err(unsupported_family()),
    }
}

/// Checks an RSA key and writes it in the form the cryptographic library reads. That the numbers belong together has been
/// checked when it was read.
fn rsa_pkcs8(key: &RsaPrivateKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bits = key.n().bits();
    if !RSA_BITS.contains(&bits) {
        return Err(KeyError::Weak(format!("it has {bits} bits; {} to {} are", RSA_BITS.start(), RSA_BITS.end())));
    }
    if *key.e() < BigUint::from(65_537u32) {
        return Err(KeyError::Weak("its public exponent is below 65537".into()));
    }
    let document = key.to_pkcs8_der().map_err(|_| rsa_unreadable())?;
    Ok(document.to_bytes())
}

/// Reads PKCS#8 or SEC 1.
fn ec_pkcs8(der: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
        .map_err(|_| KeyError::Mismatched("it is no key on P-256, or its public point is another one"))?;
    let document = pair.to_pkcs8v1().map_err(|_| KeyError::CannotGenerate)?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

fn ed_pkcs8(pair: &Ed25519KeyPair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let document = pair.to_pkcs8v1().map_err(|_| KeyError::CannotGenerate)?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

fn rsa_from_jwk(jwk: &Value) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if jwk.get("oth").is_some() {
        return Err(KeyError::Unsupported("RSA keys of more than two primes are not used here".into()));
    }
    let number = |name| member(jwk, name).map(|bytes| BigUint::from_bytes_be(&bytes));
    let primes =
        if jwk.get("p").is_some() || jwk.get("q").is_some() { vec![number("p")?, number("q")?] } else { Vec::new() };
    let key = RsaPrivateKey::from_components(number("n")?, number("e")?, number("d")?, primes)
        .map_err(|_| rsa_unreadable())?;
    rsa_pkcs8(&key)
}

fn ec_from_jwk(jwk: &Value) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (x, y, d) = (member(jwk, "x")?, member(jwk, "y")?, member(jwk, "d")?);
    let mut point = vec![4];
    point.extend_from_slice(&x);
    point.extend_from_slice(&y);
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &d, &point)
        .map_err(|_| KeyError::Mismatched("private and public part"))?;
    let document = pair.to_pkcs8v1().map_err(|_| KeyError::CannotGenerate)?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

fn ed_from_jwk(jwk: &Value) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let pair = Ed25519KeyPair::from_seed_and_public_key(&member(jwk, "d")?, &member(jwk, "x")?)
        .map_err(|_| KeyError::Mismatched("private and public part"))?;
    ed_pkcs8(&pair)
}

fn member(jwk: &Value, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if !bytes.is_empty() => Ok(Zeroizing::new(bytes)),
        _ if name == "d" => Err(KeyError::Unreadable("the JWK has no private part (`d`)".into())),
        _ => Err(KeyError::Unreadable(format!("the JWK has no usable `{name}`"))),
    }
}

fn kid(jwk: &Value) -> Result<Option<String>, KeyError> {
    match jwk.get("kid") {
        None => Ok(None),
        Some(Value::String(kid)) if is_plain(kid) => Ok(Some(kid.clone())),
        Some(_) => Err(KeyError::Unreadable("the JWK's `kid` must be 1 to 128 letters, digits or -_.:~+=@".into())),
    }
}

fn is_plain(kid: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:~+=@".contains(&b);
    !kid.is_empty() && kid.len() <= MAX_KID_LEN && kid.bytes().all(plain)
}
