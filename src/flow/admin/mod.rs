//! What administrators do, one file per noun. It does not own who may do it, nor how they ask (`command`, later the console).
//!
//! Every operation takes typed input, judges it in one place, answers with a refusal whose words say what to do, and leaves
//! a row in `events` in the very transaction that makes the change.

pub mod attention;
pub mod client;
pub mod client_change;
pub mod consent;
pub mod key;
pub mod overview;
pub mod scope;
pub mod session;
pub mod setup;
pub mod user;

mod client_refusal;
mod client_rules;

#[cfg(test)]
mod bench;

use serde_json::Value;

use crate::flow::Cx;
use crate::identity::UserId;
use crate::store::events::EventRow;

/// Who does it, for the security log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever may run commands on the machine.
    CommandLine,
    /// Whoever holds the set-up link.
    SetupLink,
    /// An administrator who is signed in.
    Person(UserId),
}

impl Actor {
    /// As it stands in the security log.
    pub fn as_str(&self) -> &str {
        match self {
            Actor::CommandLine => "command line",
            Actor::SetupLink => "set-up link",
            Actor::Person(id) => id.as_str(),
        }
    }
}

/// Whom and what an event is about.
#[derive(Clone, Copy, Debug, Default)]
struct About<'a> {
    user: Option<&'a UserId>,
    client: Option<&'a str>,
}

impl<'a> About<'a> {
    fn user(user: &'a UserId) -> Self {
        Self { user: Some(user), client: None }
    }

    fn client(client: &'a str) -> Self {
        Self { user: None, client: Some(client) }
    }
}

fn event(cx: &Cx, actor: &Actor, kind: &str, about: About<'_>, detail: Value) -> EventRow {
    EventRow {
        at: cx.now,
        kind: kind.to_owned(),
        actor: Some(actor.as_str().to_owned()),
        user_id: about.user.map(|id| id.as_str().to_owned()),
        client_id: about.client.map(str::to_owned),
        correlation_id: Some(cx.correlation_id.clone()),
        detail: detail.to_string(),
    }
}

/// Why a text that people will read is not taken. The words complete "the name …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextRefusal {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// Too long for a page.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// Control characters, and marks that turn the direction of writing and so make a name look like another.
    #[error("contains a line break or an invisible character; write it as plain text on one line")]
    Character,
}

/// Trims and judges a text that people will read.
fn plain_text(text: &str, longest: usize) -> Result<String, TextRefusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextRefusal::Empty);
    }
    if text.chars().count() > longest {
        return Err(TextRefusal::TooLong(longest));
    }
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{00ad}' | '\u{061c}')
    };
    if text.chars().any(is_hidden) { Err(TextRefusal::Character) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_for_people_are_short_and_plain() {
        for (text, is) in [
            (" Wiki ", Ok("Wiki".to_owned())),
            ("Ärzte", Ok("Ärzte".to_owned())),
            ("  ", Err(TextRefusal::Empty)),
            ("a\nb", Err(TextRefusal::Character)),
            ("a\0b", Err(TextRefusal::Character)),
            ("evil\u{202e}gpj", Err(TextRefusal::Character)),
            ("12345678901", Err(TextRefusal::TooLong(10))),
        ] {
            assert_eq!(plain_text(text, 10), is, "{text:?}");
        }
    }
}
