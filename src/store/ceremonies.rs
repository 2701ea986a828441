//! Owns the table `ceremonies`: which questions to a passkey were answered, so that each is answered once. It does not own the
//! questions, which travel sealed with their page.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::ceremonies;
use crate::time::Timestamp;

/// Takes the one answer to a question. `false`: it was answered before (security case K09). `expires_at` lies behind the end
/// of the question itself.
pub fn answer(c: &mut Conn, hash: &[u8], expires_at: Timestamp) -> Result<bool, Fault> {
    let row = (ceremonies::hash.eq(hash), ceremonies::expires_at.eq(expires_at.millis()));
    let rows = q!(c, |conn| diesel::insert_into(ceremonies::table).values(row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Forgets questions that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM ceremonies WHERE hash IN (SELECT hash FROM ceremonies WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
