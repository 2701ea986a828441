//! Owns the texts of one language, read once, and the only names of the Fluent crates. It does not own which language is
//! asked.

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// What goes into a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Words.
    Text(String),
    /// Something counted.
    Number(i64),
}

/// What is done to each piece of text between values.
pub(super) type Transform = fn(&str) -> Cow<'_, str>;

/// All texts of a language.
pub(super) struct Texts(FluentBundle<FluentResource>);

impl Texts {
    /// Reads the files. What cannot be read is left out, and shows in English; a test fails on it.
    pub(super) fn read(tag: &str, files: &[&str], transform: Option<Transform>) -> Self {
        let language: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // `Message` and the pages isolate values themselves, and only where it makes a difference.
        bundle.set_use_isolating(false);
        bundle.set_transform(transform);
        for text in files {
            let read = match FluentResource::try_new((*text).to_owned()) {
                Ok(whole) => whole,
                Err((part, _)) => part,
            };
            bundle.add_resource_overriding(read);
        }
        Self(bundle)
    }

    /// The text with its values; `None` if there is none. A value that is not handed in shows as its name.
    pub(super) fn format(&self, key: &str, values: &[(&'static str, Value)]) -> Option<String> {
        let pattern = self.0.get_message(key)?.value()?;
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            match value {
                Value::Text(text) => args.set(*name, FluentValue::from(text.as_str())),
                Value::Number(number) => args.set(*name, FluentValue::from(*number)),
            }
        }
        Some(self.0.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
    }
}

/// As a language from right to left would look: every piece of text overridden (U+202E), tags left as they are.
#[cfg(debug_assertions)]
pub(super) fn mirrored(text: &str) -> Cow<'_, str> {
    let mut turned = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        let (tag, after) = after.split_at(after.find('>').map_or(after.len(), |end| end + 1));
        if !plain.trim().is_empty() {
            turned.push_str(&format!("\u{202e}{plain}\u{202c}"));
        } else {
            turned.push_str(plain);
        }
        turned.push_str(tag);
        rest = after;
    }
    Cow::Owned(turned)
}
