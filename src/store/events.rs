//! Owns the table `events`: what happened, for the people who run the provider. It does not own which events there are.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::events;
use crate::time::Timestamp;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When.
    pub at: Timestamp,
    /// What, for example `password_changed`.
    pub kind: String,
    /// Who did it, if it was not the person themselves.
    pub actor: Option<String>,
    /// The person it concerns.
    pub user_id: Option<String>,
    /// The client it concerns.
    pub client_id: Option<String>,
    /// The request it belongs to.
    pub correlation_id: Option<String>,
    /// More, as JSON.
    pub detail: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    at: i64,
    kind: String,
    actor: Option<String>,
    user_id: Option<String>,
    client_id: Option<String>,
    correlation_id: Option<String>,
    detail: String,
}

/// Stores an event.
pub fn insert(c: &mut Conn, event: &EventRow) -> Result<(), Fault> {
    let text = |t: &String| row::without_nul(t).into_owned();
    let row = Row {
        at: event.at.millis(),
        kind: text(&event.kind),
        actor: event.actor.as_ref().map(text),
        user_id: event.user_id.as_ref().map(text),
        client_id: event.client_id.as_ref().map(text),
        correlation_id: event.correlation_id.as_ref().map(text),
        detail: text(&event.detail),
    };
    q!(c, |conn| diesel::insert_into(events::table).values(&row).execute(conn))?;
    Ok(())
}

/// Up to `limit` events behind the one numbered `after_id` (0: from the first), oldest first, each with its number. On
/// PostgreSQL an event may appear behind a later number, if its write took longer to commit.
pub fn list(c: &mut Conn, after_id: i64, limit: i64) -> Result<Vec<(i64, EventRow)>, Fault> {
    let rows: Vec<(i64, Row)> = q!(c, |conn| events::table
        .filter(events::id.gt(after_id))
        .order(events::id)
        .limit(limit)
        .select((events::id, Row::as_select()))
        .load(conn))?;
    Ok(rows
        .into_iter()
        .map(|(id, row)| {
            let event = EventRow {
                at: row::at(row.at),
                kind: row.kind,
                actor: row.actor,
                user_id: row.user_id,
                client_id: row.client_id,
                correlation_id: row.correlation_id,
                detail: row.detail,
            };
            (id, event)
        })
        .collect())
}

/// Removes events older than `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_older(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(c, "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE \"at\" < $1 LIMIT $2)", before.millis())
}
