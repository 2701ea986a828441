//! A provider of its own for one test: port chosen by the system, temporary folder, a clock that the test moves.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tempfile::TempDir;
use vouchsafe::app::{App, Opener};
use vouchsafe::clock::Clock;
use vouchsafe::config::{Config, Overrides};
use vouchsafe::flow::Cx;
use vouchsafe::http::server::{self, ServerSettings};
use vouchsafe::http::state::{Web, WebSettings};
use vouchsafe::store::Engine;
use vouchsafe::telemetry::{self, Capture, LogFormat, LogOutput};
use vouchsafe::time::{Lifetime, Timestamp};

use super::ground;

/// 2026-01-01T00:00:00Z: where every test begins.
pub const BEGIN: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// The log of the whole suite, at trace level, in one buffer.
pub fn log() -> Capture {
    static LOG: OnceLock<Capture> = OnceLock::new();
    let installed = LOG.get_or_init(|| {
        let capture = Capture::default();
        telemetry::install(LogFormat::Json, "trace,vouchsafe=trace", LogOutput::Capture(capture.clone()));
        capture
    });
    installed.clone()
}

/// Looks through what the suite has logged since the last look: nothing that has the form of a token of ours, of a JWT, or
/// is the password of everybody here (security case P01). Every test looks when its provider goes.
fn assert_log_is_clean() {
    static SEEN: Mutex<usize> = Mutex::new(0);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = log().text();
    // From the beginning of a line: a secret is never cut in two by a look.
    let fresh = &text[*seen..];
    *seen = fresh.rfind('\n').map_or(*seen, |end| *seen + end + 1);
    drop(seen);
    assert!(!fresh.contains(super::relying_party::PASSWORD), "P01: a password stands in the log");
    for start in ["vs_rt_", "vs_ac_", "vs_cs_", "vs_ss_", "vs_su_", "vs_dv_", "vs_co_", "vs_al_", "whsec_", "eyJ"] {
        for (at, _) in fresh.match_indices(start) {
            let token =
                fresh[at + start.len()..].bytes().take_while(|b| b.is_ascii_alphanumeric() || b"-_.+/".contains(b));
            let line = fresh[..at].rfind('\n').map_or(0, |n| n + 1);
            assert!(token.count() < 30, "P01: a secret stands in the log: {}…", &fresh[line..at]);
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_log_is_clean();
        }
    }
}

/// A running provider.
pub struct TestApp {
    pub issuer: String,
    /// Where this node answers, without the issuer's path: another node of the same issuer has another port.
    pub origin: String,
    pub app: App,
    pub http: reqwest::Client,
    pub clock: Clock,
    pub config: Config,
    pub env: HashMap<String, String>,
    handle: ServerHandle,
    pub folder: Arc<TempDir>,
}

