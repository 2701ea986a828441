//! Owns the door of every console page and form: who it is, whether their role allows it, whether they proved a moment ago
//! who they are, and whether a form is ours. No handler of the console runs before. It does not own signing in (`sign_in`).

use std::future::Future;

use crate::flow::admin::{console, console_client};
use crate::flow::sign_in::browser::form_token_is_good;
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::admin::console::desk::Desk;
use crate::http::admin::console::kept::Kept;
use crate::http::admin::console::routes::ROUTES;
use crate::http::admin::console::sign_in::{go_on_to, no_role, where_from};
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::Chrome;
use crate::http::pages::ErrorPage;
use crate::http::pages::console::{Block, Link, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::http::routes::Method;
use crate::http::sign_in::{forged_page, unreadable_form};
use crate::http::upload;
use crate::identity::Permission;

/// Asks for a new proof, in the address of the sign-in.
const PROOF: &str = "&ask=proof";

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
        return match method {
            Method::Get => Reply::redirect(sign_in_address(&call, &where_from(&call), PROOF)),
            _ => prove_first(Desk::new(call, visit, token, (form, file))),
        };
    }
    let mut desk = Desk::new(call, visit, token, (form, file));
    if method == Method::Get {
        desk = desk.with_kept();
    }
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

/// A form whose sender must prove first who they are: they come back to the page that it stands on, where it is filled in
/// again. What is too long to go along is shown, so that they can copy it.
fn prove_first(desk: Desk) -> Reply {
    let path = desk.path();
    let to = page_of(&path);
    let kept = Kept::of(desk.cx(), &desk.visit, (to, desk.call.request.path()), &desk.form);
    let proof = sign_in_address(&desk.call, to, PROOF);
    if let Some(sealed) = kept.sealed(desk.cx()) {
        let cookie = cookies::set(Jar::ConsoleKept, sealed, &desk.call.web.place);
        return Reply::redirect(proof).cookie(cookie);
    }
    let mut page = desk.page("Confirm that it is you", "Confirm that it is you");
    let words = "Nothing was done yet: this needs your password, which you typed more than five minutes ago. What you typed \
                 here is too long to be kept. Copy it from below before you go on.";
    page.blocks.push(Block::Notice(Notice { tone: Tone::Caution, words: vec![Part::plain(words)] }));
    page.blocks.extend(kept.fields.into_iter().map(|(name, value)| Block::Code(name, value)));
    page.actions = vec![Link { label: "Go on".to_owned(), href: proof, primary: true }];
    desk.show_as(403, page)
}

/// The page on which the form stands that goes to this path: the nearest one above it in the table of routes.
fn page_of(path: &str) -> &str {
    let is_form = |template: &str| {
        let same =
            template.split('/').zip(path.split('/')).all(|(wanted, came)| wanted.starts_with('{') || wanted == came);
        same && template.split('/').count() == path.split('/').count()
    };
    let forms = ROUTES.iter().filter(|route| route.method == Method::Post && is_form(route.path));
    let Some(form) = forms.min_by_key(|route| route.path.matches('{').count()) else { return "/admin" };
    let (mut template, mut at) = (form.path, path);
    while !ROUTES.iter().any(|route| route.method == Method::Get && route.path == template) {
        let above = template.rsplit_once('/').zip(at.rsplit_once('/'));
        (template, at) = above.map_or(("/admin", "/admin"), |((template, _), (at, _))| (template, at));
    }
    at
}

fn sign_in_address(call: &Call, to: &str, more: &str) -> String {
    let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    format!("{}/admin/login?to={to}{more}", call.web.place.base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_the_page_that_it_stands_on() {
        for (form, page) in [
            ("/admin/clients/new", "/admin/clients/new"),
            ("/admin/clients/a%20b/secrets/rotate", "/admin/clients/a%20b/secrets"),
            ("/admin/people/x/account/disable", "/admin/people/x/account"),
            ("/admin/people/x/access/role", "/admin/people/x/access"),
            ("/admin/keys/import", "/admin/keys"),
            ("/admin/people/x/grants/end", "/admin/people/x/grants"),
            ("/admin/keys/k/retire", "/admin/keys/k"),
            ("/admin/roles/r/delete", "/admin/roles/r"),
            ("/admin/nothing/here", "/admin"),
            ("", "/admin"),
        ] {
            assert_eq!(page_of(form), page, "{form}");
        }
    }
}
