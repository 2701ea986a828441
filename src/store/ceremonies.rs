//! Owns the table `ceremonies`: challenges that wait for their answer, each once. It does not own what is in the sealed state.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::ceremonies;
use crate::time::Timestamp;

/// Stores a challenge under the hash of its secret.
pub fn insert(c: &mut Conn, hash: &[u8], state: &[u8], expires_at: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::insert_into(ceremonies::table)
        .values((
            ceremonies::hash.eq(hash),
            ceremonies::state.eq(state),
            ceremonies::expires_at.eq(expires_at.millis()),
        ))
        .execute(conn))?;
    Ok(())
}

/// Takes a challenge that is not too old, once: it is gone afterwards.
pub fn take(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<Option<Vec<u8>>, Fault> {
    let found: Option<Vec<u8>> = q!(c, |conn| ceremonies::table
        .filter(ceremonies::hash.eq(hash))
        .filter(ceremonies::expires_at.gt(now.millis()))
        .select(ceremonies::state)
        .get_result(conn)
        .optional())?;
    let rows = q!(c, |conn| diesel::delete(ceremonies::table.find(hash)).execute(conn))?;
    Ok(found.filter(|_| rows == 1))
}

/// Removes challenges that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM ceremonies WHERE hash IN (SELECT hash FROM ceremonies WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
