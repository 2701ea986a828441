//! Owns texts that become HTML: a text of ours with a few tags in it, and names set into it that others chose. It does not own
//! the texts (`messages`). Plain ones need nothing of this: askama escapes them.
//!
//! ```text
//! sign-in-to = to go on to <strong>{ $client }</strong>
//! {{ chrome.rich("sign-in-to").text("client", client.name) }}
//! ```
//!
//! Our own texts are trusted: `tests/texts.rs` holds them to `<strong>`, `<em>` and one `<a>`. What goes in is escaped, and
//! stands in `<bdi>`, before the two meet.

use std::fmt;

use askama::filters::{Html, HtmlSafe, escape};

use crate::messages::{Language, Number, Value};

/// A text with markup and what goes into it. For the inside of elements; attributes take the plain `chrome.t(…)`.
#[derive(Clone, Debug)]
pub struct Rich {
    language: Language,
    key: &'static str,
    values: Vec<(&'static str, Value)>,
    link: Option<String>,
}

impl Rich {
    pub(super) fn new(language: Language, key: &'static str) -> Self {
        Self { language, key, values: Vec::new(), link: None }
    }

    /// Puts in a name, an address, or another text that is not ours.
    #[must_use]
    pub fn text(self, name: &'static str, text: impl fmt::Display) -> Self {
        let html = format!("<bdi>{}</bdi>", escaped(&text.to_string()));
        self.with(name, Value::Text(html))
    }

    /// Puts in a host name, which is written from left to right in every language.
    #[must_use]
    pub fn host(self, name: &'static str, host: impl fmt::Display) -> Self {
        let html = format!("<bdi class=\"host\" dir=\"ltr\">{}</bdi>", escaped(&host.to_string()));
        self.with(name, Value::Text(html))
    }

    /// Puts in a number; the text may ask whether it is one or many.
    #[must_use]
    pub fn number(self, name: &'static str, number: impl Number) -> Self {
        self.with(name, Value::Number(number.as_i64()))
    }

    /// Where the text's `<a>` leads: an address that was checked to be ours or a web address.
    #[must_use]
    pub fn leading_to(mut self, address: impl fmt::Display) -> Self {
        self.link = Some(format!("<a href=\"{}\" rel=\"noopener noreferrer\">", escaped(&address.to_string())));
        self
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }
}

impl fmt::Display for Rich {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let html = self.language.format(self.key, &self.values);
        match &self.link {
            // Values are escaped: the only `<a>` is the text's own.
            Some(link) => f.write_str(&html.replacen("<a>", link, 1)),
            None => f.write_str(&html),
        }
    }
}

impl HtmlSafe for Rich {}

fn escaped(text: &str) -> String {
    escape(text, Html).map(|safe| safe.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b01_what_goes_into_a_text_is_escaped_and_isolated() {
        let rich = Rich::new(Language::ENGLISH, "sign-in-to").text("client", "<a><script>\u{202e}");
        assert_eq!(
            rich.leading_to("javascript:\"").to_string(),
            "to continue to <strong><bdi>&#60;a&#62;&#60;script&#62;\u{202e}</bdi></strong>"
        );
    }
}
