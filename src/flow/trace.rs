//! Owns the trace: for each correlation id the steps a sign-in took and the check that failed, with what was expected and
//! what came, and to its readers what the mistake was. Refusals and the steps of people are kept; the successes of machines
//! are not, they would only cost.
//! It does not own the tables (`store::traces`) nor the log's format (`telemetry`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::flow::Cx;
use crate::flow::stats::Count;
use crate::oauth::diagnosis::{Diagnosis, Failure, Known, diagnose};
use crate::oauth::error::Refusal;
use crate::oauth::scope;
use crate::secret::token::TOKEN_LEN;
use crate::store::traces::{self, TraceRow, TraceSearch};
use crate::store::{Conn, Db, Fault, clients, scopes};
use crate::time::{Lifetime, Timestamp};

/// Rows waiting to be written; beyond it they are counted and dropped: a flood of refusals must not eat the memory.
const QUEUE: usize = 8_192;

/// Takes notes without making anybody wait.
#[derive(Clone)]
pub struct Tracer {
    queue: mpsc::Sender<Entry>,
    dropped: Arc<AtomicU64>,
}

/// The other end: hands the notes to the database.
pub struct TraceWriter {
    queue: mpsc::Receiver<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Row(Box<TraceRow>),
    Flush(tokio::sync::oneshot::Sender<()>),
}

/// One step, in words.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// The step, for example `login`.
    pub step: &'static str,
    /// What came of it, in words.
    pub outcome: String,
    /// The client, if known.
    pub client_id: Option<String>,
    /// The person, if known.
    pub user_id: Option<String>,
}

impl Note {
    /// A step and what came of it.
    pub fn new(step: &'static str, outcome: impl Into<String>) -> Self {
        Self { step, outcome: outcome.into(), ..Self::default() }
    }

    /// Names the client.
    #[must_use]
    pub fn client(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }

    /// Names the person.
    #[must_use]
    pub fn user(mut self, user_id: &str) -> Self {
        self.user_id = Some(user_id.to_owned());
        self
    }
}

/// A tracer and its writer.
pub fn channel() -> (Tracer, TraceWriter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let dropped = Arc::new(AtomicU64::new(0));
    (Tracer { queue: sender, dropped: dropped.clone() }, TraceWriter { queue: receiver, dropped })
}

impl Tracer {
    /// Notes a step.
    pub fn note(&self, cx: &Cx, note: Note) {
        tracing::info!(correlation_id = %cx.correlation_id, step = note.step, client_id = note.client_id.as_deref(),
            user_id = note.user_id.as_deref(), address = %cx.address, "{}", note.outcome);
        self.push(cx, row(cx, note));
    }

    /// Notes a refusal. The finding is in the row; the log has the check's name and the code.
    pub fn refused(&self, cx: &Cx, step: &'static str, refusal: &Refusal, note: Note) {
        let code = refusal.code.as_str();
        tracing::warn!(correlation_id = %cx.correlation_id, step, check = refusal.finding.check, error = code,
            client_id = note.client_id.as_deref(), user_id = note.user_id.as_deref(), address = %cx.address,
            "refused: {}", refusal.description);
        let finding = &refusal.finding;
        let outcome = format!("refused with {code}: {}", refusal.description);
        let row = TraceRow {
            check_name: Some(format!("{} ({})", finding.check, finding.section)),
            expected: Some(clean(&finding.expected)),
            received: Some(clean(&finding.received)),
            ..row(cx, Note { step, outcome, ..note })
        };
        self.push(cx, row);
    }

    fn push(&self, cx: &Cx, row: TraceRow) {
        if self.queue.try_send(Entry::Row(Box::new(row))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            cx.count(Count::DroppedNotes);
        }
    }

    /// Waits until everything noted so far is in the database (shutdown, tests).
    pub async fn flush(&self) {
        let (done, waiting) = tokio::sync::oneshot::channel();
        if self.queue.send(Entry::Flush(done)).await.is_ok() {
            let _ = waiting.await;
        }
    }
}

