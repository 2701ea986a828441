//! Owns who may act on whom (security cases N03, N09): nobody acts on somebody of their own or a higher rank, nobody but an
//! owner on themselves, and somebody stays who owns. It does not own the permissions of roles (`role`).

use super::change::Judged;
use super::refusal::granted;
use super::user_refusal::UserRefusal;
use super::{Actor, AdminRefusal, role};
use crate::identity::{Permission, RoleName, User};
use crate::store::{self, Conn, users};

/// Asks whether the actor may act on this person.
pub(super) fn may_act_on(c: &mut Conn, actor: &Actor, user: &User) -> Judged<()> {
    if !actor.permissions().contains(Permission::Own) && actor.user() == Some(&user.id) {
        let words = "nobody changes their own account this way: somebody of a higher rank has to do it";
        return Ok(Err(AdminRefusal::forbidden("yourself", words)));
    }
    let rank = role::permissions_of(c, &user.role)?;
    Ok(actor.outranks(rank))
}

/// Asks whether the actor may give this role away.
pub(super) fn may_give(c: &mut Conn, actor: &Actor, name: &RoleName) -> Judged<()> {
    granted!(actor.needs(Permission::RolesWrite));
    let Some(role) = role::lookup_for_update(c, name)? else {
        return Ok(Err(UserRefusal::Role(name.as_str().to_owned()).into()));
    };
    Ok(actor.outranks(role.permissions).map_err(|refusal| refusal.at("role")))
}

/// Asks whether the actor may make of `before` (nobody, if new) what `after` says.
pub(super) fn may_shape(c: &mut Conn, actor: &Actor, before: Option<&User>, after: &User) -> Judged<()> {
    if let Some(before) = before {
        granted!(may_act_on(c, actor, before)?);
    }
    let (role, groups) = before.map_or((&RoleName::PERSON, &[][..]), |user| (&user.role, &user.groups[..]));
    if *role != after.role {
        granted!(may_give(c, actor, &after.role)?);
    }
    if groups != &after.groups[..] {
        granted!(actor.needs(Permission::GroupsWrite).map_err(|refusal| refusal.at("groups")));
    }
    match before {
        Some(before) if !after.role.is_owner() => somebody_else_owns(c, before),
        _ => Ok(Ok(())),
    }
}

/// Asks whether there is an owner left without this person.
pub(in crate::flow) fn somebody_else_owns(c: &mut Conn, user: &User) -> Judged<()> {
    let owns = user.role.is_owner() && user.disabled_at.is_none();
    match owns && users::count_owners_for_update(c)? <= 1 {
        true => Ok(Err(UserRefusal::LastOwner(user.email.as_str().to_owned()).into())),
        false => Ok(Ok(())),
    }
}

/// The person an operation is about, locked, after asking whether the actor may act on them.
pub(super) fn target(c: &mut Conn, actor: &Actor, who: &str) -> Judged<User> {
    let user = granted!(locked(c, who)?);
    granted!(may_act_on(c, actor, &user)?);
    Ok(Ok(user))
}

/// [`target`] without the lock, for what is asked before the work begins.
pub(super) fn look_at(c: &mut Conn, actor: &Actor, who: &str) -> Judged<User> {
    let Some(user) = super::user::find_in(c, who)? else {
        return Ok(Err(UserRefusal::Unknown(who.to_owned()).into()));
    };
    Ok(may_act_on(c, actor, &user)?.map(|()| user))
}

/// The person of this address or id, locked.
pub(super) fn locked(c: &mut Conn, who: &str) -> Result<Result<User, UserRefusal>, store::Fault> {
    let found = match super::user::find_in(c, who)? {
        Some(user) => users::find_for_update(c, &user.id)?,
        None => None,
    };
    Ok(found.ok_or_else(|| UserRefusal::Unknown(who.to_owned())))
}
