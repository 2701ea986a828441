//! Owns where a value came from ([`Origin`]) and what is said about a wrong one ([`Finding`], [`ConfigError`]).
//! It does not own the rules: those stand with the section they belong to.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from, in rising order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line of the key, from 1. 0 stands for the file as a whole.
        line: usize,
    },
    /// An environment variable, by its name.
    Environment(String),
    /// A command line flag, by its name.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line: 0 } => write!(f, "{}", path.display()),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One thing that is wrong, where it stands, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where the wrong text stands.
    pub origin: Origin,
    /// The key it is about (`server.issuer`), where there is a known one.
    pub key: Option<String>,
    /// What is wrong and what is right. Never contains a secret value.
    pub says: String,
}

impl Finding {
    pub(super) fn about(origin: Origin, key: &str, says: impl Into<String>) -> Self {
        Self { origin, key: Some(key.to_owned()), says: says.into() }
    }

    pub(super) fn at(origin: Origin, says: impl Into<String>) -> Self {
        Self { origin, key: None, says: says.into() }
    }
}

impl fmt::Display for Finding {
    /// `vouchsafe.toml:12: server.workers must be …`, `VOUCHSAFE_SERVER_WORKERS: must be …`, `--workers: must be …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, &self.key) {
            (Origin::Environment(name) | Origin::Flag(name), _) => write!(f, "{name}: {}", self.says),
            (Origin::Default, Some(key)) => write!(f, "`{key}` {}", self.says),
            (Origin::Default, None) => f.write_str(&self.says),
            (place, Some(key)) => write!(f, "{place}: `{key}` {}", self.says),
            (place, None) => write!(f, "{place}: {}", self.says),
        }
    }
}

/// The configuration is refused. Displays one finding a line, in the order in which they stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    findings: Vec<Finding>,
}

impl ConfigError {
    pub(super) fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort();
        findings.dedup();
        Self { findings }
    }

    /// Everything that is wrong; never empty.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
