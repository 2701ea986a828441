//! Owns invitations: the one-time link by which a person chooses a password of their own, and what is done with it. It does
//! not own the page behind the link (`http::sign_in::invitation`), nor sending the letter (`flow::mail`). Whoever invites gets
//! the secret too, once: without a mail server they hand it on.

use serde_json::json;

use super::change::Change;
use super::refusal::granted;
use super::user_access::{end_everything, hashed_for};
use super::user_document::UserView;
use super::user_refusal::UserRefusal;
use super::{About, Actor, Done, rank};
use crate::flow::account::quality::Owner;
use crate::flow::audit::Entry;
use crate::flow::{Cx, Fault, mail};
use crate::identity::{Permission, User};
use crate::secret::token::{Kind, check_shape, hash, make};
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, devices, invitations, users};
use crate::time::{Lifetime, Timestamp};

/// How long an invitation can be used.
pub const LIFETIME: Lifetime = Lifetime::from_days(7);

/// An invitation that was made and not yet stored.
#[derive(Clone)]
pub(super) struct Fresh {
    pub(super) token: Sensitive,
    now: Timestamp,
    /// Under this id the letter waits; there is none where no mail server is configured.
    letter: Option<(Cx, String)>,
}

pub(super) fn fresh(cx: &Cx) -> Fresh {
    let is_mailed = cx.parts.post.mailer.is_on();
    Fresh {
        token: make(Kind::Invitation, &*cx.parts.chance),
        now: cx.now,
        letter: is_mailed.then(|| (cx.clone(), mail::letter_id(cx))),
    }
}

impl Fresh {
    /// Stores it, with the letter that brings it; an earlier one of this person is void.
    pub(super) fn store(&self, c: &mut Conn, user: &User) -> Result<(), store::Fault> {
        invitations::replace(c, &hash(self.token.expose()), &user.id, self.now, self.now + LIFETIME)?;
        let Some((cx, id)) = &self.letter else { return Ok(()) };
        let address = address(cx, &self.token).expose().to_owned();
        let letter = mail::invitation(cx, user, address);
        mail::post(c, cx, id, &letter)
    }

    /// Whether a letter goes out.
    pub(super) fn is_mailed(&self) -> bool {
        self.letter.is_some()
    }
}

/// Somebody was invited.
#[derive(Debug)]
pub struct Invited {
    /// The person.
    pub user: UserView,
    /// The secret of the link; shown once.
    pub token: Sensitive,
    /// Whether a letter with the link goes to them.
    pub mailed: bool,
}

/// The address of the page behind an invitation.
pub fn address(cx: &Cx, token: &Sensitive) -> Sensitive {
    Sensitive::new(format!("{}/invitation?token={}", cx.issuer(), token.expose()))
}

/// Invites a person to choose a password. An earlier invitation is void from now on; an old password goes on until they do.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn invite(cx: &Cx, actor: &Actor, who: &str) -> Done<Invited> {
    granted!(actor.needs(Permission::UsersWrite));
    let (change, who, link) = (Change::new(cx, actor), who.trim().to_owned(), fresh(cx));
    let (token, mailed) = (link.token.clone(), link.is_mailed());
    let done = cx.db().write(move |c| {
        let user = granted!(rank::target(c, &change.actor, &who)?);
        if user.disabled_at.is_some() {
            return Ok(Err(UserRefusal::Disabled.into()));
        }
        link.store(c, &user)?;
        change.log(c, "user_invited", About::user(&user.id), json!({}))?;
        Ok(UserView::of_id(c, &user.id, change.now)?.ok_or_else(|| UserRefusal::Unknown(who.clone()).into()))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    Ok(done.map(|user| Invited { user, token, mailed }))
}

/// Why an invitation came to nothing. The words are for the person who was invited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefusal {
    /// Used, replaced, withdrawn, too old, or never made.
    #[error(
        "this invitation has expired, was used, or was replaced by a newer one; ask whoever invited you for a new one"
    )]
    DeadLink,
    /// What was typed.
    #[error(transparent)]
    Password(#[from] UserRefusal),
}

/// Whose invitation this is, if it can still be used. Looking uses nothing up (security case J11).
///
/// # Errors
/// A [`Fault`].
pub async fn guest(cx: &Cx, token: &str) -> Result<Option<User>, Fault> {
    if !check_shape(Kind::Invitation, token) {
        return Ok(None);
    }
    let (hashed, now) = (hash(token), cx.now);
    let found = cx.db().read(move |c| match invitations::find_live(c, &hashed, now)? {
        Some(id) => users::find(c, &id),
        None => Ok(None),
    });
    Ok(found.await?.filter(|user| user.disabled_at.is_none()))
}

/// Sets the password that the person chose, and ends everything that was begun before. Of two uses at once one counts; a
/// refused password leaves the link as it was.
///
/// # Errors
/// Inner: an [`InvitationRefusal`]. Outer: a [`Fault`].
pub async fn accept(cx: &Cx, token: &Sensitive, password: Sensitive) -> Result<Result<User, InvitationRefusal>, Fault> {
    // Before the hash, which strangers must not have for nothing.
    let Some(user) = guest(cx, token.expose()).await? else { return Ok(Err(InvitationRefusal::DeadLink)) };
    let phc = granted!(hashed_for(cx, password, Owner::from(&user)).await?);
    let mut entry = Entry::new(cx, "invitation_accepted");
    entry.event.user_id = Some(user.id.as_str().to_owned());
    let (token_hash, now) = (hash(token.expose()), cx.now);
    let done = cx.db().write(move |c| {
        // The person first, as everywhere: disabling them waits for this, or this for that.
        let still_open = users::find_for_update(c, &user.id)?.is_some_and(|user| user.disabled_at.is_none());
        if !still_open || invitations::take(c, &token_hash, now)?.as_ref() != Some(&user.id) {
            return Ok(Err(InvitationRefusal::DeadLink));
        }
        users::password_set(c, &user.id, &phc, now)?;
        end_everything(c, &user.id, "an invitation was accepted", now)?;
        devices::delete_others(c, &user.id, None)?;
        users::touched(c, &user.id, now)?;
        entry.append(c)?;
        Ok(Ok(user.clone()))
    });
    Ok(done.await?)
}
