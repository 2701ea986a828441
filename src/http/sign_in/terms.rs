//! Owns the page with the terms, and `POST /terms` over HTTP. It does not own who has to accept them.

use crate::flow::oauth::authorize::TermsView;
use crate::flow::sign_in::terms::{self, Submitted};
use crate::http::call::Call;
use crate::http::oauth::authorize::chrome;
use crate::http::pages::TermsPage;
use crate::http::reply::{Reply, form_targets};
use crate::http::sign_in::sign_up_link::papers;
use crate::http::sign_in::{after_step, cards, unreadable_form};

/// The page.
pub fn form(call: &Call, view: TermsView) -> Reply {
    let page = TermsPage {
        chrome: chrome(call, "terms-title", &view.step.request),
        client: cards::client(&view.step.client, Some(&view.step.redirect_uri), &call.web.place),
        account: cards::account(&view.account, &call.cx),
        request: view.step.request,
        csrf: view.step.csrf,
        papers: papers(&call.cx.parts.settings.get().sign_up),
    };
    Reply::page(200, &page, &form_targets(&view.step.redirect_uri))
}

/// Handles the form.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, "terms", refusal),
    };
    let text = |name: &str| form.find(name).unwrap_or_default().to_owned();
    let submitted = Submitted {
        request: text("request"),
        csrf: text("csrf"),
        version: text("version"),
        accept: form.find("decision") == Some("accept"),
    };
    let browser = call.browser();
    match terms::submit(&mut call.cx, submitted, &browser).await {
        Ok(outcome) => after_step(&call, outcome),
        Err(fault) => call.fault_page(&fault),
    }
}
