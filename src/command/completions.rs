//! Owns `vouchsafe completions SHELL`. The script is made from the very arguments the program takes.

use clap::Args;
use clap_complete::Shell;
use serde_json::json;

use super::{Answer, arguments};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell.
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut arguments(), "vouchsafe", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::new(script.clone(), json!({ "shell": args.shell.to_string(), "script": script }))
}
