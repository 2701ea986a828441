//! Owns `/sign-up` over HTTP: the form that asks for an address, also where an app asked for it (`prompt=create`), and the page
//! that follows. It does not own what is behind the link (`sign_up_link`).

use crate::flow::account::sign_up::{self, SignUpRefusal};
use crate::flow::oauth::authorize::SignUpView;
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::pages::{Letter, LetterSentPage, Problem, SignUpClosedPage, SignUpPage};
use crate::http::reply::{Reply, form_targets};
use crate::http::sign_in::asking::{Asking, binding, with_request};
use crate::http::sign_in::{cards, forged_page, unreadable_form, words};
use crate::identity::SignUpMode;

const STEP: &str = "sign_up";

/// The form, with or without an app that waits.
pub async fn get(mut call: Call) -> Reply {
    if !sign_up::is_offered(&call.cx) {
        return closed(&call);
    }
    let query = call.query().unwrap_or_default();
    let asking = match Asking::of(&mut call, query.find("request").unwrap_or_default()).await {
        Ok(asking) => asking,
        Err(reply) => return *reply,
    };
    let (binding, cookie) = binding(&call);
    let page = SignUpPage { client: asking.card(&call), ..page(&call, &binding, &asking.request) };
    let reply = Reply::page(200, &page, &asking.targets());
    match cookie {
        Some(cookie) => reply.cookie(cookie),
        None => reply,
    }
}

/// The form at the authorization endpoint.
pub fn form(call: &Call, view: SignUpView, binding: &str) -> Reply {
    let client = cards::client(&view.step.client, Some(&view.step.redirect_uri), &call.web.place);
    let page = SignUpPage { client: Some(client), email: view.email, ..page(call, binding, &view.step.request) };
    Reply::page(200, &page, &form_targets(&view.step.redirect_uri)).correlated(&call.cx.correlation_id)
}

fn page(call: &Call, binding: &str, request: &str) -> SignUpPage {
    let rule = call.cx.parts.settings.get().sign_up.clone();
    SignUpPage {
        chrome: call.chrome("sign-up-title").offering_languages(Some(with_request(call, "/sign-up", request))),
        client: None,
        request: request.to_owned(),
        csrf: form_token(&call.cx, binding, STEP, ""),
        choose_csrf: form_token(&call.cx, binding, "choose", ""),
        email: String::new(),
        domains: if rule.mode == SignUpMode::Domains { rule.domains } else { Vec::new() },
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
        match sign_up::ask(&call.cx, text("email"), &asking.request, &call.browser()).await {
            Ok(Ok(email)) => {
                call.cx.note(Note::new(STEP, "a letter was asked for, to make an account"));
                let page = LetterSentPage {
                    chrome: call.chrome("letter-sent-title"),
                    letter: Letter::SignUp,
                    email: email.as_str().to_owned(),
                    again: with_request(&call, "/sign-up", &asking.request),
                };
                return Reply::page(200, &page, &[]);
            }
            Ok(Err(SignUpRefusal::Closed)) => return closed(&call),
            Ok(Err(SignUpRefusal::Through(provider))) => {
                (422, call.t("sign-up-through").text("provider", provider).into(), None)
            }
            Ok(Err(SignUpRefusal::Domain)) => (422, call.t("sign-up-domain").into(), None),
            Ok(Err(SignUpRefusal::TooMany(seconds))) => {
                (429, words::wait(call.cx.language, seconds), u64::try_from(seconds).ok())
            }
            Ok(Err(_)) => (422, call.t("email-unusable").into(), None),
            Err(fault) => return call.fault_page(&fault),
        };
    let page = SignUpPage {
        client: asking.card(&call),
        email: text("email").to_owned(),
        problem: Some(Problem { id: "problem-email", words }),
        ..page(&call, binding.as_deref().unwrap_or_default(), &asking.request)
    };
    Reply::page(status, &page, &asking.targets()).retry_after(retry_after)
}

/// Nobody can make an account by themselves.
fn closed(call: &Call) -> Reply {
    let by_invitation = call.cx.parts.settings.get().sign_up.mode == SignUpMode::Invitation;
    let page = SignUpClosedPage { chrome: call.chrome("sign-up-closed-title"), by_invitation };
    Reply::page(if by_invitation { 200 } else { 404 }, &page, &[])
}
