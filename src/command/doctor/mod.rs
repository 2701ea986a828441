//! Owns `vouchsafe doctor`: looks at everything that keeps the provider from working well and says what to do about each
//! finding. It changes nothing: what is missing stays missing. The rooms it looks into keep their own rules.

mod certificate;
mod database;
mod keys;
mod machine;
mod network;

use serde::Serialize;
use serde_json::json;

use super::answer::printable;
use super::{Answer, Failure, runtime};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    Warning,
    Problem,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    area: &'static str,
    level: Level,
    what: String,
    /// What to do about it; absent where nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// The findings so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, area: &'static str, what: impl Into<String>) {
        self.0.push(Finding { area, level: Level::Ok, what: what.into(), remedy: None });
    }

    fn warning(&mut self, area: &'static str, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { area, level: Level::Warning, what: what.into(), remedy: Some(remedy.into()) });
    }

    fn problem(&mut self, area: &'static str, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { area, level: Level::Problem, what: what.into(), remedy: Some(remedy.into()) });
    }

    /// An error whose words say themselves what to do.
    fn broken(&mut self, area: &'static str, what: impl std::fmt::Display) {
        self.0.push(Finding { area, level: Level::Problem, what: what.to_string(), remedy: None });
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }

    fn into_answer(self) -> Answer {
        let (problems, warnings) = (self.count(Level::Problem), self.count(Level::Warning));
        let mut words = String::new();
        for finding in &self.0 {
            let what = printable(&finding.what);
            words.push_str(&format!("{:8} {:14} {what}\n", finding.level.word(), finding.area));
            if let Some(remedy) = &finding.remedy {
                words.push_str(&format!("{:24}→ {}\n", "", printable(remedy)));
            }
        }
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        words.push_str(&match (problems, warnings) {
            (0, 0) => "\nEverything is well.".to_owned(),
            _ => format!("\n{}, {}.", plural(problems, "problem"), plural(warnings, "warning")),
        });
        let json = json!({ "ok": problems == 0, "findings": self.0 });
        Answer::new(words, json).with_code(u8::from(problems > 0))
    }
}

pub(super) fn run(loaded: Result<Config, ConfigError>, clock: Clock) -> Result<Answer, Failure> {
    let mut findings = Findings::default();
    match loaded {
        Ok(config) => runtime()?.block_on(examine(&config, &clock, &mut findings)),
        Err(error) => error.findings().iter().for_each(|finding| findings.broken("configuration", finding)),
    }
    Ok(findings.into_answer())
}

async fn examine(config: &Config, clock: &Clock, findings: &mut Findings) {
    configuration(config, findings);
    let now = clock.now();
    machine::year(now, findings);
    if let Some(db) = database::examine(config, now, findings).await {
        let mark = keys::master(config, Some(&db), findings).await;
        if let Some(master) = mark {
            keys::signing(config, &db, &master, now, findings).await;
        }
        database::clocks(&db, clock, findings).await;
        database::owner(&db, findings).await;
        db.close();
    } else {
        keys::master(config, None, findings).await;
    }
    network::tls_files(config, now, findings);
    network::outbound(config, findings);
    network::server(config, findings);
    machine::open_files(config, findings);
}

fn configuration(config: &Config, findings: &mut Findings) {
    const AREA: &str = "configuration";
    match config.file() {
        None => findings.ok(AREA, "without a file: defaults, environment and flags"),
        Some(path) => {
            findings.ok(AREA, format!("{} is good", path.display()));
            machine::file_of_ours(AREA, path, findings);
        }
    }
    for advice in config.advice() {
        findings.warning(AREA, format!("{}: {}", advice.key, advice.what), advice.remedy);
    }
    let issuer = &config.server.issuer;
    match issuer.starts_with("https://") {
        true => findings.ok("issuer", issuer.clone()),
        false => findings.ok("issuer", format!("{issuer} (http: for this machine only)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_makes_the_exit_code_and_a_warning_does_not() {
        let mut findings = Findings::default();
        findings.ok("a", "good");
        findings.warning("b", "odd", "look");
        assert_eq!(findings.count(Level::Warning), 1);
        let answer = format!("{:?}", findings.into_answer());
        assert!(answer.contains("code: 0") && answer.contains("0 problems, 1 warning."), "{answer}");
        let mut findings = Findings::default();
        findings.broken("c", "bad");
        let answer = format!("{:?}", findings.into_answer());
        assert!(answer.contains("code: 1") && answer.contains("1 problem, 0 warnings."), "{answer}");
    }
}
