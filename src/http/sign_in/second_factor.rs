//! Owns `POST /second-factor` over HTTP, and its form, which follows the password or raises a session.

use crate::flow::sign_in::browser::form_token;
use crate::flow::sign_in::second_factor::{self, Problem as Why, SecondFactorForm, Submitted};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::pages::{Problem, SecondFactorPage};
use crate::http::reply::{Reply, form_targets};
use crate::http::sign_in::{cards, login, refusal_page, unreadable_form, words};
use crate::sensitive::Sensitive;

const STEP: &str = "second_factor";

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
    let submitted = Submitted {
        half: text("half"),
        csrf: text("csrf"),
        code: Sensitive::new(text("code")),
        cancel: form.find("decision") == Some("cancel"),
    };
    let browser = call.browser();
    let outcome = second_factor::submit(&mut call.cx, submitted, &browser).await;
    login::reply(&call, outcome)
}

/// The form.
pub fn form(call: &Call, form: SecondFactorForm) -> Reply {
    let (status, problem, retry_after) = match form.problem {
        None => (200, None, None),
        Some(Why::WrongCode) => (422, Some(call.t("second-factor-wrong").into()), None),
        Some(Why::TooMany(seconds)) => (429, Some(words::wait(call.cx.language, seconds)), u64::try_from(seconds).ok()),
    };
    let binding = call.browser().binding.unwrap_or_default();
    let page = SecondFactorPage {
        chrome: call.chrome("second-factor-title"),
        client: cards::client(&form.client, Some(&form.redirect_uri), &call.web.place),
        csrf: form_token(&call.cx, &binding, STEP, &form.half),
        half: form.half,
        email: form.email,
        has_app: form.has_app,
        has_recovery_code: form.has_recovery_code,
        problem: problem.map(|words| Problem { id: "problem-code", words }),
        correlation_id: call.cx.correlation_id.clone(),
    };
    let reply = Reply::page(status, &page, &form_targets(&form.redirect_uri));
    reply.retry_after(retry_after).correlated(&call.cx.correlation_id)
}
