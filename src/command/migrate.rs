//! Owns `vouchsafe migrate`: brings the tables up to date and says what was done. It does not own the steps (`store`).

use serde_json::json;

use super::{Answer, Failure};
use crate::app::{Opener, database_settings};
use crate::config::Config;
use crate::store::Db;

pub(super) fn run(config: &Config) -> Result<Answer, Failure> {
    let db = Db::open(&database_settings(config, Opener::Command))?;
    let report = db.migrate()?;
    db.close();
    let words = match report.applied.as_slice() {
        [] => format!("The {} database is up to date.", db.engine().as_str()),
        steps => format!("The {} database was brought up to date: {}.", db.engine().as_str(), steps.join(", ")),
    };
    let json = json!({ "engine": db.engine().as_str(), "was_empty": report.fresh, "applied": report.applied });
    Ok(Answer::new(words, json))
}
