//! Owns every path on one page, each with the access it grants: a route without one does not compile. What is not here is
//! 404, and a method that is not here is 405. It does not own the handlers.

use std::future::Future;
use std::pin::Pin;

use crate::http::admin::console::Need;
use crate::http::call::Call;
use crate::http::own_app::Proof;
use crate::http::reply::Reply;
use crate::http::{account, admin, oauth, ops, sign_in};
use crate::oauth::metadata::Endpoints;

/// Who may call a route, and what is checked before its handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; says nothing about anybody. Scripts of any origin may read it.
    Document,
    /// Anybody, as a description of the administration API; no script of another origin.
    Manual,
    /// Anybody; for probes. No details.
    Probe,
    /// A browser by navigation. Reads cookies, changes nothing without a form.
    Page,
    /// A browser by a form of ours: must come from our own origin, and the handler checks the form's token.
    Form,
    /// A browser by a form of an app (OIDC Core section 3.1.2.1): repeated as GET, so that cookies come along.
    AppForm,
    /// A client that authenticates itself; scripts of any origin may call it, since no cookie counts.
    Client,
    /// A server that authenticates itself, by its secret or by what it signed; no script.
    Server,
    /// The bearer of an access token; scripts of any origin may call it.
    Bearer,
    /// An administrator's browser by navigation, with a session of the console and what the route needs.
    ConsolePage(Need),
    /// An administrator's browser by a form of ours, with all that a page needs and the form's token.
    ConsoleForm(Need),
    /// The same with a form that brings a file.
    ConsoleUpload(Need),
    /// A person's browser by navigation, with a session of the account pages and this proof.
    AccountPage(Proof),
    /// A person's browser by a form of ours, with all that a page needs and the form's token.
    AccountForm(Proof),
    /// The same with a form that brings a file.
    AccountUpload(Proof),
}

impl Access {
    /// Whether scripts may read the answer (CORS).
    pub fn is_readable_by_scripts(self) -> bool {
        matches!(self, Access::Document | Access::Client | Access::Bearer)
    }

    /// Whether a person looks at the answer: then errors are pages and not JSON.
    pub fn is_for_people(self) -> bool {
        matches!(self, Access::Page | Access::AppForm | Access::ConsolePage(_) | Access::AccountPage(_))
            || self.is_own_form()
    }

    /// Whether it is a form of ours that brings a file.
    pub fn brings_file(self) -> bool {
        matches!(self, Access::ConsoleUpload(_) | Access::AccountUpload(_))
    }

    /// Whether it is a form of ours, which no other site may send.
    pub fn is_own_form(self) -> bool {
        matches!(self, Access::Form | Access::ConsoleForm(_) | Access::AccountForm(_)) || self.brings_file()
    }
}

/// The method of a route. `GET` answers `HEAD` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// The method of a request; `None` for one that no route takes. No header replaces it.
    pub fn of(method: &actix_web::http::Method) -> Option<Self> {
        match method.as_str() {
            "GET" | "HEAD" => Some(Method::Get),
            "POST" => Some(Method::Post),
            "PUT" => Some(Method::Put),
            "PATCH" => Some(Method::Patch),
            "DELETE" => Some(Method::Delete),
            _ => None,
        }
    }
}

/// A handler at work. Behind a pointer, so that what stands before the handlers is compiled once and not once for each.
pub type Running = Pin<Box<dyn Future<Output = Reply>>>;

/// One line of the table.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path below the issuer's own path; `{…}` stands for one segment.
    pub path: &'static str,
    /// Access.
    pub access: Access,
    /// Handler.
    pub run: fn(Call) -> Running,
}

macro_rules! route {
    ($method:ident, $path:expr, $access:ident, $handler:path) => {
        Route { method: Method::$method, path: $path, access: Access::$access, run: |call| Box::pin($handler(call)) }
    };
}

/// Paths that the metadata document names.
pub const ENDPOINTS: Endpoints = Endpoints {
    authorize: "/authorize",
    token: "/token",
    userinfo: "/userinfo",
    jwks: "/jwks",
    revoke: "/revoke",
    introspect: "/introspect",
    logout: "/logout",
};

/// The well-known names; also served at the host's root with the issuer's path behind them (RFC 8414 section 3.1).
pub const WELL_KNOWN: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

