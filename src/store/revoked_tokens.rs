//! Owns the table `revoked_tokens`: single access tokens that were revoked before their end (RFC 7009). It does not own the
//! revoking of whole families (`grants`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::revoked_tokens;
use crate::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = revoked_tokens, treat_none_as_default_value = false)]
struct RevokedRow<'a> {
    jti: &'a str,
    expires_at: i64,
}

/// Revokes a token by its `jti`, to be remembered until the token has expired anyway. Doing it twice changes nothing.
pub fn insert(c: &mut Conn, jti: &str, expires_at: Timestamp) -> Result<(), Fault> {
    let row = RevokedRow { jti, expires_at: expires_at.millis() };
    q!(c, |conn| diesel::insert_into(revoked_tokens::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(())
}

/// Whether the token was revoked.
pub fn is_revoked(c: &mut Conn, jti: &str) -> Result<bool, Fault> {
    let found: Option<i64> =
        q!(c, |conn| revoked_tokens::table.find(jti).select(revoked_tokens::expires_at).get_result(conn).optional())?;
    Ok(found.is_some())
}

/// Forgets tokens that expired before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM revoked_tokens WHERE jti IN (SELECT jti FROM revoked_tokens WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
