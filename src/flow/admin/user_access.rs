//! Owns what administrators do to a person's ways in: passwords, and ending what was begun with them. It does not own
//! invitations (`invitation`) nor a person's own change of password (`flow::sign_in::new_password`), whose rules it shares.

use serde_json::json;

use super::change::Change;
use super::refusal::granted;
use super::user::changed;
use super::user_document::UserView;
use super::user_refusal::UserRefusal;
use super::{About, Actor, Done, rank};
use crate::flow::account::quality::{self, Owner};
use crate::flow::oauth::logout::end_session;
use crate::flow::{Cx, Fault};
use crate::identity::{Email, Permission, UserId};
use crate::secret::PasswordError;
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, account_links, codes, devices, grants, invitations, link_requests, sessions, users};
use crate::time::Timestamp;

/// Judges and hashes a password that somebody chose who has no name yet.
///
/// # Errors
/// Those of [`hashed_for`].
pub async fn hashed(cx: &Cx, password: Sensitive, email: &Email) -> Result<Result<String, UserRefusal>, Fault> {
    hashed_for(cx, password, Owner { email, name: None }).await
}

/// Judges and hashes a password that somebody chose: the one way to a new password.
///
/// # Errors
/// Inner: a [`UserRefusal`] about the password. Outer: a [`Fault`]; [`Fault::Busy`] when the password pool is full.
pub async fn hashed_for(cx: &Cx, password: Sensitive, owner: Owner<'_>) -> Result<Result<String, UserRefusal>, Fault> {
    if let Err(refusal) = quality::judge(cx, &password, owner).await? {
        return Ok(Err(refusal));
    }
    match cx.parts.passwords.hash(password).await {
        Ok(phc) => Ok(Ok(phc)),
        Err(PasswordError::TooLong { max_bytes }) => Ok(Err(UserRefusal::PasswordTooLong(max_bytes))),
        Err(other) => Err(other.into()),
    }
}

/// The form in which a hash of another system is stored. Nobody can judge the password behind it.
pub(super) fn imported(cx: &Cx, hash: &Sensitive) -> Result<String, UserRefusal> {
    cx.parts.passwords.imported(hash.expose()).map_err(|why| match why {
        PasswordError::Unusable(why) => UserRefusal::PasswordHash(why),
        _ => UserRefusal::PasswordHash("its form is not known"),
    })
}

/// Gives a person a new password and ends everything that was begun with the old one: sessions, codes, grants, invitations.
/// With `must_change` it opens nothing but the page on which they choose another one.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn set_password(cx: &Cx, actor: &Actor, who: &str, password: Sensitive, must_change: bool) -> Done<UserView> {
    granted!(actor.needs(Permission::UsersWrite));
    // Rank is asked before the hash, which nobody gets for nothing, and again when it is stored.
    let (wanted, asking) = (who.trim().to_owned(), actor.clone());
    let found = cx.db().read(move |c| rank::look_at(c, &asking, &wanted));
    let user = granted!(found.await?);
    let phc = granted!(hashed_for(cx, password, Owner::from(&user)).await?);
    changed(cx, actor, user.id.as_str(), Permission::UsersWrite, move |c, change, user| {
        match must_change {
            true => users::password_set_to_be_changed(c, &user.id, &phc, change.now)?,
            false => users::password_set(c, &user.id, &phc, change.now)?,
        }
        end_everything(c, &user.id, "the password was changed", change.now)?;
        devices::delete_others(c, &user.id, None)?;
        users::touched(c, &user.id, change.now)?;
        Ok(Ok(Some(("password_changed", json!({ "must_change": must_change })))))
    })
    .await
}

/// Demands that a person chooses another password at the next sign-in. Sessions go on: end them too if it has to be now.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn require_password_change(cx: &Cx, actor: &Actor, who: &str) -> Done<UserView> {
    changed(cx, actor, who, Permission::UsersWrite, |c, change, user| {
        if !users::password_must_change(c, &user.id)? {
            return Ok(Err(UserRefusal::NoPassword.into()));
        }
        users::touched(c, &user.id, change.now)?;
        Ok(Ok(Some(("password_change_required", json!({})))))
    })
    .await
}

/// Ends every session of a person, with what hangs on them. How many it were. Everybody may end their own.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn end_sessions(cx: &Cx, actor: &Actor, who: &str) -> Done<(UserId, i64)> {
    granted!(actor.needs(Permission::SessionsWrite));
    let (change, who) = (Change::new(cx, actor), who.trim().to_owned());
    let done = cx.db().write(move |c| {
        let user = granted!(rank::locked(c, &who)?);
        if change.actor.user() != Some(&user.id) {
            granted!(rank::may_act_on(c, &change.actor, &user)?);
        }
        let live = sessions::list(c, Some(&user.id), change.now, i64::MAX)?;
        for session in &live {
            end_session(c, &session.id, "ended by an administrator", change.now)?;
        }
        let count = i64::try_from(live.len()).unwrap_or(i64::MAX);
        change.log(c, "sessions_ended", About::user(&user.id), json!({ "sessions": count }))?;
        Ok(Ok((user.id, count)))
    });
    Ok(done.await?)
}

/// Ends whatever depends on the person being who they were: sessions, codes not yet used, grants and so their tokens, an
/// invitation, and links that were mailed, but for those that say "this wasn't me".
///
/// # Errors
/// A [`store::Fault`].
pub fn end_everything(c: &mut Conn, id: &UserId, why: &str, now: Timestamp) -> Result<(), store::Fault> {
    users::set_valid_from(c, id, now)?;
    sessions::end_all_of_user(c, id, None, now)?;
    codes::delete_of_user(c, id)?;
    grants::revoke_of_user(c, id, why, now)?;
    invitations::delete_of_user(c, id)?;
    account_links::delete_of_user(c, id)?;
    link_requests::delete_of_user(c, id)?;
    Ok(())
}
