//! Owns the way in to the console and out of it over HTTP. It does not own what is decided (`flow::admin::console`).

use crate::flow::admin::console::{self, Arrived, Ask};
use crate::http::admin::console::desk::Desk;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::oauth::authorize::unreadable;
use crate::http::pages::{Chrome, ErrorPage, GoOnPage};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::refusal_page;
use crate::identity::User;

/// `GET /admin/login`: to the authorization endpoint, as any app does.
pub async fn login(call: Call) -> Reply {
    let query = call.query().unwrap_or_default();
    let ask = match query.find("ask") {
        Some("proof") => Ask::Proof,
        Some("account") => Ask::Account,
        _ => Ask::Session,
    };
    let place = &call.web.place;
    match console::begin(&call.cx, ask, query.find("to").unwrap_or_default()) {
        Ok(begun) => Reply::redirect(format!("{}{}?{}", place.base, ENDPOINTS.authorize, begun.query))
            .cookie(cookies::set(Jar::ConsoleTrip, begun.sealed, place)),
        Err(fault) => Reply::fault_page(&fault, &call.cx.correlation_id, place),
    }
}

/// `GET /admin/callback`: the authorization response. Answers a page that goes on by itself, since a browser does not send
/// a strict cookie along a chain of redirects that began at another site.
pub async fn callback(mut call: Call) -> Reply {
    let params = match call.query() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, "console", refusal),
    };
    let place = call.web.place.clone();
    let trip = cookies::find(&call.request, Jar::ConsoleTrip, &place);
    let old = cookies::find(&call.request, Jar::Console, &place);
    let reply = match console::finish(&mut call.cx, trip.as_deref(), &params, old.as_deref()).await {
        Ok(Ok(Arrived::In { token, to })) => {
            go_on_to(&call, &to).cookie(cookies::set(Jar::Console, token.expose().to_owned(), &place))
        }
        Ok(Ok(Arrived::NoRole(user))) => no_role(&call, &user),
        Ok(Err(refusal)) => refusal_page(&call.cx, &place, refusal, Vec::new()),
        Err(fault) => Reply::fault_page(&fault, &call.cx.correlation_id, &place),
    };
    reply.cookie(cookies::clear(Jar::ConsoleTrip, &place)).correlated(&call.cx.correlation_id)
}

/// `POST /admin/logout`: ends the console session, then asks about the one at the provider.
pub async fn logout(desk: Desk) -> Reply {
    let place = desk.call.web.place.clone();
    match console::end(&desk.call.cx, &desk.token).await {
        Ok(()) => {
            Reply::redirect(format!("{}{}", place.base, ENDPOINTS.logout)).cookie(cookies::clear(Jar::Console, &place))
        }
        Err(fault) => Reply::fault_page(&fault, &desk.call.cx.correlation_id, &place),
    }
}

/// A page that goes on by itself to a place of ours.
pub fn go_on_to(call: &Call, to: &str) -> Reply {
    let base = &call.web.place.base;
    Reply::page(200, &GoOnPage { chrome: Chrome::new("One moment", &call.web.place), to: format!("{base}{to}") }, &[])
}

/// Somebody who may do nothing here.
pub fn no_role(call: &Call, user: &User) -> Reply {
    let base = &call.web.place.base;
    let page = ErrorPage {
        chrome: Chrome::new("No access", &call.web.place).wide(),
        status: 403,
        heading: "This account does not administer anything".to_owned(),
        what: "You are signed in, but your account has no role that may use the console.".to_owned(),
        advice: "Ask an owner of this Vouchsafe to give your account a role, or sign in with another account."
            .to_owned(),
        facts: vec![
            ("Signed in as".to_owned(), user.email.as_str().to_owned()),
            ("Role".to_owned(), user.role.as_str().to_owned()),
        ],
        correlation_id: call.cx.correlation_id.clone(),
        back: Some(("Use another account".to_owned(), format!("{base}/admin/login?ask=account"))),
    };
    Reply::page(403, &page, &[]).correlated(&call.cx.correlation_id)
}

/// The address of this page below the issuer's own path, with its query.
pub fn where_from(call: &Call) -> String {
    let uri = call.request.uri().path_and_query().map_or("/admin", |p| p.as_str());
    uri.strip_prefix(call.web.place.base.as_str()).unwrap_or(uri).to_owned()
}
