//! Owns grants in the API. It does not own what is done to them (`flow::admin::grant`).

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Kind, Outcome, Query, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::grant::{self, GrantSearch, GrantView};
use crate::identity::Permission;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/grants", may(Permission::SessionsRead), grant_list)
        .does("Lists live grants: what clients were allowed, each with its family of tokens.")
        .query(&[
            LIMIT,
            AFTER,
            Query::new("user", Kind::Text, "Given by this person: id or e-mail address."),
            Query::new("client_id", Kind::Text, "Given to this client."),
        ])
        .gives_page::<GrantView>(),
    line!(Get, "/grants/{grant_id}", may(Permission::SessionsRead), grant_find)
        .does("Shows a live grant.")
        .gives::<GrantView>(),
    line!(Delete, "/grants/{grant_id}", may(Permission::SessionsWrite), grant_end)
        .does("Ends a grant and every token of its family."),
];

async fn grant_list(call: ApiCall) -> Outcome {
    let wanted = GrantSearch { user: call.owned("user"), client_id: call.owned("client_id") };
    let page = grant::list(call.cx(), &call.actor, wanted, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn grant_find(call: ApiCall) -> Outcome {
    Answer::json(&grant::find(call.cx(), &call.actor, call.part("grant_id")).await??)
}

async fn grant_end(call: ApiCall) -> Outcome {
    grant::revoke(call.cx(), &call.actor, call.part("grant_id")).await??;
    Ok(Answer::nothing())
}
