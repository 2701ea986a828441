//! Owns the table `signing_keys`. It does not own what a key's life looks like, nor the sealing of its private half
//! (`signing`, `secret`): here it is bytes.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::signing_keys;
use crate::oauth::jose::Algorithm;
use crate::signing::StoredKey;
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
struct KeyRow {
    kid: String,
    alg: String,
    sealed_private: Vec<u8>,
    public_jwk: String,
    created_at: i64,
    signs_from: i64,
    retires_at: Option<i64>,
    gone_at: Option<i64>,
}

/// All keys, the oldest first.
pub fn list(c: &mut Conn) -> Result<Vec<StoredKey>, Fault> {
    let rows: Vec<KeyRow> = q!(c, |conn| signing_keys::table
        .order((signing_keys::created_at, signing_keys::kid))
        .select(KeyRow::as_select())
        .load(conn))?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredKey {
                alg: Column("signing_keys", "alg").word(&row.alg, Algorithm::parse)?,
                kid: row.kid,
                sealed_private: row.sealed_private,
                public_jwk: row.public_jwk,
                created_at: row::at(row.created_at),
                signs_from: row::at(row.signs_from),
                retires_at: row::at_opt(row.retires_at),
                gone_at: row::at_opt(row.gone_at),
            })
        })
        .collect()
}

/// Stores a key. `false`: there is one of that `kid`, nothing was changed.
pub fn insert(c: &mut Conn, key: &StoredKey) -> Result<bool, Fault> {
    let row = KeyRow {
        kid: key.kid.clone(),
        alg: key.alg.as_str().to_owned(),
        sealed_private: key.sealed_private.clone(),
        public_jwk: key.public_jwk.clone(),
        created_at: key.created_at.millis(),
        signs_from: key.signs_from.millis(),
        retires_at: row::millis(key.retires_at),
        gone_at: row::millis(key.gone_at),
    };
    let rows =
        q!(c, |conn| diesel::insert_into(signing_keys::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Decides the end of a key. `false`: it had been decided before (another node was faster), nothing was changed.
pub fn retire(c: &mut Conn, kid: &str, retires_at: Timestamp, gone_at: Timestamp) -> Result<bool, Fault> {
    use signing_keys as k;
    let rows = q!(c, |conn| diesel::update(k::table.filter(k::kid.eq(kid)).filter(k::retires_at.is_null()))
        .set((k::retires_at.eq(Some(retires_at.millis())), k::gone_at.eq(Some(gone_at.millis()))))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Brings the end of a key forward (an emergency), or decides it. `false`: it ends sooner already, nothing was changed.
pub fn retire_early(c: &mut Conn, kid: &str, retires_at: Timestamp, gone_at: Timestamp) -> Result<bool, Fault> {
    use signing_keys as k;
    let later = k::retires_at.is_null().or(k::retires_at.gt(retires_at.millis()));
    let rows = q!(c, |conn| diesel::update(k::table.filter(k::kid.eq(kid)).filter(later))
        .set((k::retires_at.eq(Some(retires_at.millis())), k::gone_at.eq(Some(gone_at.millis()))))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Ends a key before its time, whatever was decided of it. `false`: there is no such key.
pub fn end(c: &mut Conn, kid: &str, retires_at: Timestamp, gone_at: Timestamp) -> Result<bool, Fault> {
    use signing_keys as k;
    let rows = q!(c, |conn| diesel::update(k::table.find(kid))
        .set((k::retires_at.eq(Some(retires_at.millis())), k::gone_at.eq(Some(gone_at.millis()))))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Removes keys whose `gone_at` has come. How many.
pub fn delete_gone(c: &mut Conn, now: Timestamp) -> Result<i64, Fault> {
    let rows =
        q!(c, |conn| diesel::delete(signing_keys::table.filter(signing_keys::gone_at.le(now.millis()))).execute(conn))?;
    Ok(row::count(rows))
}
