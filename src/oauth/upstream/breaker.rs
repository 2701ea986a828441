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
    open_until: Option<Timestamp>,
}

/// Somebody may try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// As always.
    Usual,
    /// After a pause: the others wait for what comes of it.
    Probe,
}

/// What came of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider answered, whatever it said.
    Answered,
    /// It did not.
    Failed,
    /// It was not asked: what was wanted was in memory, or fell before. That says nothing of it.
    NotAsked,
}

impl Breaker {
    /// Whether somebody may try now.
    pub fn admits(&mut self, now: Timestamp) -> Option<Turn> {
        match self.open_until {
            Some(until) if now < until => None,
            Some(_) => {
                self.open_until = Some(now + PAUSE);
                Some(Turn::Probe)
            }
            None => Some(Turn::Usual),
        }
    }

    /// Ends a turn that began at `now`.
    pub fn settle(&mut self, turn: Turn, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Answered => *self = Self::default(),
            Outcome::Failed => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= FAILURES {
                    self.open_until = self.open_until.max(Some(now + PAUSE));
                }
            }
            // The turn goes to the next one.
            Outcome::NotAsked if turn == Turn::Probe => self.open_until = Some(now),
            Outcome::NotAsked => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: Timestamp = Timestamp::from_seconds(1_000);

    fn open() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert_eq!(breaker.admits(BEGIN), Some(Turn::Usual));
            breaker.settle(Turn::Usual, Outcome::Failed, BEGIN);
        }
        breaker
    }

    #[test]
    fn h08_a_provider_that_fails_is_left_in_peace_and_tried_by_one_at_a_time() {
        let mut breaker = open();
        assert_eq!((breaker.admits(BEGIN), breaker.admits(BEGIN + Lifetime::from_seconds(29))), (None, None));
        let later = BEGIN + PAUSE;
        assert_eq!((breaker.admits(later), breaker.admits(later)), (Some(Turn::Probe), None), "one tries");
        breaker.settle(Turn::Probe, Outcome::Failed, later);
        assert_eq!(breaker.admits(later), None);
        assert_eq!(breaker.admits(later + PAUSE), Some(Turn::Probe));
        breaker.settle(Turn::Probe, Outcome::Answered, later + PAUSE);
        assert_eq!(breaker.admits(later + PAUSE), Some(Turn::Usual));
    }

    #[test]
    fn h08_what_came_from_memory_says_nothing_of_the_provider() {
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.settle(Turn::Usual, Outcome::Failed, BEGIN);
            breaker.settle(Turn::Usual, Outcome::NotAsked, BEGIN);
        }
        breaker.settle(Turn::Usual, Outcome::Failed, BEGIN);
        assert_eq!(breaker.admits(BEGIN), None, "failures stay in a row");
        let later = BEGIN + PAUSE;
        assert_eq!(breaker.admits(later), Some(Turn::Probe));
        breaker.settle(Turn::Probe, Outcome::NotAsked, later);
        assert_eq!((breaker.admits(later), breaker.admits(later)), (Some(Turn::Probe), None), "the next one tries");
    }

    #[test]
    fn a_late_failure_shortens_no_pause() {
        let mut breaker = open();
        breaker.settle(Turn::Usual, Outcome::Failed, BEGIN + Lifetime::from_seconds(8));
        breaker.settle(Turn::Usual, Outcome::Failed, BEGIN + Lifetime::from_seconds(2));
        assert_eq!(breaker.admits(BEGIN + Lifetime::from_seconds(37)), None);
    }
}
