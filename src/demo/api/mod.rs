//! The demo API: a resource server that lets a caller in because of a token alone. It owns the routes, and how a decision
//! becomes an answer; the decision is made in [`token`], the keys come from [`keys`].
//!
//! It has never heard of the person, the app or the provider's database: it reads the provider's published keys and judges
//! each token by them (RFC 9068 §4), and says no the way RFC 6750 §3 and RFC 9470 §3 ask for.

mod challenge;
mod keys;
mod page;
pub mod token;

use std::future::Future;
use std::net::TcpListener;

use actix_web::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::json;

use self::keys::Keys;
use self::token::{Caller, Expect, Refusal};
use super::{clock, headers};

/// The scope that `GET /hello` and `GET /safe` demand unless [`ApiSettings::required_scope`] says otherwise.
pub const READ_SCOPE: &str = "demo:read";

/// The scope that `POST /notes` demands. The demo never grants it, so that the refusal can be seen.
pub const WRITE_SCOPE: &str = "demo:write";

/// How fresh a sign-in `GET /safe` demands, in seconds (RFC 9470 `max_age`).
pub const SAFE_MAX_AGE: i64 = 120;

/// What the demo API needs to know.
#[derive(Debug)]
pub struct ApiSettings {
    /// The bound listener; port 8082 by custom.
    pub listen: TcpListener,
    /// The provider's issuer URL, byte for byte as it stands in tokens.
    pub issuer: String,
    /// What must stand in `aud`: this API's own name.
    pub audience: String,
    /// The scope a token needs for `GET /hello`; `None` lets in every token made for this audience.
    pub required_scope: Option<String>,
}

/// Runs the API until the future is dropped.
///
/// # Errors
/// The HTTP client cannot be built, or the listener cannot be used.
pub fn serve(settings: ApiSettings) -> impl Future<Output = std::io::Result<()>> {
    let ApiSettings { listen, issuer, audience, required_scope } = settings;
    async move {
        let keys = Keys::new(issuer.clone()).map_err(std::io::Error::other)?;
        let state = web::Data::new(State { issuer, audience, required_scope, keys });
        HttpServer::new(move || App::new().app_data(state.clone()).wrap(headers::default(&[])).configure(routes))
            .workers(1)
            .disable_signals()
            .listen(listen)?
            .run()
            .await
    }
}

struct State {
    issuer: String,
    audience: String,
    required_scope: Option<String>,
    keys: Keys,
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(page::home))
        .route("/demo.css", web::get().to(headers::style))
        .route("/mark.svg", web::get().to(headers::mark))
        .route("/hello", web::get().to(hello))
        .route("/safe", web::get().to(safe))
        .route("/notes", web::post().to(write_note))
        .default_service(web::to(nothing_here));
}

/// `GET /hello`: who does the API think you are?
async fn hello(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    match admit(&request, &state, state.required_scope.as_deref(), None).await {
        Ok(caller) => welcome(&caller, "Hello! Your token convinced me."),
        Err(refusal) => refuse(&refusal),
    }
}

/// `GET /safe`: only for somebody who signed in a moment ago.
async fn safe(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    match admit(&request, &state, state.required_scope.as_deref(), Some(SAFE_MAX_AGE)).await {
        Ok(caller) => welcome(&caller, "The safe is open: you proved a moment ago that it is you."),
        Err(refusal) => refuse(&refusal),
    }
}

/// `POST /notes`: wants a scope that nobody was given.
async fn write_note(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    match admit(&request, &state, Some(WRITE_SCOPE), None).await {
        Ok(caller) => welcome(&caller, "You may write. (Nothing was written: this is a demo.)"),
        Err(refusal) => refuse(&refusal),
    }
}

async fn nothing_here() -> HttpResponse {
    HttpResponse::NotFound().json(json!({
        "error": "not_found",
        "error_description": "This API has GET /hello, GET /safe and POST /notes; GET / explains them.",
    }))
}

/// Reads the token, finds its key, judges it.
async fn admit(
    request: &HttpRequest,
    state: &State,
    scope: Option<&str>,
    max_age: Option<i64>,
) -> Result<Caller, Refusal> {
    let now = clock::now();
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Refusal::TwoCredentials);
    }
    let token = token::bearer(header.and_then(|value| value.to_str().ok()))?;
    let unverified = token::read(token)?;
    let key = state.keys.find(unverified.kid(), now).await?;
    let expect = Expect { issuer: &state.issuer, audience: &state.audience, scope, max_age, now };
    token::judge(&unverified, &key, &expect)
}

fn welcome(caller: &Caller, message: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "message": message,
        "you_are": caller.subject,
        "you_came_with": caller.client_id,
        "you_may": caller.scope,
        "until": clock::moment(caller.expires_at),
        "why_i_believe_it": caller.reasons,
    }))
}

fn refuse(refusal: &Refusal) -> HttpResponse {
    let mut answer = HttpResponse::build(refusal.status());
    if let Some(challenge) = challenge::of(refusal) {
        answer.insert_header((WWW_AUTHENTICATE, challenge));
    }
    if let Refusal::KeysUnavailable { .. } = refusal {
        answer.insert_header((RETRY_AFTER, keys::PAUSE.to_string()));
    }
    answer.json(json!({ "error": refusal.code(), "error_description": refusal.to_string() }))
}
