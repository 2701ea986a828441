//! Owns the table `factors`: what a person has beyond the password, authenticator apps and passkeys. It does not own what is
//! in `data`, nor whether a code is right (`secret::totp`).

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::factors;
use crate::identity::factor::{Factor, FactorId, FactorKind};
use crate::identity::{Level, UserId};
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = factors, treat_none_as_default_value = false)]
struct Row {
    id: String,
    user_id: String,
    kind: String,
    name: String,
    data: Vec<u8>,
    credential_id: Option<Vec<u8>>,
    last_step: i64,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl TryFrom<Row> for Factor {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        Ok(Factor {
            kind: Column("factors", "kind").word(&row.kind, FactorKind::parse)?,
            id: FactorId(row.id),
            user_id: UserId(row.user_id),
            name: row.name,
            data: row.data,
            credential_id: row.credential_id,
            last_step: row.last_step,
            created_at: row::at(row.created_at),
            last_used_at: row::at_opt(row.last_used_at),
        })
    }
}

/// Adds one. `false`: the credential belongs to somebody already (security case K09), nothing was changed.
pub fn insert(c: &mut Conn, factor: &Factor) -> Result<bool, Fault> {
    let row = Row {
        id: factor.id.0.clone(),
        user_id: factor.user_id.0.clone(),
        kind: factor.kind.as_str().to_owned(),
        name: row::without_nul(&factor.name).into_owned(),
        data: factor.data.clone(),
        credential_id: factor.credential_id.clone(),
        last_step: factor.last_step,
        created_at: factor.created_at.millis(),
        last_used_at: row::millis(factor.last_used_at),
    };
    let rows = q!(c, |conn| diesel::insert_into(factors::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// The factors of a person, the oldest first.
pub fn list(c: &mut Conn, user: &UserId) -> Result<Vec<Factor>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| factors::table
        .filter(factors::user_id.eq(user.as_str()))
        .order((factors::created_at, factors::id))
        .select(Row::as_select())
        .load(conn))?;
    rows.into_iter().map(Factor::try_from).collect()
}

/// Whose passkey this is.
pub fn find_by_credential(c: &mut Conn, credential_id: &[u8]) -> Result<Option<Factor>, Fault> {
    let row: Option<Row> = q!(c, |conn| factors::table
        .filter(factors::credential_id.eq(credential_id))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    row.map(Factor::try_from).transpose()
}

/// What each of these people can reach at most; whoever has no factor is left out.
pub fn reach(c: &mut Conn, users: &[String]) -> Result<HashMap<String, Level>, Fault> {
    let rows: Vec<(String, String)> = match users {
        [] => Vec::new(),
        // By far the commonest, and a statement of fixed shape is prepared once.
        [one] => q!(c, |conn| factors::table
            .filter(factors::user_id.eq(one))
            .select((factors::user_id, factors::kind))
            .load(conn))?,
        many => q!(c, |conn| factors::table
            .filter(factors::user_id.eq_any(many))
            .select((factors::user_id, factors::kind))
            .load(conn))?,
    };
    let mut reach = HashMap::new();
    for (user, kind) in rows {
        let level = Column("factors", "kind").word(&kind, FactorKind::parse)?.level();
        let best = reach.entry(user).or_insert(level);
        *best = level.max(*best);
    }
    Ok(reach)
}

/// Takes a code of this time step, once: `false` if this or a later one was taken before (security case K01).
pub fn take_step(c: &mut Conn, id: &FactorId, step: i64, now: Timestamp) -> Result<bool, Fault> {
    let rows =
        q!(c, |conn| diesel::update(factors::table.filter(factors::id.eq(&id.0)).filter(factors::last_step.lt(step)))
            .set((factors::last_step.eq(step), factors::last_used_at.eq(Some(now.millis()))))
            .execute(conn))?;
    Ok(rows == 1)
}

/// Notes a use of a passkey: its record was `old` when it was judged and is `new` now. `false`: it is another one by now, so
/// that of two copies that show the same counter at once one is refused.
pub fn used(c: &mut Conn, id: &FactorId, (old, new): (&[u8], &[u8]), now: Timestamp) -> Result<bool, Fault> {
    let as_judged = factors::table.filter(factors::id.eq(&id.0)).filter(factors::data.eq(old));
    let rows = q!(c, |conn| diesel::update(as_judged)
        .set((factors::data.eq(new), factors::last_used_at.eq(Some(now.millis()))))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Gives one another name. `false`: the person has none of this id.
pub fn rename(c: &mut Conn, user: &UserId, id: &FactorId, name: &str) -> Result<bool, Fault> {
    let name = row::without_nul(name);
    let rows = q!(c, |conn| diesel::update(
        factors::table.filter(factors::id.eq(&id.0)).filter(factors::user_id.eq(user.as_str()))
    )
    .set(factors::name.eq(name.as_ref()))
    .execute(conn))?;
    Ok(rows == 1)
}

/// Takes one away. `false`: the person has none of this id.
pub fn delete(c: &mut Conn, user: &UserId, id: &FactorId) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        factors::table.filter(factors::id.eq(&id.0)).filter(factors::user_id.eq(user.as_str()))
    )
    .execute(conn))?;
    Ok(rows == 1)
}

/// Takes all of a person away. How many it were.
pub fn delete_of_user(c: &mut Conn, user: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(factors::table.filter(factors::user_id.eq(user.as_str()))).execute(conn))?;
    Ok(row::count(rows))
}
