//! Owns resource servers in the API. It does not own what is done to them (`flow::admin::resource`).

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Outcome, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::resource::{self, ResourceDocument, ResourceView};
use crate::identity::Permission;

const READ: Permission = Permission::ScopesRead;
const WRITE: Permission = Permission::ScopesWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/resources", may(READ), resource_list)
        .does("Lists resource servers in order.")
        .query(&[LIMIT, AFTER])
        .gives_page::<ResourceView>(),
    line!(Post, "/resources", may(WRITE), resource_create)
        .does("Defines a resource server.")
        .takes::<ResourceDocument>()
        .example(r#"{"audience":"https://api.example.com","name":"Orders"}"#)
        .creates::<ResourceView>()
        .versioned(),
    line!(Get, "/resources/{audience}", may(READ), resource_find)
        .does("Shows a resource server.")
        .gives::<ResourceView>()
        .versioned(),
    line!(Put, "/resources/{audience}", may(WRITE), resource_replace)
        .does("Replaces a resource server.")
        .takes::<ResourceDocument>()
        .gives::<ResourceView>()
        .versioned(),
    line!(Patch, "/resources/{audience}", all(&[WRITE, READ]), resource_patch)
        .does("Changes members of a resource server.")
        .takes::<ResourceDocument>()
        .gives::<ResourceView>()
        .versioned(),
    line!(Delete, "/resources/{audience}", may(WRITE), resource_remove).does("Removes a resource server.").versioned(),
];

fn found(view: &ResourceView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn resource_list(call: ApiCall) -> Outcome {
    let page = resource::list(call.cx(), &call.actor, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn resource_create(call: ApiCall) -> Outcome {
    let made = resource::create(call.cx(), &call.actor, call.body()?).await??;
    Ok(found(&made)?.at(&["resources", &made.document.audience]))
}

async fn resource_find(call: ApiCall) -> Outcome {
    found(&resource::find(call.cx(), &call.actor, call.part("audience")).await??)
}

async fn resource_replace(call: ApiCall) -> Outcome {
    let (name, document) = (call.part("audience"), call.body()?);
    found(&resource::replace(call.cx(), &call.actor, name, document, call.expect()).await??)
}

async fn resource_patch(call: ApiCall) -> Outcome {
    let name = call.part("audience");
    let find = || resource::find(call.cx(), &call.actor, name);
    patched!(call, find, |document, expect| resource::replace(call.cx(), &call.actor, name, document, expect))
}

async fn resource_remove(call: ApiCall) -> Outcome {
    resource::remove(call.cx(), &call.actor, call.part("audience"), call.expect()).await??;
    Ok(Answer::nothing())
}