/// Every route there is.
pub static ROUTES: &[Route] = &[
    route!(Get, WELL_KNOWN[0], Document, oauth::discovery::get),
    route!(Get, WELL_KNOWN[1], Document, oauth::discovery::get),
    route!(Get, ENDPOINTS.jwks, Document, oauth::discovery::jwks),
    route!(Get, ENDPOINTS.authorize, Page, oauth::authorize::get),
    route!(Post, ENDPOINTS.authorize, AppForm, oauth::authorize::post),
    route!(Post, ENDPOINTS.token, Client, oauth::token::post),
    route!(Get, ENDPOINTS.userinfo, Bearer, oauth::userinfo::get),
    route!(Post, ENDPOINTS.userinfo, Bearer, oauth::userinfo::post),
    route!(Post, ENDPOINTS.revoke, Client, oauth::token::revoke),
    route!(Post, ENDPOINTS.introspect, Server, oauth::token::introspect),
    route!(Get, ENDPOINTS.logout, Page, oauth::logout::get),
    route!(Post, ENDPOINTS.logout, AppForm, oauth::logout::post),
    route!(Post, "/logout/confirm", Form, oauth::logout::confirm),
    route!(Get, "/logged-out", Page, oauth::logout::done),
    route!(Post, "/login", Form, sign_in::login::post),
    route!(Post, "/passkey", Form, sign_in::passkey::post),
    route!(Post, "/second-factor", Form, sign_in::second_factor::post),
    route!(Get, "/upstream/{provider}/begin", Page, sign_in::upstream::begin),
    route!(Get, "/upstream/{provider}/callback", Page, sign_in::upstream::callback),
    route!(Post, "/upstream/{provider}/callback", AppForm, sign_in::upstream::callback_post),
    route!(Post, "/upstream/{provider}/backchannel-logout", Server, sign_in::upstream::backchannel_logout),
    route!(Get, "/upstream/{provider}/token", Bearer, sign_in::upstream::token),
    route!(Post, "/enrol", Form, sign_in::enrol::post),
    route!(Post, "/new-password", Form, sign_in::new_password::post),
    route!(Post, "/password-strength", Form, sign_in::strength::post),
    route!(Post, "/consent", Form, sign_in::consent::post),
    route!(Post, "/select-account", Form, sign_in::choose::post),
    route!(Get, "/setup", Page, sign_in::setup::get),
    route!(Post, "/setup", Form, sign_in::setup::post),
    route!(Get, "/invitation", Page, sign_in::invitation::get),
    route!(Post, "/invitation", Form, sign_in::invitation::post),
    route!(Get, "/sign-up", Page, sign_in::sign_up::get),
    route!(Post, "/sign-up", Form, sign_in::sign_up::post),
    route!(Get, "/sign-up/link", Page, sign_in::sign_up_link::get),
    route!(Post, "/sign-up/link", Form, sign_in::sign_up_link::post),
    route!(Get, "/recovery", Page, sign_in::recovery::get),
    route!(Post, "/recovery", Form, sign_in::recovery::post),
    route!(Get, "/recovery/link", Page, sign_in::recovery_link::get),
    route!(Post, "/recovery/link", Form, sign_in::recovery_link::post),
    route!(Get, "/new-address", Page, sign_in::new_address::get),
    route!(Post, "/new-address", Form, sign_in::new_address::post),
    route!(Post, "/terms", Form, sign_in::terms::post),
    route!(Get, "/not-me", Page, sign_in::not_me::get),
    route!(Post, "/not-me", Form, sign_in::not_me::post),
    route!(Post, "/language", Form, sign_in::language::post),
    route!(Get, "/pictures/{name}", Document, account::picture::get),
    route!(Get, "/clients/{client_id}/logo", Document, sign_in::logo::get),
    route!(Get, "/", Page, ops::home::get),
    route!(Get, "/assets/{name}", Document, ops::home::asset),
    route!(Get, "/favicon.ico", Document, ops::home::favicon),
    route!(Get, "/robots.txt", Document, ops::home::robots),
    route!(Get, "/api/admin/v1/openapi.json", Manual, admin::api::reader::openapi),
    route!(Get, "/api/admin/v1/docs", Manual, admin::api::reader::docs),
    route!(Get, "/dev/mail", Page, ops::mailbox::get),
    route!(Get, "/healthz", Probe, ops::health::alive),
    route!(Get, "/readyz", Probe, ops::health::ready),
];
