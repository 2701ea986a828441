//! Owns the table `upstream_ended`: what logout tokens of providers named, for as long as a sign-in may be under way. It does not own
//! the names (`flow::sign_in::upstream::ended`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::upstream_ended as table;
use crate::time::Timestamp;

/// Notes that what has this name ended at `at`; forgotten after `expires_at`.
pub fn put(c: &mut Conn, hash: &[u8], at: Timestamp, expires_at: Timestamp) -> Result<(), Fault> {
    let times = (table::at.eq(at.millis()), table::expires_at.eq(expires_at.millis()));
    q!(c, |conn| diesel::insert_into(table::table)
        .values((table::hash.eq(hash), times))
        .on_conflict(table::hash)
        .do_update()
        .set(times)
        .execute(conn))?;
    Ok(())
}

/// When what has this name ended last, if that is remembered.
pub fn last(c: &mut Conn, hash: &[u8]) -> Result<Option<Timestamp>, Fault> {
    let at: Option<i64> = q!(c, |conn| table::table.find(hash).select(table::at).get_result(conn).optional())?;
    Ok(row::at_opt(at))
}

/// Forgets what ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM upstream_ended WHERE hash IN (SELECT hash FROM upstream_ended WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
