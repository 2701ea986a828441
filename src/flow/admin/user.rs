//! Owns what administrators do to people's records: look, add, replace, disable, enable, remove. It does not own passwords and
//! sessions (`user_access`), invitations (`invitation`), searching (`user_search`), signing in, nor the first owner (`setup`).

use serde_json::{Value, json};

use super::change::{Change, Judged, differences};
use super::refusal::{fresh, granted};
use super::user_access::{end_everything, hashed_for, imported};
use super::user_document::{UserDocument, UserView};
use super::{About, Actor, AdminRefusal, Done, attribute, invitation, rank};
use crate::flow::Cx;
use crate::flow::account::notice::{Envelope, Notice};
use crate::flow::account::quality::Owner;
use crate::identity::user::Profile;
use crate::identity::{Email, Permission, RoleName, User, UserId};
use crate::secret::random::uuid;
use crate::sensitive::Sensitive;
use crate::store::{self, Conn, account_links, attributes, consents, grants, invitations, sessions, users};
use crate::time::Timestamp;

pub use super::user_refusal::UserRefusal;

/// How a new person gets in for the first time.
pub enum FirstAccess {
    /// With this password.
    Password(Sensitive),
    /// With the password of this hash, which another system made.
    Hash(Sensitive),
    /// By a link, under which they choose one.
    Invitation,
    /// Not yet.
    None,
}

/// A person who was added.
#[derive(Debug)]
pub struct Created {
    /// The person.
    pub user: UserView,
    /// The secret of the invitation, if one was wanted; shown once.
    pub invitation: Option<Sensitive>,
    /// Whether a letter with the invitation goes to them.
    pub mailed: bool,
}

/// The record of a new person.
///
/// # Errors
/// A [`UserRefusal`].
pub fn draft(cx: &Cx, document: UserDocument) -> Result<User, UserRefusal> {
    let mut user = User {
        id: UserId(uuid(&*cx.parts.chance, cx.now)),
        email: Email::parse(&document.email)?,
        email_verified: false,
        role: RoleName::PERSON,
        profile: Profile::default(),
        groups: Vec::new(),
        disabled_at: None,
        valid_from: cx.now,
        created_at: cx.now,
        updated_at: cx.now,
        version: 1,
        attributes: std::collections::BTreeMap::new(),
        last_sign_in_at: None,
        picture: None,
    };
    document.write_into(&mut user)?;
    Ok(user)
}

/// Adds a person.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn create(cx: &Cx, actor: &Actor, document: UserDocument, access: FirstAccess) -> Done<Created> {
    granted!(actor.needs(Permission::UsersWrite));
    let user = granted!(draft(cx, document));
    let (phc, invited) = match access {
        FirstAccess::Password(password) => (Some(granted!(hashed_for(cx, password, Owner::from(&user)).await?)), None),
        FirstAccess::Hash(hash) => (Some(granted!(imported(cx, &hash))), None),
        FirstAccess::Invitation => (None, Some(invitation::fresh(cx))),
        FirstAccess::None => (None, None),
    };
    let (change, link) = (Change::new(cx, actor), invited.clone());
    let done = cx.db().write(move |c| {
        let mut user = user.clone();
        user.attributes = granted!(attribute::judged_values(user.attributes, &attributes::list(c)?));
        granted!(rank::may_shape(c, &change.actor, None, &user)?);
        if !users::insert(c, &user)? {
            return Ok(Err(UserRefusal::Taken(user.email.as_str().to_owned()).into()));
        }
        if let Some(phc) = &phc {
            users::password_set(c, &user.id, phc, change.now)?;
        }
        if let Some(link) = &link {
            link.store(c, &user)?;
        }
        let mut detail = differences(None, Some(&json!(UserDocument::of(&user))));
        detail["invited"] = json!(link.is_some());
        change.log(c, "user_added", About::user(&user.id), detail)?;
        UserView::of_id(c, &user.id, change.now).map(|view| view.ok_or_else(|| unknown(user.id.as_str())))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    let mailed = invited.as_ref().is_some_and(invitation::Fresh::is_mailed);
    Ok(done.map(|user| Created { user, invitation: invited.map(|link| link.token), mailed }))
}

fn unknown(who: &str) -> super::AdminRefusal {
    UserRefusal::Unknown(who.to_owned()).into()
}

/// The person of this address or id.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn find(cx: &Cx, actor: &Actor, who: &str) -> Done<UserView> {
    granted!(actor.needs(Permission::UsersRead));
    let (wanted, now) = (who.trim().to_owned(), cx.now);
    let found = cx.db().read(move |c| match find_in(c, &wanted)? {
        Some(user) => UserView::of_id(c, &user.id, now),
        None => Ok(None),
    });
    Ok(found.await?.ok_or_else(|| unknown(who)))
}

