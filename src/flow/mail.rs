//! Owns putting letters into the outbox, sealed, in the transaction that they tell of, and what letters say. It does not own
//! sending them (`ops::mail`).

use crate::flow::{Cx, Fault, Parts};
use crate::outbound::{Button, Letter, Mailer};
use crate::secret::Sealer;
use crate::secret::random::uuid;
use crate::store::outbox::{self, Waiting};
use crate::store::{self, Conn};
use std::sync::Arc;
use tokio::sync::Notify;

/// The way to the outbox and out of it.
#[derive(Clone)]
pub struct Post {
    /// Where letters are handed in.
    pub mailer: Mailer,
    /// Seals letters while they wait.
    pub sealer: Arc<Sealer>,
    /// Wakes whoever sends.
    pub wake: Arc<Notify>,
}

impl Post {
    /// A post office that seals with `sealer` and hands in at `mailer`.
    pub fn new(mailer: Mailer, sealer: Sealer) -> Self {
        Self { mailer, sealer: Arc::new(sealer), wake: Arc::new(Notify::new()) }
    }
}

/// A letter, sealed and ready for the outbox. Made before the transaction, which may run twice.
#[derive(Clone)]
pub struct Sealed(Waiting);

/// Seals a letter.
///
/// # Errors
/// A [`Fault`] of the sealing.
pub fn seal(cx: &Cx, letter: &Letter) -> Result<Sealed, Fault> {
    let id = uuid(&*cx.parts.chance, cx.now);
    let plain =
        serde_json::to_vec(letter).map_err(|e| Fault::Internal(format!("a letter could not be written: {e}")))?;
    let sealed = cx.parts.post.sealer.seal(&plain, id.as_bytes()).map_err(|e| Fault::Internal(e.to_string()))?;
    Ok(Sealed(Waiting {
        id,
        recipient: letter.to.clone(),
        subject: letter.subject.clone(),
        letter: sealed,
        created_at: cx.now,
        next_try_at: cx.now,
        tries: 0,
        last_error: None,
        given_up_at: None,
    }))
}

impl Sealed {
    /// Puts it into the outbox.
    ///
    /// # Errors
    /// A [`store::Fault`].
    pub fn post(&self, c: &mut Conn) -> Result<(), store::Fault> {
        outbox::insert(c, &self.0)
    }
}

/// Opens a letter that was taken out of the outbox.
pub(super) fn open(parts: &Parts, waiting: &Waiting) -> Option<Letter> {
    let plain = parts.post.sealer.open(&waiting.letter, waiting.id.as_bytes()).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// Invites a person to choose a password for the account that an administrator made.
pub fn invitation(cx: &Cx, to: &str, name: Option<&str>, address: String) -> Letter {
    let from_name = from_name(cx);
    let hello = name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
    Letter {
        to: to.to_owned(),
        subject: "You have been invited".to_owned(),
        paragraphs: vec![
            hello,
            format!("an account was made for you at {from_name} ({}). Choose a password to begin.", cx.issuer()),
        ],
        from_name,
        button: Some(Button { words: "Choose a password".to_owned(), address }),
        notes: vec![
            "The link works once and for seven days.".to_owned(),
            "You did not expect this? Then do nothing: without you the account stays closed.".to_owned(),
        ],
    }
}

fn from_name(cx: &Cx) -> String {
    cx.parts.settings.get().organisation.clone().unwrap_or_else(|| "Vouchsafe".to_owned())
}
