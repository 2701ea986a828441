//! Owns `POST /passkey` over HTTP: signing in with a passkey alone.

use crate::flow::sign_in::passkey::{self, ShownPasskey, Submitted};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::sign_in::{login, refusal_page, unreadable_form};

const STEP: &str = "passkey";

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
    let shown = ShownPasskey { ceremony: text("ceremony"), answer: text("answer") };
    let submitted = Submitted { request: text("request"), csrf: text("csrf"), shown };
    let browser = call.browser();
    let outcome = passkey::submit(&mut call.cx, submitted, &browser).await;
    login::reply(&call, outcome)
}
