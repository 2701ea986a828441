//! Owns counting what happens, for the plots of the administration: so many sign-ins, refusals, tokens, and how long answers
//! took. Counting is one addition to an atomic number, without a lock and without memory; `flow::ops::stats` takes the numbers
//! out and stores them. It does not own what is worth counting: whoever counts says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::latency::{self, Area, SLOTS};
use crate::oauth::client::GrantType;
use crate::time::{Lifetime, Timestamp};

/// Numbers are added up over this span.
pub const BUCKET: Lifetime = Lifetime::from_minutes(10);

/// The name that the number of live sessions stands under.
pub const LIVE_SESSIONS: &str = "sessions:live";

/// The beginning of the bucket that a time falls into.
pub fn bucket(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.millis() - now.millis().rem_euclid(BUCKET.millis()))
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Requests that came to a route, probes left out.
    Requests,
    /// People who proved who they are.
    SignIns,
    /// Sign-in forms that were sent back: wrong password, unknown address, too many tries.
    FailedSignIns,
    /// Answers with tokens for a code.
    TokensByCode,
    /// Answers with tokens for a refresh token.
    TokensByRefresh,
    /// Answers with tokens for a client itself.
    TokensByClient,
    /// Refusals of the authorization endpoint.
    AuthorizeRefusals,
    /// Refusals of the token endpoint.
    TokenRefusals,
    /// Codes and refresh tokens that came a second time and ended their family.
    Reuses,
    /// Notes of the trace that were dropped because too many came at once.
    DroppedNotes,
}

impl Count {
    /// All of them, each at the place of its number.
    pub const ALL: [Count; 10] = [
        Count::Requests,
        Count::SignIns,
        Count::FailedSignIns,
        Count::TokensByCode,
        Count::TokensByRefresh,
        Count::TokensByClient,
        Count::AuthorizeRefusals,
        Count::TokenRefusals,
        Count::Reuses,
        Count::DroppedNotes,
    ];

    /// The name its numbers are stored under.
    pub fn as_str(self) -> &'static str {
        match self {
            Count::Requests => "requests",
            Count::SignIns => "sign_ins",
            Count::FailedSignIns => "sign_ins:failed",
            Count::TokensByCode => "tokens:authorization_code",
            Count::TokensByRefresh => "tokens:refresh_token",
            Count::TokensByClient => "tokens:client_credentials",
            Count::AuthorizeRefusals => "refusals:authorize",
            Count::TokenRefusals => "refusals:token",
            Count::Reuses => "reuses",
            Count::DroppedNotes => "trace:dropped",
        }
    }

    /// Under which the tokens of a grant are counted.
    pub fn tokens_by(grant: GrantType) -> Self {
        match grant {
            GrantType::AuthorizationCode => Count::TokensByCode,
            GrantType::RefreshToken => Count::TokensByRefresh,
            GrantType::ClientCredentials => Count::TokensByClient,
        }
    }
}

/// The numbers since they were last taken out. Clones share them.
#[derive(Clone, Default)]
pub struct Stats(Arc<Numbers>);

#[derive(Default)]
struct Numbers {
    counts: [AtomicI64; Count::ALL.len()],
    latency: [[AtomicI64; SLOTS]; Area::ALL.len()],
    saving: Mutex<()>,
}

/// Numbers that were taken out and are to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken(Vec<(usize, i64)>);

