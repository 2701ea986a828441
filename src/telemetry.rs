//! Owns the tracing subscriber: which events are kept and what a line looks like. It does not own what is said: each room
//! logs for itself, and secrets are kept out by their type ([`crate::sensitive::Sensitive`]), not by searching here.
//!
//! A line carries the fields of all spans around it, so a span with a field `request_id` round a request is all that is
//! needed to find every line of that request. An event's own field wins over a span's, an inner span's over an outer's.

use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Words and `name=value`, for a terminal.
    Human,
    /// A JSON object a line.
    Json,
}

/// Where the lines go.
#[derive(Clone, Debug)]
pub enum LogOutput {
    /// The error stream, so that a command's answer on the output stream stays clean.
    Stderr {
        /// Whether levels are coloured: only on a terminal, and not where `NO_COLOR` is set.
        colour: bool,
    },
    /// A buffer, for tests.
    Capture(Capture),
}

/// A buffer that takes the log's place in tests. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Everything that was logged so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Puts the subscriber in place for the whole process, for the records of the `log` crate too. Where there is one already
/// (tests start the server many times in one process) that one stays; this is no error.
pub fn install(format: LogFormat, level: &str, output: LogOutput) {
    let _ = subscriber(format, level, output).try_init();
}

/// The subscriber by itself, for `tracing::subscriber::with_default` in tests.
pub fn subscriber(format: LogFormat, level: &str, output: LogOutput) -> impl Subscriber + Send + Sync + 'static {
    let colour = matches!(output, LogOutput::Stderr { colour: true }) && format == LogFormat::Human;
    // The level was checked when the configuration was read; if somebody did not, `info` is a fair answer.
    let filter = filter(level).unwrap_or_else(|_| EnvFilter::new("warn,vouchsafe=info"));
    tracing_subscriber::fmt()
        // A closed error stream must not bring the server down: the library would complain about it on that very stream.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .fmt_fields(JsonFields::new())
        .event_format(Line { format, colour })
        .with_writer(output)
        .finish()
}

/// Whether `log.level` can be read; the refusal completes the sentence "`log.level` …".
///
/// # Errors
/// Words that say what to write instead.
pub fn check_level(level: &str) -> Result<(), String> {
    filter(level).map(|_| ())
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Libraries whose detailed logs contain what went over the wire or into the database, secrets included. They are kept at
/// `info` unless a filter names them.
const TALKATIVE: [&str; 7] = ["actix_http", "h2", "hyper", "hyper_util", "reqwest", "rustls", "tokio_postgres"];

fn filter(level: &str) -> Result<EnvFilter, String> {
    let text = level.trim();
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    let directives = match text.to_ascii_lowercase().as_str() {
        level @ ("off" | "error" | "warn") => level.to_owned(),
        level if is_level(level) => format!("warn,vouchsafe={level}"),
        _ => {
            let mut parts = text.split(',').map(str::trim);
            // The library takes a word that is no level for the name of a module, and then logs nothing at all.
            let stray = parts.clone().find(|part| !is_level(part) && !part.contains(['=', '[', ']', '{', '}']));
            if let Some(stray) = stray {
                let stray: String = stray.chars().take(60).flat_map(char::escape_debug).collect();
                return Err(format!(
                    "must be {} or a filter such as warn,vouchsafe::http=debug, not `{stray}`",
                    LEVELS.join(", ")
                ));
            }
            let is_detailed = parts.any(|part| ["debug", "trace"].iter().any(|level| part.eq_ignore_ascii_case(level)));
            let unnamed = TALKATIVE.iter().filter(|name| is_detailed && !text.contains(**name));
            unnamed.fold(text.to_owned(), |all, name| format!("{all},{name}=info"))
        }
    };
    EnvFilter::builder().parse(directives).map_err(|error| format!("is not a filter: {error}"))
}

impl<'a> MakeWriter<'a> for LogOutput {
    type Writer = LogWriter;

    fn make_writer(&'a self) -> LogWriter {
        LogWriter(self.clone())
    }
}

/// Writes one line to a [`LogOutput`].
#[derive(Debug)]
pub struct LogWriter(LogOutput);

impl io::Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &self.0 {
            LogOutput::Stderr { .. } => io::stderr().lock().write_all(bytes),
            LogOutput::Capture(Capture(buffer)) => {
                buffer.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The form of a line. Both forms keep an event on one line whatever is in its fields, so nobody can forge a second one.
struct Line {
    format: LogFormat,
    colour: bool,
}

impl<S> FormatEvent<S, JsonFields> for Line
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let spans = ctx.event_scope().into_iter().flatten();
        for span in spans {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>()
                && let Ok(fields) = serde_json::from_str::<serde_json::Map<String, Value>>(&fields.fields)
            {
                fields.into_iter().for_each(|(name, value)| said.add(&name, value));
            }
        }
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let target = said.log_target.take().unwrap_or_else(|| event.metadata().target().to_owned());
        let head = Head { timestamp, level: *event.metadata().level(), target };
        let line = match self.format {
            LogFormat::Human => human(&head, &said, self.colour),
            LogFormat::Json => json(&head, &said),
        };
        writeln!(writer, "{line}")
    }
}

struct Head {
    timestamp: String,
    level: Level,
    target: String,
}

/// What an event and the spans around it say.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(String, Value)>,
    /// The target of a record of the `log` crate, which arrives as a field.
    log_target: Option<String>,
}

