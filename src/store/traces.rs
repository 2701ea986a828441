//! Owns the table `traces`: the checks of each sign-in, in order, found by correlation id, by app, by person or by address. It
//! does not own which checks there are, nor that no secret gets into their words.

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

/// What to look for; everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceSearch {
    /// What belongs together.
    pub correlation_id: Option<String>,
    /// The client, as the row names it: an unknown one can be searched too.
    pub client_id: Option<String>,
    /// The person.
    pub user_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// Not older than this.
    pub from: Option<Timestamp>,
    /// Older than this.
    pub until: Option<Timestamp>,
    /// Only rows of a check that failed.
    pub only_refusals: bool,
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

/// Up to `limit` rows that fit, newest first, each with its number; below the one numbered `before`, if there is one.
pub fn search(
    c: &mut Conn,
    wanted: &TraceSearch,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, TraceRow)>, Fault> {
    let text = |t: &Option<String>| t.as_deref().map(|t| row::without_nul(t).into_owned());
    let rows: Vec<(i64, Row)> = q!(c, |conn| {
        let mut query = traces::table.select((traces::id, Row::as_select())).into_boxed();
        if let Some(id) = text(&wanted.correlation_id) {
            query = query.filter(traces::correlation_id.eq(id));
        }
        if let Some(id) = text(&wanted.client_id) {
            query = query.filter(traces::client_id.eq(id));
        }
        if let Some(id) = text(&wanted.user_id) {
            query = query.filter(traces::user_id.eq(id));
        }
        if let Some(address) = text(&wanted.address) {
            query = query.filter(traces::address.eq(address));
        }
        if let Some(from) = wanted.from {
            query = query.filter(traces::at.ge(from.millis()));
        }
        if let Some(until) = wanted.until {
            query = query.filter(traces::at.lt(until.millis()));
        }
        if wanted.only_refusals {
            query = query.filter(traces::check_name.is_not_null());
        }
        if let Some(before) = before {
            query = query.filter(traces::id.lt(before));
        }
        query.order(traces::id.desc()).limit(limit).load(conn)
    })?;
    Ok(rows.into_iter().map(|(id, row)| (id, TraceRow::from(row))).collect())
}

/// Up to `limit` refusals of one client, newest first.
pub fn failures_of_client(c: &mut Conn, client_id: &str, limit: i64) -> Result<Vec<(i64, TraceRow)>, Fault> {
    let client_id = Some(client_id.to_owned());
    search(c, &TraceSearch { client_id, only_refusals: true, ..TraceSearch::default() }, None, limit)
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
