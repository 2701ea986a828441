//! Owns `vouchsafe trace ID`: a sign-in step by step, for the person who has a correlation id from an error page. It does
//! not own what is noted (`flow::trace`).

use clap::Args;
use serde_json::{Value, json};

use super::answer::printable;
use super::{Answer, Failure};
use crate::app::App;
use crate::flow::Fault;
use crate::flow::trace::{self, Explained};
use crate::oauth::diagnosis::Diagnosis;

#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// The correlation id, as it stands on the error page, in the app's log or in ours.
    id: String,
}

pub(super) async fn run(app: &App, args: TraceArgs) -> Result<Answer, Failure> {
    // Ids are read out and copied by hand: capitals and the blanks round them do not count.
    let id = args.id.trim().to_ascii_lowercase();
    let rows = trace::explained(&app.parts.db, id.clone()).await.map_err(Fault::from)?;
    if rows.is_empty() {
        let days = app.sweep_rule.trace_keep.seconds() / 86_400;
        let words =
            format!("there is no trace {id:?}; traces are kept for {days} days, and some steps of programs leave none");
        return Err(Failure::Refused(words));
    }
    let json = json!({ "correlation_id": id, "steps": rows.iter().map(shown).collect::<Vec<_>>() });
    let words: Vec<String> = rows.iter().map(told).collect();
    Ok(Answer::new(words.join("\n"), json))
}

fn shown(step: &Explained) -> Value {
    let (row, diagnosis) = (&step.row, step.diagnosis.as_ref());
    json!({
        "at": row.at.rfc3339(),
        "step": row.step,
        "outcome": row.outcome,
        "check": row.check_name,
        "expected": row.expected,
        "received": row.received,
        "mistake": diagnosis.map(|d| &d.mistake),
        "mend": diagnosis.map(Diagnosis::mend_by_command),
        "client_id": row.client_id,
        "user_id": row.user_id,
        "address": row.address,
    })
}

/// One line a step, and under it what else is known of it.
fn told(step: &Explained) -> String {
    let row = &step.row;
    let diagnosis = step.diagnosis.as_ref();
    let (mistake, mend) = (diagnosis.map(|d| d.mistake.clone()), diagnosis.map(Diagnosis::mend_by_command));
    let mut text = format!("{}  {:12}  {}", row.at.rfc3339(), row.step, printable(&row.outcome));
    let details = [
        ("check", &row.check_name),
        ("expected", &row.expected),
        ("received", &row.received),
        ("mistake", &mistake),
        ("mend", &mend),
        ("client", &row.client_id),
        ("person", &row.user_id),
        ("address", &row.address),
    ];
    for (name, value) in details {
        if let Some(value) = value {
            text.push_str(&format!("\n    {name:9} {}", printable(value)));
        }
    }
    text
}
