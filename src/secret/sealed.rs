//! Owns sealing of what we must read back (AES-256-GCM) and tags for what we only recognise (HMAC-SHA-256), each under a
//! key of its own derived from the master key by purpose. It does not own the master key's file (`secret::master`).

use aws_lc_rs::{aead, hkdf, hmac};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::master::MasterKey;
use crate::secret::random::{Chance, SystemChance};

/// The first byte of everything sealed: names the algorithm and the derivation, so that both can change one day.
const VERSION: u8 = 1;
const SALT: &[u8] = b"vouchsafe/1";

/// Why something could not be sealed or opened. Says nothing of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// More bytes than the cipher takes (64 GiB), or a fault inside the library.
    #[error("the value cannot be sealed")]
    CannotSeal,
    /// Shorter than a version, a nonce and a tag.
    #[error("the sealed value is cut short ({0} bytes)")]
    Truncated(usize),
    /// Sealed by a newer program.
    #[error("the sealed value has version {0}, which this program does not know: was it written by a newer one?")]
    UnknownVersion(u8),
    /// Another master key, another purpose, another place, or changed bytes: a cipher cannot say which.
    #[error("the sealed value does not open: the master key is another one, or the value was changed or moved")]
    DoesNotOpen,
}

/// Seals and opens values for one purpose. A value sealed for one purpose does not open for another.
pub struct Sealer {
    key: aead::LessSafeKey,
}

impl Sealer {
    /// The sealer of this purpose. The same master key and purpose always give the same one.
    pub fn from(master: &MasterKey, purpose: &str) -> Result<Self, SealError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(master.bytes());
        let info = [b"seal".as_slice(), b"\0", purpose.as_bytes()];
        let okm = prk.expand(&info, &aead::AES_256_GCM).map_err(|_| SealError::CannotSeal)?;
        Ok(Self { key: aead::LessSafeKey::new(aead::UnboundKey::from(okm)) })
    }

    /// Seals `plain`. `aad` names the place the value belongs to (a kid, a row's id): it is not stored, and the same must be
    /// given to open, so that one row's value does not open in another row.
    ///
    /// The form: one version byte, 12 bytes of random nonce, the ciphertext with its 16-byte tag.
    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; aead::NONCE_LEN];
        SystemChance.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(1 + aead::NONCE_LEN + plain.len() + aead::MAX_TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let body = &mut sealed[1 + aead::NONCE_LEN..];
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), body)
            .map_err(|_| SealError::CannotSeal)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Sealer::seal`] made with the same master key, purpose and `aad`.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let too_short = SealError::Truncated(sealed.len());
        let (version, rest) = sealed.split_first().ok_or(too_short)?;
        if *version != VERSION {
            return Err(SealError::UnknownVersion(*version));
        }
        let (nonce, body) = rest.split_at_checked(aead::NONCE_LEN).ok_or(too_short)?;
        if body.len() < aead::MAX_TAG_LEN {
            return Err(too_short);
        }
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::DoesNotOpen)?;
        let mut plain = Zeroizing::new(body.to_vec());
        let length =
            self.key.open_in_place(nonce, aead::Aad::from(aad), &mut plain).map_err(|_| SealError::DoesNotOpen)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// Makes and checks tags for one purpose: for values that go out and come back and must not have been changed.
#[derive(Clone)]
pub struct Mac {
    key: hmac::Key,
}

impl Mac {
    /// The tags of this purpose. The same master key and purpose always give the same ones, on every node.
    pub fn from(master: &MasterKey, purpose: &str) -> Result<Self, SealError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(master.bytes());
        let info = [b"mac".as_slice(), b"\0", purpose.as_bytes()];
        let okm = prk.expand(&info, hmac::HMAC_SHA256).map_err(|_| SealError::CannotSeal)?;
        Ok(Self { key: hmac::Key::from(okm) })
    }

    /// The tag of these parts. Each part is preceded by its length, so `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    /// Whether `tag` is the tag of these parts; in constant time.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        super::equal(&self.tag(parts), tag)
    }
}

impl std::fmt::Debug for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mac(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(byte: u8) -> MasterKey {
        MasterKey::for_tests(byte)
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_purpose_and_place_only() {
        let sealer = Sealer::from(&master(1), "keys").unwrap();
        let sealed = sealer.seal(b"private", b"kid-1").unwrap();
        assert_eq!(sealer.open(&sealed, b"kid-1").unwrap().as_slice(), b"private");
        assert!(!sealed.windows(7).any(|w| w == b"private"));
        assert_ne!(sealer.seal(b"private", b"kid-1").unwrap(), sealed, "a nonce was used twice");

        let refused = |sealer: &Sealer, aad: &[u8]| sealer.open(&sealed, aad).unwrap_err();
        assert_eq!(refused(&sealer, b"kid-2"), SealError::DoesNotOpen);
        assert_eq!(refused(&Sealer::from(&master(2), "keys").unwrap(), b"kid-1"), SealError::DoesNotOpen);
        assert_eq!(refused(&Sealer::from(&master(1), "totp").unwrap(), b"kid-1"), SealError::DoesNotOpen);
    }

    #[test]
    fn r26_changed_or_cut_values_are_refused_and_never_panic() {
        let sealer = Sealer::from(&master(1), "keys").unwrap();
        let sealed = sealer.seal(b"private", b"").unwrap();
        for cut in 0..sealed.len() {
            assert!(sealer.open(&sealed[..cut], b"").is_err(), "{cut}");
        }
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert!(sealer.open(&bad, b"").is_err(), "{at}");
        }
        assert_eq!(sealer.open(&[9; 64], b"").unwrap_err(), SealError::UnknownVersion(9));
        assert_eq!(sealer.open(b"", b"").unwrap_err(), SealError::Truncated(0));
    }

    #[test]
    fn an_empty_value_can_be_sealed() {
        let sealer = Sealer::from(&master(1), "keys").unwrap();
        let sealed = sealer.seal(b"", b"x").unwrap();
        assert_eq!(sealed.len(), 29);
        assert!(sealer.open(&sealed, b"x").unwrap().is_empty());
    }

    #[test]
    fn tags_bind_key_purpose_and_the_borders_of_the_parts() {
        let mac = Mac::from(&master(1), "form").unwrap();
        let tag = mac.tag(&[b"ab", b"c"]);
        assert!(mac.verify(&[b"ab", b"c"], &tag));
        assert!(!mac.verify(&[b"a", b"bc"], &tag));
        assert!(!mac.verify(&[b"abc"], &tag));
        assert!(!mac.verify(&[b"ab", b"c"], &tag[..31]));
        assert!(!mac.verify(&[b"ab", b"c"], b""));
        assert!(!Mac::from(&master(1), "other").unwrap().verify(&[b"ab", b"c"], &tag));
        assert!(!Mac::from(&master(2), "form").unwrap().verify(&[b"ab", b"c"], &tag));
    }
}
