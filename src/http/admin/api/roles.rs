//! Owns roles in the API. It does not own what is done to them (`flow::admin::role`).

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Outcome, all, line, may};
use crate::flow::admin::role::{self, RoleDocument, RoleView};
use crate::identity::Permission;

const READ: Permission = Permission::RolesRead;
const WRITE: Permission = Permission::RolesWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/roles", may(READ), role_list).does("Lists roles, the built-in ones first.").gives_page::<RoleView>(),
    line!(Post, "/roles", may(WRITE), role_create)
        .does("Defines a role.")
        .takes::<RoleDocument>()
        .example(r#"{"name":"helpdesk","permissions":["admin:users:read","admin:traces:read"]}"#)
        .creates::<RoleView>()
        .versioned(),
    line!(Get, "/roles/{role}", may(READ), role_find).does("Shows a role.").gives::<RoleView>().versioned(),
    line!(Put, "/roles/{role}", may(WRITE), role_replace)
        .does("Replaces a role.")
        .takes::<RoleDocument>()
        .gives::<RoleView>()
        .versioned(),
    line!(Patch, "/roles/{role}", all(&[WRITE, READ]), role_patch)
        .does("Changes members of a role.")
        .takes::<RoleDocument>()
        .gives::<RoleView>()
        .versioned(),
    line!(Delete, "/roles/{role}", may(WRITE), role_remove).does("Removes a role.").versioned(),
];

fn found(view: &RoleView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn role_list(call: ApiCall) -> Outcome {
    Answer::whole(role::list(call.cx(), &call.actor).await??)
}

async fn role_create(call: ApiCall) -> Outcome {
    let made = role::create(call.cx(), &call.actor, call.body()?).await??;
    Ok(found(&made)?.at(&["roles", &made.document.name]))
}

async fn role_find(call: ApiCall) -> Outcome {
    found(&role::find(call.cx(), &call.actor, call.part("role")).await??)
}

async fn role_replace(call: ApiCall) -> Outcome {
    let (name, document) = (call.part("role"), call.body()?);
    found(&role::replace(call.cx(), &call.actor, name, document, call.expect()).await??)
}

async fn role_patch(call: ApiCall) -> Outcome {
    let name = call.part("role");
    let find = || role::find(call.cx(), &call.actor, name);
    patched!(call, find, |document, expect| role::replace(call.cx(), &call.actor, name, document, expect))
}

async fn role_remove(call: ApiCall) -> Outcome {
    role::remove(call.cx(), &call.actor, call.part("role"), call.expect()).await??;
    Ok(Answer::nothing())
}
