//! Owns the step in which a person replaces a password that has to be changed. It comes after the right password and before any
//! session. It does not own demanding it (`flow::admin::user_access`) nor what a good password is.
//!
//! What the browser carries between the two forms is sealed, and holds for this browser, this person, this request and this
//! old password only: once the password is another one, it opens nothing.

use serde::{Deserialize, Serialize};

use crate::flow::account::notice::{Notice, Told};
use crate::flow::account::quality::Owner;
use crate::flow::admin::user::UserRefusal;
use crate::flow::admin::user_access::{end_everything, hashed_for};
use crate::flow::audit::Entry;
use crate::flow::cx::base64url;
use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::begin::{Proven, begin_session};
use crate::flow::sign_in::browser::{Browser, form_token_is_good};
use crate::flow::sign_in::half::Half;
use crate::flow::sign_in::login::{LoginOutcome, forged};
use crate::flow::sign_in::pending;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::{User, UserId};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::secret::password::PasswordVerdict;
use crate::secret::token::hash;
use crate::sensitive::Sensitive;
use crate::store::{devices, users};
use crate::time::{Lifetime, Timestamp};

const STEP: &str = "new_password";
const AAD: &[u8] = b"change of password";
/// Between the old password and the new one.
const LIFETIME: Lifetime = Lifetime::from_minutes(15);

/// What is remembered of somebody who gave the right password and must choose another one.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordChange {
    user_id: UserId,
    /// Hash of the stored hash of the old password.
    old: String,
    /// How they proved who they are (RFC 8176).
    amr: Vec<String>,
    /// The sealed request, which is bound to the browser.
    request: String,
    until: Timestamp,
}

/// The form.
pub struct ChangeForm {
    /// The client that waits.
    pub client: Client,
    /// Whose password it is.
    pub email: String,
    /// The sealed state.
    pub change: String,
    /// What was wrong with the last try.
    pub problem: Option<UserRefusal>,
}

impl PasswordChange {
    /// Somebody gave the right password, and the second factor if there is one.
    pub fn begin(cx: &Cx, half: &Half) -> Self {
        Self {
            user_id: half.user_id.clone(),
            old: half.password().unwrap_or_default().to_owned(),
            amr: half.amr.clone(),
            request: half.request.clone(),
            until: cx.now + LIFETIME,
        }
    }

    /// The form, at first.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be sealed.
    pub fn form(&self, cx: &Cx, client: &Client, user: &User) -> Result<ChangeForm, Fault> {
        let change = pending::seal(cx, self, AAD)?;
        Ok(ChangeForm { client: client.clone(), email: user.email.as_str().to_owned(), change, problem: None })
    }
}

/// Handles the form: stores the new password, ends everything that was begun with the old one, and begins a session.
///
/// # Errors
/// A [`Fault`]; [`Fault::Busy`] when the password pool is full.
pub async fn submit(
    cx: &mut Cx,
    sealed: &str,
    csrf: &str,
    password: Sensitive,
    browser: &Browser,
) -> Result<LoginOutcome, Fault> {
    let note = || Note::default();
    if !form_token_is_good(cx, csrf, browser.binding.as_deref(), STEP, sealed) {
        return Ok(LoginOutcome::Forged(Box::new(cx.refuse(STEP, forged(), note()))));
    }
    let Some(change) = pending::open::<PasswordChange>(cx, sealed, AAD).filter(|change| cx.now < change.until) else {
        return Ok(out_of_date(cx));
    };
    let (pending, client, _) = match reopen(cx, &change.request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(LoginOutcome::Page(Box::new(page))),
    };
    let Some((user, old_phc)) = still_the_same(cx, &change).await? else { return Ok(out_of_date(cx)) };
    let again = |problem| {
        let (client, email) = (client.clone(), user.email.as_str().to_owned());
        let form = ChangeForm { client, email, change: sealed.to_owned(), problem: Some(problem) };
        Ok(LoginOutcome::NewPassword(Box::new(form)))
    };
    if !cx.parts.passwords.is_too_long(&password) {
        let verdict = cx.parts.passwords.verify(password.clone(), Some(old_phc.clone())).await?;
        if !matches!(verdict, PasswordVerdict::Wrong) {
            return again(UserRefusal::PasswordIsOld);
        }
    }
    let phc = match hashed_for(cx, password, Owner::from(&user)).await? {
        Ok(phc) => phc,
        Err(refusal) => return again(refusal),
    };
    if !store_it(cx, &user, (old_phc, phc), browser).await? {
        return Ok(out_of_date(cx));
    }
    cx.note(Note::new(STEP, "chose another password").client(&client.client_id).user(user.id.as_str()));
    match begin_session(cx, Proven::by(user, change.amr), browser, pending).await? {
        Some(signed_in) => Ok(LoginOutcome::SignedIn(Box::new(signed_in))),
        None => Ok(out_of_date(cx)),
    }
}

/// The person and the hash of the old password, if neither has changed since it was given.
async fn still_the_same(cx: &Cx, change: &PasswordChange) -> Result<Option<(User, String)>, Fault> {
    let id = change.user_id.clone();
    let found = cx.db().read(move |c| Ok(users::find(c, &id)?.zip(users::password_with_duty(c, &id)?)));
    let found = found.await?.filter(|(user, (phc, must_change))| {
        user.disabled_at.is_none() && *must_change && base64url(&hash(phc)) == change.old
    });
    Ok(found.map(|(user, (phc, _))| (user, phc)))
}

/// `false`: somebody was faster.
async fn store_it(cx: &Cx, user: &User, (old_phc, phc): (String, String), browser: &Browser) -> Result<bool, Fault> {
    let (id, now, device) = (user.id.clone(), cx.now, browser.device_hash());
    let mut entry = Entry::new(cx, "password_changed");
    entry.event.user_id = Some(id.as_str().to_owned());
    let (told, own) = (Told::new(cx, user, Notice::PasswordChanged), cx.clone());
    let stored = cx.db().write(move |c| {
        let is_open = users::find_for_update(c, &id)?.is_some_and(|user| user.disabled_at.is_none());
        if !is_open || !users::password_change(c, &id, &old_phc, &phc, now)? {
            return Ok(false);
        }
        end_everything(c, &id, "the password was changed", now)?;
        devices::delete_others(c, &id, device.as_deref())?;
        users::touched(c, &id, now)?;
        told.post(c, &own)?;
        entry.append(c)?;
        Ok(true)
    });
    Ok(stored.await?)
}

fn out_of_date(cx: &Cx) -> LoginOutcome {
    let words = "this page is out of date; go back to the app and sign in again";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "password.change", "none", words)
        .because("a password that was given a moment ago and is still to be changed", "another state");
    let refusal = cx.refuse(STEP, refusal, Note::default());
    LoginOutcome::Page(Box::new(PageRefusal { refusal, facts: Vec::new() }))
}
