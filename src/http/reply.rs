//! Owns turning an outcome into an HTTP answer: the only file that writes a status or a header. It does not own the texts
//! of pages (`pages`) nor the meaning of errors (`oauth::error`).

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::body::{BodySize, MessageBody};
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use serde_json::{Value, json};

use crate::flow::Fault;
use crate::http::pages::{Chrome, ErrorPage, Template};
use crate::http::state::Place;
use crate::messages::Language;
use crate::oauth::error::Refusal;

/// An answer before it becomes HTTP.
pub struct Reply {
    status: StatusCode,
    body: Body,
    cookies: Vec<Cookie<'static>>,
    headers: Vec<(header::HeaderName, String)>,
}

enum Body {
    Empty,
    Json(Bytes),
    Jwt(String),
    Html { text: String, policy: String },
    Text(&'static str),
    File { bytes: Bytes, content_type: &'static str },
    Download { text: String, content_type: &'static str },
    Problem(Vec<u8>),
    Image(Bytes, String),
    Lines(Lines),
    Streamed { pieces: Lines, content_type: &'static str },
}

/// A body that is made piece by piece while it is sent. An error in place of a piece breaks the connection off, so that
/// nobody takes a part for the whole.
pub struct Lines(pub tokio::sync::mpsc::Receiver<Result<Bytes, std::io::Error>>);

impl MessageBody for Lines {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.0.poll_recv(context)
    }
}

/// How long an answer may be kept by others.
#[derive(Clone, Copy, Debug)]
pub enum Cache {
    /// Not at all.
    No,
    /// So many seconds, by anybody.
    Seconds(i64),
    /// For ever: the name changes with the content.
    Forever,
}

impl Reply {
    fn new(status: StatusCode, body: Body) -> Self {
        Self { status, body, cookies: Vec::new(), headers: Vec::new() }
    }

    /// JSON that nobody may keep.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(code(status), Body::Json(body.to_string().into())).cached(Cache::No)
    }

    /// JSON that was made before.
    pub fn document(body: Bytes, cache: Cache, etag: &str) -> Self {
        Self::new(StatusCode::OK, Body::Json(body)).cached(cache).header(header::ETAG, etag.to_owned())
    }

    /// What was asked for has not changed.
    pub fn not_modified(cache: Cache, etag: &str) -> Self {
        Self::new(StatusCode::NOT_MODIFIED, Body::Empty).cached(cache).header(header::ETAG, etag.to_owned())
    }

    /// Problem details (RFC 9457).
    pub fn problem(status: u16, body: &impl serde::Serialize, correlation_id: &str) -> Self {
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        Self::new(code(status), Body::Problem(bytes)).cached(Cache::No).correlated(correlation_id)
    }

    /// JSON lines, one piece after the other.
    pub fn lines(lines: Lines) -> Self {
        Self::new(StatusCode::OK, Body::Lines(lines)).cached(Cache::No)
    }

    /// An image that somebody chose: shown as nothing else, and by itself it may do nothing.
    pub fn image(bytes: Bytes, content_type: String) -> Self {
        Self::new(StatusCode::OK, Body::Image(bytes, content_type))
            .cached(Cache::No)
            .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned())
    }

    /// A signed answer (`application/jwt`).
    pub fn jwt(token: String) -> Self {
        Self::new(StatusCode::OK, Body::Jwt(token)).cached(Cache::No)
    }

    /// Plain words.
    pub fn text(status: u16, words: &'static str) -> Self {
        Self::new(code(status), Body::Text(words)).cached(Cache::No)
    }

    /// A file of ours.
    pub fn file(bytes: &'static [u8], content_type: &'static str) -> Self {
        Self::new(StatusCode::OK, Body::File { bytes: Bytes::from_static(bytes), content_type }).cached(Cache::Forever)
    }

    /// A file for the person to keep under this name, one piece after the other.
    pub fn streamed(pieces: Lines, content_type: &'static str, name: &str) -> Self {
        Self::new(StatusCode::OK, Body::Streamed { pieces, content_type })
            .cached(Cache::No)
            .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
    }

    /// A text for the person to keep under this name.
    pub fn download(text: String, content_type: &'static str, name: &str) -> Self {
        Self::new(StatusCode::OK, Body::Download { text, content_type })
            .cached(Cache::No)
            .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
    }

    /// Nothing but a status.
    pub fn empty(status: u16) -> Self {
        Self::new(code(status), Body::Empty).cached(Cache::No)
    }

    /// A page. `form_targets` are CSP sources that its forms may lead to beside ourselves.
    pub fn page<T: Template>(status: u16, page: &T, form_targets: &[String]) -> Self {
        Self::html(status, page, &policy(form_targets, false))
    }

    /// The same for a page that runs a script of ours, if it does.
    pub fn page_with_script<T: Template>(status: u16, page: &T, form_targets: &[String], runs: bool) -> Self {
        Self::html(status, page, &policy(form_targets, runs))
    }

    /// A page with a field for a new password, and the script beside it, which asks us how hard it is to guess.
    pub fn page_for_password<T: Template>(status: u16, page: &T) -> Self {
        Self::html(
            status,
            page,
            &policy(&[], true).replacen("script-src 'self';", "script-src 'self'; connect-src 'self';", 1),
        )
    }

    /// The page that posts the answer to the app: its form leads to one origin and its script is ours.
    pub fn form_post<T: Template>(page: &T, target: &str) -> Self {
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action {target}; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        Self::html(200, page, &policy)
    }

    fn html<T: Template>(status: u16, page: &T, policy: &str) -> Self {
        match page.render() {
            Ok(text) => {
                let language = language_of(&text);
                let reply = Self::new(code(status), Body::Html { text, policy: policy.to_owned() }).cached(Cache::No);
                let reply = reply.header(header::VARY, "Accept-Language, Cookie".to_owned());
                match language {
                    Some(language) => reply.header(header::CONTENT_LANGUAGE, language),
                    None => reply,
                }
            }
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                Self::text(500, "The page could not be shown. The administrator finds the reason in the log.\n")
            }
        }
    }

