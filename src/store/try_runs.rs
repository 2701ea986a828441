//! Owns the table `try_runs`: runs of "Try it" that administrators began from the console, each taken once. It does not own what
//! is sealed in them, nor who may begin one (`flow::admin::try_it`).

use diesel::prelude::*;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row;
use super::schema::try_runs;
use crate::time::Timestamp;

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryRun {
    /// Its name; not a secret.
    pub id: String,
    /// Hash of the `state` that its authorization request carries.
    pub state_hash: Vec<u8>,
    /// The console session that began it; it ends with that one.
    pub console_session_id: String,
    /// The client that is tried; the run ends with it.
    pub client_id: String,
    /// What the run remembers, sealed.
    pub details: String,
    /// What came of it, sealed; `None` until it is over.
    pub report: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// Afterwards neither the run nor its report is there.
    pub expires_at: Timestamp,
    /// When an answer of the authorization endpoint was taken for it.
    pub used_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = try_runs, treat_none_as_default_value = false)]
struct Row {
    id: String,
    state_hash: Vec<u8>,
    console_session_id: String,
    client_id: String,
    details: String,
    report: Option<String>,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

impl From<Row> for TryRun {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            state_hash: row.state_hash,
            console_session_id: row.console_session_id,
            client_id: row.client_id,
            details: row.details,
            report: row.report,
            created_at: row::at(row.created_at),
            expires_at: row::at(row.expires_at),
            used_at: row::at_opt(row.used_at),
        }
    }
}

/// Begins one.
pub fn insert(c: &mut Conn, run: &TryRun) -> Result<(), Fault> {
    let row = Row {
        id: run.id.clone(),
        state_hash: run.state_hash.clone(),
        console_session_id: run.console_session_id.clone(),
        client_id: run.client_id.clone(),
        details: run.details.clone(),
        report: run.report.clone(),
        created_at: run.created_at.millis(),
        expires_at: run.expires_at.millis(),
        used_at: row::millis(run.used_at),
    };
    q!(c, |conn| diesel::insert_into(try_runs::table).values(&row).execute(conn))?;
    Ok(())
}

/// Whether this console session has a run of this state for this client under way.
pub fn is_open(c: &mut Conn, state_hash: &[u8], session: &str, client: &str, now: Timestamp) -> Result<bool, Fault> {
    let found: Option<String> = q!(c, |conn| try_runs::table
        .filter(try_runs::state_hash.eq(state_hash))
        .filter(try_runs::console_session_id.eq(session))
        .filter(try_runs::client_id.eq(client))
        .filter(try_runs::used_at.is_null())
        .filter(try_runs::expires_at.gt(now.millis()))
        .select(try_runs::id)
        .get_result(conn)
        .optional())?;
    Ok(found.is_some())
}

/// Takes the run of this state for this console session: one statement marks it, so of many answers one has it.
pub fn take(c: &mut Conn, state_hash: &[u8], session: &str, now: Timestamp) -> Result<Option<TryRun>, Fault> {
    let row: Option<Row> = q!(c, |conn| diesel::update(
        try_runs::table
            .filter(try_runs::state_hash.eq(state_hash))
            .filter(try_runs::console_session_id.eq(session))
            .filter(try_runs::used_at.is_null())
            .filter(try_runs::expires_at.gt(now.millis()))
    )
    .set(try_runs::used_at.eq(Some(now.millis())))
    .returning(Row::as_returning())
    .kept()
    .get_result(conn)
    .optional())?;
    Ok(row.map(TryRun::from))
}

/// Keeps what came of it.
pub fn keep_report(c: &mut Conn, id: &str, report: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(try_runs::table.find(id)).set(try_runs::report.eq(Some(report))).execute(conn))?;
    Ok(())
}

/// A run of this console session, over or not.
pub fn find(c: &mut Conn, id: &str, session: &str, now: Timestamp) -> Result<Option<TryRun>, Fault> {
    let row: Option<Row> = q!(c, |conn| try_runs::table
        .find(id)
        .filter(try_runs::console_session_id.eq(session))
        .filter(try_runs::expires_at.gt(now.millis()))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    Ok(row.map(TryRun::from))
}

/// Removes runs that ended before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM try_runs WHERE id IN (SELECT id FROM try_runs WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
