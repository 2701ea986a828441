//! Owns the section `database`: which database, and how patiently we wait for it. It does not own the connection.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::names::Key;
use super::reader::Reader;
use super::value::{Raw, Setting, quoted, some_text};

pub(super) const KEYS: &[Key] = &[
    Key::new("url", "URL", "Where the data lives: sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME."),
    Key::new(
        "max_connections",
        "connections",
        "The most connections to PostgreSQL that this node opens; readers on SQLite.",
    ),
    Key::new(
        "ca_file",
        "path",
        "PEM file with the certificate authority of the PostgreSQL server, if it is one of your own.",
    ),
    Key::new(
        "acquire_timeout_ms",
        "milliseconds",
        "How long a request waits for a free connection before it is answered with 503.",
    ),
    Key::new(
        "busy_timeout_ms",
        "milliseconds",
        "How long SQLite waits for a lock that another program holds on the file.",
    ),
    Key::new("write_queue", "jobs", "How many writes may wait for SQLite's writer; more are answered with 503."),
];

/// The section `database`.
#[derive(Clone, Debug)]
pub struct Database {
    /// The address; shows no password.
    pub url: DatabaseUrl,
    /// Connections.
    pub max_connections: u32,
    /// PEM file of a certificate authority for PostgreSQL over TLS.
    pub ca_file: Option<PathBuf>,
    /// Milliseconds.
    pub acquire_timeout_ms: u32,
    /// Milliseconds.
    pub busy_timeout_ms: u32,
    /// Waiting jobs.
    pub write_queue: usize,
}

impl Database {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Self {
            url: r.key("url", DatabaseUrl("sqlite://./data/vouchsafe.db".into())),
            max_connections: r.number("max_connections", 16, 1..=1000),
            ca_file: r.key("ca_file", None),
            acquire_timeout_ms: r.number("acquire_timeout_ms", 2000, 10..=60_000),
            busy_timeout_ms: r.number("busy_timeout_ms", 5000, 0..=60_000),
            write_queue: r.number("write_queue", 4096, 1..=1_000_000),
        }
    }

    /// How long to wait for a connection.
    pub fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms.into())
    }

    /// How long SQLite waits for a lock.
    pub fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms.into())
    }
}

/// A database's address. It may hold a password: `Debug` and `Display` leave that out, [`DatabaseUrl::expose`] does not.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The whole address, password included: for the store only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the data is in a SQLite file.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// The address without passwords. A password with odd characters in it must not slip through, so everything up to
    /// the last `@` counts as user and password.
    fn redacted(&self) -> String {
        if self.is_sqlite() {
            return self.0.clone();
        }
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let user = match user.map(|user| user.split_once(':').map_or((user, false), |(name, _)| (name, true))) {
            Some((name, true)) => format!("{name}:***@"),
            Some((name, false)) => format!("{name}@"),
            None => String::new(),
        };
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let hide = |part: &str| match part.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=***"),
            _ => part.to_owned(),
        };
        let query = query.map(|query| format!("?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&")));
        format!("{scheme}://{user}{place}{}", query.unwrap_or_default())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.redacted())
    }
}

impl Setting for DatabaseUrl {
    /// Refusals name the scheme at most: the rest may hold a password.
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = some_text(raw)?.trim();
        let right = "write sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME";
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!("must be a URL: {right}"));
        };
        match scheme {
            "sqlite" if rest == ":memory:" || rest.starts_with('?') || rest.contains("mode=memory") => {
                Err("must name a file; a database in memory would forget everything at each restart".into())
            }
            "sqlite" | "postgres" | "postgresql" if rest.trim_matches('/').is_empty() => {
                Err(format!("ends after its scheme; {right}"))
            }
            "sqlite" | "postgres" | "postgresql" => Ok(Self(text.to_owned())),
            "mysql" | "mariadb" => Err(format!("names {scheme}, which is not supported; {right}")),
            _ => Err(format!("begins with an unknown scheme; {right}")),
        }
    }

    fn show(&self) -> String {
        quoted(&self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DatabaseUrl, String> {
        DatabaseUrl::read(&Raw::Text(text.into()))
    }

    #[test]
    fn passwords_do_not_show_whatever_is_in_them() {
        for (url, shown) in [
            ("postgres://u:geheim@h:5432/db", "postgres://u:***@h:5432/db"),
            ("postgresql://u:ge@/?heim@h/db?sslmode=require", "postgresql://u:***@h/db?sslmode=require"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            (
                "postgres://h/db?user=u&password=geheim&sslPassword=geheim",
                "postgres://h/db?user=u&password=***&sslPassword=***",
            ),
            ("sqlite://./data/a@b.db", "sqlite://./data/a@b.db"),
        ] {
            let url = read(url).unwrap();
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("heim"));
        }
    }

    #[test]
    fn unknown_schemes_and_half_addresses_are_refused_without_showing_them() {
        for bad in
            ["", "u:geheim@h", "mysql://u:geheim@h/db", "geheim://x", "sqlite://", "postgres:///", "sqlite://:memory:"]
        {
            let says = read(bad).unwrap_err();
            assert!(!says.contains("geheim"), "{says}");
        }
    }
}
