//! Owns the way of a request to the API: method, token, permission, limit, body, handler, answer; and a row in the trace for
//! every refusal. It does not own the table nor any handler.

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{Answer, etag};
use super::call::ApiCall;
use super::problem::{Problem, ProblemBody, Stop};
use super::route::{ApiRoute, Body, Needs, Outcome};
use super::{ROOT, once};
use crate::flow::admin::{Actor, access};
use crate::flow::latency::Area;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::routes::Method;
use crate::http::server;
use crate::http::state::Web;
use crate::oauth::bearer;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::logo;
use crate::oauth::params::Params;

/// Answers a request at a path of the table.
pub(in crate::http) async fn dispatch(
    web: Arc<Web>,
    at_path: Vec<&'static ApiRoute>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let method = Method::of(request.method());
    let Some(route) = at_path.iter().find(|r| Some(r.method) == method) else {
        let call = Call::new(web.clone(), request, Default::default());
        let mut problem = Problem::new(405, "method", "this address does not take that method");
        problem.allow = Some(at_path.iter().map(|r| r.method.as_str()).collect::<Vec<_>>().join(", "));
        return refused(&call, access::STEP, &Actor::SetupLink, problem).into_response(&web.place);
    };
    let body = match route.body {
        Body::Nothing => Ok(Default::default()),
        // What is a little too large is still read, so that the operation can say how much would do.
        Body::Image => server::read_body(&web, payload, web.max_body_bytes.max(2 * logo::MAX_BYTES)).await,
        Body::Json(_) | Body::Patch(_) => server::read_body(&web, payload, web.max_body_bytes).await,
    };
    let (body, unread) = match body {
        Ok(body) => (body, None),
        Err((status, words)) => (Default::default(), Some(Problem::new(status, "body", words))),
    };
    let call = Call::new(web.clone(), request, body);
    let correlation_id = call.cx.correlation_id.clone();
    let (method, path) = (route.method.as_str(), route.path);
    tracing::debug!(%correlation_id, method, path, address = %call.cx.address, "request to the administration API");
    let began = Instant::now();
    let reply = answer(call, route, unread).await;
    let response = reply.into_response(&web.place);
    web.parts.stats.request(Area::Other, began.elapsed());
    tracing::debug!(%correlation_id, method, path, status = response.status().as_u16(), "answered");
    response
}

/// What an address of the API is told where there is nothing.
pub(in crate::http) fn nothing_here(call: &Call) -> Reply {
    problem_reply(call, &Problem::new(404, "address", "there is nothing at this address of the API"))
}

async fn answer(call: Call, route: &'static ApiRoute, unread: Option<Problem>) -> Reply {
    let actor = match actor(&call).await {
        Ok(actor) => actor,
        Err(Stop::Refused(problem)) => return refused(&call, route.id, &Actor::SetupLink, problem),
        Err(Stop::Broken(fault)) => return Reply::fault_problem(&fault, &call.cx.correlation_id),
    };
    match may(&call, route, &actor, unread) {
        Ok(()) => answer_as(call, route, actor).await,
        Err(problem) => refused(&call, route.id, &actor, problem),
    }
}

/// Answers somebody who may ask.
pub(super) async fn answer_as(call: Call, route: &'static ApiRoute, actor: Actor) -> Reply {
    let (echo, asker) = (call.clone(), actor.clone());
    match run(call, route, actor).await {
        Ok(answer) if is_known(&echo, route, &answer) => {
            Reply::empty(304).correlated(&echo.cx.correlation_id).tagged(etag(answer.version.unwrap_or_default()))
        }
        Ok(answer) => answer.into_reply(&echo, &format!("{}{ROOT}", echo.web.place.base), route.status),
        Err(Stop::Refused(problem)) => refused(&echo, route.id, &asker, problem),
        Err(Stop::Broken(fault)) => Reply::fault_problem(&fault, &echo.cx.correlation_id),
    }
}

/// Who asks: by an access token in the header, nowhere else.
async fn actor(call: &Call) -> Result<Actor, Stop> {
    let issuer = &call.web.place.issuer;
    let refuse = |refusal: &Refusal| Problem::of_refusal(refusal, bearer::challenge(issuer, Some(refusal)));
    let query = call.query().unwrap_or_else(|_| Params::default());
    let token = match bearer::token(&call.authorization(), &query, None) {
        Ok(Some(token)) => token,
        Ok(None) => {
            let words = "send an access token of this server in the header: Authorization: Bearer …";
            let mut problem = Problem::new(401, "no_token", words);
            problem.challenge = Some(bearer::challenge(issuer, None).into());
            return Err(problem.into());
        }
        Err(refusal) => return Err(refuse(&call.cx.refuse(access::STEP, refusal, Note::default())).into()),
    };
    access::actor(&call.cx, &token).await?.map_err(|refusal| refuse(&refusal).into())
}

