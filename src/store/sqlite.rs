//! Owns the SQLite file: its lock, its pragmas, the connections for reading. It does not own the writing: that is `writer`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::conn::{Conn, Link};
use super::db::DatabaseSettings;
use super::fault::{Fault, OpenError};
use super::job::{Answer, Job};
use super::writer::Writer;

pub(super) struct Sqlite {
    path: PathBuf,
    busy_timeout: Duration,
    /// Idle connections for reading. The lock is held for a push or a pop only.
    readers: Mutex<Vec<Conn>>,
    idle_readers: usize,
    closed: AtomicBool,
    writer: Writer,
    /// Held as long as we live by a server: one per file.
    lock: Mutex<Option<File>>,
}

impl Sqlite {
    /// `rest` is the URL behind `sqlite:`.
    pub(super) fn open(rest: &str, settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let path = path_of(rest)?;
        let lock = take_file(&path, settings.exclusive)?;
        let trouble = |detail: String| OpenError::File { path: path.display().to_string(), detail };
        let mut conn = connect(&path, settings.busy_timeout).map_err(|f| trouble(f.to_string()))?;
        // Once, here: several connections that set it at the same time would find the file locked.
        conn.batch_execute("PRAGMA journal_mode = WAL").map_err(|e| trouble(e.to_string()))?;
        let writer = Writer::start(Conn(Link::Sqlite(conn)), settings.write_queue)?;
        Ok(Self {
            path,
            busy_timeout: settings.busy_timeout,
            readers: Mutex::new(Vec::new()),
            idle_readers: usize::try_from(settings.max_connections).unwrap_or(usize::MAX).max(1),
            closed: AtomicBool::new(false),
            writer,
            lock: Mutex::new(lock),
        })
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// A connection for migrations: foreign keys are off, since a migration may rebuild a table that others refer to.
    pub(super) fn migration_connection(&self) -> Result<SqliteConnection, OpenError> {
        let trouble = |detail: String| OpenError::File { path: self.path.display().to_string(), detail };
        let mut conn = connect(&self.path, self.busy_timeout).map_err(|f| trouble(f.to_string()))?;
        conn.batch_execute("PRAGMA foreign_keys = OFF").map_err(|e| trouble(e.to_string()))?;
        Ok(conn)
    }

    /// Runs the closure on this very thread. There is no waiting for a connection: if none is idle another one is opened, and
    /// since a running closure holds its thread there are never more than threads.
    pub(super) fn read(&self, mut job: Job) -> Result<Answer, Fault> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Fault::Unavailable("the server is shutting down".to_owned()));
        }
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => self.reader()?,
        };
        let answer = catch_unwind(AssertUnwindSafe(|| job(&mut conn)))
            .map_err(|_| Fault::Internal("a read panicked; see the log".to_owned()))?;
        // A connection whose closure panicked is not put back.
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < self.idle_readers && !self.closed.load(Ordering::Acquire) {
            readers.push(conn);
        }
        answer
    }

    fn reader(&self) -> Result<Conn, Fault> {
        let mut conn = connect(&self.path, self.busy_timeout)?;
        // A write in a read's closure would wait for the writer and then lose; this way it is a plain error in every test.
        conn.batch_execute("PRAGMA query_only = ON")?;
        Ok(Conn(Link::Sqlite(conn)))
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.writer.close();
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}

/// `//PATH`, `///PATH` or `PATH`, as it stands: nothing in it is decoded.
fn path_of(rest: &str) -> Result<PathBuf, OpenError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.ends_with('/') {
        return Err(OpenError::Url("it names no file; write sqlite://./data/vouchsafe.db".to_owned()));
    }
    if path.contains(":memory:") {
        return Err(OpenError::Url("each connection would have a database of its own; name a file".to_owned()));
    }
    if path.contains(['?', '\0']) {
        return Err(OpenError::Url("a SQLite URL is a path and takes no parameters".to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// Makes folder and file where they are missing (for their owner only) and locks the file against a second process.
fn take_file(path: &Path, exclusive: bool) -> Result<Option<File>, OpenError> {
    let trouble = |e: std::io::Error| OpenError::File {
        path: path.display().to_string(),
        detail: format!("{e}. The folder must be writable by the user who runs vouchsafe"),
    };
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_folder(folder).map_err(trouble)?;
    }
    let lock = match exclusive {
        false => None,
        true => {
            let mut lock_name = path.as_os_str().to_owned();
            lock_name.push(".lock");
            let lock = private_file().open(Path::new(&lock_name)).map_err(trouble)?;
            match lock.try_lock() {
                Ok(()) => Some(lock),
                Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.display().to_string())),
                Err(TryLockError::Error(e)) => return Err(trouble(e)),
            }
        }
    };
    // SQLite gives its WAL and shared-memory files the mode of the database, so making it first is enough for all three. A
    // file that exists is not even opened: closing it again would drop the POSIX locks that this process holds on it.
    match private_file().create_new(true).open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(trouble(e)),
        _ => Ok(lock),
    }
}

fn private_file() -> OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// `busy_timeout` comes first: every later pragma may already meet a lock. `synchronous = FULL`: what was answered survives a
/// power cut, else a used code or a rotated refresh token could come back.
fn connect(path: &Path, busy_timeout: Duration) -> Result<SqliteConnection, Fault> {
    let name = path.to_str().ok_or_else(|| Fault::Internal("the path is not UTF-8".to_owned()))?;
    let mut conn = SqliteConnection::establish(name).map_err(|e| Fault::Unavailable(e.to_string()))?;
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {};
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;
         PRAGMA journal_size_limit = 67108864;",
        busy_timeout.as_millis()
    ))?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_paths() {
        let path = |rest: &str| path_of(rest).map(|p| p.display().to_string()).ok();
        assert_eq!(path("//./data/v.db").as_deref(), Some("./data/v.db"));
        assert_eq!(path("///var/lib/v.db").as_deref(), Some("/var/lib/v.db"));
        assert_eq!(path("v.db").as_deref(), Some("v.db"));
        for bad in ["", "//", ":memory:", "//:memory:", "//a/", "//a.db?mode=ro"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
    }
}
