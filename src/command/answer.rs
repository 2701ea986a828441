//! Owns how a command answers: words or JSON on the output stream, failures in words on the error stream, and the exit code.
//! It does not own what is said.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use crate::app::StartError;
use crate::command::serve::ServeError;
use crate::config::ConfigError;
use crate::flow::Fault;
use crate::store::OpenError;

/// What a command says when it was done.
#[derive(Debug)]
pub struct Answer {
    /// For people; without the last line break.
    words: String,
    /// For programs.
    json: Value,
    code: u8,
    is_lines: bool,
}

impl Answer {
    /// An answer in both forms.
    pub fn new(words: impl Into<String>, json: Value) -> Self {
        Self { words: words.into(), json, code: 0, is_lines: false }
    }

    /// Nothing to say.
    pub fn silent() -> Self {
        Self::new("", Value::Null)
    }

    /// JSON lines, which are for programs in any case.
    pub fn lines(text: String) -> Self {
        Self { words: text, json: Value::Null, code: 0, is_lines: true }
    }

    /// With an exit code other than 0.
    #[must_use]
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// Writes it. A reader that has gone away (`| head`) is no trouble worth telling.
    pub(super) fn print(&self, as_json: bool) -> ExitCode {
        let text = match (as_json, &self.json) {
            (true, Value::Null) if !self.is_lines => String::new(),
            (true, json) if !self.is_lines => format!("{json:#}"),
            _ => self.words.trim_end_matches('\n').to_owned(),
        };
        if !text.is_empty() {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
        }
        ExitCode::from(self.code)
    }
}

/// Why a command did nothing, in words that say what to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// Refused, or not found: 1.
    Refused(String),
    /// Wrong arguments or configuration: 2, of `plan` and `drift` 1.
    Usage(String),
    /// Database or keys are not available: 3.
    Unavailable(String),
}

impl Failure {
    /// A refusal of a use-case.
    pub fn refused(refusal: impl Display) -> Self {
        Self::Refused(refusal.to_string())
    }

    /// Writes it; `wrong` is the exit code of wrong arguments and configuration.
    pub(super) fn print(&self, wrong: u8) -> ExitCode {
        let (words, code) = match self {
            Failure::Refused(words) => (words, 1),
            Failure::Usage(words) => (words, wrong),
            Failure::Unavailable(words) => (words, 3),
        };
        let mut err = std::io::stderr().lock();
        for line in words.lines() {
            let _ = writeln!(err, "vouchsafe: {line}");
        }
        ExitCode::from(code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let words = error.to_string();
        match error {
            StartError::Open(OpenError::Scheme(_) | OpenError::Url(_) | OpenError::CaFile { .. }) => {
                Failure::Usage(words)
            }
            _ => Failure::Unavailable(words),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        StartError::from(error).into()
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Start(error) => error.into(),
            ServeError::Tls(words) => Failure::Usage(words),
            other => Failure::Unavailable(other.to_string()),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::Unavailable(fault.to_string())
    }
}

/// A table for a terminal: columns as wide as their widest cell, two spaces between.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(
        rows.iter().map(|row| {
            line(&mut row.iter().map(|cell| printable(cell)).collect::<Vec<_>>().iter().map(String::as_str))
        }),
    );
    lines.join("\n")
}

/// Without control characters: what strangers wrote must not move the cursor of a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_and_show_no_control_characters() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["long\u{1b}[2J".to_owned(), String::new()]];
        assert_eq!(table(&["ID", "N"], &rows), "ID        N\na         1\nlong\u{fffd}[2J");
    }
}