    /// Sends the browser elsewhere: 303, so that a POST becomes a GET and no password travels on (RFC 9700 section 4.12).
    pub fn redirect(location: String) -> Self {
        Self::new(StatusCode::SEE_OTHER, Body::Empty).cached(Cache::No).header(header::LOCATION, location)
    }

    /// An OAuth error as JSON (RFC 6749 section 5.2) with the correlation id. `invalid_client` after an `Authorization`
    /// header challenges by the same scheme.
    pub fn oauth_error(refusal: &Refusal, correlation_id: &str, issuer: &str) -> Self {
        let reply = Self::json(refusal.code.status(), &refusal.to_json(correlation_id)).correlated(correlation_id);
        if refusal.code.status() == 401 { reply.challenge(format!("Basic realm=\"{issuer}\"")) } else { reply }
    }

    /// A fault of ours as JSON: tells the world nothing but the correlation id.
    pub fn fault_json(fault: &Fault, correlation_id: &str) -> Self {
        let (status, error, retry_after) = weigh(fault, correlation_id);
        let words = "the server cannot answer at the moment; try again";
        let body = json!({ "error": error, "error_description": words, "correlation_id": correlation_id });
        Self::json(status, &body).correlated(correlation_id).retry_after(retry_after)
    }

    /// A fault of ours as problem details (RFC 9457).
    pub fn fault_problem(fault: &Fault, correlation_id: &str) -> Self {
        let (status, error, retry_after) = weigh(fault, correlation_id);
        let body = json!({
            "type": "about:blank",
            "title": if status == 503 { "The server is very busy" } else { "Something went wrong at the server" },
            "status": status,
            "detail": "the server cannot answer at the moment; try again",
            "code": error,
            "correlation_id": correlation_id,
        });
        Self::problem(status, &body, correlation_id).retry_after(retry_after)
    }

    /// A fault of ours as an English page, for the console.
    pub fn fault_page(fault: &Fault, correlation_id: &str, place: &Place) -> Self {
        Self::fault_page_in(Language::ENGLISH, fault, correlation_id, place)
    }

    /// A fault of ours as a page.
    pub fn fault_page_in(language: Language, fault: &Fault, correlation_id: &str, place: &Place) -> Self {
        let (status, _, retry_after) = weigh(fault, correlation_id);
        let (heading, advice) = match status {
            503 => ("fault-busy-title", "fault-busy-advice"),
            _ => ("fault-title", "fault-advice"),
        };
        let page = ErrorPage {
            chrome: Chrome::speaking(language, heading, place),
            status,
            heading: language.say(heading).into(),
            what: language.say("fault-what").into(),
            advice: language.say(advice).into(),
            facts: Vec::new(),
            correlation_id: correlation_id.to_owned(),
            back: None,
        };
        Self::page(status, &page, &[]).correlated(correlation_id).retry_after(retry_after)
    }

