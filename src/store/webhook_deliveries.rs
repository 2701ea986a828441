//! Owns the table `webhook_deliveries`: what each webhook is still to be told, and what came of telling it. A delivery is put
//! here by the transaction that writes the event. It does not own what is told (`flow::webhook`) nor when to try again.

use diesel::prelude::*;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::{webhook_deliveries, webhooks};
use crate::time::{Lifetime, Timestamp};

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To whom.
    pub webhook_id: String,
    /// Number of the event in the security log.
    pub event_id: i64,
    /// Its kind.
    pub kind: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it is tried next; `None` once it was delivered or given up.
    pub next_try_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: i64,
    /// What came of the last try.
    pub last: Option<Tried>,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
    /// Since when nobody tries any more.
    pub given_up_at: Option<Timestamp>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// Status of the answer, if there was one.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Lifetime,
    /// Why it is not delivered, in words.
    pub error: Option<String>,
}

/// What a try leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is delivered.
    Delivered,
    /// It is tried again.
    Again(Timestamp),
    /// It is given up.
    GivenUp,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_deliveries, treat_none_as_default_value = false)]
struct Row {
    webhook_id: String,
    event_id: i64,
    kind: String,
    created_at: i64,
    next_try_at: Option<i64>,
    tries: i64,
    last_try_at: Option<i64>,
    status: Option<i64>,
    duration_ms: Option<i64>,
    last_error: Option<String>,
    delivered_at: Option<i64>,
    given_up_at: Option<i64>,
}

impl From<Row> for Delivery {
    fn from(row: Row) -> Self {
        let last = row.last_try_at.map(|at| Tried {
            at: row::at(at),
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            took: Lifetime::from_millis(row.duration_ms.unwrap_or(0)),
            error: row.last_error,
        });
        Delivery {
            webhook_id: row.webhook_id,
            event_id: row.event_id,
            kind: row.kind,
            created_at: row::at(row.created_at),
            next_try_at: row::at_opt(row.next_try_at),
            tries: row.tries,
            last,
            delivered_at: row::at_opt(row.delivered_at),
            given_up_at: row::at_opt(row.given_up_at),
        }
    }
}

/// Has these webhooks told of an event, from now on.
pub fn insert(c: &mut Conn, webhook_ids: &[&str], event: (i64, &str), now: Timestamp) -> Result<(), Fault> {
    let row = |webhook_id: &&str| Row {
        webhook_id: (*webhook_id).to_owned(),
        event_id: event.0,
        kind: event.1.to_owned(),
        created_at: now.millis(),
        next_try_at: Some(now.millis()),
        tries: 0,
        last_try_at: None,
        status: None,
        duration_ms: None,
        last_error: None,
        delivered_at: None,
        given_up_at: None,
    };
    // One by one: SQLite's rows come in one statement only under a backend of its own.
    for row in webhook_ids.iter().map(row) {
        q!(c, |conn| diesel::insert_into(webhook_deliveries::table).values(&row).execute(conn))?;
    }
    Ok(())
}

/// Ids of the webhooks that are on and have something due.
pub fn due(c: &mut Conn, now: Timestamp) -> Result<Vec<String>, Fault> {
    let waits = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(webhooks::id))
        .filter(webhook_deliveries::next_try_at.le(now.millis()));
    Ok(q!(c, |conn| webhooks::table
        .filter(webhooks::enabled.eq(true))
        .filter(diesel::dsl::exists(waits))
        .select(webhooks::id)
        .load(conn))?)
}

