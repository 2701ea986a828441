//! Owns how many wrong passwords are tolerated, per account and per address, as a pure rule over a stored counter.
//! It does not own where the counters live (`store::guesses`) nor which keys are asked (`flow::sign_in::login`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::time::{Lifetime, Timestamp};

/// Before every `now`: not blocked.
const NEVER: Timestamp = Timestamp::from_millis(0);

/// A counter as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuessCounter {
    /// Attempts that were admitted and have not been shown to be right.
    pub failures: i64,
    /// When the last one was admitted.
    pub last_at: Timestamp,
    /// Nothing is admitted before this moment.
    pub blocked_until: Timestamp,
}

/// How patient a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuessRule {
    /// Attempts that are free of delay.
    pub free: i64,
    /// Delay after the first attempt beyond these; doubles with each further one.
    pub first_delay: Lifetime,
    /// The delay never grows beyond this.
    pub longest_delay: Lifetime,
    /// A counter that has seen nothing for this long starts anew.
    pub forget_after: Lifetime,
}

/// Too many attempts; how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Lifetime);

/// When trying out many accounts from one network is an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StuffingRule {
    /// Accounts at which sign-ins failed; 0 switches it off.
    pub accounts: i64,
    /// Within this time.
    pub window: Lifetime,
    /// More is asked for so long.
    pub bar: Lifetime,
}

/// The network of an address that attempts are counted under: /24 of IPv4, /48 of IPv6, which is what a site is usually
/// given. `None` for what is no address (the command line).
pub fn network(rate_key: &str) -> Option<String> {
    let (address, _) = rate_key.split_once('/').unwrap_or((rate_key, ""));
    Some(match address.parse().ok()? {
        IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from(u32::from(address) >> 8 << 8)),
        IpAddr::V6(address) => format!("{}/48", Ipv6Addr::from(u128::from(address) >> 80 << 80)),
    })
}

impl GuessRule {
    /// The same while somebody tries many accounts from the network: hardly anything is free.
    #[must_use]
    pub fn under_attack(self) -> Self {
        Self { free: self.free.min(2), ..self }
    }

    /// Admits one attempt and returns the counter to store **before** the password is looked at, so that a hundred parallel
    /// guesses are counted and not a hundred times the same zero (security case J05).
    ///
    /// # Errors
    /// [`Wait`] when the key is blocked; the stored counter then stays as it is.
    pub fn admit(self, counter: Option<GuessCounter>, now: Timestamp) -> Result<GuessCounter, Wait> {
        let known = counter.filter(|c| now.since(c.last_at) < self.forget_after);
        let Some(counter) = known else {
            return Ok(GuessCounter { failures: 1, last_at: now, blocked_until: self.blocked_until(1, now) });
        };
        if now < counter.blocked_until {
            return Err(Wait(counter.blocked_until.since(now)));
        }
        let failures = counter.failures.saturating_add(1);
        Ok(GuessCounter { failures, last_at: now, blocked_until: self.blocked_until(failures, now) })
    }

    /// Without a delay nothing is blocked, not even a moment: requests that run at once bring their own `now`, and one that
    /// came a millisecond earlier may be counted later.
    fn blocked_until(self, failures: i64, now: Timestamp) -> Timestamp {
        match self.delay_after(failures) {
            Lifetime::ZERO => NEVER,
            delay => now + delay,
        }
    }

    fn delay_after(self, failures: i64) -> Lifetime {
        let beyond = failures - self.free;
        if beyond < 0 {
            return Lifetime::ZERO;
        }
        let doublings = u32::try_from(beyond.min(30)).unwrap_or(30);
        let delay = self.first_delay.millis().saturating_mul(1_i64 << doublings);
        Lifetime::from_millis(delay.min(self.longest_delay.millis()))
    }
}

impl GuessCounter {
    /// Takes one admitted attempt back because it turned out right. The others stay counted: one person's success must not
    /// wipe the traces of guesses at somebody else from the same address.
    pub fn give_back(self) -> Self {
        Self { failures: (self.failures - 1).max(0), blocked_until: NEVER, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: GuessRule = GuessRule {
        free: 5,
        first_delay: Lifetime::from_seconds(30),
        longest_delay: Lifetime::from_minutes(15),
        forget_after: Lifetime::from_hours(24),
    };

    #[test]
    fn j05_five_free_attempts_then_growing_delays() {
        let now = Timestamp::from_seconds(1_000);
        let mut counter = None;
        for _ in 0..5 {
            counter = Some(RULE.admit(counter, now).unwrap());
        }
        assert_eq!(RULE.admit(counter, now), Err(Wait(Lifetime::from_seconds(30))));
        let later = now + Lifetime::from_seconds(30);
        let sixth = RULE.admit(counter, later).unwrap();
        assert_eq!(sixth.blocked_until.since(later), Lifetime::from_seconds(60));
    }

    #[test]
    fn networks_are_those_that_a_site_is_given() {
        for (key, is) in [
            ("203.0.113.77", Some("203.0.113.0/24")),
            ("2001:db8:1:2::/64", Some("2001:db8:1::/48")),
            ("2001:db8:1:ffff::/64", Some("2001:db8:1::/48")),
            ("2001:db8:2::/64", Some("2001:db8:2::/48")),
            ("command line", None),
            ("", None),
        ] {
            assert_eq!(network(key).as_deref(), is, "{key}");
        }
    }

    #[test]
    fn under_attack_hardly_anything_is_free() {
        let now = Timestamp::from_seconds(1_000);
        let rule = RULE.under_attack();
        let second = rule.admit(rule.admit(None, now).ok(), now).unwrap();
        assert_eq!(rule.admit(Some(second), now), Err(Wait(Lifetime::from_seconds(30))));
    }

    #[test]
    fn requests_that_run_at_once_are_free_in_any_order() {
        let now = Timestamp::from_millis(1_000_000);
        let a_moment_earlier = Timestamp::from_millis(999_990);
        let first = RULE.admit(None, now).unwrap();
        let second = RULE.admit(Some(first), a_moment_earlier).unwrap();
        assert_eq!(second.failures, 2);
        assert!(RULE.admit(Some(second.give_back()), a_moment_earlier).is_ok());
    }

    #[test]
    fn the_delay_has_a_ceiling_and_the_counter_forgets() {
        let now = Timestamp::from_seconds(1_000_000);
        let many = GuessCounter { failures: i64::MAX - 1, last_at: now, blocked_until: now };
        let next = RULE.admit(Some(many), now).unwrap();
        assert_eq!(next.blocked_until.since(now), Lifetime::from_minutes(15));
        let fresh = RULE.admit(Some(many), now + Lifetime::from_hours(24)).unwrap();
        assert_eq!(fresh.failures, 1);
    }
}
