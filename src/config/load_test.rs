//! Loading as a whole: layers, refusals and their words.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::reader::Layers;
use super::*;

fn env(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Loads from the text of a file called `vouchsafe.toml`.
fn load(text: &[u8], pairs: &[(&str, &str)], flags: Overrides) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vouchsafe.toml"), text).unwrap();
    let place = format!("{}/", folder.path().display());
    Config::load_beside(folder.path(), None, &env(pairs), flags).map_err(|error| error.to_string().replace(&place, ""))
}

fn refusal(text: &str) -> String {
    load(text.as_bytes(), &[], Overrides::default()).expect_err(text)
}

fn refused_env(pairs: &[(&str, &str)]) -> String {
    load(b"", pairs, Overrides::default()).expect_err("must be refused")
}

#[test]
fn later_layers_win_and_say_where_they_are() {
    let text = b"# a remark\n[server]\nissuer = \"https://file.example\"\nlisten = \"127.0.0.1:1\"\nworkers = 1\n";
    let flags = Overrides::default().flag("--listen", "server.listen", Some("127.0.0.1:3".into())).flag(
        "--issuer",
        "server.issuer",
        None,
    );
    let pairs = [("VOUCHSAFE_LISTEN", "127.0.0.1:2"), ("VOUCHSAFE_SERVER_WORKERS", "2"), ("PATH", "/bin")];
    let config = load(text, &pairs, flags).unwrap();
    assert_eq!(config.server.issuer, "https://file.example");
    assert_eq!(config.server.workers, 2);
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.server.drain_seconds, 30);
    let origin = |key: &str| {
        let row = config.describe().iter().find(|row| row.key == key).unwrap();
        row.origin.to_string().rsplit('/').next().unwrap().to_owned()
    };
    assert_eq!(origin("server.issuer"), "vouchsafe.toml:3");
    assert_eq!(origin("server.workers"), "environment VOUCHSAFE_SERVER_WORKERS");
    assert_eq!(origin("server.listen"), "flag --listen");
    assert_eq!(origin("server.drain_seconds"), "default");
    assert_eq!(config.table().lines().count(), names::all().count());
}

#[test]
fn every_key_has_an_environment_form_that_works() {
    for row in Config::default().describe() {
        let value = match row.key.as_str() {
            "keys.master_key" => "0123456789abcdef0123456789abcdef".to_owned(),
            _ => row.default.replace(['"', '[', ']'], ""),
        };
        for name in [Some(row.environment.as_str()), row.short].into_iter().flatten() {
            let mut pairs = vec![(name, value.as_str())];
            // These two come as a pair, and empty means none.
            pairs.retain(|_| !row.key.starts_with("server.tls_"));
            // So do these, and a password is not what it shows as.
            let value = "a password of a mail server";
            if row.key == "mail.password" {
                pairs = vec![(name, value), ("VOUCHSAFE_MAIL_USERNAME", "vouchsafe")];
            }
            let config = load(b"", &pairs, Overrides::default()).unwrap_or_else(|e| panic!("{name}={value}: {e}"));
            let now = config.describe().iter().find(|other| other.key == row.key).unwrap();
            if !names::find(&row.key).is_some_and(|key| key.secret) {
                assert_eq!(now.value, row.value, "{name}");
            }
        }
    }
}

#[test]
fn sections_read_exactly_the_keys_they_declare() {
    let declared: Vec<_> = names::all().map(|(name, _)| name).collect();
    let mut read: Vec<_> = Config::default().describe().iter().map(|row| row.key.clone()).collect();
    assert_eq!(declared, read);
    read.sort();
    read.dedup();
    assert_eq!(read.len(), declared.len(), "a key is declared twice");
    let mut variables: Vec<_> = declared.iter().map(|name| names::environment_name(name)).collect();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), declared.len(), "two keys share an environment variable");
}

#[test]
fn defaults_obey_their_own_rules() {
    let (config, findings) = Config::assemble(None, &Layers::new());
    assert_eq!(findings, []);
    // Each default also survives the way through its own notation.
    let mut text = String::new();
    for row in config.describe().iter().filter(|row| !names::find(&row.key).is_some_and(|key| key.secret)) {
        text.push_str(&format!("{} = {}\n", row.key, row.default));
    }
    let again = load(text.as_bytes(), &[], Overrides::default()).unwrap();
    for (one, other) in config.describe().iter().zip(again.describe()) {
        assert_eq!(one.value, other.value, "{}", one.key);
    }
    assert_eq!(config.advice(), []);
}

