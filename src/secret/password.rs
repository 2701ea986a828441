//! Owns passwords: the argon2id hash, its parameters, and the bounded crew of threads that computes it. It does not own
//! where hashes are stored, nor how often somebody may guess (`identity::guess`).
//!
//! Hashing is the most expensive thing a stranger can make us do, so everything about it is bounded: at most
//! `max_running` hashes at once, each on a thread of its own with memory of its own; at most `max_waiting` requests in
//! the queue; none waits longer than `wait` for its turn. A request that is dropped while it waits costs nothing, and one
//! that is dropped while its hash runs frees nothing early: the thread is the permit.
//!
//! A password is taken as typed, but normalised to NFKC (NIST SP 800-63B-4 section 3.1.1.2), so that the same characters
//! typed on another keyboard are the same password. Nothing is cut: not at 72 bytes, not at a NUL.

mod crew;
mod foreign;
mod phc;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::secret::breached::{self, BreachedList};
use crate::secret::strength::{self, Strength};
use crate::sensitive::Sensitive;
use crew::{Crew, Job, Task};
use phc::Recipe;

/// How passwords are hashed, and how much of it may happen at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordRule {
    /// Memory of one hash in KiB (argon2 `m`).
    pub memory_kib: u32,
    /// Passes over the memory (argon2 `t`).
    pub iterations: u32,
    /// Lanes (argon2 `p`); they are computed one after the other.
    pub parallelism: u32,
    /// Hashes computed at once; 0 means one for each processor.
    pub max_running: usize,
    /// Requests that may wait for their turn.
    pub max_waiting: usize,
    /// How long a request waits for its turn.
    pub wait: Duration,
    /// Longest password in bytes; a longer one is refused before anything is computed.
    pub max_bytes: usize,
}

impl Default for PasswordRule {
    /// The parameters OWASP recommends (m = 19 MiB, t = 2, p = 1), a queue of 64, two seconds of patience.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            max_running: 0,
            max_waiting: 64,
            wait: Duration::from_secs(2),
            max_bytes: 1024,
        }
    }
}

/// Whether the password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// It was. `upgrade` is a new hash to store in place of the old one, when that was made by other parameters.
    Right {
        /// The new PHC string, if the stored one should be replaced.
        upgrade: Option<String>,
    },
    /// It was not, or there is no password to compare with.
    Wrong,
}

/// What a password that somebody chose is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How hard it is to guess.
    pub strength: Strength,
    /// Whether it stands in the list of breached passwords; not if there is none, or if it cannot be read.
    pub is_breached: bool,
}

impl Judgement {
    fn of(password: &Sensitive, own: &[String], list: Option<&BreachedList>) -> Self {
        let looked_up = list.map(|list| list.holds(&breached::sha1(password.expose())));
        let is_breached = looked_up.unwrap_or(Ok(false)).unwrap_or_else(|why| {
            // Nobody is kept from a password because a file is broken.
            tracing::error!("{why}");
            false
        });
        Self { strength: strength::of(password.expose(), own), is_breached }
    }
}

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Too many passwords are being checked: answer 503 with `Retry-After`.
    #[error("too many sign-ins at this moment; try again in {retry_after_seconds} s")]
    Overloaded {
        /// Value for `Retry-After`.
        retry_after_seconds: u64,
    },
    /// Longer than [`PasswordRule::max_bytes`]: answer 400; nothing was computed.
    #[error("the password is longer than {max_bytes} bytes")]
    TooLong {
        /// The longest allowed.
        max_bytes: usize,
    },
    /// The stored hash cannot be used. The password was hashed all the same, so the time tells nothing.
    #[error("the stored password hash is unusable: {0}")]
    Unusable(&'static str),
    /// The parameters are impossible, or the computation broke.
    #[error("passwords cannot be hashed: {0}")]
    Broken(String),
}

/// Hashes and checks passwords. Cheap to clone; the threads end when the last clone is dropped.
#[derive(Clone)]
pub struct PasswordHasher {
    recipe: Recipe,
    rule: PasswordRule,
    crew: Arc<Crew>,
}

