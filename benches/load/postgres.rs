//! Owns a private PostgreSQL cluster on the driver's core: made in a temporary folder, full durability, gone afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::provider::Cores;

pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
    server: Child,
}

impl Cluster {
    pub fn start(cores: &Cores) -> Result<Self> {
        let programs = programs().ok_or("PostgreSQL's server programs are not installed (Debian: postgresql)")?;
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let as_postgres = is_root()?;
        if as_postgres {
            // The server refuses to run as root.
            done(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let initdb = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"];
        done(user(as_postgres, &programs.join("initdb"), None).args(initdb).arg(&data).stdout(Stdio::null()))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = user(as_postgres, &programs.join("postgres"), Some(cores.driver));
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        command.arg("-k").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut cluster = Self { folder, port, server: command.spawn()? };
        cluster.wait_and_create(&programs)?;
        Ok(cluster)
    }

    fn wait_and_create(&mut self, programs: &Path) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            let mut create = Command::new(programs.join("createdb"));
            create.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres", "vouchsafe"]);
            if create.stderr(Stdio::null()).status()?.success() {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                return Err(format!("PostgreSQL ended at once with {status}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("PostgreSQL was not ready after 20 s".into())
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/vouchsafe?sslmode=disable", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The postmaster's own id stands in its file: the child may be `runuser`. SIGINT is its fast shutdown.
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = file.lines().next() {
            let _ = Command::new("kill").args(["-INT", pid]).status();
        }
        let _ = self.server.wait();
    }
}

/// The newest folder of server programs: Debian's, or that of `initdb` on the path.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = debian.filter(|p| p.join("initdb").exists()).collect();
    found.sort();
    found
        .pop()
        .or_else(|| std::env::split_paths(&path).find(|p| p.join("initdb").exists() && p.join("postgres").exists()))
}

fn is_root() -> Result<bool> {
    Ok(Command::new("id").arg("-u").output()?.stdout == b"0\n")
}

/// A command as the user `postgres` (when we are root), on one core (when one is given).
fn user(as_postgres: bool, program: &Path, core: Option<usize>) -> Command {
    let mut words: Vec<std::ffi::OsString> = Vec::new();
    if as_postgres {
        words.extend(["runuser", "-u", "postgres", "--"].map(Into::into));
    }
    if let Some(core) = core {
        words.extend(["taskset".into(), "-c".into(), core.to_string().into()]);
    }
    words.push(program.into());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir("/");
    command
}

fn done(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
