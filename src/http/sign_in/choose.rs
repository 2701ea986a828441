//! Owns `POST /select-account` over HTTP.

use crate::flow::sign_in::choose::{self, Choice};
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::sign_in::{after_step, unreadable_form};

/// Handles the form.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, "choose_account", refusal),
    };
    let browser = call.browser();
    let text = |name: &str| form.find(name).unwrap_or_default();
    let choice = match (form.find("decision"), form.find("session")) {
        (Some("cancel"), _) => Choice::Cancel,
        (_, Some("new") | None) => Choice::Another,
        (_, Some(session)) => Choice::Session(session.to_owned()),
    };
    match choose::submit(&mut call.cx, text("request"), text("csrf"), choice, &browser).await {
        Ok(outcome) => after_step(&call, outcome),
        Err(fault) => call.fault_page(&fault),
    }
}
