//! Owns the section `log`: its form and how much is in it. It does not own the subscriber (`telemetry`).

use super::names::Key;
use super::reader::Reader;
use super::value::{Raw, Setting, choice, quoted};
use crate::telemetry::{self, LogFormat};

pub(super) const KEYS: &[Key] = &[
    Key::new("format", "word", "human for people, json for collectors (one object a line)."),
    Key::new(
        "level",
        "level or filter",
        "error, warn, info, debug, trace or off for Vouchsafe itself, or a full filter such as warn,vouchsafe::http=debug.",
    ),
];

/// The section `log`.
#[derive(Clone, Debug)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A level, or a filter as `tracing_subscriber::EnvFilter` reads it; known to be readable.
    pub level: String,
}

impl Log {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Self {
            format: r.key("format", LogFormat::Human),
            level: r.checked("level", "info".to_owned(), |level| telemetry::check_level(level)),
        }
    }
}

impl Setting for LogFormat {
    fn read(raw: &Raw) -> Result<Self, String> {
        choice(raw, &[("human", Self::Human), ("json", Self::Json)])
    }

    fn show(&self) -> String {
        quoted(match self {
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}
