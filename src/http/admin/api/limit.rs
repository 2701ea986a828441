//! Owns how many requests one actor may send a minute. It does not own who the actor is.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;

/// So many actors are remembered before those that have been quiet are forgotten.
const ACTORS: usize = 10_000;

/// Counts the requests of each actor.
pub struct Limits {
    limiter: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl Limits {
    /// So many a minute, and as many at once: the bucket fills evenly.
    pub fn per_minute(requests: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// A [`Problem`] that says when to come back.
    pub fn count(&self, actor: &str) -> Result<(), Problem> {
        if self.limiter.len() > ACTORS {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&actor.to_owned()).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now());
            let seconds = wait.max(Duration::from_millis(1)).as_millis().div_ceil(1_000);
            let words = "more requests came in a short time than one caller may send: wait, then go on more slowly";
            let mut problem = Problem::new(429, "too_many_requests", words);
            problem.retry_after = u64::try_from(seconds).ok();
            problem
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_actor_has_a_bucket_of_its_own() {
        let limits = Limits::per_minute(2);
        assert!(limits.count("alice").is_ok() && limits.count("alice").is_ok());
        let problem = limits.count("alice").unwrap_err();
        assert_eq!(problem.status, 429);
        assert!(problem.retry_after.is_some_and(|seconds| (1..=30).contains(&seconds)));
        assert!(limits.count("bob").is_ok());
    }
}
