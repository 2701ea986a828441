//! Owns the table `outbox`: letters that wait. A letter is put here by the transaction that it tells of, so there is neither
//! a letter about something that did not happen nor the other way round. It does not own what a letter says.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::conn::{Conn, q};
use super::fault::Fault;
use super::row;
use super::schema::outbox;
use crate::time::Timestamp;

/// A letter that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// To whom, for administrators to see.
    pub recipient: String,
    /// About what, for administrators to see.
    pub subject: String,
    /// The letter, sealed.
    pub letter: Vec<u8>,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub next_try_at: Timestamp,
    /// How often it was tried.
    pub tries: i64,
    /// What the server said last.
    pub last_error: Option<String>,
    /// Since when nobody tries any more.
    pub given_up_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct Row {
    id: String,
    recipient: String,
    subject: String,
    letter: Vec<u8>,
    created_at: i64,
    next_try_at: i64,
    tries: i64,
    last_error: Option<String>,
    given_up_at: Option<i64>,
}

impl From<Row> for Waiting {
    fn from(row: Row) -> Self {
        Waiting {
            id: row.id,
            recipient: row.recipient,
            subject: row.subject,
            letter: row.letter,
            created_at: row::at(row.created_at),
            next_try_at: row::at(row.next_try_at),
            tries: row.tries,
            last_error: row.last_error,
            given_up_at: row::at_opt(row.given_up_at),
        }
    }
}

/// Puts a letter in.
pub fn insert(c: &mut Conn, waiting: &Waiting) -> Result<(), Fault> {
    let row = Row {
        id: waiting.id.clone(),
        recipient: row::without_nul(&waiting.recipient).into_owned(),
        subject: row::without_nul(&waiting.subject).into_owned(),
        letter: waiting.letter.clone(),
        created_at: waiting.created_at.millis(),
        next_try_at: waiting.next_try_at.millis(),
        tries: waiting.tries,
        last_error: waiting.last_error.clone(),
        given_up_at: row::millis(waiting.given_up_at),
    };
    q!(c, |conn| diesel::insert_into(outbox::table).values(&row).execute(conn))?;
    Ok(())
}

/// Takes up to `limit` letters whose time has come, and puts their next try to `until`: no other node takes them before.
pub fn claim(c: &mut Conn, limit: i64, now: Timestamp, until: Timestamp) -> Result<Vec<Waiting>, Fault> {
    let due: Vec<String> = q!(c, |conn| outbox::table
        .filter(outbox::given_up_at.is_null())
        .filter(outbox::next_try_at.le(now.millis()))
        .order(outbox::next_try_at)
        .limit(limit)
        .select(outbox::id)
        .load(conn))?;
    // The condition stands here again: whoever waited for another node's claim finds it no longer true.
    let rows: Vec<Row> = q!(c, |conn| diesel::update(
        outbox::table.filter(outbox::id.eq_any(&due)).filter(outbox::next_try_at.le(now.millis()))
    )
    .set((outbox::next_try_at.eq(until.millis()), outbox::tries.eq(outbox::tries + 1)))
    .returning(Row::as_returning())
    .load(conn))?;
    Ok(rows.into_iter().map(Waiting::from).collect())
}

/// It was sent.
pub fn delete(c: &mut Conn, id: &str) -> Result<(), Fault> {
    q!(c, |conn| diesel::delete(outbox::table.find(id)).execute(conn))?;
    Ok(())
}

/// It was not sent: try again at `next_try_at`, or never (`given_up_at`).
pub fn failed(
    c: &mut Conn,
    id: &str,
    error: &str,
    next_try_at: Timestamp,
    given_up_at: Option<Timestamp>,
) -> Result<(), Fault> {
    let error: String = row::without_nul(error).chars().take(500).collect();
    q!(c, |conn| diesel::update(outbox::table.find(id))
        .set((
            outbox::last_error.eq(Some(&error)),
            outbox::next_try_at.eq(next_try_at.millis()),
            outbox::given_up_at.eq(row::millis(given_up_at)),
        ))
        .execute(conn))?;
    Ok(())
}

/// Which letters of those that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// Those that were tried and not sent.
    Tried,
    /// All.
    All,
}

/// Where a list of letters goes on: the time and the id of the last one of a page.
pub type LetterAfter = (Timestamp, String);

/// Up to `limit` letters behind `after`, the oldest first.
pub fn list(c: &mut Conn, which: Letters, after: Option<&LetterAfter>, limit: i64) -> Result<Vec<Waiting>, Fault> {
    let untried = which == Letters::All;
    let (at, id) = after.map_or((i64::MIN, ""), |(at, id)| (at.millis(), id.as_str()));
    let rows: Vec<Row> = q!(c, |conn| outbox::table
        .filter(outbox::last_error.is_not_null().or(untried.into_sql::<Bool>()))
        .filter(outbox::created_at.gt(at).or(outbox::created_at.eq(at).and(outbox::id.gt(id))))
        .order((outbox::created_at, outbox::id))
        .limit(limit)
        .select(Row::as_select())
        .load(conn))?;
    Ok(rows.into_iter().map(Waiting::from).collect())
}

/// How many letters there are, and since when the oldest waits.
pub fn count(c: &mut Conn, which: Letters) -> Result<(i64, Option<Timestamp>), Fault> {
    let untried = which == Letters::All;
    let (count, oldest): (i64, Option<i64>) = q!(c, |conn| outbox::table
        .filter(outbox::last_error.is_not_null().or(untried.into_sql::<Bool>()))
        .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::created_at)))
        .get_result(conn))?;
    Ok((count, row::at_opt(oldest)))
}

/// Has a letter tried again at once, also one that was given up. `None`: there is none.
pub fn again(c: &mut Conn, id: &str, now: Timestamp) -> Result<Option<Waiting>, Fault> {
    let rows: Vec<Row> = q!(c, |conn| diesel::update(outbox::table.find(id))
        .set((outbox::next_try_at.eq(now.millis()), outbox::given_up_at.eq(None::<i64>)))
        .returning(Row::as_returning())
        .load(conn))?;
    Ok(rows.into_iter().next().map(Waiting::from))
}

/// Takes a letter out for good. `None`: there is none.
pub fn take(c: &mut Conn, id: &str) -> Result<Option<Waiting>, Fault> {
    let rows: Vec<Row> =
        q!(c, |conn| diesel::delete(outbox::table.find(id)).returning(Row::as_returning()).load(conn))?;
    Ok(rows.into_iter().next().map(Waiting::from))
}

/// Forgets letters that were given up before `before`; at most 5000 a call.
pub fn delete_given_up(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE given_up_at < $1 LIMIT $2)",
        before.millis(),
    )
}
