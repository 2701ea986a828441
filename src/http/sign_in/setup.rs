//! Owns the set-up link over HTTP: the secret goes from the URL into a cookie at once, then a form makes the first
//! administrator.

use crate::flow::account::quality;
use crate::flow::admin::setup::{self, Setup};
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::{Problem, SetupPage};
use crate::http::reply::Reply;
use crate::http::sign_in::{forged_page, refusal_page, unreadable_form, words};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::secret::token::{Kind, check_shape};
use crate::sensitive::Sensitive;

const STEP: &str = "setup";

/// `?token=…` moves the secret into a cookie (security case B12); without it the form is shown.
pub async fn get(call: Call) -> Reply {
    let place = &call.web.place;
    let query = call.query().unwrap_or_default();
    if let Some(token) = query.find("token") {
        // Only what could be a secret of ours may become a cookie: anything else might be no cookie at all.
        if !check_shape(Kind::SetupLink, token) {
            return dead_link(&call);
        }
        let cookie = cookies::set(Jar::Setup, token.to_owned(), place);
        return Reply::redirect(format!("{}/setup", place.base)).cookie(cookie);
    }
    let Some(token) = cookies::find(&call.request, Jar::Setup, place) else { return dead_link(&call) };
    match setup::is_live(&call.cx, &token).await {
        Ok(true) => form(&call, &token, String::new(), String::new(), None),
        Ok(false) => dead_link(&call).cookie(cookies::clear(Jar::Setup, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

/// Makes the administrator.
pub async fn post(call: Call) -> Reply {
    let place = &call.web.place;
    let form_params = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let Some(token) = cookies::find(&call.request, Jar::Setup, place) else { return dead_link(&call) };
    let text = |name: &str| form_params.find(name).unwrap_or_default().to_owned();
    if !form_token_is_good(&call.cx, &text("csrf"), Some(&token), STEP, "") {
        return forged_page(&call.cx, place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    let (email, name) = (text("email"), text("name"));
    let wanted = Setup {
        token: Sensitive::new(token.clone()),
        email: email.clone(),
        name: name.clone(),
        password: Sensitive::new(text("password")),
    };
    match setup::complete(&call.cx, wanted).await {
        Ok(Ok(user)) => {
            call.cx.note(Note::new(STEP, "the first administrator was made").user(user.id.as_str()));
            Reply::redirect(format!("{}/", place.base)).cookie(cookies::clear(Jar::Setup, place))
        }
        Ok(Err(refusal)) if refusal.is_dead_link() => dead_link(&call).cookie(cookies::clear(Jar::Setup, place)),
        Ok(Err(refusal)) => {
            let problem = Problem { id: refusal.field_id(), words: words::of_setup(call.cx.language, &refusal) };
            form(&call, &token, email, name, Some(problem))
        }
        Err(fault) => call.fault_page(&fault),
    }
}

fn form(call: &Call, token: &str, email: String, name: String, problem: Option<Problem>) -> Reply {
    let status = if problem.is_some() { 422 } else { 200 };
    let page = SetupPage {
        chrome: call.chrome("setup-title"),
        token: String::new(),
        csrf: form_token(&call.cx, token, STEP, ""),
        email,
        name,
        min_length: quality::min_length(&call.cx),
        problem,
    };
    Reply::page_for_password(status, &page)
}

fn dead_link(call: &Call) -> Reply {
    let words = "this set-up link has expired or was used; run `vouchsafe admin link` for a new one";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "setup.link", "the set-up link", words)
        .because("a live set-up link, and no owner yet", "another one");
    refusal_page(&call.cx, &call.web.place, call.cx.refuse(STEP, refusal, Note::default()), Vec::new())
}
