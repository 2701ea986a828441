//! Owns the table `upstream_identities`: which issuer and subject opens whose account. It does not own who may link what
//! (`oauth::upstream::decide`, `flow`).

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{upstream_identities as table, users};
use super::{upstream_providers, users as people};
use crate::identity::upstream::UpstreamIdentity;
use crate::identity::{RoleName, User, UserId};
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
struct Row {
    id: String,
    provider_id: String,
    issuer: String,
    subject: String,
    user_id: String,
    shown: String,
    created_at: i64,
    last_used_at: Option<i64>,
    disabled_at: Option<i64>,
}

impl From<Row> for UpstreamIdentity {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            provider: row.provider_id,
            issuer: row.issuer,
            subject: row.subject,
            user_id: UserId(row.user_id),
            shown: row.shown,
            created_at: row::at(row.created_at),
            last_used_at: row::at_opt(row.last_used_at),
            disabled_at: row::at_opt(row.disabled_at),
        }
    }
}

/// Links an identity. `false`: it is linked already, to whomever; nothing was changed.
pub fn insert(c: &mut Conn, link: &UpstreamIdentity) -> Result<bool, Fault> {
    let row = Row {
        id: link.id.clone(),
        provider_id: link.provider.clone(),
        issuer: link.issuer.clone(),
        subject: link.subject.clone(),
        user_id: link.user_id.0.clone(),
        shown: row::without_nul(&link.shown).into_owned(),
        created_at: link.created_at.millis(),
        last_used_at: row::millis(link.last_used_at),
        disabled_at: row::millis(link.disabled_at),
    };
    let rows = q!(c, |conn| diesel::insert_into(table::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(rows == 1)
}

/// Makes an account for somebody new and links it, or neither: `false` if the identity was linked meanwhile, or the address
/// belongs to somebody. Of two first sign-ins at once one makes the account.
pub fn insert_with_account(c: &mut Conn, user: &User, link: &UpstreamIdentity) -> Result<bool, Fault> {
    if !people::insert(c, user)? {
        return Ok(false);
    }
    if insert(c, link)? {
        return Ok(true);
    }
    people::delete(c, &user.id)?;
    Ok(false)
}

/// Whose account this identity opens.
pub fn find(c: &mut Conn, issuer: &str, subject: &str) -> Result<Option<UpstreamIdentity>, Fault> {
    if row::has_nul(issuer) || row::has_nul(subject) {
        return Ok(None);
    }
    let row: Option<Row> = q!(c, |conn| table::table
        .filter(table::issuer.eq(issuer))
        .filter(table::subject.eq(subject))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    Ok(row.map(UpstreamIdentity::from))
}

/// The link of this id.
pub fn find_by_id(c: &mut Conn, id: &str) -> Result<Option<UpstreamIdentity>, Fault> {
    let row: Option<Row> = q!(c, |conn| table::table.find(id).select(Row::as_select()).get_result(conn).optional())?;
    Ok(row.map(UpstreamIdentity::from))
}

/// What a person can sign in with, the oldest first.
pub fn of_user(c: &mut Conn, user: &UserId) -> Result<Vec<UpstreamIdentity>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| table::table
        .filter(table::user_id.eq(user.as_str()))
        .order((table::created_at, table::id))
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(UpstreamIdentity::from).collect())
}

/// Whether this link of a person can be used: neither it nor its provider is shut.
pub fn is_open(c: &mut Conn, user: &UserId, id: &str) -> Result<bool, Fault> {
    let Some(link) = of_user(c, user)?.into_iter().find(|link| link.id == id && link.disabled_at.is_none()) else {
        return Ok(false);
    };
    Ok(upstream_providers::find(c, &link.provider)?.is_some_and(|stored| stored.provider.enabled))
}

/// How many people are linked to a provider.
pub fn count_of_provider(c: &mut Conn, provider: &str) -> Result<i64, Fault> {
    Ok(q!(c, |conn| table::table.filter(table::provider_id.eq(provider)).count().get_result(conn))?)
}

/// The roles of those people of a provider who have one in the administration.
pub fn roles_of_provider(c: &mut Conn, provider: &str) -> Result<Vec<RoleName>, Fault> {
    let roles: Vec<String> = q!(c, |conn| table::table
        .inner_join(users::table)
        .filter(table::provider_id.eq(provider))
        .filter(users::role.ne(RoleName::PERSON.as_str()))
        .select(users::role)
        .distinct()
        .load(conn))?;
    let read = |role: String| row::Column("users", "role").word(&role, RoleName::parse);
    roles.into_iter().map(read).collect()
}

/// Notes a sign-in, and what the provider calls them now.
pub fn used(c: &mut Conn, id: &str, shown: &str, now: Timestamp) -> Result<(), Fault> {
    let shown = row::without_nul(shown);
    q!(c, |conn| diesel::update(table::table.find(id))
        .set((table::last_used_at.eq(Some(now.millis())), table::shown.eq(&*shown)))
        .execute(conn))?;
    Ok(())
}

/// Shuts a link (`Some`: since when) or opens it again. `false`: the person has no such link.
pub fn set_disabled(c: &mut Conn, user: &UserId, id: &str, disabled_at: Option<Timestamp>) -> Result<bool, Fault> {
    if row::has_nul(id) {
        return Ok(false);
    }
    let rows =
        q!(c, |conn| diesel::update(table::table.filter(table::id.eq(id)).filter(table::user_id.eq(user.as_str())))
            .set(table::disabled_at.eq(row::millis(disabled_at)))
            .execute(conn))?;
    Ok(rows == 1)
}

/// Removes a link. `false`: the person has no such link.
pub fn delete(c: &mut Conn, user: &UserId, id: &str) -> Result<bool, Fault> {
    if row::has_nul(id) {
        return Ok(false);
    }
    let rows =
        q!(c, |conn| diesel::delete(table::table.filter(table::id.eq(id)).filter(table::user_id.eq(user.as_str())))
            .execute(conn))?;
    Ok(rows == 1)
}

/// Removes what was linked to a person at `since` or later.
pub fn delete_since(c: &mut Conn, user: &UserId, since: Timestamp) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(
        table::table.filter(table::user_id.eq(user.as_str())).filter(table::created_at.ge(since.millis()))
    )
    .execute(conn))?;
    Ok(row::count(rows))
}

/// Removes every link of a person: what proves them is to be set up anew.
pub fn delete_of_user(c: &mut Conn, user: &UserId) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(table::table.filter(table::user_id.eq(user.as_str()))).execute(conn))?;
    Ok(row::count(rows))
}
