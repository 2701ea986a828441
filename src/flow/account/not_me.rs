//! Owns what the link "this wasn't me" of a notice does. Looking uses nothing up; saying so ends everything that was begun,
//! takes the password away and undoes what was changed since the letter. It does not own the letters (`notice`).
//!
//! Two people may hold such a link: the owner, and somebody who reads the owner's mail. So it gives nothing that the account
//! did not stand open to when the letter was written:
//!
//! - Nobody is signed in by it. The password is gone, and the way to another one leads through the mailbox and, if the person
//!   has one, the second factor.
//! - Factors that were added since are taken away only if an older one is left, or if there was none to begin with. Somebody
//!   who reads the mail never comes round a factor that stood before the letter.
//! - The account goes back to the address that the letter went to, if it has another one by now.
//! - Of several such letters the oldest has the last word: a link voids those written after it and none written before.
//!   Whoever took an account over and moved it to their own address gets letters too, and cannot silence the owner's.

use serde_json::json;

use crate::flow::account::notice::Detail;
use crate::flow::admin::invitation;
use crate::flow::admin::user_access::end_everything;
use crate::flow::audit::Entry;
use crate::flow::{Cx, Fault, mail};
use crate::identity::factor::Factor;
use crate::identity::{Email, User};
use crate::outbound::{Button, Letter};
use crate::secret::token::{Kind, check_shape, hash, make};
use crate::sensitive::Sensitive;
use crate::store::account_links::{self, AccountLink, NOT_ME};
use crate::store::{self, Conn, devices, factors, invitations, recovery_codes, upstream_identities, users};
use crate::time::Timestamp;

/// What will happen, or happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Undoing {
    /// Whose account it is.
    pub user: User,
    /// When the letter was written.
    pub since: Timestamp,
    /// What it told of, by its kind.
    pub notice: String,
    /// The address that the account goes back to.
    pub back_to: Option<Email>,
    /// Factors that were added since and are taken away.
    pub removed: Vec<Factor>,
    /// Factors that were added since and stay, because nothing older is left: an administrator has to look at them.
    pub kept: Vec<Factor>,
}

/// What the link of this secret would do; `None` if it is dead. Looking uses nothing up (security case J11).
///
/// # Errors
/// A [`Fault`].
pub async fn look(cx: &Cx, token: &str) -> Result<Option<Undoing>, Fault> {
    if !check_shape(Kind::AccountLink, token) {
        return Ok(None);
    }
    let (hashed, now) = (hash(token), cx.now);
    let found = cx.db().read(move |c| match account_links::find_live(c, &hashed, NOT_ME, now)? {
        Some(link) => planned(c, &link),
        None => Ok(None),
    });
    Ok(found.await?)
}

fn planned(c: &mut Conn, link: &AccountLink) -> Result<Option<Undoing>, store::Fault> {
    let Some(id) = &link.user_id else { return Ok(None) };
    let Some(user) = users::find(c, id)?.filter(|user| user.disabled_at.is_none()) else { return Ok(None) };
    let detail: Detail = serde_json::from_str(&link.detail)
        .map_err(|e| store::Fault::Internal(format!("the link of a notice cannot be read: {e}")))?;
    let back_to = match Email::parse(&detail.to).ok().filter(|to| to.key() != user.email.key()) {
        // Somebody else may have the address by now.
        Some(to) if users::find_by_email_key(c, to.key())?.is_none() => Some(to),
        _ => None,
    };
    let (since, older): (Vec<_>, Vec<_>) =
        factors::list(c, id)?.into_iter().partition(|factor| factor.created_at >= link.created_at);
    let may_go = !older.is_empty() || !detail.had_factor;
    let (removed, kept) = if may_go { (since, Vec::new()) } else { (Vec::new(), since) };
    Ok(Some(Undoing { user, since: link.created_at, notice: detail.notice, back_to, removed, kept }))
}

