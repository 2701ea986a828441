//! Owns `GET /`: what the access token at hand may do.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::call::ApiCall;
use super::route::{ApiRoute, Needs, Outcome, line};
use super::{ROOT, routes};
use crate::flow::admin::Actor;

pub(super) const ROUTES: &[ApiRoute] = &[line!(Get, "", Needs::Token, index)
    .does("Tells what the access token at hand may do.")
    .more("Needs no permission. The operations are those whose permission the token has at this moment.")
    .gives::<Index>()];

/// What an access token may do.
#[derive(Serialize, ToSchema)]
struct Index {
    /// The client that the token was issued to.
    client_id: Option<String>,
    /// The person it acts for; null for a program that acts for itself.
    user_id: Option<String>,
    /// Permissions in force now: the scopes of the token, and of those what the person's role allows.
    permissions: Vec<&'static str>,
    /// The operations that these allow.
    operations: Vec<Operation>,
    /// Address of the OpenAPI document.
    openapi: String,
    /// Address of the reader page.
    docs: String,
}

/// An operation of the API.
#[derive(Serialize, ToSchema)]
#[schema(as = OperationLink)]
struct Operation {
    /// Its name in the OpenAPI document.
    id: &'static str,
    /// Its method.
    method: &'static str,
    /// Its address; `{…}` stands for one segment.
    href: String,
    /// What it does.
    summary: &'static str,
}

async fn index(call: ApiCall) -> Outcome {
    let root = format!("{}{ROOT}", call.call.web.place.issuer);
    let (client_id, user_id) = match &call.actor {
        Actor::Client { client_id, user, .. } => {
            (Some(client_id.clone()), user.as_ref().map(|u| u.as_str().to_owned()))
        }
        _ => (None, None),
    };
    let permissions = call.actor.permissions();
    let allowed = routes().filter(|route| match route.needs {
        Needs::Permission(permission) => permissions.contains(permission),
        Needs::All(wanted) => wanted.iter().all(|permission| permissions.contains(*permission)),
        Needs::Either(one, other) => permissions.contains(one) || permissions.contains(other),
        Needs::SomePermission => !permissions.is_empty(),
        Needs::Token => true,
    });
    let operations = allowed
        .map(|r| Operation {
            id: r.id,
            method: r.method.as_str(),
            href: format!("{root}{}", r.path),
            summary: r.summary,
        })
        .collect();
    Answer::json(&Index {
        client_id,
        user_id,
        permissions: permissions.iter().map(|p| p.scope()).collect(),
        operations,
        openapi: format!("{root}/openapi.json"),
        docs: format!("{root}/docs"),
    })
}