#[test]
fn unknown_keys_name_line_and_nearest_right_name() {
    for (text, words) in [
        ("\n[databse]\nurl = 1\n", "vouchsafe.toml:3: unknown key `databse.url`; did you mean `database.url`?"),
        ("databse.url = 1", "vouchsafe.toml:1: unknown key `databse.url`; did you mean `database.url`?"),
        ("issuer = \"x\"", "vouchsafe.toml:1: unknown key `issuer`; did you mean `server.issuer`?"),
        ("[server]\nurl = \"x\"", "vouchsafe.toml:2: unknown key `server.url`; did you mean `database.url`?"),
        ("[server.tls]\nkey = 1", "vouchsafe.toml:2: unknown key `server.tls.key`; did you mean `server.tls_key`?"),
        ("[server]\nIssuer = \"x\"", "vouchsafe.toml:2: unknown key `server.Issuer`; did you mean `server.issuer`?"),
        (
            "[tokens]\nbanana = 1",
            "vouchsafe.toml:2: unknown key `tokens.banana`; `vouchsafe config show` lists every key",
        ),
        ("[sesions]", "vouchsafe.toml:1: unknown section `sesions`; did you mean `[sessions]`?"),
        (
            "[[server]]\nissuer = \"x\"",
            "vouchsafe.toml:1: `server` is a section: write [server] once, and its keys below it",
        ),
        ("log = \"debug\"", "vouchsafe.toml:1: `log` is a section: write [log] once, and its keys below it"),
    ] {
        assert_eq!(refusal(text), words, "{text}");
    }
    let long = format!("\"{}\" = 1", "k".repeat(5000));
    assert!(refusal(&long).len() < 200);
}

#[test]
fn wrong_types_and_values_say_what_is_right() {
    for (text, words) in [
        ("[server]\nworkers = \"two\"", ":2: `server.workers` must be a whole number without quotes, not text"),
        ("[server]\nworkers = 1.5", "not a number with a fraction"),
        ("[server]\nworkers = -1", "`server.workers` is out of range: -1"),
        ("[server]\nworkers = 99999999999999999999", "not a number beyond 64 bits"),
        ("[server]\nworkers = 5000", "must be from 0 to 1024 threads, not 5000"),
        ("[server]\nissuer = 5", "must be text in quotes, not a number"),
        ("[server]\nissuer = \"\"", "is empty"),
        ("[server]\nlisten = \":8080\"", "must be an address and a port such as 127.0.0.1:8080"),
        ("[server]\ntrusted_proxies = \"10.0.0.1\"", "must be a list such as"),
        ("[server]\ntrusted_proxies = [\"10.0.0.1\", 5]", "one of its items is a number"),
        ("[server]\ntrusted_proxies = [\"10.0.0.5/8\"]", "write 10.0.0.0/8"),
        ("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]", "anybody could invent"),
        ("[server]\ntrusted_proxies = [\"proxy.local\"]", "must list addresses or networks"),
        ("[server]\nforwarded_header = \"x-real-ip\"", "must be `x-forwarded-for` or `forwarded`"),
        ("[server]\ntls_key = \"k.pem\"", ":2: `server.tls_key` needs its counterpart"),
        ("[tokens]\ncode_seconds = 61", "must be from 1 to 60 seconds, not 61"),
        ("[tokens]\nrefresh_absolute_days = 3", ":2: `tokens.refresh_absolute_days` does not fit"),
        ("[keys]\nalgorithms = [\"ES256\"]", "must contain RS256"),
        ("[keys]\nalgorithms = [\"RS256\", \"HS256\"]", "may list RS256, PS256, ES256, EdDSA, not `HS256`"),
        ("[keys]\nalgorithms = [\"RS256\", \"RS256\"]", "names RS256 twice"),
        ("[keys]\nrsa_bits = 1024", "must be 2048, 3072 or 4096, not 1024"),
        ("[keys]\nrotate_every_days = 1", "must be longer than keys.publish_ahead_hours"),
        ("[keys]\npublish_ahead_hours = 1\njwks_max_age_seconds = 7200", "a key would sign before everybody has it"),
        ("[sessions]\nidle_minutes = 6000", ":2: `sessions.idle_minutes` does not fit"),
        (
            "[limits]\nlongest_delay_minutes = 1\naccount_first_delay_seconds = 90",
            ":3: `limits.account_first_delay_seconds` does not fit",
        ),
        ("[passwords]\nmemory_kib = 64", "must be from 7168 to 1048576 KiB"),
        ("[log]\nlevel = \"loud\"", "must be off, error, warn, info, debug, trace or a filter"),
        ("[log]\nformat = true", "must be text in quotes, not true or false"),
        ("[log]\nformat = 2026-01-01", "must be text in quotes, not a date"),
        ("[log]\nformat = {}", "must be text in quotes, not a table"),
    ] {
        let says = refusal(text);
        assert!(says.contains(words), "{text}\n  says {says}");
        assert_eq!(says.lines().count(), 1, "{says}");
    }
}

