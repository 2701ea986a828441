//! Owns getting back into an account whose password was lost: asking for the letter, and what stands behind its link. A new
//! password opens nothing by itself: whoever set it signs in with it, and shows the second factor if there is one (security case
//! J11). It does not own counting and writing letters (`links`), nor the pages.

use serde_json::json;

use crate::flow::account::letters;
use crate::flow::account::links::{self, Drawn, Purpose, Wanted};
use crate::flow::account::notice::{Notice, ToldWidely};
use crate::flow::admin::user::UserRefusal;
use crate::flow::admin::user_access::{end_everything, hashed_for};
use crate::flow::audit::Entry;
use crate::flow::sign_in::attempts::forget_account;
use crate::flow::sign_in::browser::Browser;
use crate::flow::sign_in::pending::Pending;
use crate::flow::sign_in::upstream::home;
use crate::flow::{Cx, Fault, mail};
use crate::identity::email::EmailRefusal;
use crate::identity::{Email, User};
use crate::secret::token::{Kind, check_shape, hash};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, RESET};
use crate::store::link_requests::LinkRequest;
use crate::store::{self, Conn, devices, factors, recovery_codes, upstream_identities, users};

/// Why nothing came of it. None of these tells whether there is an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryRefusal {
    /// Letters are not sent.
    #[error("no letters are sent from here; ask an administrator for a new password")]
    Off,
    /// The address.
    #[error(transparent)]
    Email(#[from] EmailRefusal),
    /// Too many letters; seconds to wait.
    #[error("too many letters were asked for; wait {0} seconds")]
    TooMany(i64),
    /// The link was used, replaced, is too old, or was never made.
    #[error("this link has expired, was used, or was replaced by a newer one")]
    DeadLink,
    /// The password.
    #[error(transparent)]
    Password(#[from] UserRefusal),
}

/// Asks for the letter. The answer is the same whether there is an account or not.
///
/// # Errors
/// Inner: a [`RecoveryRefusal`]. Outer: a [`Fault`].
pub async fn ask(
    cx: &Cx,
    address: &str,
    request: &str,
    browser: &Browser,
) -> Result<Result<Email, RecoveryRefusal>, Fault> {
    if !links::is_on(cx) {
        return Ok(Err(RecoveryRefusal::Off));
    }
    let email = match Email::parse(address) {
        Ok(email) => email,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let (request, device) = (request.to_owned(), browser.device_hash());
    let wanted = Wanted { purpose: Purpose::Reset, email: email.clone(), user: None, request, device, told: None };
    let asked = links::ask(cx, wanted).await?;
    Ok(asked.map(|()| email).map_err(|wait| RecoveryRefusal::TooMany(wait.0.seconds() + 1)))
}

/// Writes the letter. To an address that nobody has, or whose account is disabled, nothing is sent.
pub(super) fn write(
    c: &mut Conn,
    cx: &Cx,
    asked: &LinkRequest,
    email: Email,
    drawn: &Drawn,
) -> Result<(), store::Fault> {
    let found = users::find_by_email_key(c, email.key())?;
    let Some(user) = found.filter(|user| user.disabled_at.is_none()) else { return Ok(()) };
    if let Some(home) = home::only_of(cx, &user) {
        return mail::post(c, cx, &drawn.letter_id, &letters::through(cx, &user, &home.way.name));
    }
    let detail = json!({ "request": asked.request }).to_string();
    let link = links::link(cx, Purpose::Reset, Some(user.id.clone()), &user.email, detail);
    account_links::add(c, &drawn.hash(), RESET, &link)?;
    mail::post(c, cx, &drawn.letter_id, &letters::reset(cx, &user, drawn.address(cx, Purpose::Reset)))?;
    let mut entry = Entry::new(cx, "password_reset_asked");
    entry.event.user_id = Some(user.id.as_str().to_owned());
    entry.append(c)
}

/// Whoever is about to set a password.
pub struct Guest {
    /// Whose account it is.
    pub user: User,
    request: String,
}

/// Whose link this is, if it can still be used: not of a disabled account, and not one that went to another address. Looking
/// uses nothing up (security case J11).
///
/// # Errors
/// A [`Fault`].
pub async fn guest(cx: &Cx, token: &str) -> Result<Option<Guest>, Fault> {
    if !check_shape(Kind::AccountLink, token) {
        return Ok(None);
    }
    let (hashed, now) = (hash(token), cx.now);
    let found = cx.db().read(move |c| {
        let Some(link) = account_links::find_live(c, &hashed, RESET, now)? else { return Ok(None) };
        let Some(id) = &link.user_id else { return Ok(None) };
        Ok(users::find(c, id)?.filter(|user| is_open(user, &link.email_key)).map(|user| (user, link.detail)))
    });
    let Some((user, detail)) = found.await? else { return Ok(None) };
    let detail: serde_json::Value = serde_json::from_str(&detail).unwrap_or_default();
    let request = detail["request"].as_str().unwrap_or_default().to_owned();
    Ok(Some(Guest { user, request }))
}

fn is_open(user: &User, email_key: &str) -> bool {
    user.disabled_at.is_none() && user.email.key() == email_key
}

/// A password was set.
pub struct Restored {
    /// Whose.
    pub user: User,
    /// The sealed request to go on with, if it began in this browser and is not too old.
    pub request: Option<String>,
}

/// Sets the password and ends everything that was begun before: sessions, codes, grants and so refresh tokens, half sign-ins,
/// other links (security case J12). Other browsers are strange to the account from now on. If the address was never confirmed
/// before, second factors and links to providers go too. Of two uses at once one counts; a refused password leaves the link as it
/// was.
///
/// # Errors
/// Inner: a [`RecoveryRefusal`]. Outer: a [`Fault`]; [`Fault::Busy`] when the password pool is full.
pub async fn finish(
    cx: &Cx,
    token: &Sensitive,
    password: Sensitive,
    browser: &Browser,
) -> Result<Result<Restored, RecoveryRefusal>, Fault> {
    // Before the hash, which strangers must not have for nothing.
    let Some(guest) = guest(cx, token.expose()).await? else { return Ok(Err(RecoveryRefusal::DeadLink)) };
    let phc = match hashed_for(cx, password, (&guest.user).into()).await? {
        Ok(phc) => phc,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let Some(user) = store_it(cx, token, &guest.user, phc, browser).await? else {
        return Ok(Err(RecoveryRefusal::DeadLink));
    };
    cx.parts.post.wake.notify_one();
    let pending = Pending::open_quietly(cx, &guest.request, browser.binding.as_deref());
    let request = pending.map(|_| guest.request);
    Ok(Ok(Restored { user, request }))
}

/// `None`: somebody was faster.
async fn store_it(
    cx: &Cx,
    token: &Sensitive,
    user: &User,
    phc: String,
    browser: &Browser,
) -> Result<Option<User>, Fault> {
    let (hashed, id, now, device) = (hash(token.expose()), user.id.clone(), cx.now, browser.device_hash());
    let mut entry = Entry::new(cx, "password_reset");
    entry.event.user_id = Some(id.as_str().to_owned());
    let (told, own) = (ToldWidely::new(cx, user, Notice::PasswordReset), cx.clone());
    let stored = cx.db().write(move |c| {
        // The person first, as everywhere: disabling them waits for this, or this for that.
        let Some(mut user) = users::find_for_update(c, &id)? else { return Ok(None) };
        let link = account_links::take(c, &hashed, RESET, now)?;
        if !link.is_some_and(|link| is_open(&user, &link.email_key)) {
            return Ok(None);
        }
        users::password_set(c, &id, &phc, now)?;
        end_everything(c, &id, "the password was reset", now)?;
        devices::delete_others(c, &id, device.as_deref())?;
        if user.email_verified {
            users::touched(c, &id, now)?;
        } else {
            // The letter arrived, for the first time: whoever had the account so far never showed that the address was theirs, and
            // keeps no way in (security cases L07 and L08).
            upstream_identities::delete_of_user(c, &id)?;
            factors::delete_of_user(c, &id)?;
            recovery_codes::delete_of_user(c, &id)?;
            (user.email_verified, user.updated_at) = (true, now);
            users::update(c, &user)?;
        }
        links::forget_letters(c, &user.email)?;
        // What was guessed wrong was guessed at the old password: nobody is kept out of their account by it any longer.
        forget_account(c, &user.email)?;
        told.post(c, &own)?;
        entry.append(c)?;
        Ok(Some(user))
    });
    Ok(stored.await?)
}
