//! Owns a private PostgreSQL cluster for tests: made in a temporary folder, reached over a unix socket and a loopback port,
//! with TLS under a throw-away authority, stopped and removed when the test program ends, however it ends. It does not own
//! any table.
//!
//! To be used from any test program:
//!
//! ```ignore
//! #[path = "support/postgres.rs"]
//! mod postgres;
//!
//! let Some(cluster) = postgres::shared() else { return };  // said why; fails instead when REQUIRE_ALL=1
//! let url = cluster.url(&cluster.create_database());
//! ```
#![allow(dead_code, reason = "each test program uses another part of it")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Runs as long as its standard input is open, which is as long as the test program lives, even if that is killed.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
fail() { cat "$DIR"/*.log >&2 2>/dev/null; echo "$1"; rm -rf "$DIR"; exit 1; }
"$BIN/initdb" -D "$DIR/data" -U tester -E UTF8 --no-locale --no-sync --auth-local=trust \
    --auth-host=scram-sha-256 --pwfile="$DIR/password" >"$DIR/initdb.log" 2>&1 || fail "initdb failed"
"$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/server.log" -w -t 60 -o "$OPTIONS" start >"$DIR/start.log" 2>&1 \
    || fail "the server did not start"
echo ready
read -r _
"$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$DIR"
"#;

/// A running cluster. Its superuser is `tester`.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    password: String,
    databases: AtomicU32,
    bin: PathBuf,
    user: Option<(String, u32, u32)>,
    options: String,
    /// Holds the pipe whose end ends the server.
    keeper: Child,
}

/// The cluster of this test program, started at the first call; `None` if PostgreSQL's server is not installed.
pub fn shared() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start).as_ref()
}

impl Cluster {
    /// Starts a cluster of its own, for tests that stop or restart it.
    ///
    /// # Panics
    /// If the server is installed and does not start, or if it is not installed and `REQUIRE_ALL=1`.
    pub fn start() -> Option<Self> {
        let Some(bin) = server_programs() else {
            assert!(
                std::env::var("REQUIRE_ALL").as_deref() != Ok("1"),
                "REQUIRE_ALL=1, but PostgreSQL's initdb and pg_ctl are neither on PATH nor in /usr/lib/postgresql"
            );
            println!("SKIPPED: PostgreSQL's server programs are not installed (apt-get install postgresql)");
            eprintln!("SKIPPED: PostgreSQL's server programs are not installed (apt-get install postgresql)");
            return None;
        };
        // Between our finding a free port and the server's taking it somebody else may be faster.
        let mut words = String::new();
        for _ in 0..3 {
            match Self::try_start(&bin) {
                Ok(cluster) => return Some(cluster),
                Err(why) => words = why,
            }
        }
        panic!("PostgreSQL is installed in {} but does not start: {words}", bin.display());
    }

    fn try_start(bin: &Path) -> Result<Self, String> {
        // A socket's path must be short, so not wherever TMPDIR points to.
        let folder = tempfile::Builder::new().prefix("vouchsafe-pg-").tempdir_in("/tmp").map_err(|e| e.to_string())?;
        let folder = folder.keep();
        let password = random_word();
        write_private(&folder.join("password"), &password);
        write_certificates(&folder);
        let user = server_user();
        if let Some((_, uid, gid)) = &user {
            let everything = std::fs::read_dir(&folder).expect("own folder").map(|entry| entry.expect("entry").path());
            for path in everything.chain([folder.clone()]) {
                chown(&path, Some(*uid), Some(*gid)).expect("root may chown");
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let dir = folder.display();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={dir} -c fsync=off \
             -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB -c ssl=on \
             -c ssl_cert_file={dir}/server.crt -c ssl_key_file={dir}/server.key -c log_min_messages=warning"
        );
        let mut keeper = as_server_user(&user, "sh")
            .args(["-c", SCRIPT])
            .env("DIR", &folder)
            .env("BIN", bin)
            .env("OPTIONS", &options)
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().expect("piped")).read_line(&mut said).map_err(|e| e.to_string())?;
        if said.trim() != "ready" {
            let mut log = String::new();
            keeper.stderr.take().expect("piped").read_to_string(&mut log).map_err(|e| e.to_string())?;
            return Err(format!("{said}{log}"));
        }
        let bin = bin.to_owned();
        Ok(Self { folder, port, password, databases: AtomicU32::new(0), bin, user, options, keeper })
    }

    /// Stops the server, as `pg_ctl -m` says: `fast` or `immediate`. For a cluster of the test's own only.
    pub fn stop(&self, mode: &str) {
        self.pg_ctl(&["-m", mode, "-w", "stop"]);
    }

    /// Starts the server again after [`Cluster::stop`].
    pub fn resume(&self) {
        let log = self.folder.join("server.log").display().to_string();
        self.pg_ctl(&["-l", &log, "-w", "-t", "60", "-o", &self.options, "start"]);
    }

    fn pg_ctl(&self, args: &[&str]) {
        let program = self.bin.join("pg_ctl").display().to_string();
        let mut command = as_server_user(&self.user, &program);
        command.arg("-D").arg(self.folder.join("data")).args(args).env("LC_ALL", "C").current_dir("/");
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("pg_ctl runs").success(), "pg_ctl {args:?} failed");
    }

    /// A new, empty database; its name.
    pub fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// The URL of a database over the unix socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://tester@{}:{}/{database}", self.folder.display().to_string().replace('/', "%2F"), self.port)
    }

    /// The URL of a database over TCP on `localhost`, for which the certificate is. `sslmode`: disable, prefer or require.
    pub fn tcp_url(&self, database: &str, sslmode: &str) -> String {
        format!("postgres://tester:{}@localhost:{}/{database}?sslmode={sslmode}", self.password, self.port)
    }

    /// The authority that signed the server's certificate.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Another authority, which signed nothing here.
    pub fn wrong_ca_file(&self) -> PathBuf {
        self.folder.join("wrong-ca.pem")
    }

    /// Runs SQL as superuser, past everything under test.
    pub fn execute(&self, database: &str, sql: &str) {
        self.query(database, sql);
    }

    /// Runs SQL as superuser; the rows as text.
    pub fn query(&self, database: &str, sql: &str) -> Vec<Vec<Option<String>>> {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async {
                let (client, connection) =
                    tokio_postgres::connect(&self.url(database), tokio_postgres::NoTls).await.expect("connects");
                tokio::spawn(connection);
                let messages = client.simple_query(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
                let rows = messages.iter().filter_map(|message| match message {
                    tokio_postgres::SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
                    }
                    _ => None,
                });
                rows.collect()
            })
        };
        // The caller may be inside of a runtime.
        std::thread::scope(|scope| scope.spawn(work).join().expect("query"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// The folder with initdb and pg_ctl: the newest version below `/usr/lib/postgresql`, or wherever PATH has them.
fn server_programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).exists());
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).filter(complete).collect();
    let version = |folder: &PathBuf| {
        let name = folder.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
        name.and_then(|n| n.parse::<u32>().ok()).unwrap_or(0)
    };
    installed.sort_by_key(version);
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed.pop().or_else(|| std::env::split_paths(&path).find(complete))
}

/// PostgreSQL refuses to run as root: name, uid and gid of the user who runs it then.
fn server_user() -> Option<(String, u32, u32)> {
    let number = |args: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(args).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    if number(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| Some(((*name).to_owned(), number(&["-u", name])?, number(&["-g", name])?)))
}

/// The program, run by that user. `setpriv` and `runuser` come with util-linux.
fn as_server_user(user: &Option<(String, u32, u32)>, program: &str) -> Command {
    let Some((name, uid, gid)) = user else { return Command::new(program) };
    let exists = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if exists("setpriv") {
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]).arg(program);
        return command;
    }
    let mut command = Command::new("runuser");
    command.args(["-u", name, "--", program]);
    command
}

/// An authority, a certificate of it for localhost, and an authority that has nothing to do with either.
fn write_certificates(folder: &Path) {
    let authority = |name: &str| {
        let key = KeyPair::generate().expect("key");
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        (params.self_signed(&key).expect("signs itself").pem(), Issuer::new(params, key))
    };
    let (ca, issuer) = authority("Throw-away test authority");
    let (wrong, _) = authority("Some other authority");
    let key = KeyPair::generate().expect("key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).expect("params").signed_by(&key, &issuer).expect("signs");
    write_private(&folder.join("ca.pem"), &ca);
    write_private(&folder.join("wrong-ca.pem"), &wrong);
    write_private(&folder.join("server.crt"), &certificate.pem());
    write_private(&folder.join("server.key"), &key.serialize_pem());
}

fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).expect("own folder");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("own file");
}

/// 32 hexadecimal digits.
fn random_word() -> String {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut bytes)).expect("/dev/urandom");
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
