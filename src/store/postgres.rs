//! Owns the connections to PostgreSQL: URL, TLS, pool, transactions with their retries. It does not own any query.
//!
//! Every connection brings a small runtime of its own, which is driven by the thread that uses it: a query costs no hop to
//! another thread. The price is that nobody listens while a connection is idle, so a connection is looked at when it is
//! taken ([`Pooled::notice`]).

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{HandleError, ManageConnection, Pool, PooledConnection, R2D2Connection};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::BlockOn;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conn::{Conn, Link, PgLink, q};
use super::db::DatabaseSettings;
use super::fault::{Fault, OpenError};
use super::job::{Answer, Job};
use super::postgres_url;

/// A transaction that lost against another one is tried again so many times.
const DEFEATS: u32 = 5;

/// A job whose connection died under it is tried again so many times.
const LOSSES: u32 = 3;

/// Set on every connection. A statement of ours takes milliseconds: half a minute means that something is wrong, and a
/// transaction left open would hold locks that others wait for.
const SESSION: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET default_transaction_isolation = 'read committed'";

pub(super) struct Postgres {
    manager: Manager,
    pool: Pool<Manager>,
    /// One permit per connection, taken before a blocking thread is: waiting costs no thread.
    permits: Arc<Semaphore>,
    acquire_timeout: Duration,
}

impl Postgres {
    pub(super) fn open(settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let manager = Manager {
            config: Arc::new(postgres_url::config_of(settings)?),
            tls: postgres_url::tls_of(settings.ca_file.as_deref())?,
        };
        let size = settings.max_connections.max(1);
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(settings.acquire_timeout.max(Duration::from_millis(1)))
            .error_handler(Box::new(LogTrouble))
            .build_unchecked(manager.clone());
        let permits = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(usize::MAX)));
        let postgres = Self { manager, pool, permits, acquire_timeout: settings.acquire_timeout };
        postgres.on_own_thread(|_| Ok(()))?;
        Ok(postgres)
    }

    /// Runs something on a connection outside of the pool and on a thread outside of any runtime: at the start we may or may
    /// not be inside of one, and blocking inside of one panics.
    pub(super) fn on_own_thread<T: Send>(
        &self,
        f: impl FnOnce(&mut PgLink) -> Result<T, OpenError> + Send,
    ) -> Result<T, OpenError> {
        let work = || {
            let mut pooled = self.manager.connect().map_err(|e| OpenError::Unreachable(e.0))?;
            match &mut pooled.conn.0 {
                Link::Postgres(link) => f(link),
                Link::Sqlite(_) => Err(OpenError::Unreachable("the manager made a connection to SQLite".to_owned())),
            }
        };
        std::thread::scope(|scope| match scope.spawn(work).join() {
            Ok(answer) => answer,
            Err(_) => Err(OpenError::Thread("it panicked; see the log".to_owned())),
        })
    }

    pub(super) async fn read(&self, mut job: Job) -> Result<Answer, Fault> {
        self.on_blocking_thread(move |pool| {
            let mut losses = 0;
            loop {
                let mut pooled = check_out(pool)?;
                let answer = pooled.run(&mut job);
                // Reading twice harms nobody.
                if answer.is_err() && pooled.is_lost("SELECT") && losses < LOSSES {
                    losses += 1;
                    drop(pooled);
                    pause(losses);
                } else {
                    return answer;
                }
            }
        })
        .await
    }

    pub(super) async fn write(&self, mut job: Job) -> Result<Answer, Fault> {
        self.on_blocking_thread(move |pool| {
            let (mut losses, mut defeats) = (0, 0);
            loop {
                let mut pooled = check_out(pool)?;
                match transaction(&mut pooled, &mut job) {
                    Ok(value) => return Ok(value),
                    // No COMMIT was sent, so nothing can have remained.
                    Err(End::Lost(_)) if losses < LOSSES => {
                        losses += 1;
                        drop(pooled);
                        pause(losses);
                    }
                    Err(End::Undone(fault)) if fault.is_contention() && defeats < DEFEATS => {
                        defeats += 1;
                        drop(pooled);
                        pause(defeats);
                    }
                    Err(End::Lost(fault) | End::Undone(fault) | End::Unknown(fault)) => return Err(fault),
                }
            }
        })
        .await
    }

    /// Waits for a permit and runs the job, which then holds the permit itself: a caller who hangs up changes nothing.
    async fn on_blocking_thread(
        &self,
        work: impl FnOnce(&Pool<Manager>) -> Result<Answer, Fault> + Send + 'static,
    ) -> Result<Answer, Fault> {
        let permit = tokio::time::timeout(self.acquire_timeout, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Fault::Unavailable("all connections are in use".to_owned()))?
            .map_err(|_| Fault::Unavailable("the server is shutting down".to_owned()))?;
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || {
            let answer = work(&pool);
            drop(permit);
            answer
        })
        .await
        .unwrap_or_else(|e| Err(Fault::Internal(format!("a database job was lost: {e}"))))
    }

    pub(super) fn close(&self) {
        self.permits.close();
        // Jobs that have begun keep their permit and their connection to the end; no statement takes longer than its limit.
        let size = usize::try_from(self.pool.max_size()).unwrap_or(usize::MAX);
        for _ in 0..3_000 {
            if self.permits.available_permits() >= size {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        tracing::error!("database jobs were still running after 30 seconds");
    }
}

/// How a transaction failed.
enum End {
    /// It was rolled back.
    Undone(Fault),
    /// The connection died before COMMIT was sent.
    Lost(Fault),
    /// COMMIT was sent, and nobody knows what became of it.
    Unknown(Fault),
}

fn transaction(pooled: &mut Pooled, job: &mut Job) -> Result<Answer, End> {
    if let Err(fault) = pooled.sql("BEGIN") {
        pooled.discard = true;
        return Err(End::Lost(fault));
    }
    match pooled.run(job) {
        // The empty SELECT fails in a transaction that an error has aborted, where a lone COMMIT would say yes and roll back.
        Ok(value) => match pooled.sql("SELECT; COMMIT") {
            Ok(()) => Ok(value),
            Err(fault) if pooled.is_lost("ROLLBACK") => {
                let words = format!("COMMIT was not answered, the change may or may not have been made: {fault}");
                Err(End::Unknown(Fault::Unavailable(words)))
            }
            Err(fault) => Err(End::Undone(fault)),
        },
        Err(fault) if pooled.is_lost("ROLLBACK") => Err(End::Lost(fault)),
        Err(fault) => Err(End::Undone(fault)),
    }
}

/// 10 ms, 20 ms, 40 ms …: what closes connections or holds rows does it to many at once.
fn pause(times: u32) {
    std::thread::sleep(Duration::from_millis(5 << times.min(6)));
}

fn check_out(pool: &Pool<Manager>) -> Result<PooledConnection<Manager>, Fault> {
    loop {
        let mut pooled = pool.get().map_err(|e| Fault::Unavailable(e.to_string()))?;
        let is_fresh = std::mem::replace(&mut pooled.is_fresh, false);
        if is_fresh || pooled.notice() {
            return Ok(pooled);
        }
    }
}

/// A connection in the pool.
struct Pooled {
    conn: Conn,
    runtime: OwnRuntime,
    is_fresh: bool,
    /// Not to be used again.
    discard: bool,
}

impl Pooled {
    /// Reads what the socket received while nobody listened; whether the connection is still alive. No round trip.
    fn notice(&mut self) -> bool {
        self.runtime.block_on(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
        if self.is_dead() {
            self.discard = true;
        }
        !self.discard
    }

    /// Runs the closure; a connection whose closure panicked is not used again.
    fn run(&mut self, job: &mut Job) -> Result<Answer, Fault> {
        let conn = &mut self.conn;
        catch_unwind(AssertUnwindSafe(|| job(conn))).unwrap_or_else(|_| {
            self.discard = true;
            Err(Fault::Internal("a database job panicked; see the log".to_owned()))
        })
    }

    fn sql(&mut self, text: &str) -> Result<(), Fault> {
        Ok(q!(self.conn, |c| c.batch_execute(text))?)
    }

    /// After a fault: asks the server something that ends what was begun. A connection that cannot even do that is gone. One
    /// whose closure panicked is not asked: it is thrown away, but it was not lost.
    fn is_lost(&mut self, last_words: &str) -> bool {
        if self.discard {
            return false;
        }
        self.discard = self.sql(last_words).is_err();
        self.discard
    }

    fn is_dead(&mut self) -> bool {
        match &mut self.conn.0 {
            Link::Postgres(link) => R2D2Connection::is_broken(link),
            Link::Sqlite(_) => true,
        }
    }
}

/// Makes connections for the pool.
#[derive(Clone)]
struct Manager {
    config: Arc<tokio_postgres::Config>,
    tls: MakeRustlsConnect,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ConnectError(String);

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = ConnectError;

    fn connect(&self) -> Result<Pooled, ConnectError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| ConnectError(format!("no runtime for a connection: {e}")))?;
        let runtime = OwnRuntime(Some(Arc::new(runtime)));
        let inner = runtime.block_on(async {
            let (client, connection) =
                self.config.connect(self.tls.clone()).await.map_err(|e| ConnectError(postgres_url::explain(&e)))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection)
                .await
                .map_err(|e| ConnectError(e.to_string()))
        })?;
        HANDED_OVER.set(Some(runtime.clone()));
        let conn = Conn(Link::Postgres(PgLink::from(inner)));
        let mut pooled = Pooled { conn, runtime, is_fresh: true, discard: false };
        pooled.sql(SESSION).map_err(|e| ConnectError(e.to_string()))?;
        Ok(pooled)
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), ConnectError> {
        if pooled.notice() { Ok(()) } else { Err(ConnectError("the connection was closed".to_owned())) }
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.discard || pooled.is_dead()
    }
}

