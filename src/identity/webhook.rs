//! Owns what a webhook is: a name, an address, and the events that it is told of. It does not own its secret (`secret`), its
//! row (`store`), nor sending (`flow::ops::webhooks`).

use serde::{Deserialize, Serialize};

use super::event::KINDS;

/// The type of the event that an administrator sends to try a webhook; no event of the security log is called so.
pub const TEST_EVENT: &str = "webhook.test";

/// Somebody who wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id; never shown.
    pub id: String,
    /// Its name; unique, never changes.
    pub name: String,
    /// What it is for, for people.
    pub description: String,
    /// Where events are sent.
    pub url: String,
    /// Which.
    pub events: Vec<EventPattern>,
    /// Whether it is told at all.
    pub enabled: bool,
}

impl Webhook {
    /// Whether a text can be the name of a webhook: 1 to 50 of `a-z 0-9 -`, beginning with a letter.
    pub fn is_name(name: &str) -> bool {
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        plain && name.len() <= 50 && name.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
    }
}

/// Kinds of events: one kind, or all that begin alike (`user_*`, `*`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventPattern(String);

impl EventPattern {
    /// Reads a pattern. `None`: no event there is fits it.
    pub fn parse(text: &str) -> Option<Self> {
        let pattern = Self(text.to_owned());
        KINDS.iter().any(|(kind, _)| pattern.fits(kind)).then_some(pattern)
    }

    /// Whether it takes in this kind.
    pub fn fits(&self, kind: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => kind.starts_with(beginning),
            None => kind == self.0,
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_kind_or_how_kinds_begin() {
        for (pattern, kind, fits) in [
            ("*", "user_added", true),
            ("user_*", "user_added", true),
            ("user_*", "client_added", false),
            ("user_added", "user_added", true),
            ("user_added", "user_added_again", false),
            ("sign*", "signed_in", true),
        ] {
            assert_eq!(EventPattern::parse(pattern).unwrap().fits(kind), fits, "{pattern} {kind}");
        }
        for nothing in ["", "user", "users_*", "**", "*_added", "User_added", "user_added ", TEST_EVENT] {
            assert_eq!(EventPattern::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        for (name, is) in [("crm", true), ("a-1", true), ("", false), ("1a", false), ("A", false), ("a b", false)] {
            assert_eq!(Webhook::is_name(name), is, "{name}");
        }
        assert!(!Webhook::is_name(&"a".repeat(51)));
    }
}
