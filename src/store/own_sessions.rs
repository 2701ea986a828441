//! Owns the table `own_sessions`: people who are signed in to one of our own apps, the console or the account pages. It does
//! not own the cookie's token, only its hash, nor the rule when a session ends.

use diesel::prelude::*;

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::{own_sessions, roles, sessions, users};
use super::users::UserRow;
use crate::identity::standing::{SessionStanding, Standing, Switch, UserStanding};
use crate::identity::{Permissions, SessionId, User, UserId};
use crate::time::Timestamp;

/// Somebody on one browser, signed in to one of our own apps.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSession {
    /// Its name; not a secret.
    pub id: String,
    /// Which app; a session of one is none of the other.
    pub app: String,
    /// Who.
    pub user_id: UserId,
    /// The session at the provider it came from: it ends with that one.
    pub session_id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// It ends at this moment however much it is used.
    pub expires_at: Timestamp,
}

/// A session with all that decides whether it still counts.
#[derive(Clone, Debug)]
pub struct Found {
    /// The session.
    pub session: OwnSession,
    /// Whose; groups are left empty.
    pub user: User,
    /// Permissions of their role, if it is one that an administrator defined.
    pub defined: Option<Permissions>,
    /// Person and session at the provider.
    pub standing: Standing,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = own_sessions)]
struct Row {
    id: String,
    app: String,
    user_id: String,
    session_id: String,
    created_at: i64,
    auth_time: i64,
    amr: String,
    last_seen_at: i64,
    expires_at: i64,
}

impl TryFrom<Row> for OwnSession {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        Ok(Self {
            amr: Column("own_sessions", "amr").json(&row.amr)?,
            id: row.id,
            app: row.app,
            user_id: UserId(row.user_id),
            session_id: SessionId(row.session_id),
            created_at: row::at(row.created_at),
            auth_time: row::at(row.auth_time),
            last_seen_at: row::at(row.last_seen_at),
            expires_at: row::at(row.expires_at),
        })
    }
}

/// Begins one.
pub fn insert(c: &mut Conn, session: &OwnSession, token_hash: &[u8]) -> Result<(), Fault> {
    let row = Row {
        id: session.id.clone(),
        app: session.app.clone(),
        user_id: session.user_id.0.clone(),
        session_id: session.session_id.0.clone(),
        created_at: session.created_at.millis(),
        auth_time: session.auth_time.millis(),
        amr: row::to_json(&session.amr)?,
        last_seen_at: session.last_seen_at.millis(),
        expires_at: session.expires_at.millis(),
    };
    q!(c, |conn| diesel::insert_into(own_sessions::table)
        .values((&row, own_sessions::token_hash.eq(token_hash)))
        .execute(conn))?;
    Ok(())
}

/// The session of this token, dead ones included, with everything that can end it, in one query.
pub fn find(c: &mut Conn, app: &str, token_hash: &[u8]) -> Result<Option<Found>, Fault> {
    type Columns = (Option<i64>, i64, i64, i64);
    type Whole = (Row, UserRow, Option<String>, Option<Columns>);
    let row: Option<Whole> = q!(c, |conn| own_sessions::table
        .inner_join(users::table)
        .left_join(sessions::table.on(sessions::id.eq(own_sessions::session_id)))
        .left_join(roles::table.on(roles::name.eq(users::role)))
        .filter(own_sessions::token_hash.eq(token_hash))
        .filter(own_sessions::app.eq(app))
        .select((
            Row::as_select(),
            UserRow::as_select(),
            roles::permissions.nullable(),
            (sessions::ended_at, sessions::expires_at, sessions::last_seen_at, sessions::created_at).nullable(),
        ))
        .get_result(conn)
        .optional())?;
    let Some((session, user, permissions, outer)) = row else { return Ok(None) };
    let (session, user) = (OwnSession::try_from(session)?, user.into_user(Vec::new())?);
    let defined = permissions.map(|text| Column("roles", "permissions").json(&text)).transpose()?;
    let standing = standing(&session, &user, outer);
    Ok(Some(Found { session, user, defined, standing }))
}

fn standing(session: &OwnSession, user: &User, outer: Option<(Option<i64>, i64, i64, i64)>) -> Standing {
    let epoch = Timestamp::from_millis(0);
    let (ended_at, expires_at, last_seen_at, began_at) = match outer {
        Some((ended, expires, seen, began)) => (row::at_opt(ended), row::at(expires), row::at(seen), row::at(began)),
        // A session that is gone has ended.
        None => (Some(epoch), epoch, epoch, session.created_at),
    };
    let switch = if user.disabled_at.is_some() { Switch::Disabled } else { Switch::Enabled };
    Standing {
        user: Some(UserStanding { switch, valid_from: user.valid_from, began_at }),
        session: Some(SessionStanding { ended_at, expires_at, last_seen_at }),
        ..Standing::default()
    }
}

/// Notes a use, here and in the session at the provider. Neither moves backwards.
pub fn touch(c: &mut Conn, session: &OwnSession, now: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(
        own_sessions::table
            .filter(own_sessions::id.eq(&session.id))
            .filter(own_sessions::last_seen_at.lt(now.millis()))
    )
    .set(own_sessions::last_seen_at.eq(now.millis()))
    .returning(own_sessions::id)
    .kept()
    .load::<String>(conn))?;
    super::sessions::touch(c, &session.session_id, now)
}

/// Ends the session of this token.
pub fn delete(c: &mut Conn, token_hash: &[u8]) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(own_sessions::table.filter(own_sessions::token_hash.eq(token_hash)))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Removes sessions whose absolute end was before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM own_sessions WHERE id IN (SELECT id FROM own_sessions WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
