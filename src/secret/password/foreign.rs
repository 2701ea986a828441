//! Owns password hashes that other systems made: reading their forms, putting them into one form of ours, and comparing a
//! password with them. It does not own argon2 (`phc`), nor replacing them by a hash of ours, which the first sign-in does.
//!
//! Passwords are compared as typed, since nobody else normalises them; and bcrypt looks at 72 bytes, as it always did. Both
//! end with the first sign-in.

use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use serde::Deserialize;
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// Whoever can write a hash into the database, or import one, must not be able to stop the server with it (security case
/// J08). Each of these takes about a second.
const MAX_BCRYPT_COST: u32 = 14;
const MAX_PBKDF2_ROUNDS: u64 = 4_000_000;
const MAX_SCRYPT_BYTES: u64 = 128 * 1024 * 1024;
const MAX_SCRYPT_WORK: u64 = 1 << 22;
const MAX_SALT: usize = 128;
const HASH_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;

/// A hash that another system made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Bcrypt { version: &'static str, cost: u32, salt: [u8; 16], hash: Vec<u8> },
    Scrypt { log_n: u8, r: u32, p: u32, salt: Vec<u8>, hash: Vec<u8> },
    Pbkdf2 { digest: Digest, rounds: u32, salt: Vec<u8>, hash: Vec<u8> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    const ALL: [Digest; 3] = [Digest::Sha1, Digest::Sha256, Digest::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Digest::Sha1 => "sha1",
            Digest::Sha256 => "sha256",
            Digest::Sha512 => "sha512",
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha512 => 64,
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.name() == name)
    }
}

type Read<T> = Result<T, &'static str>;

const BROKEN: &str = "it is not whole";
const TOO_MUCH: &str = "its parameters ask for more memory or time than is allowed";

/// Whether a stored hash is one of ours to compare: argon2 is not.
pub(super) fn is_foreign(stored: &str) -> bool {
    ["$2a$", "$2b$", "$2y$", "$scrypt$", "$pbkdf2-"].iter().any(|mark| stored.starts_with(mark))
}

/// The form in which a hash of another system is stored: that of PHC, or of bcrypt itself. Argon2 comes through as it is.
pub(super) fn stored_form(text: &str) -> Read<String> {
    let text = text.trim();
    if text.starts_with('{') {
        return of_keycloak(text);
    }
    // Django writes its own name for the scheme before what the scheme writes itself.
    let text = text.strip_prefix("bcrypt$").unwrap_or(text);
    if let Some(argon) = text.strip_prefix("argon2$") {
        return Ok(format!("${argon}"));
    }
    if text.starts_with("$argon2") {
        return Ok(text.to_owned());
    }
    let found = match () {
        () if text.starts_with("scrypt$") => of_django_scrypt(text),
        () if text.starts_with("pbkdf2_") => of_django_pbkdf2(text),
        () => Foreign::read(text),
    };
    found.map(|found| found.to_string())
}

