//! Owns chance: the only place that asks for random bytes. What they become (a token, a nonce, a key) is owned by the
//! files that ask.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::time::Timestamp;

/// A source of random bytes.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with fresh random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The cryptographic generator of the process (AWS-LC, seeded by the operating system).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        // A provider without random numbers can do nothing that is safe: no code, no token, no nonce. It must not go
        // on with bytes that somebody can guess, and no caller has a better answer.
        if rand::fill(bytes).is_err() {
            eprintln!("the operating system gives no random numbers: stopping");
            std::process::abort();
        }
    }
}

/// Bytes that repeat for the same seed (SHA-256 of seed and counter). For tests only: whoever knows the seed knows all.
#[derive(Debug)]
pub struct SeededChance {
    seed: u64,
    counter: AtomicU64,
}

impl SeededChance {
    /// A source that always gives the same sequence for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let turn = self.counter.fetch_add(1, Ordering::SeqCst);
            let mut input = [0; 16];
            input[..8].copy_from_slice(&self.seed.to_be_bytes());
            input[8..].copy_from_slice(&turn.to_be_bytes());
            let block = digest::digest(&digest::SHA256, &input);
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

/// 256 random bits as 43 characters of base64url.
pub fn token32(chance: &dyn Chance) -> String {
    let mut bytes = [0; 32];
    chance.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A UUID version 7 (RFC 9562 section 5.7): sorts by time of making, 74 bits of chance. An identifier, never a secret.
pub fn uuid(chance: &dyn Chance, now: Timestamp) -> String {
    let mut bytes = [0; 10];
    chance.fill(&mut bytes);
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence_and_another_seed_another() {
        let draw = |seed| {
            let chance = SeededChance::new(seed);
            (token32(&chance), token32(&chance))
        };
        let (first, second) = draw(1);
        assert_eq!(draw(1), (first.clone(), second.clone()));
        assert_ne!(first, second);
        assert_ne!(draw(2).0, first);
    }

    #[test]
    fn system_tokens_are_43_characters_and_do_not_repeat() {
        let all: std::collections::HashSet<_> = (0..1000).map(|_| token32(&SystemChance)).collect();
        assert_eq!(all.len(), 1000);
        assert!(all.iter().all(|t| t.len() == 43));
    }

    #[test]
    fn a_long_fill_is_not_one_block_repeated() {
        let mut bytes = [0; 100];
        SeededChance::new(7).fill(&mut bytes);
        assert_ne!(bytes[..32], bytes[32..64]);
        assert_ne!(bytes[96..], [0; 4]);
    }

    #[test]
    fn uuids_are_version_7_and_sort_by_time() {
        let chance = SeededChance::new(3);
        let early = uuid(&chance, Timestamp::from_seconds(1_700_000_000));
        let late = uuid(&chance, Timestamp::from_seconds(1_700_000_001));
        assert!(early < late, "{early} {late}");
        assert_eq!(uuid::Uuid::parse_str(&early).unwrap().get_version_num(), 7);
        assert_eq!(uuid(&chance, Timestamp::from_seconds(-5)).len(), 36);
    }
}
