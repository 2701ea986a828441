//! Owns the security log in the API: search, export, verification. It does not own the log.

use actix_web::web::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::answer::{Answer, Held};
use super::call::ApiCall;
use super::route::{ApiRoute, Kind, Outcome, Query, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::audit::{self, EventView};
use crate::flow::audit::Verdict;
use crate::http::reply::Lines;
use crate::identity::Permission;
use crate::store::events::EventSearch;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/audit", may(Permission::AuditRead), audit_search)
        .does("Searches the security log, newest first.")
        .query(&[
            LIMIT,
            AFTER,
            Query::new("user_id", Kind::Text, "The person it concerns."),
            Query::new("client_id", Kind::Text, "The client it concerns."),
            Query::new("actor", Kind::Text, "Who did it, as the log writes it."),
            Query::new("kind", Kind::Text, "What happened, for example `client_changed`."),
            Query::new("correlation_id", Kind::Text, "The request it belongs to."),
            Query::new("from", Kind::Time, "Not before this moment."),
            Query::new("until", Kind::Time, "Before this moment."),
        ])
        .gives_page::<EventView>(),
    line!(Get, "/audit/export", may(Permission::AuditRead), audit_export)
        .does("Gives the whole security log as JSON lines, oldest first.")
        .more("An answer that breaks off is not the whole log: go on behind the last entry that came.")
        .query(&[Query::new("behind", Kind::Number(0, i64::MAX), "Begins behind the entry with this number.")])
        .gives_lines::<EventView>(),
    line!(Get, "/audit/verification", may(Permission::AuditRead), audit_verify)
        .does("Looks through the chain of the whole security log.")
        .more("Takes longer the longer the log is.")
        .gives::<Verification>(),
];

/// What a look through the chain found.
#[derive(Serialize, ToSchema)]
struct Verification {
    /// Whether every entry is as it was written.
    whole: bool,
    /// How many entries were looked at, if all are whole.
    entries: Option<i64>,
    /// The last seal, in hex. Keep it elsewhere to notice a database that was put back.
    last_seal: Option<String>,
    /// The number of the first entry at which something is wrong.
    broken_at: Option<i64>,
    /// What is wrong there.
    why: Option<&'static str>,
}

async fn audit_search(call: ApiCall) -> Outcome {
    let wanted = EventSearch {
        user_id: call.owned("user_id"),
        client_id: call.owned("client_id"),
        actor: call.owned("actor"),
        kind: call.owned("kind"),
        correlation_id: call.owned("correlation_id"),
        from: call.time("from"),
        until: call.time("until"),
    };
    let page = audit::search(call.cx(), &call.actor, wanted, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

/// Entries that are read at once.
const PIECE: i64 = 500;

async fn audit_export(call: ApiCall) -> Outcome {
    let (cx, actor) = (call.cx().clone(), call.actor.clone());
    let behind = call.number("behind").unwrap_or_default();
    // The first piece is read before anything is sent: until then a refusal can still be one.
    let mut piece = audit::export(&cx, &actor, behind, PIECE).await??;
    let (pieces, body) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(last) = piece.last() {
            let behind = last.id;
            if pieces.send(Ok(lines(&piece))).await.is_err() {
                return;
            }
            piece = match audit::export(&cx, &actor, behind, PIECE).await {
                Ok(Ok(next)) => next,
                Ok(Err(_)) => return,
                Err(fault) => {
                    tracing::warn!(%fault, correlation_id = %cx.correlation_id, "the export of the log broke off");
                    let _ = pieces.send(Err(std::io::Error::other("the log could not be read further"))).await;
                    return;
                }
            };
        }
    });
    Ok(Answer { content: Held::Lines(Lines(body)), ..Answer::default() })
}

fn lines(piece: &[EventView]) -> Bytes {
    let line = |event: &EventView| serde_json::to_string(event).unwrap_or_default() + "\n";
    piece.iter().map(line).collect::<String>().into()
}

async fn audit_verify(call: ApiCall) -> Outcome {
    let none = Verification { whole: true, entries: None, last_seal: None, broken_at: None, why: None };
    Answer::json(&match audit::verify(call.cx(), &call.actor).await?? {
        Verdict::Whole { entries, last_seal } => {
            Verification { entries: Some(entries), last_seal: Some(last_seal), ..none }
        }
        Verdict::Broken { id, why } => Verification { whole: false, broken_at: Some(id), why: Some(why), ..none },
    })
}
