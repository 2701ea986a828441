//! Owns the table `invitations`: one-time links by which a person chooses a first or a new password. It does not own the page
//! behind the link.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::invitations;
use crate::identity::UserId;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = invitations, treat_none_as_default_value = false)]
struct InvitationRow<'a> {
    hash: &'a [u8],
    user_id: &'a str,
    created_at: i64,
    expires_at: i64,
}

/// Stores a new invitation of a person whose record is locked; earlier ones are void from now on.
pub fn replace(c: &mut Conn, hash: &[u8], user: &UserId, now: Timestamp, expires_at: Timestamp) -> Result<(), Fault> {
    delete_of_user(c, user)?;
    let row = InvitationRow { hash, user_id: user.as_str(), created_at: now.millis(), expires_at: expires_at.millis() };
    q!(c, |conn| diesel::insert_into(invitations::table).values(&row).execute(conn))?;
    Ok(())
}

/// Whose invitation this is, if it can still be used.
pub fn find_live(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<Option<UserId>, Fault> {
    let found: Option<String> = q!(c, |conn| invitations::table
        .filter(invitations::hash.eq(hash))
        .filter(invitations::expires_at.gt(now.millis()))
        .select(invitations::user_id)
        .get_result(conn)
        .optional())?;
    Ok(found.map(UserId))
}

/// Takes the invitation, once: it is gone afterwards. Whose it was.
pub fn take(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<Option<UserId>, Fault> {
    let Some(user) = find_live(c, hash, now)? else { return Ok(None) };
    let rows = q!(c, |conn| diesel::delete(invitations::table.find(hash)).execute(conn))?;
    Ok((rows == 1).then_some(user))
}

/// Makes every invitation of a person void. Whether there was one.
pub fn delete_of_user(c: &mut Conn, user: &UserId) -> Result<bool, Fault> {
    let rows =
        q!(c, |conn| diesel::delete(invitations::table.filter(invitations::user_id.eq(user.as_str()))).execute(conn))?;
    Ok(rows > 0)
}

/// Removes invitations that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM invitations WHERE hash IN (SELECT hash FROM invitations WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
