//! Owns the table `scopes`: those that an administrator defined. It does not own the standard ones (`oauth::scope`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::scopes;
use crate::oauth::scope::Scope;
use crate::time::Timestamp;

/// A scope with what is known about its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredScope {
    /// The scope.
    pub scope: Scope,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was defined.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl StoredScope {
    /// One that is defined now.
    pub fn new(scope: Scope, now: Timestamp) -> Self {
        Self { scope, version: 1, created_at: now, updated_at: now }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scopes, treat_none_as_default_value = false, treat_none_as_null = true)]
struct ScopeRow {
    name: String,
    description: String,
    claims: String,
    audience: Option<String>,
    created_at: i64,
    version: i64,
    updated_at: i64,
    mappings: String,
}

impl TryFrom<ScopeRow> for StoredScope {
    type Error = Fault;

    fn try_from(row: ScopeRow) -> Result<Self, Fault> {
        Ok(StoredScope {
            scope: Scope {
                claims: Column("scopes", "claims").json(&row.claims)?,
                mappings: Column("scopes", "mappings").json(&row.mappings)?,
                name: row.name,
                description: row.description,
                audience: row.audience,
            },
            version: row.version,
            created_at: row::at(row.created_at),
            updated_at: row::at(row.updated_at),
        })
    }
}

/// All of them in order of their names.
pub fn list(c: &mut Conn) -> Result<Vec<Scope>, Fault> {
    Ok(page(c, None, i64::MAX)?.into_iter().map(|stored| stored.scope).collect())
}

/// Up to `limit` of them in order of their names, beginning behind `after`.
pub fn page(c: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<StoredScope>, Fault> {
    if after.is_some_and(row::has_nul) {
        return Ok(Vec::new());
    }
    let rows: Vec<ScopeRow> = q!(c, |conn| scopes::table
        .filter(scopes::name.gt(after.unwrap_or("")))
        .order(scopes::name)
        .limit(limit)
        .select(ScopeRow::as_select())
        .load(conn))?;
    rows.into_iter().map(StoredScope::try_from).collect()
}

/// The scope of this name.
pub fn find(c: &mut Conn, name: &str) -> Result<Option<StoredScope>, Fault> {
    if row::has_nul(name) {
        return Ok(None);
    }
    let row: Option<ScopeRow> =
        q!(c, |conn| scopes::table.find(name).select(ScopeRow::as_select()).get_result(conn).optional())?;
    row.map(StoredScope::try_from).transpose()
}

/// [`find`], locked until the transaction ends.
pub fn find_for_update(c: &mut Conn, name: &str) -> Result<Option<StoredScope>, Fault> {
    if row::has_nul(name) {
        return Ok(None);
    }
    let wanted = scopes::table.find(name);
    let row: Option<ScopeRow> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(ScopeRow::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => wanted.select(ScopeRow::as_select()).for_update().get_result(conn).optional()?,
    };
    row.map(StoredScope::try_from).transpose()
}

/// Adds a scope or replaces the one of the same name.
pub fn put(c: &mut Conn, stored: &StoredScope) -> Result<(), Fault> {
    let scope = &stored.scope;
    let row = ScopeRow {
        name: scope.name.clone(),
        description: scope.description.clone(),
        claims: row::to_json(&scope.claims)?,
        audience: scope.audience.clone(),
        created_at: stored.created_at.millis(),
        version: stored.version,
        updated_at: stored.updated_at.millis(),
        mappings: row::to_json(&scope.mappings)?,
    };
    q!(c, |conn| diesel::insert_into(scopes::table)
        .values(&row)
        .on_conflict(scopes::name)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

/// Removes a scope. `false`: there was none. Clients that name it keep the name.
pub fn delete(c: &mut Conn, name: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(scopes::table.find(name)).execute(conn))?;
    Ok(rows == 1)
}