    /// The same under another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = code(status);
        self
    }

    /// Adds a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Adds a challenge.
    #[must_use]
    pub fn challenge(self, challenge: String) -> Self {
        self.header(header::WWW_AUTHENTICATE, challenge)
    }

    /// Names the correlation id in a header too.
    #[must_use]
    pub fn correlated(self, correlation_id: &str) -> Self {
        self.header(header::HeaderName::from_static("x-correlation-id"), correlation_id.to_owned())
    }

    /// Says when to come back.
    #[must_use]
    pub fn retry_after(self, seconds: Option<u64>) -> Self {
        match seconds {
            Some(seconds) => self.header(header::RETRY_AFTER, seconds.to_string()),
            None => self,
        }
    }

    /// Names the methods that are allowed (405).
    #[must_use]
    pub fn allow(self, methods: String) -> Self {
        self.header(header::ALLOW, methods)
    }

    /// Names the version.
    #[must_use]
    pub fn tagged(self, etag: String) -> Self {
        self.header(header::ETAG, etag)
    }

    /// Names where something is, or the next page (RFC 8288).
    #[must_use]
    pub fn linked(self, link: String) -> Self {
        self.header(header::LINK, link)
    }

    /// Names where the new thing is (201).
    #[must_use]
    pub fn located(self, location: String) -> Self {
        self.header(header::LOCATION, location)
    }

    /// Lets scripts of any origin read the answer. Only where no cookie counts.
    #[must_use]
    pub fn readable_by_scripts(self) -> Self {
        self.header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned())
            .header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "WWW-Authenticate, X-Correlation-Id".to_owned())
    }

    /// The answer to a preflight (Fetch standard).
    pub fn preflight(methods: &str) -> Self {
        Self::empty(204)
            .readable_by_scripts()
            .header(header::ACCESS_CONTROL_ALLOW_METHODS, methods.to_owned())
            .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type".to_owned())
            .header(header::ACCESS_CONTROL_MAX_AGE, "7200".to_owned())
    }

    /// Lets others keep it.
    #[must_use]
    pub fn kept(self, cache: Cache, etag: &str) -> Self {
        self.cached(cache).header(header::ETAG, etag.to_owned())
    }

    fn cached(self, cache: Cache) -> Self {
        let value = match cache {
            Cache::No => "no-store".to_owned(),
            Cache::Seconds(seconds) => format!("public, max-age={seconds}"),
            Cache::Forever => "public, max-age=31536000, immutable".to_owned(),
        };
        self.header(header::CACHE_CONTROL, value)
    }

    fn header(mut self, name: header::HeaderName, value: String) -> Self {
        // Each of our headers stands once; what is said last counts.
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    /// Becomes HTTP.
    pub fn into_response(self, place: &Place) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in self.headers {
            match HeaderValue::from_str(&value) {
                Ok(value) => {
                    response.append_header((name, value));
                }
                Err(_) => tracing::error!(%name, "a header value was not sendable and was left out"),
            }
        }
        for cookie in self.cookies {
            response.cookie(cookie);
        }
        response.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        response.insert_header((header::REFERRER_POLICY, "no-referrer"));
        if place.is_https {
            response.insert_header((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
        }
        finish(response, self.body)
    }
}

fn finish(mut response: HttpResponseBuilder, body: Body) -> HttpResponse {
    match body {
        Body::Empty => response.finish(),
        Body::Json(bytes) => response.content_type("application/json").body(bytes),
        Body::Jwt(token) => response.content_type("application/jwt").body(token),
        Body::Text(words) => response.content_type("text/plain; charset=utf-8").body(words),
        Body::Problem(bytes) => response.content_type("application/problem+json").body(bytes),
        Body::Image(bytes, content_type) => response.content_type(content_type).body(bytes),
        Body::Streamed { pieces, content_type } => response.content_type(content_type).body(pieces),
        Body::Lines(lines) => response.content_type("application/x-ndjson").body(lines),
        Body::Download { text, content_type } => response.content_type(content_type).body(text),
        Body::File { bytes, content_type } => response.content_type(content_type).body(bytes),
        Body::Html { text, policy } => {
            response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
            response.insert_header((header::X_FRAME_OPTIONS, "DENY"));
            response.insert_header((header::HeaderName::from_static("permissions-policy"), PERMISSIONS));
            response.content_type("text/html; charset=utf-8").body(text)
        }
    }
}

/// What a page says of its own language, for the header that says the same.
fn language_of(page: &str) -> Option<String> {
    let (_, rest) = page.get(..200.min(page.len()))?.split_once("<html lang=\"")?;
    rest.split_once('"').map(|(tag, _)| tag.to_owned())
}

const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

fn policy(form_targets: &[String], scripts: bool) -> String {
    let targets: String = form_targets.iter().map(|t| format!(" {t}")).collect();
    let script = if scripts { " script-src 'self';" } else { "" };
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self';{script} form-action 'self'{targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The CSP sources that a form on the way to `redirect_uri` needs. Browsers hold every redirect that follows a form against
/// `form-action`, those of the app behind its callback too, so the whole scheme is named and not only the origin.
pub fn form_targets(redirect_uri: &str) -> Vec<String> {
    redirect_uri.split_once(':').map(|(scheme, _)| format!("{}:", scheme.to_ascii_lowercase())).into_iter().collect()
}

/// Status, OAuth code and `Retry-After` of a fault; writes it to the log.
fn weigh(fault: &Fault, correlation_id: &str) -> (u16, &'static str, Option<u64>) {
    match fault {
        Fault::Busy { retry_after } => (503, "temporarily_unavailable", Some(*retry_after)),
        Fault::Store(crate::store::Fault::Unavailable(_)) => {
            tracing::warn!(correlation_id, %fault, "the database is not available");
            (503, "temporarily_unavailable", Some(2))
        }
        _ => {
            tracing::error!(correlation_id, %fault, "a request failed");
            (500, "server_error", None)
        }
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
