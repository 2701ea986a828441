//! Owns `vouchsafe config …`: the configuration in force, and whether it is a good one. It does not own its rules (`config`).

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Answer, Failure};
use crate::config::{Config, ConfigError, Finding};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Shows every key with its value and where it came from; secrets are not shown.
    Show,
    /// Says whether the configuration can be used, and what in it is probably not meant.
    Check,
}

pub(super) fn run(command: &ConfigCommand, loaded: Result<Config, ConfigError>) -> Result<Answer, Failure> {
    match command {
        ConfigCommand::Show => {
            let config = loaded?;
            Ok(Answer::new(config.table(), json!(config.describe())))
        }
        ConfigCommand::Check => Ok(check(loaded)),
    }
}

fn check(loaded: Result<Config, ConfigError>) -> Answer {
    let config = match loaded {
        Ok(config) => config,
        Err(error) => {
            let findings: Vec<Value> = error.findings().iter().map(shown).collect();
            return Answer::new(error.to_string(), json!({ "ok": false, "findings": findings })).with_code(2);
        }
    };
    let file = config.file().map(|path| path.display().to_string());
    let mut words = format!("The configuration is good ({}).", file.as_deref().unwrap_or("without a file"));
    let advice = config.advice();
    for one in &advice {
        words.push_str(&format!("\n{}: {}; {}", one.key, one.what, one.remedy));
    }
    Answer::new(words, json!({ "ok": true, "file": file, "advice": advice }))
}

fn shown(finding: &Finding) -> Value {
    json!({ "origin": finding.origin.to_string(), "key": finding.key, "says": finding.says })
}
