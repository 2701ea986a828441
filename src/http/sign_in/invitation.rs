//! Owns invitations over HTTP: the secret goes from the URL into a cookie at once, then a form sets the password that the
//! person chose. Looking uses nothing up: mail programs open links before people do.

use crate::flow::account::quality;
use crate::flow::admin::invitation::{self, InvitationRefusal};
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::{InvitationPage, Problem};
use crate::http::reply::Reply;
use crate::http::sign_in::{forged_page, refusal_page, unreadable_form, words};
use crate::identity::User;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::secret::token::{Kind, check_shape};
use crate::sensitive::Sensitive;

const STEP: &str = "invitation";

/// `?token=…` moves the secret into a cookie (security case B12); without it the form is shown.
pub async fn get(call: Call) -> Reply {
    let place = &call.web.place;
    let query = call.query().unwrap_or_default();
    if let Some(token) = query.find("token") {
        // Only what could be a secret of ours may become a cookie: anything else might be no cookie at all.
        if !check_shape(Kind::Invitation, token) {
            return dead_link(&call);
        }
        let cookie = cookies::set(Jar::Invitation, token.to_owned(), place);
        return Reply::redirect(format!("{}/invitation", place.base)).cookie(cookie);
    }
    let Some(token) = cookies::find(&call.request, Jar::Invitation, place) else { return dead_link(&call) };
    match invitation::guest(&call.cx, &token).await {
        Ok(Some(user)) => form(&call, &token, &user, None),
        Ok(None) => dead_link(&call).cookie(cookies::clear(Jar::Invitation, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

/// Sets the password.
pub async fn post(call: Call) -> Reply {
    let place = &call.web.place;
    let form_params = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let Some(token) = cookies::find(&call.request, Jar::Invitation, place) else { return dead_link(&call) };
    let text = |name: &str| form_params.find(name).unwrap_or_default().to_owned();
    if !form_token_is_good(&call.cx, &text("csrf"), Some(&token), STEP, "") {
        return forged_page(&call.cx, place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    let secret = Sensitive::new(token.clone());
    match invitation::accept(&call.cx, &secret, Sensitive::new(text("password"))).await {
        Ok(Ok(user)) => {
            call.cx.note(Note::new(STEP, "an invitation was accepted").user(user.id.as_str()));
            let done = InvitationPage { done: true, ..page(&call, "", &user) };
            Reply::page(200, &done, &[]).cookie(cookies::clear(Jar::Invitation, place))
        }
        Ok(Err(InvitationRefusal::DeadLink)) => dead_link(&call).cookie(cookies::clear(Jar::Invitation, place)),
        Ok(Err(InvitationRefusal::Password(refusal))) => match invitation::guest(&call.cx, &token).await {
            Ok(Some(user)) => {
                let problem = Problem { id: "problem-password", words: words::of_person(call.cx.language, &refusal) };
                form(&call, &token, &user, Some(problem))
            }
            Ok(None) => dead_link(&call),
            Err(fault) => call.fault_page(&fault),
        },
        Err(fault) => call.fault_page(&fault),
    }
}

fn form(call: &Call, token: &str, user: &User, problem: Option<Problem>) -> Reply {
    let status = if problem.is_some() { 422 } else { 200 };
    let page = InvitationPage { problem, ..page(call, &form_token(&call.cx, token, STEP, ""), user) };
    Reply::page_for_password(status, &page)
}

fn page(call: &Call, csrf: &str, user: &User) -> InvitationPage {
    InvitationPage {
        chrome: call.chrome("invitation-title"),
        csrf: csrf.to_owned(),
        email: user.email.as_str().to_owned(),
        min_length: quality::min_length(&call.cx),
        problem: None,
        done: false,
    }
}

fn dead_link(call: &Call) -> Reply {
    let words =
        "this invitation has expired, was used, or was replaced by a newer one; ask whoever invited you for a new one";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "invitation.link", "the invitation", words)
        .because("a live invitation of an account that is not disabled", "another one");
    refusal_page(&call.cx, &call.web.place, call.cx.refuse(STEP, refusal, Note::default()), Vec::new())
}
