//! Owns the table `scopes`: those that an administrator defined. It does not own the standard ones (`oauth::scope`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::scopes;
use crate::oauth::scope::Scope;
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = scopes, treat_none_as_default_value = false)]
struct ScopeRow {
    name: String,
    description: String,
    claims: String,
    audience: Option<String>,
    created_at: i64,
}

/// All of them in order of their names.
pub fn list(c: &mut Conn) -> Result<Vec<Scope>, Fault> {
    let rows: Vec<ScopeRow> = q!(c, |conn| scopes::table.order(scopes::name).select(ScopeRow::as_select()).load(conn))?;
    rows.into_iter()
        .map(|row| {
            Ok(Scope {
                claims: Column("scopes", "claims").json(&row.claims)?,
                name: row.name,
                description: row.description,
                audience: row.audience,
            })
        })
        .collect()
}

/// Adds a scope or replaces the one of the same name; `created_at` stays that of the first.
pub fn upsert(c: &mut Conn, scope: &Scope, now: Timestamp) -> Result<(), Fault> {
    let row = ScopeRow {
        name: scope.name.clone(),
        description: scope.description.clone(),
        claims: row::to_json(&scope.claims)?,
        audience: scope.audience.clone(),
        created_at: now.millis(),
    };
    let set = (
        scopes::description.eq(row.description.clone()),
        scopes::claims.eq(row.claims.clone()),
        scopes::audience.eq(row.audience.clone()),
    );
    q!(c, |conn| diesel::insert_into(scopes::table)
        .values(&row)
        .on_conflict(scopes::name)
        .do_update()
        .set(set)
        .execute(conn))?;
    Ok(())
}

/// Removes a scope. `false`: there was none. Clients that name it keep the name.
pub fn delete(c: &mut Conn, name: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(scopes::table.find(name)).execute(conn))?;
    Ok(rows == 1)
}
