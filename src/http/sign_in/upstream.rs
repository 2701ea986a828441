//! Owns `/upstream/{provider}/…` over HTTP: the way to a provider and back, and the page for whoever did not get in. A way begins
//! with a link that holds the sealed request, which is bound to this browser; one callback address per provider.

use crate::flow::sign_in::upstream::begin::{self, Begun};
use crate::flow::sign_in::upstream::callback::{self, Back};
use crate::flow::sign_in::upstream::{Failed, WayIn, Why, logout, posted, tokens};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::oauth::authorize::unreadable;
use crate::http::own_app::sign_in::go_on_to;
use crate::http::pages::{UpstreamFailedPage, WayCard};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::{go_on, login, refusal_page};
use crate::oauth::bearer;
use crate::oauth::error::{ErrorCode, Refusal};

const STEP: &str = "upstream";

/// The provider that the path names.
fn provider(call: &Call) -> String {
    let path = call.request.path();
    let path = path.strip_prefix(call.web.place.base.as_str()).unwrap_or(path);
    path.split('/').nth(2).unwrap_or_default().to_owned()
}

/// Where the way to a provider begins.
pub fn begin_address(call: &Call, provider: &str, request: &str) -> String {
    format!("{}/upstream/{provider}/begin?request={request}", call.web.place.base)
}

/// The buttons of a request.
pub fn ways(call: &Call, ways: Vec<WayIn>, request: &str) -> Vec<WayCard> {
    let card = |way: WayIn| WayCard { href: begin_address(call, &way.id, request), id: way.id, name: way.name };
    ways.into_iter().map(card).collect()
}

/// `GET /upstream/{provider}/begin?request=…`.
pub async fn begin(mut call: Call) -> Reply {
    let params = match call.query() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, STEP, refusal),
    };
    let (provider, browser) = (provider(&call), call.browser());
    let request = params.find("request").unwrap_or_default();
    let reply = match begin::begin(&mut call.cx, &provider, request, &browser).await {
        Ok(Begun::Go(address)) => Reply::redirect(address),
        Ok(Begun::Failed(failed)) => failed_page(&call, *failed),
        Ok(Begun::Page(page)) => refusal_page(&call.cx, &call.web.place, page.refusal, page.facts),
        Err(fault) => call.fault_page(&fault),
    };
    reply.correlated(&call.cx.correlation_id)
}

/// `POST /upstream/{provider}/callback` (`response_mode=form_post`): repeated as GET, because a form of another site brings no
/// Lax cookie along. Only there it is seen whose answer it is.
pub async fn callback_post(call: Call) -> Reply {
    let params = match call.form() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, STEP, refusal),
    };
    if let Err(refusal) = params.all_once() {
        return unreadable(&call, STEP, refusal);
    }
    match posted::carry(&call.cx, &params) {
        Ok(pairs) => {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            let base = call.web.place.base.as_str();
            Reply::redirect(format!("{base}/upstream/{}/callback?{query}", provider(&call)))
        }
        Err(fault) => call.fault_page(&fault),
    }
}

/// `GET /upstream/{provider}/callback`.
pub async fn callback(mut call: Call) -> Reply {
    let params = match call.query() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, STEP, refusal),
    };
    let (provider, browser) = (provider(&call), call.browser());
    let reply = match callback::callback(&mut call.cx, &provider, &params, &browser).await {
        Ok(Back::Done(outcome)) => login::reply(&call, Ok(outcome)),
        Ok(Back::ProveAccount(request)) => go_on(&call, &request),
        // A strict cookie does not come along from another site: a page of ours goes on to where it does.
        Ok(Back::Own(app, to)) => go_on_to(&call, app, &to),
        Ok(Back::Failed(failed)) => failed_page(&call, *failed),
        Err(fault) => call.fault_page(&fault),
    };
    reply.correlated(&call.cx.correlation_id)
}

/// `POST /upstream/{provider}/backchannel-logout` (OpenID Connect Back-Channel Logout 1.0 section 2.5). The logout token says who
/// sends it; the answer is empty (section 2.8).
pub async fn backchannel_logout(call: Call) -> Reply {
    let params = match call.form() {
        Ok(params) => params,
        Err(refusal) => return refused(&call, &call.cx.refuse("upstream_logout", refusal, Note::default())),
    };
    match logout::receive(&call.cx, &provider(&call), &params).await {
        Ok(Ok(())) => Reply::empty(200),
        Ok(Err(refusal)) => refused(&call, &refusal),
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}

fn refused(call: &Call, refusal: &Refusal) -> Reply {
    let id = &call.cx.correlation_id;
    Reply::json(refusal.code.status(), &refusal.to_json(id)).correlated(id)
}

/// `GET /upstream/{provider}/token`: the provider's access token of the person whose token of ours this is.
pub async fn token(call: Call) -> Reply {
    let challenge = |refusal: Option<&Refusal>| bearer::challenge(&call.web.place.issuer, refusal);
    let given = call.query().and_then(|query| bearer::token(&call.authorization(), &query, None));
    let answer = match given {
        Ok(Some(token)) => tokens::hand_out(&call.cx, &provider(&call), &token).await,
        Ok(None) => {
            call.cx.refuse("upstream_token", bearer::absent(), Note::default());
            return Reply::empty(401).correlated(&call.cx.correlation_id).challenge(challenge(None));
        }
        Err(refusal) => Ok(Err(call.cx.refuse("upstream_token", refusal, Note::default()))),
    };
    match answer {
        Ok(Ok(body)) => Reply::json(200, &body),
        Ok(Err(refusal)) => {
            let reply = refused(&call, &refusal);
            match refusal.code {
                ErrorCode::InvalidToken | ErrorCode::InsufficientScope => reply.challenge(challenge(Some(&refusal))),
                _ => reply,
            }
        }
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}

fn failed_page(call: &Call, failed: Failed) -> Reply {
    let (status, why) = match failed.why {
        Why::NotBegun => (400, "upstream-not-begun"),
        Why::Closed => (403, "upstream-closed"),
        // A status of 5xx would say that we failed.
        Why::Down => (424, "upstream-down"),
        Why::Wrong => (400, "upstream-wrong"),
        Why::Denied => (403, "upstream-denied"),
        Why::NotFresh => (403, "upstream-not-fresh"),
        Why::Ended => (403, "upstream-ended"),
        Why::Shut => (403, "upstream-shut"),
        Why::NotAllowed => (403, "upstream-not-allowed"),
    };
    let address = |request: String| format!("{}{}?request={request}", call.web.place.base, ENDPOINTS.authorize);
    let go_on = failed.request.map(address);
    let page = UpstreamFailedPage {
        // The answer itself is used up: another language is chosen on the next page.
        chrome: call.chrome("upstream-failed-title").offering_languages(go_on.clone()),
        provider: failed.provider,
        why,
        go_on,
        correlation_id: call.cx.correlation_id.clone(),
    };
    Reply::page(status, &page, &[])
}
