//! Owns groups in the API. It does not own what is done to them (`flow::admin::group`).

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Kind, Outcome, Query, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::group::{self, GroupDocument, GroupView};
use crate::flow::admin::user_document::UserView;
use crate::identity::Permission;

const READ: Permission = Permission::GroupsRead;
const WRITE: Permission = Permission::GroupsWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/groups", may(READ), group_list)
        .does("Lists groups in order of their names.")
        .query(&[LIMIT, AFTER, Query::new("prefix", Kind::Text, "Only those whose name begins so.")])
        .gives_page::<GroupView>(),
    line!(Post, "/groups", may(WRITE), group_create)
        .does("Adds a group.")
        .takes::<GroupDocument>()
        .example(r#"{"name":"staff","description":"Everybody who works here"}"#)
        .creates::<GroupView>()
        .versioned(),
    line!(Get, "/groups/{group}", may(READ), group_find).does("Shows a group.").gives::<GroupView>().versioned(),
    line!(Put, "/groups/{group}", may(WRITE), group_replace)
        .does("Replaces a group.")
        .takes::<GroupDocument>()
        .gives::<GroupView>()
        .versioned(),
    line!(Patch, "/groups/{group}", all(&[WRITE, READ]), group_patch)
        .does("Changes members of a group's document.")
        .takes::<GroupDocument>()
        .gives::<GroupView>()
        .versioned(),
    line!(Delete, "/groups/{group}", may(WRITE), group_remove).does("Removes a group; its people stay.").versioned(),
    line!(Get, "/groups/{group}/members", all(&[READ, Permission::UsersRead]), group_members)
        .does("Lists the people of a group.")
        .more("Needs `admin:users:read` too.")
        .query(&[LIMIT, AFTER])
        .gives_page::<UserView>(),
    line!(Put, "/groups/{group}/members/{user_id}", may(WRITE), group_add_member)
        .does("Puts a person into a group.")
        .gives::<UserView>(),
    line!(Delete, "/groups/{group}/members/{user_id}", may(WRITE), group_remove_member)
        .does("Takes a person out of a group.")
        .gives::<UserView>(),
];

fn found(view: &GroupView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn group_list(call: ApiCall) -> Outcome {
    let prefix = call.text("prefix").unwrap_or_default();
    let page = group::list(call.cx(), &call.actor, prefix, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn group_create(call: ApiCall) -> Outcome {
    let made = group::create(call.cx(), &call.actor, call.body()?).await??;
    Ok(found(&made)?.at(&["groups", &made.document.name]))
}

async fn group_find(call: ApiCall) -> Outcome {
    found(&group::find(call.cx(), &call.actor, call.part("group")).await??)
}

async fn group_replace(call: ApiCall) -> Outcome {
    let (name, document) = (call.part("group"), call.body()?);
    found(&group::replace(call.cx(), &call.actor, name, document, call.expect()).await??)
}

async fn group_patch(call: ApiCall) -> Outcome {
    let name = call.part("group");
    let find = || group::find(call.cx(), &call.actor, name);
    patched!(call, find, |document, expect| group::replace(call.cx(), &call.actor, name, document, expect))
}

async fn group_remove(call: ApiCall) -> Outcome {
    group::remove(call.cx(), &call.actor, call.part("group"), call.expect()).await??;
    Ok(Answer::nothing())
}

async fn group_members(call: ApiCall) -> Outcome {
    let page = group::members(call.cx(), &call.actor, call.part("group"), call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn group_add_member(call: ApiCall) -> Outcome {
    Answer::json(&group::add_member(call.cx(), &call.actor, call.part("group"), call.part("user_id")).await??)
}

async fn group_remove_member(call: ApiCall) -> Outcome {
    Answer::json(&group::remove_member(call.cx(), &call.actor, call.part("group"), call.part("user_id")).await??)
}
