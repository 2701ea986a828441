//! Owns `/recovery` over HTTP: the form that asks whose password was lost, and the page that follows. It does not own what is
//! behind the link (`recovery_link`).

use crate::flow::account::links;
use crate::flow::account::recovery::{self, RecoveryRefusal};
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::pages::{Letter, LetterSentPage, Problem, RecoveryPage};
use crate::http::reply::Reply;
use crate::http::sign_in::asking::{Asking, binding, with_request};
use crate::http::sign_in::{forged_page, unreadable_form, words};

const STEP: &str = "recovery";

/// The form, with or without an app that waits.
pub async fn get(mut call: Call) -> Reply {
    let query = call.query().unwrap_or_default();
    let asking = match Asking::of(&mut call, query.find("request").unwrap_or_default()).await {
        Ok(asking) => asking,
        Err(reply) => return *reply,
    };
    let (binding, cookie) = binding(&call);
    let page = page(&call, &binding, &asking);
    let reply = Reply::page(200, &page, &[]);
    match cookie {
        Some(cookie) => reply.cookie(cookie),
        None => reply,
    }
}

fn page(call: &Call, binding: &str, asking: &Asking) -> RecoveryPage {
    RecoveryPage {
        chrome: call.chrome("lost-password-link-title").offering_languages(Some(with_request(
            call,
            "/recovery",
            &asking.request,
        ))),
        client: asking.card(call),
        request: asking.request.clone(),
        csrf: form_token(&call.cx, binding, STEP, ""),
        email: String::new(),
        is_on: links::is_on(&call.cx),
        problem: None,
    }
}

/// Asks for the letter: the same page whether there is an account or not.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let text = |name: &str| form.find(name).unwrap_or_default();
    let binding = call.browser().binding;
    if !form_token_is_good(&call.cx, text("csrf"), binding.as_deref(), STEP, "") {
        return forged_page(&call.cx, &call.web.place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    let asking = match Asking::of(&mut call, text("request")).await {
        Ok(asking) => asking,
        Err(reply) => return *reply,
    };
    let (status, words, retry_after) =
        match recovery::ask(&call.cx, text("email"), &asking.request, &call.browser()).await {
            Ok(Ok(email)) => {
                call.cx.note(Note::new(STEP, "a letter was asked for, to set a password anew"));
                let page = LetterSentPage {
                    chrome: call.chrome("letter-sent-title"),
                    letter: Letter::Reset,
                    email: email.as_str().to_owned(),
                    again: with_request(&call, "/recovery", &asking.request),
                };
                return Reply::page(200, &page, &[]);
            }
            Ok(Err(RecoveryRefusal::TooMany(seconds))) => {
                (429, words::wait(call.cx.language, seconds), u64::try_from(seconds).ok())
            }
            Ok(Err(RecoveryRefusal::Off)) => (422, call.t("lost-password-off").into(), None),
            Ok(Err(_)) => (422, call.t("email-unusable").into(), None),
            Err(fault) => return call.fault_page(&fault),
        };
    let page = RecoveryPage {
        email: text("email").to_owned(),
        problem: Some(Problem { id: "problem-email", words }),
        ..page(&call, binding.as_deref().unwrap_or_default(), &asking)
    };
    Reply::page(status, &page, &[]).retry_after(retry_after)
}
