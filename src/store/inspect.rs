//! Owns questions about the database itself: which version it is, what time it is there. It does not own the tables.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::conn::{Conn, Link};
use super::fault::Fault;
use crate::time::Timestamp;

/// The engine's own version number, for example `3.53.0` or `17.4 (Debian 17.4-1)`.
pub fn version(c: &mut Conn) -> Result<String, Fault> {
    Ok(match &mut c.0 {
        Link::Sqlite(conn) => diesel::select(diesel::dsl::sql::<Text>("sqlite_version()")).get_result(conn),
        Link::Postgres(conn) => {
            diesel::select(diesel::dsl::sql::<Text>("current_setting('server_version')")).get_result(conn)
        }
    }?)
}

/// What time it is on the database's machine; `None` for SQLite, whose machine is ours.
pub fn clock(c: &mut Conn) -> Result<Option<Timestamp>, Fault> {
    match &mut c.0 {
        Link::Sqlite(_) => Ok(None),
        Link::Postgres(conn) => {
            let sql = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
            let millis: i64 = diesel::select(diesel::dsl::sql::<BigInt>(sql)).get_result(conn)?;
            Ok(Some(Timestamp::from_millis(millis)))
        }
    }
}

/// Runs a statement as somebody who got hold of the database would. Tests only.
#[cfg(test)]
pub fn execute(c: &mut Conn, sql: &str) -> Result<(), Fault> {
    super::conn::q!(c, |conn| diesel::sql_query(sql).execute(conn))?;
    Ok(())
}
