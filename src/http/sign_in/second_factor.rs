//! Owns `POST /second-factor` over HTTP, and its form, which follows the password or raises a session.

use crate::flow::sign_in::browser::form_token;
use crate::flow::sign_in::passkey::ShownPasskey;
use crate::flow::sign_in::second_factor::{self, Problem as Why, SecondFactorForm, Shown, Submitted};
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
    let shown = match (form.find("decision"), form.find("ceremony")) {
        (Some("mail"), _) => Shown::PleaseMail,
        (_, Some(ceremony)) => Shown::Passkey(ShownPasskey { ceremony: ceremony.to_owned(), answer: text("answer") }),
        _ => Shown::Code(Sensitive::new(text("code"))),
    };
    let cancel = form.find("decision") == Some("cancel");
    let submitted = Submitted { half: text("half"), csrf: text("csrf"), shown, cancel };
    let browser = call.browser();
    let outcome = second_factor::submit(&mut call.cx, submitted, &browser).await;
    login::reply(&call, outcome)
}

/// The form.
pub fn form(call: &Call, form: SecondFactorForm) -> Reply {
    let (language, code) = (call.cx.language, "problem-code");
    let (status, problem, retry_after) = match form.problem {
        None => (200, None, None),
        Some(Why::WrongCode) => (422, Some((code, call.t("second-factor-wrong").into())), None),
        Some(Why::Passkey(is_late)) => (422, Some(("problem-passkey", words::of_passkey(language, is_late))), None),
        Some(Why::TooMany(seconds)) => (429, Some((code, words::wait(language, seconds))), u64::try_from(seconds).ok()),
    };
    let title = if form.ways.has_code() && !form.ways.passkey_first {
        "second-factor-title"
    } else {
        "second-factor-passkey-title"
    };
    let binding = call.browser().binding.unwrap_or_default();
    let page = SecondFactorPage {
        chrome: call.chrome(title),
        client: cards::client(&form.client, Some(&form.redirect_uri), &call.web.place),
        csrf: form_token(&call.cx, &binding, STEP, &form.half),
        half: form.half,
        email: form.email,
        ways: form.ways,
        problem: problem.map(|(id, words)| Problem { id, words }),
        correlation_id: call.cx.correlation_id.clone(),
    };
    let targets = form_targets(&form.redirect_uri);
    let reply = Reply::page_with_script(status, &page, &targets, page.ways.passkey.is_some());
    reply.retry_after(retry_after).correlated(&call.cx.correlation_id)
}