fn row(cx: &Cx, note: Note) -> TraceRow {
    TraceRow {
        correlation_id: cx.correlation_id.clone(),
        at: cx.now,
        step: note.step.to_owned(),
        outcome: clean(&note.outcome),
        check_name: None,
        expected: None,
        received: None,
        client_id: note.client_id.map(|id| clean(&id)),
        user_id: note.user_id,
        address: Some(cx.address.clone()),
    }
}

/// PostgreSQL takes no NUL in text; nobody needs more than 500 characters of one field. A code or token that an app sent in
/// the wrong parameter is recognised by its form and cut short: the trace is read by people who may not use it.
fn clean(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut cleaned = String::new();
    for piece in text.split_inclusive(|c| !is_of_token(c)) {
        let word = piece.trim_end_matches(|c| !is_of_token(c));
        let is_secret = word.len() >= TOKEN_LEN && (word.contains("vs_") || word.contains("eyJ"));
        match is_secret.then(|| word.chars().take(6)) {
            Some(head) => cleaned.extend(head.chain(['…']).chain(piece[word.len()..].chars())),
            None => cleaned.push_str(piece),
        }
    }
    cleaned.chars().filter(|c| *c != '\0').take(500).collect()
}

impl TraceWriter {
    /// Writes notes in batches until every [`Tracer`] is gone. A batch that cannot be written is counted, not retried: the
    /// trace must never hold up the service it describes.
    pub async fn run(mut self, db: Db) {
        let mut batch = Vec::new();
        loop {
            batch.clear();
            if self.queue.recv_many(&mut batch, 256).await == 0 {
                return;
            }
            let mut rows = Vec::new();
            let mut flushed = Vec::new();
            for entry in batch.drain(..) {
                match entry {
                    Entry::Row(row) => rows.push(*row),
                    Entry::Flush(done) => flushed.push(done),
                }
            }
            self.save(&db, rows).await;
            for done in flushed {
                let _ = done.send(());
            }
        }
    }

    async fn save(&self, db: &Db, rows: Vec<TraceRow>) {
        let lost = self.dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "trace notes were dropped because too many came at once");
        }
        if rows.is_empty() {
            return;
        }
        let count = rows.len();
        if let Err(fault) = db.write(move |c| traces::insert_many(c, &rows)).await {
            tracing::warn!(count, %fault, "trace notes could not be written");
        }
    }
}

/// A row of the trace and, if a check failed, what the mistake was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Number of the row: where the next page of a search goes on.
    pub id: i64,
    /// The row.
    pub row: TraceRow,
    /// The mistake and the mend.
    pub diagnosis: Option<Diagnosis>,
}

/// Rows of one correlation id that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What they have in common.
    pub correlation_id: String,
    /// The rows, oldest first.
    pub steps: Vec<Explained>,
}

/// One page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Newest first. A flow that began long before it went on may have more rows on a later page; [`explained`] has all.
    pub flows: Vec<Flow>,
    /// Where the next page begins (`before`); `None` at the end.
    pub next: Option<i64>,
}

/// Searches the trace, newest first: `limit` rows below the one numbered `before`, grouped by correlation id.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn search(db: &Db, wanted: TraceSearch, before: Option<i64>, limit: i64) -> Result<Found, Fault> {
    let rows = db
        .read(move |c| {
            let rows = traces::search(c, &wanted, before, limit)?;
            explain(c, rows)
        })
        .await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
    let next = rows.last().map(|last| last.id).filter(|_| is_full);
    let mut flows: Vec<Flow> = Vec::new();
    for step in rows {
        match flows.iter_mut().find(|flow| flow.correlation_id == step.row.correlation_id) {
            Some(flow) => flow.steps.insert(0, step),
            None => flows.push(Flow { correlation_id: step.row.correlation_id.clone(), steps: vec![step] }),
        }
    }
    Ok(Found { flows, next })
}

