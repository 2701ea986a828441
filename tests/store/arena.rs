//! Owns the ground a contract case stands on: a fresh, migrated database of one engine, and a way past the store to it.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;
use vouchsafe::store::{Conn, DatabaseSettings, Db, Fault};

use crate::postgres::{self, Cluster};

/// A fresh database and the store that stands on it.
#[derive(Clone)]
pub(crate) struct Arena {
    pub(crate) db: Db,
    ground: Arc<Ground>,
}

enum Ground {
    Sqlite { path: PathBuf, _folder: TempDir },
    Postgres { cluster: &'static Cluster, database: String },
}

impl Arena {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("store.db");
        let db = Db::open(&DatabaseSettings::new(format!("sqlite://{}", path.display()))).expect("opens");
        db.migrate().expect("migrates");
        Self { db, ground: Arc::new(Ground::Sqlite { path, _folder: folder }) }
    }

    fn postgres() -> Option<Self> {
        let cluster = postgres::shared()?;
        let database = cluster.create_database();
        let db = Db::open(&DatabaseSettings {
            acquire_timeout: std::time::Duration::from_secs(30),
            ..DatabaseSettings::new(cluster.url(&database))
        })
        .expect("opens");
        db.migrate().expect("migrates");
        Some(Self { db, ground: Arc::new(Ground::Postgres { cluster, database }) })
    }

    /// Runs SQL past the store, as an administrator with a shell would.
    pub(crate) fn tamper(&self, sql: &str) {
        match &*self.ground {
            Ground::Sqlite { path, .. } => {
                let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opens");
                conn.batch_execute("PRAGMA busy_timeout = 5000").expect("pragma");
                conn.batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
            }
            Ground::Postgres { cluster, database } => cluster.execute(database, sql),
        }
    }

    /// Runs a query past the store whose one column is a text named `line`.
    pub(crate) fn lines(&self, sql: &str) -> Vec<String> {
        match &*self.ground {
            Ground::Sqlite { path, .. } => {
                let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opens");
                let rows: Vec<Line> = diesel::sql_query(sql).load(&mut conn).unwrap_or_else(|e| panic!("{sql}: {e}"));
                rows.into_iter().map(|row| row.line).collect()
            }
            Ground::Postgres { cluster, database } => {
                cluster.query(database, sql).into_iter().flatten().flatten().collect()
            }
        }
    }

    /// A write that must succeed.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.db.write(f).await.expect("the write succeeds")
    }

    /// A read that must succeed.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.db.read(f).await.expect("the read succeeds")
    }

    /// `count` writes at once; how many of them answered `true`.
    pub(crate) async fn race<F>(&self, count: usize, racer: impl Fn(usize) -> F) -> usize
    where
        F: FnMut(&mut Conn) -> Result<bool, Fault> + Send + 'static,
    {
        let tasks: Vec<_> = (0..count)
            .map(|i| {
                let (db, f) = (self.db.clone(), racer(i));
                tokio::spawn(async move { db.write(f).await })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            winners += usize::from(task.await.expect("no panic").expect("no fault"));
        }
        winners
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Runs a case in a runtime with several threads.
pub(crate) fn run<F: Future<Output = ()>>(arena: Arena, case: impl FnOnce(Arena) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("runtime");
    runtime.block_on(case(arena.clone()));
    arena.db.close();
}

pub(crate) fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(Arena) -> F) {
    run(Arena::sqlite(), case);
}

pub(crate) fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(Arena) -> F) {
    if let Some(arena) = Arena::postgres() {
        run(arena, case);
    }
}

/// Makes of each case a test on either engine.
macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { crate::arena::on_sqlite(super::$case); })*
        }
        mod postgres {
            $(#[test] fn $case() { crate::arena::on_postgres(super::$case); })*
        }
    };
}
pub(crate) use contract;
