//! Owns the threads that hash: a fixed number, a bounded queue, memory reused from hash to hash. It does not own what is
//! computed (`phc`).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use std::{io, thread};

use argon2::Block;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::phc::Recipe;
use super::{Judgement, PasswordError, PasswordVerdict};
use crate::secret::breached::BreachedList;
use crate::sensitive::Sensitive;

/// A thread without work for this long gives its memory back.
const IDLE: Duration = Duration::from_secs(10);

pub(super) enum Task {
    Verify {
        password: Zeroizing<Vec<u8>>,
        /// As it was typed, for hashes of others.
        typed: Sensitive,
        phc: Option<String>,
        answer: oneshot::Sender<Result<PasswordVerdict, PasswordError>>,
    },
    Hash {
        password: Zeroizing<Vec<u8>>,
        answer: oneshot::Sender<Result<String, PasswordError>>,
    },
    Judge {
        password: Sensitive,
        own: Vec<String>,
        list: Option<Arc<BreachedList>>,
        answer: oneshot::Sender<Result<Judgement, PasswordError>>,
    },
}

pub(super) struct Job {
    pub(super) task: Task,
    /// Set when a thread takes the job: from then on its caller waits for the end.
    pub(super) started: Arc<AtomicBool>,
}

/// The threads, and the way to them. Dropping it lets the threads end after the hash they are at.
pub(super) struct Crew {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    max_waiting: usize,
    recipe: Recipe,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    running: usize,
    closed: bool,
}

impl Crew {
    pub(super) fn start(threads: usize, max_waiting: usize, recipe: Recipe) -> io::Result<Self> {
        let queue = Mutex::new(Queue::default());
        let crew = Self { shared: Arc::new(Shared { queue, work: Condvar::new(), max_waiting, recipe }) };
        for number in 0..threads.max(1) {
            let shared = crew.shared.clone();
            // On an error here `crew` is dropped, which ends the threads already started.
            thread::Builder::new().name(format!("password-{number}")).spawn(move || shared.work_on())?;
        }
        Ok(crew)
    }

    /// Takes the job, or says no: every thread is busy and the queue is full.
    pub(super) fn offer(&self, job: Job) -> bool {
        let mut queue = self.shared.lock();
        // Callers that gave up leave their jobs behind; they must not keep others out.
        if queue.jobs.len() >= self.shared.max_waiting + queue.idle {
            queue.jobs.retain(|job| !job.task.is_abandoned());
        }
        if queue.jobs.len() >= self.shared.max_waiting + queue.idle {
            return false;
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.shared.work.notify_one();
        true
    }

    /// Hashes being computed, and jobs waiting for their turn.
    pub(super) fn load(&self) -> (usize, usize) {
        let queue = self.shared.lock();
        (queue.running, queue.jobs.len())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn work_on(&self) {
        let mut memory = Vec::new();
        while let Some(job) = self.next(&mut memory) {
            if !job.task.is_abandoned() {
                job.started.store(true, Ordering::Release);
                job.task.run(self.recipe, &mut memory);
            }
            self.lock().running -= 1;
            // One imported hash with a great appetite must not make this thread fat for ever.
            if memory.len() > self.recipe.blocks() {
                memory = Vec::new();
            }
        }
    }

    /// The next job, or `None` when the crew is dismissed.
    fn next(&self, memory: &mut Vec<Block>) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                queue.running += 1;
                return Some(job);
            }
            queue.idle += 1;
            let (guard, waited) = self.work.wait_timeout(queue, IDLE).unwrap_or_else(|poisoned| poisoned.into_inner());
            queue = guard;
            queue.idle -= 1;
            if waited.timed_out() && queue.jobs.is_empty() {
                *memory = Vec::new();
            }
        }
    }
}

impl Task {
    fn is_abandoned(&self) -> bool {
        match self {
            Task::Verify { answer, .. } => answer.is_closed(),
            Task::Hash { answer, .. } => answer.is_closed(),
            Task::Judge { answer, .. } => answer.is_closed(),
        }
    }

    fn run(self, recipe: Recipe, memory: &mut Vec<Block>) {
        match self {
            Task::Verify { password, typed, phc, answer } => {
                let _ = answer
                    .send(guarded(|| recipe.verify(&password, typed.expose().as_bytes(), phc.as_deref(), memory)));
            }
            Task::Judge { password, own, list, answer } => {
                let _ = answer.send(guarded(|| Ok(Judgement::of(&password, &own, list.as_deref()))));
            }
            Task::Hash { password, answer } => {
                let _ = answer.send(guarded(|| recipe.hash(&password, memory)));
            }
        }
    }
}

/// A panic inside one hash ends that request, not the thread that all others wait for.
fn guarded<T>(compute: impl FnOnce() -> Result<T, PasswordError>) -> Result<T, PasswordError> {
    catch_unwind(AssertUnwindSafe(compute))
        .unwrap_or_else(|_| Err(PasswordError::Broken("the computation panicked".into())))
}