#[derive(Debug)]
struct LogTrouble;

impl HandleError<ConnectError> for LogTrouble {
    fn handle_error(&self, error: ConnectError) {
        tracing::warn!(%error, "PostgreSQL cannot be reached");
    }
}

thread_local! {
    /// The runtime in which the connection was made, on its way to the wrapper: `BlockOn` makes runtimes without being told
    /// for which connection, and the connection's own task lives in this one.
    static HANDED_OVER: Cell<Option<OwnRuntime>> = const { Cell::new(None) };
}

/// The runtime of one connection, driven by whoever uses the connection.
#[derive(Clone)]
pub(super) struct OwnRuntime(Option<Arc<Runtime>>);

impl BlockOn for OwnRuntime {
    fn block_on<F: Future>(&self, f: F) -> F::Output {
        if let Some(runtime) = &self.0 {
            return runtime.block_on(f);
        }
        // Only a connection made elsewhere than in `Manager::connect` comes here.
        let mut f = pin!(f);
        loop {
            if let Poll::Ready(output) = f.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
            std::thread::yield_now();
        }
    }

    fn get_runtime() -> Self {
        HANDED_OVER.take().unwrap_or(Self(None))
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // A plain drop waits for the runtime's threads, and panics when it happens on a thread of another runtime.
        if let Some(runtime) = self.0.take().and_then(Arc::into_inner) {
            runtime.shutdown_background();
        }
    }
}
