//! Owns the table `devices`: browsers that a person has signed in from before. It does not own the cookie that says so.

use diesel::prelude::*;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row;
use super::schema::devices;
use crate::identity::UserId;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = devices, treat_none_as_default_value = false)]
struct DeviceRow<'a> {
    user_id: &'a str,
    device_hash: &'a [u8],
    first_seen_at: i64,
    last_seen_at: i64,
}

/// Whether the person has signed in from this browser before.
pub fn is_known(c: &mut Conn, user_id: &UserId, device_hash: &[u8]) -> Result<bool, Fault> {
    let first: Option<i64> = q!(c, |conn| devices::table
        .find((user_id.as_str(), device_hash))
        .select(devices::first_seen_at)
        .get_result(conn)
        .optional())?;
    Ok(first.is_some())
}

/// Notes that the person signed in from this browser.
pub fn remember(c: &mut Conn, user_id: &UserId, device_hash: &[u8], now: Timestamp) -> Result<(), Fault> {
    let row =
        DeviceRow { user_id: user_id.as_str(), device_hash, first_seen_at: now.millis(), last_seen_at: now.millis() };
    q!(c, |conn| diesel::insert_into(devices::table)
        .values(&row)
        .on_conflict((devices::user_id, devices::device_hash))
        .do_update()
        .set(devices::last_seen_at.eq(now.millis()))
        .returning(devices::user_id)
        .kept()
        .load::<String>(conn))?;
    Ok(())
}

/// Forgets the browsers of a person that were first seen at `since` or later. How many it were.
pub fn delete_since(c: &mut Conn, user_id: &UserId, since: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        devices::table.filter(devices::user_id.eq(user_id.as_str())).filter(devices::first_seen_at.ge(since.millis()))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Forgets the browsers of a person but this one: whoever signs in from another is new again. How many it were.
pub fn delete_others(c: &mut Conn, user_id: &UserId, kept: Option<&[u8]>) -> Result<i64, Fault> {
    let kept = kept.unwrap_or_default();
    let rows = q!(c, |conn| diesel::delete(
        devices::table.filter(devices::user_id.eq(user_id.as_str())).filter(devices::device_hash.ne(kept))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Gives a browser a new token: whoever signed in from it keeps that, and the old token knows nobody any more. Without this a
/// token that somebody planted in the browser would count as known as soon as its owner signs in.
pub fn renew(c: &mut Conn, old_hash: &[u8], new_hash: &[u8]) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(devices::table.filter(devices::device_hash.eq(old_hash)))
        .set(devices::device_hash.eq(new_hash))
        .execute(conn))?;
    Ok(())
}

/// When each of a person's browsers was first and last seen, the last first; at most `limit`.
pub fn list(c: &mut Conn, user_id: &UserId, limit: i64) -> Result<Vec<(Timestamp, Timestamp)>, Fault> {
    let rows: Vec<(i64, i64)> = q!(c, |conn| devices::table
        .filter(devices::user_id.eq(user_id.as_str()))
        .order((devices::last_seen_at.desc(), devices::device_hash))
        .limit(limit)
        .select((devices::first_seen_at, devices::last_seen_at))
        .load(conn))?;
    Ok(rows.into_iter().map(|(first, last)| (row::at(first), row::at(last))).collect())
}
