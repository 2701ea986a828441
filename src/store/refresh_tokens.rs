//! Owns the table `refresh_tokens`: the links of each family's chain. It does not own what a link that comes twice means
//! (`oauth::grant::refresh_token`), only that of many who rotate one link at once a single one wins.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::grants::GrantRow;
use super::row;
use super::schema::{grants, refresh_tokens};
use crate::oauth::authorization::{Grant, RefreshToken};
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, treat_none_as_default_value = false)]
struct TokenRow {
    hash: Vec<u8>,
    grant_id: String,
    client_id: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    successor: Option<Vec<u8>>,
    superseded_at: Option<i64>,
}

impl From<TokenRow> for RefreshToken {
    fn from(row: TokenRow) -> Self {
        RefreshToken {
            hash: row.hash,
            grant_id: row.grant_id,
            client_id: row.client_id,
            created_at: row::at(row.created_at),
            expires_at: row::at(row.expires_at),
            used_at: row::at_opt(row.used_at),
            successor: row.successor,
            superseded_at: row::at_opt(row.superseded_at),
        }
    }
}

/// Stores a token.
pub fn insert(c: &mut Conn, token: &RefreshToken) -> Result<(), Fault> {
    let row = TokenRow {
        hash: token.hash.clone(),
        grant_id: token.grant_id.clone(),
        client_id: token.client_id.clone(),
        created_at: token.created_at.millis(),
        expires_at: token.expires_at.millis(),
        used_at: row::millis(token.used_at),
        successor: token.successor.clone(),
        superseded_at: row::millis(token.superseded_at),
    };
    q!(c, |conn| diesel::insert_into(refresh_tokens::table).values(&row).execute(conn))?;
    Ok(())
}

/// The token of this hash.
pub fn find(c: &mut Conn, hash: &[u8]) -> Result<Option<RefreshToken>, Fault> {
    let row: Option<TokenRow> =
        q!(c, |conn| refresh_tokens::table.find(hash).select(TokenRow::as_select()).first(conn).optional())?;
    Ok(row.map(RefreshToken::from))
}

/// The token of this hash with its family, in one round trip.
pub fn find_with_grant(c: &mut Conn, hash: &[u8]) -> Result<Option<(RefreshToken, Grant)>, Fault> {
    let row: Option<(TokenRow, GrantRow)> = q!(c, |conn| refresh_tokens::table
        .inner_join(grants::table)
        .filter(refresh_tokens::hash.eq(hash))
        .select((TokenRow::as_select(), GrantRow::as_select()))
        .first(conn)
        .optional())?;
    row.map(|(token, grant)| Ok((RefreshToken::from(token), Grant::try_from(grant)?))).transpose()
}

/// Replaces an unused token by its successor. `false`: it was used or superseded before (or never was), nothing was changed.
pub fn rotate(c: &mut Conn, old_hash: &[u8], new: &RefreshToken, now: Timestamp) -> Result<bool, Fault> {
    use refresh_tokens as t;
    let rows = q!(c, |conn| diesel::update(
        t::table.filter(t::hash.eq(old_hash)).filter(t::used_at.is_null()).filter(t::superseded_at.is_null())
    )
    .set((t::used_at.eq(Some(now.millis())), t::successor.eq(Some(new.hash.as_slice()))))
    .execute(conn))?;
    if rows == 1 {
        insert(c, new)?;
    }
    Ok(rows == 1)
}

/// Replaces the successor of a used token, whose answer was lost on the way: `lost_hash` is marked as superseded and `new`
/// stands in its place. `false`: the lost one was used or superseded meanwhile, nothing was changed.
///
/// # Errors
/// Among others [`Fault::Internal`] (and nothing remains) if `lost_hash` is not the successor of `old_hash`.
pub fn supersede(
    c: &mut Conn,
    old_hash: &[u8],
    lost_hash: &[u8],
    new: &RefreshToken,
    now: Timestamp,
) -> Result<bool, Fault> {
    use refresh_tokens as t;
    let lost = q!(c, |conn| diesel::update(
        t::table.filter(t::hash.eq(lost_hash)).filter(t::used_at.is_null()).filter(t::superseded_at.is_null())
    )
    .set(t::superseded_at.eq(Some(now.millis())))
    .execute(conn))?;
    if lost != 1 {
        return Ok(false);
    }
    let old =
        q!(c, |conn| diesel::update(t::table.filter(t::hash.eq(old_hash)).filter(t::successor.eq(Some(lost_hash))))
            .set(t::successor.eq(Some(new.hash.as_slice())))
            .execute(conn))?;
    if old != 1 {
        return Err(Fault::Internal("a refresh token was superseded that is not the successor".to_owned()));
    }
    insert(c, new)?;
    Ok(true)
}

/// Removes tokens that died before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
