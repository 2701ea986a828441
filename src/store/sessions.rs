//! Owns the table `sessions`. It does not own the cookie's token, only its hash, nor the rule when a session ends
//! (`identity::session`).

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Keep, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::{sessions, users};
use super::users::UserRow;
use crate::identity::level::CodeKind;
use crate::identity::{Session, SessionId, User, UserId};
use crate::time::{Lifetime, Timestamp};

/// Without the token's hash: nobody needs it back.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
struct SessionRow {
    id: String,
    user_id: String,
    created_at: i64,
    auth_time: i64,
    last_seen_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    acr: String,
    amr: String,
    user_agent: String,
    address: String,
}

impl TryFrom<SessionRow> for Session {
    type Error = Fault;

    fn try_from(row: SessionRow) -> Result<Self, Fault> {
        Ok(Session {
            amr: Column("sessions", "amr").json(&row.amr)?,
            id: SessionId(row.id),
            user_id: UserId(row.user_id),
            created_at: row::at(row.created_at),
            auth_time: row::at(row.auth_time),
            last_seen_at: row::at(row.last_seen_at),
            expires_at: row::at(row.expires_at),
            ended_at: row::at_opt(row.ended_at),
            acr: row.acr,
            user_agent: row.user_agent,
            address: row.address,
        })
    }
}

/// Begins a session.
pub fn insert(c: &mut Conn, session: &Session, token_hash: &[u8]) -> Result<(), Fault> {
    let row = SessionRow {
        id: session.id.0.clone(),
        user_id: session.user_id.0.clone(),
        created_at: session.created_at.millis(),
        auth_time: session.auth_time.millis(),
        last_seen_at: session.last_seen_at.millis(),
        expires_at: session.expires_at.millis(),
        ended_at: row::millis(session.ended_at),
        acr: session.acr.clone(),
        amr: row::to_json(&session.amr)?,
        user_agent: row::without_nul(&session.user_agent).into_owned(),
        address: row::without_nul(&session.address).into_owned(),
    };
    q!(c, |conn| diesel::insert_into(sessions::table)
        .values((&row, sessions::token_hash.eq(token_hash)))
        .execute(conn))?;
    Ok(())
}

/// The sessions of these tokens, dead ones included, each with its token's hash and its person. The person's groups are left
/// empty: most callers do not need them.
pub fn find_by_token_hashes(c: &mut Conn, hashes: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Session, User)>, Fault> {
    type Row = (Vec<u8>, SessionRow, UserRow);
    let joined = sessions::table.inner_join(users::table);
    let rows: Vec<Row> = match hashes {
        [] => Vec::new(),
        // By far the commonest, and a statement of fixed shape is prepared once.
        [one] => q!(c, |conn| joined
            .filter(sessions::token_hash.eq(one))
            .select((sessions::token_hash, SessionRow::as_select(), UserRow::as_select()))
            .load(conn))?,
        many => q!(c, |conn| joined
            .filter(sessions::token_hash.eq_any(many))
            .select((sessions::token_hash, SessionRow::as_select(), UserRow::as_select()))
            .load(conn))?,
    };
    rows.into_iter()
        .map(|(hash, session, user)| Ok((hash, Session::try_from(session)?, user.into_user(Vec::new())?)))
        .collect()
}

/// The session of this id.
pub fn find(c: &mut Conn, id: &SessionId) -> Result<Option<Session>, Fault> {
    let row =
        q!(c, |conn| sessions::table.find(id.as_str()).select(SessionRow::as_select()).get_result(conn).optional())?;
    row.map(Session::try_from).transpose()
}

/// Gives the session a new token. `false`: the old one is not its token any more, or it has ended.
pub fn rotate(c: &mut Conn, id: &SessionId, old: &[u8], new: &[u8]) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(
        sessions::table
            .filter(sessions::id.eq(id.as_str()))
            .filter(sessions::token_hash.eq(old))
            .filter(sessions::ended_at.is_null())
    )
    .set(sessions::token_hash.eq(new))
    .returning(sessions::id)
    .kept()
    .load::<String>(conn))?;
    Ok(rows.len() == 1)
}

/// What a person has just proven, for [`reauthenticated`].
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// When.
    pub auth_time: Timestamp,
    /// Now; counts as a use.
    pub now: Timestamp,
    /// Class reached.
    pub acr: &'a str,
    /// Methods used.
    pub amr: &'a [String],
}

/// Records a new proof of who sits there, and a new token with it (session fixation). `false`: there is no such session, or it
/// has ended.
pub fn reauthenticated(c: &mut Conn, id: &SessionId, proof: Proof<'_>, new_token_hash: &[u8]) -> Result<bool, Fault> {
    let set = (
        sessions::auth_time.eq(proof.auth_time.millis()),
        sessions::last_seen_at.eq(proof.now.millis()),
        sessions::acr.eq(proof.acr),
        sessions::amr.eq(row::to_json(&proof.amr)?),
        sessions::token_hash.eq(new_token_hash),
    );
    let rows = q!(c, |conn| diesel::update(
        sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null())
    )
    .set(set)
    .returning(sessions::id)
    .kept()
    .load::<String>(conn))?;
    Ok(rows.len() == 1)
}

/// Notes what the code was by which the session was proven.
pub fn set_code(c: &mut Conn, id: &SessionId, code: Option<CodeKind>) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(sessions::table.find(id.as_str()))
        .set(sessions::code_kind.eq(code.map(CodeKind::as_str)))
        .execute(conn))?;
    Ok(())
}