/// The rows of one correlation id with their diagnoses, oldest first.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn explained(db: &Db, correlation_id: String) -> Result<Vec<Explained>, Fault> {
    let wanted = TraceSearch { correlation_id: Some(correlation_id), ..TraceSearch::default() };
    db.read(move |c| {
        let mut rows = traces::search(c, &wanted, None, LONGEST_FLOW)?;
        rows.reverse();
        explain(c, rows)
    })
    .await
}

/// More rows than this of one flow are not shown: the oldest are left out.
const LONGEST_FLOW: i64 = 1_000;

/// What a stranger is never told is looked up here, for the reader of the trace, and not when the stranger comes: so a flood
/// of wrong requests costs no search through the clients.
fn explain(c: &mut Conn, rows: Vec<(i64, TraceRow)>) -> Result<Vec<Explained>, Fault> {
    let has = |check: &str| rows.iter().any(|(_, row)| is_of(row, check));
    let clients = match has("redirect_uri.registered") || has("client.known") {
        true => clients::list(c, None, MOST_CLIENTS)?,
        false => Vec::new(),
    };
    let mut known = Known { client_ids: clients.iter().map(|k| k.client_id.clone()).collect(), ..Known::default() };
    if has("scope.registered") {
        known.scopes = scope::STANDARD.iter().map(|(name, _)| (*name).to_owned()).collect();
        known.scopes.extend(scopes::list(c)?.into_iter().map(|scope| scope.name));
    }
    let explain_one = |(id, row): (i64, TraceRow)| {
        let received = row.received.as_deref().unwrap_or_default();
        let owners = clients.iter().filter(|k| k.redirect_uris.iter().any(|uri| uri == received));
        known.redirect_uri_owners = owners.map(|k| k.client_id.clone()).collect();
        let failure = row.check_name.as_deref().map(|check| Failure {
            check,
            expected: row.expected.as_deref().unwrap_or_default(),
            received,
        });
        let diagnosis = failure.and_then(|failure| diagnose(&failure, &known));
        Explained { id, row, diagnosis }
    };
    Ok(rows.into_iter().map(explain_one).collect())
}

/// Clients that are looked through for a near miss.
const MOST_CLIENTS: i64 = 10_000;

fn is_of(row: &TraceRow, check: &str) -> bool {
    row.check_name.as_deref().is_some_and(|name| name.split(" (").next() == Some(check))
}

/// The rows of one correlation id, oldest first.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn of(db: &Db, correlation_id: String) -> Result<Vec<TraceRow>, Fault> {
    db.read(move |c| traces::of(c, &correlation_id)).await
}

/// Forgets rows older than `keep`, and all but the newest `keep_rows`.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn sweep(db: &Db, keep: Lifetime, keep_rows: i64, now: Timestamp) -> Result<i64, Fault> {
    db.write(move |c| traces::delete_older(c, now - keep, keep_rows)).await
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn p01_a_token_in_the_wrong_parameter_is_cut_short() {
        let refresh = format!("vs_rt_{}_abc123", "A".repeat(43));
        assert_eq!(clean(&refresh), "vs_rt_…");
        assert_eq!(clean(&format!("\"{refresh}\", then {refresh}")), "\"vs_rt_…\", then vs_rt_…");
        let jwt = format!("eyJhbGciOiJFUzI1NiJ9.{}.{}", "b".repeat(80), "c".repeat(86));
        assert_eq!(clean(&format!("a token: {jwt}.")), "a token: eyJhbG…");
        assert_eq!(clean(&format!("x{refresh}x")), "xvs_rt…");
    }

    #[test]
    fn ordinary_words_stay_as_they_are_and_long_ones_end() {
        for text in ["", "https://app.example/cb?x=1", "openid vs_rt_ eyJ", "généré à 12:00, 5 %", " a  b "] {
            assert_eq!(clean(text), text);
        }
        assert_eq!(clean("a\0b"), "ab");
        assert_eq!(clean(&"é ".repeat(400)).chars().count(), 500);
    }
}
