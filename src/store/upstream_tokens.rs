//! Owns the table `upstream_tokens`: tokens of providers, sealed, of which one renews at a time. It does not own what is in them,
//! nor the sealing (`flow::sign_in::upstream::tokens`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{upstream_identities, upstream_tokens as table};
use crate::time::Timestamp;

/// Tokens of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTokens {
    /// The sealed text.
    pub sealed: Vec<u8>,
    /// Goes up with each change.
    pub version: i64,
}

/// Keeps tokens, in the place of those that were there.
pub fn put(
    c: &mut Conn,
    link: &str,
    sealed: &[u8],
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Fault> {
    let set = (
        table::sealed.eq(sealed),
        table::expires_at.eq(row::millis(expires_at)),
        table::refreshing_until.eq(None::<i64>),
        table::updated_at.eq(now.millis()),
    );
    q!(c, |conn| diesel::insert_into(table::table)
        .values((table::link_id.eq(link), table::version.eq(1), set))
        .on_conflict(table::link_id)
        .do_update()
        .set((set, table::version.eq(table::version + 1)))
        .execute(conn))?;
    Ok(())
}

/// The tokens of a link.
pub fn find(c: &mut Conn, link: &str) -> Result<Option<StoredTokens>, Fault> {
    let row: Option<(Vec<u8>, i64)> =
        q!(c, |conn| table::table.find(link).select((table::sealed, table::version)).get_result(conn).optional())?;
    Ok(row.map(|(sealed, version)| StoredTokens { sealed, version }))
}

/// Takes the renewing of this version upon oneself until then. `false`: somebody else has it, or has done it.
pub fn hold(c: &mut Conn, link: &str, version: i64, now: Timestamp, until: Timestamp) -> Result<bool, Fault> {
    let is_free = table::refreshing_until.is_null().or(table::refreshing_until.le(now.millis()));
    let rows =
        q!(c, |conn| diesel::update(table::table.find(link).filter(table::version.eq(version)).filter(is_free))
            .set(table::refreshing_until.eq(Some(until.millis())))
            .execute(conn))?;
    Ok(rows == 1)
}

/// Gives the renewing back.
pub fn release(c: &mut Conn, link: &str, version: i64) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(table::table.find(link).filter(table::version.eq(version)))
        .set(table::refreshing_until.eq(None::<i64>))
        .execute(conn))?;
    Ok(())
}

/// Puts renewed tokens, unless a sign-in brought others meanwhile: then `false`.
pub fn replace(
    c: &mut Conn,
    link: &str,
    version: i64,
    (sealed, expires_at): (&[u8], Option<Timestamp>),
    now: Timestamp,
) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(table::table.find(link).filter(table::version.eq(version)))
        .set((
            table::sealed.eq(sealed),
            table::expires_at.eq(row::millis(expires_at)),
            table::refreshing_until.eq(None::<i64>),
            table::updated_at.eq(now.millis()),
            table::version.eq(version + 1),
        ))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Forgets tokens that the provider does not renew any more, unless there are others by now.
pub fn forget(c: &mut Conn, link: &str, version: i64) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(table::table.find(link).filter(table::version.eq(version))).execute(conn))?;
    Ok(())
}

/// Forgets all tokens of a provider. How many it were.
pub fn delete_of_provider(c: &mut Conn, provider: &str) -> Result<i64, Fault> {
    let links = || {
        upstream_identities::table.filter(upstream_identities::provider_id.eq(provider)).select(upstream_identities::id)
    };
    let rows = q!(c, |conn| diesel::delete(table::table.filter(table::link_id.eq_any(links()))).execute(conn))?;
    Ok(row::count(rows))
}
