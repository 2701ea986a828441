//! Owns a person's own change of password, from their account pages. It does not own what a good password is
//! (`admin::user_access`), nor the change that a sign-in demands (`sign_in::new_password`).
//!
//! Everything that was begun with the old password ends: other browsers are signed out, tokens are refused. The person goes
//! on where they are, in a new session under a new token (security cases J12, J13).

use serde_json::json;

use super::notice::{Notice, Told};
use super::sessions::own_entry;
use crate::flow::admin::user::UserRefusal;
use crate::flow::admin::user_access::{end_everything, hashed};
use crate::flow::own_app::{OwnApp, Visit};
use crate::flow::sign_in::attempts::{GuessKeys, forget_guesses};
use crate::flow::sign_in::browser::Browser;
use crate::flow::sign_in::login::{Problem, prove};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::{Session, SessionId};
use crate::secret::random::uuid;
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::own_sessions::{self, OwnSession};
use crate::store::{self, Conn, devices, sessions, upstream_sessions, users};
use crate::time::Timestamp;

const STEP: &str = "account";

/// Why the password was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// The old one is wrong.
    Wrong,
    /// Too many attempts; seconds to wait.
    TooMany(i64),
    /// The new one cannot be used.
    Rule(UserRefusal),
    /// The session ended meanwhile, or somebody else changed the password.
    OutOfDate,
}

/// The person goes on under new tokens.
pub struct Renewed {
    /// Of the session at the provider.
    pub session_token: Sensitive,
    /// Hash of the token it replaces on this browser.
    pub replaced: Option<Vec<u8>>,
    /// Of the account pages.
    pub own_token: Sensitive,
}

/// What the form brought.
pub struct Submitted {
    /// The old password; not looked at where there is none.
    pub old: Sensitive,
    /// The new one.
    pub new: Sensitive,
}

/// Whether a person has a password.
///
/// # Errors
/// A [`Fault`].
pub async fn has_one(cx: &Cx, visit: &Visit) -> Result<bool, Fault> {
    let id = visit.user.id.clone();
    Ok(cx.db().read(move |c| users::password_find(c, &id)).await?.is_some())
}

/// Changes the password. Whoever has none gets their first one; a fresh proof stands in the place of the old one.
///
/// # Errors
/// Inner: a [`PasswordRefusal`]. Outer: a [`Fault`]; [`Fault::Busy`] when the password pool is full.
pub async fn change(
    cx: &Cx,
    visit: &Visit,
    browser: &Browser,
    form: Submitted,
) -> Result<Result<Renewed, PasswordRefusal>, Fault> {
    let user = &visit.user;
    let note = |words: &str| cx.note(Note::new(STEP, words).client(OwnApp::Account.client_id()).user(user.id.as_str()));
    let known = match has_one(cx, visit).await? {
        false if !visit.is_fresh(cx.now) => return Ok(Err(PasswordRefusal::OutOfDate)),
        false => None,
        true => match prove(cx, &user.email, form.old.clone(), browser).await? {
            Ok(right) => Some(right.into_stored()),
            Err(denied) => {
                note("refused: the old password is wrong, or was tried too often");
                return Ok(Err(match denied.problem() {
                    Problem::TooMany(seconds) => PasswordRefusal::TooMany(seconds),
                    _ => PasswordRefusal::Wrong,
                }));
            }
        },
    };
    if known.is_some() && form.old.expose() == form.new.expose() {
        return Ok(Err(PasswordRefusal::Rule(UserRefusal::PasswordIsOld)));
    }
    let phc = match hashed(cx, form.new, &user.email).await? {
        Ok(phc) => phc,
        Err(refusal) => return Ok(Err(PasswordRefusal::Rule(refusal))),
    };
    let renewed = store_it(cx, visit, browser, (known, phc)).await?;
    if renewed.is_ok() {
        note("changed their password");
    }
    Ok(renewed)
}

/// What the transaction needs; drawn before it, which may run twice.
#[derive(Clone)]
struct Beginning {
    id: SessionId,
    own: OwnSession,
    token_hash: Vec<u8>,
    own_hash: Vec<u8>,
    hashes: Vec<Vec<u8>>,
    device: Option<Vec<u8>>,
    now: Timestamp,
}

async fn store_it(
    cx: &Cx,
    visit: &Visit,
    browser: &Browser,
    (known, phc): (Option<(String, GuessKeys)>, String),
) -> Result<Result<Renewed, PasswordRefusal>, Fault> {
    let session_token = make(Kind::Session, &*cx.parts.chance);
    let own_token = make(OwnApp::Account.kind(), &*cx.parts.chance);
    let id = SessionId(uuid(&*cx.parts.chance, cx.now));
    let beginning = Beginning {
        own: OwnSession {
            id: uuid(&*cx.parts.chance, cx.now),
            session_id: id.clone(),
            created_at: cx.now,
            last_seen_at: cx.now,
            ..visit.session.clone()
        },
        id,
        token_hash: hash(session_token.expose()),
        own_hash: hash(own_token.expose()),
        hashes: browser.session_hashes(),
        device: browser.device_hash(),
        now: cx.now,
    };
    let old = visit.session.session_id.clone();
    let entry = own_entry(cx, "password_changed", &visit.user.id, json!({ "first": known.is_none() }));
    let (told, context) = (Told::new(cx, &visit.user, Notice::PasswordChanged), cx.clone());
    let stored = cx.db().write(move |c| {
        let user = &beginning.own.user_id;
        let is_open = users::find_for_update(c, user)?.is_some_and(|user| user.disabled_at.is_none());
        let Some(before) = sessions::find(c, &old)?.filter(|s| is_open && s.ended_at.is_none()) else {
            return Ok(Err(PasswordRefusal::OutOfDate));
        };
        match &known {
            Some((old_phc, keys)) => {
                if !users::password_change(c, user, old_phc, &phc, beginning.now)? {
                    return Ok(Err(PasswordRefusal::OutOfDate));
                }
                forget_guesses(c, keys)?;
            }
            None if users::password_find(c, user)?.is_some() => return Ok(Err(PasswordRefusal::OutOfDate)),
            None => users::password_set(c, user, &phc, beginning.now)?,
        }
        end_everything(c, user, "the password was changed", beginning.now)?;
        devices::delete_others(c, user, beginning.device.as_deref())?;
        users::touched(c, user, beginning.now)?;
        let replaced = go_on(c, &beginning, before)?;
        told.post(c, &context)?;
        entry.append(c)?;
        Ok(Ok(replaced))
    });
    let stored = stored.await?;
    cx.parts.post.wake.notify_one();
    Ok(stored.map(|replaced| Renewed { session_token, replaced, own_token }))
}

/// A new session in the place of the one that ended with the others: proven when and as that one was.
fn go_on(c: &mut Conn, b: &Beginning, before: Session) -> Result<Option<Vec<u8>>, store::Fault> {
    let found = sessions::find_by_token_hashes(c, &b.hashes)?;
    let replaced = found.into_iter().find(|(_, session, _)| session.id == before.id).map(|(hash, ..)| hash);
    let old = before.id.clone();
    let fresh = Session { id: b.id.clone(), created_at: b.now, last_seen_at: b.now, ended_at: None, ..before };
    let code = sessions::code(c, &old)?;
    sessions::insert(c, &fresh, &b.token_hash)?;
    sessions::set_code(c, &b.id, code)?;
    // Once it is over at the provider it is over here, whatever its name.
    upstream_sessions::moved(c, &old, &b.id)?;
    own_sessions::insert(c, &b.own, &b.own_hash)?;
    Ok(replaced)
}