impl Foreign {
    /// Reads a stored form; also what passlib writes, which differs in its base64 and in what it calls things.
    pub(super) fn read(text: &str) -> Read<Self> {
        if let Some(version) =
            ["2a", "2b", "2y"].into_iter().find(|v| text.get(1..3) == Some(v) && text.starts_with('$'))
        {
            return of_bcrypt(text, version);
        }
        let mut parts = text.strip_prefix('$').ok_or("its form is not known")?.split('$');
        let scheme = parts.next().unwrap_or_default();
        let (parameters, salt, hash) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(parameters), Some(salt), Some(hash), None) => (parameters, bytes(salt)?, bytes(hash)?),
            _ => return Err(BROKEN),
        };
        let number = |name: &str| -> Read<u32> {
            let given = parameters.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            given.and_then(|text| text.parse().ok()).ok_or("a parameter is missing or no number")
        };
        let found = match scheme {
            "scrypt" => {
                let log_n = u8::try_from(number("ln")?).map_err(|_| TOO_MUCH)?;
                Self::Scrypt { log_n, r: number("r")?, p: number("p")?, salt, hash }
            }
            // passlib: the number of rounds stands by itself, and SHA-1 is not named.
            "pbkdf2" => {
                Self::Pbkdf2 { digest: Digest::Sha1, rounds: parameters.parse().map_err(|_| BROKEN)?, salt, hash }
            }
            _ => {
                let digest = scheme.strip_prefix("pbkdf2-").and_then(Digest::parse).ok_or("its form is not known")?;
                let rounds = parameters.parse().or_else(|_| number("i"))?;
                Self::Pbkdf2 { digest, rounds, salt, hash }
            }
        };
        found.within_bounds()
    }

    fn within_bounds(self) -> Read<Self> {
        let (salt, hash, too_much) = match &self {
            Self::Bcrypt { cost, salt, hash, .. } => (salt.len(), hash.len(), !(4..=MAX_BCRYPT_COST).contains(cost)),
            Self::Scrypt { log_n, r, p, salt, hash } => {
                let work = (1_u64 << (*log_n).min(40)).saturating_mul(u64::from(*r));
                let is_more = work.saturating_mul(128) > MAX_SCRYPT_BYTES
                    || work.saturating_mul(u64::from(*p)) > MAX_SCRYPT_WORK
                    || u64::from(*p) * u64::from(*r) > 1 << 16;
                (salt.len(), hash.len(), is_more || *log_n == 0 || *r == 0 || *p == 0)
            }
            Self::Pbkdf2 { digest, rounds, salt, hash } => {
                let blocks = hash.len().div_ceil(digest.bytes()) as u64;
                let all = u64::from(*rounds).saturating_mul(blocks);
                (salt.len(), hash.len(), all > MAX_PBKDF2_ROUNDS || *rounds == 0)
            }
        };
        if too_much {
            return Err(TOO_MUCH);
        }
        if salt > MAX_SALT || !HASH_LENGTHS.contains(&hash) {
            return Err("its salt is longer, or its hash shorter or longer, than can be");
        }
        Ok(self)
    }

    /// Whether this is its password, as typed.
    pub(super) fn fits(&self, typed: &[u8]) -> bool {
        match self {
            Self::Bcrypt { cost, salt, hash, .. } => {
                // The zero byte belongs to what is hashed; of more than 72 bytes it never looked at the rest.
                let mut key = Zeroizing::new(typed.iter().copied().take(72).collect::<Vec<u8>>());
                key.push(0);
                key.truncate(72);
                crate::secret::equal(&bcrypt::bcrypt(*cost, *salt, &key)[..23], hash)
            }
            Self::Scrypt { log_n, r, p, salt, hash } => {
                let mut computed = Zeroizing::new(vec![0; hash.len()]);
                let params = scrypt::Params::new(*log_n, *r, *p);
                params.is_ok_and(|params| scrypt::scrypt(typed, salt, &params, &mut computed).is_ok())
                    && crate::secret::equal(&computed, hash)
            }
            Self::Pbkdf2 { digest, rounds, salt, hash } => {
                let algorithm = match digest {
                    Digest::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
                    Digest::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
                    Digest::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
                };
                let rounds = NonZeroU32::new(*rounds).unwrap_or(NonZeroU32::MIN);
                pbkdf2::verify(algorithm, rounds, salt, typed, hash).is_ok()
            }
        }
    }
}

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let b64 = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
        match self {
            Self::Bcrypt { version, cost, salt, hash } => {
                write!(f, "${version}${cost:02}${}{}", bcrypt::BASE_64.encode(salt), bcrypt::BASE_64.encode(hash))
            }
            Self::Scrypt { log_n, r, p, salt, hash } => {
                write!(f, "$scrypt$ln={log_n},r={r},p={p}${}${}", b64(salt), b64(hash))
            }
            Self::Pbkdf2 { digest, rounds, salt, hash } => {
                write!(f, "$pbkdf2-{}$i={rounds}${}${}", digest.name(), b64(salt), b64(hash))
            }
        }
    }
}

/// Base64 with or without padding; passlib writes `.` for `+`.
fn bytes(text: &str) -> Read<Vec<u8>> {
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    ANY.decode(text.replace('.', "+")).map_err(|_| BROKEN)
}

