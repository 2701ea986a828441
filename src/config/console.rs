//! Owns the section `console`: how long an administrator stays signed in to the console. It does not own the session at the
//! provider that a console session hangs on (`sessions`).

use super::names::Key;
use super::reader::Reader;
use crate::time::Lifetime;

pub(super) const KEYS: &[Key] = &[
    Key::new("idle_minutes", "minutes", "A console session that has not been used for this long is over."),
    Key::new("absolute_hours", "hours", "However busy, a console session ends after this long."),
];

/// The section `console`.
#[derive(Clone, Debug)]
pub struct Console {
    /// Minutes.
    pub idle_minutes: u32,
    /// Hours; not shorter than `idle_minutes`.
    pub absolute_hours: u32,
}

impl Console {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let console = Self {
            idle_minutes: r.number("idle_minutes", 15, 1..=1_440),
            absolute_hours: r.number("absolute_hours", 8, 1..=168),
        };
        if console.idle() > console.absolute() {
            let says = "does not fit: console.idle_minutes must not be longer than console.absolute_hours";
            r.refuse(&["idle_minutes", "absolute_hours"], says);
        }
        console
    }

    /// The life of an unused console session.
    pub fn idle(&self) -> Lifetime {
        Lifetime::from_minutes(self.idle_minutes.into())
    }

    /// The life of any console session.
    pub fn absolute(&self) -> Lifetime {
        Lifetime::from_hours(self.absolute_hours.into())
    }
}
