//! Owns the page behind the link "this wasn't me" of a notice: the secret goes from the URL into a cookie at once, the page
//! shows what will happen, and only the form does it. Looking uses nothing up: mail programs open links before people do.

use crate::flow::account::not_me::{self, Undoing};
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::NotMePage;
use crate::http::reply::Reply;
use crate::http::sign_in::{forged_page, refusal_page, unreadable_form};
use crate::identity::factor::Factor;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::secret::token::{Kind, check_shape};
use crate::sensitive::Sensitive;

const STEP: &str = "not_me";

/// `?token=…` moves the secret into a cookie (security case B12); without it the page is shown.
pub async fn get(call: Call) -> Reply {
    let place = &call.web.place;
    let query = call.query().unwrap_or_default();
    if let Some(token) = query.find("token") {
        if !check_shape(Kind::AccountLink, token) {
            return dead_link(&call);
        }
        let cookie = cookies::set(Jar::NotMe, token.to_owned(), place);
        return Reply::redirect(format!("{}/not-me", place.base)).cookie(cookie);
    }
    let Some(token) = cookies::find(&call.request, Jar::NotMe, place) else { return dead_link(&call) };
    match not_me::look(&call.cx, &token).await {
        Ok(Some(plan)) => {
            let page = page(&call, &form_token(&call.cx, &token, STEP, ""), &plan);
            Reply::page(200, &page, &[])
        }
        Ok(None) => dead_link(&call).cookie(cookies::clear(Jar::NotMe, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

/// Does it. The sessions of this browser end with all others; their cookie is of no use any more.
pub async fn post(call: Call) -> Reply {
    let place = &call.web.place;
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let Some(token) = cookies::find(&call.request, Jar::NotMe, place) else { return dead_link(&call) };
    if !form_token_is_good(&call.cx, form.find("csrf").unwrap_or_default(), Some(&token), STEP, "") {
        return forged_page(&call.cx, place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    match not_me::deny(&call.cx, &Sensitive::new(token)).await {
        Ok(Some(done)) => {
            call.cx.note(Note::new(STEP, "said that it was not them").user(done.user.id.as_str()));
            let page = NotMePage { done: true, ..page(&call, "", &done) };
            Reply::page(200, &page, &[]).cookie(cookies::clear(Jar::NotMe, place))
        }
        Ok(None) => dead_link(&call).cookie(cookies::clear(Jar::NotMe, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

fn page(call: &Call, csrf: &str, plan: &Undoing) -> NotMePage {
    let names = |factors: &[Factor]| factors.iter().map(|factor| factor.name.clone()).collect();
    NotMePage {
        chrome: call.chrome("not-me-title"),
        csrf: csrf.to_owned(),
        email: plan.user.email.as_str().to_owned(),
        since: call.cx.language.moment(plan.since),
        back_to: plan.back_to.as_ref().map(|email| email.as_str().to_owned()),
        removed: names(&plan.removed),
        kept: names(&plan.kept),
        done: false,
    }
}

fn dead_link(call: &Call) -> Reply {
    let words = "this link has expired, was used, or was answered by another one; if you still see something strange, \
                 change your password, or ask whoever runs this service";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "not_me.link", "the letter", words)
        .because("a live link of an account that is not disabled", "another one");
    refusal_page(&call.cx, &call.web.place, call.cx.refuse(STEP, refusal, Note::default()), Vec::new())
}
