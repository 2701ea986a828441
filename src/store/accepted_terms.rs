//! Owns the table `accepted_terms`: which versions of the terms a person accepted, and when. It does not own what the terms
//! are, nor who is asked.

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::accepted_terms;
use crate::identity::UserId;
use crate::time::Timestamp;

/// Notes that a person accepted a version. The first time counts.
pub fn put(c: &mut Conn, user: &UserId, version: i64, now: Timestamp) -> Result<(), Fault> {
    let row = (
        accepted_terms::user_id.eq(user.as_str()),
        accepted_terms::version.eq(version),
        accepted_terms::accepted_at.eq(now.millis()),
    );
    q!(c, |conn| diesel::insert_into(accepted_terms::table).values(row).on_conflict_do_nothing().execute(conn))?;
    Ok(())
}

/// What a person accepted: versions, the newest first, and when.
pub fn list(c: &mut Conn, user: &UserId) -> Result<Vec<(i64, Timestamp)>, Fault> {
    let rows: Vec<(i64, i64)> = q!(c, |conn| accepted_terms::table
        .filter(accepted_terms::user_id.eq(user.as_str()))
        .order(accepted_terms::version.desc())
        .select((accepted_terms::version, accepted_terms::accepted_at))
        .load(conn))?;
    Ok(rows.into_iter().map(|(version, at)| (version, row::at(at))).collect())
}

/// The newest version that each of these people accepted; who accepted none is left out.
pub fn newest(c: &mut Conn, people: &[String]) -> Result<HashMap<String, i64>, Fault> {
    let rows: Vec<(String, i64)> = q!(c, |conn| accepted_terms::table
        .filter(accepted_terms::user_id.eq_any(people))
        .order(accepted_terms::version)
        .select((accepted_terms::user_id, accepted_terms::version))
        .load(conn))?;
    Ok(rows.into_iter().collect())
}
