//! Owns the demo app's addresses, its cookie and its forms. Everything that changes something is one POST handler, so that
//! the check of the form's token stands in one place.

use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HOST, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::api_call::{self, Attempt};
use super::callback::{self, Query};
use super::pages::{Home, LoggedOut, Notice, ProblemPage, Walk};
use super::timeline::{Chapter, Mood};
use super::visitor::{Purpose, Visitor};
use super::{State, logout, sign_in, tokens};
use crate::demo::clock;
use crate::demo::headers;
use crate::demo::wire::Recorder;

/// Cookies of one host are shared by all its ports, so the name must not be the provider's.
const COOKIE: &str = "vouchsafe_demo_app";

/// All addresses of the app.
pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.app_data(web::FormConfig::default().limit(4096))
        .route("/", web::get().to(home))
        .route("/me", web::get().to(walk))
        .route("/callback", web::get().to(callback))
        .route("/problem", web::get().to(problem))
        .route("/logged-out", web::get().to(logged_out))
        .route("/do/{action}", web::post().to(act))
        .route("/demo.css", web::get().to(headers::style))
        .route("/mark.svg", web::get().to(headers::mark))
        .default_service(web::to(nothing_here));
}

/// What a button stands for.
enum Action {
    Begin(Purpose),
    Call(Attempt),
    Refresh,
    Replay,
    Revoke,
    Introspect,
    LogOut,
}

impl Action {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sign-in" => Self::Begin(Purpose::SignIn),
            "step-up" => Self::Begin(Purpose::StepUp),
            "silent" => Self::Begin(Purpose::Silent),
            "refresh" => Self::Refresh,
            "replay" => Self::Replay,
            "revoke" => Self::Revoke,
            "introspect" => Self::Introspect,
            "log-out" => Self::LogOut,
            other => Self::Call(Attempt::parse(other.strip_prefix("call-")?)?),
        })
    }
}

#[derive(Deserialize)]
struct FormToken {
    csrf: String,
}

/// A browser and its cookie.
struct Guest {
    visitor: Arc<Mutex<Visitor>>,
    id: String,
    is_new: bool,
}

impl Guest {
    /// The visitor who came before, if any.
    fn known(request: &HttpRequest, state: &State) -> Option<Self> {
        let id = request.cookie(COOKIE)?.value().to_owned();
        let visitor = state.visitors.find(&id, clock::now())?;
        Some(Self { visitor, id, is_new: false })
    }

    fn known_or_new(request: &HttpRequest, state: &State) -> Self {
        Self::known(request, state).unwrap_or_else(|| {
            let (id, visitor) = state.visitors.admit(clock::now());
            Self { visitor, id, is_new: true }
        })
    }
}

/// `GET /`
async fn home(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let guest = Guest::known_or_new(&request, &state);
    let visitor = guest.visitor.lock().await;
    let settings = &state.settings;
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_here = settings.base_url.split_once("://").is_some_and(|(_, ours)| ours.eq_ignore_ascii_case(host));
    let page = Home {
        csrf: &visitor.csrf,
        issuer: &settings.issuer,
        api_url: &settings.api_url,
        email: &settings.login_hint_email,
        password: &settings.password_hint,
        name: visitor.signed_in.as_ref().map(|person| person.name.as_str()),
        elsewhere: (!is_here).then_some(settings.base_url.as_str()),
    };
    let mut answer = render(StatusCode::OK, &page);
    if guest.is_new {
        set_cookie(&mut answer, &state, guest.id);
    }
    answer
}

/// `GET /me`: the walk-through.
async fn walk(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let Some(guest) = Guest::known(&request, &state) else { return see("/") };
    let visitor = guest.visitor.lock().await;
    let page = visitor.signed_in.as_ref().and_then(|person| Walk::of(&visitor, person, clock::now()));
    page.map_or_else(|| see("/"), |page| render(StatusCode::OK, &page))
}

/// `GET /callback`: the redirect URI. It always redirects on, so that the code leaves the address bar.
async fn callback(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let guest = Guest::known_or_new(&request, &state);
    let query = Query::parse(request.query_string());
    let mut visitor = guest.visitor.lock().await;
    let (target, id) = match callback::finish(&state, &mut visitor, &query, clock::now()).await {
        Ok(()) => ("/me#latest", state.visitors.rename(&guest.id).unwrap_or(guest.id)),
        Err(problem) => {
            visitor.problem = Some(*problem);
            ("/problem", guest.id)
        }
    };
    let mut answer = see(target);
    set_cookie(&mut answer, &state, id);
    answer
}

