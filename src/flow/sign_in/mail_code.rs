//! Owns one-time codes that are mailed: sending one for a sign-in under way, and telling which one was typed. Each belongs to
//! the half of a sign-in that it was sent for (security case K11). It does not own for whom a mailed code will do
//! (`identity::level`), nor trying it (`code`).

use crate::flow::sign_in::attempts::admit_letter;
use crate::flow::sign_in::begin::about;
use crate::flow::{Cx, Fault, mail};
use crate::identity::guess::Wait;
use crate::identity::{User, UserId};
use crate::oauth::client::Client;
use crate::secret::random::uuid;
use crate::secret::totp;
use crate::sensitive::Sensitive;
use crate::store::mail_codes::{self, MailCode};
use crate::time::Lifetime;

const PURPOSE: &str = "second_factor";
/// Between the letter and the code.
pub const LIFETIME: Lifetime = Lifetime::from_minutes(10);

/// Sends a code to a person who signs in to `client`; an earlier one is void. Its id, for the half of the sign-in.
///
/// # Errors
/// Inner: there were too many letters. Outer: a [`Fault`].
pub(super) async fn send(cx: &Cx, user: &User, client: &Client) -> Result<Result<String, Wait>, Fault> {
    let (id, code) = (uuid(&*cx.parts.chance, cx.now), totp::mailed_code(&*cx.parts.chance));
    let stored = of(cx, &id, &user.id, &code);
    let (letter_id, letter) = (mail::letter_id(cx), mail::code(cx, user, &client.name, &code));
    let mut entry = about("code_mailed", cx, &user.id);
    entry.event.client_id = Some(client.client_id.clone());
    let own = cx.clone();
    let sent = cx.db().write(move |c| {
        if let Err(wait) = admit_letter(c, &own, &stored.user_id)? {
            return Ok(Err(wait));
        }
        mail_codes::replace(c, &stored)?;
        mail::post(c, &own, &letter_id, &letter)?;
        entry.append(c)?;
        Ok(Ok(()))
    });
    let sent = sent.await?;
    cx.parts.post.wake.notify_one();
    Ok(sent.map(|()| id))
}

/// What was typed, if it has the form of a mailed code.
pub(super) fn typed(cx: &Cx, id: &str, user: &UserId, text: &Sensitive) -> Option<MailCode> {
    totp::folded_mailed_code(text.expose()).map(|code| of(cx, id, user, &code))
}

/// A code as it is stored. A short code could be guessed from a plain hash, so it is a tag under a key of ours.
fn of(cx: &Cx, id: &str, user: &UserId, code: &Sensitive) -> MailCode {
    MailCode {
        id: id.to_owned(),
        user_id: user.clone(),
        purpose: PURPOSE,
        hash: cx.parts.forms.tag(&[b"mailed code", id.as_bytes(), code.expose().as_bytes()]).to_vec(),
        expires_at: cx.now + LIFETIME,
    }
}
