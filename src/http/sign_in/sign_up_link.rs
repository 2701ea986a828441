//! Owns `/sign-up/link` over HTTP: the secret goes from the URL into a cookie at once, then a form makes the account. Looking
//! uses nothing up: mail programs open links before people do.

use crate::flow::account::quality;
use crate::flow::account::sign_up::{self, Filled, Guest, SignUpRefusal};
use crate::flow::admin::user::UserRefusal;
use crate::flow::sign_in::browser::{form_token, form_token_is_good};
use crate::flow::sign_in::login::forged;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::{Papers, Problem, SignUpDonePage, SignUpLinkPage};
use crate::http::reply::Reply;
use crate::http::sign_in::asking::{dead_link, moved};
use crate::http::sign_in::{forged_page, go_on, login, refusal_page, unreadable_form, words};
use crate::identity::SignUpRule;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::sensitive::Sensitive;

const STEP: &str = "sign_up";
const PATH: &str = "/sign-up/link";

/// The form.
pub async fn get(call: Call) -> Reply {
    if let Some(reply) = moved(&call, Jar::SignUp, PATH, STEP) {
        return reply;
    }
    let place = &call.web.place;
    let Some(token) = cookies::find(&call.request, Jar::SignUp, place) else { return dead_link(&call, STEP) };
    match sign_up::guest(&call.cx, &token).await {
        Ok(Some(guest)) => Reply::page_for_password(200, &page(&call, &token, &guest, String::new())),
        Ok(None) => dead_link(&call, STEP).cookie(cookies::clear(Jar::SignUp, place)),
        Err(fault) => call.fault_page(&fault),
    }
}

/// Makes the account and goes on with the app's request, if that began in this browser.
pub async fn post(call: Call) -> Reply {
    let place = &call.web.place;
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, STEP, refusal),
    };
    let Some(token) = cookies::find(&call.request, Jar::SignUp, place) else { return dead_link(&call, STEP) };
    let text = |name: &str| form.find(name).unwrap_or_default();
    if !form_token_is_good(&call.cx, text("csrf"), Some(&token), PATH, "") {
        return forged_page(&call.cx, place, call.cx.refuse(STEP, forged(), Note::default()));
    }
    let filled = Filled {
        token: Sensitive::new(token.clone()),
        name: text("name").to_owned(),
        password: Sensitive::new(text("password").to_owned()),
        accepted: text("version").parse().ok().filter(|_| text("terms") == "accept"),
    };
    let refusal = match sign_up::finish(&call.cx, filled, &call.browser()).await {
        Ok(Ok(made)) => {
            call.cx.note(Note::new(STEP, "an account was made"));
            let done =
                SignUpDonePage { chrome: call.chrome("sign-up-done-title"), email: made.email.as_str().to_owned() };
            let reply = match made.now.request.as_str() {
                "" => Reply::page(200, &done, &[]),
                request => go_on(&call, request),
            };
            return login::with_cookies(&call, reply, made.now).cookie(cookies::clear(Jar::SignUp, place));
        }
        Ok(Err(refusal)) => refusal,
        Err(fault) => return call.fault_page(&fault),
    };
    let guest = match sign_up::guest(&call.cx, &token).await {
        Ok(Some(guest)) if refusal != SignUpRefusal::DeadLink => guest,
        Ok(_) if refusal == SignUpRefusal::Taken => return taken(&call),
        Ok(_) => return dead_link(&call, STEP).cookie(cookies::clear(Jar::SignUp, place)),
        Err(fault) => return call.fault_page(&fault),
    };
    let page = SignUpLinkPage {
        problem: Some(problem(&call, &refusal)),
        ..page(&call, &token, &guest, text("name").to_owned())
    };
    Reply::page_for_password(422, &page)
}

fn problem(call: &Call, refusal: &SignUpRefusal) -> Problem {
    match refusal {
        SignUpRefusal::Person(refusal) => {
            let id = if matches!(refusal, UserRefusal::Text(..)) { "problem-name" } else { "problem-password" };
            Problem { id, words: words::of_person(call.cx.language, refusal) }
        }
        _ => Problem { id: "problem-terms", words: call.t("terms-unaccepted").into() },
    }
}

/// The address is somebody's by now; whoever holds the link reads its mail and may know.
fn taken(call: &Call) -> Reply {
    let words = "there is an account with this address already: sign in with it, or have its password set anew";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "account.address_free", "the letter", words)
        .because("an address without an account", "one that was added since the letter");
    let (refusal, place) = (call.cx.refuse(STEP, refusal, Note::default()), &call.web.place);
    refusal_page(&call.cx, place, refusal, Vec::new()).cookie(cookies::clear(Jar::SignUp, place))
}

fn page(call: &Call, token: &str, guest: &Guest, name: String) -> SignUpLinkPage {
    SignUpLinkPage {
        chrome: call.chrome("sign-up-link-title"),
        csrf: form_token(&call.cx, token, PATH, ""),
        email: guest.email.as_str().to_owned(),
        name: guest.rule.asks_name.then_some(name),
        min_length: quality::min_length(&call.cx),
        papers: papers(&guest.rule),
        problem: None,
    }
}

/// Terms and privacy policy of a rule.
pub(super) fn papers(rule: &SignUpRule) -> Papers {
    Papers {
        terms: rule.terms.clone().map(|terms| (terms, rule.terms_version)),
        privacy_policy: rule.privacy_policy.clone(),
    }
}
