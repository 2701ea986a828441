//! Owns what administrators do to letters that could not be delivered: look, have them tried again, give them up. It does not
//! own sending (`flow::ops::mail`), and what a letter says stays sealed: its link may open an account.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::{About, Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::store::outbox::{self, LetterAfter, Letters, Waiting};
use crate::time::Timestamp;

/// A letter that could not be delivered, or that waits because sending is switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LetterView {
    /// Its id.
    pub id: String,
    /// To whom.
    pub recipient: String,
    /// About what.
    pub subject: String,
    /// Since when it waits (RFC 3339).
    pub created_at: String,
    /// How often it was tried.
    pub tries: i64,
    /// What the mail server said last.
    pub last_error: Option<String>,
    /// When it is tried next (RFC 3339); null if it was given up.
    pub next_try_at: Option<String>,
    /// Since when nobody tries any more (RFC 3339).
    pub given_up_at: Option<String>,
}

impl From<Waiting> for LetterView {
    fn from(letter: Waiting) -> Self {
        Self {
            id: letter.id,
            recipient: letter.recipient,
            subject: letter.subject,
            created_at: letter.created_at.rfc3339(),
            tries: letter.tries,
            last_error: letter.last_error,
            next_try_at: letter.given_up_at.is_none().then(|| letter.next_try_at.rfc3339()),
            given_up_at: letter.given_up_at.map(Timestamp::rfc3339),
        }
    }
}

/// Which letters an administrator has to look at: where nothing is sent, all of them.
pub(super) fn stuck(cx: &Cx) -> Letters {
    if is_on(cx) { Letters::Tried } else { Letters::All }
}

/// Whether letters are sent at all.
pub fn is_on(cx: &Cx) -> bool {
    cx.parts.post.mailer.is_on()
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_letter", format!("no letter {id:?} waits: it was sent, or given up"))
}

/// Up to `limit` letters that could not be delivered, the oldest first; all that wait, if sending is switched off.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(cx: &Cx, actor: &Actor, after: Option<Value>, limit: i64) -> Done<Page<LetterView>> {
    granted!(actor.needs(Permission::SettingsRead));
    let (which, after) = (stuck(cx), after.and_then(place));
    let found = cx.db().read(move |c| outbox::list(c, which, after.as_ref(), limit.saturating_add(1))).await?;
    let page = Page::of(found, limit, |letter| json!([letter.created_at.millis(), letter.id]));
    Ok(Ok(page.map(LetterView::from)))
}

/// Reads the cursor.
fn place(key: Value) -> Option<LetterAfter> {
    Some((Timestamp::from_millis(key.get(0)?.as_i64()?), key.get(1)?.as_str()?.to_owned()))
}

/// Has a letter tried again at once, also one that was given up.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn retry(cx: &Cx, actor: &Actor, id: &str) -> Done<LetterView> {
    granted!(actor.needs(Permission::SettingsWrite));
    if !is_on(cx) {
        let words = "mail is switched off: name a mail server in the configuration (mail.host), then the letters leave";
        return Ok(Err(AdminRefusal::conflict("mail_is_off", words)));
    }
    let tried = changed(cx, actor, id, "letter_retried", outbox::again).await?;
    cx.parts.post.wake.notify_one();
    Ok(tried)
}

/// Gives a letter up: it is thrown away, and its recipient never gets it.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn give_up(cx: &Cx, actor: &Actor, id: &str) -> Done<LetterView> {
    granted!(actor.needs(Permission::SettingsWrite));
    changed(cx, actor, id, "letter_given_up", |c, id, _| outbox::take(c, id)).await
}

async fn changed(
    cx: &Cx,
    actor: &Actor,
    id: &str,
    kind: &'static str,
    step: fn(&mut crate::store::Conn, &str, Timestamp) -> Result<Option<Waiting>, crate::store::Fault>,
) -> Done<LetterView> {
    let (id, change) = (id.trim().to_owned(), Change::new(cx, actor));
    let done = cx.db().write(move |c| {
        let found = if id.contains('\0') { None } else { step(c, &id, change.now)? };
        let Some(letter) = found else { return Ok(Err(unknown(&id))) };
        let detail = json!({ "letter": letter.id, "recipient": letter.recipient, "subject": letter.subject });
        change.log(c, kind, About::default(), detail)?;
        Ok(Ok(LetterView::from(letter)))
    });
    Ok(done.await?)
}
