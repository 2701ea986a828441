//! Owns the security log in the API: search, export, verification. It does not own the log.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Held};
use super::call::ApiCall;
use super::route::{ApiRoute, Kind, Outcome, Query, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::audit::{self, EventView, Walk};
use crate::flow::audit::Verdict;
use crate::http::admin::log;
use crate::identity::Permission;
use crate::store::events::EventSearch;

const USER_ID: Query = Query::new("user_id", Kind::Text, "The person it concerns.");
const CLIENT_ID: Query = Query::new("client_id", Kind::Text, "The client it concerns.");
const ACTOR: Query = Query::new("actor", Kind::Text, "Who did it, as the log writes it.");
const KIND: Query = Query::new("kind", Kind::Text, "What happened, for example `client_edited`.");
const CORRELATION_ID: Query = Query::new("correlation_id", Kind::Text, "The request it belongs to.");
const FROM: Query = Query::new("from", Kind::Time, "Not before this moment.");
const UNTIL: Query = Query::new("until", Kind::Time, "Before this moment.");

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/audit", may(Permission::AuditRead), audit_search)
        .does("Searches the security log, newest first.")
        .query(&[LIMIT, AFTER, USER_ID, CLIENT_ID, ACTOR, KIND, CORRELATION_ID, FROM, UNTIL])
        .gives_page::<EventView>(),
    line!(Get, "/audit/export", may(Permission::AuditRead), audit_export)
        .does("Gives the security log as JSON lines, oldest first: all of it, or all entries that fit.")
        .more("An answer that breaks off is not all of it: go on behind the last entry that came.")
        .query(&[
            Query::new("behind", Kind::Number(0, i64::MAX), "Begins behind the entry with this number."),
            USER_ID,
            CLIENT_ID,
            ACTOR,
            KIND,
            CORRELATION_ID,
            FROM,
            UNTIL,
        ])
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

/// What is searched for, the same in the list and in the export.
fn wanted(call: &ApiCall) -> EventSearch {
    EventSearch {
        user_id: call.owned("user_id"),
        client_id: call.owned("client_id"),
        actor: call.owned("actor"),
        kind: call.owned("kind"),
        correlation_id: call.owned("correlation_id"),
        from: call.time("from"),
        until: call.time("until"),
    }
}

async fn audit_search(call: ApiCall) -> Outcome {
    let page = audit::search(call.cx(), &call.actor, wanted(&call), call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn audit_export(call: ApiCall) -> Outcome {
    let behind = call.number("behind").unwrap_or_default();
    let walk = Walk::begin(call.cx(), &call.actor, wanted(&call), behind)?;
    Ok(Answer { content: Held::Lines(log::lines(walk).await?), ..Answer::default() })
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
