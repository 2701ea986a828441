//! Owns the table `roles`: the roles that administrators defined. It does not own the built-in ones (`identity::permission`)
//! nor who has which (`users`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::roles;
use crate::identity::{Role, RoleName};
use crate::time::Timestamp;

/// A role as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRole {
    /// The role.
    pub role: Role,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = roles)]
struct Row {
    name: String,
    description: String,
    permissions: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for StoredRole {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let role = Role {
            name: Column("roles", "name").word(&row.name, RoleName::parse)?,
            description: row.description,
            permissions: Column("roles", "permissions").json(&row.permissions)?,
        };
        let (created_at, updated_at) = (row::at(row.created_at), row::at(row.updated_at));
        Ok(StoredRole { role, version: row.version, created_at, updated_at })
    }
}

fn row_of(stored: &StoredRole) -> Result<Row, Fault> {
    Ok(Row {
        name: stored.role.name.as_str().to_owned(),
        description: stored.role.description.clone(),
        permissions: row::to_json(&stored.role.permissions)?,
        version: stored.version,
        created_at: stored.created_at.millis(),
        updated_at: stored.updated_at.millis(),
    })
}

/// All of them, in order of their names.
pub fn list(c: &mut Conn) -> Result<Vec<StoredRole>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| roles::table.order(roles::name).select(Row::as_select()).load(conn))?;
    rows.into_iter().map(StoredRole::try_from).collect()
}

/// The role of this name.
pub fn find(c: &mut Conn, name: &RoleName) -> Result<Option<StoredRole>, Fault> {
    let row: Option<Row> =
        q!(c, |conn| roles::table.find(name.as_str()).select(Row::as_select()).get_result(conn).optional())?;
    row.map(StoredRole::try_from).transpose()
}

/// [`find`], and nobody else changes or gives away the role until the transaction ends.
pub fn find_for_update(c: &mut Conn, name: &RoleName) -> Result<Option<StoredRole>, Fault> {
    if let Link::Postgres(conn) = &mut c.0 {
        let _: Option<String> =
            roles::table.find(name.as_str()).select(roles::name).for_update().get_result(conn).optional()?;
    }
    find(c, name)
}

/// Adds a role. `false`: there is one of this name.
pub fn insert(c: &mut Conn, stored: &StoredRole) -> Result<bool, Fault> {
    let row = row_of(stored)?;
    let rows = q!(c, |conn| diesel::insert_into(roles::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Replaces a role. `false`: there is none.
pub fn update(c: &mut Conn, stored: &StoredRole) -> Result<bool, Fault> {
    let row = row_of(stored)?;
    let rows = q!(c, |conn| diesel::update(roles::table.find(&row.name)).set(&row).execute(conn))?;
    Ok(rows == 1)
}

/// Removes a role. `false`: there was none.
pub fn delete(c: &mut Conn, name: &RoleName) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(roles::table.find(name.as_str())).execute(conn))?;
    Ok(rows == 1)
}
