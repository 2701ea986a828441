//! Owns sessions in the API. It does not own what is done to them (`flow::admin::session`).

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Kind, Outcome, Query, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::session::{self, SessionView};
use crate::identity::Permission;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/sessions", may(Permission::SessionsRead), session_search)
        .does("Lists live sessions, newest first.")
        .query(&[LIMIT, AFTER, Query::new("user", Kind::Text, "Of this person only: id or e-mail address.")])
        .gives_page::<SessionView>(),
    line!(Get, "/sessions/{session_id}", may(Permission::SessionsRead), session_find)
        .does("Shows a session.")
        .gives::<SessionView>(),
    line!(Delete, "/sessions/{session_id}", may(Permission::SessionsWrite), session_end)
        .does("Ends a session, and the tokens that came of it.")
        .more("Tokens that were given to outlive the session (offline_access) stay."),
];

async fn session_search(call: ApiCall) -> Outcome {
    let found = session::list(call.cx(), &call.actor, call.text("user"), call.after()?, call.limit()?).await??;
    Answer::page(&call, found)
}

async fn session_find(call: ApiCall) -> Outcome {
    Answer::json(&session::find(call.cx(), &call.actor, call.part("session_id")).await??)
}

async fn session_end(call: ApiCall) -> Outcome {
    session::end(call.cx(), &call.actor, call.part("session_id")).await??;
    Ok(Answer::nothing())
}
