//! Owns the tables `events` and `event_chain`: what happened, for the people who run the provider, each row sealed together
//! with the one before it. It does not own which events there are, nor how a seal is made (`flow::audit`).

use diesel::prelude::*;

use super::conn::{Conn, Link, q};
use super::fault::Fault;
use super::row;
use super::schema::{event_chain, events};
use crate::time::{Lifetime, Timestamp};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When.
    pub at: Timestamp,
    /// What, for example `password_changed`.
    pub kind: String,
    /// Who did it, if it was not the person themselves.
    pub actor: Option<String>,
    /// The person it concerns.
    pub user_id: Option<String>,
    /// The client it concerns.
    pub client_id: Option<String>,
    /// The request it belongs to.
    pub correlation_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// More, as JSON.
    pub detail: String,
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its number; numbers of sealed rows have no gaps.
    pub id: i64,
    /// What happened.
    pub event: EventRow,
    /// Its seal; `None` for rows from before there was a chain.
    pub seal: Option<Vec<u8>>,
}

/// Where the chain begins and ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = event_chain)]
pub struct ChainEnds {
    /// Number of the first sealed row that is still there.
    pub first_id: i64,
    /// Seal of the row before it, which was swept; empty at the very beginning.
    pub before: Vec<u8>,
    /// Number of the last row; 0 before there is one.
    pub last_id: i64,
    /// Its seal.
    pub last_seal: Vec<u8>,
    /// Seal of the four above.
    pub seal: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct Row {
    id: i64,
    at: i64,
    kind: String,
    actor: Option<String>,
    user_id: Option<String>,
    client_id: Option<String>,
    correlation_id: Option<String>,
    address: Option<String>,
    detail: String,
    seal: Option<Vec<u8>>,
}

impl From<Row> for Logged {
    fn from(row: Row) -> Self {
        let event = EventRow {
            at: row::at(row.at),
            kind: row.kind,
            actor: row.actor,
            user_id: row.user_id,
            client_id: row.client_id,
            correlation_id: row.correlation_id,
            address: row.address,
            detail: row.detail,
        };
        Logged { id: row.id, event, seal: row.seal }
    }
}

const CHAIN: &str = "events";

/// The event as it can be stored and sealed on both engines.
pub fn storable(event: &EventRow) -> EventRow {
    let text = |t: &String| row::without_nul(t).into_owned();
    EventRow {
        at: event.at,
        kind: text(&event.kind),
        actor: event.actor.as_ref().map(text),
        user_id: event.user_id.as_ref().map(text),
        client_id: event.client_id.as_ref().map(text),
        correlation_id: event.correlation_id.as_ref().map(text),
        address: event.address.as_ref().map(text),
        detail: text(&event.detail),
    }
}

/// The ends of the chain, locked until the transaction ends, so that rows are sealed one after the other on all nodes. Take
/// it last: whoever holds it makes every other writer of events wait. `None`: nothing was sealed yet.
pub fn chain_for_update(c: &mut Conn) -> Result<Option<ChainEnds>, Fault> {
    let wanted = event_chain::table.find(CHAIN);
    Ok(match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(ChainEnds::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => {
            // Only a row that exists can be locked, and two first writers must meet.
            let blank = ChainEnds::default();
            diesel::insert_into(event_chain::table)
                .values((event_chain::name.eq(CHAIN), &blank))
                .on_conflict_do_nothing()
                .execute(conn)?;
            wanted
                .select(ChainEnds::as_select())
                .for_update()
                .get_result(conn)
                .optional()?
                .filter(|ends| *ends != blank)
        }
    })
}

/// The ends of the chain, to look at.
pub fn chain(c: &mut Conn) -> Result<Option<ChainEnds>, Fault> {
    let found: Option<ChainEnds> =
        q!(c, |conn| event_chain::table.find(CHAIN).select(ChainEnds::as_select()).get_result(conn).optional())?;
    Ok(found.filter(|ends| *ends != ChainEnds::default()))
}

/// Moves the ends of the chain.
pub fn chain_set(c: &mut Conn, ends: &ChainEnds) -> Result<(), Fault> {
    q!(c, |conn| diesel::insert_into(event_chain::table)
        .values((event_chain::name.eq(CHAIN), ends))
        .on_conflict(event_chain::name)
        .do_update()
        .set(ends)
        .execute(conn))?;
    Ok(())
}

/// The highest number that was given out, sealed or not; 0 if none.
pub fn last_id(c: &mut Conn) -> Result<i64, Fault> {
    let last: Option<i64> = q!(c, |conn| events::table.select(diesel::dsl::max(events::id)).get_result(conn))?;
    Ok(last.unwrap_or(0))
}

/// Stores an event under its number, with its seal. For `flow::audit` alone, which makes the seals.
pub fn insert(c: &mut Conn, id: i64, event: &EventRow, seal: &[u8]) -> Result<(), Fault> {
    let event = storable(event);
    let row = Row {
        id,
        at: event.at.millis(),
        kind: event.kind,
        actor: event.actor,
        user_id: event.user_id,
        client_id: event.client_id,
        correlation_id: event.correlation_id,
        address: event.address,
        detail: event.detail,
        seal: Some(seal.to_vec()),
    };
    q!(c, |conn| diesel::insert_into(events::table).values(&row).execute(conn))?;
    Ok(())
}

/// What to look for; `None` is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSearch {
    /// The person it concerns.
    pub user_id: Option<String>,
    /// The client it concerns.
    pub client_id: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// What happened.
    pub kind: Option<String>,
    /// The request.
    pub correlation_id: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Numbers follow time, but not to the second: several nodes write, and a request takes its time before its event is written.
const SKEW: Lifetime = Lifetime::from_minutes(5);

/// Up to `limit` events that fit, newest first, beginning below the number `before` (`None`: at the newest).
///
/// One index leads, the others are kept out of it: an engine that knows too little about its tables chooses badly. Times are
/// turned into numbers, by which every index is in order.
pub fn search(c: &mut Conn, wanted: &EventSearch, before: Option<i64>, limit: i64) -> Result<Vec<Logged>, Fault> {
    walk(c, wanted, Way::Back(before.unwrap_or(i64::MAX)), limit)
}

/// Up to `limit` events that fit, oldest first, beginning behind the number `behind` (0: at the first). Whoever asks on behind
/// the last one that came has seen all of them, however many there are, and holds no more than a piece at a time.
pub fn search_on(c: &mut Conn, wanted: &EventSearch, behind: i64, limit: i64) -> Result<Vec<Logged>, Fault> {
    walk(c, wanted, Way::On(behind), limit)
}

/// Which way a search goes, and from where.
#[derive(Clone, Copy)]
enum Way {
    /// To older ones, below this number.
    Back(i64),
    /// To newer ones, behind this number.
    On(i64),
}

fn walk(c: &mut Conn, wanted: &EventSearch, way: Way, limit: i64) -> Result<Vec<Logged>, Fault> {
    let texts = [&wanted.user_id, &wanted.client_id, &wanted.actor, &wanted.kind, &wanted.correlation_id];
    if texts.into_iter().flatten().any(|text| row::has_nul(text)) {
        return Ok(Vec::new());
    }
    let leads = leading(c, wanted)?;
    let (first, behind) = numbers_between(c, wanted.from, wanted.until)?;
    let (first, behind) = match way {
        Way::Back(before) => (first, behind.min(before)),
        Way::On(after) => (first.max(after.saturating_add(1)), behind),
    };
    let rows: Vec<Row> = q!(c, |conn| {
        let query = events::table.select(Row::as_select()).limit(limit).into_boxed();
        let mut query = match way {
            Way::Back(_) => query.order(events::id.desc()),
            Way::On(_) => query.order(events::id),
        };
        macro_rules! by {
            ($column:ident) => {
                match &wanted.$column {
                    Some(text) if leads == Some(stringify!($column)) => query = query.filter(events::$column.eq(text)),
                    Some(text) => query = query.filter(events::$column.concat("").eq(text)),
                    None => {}
                }
            };
        }
        by!(correlation_id);
        by!(user_id);
        by!(actor);
        by!(kind);
        by!(client_id);
        if let Some(from) = wanted.from {
            query = query.filter((events::at + 0).ge(from.millis()));
        }
        if let Some(until) = wanted.until {
            query = query.filter((events::at + 0).lt(until.millis()));
        }
        query.filter(events::id.ge(first)).filter(events::id.lt(behind)).load(conn)
    })?;
    Ok(rows.into_iter().map(Logged::from).collect())
}

/// The column by whose index a search goes: the one that fewest events share.
fn leading(c: &mut Conn, wanted: &EventSearch) -> Result<Option<&'static str>, Fault> {
    Ok(if wanted.correlation_id.is_some() {
        Some("correlation_id")
    } else if wanted.user_id.is_some() {
        Some("user_id")
    } else if wanted.actor.is_some() {
        Some("actor")
    } else {
        match (&wanted.kind, &wanted.client_id) {
            (Some(kind), Some(_)) => {
                const MANY: i64 = 1_000;
                let of_kind: Vec<i64> = q!(c, |conn| events::table
                    .filter(events::kind.eq(kind))
                    .select(events::id)
                    .limit(MANY)
                    .load(conn))?;
                Some(if row::count(of_kind.len()) < MANY { "kind" } else { "client_id" })
            }
            (Some(_), None) => Some("kind"),
            (None, Some(_)) => Some("client_id"),
            (None, None) => None,
        }
    })
}

