//! The database below a test: where it is, and what is in it, past everything under test.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;
use vouchsafe::store::{Conn, Fault};

use super::{TestApp, postgres};

/// Every table that a request could fill.
pub const TABLES: [&str; 54] = [
    "clients",
    "client_secrets",
    "client_logos",
    "scopes",
    "users",
    "passwords",
    "\"groups\"",
    "group_members",
    "sessions",
    "devices",
    "consents",
    "codes",
    "grants",
    "refresh_tokens",
    "revoked_tokens",
    "guesses",
    "failed_accounts",
    "raised_bars",
    "signing_keys",
    "setup_links",
    "leases",
    "traces",
    "events",
    "event_chain",
    "meta",
    "stats",
    "user_terms",
    "roles",
    "resources",
    "attributes",
    "invitations",
    "settings",
    "applied",
    "account_links",
    "accepted_terms",
    "ceremonies",
    "upstream_trips",
    "factors",
    "mail_codes",
    "link_requests",
    "own_sessions",
    "recovery_codes",
    "try_runs",
    "idempotency",
    "outbox",
    "upstream_ended",
    "upstream_identities",
    "upstream_logouts",
    "upstream_providers",
    "upstream_sessions",
    "upstream_tokens",
    "webhooks",
    "webhook_deliveries",
    "pictures",
];

const FILE: &str = "postgres-url";

/// Remembers in a test's folder that its database is this one of PostgreSQL.
pub fn note_url(folder: &TempDir, url: &str) {
    std::fs::write(folder.path().join(FILE), url).expect("own folder");
}

/// The URL of a folder's database.
pub fn url(folder: &TempDir) -> String {
    let noted = std::fs::read_to_string(folder.path().join(FILE));
    noted.unwrap_or_else(|_| format!("sqlite://{}/v.db", folder.path().display()))
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Opens a SQLite file past the store.
pub fn sqlite(path: &Path) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opens");
    conn.batch_execute("PRAGMA busy_timeout = 5000").expect("pragma");
    conn
}

impl TestApp {
    /// The answer to a query whose one column is a text named `line`.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        let url = url(&self.folder);
        if url.starts_with("postgres") {
            let database = url.rsplit('/').next().expect("a database");
            let cluster = postgres::shared().expect("the test's database is there");
            return cluster.query(database, sql).into_iter().flatten().flatten().collect();
        }
        let mut conn = sqlite(&self.folder.path().join("v.db"));
        let rows: Vec<Line> = diesel::sql_query(sql).load(&mut conn).unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.into_iter().map(|row| row.line).collect()
    }

    /// How many rows a table has.
    pub fn rows(&self, table: &str) -> i64 {
        let lines = self.lines(&format!("SELECT CAST(count(*) AS TEXT) AS line FROM {table}"));
        lines[0].parse().expect("a number")
    }

    /// A write through the store that must succeed: what an administrator does.
    pub async fn write<T: Send + 'static>(&self, f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static) -> T {
        self.app.parts.db.write(f).await.expect("the write succeeds")
    }

    /// The kinds of all security events so far.
    pub async fn events(&self) -> Vec<String> {
        let rows = self.app.parts.db.read(|c| vouchsafe::store::events::list(c, 0, 1_000)).await.expect("events");
        rows.into_iter().map(|logged| logged.event.kind).collect()
    }

    /// The requests that stand in the security log as refused, once there are so many: nobody waits for those entries.
    pub async fn refused_acts(&self, count: usize) -> Vec<String> {
        let found = "SELECT detail AS line FROM events WHERE kind = 'action_refused' ORDER BY id";
        let begun = std::time::Instant::now();
        loop {
            let lines = self.lines(found);
            if lines.len() >= count || begun.elapsed() > std::time::Duration::from_secs(10) {
                let request =
                    |line: &String| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["request"].clone();
                return lines.iter().map(|line| request(line).as_str().expect("a text").to_owned()).collect();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

/// A table that is not in the list would be one that nobody counts: every table of the schema is, but the one in which the
/// migrations that ran are noted.
#[tokio::test]
async fn the_list_of_tables_is_that_of_the_schema() {
    let app = TestApp::start().await;
    let catalogue = match url(&app.folder).starts_with("postgres") {
        true => "SELECT CAST(tablename AS TEXT) AS line FROM pg_tables WHERE schemaname = 'public'",
        false => "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    };
    let mut there = app.lines(catalogue);
    there.retain(|table| table != "__diesel_schema_migrations");
    there.sort();
    let mut listed: Vec<&str> = TABLES.iter().map(|table| table.trim_matches('"')).collect();
    listed.sort_unstable();
    assert_eq!(there, listed, "complete TABLES");
}