impl Said {
    fn add(&mut self, name: &str, value: Value) {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let taken = ["timestamp", "level", "target", "message"].contains(&name);
        if !taken && self.fields.iter().all(|(known, _)| known != name) {
            self.fields.push((name.to_owned(), value));
        }
    }

    fn add_own(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            ("message", other) => self.message = other.to_string(),
            ("log.target", Value::String(target)) => self.log_target = Some(target),
            ("log.module_path" | "log.file" | "log.line" | "log.target", _) => {}
            (name, value) => self.add(name, value),
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_own(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_own(field, Value::String(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_own(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_own(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add_own(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add_own(field, value.into());
    }
}

/// `2026-11-22T12:00:00.123456Z  INFO vouchsafe::http: code redeemed client_id=web request_id=0198…`
fn human(head: &Head, said: &Said, colour: bool) -> String {
    let level = format!("{:>5}", head.level.as_str());
    let level = match (colour, head.level) {
        (false, _) => level,
        (true, Level::ERROR) => format!("\u{1b}[31m{level}\u{1b}[0m"),
        (true, Level::WARN) => format!("\u{1b}[33m{level}\u{1b}[0m"),
        (true, Level::INFO) => format!("\u{1b}[32m{level}\u{1b}[0m"),
        (true, _) => format!("\u{1b}[2m{level}\u{1b}[0m"),
    };
    let message: String = said.message.chars().map(printable).collect();
    let mut line = format!("{} {level} {}: {message}", head.timestamp, head.target);
    for (name, value) in &said.fields {
        let shown = match value {
            Value::String(text) if is_plain(text) => text.clone(),
            Value::String(text) => format!("{text:?}"),
            other => other.to_string(),
        };
        // Writing to a String cannot fail.
        let _ = write!(line, " {name}={shown}");
    }
    line
}

/// The character, or its escape if a terminal would act on it or a reader not see it.
fn printable(c: char) -> String {
    if matches!(c, '\'' | '"' | '\\') { c.to_string() } else { c.escape_debug().collect() }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'='))
}

/// One JSON object, its head first. The names of the head cannot be taken by a field.
fn json(head: &Head, said: &Said) -> String {
    let text = |text: &str| Value::String(text.to_owned()).to_string();
    let mut line = format!(
        "{{\"timestamp\":{},\"level\":\"{}\",\"target\":{},\"message\":{}",
        text(&head.timestamp),
        head.level.as_str(),
        text(&head.target),
        text(&said.message)
    );
    for (name, value) in &said.fields {
        // Writing to a String cannot fail.
        let _ = write!(line, ",{}:{value}", text(name));
    }
    line.push('}');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(format: LogFormat, level: &str, act: impl FnOnce()) -> String {
        let capture = Capture::default();
        tracing::subscriber::with_default(subscriber(format, level, LogOutput::Capture(capture.clone())), act);
        capture.text()
    }

    #[test]
    fn json_lines_carry_the_request_id_of_the_span_around_them() {
        let text = captured(LogFormat::Json, "info", || {
            let span = tracing::info_span!("request", request_id = "r-1", status = tracing::field::Empty, level = "x");
            let _in = span.enter();
            span.record("status", 200);
            let _inner = tracing::info_span!("step", request_id = "inner").entered();
            tracing::info!(client_id = "web", count = 3, yes = true, "code {}", "redeemed");
        });
        let line: Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(line["message"], "code redeemed");
        assert_eq!(line["request_id"], "inner");
        assert_eq!(line["status"], 200);
        assert_eq!(line["client_id"], "web");
        assert_eq!(line["count"], 3);
        assert_eq!(line["yes"], true);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["target"], "vouchsafe::telemetry::tests");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn an_event_stays_on_one_line_whatever_is_in_it() {
        for format in [LogFormat::Human, LogFormat::Json] {
            let text = captured(format, "info", || {
                let _in = tracing::info_span!("request", request_id = "a\nb\u{1b}[2J").entered();
                tracing::info!(agent = "x\r\n2026 INFO forged", shown = %"y\nz", "line\nbreak \u{202e}\u{1b}[31m \"quoted\"");
            });
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!text.contains(['\r', '\u{1b}']), "{text}");
        }
    }

    #[test]
    fn human_lines_are_words_and_fields() {
        let text = captured(LogFormat::Human, "info", || {
            tracing::warn!(client_id = "web", why = "two words", empty = "", "refused \"x\"");
        });
        let (_, rest) = text.trim_end().split_once(' ').unwrap();
        assert_eq!(rest, r#" WARN vouchsafe::telemetry::tests: refused "x" client_id=web why="two words" empty="""#);
    }

    #[test]
    fn sensitive_text_does_not_show() {
        let secret = crate::sensitive::Sensitive::new("geheim");
        let text = captured(LogFormat::Json, "trace", || tracing::info!(?secret, "got {secret:?}"));
        assert!(text.contains("Sensitive") && !text.contains("geheim"), "{text}");
    }

    #[test]
    fn a_level_is_for_us_and_libraries_stay_quiet() {
        let act = || {
            tracing::debug!("ours");
            tracing::info!(target: "tokio_postgres::query", "theirs, with parameters");
            tracing::debug!(target: "tokio_postgres::query", "theirs, with parameters");
            tracing::warn!(target: "actix_server", "warned");
        };
        let text = captured(LogFormat::Human, "debug", act);
        assert!(text.contains("ours") && text.contains("warned") && !text.contains("theirs"), "{text}");
        let text = captured(LogFormat::Human, "trace,vouchsafe=trace", act);
        assert_eq!(text.matches("theirs").count(), 1, "{text}");
        let text = captured(LogFormat::Human, "DEBUG,tokio_postgres=debug", act);
        assert_eq!(text.matches("theirs").count(), 2, "{text}");
        assert_eq!(captured(LogFormat::Human, "off", act), "");
    }

    #[test]
    fn levels_that_would_silence_everything_are_refused() {
        for good in ["info", " Debug ", "OFF", "warn,vouchsafe::http=debug", "info,vouchsafe[request]=trace"] {
            assert_eq!(check_level(good), Ok(()), "{good}");
        }
        for bad in ["inof", "verbose", "vouchsafe", "warn,vouchsafe", "vouchsafe=loud", "1x"] {
            check_level(bad).expect_err(bad);
        }
    }

    #[test]
    fn installing_twice_is_no_error() {
        install(LogFormat::Human, "info", LogOutput::Capture(Capture::default()));
        install(LogFormat::Human, "info", LogOutput::Stderr { colour: false });
    }
}