impl PasswordHasher {
    /// Starts the crew.
    ///
    /// # Errors
    /// [`PasswordError::Broken`] for parameters argon2 does not know, or when no thread can be started.
    pub fn new(rule: PasswordRule) -> Result<Self, PasswordError> {
        let recipe = Recipe::new(&rule)?;
        let running = match rule.max_running {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            given => given,
        };
        let crew = Crew::start(running, rule.max_waiting, recipe)
            .map_err(|error| PasswordError::Broken(format!("no thread could be started: {error}")))?;
        Ok(Self { recipe, rule, crew: Arc::new(crew) })
    }

    /// Compares a password with a stored hash. With `None` (nobody of that name, or no password set) as much is computed
    /// and the verdict is [`PasswordVerdict::Wrong`].
    pub async fn verify(&self, typed: Sensitive, phc: Option<String>) -> Result<PasswordVerdict, PasswordError> {
        let password = self.prepare(&typed)?;
        let (answer, verdict) = oneshot::channel();
        self.run(Task::Verify { password, typed, phc, answer }, verdict).await
    }

    /// The form in which a hash is stored that another system made: argon2, bcrypt, scrypt or PBKDF2, as written in the PHC
    /// form, by Django, by passlib, or in an export of Keycloak. It is replaced by one of ours at the first sign-in.
    ///
    /// # Errors
    /// [`PasswordError::Unusable`] for a form that is not known, or one that asks for too much.
    pub fn imported(&self, text: &str) -> Result<String, PasswordError> {
        self.recipe.imported(text)
    }

    /// The PHC string to store for a new password.
    pub async fn hash(&self, password: Sensitive) -> Result<String, PasswordError> {
        let password = self.prepare(&password)?;
        let (answer, phc) = oneshot::channel();
        self.run(Task::Hash { password, answer }, phc).await
    }

    /// What a password is worth that somebody chose; `own` are words of theirs. One that is too long is not looked at.
    pub async fn judge(
        &self,
        password: Sensitive,
        own: Vec<String>,
        list: Option<Arc<BreachedList>>,
    ) -> Result<Judgement, PasswordError> {
        if self.is_too_long(&password) {
            return Err(PasswordError::TooLong { max_bytes: self.rule.max_bytes });
        }
        let (answer, judgement) = oneshot::channel();
        self.run(Task::Judge { password, own, list, answer }, judgement).await
    }

    /// The parameters of new hashes, as they stand in a PHC string: `m=19456,t=2,p=1`.
    pub fn parameters(&self) -> String {
        self.recipe.to_string()
    }

    /// How many hashes are being computed, and how many requests wait for their turn: for metrics.
    pub fn load(&self) -> (usize, usize) {
        self.crew.load()
    }

    /// Whether the password is longer than any that is looked at ([`PasswordRule::max_bytes`]).
    pub fn is_too_long(&self, password: &Sensitive) -> bool {
        password.len() > self.rule.max_bytes
    }

    fn prepare(&self, password: &Sensitive) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
        if self.is_too_long(password) {
            return Err(PasswordError::TooLong { max_bytes: self.rule.max_bytes });
        }
        // Room for the worst case (U+FDFA grows from 3 bytes to 33): a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(password.len() * 11));
        let mut buffer = [0; 4];
        for character in password.expose().nfkc() {
            bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
        Ok(bytes)
    }

    /// Queues the task and waits: at most `wait` for its turn, then as long as the hash takes.
    async fn run<T>(
        &self,
        task: Task,
        mut answer: oneshot::Receiver<Result<T, PasswordError>>,
    ) -> Result<T, PasswordError> {
        let started = Arc::new(AtomicBool::new(false));
        if !self.crew.offer(Job { task, started: started.clone() }) {
            return Err(self.overloaded());
        }
        let answered = match tokio::time::timeout(self.rule.wait, &mut answer).await {
            Ok(answered) => answered,
            Err(_) if started.load(Ordering::Acquire) => answer.await,
            // Dropping `answer` tells the crew that nobody waits any more.
            Err(_) => return Err(self.overloaded()),
        };
        answered.unwrap_or_else(|_| Err(PasswordError::Broken("the hashing thread has ended".into())))
    }

    fn overloaded(&self) -> PasswordError {
        PasswordError::Overloaded { retry_after_seconds: self.rule.wait.as_secs().max(1) }
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHasher").field("rule", &self.rule).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
