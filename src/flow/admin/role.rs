//! Owns what administrators do to roles: look, define, change, remove; and the one function that says what a role allows. It
//! does not own the built-in roles (`identity::permission`) nor who has which (`user`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::{Change, Judged, Put, differences};
use super::files::diff::Kind as FileKind;
use super::files::owned::is_owned;
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done, plain_text};
use crate::flow::Cx;
use crate::identity::permission::built_in;
use crate::identity::{Permission, Permissions, Role, RoleName};
use crate::store::roles::{self, StoredRole};
use crate::store::{self, Conn, users};

/// A role as an administrator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDocument {
    /// Its name: 1 to 50 of `a-z 0-9 -`, beginning with a letter.
    pub name: String,
    /// What it is for, in words for administrators; at most 200 characters.
    #[serde(default)]
    pub description: String,
    /// What it allows, as the scopes of the administration API name it, for example `admin:clients:read`.
    #[schema(value_type = Vec<String>)]
    pub permissions: Permissions,
}

/// A role with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RoleView {
    /// What it is.
    #[serde(flatten)]
    pub document: RoleDocument,
    /// Whether it comes with the program; then nobody can change it.
    pub built_in: bool,
    /// Goes up by one with each change; 0 for built-in ones.
    pub version: i64,
    /// When it was made (RFC 3339); `null` for built-in ones.
    pub created_at: Option<String>,
    /// When it last changed (RFC 3339); `null` for built-in ones.
    pub updated_at: Option<String>,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

pub(super) fn document(role: &Role) -> RoleDocument {
    RoleDocument {
        name: role.name.as_str().to_owned(),
        description: role.description.clone(),
        permissions: role.permissions,
    }
}

fn view(c: &mut Conn, stored: &StoredRole) -> Result<RoleView, store::Fault> {
    Ok(RoleView {
        document: document(&stored.role),
        built_in: false,
        version: stored.version,
        created_at: Some(stored.created_at.rfc3339()),
        updated_at: Some(stored.updated_at.rfc3339()),
        managed_by_files: is_owned(c, FileKind::Role, stored.role.name.as_str())?,
    })
}

fn view_built_in(role: &Role) -> RoleView {
    let (created_at, updated_at) = (None, None);
    RoleView { document: document(role), built_in: true, version: 0, created_at, updated_at, managed_by_files: false }
}

fn of_the_program(name: &RoleName) -> Option<Role> {
    built_in().into_iter().find(|role| role.name == *name)
}

/// What a role allows: the one function for everybody who makes an [`Actor`] of a person. A role that nobody knows allows
/// nothing.
///
/// # Errors
/// A [`store::Fault`].
pub fn permissions_of(c: &mut Conn, name: &RoleName) -> Result<Permissions, store::Fault> {
    if let Some(role) = of_the_program(name) {
        return Ok(role.permissions);
    }
    Ok(roles::find(c, name)?.map_or(Permissions::NONE, |stored| stored.role.permissions))
}

/// The role of this name; one of an administrator's stays as it is until the transaction ends.
pub(super) fn lookup_for_update(c: &mut Conn, name: &RoleName) -> Result<Option<Role>, store::Fault> {
    match of_the_program(name) {
        Some(role) => Ok(Some(role)),
        None => Ok(roles::find_for_update(c, name)?.map(|stored| stored.role)),
    }
}

/// All roles: those of the program from the mightiest down, then the others in order of their names.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(cx: &Cx, actor: &Actor) -> Done<Vec<RoleView>> {
    granted!(actor.needs(Permission::RolesRead));
    let own = cx.db().read(|c| roles::list(c)?.iter().map(|stored| view(c, stored)).collect::<Result<Vec<_>, _>>());
    Ok(Ok(built_in().iter().map(view_built_in).chain(own.await?).collect()))
}

/// The role of this name.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn find(cx: &Cx, actor: &Actor, name: &str) -> Done<RoleView> {
    granted!(actor.needs(Permission::RolesRead));
    let Some(parsed) = RoleName::parse(name) else { return Ok(Err(unknown(name))) };
    if let Some(role) = of_the_program(&parsed) {
        return Ok(Ok(view_built_in(&role)));
    }
    let found = cx.db().read(move |c| match roles::find(c, &parsed)? {
        Some(stored) => Ok(Some(view(c, &stored)?)),
        None => Ok(None),
    });
    Ok(found.await?.ok_or_else(|| unknown(name)))
}

fn unknown(name: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_role", format!("there is no role {name:?}"))
}

/// Defines a role.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn create(cx: &Cx, actor: &Actor, document: RoleDocument) -> Done<RoleView> {
    let change = Change::new(cx, actor);
    let done = cx.db().write(move |c| {
        if let Some(name) = RoleName::parse(&document.name)
            && roles::find_for_update(c, &name)?.is_some()
        {
            let words = format!("there is a role {name} already");
            return Ok(Err(AdminRefusal::conflict("role_taken", words).at("name")));
        }
        put_in(c, &change, document.clone(), None)
    });
    Ok(done.await?.map(|(_, view)| view))
}

