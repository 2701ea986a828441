//! Owns RP-initiated logout over HTTP: the question, the answer, the cookies that go.

use crate::flow::Fault;
use crate::flow::oauth::logout::{self, ConfirmView, Done, LogoutNext};
use crate::http::call::Call;
use crate::http::cookies;
use crate::http::oauth::authorize::{repeated_as_get, unreadable};
use crate::http::pages::{ClientCard, LoggedOutPage, LogoutPage};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::{cards, forged_page, refusal_page, unreadable_form};
use crate::secret::token::hash;

/// GET.
pub async fn get(mut call: Call) -> Reply {
    let params = match call.query() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, "logout", refusal),
    };
    call.speak(&params);
    let next = logout::begin(&call.cx, &params, &call.browser()).await;
    reply(&call, next)
}

/// POST from an app: repeated as GET, because a form of another site brings no Lax cookie along.
pub async fn post(call: Call) -> Reply {
    repeated_as_get(&call, "logout", ENDPOINTS.logout)
}

/// The person's answer.
pub async fn confirm(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, "logout", refusal),
    };
    if form.find("decision") == Some("cancel") {
        return Reply::redirect(format!("{}/", call.web.place.base));
    }
    let browser = call.browser();
    let (request, csrf) = (form.find("request").unwrap_or_default(), form.find("csrf").unwrap_or_default());
    let next = logout::confirmed(&mut call.cx, request, csrf, &browser).await;
    reply(&call, next)
}

/// The page that says so.
pub async fn done(call: Call) -> Reply {
    let base = &call.web.place.base;
    let page = LoggedOutPage { chrome: call.chrome("signed-out-title"), client: None, home: format!("{base}/") };
    Reply::page(200, &page, &[])
}

fn reply(call: &Call, next: Result<LogoutNext, Fault>) -> Reply {
    match next {
        Ok(LogoutNext::Confirm(view)) => ask(call, *view),
        Ok(LogoutNext::Done(done)) => gone(call, *done),
        Ok(LogoutNext::Page(refusal)) => refusal_page(&call.cx, &call.web.place, *refusal, Vec::new()),
        Ok(LogoutNext::Forged(refusal)) => forged_page(&call.cx, &call.web.place, *refusal),
        Err(fault) => call.fault_page(&fault),
    }
}

fn ask(call: &Call, view: ConfirmView) -> Reply {
    let page = LogoutPage {
        chrome: call.chrome("sign-out-title"),
        client: view.client.as_ref().map(|client| cards::client(client, None, &call.web.place)),
        accounts: view.accounts.iter().map(|known| cards::account(known, &call.cx)).collect(),
        request: view.request,
        csrf: view.csrf,
    };
    // The app's address after the logout may be anywhere that is registered.
    Reply::page(200, &page, &["https:".to_owned(), "http:".to_owned()])
}

fn gone(call: &Call, done: Done) -> Reply {
    let left: Vec<String> =
        call.browser().session_tokens.into_iter().filter(|token| !done.ended.contains(&hash(token))).collect();
    let cookie = cookies::sessions(&left, &call.web.place);
    let reply = match done.location {
        Some(location) => Reply::redirect(location),
        None => {
            let base = &call.web.place.base;
            let client = done.client_name.map(|name| ClientCard { name, ..ClientCard::default() });
            let page = LoggedOutPage { chrome: call.chrome("signed-out-title"), client, home: format!("{base}/") };
            Reply::page(200, &page, &[])
        }
    };
    reply.cookie(cookie)
}
