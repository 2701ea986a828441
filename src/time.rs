//! Owns points in time and spans as plain values. It does not own a clock: `now` comes in at the door (see `clock`).

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z. 64 bits, so 2038 and the year 9999 are ordinary values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch, as stored in the database.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the epoch (`NumericDate`, RFC 7519 section 2). Saturates.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down (`NumericDate`).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The span from `earlier` to `self`; zero if `earlier` is in fact later (clocks step back).
    pub const fn since(self, earlier: Timestamp) -> Lifetime {
        let span = self.0.saturating_sub(earlier.0);
        Lifetime(if span < 0 { 0 } else { span })
    }

    /// RFC 3339 in UTC with milliseconds, for people: `2026-11-22T12:00:00.000Z`.
    pub fn rfc3339(self) -> String {
        use time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|t| t.format(&Rfc3339).ok())
            .unwrap_or_else(|| format!("{} ms since 1970", self.0))
    }

    /// To the minute in UTC, for letters: `2026-11-22 12:00 UTC`.
    pub fn to_the_minute(self) -> String {
        let text = self.rfc3339();
        match (text.get(..10), text.get(11..16)) {
            (Some(date), Some(time)) => format!("{date} {time} UTC"),
            _ => text,
        }
    }
}

/// A span of time in milliseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lifetime(i64);

impl Lifetime {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From milliseconds; negative input becomes zero.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < 0 { 0 } else { millis })
    }

    /// From seconds; negative input becomes zero.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// From minutes.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_seconds(minutes.saturating_mul(60))
    }

    /// From hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_minutes(hours.saturating_mul(60))
    }

    /// From days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self::from_hours(days.saturating_mul(24))
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down (`expires_in`, `max-age`).
    pub const fn seconds(self) -> i64 {
        self.0 / 1000
    }
}

impl Add<Lifetime> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Lifetime) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Lifetime> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Lifetime) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl Add for Lifetime {
    type Output = Lifetime;
    fn add(self, other: Lifetime) -> Lifetime {
        Lifetime(self.0.saturating_add(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_zero_when_the_clock_went_back() {
        let late = Timestamp::from_seconds(100);
        assert_eq!(Timestamp::from_seconds(40).since(late), Lifetime::ZERO);
        assert_eq!(late.since(Timestamp::from_seconds(40)).seconds(), 60);
    }

    #[test]
    fn arithmetic_saturates_and_formats_far_years() {
        assert_eq!((Timestamp::from_millis(i64::MAX) + Lifetime::from_days(1)).millis(), i64::MAX);
        assert_eq!(Timestamp::from_seconds(253_402_300_799).rfc3339(), "9999-12-31T23:59:59Z");
        assert!(Timestamp::from_millis(i64::MAX).rfc3339().contains("ms since 1970"));
    }
}
