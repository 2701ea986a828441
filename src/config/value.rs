//! Owns the way from text or TOML to a typed value and back to the form in which it is shown.
//! It does not own ranges or rules between values: those stand with the section.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::oauth::jose::Algorithm;
use crate::sensitive::Sensitive;

/// A value as it was written.
#[derive(Clone)]
pub(super) enum Raw {
    /// Text from the environment or from a flag: it has no type of its own.
    Word(String),
    /// A TOML string.
    Text(String),
    /// A TOML integer that fits 64 bits.
    Integer(i64),
    /// A TOML array.
    List(Vec<Raw>),
    /// A TOML value of a type that no key of ours has, by its name.
    Other(&'static str),
}

impl Raw {
    fn kind(&self) -> &'static str {
        match self {
            Raw::Word(_) | Raw::Text(_) => "text",
            Raw::Integer(_) => "a number",
            Raw::List(_) => "a list",
            Raw::Other(name) => name,
        }
    }
}

/// A type that a key can have. The refusal completes the sentence "`key` …".
pub(super) trait Setting: Sized {
    /// Reads it.
    fn read(raw: &Raw) -> Result<Self, String>;
    /// Shows it in TOML's notation; never a secret.
    fn show(&self) -> String;
}

/// The text of a value, or why it is none.
pub(super) fn text(raw: &Raw) -> Result<&str, String> {
    match raw {
        Raw::Word(text) | Raw::Text(text) => Ok(text),
        other => Err(format!("must be text in quotes, not {}", other.kind())),
    }
}

/// Text that must not be empty.
pub(super) fn some_text(raw: &Raw) -> Result<&str, String> {
    let text = text(raw)?;
    if text.trim().is_empty() {
        return Err("is empty; give it a value, or remove it to get the default".into());
    }
    Ok(text)
}

/// Text in TOML's notation.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What a person typed, cut short and without control characters, for a message.
pub(super) fn echo(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

macro_rules! whole_number {
    ($($number:ty),*) => {$(
        impl Setting for $number {
            fn read(raw: &Raw) -> Result<Self, String> {
                let wide = match raw {
                    Raw::Integer(number) => *number,
                    Raw::Word(text) => text.trim().parse::<i64>()
                        .map_err(|_| format!("must be a whole number, not {}", echo(text)))?,
                    other => return Err(format!("must be a whole number without quotes, not {}", other.kind())),
                };
                <$number>::try_from(wide).map_err(|_| format!("is out of range: {wide}"))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
whole_number!(u32, i64, usize);

impl Setting for String {
    fn read(raw: &Raw) -> Result<Self, String> {
        some_text(raw).map(str::to_owned)
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Setting for PathBuf {
    fn read(raw: &Raw) -> Result<Self, String> {
        some_text(raw).map(PathBuf::from)
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

/// Empty text means none, so that the environment can take away what the file names.
impl Setting for Option<PathBuf> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = text(raw)?;
        Ok((!text.trim().is_empty()).then(|| Path::new(text).to_owned()))
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "\"\"".to_owned(), PathBuf::show)
    }
}

impl Setting for Option<Sensitive> {
    fn read(raw: &Raw) -> Result<Self, String> {
        Ok(Some(Sensitive::new(some_text(raw)?)))
    }

    fn show(&self) -> String {
        if self.is_some() { "(set, not shown)".to_owned() } else { "(not set)".to_owned() }
    }
}

impl Setting for SocketAddr {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = some_text(raw)?.trim();
        // `localhost` is what people type; other names would make start-up depend on name resolution.
        let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        numeric.as_deref().unwrap_or(text).parse().map_err(|_| {
            format!(
                "must be an address and a port such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080, not {}",
                echo(text)
            )
        })
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// A list of texts: a TOML array, or words separated by commas.
fn words(raw: &Raw) -> Result<Vec<&str>, String> {
    match raw {
        Raw::Word(text) => Ok(text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()),
        Raw::List(items) => items
            .iter()
            .map(|item| match item {
                Raw::Text(text) => Ok(text.trim()),
                other => Err(format!("must be a list of texts in quotes; one of its items is {}", other.kind())),
            })
            .collect(),
        other => Err(format!("must be a list such as [\"a\", \"b\"], not {}", other.kind())),
    }
}

fn shown_list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.map(|item| quoted(&item)).collect::<Vec<_>>().join(", "))
}

impl Setting for Vec<IpNet> {
    fn read(raw: &Raw) -> Result<Self, String> {
        words(raw)?.into_iter().map(network).collect()
    }

    fn show(&self) -> String {
        shown_list(self.iter().map(ToString::to_string))
    }
}

fn network(word: &str) -> Result<IpNet, String> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let net: IpNet = word
        .parse()
        .map_err(|_| format!("must list addresses or networks such as 10.0.0.7 or 10.0.0.0/8, not {}", echo(word)))?;
    if net.trunc() != net {
        return Err(format!("names the network {net}, which begins at {0}; write {0}", net.trunc()));
    }
    Ok(net)
}

impl Setting for Vec<Algorithm> {
    fn read(raw: &Raw) -> Result<Self, String> {
        words(raw)?
            .into_iter()
            .map(|word| {
                Algorithm::parse(word).ok_or_else(|| {
                    let names: Vec<_> = Algorithm::ALL.iter().map(|a| a.as_str()).collect();
                    format!("may list {}, not {}", names.join(", "), echo(word))
                })
            })
            .collect()
    }

    fn show(&self) -> String {
        shown_list(self.iter().map(|algorithm| algorithm.as_str().to_owned()))
    }
}

/// Reads one of a few words.
pub(super) fn choice<T: Copy>(raw: &Raw, choices: &[(&str, T)]) -> Result<T, String> {
    let text = text(raw)?.trim();
    choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        format!("must be {}, not {}", words.join(" or "), echo(text))
    })
}