/// What the code was by which the session was proven, if it was one.
pub fn code(c: &mut Conn, id: &SessionId) -> Result<Option<CodeKind>, Fault> {
    let kind: Option<Option<String>> =
        q!(c, |conn| sessions::table.find(id.as_str()).select(sessions::code_kind).get_result(conn).optional())?;
    Ok(kind.flatten().and_then(|kind| CodeKind::ALL.into_iter().find(|known| known.as_str() == kind)))
}

/// Notes a use. It never moves backwards.
pub fn touch(c: &mut Conn, id: &SessionId, now: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(
        sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::last_seen_at.lt(now.millis()))
    )
    .set(sessions::last_seen_at.eq(now.millis()))
    .returning(sessions::id)
    .kept()
    .load::<String>(conn))?;
    Ok(())
}

/// Ends a session. `false`: there is no such session, or it had been ended before.
pub fn end(c: &mut Conn, id: &SessionId, now: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(
        sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null())
    )
    .set(sessions::ended_at.eq(Some(now.millis())))
    .execute(conn))?;
    Ok(rows == 1)
}

/// Ends every session of a person but `except`. How many it were.
pub fn end_all_of_user(
    c: &mut Conn,
    user_id: &UserId,
    except: Option<&SessionId>,
    now: Timestamp,
) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::update(
        sessions::table
            .filter(sessions::user_id.eq(user_id.as_str()))
            // No session has an empty id.
            .filter(sessions::id.ne(except.map_or("", SessionId::as_str)))
            .filter(sessions::ended_at.is_null())
    )
    .set(sessions::ended_at.eq(Some(now.millis())))
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Up to `limit` sessions that were not ended and are not past their absolute end, last used first; of one person or of all.
pub fn list(c: &mut Conn, user_id: Option<&UserId>, now: Timestamp, limit: i64) -> Result<Vec<Session>, Fault> {
    let live = sessions::table
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.millis()))
        .order((sessions::last_seen_at.desc(), sessions::id))
        .limit(limit);
    let rows: Vec<SessionRow> = match user_id {
        Some(user) => {
            q!(c, |conn| live.filter(sessions::user_id.eq(user.as_str())).select(SessionRow::as_select()).load(conn))?
        }
        None => q!(c, |conn| live.select(SessionRow::as_select()).load(conn))?,
    };
    rows.into_iter().map(Session::try_from).collect()
}

/// How many sessions are live: not ended, not past their absolute end, used within `idle`. Reads one index, live entries only:
/// a million of them take some tens of milliseconds.
pub fn count_live(c: &mut Conn, now: Timestamp, idle: Lifetime) -> Result<i64, Fault> {
    let live = sessions::table
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.millis()))
        .filter(sessions::last_seen_at.gt((now - idle).millis()));
    Ok(q!(c, |conn| live.count().get_result(conn))?)
}

/// Where a list of sessions stands: behind this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPlace {
    created_at: i64,
    id: String,
}

/// Sessions that one page of [`live`] may look at.
const FARTHEST: usize = 1_000;
/// Sessions that are read at once.
const STRETCH: i64 = 250;

/// Up to `limit` sessions that were not ended and that `is_live` takes, those that began last first, of one person or of all;
/// and the place behind the last one if there may be more. There may be fewer than `limit`, and more behind them: sessions
/// that nobody uses any more lie between, and a page looks at no more than it can in a moment.
pub fn live(
    c: &mut Conn,
    user_id: Option<&UserId>,
    after: Option<&SessionPlace>,
    limit: i64,
    is_live: impl Fn(&Session) -> bool,
) -> Result<(Vec<Session>, Option<SessionPlace>), Fault> {
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut place = after.cloned();
    let wanted = usize::try_from(limit).unwrap_or(0);
    while seen < FARTHEST {
        let stretch = begun_before(c, user_id, place.as_ref(), STRETCH)?;
        let is_last = row::count(stretch.len()) < STRETCH;
        seen += stretch.len();
        for session in stretch {
            let here = SessionPlace { created_at: session.created_at.millis(), id: session.id.0.clone() };
            if is_live(&session) {
                if found.len() == wanted {
                    return Ok((found, place));
                }
                found.push(session);
            }
            place = Some(here);
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, place))
}

/// Up to `limit` sessions that were not ended, those that began last first, behind a place.
fn begun_before(
    c: &mut Conn,
    user_id: Option<&UserId>,
    after: Option<&SessionPlace>,
    limit: i64,
) -> Result<Vec<Session>, Fault> {
    let (created_at, id) = after.map_or((i64::MAX, ""), |place| (place.created_at, place.id.as_str()));
    let behind = sessions::table
        .filter(sessions::ended_at.is_null())
        // Both conditions: the first is where the walk along the index begins, the second says what is behind the place.
        .filter(sessions::created_at.le(created_at))
        .filter(sessions::created_at.lt(created_at).or(sessions::id.lt(id)))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .limit(limit);
    let rows: Vec<SessionRow> = match user_id {
        Some(user) => {
            q!(c, |conn| behind.filter(sessions::user_id.eq(user.as_str())).select(SessionRow::as_select()).load(conn))?
        }
        None => q!(c, |conn| behind.select(SessionRow::as_select()).load(conn))?,
    };
    rows.into_iter().map(Session::try_from).collect()
}

/// Removes sessions whose absolute end was before `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
