//! Owns the door of every page and form of our own apps: who it is, whether they proved a moment ago who they are, and
//! whether a form is ours. No handler runs before. It does not own signing in (`sign_in`), nor what a role allows (the
//! console asks, `http::admin::console::guard`).

use crate::flow::own_app::{self, OwnApp};
use crate::flow::sign_in::browser::form_token_is_good;
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies;
use crate::http::own_app::desk::Desk;
use crate::http::own_app::kept::Kept;
use crate::http::own_app::shell::{Shell, language};
use crate::http::own_app::sign_in::{go_on_to, no_role, where_from};
use crate::http::pages::Chrome;
use crate::http::pages::ErrorPage;
use crate::http::pages::console::{Block, Link, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::http::routes::{Method, Route};
use crate::http::sign_in::{forged_page, unreadable_form};
use crate::http::upload;
use crate::identity::Level;
use crate::identity::level::Missing;

/// Asks for a new proof, in the address of the sign-in.
const PROOF: &str = "&ask=proof";

/// How lately the person must have proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The session will do.
    Session,
    /// Within [`own_app::sign_in::FRESH`]: before what counts.
    Fresh,
}

/// Lets a request in, or answers it.
///
/// # Errors
/// The answer for whoever is not let in.
pub async fn enter(shell: &'static Shell, call: Call, method: Method, proof: Proof) -> Result<Desk, Reply> {
    let (place, app) = (call.web.place.clone(), shell.app);
    let Some(token) = cookies::find(&call.request, shell.jars.session, &place) else {
        return Err(stranger(&call, app, method));
    };
    let visit = match own_app::visit(&call.cx, app, &token).await {
        Ok(Some(visit)) => visit,
        Ok(None) => return Err(stranger(&call, app, method)),
        Err(fault) => {
            let language = language(&call, app);
            return Err(Reply::fault_page_in(language, &fault, &call.cx.correlation_id, &place));
        }
    };
    if !app.admits(visit.permissions) {
        return Err(no_role(&call, &visit.user));
    }
    let form = match method {
        Method::Get => Ok(Default::default()),
        _ if upload::is_one(&call) => upload::read(&call).await,
        _ => call.form().map(|form| (form, None)),
    };
    let (form, file) = match form {
        Ok(read) => read,
        Err(refusal) => return Err(unreadable_form(&call, app.name(), refusal)),
    };
    if method != Method::Get {
        let csrf = form.find("csrf").unwrap_or_default();
        if !form_token_is_good(&call.cx, csrf, Some(&token), app.name(), call.request.path()) {
            let note = Note::default().client(app.client_id()).user(visit.user.id.as_str());
            return Err(forged_page(&call.cx, &place, call.cx.refuse(app.name(), forged(), note)));
        }
    }
    let is_stale = proof == Proof::Fresh && !visit.is_fresh(call.cx.now);
    if is_stale && method == Method::Get {
        return Err(Reply::redirect(sign_in_address(&call, app, &where_from(&call, app), PROOF)));
    }
    let desk = Desk::new(shell, call, (visit, token), (form, file));
    match method {
        _ if is_stale => Err(prove_first(desk)),
        Method::Get => Ok(desk.with_kept()),
        _ => Ok(desk),
    }
}

/// Nobody is signed in to the app: a page leads to the sign-in and back. A form has lost its session: nothing was done.
fn stranger(call: &Call, app: OwnApp, method: Method) -> Reply {
    if method == Method::Get {
        let to = where_from(call, app);
        // A strict cookie stays behind when another site leads here: our own page fetches it.
        if call.header("sec-fetch-site") == Some("cross-site") {
            return go_on_to(call, app, &to);
        }
        return Reply::redirect(sign_in_address(call, app, &to, ""));
    }
    let language = language(call, app);
    let heading = match app {
        OwnApp::Console => language.say("own-signed-out-console"),
        OwnApp::Account => language.say("own-signed-out-account"),
    };
    let back = Some((language.say("action-sign-in").into(), sign_in_address(call, app, app.root(), "")));
    let page = ErrorPage {
        chrome: Chrome::speaking(language, "own-signed-out-title", &call.web.place),
        status: 403,
        heading: heading.into(),
        what: language.say("own-signed-out").into(),
        advice: language.say("own-signed-out-advice").into(),
        facts: Vec::new(),
        correlation_id: call.cx.correlation_id.clone(),
        back,
    };
    Reply::page(403, &page, &[]).correlated(&call.cx.correlation_id)
}

/// A form whose sender must prove first who they are: they come back to the page that it stands on, where it is filled in
/// again. What is too long to go along is shown, so that they can copy it.
pub(in crate::http) fn prove_first(desk: Desk) -> Reply {
    prove(desk, PROOF)
}

/// Asks whoever is at this page or form for exactly what is missing, and leads back.
pub(in crate::http) fn prove_more(desk: Desk, missing: Missing) -> Reply {
    let ask = match missing {
        Missing::Level(Level::PhishingResistant) => "&ask=phr",
        Missing::Level(_) => "&ask=mfa",
        Missing::OtherCode => PROOF,
    };
    if desk.call.request.method().is_safe() {
        let to = where_from(&desk.call, desk.shell.app);
        return Reply::redirect(sign_in_address(&desk.call, desk.shell.app, &to, ask));
    }
    prove(desk, ask)
}

fn prove(desk: Desk, ask: &str) -> Reply {
    let (path, app) = (desk.path(), desk.shell.app);
    let to = page_of(desk.shell.routes, app.root(), &path);
    let kept = Kept::of(desk.cx(), &desk.visit, (to, desk.call.request.path()), &desk.form);
    let proof = sign_in_address(&desk.call, app, to, ask);
    if let Some(sealed) = kept.sealed(desk.cx(), app) {
        let cookie = cookies::set(desk.shell.jars.kept, sealed, &desk.call.web.place);
        return Reply::redirect(proof).cookie(cookie);
    }
    let mut page = desk.page_of(desk.t("own-confirm-title"));
    let words = desk.t("own-confirm-too-long");
    page.blocks.push(Block::Notice(Notice { tone: Tone::Caution, words: vec![Part::plain(words)] }));
    page.blocks.extend(kept.fields.into_iter().map(|(name, value)| Block::Code(name, value)));
    page.actions = vec![Link { label: desk.t("action-go-on").into(), href: proof, primary: true }];
    desk.show_as(403, page)
}

/// The page on which the form stands that goes to this path: the nearest one above it in the table of routes.
pub(in crate::http) fn page_of<'a>(routes: &[Route], root: &'a str, path: &'a str) -> &'a str {
    let is_form = |template: &str| {
        let same =
            template.split('/').zip(path.split('/')).all(|(wanted, came)| wanted.starts_with('{') || wanted == came);
        same && template.split('/').count() == path.split('/').count()
    };
    let forms = routes.iter().filter(|route| route.method == Method::Post && is_form(route.path));
    let Some(form) = forms.min_by_key(|route| route.path.matches('{').count()) else { return root };
    let (mut template, mut at) = (form.path, path);
    while !routes.iter().any(|route| route.method == Method::Get && route.path == template) {
        let above = template.rsplit_once('/').zip(at.rsplit_once('/'));
        (template, at) = above.map_or((root, root), |((template, _), (at, _))| (template, at));
    }
    at
}

fn sign_in_address(call: &Call, app: OwnApp, to: &str, more: &str) -> String {
    let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    format!("{}{}/login?to={to}{more}", call.web.place.base, app.root())
}
