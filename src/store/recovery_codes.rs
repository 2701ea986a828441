//! Owns the table `recovery_codes`: codes that a person wrote down for the day they lose their other factors. Only hashes
//! are stored. It does not own their form (`secret::recovery`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::recovery_codes;
use crate::identity::UserId;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = recovery_codes, treat_none_as_default_value = false)]
struct Row<'a> {
    hash: &'a [u8],
    user_id: &'a str,
    created_at: i64,
    used_at: Option<i64>,
}

/// Gives a person new codes; the old ones are void from now on.
pub fn replace(c: &mut Conn, user: &UserId, hashes: &[Vec<u8>], now: Timestamp) -> Result<(), Fault> {
    delete_of_user(c, user)?;
    for hash in hashes {
        let row = Row { hash, user_id: user.as_str(), created_at: now.millis(), used_at: None };
        q!(c, |conn| diesel::insert_into(recovery_codes::table).values(&row).execute(conn))?;
    }
    Ok(())
}

/// Takes a code of this person, once (security case K08).
pub fn take(c: &mut Conn, user: &UserId, hash: &[u8], now: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(
        recovery_codes::table
            .filter(recovery_codes::hash.eq(hash))
            .filter(recovery_codes::user_id.eq(user.as_str()))
            .filter(recovery_codes::used_at.is_null())
    )
    .set(recovery_codes::used_at.eq(Some(now.millis())))
    .execute(conn))?;
    Ok(rows == 1)
}

/// How many codes a person can still use.
pub fn left(c: &mut Conn, user: &UserId) -> Result<i64, Fault> {
    q!(c, |conn| recovery_codes::table
        .filter(recovery_codes::user_id.eq(user.as_str()))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(conn))
    .map_err(Fault::from)
}

/// Takes those away that were made at `since` or later. How many it were.
pub fn delete_since(c: &mut Conn, user: &UserId, since: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        recovery_codes::table
            .filter(recovery_codes::user_id.eq(user.as_str()))
            .filter(recovery_codes::created_at.ge(since.millis()))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Takes all of a person away. How many it were.
pub fn delete_of_user(c: &mut Conn, user: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user.as_str())))
        .execute(conn))?;
    Ok(row::count(rows))
}
