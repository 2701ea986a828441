//! Owns `vouchsafe demo`: the provider, a demo app and a demo API on this machine, with data made on the spot. It does not own
//! the app and the API (`demo`).

use clap::Args;

use super::Failure;
use crate::config::Config;

/// Nothing yet.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {}

/// Runs the demo until it is told to stop.
///
/// # Errors
/// A [`Failure`] when it cannot start or breaks.
pub(super) fn run(_args: &DemoArgs, _config: Config) -> Result<(), Failure> {
    Err(Failure::Unavailable("the demo is not wired yet".to_owned()))
}