impl Stats {
    /// Counts one.
    pub fn count(&self, what: Count) {
        if let Some(number) = self.0.counts.get(what as usize) {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a request and how long its answer took.
    pub fn request(&self, area: Area, took: Duration) {
        self.count(Count::Requests);
        if let Some(number) = self.0.latency.get(area as usize).and_then(|slots| slots.get(latency::slot(took))) {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Held while numbers are taken out and stored, so that whoever stops the program waits for what is being stored. Those
    /// who count never wait for it.
    pub async fn saving(&self) -> MutexGuard<'_, ()> {
        self.0.saving.lock().await
    }

    /// Takes all numbers out.
    pub fn take(&self) -> Taken {
        let taken = self.numbers().enumerate().map(|(at, number)| (at, number.swap(0, Ordering::Relaxed)));
        Taken(taken.filter(|(_, value)| *value != 0).collect())
    }

    /// Puts back what could not be stored.
    pub fn put_back(&self, taken: &Taken) {
        for (at, value) in &taken.0 {
            if let Some(number) = self.numbers().nth(*at) {
                number.fetch_add(*value, Ordering::Relaxed);
            }
        }
    }

    /// Every number: first the counts, then the slots of each area.
    fn numbers(&self) -> impl Iterator<Item = &AtomicI64> {
        self.0.counts.iter().chain(self.0.latency.iter().flatten())
    }
}

impl Taken {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and numbers, in the order of the names.
    pub fn values(&self) -> Vec<(String, i64)> {
        let mut values: Vec<_> = self.0.iter().map(|(at, value)| (stored_name(*at), *value)).collect();
        values.sort();
        values
    }
}

fn stored_name(at: usize) -> String {
    match (Count::ALL.get(at), at.saturating_sub(Count::ALL.len())) {
        (Some(count), _) => count.as_str().to_owned(),
        (None, beyond) => {
            let area = Area::ALL.get(beyond / SLOTS).copied().unwrap_or(Area::Other);
            latency::name(area, beyond % SLOTS)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_bucket_begins_at_a_whole_ten_minutes() {
        let at = Timestamp::from_seconds;
        assert_eq!(bucket(at(1_767_225_600)), at(1_767_225_600));
        assert_eq!(bucket(at(1_767_226_199)), at(1_767_225_600));
        assert_eq!(bucket(at(1_767_226_200)), at(1_767_226_200));
        assert_eq!(bucket(at(-1)), at(-600));
    }

    #[test]
    fn every_number_has_a_name_of_its_own() {
        for (number, count) in Count::ALL.into_iter().enumerate() {
            assert_eq!(count as usize, number);
        }
        let stats = Stats::default();
        let names: BTreeSet<String> = (0..stats.numbers().count()).map(stored_name).collect();
        assert_eq!(names.len(), Count::ALL.len() + Area::ALL.len() * SLOTS);
        assert!(!names.contains(LIVE_SESSIONS));
    }

    #[test]
    fn what_is_counted_comes_out_once_under_its_name() {
        let stats = Stats::default();
        assert!(stats.take().is_empty());
        let same = stats.clone();
        same.count(Count::SignIns);
        stats.count(Count::SignIns);
        stats.count(Count::tokens_by(GrantType::RefreshToken));
        stats.request(Area::Lookup, Duration::from_millis(3));
        stats.request(Area::Lookup, Duration::from_secs(60));
        let taken = stats.take();
        let values = |values: &[(&str, i64)]| values.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect::<Vec<_>>();
        let expected = values(&[
            ("latency:lookup:3000", 1),
            ("latency:lookup:more", 1),
            ("requests", 2),
            ("sign_ins", 2),
            ("tokens:refresh_token", 1),
        ]);
        assert_eq!(taken.values(), expected);
        assert!(stats.take().is_empty());
        stats.count(Count::SignIns);
        stats.put_back(&taken);
        assert!(stats.take().values().contains(&("sign_ins".to_owned(), 3)));
    }

    #[test]
    fn nothing_is_lost_between_threads() {
        let stats = Stats::default();
        let mut taken = 0;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| stats.count(Count::Requests)));
            }
            for _ in 0..50 {
                taken += stats.take().values().iter().map(|(_, value)| value).sum::<i64>();
            }
        });
        taken += stats.take().values().iter().map(|(_, value)| value).sum::<i64>();
        assert_eq!(taken, 40_000);
    }
}
