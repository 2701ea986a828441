//! Owns `vouchsafe serve`: opens the house, listens, and stops without dropping anybody.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::app::{App, Opener, StartError};
use crate::clock::Clock;
use crate::config::Config;
use crate::flow::admin::setup;
use crate::http::server::{self, ServerSettings};
use crate::http::state::{Web, WebSettings};

/// Why the server could not start or ended badly. The words say what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The house could not be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {error}. Is another program using it? Set server.listen to another address")]
    Listen {
        /// The configured address.
        address: std::net::SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The TLS certificate or key cannot be used.
    #[error("{0}")]
    Tls(String),
    /// The server stopped by itself.
    #[error("the server stopped: {0}")]
    Stopped(std::io::Error),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// A [`ServeError`].
pub async fn run(config: &Config) -> Result<(), ServeError> {
    let app = App::open(config, Opener::Server, Clock::System).await?;
    let listener = listen(config.server.listen)?;
    announce(config, &app, &listener).await;
    serve(config, &app, listener).await
}

/// Binds the configured address.
///
/// # Errors
/// [`ServeError::Listen`].
pub fn listen(address: std::net::SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).and_then(|l| l.set_nonblocking(true).map(|()| l));
    bound.map_err(|error| ServeError::Listen { address, error })
}

/// Serves an opened house on a bound listener until a signal comes.
///
/// # Errors
/// A [`ServeError`].
pub async fn serve(config: &Config, app: &App, listener: TcpListener) -> Result<(), ServeError> {
    let settings = ServerSettings {
        workers: config.server.worker_count(),
        max_connections: config.server.max_connections,
        header_timeout: config.server.client_header_timeout(),
        keep_alive: config.server.keep_alive(),
        drain: config.server.drain(),
        tls: tls(config)?,
    };
    let web = Arc::new(Web::new(app.parts.clone(), app.clock.clone(), web_settings(config)));
    app.start_jobs();
    let (handle, running) = server::start(web.clone(), listener, settings).map_err(ServeError::Stopped)?;
    let stopping = tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping: no new connections, running requests are finished");
        web.drain();
        // A balancer that asks every second sees `/readyz` say no before the door closes.
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(1_200)) => {}
            () = signal() => std::process::exit(130),
        }
        tokio::select! {
            () = handle.stop(true) => {}
            () = signal() => std::process::exit(130),
        }
    });
    let ended = running.await.map_err(ServeError::Stopped);
    stopping.abort();
    app.close().await;
    ended
}

/// The part of the configuration that HTTP needs.
pub fn web_settings(config: &Config) -> WebSettings {
    WebSettings {
        trusted_proxies: config.server.trusted_proxies.clone(),
        forwarded_header: config.server.forwarded_header,
        max_body_bytes: config.server.max_body_bytes,
    }
}

async fn announce(config: &Config, app: &App, listener: &TcpListener) {
    let address = listener.local_addr().map_or_else(|_| config.server.listen.to_string(), |a| a.to_string());
    let issuer = &config.server.issuer;
    tracing::info!(%address, %issuer, engine = app.parts.db.engine().as_str(), "Vouchsafe is listening");
    for advice in config.advice() {
        tracing::warn!(key = advice.key, "{}; {}", advice.what, advice.remedy);
    }
    match setup::link(&app.command_cx()).await {
        Ok(Some(token)) => eprintln!(
            "\nNobody administers this server yet. Open this link to make the first administrator:\n\n    \
             {issuer}/setup?token={}\n\nIt works once, for 24 hours. `vouchsafe admin link` prints a new one.\n",
            token.expose()
        ),
        Ok(None) => {}
        Err(fault) => tracing::warn!(%fault, "the set-up link could not be made; `vouchsafe admin link` makes one"),
    }
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

/// TLS from the configured certificate, if there is one.
fn tls(config: &Config) -> Result<Option<rustls::ServerConfig>, ServeError> {
    use rustls_pki_types::pem::PemObject;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};

    let (Some(certificate), Some(key)) = (&config.server.tls_certificate, &config.server.tls_key) else {
        return Ok(None);
    };
    let bad = |path: &std::path::Path, why: String| ServeError::Tls(format!("{}: {why}", path.display()));
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(certificate).map_err(|e| bad(certificate, e.to_string()))?.collect();
    let chain = chain.map_err(|e| bad(certificate, e.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| bad(key, e.to_string()))?;
    let tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private);
    tls.map(Some).map_err(|e| bad(certificate, e.to_string()))
}
