//! Owns the section `passwords`: what a hash costs, how many run at a time, and how long a password must be.
//! It does not hash: that is the room `secret`.

use std::path::PathBuf;
use std::time::Duration;

use super::names::Key;
use super::reader::Reader;

pub(super) const KEYS: &[Key] = &[
    Key::new("memory_kib", "KiB", "Memory of one argon2id hash (OWASP: 19456 with 2 iterations)."),
    Key::new("iterations", "passes", "Passes of argon2id over its memory."),
    Key::new("parallelism", "lanes", "Lanes of argon2id; more than 1 rarely pays on a server."),
    Key::new("max_running", "hashes", "Hashes computed at a time; 0 means one for each core. Each needs memory_kib."),
    Key::new("max_waiting", "hashes", "Sign-ins that may wait for their hash; more are answered with 503."),
    Key::new("wait_ms", "milliseconds", "How long a sign-in waits for its hash before it is answered with 503."),
    Key::new("min_length", "characters", "The shortest new password that is accepted."),
    Key::new(
        "breached",
        "path",
        "A list of breached passwords, made by `vouchsafe breached import`; new passwords in it are refused.",
    ),
    Key::new(
        "breached_url",
        "URL",
        "Where a new password is looked up online if the settings say so; the first five hex digits of its SHA-1 are appended.",
    ),
    Key::new("max_bytes", "bytes", "The longest password that is looked at."),
];

/// The section `passwords`.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// KiB a hash.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes at a time; 0 means one for each core ([`Passwords::running`]).
    pub max_running: usize,
    /// Waiting sign-ins.
    pub max_waiting: usize,
    /// Milliseconds.
    pub wait_ms: u32,
    /// Characters (Unicode code points).
    pub min_length: usize,
    /// A list of breached passwords.
    pub breached: Option<PathBuf>,
    /// The online service.
    pub breached_url: String,
    /// Bytes of UTF-8.
    pub max_bytes: usize,
}

impl Passwords {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Self {
            memory_kib: r.number("memory_kib", 19_456, 7_168..=1_048_576),
            iterations: r.number("iterations", 2, 1..=16),
            parallelism: r.number("parallelism", 1, 1..=16),
            max_running: r.number("max_running", 0, 0..=1024),
            max_waiting: r.number("max_waiting", 64, 0..=100_000),
            wait_ms: r.number("wait_ms", 2000, 0..=60_000),
            min_length: r.number("min_length", 12, 8..=64),
            breached: r.key("breached", None),
            breached_url: r.checked("breached_url", "https://api.pwnedpasswords.com/range/".to_owned(), |url| {
                let is_whole = url.ends_with('/') && (url.starts_with("https://") || url.starts_with("http://"));
                if is_whole { Ok(()) } else { Err("must be an https address that ends in a slash".to_owned()) }
            }),
            max_bytes: r.number("max_bytes", 1024, 256..=4096),
        }
    }

    /// How many hashes to compute at a time: as configured, or one for each core.
    pub fn running(&self) -> usize {
        match self.max_running {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            running => running,
        }
    }

    /// How long a sign-in waits for its hash.
    pub fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms.into())
    }
}