#[test]
fn everything_wrong_is_said_at_once_and_in_order() {
    let text = b"[server]\nworkers = \"x\"\nlisten = \"nowhere\"\n[databse]\nurl = 1\n";
    let pairs = [("VOUCHSAFE_ISUER", "x"), ("VOUCHSAFE_LOG_FORMAT", "xml"), ("VOUCHSAFE_SERVER_WORKERS", "3")];
    let flags = Overrides::default().assign("--set", "server.isuer=x").assign("--set", "log.level");
    let says = load(text, &pairs, flags).unwrap_err();
    let lines: Vec<_> = says.lines().map(|line| line.split("; ").next().unwrap()).collect();
    assert_eq!(lines.len(), 7, "{says}");
    assert!(
        lines[0].starts_with("vouchsafe.toml:2: `server.workers` must"),
        "an overridden value is judged too: {says}"
    );
    assert!(lines[1].starts_with("vouchsafe.toml:3: `server.listen` must"), "{says}");
    assert_eq!(lines[2], "vouchsafe.toml:5: unknown key `databse.url`");
    assert_eq!(lines[3], "VOUCHSAFE_ISUER: unknown environment variable");
    assert_eq!(lines[4], "VOUCHSAFE_LOG_FORMAT: must be `human` or `json`, not `xml`");
    assert_eq!(lines[5], "--set: `log.level` lacks a value");
    assert_eq!(lines[6], "--set: unknown key `server.isuer`");
}

// Security case R25: a broken file refuses the start, naming key and line.
#[test]
fn r25_broken_toml_names_line_and_column() {
    for (text, place) in [
        ("[server\nworkers = 1", "vouchsafe.toml:1: column 8: not valid TOML"),
        ("[server]\nworkers = \n", "vouchsafe.toml:2: column 1"),
        ("[server]\nissuer = \"https://x", "vouchsafe.toml:2: column 20"),
        (
            "[server]\r\nworkers = 1\r\nworkers = 2\r\n",
            "vouchsafe.toml:3: column 1: not valid TOML: duplicate key `workers`",
        ),
        ("[log]\n[server]\n[log]\n", "vouchsafe.toml:3: column 2: not valid TOML: duplicate key `log`"),
        ("[server]\nissuer = https://x\n", "vouchsafe.toml:2: column 10"),
    ] {
        let says = refusal(text);
        assert!(says.contains(place), "{text}\n  says {says}");
    }
    let says = refusal(&"= = =\n".repeat(500));
    assert_eq!(says.lines().count(), 5, "{says}");
    assert!(says.ends_with("more of the kind)"), "{says}");
}

#[test]
fn r25_a_broken_line_with_a_password_is_not_shown() {
    let says = refusal("[database]\nurl = postgres://u:geheim@h/db\n");
    assert!(!says.contains("geheim"), "{says}");
    let says = refusal("[database]\nurl = \"mysql://u:geheim@h/db\"\n");
    assert!(!says.contains("geheim"), "{says}");
}

#[test]
fn r25_bom_crlf_and_empty_files_are_read() {
    let config = load("\u{feff}[server]\r\nworkers = 7\r\n".as_bytes(), &[], Overrides::default()).unwrap();
    assert_eq!(config.server.workers, 7);
    assert_eq!(
        config.describe().iter().find(|row| row.key == "server.workers").unwrap().origin.to_string().rsplit(':').next(),
        Some("2")
    );
    for empty in ["", "\n", "# nothing\n", "\u{feff}"] {
        load(empty.as_bytes(), &[], Overrides::default()).unwrap();
    }
}

