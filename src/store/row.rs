//! Owns the small steps between a row and a model: JSON columns, times, words of a closed set. Each names table and column
//! when it cannot. It does not own any row.

use std::borrow::Cow;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conn::{Conn, q};
use super::fault::Fault;
use crate::oauth::scope::ScopeSet;
use crate::time::Timestamp;

/// Sweeps remove at most this many rows a call, so that one sweep never holds the only writer for long.
pub(super) const SWEEP_BATCH: i64 = 5_000;

/// Names the column that a value came from, for [`Fault::Corrupt`].
#[derive(Clone, Copy)]
pub(super) struct Column(pub(super) &'static str, pub(super) &'static str);

impl Column {
    pub(super) fn corrupt(self, detail: impl ToString) -> Fault {
        Fault::corrupt(self.0, self.1, detail)
    }

    /// Reads a JSON column.
    pub(super) fn json<T: DeserializeOwned>(self, text: &str) -> Result<T, Fault> {
        serde_json::from_str(text).map_err(|e| self.corrupt(e))
    }

    /// Reads a word of a closed set.
    pub(super) fn word<T>(self, word: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
        parse(word).ok_or_else(|| self.corrupt(format!("the word {word:?} is unknown")))
    }

    /// Reads scopes parted by spaces.
    pub(super) fn scopes(self, text: &str) -> Result<ScopeSet, Fault> {
        // Not `ScopeSet::parse`: its bound on the number of tokens is about requests, not about what was added up over time.
        let tokens = text.split(' ').filter(|t| !t.is_empty());
        match tokens.clone().find(|t| !crate::oauth::scope::is_scope_token(t)) {
            Some(bad) => Err(self.corrupt(format!("{bad:?} is no scope token"))),
            None => Ok(ScopeSet::of(tokens)),
        }
    }
}

/// Writes a JSON column.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|e| Fault::Internal(format!("a value could not be written as JSON: {e}")))
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn at_opt(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

pub(super) fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::millis)
}

/// A count of rows as the functions of this room return it.
pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// PostgreSQL's TEXT cannot hold U+0000, SQLite's can. Text that strangers wrote and that is only kept for people or counted
/// under goes through here, so that both engines hold the same.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Whether a text cannot be in the database at all (see [`without_nul`]), so that a look-up need not ask.
pub(super) fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

/// A text as it stands for itself in a LIKE with `\\` as its escape.
pub(super) fn like_literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Runs a DELETE with one bound number. For sweeps only: statements given as text are parsed anew each time.
pub(super) fn sweep(c: &mut Conn, sql: &'static str, before: i64) -> Result<i64, Fault> {
    let rows =
        q!(c, |conn| diesel::sql_query(sql).bind::<BigInt, _>(before).bind::<BigInt, _>(SWEEP_BATCH).execute(conn))?;
    Ok(count(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_value_names_table_and_column() {
        let fault = Column("clients", "grants").json::<Vec<String>>("{").unwrap_err();
        assert!(matches!(&fault, Fault::Corrupt { table: "clients", column: "grants", .. }), "{fault}");
        let fault = Column("users", "role").word("king", |_| None::<()>).unwrap_err();
        assert!(fault.to_string().contains("table users, column role"), "{fault}");
        assert!(Column("clients", "scopes").scopes("a \u{7f}").is_err());
        assert_eq!(Column("clients", "scopes").scopes("b a").map(|s| s.to_string()), Ok("a b".to_owned()));
    }

    #[test]
    fn nul_never_reaches_the_database() {
        assert_eq!(without_nul("a\0b"), "a\u{fffd}b");
        assert!(matches!(without_nul("ab"), Cow::Borrowed("ab")));
    }
}
