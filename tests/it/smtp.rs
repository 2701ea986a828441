//! Letters handed to an SMTP server that we did not write (aiosmtpd, `tests/smtp/server.py`): encrypted from the first byte or
//! after STARTTLS, with a login, and a server that is slow, drops the connection, or says no. `tests/it/mail.rs` has what needs
//! no such server.
//!
//! Needs `target/ci-venv/bin/python` with aiosmtpd: `python3 -m venv target/ci-venv && target/ci-venv/bin/pip install aiosmtpd`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use vouchsafe::flow::account::recovery;
use vouchsafe::flow::ops::mail;
use vouchsafe::store::outbox::{self, Letters, Waiting};
use vouchsafe::time::Lifetime;

use crate::sign_up::post;
use crate::support::TestApp;

const ALICE: &str = "alice@example.com";
const PASSWORD: &str = "the mail server's own";

/// The program, and the letters that it took.
struct Server {
    program: Child,
    port: u64,
    letters: Receiver<Value>,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// An authority and a certificate of it for localhost.
fn write_certificates(folder: &Path) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("params");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&key).expect("signs itself").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned()];
    let certificate = CertificateParams::new(names).expect("params").signed_by(&key, &issuer).expect("signs");
    for (name, text) in [("ca.pem", ca), ("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        std::fs::write(folder.join(name), text).expect("own folder");
    }
}

/// Starts one; `None` where it is not installed.
fn server(tls: &str, user: &str, answers: &[&str]) -> Option<Server> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/ci-venv/bin/python");
    let has_it = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        let required = std::env::var("REQUIRE_ALL").is_ok_and(|v| v == "1");
        assert!(!required, "REQUIRE_ALL=1 and missing: aiosmtpd in target/ci-venv");
        println!("skipped, because this is not installed: aiosmtpd in target/ci-venv");
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let orders = json!({
        "tls": tls, "cert": file("server.crt"), "key": file("server.key"), "user": user, "password": PASSWORD,
        "answers": answers,
    });
    let mut program = Command::new(python)
        .arg(root.join("tests/smtp/server.py"))
        .arg(orders.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python starts");
    let lines = BufReader::new(program.stdout.take().expect("its output")).lines();
    let (sender, letters) = channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = sender.send(serde_json::from_str::<Value>(&line).expect("JSON"));
        }
    });
    let first = letters.recv_timeout(Duration::from_secs(30)).expect("the server says its port");
    Some(Server { program, port: first["port"].as_u64().expect("a port"), letters, folder })
}

impl Server {
    async fn app(&self, tls: &str, password: &str) -> TestApp {
        let (port, ca) = (self.port.to_string(), self.folder.path().join("ca.pem").display().to_string());
        let mut settings = vec![
            ("VOUCHSAFE_MAIL_HOST", "localhost"),
            ("VOUCHSAFE_MAIL_PORT", port.as_str()),
            ("VOUCHSAFE_MAIL_TLS", tls),
            ("VOUCHSAFE_MAIL_FROM", "Acme <no-reply@acme.test>"),
            ("VOUCHSAFE_MAIL_CA_FILE", ca.as_str()),
            ("VOUCHSAFE_MAIL_TIMEOUT_SECONDS", "2"),
        ];
        if !password.is_empty() {
            settings.extend([("VOUCHSAFE_MAIL_USERNAME", "acme"), ("VOUCHSAFE_MAIL_PASSWORD", password)]);
        }
        let app = TestApp::start_with(&settings).await;
        app.person(ALICE).await;
        app
    }

    fn letter(&self) -> Value {
        self.letters.recv_timeout(Duration::from_secs(10)).expect("a letter")
    }
}

/// Asks for a letter and has it written.
async fn ask(app: &TestApp) {
    recovery::ask(&app.cx(), ALICE, "", &Default::default()).await.expect("no fault").expect("asked");
    assert_eq!(post(app).await, 1);
}

async fn deliver(app: &TestApp) -> usize {
    mail::deliver(&app.app.parts, app.clock.now()).await.expect("the outbox")
}

async fn waiting(app: &TestApp) -> Vec<Waiting> {
    app.app.parts.db.read(|c| outbox::list(c, Letters::Tried, None, 10)).await.expect("the outbox")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_go_out_encrypted_from_the_first_byte_or_after_starttls_and_with_a_login() {
    for tls in ["implicit", "starttls"] {
        let Some(server) = server(tls, "acme", &[]) else { return };
        let app = server.app(tls, PASSWORD).await;
        ask(&app).await;
        assert_eq!(deliver(&app).await, 1, "{tls}: {:?}", waiting(&app).await);
        let letter = server.letter();
        assert_eq!((&letter["to"], &letter["from"]), (&json!([ALICE]), &json!("no-reply@acme.test")));
        assert_eq!((&letter["encrypted"], &letter["login"]), (&json!(true), &json!("acme")), "{tls}");
        let text = letter["text"].as_str().expect("a text");
        for part in
            ["multipart/alternative", "text/plain", "text/html", "Subject: Set a new password", "/recovery/link"]
        {
            assert!(text.contains(part), "{tls} {part}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_login_an_unknown_authority_and_a_server_without_starttls_cost_patience_and_give_nothing_away() {
    let Some(server_with_login) = server("starttls", "acme", &[]) else { return };
    let app = server_with_login.app("starttls", "wrong").await;
    ask(&app).await;
    assert_eq!(deliver(&app).await, 0);
    let troubled = waiting(&app).await;
    assert!(troubled[0].given_up_at.is_none(), "an administrator can mend it: {troubled:?}");

    let Some(plain) = server("none", "", &[]) else { return };
    let app = plain.app("starttls", "").await;
    ask(&app).await;
    assert_eq!(deliver(&app).await, 0, "never in the clear");
    assert!(plain.letters.try_recv().is_err());

    let Some(other) = server("implicit", "", &[]) else { return };
    std::fs::copy(plain.folder.path().join("ca.pem"), other.folder.path().join("ca.pem")).expect("own folder");
    let app = other.app("implicit", "").await;
    ask(&app).await;
    assert_eq!(deliver(&app).await, 0, "another authority's certificate");
    assert!(waiting(&app).await[0].given_up_at.is_none() && other.letters.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r30_a_real_server_that_drops_is_busy_slow_and_then_well_gets_each_letter_once() {
    let Some(server) = server("none", "", &["drop", "451 later", "slow:30", "ok", "550 no such person"]) else {
        return;
    };
    let app = server.app("none", "").await;
    ask(&app).await;
    for (said, pause) in [("", 31), ("later", 61), ("", 121)] {
        assert_eq!(deliver(&app).await, 0);
        let troubled = waiting(&app).await;
        assert!(troubled.len() == 1 && troubled[0].given_up_at.is_none(), "{troubled:?}");
        assert!(troubled[0].last_error.as_deref().is_some_and(|e| e.contains(said)), "{troubled:?}");
        assert_eq!(deliver(&app).await, 0, "not again at once");
        app.pass(Lifetime::from_seconds(pause));
    }
    // The server's process goes on; ours is started anew in between.
    let app = app.restart().await;
    assert_eq!(deliver(&app).await, 1);
    assert_eq!(server.letter()["to"], json!([ALICE]));
    app.pass(Lifetime::from_hours(24));
    ask(&app).await;
    assert_eq!(deliver(&app).await, 0);
    assert!(waiting(&app).await[0].given_up_at.is_some(), "who is not there is not tried again");
    assert!(server.letters.try_recv().is_err(), "no letter came twice");
}