/// The person of this address or id, inside a transaction. A text with `@` is an address, any other an id.
pub(super) fn find_in(c: &mut Conn, who: &str) -> Result<Option<User>, store::Fault> {
    if who.contains('@') {
        return match Email::parse(who) {
            Ok(email) => users::find_by_email_key(c, email.key()),
            Err(_) => Ok(None),
        };
    }
    // No id of ours has a NUL, and PostgreSQL takes none.
    if who.contains('\0') { Ok(None) } else { users::find(c, &UserId(who.to_owned())) }
}

/// Replaces a person's record by another document. An invitation does not survive another address, and the address that the
/// account had is told of the new one, if it was ever confirmed: a mistyped one may be a stranger's.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn replace(cx: &Cx, actor: &Actor, who: &str, document: UserDocument, expect: Option<i64>) -> Done<UserView> {
    let (envelope, own) = (Envelope::new(cx), cx.clone());
    let done = changed(cx, actor, who, Permission::UsersWrite, move |c, change, before| {
        granted!(fresh(expect, before.version));
        let mut after = before.clone();
        granted!(document.clone().write_into(&mut after));
        after.attributes = granted!(attribute::judged_values(after.attributes, &attributes::list(c)?));
        granted!(rank::may_shape(c, &change.actor, Some(before), &after)?);
        if after == *before {
            return Ok(Ok(None));
        }
        if after.email.key() != before.email.key() {
            if users::find_by_email_key(c, after.email.key())?.is_some() {
                return Ok(Err(UserRefusal::Taken(after.email.as_str().to_owned()).into()));
            }
            invitations::delete_of_user(c, &before.id)?;
            // Nobody goes back to an address that an administrator took away.
            account_links::delete_of_user(c, &before.id)?;
            account_links::delete_not_me(c, &before.id, Timestamp::from_millis(0))?;
            if before.email_verified {
                let notice = Notice::AddressChanged { old: before.email.clone() };
                envelope.of_administrator(before, notice).post(c, &own)?;
            }
        }
        after.updated_at = change.now;
        users::update(c, &after)?;
        if after.groups != before.groups {
            users::groups_set(c, &after.id, &after.groups, change.now)?;
        }
        let (before, after) = (json!(UserDocument::of(before)), json!(UserDocument::of(&after)));
        Ok(Ok(Some(("user_changed", differences(Some(&before), Some(&after))))))
    })
    .await?;
    cx.parts.post.wake.notify_one();
    Ok(done)
}

/// Shuts an account: it cannot sign in, its invitation is void, and sessions, codes and grants end at once.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn disable(cx: &Cx, actor: &Actor, who: &str, expect: Option<i64>) -> Done<UserView> {
    changed(cx, actor, who, Permission::UsersWrite, move |c, change, user| {
        granted!(fresh(expect, user.version));
        granted!(rank::somebody_else_owns(c, user)?);
        end_everything(c, &user.id, "the account was disabled", change.now)?;
        if user.disabled_at.is_none() {
            users::set_disabled(c, &user.id, Some(change.now), change.now)?;
        }
        Ok(Ok(Some(("user_disabled", json!({})))))
    })
    .await
}

