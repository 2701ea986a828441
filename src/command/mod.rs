//! The command line: reads arguments and environment, opens the house, does one thing and says how it went. It does not own
//! what is done: administrators' operations are `flow::admin`'s, the server's building is `app`'s.

#![expect(clippy::disallowed_methods, reason = "the one room that reads the process's environment")]

mod answer;
mod api;
mod breached;
mod completions;
mod config;
pub mod demo;
mod doctor;
mod door;
mod files;
mod link;
mod migrate;
mod noun;
mod question;
pub mod serve;
mod serve_args;
mod show;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use crate::app::{App, Opener};
use crate::clock::Clock;
use crate::config::{Config, Origin, Overrides};
use crate::telemetry::{self, LogOutput};

pub use answer::{Answer, Failure};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 refused, not found, or the doctor found a problem; 2 wrong arguments or \
                          configuration; 3 database, keys or address not available. Of plan and drift 2 means that there is \
                          a difference and nothing else, wrong arguments are 1.";

/// Vouchsafe, an OpenID Connect provider.
#[derive(Debug, Parser)]
#[command(name = "vouchsafe", version, about = "Vouchsafe, an OpenID Connect provider", after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
struct General {
    /// Configuration file [default: vouchsafe.toml in this folder, if there is one].
    #[arg(long, global = true, value_name = "FILE", display_order = 900)]
    config: Option<PathBuf>,
    /// Sets one key of the configuration over everything else; may be repeated.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE", display_order = 901)]
    set: Vec<String>,
    /// Answers in JSON on the output stream, and writes nothing else there.
    #[arg(long, global = true, display_order = 902)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the provider.
    Serve(serve_args::ServeArgs),
    /// Runs the provider with a demo app and a demo API, all on this machine.
    Demo(serve_args::DemoArgs),
    /// Checks configuration, database, keys, clock, address and TLS, and says what to do about each finding.
    Doctor,
    /// Brings the database up to date; the server does this by itself when it starts.
    Migrate,
    /// Any operation of the administration API, on this machine's database or on a running server.
    Api(api::ApiArgs),
    /// Writes everything that files could own as TOML.
    Export(files::LookArgs),
    /// Shows what applying files would do; exits with 2 when there is a difference.
    Plan(files::FilesArgs),
    /// Makes it as files say, in one transaction.
    Apply(files::ApplyArgs),
    /// Shows what was changed by hand since files were last applied; exits with 2 when there is something.
    Drift(files::LookArgs),
    /// The first administrator.
    #[command(subcommand)]
    Admin(link::AdminCommand),
    /// The configuration in force.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Lists of passwords that were stolen elsewhere, which nobody may choose.
    #[command(subcommand)]
    Breached(breached::BreachedCommand),
    /// Prints completions for a shell.
    Completions(completions::CompletionsArgs),
}

/// Runs the program: arguments in, exit code out.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // What 2 means of these is that there is a difference: a script that waits for it must not take a typing error for one.
    let has_differences = args.iter().any(|arg| arg == "plan" || arg == "drift");
    let wrong = if has_differences { 1 } else { 2 };
    let read = arguments().try_get_matches_from(args);
    let read = read.and_then(|matches| General::from_arg_matches(&matches).map(|general| (matches, general)));
    let (matches, general) = match read {
        Ok(read) => read,
        Err(error) => {
            // Help and version come this way too, with code 0; a closed pipe is no trouble worth telling.
            let _ = error.print();
            return ExitCode::from(if error.exit_code() == 0 { 0 } else { wrong });
        }
    };
    let json = general.json;
    match run(general, &matches) {
        Ok(answer) => answer.print(json),
        Err(failure) => failure.print(wrong),
    }
}

/// All that the program takes: its own commands, and the nouns of administrators.
fn arguments() -> clap::Command {
    noun::augment(Cli::command())
}

fn run(general: General, matches: &ArgMatches) -> Result<Answer, Failure> {
    if let Some(called) = noun::called(matches) {
        return runtime()?.block_on(noun::run(&general, called));
    }
    match Command::from_arg_matches(matches).map_err(|e| Failure::Usage(e.to_string()))? {
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Breached(command) => breached::run(&command),
        Command::Config(command) => config::run(&command, general.load(&[])),
        Command::Doctor => doctor::run(general.load(&[]), Clock::System),
        Command::Serve(args) => {
            let config = ready(general.load(&args.overrides())?, true);
            server_runtime()?.block_on(serve::run(&config))?;
            Ok(Answer::silent())
        }
        Command::Demo(args) => {
            ready(general.load(&[])?, true);
            server_runtime()?.block_on(demo::run(args.port))?;
            Ok(Answer::silent())
        }
        Command::Migrate => migrate::run(&ready(general.load(&[])?, false)),
        Command::Api(args) => runtime()?.block_on(api::run(&general, args)),
        Command::Export(args) => runtime()?.block_on(files::export(&general, args)),
        Command::Plan(args) => runtime()?.block_on(files::plan(&general, args)),
        Command::Apply(args) => runtime()?.block_on(files::apply(&general, args)),
        Command::Drift(args) => runtime()?.block_on(files::drift(&general, args)),
        Command::Admin(command) => {
            let config = ready(general.load(&[])?, false);
            runtime()?.block_on(async {
                let app = App::open(&config, Opener::Command, Clock::System).await?;
                let answer = link::run(&app, command).await;
                app.close().await;
                answer
            })
        }
    }
}

impl General {
    /// Loads the configuration with these flags over everything else: `(flag, key, value)`.
    fn load(&self, flags: &[(&str, &str, Option<String>)]) -> Result<Config, crate::config::ConfigError> {
        let mut overrides = Overrides::default();
        for assignment in &self.set {
            overrides = overrides.assign("--set", assignment);
        }
        for (flag, key, value) in flags {
            overrides = overrides.flag(flag, key, value.clone());
        }
        Config::load(self.config.clone(), &environment(), overrides)
    }
}

/// The process's environment. What is not Unicode cannot be a setting of ours.
fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Who runs the command, for the security log: `command line (alice)`, as far as the environment tells. It proves nothing:
/// whoever may run commands on the database may do everything.
fn at_the_keyboard() -> String {
    let mut names =
        ["SUDO_USER", "LOGNAME", "USER", "USERNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    let name = names.find(|name| (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic()));
    name.map_or_else(|| "command line".to_owned(), |name| format!("command line ({name})"))
}

/// A short command says less than a server, and a refusal it says itself.
const COMMAND_LEVEL: &str = "warn,vouchsafe::flow::trace=error";

/// Puts the log in place. A short command says less than a server, unless the level was set.
fn ready(config: Config, is_server: bool) -> Config {
    let level_is_set = config.describe().iter().any(|row| row.key == "log.level" && row.origin != Origin::Default);
    let level = if is_server || level_is_set { config.log.level.as_str() } else { COMMAND_LEVEL };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    telemetry::install(config.log.format, level, LogOutput::Stderr { colour });
    config
}

/// A runtime for one command.
fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(no_threads)
}

/// A runtime for what goes on: a thread for each core.
fn server_runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().enable_all().build().map_err(no_threads)
}

fn no_threads(error: std::io::Error) -> Failure {
    Failure::Unavailable(format!("the system gives no threads: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        arguments().debug_assert();
    }
}
