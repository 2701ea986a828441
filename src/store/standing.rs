//! Owns the loading of a [`Standing`]: one query that gathers everything that can end a principal. It does not own the
//! judgement: that is `identity::standing`.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::{clients, grants, revoked_tokens, sessions, users};
use crate::identity::standing::{GrantStanding, SessionStanding, Standing, Switch, UserStanding};
use crate::identity::{SessionId, UserId};
use crate::oauth::authorization::{Authorization, Grant};
use crate::oauth::client_policy::ClientPolicy;
use crate::time::Timestamp;

// What is bound in the ON of a join must be owned: diesel wants a source of rows to live for ever.

const EPOCH: Timestamp = Timestamp::from_millis(0);

/// What an access token of ours says of itself, after its signature was verified.
#[derive(Clone, Debug)]
pub struct AccessTokenRef {
    /// `jti`.
    pub jti: String,
    /// The family (`gid`); `None` for a client acting for itself.
    pub grant_id: Option<String>,
    /// `client_id`.
    pub client_id: String,
    /// `sub`, where it is a person.
    pub user_id: Option<UserId>,
}

/// What the database knows of an access token.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessStanding {
    /// Client, person, session and grant. If the client is gone, then the client only.
    pub standing: Standing,
    /// Whether this very token was revoked.
    pub jti_revoked: bool,
    /// What the family was granted, if there is one.
    pub authorization: Option<Authorization>,
    /// The client's policy, unless it is gone.
    pub policy: Option<ClientPolicy>,
}

/// Columns of a person: `disabled_at`, `valid_from`.
type UserColumns = (Option<i64>, i64);
/// Columns of a session: `ended_at`, `expires_at`, `last_seen_at`.
type SessionColumns = (Option<i64>, i64, i64);
/// Columns of a grant: `authorization`, `offline`, `created_at`, `expires_at`, `revoked_at`.
type GrantColumns = (String, bool, i64, i64, Option<i64>);

/// Everything about an access token, in one round trip.
pub fn of_access_token(c: &mut Conn, token: &AccessTokenRef) -> Result<AccessStanding, Fault> {
    type Row = (Option<i64>, String, Option<GrantColumns>, Option<UserColumns>, Option<SessionColumns>, Option<i64>);
    let (grant_id, user_id) = (token.grant_id.clone(), token.user_id.as_ref().map(|id| id.0.clone()));
    let jti = token.jti.clone();
    let row: Option<Row> = q!(c, |conn| clients::table
        .left_join(grants::table.on(grants::id.nullable().eq(grant_id)))
        .left_join(users::table.on(users::id.nullable().eq(user_id)))
        .left_join(sessions::table.on(sessions::id.nullable().eq(grants::session_id)))
        .left_join(revoked_tokens::table.on(revoked_tokens::jti.eq(jti)))
        .filter(clients::client_id.eq(&token.client_id))
        .select((
            clients::disabled_at,
            clients::policy,
            (grants::authorization, grants::offline, grants::created_at, grants::expires_at, grants::revoked_at)
                .nullable(),
            (users::disabled_at, users::valid_from).nullable(),
            (sessions::ended_at, sessions::expires_at, sessions::last_seen_at).nullable(),
            revoked_tokens::expires_at.nullable(),
        ))
        .get_result(conn)
        .optional())?;
    let Some((client, policy, grant, user, session, revoked)) = row else {
        let standing = Standing { client: Some(Switch::Gone), ..Standing::default() };
        return Ok(AccessStanding { standing, jti_revoked: false, authorization: None, policy: None });
    };
    let mut standing = Standing { client: Some(switch(client)), ..Standing::default() };
    let mut authorization = None;
    let mut began_at = EPOCH;
    if token.grant_id.is_some() {
        standing.grant = Some(GrantStanding { revoked_at: Some(EPOCH), expires_at: EPOCH });
    }
    if let Some((stored, offline, created_at, expires_at, revoked_at)) = grant {
        let stored: Authorization = Column("grants", "authorization").json(&stored)?;
        standing.grant = Some(GrantStanding { revoked_at: row::at_opt(revoked_at), expires_at: row::at(expires_at) });
        standing.session = session_standing(stored.session_id.as_ref(), offline, session);
        began_at = row::at(created_at);
        authorization = Some(stored);
    }
    standing.user = token.user_id.as_ref().map(|_| user_standing(user, began_at));
    let policy = Some(Column("clients", "policy").json(&policy)?);
    Ok(AccessStanding { standing, jti_revoked: revoked.is_some(), authorization, policy })
}

