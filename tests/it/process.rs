//! The program itself as a process: what becomes of requests when it is told to stop (R06, R07) or is killed (R01, R02).

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;
use vouchsafe::store::Engine;

use crate::support::{Browser, Client, TestApp, Tokens, raw};

const ALICE: &str = "alice@example.com";

/// `vouchsafe serve` on a test's database and port; killed at the end.
struct Program(Child);

impl Program {
    async fn start(app: &TestApp) -> Self {
        let log =
            std::fs::File::options().create(true).append(true).open(app.folder.path().join("log")).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.arg("serve").current_dir(app.folder.path()).envs(&app.env).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("the program starts");
        let program = Self(child);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if app.http.get(app.url("/readyz")).send().await.is_ok_and(|page| page.status().as_u16() == 200) {
                return program;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it is not ready: {}", std::fs::read_to_string(app.folder.path().join("log")).unwrap_or_default());
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end; the exit code, `None` after a signal that it did not take.
    async fn end(&mut self, within: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < within {
            if let Some(status) = self.0.try_wait().expect("our child") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it still runs after {within:?}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn ground() -> (TestApp, Client) {
    let app = TestApp::start_on(Engine::Sqlite, &[]).await.expect("SQLite is always there");
    let client = app.web("c1").await;
    app.person(ALICE).await;
    app.hand_over().await;
    (app, client)
}

/// A request whose body is not there yet.
async fn begun(app: &TestApp) -> tokio::net::TcpStream {
    let mut stream = raw::connect(app).await;
    let head = "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 21\r\n\r\ngrant_type";
    stream.write_all(head.as_bytes()).await.expect("it is taken");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn r06_sigterm_lets_running_requests_end() {
    let (app, client) = ground().await;
    let mut program = Program::start(&app).await;
    let tokens = app.tokens(&mut Browser::new(&app), &client, ALICE, &[]).await;
    let mut running = Vec::new();
    for _ in 0..40 {
        running.push(begun(&app).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    program.signal("TERM");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ready = raw::get(&app, "/readyz", "").await;
    assert_eq!(ready.status, 503, "the balancer is told before the door closes: {}", ready.text);
    assert_eq!(raw::get(&app, "/jwks", "").await.status, 200, "and who comes meanwhile is served");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for mut stream in running {
        stream.write_all(b"=password&x").await.expect("the connection is still there");
        let answer = raw::read(&mut stream, Duration::from_secs(5)).await;
        assert_eq!(answer.status, 400, "a request that had begun got no answer: {:?}", answer.text);
    }
    assert_eq!(program.end(Duration::from_secs(15)).await, Some(0));
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", app.port())).await.is_err(), "the door is closed");
    let _again = Program::start(&app).await;
    assert!(app.is_active(&client, &tokens.access).await, "everything is there after the next start");
    assert_eq!(app.refresh(&client, &tokens.refresh).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn r07_a_second_signal_ends_it_at_once() {
    let (app, _) = ground().await;
    for second in ["TERM", "INT"] {
        let mut program = Program::start(&app).await;
        let _running = begun(&app).await;
        program.signal("TERM");
        tokio::time::sleep(Duration::from_millis(2_000)).await;
        assert!(program.0.try_wait().expect("our child").is_none(), "it waits for the request that has begun");
        program.signal(second);
        assert_eq!(program.end(Duration::from_secs(2)).await, Some(130));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r01_r02_killed_in_the_middle_of_refreshes_nothing_that_was_answered_is_lost() {
    let (app, client) = ground().await;
    let app = Arc::new(app);
    let mut program = Program::start(&app).await;
    let mut browser = Browser::new(&app);
    let mut chains = Vec::new();
    for _ in 0..6 {
        let tokens = app.tokens(&mut browser, &client, ALICE, &[]).await;
        chains.push(Arc::new(Mutex::new(tokens)));
    }
    for round in 0..12_u64 {
        let workers: Vec<_> = chains
            .iter()
            .map(|chain| {
                let (app, client, chain) = (app.clone(), client.clone(), chain.clone());
                tokio::spawn(async move {
                    let mut tokens = chain.lock().await;
                    loop {
                        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
                        let request = app.http.post(app.url("/token")).basic_auth("c1", client.secret.as_deref());
                        let request = request.header("content-type", "application/x-www-form-urlencoded");
                        let Ok(response) = request.body(crate::support::browser::encode(&form)).send().await else {
                            return;
                        };
                        let status = response.status().as_u16();
                        // The head came, the body did not: as good as no answer.
                        let Ok(text) = response.text().await else { return };
                        assert_eq!(status, 200, "{text}");
                        let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
                        (tokens.access, tokens.refresh) = (text("access_token"), text("refresh_token"));
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(60 + round * 37 % 90)).await;
        program.signal("KILL");
        assert_eq!(program.end(Duration::from_secs(5)).await, None);
        for worker in workers {
            worker.await.expect("every answer was good");
        }
        let began = Instant::now();
        program = Program::start(&app).await;
        assert!(began.elapsed() < Duration::from_secs(10), "a start after a kill took {:?}", began.elapsed());
        for chain in &chains {
            let mut tokens = chain.lock().await;
            assert!(app.is_active(&client, &tokens.access).await, "round {round}: an answered access token is lost");
            // The last token that was answered goes on, whether or not the answer after it was lost.
            *tokens = Tokens::of(&app.refresh(&client, &tokens.refresh).await);
        }
    }
    drop(program);
    let twice = "SELECT grant_id AS line FROM refresh_tokens WHERE used_at IS NULL AND superseded_at IS NULL \
                 GROUP BY grant_id HAVING count(*) > 1";
    assert!(app.lines(twice).is_empty(), "a family has two live tokens");
    assert_eq!(app.lines("SELECT integrity_check AS line FROM pragma_integrity_check"), ["ok"]);
    let log = std::fs::read_to_string(app.folder.path().join("log")).expect("the log");
    assert!(!log.contains("panicked") && !log.contains("vs_rt_") && !log.contains("vs_ac_"), "{log}");
}
