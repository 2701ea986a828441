//! Owns traces in the API. It does not own what stands in them (`flow::admin::trace`).

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Kind, Outcome, Query, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::trace::{self, FlowView, TraceSearch};
use crate::identity::Permission;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/traces", may(Permission::TracesRead), trace_search)
        .does("Searches traces, newest first.")
        .more("A page holds `limit` steps; a long flow may have more than a page shows of it.")
        .query(&[
            LIMIT,
            AFTER,
            Query::new("correlation_id", Kind::Text, "Under this correlation id."),
            Query::new("client_id", Kind::Text, "Of this client."),
            Query::new("user_id", Kind::Text, "Of this person."),
            Query::new("address", Kind::Text, "From this address."),
            Query::new("from", Kind::Time, "Not before this moment."),
            Query::new("until", Kind::Time, "Before this moment."),
            Query::new("refusals", Kind::Flag, "Only steps that were refused."),
        ])
        .gives_page::<FlowView>(),
    line!(Get, "/traces/{correlation_id}", may(Permission::TracesRead), trace_find)
        .does("Shows every step under a correlation id, with what was wrong and how to mend it.")
        .gives::<FlowView>(),
];

async fn trace_search(call: ApiCall) -> Outcome {
    let wanted = TraceSearch {
        correlation_id: call.owned("correlation_id"),
        client_id: call.owned("client_id"),
        user_id: call.owned("user_id"),
        address: call.owned("address"),
        from: call.time("from"),
        until: call.time("until"),
        only_refusals: call.flag("refusals").unwrap_or_default(),
    };
    let page = trace::search(call.cx(), &call.actor, wanted, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn trace_find(call: ApiCall) -> Outcome {
    Answer::json(&trace::find(call.cx(), &call.actor, call.part("correlation_id")).await??)
}
