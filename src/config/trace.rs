//! Owns the section `trace`: how long the steps behind a correlation id are kept for `vouchsafe trace`.

use super::names::Key;
use super::reader::Reader;
use crate::time::Lifetime;

pub(super) const KEYS: &[Key] = &[
    Key::new("keep_days", "days", "How long the steps behind a correlation id are kept."),
    Key::new("keep_rows", "rows", "At most this many steps are kept, the newest."),
];

/// The section `trace`.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Days.
    pub keep_days: u32,
    /// Rows.
    pub keep_rows: i64,
}

impl Trace {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Self {
            keep_days: r.number("keep_days", 7, 1..=365),
            keep_rows: r.number("keep_rows", 100_000, 1_000..=100_000_000),
        }
    }

    /// How long a step is kept.
    pub fn keep(&self) -> Lifetime {
        Lifetime::from_days(self.keep_days.into())
    }
}
