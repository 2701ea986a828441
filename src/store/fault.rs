//! Owns what can go wrong with the database, in words for the person who runs it. It does not own refusals: those are values
//! of the floors below, and there is deliberately no conversion between the two.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Something of ours broke. Never a refusal: the world is told nothing but "try again" or "we failed".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The database cannot be reached, a queue or pool is full, or a lock was not to be had in time. To be answered with 503
    /// and `Retry-After`. After a failed COMMIT on PostgreSQL it is unknown whether the change was made.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A stored value that this program cannot have written.
    #[error("the database holds a value that cannot be read: table {table}, column {column}: {detail}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with the value, without the value itself where it may be secret.
        detail: String,
    },
    /// The transaction was undone on purpose, to see what it would have done.
    #[error("the transaction was undone on purpose")]
    Undone,
    /// A bug of ours, or a database that was changed by somebody else.
    #[error("internal error in the store: {0}")]
    Internal(String),
}

/// Begins the words of a fault that another try may cure: two transactions wanted the same rows.
const CONTENTION: &str = "two transactions wanted the same rows";

impl Fault {
    pub(super) fn corrupt(table: &'static str, column: &'static str, detail: impl ToString) -> Self {
        Fault::Corrupt { table, column, detail: detail.to_string() }
    }

    /// Whether the transaction lost against another one and may be run again from its beginning.
    pub(super) fn is_contention(&self) -> bool {
        matches!(self, Fault::Unavailable(words) if words.starts_with(CONTENTION))
    }
}

impl From<DieselError> for Fault {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, info) => of_database(&kind, info.message()),
            other => Fault::Internal(other.to_string()),
        }
    }
}

fn of_database(kind: &DatabaseErrorKind, message: &str) -> Fault {
    use DatabaseErrorKind as Kind;
    match kind {
        Kind::SerializationFailure => Fault::Unavailable(format!("{CONTENTION}: {message}")),
        // Diesel keeps no SQLSTATE, so 40P01 can only be told by its words; a server that speaks another language than
        // English loses the retry, not the answer.
        Kind::Unknown if message.contains("deadlock detected") => {
            Fault::Unavailable(format!("{CONTENTION}: {message}"))
        }
        Kind::ClosedConnection | Kind::UnableToSendCommand | Kind::ReadOnlyTransaction => {
            Fault::Unavailable(message.to_owned())
        }
        Kind::Unknown if is_passing_trouble(message) => Fault::Unavailable(message.to_owned()),
        Kind::Unknown => Fault::Internal(message.to_owned()),
        kind => Fault::Internal(format!("{kind:?}: {message}")),
    }
}

/// Trouble that an administrator, or time, can cure without a new program.
fn is_passing_trouble(message: &str) -> bool {
    [
        // SQLite
        "database is locked",
        "database table is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        // PostgreSQL
        "statement timeout",
        "lock timeout",
        "terminating connection",
        "the database system is",
        "too many connections",
        "remaining connection slots",
        "No space left on device",
        "could not extend file",
    ]
    .iter()
    .any(|known| message.contains(known))
}

/// Why the database could not be opened or brought up to date. The words say what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL has a scheme we do not speak, or none.
    #[error("database.url begins with \"{0}\": use sqlite://PATH or postgres://USER@HOST/NAME")]
    Scheme(String),
    /// The URL is of a known scheme but cannot be used.
    #[error("database.url cannot be used: {0}")]
    Url(String),
    /// The folder or file of a SQLite database cannot be made or opened.
    #[error("the database file {path} cannot be opened: {detail}")]
    File {
        /// The file.
        path: String,
        /// What the system or SQLite said, and what to do.
        detail: String,
    },
    /// Another process holds the SQLite file.
    #[error(
        "another vouchsafe process uses the database {0}: stop it first, or use PostgreSQL if several nodes are to share one database"
    )]
    InUse(String),
    /// The file with the certificate authority cannot be read.
    #[error("database.ca_file {path} cannot be used: {detail}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// PostgreSQL does not answer, or refuses us.
    #[error("PostgreSQL cannot be reached: {0}")]
    Unreachable(String),
    /// The database was written by a newer program.
    #[error(
        "the database is newer than this program: it has migration {0}, which is unknown here. Run the newer program, or restore the backup made before its first start"
    )]
    Newer(String),
    /// A migration failed; nothing of it remains.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// The system refused a thread.
    #[error("the database thread could not be started: {0}")]
    Thread(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_errors_are_sorted_into_try_again_and_bug() {
        let of = |kind, words: &str| Fault::from(DieselError::DatabaseError(kind, Box::new(words.to_owned())));
        assert!(of(DatabaseErrorKind::SerializationFailure, "could not serialize access").is_contention());
        assert!(of(DatabaseErrorKind::Unknown, "deadlock detected").is_contention());
        let locked = of(DatabaseErrorKind::Unknown, "database is locked");
        assert!(matches!(locked, Fault::Unavailable(_)) && !locked.is_contention());
        assert!(matches!(of(DatabaseErrorKind::UnableToSendCommand, "connection closed"), Fault::Unavailable(_)));
        assert!(matches!(of(DatabaseErrorKind::Unknown, "no such table: x"), Fault::Internal(_)));
        assert!(matches!(of(DatabaseErrorKind::UniqueViolation, "duplicate"), Fault::Internal(_)));
    }
}
