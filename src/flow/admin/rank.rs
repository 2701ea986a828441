//! Owns who may act on whom: nobody acts on somebody of their own or a higher rank. It does not own the permissions of roles.

use super::Actor;
use super::change::Judged;
use crate::identity::permission::built_in;
use crate::identity::{Permissions, User};
use crate::store::Conn;

/// Asks whether the actor may act on this person.
pub(super) fn may_act_on(_: &mut Conn, actor: &Actor, user: &User) -> Judged<()> {
    let role = built_in().into_iter().find(|role| role.name == user.role);
    Ok(actor.outranks(role.map_or(Permissions::NONE, |role| role.permissions)))
}