/// Whether the actor may ask this now. Operations ask for their permission again: this is the door's own lock.
fn may(call: &Call, route: &ApiRoute, actor: &Actor, unread: Option<Problem>) -> Result<(), Problem> {
    call.web.admin_limits.count(&actor.name())?;
    if route.needs == Needs::SomePermission && actor.permissions().is_empty() {
        let mut problem = Problem::new(403, "permission_missing", "this needs any permission of the administration");
        problem.challenge =
            Some(format!("Bearer realm=\"{}\", error=\"insufficient_scope\"", call.web.place.issuer).into());
        return Err(problem);
    }
    let needed = match route.needs {
        Needs::Permission(permission) => Some(permission),
        Needs::All(permissions) => permissions.iter().copied().find(|p| !actor.permissions().contains(*p)),
        Needs::Either(one, other) => (!actor.permissions().contains(other)).then_some(one),
        Needs::SomePermission | Needs::Token => None,
    };
    if let Some(permission) = needed
        && let Err(refusal) = actor.needs(permission)
    {
        let mut problem = Problem::from(refusal);
        problem.challenge = Some(
            format!(
                "Bearer realm=\"{}\", error=\"insufficient_scope\", scope=\"{}\"",
                call.web.place.issuer,
                permission.scope()
            )
            .into(),
        );
        return Err(problem);
    }
    unread.map_or(Ok(()), Err)
}

async fn run(call: Call, route: &'static ApiRoute, actor: Actor) -> Outcome {
    let key = call.request.headers().get(once::HEADER).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let call = ApiCall::read(call, route, actor)?;
    match key {
        Some(key) if route.is_once() => once::run(call, &key).await,
        _ => (route.run)(call).await,
    }
}

/// `If-None-Match` (RFC 9110 section 13.1.2): the caller has this version already.
fn is_known(call: &Call, route: &ApiRoute, answer: &Answer) -> bool {
    let known = call.header(header::IF_NONE_MATCH.as_str()).unwrap_or_default();
    let is_ours = |tag: &str, version| tag == "*" || tag.trim_start_matches("W/") == etag(version);
    route.method == Method::Get
        && answer.version.is_some_and(|version| known.split(',').any(|tag| is_ours(tag.trim(), version)))
}

/// Answers no, and notes it.
fn refused(call: &Call, step: &'static str, actor: &Actor, problem: Problem) -> Reply {
    if !problem.is_noted {
        let code = if problem.status == 403 { ErrorCode::InsufficientScope } else { ErrorCode::InvalidRequest };
        let received = match &problem.field {
            Some(field) => format!("{} at {field}", problem.code),
            None => problem.code.to_owned(),
        };
        let refusal = Refusal::new(code, "admin.request", "RFC 9457", problem.detail.to_string())
            .because("a request that can be answered", received);
        let mut note = Note::default();
        if let Actor::Client { client_id, user, .. } = actor {
            note = note.client(client_id);
            note.user_id = user.as_ref().map(|id| id.as_str().to_owned());
        }
        call.cx.refuse(step, refusal, note);
        // Whoever runs commands may do everything: what is refused them is no try to get above themselves.
        if problem.status == 403 && *actor != Actor::CommandLine {
            let tried = (call.request.method().as_str(), call.request.path());
            call.web.admin_refusals.note(&call.cx, actor, tried, (problem.code, &problem.detail));
        }
    }
    problem_reply(call, &problem)
}

fn problem_reply(call: &Call, problem: &Problem) -> Reply {
    let (anchor, title) = problem.kind();
    let body = ProblemBody {
        kind: &format!("{}{ROOT}/docs#{anchor}", call.web.place.issuer),
        title,
        status: problem.status,
        detail: &problem.detail,
        code: problem.code,
        field: problem.field.as_deref(),
        correlation_id: &call.cx.correlation_id,
    };
    let mut reply = Reply::problem(problem.status, &body, &call.cx.correlation_id).retry_after(problem.retry_after);
    if let Some(challenge) = &problem.challenge {
        reply = reply.challenge(challenge.to_string());
    }
    match &problem.allow {
        Some(methods) => reply.allow(methods.clone()),
        None => reply,
    }
}
