//! Owns the arguments of `vouchsafe serve` and `vouchsafe demo`. It does not own what these do (`serve`, `demo`).

use clap::Args;

/// Settings that are so often given by hand that they have flags of their own.
#[derive(Debug, Args)]
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
    /// `(flag, key, value)`, as `config::Overrides` takes them.
    pub(super) fn overrides(&self) -> [(&'static str, &'static str, Option<String>); 4] {
        [
            ("--listen", "server.listen", self.listen.clone()),
            ("--issuer", "server.issuer", self.issuer.clone()),
            ("--database-url", "database.url", self.database_url.clone()),
            ("--keys-dir", "keys.dir", self.keys_dir.clone()),
        ]
    }
}

/// Arguments of `vouchsafe demo`.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Port of the provider; the demo app takes the next one and the demo API the one after that.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65_533))]
    pub(super) port: u16,
}
