//! Owns the table `link_requests`: letters with links that were asked for and are not written yet. It does not own what becomes
//! of them (`flow::account::links`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::link_requests;
use crate::identity::UserId;
use crate::time::Timestamp;

/// Somebody asked for a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRequest {
    /// Its id.
    pub id: String,
    /// What the link is to be for.
    pub purpose: String,
    /// Who asked, if they were signed in.
    pub user_id: Option<UserId>,
    /// The address as it was typed.
    pub email: String,
    /// The sealed authorization request that it came from, or nothing.
    pub request: String,
    /// The language of the page, as a tag.
    pub language: String,
    /// Where it came from.
    pub address: String,
    /// Under this id the log and the trace show what happened.
    pub correlation_id: String,
    /// When.
    pub created_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = link_requests, treat_none_as_default_value = false)]
struct Row {
    id: String,
    purpose: String,
    user_id: Option<String>,
    email: String,
    request: String,
    language: String,
    address: String,
    correlation_id: String,
    created_at: i64,
}

impl From<Row> for LinkRequest {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            user_id: row.user_id.map(UserId),
            email: row.email,
            request: row.request,
            language: row.language,
            address: row.address,
            correlation_id: row.correlation_id,
            created_at: row::at(row.created_at),
        }
    }
}

/// Stores one.
pub fn insert(c: &mut Conn, asked: &LinkRequest) -> Result<(), Fault> {
    let row = Row {
        id: asked.id.clone(),
        purpose: asked.purpose.clone(),
        user_id: asked.user_id.clone().map(|id| id.0),
        email: row::without_nul(&asked.email).into_owned(),
        request: row::without_nul(&asked.request).into_owned(),
        language: asked.language.clone(),
        address: asked.address.clone(),
        correlation_id: asked.correlation_id.clone(),
        created_at: asked.created_at.millis(),
    };
    q!(c, |conn| diesel::insert_into(link_requests::table).values(&row).execute(conn))?;
    Ok(())
}

/// Up to `limit` of them, the oldest first.
pub fn oldest(c: &mut Conn, limit: i64) -> Result<Vec<LinkRequest>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| link_requests::table
        .order((link_requests::created_at, link_requests::id))
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(LinkRequest::from).collect())
}

/// Takes one, once. `false`: somebody else did.
pub fn take(c: &mut Conn, id: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(link_requests::table.find(id)).execute(conn))?;
    Ok(rows == 1)
}

/// Forgets what a person asked for. How many it were.
pub fn delete_of_user(c: &mut Conn, user: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(link_requests::table.filter(link_requests::user_id.eq(user.as_str())))
        .execute(conn))?;
    Ok(row::count(rows))
}
