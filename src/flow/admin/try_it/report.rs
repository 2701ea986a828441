//! Owns the form of a report: the steps of a run with request, answer and decoded tokens, ready to be kept and shown. It does
//! not own how they come about (`run`) nor how they look (`http`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Flow;
use crate::oauth::diagnosis::{Diagnosis, Failure, Known, diagnose};
use crate::oauth::error::Refusal;
use crate::time::Timestamp;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The client that was tried.
    pub client_id: String,
    /// Which flow.
    pub flow: Flow,
    /// When it ended.
    pub at: Timestamp,
    /// Under this id the trace has the flow's steps and refusals.
    pub correlation_id: String,
    /// Whether the client has a secret that was not tried, because the console does not know it.
    pub stood_in: bool,
    /// Whether what was issued is revoked.
    pub revoked: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Report {
    /// What was refused first, if anything was.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.steps.iter().find_map(|step| step.trouble.as_ref())
    }
}

/// One request and its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it is.
    pub name: String,
    /// What it is for, or why it was left out.
    pub words: String,
    /// The request, as it goes over the wire; nothing if the step was left out.
    pub request: Option<String>,
    /// The answer, with tokens cut short.
    pub answer: Option<String>,
    /// Why it was refused.
    pub trouble: Option<Trouble>,
    /// Tokens in the answer.
    pub tokens: Vec<Token>,
    /// What the answer says of a person or a token, to be explained member by member.
    pub said: Map<String, Value>,
}

/// Why a step was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// `error`.
    pub code: String,
    /// `error_description`.
    pub words: String,
    /// The mistake behind it.
    pub mistake: Option<String>,
    /// What to do about it.
    pub mend: Option<String>,
}

impl Trouble {
    /// From a refusal, whose finding tells the mistake.
    pub fn of(refusal: &Refusal) -> Self {
        let finding = &refusal.finding;
        let failure = Failure { check: finding.check, expected: &finding.expected, received: &finding.received };
        let plain =
            Self { code: refusal.code.as_str().to_owned(), words: refusal.description.to_string(), ..Self::default() };
        plain.diagnosed(diagnose(&failure, &Known::default()))
    }

    /// The same with a diagnosis.
    #[must_use]
    pub fn diagnosed(self, diagnosis: Option<Diagnosis>) -> Self {
        let (mistake, mend) = diagnosis.map(|d| (d.mistake, d.mend)).unzip();
        Self { mistake, mend, ..self }
    }
}

/// A token, decoded. The whole of it stands nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// What it is.
    pub name: String,
    /// Its beginning and its end.
    pub shortened: String,
    /// How long it lives, in seconds.
    pub lives: Option<i64>,
    /// What is in it; nothing for one that is a mere reference.
    pub inside: Option<Inside>,
}

/// What is in a JWT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inside {
    /// Its header.
    pub header: Map<String, Value>,
    /// Its claims.
    pub claims: Map<String, Value>,
    /// Whether signature, type, issuer, audience, lifetime and nonce are as they must be.
    pub is_good: bool,
    /// What was checked, or what is wrong.
    pub checked: String,
}

/// Beginning and end of a text that must not be shown whole.
pub fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count < 30 {
        return "•••".to_owned();
    }
    let (head, tail): (String, String) = (text.chars().take(10).collect(), text.chars().skip(count - 4).collect());
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_shown_whole() {
        let token = format!("vs_rt_{}_abc123", "A".repeat(43));
        assert_eq!(shortened(&token), "vs_rt_AAAA…c123");
        assert_eq!(shortened("short"), "•••");
    }
}
