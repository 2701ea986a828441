//! Owns the program under measurement: which core it runs on, its folder, starting, stopping, registering through its own
//! command line, and what `/proc` says of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;

/// One core for the server, another for the driver and the database.
pub struct Cores {
    pub server: usize,
    pub driver: usize,
}

impl std::fmt::Display for Cores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.server, self.driver)
    }
}

impl Cores {
    /// The first and the last core that this process may use; the pinned process is told by its parent.
    pub fn pick(pinned: bool) -> Result<Self> {
        if pinned {
            let told = std::env::var("BENCH_CORES")?;
            let (server, driver) = told.split_once(' ').ok_or("BENCH_CORES")?;
            return Ok(Self { server: server.parse()?, driver: driver.parse()? });
        }
        let status = std::fs::read_to_string("/proc/self/status")?;
        let list = status.lines().find_map(|l| l.strip_prefix("Cpus_allowed_list:")).ok_or("no Cpus_allowed_list")?;
        let mut cores = list.split([',', '-']).filter_map(|n| n.trim().parse::<usize>().ok());
        let first = cores.next().ok_or("no core")?;
        let last = cores.next_back().unwrap_or(first);
        if first == last {
            eprintln!("only one core may be used: server and driver share it, and the ratios mean little");
        }
        Ok(Self { server: first, driver: last })
    }

    pub fn on_server(&self, program: impl AsRef<Path>) -> Command {
        pinned(self.server, program.as_ref())
    }

    pub fn on_driver(&self, program: impl AsRef<Path>) -> Command {
        pinned(self.driver, program.as_ref())
    }
}

fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

/// Who is registered for the benchmark.
pub struct People {
    pub web_id: String,
    pub web_secret: String,
    pub service_id: String,
    pub service_secret: String,
    pub email: &'static str,
    pub password: &'static str,
}

/// Where the web client's answers would go. Nothing listens there; the driver reads the redirect.
pub const CALLBACK: &str = "https://app.example.test/callback";

pub struct Provider {
    binary: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    address: String,
    server: u16,
    database: String,
    child: Option<Child>,
}

impl Provider {
    /// A provider with an empty folder, not started.
    pub fn new(binary: &Path, cores: &Cores, database: Option<String>) -> Result<Self> {
        // Inside target/: /tmp may live in memory, and the price of a commit is a part of the figures.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let database = database.unwrap_or_else(|| format!("sqlite://{}/vouchsafe.db", folder.path().display()));
        let server = u16::try_from(cores.server)?;
        let address = format!("127.0.0.1:{port}");
        Ok(Self { binary: binary.to_owned(), folder, port, address, server, database, child: None })
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The authority of the issuer.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn issuer(&self) -> String {
        format!("http://{}", self.host())
    }

    pub fn discovery_path(&self) -> String {
        "/.well-known/openid-configuration".into()
    }

    fn command(&self) -> Command {
        let mut command = pinned(usize::from(self.server), &self.binary);
        command.current_dir(self.folder.path()).env("VOUCHSAFE_ISSUER", self.issuer());
        command.env("VOUCHSAFE_LISTEN", self.address()).env("VOUCHSAFE_DATABASE_URL", &self.database);
        command.env("VOUCHSAFE_KEYS_DIR", self.folder.path().join("keys"));
        // Sixteen people who sign in at once from one address are no attack here: the hashing is measured, not the patience.
        command.env("VOUCHSAFE_LIMITS_ACCOUNT_FREE", "100").env("VOUCHSAFE_LIMITS_ADDRESS_FREE", "10000");
        command
    }

    /// Starts it; the time until the discovery document answered 200.
    pub fn start(&mut self) -> Result<Duration> {
        let log = std::fs::File::create(self.folder.path().join("server.log"))?;
        let begun = Instant::now();
        let mut serve = self.command();
        let child = serve.arg("serve").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let child = self.child.insert(child);
        while begun.elapsed() < Duration::from_secs(30) {
            if answers(&self.address) {
                return Ok(begun.elapsed());
            }
            if child.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        let said = std::fs::read_to_string(self.folder.path().join("server.log"))?;
        Err(format!("the server did not become ready; it said:\n{said}").into())
    }

    /// Asks it to end and waits; after 20 s it is killed.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill()?;
        child.wait()?;
        Err("the server did not end within 20 s of SIGTERM".into())
    }

    /// Registers two clients and a person; the server must not be running (a SQLite file belongs to one process).
    pub fn register(&self) -> Result<People> {
        let (email, password) = ("bench@example.test", "correct horse battery staple 42");
        let scope = "openid profile email offline_access";
        let web = self.say(
            &[
                "client",
                "add",
                "--profile",
                "web",
                "--name",
                "Bench",
                "--redirect-uri",
                CALLBACK,
                "--scope",
                scope,
                "--json",
            ],
            "",
        )?;
        let service = self.say(&["client", "add", "--profile", "service", "--name", "Job", "--json"], "")?;
        self.say(
            &["user", "add", "--email", email, "--name", "Bench Mark", "--verified", "--password-stdin", "--json"],
            password,
        )?;
        let word =
            |made: &Value, name: &str| made[name].as_str().map(str::to_owned).ok_or(format!("no {name}: {made}"));
        Ok(People {
            web_id: word(&web, "client_id")?,
            web_secret: word(&web, "client_secret")?,
            service_id: word(&service, "client_id")?,
            service_secret: word(&service, "client_secret")?,
            email,
            password,
        })
    }

    fn say(&self, args: &[&str], input: &str) -> Result<Value> {
        let mut child = self.command().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        writeln!(child.stdin.take().ok_or("no standard input")?, "{input}")?;
        let said = child.wait_with_output()?;
        if !said.status.success() {
            return Err(format!("`vouchsafe {}` ended with {}", args.join(" "), said.status).into());
        }
        Ok(serde_json::from_slice(&said.stdout)?)
    }

    /// A figure of `/proc/PID/status` in MiB: `VmRSS:` now, `VmHWM:` at its most.
    pub fn memory(&self, name: &str) -> Result<f64> {
        let pid = self.child.as_ref().ok_or("not running")?.id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|l| l.strip_prefix(name)).ok_or(format!("no {name}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    pub fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(self.child.as_ref().ok_or("not running")?.id())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// User and system time of a process so far (`proc(5)`: fields 14 and 15, in ticks of 10 ms).
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit_once(')').ok_or("no stat")?.1;
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / 100.0)
}

fn answers(address: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(
            b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        std::io::copy(&mut stream, &mut std::io::sink())?;
        Ok(&status[9..] == b"200")
    };
    ask().unwrap_or(false)
}
