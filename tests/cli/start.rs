//! Arguments, configuration, master key, `migrate`, `config …`, `completions`.

use std::os::unix::fs::PermissionsExt;

use crate::bench::Bench;

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let bench = Bench::new();
    let help = bench.run(&["--help"]);
    for command in [
        "serve",
        "demo",
        "doctor",
        "migrate",
        "client",
        "user",
        "scope",
        "consent",
        "key",
        "session",
        "trace",
        "admin",
        "config",
        "completions",
    ] {
        assert!(help.words().contains(command), "{command}");
    }
    assert!(help.words().contains("Exit codes: 0 done; 1 refused"));
    assert!(bench.run(&["--version"]).words().starts_with("vouchsafe "));
    assert_eq!(bench.run(&[]).code, 2);
    bench.run(&["clinet"]).refused(2, "client");
    assert!(!bench.path("data").exists(), "looking at help makes nothing");
}

#[test]
fn a_wrong_key_in_the_file_is_refused_with_its_place_and_the_right_name() {
    let bench = Bench::new();
    bench.write("vouchsafe.toml", "[server]\nlisten = \"127.0.0.1:8080\"\nisuer = \"https://id.test\"\n");
    for command in [["user", "list"], ["config", "show"]] {
        let run = bench.run(&command);
        run.refused(2, "vouchsafe.toml:3");
        run.refused(2, "server.issuer");
    }
    let check = bench.run(&["config", "check", "--json"]);
    assert_eq!((check.code, check.err.as_str()), (2, ""));
    let found: serde_json::Value = serde_json::from_str(&check.out).unwrap();
    assert_eq!(found["ok"], false);
    assert!(found["findings"][0]["origin"].as_str().unwrap().ends_with("vouchsafe.toml:3"));
    let doctor = bench.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("vouchsafe.toml:3"), "{doctor:?}");
    bench.run(&["user", "list", "--config", "nowhere.toml"]).refused(2, "nowhere.toml");
    assert!(!bench.path("data").exists());
}

#[test]
fn flags_and_environment_go_over_the_file() {
    let bench = Bench::new().with("VOUCHSAFE_LISTEN", "127.0.0.1:9");
    bench.write("own.toml", "[server]\nissuer = \"https://file.test\"\n");
    let rows = bench.json(&["config", "show", "--config", "own.toml", "--set", "tokens.code_seconds=30"]);
    let value = |key: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        format!("{} {}", row["value"].as_str().unwrap(), row["origin"].as_str().unwrap())
    };
    assert_eq!(value("server.issuer"), "\"https://file.test\" own.toml:2");
    assert_eq!(value("server.listen"), "\"127.0.0.1:9\" environment VOUCHSAFE_LISTEN");
    assert_eq!(value("tokens.code_seconds"), "30 flag --set");
    assert!(bench.run(&["config", "show"]).words().contains("server.issuer"));
    bench.run(&["config", "show", "--set", "server.isuer=x"]).refused(2, "did you mean `server.issuer`?");
    bench.run(&["config", "show", "--set", "keys.master_key=x"]).refused(2, "VOUCHSAFE_MASTER_KEY");
    let unknown = Bench::new().with("VOUCHSAFE_ISUER", "https://id.test");
    unknown.run(&["config", "show"]).refused(2, "VOUCHSAFE_ISUER");
    let good = bench.json(&["config", "check", "--config", "own.toml"]);
    assert_eq!((&good["ok"], &good["file"]), (&true.into(), &"own.toml".into()));
}

#[test]
fn secrets_of_the_configuration_are_not_shown() {
    let bench = Bench::new()
        .with("VOUCHSAFE_MASTER_KEY", "c0ffee00d15ea5e5aa55aa55feedface0123456789abcdef1122334455667788")
        .with("VOUCHSAFE_DATABASE_URL", "postgres://app:hunter2hunter2@127.0.0.1:1/x");
    for args in [&["config", "show"][..], &["config", "show", "--json"], &["doctor"], &["user", "list"], &["migrate"]] {
        let run = bench.run(args);
        for secret in ["c0ffee00", "hunter2"] {
            assert!(!run.out.contains(secret) && !run.err.contains(secret), "{run:?}");
        }
    }
    bench.run(&["user", "list"]).refused(3, "PostgreSQL cannot be reached");
}

#[test]
fn a_master_key_that_is_wrong_missing_or_open_stops_everything() {
    let bench = Bench::new();
    bench.web_client("wiki");
    let path = bench.path("keys/master.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(bench.path("data/vouchsafe.db")).unwrap().permissions().mode() & 0o777, 0o600);
    let own = std::fs::read_to_string(&path).unwrap();

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    bench.run(&["client", "list"]).refused(3, "chmod 600");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();

    std::fs::write(&path, "5f0c5d8a3b1e9d7c2a4f6e8b0d1c3a5e7f9b2d4c6e8a0f1b3d5c7e9a1b3f5d7c\n").unwrap();
    bench.run(&["client", "list"]).refused(3, "not the one this database was sealed with");
    let doctor = bench.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("not the one this database was sealed with"), "{doctor:?}");

    std::fs::remove_file(&path).unwrap();
    bench.run(&["client", "list"]).refused(3, "there is no master key");
    assert!(!path.exists(), "none is made in its place");

    std::fs::write(&path, own).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(bench.json(&["client", "list"])[0]["client_id"], "wiki");
}

#[test]
fn migrate_says_what_it_did() {
    let bench = Bench::new();
    let first = bench.json(&["migrate"]);
    assert_eq!((&first["was_empty"], &first["engine"]), (&true.into(), &"SQLite".into()));
    assert!(!first["applied"].as_array().unwrap().is_empty());
    assert_eq!(bench.json(&["migrate"])["applied"], serde_json::json!([]));
    assert!(bench.run(&["migrate"]).words().contains("up to date"));
    assert!(!bench.path("keys").exists(), "no key is made for it");
}

#[test]
fn completions_are_made_for_every_shell() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(bench.run(&["completions", shell]).words().contains("rotate-secret"), "{shell}");
    }
    bench.run(&["completions", "tcsh"]).refused(2, "possible values");
}

#[test]
fn the_same_commands_run_on_postgresql() {
    let Some(cluster) = crate::postgres::shared() else { return };
    let url = cluster.url(&cluster.create_database());
    let bench = Bench::new().with("VOUCHSAFE_DATABASE_URL", &url);
    bench.web_client("wiki");
    bench.person("ada@example.com");
    assert!(bench.json(&["admin", "link"])["url"].is_string());
    assert_eq!(bench.json(&["client", "list"])[0]["client_id"], "wiki");
    assert_eq!(bench.json(&["user", "disable", "ada@example.com"])["email"], "ada@example.com");
    assert_eq!(bench.json(&["client", "rotate-secret", "wiki"])["client_id"], "wiki");
    bench.run(&["client", "remove", "wiki"]).words();
    let doctor = bench.run(&["doctor"]);
    assert!(doctor.words().contains("PostgreSQL") && doctor.out.contains("clock agrees"), "{doctor:?}");
    assert!(!bench.path("data").exists());
}
