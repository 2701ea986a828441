//! Owns the endpoints that clients and resource servers call directly: token, revocation, introspection.

use serde_json::Value;

use crate::flow::Fault;
use crate::flow::oauth::client::Incoming;
use crate::flow::oauth::{introspect as introspection, revoke as revocation, token};
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;

/// `POST /token`.
pub async fn post(mut call: Call) -> Reply {
    let form = match body(&call, "token") {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let authorization: Vec<Vec<u8>> = call.authorization().into_iter().map(<[u8]>::to_vec).collect();
    let incoming = Incoming { authorization: authorization.iter().map(Vec::as_slice).collect(), form: &form };
    let outcome = token::exchange(&mut call.cx, &incoming).await;
    reply(&call, outcome.map(|inner| inner.map(|answer| answer.to_json())))
}

/// `POST /revoke`: 200 without a body.
pub async fn revoke(call: Call) -> Reply {
    let form = match body(&call, "revoke") {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let incoming = Incoming { authorization: call.authorization(), form: &form };
    match revocation::revoke(&call.cx, &incoming).await {
        Ok(Ok(())) => Reply::empty(200),
        Ok(Err(refusal)) => refused(&call, &refusal),
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}

/// `POST /introspect`.
pub async fn introspect(call: Call) -> Reply {
    let form = match body(&call, "introspect") {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let incoming = Incoming { authorization: call.authorization(), form: &form };
    let outcome = introspection::answer(&call.cx, &incoming).await;
    // On every answer, or its presence would tell a token that is not the caller's from one that does not exist.
    reply(&call, outcome).correlated(&call.cx.correlation_id)
}

/// The form, after the rule that nothing secret may stand in the URL (security case D01).
fn body(call: &Call, step: &'static str) -> Result<Params, Reply> {
    let query = call.query().unwrap_or_default();
    let secret = ["client_secret", "code", "refresh_token", "token", "password"].into_iter().find(|n| query.has(n));
    let checked = match secret {
        Some(name) => {
            let words = "parameters of this endpoint belong into the body, never into the URL";
            Err(Refusal::new(ErrorCode::InvalidRequest, "params.in_body", "RFC 6749 section 2.3.1", words)
                .because("a body", format!("{name} in the query")))
        }
        None => call.form(),
    };
    checked.map_err(|refusal| {
        let refusal = call.cx.refuse(step, refusal, crate::flow::trace::Note::default());
        refused(call, &refusal)
    })
}

fn reply(call: &Call, outcome: Result<Result<Value, Refusal>, Fault>) -> Reply {
    match outcome {
        Ok(Ok(answer)) => Reply::json(200, &answer),
        Ok(Err(refusal)) => refused(call, &refusal),
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}

fn refused(call: &Call, refusal: &Refusal) -> Reply {
    Reply::oauth_error(refusal, &call.cx.correlation_id, &call.web.place.issuer)
}
