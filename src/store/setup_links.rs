//! Owns the table `setup_links`: the one-time link that makes the first owner. It does not own the page behind it.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row;
use super::schema::setup_links;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = setup_links, treat_none_as_default_value = false)]
struct LinkRow<'a> {
    hash: &'a [u8],
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

/// Stores a new link; earlier ones that were not used are void from now on.
pub fn replace(c: &mut Conn, hash: &[u8], now: Timestamp, expires_at: Timestamp) -> Result<(), Fault> {
    if let Link::Postgres(conn) = &mut c.0 {
        // Two nodes at once would each remove what they see and leave two links.
        conn.batch_execute("LOCK TABLE setup_links IN SHARE ROW EXCLUSIVE MODE")?;
    }
    let row = LinkRow { hash, created_at: now.millis(), expires_at: expires_at.millis(), used_at: None };
    q!(c, |conn| diesel::delete(setup_links::table.filter(setup_links::used_at.is_null())).execute(conn))?;
    q!(c, |conn| diesel::insert_into(setup_links::table).values(&row).execute(conn))?;
    Ok(())
}

/// Whether the link could still be taken.
pub fn find_live(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<bool, Fault> {
    let found: Option<i64> = q!(c, |conn| setup_links::table
        .filter(setup_links::hash.eq(hash))
        .filter(setup_links::used_at.is_null())
        .filter(setup_links::expires_at.gt(now.millis()))
        .select(setup_links::created_at)
        .get_result(conn)
        .optional())?;
    Ok(found.is_some())
}

/// Takes the link, once.
pub fn take(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(
        setup_links::table
            .filter(setup_links::hash.eq(hash))
            .filter(setup_links::used_at.is_null())
            .filter(setup_links::expires_at.gt(now.millis()))
    )
    .set(setup_links::used_at.eq(Some(now.millis())))
    .execute(conn))?;
    Ok(rows == 1)
}

/// Removes links that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM setup_links WHERE hash IN (SELECT hash FROM setup_links WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