/// Opens an account again. What had ended stays ended.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn enable(cx: &Cx, actor: &Actor, who: &str, expect: Option<i64>) -> Done<UserView> {
    changed(cx, actor, who, Permission::UsersWrite, move |c, change, user| {
        granted!(fresh(expect, user.version));
        if user.disabled_at.is_none() {
            return Ok(Ok(None));
        }
        users::set_disabled(c, &user.id, None, change.now)?;
        Ok(Ok(Some(("user_enabled", json!({})))))
    })
    .await
}

/// Removes a person with everything that is theirs. The security log keeps what it says of them. Gives them as they were.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, who: &str, expect: Option<i64>) -> Done<UserView> {
    granted!(actor.needs(Permission::UsersWrite));
    let (change, who) = (Change::new(cx, actor), who.trim().to_owned());
    let done = cx.db().write(move |c| {
        let user = granted!(rank::target(c, &change.actor, &who)?);
        granted!(fresh(expect, user.version));
        granted!(rank::somebody_else_owns(c, &user)?);
        let view = UserView::of_id(c, &user.id, change.now)?;
        users::delete(c, &user.id)?;
        let before = json!(UserDocument::of(&user));
        change.log(c, "user_removed", About::user(&user.id), differences(Some(&before), None))?;
        Ok(view.ok_or_else(|| unknown(&who)))
    });
    Ok(done.await?)
}

/// What goes when a person goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RemovalEffects {
    /// Sessions that end. Counting stops at 1000, here and below.
    pub sessions: i64,
    /// Grants that end, and with them refresh tokens and access tokens.
    pub grants: i64,
    /// Consents that are forgotten.
    pub consents: i64,
}

/// What removing this person would mean, to be asked before it is done.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn what_removal_means(cx: &Cx, actor: &Actor, who: &str) -> Done<RemovalEffects> {
    granted!(actor.needs(Permission::UsersRead));
    let (who, now) = (who.trim().to_owned(), cx.now);
    let found = cx.db().read(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(unknown(&who))) };
        let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        Ok(Ok(RemovalEffects {
            sessions: count(sessions::list(c, Some(&user.id), now, 1_000)?.len()),
            grants: grants::count_live_of_user(c, &user.id, now, 1_000)?,
            consents: count(consents::list_of_user(c, &user.id)?.len()),
        }))
    });
    Ok(found.await?)
}

/// Why the actor may not change this person at all, if so: their rank, or that it is themselves.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn why_out_of_reach(cx: &Cx, actor: &Actor, who: &str) -> Done<Option<AdminRefusal>> {
    granted!(actor.needs(Permission::UsersRead));
    let (who, actor) = (who.trim().to_owned(), actor.clone());
    let found = cx.db().read(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(unknown(&who))) };
        Ok(Ok(rank::may_act_on(c, &actor, &user)?.err()))
    });
    Ok(found.await?)
}

/// One transaction: find the person, ask whether the actor may act on them, do it, and leave an entry if something was done.
/// Gives the person as they are afterwards.
pub(super) async fn changed(
    cx: &Cx,
    actor: &Actor,
    who: &str,
    permission: Permission,
    mut step: impl FnMut(&mut Conn, &Change, &User) -> Judged<Option<(&'static str, Value)>> + Send + 'static,
) -> Done<UserView> {
    granted!(actor.needs(permission));
    let (change, who) = (Change::new(cx, actor), who.trim().to_owned());
    let done = cx.db().write(move |c| {
        let user = granted!(rank::target(c, &change.actor, &who)?);
        if let Some((kind, detail)) = granted!(step(c, &change, &user)?) {
            change.log(c, kind, About::user(&user.id), detail)?;
        }
        view_after(c, &user.id, change.now)
    });
    Ok(done.await?)
}

fn view_after(c: &mut Conn, id: &UserId, now: Timestamp) -> Judged<UserView> {
    Ok(UserView::of_id(c, id, now)?.ok_or_else(|| unknown(id.as_str())))
}
