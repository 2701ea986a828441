//! Owns the table `consents`. It does not own whether a consent covers a request (`oauth::consent`).

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::consents;
use crate::identity::UserId;
use crate::oauth::consent::Consent;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = consents, treat_none_as_default_value = false)]
struct ConsentRow {
    user_id: String,
    client_id: String,
    scopes: String,
    claims: String,
    created_at: i64,
    granted_at: i64,
}

impl TryFrom<ConsentRow> for Consent {
    type Error = Fault;

    fn try_from(row: ConsentRow) -> Result<Self, Fault> {
        Ok(Consent {
            scopes: Column("consents", "scopes").scopes(&row.scopes)?,
            claims: Column("consents", "claims").json(&row.claims)?,
            user_id: UserId(row.user_id),
            client_id: row.client_id,
            created_at: row::at(row.created_at),
            granted_at: row::at(row.granted_at),
        })
    }
}

/// What the person has allowed the client.
pub fn find(c: &mut Conn, user_id: &UserId, client_id: &str) -> Result<Option<Consent>, Fault> {
    let row = q!(c, |conn| consents::table
        .find((user_id.as_str(), client_id))
        .select(ConsentRow::as_select())
        .get_result(conn)
        .optional())?;
    row.map(Consent::try_from).transpose()
}

/// Adds to what the person has allowed the client: scopes and claims are united with those allowed before, `created_at` stays
/// that of the first, `granted_at` is the new one. To be called inside a write.
pub fn grant(c: &mut Conn, consent: &Consent) -> Result<(), Fault> {
    let row = ConsentRow {
        user_id: consent.user_id.0.clone(),
        client_id: consent.client_id.clone(),
        scopes: consent.scopes.to_string(),
        claims: row::to_json(&BTreeSet::from_iter(&consent.claims))?,
        created_at: consent.created_at.millis(),
        granted_at: consent.granted_at.millis(),
    };
    let inserted =
        q!(c, |conn| diesel::insert_into(consents::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    if inserted == 1 {
        return Ok(());
    }
    let Some(known) = find_locked(c, &row)? else {
        // Withdrawn between the two statements (PostgreSQL): what was there is gone, ours is what counts.
        q!(c, |conn| diesel::insert_into(consents::table).values(&row).execute(conn))?;
        return Ok(());
    };
    let known = Consent::try_from(known)?;
    let claims: BTreeSet<&String> = known.claims.iter().chain(&consent.claims).collect();
    let set = (
        consents::scopes.eq(known.scopes.union(&consent.scopes).to_string()),
        consents::claims.eq(row::to_json(&claims)?),
        consents::granted_at.eq(known.granted_at.max(consent.granted_at).millis()),
    );
    q!(c, |conn| diesel::update(consents::table.find((&row.user_id, &row.client_id))).set(set).execute(conn))?;
    Ok(())
}

/// Reads the row that is going to be changed. On PostgreSQL it must be locked, or of two unions one would be lost; SQLite has
/// one writer.
fn find_locked(c: &mut Conn, row: &ConsentRow) -> Result<Option<ConsentRow>, Fault> {
    let wanted = consents::table.find((&row.user_id, &row.client_id));
    Ok(match &mut c.0 {
        Link::Postgres(conn) => wanted.select(ConsentRow::as_select()).for_update().get_result(conn).optional(),
        Link::Sqlite(conn) => wanted.select(ConsentRow::as_select()).get_result(conn).optional(),
    }?)
}

/// Forgets what the person allowed the client. `false`: there was nothing.
pub fn withdraw(c: &mut Conn, user_id: &UserId, client_id: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(consents::table.find((user_id.as_str(), client_id))).execute(conn))?;
    Ok(rows == 1)
}

/// Everything the person has allowed, in order of the clients' ids.
pub fn list_of_user(c: &mut Conn, user_id: &UserId) -> Result<Vec<Consent>, Fault> {
    let rows: Vec<ConsentRow> = q!(c, |conn| consents::table
        .filter(consents::user_id.eq(user_id.as_str()))
        .order(consents::client_id)
        .select(ConsentRow::as_select())
        .load(conn))?;
    rows.into_iter().map(Consent::try_from).collect()
}
