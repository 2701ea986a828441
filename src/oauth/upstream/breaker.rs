//! Owns when a provider that does not answer is left in peace: after a few failures in a row nobody is sent there for a while,
//! so that a slow provider holds up nothing here. It does not own what a failure is.

use crate::time::{Lifetime, Timestamp};

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// So long it stays open; then one may try.
const PAUSE: Lifetime = Lifetime::from_seconds(30);

/// One provider's circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    closed_again: Option<Timestamp>,
}

impl Breaker {
    /// Whether somebody may try now. Of those who come after the pause one tries; the others wait for what comes of it.
    pub fn admits(&mut self, now: Timestamp) -> bool {
        match self.closed_again {
            Some(at) if now < at => false,
            Some(_) => {
                self.closed_again = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// It answered. `true`: it had failed before.
    pub fn answered(&mut self) -> bool {
        std::mem::take(self).failures > 0
    }

    /// It did not. `true`: from now on it counts as failing.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.closed_again = Some(now + PAUSE);
        }
        self.failures == FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_fails_is_left_in_peace_and_tried_by_one_at_a_time() {
        let mut breaker = Breaker::default();
        let begin = Timestamp::from_seconds(1_000);
        for failure in 1..=FAILURES {
            assert!(breaker.admits(begin));
            assert_eq!(breaker.failed(begin), failure == FAILURES);
        }
        assert!(!breaker.admits(begin) && !breaker.admits(begin + Lifetime::from_seconds(29)));
        let later = begin + PAUSE;
        assert!(breaker.admits(later) && !breaker.admits(later), "one tries");
        assert!(!breaker.failed(later), "it counted as failing already");
        assert!(breaker.admits(later + PAUSE));
        assert!(breaker.answered());
        assert!(breaker.admits(later + PAUSE) && !breaker.answered());
    }
}
