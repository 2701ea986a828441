//! The demo API: a resource server that lets a caller in because of a token alone. It owns the routes, and how a decision
//! becomes an answer; the decision is made in [`token`], the keys come from `keys`.
//!
//! It has never heard of the person, the app or the provider's database: it reads the provider's published keys and judges
//! each token by them (RFC 9068 §4), and says no the way RFC 6750 §3 and RFC 9470 §3 ask for.

mod challenge;
mod keys;
mod page;
pub mod token;

use std::net::TcpListener;

use actix_web::dev::Server;
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

/// Runs the API for as long as the process runs. Signals are left to the caller.
///
/// # Errors
/// The HTTP client cannot be built, or the listener cannot be used.
pub async fn serve(settings: ApiSettings) -> std::io::Result<()> {
    start(settings)?.await
}

/// Apart from [`serve`], so that nothing that is bound to one thread lives in its future.
fn start(settings: ApiSettings) -> std::io::Result<Server> {
    let ApiSettings { listen, issuer, audience, required_scope } = settings;
    let keys = Keys::new(issuer.clone()).map_err(std::io::Error::other)?;
    let state = web::Data::new(State { issuer, audience, required_scope, keys });
    let server =
        HttpServer::new(move || App::new().app_data(state.clone()).wrap(headers::default(&[])).configure(routes));
    Ok(server.workers(1).disable_signals().listen(listen)?.run())
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

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use serde_json::Value;

    use super::*;

    /// The API's answer to a request, when its provider cannot be reached.
    async fn answer(request: TestRequest) -> (StatusCode, String, Option<String>, Value) {
        let state = State {
            issuer: "http://127.0.0.1:1".into(),
            audience: "http://localhost:8082".into(),
            required_scope: Some(READ_SCOPE.into()),
            keys: Keys::new("http://127.0.0.1:1".into()).unwrap(),
        };
        let app = init_service(App::new().app_data(web::Data::new(state)).configure(routes)).await;
        let answer = call_service(&app, request.to_request()).await;
        let header =
            |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let (status, challenge, retry) = (answer.status(), header("www-authenticate"), header("retry-after"));
        (status, challenge, (!retry.is_empty()).then_some(retry), read_body_json(answer).await)
    }

    #[actix_web::test]
    async fn rfc6750_3_no_token_is_401_with_a_bare_challenge() {
        let (status, challenge, _, _) = answer(TestRequest::get().uri("/hello")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(challenge, "Bearer realm=\"Vouchsafe demo API\"");
    }

    #[actix_web::test]
    async fn a_token_in_the_query_is_no_token() {
        let (status, challenge, _, _) = answer(TestRequest::get().uri("/hello?access_token=a.b.c")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(!challenge.contains("error"), "{challenge}");
    }

    #[actix_web::test]
    async fn rfc6750_3_1_two_credentials_are_a_bad_request() {
        let request = TestRequest::get().uri("/hello");
        let request = request.append_header((AUTHORIZATION, "Bearer a")).append_header((AUTHORIZATION, "Bearer b"));
        let (status, challenge, _, body) = answer(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(challenge.contains("invalid_request"), "{challenge}");
        assert_eq!(body["error"], "invalid_request");
    }

    #[actix_web::test]
    async fn rubbish_is_401_invalid_token() {
        let (status, challenge, _, _) =
            answer(TestRequest::get().uri("/safe").insert_header((AUTHORIZATION, "Bearer a.b.c"))).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }

    #[actix_web::test]
    async fn keys_that_cannot_be_had_are_our_trouble() {
        // {"alg":"RS256","typ":"at+jwt","kid":"k"}
        let token = "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsifQ.e30.e30";
        let (status, challenge, retry, body) =
            answer(TestRequest::get().uri("/hello").insert_header((AUTHORIZATION, token))).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(retry.as_deref(), Some("10"));
        assert_eq!(challenge, "");
        assert_eq!(body["error"], "temporarily_unavailable");
    }
}
