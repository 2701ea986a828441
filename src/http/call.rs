//! Owns one request at the door: its bytes, its cookies, where it came from, and the [`Cx`] made of it with the one `now`.
//! It does not own what the request means.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Bytes;

use crate::config::proxy::{client_address, rate_key};
use crate::flow::Cx;
use crate::flow::Fault;
use crate::flow::cx::correlation_id;
use crate::flow::sign_in::browser::Browser;
use crate::http::cookies::{self, Jar};
use crate::http::pages::Chrome;
use crate::http::reply::Reply;
use crate::http::state::Web;
use crate::messages::{self, Language, Message};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;

/// A request, read in full.
#[derive(Clone)]
pub struct Call {
    /// Shared state.
    pub web: Arc<Web>,
    /// Line and headers.
    pub request: HttpRequest,
    /// Body; empty for GET.
    pub body: Bytes,
    /// The request's context.
    pub cx: Cx,
}

impl Call {
    /// Takes the request in.
    pub fn new(web: Arc<Web>, request: HttpRequest, body: Bytes) -> Self {
        let address = address(&web, &request);
        let cx = Cx {
            parts: web.parts.clone(),
            now: web.clock.now(),
            correlation_id: correlation_id(&*web.parts.chance),
            address: address.to_string(),
            rate_key: rate_key(address),
            user_agent: user_agent(&request),
            language: language(&web, &request),
        };
        Self { web, request, body, cx }
    }

    /// Parameters of the query.
    ///
    /// # Errors
    /// `invalid_request` where it does not decode.
    pub fn query(&self) -> Result<Params, Refusal> {
        Params::parse(self.request.query_string().as_bytes())
    }

    /// Parameters of a form body.
    ///
    /// # Errors
    /// `invalid_request` for another content type or text that does not decode.
    pub fn form(&self) -> Result<Params, Refusal> {
        let content_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let words = "the body must be application/x-www-form-urlencoded";
            return Err(Refusal::new(ErrorCode::InvalidRequest, "body.content_type", "RFC 6749 section 4.1.3", words)
                .because("application/x-www-form-urlencoded", if essence.is_empty() { "none" } else { essence }));
        }
        Params::parse(&self.body)
    }

    /// One header as text; the first if it came several times.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// All `Authorization` headers as bytes.
    pub fn authorization(&self) -> Vec<&[u8]> {
        self.request.headers().get_all(header::AUTHORIZATION).map(|v| v.as_bytes()).collect()
    }

    /// What surrounds a page in this request's language; its title is a text.
    pub fn chrome(&self, title: &'static str) -> Chrome {
        Chrome::speaking(self.cx.language, title, &self.web.place).offering_languages(self.address())
    }

    /// A text in this request's language.
    pub fn t(&self, key: &'static str) -> Message {
        self.cx.language.say(key)
    }

    /// Goes on in the language that an app asks for, if we have it (`ui_locales`, OIDC Core section 3.1.2.1).
    pub fn speak(&mut self, params: &Params) {
        if let Some(language) = params.find("ui_locales").and_then(messages::first_known) {
            self.cx.language = language;
        }
    }

    /// A fault of ours as a page.
    pub fn fault_page(&self, fault: &Fault) -> Reply {
        Reply::fault_page_in(self.cx.language, fault, &self.cx.correlation_id, &self.web.place)
    }

    /// Where the page can be had again by looking: none for the answer to a form.
    fn address(&self) -> Option<String> {
        let uri = self.request.uri().path_and_query().map(|uri| uri.as_str().to_owned());
        uri.filter(|_| self.request.method().is_safe())
    }

    /// What the cookies say.
    pub fn browser(&self) -> Browser {
        cookies::read(&self.request, &self.web.place)
    }
}

fn address(web: &Web, request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |a| a.ip());
    if web.trusted_proxies.is_empty() {
        return peer.to_canonical();
    }
    let values: Vec<&str> =
        request.headers().get_all(web.forwarded_header.name()).filter_map(|v| v.to_str().ok()).collect();
    client_address(peer, &values, &web.trusted_proxies, web.forwarded_header)
}

/// What the person chose here before, else what their browser asks for.
fn language(web: &Web, request: &HttpRequest) -> Language {
    let chosen = || messages::first_known(&cookies::find(request, Jar::Language, &web.place)?);
    let wished = || messages::accepted(request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
    chosen().or_else(wished).unwrap_or_default()
}

fn user_agent(request: &HttpRequest) -> String {
    let text = request.headers().get(header::USER_AGENT).map(|v| String::from_utf8_lossy(v.as_bytes()));
    text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(256).collect()
}