fn of_bcrypt(text: &str, version: &'static str) -> Read<Foreign> {
    let rest = text.get(4..).filter(|rest| rest.len() == 56 && rest.is_ascii()).ok_or(BROKEN)?;
    let (cost, rest) = (rest.get(..2).and_then(|cost| cost.parse().ok()).ok_or(BROKEN)?, rest.get(3..).ok_or(BROKEN)?);
    // The last character of either part has bits to spare, which some libraries fill as they like.
    let lenient = GeneralPurpose::new(
        &alphabet::BCRYPT,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::RequireNone)
            .with_decode_allow_trailing_bits(true),
    );
    let salt = lenient.decode(rest.get(..22).ok_or(BROKEN)?).map_err(|_| BROKEN)?;
    let hash = lenient.decode(rest.get(22..).ok_or(BROKEN)?).map_err(|_| BROKEN)?;
    let salt = salt.try_into().map_err(|_| BROKEN)?;
    Foreign::Bcrypt { version, cost, salt, hash }.within_bounds()
}

/// `pbkdf2_sha256$rounds$salt$hash`; the salt is text.
fn of_django_pbkdf2(text: &str) -> Read<Foreign> {
    let parts: Vec<&str> = text.split('$').collect();
    let [scheme, rounds, salt, hash] = parts[..] else { return Err(BROKEN) };
    let digest = scheme.strip_prefix("pbkdf2_").and_then(Digest::parse).ok_or("its form is not known")?;
    let rounds = rounds.parse().map_err(|_| BROKEN)?;
    Foreign::Pbkdf2 { digest, rounds, salt: salt.as_bytes().to_vec(), hash: bytes(hash)? }.within_bounds()
}

/// `scrypt$N$salt$r$p$hash`; the salt is text.
fn of_django_scrypt(text: &str) -> Read<Foreign> {
    let parts: Vec<&str> = text.split('$').collect();
    let [_, n, salt, r, p, hash] = parts[..] else { return Err(BROKEN) };
    let n: u64 = n.parse().ok().filter(|n: &u64| n.is_power_of_two()).ok_or("its N is no power of two")?;
    let (r, p) = (r.parse().map_err(|_| BROKEN)?, p.parse().map_err(|_| BROKEN)?);
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| BROKEN)?;
    Foreign::Scrypt { log_n, r, p, salt: salt.as_bytes().to_vec(), hash: bytes(hash)? }.within_bounds()
}

/// A password among the credentials of a person in an export of Keycloak; its two halves are JSON in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    secret_data: String,
    credential_data: String,
}

#[derive(Deserialize)]
struct SecretData {
    value: String,
    salt: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialData {
    hash_iterations: u32,
    algorithm: String,
    #[serde(default)]
    additional_parameters: std::collections::BTreeMap<String, Vec<String>>,
}

fn of_keycloak(text: &str) -> Read<String> {
    let not_one = "it is no credential of Keycloak with secretData and credentialData";
    let credential: Credential = serde_json::from_str(text).map_err(|_| not_one)?;
    let secret: SecretData = serde_json::from_str(&credential.secret_data).map_err(|_| not_one)?;
    let data: CredentialData = serde_json::from_str(&credential.credential_data).map_err(|_| not_one)?;
    let (salt, hash, rounds) = (bytes(&secret.salt)?, bytes(&secret.value)?, data.hash_iterations);
    if data.algorithm == "argon2" {
        let more = |name: &str| data.additional_parameters.get(name).and_then(|all| all.first()).map(String::as_str);
        let (memory, lanes) = (more("memory").ok_or(BROKEN)?, more("parallelism").unwrap_or("1"));
        let version = if more("version") == Some("1.0") { 16 } else { 19 };
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        let kind = more("type").unwrap_or("id");
        return Ok(format!("$argon2{kind}$v={version}$m={memory},t={rounds},p={lanes}${salt}${hash}"));
    }
    let digest = match data.algorithm.strip_prefix("pbkdf2") {
        Some("") => Some(Digest::Sha1),
        Some(name) => Digest::parse(name.trim_start_matches('-')),
        None => None,
    };
    let digest = digest.ok_or("its algorithm is not known")?;
    Ok(Foreign::Pbkdf2 { digest, rounds, salt, hash }.within_bounds()?.to_string())
}

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;
