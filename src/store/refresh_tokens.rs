//! Owns the table `refresh_tokens`: the links of each family's chain. It does not own what a link that comes twice means
//! (`oauth::grant::refresh_token`), only that of many who rotate one link at once a single one wins.

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, Keep, Link, q};
use super::fault::Fault;
use super::grants::GrantRow;
use super::row;
use super::schema::{grants, refresh_tokens};
use crate::identity::UserId;
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
    generation: i64,
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
            generation: row.generation,
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
        generation: token.generation,
        superseded_at: row::millis(token.superseded_at),
    };
    q!(c, |conn| diesel::insert_into(refresh_tokens::table).values(&row).execute(conn))?;
    Ok(())
}

/// The token of this hash.
pub fn find(c: &mut Conn, hash: &[u8]) -> Result<Option<RefreshToken>, Fault> {
    let row: Option<TokenRow> =
        q!(c, |conn| refresh_tokens::table.find(hash).select(TokenRow::as_select()).get_result(conn).optional())?;
    Ok(row.map(RefreshToken::from))
}

/// The token of this hash with its family, in one round trip; for looking only.
pub fn peek_with_grant(c: &mut Conn, hash: &[u8]) -> Result<Option<(RefreshToken, Grant)>, Fault> {
    let row: Option<(TokenRow, GrantRow)> = q!(c, |conn| refresh_tokens::table
        .inner_join(grants::table)
        .filter(refresh_tokens::hash.eq(hash))
        .select((TokenRow::as_select(), GrantRow::as_select()))
        .get_result(conn)
        .optional())?;
    row.map(|(token, grant)| Ok((RefreshToken::from(token), Grant::try_from(grant)?))).transpose()
}

/// The token of this hash with its family, both held until the end of the write: whoever presents another token of the
/// family at the same time waits and sees what was done.
pub fn find_with_grant(c: &mut Conn, hash: &[u8]) -> Result<Option<(RefreshToken, Grant)>, Fault> {
    if let Link::Postgres(conn) = &mut c.0 {
        // The family first, by itself: a row that is locked after it was read may show an older token beside a newer grant.
        let family = refresh_tokens::table.filter(refresh_tokens::hash.eq(hash)).select(refresh_tokens::grant_id);
        let family: Option<String> = family.get_result(conn).optional()?;
        let Some(family) = family else { return Ok(None) };
        let _: Option<String> =
            grants::table.find(&family).select(grants::id).for_update().get_result(conn).optional()?;
    }
    peek_with_grant(c, hash)
}

/// The one token of a family that is neither used nor superseded.
pub fn leaf(c: &mut Conn, grant_id: &str) -> Result<Option<RefreshToken>, Fault> {
    use refresh_tokens as t;
    let row: Option<TokenRow> = q!(c, |conn| t::table
        .filter(t::grant_id.eq(grant_id))
        .filter(t::used_at.is_null())
        .filter(t::superseded_at.is_null())
        .select(TokenRow::as_select())
        .get_result(conn)
        .optional())?;
    Ok(row.map(RefreshToken::from))
}

/// Replaces the family's leaf by its successor. `false`: it was used or superseded before (or never was), nothing was changed.
pub fn rotate(c: &mut Conn, leaf: &[u8], new: &RefreshToken, now: Timestamp) -> Result<bool, Fault> {
    use refresh_tokens as t;
    let rows = q!(c, |conn| diesel::update(
        t::table.filter(t::hash.eq(leaf)).filter(t::used_at.is_null()).filter(t::superseded_at.is_null())
    )
    .set(t::used_at.eq(Some(now.millis())))
    .returning(t::hash)
    .kept()
    .load::<Vec<u8>>(conn))?;
    if rows.len() == 1 {
        insert(c, new)?;
    }
    Ok(rows.len() == 1)
}

/// Goes on from an older token whose answer was lost: the leaf `lost` is marked as superseded, `presented` as used if it was
/// not, and `new` becomes the leaf. `false`: the lost one was used or superseded meanwhile, nothing was changed.
pub fn reissue(c: &mut Conn, presented: &[u8], lost: &[u8], new: &RefreshToken, now: Timestamp) -> Result<bool, Fault> {
    use refresh_tokens as t;
    let rows = q!(c, |conn| diesel::update(
        t::table.filter(t::hash.eq(lost)).filter(t::used_at.is_null()).filter(t::superseded_at.is_null())
    )
    .set(t::superseded_at.eq(Some(now.millis())))
    .returning(t::hash)
    .kept()
    .load::<Vec<u8>>(conn))?;
    if rows.len() != 1 {
        return Ok(false);
    }
    q!(c, |conn| diesel::update(t::table.filter(t::hash.eq(presented)).filter(t::used_at.is_null()))
        .set(t::used_at.eq(Some(now.millis())))
        .returning(t::hash)
        .kept()
        .load::<Vec<u8>>(conn))?;
    insert(c, new)?;
    Ok(true)
}

/// When the newest token of each live grant of a person was given out: the last time that the app was there.
pub fn last_used_of_user(c: &mut Conn, user: &UserId) -> Result<HashMap<String, Timestamp>, Fault> {
    let rows: Vec<(String, Option<i64>)> = q!(c, |conn| refresh_tokens::table
        .inner_join(grants::table)
        .filter(grants::user_id.eq(user.as_str()))
        .filter(grants::revoked_at.is_null())
        .group_by(refresh_tokens::grant_id)
        .select((refresh_tokens::grant_id, diesel::dsl::max(refresh_tokens::created_at)))
        .load(conn))?;
    Ok(rows.into_iter().filter_map(|(grant, at)| Some((grant, row::at(at?)))).collect())
}

/// Removes tokens that died before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
