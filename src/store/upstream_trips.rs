//! Owns the table `upstream_trips`: people who were sent to a provider, or came back and prove their account, each waited for
//! once. It does not own what is in the sealed state.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::upstream_trips;
use crate::time::Timestamp;

/// Begins to wait, under the hash of a secret.
pub fn insert(c: &mut Conn, hash: &[u8], state: &[u8], expires_at: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::insert_into(upstream_trips::table)
        .values((
            upstream_trips::hash.eq(hash),
            upstream_trips::state.eq(state),
            upstream_trips::expires_at.eq(expires_at.millis()),
        ))
        .execute(conn))?;
    Ok(())
}

/// What was stored, if it is not too old; it stays.
pub fn find(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<Option<Vec<u8>>, Fault> {
    Ok(q!(c, |conn| upstream_trips::table
        .filter(upstream_trips::hash.eq(hash))
        .filter(upstream_trips::expires_at.gt(now.millis()))
        .select(upstream_trips::state)
        .get_result(conn)
        .optional())?)
}

/// Takes what was stored, if it is not too old, once: it is gone afterwards.
pub fn take(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<Option<Vec<u8>>, Fault> {
    let found: Option<Vec<u8>> = q!(c, |conn| upstream_trips::table
        .filter(upstream_trips::hash.eq(hash))
        .filter(upstream_trips::expires_at.gt(now.millis()))
        .select(upstream_trips::state)
        .get_result(conn)
        .optional())?;
    let rows = q!(c, |conn| diesel::delete(upstream_trips::table.find(hash)).execute(conn))?;
    Ok(found.filter(|_| rows == 1))
}

/// Forgets what ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM upstream_trips WHERE hash IN (SELECT hash FROM upstream_trips WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
