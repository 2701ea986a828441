//! Owns the configuration: one struct per section, filled from defaults < `vouchsafe.toml` < environment < flags, checked
//! as a whole, and refused with every finding at once. It does not read the process's environment (the caller hands it
//! in as a map) and it does not act on the values: `app` turns them into the settings of each room.
//!
//! Relative paths are meant from the working directory.

mod advice;
mod console;
mod database;
mod describe;
mod environment;
mod file;
mod finding;
mod keys;
mod limits;
mod log;
mod mail;
mod names;
mod outbound;
mod overrides;
mod passwords;
pub mod proxy;
mod reader;
mod server;
mod sessions;
mod tokens;
mod trace;
mod value;

#[cfg(test)]
mod documents_test;
#[cfg(test)]
mod load_test;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub use advice::Advice;
pub use console::Console;
pub use database::{Database, DatabaseUrl};
pub use describe::Row;
pub use finding::{ConfigError, Finding, Origin};
pub use keys::Keys;
pub use limits::Limits;
pub use log::Log;
pub use mail::{Mail, MailTls};
pub use outbound::Outbound;
pub use overrides::Overrides;
pub use passwords::Passwords;
pub use proxy::ForwardedHeader;
pub use server::Server;
pub use sessions::Sessions;
pub use tokens::Tokens;
pub use trace::Trace;

pub use names::COMMAND_VARIABLES;
use names::Key;
use reader::{Layers, Reader};

/// Every section with its keys, in the order in which they are shown.
const SECTIONS: &[(&str, &[Key])] = &[
    ("server", server::KEYS),
    ("database", database::KEYS),
    ("keys", keys::KEYS),
    ("tokens", tokens::KEYS),
    ("sessions", sessions::KEYS),
    ("console", console::KEYS),
    ("passwords", passwords::KEYS),
    ("limits", limits::KEYS),
    ("mail", mail::KEYS),
    ("outbound", outbound::KEYS),
    ("log", log::KEYS),
    ("trace", trace::KEYS),
];

/// The whole configuration, checked. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses, connections, proxies.
    pub server: Server,
    /// Where the data lives.
    pub database: Database,
    /// Master key and signing keys.
    pub keys: Keys,
    /// Lifetimes of tokens and codes.
    pub tokens: Tokens,
    /// How long a person stays signed in.
    pub sessions: Sessions,
    /// How long an administrator stays signed in to the console.
    pub console: Console,
    /// Hashing and rules of passwords.
    pub passwords: Passwords,
    /// Patience with wrong passwords.
    pub limits: Limits,
    /// The SMTP server.
    pub mail: Mail,
    /// What may be asked over HTTP at addresses that others chose.
    pub outbound: Outbound,
    /// The log's form and detail.
    pub log: Log,
    /// How long `vouchsafe trace` remembers.
    pub trace: Trace,
    file: Option<PathBuf>,
    rows: Vec<Row>,
}

impl Config {
    /// Reads everything and checks it.
    ///
    /// The file is `file` (from a flag), else the one that `VOUCHSAFE_CONFIG` names, else `vouchsafe.toml` in the working
    /// directory if there is one. A file that is named must exist.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong, not only the first thing.
    pub fn load(file: Option<PathBuf>, env: &HashMap<String, String>, flags: Overrides) -> Result<Self, ConfigError> {
        Self::load_beside(Path::new(""), file, env, flags)
    }

    /// [`Config::load`] with the folder in which the unnamed `vouchsafe.toml` is looked for.
    fn load_beside(
        folder: &Path,
        file: Option<PathBuf>,
        env: &HashMap<String, String>,
        flags: Overrides,
    ) -> Result<Self, ConfigError> {
        let (mut layers, mut findings) = (Layers::new(), Vec::new());
        let named = file.or_else(|| env.get(names::FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from));
        let file = named.or_else(|| {
            let unnamed = folder.join(file::DEFAULT_FILE);
            // A link that leads nowhere was meant to be read: it is tried, and refused.
            unnamed.symlink_metadata().is_ok().then_some(unnamed)
        });
        if let Some(path) = &file {
            file::apply(path, &mut layers, &mut findings);
        }
        environment::apply(env, &mut layers, &mut findings);
        flags.apply(&mut layers, &mut findings);
        let (config, more) = Self::assemble(file, &layers);
        findings.extend(more);
        if findings.is_empty() { Ok(config) } else { Err(ConfigError::new(findings)) }
    }

    fn assemble(file: Option<PathBuf>, layers: &Layers) -> (Self, Vec<Finding>) {
        let mut reader = Reader::new(layers);
        let mut config = Self {
            server: Server::read(reader.section("server", server::KEYS)),
            database: Database::read(reader.section("database", database::KEYS)),
            keys: Keys::read(reader.section("keys", keys::KEYS)),
            tokens: Tokens::read(reader.section("tokens", tokens::KEYS)),
            sessions: Sessions::read(reader.section("sessions", sessions::KEYS)),
            console: Console::read(reader.section("console", console::KEYS)),
            passwords: Passwords::read(reader.section("passwords", passwords::KEYS)),
            limits: Limits::read(reader.section("limits", limits::KEYS)),
            mail: Mail::read(reader.section("mail", mail::KEYS)),
            outbound: Outbound::read(reader.section("outbound", outbound::KEYS)),
            log: Log::read(reader.section("log", log::KEYS)),
            trace: Trace::read(reader.section("trace", trace::KEYS)),
            file,
            rows: Vec::new(),
        };
        let (rows, findings) = reader.finish();
        config.rows = rows;
        (config, findings)
    }

    /// The configuration file that was read, if any.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Every key with its value and where it came from; secrets hidden.
    pub fn describe(&self) -> &[Row] {
        &self.rows
    }

    /// [`Config::describe`] as a table for a terminal, a key a line: name, value, origin.
    pub fn table(&self) -> String {
        describe::table(&self.rows)
    }

    /// What is allowed but probably not meant, for `vouchsafe doctor` and the log at the start.
    pub fn advice(&self) -> Vec<Advice> {
        advice::of(self)
    }
}

impl Default for Config {
    /// Every default, without file, environment or flags.
    fn default() -> Self {
        Self::assemble(None, &Layers::new()).0
    }
}