/// Takes up to `limit` deliveries to a webhook whose time has come, and puts their next try to `until`: no other node takes
/// them before.
pub fn claim(
    c: &mut Conn,
    webhook_id: &str,
    limit: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Delivery>, Fault> {
    use webhook_deliveries as d;
    let due: Vec<i64> = q!(c, |conn| d::table
        .filter(d::webhook_id.eq(webhook_id))
        .filter(d::next_try_at.le(now.millis()))
        .order((d::next_try_at, d::event_id))
        .limit(limit)
        .select(d::event_id)
        .load(conn))?;
    // The condition stands here again: whoever waited for another node's claim finds it no longer true.
    let rows: Vec<Row> = q!(c, |conn| diesel::update(
        d::table
            .filter(d::webhook_id.eq(webhook_id))
            .filter(d::event_id.eq_any(&due))
            .filter(d::next_try_at.le(now.millis()))
    )
    .set((d::next_try_at.eq(Some(until.millis())), d::tries.eq(d::tries + 1)))
    .returning(Row::as_returning())
    .load(conn))?;
    Ok(rows.into_iter().map(Delivery::from).collect())
}

/// Notes what came of a try.
pub fn settle(c: &mut Conn, webhook_id: &str, event_id: i64, tried: &Tried, next: Next) -> Result<(), Fault> {
    use webhook_deliveries as d;
    let error: Option<String> = tried.error.as_ref().map(|words| row::without_nul(words).chars().take(500).collect());
    let (delivered, next_try, given_up) = match next {
        Next::Delivered => (Some(tried.at.millis()), None, None),
        Next::Again(at) => (None, Some(at.millis()), None),
        Next::GivenUp => (None, None, Some(tried.at.millis())),
    };
    q!(c, |conn| diesel::update(d::table.find((webhook_id, event_id)))
        .set((
            d::last_try_at.eq(Some(tried.at.millis())),
            d::status.eq(tried.status.map(i64::from)),
            d::duration_ms.eq(Some(tried.took.millis())),
            d::last_error.eq(error.as_deref()),
            d::next_try_at.eq(next_try),
            d::delivered_at.eq(delivered),
            d::given_up_at.eq(given_up),
        ))
        .execute(conn))?;
    Ok(())
}

/// Which deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deliveries {
    /// All.
    All,
    /// Those that are still to be made.
    Waiting,
    /// Those that were made.
    Delivered,
    /// Those that were given up.
    GivenUp,
}

/// Up to `limit` deliveries to a webhook, newest first, beginning below the event numbered `before`.
pub fn list(
    c: &mut Conn,
    webhook_id: &str,
    which: Deliveries,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, Fault> {
    use webhook_deliveries as d;
    let rows: Vec<Row> = q!(c, |conn| {
        let all = d::table
            .filter(d::webhook_id.eq(webhook_id))
            .filter(d::event_id.lt(before.unwrap_or(i64::MAX)))
            .order(d::event_id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        match which {
            Deliveries::All => all,
            Deliveries::Waiting => all.filter(d::next_try_at.is_not_null()),
            Deliveries::Delivered => all.filter(d::delivered_at.is_not_null()),
            Deliveries::GivenUp => all.filter(d::given_up_at.is_not_null()),
        }
        .load(conn)
    })?;
    Ok(rows.into_iter().map(Delivery::from).collect())
}

/// Has an event delivered anew, with all its tries. `None`: it was never to be delivered there, or is forgotten.
pub fn again(c: &mut Conn, webhook_id: &str, event_id: i64, now: Timestamp) -> Result<Option<Delivery>, Fault> {
    use webhook_deliveries as d;
    let rows: Vec<Row> = q!(c, |conn| diesel::update(d::table.find((webhook_id, event_id)))
        .set((
            d::next_try_at.eq(Some(now.millis())),
            d::tries.eq(0),
            d::delivered_at.eq(None::<i64>),
            d::given_up_at.eq(None::<i64>),
        ))
        .returning(Row::as_returning())
        .load(conn))?;
    Ok(rows.into_iter().next().map(Delivery::from))
}

/// Forgets everything that a webhook was told or is to be told.
pub fn delete_of(c: &mut Conn, webhook_id: &str) -> Result<(), Fault> {
    use webhook_deliveries as d;
    q!(c, |conn| diesel::delete(d::table.filter(d::webhook_id.eq(webhook_id))).execute(conn))?;
    Ok(())
}

/// Forgets deliveries of events from before `before`; at most 5000 a call.
pub fn delete_older(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM webhook_deliveries WHERE (webhook_id, event_id) IN (SELECT webhook_id, event_id FROM \
         webhook_deliveries WHERE created_at < $1 LIMIT $2)",
        before.millis(),
    )
}
