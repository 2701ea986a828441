//! Group P of the security cases: what the log, the trace and the database file must not contain; a master key that is not
//! the right one; doors beside the front door.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use vouchsafe::app::{App, Opener};
use vouchsafe::clock::Clock;
use vouchsafe::config::{Config, Overrides};
use vouchsafe::flow::admin::setup;
use vouchsafe::oauth::client::ClientAuthMethod;
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::store::Engine;
use vouchsafe::time::Lifetime;

use crate::support::app::BEGIN;
use crate::support::browser::encode;
use crate::support::relying_party::{PASSWORD, VERIFIER};
use crate::support::{Browser, Page, TestApp, Tokens, raw};

const ALICE: &str = "alice@example.com";

/// Collects every secret that an answer hands out.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn add(&mut self, text: impl Into<String>) {
        let text = text.into();
        if text.len() > 10 {
            self.0.insert(text);
        }
    }

    fn of_browser(&mut self, browser: &Browser) {
        for value in browser.cookies.values() {
            value.split('.').for_each(|part| self.add(part));
        }
    }

    fn of_page(&mut self, page: &Page) {
        if page.body.contains("<form") {
            page.hidden().into_iter().for_each(|(_, value)| self.add(value));
        }
        page.param("code").into_iter().for_each(|code| self.add(code));
    }

    fn of_tokens(&mut self, tokens: &Tokens) {
        for token in [&tokens.access, &tokens.refresh, &tokens.id] {
            self.add(token.clone());
            // Neither whole nor as a signature without its head.
            token.rsplit_once('.').into_iter().for_each(|(_, signature)| self.add(signature));
        }
    }

    fn assert_absent_from(&self, text: &str, what: &str) {
        for secret in &self.0 {
            let at = text.find(secret.as_str());
            assert!(
                at.is_none(),
                "{what} contains a secret: …{}…",
                &text[at.unwrap_or(0).saturating_sub(200)..][..300.min(text.len())]
            );
        }
    }
}

#[tokio::test]
async fn p01_no_secret_reaches_the_log_the_trace_or_the_database() {
    // Of the whole process: the server's threads are not ours. Other tests' lines come along and do no harm.
    let capture = crate::support::app::log();
    let app = TestApp::start_on(Engine::Sqlite, &[]).await.expect("SQLite is always there");
    let mut secrets = Secrets::default();
    let web = app.web("c1").await;
    let post = app.client_with("c2", Profile::Web, |row| row.auth_method = ClientAuthMethod::ClientSecretPost).await;
    let spa = app.client_with("p1", Profile::Spa, |_| {}).await;
    app.person(ALICE).await;
    let mistyped = "correct horse batteri-mistyped";
    for secret in [PASSWORD, mistyped, VERIFIER, "wrong-secret-of-somebody"] {
        secrets.add(secret);
    }
    for client in [&web, &post] {
        secrets.add(client.secret.clone().expect("a secret"));
    }
    for client in [&web, &post, &spa] {
        let mut browser = Browser::new(&app);
        let page = browser.open(&app.authorize_url(client, &[])).await;
        secrets.of_page(&page);
        secrets.of_page(&browser.submit(&page, &[("login", ALICE), ("password", mistyped)]).await);
        // A password typed into the wrong field.
        browser.submit(&page, &[("login", PASSWORD), ("password", "x")]).await;
        let page = browser.submit(&page, &[("login", ALICE), ("password", PASSWORD)]).await;
        secrets.of_page(&page);
        secrets.of_browser(&browser);
        let page = if page.has("approve") { browser.submit(&page, &[("decision", "approve")]).await } else { page };
        let code = page.param("code").expect("a code");
        secrets.add(code.clone());
        let first = Tokens::of(&app.redeem(client, &code).await);
        secrets.of_tokens(&first);
        let second = Tokens::of(&app.refresh(client, &first.refresh).await);
        secrets.of_tokens(&second);
        app.userinfo(&second.access).await;
        app.userinfo(&format!("{}x", second.access)).await;
        app.call("/introspect", client, &[("token", &second.access)]).await;
        app.call("/introspect", client, &[("token", &second.refresh)]).await;
        // What people paste into the wrong place.
        app.redeem(client, &second.refresh).await;
        app.refresh(client, &code).await;
        app.refresh(client, &second.access).await;
        app.http
            .get(format!("{}?access_token={}", app.url("/userinfo"), second.access))
            .send()
            .await
            .expect("an answer");
        let query =
            encode(&[("refresh_token", &second.refresh), ("client_secret", client.secret.as_deref().unwrap_or("x"))]);
        app.http.post(format!("{}?{query}", app.url("/token"))).send().await.expect("an answer");
        for (name, value) in [
            ("id_token_hint", &second.access),
            ("id_token_hint", &second.id),
            ("code_challenge_method", &second.refresh),
            ("response_type", &code),
            ("prompt", &second.refresh),
        ] {
            browser.get(&app.authorize_url(client, &[(name, value)])).await;
        }
        app.post(
            "/token",
            &[("grant_type", "refresh_token"), ("client_id", "c1"), ("client_secret", "wrong-secret-of-somebody")],
        )
        .await;
        let basic = app.http.post(app.url("/token")).basic_auth("c1", Some("wrong-secret-of-somebody"));
        basic
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=refresh_token")
            .send()
            .await
            .expect("an answer");
        app.redeem(client, &code).await;
        app.pass(Lifetime::from_minutes(1));
        app.refresh(client, &first.refresh).await;
        app.call("/revoke", client, &[("token", &second.access)]).await;
        app.call("/revoke", client, &[("token", &second.refresh)]).await;
        let out = browser.open(&format!("{}?{}", app.url("/logout"), encode(&[("id_token_hint", &second.id)]))).await;
        secrets.of_page(&out);
        secrets.of_browser(&browser);
    }
    if let Ok(Some(link)) = setup::link(&app.cx()).await {
        secrets.add(link.expose().to_owned());
        let mut browser = Browser::new(&app);
        browser.open(&format!("{}?token={}", app.url("/setup"), link.expose())).await;
    }
    let master = std::fs::read_to_string(app.folder.path().join("keys/master.key")).expect("the key file");
    secrets.add(master.lines().find(|line| !line.starts_with('#')).expect("a key").to_owned());
    assert!(secrets.0.len() > 40, "only {} secrets were seen", secrets.0.len());
    let traced = app
        .lines("SELECT outcome || ' ' || coalesce(expected, '') || ' ' || coalesce(received, '') AS line FROM traces");
    assert!(traced.len() > 20, "{traced:?}");
    let file = app.stop().await;

    let log = capture.text();
    assert!(log.contains("signed in with a password") && log.lines().count() > 100, "the log was captured");
    assert!(!log.contains("panicked"));
    secrets.assert_absent_from(&log, "the log");
    secrets.assert_absent_from(&traced.join("\n"), "the trace");
    for name in ["v.db", "v.db-wal"] {
        let bytes = std::fs::read(file.path().join(name)).unwrap_or_default();
        secrets.assert_absent_from(&String::from_utf8_lossy(&bytes), name);
    }
}

