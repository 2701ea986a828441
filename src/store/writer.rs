//! Owns the one thread that writes to SQLite, and its group commit: every write that waits runs in a savepoint of its own, one
//! COMMIT makes all of them durable, and nobody is answered before it. It does not own the file or the reading.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::conn::{Conn, q};
use super::fault::{Fault, OpenError};
use super::job::{Answer, Job};

/// So many writes share a COMMIT at most: the first of them waits for the last.
const GROUP: usize = 128;

pub(super) struct Writer {
    queue: RwLock<Option<SyncSender<Task>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(conn: Conn, queue: usize) -> Result<Self, OpenError> {
        let (sender, receiver) = sync_channel(queue.max(1));
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work(conn, &receiver))
            .map_err(|e| OpenError::Thread(e.to_string()))?;
        Ok(Self { queue: RwLock::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn run(&self, job: Job) -> Result<Answer, Fault> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Task { job, result: None, answer })?;
        answered.await.unwrap_or_else(|_| Err(Fault::Internal("the writer ended before it answered".to_owned())))
    }

    fn enqueue(&self, task: Task) -> Result<(), Fault> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let sender = queue.as_ref().ok_or_else(|| Fault::Unavailable("the server is shutting down".to_owned()))?;
        sender.try_send(task).map_err(|e| match e {
            TrySendError::Full(_) => Fault::Unavailable("too many writes are waiting".to_owned()),
            TrySendError::Disconnected(_) => Fault::Unavailable("the writer has ended".to_owned()),
        })
    }

    pub(super) fn is_alive(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|t| !t.is_finished())
    }

    /// Takes no more jobs, finishes those that wait, closes the connection.
    pub(super) fn close(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writer thread had panicked");
        }
    }
}

/// One write. It is run, and answered after the COMMIT.
struct Task {
    job: Job,
    result: Option<Result<Answer, Fault>>,
    answer: oneshot::Sender<Result<Answer, Fault>>,
}

impl Task {
    /// Runs the closure and keeps its answer; whether its changes are to stay.
    fn run(&mut self, conn: &mut Conn) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.job)(conn)))
            .unwrap_or_else(|_| Err(Fault::Internal("a write panicked; see the log".to_owned())));
        let keeps = result.is_ok();
        self.result = Some(result);
        keeps
    }

    /// Tells the caller: their own answer, unless the COMMIT failed.
    fn answer(self, commit: Result<(), Fault>) {
        let result = match (self.result, commit) {
            // Its changes were undone already; that the neighbours could not be committed does not concern it.
            (Some(Err(own)), _) => Err(own),
            (_, Err(fault)) => Err(fault),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(Fault::Internal("a write was committed without having run".to_owned())),
        };
        // The caller may have hung up; the write stands all the same.
        drop(self.answer.send(result));
    }
}

fn work(mut conn: Conn, queue: &Receiver<Task>) {
    let mut group: Vec<Task> = Vec::with_capacity(GROUP);
    while let Ok(first) = queue.recv() {
        group.push(first);
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        run_group(&mut conn, &mut group);
    }
    // No `PRAGMA optimize`: every query of ours finds its rows by an index, and with statistics at hand SQLite would prepare
    // statements anew whenever their values change.
}

/// Runs the group in one transaction. If SQLite gives up the transaction half-way (disk full, for one), those that had run are
/// told, and the rest starts again in a transaction of its own.
fn run_group(conn: &mut Conn, group: &mut Vec<Task>) {
    let mut waiting = std::mem::take(group).into_iter();
    while waiting.len() > 0 {
        // A plain BEGIN would take the lock at the first write only, and lose it at once to anybody else.
        if let Err(error) = sql(conn, "BEGIN IMMEDIATE") {
            let fault = Fault::from(error);
            waiting.for_each(|task| task.answer(Err(fault.clone())));
            drop(sql(conn, "ROLLBACK")); // fails when there is no transaction, which is what we want to have
            return;
        }
        let mut done = Vec::with_capacity(waiting.len());
        let mut broken = None;
        for mut task in waiting.by_ref() {
            let kept = run_one(conn, &mut task);
            done.push(task);
            if let Err(error) = kept {
                broken = Some(Fault::from(error));
                break;
            }
        }
        let commit = match broken {
            Some(fault) => Err(fault),
            None => sql(conn, "COMMIT").map_err(Fault::from),
        };
        if let Err(fault) = &commit {
            tracing::error!(%fault, writes = done.len(), "a group of writes was rolled back");
            drop(sql(conn, "ROLLBACK"));
        }
        let commit = commit.map_err(|fault| match fault {
            Fault::Unavailable(words) => Fault::Unavailable(words),
            other => Fault::Unavailable(format!("the write could not be committed: {other}")),
        });
        done.into_iter().for_each(|task| task.answer(commit.clone()));
    }
}

/// An error here is about the transaction, not about the job: SQLite rolled it back behind our back, and without this check
/// the next SAVEPOINT would quietly begin another one.
fn run_one(conn: &mut Conn, task: &mut Task) -> QueryResult<()> {
    sql(conn, "SAVEPOINT job")?;
    if task.run(conn) { sql(conn, "RELEASE job") } else { sql(conn, "ROLLBACK TO job; RELEASE job") }
}

fn sql(conn: &mut Conn, text: &str) -> QueryResult<()> {
    q!(conn, |c| c.batch_execute(text))
}
