//! Owns attributes of people in the API. It does not own what is done to them (`flow::admin::attribute`).

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Needs, Outcome, all, line, may};
use crate::flow::admin::attribute::{self, AttributeDocument, AttributeView};
use crate::identity::Permission;

/// Who looks after people must know what can be written of them.
const READ: Needs = Needs::Either(Permission::ScopesRead, Permission::UsersRead);
const WRITE: Permission = Permission::ScopesWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/attributes", READ, attribute_list)
        .does("Lists the attributes that people can have.")
        .gives_page::<AttributeView>(),
    line!(Post, "/attributes", may(WRITE), attribute_create)
        .does("Defines an attribute.")
        .takes::<AttributeDocument>()
        .example(r#"{"name":"cost_centre","title":"Cost centre","kind":"text"}"#)
        .creates::<AttributeView>()
        .versioned(),
    line!(Get, "/attributes/{attribute}", READ, attribute_find)
        .does("Shows an attribute.")
        .gives::<AttributeView>()
        .versioned(),
    line!(Put, "/attributes/{attribute}", may(WRITE), attribute_replace)
        .does("Replaces an attribute.")
        .takes::<AttributeDocument>()
        .gives::<AttributeView>()
        .versioned(),
    line!(Patch, "/attributes/{attribute}", all(&[WRITE, Permission::ScopesRead]), attribute_patch)
        .does("Changes members of an attribute.")
        .takes::<AttributeDocument>()
        .gives::<AttributeView>()
        .versioned(),
    line!(Delete, "/attributes/{attribute}", may(WRITE), attribute_remove).does("Removes an attribute.").versioned(),
];

fn found(view: &AttributeView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn attribute_list(call: ApiCall) -> Outcome {
    Answer::whole(attribute::list(call.cx(), &call.actor).await??)
}

async fn attribute_create(call: ApiCall) -> Outcome {
    let made = attribute::create(call.cx(), &call.actor, call.body()?).await??;
    Ok(found(&made)?.at(&["attributes", &made.document.name]))
}

async fn attribute_find(call: ApiCall) -> Outcome {
    found(&attribute::find(call.cx(), &call.actor, call.part("attribute")).await??)
}

async fn attribute_replace(call: ApiCall) -> Outcome {
    let (name, document) = (call.part("attribute"), call.body()?);
    found(&attribute::replace(call.cx(), &call.actor, name, document, call.expect()).await??)
}

async fn attribute_patch(call: ApiCall) -> Outcome {
    let name = call.part("attribute");
    let find = || attribute::find(call.cx(), &call.actor, name);
    patched!(call, find, |document, expect| attribute::replace(call.cx(), &call.actor, name, document, expect))
}

async fn attribute_remove(call: ApiCall) -> Outcome {
    attribute::remove(call.cx(), &call.actor, call.part("attribute"), call.expect()).await??;
    Ok(Answer::nothing())
}