/// Replaces a role; its name stays. What it allows changes at once for everybody who has it.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    name: &str,
    document: RoleDocument,
    expect: Option<i64>,
) -> Done<RoleView> {
    if document.name != name {
        let words = "the name of a role stays: define another one, and give that to the people";
        return Ok(Err(AdminRefusal::invalid("name_stays", words).at("name")));
    }
    let (change, missing) = (Change::new(cx, actor), unknown(name));
    let done = cx.db().write(move |c| {
        let name = granted!(judged_name(&document.name));
        if roles::find_for_update(c, &name)?.is_none() {
            return Ok(Err(missing.clone()));
        }
        put_in(c, &change, document.clone(), expect)
    });
    Ok(done.await?.map(|(_, view)| view))
}

fn judged_name(name: &str) -> Result<RoleName, AdminRefusal> {
    let Some(parsed) = RoleName::parse(name) else {
        let words = format!("{name:?} cannot be a role: use 1 to 50 of a-z, 0-9 and -, beginning with a letter");
        return Err(AdminRefusal::invalid("role_name", words).at("name"));
    };
    match of_the_program(&parsed) {
        Some(_) => {
            let words =
                format!("the role {name} comes with the program and stays as it is: define one of another name");
            Err(AdminRefusal::forbidden("role_built_in", words).at("name"))
        }
        None => Ok(parsed),
    }
}

fn judged(document: RoleDocument) -> Result<Role, AdminRefusal> {
    let name = judged_name(&document.name)?;
    let description = match document.description.trim() {
        "" => String::new(),
        text => plain_text(text, 200)
            .map_err(|why| AdminRefusal::invalid("description", format!("the description {why}")).at("description"))?,
    };
    if document.permissions.contains(Permission::Own) {
        let words = "admin:own belongs to the role owner alone: leave it out";
        return Err(AdminRefusal::forbidden("own_is_for_owners", words).at("permissions"));
    }
    Ok(Role { name, description, permissions: document.permissions })
}

/// Puts a role in its place, new or not.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    document: RoleDocument,
    expect: Option<i64>,
) -> Judged<(Put, RoleView)> {
    granted!(change.actor.needs(Permission::RolesWrite));
    let role = granted!(judged(document));
    let before = roles::find_for_update(c, &role.name)?;
    granted!(fresh(expect, before.as_ref().map_or(0, |stored| stored.version)));
    let old = before.as_ref().map_or(Permissions::NONE, |stored| stored.role.permissions);
    for permissions in [old, role.permissions] {
        granted!(change.actor.outranks(permissions).map_err(|refusal| refusal.at("permissions")));
    }
    if let Some(before) = before.as_ref().filter(|before| before.role == role) {
        return Ok(Ok((Put::Unchanged, view(c, before)?)));
    }
    let stored = StoredRole {
        role,
        version: before.as_ref().map_or(1, |stored| stored.version + 1),
        created_at: before.as_ref().map_or(change.now, |stored| stored.created_at),
        updated_at: change.now,
    };
    let (put, kind) = match before {
        Some(_) => (Put::Changed, "role_changed"),
        None => (Put::Created, "role_added"),
    };
    match put {
        Put::Created => roles::insert(c, &stored)?,
        _ => roles::update(c, &stored)?,
    };
    log(c, change, kind, before.as_ref(), Some(&stored))?;
    Ok(Ok((put, view(c, &stored)?)))
}

fn log(
    c: &mut Conn,
    change: &Change,
    kind: &str,
    before: Option<&StoredRole>,
    after: Option<&StoredRole>,
) -> Result<(), store::Fault> {
    let shown = |stored: Option<&StoredRole>| stored.map(|stored| json!(document(&stored.role)));
    let mut detail = differences(shown(before).as_ref(), shown(after).as_ref());
    detail["role"] = json!(after.or(before).map(|stored| stored.role.name.as_str()));
    change.log(c, kind, About::default(), detail)
}

/// Removes a role that nobody has.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, name: &str, expect: Option<i64>) -> Done<()> {
    let (change, name) = (Change::new(cx, actor), name.to_owned());
    Ok(cx.db().write(move |c| remove_in(c, &change, &name, expect)).await?)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, name: &str, expect: Option<i64>) -> Judged<()> {
    granted!(change.actor.needs(Permission::RolesWrite));
    let parsed = granted!(judged_name(name));
    let Some(stored) = roles::find_for_update(c, &parsed)? else { return Ok(Err(unknown(name))) };
    granted!(fresh(expect, stored.version));
    granted!(change.actor.outranks(stored.role.permissions));
    if users::any_with_role(c, &parsed)? {
        let words = format!("people have the role {name}: give them another one first");
        return Ok(Err(AdminRefusal::conflict("role_in_use", words)));
    }
    roles::delete(c, &parsed)?;
    log(c, change, "role_removed", Some(&stored), None)?;
    Ok(Ok(()))
}
