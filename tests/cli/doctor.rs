//! `vouchsafe doctor`, alone and beside a running server.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Bench, PASSWORD, Run};

fn findings(run: &Run) -> Value {
    assert_eq!(run.err, "");
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}"))
}

/// `AREA LEVEL WHAT` of everything found.
fn lines(found: &Value) -> Vec<String> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let all = found["findings"].as_array().unwrap().iter();
    all.map(|f| format!("{} {} {}", text(f, "area"), text(f, "level"), text(f, "what"))).collect()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn an_empty_folder_is_well_and_stays_empty() {
    let bench = Bench::new().with("VOUCHSAFE_LISTEN", &format!("127.0.0.1:{}", free_port()));
    let run = bench.run(&["doctor", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(findings(&run)["ok"], true);
    assert_eq!(std::fs::read_dir(bench.path("")).unwrap().count(), 0, "the doctor makes nothing");
}

#[test]
fn a_database_in_use_is_looked_into() {
    let port = free_port();
    let bench = Bench::new()
        .with("VOUCHSAFE_LISTEN", &format!("127.0.0.1:{port}"))
        .with("VOUCHSAFE_ISSUER", &format!("http://localhost:{port}"));
    bench.feed(PASSWORD, &["user", "add", "--email", "ada@example.com", "--owner", "--password-stdin"]).words();
    let found = lines(&findings(&bench.run(&["doctor", "--json"])));
    for line in [
        "database ok SQLite",
        "database ok its tables",
        "database ok it can be written",
        "master key ok ",
        "administrator ok there is one",
        "signing keys ok EdDSA signs",
        "server ok none is running",
    ] {
        assert!(found.iter().any(|f| f.starts_with(line)), "{line}: {found:#?}");
    }
    assert!(!found.iter().any(|f| f.contains(" problem ")), "{found:#?}");

    // A key damaged in the database is found before a token has to be signed with it.
    bench.write_rows(|c| {
        let mut row = vouchsafe::store::keys::list(c)?.remove(0);
        row.kid = "damaged".to_owned();
        vouchsafe::store::keys::insert(c, &row).map(|_| ())
    });
    let run = bench.run(&["doctor", "--json"]);
    assert_eq!(run.code, 1);
    assert!(
        lines(&findings(&run)).iter().any(|f| f.starts_with("signing keys problem") && f.contains("damaged")),
        "{run:?}"
    );
}

#[test]
fn commands_and_the_doctor_work_beside_a_running_server() {
    let port = free_port();
    let bench = Bench::new()
        .with("VOUCHSAFE_LISTEN", &format!("127.0.0.1:{port}"))
        .with("VOUCHSAFE_ISSUER", &format!("http://localhost:{port}"));
    let _server = bench.start(&["serve"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    let running = loop {
        let found = lines(&findings(&bench.run(&["doctor", "--json"])));
        if found.iter().any(|f| f.contains("publishes the issuer")) {
            break found;
        }
        assert!(Instant::now() < deadline, "the server does not come up: {found:#?}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(running.iter().any(|f| f.starts_with("server ok it runs at")), "{running:#?}");
    bench.web_client("wiki");
    bench.person("ada@example.com");
    assert_eq!(bench.json(&["key", "rotate", "--alg", "ES256"])[0]["made"], "ES256");
    bench.run(&["serve"]).refused(3, "another vouchsafe process uses the database");
    let other = bench.run(&["doctor", "--json", "--set", "server.issuer=http://localhost:1"]);
    assert_eq!(other.code, 1);
    assert!(other.out.contains("the configuration says http://localhost:1"), "{other:?}");
}

#[test]
fn a_stranger_on_our_port_is_told_from_our_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            use std::io::{Read, Write};
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let run = Bench::new().with("VOUCHSAFE_LISTEN", &address).run(&["doctor"]);
    assert!(run.code == 1 && run.out.contains("another program has the port"), "{run:?}");
}

#[test]
fn certificates_are_read_and_their_end_is_seen() {
    let port = free_port();
    let bench = Bench::new()
        .with("VOUCHSAFE_LISTEN", &format!("127.0.0.1:{port}"))
        .with("VOUCHSAFE_ISSUER", "https://id.test")
        .with("VOUCHSAFE_SERVER_TLS_CERTIFICATE", "cert.pem")
        .with("VOUCHSAFE_SERVER_TLS_KEY", "key.pem");
    let tls = |bench: &Bench| -> Vec<String> {
        let found = lines(&findings(&bench.run(&["doctor", "--json"])));
        found.into_iter().filter(|f| f.starts_with("TLS ")).collect()
    };
    assert!(tls(&bench)[0].starts_with("TLS problem cert.pem cannot be used"));
    let pair = rcgen::KeyPair::generate().unwrap();
    let made = |until: (i32, u8, u8)| {
        let mut params = rcgen::CertificateParams::new(vec!["id.test".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&pair).unwrap().pem()
    };
    bench.write("cert.pem", &made((2090, 1, 1)));
    bench.write("key.pem", &pair.serialize_pem());
    let found = tls(&bench);
    assert!(found[0].contains("key.pem has mode 06"), "{found:?}");
    assert!(found[1].starts_with("TLS ok ") && found[1].ends_with("valid until 2090-01-01T00:00:00Z"), "{found:?}");
    bench.write("cert.pem", &made((2021, 2, 3)));
    assert!(tls(&bench)[1].ends_with("has expired at 2021-02-03T00:00:00Z"));
    bench.write("key.pem", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    assert!(tls(&bench)[1].contains("do not fit"));
    bench.write("cert.pem", "nothing");
    assert!(tls(&bench)[1].contains("no certificate"));
}