async fn open(folder: &Path, settings: &[(&str, &str)]) -> Result<App, String> {
    let mut env: std::collections::HashMap<String, String> = [
        ("VOUCHSAFE_DATABASE_URL", format!("sqlite://{}/v.db", folder.display())),
        ("VOUCHSAFE_KEYS_DIR", format!("{}/keys", folder.display())),
        ("VOUCHSAFE_KEYS_ALGORITHMS", "RS256,EdDSA".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let config = Config::load(None, &env, Overrides::default()).map_err(|error| error.to_string())?;
    App::open(&config, Opener::Server, Clock::fixed(BEGIN)).await.map_err(|error| error.to_string())
}

/// Everything below a folder: path, mode, content.
fn snapshot(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let mode = entry.metadata().expect("metadata").permissions().mode();
        let name = entry.path().display().to_string();
        found.push((name, mode, std::fs::read(entry.path()).unwrap_or_default()));
    }
    found.sort();
    found
}

#[tokio::test]
async fn p03_r26_a_master_key_that_is_not_right_stops_the_start_and_makes_nothing() {
    let folder = Arc::new(TempDir::new().expect("a folder"));
    let first = open(folder.path(), &[]).await.expect("a first start makes a key");
    let kids = first.parts.keyring.jwks(BEGIN).body.clone();
    first.close().await;
    drop(first);
    let path = folder.path().join("keys/master.key");
    let good = std::fs::read_to_string(&path).expect("the key file");
    assert_eq!(std::fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
    let key = good.lines().find(|line| !line.starts_with('#')).expect("a key").to_owned();
    let other = "9f1c0be2a7d34586f7e1c2d9b8a06354e0f1d2c3b4a596871f2e3d4c5b6a7988";
    let cases: [(&str, Option<&str>, u32); 12] = [
        ("missing", None, 0o600),
        ("empty", Some(""), 0o600),
        ("only a comment", Some("# the key was here\n"), 0o600),
        ("truncated", Some(&key[..40]), 0o600),
        ("one digit less", Some(&key[..63]), 0o600),
        ("not hex", Some("zz1c0be2a7d34586f7e1c2d9b8a06354e0f1d2c3b4a596871f2e3d4c5b6a7988"), 0o600),
        ("another key", Some(other), 0o600),
        ("an example", Some("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), 0o600),
        ("zeros", Some("0000000000000000000000000000000000000000000000000000000000000000"), 0o600),
        ("readable by all", Some(&key), 0o644),
        ("readable by the group", Some(&key), 0o640),
        ("writable by all", Some(&key), 0o602),
    ];
    for (what, text, mode) in cases {
        let _ = std::fs::remove_file(&path);
        if let Some(text) = text {
            std::fs::write(&path, text).expect("own file");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("own file");
        }
        let before = snapshot(&folder.path().join("keys"));
        let refused = open(folder.path(), &[]).await.err().unwrap_or_else(|| panic!("{what}: it started"));
        assert!(refused.contains("key"), "{what}: {refused}");
        assert!(!refused.contains(&key[..16]) && !refused.contains(&other[..16]), "{what}: {refused}");
        assert_eq!(snapshot(&folder.path().join("keys")), before, "{what}: something was made or changed");
    }
    std::fs::write(&path, &good).expect("own file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("own file");
    for secret in ["", "short", "12345678", other, "change-me-change-me-change-me-change-me", &"a".repeat(64)] {
        let refused = open(folder.path(), &[("VOUCHSAFE_MASTER_KEY", secret)]).await;
        // An empty variable is as good as none: then the file counts.
        assert!(refused.is_err() || secret.is_empty(), "started with the secret {secret:?}");
        if let Ok(app) = refused {
            app.close().await;
        }
    }
    let again = open(folder.path(), &[]).await.expect("with its own key it starts");
    assert_eq!(again.parts.keyring.jwks(BEGIN).body, kids, "the same signing keys as before: none was made anew");
    again.close().await;
    drop(again);
    let by_setting = open(folder.path(), &[("VOUCHSAFE_MASTER_KEY", &key)]).await.expect("the same key as a setting");
    by_setting.close().await;
}

#[tokio::test]
async fn r26_a_signing_key_that_was_changed_stops_the_start() {
    let folder = Arc::new(TempDir::new().expect("a folder"));
    let first = open(folder.path(), &[]).await.expect("it starts");
    first.close().await;
    drop(first);
    let sql = |text: &str| {
        use diesel::connection::SimpleConnection;
        crate::support::ground::sqlite(&folder.path().join("v.db")).batch_execute(text).expect("SQL");
    };
    sql("CREATE TABLE kept AS SELECT * FROM signing_keys");
    for damage in [
        "UPDATE signing_keys SET sealed_private = substr(sealed_private, 1, 20) WHERE alg = 'RS256'",
        "UPDATE signing_keys SET sealed_private = x'' WHERE alg = 'RS256'",
        "UPDATE signing_keys SET sealed_private = (SELECT sealed_private FROM kept WHERE alg = 'EdDSA') WHERE alg = 'RS256'",
        "UPDATE signing_keys SET public_jwk = (SELECT public_jwk FROM kept WHERE alg = 'EdDSA') WHERE alg = 'RS256'",
        "UPDATE signing_keys SET kid = 'another' WHERE alg = 'RS256'",
    ] {
        sql(damage);
        // What the refused start before this one had begun lets go of the file a moment later.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let refused = open(folder.path(), &[]).await;
        let words = refused.err().unwrap_or_else(|| panic!("it started after {damage}"));
        assert!(words.contains("key"), "{damage}: {words}");
        sql("DELETE FROM signing_keys; INSERT INTO signing_keys SELECT * FROM kept");
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let again = open(folder.path(), &[]).await.expect("it starts");
    again.close().await;
}

#[tokio::test]
async fn r22_a_second_server_on_one_file_is_turned_away() {
    let app = TestApp::start_on(Engine::Sqlite, &[]).await.expect("SQLite is always there");
    let refused = open(app.folder.path(), &[]).await.err().expect("the second one does not start");
    assert!(refused.contains("another vouchsafe process"), "{refused}");
    let client = app.web("c1").await;
    app.person(ALICE).await;
    app.tokens(&mut Browser::new(&app), &client, ALICE, &[]).await;
    // A command beside the server may come in.
    let beside = App::open(&app.config, Opener::Command, app.clock.clone()).await.expect("a command beside it");
    beside.close().await;
    let folder = app.stop().await;
    open(folder.path(), &[]).await.expect("afterwards the file is free").close().await;
}

#[tokio::test]
async fn p05_probes_and_side_doors_tell_nothing() {
    let app = TestApp::start().await;
    for agent in ["GoogleHC/1.0", "kube-probe/1.29", "ELB-HealthChecker/2.0", "curl", "\u{1}"] {
        for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = raw::get(&app, path, &format!("User-Agent: {agent}\r\nX-Forwarded-For: 127.0.0.1\r\n")).await;
            if answer.status != 400 {
                assert_eq!(answer.status, 200, "{}", answer.text);
                assert!(answer.text.ends_with(&format!("\r\n\r\n{body}")), "{}", answer.text);
            }
        }
        // A probe's name opens nothing that is closed.
        let answer = raw::get(&app, "/userinfo", &format!("User-Agent: {agent}\r\n")).await;
        assert!(matches!(answer.status, 400 | 401), "{agent}: {}", answer.text);
    }
    for path in [
        "/metrics",
        "/debug",
        "/debug/pprof/",
        "/actuator/health",
        "/administrator",
        "/api/admin",
        "/.env",
        "/.git/config",
        "/server-status",
        "/swagger",
        "/console",
        "/healthz/details",
        "/assets/",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/keys/master.key",
        "/v.db",
    ] {
        let answer = raw::get(&app, path, "").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text);
    }
}
