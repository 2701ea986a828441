//! Owns the table `upstream_providers`: whom people sign in through, with our sealed secrets there, and whether they answer. It
//! does not own what a good provider is (`oauth::upstream`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::upstream_providers as table;
use crate::oauth::upstream::Provider;
use crate::time::Timestamp;

/// A provider with what is known about its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProvider {
    /// The provider.
    pub provider: Provider,
    /// Our secret there, sealed under the provider's id.
    pub secret: Option<Vec<u8>>,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Since when it does not answer, and what was seen then.
    pub failing: Option<(Timestamp, String)>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = table)]
struct Row {
    id: String,
    document: String,
    secret: Option<Vec<u8>>,
    version: i64,
    created_at: i64,
    updated_at: i64,
    failing_since: Option<i64>,
    failure: Option<String>,
}

impl TryFrom<Row> for StoredProvider {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        let column = Column("upstream_providers", "document");
        let provider: Provider = column.json(&row.document)?;
        if provider.id != row.id {
            return Err(column.corrupt("it is another provider's"));
        }
        Ok(Self {
            provider,
            secret: row.secret,
            version: row.version,
            created_at: row::at(row.created_at),
            updated_at: row::at(row.updated_at),
            failing: row::at_opt(row.failing_since).map(|since| (since, row.failure.unwrap_or_default())),
        })
    }
}

/// Up to `limit` of them in order of their ids, beginning behind `after`.
pub fn page(c: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<StoredProvider>, Fault> {
    if after.is_some_and(row::has_nul) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = q!(c, |conn| table::table
        .filter(table::id.gt(after.unwrap_or("")))
        .order(table::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    rows.into_iter().map(StoredProvider::try_from).collect()
}

/// The provider of this id.
pub fn find(c: &mut Conn, id: &str) -> Result<Option<StoredProvider>, Fault> {
    if row::has_nul(id) {
        return Ok(None);
    }
    let row: Option<Row> = q!(c, |conn| table::table.find(id).select(Row::as_select()).get_result(conn).optional())?;
    row.map(StoredProvider::try_from).transpose()
}

/// [`find`], locked until the transaction ends.
pub fn find_for_update(c: &mut Conn, id: &str) -> Result<Option<StoredProvider>, Fault> {
    if row::has_nul(id) {
        return Ok(None);
    }
    let row: Option<Row> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => table::table.find(id).select(Row::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => {
            table::table.find(id).select(Row::as_select()).for_update().get_result(conn).optional()?
        }
    };
    row.map(StoredProvider::try_from).transpose()
}

/// Adds a provider or replaces the one of the same id. Its secret and what is known of its health stay.
pub fn put(c: &mut Conn, stored: &StoredProvider) -> Result<(), Fault> {
    let document = row::to_json(&stored.provider)?;
    let values = (
        table::document.eq(&document),
        table::version.eq(stored.version),
        table::created_at.eq(stored.created_at.millis()),
        table::updated_at.eq(stored.updated_at.millis()),
    );
    q!(c, |conn| diesel::insert_into(table::table)
        .values((table::id.eq(&stored.provider.id), values))
        .on_conflict(table::id)
        .do_update()
        .set(values)
        .execute(conn))?;
    Ok(())
}

/// Sets or removes our sealed secret, and raises the version. `false`: there is no such provider.
pub fn secret_set(c: &mut Conn, id: &str, secret: Option<&[u8]>, now: Timestamp) -> Result<bool, Fault> {
    let set = (table::secret.eq(secret), table::updated_at.eq(now.millis()), table::version.eq(table::version + 1));
    let rows = q!(c, |conn| diesel::update(table::table.find(id)).set(set).execute(conn))?;
    Ok(rows == 1)
}

/// Forgets our secret, which is of no use any more. Its version stays: this is part of another change.
pub fn secret_forget(c: &mut Conn, id: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(table::table.find(id)).set(table::secret.eq(None::<&[u8]>)).execute(conn))?;
    Ok(())
}

/// Notes that it does not answer (`Some`: what was seen) or that it does again (`None`). Its version stays.
pub fn health_set(c: &mut Conn, id: &str, failure: Option<&str>, now: Timestamp) -> Result<(), Fault> {
    let failure = failure.map(row::without_nul);
    let set = (table::failing_since.eq(failure.as_ref().map(|_| now.millis())), table::failure.eq(failure.as_deref()));
    q!(c, |conn| diesel::update(table::table.find(id)).set(set).execute(conn))?;
    Ok(())
}

/// Those that do not answer.
pub fn failing(c: &mut Conn, limit: i64) -> Result<Vec<StoredProvider>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| table::table
        .filter(table::failing_since.is_not_null())
        .order(table::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    rows.into_iter().map(StoredProvider::try_from).collect()
}

/// Removes a provider with every link to it. `false`: there was none.
pub fn delete(c: &mut Conn, id: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(table::table.find(id)).execute(conn))?;
    Ok(rows == 1)
}
