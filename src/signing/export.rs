//! Owns the public half of a key for people and other programs: PEM. (The JWK stands in the row as it is.) Private keys
//! are not exported.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::{BigUint, RsaPublicKey};
use serde_json::Value;

use super::jwk::KeyError;

/// `SubjectPublicKeyInfo` of P-256 up to the coordinates (RFC 5480), and of Ed25519 up to the key (RFC 8410). Both have a
/// fixed length, so the beginning never varies.
const P256_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The public key of a JWK as PEM (`-----BEGIN PUBLIC KEY-----`, X.509 `SubjectPublicKeyInfo`).
pub fn public_pem(public_jwk: &Value) -> Result<String, KeyError> {
    match public_jwk["kty"].as_str() {
        Some("RSA") => {
            let (n, e) = (number(public_jwk, "n")?, number(public_jwk, "e")?);
            let key = RsaPublicKey::new(BigUint::from_bytes_be(&n), BigUint::from_bytes_be(&e))
                .map_err(|error| KeyError::Weak(error.to_string()))?;
            key.to_public_key_pem(LineEnding::LF).map_err(|error| KeyError::Unreadable(error.to_string()))
        }
        Some("EC") => {
            let (x, y) = (number(public_jwk, "x")?, number(public_jwk, "y")?);
            Ok(pem(&[&P256_PREFIX, x.as_slice(), y.as_slice()].concat()))
        }
        Some("OKP") => Ok(pem(&[&ED25519_PREFIX, number(public_jwk, "x")?.as_slice()].concat())),
        _ => Err(KeyError::Unsupported("only RSA, EC and OKP keys have a PEM form here".into())),
    }
}

fn number(jwk: &Value, name: &str) -> Result<Vec<u8>, KeyError> {
    let text = jwk[name].as_str().unwrap_or_default();
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(KeyError::Unreadable(format!("the JWK has no usable {name}"))),
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