#[test]
fn r25_files_that_cannot_be_read_say_why() {
    let error =
        |path: &Path| Config::load(Some(path.to_owned()), &env(&[]), Overrides::default()).unwrap_err().to_string();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.toml");
    assert!(
        error(&path)
            .ends_with("v.toml: does not exist; create it from docs/vouchsafe.sample.toml or name another file")
    );
    assert!(error(folder.path()).ends_with("is a folder; name the file in it"));
    std::fs::write(&path, b"[server]\nissuer = \"\xff\"\n").unwrap();
    assert!(error(&path).ends_with("v.toml:2: is not UTF-8 from here on; save the file as UTF-8"));
    std::fs::write(&path, vec![b'#'; 2 << 20]).unwrap();
    assert!(error(&path).contains("is larger than 1024 KiB"));
    std::fs::write(&path, b"\0\0\0").unwrap();
    assert!(error(&path).contains("v.toml:1: column 1"), "{}", error(&path));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser may read everything; then there is nothing to see here.
        if std::fs::File::open(&path).is_err() {
            assert!(error(&path).contains("permission denied"));
        }
        let link = folder.path().join("vouchsafe.toml");
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        let error = Config::load_beside(folder.path(), None, &env(&[]), Overrides::default()).unwrap_err();
        assert!(error.to_string().contains("does not exist"));
    }
}

#[test]
fn the_file_is_found_by_flag_then_environment_then_folder() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, workers: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("server.workers = {workers}")).unwrap();
        path
    };
    let workers = |file: Option<PathBuf>, pairs: &[(&str, &str)]| {
        Config::load_beside(folder.path(), file, &env(pairs), Overrides::default()).unwrap().server.workers
    };
    assert_eq!(workers(None, &[]), 0);
    write("vouchsafe.toml", 1);
    let (named, flagged) = (write("named.toml", 2), write("flagged.toml", 3));
    assert_eq!(workers(None, &[]), 1);
    let pairs = [("VOUCHSAFE_CONFIG", named.to_str().unwrap())];
    assert_eq!(workers(None, &pairs), 2);
    assert_eq!(workers(Some(flagged), &pairs), 3);
    assert_eq!(workers(None, &[("VOUCHSAFE_CONFIG", "")]), 1);
}

#[test]
fn unknown_variables_are_refused_with_the_nearest_name() {
    for (name, words) in [
        ("VOUCHSAFE_ISUER", "did you mean `VOUCHSAFE_ISSUER`?"),
        ("VOUCHSAFE_DATABASE_URI", "did you mean `VOUCHSAFE_DATABASE_URL`?"),
        ("VOUCHSAFE_SERVER_PORT", "did you mean"),
        ("VOUCHSAFE_issuer", "did you mean `VOUCHSAFE_ISSUER`?"),
        ("VOUCHSAFE_CONFG", "did you mean `VOUCHSAFE_CONFIG`?"),
        ("VOUCHSAFE_COFFEE_AND_TEA", "no key is called `COFFEE_AND_TEA`"),
        ("VOUCHSAFE_", "unknown environment variable"),
    ] {
        let says = refused_env(&[(name, "x")]);
        assert!(says.starts_with(&format!("{name}: ")) && says.contains(words), "{says}");
    }
}

#[test]
fn variables_that_orchestrators_set_are_not_ours() {
    let pairs = [
        ("VOUCHSAFE_SERVICE_HOST", "10.96.0.7"),
        ("VOUCHSAFE_SERVICE_PORT", "8080"),
        ("VOUCHSAFE_SERVICE_PORT_HTTP", "8080"),
        ("VOUCHSAFE_PORT", "tcp://10.96.0.7:8080"),
        ("VOUCHSAFE_PORT_8080_TCP", "tcp://10.96.0.7:8080"),
        ("VOUCHSAFE_PORT_8080_TCP_PROTO", "tcp"),
        ("VOUCHSAFE_PORT_8080_TCP_PORT", "8080"),
        ("VOUCHSAFE_PORT_8080_TCP_ADDR", "10.96.0.7"),
        ("VOUCHSAFE_DB_SERVICE_HOST", "10.96.0.8"),
        ("VOUCHSAFE_DB_PORT_5432_TCP_ADDR", "10.96.0.8"),
    ];
    load(b"", &pairs, Overrides::default()).unwrap();
    assert!(refused_env(&[("VOUCHSAFE_PORT", "8080")]).contains("unknown environment variable"));
}

