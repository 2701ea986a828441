//! Owns the table `grants`: the families to which codes, refresh tokens and access tokens belong. It does not own the tokens,
//! nor whether a grant still counts (`identity::standing`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::grants;
use crate::identity::{SessionId, UserId};
use crate::oauth::authorization::{Authorization, Grant};
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = grants, treat_none_as_default_value = false)]
pub(super) struct GrantRow {
    id: String,
    client_id: String,
    user_id: Option<String>,
    session_id: Option<String>,
    authorization: String,
    offline: bool,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    correlation_id: String,
}

impl TryFrom<GrantRow> for Grant {
    type Error = Fault;

    fn try_from(row: GrantRow) -> Result<Self, Fault> {
        let column = Column("grants", "authorization");
        let authorization: Authorization = column.json(&row.authorization)?;
        if authorization.client_id != row.client_id
            || authorization.user_id.as_ref().map(UserId::as_str) != row.user_id.as_deref()
            || authorization.session_id.as_ref().map(SessionId::as_str) != row.session_id.as_deref()
        {
            return Err(column.corrupt("it names another client, person or session than the row"));
        }
        Ok(Grant {
            id: row.id,
            authorization,
            offline: row.offline,
            created_at: row::at(row.created_at),
            expires_at: row::at(row.expires_at),
            revoked_at: row::at_opt(row.revoked_at),
            correlation_id: row.correlation_id,
        })
    }
}

/// Stores a grant.
pub fn insert(c: &mut Conn, grant: &Grant) -> Result<(), Fault> {
    let row = GrantRow {
        id: grant.id.clone(),
        client_id: grant.authorization.client_id.clone(),
        user_id: grant.authorization.user_id.as_ref().map(|u| u.0.clone()),
        session_id: grant.authorization.session_id.as_ref().map(|s| s.0.clone()),
        authorization: row::to_json(&grant.authorization)?,
        offline: grant.offline,
        created_at: grant.created_at.millis(),
        expires_at: grant.expires_at.millis(),
        revoked_at: row::millis(grant.revoked_at),
        correlation_id: grant.correlation_id.clone(),
    };
    q!(c, |conn| diesel::insert_into(grants::table).values(&row).execute(conn))?;
    Ok(())
}

/// The grant of this id.
pub fn find(c: &mut Conn, id: &str) -> Result<Option<Grant>, Fault> {
    if row::has_nul(id) {
        return Ok(None);
    }
    let row = q!(c, |conn| grants::table.find(id).select(GrantRow::as_select()).get_result(conn).optional())?;
    row.map(Grant::try_from).transpose()
}

/// What to look for; `None` is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantSearch {
    /// The person who gave it.
    pub user_id: Option<UserId>,
    /// The client it was given to.
    pub client_id: Option<String>,
}

/// The last grant of a page: the next one begins behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantAfter {
    /// When it began.
    pub created_at: Timestamp,
    /// Its id.
    pub id: String,
}

/// Up to `limit` grants that were not ended and are not past their end, the youngest first, beginning behind `after`.
pub fn page(
    c: &mut Conn,
    wanted: &GrantSearch,
    now: Timestamp,
    after: Option<&GrantAfter>,
    limit: i64,
) -> Result<Vec<Grant>, Fault> {
    let texts = [after.map(|after| &after.id), wanted.client_id.as_ref()];
    if texts.into_iter().flatten().any(|text| row::has_nul(text)) {
        return Ok(Vec::new());
    }
    let rows: Vec<GrantRow> = q!(c, |conn| {
        let mut query = grants::table
            .filter(grants::revoked_at.is_null())
            .filter(grants::expires_at.gt(now.millis()))
            .order((grants::created_at.desc(), grants::id.desc()))
            .limit(limit)
            .select(GrantRow::as_select())
            .into_boxed();
        if let Some(user) = &wanted.user_id {
            query = query.filter(grants::user_id.eq(user.as_str()));
        }
        if let Some(client) = &wanted.client_id {
            query = query.filter(grants::client_id.eq(client));
        }
        if let Some(after) = after {
            let at = after.created_at.millis();
            // The first condition says nothing new; it lets the walk begin in the middle of the index.
            query = query
                .filter(grants::created_at.le(at))
                .filter(grants::created_at.lt(at).or(grants::created_at.eq(at).and(grants::id.lt(&after.id))));
        }
        query.load(conn)
    })?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// Ends a grant. `why` is for the trace. `false`: there is no such grant, or it had been ended before.
pub fn revoke(c: &mut Conn, id: &str, why: &str, now: Timestamp) -> Result<bool, Fault> {
    let rows =
        q!(c, |conn| diesel::update(grants::table.filter(grants::id.eq(id)).filter(grants::revoked_at.is_null()))
            .set(revoked(why, now))
            .execute(conn))?;
    Ok(rows == 1)
}

/// Ends the grants that came from a session; those that were given to outlive it (`offline_access`) only on request.
pub fn revoke_of_session(
    c: &mut Conn,
    session_id: &SessionId,
    include_offline: bool,
    why: &str,
    now: Timestamp,
) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::update(
        grants::table
            .filter(grants::session_id.eq(session_id.as_str()))
            .filter(grants::revoked_at.is_null())
            .filter(grants::offline.eq(false).or(grants::offline.eq(include_offline)))
    )
    .set(revoked(why, now))
    .execute(conn))?;
    Ok(row::count(rows))
}

/// How many live grants a person has; counting stops at `most`.
pub fn count_live_of_user(c: &mut Conn, user_id: &UserId, now: Timestamp, most: i64) -> Result<i64, Fault> {
    let ids: Vec<String> = q!(c, |conn| grants::table
        .filter(grants::user_id.eq(user_id.as_str()))
        .filter(grants::revoked_at.is_null())
        .filter(grants::expires_at.gt(now.millis()))
        .select(grants::id)
        .limit(most)
        .load(conn))?;
    Ok(row::count(ids.len()))
}

/// Ends all grants of a person. How many it were.
pub fn revoke_of_user(c: &mut Conn, user_id: &UserId, why: &str, now: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::update(
        grants::table.filter(grants::user_id.eq(user_id.as_str())).filter(grants::revoked_at.is_null())
    )
    .set(revoked(why, now))
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Ends all grants of a client. How many it were.
pub fn revoke_of_client(c: &mut Conn, client_id: &str, why: &str, now: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::update(
        grants::table.filter(grants::client_id.eq(client_id)).filter(grants::revoked_at.is_null())
    )
    .set(revoked(why, now))
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Ends what a person gave to one client. How many it were.
pub fn revoke_of_user_and_client(
    c: &mut Conn,
    user_id: &UserId,
    client_id: &str,
    why: &str,
    now: Timestamp,
) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::update(
        grants::table
            .filter(grants::user_id.eq(user_id.as_str()))
            .filter(grants::client_id.eq(client_id))
            .filter(grants::revoked_at.is_null())
    )
    .set(revoked(why, now))
    .execute(conn))?;
    Ok(row::count(rows))
}

type Revoked<'a> =
    (diesel::dsl::Eq<grants::revoked_at, Option<i64>>, diesel::dsl::Eq<grants::revoked_why, Option<&'a str>>);

fn revoked(why: &str, now: Timestamp) -> Revoked<'_> {
    (grants::revoked_at.eq(Some(now.millis())), grants::revoked_why.eq(Some(why)))
}

/// Removes grants that ended before `before`, with their refresh tokens; at most 5000 a call, so repeat until it answers 0.
pub fn delete_expired(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at < $1 LIMIT $2)",
        before.millis(),
    )
}
