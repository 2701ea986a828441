//! Owns `/recovery/link` over HTTP: the secret goes from the URL into a cookie at once, then a form sets the password. Looking
//! uses nothing up: mail programs open links before people do. Nobody is signed in by it.

use crate::flow::account::quality;
use crate::flow::account::recovery::{self, RecoveryRefusal, Restored};
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::{Problem, RecoveryLinkPage};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::asking::{dead_link, moved, with_request};
use crate::http::sign_in::{forged_page, unreadable_form, words};
use crate::identity::User;
use crate::sensitive::Sensitive;

const STEP: &str = "recovery";
const PATH: &str = "/recovery/link";

/// The form.
pub async fn get(call: Call) -> Reply {
    if let Some(reply) = moved(&call, Jar::Recovery, PATH, STEP) {
        return reply;
    }
    let place = &call.web.place;
    let Some(token) = cookies::find(&call.request, Jar::Recovery, place) else { return dead_link(&call, STEP) };
    match recovery::guest(&call.cx, &token).await {
        Ok(Some(guest)) => Reply::page_for_password(200, &page(&call, &token, &guest.user)),
        Ok(None) => dead_link(&call, STEP).cookie(cookies::clear(Jar::Recovery, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

/// Sets the password.
pub async fn post(call: Call) -> Reply {
    let place = &call.web.place;
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let Some(token) = cookies::find(&call.request, Jar::Recovery, place) else { return dead_link(&call, STEP) };
    let text = |name: &str| form.find(name).unwrap_or_default();
    if !form_token_is_good(&call.cx, text("csrf"), Some(&token), PATH, "") {
        return forged_page(&call.cx, place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    let (secret, password) = (Sensitive::new(token.clone()), Sensitive::new(text("password").to_owned()));
    let refusal = match recovery::finish(&call.cx, &secret, password, &call.browser()).await {
        Ok(Ok(restored)) => return done(&call, restored).cookie(cookies::clear(Jar::Recovery, place)),
        Ok(Err(refusal)) => refusal,
        Err(fault) => return call.fault_page(&fault),
    };
    match recovery::guest(&call.cx, &token).await {
        Ok(Some(guest)) => {
            let words = match &refusal {
                RecoveryRefusal::Password(refusal) => words::of_person(call.cx.language, refusal),
                _ => return dead_link(&call, STEP).cookie(cookies::clear(Jar::Recovery, place)),
            };
            let problem = Some(Problem { id: "problem-password", words });
            Reply::page_for_password(422, &RecoveryLinkPage { problem, ..page(&call, &token, &guest.user) })
        }
        Ok(_) => dead_link(&call, STEP).cookie(cookies::clear(Jar::Recovery, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

fn done(call: &Call, restored: Restored) -> Reply {
    call.cx.note(Note::new(STEP, "set a password anew").user(restored.user.id.as_str()));
    let page = RecoveryLinkPage {
        done: true,
        go_on: restored.request.map(|request| with_request(call, ENDPOINTS.authorize, &request)),
        ..page(call, "", &restored.user)
    };
    Reply::page(200, &page, &[])
}

fn page(call: &Call, token: &str, user: &User) -> RecoveryLinkPage {
    RecoveryLinkPage {
        chrome: call.chrome("lost-password-set-title"),
        csrf: form_token(&call.cx, token, PATH, ""),
        email: user.email.as_str().to_owned(),
        min_length: quality::min_length(&call.cx),
        problem: None,
        done: false,
        go_on: None,
    }
}