/// The standing of a grant that has just been read, in one round trip. If the client is gone, then of the client only.
pub fn of_grant(c: &mut Conn, grant: &Grant) -> Result<Standing, Fault> {
    let wanted = &grant.authorization;
    let user_id = wanted.user_id.as_ref().map(|id| id.0.clone());
    let session_id = wanted.session_id.as_ref().map(|id| id.0.clone());
    let row: Option<(Option<i64>, Option<UserColumns>, Option<SessionColumns>)> = q!(c, |conn| clients::table
        .left_join(users::table.on(users::id.nullable().eq(user_id)))
        .left_join(sessions::table.on(sessions::id.nullable().eq(session_id)))
        .filter(clients::client_id.eq(&wanted.client_id))
        .select((
            clients::disabled_at,
            (users::disabled_at, users::valid_from).nullable(),
            (sessions::ended_at, sessions::expires_at, sessions::last_seen_at).nullable(),
        ))
        .get_result(conn)
        .optional())?;
    let Some((client, user, session)) = row else {
        return Ok(Standing { client: Some(Switch::Gone), ..Standing::default() });
    };
    Ok(Standing {
        client: Some(switch(client)),
        user: wanted.user_id.as_ref().map(|_| user_standing(user, grant.created_at)),
        session: session_standing(wanted.session_id.as_ref(), grant.offline, session),
        grant: Some(GrantStanding { revoked_at: grant.revoked_at, expires_at: grant.expires_at }),
    })
}

/// The standing of a session in front of a client, in one round trip. If the client is gone, then of the client only; if the
/// session is gone, nothing is said of its person.
pub fn of_session(c: &mut Conn, session_id: &SessionId, client_id: &str) -> Result<Standing, Fault> {
    type Row = (Option<i64>, Option<SessionColumns>, Option<i64>, Option<UserColumns>);
    if row::has_nul(client_id) {
        return Ok(Standing { client: Some(Switch::Gone), ..Standing::default() });
    }
    let row: Option<Row> = q!(c, |conn| clients::table
        .left_join(sessions::table.on(sessions::id.eq(session_id.0.clone())))
        .left_join(users::table.on(users::id.nullable().eq(sessions::user_id.nullable())))
        .filter(clients::client_id.eq(client_id))
        .select((
            clients::disabled_at,
            (sessions::ended_at, sessions::expires_at, sessions::last_seen_at).nullable(),
            sessions::created_at.nullable(),
            (users::disabled_at, users::valid_from).nullable(),
        ))
        .get_result(conn)
        .optional())?;
    let Some((client, session, created_at, user)) = row else {
        return Ok(Standing { client: Some(Switch::Gone), ..Standing::default() });
    };
    Ok(Standing {
        client: Some(switch(client)),
        user: created_at.map(|at| user_standing(user, row::at(at))),
        session: session_standing(Some(session_id), false, session),
        grant: None,
    })
}

fn switch(disabled_at: Option<i64>) -> Switch {
    if disabled_at.is_some() { Switch::Disabled } else { Switch::Enabled }
}

fn user_standing(columns: Option<UserColumns>, began_at: Timestamp) -> UserStanding {
    match columns {
        None => UserStanding { switch: Switch::Gone, valid_from: EPOCH, began_at },
        Some((disabled_at, valid_from)) => {
            UserStanding { switch: switch(disabled_at), valid_from: row::at(valid_from), began_at }
        }
    }
}

/// A session counts only where there is one and the grant was not given to outlive it. A session that is gone has ended.
fn session_standing(
    wanted: Option<&SessionId>,
    offline: bool,
    columns: Option<SessionColumns>,
) -> Option<SessionStanding> {
    if wanted.is_none() || offline {
        return None;
    }
    Some(match columns {
        None => SessionStanding { ended_at: Some(EPOCH), expires_at: EPOCH, last_seen_at: EPOCH },
        Some((ended_at, expires_at, last_seen_at)) => SessionStanding {
            ended_at: row::at_opt(ended_at),
            expires_at: row::at(expires_at),
            last_seen_at: row::at(last_seen_at),
        },
    })
}
