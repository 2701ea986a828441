//! Owns the same measurement at the server: the lists, searches and pages of the API and the console, asked over HTTP of a
//! program that runs on the filled database. It does not own what is asked of the store.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use vouchsafe::http::admin::console::ROUTES;
use vouchsafe::http::routes::Method;
use vouchsafe::identity::{Permission, RoleName, Session, SessionId, UserId};
use vouchsafe::secret::SystemChance;
use vouchsafe::secret::token::{Kind, hash, make};
use vouchsafe::store::own_sessions::OwnSession;
use vouchsafe::store::{Db, own_sessions, sessions, users};
use vouchsafe::time::{Lifetime, Timestamp};

use super::Report;

const SOMEBODY: &str = "01900000-0000-7000-8000-000010000042";

/// A program on the filled database; stopped when it is dropped.
pub struct Server {
    child: Child,
    issuer: String,
    bearer: String,
    cookie: String,
    http: Client,
    runtime: Runtime,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `binary` on the database of `url`, with an owner signed in to the console and a program that may read all.
    pub fn start(binary: &str, url: &str, db: Db) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let cookie = console_session(&db);
        db.close();
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
        let issuer = format!("http://127.0.0.1:{port}");
        let command = || {
            let mut command = Command::new(binary);
            command.env("VOUCHSAFE_ISSUER", &issuer).env("VOUCHSAFE_LISTEN", format!("127.0.0.1:{port}"));
            command.env("VOUCHSAFE_DATABASE_URL", url).env("VOUCHSAFE_KEYS_DIR", folder.path().join("keys"));
            command.env("VOUCHSAFE_LIMITS_ADMIN_PER_MINUTE", "1000000").current_dir(folder.path());
            command.stdin(Stdio::null());
            command
        };
        let scopes: Vec<String> = Permission::ALL
            .into_iter()
            .filter(|p| p.scope().ends_with(":read"))
            .map(|p| p.scope().to_owned())
            .collect();
        let made = command()
            .args([
                "client",
                "add",
                "--profile",
                "service",
                "--name",
                "Reader",
                "--client-id",
                "reader",
                "--json",
                "--scope",
            ])
            .arg(scopes.join(" "))
            .output()
            .expect("the command runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let secret = made["client_secret"].as_str().expect("a secret").to_owned();
        let child =
            command().arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the server starts");
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let runtime = Builder::new_current_thread().enable_all().build().expect("runtime");
        let mut server = Self { child, issuer, bearer: String::new(), cookie, http, runtime, _folder: folder };
        server.wait();
        let form = format!("grant_type=client_credentials&scope={}", scopes.join("+"));
        let request =
            server.http.post(format!("{}/token", server.issuer)).basic_auth("reader", Some(secret)).body(form);
        let answer = server.ask(request.header("content-type", "application/x-www-form-urlencoded"));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        server.bearer = answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned();
        server
    }

    fn wait(&mut self) {
        for _ in 0..600 {
            let probe = self.http.get(format!("{}/readyz", self.issuer)).send();
            if self.runtime.block_on(probe).is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(self.child.try_wait().expect("a child").is_none(), "the server ended");
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the server does not answer");
    }

    fn ask(&self, request: RequestBuilder) -> String {
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            let (status, url) = (answer.status(), answer.url().clone());
            let body = answer.text().await.expect("a body");
            assert_eq!(status.as_u16(), 200, "{url}: {body}");
            body
        })
    }

    /// Asks every list of the API page by page, and every page of the console.
    pub fn measure(&self, report: &mut Report) {
        for path in [
            "/users?limit=50",
            "/users?q=first1&limit=50",
            "/users?q=first1%20last2&limit=50",
            "/users?q=f%20l&limit=50",
            "/users?q=%40d7.example&limit=50",
            "/users?q=first77.last&limit=50",
            "/users?q=nobody",
            "/users?group=all&limit=50",
            "/users?group=few&limit=50",
            "/users?role=auditor&limit=50",
            "/users?role=auditor&group=all&limit=50",
            "/users?status=disabled&limit=50",
            "/users?status=invited&role=client-operator&limit=50",
            "/sessions?limit=50",
            "/groups",
            "/groups/all/members?limit=50",
            "/groups/few/members",
            "/audit?limit=50",
            "/audit?kind=sign_in_failed&limit=50",
            "/audit?kind=user_removed&limit=50",
            "/audit?actor=olga&limit=50",
            "/audit?client_id=app1&limit=50",
            "/grants?limit=50",
            "/clients",
            "/traces?limit=50",
            "/overview",
        ] {
            let kind = format!("GET /api/admin/v1{}", path.split('?').next().unwrap_or(path));
            report.walk(&kind, 20, None::<String>, |after| {
                let joint = if path.contains('?') { '&' } else { '?' };
                let after = after.map(|after| format!("{joint}after={after}")).unwrap_or_default();
                let request = self.http.get(format!("{}/api/admin/v1{path}{after}", self.issuer));
                let answer: Value = serde_json::from_str(&self.ask(request.bearer_auth(&self.bearer))).expect("JSON");
                answer["next"].as_str().map(str::to_owned)
            });
        }
        let searches = [
            "/admin/people?q=first1",
            "/admin/people?q=f+l",
            "/admin/people?q=%40d7.example",
            "/admin/people?group=all",
            "/admin/people?status=invited",
            "/admin/audit?kind=sign_in_failed",
            "/admin/audit?actor=olga",
        ];
        for path in pages().chain(searches.map(str::to_owned)) {
            let kind = format!("GET {}", path.split('?').next().unwrap_or(&path).replace(SOMEBODY, "{id}"));
            report.walk(&kind, 20, Some(0), |round: Option<u32>| {
                self.ask(self.http.get(format!("{}{path}", self.issuer)).header("cookie", &self.cookie));
                round.map(|round| round + 1)
            });
        }
    }
}

