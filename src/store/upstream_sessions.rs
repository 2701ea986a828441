//! Owns the table `upstream_sessions`: which sessions rest on a sign-in at a provider. It does not own the sessions, nor when a
//! provider ends them (`flow::sign_in::upstream::logout`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{sessions, upstream_identities, upstream_sessions as table};
use crate::identity::{SessionId, UserId};
use crate::time::Timestamp;

/// On what a session rests that began at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The link (`upstream_identities`).
    pub link: String,
    /// The provider's name for its own session (`sid`), if it has told one.
    pub sid: Option<String>,
    /// When the person went there; not stored.
    pub began_at: Timestamp,
}

/// Notes on what a session rests since its last sign-in from the beginning; `None`: on nothing but what was proven here.
pub fn set(c: &mut Conn, id: &SessionId, origin: Option<&Origin>) -> Result<(), Fault> {
    let Some(origin) = origin else {
        q!(c, |conn| diesel::delete(table::table.find(id.as_str())).execute(conn))?;
        return Ok(());
    };
    let (link_id, sid) = (origin.link.as_str(), origin.sid.as_deref());
    q!(c, |conn| diesel::insert_into(table::table)
        .values((table::session_id.eq(id.as_str()), table::link_id.eq(link_id), table::sid.eq(sid)))
        .on_conflict(table::session_id)
        .do_update()
        .set((table::link_id.eq(link_id), table::sid.eq(sid)))
        .execute(conn))?;
    Ok(())
}

/// What one session rested on, another one that takes its place rests on.
pub fn moved(c: &mut Conn, from: &SessionId, to: &SessionId) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(table::table.find(from.as_str()))
        .set(table::session_id.eq(to.as_str()))
        .execute(conn))?;
    Ok(())
}

/// The sessions that were not ended and began at a provider, of this issuer's subject, of its session `sid`, or where both are
/// given of both, each with its person; at most `limit`.
pub fn of_provider(
    c: &mut Conn,
    (provider, issuer): (&str, &str),
    subject: Option<&str>,
    sid: Option<&str>,
    limit: i64,
) -> Result<Vec<(SessionId, UserId)>, Fault> {
    if [Some(issuer), subject, sid].into_iter().flatten().any(row::has_nul) {
        return Ok(Vec::new());
    }
    let live = table::table
        .inner_join(sessions::table)
        .inner_join(upstream_identities::table)
        .filter(sessions::ended_at.is_null())
        .filter(upstream_identities::provider_id.eq(provider))
        .filter(upstream_identities::issuer.eq(issuer))
        .select((sessions::id, sessions::user_id))
        .order(sessions::id)
        .limit(limit);
    let rows: Vec<(String, String)> = match (subject, sid) {
        (Some(subject), Some(sid)) => {
            q!(c, |conn| live.filter(upstream_identities::subject.eq(subject)).filter(table::sid.eq(sid)).load(conn))?
        }
        (Some(subject), None) => q!(c, |conn| live.filter(upstream_identities::subject.eq(subject)).load(conn))?,
        (None, Some(sid)) => q!(c, |conn| live.filter(table::sid.eq(sid)).load(conn))?,
        (None, None) => Vec::new(),
    };
    Ok(rows.into_iter().map(|(session, user)| (SessionId(session), UserId(user))).collect())
}

/// The sessions that rest on this link and were not ended; at most `limit`.
pub fn of_link(c: &mut Conn, link: &str, limit: i64) -> Result<Vec<SessionId>, Fault> {
    let rows: Vec<String> = q!(c, |conn| table::table
        .inner_join(sessions::table)
        .filter(table::link_id.eq(link))
        .filter(sessions::ended_at.is_null())
        .select(sessions::id)
        .order(sessions::id)
        .limit(limit)
        .load(conn))?;
    Ok(rows.into_iter().map(SessionId).collect())
}
