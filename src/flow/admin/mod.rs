//! What administrators do, one file per noun. It does not own who may do it, nor how they ask (`command`, later the console).
//!
//! Every operation takes typed input, judges it in one place, answers with a refusal whose words say what to do, and leaves
//! a row in `events` in the very transaction that makes the change.

pub mod access;
pub mod attention;
pub mod attribute;
pub mod audit;
pub mod client;
pub mod client_document;
pub mod client_logo;
pub mod connection;
pub mod consent;
pub mod factor;
pub mod files;
pub mod grant;
pub mod group;
pub mod idempotency;
pub mod invitation;
pub mod key;
pub mod mail;
pub mod names;
pub mod overview;
pub mod page;
pub mod picture;
pub mod preview;
pub mod provider;
pub mod provider_test;
pub mod refusal;
pub mod refused;
pub mod resource;
pub mod role;
pub mod scope;
pub mod session;
pub mod settings;
pub mod setup;
pub mod snippets;
pub mod trace;
pub mod try_it;
pub mod user;
pub mod user_access;
pub mod user_document;
pub mod user_search;
pub mod webhook;
pub mod webhook_delivery;
pub mod webhook_document;

pub(in crate::flow) mod change;
mod client_refusal;
mod client_rules;
mod edit;
pub(in crate::flow) mod rank;
mod sign_up_rule;
mod user_refusal;

#[cfg(test)]
pub(in crate::flow) mod bench;
#[cfg(test)]
mod rank_tests;
#[cfg(test)]
mod user_tests;

use serde_json::Value;

use crate::flow::Cx;
use crate::flow::audit::Entry;
use crate::identity::{Permission, Permissions, UserId};

pub use refusal::{AdminRefusal, Done, RefusalKind};

/// Who does it, and what they may do: every operation asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever may run commands on the machine: may do everything.
    CommandLine,
    /// Whoever holds the set-up link.
    SetupLink,
    /// The program itself, at its start.
    Program,
    /// An administrator who is signed in to the console.
    Person {
        /// Who.
        id: UserId,
        /// What their role allows.
        permissions: Permissions,
    },
    /// A program with an access token for the administration API.
    Client {
        /// Which.
        client_id: String,
        /// The person it acts for, if for one.
        user: Option<UserId>,
        /// What the token's scopes allow, and the person's role, if it acts for one.
        permissions: Permissions,
    },
}

impl Actor {
    /// As it stands in the security log.
    pub fn name(&self) -> String {
        match self {
            Actor::CommandLine => "command line".to_owned(),
            Actor::SetupLink => "set-up link".to_owned(),
            Actor::Program => "program".to_owned(),
            Actor::Person { id, .. } => id.as_str().to_owned(),
            Actor::Client { client_id, user: Some(user), .. } => format!("{user} through client {client_id}"),
            Actor::Client { client_id, user: None, .. } => format!("client {client_id}"),
        }
    }

    /// What they may do.
    pub fn permissions(&self) -> Permissions {
        match self {
            Actor::CommandLine | Actor::Program => Permissions::ALL,
            Actor::SetupLink => Permissions::NONE,
            Actor::Person { permissions, .. } | Actor::Client { permissions, .. } => *permissions,
        }
    }

    /// The person behind it.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Actor::Person { id, .. } => Some(id),
            Actor::Client { user, .. } => user.as_ref(),
            Actor::CommandLine | Actor::SetupLink | Actor::Program => None,
        }
    }

    /// Asks for a permission: the first line of every operation.
    ///
    /// # Errors
    /// [`RefusalKind::Forbidden`].
    pub fn needs(&self, permission: Permission) -> Result<(), AdminRefusal> {
        if self.permissions().contains(permission) { Ok(()) } else { Err(AdminRefusal::lacks(permission)) }
    }

    /// Whether somebody or something with these permissions may be acted upon, or such permissions given away: only what
    /// stands strictly below (security case N03). Owners stand above everybody, each other included.
    ///
    /// # Errors
    /// [`RefusalKind::Forbidden`].
    pub fn outranks(&self, target: Permissions) -> Result<(), AdminRefusal> {
        let own = self.permissions();
        if own.contains(Permission::Own) || target.is_empty() || target.is_below(own) {
            return Ok(());
        }
        let beyond: Vec<_> = target.iter().filter(|p| !own.contains(*p)).map(Permission::scope).collect();
        let words = match beyond.is_empty() {
            true => "this concerns somebody of your own rank: only a higher role may do it".to_owned(),
            false => format!("this concerns permissions that you do not have yourself: {}", beyond.join(", ")),
        };
        Err(AdminRefusal::forbidden("above_your_rank", words))
    }
}

/// Whom and what an event is about.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::flow) struct About<'a> {
    user: Option<&'a UserId>,
    client: Option<&'a str>,
}

impl<'a> About<'a> {
    pub(in crate::flow) fn user(user: &'a UserId) -> Self {
        Self { user: Some(user), client: None }
    }

    pub(in crate::flow) fn client(client: &'a str) -> Self {
        Self { user: None, client: Some(client) }
    }
}

fn event(cx: &Cx, actor: &Actor, kind: &str, about: About<'_>, detail: Value) -> Entry {
    let mut entry = Entry::new(cx, kind);
    entry.event.actor = Some(actor.name());
    entry.event.user_id = about.user.map(|id| id.as_str().to_owned());
    entry.event.client_id = about.client.map(str::to_owned);
    entry.event.detail = detail.to_string();
    entry
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
