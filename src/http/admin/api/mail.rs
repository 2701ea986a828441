//! Owns letters that could not be delivered in the API. It does not own what is done to them (`flow::admin::mail`).

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Outcome, Query, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::mail::{self, LetterView};
use crate::identity::Permission;

const QUERY: &[Query] = &[LIMIT, AFTER];

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/mail", may(Permission::SettingsRead), letter_list)
        .does("Lists letters that could not be delivered, oldest first.")
        .more("While mail is switched off these are all that wait. What a letter says is not shown.")
        .query(QUERY)
        .gives_page::<LetterView>(),
    line!(Post, "/mail/{letter_id}/retry", may(Permission::SettingsWrite), letter_retry)
        .does("Tries a letter again at once, also one that was given up.")
        .gives::<LetterView>(),
    line!(Delete, "/mail/{letter_id}", may(Permission::SettingsWrite), letter_give_up)
        .does("Gives a letter up: it is thrown away."),
];

async fn letter_list(call: ApiCall) -> Outcome {
    let page = mail::list(call.cx(), &call.actor, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn letter_retry(call: ApiCall) -> Outcome {
    Answer::json(&mail::retry(call.cx(), &call.actor, call.part("letter_id")).await??)
}

async fn letter_give_up(call: ApiCall) -> Outcome {
    mail::give_up(call.cx(), &call.actor, call.part("letter_id")).await??;
    Ok(Answer::nothing())
}
