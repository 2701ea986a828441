//! Owns the table `resources`: resource servers that an administrator defined. It does not own what they demand of tokens
//! (`oauth::resource`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::resources;
use crate::oauth::jose::Algorithm;
use crate::oauth::resource::Resource;
use crate::time::{Lifetime, Timestamp};

/// A resource server with what is known about its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResource {
    /// The resource server.
    pub resource: Resource,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was defined.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = resources, treat_none_as_default_value = false, treat_none_as_null = true)]
struct ResourceRow {
    audience: String,
    name: String,
    access_token_lifetime: Option<i64>,
    access_token_alg: Option<String>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<ResourceRow> for StoredResource {
    type Error = Fault;

    fn try_from(row: ResourceRow) -> Result<Self, Fault> {
        let alg = |word: String| Column("resources", "access_token_alg").word(&word, Algorithm::parse);
        Ok(StoredResource {
            resource: Resource {
                audience: row.audience,
                name: row.name,
                access_token_lifetime: row.access_token_lifetime.map(Lifetime::from_millis),
                access_token_alg: row.access_token_alg.map(alg).transpose()?,
            },
            version: row.version,
            created_at: row::at(row.created_at),
            updated_at: row::at(row.updated_at),
        })
    }
}

/// Those among these audiences.
pub fn among(c: &mut Conn, audiences: &[String]) -> Result<Vec<Resource>, Fault> {
    let wanted: Vec<&String> = audiences.iter().filter(|a| !row::has_nul(a)).collect();
    let rows: Vec<ResourceRow> = q!(c, |conn| resources::table
        .filter(resources::audience.eq_any(&wanted))
        .order(resources::audience)
        .select(ResourceRow::as_select())
        .load(conn))?;
    rows.into_iter().map(|row| Ok(StoredResource::try_from(row)?.resource)).collect()
}

/// Up to `limit` of them in order of their audiences, beginning behind `after`.
pub fn page(c: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<StoredResource>, Fault> {
    if after.is_some_and(row::has_nul) {
        return Ok(Vec::new());
    }
    let rows: Vec<ResourceRow> = q!(c, |conn| resources::table
        .filter(resources::audience.gt(after.unwrap_or("")))
        .order(resources::audience)
        .limit(limit)
        .select(ResourceRow::as_select())
        .load(conn))?;
    rows.into_iter().map(StoredResource::try_from).collect()
}

/// The resource server of this audience.
pub fn find(c: &mut Conn, audience: &str) -> Result<Option<StoredResource>, Fault> {
    if row::has_nul(audience) {
        return Ok(None);
    }
    let row: Option<ResourceRow> =
        q!(c, |conn| resources::table.find(audience).select(ResourceRow::as_select()).get_result(conn).optional())?;
    row.map(StoredResource::try_from).transpose()
}

/// [`find`], locked until the transaction ends.
pub fn find_for_update(c: &mut Conn, audience: &str) -> Result<Option<StoredResource>, Fault> {
    if row::has_nul(audience) {
        return Ok(None);
    }
    let wanted = resources::table.find(audience);
    let row: Option<ResourceRow> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(ResourceRow::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => wanted.select(ResourceRow::as_select()).for_update().get_result(conn).optional()?,
    };
    row.map(StoredResource::try_from).transpose()
}

/// Adds a resource server or replaces the one of the same audience.
pub fn put(c: &mut Conn, stored: &StoredResource) -> Result<(), Fault> {
    let resource = &stored.resource;
    let row = ResourceRow {
        audience: resource.audience.clone(),
        name: resource.name.clone(),
        access_token_lifetime: resource.access_token_lifetime.map(Lifetime::millis),
        access_token_alg: resource.access_token_alg.map(|alg| alg.as_str().to_owned()),
        version: stored.version,
        created_at: stored.created_at.millis(),
        updated_at: stored.updated_at.millis(),
    };
    q!(c, |conn| diesel::insert_into(resources::table)
        .values(&row)
        .on_conflict(resources::audience)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

/// Removes a resource server. `false`: there was none.
pub fn delete(c: &mut Conn, audience: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(resources::table.find(audience)).execute(conn))?;
    Ok(rows == 1)
}