/// Does it, once. The way to a new password is mailed. `None`: the link is dead.
///
/// # Errors
/// A [`Fault`].
pub async fn deny(cx: &Cx, token: &Sensitive) -> Result<Option<Undoing>, Fault> {
    if !check_shape(Kind::AccountLink, token.expose()) {
        return Ok(None);
    }
    let (hashed, own) = (hash(token.expose()), cx.clone());
    let reset = make(Kind::Invitation, &*cx.parts.chance);
    let letter_id = mail::letter_id(cx);
    let done = cx.db().write(move |c| {
        let found = account_links::find_live(c, &hashed, NOT_ME, own.now)?;
        let Some(id) = found.and_then(|link| link.user_id) else { return Ok(None) };
        // The person first, as everywhere.
        users::find_for_update(c, &id)?;
        let Some(link) = account_links::take(c, &hashed, NOT_ME, own.now)? else { return Ok(None) };
        let Some(undoing) = planned(c, &link)? else { return Ok(None) };
        let user = undo(c, &own, &undoing)?;
        let address = invitation::address(&own, &reset).expose().to_owned();
        invitations::replace(c, &hash(reset.expose()), &user.id, own.now, own.now + invitation::LIFETIME)?;
        mail::post(c, &own, &letter_id, &letter(&own, &user, address))?;
        log(c, &own, &undoing)?;
        Ok(Some(Undoing { user, ..undoing }))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    Ok(done)
}

fn undo(c: &mut Conn, cx: &Cx, undoing: &Undoing) -> Result<User, store::Fault> {
    let mut user = undoing.user.clone();
    if let Some(email) = &undoing.back_to {
        // Whoever has the link has the mailbox.
        (user.email, user.email_verified) = (email.clone(), true);
        user.updated_at = cx.now;
        if !users::update(c, &user)? {
            return Err(store::Fault::Unavailable("the person's record changed meanwhile".to_owned()));
        }
    }
    users::password_delete(c, &user.id)?;
    for factor in &undoing.removed {
        factors::delete(c, &user.id, &factor.id)?;
    }
    // Codes that were made since go like factors; without any factor they stand for nothing.
    if factors::list(c, &user.id)?.is_empty() {
        recovery_codes::delete_of_user(c, &user.id)?;
    } else if undoing.kept.is_empty() {
        recovery_codes::delete_since(c, &user.id, undoing.since)?;
    }
    end_everything(c, &user.id, "the person said that it was not them", cx.now)?;
    account_links::delete_of_user(c, &user.id)?;
    account_links::delete_not_me(c, &user.id, undoing.since)?;
    devices::delete_since(c, &user.id, undoing.since)?;
    upstream_identities::delete_since(c, &user.id, undoing.since)?;
    users::touched(c, &user.id, cx.now)?;
    Ok(user)
}

fn log(c: &mut Conn, cx: &Cx, undoing: &Undoing) -> Result<(), store::Fault> {
    let names = |factors: &[Factor]| factors.iter().map(|factor| factor.name.clone()).collect::<Vec<_>>();
    let mut entry = Entry::new(cx, "not_me");
    entry.event.user_id = Some(undoing.user.id.as_str().to_owned());
    entry.event.detail = json!({
        "notice": undoing.notice,
        "factors_removed": names(&undoing.removed),
        "factors_kept": names(&undoing.kept),
        "address_was": undoing.back_to.as_ref().map(|_| undoing.user.email.as_str()),
    })
    .to_string();
    entry.append(c)
}

fn letter(cx: &Cx, user: &User, address: String) -> Letter {
    let (language, from_name) = (cx.language_of(user), mail::from_name(cx));
    Letter {
        language,
        to: user.email.as_str().to_owned(),
        subject: language.say("not-me-letter-subject").into(),
        paragraphs: vec![
            mail::hello(language, user),
            language.say("not-me-letter-why").text("organisation", &from_name).into(),
        ],
        from_name,
        button: Some(Button { words: language.say("not-me-letter-subject").into(), address }),
        also: None,
        notes: vec![language.say("notice-lifetime").number("days", invitation::LIFETIME.seconds() / 86_400).into()],
    }
}
