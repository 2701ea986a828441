//! Owns `POST /enrol` over HTTP: the form on which a person who must have a second factor sets one up, and the page with their
//! recovery codes.

use crate::flow::account::factors::FactorRefusal;
use crate::flow::account::passkeys::NewPasskey;
use crate::flow::sign_in::browser::form_token;
use crate::flow::sign_in::enrol::{self, EnrolForm, EnrolOutcome, New, Submitted};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::oauth::authorize;
use crate::http::pages::{AppCard, EnrolPage, Problem, RecoveryCodesPage};
use crate::http::reply::Reply;
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::{forged_page, go_on, login, refusal_page, unreadable_form, words};
use crate::sensitive::Sensitive;

const STEP: &str = "enrol";

/// Handles the form.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    if let Err(refusal) = form.all_once() {
        let refusal = call.cx.refuse(STEP, refusal, Note::default());
        return refusal_page(&call.cx, &call.web.place, refusal, Vec::new());
    }
    let text = |name: &str| form.find(name).unwrap_or_default().to_owned();
    let new = match form.find("ceremony") {
        Some(ceremony) => {
            let (ceremony, answer) = (ceremony.to_owned(), text("answer"));
            New::Passkey(NewPasskey { ceremony, answer, name: String::new() })
        }
        None => New::App(text("enrolment"), Sensitive::new(text("code"))),
    };
    let submitted = Submitted { request: text("request"), csrf: text("csrf"), new };
    let browser = call.browser();
    match enrol::submit(&mut call.cx, submitted, &browser).await {
        Ok(EnrolOutcome::Done(now, codes)) if codes.is_empty() => login::signed_in(&call, *now),
        Ok(EnrolOutcome::Done(now, codes)) => {
            let page = RecoveryCodesPage {
                chrome: call.chrome("recovery-title"),
                codes: codes.iter().map(|code| code.expose().to_owned()).collect(),
                go_on: format!("{}{}?request={}", call.web.place.base, ENDPOINTS.authorize, now.request),
            };
            login::with_cookies(&call, Reply::page(200, &page, &[]), *now)
        }
        Ok(EnrolOutcome::Again(form)) => self::form(&call, *form),
        Ok(EnrolOutcome::GoOn(request)) => go_on(&call, &request),
        Ok(EnrolOutcome::Page(page)) => refusal_page(&call.cx, &call.web.place, page.refusal, page.facts),
        Ok(EnrolOutcome::Forged(refusal)) => forged_page(&call.cx, &call.web.place, *refusal),
        Err(fault) => call.fault_page(&fault),
    }
}

/// The form.
pub fn form(call: &Call, form: EnrolForm) -> Reply {
    let binding = call.browser().binding.unwrap_or_default();
    let title = if form.offer.is_some() { "enrol-title" } else { "enrol-title-passkey" };
    let page = EnrolPage {
        chrome: authorize::chrome(call, title, &form.request),
        client: form.client.name,
        csrf: form_token(&call.cx, &binding, STEP, form.account.session.id.as_str()),
        request: form.request,
        app: form.offer.as_ref().map(AppCard::of),
        passkey: form.passkey,
        problem: form.problem.map(|why| Problem {
            id: if why == FactorRefusal::Passkey { "problem-passkey" } else { "problem-code" },
            words: words::of_factor(call.cx.language, why),
        }),
    };
    let status = if page.problem.is_some() { 422 } else { 200 };
    Reply::page_with_script(status, &page, &[], page.passkey.is_some())
}
