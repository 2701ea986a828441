//! Owns putting letters into the outbox, sealed, in the transaction that they tell of, and what letters say. It does not own
//! sending them (`ops::mail`).

use std::sync::Arc;

use tokio::sync::Notify;

use crate::flow::admin::invitation;
use crate::flow::sign_in::mail_code;
use crate::flow::{Cx, Parts};
use crate::identity::User;
use crate::messages::Language;
use crate::outbound::{Button, Letter, Mailer};
use crate::secret::Sealer;
use crate::secret::random::uuid;
use crate::sensitive::Sensitive;
use crate::store::outbox::{self, Waiting};
use crate::store::{self, Conn};

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

/// An id for a letter. Drawn before the transaction, which may run twice.
pub fn letter_id(cx: &Cx) -> String {
    uuid(&*cx.parts.chance, cx.now)
}

/// Seals a letter and puts it into the outbox, inside the transaction that it tells of.
///
/// # Errors
/// A [`store::Fault`].
pub fn post(c: &mut Conn, cx: &Cx, id: &str, letter: &Letter) -> Result<(), store::Fault> {
    let broken = |e: &dyn std::fmt::Display| store::Fault::Internal(format!("a letter could not be sealed: {e}"));
    let plain = serde_json::to_vec(letter).map_err(|e| broken(&e))?;
    let sealed = cx.parts.post.sealer.seal(&plain, id.as_bytes()).map_err(|e| broken(&e))?;
    let waiting = Waiting {
        id: id.to_owned(),
        recipient: letter.to.clone(),
        subject: letter.subject.clone(),
        letter: sealed,
        created_at: cx.now,
        next_try_at: cx.now,
        tries: 0,
        last_error: None,
        given_up_at: None,
    };
    outbox::insert(c, &waiting)
}

/// Opens a letter that was taken out of the outbox.
pub(super) fn open(parts: &Parts, waiting: &Waiting) -> Option<Letter> {
    let plain = parts.post.sealer.open(&waiting.letter, waiting.id.as_bytes()).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// Invites a person to choose a password for the account that an administrator made.
pub fn invitation(cx: &Cx, user: &User, address: String) -> Letter {
    let (language, from_name) = (cx.language_of(user), from_name(cx));
    let made = language.say("invitation-letter-made").text("organisation", &from_name).text("issuer", cx.issuer());
    Letter {
        language,
        to: user.email.as_str().to_owned(),
        subject: language.say("invitation-letter-subject").into(),
        paragraphs: vec![hello(language, user), made.into()],
        from_name,
        button: Some(Button { words: language.say("invitation-letter-button").into(), address }),
        also: None,
        notes: vec![
            language.say("invitation-letter-lifetime").number("days", invitation::LIFETIME.seconds() / 86_400).into(),
            language.say("invitation-letter-unexpected").into(),
        ],
    }
}

/// Tells a person that their account is gone, as they wanted.
pub fn farewell(cx: &Cx, user: &User) -> Letter {
    let (language, from_name) = (cx.language_of(user), from_name(cx));
    let gone = language.say("farewell-letter-gone").text("organisation", &from_name).text("issuer", cx.issuer());
    Letter {
        language,
        to: user.email.as_str().to_owned(),
        subject: language.say("farewell-letter-subject").into(),
        paragraphs: vec![hello(language, user), gone.into()],
        from_name,
        button: None,
        also: None,
        notes: vec![language.say("farewell-letter-unexpected").into()],
    }
}

/// Brings the code that somebody needs to go on to an app.
pub fn code(cx: &Cx, user: &User, client: &str, code: &Sensitive) -> Letter {
    let language = cx.language_of(user);
    let (front, back) = code.expose().split_at(code.expose().len() / 2);
    Letter {
        language,
        to: user.email.as_str().to_owned(),
        subject: language.say("code-letter-subject").into(),
        paragraphs: vec![
            hello(language, user),
            language.say("code-letter-what").text("client", client).into(),
            format!("{front} {back}"),
        ],
        from_name: from_name(cx),
        button: None,
        also: None,
        notes: vec![
            language.say("code-letter-lifetime").number("minutes", mail_code::LIFETIME.seconds() / 60).into(),
            language.say("code-letter-unexpected").into(),
        ],
    }
}

/// How every letter begins.
pub fn hello(language: Language, user: &User) -> String {
    match user.profile.name.as_deref().filter(|name| !name.trim().is_empty()) {
        Some(name) => language.say("letter-hello-name").text("name", name).into(),
        None => language.say("letter-hello").into(),
    }
}

/// Who writes: the organisation.
pub(super) fn from_name(cx: &Cx) -> String {
    cx.parts.settings.get().organisation.clone().unwrap_or_else(|| "Vouchsafe".to_owned())
}
