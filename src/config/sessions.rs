//! Owns the section `sessions`: how long a browser stays signed in, and how long a sign-in may take.

use super::names::Key;
use super::reader::Reader;
use crate::time::Lifetime;

pub(super) const KEYS: &[Key] = &[
    Key::new("idle_minutes", "minutes", "A session that has not been used for this long is over."),
    Key::new("absolute_hours", "hours", "However busy, a session ends after this long and the person signs in again."),
    Key::new(
        "request_minutes",
        "minutes",
        "How long a person may take from an app's request to the end of sign-in and consent.",
    ),
];

/// The section `sessions`.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// Minutes.
    pub idle_minutes: u32,
    /// Hours; not shorter than `idle_minutes`.
    pub absolute_hours: u32,
    /// Minutes.
    pub request_minutes: u32,
}

impl Sessions {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let sessions = Self {
            idle_minutes: r.number("idle_minutes", 120, 1..=525_600),
            absolute_hours: r.number("absolute_hours", 24, 1..=8_760),
            request_minutes: r.number("request_minutes", 30, 1..=1_440),
        };
        if sessions.idle() > sessions.absolute() {
            let says = "does not fit: sessions.idle_minutes must not be longer than sessions.absolute_hours";
            r.refuse(&["idle_minutes", "absolute_hours"], says);
        }
        sessions
    }

    /// The life of an unused session.
    pub fn idle(&self) -> Lifetime {
        Lifetime::from_minutes(self.idle_minutes.into())
    }

    /// The life of any session.
    pub fn absolute(&self) -> Lifetime {
        Lifetime::from_hours(self.absolute_hours.into())
    }

    /// The life of an authorization request.
    pub fn request(&self) -> Lifetime {
        Lifetime::from_minutes(self.request_minutes.into())
    }
}