/// `GET /problem`: what went wrong last.
async fn problem(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let Some(guest) = Guest::known(&request, &state) else { return see("/") };
    let visitor = guest.visitor.lock().await;
    let Some(problem) = &visitor.problem else { return see("/") };
    render(StatusCode::OK, &ProblemPage { csrf: &visitor.csrf, problem, is_signed_in: visitor.signed_in.is_some() })
}

/// `GET /logged-out`: the post-logout redirect URI.
async fn logged_out(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let guest = Guest::known_or_new(&request, &state);
    let mut visitor = guest.visitor.lock().await;
    let query = Query::parse(request.query_string());
    let chapter = logout::finish(&state, &mut visitor, &query, clock::now());
    let mut answer = render(StatusCode::OK, &LoggedOut { csrf: &visitor.csrf, chapter: &chapter });
    if guest.is_new {
        set_cookie(&mut answer, &state, guest.id);
    }
    answer
}

/// `POST /do/{action}`: every button.
async fn act(
    request: HttpRequest,
    state: web::Data<State>,
    action: web::Path<String>,
    form: web::Form<FormToken>,
) -> HttpResponse {
    let Some(action) = Action::parse(&action) else { return nothing_here().await };
    let Some(guest) = Guest::known(&request, &state) else { return stale() };
    let mut visitor = guest.visitor.lock().await;
    if visitor.csrf != form.csrf {
        return stale();
    }
    let now = clock::now();
    match action {
        Action::Begin(purpose) => match sign_in::begin(&state, &mut visitor, purpose, now).await {
            Ok(url) => see(url.as_str()),
            Err(problem) => {
                visitor.problem = Some(problem);
                see("/problem")
            }
        },
        Action::LogOut => {
            logout::begin(&state, &mut visitor, now).map_or_else(|| see("/logged-out"), |url| see(url.as_str()))
        }
        action => match chapter(&state, &mut visitor, &action, now).await {
            Some(chapter) => {
                visitor.tell(chapter);
                see("/me#latest")
            }
            None => see("/"),
        },
    }
}

/// Does what a button on the walk-through says; `None` when nobody is signed in.
async fn chapter(state: &State, visitor: &mut Visitor, action: &Action, now: i64) -> Option<Chapter> {
    let person = visitor.signed_in.as_mut()?;
    Some(match action {
        Action::Refresh => tokens::refresh(state, person, now).await,
        Action::Replay => tokens::replay(state, person, now).await,
        Action::Revoke => tokens::revoke(state, person, now).await,
        Action::Introspect => tokens::introspect(state, person, now).await,
        Action::Call(attempt) => {
            let mut chapter = Chapter::new(attempt.title(), now);
            let step = api_call::call(state, &Recorder::new(&state.wire), *attempt, person).await;
            chapter.mood = if step.mood == Mood::Good { Mood::Good } else { Mood::Bad };
            chapter.lesson = attempt.lesson().to_owned();
            chapter.steps.push(step);
            chapter
        }
        Action::Begin(_) | Action::LogOut => return None,
    })
}

fn stale() -> HttpResponse {
    let page = Notice {
        heading: "This page was too old",
        words: "The button belonged to a page of an earlier session, so nothing was done. Go back to the start and try \
                again.",
    };
    render(StatusCode::FORBIDDEN, &page)
}

async fn nothing_here() -> HttpResponse {
    let page = Notice { heading: "There is nothing here", words: "This address leads nowhere in the demo app." };
    render(StatusCode::NOT_FOUND, &page)
}

fn render(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status).content_type(ContentType::html()).body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// 303: whatever the method was, the next request is a GET.
fn see(target: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, target)).finish()
}

fn set_cookie(answer: &mut HttpResponse, state: &State, id: String) {
    let cookie = Cookie::build(COOKIE, id)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.settings.base_url.starts_with("https://"))
        .finish();
    // Fails only for a value that is no cookie value; ours is base64url.
    let _ = answer.add_cookie(&cookie);
}

#[cfg(test)]
#[path = "web_tests.rs"]
mod tests;