/// Pages that are left out: the way in and out, those of things that are not here, and those that go through the whole log,
/// which nobody waits for between two clicks.
const NOT_ASKED: &[&str] = &[
    "/admin/login",
    "/admin/callback",
    "/admin/try/callback",
    "/admin/clients/{id}/logo",
    "/admin/clients/{id}/try/{run}",
    "/admin/resources/{name}",
    "/admin/scopes/{name}",
    "/admin/attributes/{name}",
    "/admin/providers/{id}",
    "/admin/providers/{id}/test",
    "/admin/providers/{id}/test/back",
    "/admin/providers/{id}/tested/{run}",
    "/admin/keys/{kid}",
    "/admin/webhooks/{name}",
    "/admin/webhooks/{name}/secret",
    "/admin/webhooks/{name}/deliveries",
    "/admin/audit/verify",
    "/admin/audit/export",
    "/admin/audit/{id}",
];

/// All others of the console, from its own table.
fn pages() -> impl Iterator<Item = String> {
    let of = |template: &str| match template.split('/').nth(2) {
        Some("people") => template.replace("{id}", SOMEBODY),
        Some("clients") => template.replace("{id}", "reader"),
        Some("groups") => template.replace("{name}", "all"),
        Some("roles") => template.replace("{name}", "owner"),
        _ => template.to_owned(),
    };
    let asked = ROUTES.iter().filter(|route| route.method == Method::Get && !NOT_ASKED.contains(&route.path));
    asked.map(move |route| of(route.path))
}

/// An owner with a live session of the console; the cookie.
fn console_session(db: &Db) -> String {
    let runtime = Builder::new_current_thread().enable_all().build().expect("runtime");
    let token = make(Kind::Console, &SystemChance);
    let token_hash = hash(token.expose());
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let now = Timestamp::from_millis(i64::try_from(millis).expect("a moment"));
    let written = db.write(move |c| {
        let id = UserId(SOMEBODY.to_owned());
        let mut user = users::find(c, &id)?.expect("somebody");
        user.role = RoleName::OWNER;
        user.version += 1;
        users::update(c, &user)?;
        let session = Session {
            id: SessionId("of the owner".to_owned()),
            user_id: id.clone(),
            created_at: now,
            auth_time: now,
            last_seen_at: now,
            expires_at: now + Lifetime::from_hours(10),
            ended_at: None,
            acr: String::new(),
            amr: Vec::new(),
            user_agent: String::new(),
            address: String::new(),
        };
        sessions::insert(c, &session, b"of the owner")?;
        let own = OwnSession {
            id: "of the owner".to_owned(),
            app: "console".to_owned(),
            user_id: id,
            session_id: session.id.clone(),
            created_at: now,
            auth_time: now,
            amr: Vec::new(),
            last_seen_at: now,
            expires_at: now + Lifetime::from_hours(10),
        };
        own_sessions::insert(c, &own, &token_hash)
    });
    runtime.block_on(written).expect("written");
    format!("vouchsafe_console={}", token.expose())
}

/// The program to measure, if one is named.
pub fn binary() -> Option<String> {
    let named = std::env::var("SCALE_SERVER").ok().filter(|path| !path.is_empty())?;
    // It runs in a folder of its own.
    let found = std::fs::canonicalize(&named).unwrap_or_else(|e| panic!("SCALE_SERVER={named}: {e}"));
    Some(found.to_str().expect("UTF-8").to_owned())
}

/// Starts the program of `SCALE_SERVER` on the filled database and measures it.
pub fn measure(engine: &str, url: &str, db: Db) {
    let Some(binary) = binary() else { return db.close() };
    let server = Server::start(&binary, url, db);
    let mut report = Report::default();
    let began = Instant::now();
    server.measure(&mut report);
    println!("over HTTP, {:.0} s:", began.elapsed().as_secs_f64());
    report.print_and_judge(engine);
}
