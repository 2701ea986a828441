//! Owns the listening server: connections, limits, the way of a request from the socket to its route, and stopping without
//! dropping anybody. It does not own the routes (`routes`).

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::{Method as HttpMethod, header};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use crate::flow::latency::Area;
use crate::flow::trace::Note;
use crate::http::account;
use crate::http::admin::api::{self, ApiRoute};
use crate::http::admin::console;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::routes::{Access, ENDPOINTS, Method, ROUTES, Route, WELL_KNOWN};
use crate::http::sign_in::{forged_page, refusal_page};
use crate::http::state::Web;
use crate::http::upload;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::logo;
use crate::picture;

/// Limits of the server; from configuration.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Threads.
    pub workers: usize,
    /// Connections of all workers together.
    pub max_connections: usize,
    /// How long a request head may take.
    pub header_timeout: Duration,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// How long running requests may take at the end.
    pub drain: Duration,
    /// TLS, if it is served here.
    pub tls: Option<rustls::ServerConfig>,
}

/// Starts serving on a bound listener. The future ends when the handle stops the server.
///
/// # Errors
/// The operating system's, when the listener cannot be used.
pub fn start(
    web: Arc<Web>,
    listener: TcpListener,
    settings: ServerSettings,
) -> std::io::Result<(ServerHandle, impl Future<Output = std::io::Result<()>>)> {
    let state = web.clone();
    let server = HttpServer::new(move || {
        let web = state.clone();
        App::new().configure(move |services| routes(services, &web))
    })
    .workers(settings.workers)
    .max_connections(settings.max_connections.div_ceil(settings.workers.max(1)))
    .client_request_timeout(settings.header_timeout)
    .client_disconnect_timeout(Duration::from_secs(5))
    .keep_alive(settings.keep_alive)
    .shutdown_timeout(settings.drain.as_secs())
    .disable_signals();
    let server = match settings.tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    let running = server.run();
    Ok((running.handle(), running))
}

/// Registers every route of the table, and what answers for all other paths and methods.
fn routes(services: &mut web::ServiceConfig, web: &Arc<Web>) {
    let base = web.place.base.clone();
    let every = || ROUTES.iter().chain(console::ROUTES).chain(account::ROUTES);
    let mut paths: Vec<&'static str> = every().map(|r| r.path).collect();
    paths.dedup();
    for path in paths {
        let at_path: Vec<&'static Route> = every().filter(|r| r.path == path).collect();
        let mut places = vec![format!("{base}{path}")];
        if !base.is_empty() && WELL_KNOWN.contains(&path) {
            // RFC 8414 section 3.1: the well-known string goes between host and path.
            places.push(format!("{path}{base}"));
        }
        if !base.is_empty() && path == "/" {
            places.push(base.clone());
        }
        for place in places {
            let (web, at_path) = (web.clone(), at_path.clone());
            let handler = move |request: HttpRequest, payload: web::Payload| {
                let (web, at_path) = (web.clone(), at_path.clone());
                async move { dispatch(web, at_path, request, payload).await }
            };
            services.service(web::resource(place).default_service(web::to(handler)));
        }
    }
    api(services, web);
    let web = web.clone();
    services.default_service(web::to(move |request: HttpRequest| {
        let web = web.clone();
        async move { not_found(web, request) }
    }));
}

/// Registers the administration API.
fn api(services: &mut web::ServiceConfig, web: &Arc<Web>) {
    let mut paths: Vec<&'static str> = api::routes().map(|r| r.path).collect();
    paths.sort_unstable();
    paths.dedup();
    // What is written out comes before what stands for anything: `/clients/templates` before `/clients/{id}`.
    paths.sort_by_key(|path| path.replace('{', "~"));
    for path in paths {
        let at_path: Vec<&'static ApiRoute> = api::routes().filter(|r| r.path == path).collect();
        let mut places = vec![format!("{}{}{path}", web.place.base, api::ROOT)];
        if path.is_empty() {
            places.push(format!("{}{}/", web.place.base, api::ROOT));
        }
        for place in places {
            let (web, at_path) = (web.clone(), at_path.clone());
            let handler = move |request: HttpRequest, payload: web::Payload| {
                let (web, at_path) = (web.clone(), at_path.clone());
                async move { api::serve::dispatch(web, at_path, request, payload).await }
            };
            services.service(web::resource(place).default_service(web::to(handler)));
        }
    }
}

