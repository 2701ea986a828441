//! Owns how the console writes times, spans and kinds of events. It does not own what happened.

use crate::http::pages::console::Part;
use crate::time::{Lifetime, Timestamp};

/// A span in the largest unit that fits, as in `3 hours`.
pub fn span(span: Lifetime) -> String {
    let seconds = span.seconds();
    let (count, unit) = match seconds {
        ..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// How long ago, or in how long.
pub fn ago(at: Timestamp, now: Timestamp) -> Part {
    // A span is never negative: what lies ahead is zero ago.
    let words = match (now.since(at), at.since(now)) {
        (past, _) if past.seconds() >= 60 => format!("{} ago", span(past)),
        (_, ahead) if ahead.seconds() >= 60 => format!("in {}", span(ahead)),
        _ => "just now".to_owned(),
    };
    Part::Ago(at, words)
}

/// [`ago`] of a moment that an operation gave as text (RFC 3339).
pub fn ago_text(at: &str, now: Timestamp) -> Part {
    at_text(at).map_or_else(|| Part::text(at), |at| ago(at, now))
}

/// A moment from its text (RFC 3339 in UTC), to the second.
pub fn at_text(at: &str) -> Option<Timestamp> {
    let seconds: i64 = at.get(17..19)?.parse().ok()?;
    Some(moment(at.get(..16)?)? + Lifetime::from_seconds(seconds))
}

/// The kind of an event in words: `client_edited` is "Client edited".
pub fn kind(kind: &str) -> String {
    let mut words = kind.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// A date and time that a form sent, as in `2026-11-22T16:40`, in UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let mut time = time.splitn(3, ':').map(|part| part.get(..2)?.parse::<i64>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let longest = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let sound = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=longest).contains(&day);
    if !sound || !(0..24).contains(&hour) || !(0..60).contains(&minute) {
        return None;
    }
    // Days since 1970 of a proleptic Gregorian date, the year beginning in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp::from_seconds(days * 86_400 + hour * 3_600 + minute * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_browsers_send_them() {
        for (text, is) in [
            ("1970-01-01T00:00", Some("1970-01-01T00:00:00")),
            ("2026-11-22T16:40", Some("2026-11-22T16:40:00")),
            ("2024-02-29T23:59:30", Some("2024-02-29T23:59:00")),
            ("", None),
            ("2026-13-01T00:00", None),
            ("2026-02-29T00:00", None),
            ("2026-04-31T00:00", None),
            ("2026-11-22", None),
            ("2026-11-22T25:00", None),
        ] {
            let read = moment(text).map(|at| at.rfc3339().chars().take(19).collect::<String>());
            assert_eq!(read.as_deref(), is, "{text}");
        }
    }

    #[test]
    fn what_lies_ahead_is_told_like_what_is_past() {
        let now = Timestamp::from_seconds(1_000_000);
        for (seconds, is) in
            [(999_941, "just now"), (1_000_059, "just now"), (999_400, "10 minutes ago"), (1_000_900, "in 15 minutes")]
        {
            let told = ago(Timestamp::from_seconds(seconds), now);
            assert!(matches!(&told, Part::Ago(_, words) if words == is), "{told:?}");
        }
    }

    #[test]
    fn spans_are_told_in_the_largest_unit_that_fits() {
        for (seconds, is) in [(1, "1 second"), (90, "90 seconds"), (600, "10 minutes"), (86_400, "24 hours")] {
            assert_eq!(span(Lifetime::from_seconds(seconds)), is);
        }
    }
}