/// Numbers between which every event of this time stands: the first one, and one behind the last.
fn numbers_between(c: &mut Conn, from: Option<Timestamp>, until: Option<Timestamp>) -> Result<(i64, i64), Fault> {
    let mut numbers = (0, i64::MAX);
    if let Some(from) = from {
        let before: Option<i64> = q!(c, |conn| events::table
            .filter(events::at.lt((from - SKEW).millis()))
            .order(events::at.desc())
            .select(events::id)
            .limit(1)
            .get_result(conn)
            .optional())?;
        numbers.0 = before.unwrap_or(0);
    }
    if let Some(until) = until {
        let behind: Option<i64> = q!(c, |conn| events::table
            .filter(events::at.ge((until + SKEW).millis()))
            .order(events::at)
            .select(events::id)
            .limit(1)
            .get_result(conn)
            .optional())?;
        numbers.1 = behind.unwrap_or(i64::MAX);
    }
    Ok(numbers)
}

/// Up to `limit` events of these kinds that concern a person, newest first, beginning below the number `before`.
pub fn of_user(
    c: &mut Conn,
    user_id: &str,
    kinds: &[&str],
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Logged>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| events::table
        .filter(events::user_id.eq(user_id))
        // The sum of texts keeps the engine to the index of the person, who has few events, whatever it thinks of kinds.
        .filter(events::kind.concat("").eq_any(kinds))
        .filter(events::id.lt(before.unwrap_or(i64::MAX)))
        .order(events::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(Logged::from).collect())
}

/// The events with these numbers, in order; those that are gone are left out.
pub fn among(c: &mut Conn, ids: &[i64]) -> Result<Vec<Logged>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| events::table
        .filter(events::id.eq_any(ids))
        .order(events::id)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(Logged::from).collect())
}

/// Up to `limit` events behind the one numbered `after_id` (0: from the first), oldest first.
pub fn list(c: &mut Conn, after_id: i64, limit: i64) -> Result<Vec<Logged>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| events::table
        .filter(events::id.gt(after_id))
        .order(events::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(Logged::from).collect())
}

/// The oldest events, as long as they are older than `before`: what a sweep may remove without tearing the chain. At most
/// 5000.
pub fn oldest_before(c: &mut Conn, before: Timestamp) -> Result<Vec<Logged>, Fault> {
    let oldest = list(c, 0, row::SWEEP_BATCH)?;
    Ok(oldest.into_iter().take_while(|logged| logged.event.at < before).collect())
}

/// Removes the events up to this number. How many.
pub fn delete_up_to(c: &mut Conn, id: i64) -> Result<i64, Fault> {
    let rows = q!(c, |conn| diesel::delete(events::table.filter(events::id.le(id))).execute(conn))?;
    Ok(row::count(rows))
}
