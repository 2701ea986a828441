//! Owns the reading of `vouchsafe.toml`: bytes to lines to keys, with the line of each, and a refusal in words for
//! everything that is not a known key of a known section. It does not own what the values mean.

use std::io::Read;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SECTIONS;
use super::finding::{Finding, Origin};
use super::names;
use super::reader::{Given, Layers};
use super::value::{Raw, echo};

/// The file that is read when none is named, if it exists.
pub(super) const DEFAULT_FILE: &str = "vouchsafe.toml";
/// More than this is not a configuration, and must not be read into memory by mistake.
const MAX_BYTES: u64 = 1 << 20;
/// One slip can make the parser stumble again and again; more than this helps nobody.
const MAX_SYNTAX_FINDINGS: usize = 5;

/// Reads and applies a file.
pub(super) fn apply(path: &Path, layers: &mut Layers, findings: &mut Vec<Finding>) {
    let whole = |says: String| Finding::at(Origin::File { path: path.to_owned(), line: 0 }, says);
    match read(path) {
        Err(says) => findings.push(whole(says)),
        Ok(bytes) => match std::str::from_utf8(&bytes) {
            Ok(text) => apply_text(path, text, layers, findings),
            Err(error) => {
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
                let origin = Origin::File { path: path.to_owned(), line };
                findings.push(Finding::at(origin, "is not UTF-8 from here on; save the file as UTF-8"));
            }
        },
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::ErrorKind;
    let explain = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            "does not exist; create it from docs/vouchsafe.sample.toml or name another file".to_owned()
        }
        ErrorKind::PermissionDenied => {
            "cannot be read: permission denied; make it readable for the user who runs vouchsafe".to_owned()
        }
        ErrorKind::IsADirectory => "is a folder; name the file in it".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let file = std::fs::File::open(path).map_err(explain)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(explain)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("is larger than {} KiB; is this really the configuration?", MAX_BYTES / 1024));
    }
    Ok(bytes)
}

/// Applies the text of a file; `path` is for the messages only.
pub(super) fn apply_text(path: &Path, text: &str, layers: &mut Layers, findings: &mut Vec<Finding>) {
    // Windows editors put a byte order mark in front; it means nothing in UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What stands in a broken file is a guess; its keys are judged once it can be read.
        for (shown, error) in errors.iter().take(MAX_SYNTAX_FINDINGS).enumerate() {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            // Not the error's Display: that shows the line, and the line may hold a password.
            let mut says = format!("column {column}: not valid TOML: {}", error.message().replace('\n', ", "));
            if let ("duplicate key", Some(key)) = (error.message(), error.span().and_then(|span| text.get(span))) {
                says.push_str(&format!(" {}", echo(key)));
            }
            if shown + 1 == MAX_SYNTAX_FINDINGS && errors.len() > MAX_SYNTAX_FINDINGS {
                says.push_str(&format!(" (and {} more of the kind)", errors.len() - MAX_SYNTAX_FINDINGS));
            }
            findings.push(Finding::at(Origin::File { path: path.to_owned(), line }, says));
        }
        return;
    }
    let mut walk = Walk { path, text, layers, findings };
    for (name, value) in table.get_ref() {
        walk.top(name, value);
    }
}

/// Line and column from 1; the column counts characters.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count())
}

struct Walk<'a> {
    path: &'a Path,
    text: &'a str,
    layers: &'a mut Layers,
    findings: &'a mut Vec<Finding>,
}

type Name<'t> = Spanned<std::borrow::Cow<'t, str>>;

impl Walk<'_> {
    fn at(&self, name: &Name<'_>) -> Origin {
        Origin::File { path: PathBuf::from(self.path), line: position(self.text, name.span().start).0 }
    }

    /// A name at the top level: a section, or something that does not belong there.
    fn top(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>) {
        let section = name.get_ref().as_ref();
        let is_section = SECTIONS.iter().any(|(known, _)| *known == section);
        match value.get_ref() {
            DeValue::Table(keys) if is_section => {
                for (key, value) in keys {
                    self.entry(&format!("{section}.{}", key.get_ref()), key, value.get_ref());
                }
            }
            DeValue::Table(keys) if keys.is_empty() => {
                let hint =
                    names::nearest_section(section).map_or_else(String::new, |s| format!("; did you mean `[{s}]`?"));
                self.findings.push(Finding::at(self.at(name), format!("unknown section {}{hint}", echo(section))));
            }
            _ if is_section => {
                let says = format!("`{section}` is a section: write [{section}] once, and its keys below it");
                self.findings.push(Finding::at(self.at(name), says));
            }
            value => self.unknown(section, name, value),
        }
    }

    fn entry(&mut self, full: &str, name: &Name<'_>, value: &DeValue<'_>) {
        match names::find(full) {
            None => self.unknown(full, name, value),
            Some(key) if key.secret => {
                let variable = names::short_name(full).map_or_else(|| names::environment_name(full), str::to_owned);
                let says =
                    format!("is a secret and does not belong in a file; set {variable} in the environment instead");
                self.findings.push(Finding::about(self.at(name), full, says));
            }
            Some(_) => {
                let given = Given { raw: raw(value), origin: self.at(name) };
                self.layers.entry(full.to_owned()).or_default().push(given);
            }
        }
    }

    /// Reports each key below an unknown name, since each may have been meant to be another one.
    fn unknown(&mut self, full: &str, name: &Name<'_>, value: &DeValue<'_>) {
        if let DeValue::Table(keys) = value
            && !keys.is_empty()
        {
            for (key, value) in keys {
                self.unknown(&format!("{full}.{}", key.get_ref()), key, value.get_ref());
            }
            return;
        }
        let says = match names::nearest_key(full) {
            Some(right) => format!("unknown key {}; did you mean `{right}`?", echo(full)),
            None => format!("unknown key {}; `vouchsafe config show` lists every key", echo(full)),
        };
        self.findings.push(Finding::at(self.at(name), says));
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("a number beyond 64 bits"), Raw::Integer),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Float(_) => Raw::Other("a number with a fraction"),
        DeValue::Boolean(_) => Raw::Other("true or false"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}
