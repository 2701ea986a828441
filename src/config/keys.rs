//! Owns the section `keys`: where the master key is, which signature keys there are and how long they live.
//! It does not own any key: the master key is the room `secret`'s, the others are `signing`'s.

use std::path::PathBuf;

use super::names::Key;
use super::reader::Reader;
use crate::oauth::jose::Algorithm;
use crate::sensitive::Sensitive;
use crate::time::Lifetime;

pub(super) const KEYS: &[Key] = &[
    Key::new("dir", "path", "The folder of the file master.key, which seals every secret in the database."),
    Key::secret(
        "master_key",
        "text",
        "The master key itself, instead of the file; at least 32 bytes, from the environment only.",
    ),
    Key::new(
        "algorithms",
        "names",
        "The signature algorithms for which keys are kept ready; RS256 must be one of them.",
    ),
    Key::new("rsa_bits", "bits", "The size of new RSA keys: 2048, 3072 or 4096."),
    Key::new("rotate_every_days", "days", "How long a key signs before the next one takes over."),
    Key::new(
        "publish_ahead_hours",
        "hours",
        "How long a new key is published before it signs; at least jwks_max_age_seconds.",
    ),
    Key::new("jwks_max_age_seconds", "seconds", "How long others may keep our public keys without asking again."),
];

/// The section `keys`.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Folder of `master.key`.
    pub dir: PathBuf,
    /// The master key by environment; takes the place of the file.
    pub master_key: Option<Sensitive>,
    /// Algorithms with a key of their own; never empty, no repeats, RS256 among them.
    pub algorithms: Vec<Algorithm>,
    /// 2048, 3072 or 4096.
    pub rsa_bits: u32,
    /// Days.
    pub rotate_every_days: u32,
    /// Hours.
    pub publish_ahead_hours: u32,
    /// Seconds.
    pub jwks_max_age_seconds: u32,
}

impl Keys {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let keys = Self {
            dir: r.key("dir", PathBuf::from("./keys")),
            master_key: r.checked("master_key", None, long_enough),
            algorithms: r.checked("algorithms", Algorithm::ALL.to_vec(), |names| complete(names)),
            rsa_bits: r.checked("rsa_bits", 2048, |bits| match bits {
                2048 | 3072 | 4096 => Ok(()),
                other => Err(format!("must be 2048, 3072 or 4096, not {other}")),
            }),
            rotate_every_days: r.number("rotate_every_days", 90, 1..=3650),
            publish_ahead_hours: r.number("publish_ahead_hours", 24, 1..=720),
            jwks_max_age_seconds: r.number("jwks_max_age_seconds", 3600, 60..=86_400),
        };
        if keys.publish_ahead() < keys.jwks_max_age() {
            let says = "must not be shorter than keys.jwks_max_age_seconds: a key would sign before everybody has it";
            r.refuse(&["publish_ahead_hours", "jwks_max_age_seconds"], says);
        }
        if keys.rotate_every() <= keys.publish_ahead() {
            let says = "must be longer than keys.publish_ahead_hours: the next key must have time to be published";
            r.refuse(&["rotate_every_days", "publish_ahead_hours"], says);
        }
        keys
    }

    /// How long a key signs.
    pub fn rotate_every(&self) -> Lifetime {
        Lifetime::from_days(self.rotate_every_days.into())
    }

    /// How long a key is published before it signs.
    pub fn publish_ahead(&self) -> Lifetime {
        Lifetime::from_hours(self.publish_ahead_hours.into())
    }

    /// How long others may keep the key set.
    pub fn jwks_max_age(&self) -> Lifetime {
        Lifetime::from_seconds(self.jwks_max_age_seconds.into())
    }
}

fn long_enough(key: &Option<Sensitive>) -> Result<(), String> {
    match key.as_ref().map(Sensitive::len) {
        Some(length) if length < 32 => {
            Err(format!("is {length} bytes long and must have at least 32; `openssl rand -hex 32` makes one"))
        }
        _ => Ok(()),
    }
}

fn complete(algorithms: &[Algorithm]) -> Result<(), String> {
    if !algorithms.contains(&Algorithm::RS256) {
        return Err("must contain RS256: every OpenID Connect client may count on it (OIDC Core section 15.1)".into());
    }
    let repeated = algorithms.iter().enumerate().find(|(at, algorithm)| algorithms[..*at].contains(algorithm));
    repeated.map_or(Ok(()), |(_, algorithm)| Err(format!("names {} twice", algorithm.as_str())))
}
