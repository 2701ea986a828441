//! Owns scopes of administrators in the API. It does not own what is done to them (`flow::admin::scope`).

use super::answer::Answer;
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Outcome, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::scope::{self, ScopeDocument, ScopeView};
use crate::identity::Permission;

const READ: Permission = Permission::ScopesRead;
const WRITE: Permission = Permission::ScopesWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/scopes", may(READ), scope_list)
        .does("Lists scopes in order.")
        .query(&[LIMIT, AFTER])
        .gives_page::<ScopeView>(),
    line!(Post, "/scopes", may(WRITE), scope_create)
        .does("Defines a scope.")
        .takes::<ScopeDocument>()
        .example(r#"{"name":"orders:read","description":"Read your orders"}"#)
        .creates::<ScopeView>()
        .versioned(),
    line!(Get, "/scopes/{scope}", may(READ), scope_find).does("Shows a scope.").gives::<ScopeView>().versioned(),
    line!(Put, "/scopes/{scope}", may(WRITE), scope_replace)
        .does("Replaces a scope.")
        .takes::<ScopeDocument>()
        .gives::<ScopeView>()
        .versioned(),
    line!(Patch, "/scopes/{scope}", all(&[WRITE, READ]), scope_patch)
        .does("Changes members of a scope.")
        .takes::<ScopeDocument>()
        .gives::<ScopeView>()
        .versioned(),
    line!(Delete, "/scopes/{scope}", may(WRITE), scope_remove).does("Removes a scope.").versioned(),
];

fn found(view: &ScopeView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn scope_list(call: ApiCall) -> Outcome {
    let page = scope::list(call.cx(), &call.actor, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn scope_create(call: ApiCall) -> Outcome {
    let made = scope::create(call.cx(), &call.actor, call.body()?).await??;
    Ok(found(&made)?.at(&["scopes", &made.document.name]))
}

async fn scope_find(call: ApiCall) -> Outcome {
    found(&scope::find(call.cx(), &call.actor, call.part("scope")).await??)
}

async fn scope_replace(call: ApiCall) -> Outcome {
    let (name, document) = (call.part("scope"), call.body()?);
    found(&scope::replace(call.cx(), &call.actor, name, document, call.expect()).await??)
}

async fn scope_patch(call: ApiCall) -> Outcome {
    let name = call.part("scope");
    let find = || scope::find(call.cx(), &call.actor, name);
    patched!(call, find, |document, expect| scope::replace(call.cx(), &call.actor, name, document, expect))
}

async fn scope_remove(call: ApiCall) -> Outcome {
    scope::remove(call.cx(), &call.actor, call.part("scope"), call.expect()).await??;
    Ok(Answer::nothing())
}