/// From the request to its route: method, body, origin, handler, and the headers that depend on access.
async fn dispatch(
    web: Arc<Web>,
    at_path: Vec<&'static Route>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let wanted = Method::of(request.method());
    let route = at_path.iter().find(|r| Some(r.method) == wanted);
    let methods = || at_path.iter().map(|r| r.method.as_str()).collect::<Vec<_>>().join(", ");
    let Some(route) = route else {
        let scripts = at_path.iter().any(|r| r.access.is_readable_by_scripts());
        let reply = match request.method() == HttpMethod::OPTIONS && scripts {
            true => Reply::preflight(&methods()),
            false => Reply::text(405, "This address does not take that method.\n").allow(methods()),
        };
        return reply.into_response(&web.place);
    };
    let body = match body(&web, route, payload).await {
        Ok(body) => body,
        Err(reply) => return reply.into_response(&web.place),
    };
    let call = Call::new(web.clone(), request, body);
    let correlation_id = call.cx.correlation_id.clone();
    let (method, path) = (route.method.as_str(), route.path);
    tracing::debug!(%correlation_id, method, path, address = %call.cx.address, "request");
    let began = Instant::now();
    let reply = match foreign_form(&call, route.access) {
        Some(refusal) => forged_page(&call.cx, &web.place, refusal),
        None => (route.run)(call).await,
    };
    let reply = if route.access.is_readable_by_scripts() { reply.readable_by_scripts() } else { reply };
    let response = reply.into_response(&web.place);
    if route.access != Access::Probe {
        web.parts.stats.request(area(path), began.elapsed());
    }
    tracing::debug!(%correlation_id, method, path, status = response.status().as_u16(), "answered");
    response
}

/// With which others the answers of a path are timed. The time a body takes to arrive is the caller's and does not count.
fn area(path: &str) -> Area {
    match path {
        _ if path == ENDPOINTS.authorize => Area::Authorize,
        _ if path == ENDPOINTS.token => Area::Token,
        _ if path == ENDPOINTS.userinfo || path == ENDPOINTS.introspect => Area::Lookup,
        "/login" | "/consent" | "/select-account" => Area::SignIn,
        _ => Area::Other,
    }
}

/// Reads the body of a POST.
async fn body(web: &Web, route: &Route, payload: web::Payload) -> Result<Bytes, Reply> {
    let body = match (route.method, route.access) {
        (Method::Post, Access::ConsoleUpload(_)) => in_time(web, upload::take(payload, logo::MAX_BYTES)).await,
        (Method::Post, Access::AccountUpload(_)) => in_time(web, upload::take(payload, picture::MAX_BYTES)).await,
        (Method::Post, _) => read_body(web, payload, web.max_body_bytes).await,
        _ => Ok(Bytes::new()),
    };
    body.map_err(|(status, words)| Reply::text(status, words))
}

/// Why a body was not read: status and words.
type Unread = (u16, &'static str);

/// Reads a body within its limits of size and time; status and words where that fails.
pub(in crate::http) async fn read_body(web: &Web, payload: web::Payload, most: usize) -> Result<Bytes, Unread> {
    let limited = async {
        match payload.to_bytes_limited(most).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err((400, "The request's body could not be read.\n")),
            Err(_) => Err((413, "The request's body is too large.\n")),
        }
    };
    in_time(web, limited).await
}

async fn in_time(web: &Web, reading: impl Future<Output = Result<Bytes, Unread>>) -> Result<Bytes, Unread> {
    let late = Err((408, "The request's body took too long.\n"));
    tokio::time::timeout(web.body_timeout, reading).await.unwrap_or(late)
}

/// A form that another site sent (security cases I03, I04). Browsers say so in `Sec-Fetch-Site`; older ones in `Origin`.
/// Our pages send no referrer, and then a browser's `Origin` is `null` even on our own forms: the form's token decides.
fn foreign_form(call: &Call, access: Access) -> Option<Refusal> {
    if !access.is_own_form() {
        return None;
    }
    let received = match (call.header("sec-fetch-site"), call.header(header::ORIGIN.as_str())) {
        (Some("same-origin"), _) | (None, None | Some("null")) => return None,
        (None, Some(origin)) if origin == call.web.place.origin => return None,
        (Some(site), _) => format!("Sec-Fetch-Site: {site}"),
        (None, Some(origin)) => format!("Origin: {origin}"),
    };
    let words = "the form was sent by another site";
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "form.same_origin", "Fetch Metadata section 2.3", words)
        .because(format!("a form of {}", call.web.place.origin), received);
    Some(call.cx.refuse("form", refusal, Note::default()))
}

fn not_found(web: Arc<Web>, request: HttpRequest) -> HttpResponse {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if request.path().starts_with(&format!("{}{}/", web.place.base, api::ROOT)) {
        let call = Call::new(web.clone(), request, Bytes::new());
        return api::serve::nothing_here(&call).into_response(&web.place);
    }
    if !wants_page {
        return Reply::text(404, "There is nothing at this address.\n").into_response(&web.place);
    }
    let call = Call::new(web.clone(), request, Bytes::new());
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "route", "none", "there is nothing at this address");
    refusal_page(&call.cx, &web.place, refusal, Vec::new()).with_status(404).into_response(&web.place)
}
