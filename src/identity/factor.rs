//! Owns what a person has beyond the password, as a record. It does not own checking it, nor what a sign-in amounts to
//! (`identity::level`).

use serde::{Deserialize, Serialize};

use crate::identity::{Level, UserId};
use crate::time::Timestamp;

/// Name of a factor. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactorId(pub String);

/// What kind of factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// An authenticator app that shows one-time codes (RFC 6238).
    Totp,
    /// A passkey (WebAuthn).
    Passkey,
}

impl FactorKind {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            FactorKind::Totp => "totp",
            FactorKind::Passkey => "passkey",
        }
    }

    /// Reads [`FactorKind::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        [FactorKind::Totp, FactorKind::Passkey].into_iter().find(|kind| kind.as_str() == word)
    }

    /// What a sign-in with it amounts to.
    pub const fn level(self) -> Level {
        match self {
            FactorKind::Totp => Level::SecondFactor,
            FactorKind::Passkey => Level::PhishingResistant,
        }
    }
}

/// One factor of a person.
#[derive(Clone, PartialEq)]
pub struct Factor {
    /// Its name among all.
    pub id: FactorId,
    /// Whose.
    pub user_id: UserId,
    /// Kind.
    pub kind: FactorKind,
    /// What the person calls it.
    pub name: String,
    /// The sealed secret of an authenticator app, or the public record of a passkey.
    pub data: Vec<u8>,
    /// Name of a passkey's credential.
    pub credential_id: Option<Vec<u8>>,
    /// Time step of the last code that was taken; a code of this or an earlier one is refused.
    pub last_step: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Factor").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// At most this many of each kind.
pub const MAX_FACTORS: usize = 20;
/// Longest name of a factor, in characters.
pub const MAX_NAME: usize = 60;
