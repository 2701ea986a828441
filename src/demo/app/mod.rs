//! The demo app: an independent relying party that signs people in through the provider and tells every request and
//! answer of it. This file owns its settings and its start; `web` owns its addresses.
//!
//! Its way: `sign_in` makes the authorization request, `callback` judges the answer and redeems the code, `tokens` and
//! `api_call` do what the buttons say, `logout` ends it. Each tells what it did as a `timeline` chapter, through
//! `show`, which is where secrets are shortened, with the words of `explain`.

mod api_call;
mod callback;
mod explain;
mod jwt;
mod logout;
mod pages;
mod provider;
mod show;
mod sign_in;
mod timeline;
mod tokens;
mod visitor;
mod web;

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::Data;
use actix_web::{App, HttpServer};

use self::visitor::Visitors;
use super::wire::Wire;
use super::{Secret, headers};

/// What the demo app needs to know: what any relying party is told at its registration, and what the demo shows.
#[derive(Debug)]
pub struct AppSettings {
    /// The bound listener; port 8081 by custom.
    pub listen: TcpListener,
    /// Our own address without a slash at the end. `{base_url}/callback` and `{base_url}/logged-out` are registered.
    pub base_url: String,
    /// The provider's issuer URL.
    pub issuer: String,
    /// Our client id.
    pub client_id: String,
    /// Our client secret; sent with `client_secret_basic`.
    pub client_secret: Secret,
    /// Where the demo API is.
    pub api_url: String,
    /// The demo person's address: shown on the home page and sent as `login_hint`.
    pub login_hint_email: String,
    /// The demo person's password: shown on the home page.
    pub password_hint: String,
}

/// Runs the app for as long as the process runs. Signals are left to the caller.
///
/// # Errors
/// The HTTP client cannot be built, or the listener cannot be used.
pub async fn serve(settings: AppSettings) -> std::io::Result<()> {
    start(settings)?.await
}

/// Apart from [`serve`], so that nothing that is bound to one thread lives in its future.
fn start(settings: AppSettings) -> std::io::Result<Server> {
    let listen = settings.listen.try_clone()?;
    let issuer = url::Url::parse(&settings.issuer).map_err(std::io::Error::other)?;
    let form_targets = [issuer.origin().ascii_serialization()];
    let wire = Wire::new().map_err(std::io::Error::other)?;
    let state = Data::new(State { settings, wire, visitors: Visitors::default() });
    let server = HttpServer::new(move || {
        App::new().app_data(state.clone()).wrap(headers::default(&form_targets)).configure(web::routes)
    });
    Ok(server.workers(1).disable_signals().listen(listen)?.run())
}

impl AppSettings {
    /// Where the provider sends the browser with its answer.
    fn callback(&self) -> String {
        format!("{}/callback", self.base_url)
    }

    /// Where the provider sends the browser after the logout.
    fn logged_out(&self) -> String {
        format!("{}/logged-out", self.base_url)
    }
}

struct State {
    settings: AppSettings,
    wire: Wire,
    visitors: Visitors,
}
