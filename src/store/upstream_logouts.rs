//! Owns the table `upstream_logouts`: logout tokens of providers that were used, so that each counts once. It does not own
//! what a logout token must say (`oauth::upstream::logout`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::upstream_logouts;
use crate::time::Timestamp;

/// Uses a token up. `false`: it was used before.
pub fn insert(c: &mut Conn, hash: &[u8], expires_at: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::insert_into(upstream_logouts::table)
        .values((upstream_logouts::hash.eq(hash), upstream_logouts::expires_at.eq(expires_at.millis())))
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(rows == 1)
}

/// Forgets what ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM upstream_logouts WHERE hash IN (SELECT hash FROM upstream_logouts WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
