//! Owns the table `traces`: the checks of each sign-in, in order, found by correlation id. It does not own which checks there
//! are, nor that no secret gets into their words.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::traces;
use crate::time::Timestamp;

/// One step of a sign-in or of a token request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// What belongs together.
    pub correlation_id: String,
    /// When.
    pub at: Timestamp,
    /// Which step, for example `authorize`.
    pub step: String,
    /// How it went, for example `ok` or an OAuth error.
    pub outcome: String,
    /// Which check decided.
    pub check_name: Option<String>,
    /// What the check wanted.
    pub expected: Option<String>,
    /// What came.
    pub received: Option<String>,
    /// The client, if known.
    pub client_id: Option<String>,
    /// The person, if known.
    pub user_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = traces, treat_none_as_default_value = false)]
struct Row {
    correlation_id: String,
    at: i64,
    step: String,
    outcome: String,
    check_name: Option<String>,
    expected: Option<String>,
    received: Option<String>,
    client_id: Option<String>,
    user_id: Option<String>,
    address: Option<String>,
}

impl From<&TraceRow> for Row {
    fn from(trace: &TraceRow) -> Self {
        let text = |t: &str| row::without_nul(t).into_owned();
        let optional = |t: &Option<String>| t.as_deref().map(text);
        Row {
            correlation_id: text(&trace.correlation_id),
            at: trace.at.millis(),
            step: text(&trace.step),
            outcome: text(&trace.outcome),
            check_name: optional(&trace.check_name),
            expected: optional(&trace.expected),
            received: optional(&trace.received),
            client_id: optional(&trace.client_id),
            user_id: optional(&trace.user_id),
            address: optional(&trace.address),
        }
    }
}

impl From<Row> for TraceRow {
    fn from(row: Row) -> Self {
        TraceRow {
            correlation_id: row.correlation_id,
            at: row::at(row.at),
            step: row.step,
            outcome: row.outcome,
            check_name: row.check_name,
            expected: row.expected,
            received: row.received,
            client_id: row.client_id,
            user_id: row.user_id,
            address: row.address,
        }
    }
}

/// Stores rows in this order. One statement a row: its shape never changes, so it is prepared once.
pub fn insert_many(c: &mut Conn, rows: &[TraceRow]) -> Result<(), Fault> {
    for row in rows.iter().map(Row::from) {
        q!(c, |conn| diesel::insert_into(traces::table).values(&row).execute(conn))?;
    }
    Ok(())
}

/// All rows of one correlation id, in the order in which they were stored.
pub fn of(c: &mut Conn, correlation_id: &str) -> Result<Vec<TraceRow>, Fault> {
    let key = row::without_nul(correlation_id);
    let rows: Vec<Row> = q!(c, |conn| traces::table
        .filter(traces::correlation_id.eq(key.as_ref()))
        .order(traces::id)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(TraceRow::from).collect())
}

/// Removes rows older than `before`, and of the younger ones all but the `keep_newest` last; at most 5000 a call, so repeat
/// until it answers 0.
pub fn delete_older(c: &mut Conn, before: Timestamp, keep_newest: i64) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::sql_query(
        "DELETE FROM traces WHERE id IN (SELECT id FROM traces \
         WHERE \"at\" < $1 OR id <= (SELECT COALESCE(MAX(id), 0) FROM traces) - $2 LIMIT $3)"
    )
    .bind::<BigInt, _>(before.millis())
    .bind::<BigInt, _>(keep_newest)
    .bind::<BigInt, _>(row::SWEEP_BATCH)
    .execute(conn))?;
    Ok(row::count(rows))
}
