//! Owns the table `webhooks`: who is told of events, and with which secret. It does not own what a webhook is
//! (`identity::webhook`) nor what waits to be told (`webhook_deliveries`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row::{self, Column};
use super::schema::webhooks;
use crate::identity::{EventPattern, Webhook};
use crate::time::Timestamp;

/// A webhook with what is known about its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// Its secret, sealed.
    pub secret: Vec<u8>,
    /// The secret before, sealed, and until when it is still used.
    pub old_secret: Option<(Vec<u8>, Timestamp)>,
    /// Since when no delivery succeeded, if the last one failed.
    pub failing_since: Option<Timestamp>,
    /// Why the program switched it off: a fixed word.
    pub disabled_why: Option<String>,
    /// Goes up by one with each change that an administrator or the program makes; not with each delivery.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    id: String,
    name: String,
    description: String,
    url: String,
    events: String,
    enabled: bool,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<i64>,
    failing_since: Option<i64>,
    disabled_why: Option<String>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for StoredWebhook {
    type Error = Fault;

    fn try_from(row: Row) -> Result<Self, Fault> {
        // Not parsed anew: a kind that this program no longer knows must not take the webhook away.
        let events: Vec<EventPattern> = Column("webhooks", "events").json(&row.events)?;
        Ok(StoredWebhook {
            webhook: Webhook {
                id: row.id,
                name: row.name,
                description: row.description,
                url: row.url,
                events,
                enabled: row.enabled,
            },
            secret: row.secret,
            old_secret: row.old_secret.zip(row::at_opt(row.old_secret_until)),
            failing_since: row::at_opt(row.failing_since),
            disabled_why: row.disabled_why,
            version: row.version,
            created_at: row::at(row.created_at),
            updated_at: row::at(row.updated_at),
        })
    }
}

/// Up to `limit` of them in order of their names, beginning behind `after`.
pub fn page(c: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<StoredWebhook>, Fault> {
    if after.is_some_and(row::has_nul) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = q!(c, |conn| webhooks::table
        .filter(webhooks::name.gt(after.unwrap_or("")))
        .order(webhooks::name)
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    rows.into_iter().map(StoredWebhook::try_from).collect()
}

/// How many there are.
pub fn count(c: &mut Conn) -> Result<i64, Fault> {
    Ok(q!(c, |conn| webhooks::table.count().get_result(conn))?)
}

/// The webhook of this name.
pub fn find(c: &mut Conn, name: &str) -> Result<Option<StoredWebhook>, Fault> {
    if row::has_nul(name) {
        return Ok(None);
    }
    let row: Option<Row> = q!(c, |conn| webhooks::table
        .filter(webhooks::name.eq(name))
        .select(Row::as_select())
        .get_result(conn)
        .optional())?;
    row.map(StoredWebhook::try_from).transpose()
}

/// [`find`], locked until the transaction ends.
pub fn find_for_update(c: &mut Conn, name: &str) -> Result<Option<StoredWebhook>, Fault> {
    if row::has_nul(name) {
        return Ok(None);
    }
    let wanted = webhooks::table.filter(webhooks::name.eq(name));
    let row: Option<Row> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(Row::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => wanted.select(Row::as_select()).for_update().get_result(conn).optional()?,
    };
    row.map(StoredWebhook::try_from).transpose()
}

/// The webhook of this id.
pub fn find_by_id(c: &mut Conn, id: &str) -> Result<Option<StoredWebhook>, Fault> {
    let row: Option<Row> = q!(c, |conn| webhooks::table.find(id).select(Row::as_select()).get_result(conn).optional())?;
    row.map(StoredWebhook::try_from).transpose()
}

/// Adds a webhook, or replaces the one of the same id. `false`: another one has taken the name.
pub fn put(c: &mut Conn, stored: &StoredWebhook) -> Result<bool, Fault> {
    let webhook = &stored.webhook;
    let row = Row {
        id: webhook.id.clone(),
        name: webhook.name.clone(),
        description: row::without_nul(&webhook.description).into_owned(),
        url: row::without_nul(&webhook.url).into_owned(),
        events: row::to_json(&webhook.events)?,
        enabled: webhook.enabled,
        secret: stored.secret.clone(),
        old_secret: stored.old_secret.as_ref().map(|(secret, _)| secret.clone()),
        old_secret_until: row::millis(stored.old_secret.as_ref().map(|(_, until)| *until)),
        failing_since: row::millis(stored.failing_since),
        disabled_why: stored.disabled_why.clone(),
        version: stored.version,
        created_at: stored.created_at.millis(),
        updated_at: stored.updated_at.millis(),
    };
    let changed = q!(c, |conn| diesel::update(webhooks::table.find(&webhook.id)).set(&row).execute(conn))?;
    if changed == 1 {
        return Ok(true);
    }
    let added = q!(c, |conn| diesel::insert_into(webhooks::table).values(&row).on_conflict_do_nothing().execute(conn))?;
    Ok(added == 1)
}

/// A delivery failed: notes since when, if the one before did not.
pub fn fails(c: &mut Conn, id: &str, now: Timestamp) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(webhooks::table.find(id).filter(webhooks::failing_since.is_null()))
        .set(webhooks::failing_since.eq(Some(now.millis())))
        .execute(conn))?;
    Ok(())
}

/// A delivery succeeded.
pub fn succeeds(c: &mut Conn, id: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::update(webhooks::table.find(id).filter(webhooks::failing_since.is_not_null()))
        .set(webhooks::failing_since.eq(None::<i64>))
        .execute(conn))?;
    Ok(())
}

/// Switches a webhook off for this reason, unless it is off. `false`: it was, or it is gone.
pub fn switch_off(c: &mut Conn, id: &str, why: &str, now: Timestamp) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::update(webhooks::table.find(id).filter(webhooks::enabled.eq(true)))
        .set((
            webhooks::enabled.eq(false),
            webhooks::disabled_why.eq(Some(why)),
            webhooks::version.eq(webhooks::version + 1),
            webhooks::updated_at.eq(now.millis()),
        ))
        .execute(conn))?;
    Ok(rows == 1)
}

/// Removes a webhook. `false`: there was none.
pub fn delete(c: &mut Conn, id: &str) -> Result<bool, Fault> {
    let rows = q!(c, |conn| diesel::delete(webhooks::table.find(id)).execute(conn))?;
    Ok(rows == 1)
}
