//! Owns the door of every console page and form: who it is, whether their role allows it, whether they proved a moment ago
//! who they are, and whether a form is ours. No handler of the console runs before. It does not own signing in (`sign_in`).

use std::future::Future;

use crate::flow::admin::{console, console_client};
use crate::flow::sign_in::browser::form_token_is_good;
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::admin::console::desk::Desk;
use crate::http::admin::console::sign_in::{go_on_to, no_role, where_from};
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::Chrome;
use crate::http::pages::ErrorPage;
use crate::http::reply::Reply;
use crate::http::routes::Method;
use crate::http::sign_in::{forged_page, unreadable_form};
use crate::http::upload;
use crate::identity::Permission;

/// How lately the person must have proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The session will do.
    Session,
    /// Within [`console::FRESH`]: before keys, client secrets and roles.
    Fresh,
}

/// What a route of the console demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The permission; `None`: any role that has one.
    pub permission: Option<Permission>,
    /// The proof.
    pub proof: Proof,
}

impl Need {
    /// Any administrator.
    pub const ANY: Need = Need { permission: None, proof: Proof::Session };

    /// This permission.
    pub const fn of(permission: Permission) -> Self {
        Self { permission: Some(permission), proof: Proof::Session }
    }

    /// This permission and a fresh proof.
    pub const fn fresh(permission: Permission) -> Self {
        Self { permission: Some(permission), proof: Proof::Fresh }
    }
}

/// Lets a request in, or answers it.
pub async fn enter<F, R>(call: Call, method: Method, need: Need, handler: F) -> Reply
where
    F: FnOnce(Desk) -> R,
    R: Future<Output = Reply>,
{
    let place = call.web.place.clone();
    let Some(token) = cookies::find(&call.request, Jar::Console, &place) else { return stranger(&call, method) };
    let visit = match console::visit(&call.cx, &token).await {
        Ok(Some(visit)) => visit,
        Ok(None) => return stranger(&call, method),
        Err(fault) => return Reply::fault_page(&fault, &call.cx.correlation_id, &place),
    };
    if visit.permissions.is_empty() {
        return no_role(&call, &visit.user);
    }
    let form = match method {
        Method::Get => Ok(Default::default()),
        _ if upload::is_one(&call) => upload::read(&call).await,
        _ => call.form().map(|form| (form, None)),
    };
    let (form, file) = match form {
        Ok(read) => read,
        Err(refusal) => return unreadable_form(&call, "console", refusal),
    };
    if method != Method::Get {
        let csrf = form.find("csrf").unwrap_or_default();
        if !form_token_is_good(&call.cx, csrf, Some(&token), "console", call.request.path()) {
            let note = Note::default().client(console_client::CONSOLE_CLIENT_ID).user(visit.user.id.as_str());
            return forged_page(&call.cx, &place, call.cx.refuse("console", forged(), note));
        }
    }
    if need.proof == Proof::Fresh && !visit.is_fresh(call.cx.now) {
        return prove_again(&call, method);
    }
    let desk = Desk::new(call, visit, token, (form, file));
    match need.permission {
        Some(permission) if !desk.may(permission) => desk.forbidden(permission),
        _ => handler(desk).await,
    }
}

/// Nobody is signed in to the console: a page leads to the sign-in and back. A form has lost its session: nothing was done.
fn stranger(call: &Call, method: Method) -> Reply {
    if method == Method::Get {
        let to = where_from(call);
        // A strict cookie stays behind when another site leads here: our own page fetches it.
        if call.header("sec-fetch-site") == Some("cross-site") {
            return go_on_to(call, &to);
        }
        return Reply::redirect(sign_in_address(call, &to, ""));
    }
    let page = ErrorPage {
        chrome: Chrome::new("Signed out", &call.web.place),
        status: 403,
        heading: "You are signed out of the console".to_owned(),
        what: "The console session is over, and nothing was changed.".to_owned(),
        advice: "Sign in again, then repeat what you did.".to_owned(),
        facts: Vec::new(),
        correlation_id: call.cx.correlation_id.clone(),
        back: Some(("Sign in".to_owned(), sign_in_address(call, "/admin", ""))),
    };
    Reply::page(403, &page, &[]).correlated(&call.cx.correlation_id)
}

/// The person is asked for a new proof and comes back to the page, or to the one that the form stands on.
fn prove_again(call: &Call, method: Method) -> Reply {
    let to = match method {
        Method::Get => where_from(call),
        _ => call.query().ok().and_then(|q| q.find("back").map(str::to_owned)).unwrap_or_else(|| parent(call)),
    };
    Reply::redirect(sign_in_address(call, &to, "&ask=proof"))
}

/// The page above the address of a form.
fn parent(call: &Call) -> String {
    let path = call.request.path();
    let path = path.strip_prefix(call.web.place.base.as_str()).unwrap_or(path);
    path.rsplit_once('/').map_or("/admin", |(above, _)| above).to_owned()
}

fn sign_in_address(call: &Call, to: &str, more: &str) -> String {
    let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    format!("{}/admin/login?to={to}{more}", call.web.place.base)
}
