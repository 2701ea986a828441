//! Owns bringing the tables up to date at the start. It does not own the steps: those are files in `migrations/`, embedded
//! when the program is built, with the same names for both engines.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::PgLink;
use super::fault::OpenError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number that no other program on the server is likely to lock; all nodes of ours use this one.
const ADVISORY_LOCK: i64 = 0x0076_6f75_6368_7361;

/// What was done to the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationReport {
    /// Whether the database was empty before: nothing of ours had ever been in it.
    pub fresh: bool,
    /// Names of the migrations that were run now, in order.
    pub applied: Vec<String>,
}

pub(super) fn sqlite(conn: &mut SqliteConnection) -> Result<MigrationReport, OpenError> {
    let report = run(conn, &SQLITE)?;
    // Foreign keys were off for the run (a migration may rebuild a table), so they are checked once behind it.
    let orphans = diesel::sql_query("SELECT \"table\" AS word FROM pragma_foreign_key_check LIMIT 1")
        .load::<Word>(conn)
        .map_err(failed)?;
    match orphans.first() {
        Some(row) => Err(OpenError::Migration(format!("rows of the table {} refer to rows that are gone", row.word))),
        None => Ok(report),
    }
}

pub(super) fn postgres(link: &mut PgLink) -> Result<MigrationReport, OpenError> {
    // Another node may be at it for a while, and rebuilding a large table takes long.
    link.batch_execute("SET statement_timeout = '15min'; SET lock_timeout = 0").map_err(failed)?;
    link.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).map_err(failed)?;
    let report = run(link, &POSTGRES);
    link.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})")).map_err(failed)?;
    report
}

/// Names of the steps that are still to be run, in order. Refuses a database that is newer than the program.
pub(super) fn pending_sqlite(conn: &mut SqliteConnection) -> Result<Vec<String>, OpenError> {
    pending(conn, &SQLITE)
}

/// As [`pending_sqlite`].
pub(super) fn pending_postgres(link: &mut PgLink) -> Result<Vec<String>, OpenError> {
    pending(link, &POSTGRES)
}

fn pending<C>(conn: &mut C, source: &EmbeddedMigrations) -> Result<Vec<String>, OpenError>
where
    C: Connection + MigrationHarness<<C as Connection>::Backend>,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let steps: Vec<Box<dyn Migration<C::Backend>>> = source.migrations().map_err(failed)?;
    let known: BTreeSet<String> = steps.iter().map(|step| step.name().version().to_string()).collect();
    let done = conn.applied_migrations().map_err(failed)?;
    if let Some(newer) = done.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(OpenError::Newer(newer));
    }
    let open = steps.iter().filter(|step| !done.contains(&step.name().version()));
    Ok(open.map(|step| step.name().to_string()).collect())
}

fn run<C>(conn: &mut C, source: &EmbeddedMigrations) -> Result<MigrationReport, OpenError>
where
    C: Connection + MigrationHarness<<C as Connection>::Backend>,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let steps: Vec<Box<dyn Migration<C::Backend>>> = source.migrations().map_err(failed)?;
    let known: BTreeSet<String> = steps.iter().map(|step| step.name().version().to_string()).collect();
    let before = conn.applied_migrations().map_err(failed)?;
    if let Some(newer) = before.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(OpenError::Newer(newer));
    }
    let mut applied = Vec::new();
    for step in steps {
        if !before.contains(&step.name().version()) {
            conn.run_migration(&step).map_err(failed)?;
            applied.push(step.name().to_string());
        }
    }
    Ok(MigrationReport { fresh: before.is_empty(), applied })
}

fn failed(error: impl ToString) -> OpenError {
    OpenError::Migration(error.to_string())
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[cfg(test)]
mod tests {
    use diesel::pg::Pg;
    use diesel::sqlite::Sqlite;

    use super::*;

    #[test]
    fn both_folders_have_the_same_names() {
        let sqlite: Vec<_> = MigrationSource::<Sqlite>::migrations(&SQLITE).unwrap();
        let postgres: Vec<_> = MigrationSource::<Pg>::migrations(&POSTGRES).unwrap();
        let sqlite: Vec<_> = sqlite.iter().map(|m| m.name().to_string()).collect();
        let postgres: Vec<_> = postgres.iter().map(|m| m.name().to_string()).collect();
        assert!(!sqlite.is_empty());
        assert_eq!(sqlite, postgres);
    }
}
