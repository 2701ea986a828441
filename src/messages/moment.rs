//! Owns how a day and a time are written in a language. It does not own time zones: everything is UTC and says so.

use super::Language;
use crate::time::Timestamp;

impl Language {
    /// The day, as in "3 October 2026".
    pub fn day(self, at: Timestamp) -> String {
        let Some(at) = calendar(at) else { return at.rfc3339() };
        let (day, month, year) = (at.day(), u8::from(at.month()), at.year());
        self.say("day").number("day", day).number("month", month).number("year", year).into()
    }

    /// Day and time, as in "3 October 2026, 14:05 UTC".
    pub fn moment(self, at: Timestamp) -> String {
        let Some(time) = calendar(at) else { return at.rfc3339() };
        let clock = format!("{:02}:{:02}", time.hour(), time.minute());
        self.say("moment").text("day", self.day(at)).text("time", clock).to_string()
    }
}

fn calendar(at: Timestamp) -> Option<time::OffsetDateTime> {
    time::OffsetDateTime::from_unix_timestamp(at.seconds()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::first_known;

    #[test]
    fn a_day_and_a_moment_in_both_languages() {
        let at = Timestamp::from_seconds(1_772_546_709);
        assert_eq!(Language::ENGLISH.day(at), "3 March 2026");
        assert_eq!(Language::ENGLISH.moment(at), "3 March 2026, 14:05 UTC");
        let german = first_known("de").unwrap();
        assert_eq!(german.day(at), "3. März 2026");
        assert_eq!(german.moment(at), "3. März 2026, 14:05 Uhr (UTC)");
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_still_written() {
        assert!(Language::ENGLISH.moment(Timestamp::from_millis(i64::MAX)).contains("since 1970"));
    }
}