impl TestApp {
    /// With the defaults, on SQLite; on PostgreSQL if the environment says `IT_ENGINE=postgres`.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings as environment variables on top of the tests' own.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let wanted = std::env::var("IT_ENGINE").unwrap_or_default();
        let engine = if wanted == "postgres" { Engine::Postgres } else { Engine::Sqlite };
        Self::start_on(engine, settings).await.expect("IT_ENGINE=postgres needs PostgreSQL's server programs")
    }

    /// On a fresh database of this engine; `None` where PostgreSQL's server programs are not installed.
    pub async fn start_on(engine: Engine, settings: &[(&str, &str)]) -> Option<Self> {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        if engine == Engine::Postgres {
            let cluster = super::postgres::shared()?;
            ground::note_url(&folder, &cluster.url(&cluster.create_database()));
        }
        Some(Self::start_in(folder, settings).await)
    }

    /// In a folder that was used before: the same database and keys.
    pub async fn start_in(folder: Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        log();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mut env: HashMap<String, String> = [
            ("VOUCHSAFE_ISSUER", format!("http://localhost:{port}")),
            ("VOUCHSAFE_LISTEN", format!("127.0.0.1:{port}")),
            ("VOUCHSAFE_DATABASE_URL", ground::url(&folder)),
            ("VOUCHSAFE_KEYS_DIR", format!("{}/keys", folder.path().display())),
            ("VOUCHSAFE_KEYS_ALGORITHMS", "RS256,PS256,ES256,EdDSA".to_owned()),
            ("VOUCHSAFE_PASSWORDS_MEMORY_KIB", "7168".to_owned()),
            ("VOUCHSAFE_PASSWORDS_ITERATIONS", "1".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if ground::url(&folder).starts_with("postgres") {
            env.insert("VOUCHSAFE_DATABASE_MAX_CONNECTIONS".to_owned(), "8".to_owned());
            env.insert("VOUCHSAFE_DATABASE_ACQUIRE_TIMEOUT_MS".to_owned(), "20000".to_owned());
        }
        for (name, value) in settings {
            env.insert((*name).to_owned(), value.replace("{port}", &port.to_string()));
        }
        Self::open(folder, env, listener, Clock::fixed(BEGIN)).await
    }

    async fn open(folder: Arc<TempDir>, env: HashMap<String, String>, listener: TcpListener, clock: Clock) -> Self {
        let config = Config::load(None, &env, Overrides::default()).expect("a good configuration");
        let app = App::open(&config, Opener::Server, clock.clone()).await.expect("the house opens");
        let port = listener.local_addr().expect("an address").port();
        let handle = serve(&config, &app, listener);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .expect("an HTTP client");
        let origin = format!("http://localhost:{port}");
        Self { issuer: config.server.issuer.clone(), origin, app, http, clock, config, env, handle, folder }
    }

    /// A second node beside this one: the same database, keys, issuer and clock, another port. PostgreSQL only.
    pub async fn second(&self) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self::open(self.folder.clone(), self.env.clone(), listener, self.clock.clone()).await
    }

    /// Stops the server and starts it anew on the same port, database, keys and time.
    pub async fn restart(self) -> Self {
        let (env, clock, port) = (self.env.clone(), self.clock.clone(), self.port());
        let folder = self.stop().await;
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free again");
        Self::open(folder, env, listener, clock).await
    }

    /// The port of this node.
    pub fn port(&self) -> u16 {
        self.origin.rsplit(':').next().and_then(|p| p.parse().ok()).expect("an origin with a port")
    }

    /// Lets time pass.
    pub fn pass(&self, span: Lifetime) {
        self.clock.advance(span);
    }

    /// A context for calling use-cases directly.
    pub fn cx(&self) -> Cx {
        self.app.command_cx()
    }

    /// Sends a request that the test made itself; nobody's cookies.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> super::Page {
        super::Page::read(request.send().await.expect("an answer"), "a request of the test").await
    }

    /// An address of the provider.
    pub fn url(&self, path: &str) -> String {
        let base = url::Url::parse(&self.issuer).expect("an issuer").path().trim_end_matches('/').to_owned();
        format!("{}{base}{path}", self.origin)
    }

    /// The rows of a trace, all of them written.
    pub async fn trace(&self, correlation_id: &str) -> Vec<vouchsafe::store::traces::TraceRow> {
        self.app.parts.tracer.flush().await;
        vouchsafe::flow::trace::of(&self.app.parts.db, correlation_id.to_owned()).await.expect("the trace")
    }

    /// Lets port and database go, so that the program itself can take over with [`TestApp::env`]; what speaks HTTP goes on
    /// working.
    pub async fn hand_over(&self) {
        self.handle.stop(false).await;
        self.app.close().await;
    }

    /// Stops the server and lets the database go, so that the folder can be used again.
    pub async fn stop(self) -> Arc<TempDir> {
        self.handle.stop(false).await;
        self.app.close().await;
        self.folder.clone()
    }
}

fn serve(config: &Config, app: &App, listener: TcpListener) -> ServerHandle {
    let settings = WebSettings {
        trusted_proxies: config.server.trusted_proxies.clone(),
        forwarded_header: config.server.forwarded_header,
        max_body_bytes: config.server.max_body_bytes,
        admin_per_minute: config.limits.admin_per_minute,
    };
    let web = Arc::new(Web::new(app.parts.clone(), app.clock.clone(), settings));
    let limits = ServerSettings {
        workers: 2,
        max_connections: config.server.max_connections,
        header_timeout: config.server.client_header_timeout(),
        keep_alive: config.server.keep_alive(),
        drain: Duration::from_secs(1),
        tls: None,
    };
    let (handle, running) = server::start(web, listener, limits).expect("the server starts");
    tokio::spawn(running);
    handle
}
