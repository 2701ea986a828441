//! Owns `/authorize` over HTTP: begins or resumes a request and shows whatever comes next. It does not own the decision.

use crate::flow::account::{self, links};
use crate::flow::oauth::authorize::{self, ChooseView, ConsentView, Next, OtherWays, SignInView, StepView};
use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::flow::sign_in::login::Again;
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::cookies::{self, Jar};
use crate::http::pages::{ChooseAccountPage, Chrome, ConsentPage, LoginPage, Problem, ScopeLine};
use crate::http::reply::{Reply, form_targets};
use crate::http::routes::ENDPOINTS;
use crate::http::sign_in::asking::with_request;
use crate::http::sign_in::{answer, cards, enrol, refusal_page, second_factor, sign_up, terms, upstream, words};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::redirect_uri::shown_host;
use crate::secret::token::{Kind, make};

/// GET: `?request=…` goes on with a request, anything else begins one.
pub async fn get(call: Call) -> Reply {
    let params = match call.query() {
        Ok(params) => params,
        Err(refusal) => return unreadable(&call, "authorize", refusal),
    };
    match params.find("request").filter(|_| !params.has("client_id")) {
        Some(sealed) => resume(call, sealed).await,
        None => begin(call, &params).await,
    }
}

/// POST (OIDC Core section 3.1.2.1): repeated as GET, because a form of another site brings no Lax cookie along.
pub async fn post(call: Call) -> Reply {
    repeated_as_get(&call, "authorize", ENDPOINTS.authorize)
}

/// Sends the browser to the same endpoint with the query it came with and the form behind it: a parameter that stands in
/// both is then seen as repeated.
pub fn repeated_as_get(call: &Call, step: &'static str, path: &str) -> Reply {
    let (query, form) = match (call.query(), call.form()) {
        (Ok(query), Ok(form)) => (query, form),
        (Err(refusal), _) | (_, Err(refusal)) => return unreadable(call, step, refusal),
    };
    let mut all = url::form_urlencoded::Serializer::new(String::new());
    all.extend_pairs(query.pairs().chain(form.pairs()));
    Reply::redirect(format!("{}{path}?{}", call.web.place.base, all.finish()))
}

/// A page for a request that cannot be taken in, with a row in the trace.
pub fn unreadable(call: &Call, step: &'static str, refusal: Refusal) -> Reply {
    let refusal = call.cx.refuse(step, refusal, Note::default());
    refusal_page(&call.cx, &call.web.place, refusal, Vec::new())
}

async fn begin(mut call: Call, params: &Params) -> Reply {
    call.speak(params);
    let browser = call.browser();
    let fresh = browser.binding.is_none().then(|| make(Kind::Device, &*call.cx.parts.chance));
    let binding = match (&browser.binding, &fresh) {
        (Some(binding), _) => binding.clone(),
        (None, Some(fresh)) => fresh.expose().to_owned(),
        (None, None) => String::new(),
    };
    let reply = match authorize::begin(&call.cx, params, &browser, &binding).await {
        Ok(next) => {
            if let Some(refusal) = too_long(&call, &next) {
                return unreadable(&call, "authorize", refusal);
            }
            let shows_a_step = !matches!(next, Next::Answer(_) | Next::Page(_));
            let reply = show(&call, next, &binding);
            match fresh.filter(|_| shows_a_step) {
                Some(_) => reply.cookie(cookies::set(Jar::Browser, binding, &call.web.place)),
                None => reply,
            }
        }
        Err(fault) => call.fault_page(&fault),
    };
    reply.correlated(&call.cx.correlation_id)
}

async fn resume(mut call: Call, sealed: &str) -> Reply {
    let browser = call.browser();
    let reply = match authorize::resume(&mut call.cx, sealed, &browser).await {
        Ok(next) => show(&call, next, browser.binding.as_deref().unwrap_or_default()),
        Err(fault) => call.fault_page(&fault),
    };
    reply.correlated(&call.cx.correlation_id)
}

/// What the forms hold beside the sealed request: an address, a password, a token, the answer of a passkey, each
/// percent-encoded.
const FORM_REST: usize = 8_192;

/// A request that the next form could not carry is refused before the person types anything.
fn too_long(call: &Call, next: &Next) -> Option<Refusal> {
    let sealed = match next {
        Next::SignIn(view) => &view.step.request,
        Next::SignUp(view) => &view.step.request,
        Next::Terms(view) => &view.step.request,
        Next::Choose(view) => &view.step.request,
        Next::Consent(view) => &view.step.request,
        Next::SecondFactor(form) => &form.half,
        Next::Enrol(form) => &form.request,
        Next::Upstream(_, request) => request,
        Next::Answer(_) | Next::Page(_) => return None,
    };
    let body = call.web.max_body_bytes;
    let longest = body.saturating_sub(FORM_REST).max(body / 2);
    (sealed.len() > longest).then(|| {
        let words = "the request is too long: shorten state, nonce or claims";
        Refusal::new(ErrorCode::InvalidRequest, "request.length", "RFC 6749 section 3.1", words)
            .because(format!("{longest} bytes when sealed"), format!("{} bytes", sealed.len()))
    })
}

