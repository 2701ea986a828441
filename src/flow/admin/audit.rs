//! Owns what administrators do with the security log: search it, take it out, have its chain looked through. It does not own
//! the log (`flow::audit`).

use serde::Serialize;
use serde_json::{Value, json};

use super::page::Page;
use super::{Actor, Done};
use crate::flow::audit::{self, Verdict};
use crate::flow::{Cx, Fault};
use crate::identity::Permission;
use crate::store::events::{self, EventSearch, Logged};

/// An entry of the security log.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct EventView {
    /// Its number: numbers of sealed entries have no gaps.
    pub id: i64,
    /// When (RFC 3339).
    pub at: String,
    /// What happened, for example `client_edited`.
    pub kind: String,
    /// Who did it, if it was not the person themselves: a person's id, `client …`, or words such as `command line`.
    pub actor: Option<String>,
    /// The person it concerns.
    pub user_id: Option<String>,
    /// The client it concerns.
    pub client_id: Option<String>,
    /// The request it belongs to.
    pub correlation_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// More: where something was changed, `before` and `after` without secrets.
    pub detail: Value,
    /// Its seal in hex; null for entries from before there was a chain.
    pub seal: Option<String>,
}

impl EventView {
    fn of(logged: Logged) -> Self {
        let Logged { id, event, seal } = logged;
        Self {
            id,
            at: event.at.rfc3339(),
            kind: event.kind,
            actor: event.actor,
            user_id: event.user_id,
            client_id: event.client_id,
            correlation_id: event.correlation_id,
            address: event.address,
            detail: serde_json::from_str(&event.detail).unwrap_or_else(|_| json!({ "text": event.detail })),
            seal: seal.map(|seal| seal.iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }
}

/// Entries that fit, newest first.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn search(
    cx: &Cx,
    actor: &Actor,
    wanted: EventSearch,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<EventView>> {
    if let Err(refusal) = actor.needs(Permission::AuditRead) {
        return Ok(Err(refusal));
    }
    let below = after.and_then(|key| key.as_i64());
    let rows = cx.db().read(move |c| events::search(c, &wanted, below, limit + 1)).await?;
    Ok(Ok(Page::of(rows, limit, |logged| logged.id.into()).map(EventView::of)))
}

/// Entries that are read at once where all that fit are taken out.
const PIECE: i64 = 500;

/// A walk through all entries that fit, oldest first, a piece at a time: whole however long the log is, and never more than a
/// piece in memory. What is written while it goes on is in it too.
#[derive(Clone)]
pub struct Walk {
    cx: Cx,
    wanted: EventSearch,
    behind: i64,
}

impl Walk {
    /// Begins behind the entry with this number (0: at the first).
    ///
    /// # Errors
    /// An [`super::AdminRefusal`].
    pub fn begin(cx: &Cx, actor: &Actor, wanted: EventSearch, behind: i64) -> Result<Self, super::AdminRefusal> {
        actor.needs(Permission::AuditRead)?;
        Ok(Self { cx: cx.clone(), wanted, behind })
    }

    /// The next piece; an empty one is the end.
    ///
    /// # Errors
    /// A [`Fault`]; the same piece may be asked for again.
    pub async fn next(&mut self) -> Result<Vec<EventView>, Fault> {
        let (wanted, behind) = (self.wanted.clone(), self.behind);
        let rows = self.cx.db().read(move |c| events::search_on(c, &wanted, behind, PIECE)).await?;
        self.behind = rows.last().map_or(behind, |last| last.id);
        Ok(rows.into_iter().map(EventView::of).collect())
    }

    /// The request that it belongs to.
    pub fn cx(&self) -> &Cx {
        &self.cx
    }
}

/// Entries behind the one with this number (0: from the first), oldest first.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn export(cx: &Cx, actor: &Actor, behind: i64, limit: i64) -> Done<Vec<EventView>> {
    if let Err(refusal) = actor.needs(Permission::AuditRead) {
        return Ok(Err(refusal));
    }
    let rows = cx.db().read(move |c| events::list(c, behind, limit)).await?;
    Ok(Ok(rows.into_iter().map(EventView::of).collect()))
}

/// Looks through the chain of the whole log.
///
/// # Errors
/// Inner: an [`super::AdminRefusal`]. Outer: a [`Fault`].
pub async fn verify(cx: &Cx, actor: &Actor) -> Result<Result<Verdict, super::AdminRefusal>, Fault> {
    match actor.needs(Permission::AuditRead) {
        Ok(()) => Ok(Ok(audit::verify(&cx.parts).await?)),
        Err(refusal) => Ok(Err(refusal)),
    }
}
