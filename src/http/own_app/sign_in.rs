//! Owns the way in to one of our own apps and out of it over HTTP. It does not own what is decided (`flow::own_app`).

use crate::flow::own_app::{self, Arrived, Ask, OwnApp};
use crate::http::call::Call;
use crate::http::cookies;
use crate::http::oauth::authorize::unreadable;
use crate::http::own_app::desk::Desk;
use crate::http::own_app::shell::{Shell, language};
use crate::http::pages::{Chrome, ErrorPage, GoOnPage};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::refusal_page;
use crate::identity::{Level, User};
use crate::messages::Language;

/// `GET …/login`: to the authorization endpoint, as any app does.
pub async fn login(call: Call, shell: &'static Shell) -> Reply {
    let query = call.query().unwrap_or_default();
    let ask = match query.find("ask") {
        Some("proof") => Ask::Proof,
        Some("mfa") => Ask::Level(Level::SecondFactor),
        Some("phr") => Ask::Level(Level::PhishingResistant),
        Some("account") => Ask::Account,
        _ => Ask::Session,
    };
    let place = &call.web.place;
    match own_app::begin(&call.cx, shell.app, ask, query.find("to").unwrap_or_default()) {
        Ok(begun) => Reply::redirect(format!("{}{}?{}", place.base, ENDPOINTS.authorize, begun.query))
            .cookie(cookies::set(shell.jars.trip, begun.sealed, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

/// `GET …/callback`: the authorization response. Answers a page that goes on by itself, since a browser does not send
/// a strict cookie along a chain of redirects that began at another site.
pub async fn callback(mut call: Call, shell: &'static Shell) -> Reply {
    let params = match call.query() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, shell.app.name(), refusal),
    };
    let place = call.web.place.clone();
    let trip = cookies::find(&call.request, shell.jars.trip, &place);
    let old = cookies::find(&call.request, shell.jars.session, &place);
    let reply = match own_app::finish(&mut call.cx, shell.app, trip.as_deref(), &params, old.as_deref()).await {
        Ok(Ok(Arrived::In { token, to })) => {
            go_on_to(&call, shell.app, &to).cookie(cookies::set(shell.jars.session, token.expose().to_owned(), &place))
        }
        Ok(Ok(Arrived::NoRole(user))) => no_role(&call, &user),
        Ok(Err(refusal)) => refusal_page(&call.cx, &place, refusal, Vec::new()),
        Err(fault) => call.fault_page(&fault),
    };
    reply.cookie(cookies::clear(shell.jars.trip, &place)).correlated(&call.cx.correlation_id)
}

/// `POST …/logout`: ends the app's session, then asks about the one at the provider.
pub async fn logout(desk: Desk) -> Reply {
    let place = desk.call.web.place.clone();
    match own_app::end(desk.cx(), &desk.token).await {
        Ok(()) => Reply::redirect(format!("{}{}", place.base, ENDPOINTS.logout))
            .cookie(cookies::clear(desk.shell.jars.session, &place)),
        Err(fault) => desk.fault(&fault),
    }
}

/// A page that goes on by itself to a place of ours.
pub fn go_on_to(call: &Call, app: OwnApp, to: &str) -> Reply {
    let base = &call.web.place.base;
    let language = language(call, app);
    let words = match app {
        OwnApp::Console => language.say("own-opens-console"),
        OwnApp::Account => language.say("own-opens-account"),
    };
    let chrome = Chrome::speaking(language, "own-opens-title", &call.web.place);
    Reply::page(200, &GoOnPage { chrome, words: words.into(), to: format!("{base}{to}") }, &[])
}

/// Somebody who may do nothing here.
pub fn no_role(call: &Call, user: &User) -> Reply {
    let base = &call.web.place.base;
    let page = ErrorPage {
        chrome: Chrome::titled(Language::ENGLISH, "No access", &call.web.place).wide(),
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
pub fn where_from(call: &Call, app: OwnApp) -> String {
    let uri = call.request.uri().path_and_query().map_or(app.root(), |p| p.as_str());
    uri.strip_prefix(call.web.place.base.as_str()).unwrap_or(uri).to_owned()
}