fn show(call: &Call, next: Next, binding: &str) -> Reply {
    match next {
        Next::Answer(answered) => answer(call, &answered.answer),
        Next::Page(page) => refusal_page(&call.cx, &call.web.place, page.refusal, page.facts),
        Next::SignIn(view) => sign_in(call, *view),
        Next::Upstream(provider, request) => Reply::redirect(upstream::begin_address(call, &provider, &request)),
        Next::SignUp(view) => sign_up::form(call, *view, binding),
        Next::Terms(view) => terms::form(call, *view),
        Next::Choose(view) => choose(call, *view),
        Next::SecondFactor(form) => second_factor::form(call, *form),
        Next::Enrol(form) => enrol::form(call, *form),
        Next::Consent(view) => consent(call, *view),
    }
}

fn sign_in(call: &Call, view: SignInView) -> Reply {
    let problem = view
        .other_account_wanted
        .then(|| Problem { id: "problem-login", words: call.t("sign-in-other-account").into() });
    let page = with_others(call, login_page(call, &view.step, view.login, problem, view.passkey), view.others);
    let page = LoginPage {
        reauthenticate: view.reauthenticate,
        asks_password: view.asks_password,
        sign_up: page.sign_up.filter(|_| !view.reauthenticate),
        chrome: chrome(call, login_title(view.reauthenticate), &view.step.request),
        ..page
    };
    Reply::page_with_script(200, &page, &form_targets(&view.step.redirect_uri), page.passkey.is_some())
}

/// The sign-in page once more, with what was wrong.
pub fn sign_in_again(call: &Call, again: Again, csrf: String, problem: Option<Problem>, status: u16) -> Reply {
    let Again { client, redirect_uri, request, login, asks_password, passkey, others, .. } = again;
    let step = StepView { client, redirect_uri, request, csrf };
    let page = with_others(call, login_page(call, &step, login, problem, passkey), others);
    let page = LoginPage { asks_password, ..page };
    let reply = Reply::page_with_script(status, &page, &form_targets(&step.redirect_uri), page.passkey.is_some());
    reply.correlated(&call.cx.correlation_id)
}

fn login_title(reauthenticate: bool) -> &'static str {
    if reauthenticate { "sign-in-again-title" } else { "sign-in-title" }
}

fn login_page(
    call: &Call,
    step: &StepView,
    login: String,
    problem: Option<Problem>,
    passkey: Option<PasskeyForm>,
) -> LoginPage {
    let base = &call.web.place.base;
    LoginPage {
        chrome: chrome(call, login_title(false), &step.request),
        client: Some(cards::client(&step.client, Some(&step.redirect_uri), &call.web.place)),
        request: step.request.clone(),
        csrf: step.csrf.clone(),
        login,
        problem,
        passkey,
        correlation_id: call.cx.correlation_id.clone(),
        reauthenticate: false,
        asks_password: true,
        recovery: links::is_on(&call.cx).then(|| with_request(call, "/recovery", &step.request)),
        sign_up: account::sign_up::is_offered(&call.cx).then(|| with_request(call, "/sign-up", &step.request)),
        action: format!("{base}/login"),
        can_cancel: true,
        ways: Vec::new(),
        linking: None,
    }
}

/// The page with the buttons of providers.
fn with_others(call: &Call, page: LoginPage, others: OtherWays) -> LoginPage {
    LoginPage { ways: upstream::ways(call, others.ways, &page.request), linking: others.linking, ..page }
}

/// What surrounds a step: another language is chosen for this very request.
pub fn chrome(call: &Call, title: &'static str, request: &str) -> Chrome {
    let again = format!("{}{}?request={request}", call.web.place.base, ENDPOINTS.authorize);
    call.chrome(title).offering_languages(Some(again))
}

fn choose(call: &Call, view: ChooseView) -> Reply {
    let page = ChooseAccountPage {
        chrome: chrome(call, "choose-title", &view.step.request),
        client: Some(cards::client(&view.step.client, Some(&view.step.redirect_uri), &call.web.place)),
        accounts: view.accounts.iter().map(|known| cards::account(known, &call.cx)).collect(),
        request: view.step.request,
        csrf: view.step.csrf,
    };
    Reply::page(200, &page, &form_targets(&view.step.redirect_uri))
}

fn consent(call: &Call, view: ConsentView) -> Reply {
    let language = call.cx.language;
    let offline = view.scopes.iter().any(|(name, _, _)| name == "offline_access");
    let lines = view.scopes.into_iter().filter(|(name, _, _)| name != "offline_access");
    let page = ConsentPage {
        chrome: chrome(call, "consent-title", &view.step.request),
        client: cards::client(&view.step.client, Some(&view.step.redirect_uri), &call.web.place),
        account: cards::account(&view.account, &call.cx),
        redirect_host: shown_host(&view.step.redirect_uri),
        loopback: view.is_claimable_by_others,
        scopes: lines
            .map(|(name, words, is_new)| ScopeLine { words: words::of_scope(language, &name, words), name, is_new })
            .collect(),
        claims: view.claims.iter().map(|name| words::of_claim(language, name)).collect(),
        request: view.step.request,
        csrf: view.step.csrf,
        offline,
    };
    Reply::page(200, &page, &form_targets(&view.step.redirect_uri))
}
