//! Owns the one form in which every door hears that an operation was refused: a kind, a code that programs can tell apart,
//! the field it is about, and words that say what to do. It does not own the checks (each noun has its own).

use crate::flow::Fault;
use crate::identity::Permission;

/// What an operation answers: a refusal is a value, a fault is an error.
pub type Done<T> = Result<Result<T, AdminRefusal>, Fault>;

/// What kind of refusal it is. The doors make statuses, exit codes and pages of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The input is wrong.
    Invalid,
    /// There is no such thing.
    Unknown,
    /// It collides with something that is there.
    Conflict,
    /// The actor may not do it.
    Forbidden,
    /// Somebody else changed it since it was read.
    Stale,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct AdminRefusal {
    /// Of which kind.
    pub kind: RefusalKind,
    /// A short name in snake_case that never changes, for programs.
    pub code: &'static str,
    /// The field of the input it is about, as the API names it (`redirect_uris`, `policy.code_lifetime`), if one.
    pub field: Option<&'static str>,
    /// What is wrong and what to do about it, for people. Names no command and no page: the doors differ.
    pub words: String,
}

impl AdminRefusal {
    fn new(kind: RefusalKind, code: &'static str, words: impl Into<String>) -> Self {
        Self { kind, code, field: None, words: words.into() }
    }

    /// Wrong input.
    pub fn invalid(code: &'static str, words: impl Into<String>) -> Self {
        Self::new(RefusalKind::Invalid, code, words)
    }

    /// Nothing there.
    pub fn unknown(code: &'static str, words: impl Into<String>) -> Self {
        Self::new(RefusalKind::Unknown, code, words)
    }

    /// Something there already, or something in the way.
    pub fn conflict(code: &'static str, words: impl Into<String>) -> Self {
        Self::new(RefusalKind::Conflict, code, words)
    }

    /// Not allowed.
    pub fn forbidden(code: &'static str, words: impl Into<String>) -> Self {
        Self::new(RefusalKind::Forbidden, code, words)
    }

    /// The actor lacks a permission.
    pub fn lacks(permission: Permission) -> Self {
        let words = format!("this needs the permission {} (to {})", permission.scope(), permission.words());
        Self::forbidden("permission_missing", words)
    }

    /// The version that came is not the one that is stored.
    pub fn stale(is: i64) -> Self {
        let words =
            format!("somebody changed it since you read it (it is at version {is} now): read it again, then repeat");
        Self::new(RefusalKind::Stale, "version_is_stale", words)
    }

    /// Whether it is only that somebody else wrote in between.
    pub fn is_stale(&self) -> bool {
        self.kind == RefusalKind::Stale
    }

    /// Names the field.
    #[must_use]
    pub fn at(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }
}

/// Takes the good half of an operation's step, or answers with its refusal.
macro_rules! granted {
    ($step:expr) => {
        match $step {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal.into())),
        }
    };
}
pub(crate) use granted;

/// Holds the version that a caller read against the stored one. `None`: the caller does not care.
///
/// # Errors
/// [`RefusalKind::Stale`].
pub fn fresh(expected: Option<i64>, is: i64) -> Result<(), AdminRefusal> {
    match expected {
        Some(expected) if expected != is => Err(AdminRefusal::stale(is)),
        _ => Ok(()),
    }
}
