//! Owns `POST /new-password` over HTTP, and its form, which follows a right password that has to be changed.

use crate::flow::account::quality;
use crate::flow::sign_in::browser::form_token;
use crate::flow::sign_in::new_password::{self, ChangeForm};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::pages::{NewPasswordPage, Problem};
use crate::http::reply::Reply;
use crate::http::sign_in::{login, refusal_page, unreadable_form, words};
use crate::sensitive::Sensitive;

const STEP: &str = "new_password";

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
    let (change, csrf, password) = (text("change"), text("csrf"), Sensitive::new(text("password")));
    let browser = call.browser();
    let outcome = new_password::submit(&mut call.cx, &change, &csrf, password, &browser).await;
    login::reply(&call, outcome)
}

/// The form.
pub(super) fn form(call: &Call, form: ChangeForm) -> Reply {
    let status = if form.problem.is_some() { 422 } else { 200 };
    let binding = call.browser().binding.unwrap_or_default();
    let page = NewPasswordPage {
        chrome: call.chrome("new-password-title"),
        csrf: form_token(&call.cx, &binding, STEP, &form.change),
        change: form.change,
        email: form.email,
        client: form.client.name,
        min_length: quality::min_length(&call.cx),
        problem: form
            .problem
            .map(|refusal| Problem { id: "problem-password", words: words::of_person(call.cx.language, &refusal) }),
    };
    Reply::page_for_password(status, &page)
}
