//! Owns `POST /consent` over HTTP.

use crate::flow::sign_in::consent::{self, Decision};
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::sign_in::{after_step, unreadable_form};

/// Handles the form.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, "consent", refusal),
    };
    let browser = call.browser();
    let text = |name: &str| form.find(name).unwrap_or_default();
    let decision = Decision::parse(text("decision"));
    match consent::submit(&mut call.cx, text("request"), text("csrf"), decision, &browser).await {
        Ok(outcome) => after_step(&call, outcome),
        Err(fault) => call.fault_page(&fault),
    }
}
