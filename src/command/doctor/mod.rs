//! Owns `vouchsafe doctor`.

use super::{Answer, Failure};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};

pub(super) fn run(_loaded: Result<Config, ConfigError>, _clock: Clock) -> Result<Answer, Failure> {
    Ok(Answer::silent())
}
