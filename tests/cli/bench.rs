//! Owns running the program: in a temporary folder of its own, with an empty environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use vouchsafe::store::{Conn, DatabaseSettings, Db, Fault};

pub const PASSWORD: &str = "correct horse battery staple";

/// A folder with a database in it, and what was printed so far.
pub struct Bench {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Bench {
    /// An empty folder; the database is a SQLite file in it.
    pub fn new() -> Self {
        // Cheap hashes: how strong they are is no concern of these tests.
        let env = vec![
            ("VOUCHSAFE_PASSWORDS_MEMORY_KIB".to_owned(), "7168".to_owned()),
            ("VOUCHSAFE_PASSWORDS_ITERATIONS".to_owned(), "1".to_owned()),
        ];
        Self { folder: tempfile::tempdir().unwrap(), env }
    }

    /// For a server at a free port: the bench, the port, the issuer.
    pub fn served() -> (Self, u16, String) {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let issuer = format!("http://localhost:{port}");
        let bench = Self::new().with("VOUCHSAFE_ISSUER", &issuer);
        (bench.with("VOUCHSAFE_LISTEN", &format!("127.0.0.1:{port}")), port, issuer)
    }

    /// Starts the server at this port and waits until it takes requests.
    pub fn serve(&self, port: u16) -> Server {
        let server = self.start(&["serve"]);
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// With one more variable in the environment of every command.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        finished(self.command(args).spawn().unwrap())
    }

    /// Runs with a text on the input stream.
    pub fn feed(&self, input: &str, args: &[&str]) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // A command that refuses its arguments does not read; that is no trouble here.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        finished(child)
    }

    /// Starts a server; the caller stops it.
    pub fn start(&self, args: &[&str]) -> Server {
        Server(self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Runs with `--json` and gives the answer.
    pub fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        self.run(&args).json()
    }

    /// Adds a person of this address with [`PASSWORD`].
    pub fn person(&self, email: &str) -> Value {
        self.feed(PASSWORD, &["user", "add", "--email", email, "--password-stdin", "--json"]).json()
    }

    /// Adds a web client of this id.
    pub fn web_client(&self, id: &str) -> Value {
        let uri = format!("https://{id}.test/cb");
        self.json(&["client", "add", "--profile", "web", "--name", id, "--client-id", id, "--redirect-uri", &uri])
    }

    /// Writes into the database beside the program, as only a server would.
    pub fn write_rows(&self, f: impl FnMut(&mut Conn) -> Result<(), Fault> + Send + 'static) {
        let url = format!("sqlite://{}", self.path("data/vouchsafe.db").display());
        let settings = DatabaseSettings { exclusive: false, ..DatabaseSettings::new(url) };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Db::open(&settings).unwrap();
            db.write(f).await.unwrap();
            db.close();
        });
    }
}

/// A running server; killed when dropped.
pub struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn finished(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// The JSON answer of a command that was done.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        assert_eq!(self.err, "", "nothing else is said");
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// The words of a command that was done.
    #[track_caller]
    pub fn words(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// Checks that nothing was done: this exit code, these words on the error stream, nothing on the output stream.
    #[track_caller]
    pub fn refused(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(words), "{words:?} in {self:?}");
        assert_eq!(self.out, "");
    }
}

/// Everything in the files of a folder, for looking for secrets.
pub fn bytes_of(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

/// Whether the text is somewhere in the bytes.
pub fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
