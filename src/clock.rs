//! Owns the question "what time is it?": the only place that asks the operating system. It does not own points in time
//! as values (`time`), and nobody below the door calls it: `now` is taken once for a whole request and handed down.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::{Lifetime, Timestamp};

/// Where `now` comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The operating system's clock.
    System,
    /// A clock that stands still until it is moved, in milliseconds since 1970: for tests. Its clones share one hand.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `at` until [`Clock::set`] or [`Clock::advance`] moves it.
    pub fn fixed(at: Timestamp) -> Self {
        Clock::Fixed(Arc::new(AtomicI64::new(at.millis())))
    }

    /// The time now. A system clock before 1970 gives a negative value, not a panic.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => system_now(),
            Clock::Fixed(hand) => Timestamp::from_millis(hand.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock to `at`, back or forth. A system clock stays what it is.
    pub fn set(&self, at: Timestamp) {
        if let Clock::Fixed(hand) = self {
            hand.store(at.millis(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock forward by `span`. A system clock stays what it is.
    pub fn advance(&self, span: Lifetime) {
        if let Clock::Fixed(hand) = self {
            hand.fetch_add(span.millis(), Ordering::SeqCst);
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that asks the operating system for the time")]
fn system_now() -> Timestamp {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |m| -m),
    };
    Timestamp::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_2026_and_cannot_be_moved() {
        let clock = Clock::System;
        clock.set(Timestamp::from_seconds(0));
        clock.advance(Lifetime::from_days(365_000));
        let now = clock.now();
        assert!(now > Timestamp::from_seconds(1_767_000_000), "{}", now.rfc3339());
        assert!(now < Timestamp::from_seconds(253_402_300_799), "{}", now.rfc3339());
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_clones_share_it() {
        let clock = Clock::fixed(Timestamp::from_seconds(100));
        let other = clock.clone();
        assert_eq!(clock.now(), Timestamp::from_seconds(100));
        other.advance(Lifetime::from_seconds(5));
        assert_eq!(clock.now(), Timestamp::from_seconds(105));
        clock.set(Timestamp::from_seconds(-7));
        assert_eq!(other.now(), Timestamp::from_seconds(-7));
    }
}
