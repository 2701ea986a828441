//! Owns [`Db`], the two doors to the database. It does not own the engines behind them (`sqlite`, `writer`, `postgres`) nor
//! any query.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::sql_types::Integer;

use super::conn::{Conn, q};
use super::fault::{Fault, OpenError};
use super::job::{self, Answer, Job};
use super::migrate::{self, MigrationReport};
use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// Where the database is and how much of it we use.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `sqlite://PATH` (relative to the working directory unless it begins with `/`) or `postgres://…`.
    pub url: String,
    /// PostgreSQL: connections of this process. SQLite: idle connections kept for reading. At least 1.
    pub max_connections: u32,
    /// Certificates (PEM) of the authorities that PostgreSQL's certificate may come from, instead of the public ones. Setting
    /// it demands TLS.
    pub ca_file: Option<PathBuf>,
    /// How long a caller waits for a connection before it is told [`Fault::Unavailable`].
    pub acquire_timeout: Duration,
    /// SQLite: how long a statement waits for a lock that another program holds on the file.
    pub busy_timeout: Duration,
    /// SQLite: so many writes may wait; the next one is told [`Fault::Unavailable`]. At least 1.
    pub write_queue: usize,
    /// SQLite: whether to be the only one who opens the file so: true for a server, of which there is one per file; false for
    /// a command beside it, which waits its turn at SQLite's own locks.
    pub exclusive: bool,
}

impl DatabaseSettings {
    /// The defaults for a URL: 10 connections, 2 s for a connection, 5 s for a lock, 4096 waiting writes.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 10,
            ca_file: None,
            acquire_timeout: Duration::from_secs(2),
            busy_timeout: Duration::from_secs(5),
            write_queue: 4096,
            exclusive: true,
        }
    }
}

/// Which engine a [`Db`] stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one process.
    Sqlite,
    /// Shared by several nodes.
    Postgres,
}

impl Engine {
    /// Its name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

enum Inner {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens the database that the URL names. A SQLite file and its folder are made when missing, readable by their owner
    /// only. Blocks; may be called inside or outside of an async runtime.
    ///
    /// # Errors
    /// An [`OpenError`] that says what to change: unknown scheme, unreadable file, file in use, server unreachable.
    pub fn open(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let inner = match settings.url.split_once(':') {
            Some(("sqlite", rest)) => Inner::Sqlite(Sqlite::open(rest, settings)?),
            Some(("postgres" | "postgresql", _)) => Inner::Postgres(Postgres::open(settings)?),
            Some((scheme, _)) => return Err(OpenError::Scheme(scheme.to_owned())),
            None => return Err(OpenError::Scheme(settings.url.chars().take(20).collect())),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Brings the tables up to date. To be called once, before anything else. Several nodes may call it at once on
    /// PostgreSQL: an advisory lock lets one work and the others wait. Blocks.
    ///
    /// # Errors
    /// [`OpenError::Newer`] if a newer program was here before, [`OpenError::Migration`] if a step failed.
    pub fn migrate(&self) -> Result<MigrationReport, OpenError> {
        match &*self.0 {
            Inner::Sqlite(sqlite) => migrate::sqlite(&mut sqlite.migration_connection()?),
            Inner::Postgres(postgres) => postgres.on_own_thread(migrate::postgres),
        }
    }

    /// Names of the migrations that [`Db::migrate`] would run now, in order. Changes no table of ours.
    ///
    /// # Errors
    /// [`OpenError::Newer`] for a database that a newer program has written, or another [`OpenError`].
    pub fn pending_migrations(&self) -> Result<Vec<String>, OpenError> {
        match &*self.0 {
            Inner::Sqlite(sqlite) => migrate::pending_sqlite(&mut sqlite.migration_connection()?),
            Inner::Postgres(postgres) => postgres.on_own_thread(migrate::pending_postgres),
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match &*self.0 {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs queries that change nothing. They are not one transaction: what must be consistent is one query, or belongs into
    /// [`Db::write`]. On SQLite the closure runs at once on the calling thread (a look-up takes microseconds, less than a hop
    /// to another thread); on PostgreSQL on a thread that may block, and a second time if the connection turned out dead.
    ///
    /// # Errors
    /// The closure's own [`Fault`], or [`Fault::Unavailable`] when no connection was to be had in time.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        job::answer(self.run_read(job::job(f)).await?)
    }

    async fn run_read(&self, job: Job) -> Result<Answer, Fault> {
        match &*self.0 {
            Inner::Sqlite(sqlite) => sqlite.read(job),
            Inner::Postgres(postgres) => postgres.read(job).await,
        }
    }

    /// Runs the closure in a transaction and answers after it was committed. The closure may run more than once (PostgreSQL,
    /// after losing against another transaction), so nothing outside of the database happens in it and nothing slow either:
    /// hash, sign and draw random values before. When it answers a [`Fault`] nothing of it remains.
    ///
    /// It runs to its end even if the caller hangs up meanwhile.
    ///
    /// PostgreSQL runs it at READ COMMITTED: take what is used once in one statement, and lock what is read to be changed
    /// (`guesses::for_update`). SQLite runs one closure at a time.
    ///
    /// # Errors
    /// The closure's own [`Fault`], or [`Fault::Unavailable`] when the queue is full or the COMMIT failed.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Conn) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        job::answer(self.run_write(job::job(f)).await?)
    }

    async fn run_write(&self, job: Job) -> Result<Answer, Fault> {
        match &*self.0 {
            Inner::Sqlite(sqlite) => sqlite.writer().run(job).await,
            Inner::Postgres(postgres) => postgres.write(job).await,
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] if there is none.
    pub async fn ping(&self) -> Result<(), Fault> {
        if let Inner::Sqlite(sqlite) = &*self.0
            && !sqlite.writer().is_alive()
        {
            return Err(Fault::Unavailable("the writer has ended".to_owned()));
        }
        self.read(|c| {
            q!(c, |conn| diesel::select(diesel::dsl::sql::<Integer>("1")).get_result::<i32>(conn))?;
            Ok(())
        })
        .await
    }

    /// Refuses new work, finishes what is waiting and lets go of the file or the server. Blocks until the last write is
    /// committed. To be called once, at the end; calling it again does nothing.
    pub fn close(&self) {
        match &*self.0 {
            Inner::Sqlite(sqlite) => sqlite.close(),
            Inner::Postgres(postgres) => postgres.close(),
        }
    }
}
