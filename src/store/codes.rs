//! Owns the table `codes`: authorization codes, each taken once (architecture, rule 9). It does not own what a code is bound to
//! (`oauth::authorization`) nor the checking of it (`oauth::grant`).

use diesel::prelude::*;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::codes;
use crate::identity::{SessionId, UserId};
use crate::oauth::authorization::{Authorization, Code};
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = codes, treat_none_as_default_value = false)]
struct CodeRow {
    hash: Vec<u8>,
    grant_id: String,
    client_id: String,
    user_id: String,
    session_id: Option<String>,
    authorization: String,
    redirect_uri: String,
    redirect_uri_was_sent: bool,
    code_challenge: Option<String>,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    correlation_id: String,
}

impl TryFrom<CodeRow> for Code {
    type Error = Fault;

    fn try_from(row: CodeRow) -> Result<Self, Fault> {
        let column = Column("codes", "authorization");
        let authorization: Authorization = column.json(&row.authorization)?;
        if authorization.client_id != row.client_id
            || authorization.user_id.as_ref().map(UserId::as_str) != Some(row.user_id.as_str())
        {
            return Err(column.corrupt("it names another client or person than the row"));
        }
        Ok(Code {
            hash: row.hash,
            grant_id: row.grant_id,
            authorization,
            redirect_uri: row.redirect_uri,
            redirect_uri_was_sent: row.redirect_uri_was_sent,
            code_challenge: row.code_challenge,
            created_at: row::at(row.created_at),
            expires_at: row::at(row.expires_at),
            used_at: row::at_opt(row.used_at),
            correlation_id: row.correlation_id,
        })
    }
}

/// What [`take`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It had never been presented; now it has been, and nobody else gets this answer for it.
    First(Code),
    /// It was presented before: its family is to be ended.
    Replayed(Code),
    /// There is no such code.
    Unknown,
}

/// Stores a code.
///
/// # Errors
/// Among others [`Fault::Internal`] for an authorization without a person: codes are only ever made for people.
pub fn insert(c: &mut Conn, code: &Code) -> Result<(), Fault> {
    let user_id = code.authorization.user_id.as_ref();
    let user_id = user_id.ok_or_else(|| Fault::Internal("a code without a person".to_owned()))?;
    let row = CodeRow {
        hash: code.hash.clone(),
        grant_id: code.grant_id.clone(),
        client_id: code.authorization.client_id.clone(),
        user_id: user_id.0.clone(),
        session_id: code.authorization.session_id.as_ref().map(|s| s.0.clone()),
        authorization: row::to_json(&code.authorization)?,
        redirect_uri: code.redirect_uri.clone(),
        redirect_uri_was_sent: code.redirect_uri_was_sent,
        code_challenge: code.code_challenge.clone(),
        created_at: code.created_at.millis(),
        expires_at: code.expires_at.millis(),
        used_at: row::millis(code.used_at),
        correlation_id: code.correlation_id.clone(),
    };
    q!(c, |conn| diesel::insert_into(codes::table).values(&row).execute(conn))?;
    Ok(())
}

/// Takes a code: one statement marks it and tells whether it was the first to do so. Expiry and binding are judged by the
/// caller; the code counts as used either way.
pub fn take(c: &mut Conn, hash: &[u8], now: Timestamp) -> Result<Taken, Fault> {
    let first: Option<CodeRow> =
        q!(c, |conn| diesel::update(codes::table.filter(codes::hash.eq(hash)).filter(codes::used_at.is_null()))
            .set(codes::used_at.eq(Some(now.millis())))
            .returning(CodeRow::as_returning())
            .kept()
            .get_result(conn)
            .optional())?;
    if let Some(row) = first {
        return Ok(Taken::First(Code::try_from(row)?));
    }
    let known: Option<CodeRow> =
        q!(c, |conn| codes::table.find(hash).select(CodeRow::as_select()).get_result(conn).optional())?;
    Ok(match known {
        Some(row) => Taken::Replayed(Code::try_from(row)?),
        None => Taken::Unknown,
    })
}

/// Removes codes that died before `before`; at most 5000 a call, so repeat until it answers 0. Keep them as long as a replay
/// is to be noticed.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM codes WHERE hash IN (SELECT hash FROM codes WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}

/// Removes the codes of a session. How many.
pub fn delete_of_session(c: &mut Conn, session_id: &SessionId) -> Result<i64, Fault> {
    let rows =
        q!(c, |conn| diesel::delete(codes::table.filter(codes::session_id.eq(session_id.as_str()))).execute(conn))?;
    Ok(row::count(rows))
}

/// Removes the codes of a person. How many.
pub fn delete_of_user(c: &mut Conn, user_id: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(codes::table.filter(codes::user_id.eq(user_id.as_str()))).execute(conn))?;
    Ok(row::count(rows))
}

/// Removes the codes of a person for one client. How many.
pub fn delete_of_client_and_user(c: &mut Conn, client_id: &str, user_id: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        codes::table.filter(codes::user_id.eq(user_id.as_str())).filter(codes::client_id.eq(client_id))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}
