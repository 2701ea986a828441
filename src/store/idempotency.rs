//! Owns the table `idempotency`: which requests that make something were seen before, and what was answered. It does not own
//! what makes two requests the same, nor the seal of an answer (`flow::admin::idempotency`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::idempotency;
use crate::time::Timestamp;

/// A request that was seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it asked for, as a tag.
    pub request: Vec<u8>,
    /// What was answered, sealed; `None` while the first request is under way.
    pub answer: Option<Vec<u8>>,
    /// When it came.
    pub created_at: Timestamp,
}

/// Takes a key for a request. `false`: somebody has it already; look with [`find`]. One statement decides, so of many at once
/// exactly one has it.
pub fn take(c: &mut Conn, key: &str, request: &[u8], now: Timestamp) -> Result<bool, Fault> {
    let row = (
        idempotency::key.eq(key),
        idempotency::request.eq(request),
        idempotency::answer.eq(None::<Vec<u8>>),
        idempotency::created_at.eq(now.millis()),
    );
    let rows =
        q!(c, |conn| diesel::insert_into(idempotency::table).values(row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// What is known under a key.
pub fn find(c: &mut Conn, key: &str) -> Result<Option<Seen>, Fault> {
    let row: Option<(Vec<u8>, Option<Vec<u8>>, i64)> = q!(c, |conn| idempotency::table
        .find(key)
        .select((idempotency::request, idempotency::answer, idempotency::created_at))
        .get_result(conn)
        .optional())?;
    Ok(row.map(|(request, answer, at)| Seen { request, answer, created_at: row::at(at) }))
}

/// Keeps the answer under a key.
pub fn answer(c: &mut Conn, key: &str, answer: &[u8]) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(idempotency::table.find(key)).set(idempotency::answer.eq(Some(answer))).execute(conn))?;
    Ok(())
}

/// Gives a key free again.
pub fn delete(c: &mut Conn, key: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(idempotency::table.find(key)).execute(conn))?;
    Ok(())
}

/// Removes keys from before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_older(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM idempotency WHERE \"key\" IN (SELECT \"key\" FROM idempotency WHERE created_at < $1 LIMIT $2)",
        before.millis(),
    )
}
