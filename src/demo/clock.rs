//! Owns the demo's reading of the clock and its words for moments. A guest cannot be handed the house's clock, so this is
//! the one file in here that asks the system for the time; everything else takes seconds as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::macros::format_description;

/// Seconds since 1970, UTC. Zero when the system clock stands before that.
#[allow(clippy::disallowed_methods, reason = "the demo is a guest: it has a clock of its own, read in this one place")]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `2026-11-22 10:04:31 UTC`, or the bare number when it is no moment a calendar knows.
pub(crate) fn moment(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|at| at.format(format).ok())
        .unwrap_or_else(|| seconds.to_string())
}

/// `10:04:31`, for headings where the day is clear.
pub(crate) fn time_of_day(seconds: i64) -> String {
    moment(seconds).get(11..19).unwrap_or_default().to_owned()
}

/// `in 14 min 58 s`, `3 min 2 s ago`, `right now`: where `then` lies, seen from `now`.
pub(crate) fn distance(now: i64, then: i64) -> String {
    let gap = then.saturating_sub(now);
    match gap {
        0 => "right now".to_owned(),
        1.. => format!("in {}", length(gap)),
        _ => format!("{} ago", length(gap.saturating_neg())),
    }
}

/// A length of time in its two largest units.
pub(crate) fn length(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (size, unit) in units {
        if rest >= size {
            words.push(format!("{} {unit}", rest / size));
            rest %= size;
        } else if !words.is_empty() {
            break;
        }
        if words.len() == 2 {
            break;
        }
    }
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_distances_read_like_words() {
        assert_eq!(moment(1_795_341_871), "2026-11-22 10:04:31 UTC");
        assert_eq!(time_of_day(1_795_341_871), "10:04:31");
        assert_eq!(moment(i64::MAX), i64::MAX.to_string());
        assert_eq!(distance(1_000, 1_898), "in 14 min 58 s");
        assert_eq!(distance(1_182, 1_000), "3 min 2 s ago");
        assert_eq!(distance(5, 5), "right now");
        assert_eq!(length(86_400 + 5), "1 d");
        assert!(!distance(i64::MIN, i64::MAX).is_empty());
    }
}
