//! Owns `POST /login` over HTTP: the form in, cookies out.

use crate::flow::Fault;
use crate::flow::sign_in::begin::SignedInNow;
use crate::flow::sign_in::browser::form_token;
use crate::flow::sign_in::login::{self, Again, LoginOutcome, Problem as Why, Submitted};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::oauth::authorize::sign_in_again;
use crate::http::pages::Problem;
use crate::http::reply::Reply;
use crate::http::sign_in::{
    answer, forged_page, go_on, new_password, refusal_page, second_factor, unreadable_form, upstream, words,
};
use crate::messages::Language;
use crate::secret::token::hash;
use crate::sensitive::Sensitive;

/// Handles the form.
pub async fn post(mut call: Call) -> Reply {
    let form = match call.form() {
        Ok(form) => form,
        Err(refusal) => return unreadable_form(&call, "login", refusal),
    };
    if let Err(refusal) = form.all_once() {
        let refusal = call.cx.refuse("login", refusal, Note::default());
        return refusal_page(&call.cx, &call.web.place, refusal, Vec::new());
    }
    let text = |name: &str| form.find(name).unwrap_or_default().to_owned();
    let submitted = Submitted {
        request: text("request"),
        csrf: text("csrf"),
        login: text("login"),
        password: form.find("password").map(Sensitive::new),
        wants_password: form.find("decision") == Some("password"),
        cancel: form.find("decision") == Some("cancel"),
    };
    let browser = call.browser();
    let outcome = login::submit(&mut call.cx, submitted, &browser).await;
    reply(&call, outcome)
}

/// What follows the password, or the choice of another one.
pub(super) fn reply(call: &Call, outcome: Result<LoginOutcome, Fault>) -> Reply {
    match outcome {
        Ok(LoginOutcome::SecondFactor(form)) => second_factor::form(call, *form),
        Ok(LoginOutcome::NewPassword(form)) => new_password::form(call, *form),
        Ok(LoginOutcome::SignedIn(now)) => signed_in(call, *now),
        Ok(LoginOutcome::Answer(a)) => answer(call, &a),
        Ok(LoginOutcome::Upstream(provider, request)) => {
            Reply::redirect(upstream::begin_address(call, &provider, &request))
        }
        Ok(LoginOutcome::Page(page)) => refusal_page(&call.cx, &call.web.place, page.refusal, page.facts),
        Ok(LoginOutcome::Forged(refusal)) => forged_page(&call.cx, &call.web.place, *refusal),
        Ok(LoginOutcome::Again(again)) => {
            let csrf = form_token(&call.cx, call.browser().binding.as_deref().unwrap_or_default(), "login", "");
            let (status, problem, retry_after) = match again.why {
                Why::NowPassword => (200, None, None),
                Why::OnlyThrough => (422, Some(only_through(call, &again)), None),
                why => words(call.cx.language, why),
            };
            sign_in_again(call, *again, csrf, problem, status).retry_after(retry_after)
        }
        Err(fault) => call.fault_page(&fault),
    }
}

/// The provider stands first among the other ways.
fn only_through(call: &Call, again: &Again) -> Problem {
    let name = again.others.ways.first().map(|way| way.name.as_str()).unwrap_or_default();
    let words = call.cx.language.say("sign-in-only-through").text("provider", name).into();
    Problem { id: "problem", words }
}

/// The same words for an unknown address, a wrong password and a disabled account.
fn words(language: Language, why: Why) -> (u16, Option<Problem>, Option<u64>) {
    let id = "problem";
    let (status, problem, retry_after) = match why {
        Why::WrongCredentials => {
            let words = language.say("sign-in-wrong").into();
            (422, Problem { id, words }, None)
        }
        Why::TooLong => {
            let words = language.say("sign-in-too-long").into();
            (400, Problem { id, words }, None)
        }
        Why::Barred => (422, Problem { id, words: language.say("sign-in-barred").into() }, None),
        Why::TooMany(seconds) => {
            (429, Problem { id, words: words::wait(language, seconds) }, u64::try_from(seconds).ok())
        }
        Why::Passkey(is_late) => {
            (422, Problem { id: "problem-passkey", words: words::of_passkey(language, is_late) }, None)
        }
        Why::NoAddress | Why::NowPassword | Why::OnlyThrough => {
            (422, Problem { id, words: language.say("sign-in-no-address").into() }, None)
        }
    };
    (status, Some(problem), retry_after)
}

/// Goes on with the sign-in, with the cookies of the session.
pub(super) fn signed_in(call: &Call, now: SignedInNow) -> Reply {
    with_cookies(call, go_on(call, &now.request), now)
}

/// A reply with the cookies of a session that began or was renewed.
pub(super) fn with_cookies(call: &Call, reply: Reply, now: SignedInNow) -> Reply {
    let place = &call.web.place;
    let mut tokens = vec![now.session_token.expose().to_owned()];
    let others = call.browser().session_tokens.into_iter();
    tokens.extend(others.filter(|token| Some(hash(token)) != now.replaced));
    reply.cookie(cookies::sessions(&tokens, place)).cookie(cookies::set(
        Jar::Device,
        now.device_token.expose().to_owned(),
        place,
    ))
}