#[test]
fn two_names_for_one_key_must_agree() {
    let same = [("VOUCHSAFE_ISSUER", "https://a.example"), ("VOUCHSAFE_SERVER_ISSUER", "https://a.example")];
    load(b"", &same, Overrides::default()).unwrap();
    let says =
        refused_env(&[("VOUCHSAFE_ISSUER", "https://a.example"), ("VOUCHSAFE_SERVER_ISSUER", "https://b.example")]);
    assert_eq!(
        says,
        "VOUCHSAFE_ISSUER: contradicts VOUCHSAFE_SERVER_ISSUER: both set `server.issuer`; keep one of the two"
    );
}

#[test]
fn lists_and_empty_optional_values_work_in_the_environment() {
    let pairs = [
        ("VOUCHSAFE_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, ::1,192.0.2.7"),
        ("VOUCHSAFE_KEYS_ALGORITHMS", "RS256,ES256"),
        ("VOUCHSAFE_DATABASE_CA_FILE", ""),
    ];
    let config = load(b"[database]\nca_file = \"ca.pem\"\n", &pairs, Overrides::default()).unwrap();
    assert_eq!(config.server.trusted_proxies.len(), 3);
    assert_eq!(config.keys.algorithms.len(), 2);
    assert_eq!(config.database.ca_file, None);
}

// Security case P03: the master key by environment only, long enough, and shown nowhere.
#[test]
fn p03_the_master_key_is_refused_in_the_file_and_as_a_flag() {
    let says = refusal("[keys]\nmaster_key = \"geheim geheim geheim geheim geheim\"\n");
    assert_eq!(
        says,
        "vouchsafe.toml:2: `keys.master_key` is a secret and does not belong in a file; \
         set VOUCHSAFE_MASTER_KEY in the environment instead"
    );
    let says = load(b"", &[], Overrides::default().assign("--set", "keys.master_key=geheim")).unwrap_err();
    assert!(says.contains("VOUCHSAFE_MASTER_KEY") && !says.contains("geheim"), "{says}");
    for bad in ["", " ", "geheim"] {
        let says = refused_env(&[("VOUCHSAFE_MASTER_KEY", bad)]);
        assert!(says.starts_with("VOUCHSAFE_MASTER_KEY: is ") && !says.contains("geheim"), "{says}");
    }
    let pairs = [
        ("VOUCHSAFE_MASTER_KEY", "geheim-geheim-geheim-geheim-geheim"),
        ("VOUCHSAFE_DATABASE_URL", "postgres://u:geheim@h/d"),
    ];
    let config = load(b"", &pairs, Overrides::default()).unwrap();
    assert!(config.keys.master_key.is_some());
    let rows = serde_json::to_string(config.describe()).unwrap();
    for shown in [config.table(), format!("{config:?}"), rows] {
        assert!(!shown.contains("geheim"), "{shown}");
    }
}

#[test]
fn odd_but_allowed_values_are_remarked_on() {
    let keys = |pairs: &[(&str, &str)]| {
        let config = load(b"", pairs, Overrides::default()).unwrap();
        config.advice().iter().map(|advice| advice.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&[("VOUCHSAFE_LISTEN", "127.0.0.1:9000")]), ["server.issuer"]);
    assert_eq!(keys(&[("VOUCHSAFE_LISTEN", "127.0.0.1:0")]), [""; 0]);
    assert_eq!(keys(&[("VOUCHSAFE_LISTEN", "0.0.0.0:8080")]), ["server.listen"]);
    assert_eq!(keys(&[("VOUCHSAFE_ISSUER", "https://id.example.com")]), ["server.trusted_proxies"]);
    let proxied = [("VOUCHSAFE_ISSUER", "https://id.example.com"), ("VOUCHSAFE_SERVER_TRUSTED_PROXIES", "10.0.0.1")];
    assert_eq!(keys(&proxied), [""; 0]);
    assert_eq!(keys(&[("VOUCHSAFE_PASSWORDS_MEMORY_KIB", "7168")]), ["passwords.memory_kib"]);
    let config = load(b"database.url = \"postgres://u:p@h/d\"", &[], Overrides::default()).unwrap();
    assert_eq!(config.advice().iter().map(|advice| advice.key).collect::<Vec<_>>(), ["database.url"]);
}
