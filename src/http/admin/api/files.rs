//! Owns configuration files in the API. It does not own what they do (`flow::admin::files`).

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Outcome, all, line};
use crate::flow::admin::files::{self, FileSet, FilesApplied, FilesPlan, FilesRequest};

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/files", all(&files::READS), files_export)
        .does("Shows everything that files could own, as documents.")
        .more("Holds no secret.")
        .gives::<FileSet>(),
    line!(Get, "/files/drift", all(&files::READS), files_drift)
        .does("Shows what was changed by hand since files were last applied.")
        .gives::<FilesPlan>(),
    line!(Post, "/files/plan", all(&files::READS), files_plan)
        .does("Shows what applying these documents would do.")
        .more("Needs the permissions of all that it would do: a plan refuses what applying would refuse.")
        .takes::<FilesRequest>()
        .example(r#"{"documents":{"group":[{"name":"staff","description":"Everybody"}]}}"#)
        .gives::<FilesPlan>(),
    line!(Post, "/files/apply", all(&files::APPLIES), files_apply)
        .does("Makes it as these documents say, in one transaction.")
        .more("Needs the permissions of all that it changes too. All of it or nothing. What earlier documents held and these do not is removed. A second time nothing changes.")
        .takes::<FilesRequest>()
        .example(r#"{"documents":{"group":[{"name":"staff","description":"Everybody"}]}}"#)
        .gives::<FilesApplied>(),
];

async fn files_export(call: ApiCall) -> Outcome {
    Answer::json(&files::export(call.cx(), &call.actor).await??)
}

async fn files_drift(call: ApiCall) -> Outcome {
    Answer::json(&files::drift(call.cx(), &call.actor).await??)
}

async fn files_plan(call: ApiCall) -> Outcome {
    Answer::json(&files::plan(call.cx(), &call.actor, call.body()?).await??)
}

async fn files_apply(call: ApiCall) -> Outcome {
    Answer::json(&files::apply(call.cx(), &call.actor, call.body()?).await??)
}
