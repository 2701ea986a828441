//! Owns what the pages share on which people ask for a letter, and those behind its link: the app that waits, the browser's
//! binding, the secret that goes from the URL into a cookie, and the page of a dead link. It does not own any of these pages.

use actix_web::cookie::Cookie;

use crate::flow::sign_in::waiting::{self, WaitingApp};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::ClientCard;
use crate::http::reply::{Reply, form_targets};
use crate::http::sign_in::{cards, refusal_page};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::secret::token::{Kind, check_shape, make};

/// The app that waits, and what a page says of it.
pub(super) struct Asking {
    /// The sealed request; empty if nobody waits.
    pub(super) request: String,
    app: Option<WaitingApp>,
}

impl Asking {
    /// Opens the request. The page to show instead, if it does not open.
    pub(super) async fn of(call: &mut Call, request: &str) -> Result<Self, Box<Reply>> {
        let browser = call.browser();
        match waiting::app(&mut call.cx, request, &browser).await {
            Ok(Ok(app)) => Ok(Self { request: request.to_owned(), app }),
            Ok(Err(page)) => Err(Box::new(refusal_page(&call.cx, &call.web.place, page.refusal, page.facts))),
            Err(fault) => Err(Box::new(call.fault_page(&fault))),
        }
    }

    /// The app's card.
    pub(super) fn card(&self, call: &Call) -> Option<ClientCard> {
        self.app.as_ref().map(|app| cards::client(&app.client, Some(&app.redirect_uri), &call.web.place))
    }

    /// Where forms may lead.
    pub(super) fn targets(&self) -> Vec<String> {
        self.app.as_ref().map(|app| form_targets(&app.redirect_uri)).unwrap_or_default()
    }
}

/// An address of ours with the request behind it, if there is one.
pub fn with_request(call: &Call, path: &str, request: &str) -> String {
    let base = &call.web.place.base;
    if request.is_empty() { format!("{base}{path}") } else { format!("{base}{path}?request={request}") }
}

/// What ties a form to this browser; a fresh one comes with its cookie.
pub(super) fn binding(call: &Call) -> (String, Option<Cookie<'static>>) {
    match call.browser().binding {
        Some(binding) => (binding, None),
        None => {
            let fresh = make(Kind::Device, &*call.cx.parts.chance).expose().to_owned();
            let cookie = cookies::set(Jar::Browser, fresh.clone(), &call.web.place);
            (fresh, Some(cookie))
        }
    }
}

/// `?token=…`: the secret goes from the URL into a cookie (security case B12), and the same page is opened without it. Nothing
/// else that stands in the URL is looked at.
pub(super) fn moved(call: &Call, jar: Jar, path: &str, step: &'static str) -> Option<Reply> {
    let query = call.query().unwrap_or_default();
    let token = query.find("token")?;
    // Only what could be a secret of ours may become a cookie: anything else might be no cookie at all.
    if !check_shape(Kind::AccountLink, token) {
        return Some(dead_link(call, step));
    }
    let place = &call.web.place;
    Some(Reply::redirect(format!("{}{path}", place.base)).cookie(cookies::set(jar, token.to_owned(), place)))
}

/// The page of a link that can no longer be used, or never could.
pub(super) fn dead_link(call: &Call, step: &'static str) -> Reply {
    let words = "this link has expired, was used, or was replaced by a newer one; ask for another one";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "account.link", "the letter", words)
        .because("a live link for this purpose", "another one");
    refusal_page(&call.cx, &call.web.place, call.cx.refuse(step, refusal, Note::default()), Vec::new())
}
