//! Owns the table `guesses`: one counter per key. It does not own the rule (`identity::guess`) nor the keys.

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, Keep, Link, q};
use super::fault::Fault;
use super::row;
use super::schema::guesses;
use crate::identity::guess::GuessCounter;
use crate::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = guesses, treat_none_as_default_value = false)]
struct GuessRow {
    key: String,
    failures: i64,
    last_at: i64,
    blocked_until: i64,
}

impl GuessRow {
    /// A row that was only made to be locked counts nothing yet.
    fn counter(&self) -> Option<GuessCounter> {
        let is_blank = self.failures == 0 && self.last_at == 0 && self.blocked_until == 0;
        (!is_blank).then(|| GuessCounter {
            failures: self.failures,
            last_at: row::at(self.last_at),
            blocked_until: row::at(self.blocked_until),
        })
    }
}

/// The counters of these keys, without a lock; keys that have none are left out.
pub fn find_many(c: &mut Conn, keys: &[String]) -> Result<HashMap<String, GuessCounter>, Fault> {
    // Looked up in the form in which they are stored, answered in the form in which they were asked.
    let stored: HashMap<String, &String> = keys.iter().map(|k| (row::without_nul(k).into_owned(), k)).collect();
    let names: Vec<&String> = stored.keys().collect();
    let rows: Vec<GuessRow> =
        q!(c, |conn| guesses::table.filter(guesses::key.eq_any(names)).select(GuessRow::as_select()).load(conn))?;
    Ok(rows.iter().filter_map(|row| Some((stored.get(&row.key)?.to_string(), row.counter()?))).collect())
}

/// The counter of this key, locked until the end of the write, so that of a hundred attempts at once each sees the one
/// before. Lock several keys in the same order everywhere.
pub fn for_update(c: &mut Conn, key: &str) -> Result<Option<GuessCounter>, Fault> {
    let key = row::without_nul(key);
    let wanted = guesses::table.find(key.as_ref());
    let found: Option<GuessRow> = match &mut c.0 {
        // There is one writer.
        Link::Sqlite(conn) => wanted.select(GuessRow::as_select()).get_result(conn).optional()?,
        Link::Postgres(conn) => {
            // Only a row that exists can be locked.
            let blank = GuessRow { key: key.to_string(), failures: 0, last_at: 0, blocked_until: 0 };
            diesel::insert_into(guesses::table).values(&blank).on_conflict_do_nothing().execute(conn)?;
            wanted.select(GuessRow::as_select()).for_update().get_result(conn).optional()?
        }
    };
    Ok(found.and_then(|row| row.counter()))
}

/// Stores the counter of a key.
pub fn put(c: &mut Conn, key: &str, counter: &GuessCounter) -> Result<(), Fault> {
    let row = GuessRow {
        key: row::without_nul(key).into_owned(),
        failures: counter.failures,
        last_at: counter.last_at.millis(),
        blocked_until: counter.blocked_until.millis(),
    };
    let set = (
        guesses::failures.eq(row.failures),
        guesses::last_at.eq(row.last_at),
        guesses::blocked_until.eq(row.blocked_until),
    );
    q!(c, |conn| diesel::insert_into(guesses::table)
        .values(&row)
        .on_conflict(guesses::key)
        .do_update()
        .set(set)
        .returning(guesses::key)
        .kept()
        .load::<String>(conn))?;
    Ok(())
}

/// Forgets the counter of a key.
pub fn forget(c: &mut Conn, key: &str) -> Result<(), Fault> {
    let key = row::without_nul(key);
    q!(c, |conn| diesel::delete(guesses::table.find(key.as_ref())).execute(conn))?;
    Ok(())
}

/// Removes counters that have seen nothing since `before`; at most 5000 a call, so repeat until it answers 0.
pub fn delete_older(c: &mut Conn, before: Timestamp) -> Result<i64, Fault> {
    row::sweep(
        c,
        "DELETE FROM guesses WHERE \"key\" IN (SELECT \"key\" FROM guesses WHERE last_at < $1 LIMIT $2)",
        before.millis(),
    )
}
