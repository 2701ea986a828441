//! Owns what administrators see of traces: searching them, and one flow with the diagnosis of each failed check. It does not
//! own the trace (`flow::trace`) nor the diagnoses (`oauth::diagnosis`).

use serde::Serialize;
use serde_json::{Value, json};

use super::page::Page;
use super::refusal::granted;
use super::{Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::flow::trace::{self, Explained, Flow};
use crate::identity::Permission;

pub use crate::store::traces::TraceSearch;

/// What happened under one correlation id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FlowView {
    /// What the steps have in common; people are shown it on error pages.
    pub correlation_id: String,
    /// The steps, oldest first.
    pub steps: Vec<StepView>,
}

/// A step of a sign-in or of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StepView {
    /// When (RFC 3339).
    pub at: String,
    /// Which step, for example `authorize`.
    pub step: String,
    /// What came of it.
    pub outcome: String,
    /// The check that failed, with its section of the standard.
    pub check: Option<String>,
    /// What the check wanted.
    pub expected: Option<String>,
    /// What came.
    pub received: Option<String>,
    /// The client, if known.
    pub client_id: Option<String>,
    /// The person, if known.
    pub user_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// The mistake behind a failed check, in words.
    pub mistake: Option<String>,
    /// What to do about it.
    pub mend: Option<String>,
}

impl From<Explained> for StepView {
    fn from(step: Explained) -> Self {
        let (mistake, mend) =
            step.diagnosis.map(|d| (d.mend_by_command(), d.mistake)).map(|(mend, mistake)| (mistake, mend)).unzip();
        let row = step.row;
        Self {
            at: row.at.rfc3339(),
            step: row.step,
            outcome: row.outcome,
            check: row.check_name,
            expected: row.expected,
            received: row.received,
            client_id: row.client_id,
            user_id: row.user_id,
            address: row.address,
            mistake,
            mend,
        }
    }
}

impl From<Flow> for FlowView {
    fn from(flow: Flow) -> Self {
        Self { correlation_id: flow.correlation_id, steps: flow.steps.into_iter().map(StepView::from).collect() }
    }
}

/// Flows that fit, newest first; a page holds `limit` steps. A long flow may have more steps than a page shows of it.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn search(
    cx: &Cx,
    actor: &Actor,
    wanted: TraceSearch,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<FlowView>> {
    granted!(actor.needs(Permission::TracesRead));
    let before = after.as_ref().and_then(Value::as_i64);
    let found = trace::search(cx.db(), wanted, before, limit).await?;
    let items = found.flows.into_iter().map(FlowView::from).collect();
    Ok(Ok(Page { items, next: found.next.map(|id| json!(id)) }))
}

/// Everything under one correlation id.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn find(cx: &Cx, actor: &Actor, correlation_id: &str) -> Done<FlowView> {
    granted!(actor.needs(Permission::TracesRead));
    let steps = trace::explained(cx.db(), correlation_id.to_owned()).await?;
    if steps.is_empty() {
        let words = format!("there is no trace {correlation_id:?}; traces are kept for a limited time");
        return Ok(Err(AdminRefusal::unknown("unknown_trace", words)));
    }
    Ok(Ok(Flow { correlation_id: correlation_id.to_owned(), steps }.into()))
}
