//! Owns `vouchsafe serve`. It does not own the server (`http::server`) nor its parts (`app`).

use clap::Args;

use super::Failure;
use crate::config::Config;

/// Settings that are so often given by hand that they have flags of their own.
#[derive(Debug, Default, Args)]
pub(super) struct ServeArgs {
    /// Address and port to listen on (server.listen).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The address that apps know this provider by (server.issuer).
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Where the data lives (database.url). A password does not belong here, where others can read it.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Folder of master.key (keys.dir).
    #[arg(long, value_name = "FOLDER")]
    keys_dir: Option<String>,
}

impl ServeArgs {
    pub(super) fn overrides(&self) -> [(&'static str, &'static str, Option<String>); 4] {
        [
            ("--listen", "server.listen", self.listen.clone()),
            ("--issuer", "server.issuer", self.issuer.clone()),
            ("--database-url", "database.url", self.database_url.clone()),
            ("--keys-dir", "keys.dir", self.keys_dir.clone()),
        ]
    }
}

/// Runs the provider until it is told to stop. The configuration is checked and the log is in place.
///
/// # Errors
/// A [`Failure`] when it cannot start or breaks.
pub(super) fn run(_config: Config) -> Result<(), Failure> {
    Err(Failure::Unavailable("the server is not wired yet".to_owned()))
}
