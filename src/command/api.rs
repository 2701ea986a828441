//! Owns `vouchsafe api`: any operation of the administration API, on this machine's database or on a running server. It does
//! not own the operations.

use std::io::Read;

use clap::Args;
use serde_json::{Value, json};

use super::answer::table;
use super::door::{Door, DoorArgs};
use super::{Answer, Failure, General};
use crate::http::admin::api::here::{Ask, Payload};
use crate::http::admin::api::routes;

#[derive(Debug, Args)]
pub(super) struct ApiArgs {
    #[command(flatten)]
    door: DoorArgs,
    /// GET, POST, PUT, PATCH or DELETE. Without it all operations are listed.
    #[arg(requires = "path")]
    method: Option<String>,
    /// Path below /api/admin/v1 with its query, such as /clients?limit=10.
    path: Option<String>,
    /// JSON to send; `-` reads it from standard input.
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// The version that is to be changed, as an ETag: "v7".
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
}

pub(super) async fn run(general: &General, args: ApiArgs) -> Result<Answer, Failure> {
    let (Some(method), Some(path)) = (args.method, args.path) else { return Ok(listed()) };
    let body = match args.data.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|e| Failure::Usage(format!("standard input cannot be read: {e}")))?;
            Some(text)
        }
        other => other.map(str::to_owned),
    };
    let ask = Ask { method: method.to_ascii_uppercase(), path, body: body.map(Payload::json), if_match: args.if_match };
    let door = Door::open(&args.door, general).await?;
    let told = door.ask(ask).await;
    door.close().await;
    let told = told?;
    let words = if told.json.is_null() { told.text } else { format!("{:#}", told.json) };
    Ok(Answer::new(words, told.json))
}

/// Every operation there is.
fn listed() -> Answer {
    let rows: Vec<Vec<String>> =
        routes().map(|r| vec![r.method.as_str().to_owned(), r.path.to_owned(), r.summary.to_owned()]).collect();
    let json: Vec<Value> =
        routes().map(|r| json!({ "method": r.method.as_str(), "path": r.path, "summary": r.summary })).collect();
    Answer::new(table(&["METHOD", "PATH", "DOES"], &rows), Value::Array(json))
}
