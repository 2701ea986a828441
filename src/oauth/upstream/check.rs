//! Owns how a test of a provider tells what was checked: each check with what was expected, what came, and what to change; and the
//! checks of an ID token's claims one by one. A sign-in does not ask here: what it believes is `upstream::id_token`'s matter.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::claims::{Person, find, holds};
use super::decide::is_of;
use super::provider::Provider;
use super::quirks::issuer_of_tenant;
use super::{Settled, claims};
use crate::time::{Lifetime, Timestamp};

/// Longest text of a provider that is shown, in characters; and most claims.
const LONGEST: usize = 300;
const MOST: usize = 60;
/// Clocks differ by so much at most.
const LEEWAY: Lifetime = Lifetime::from_seconds(60);

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(title = "ProviderCheckOutcome")]
pub enum Outcome {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed,
    /// Something before it failed.
    NotReached,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(title = "ProviderCheck")]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it must be.
    pub expected: String,
    /// What came, cut to 300 characters.
    pub received: String,
    /// What to change, if it failed.
    pub mend: Option<String>,
}

impl Check {
    /// A check that passed or failed; `mend` says what to change then.
    pub fn of(name: &str, passed: bool, expected: impl AsRef<str>, received: impl AsRef<str>, mend: &str) -> Self {
        Self {
            name: name.to_owned(),
            outcome: if passed { Outcome::Passed } else { Outcome::Failed },
            expected: shown(expected.as_ref()),
            received: shown(received.as_ref()),
            mend: (!passed).then(|| mend.to_owned()),
        }
    }

    /// One that something before it kept from being made.
    pub fn not_reached(name: &str, expected: impl AsRef<str>) -> Self {
        let (name, expected) = (name.to_owned(), shown(expected.as_ref()));
        Self { name, outcome: Outcome::NotReached, expected, received: String::new(), mend: None }
    }

    /// Whether it failed.
    pub fn failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }
}

/// A text of a provider on one line, bounded. Pages escape it.
pub fn shown(text: &str) -> String {
    let mut cut: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST.saturating_add(1)).collect();
    if cut.chars().count() > LONGEST {
        cut = cut.chars().take(LONGEST).chain(['…']).collect();
    }
    cut
}

fn said(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => shown(text),
        Some(other) => shown(&other.to_string()),
    }
}

/// Claims for a page: bounded in number and length.
pub fn listed(claims: &Map<String, Value>) -> Vec<(String, String)> {
    claims.iter().take(MOST).map(|(name, value)| (shown(name), said(Some(value)))).collect()
}

/// The claims of an ID token that must have one value each.
pub fn of_id_token(
    provider: &Provider,
    settled: &Settled,
    nonce: &str,
    now: Timestamp,
    claims: &Map<String, Value>,
) -> Vec<Check> {
    let tid = claims.get("tid").and_then(Value::as_str).unwrap_or_default();
    let issuer = match &settled.issuer_template {
        None => settled.issuer.clone(),
        Some(template) => issuer_of_tenant(template, tid).unwrap_or_else(|| template.clone()),
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let us = &provider.client_id;
    let is_for_us = match claims.get("aud") {
        Some(Value::String(aud)) => aud == us,
        Some(Value::Array(all)) => all.len() == 1 && all.iter().all(|aud| aud.as_str() == Some(us)),
        _ => false,
    };
    let is_live =
        claims.get("exp").and_then(Value::as_f64).is_some_and(|exp| Timestamp::from_seconds(exp as i64) + LEEWAY > now);
    vec![
        Check::of(
            "ID token: iss",
            text("iss") == Some(issuer.as_str()),
            &issuer,
            said(claims.get("iss")),
            "Write the issuer here exactly as the provider's tokens name it.",
        ),
        Check::of(
            "ID token: aud",
            is_for_us,
            us,
            said(claims.get("aud")),
            "The token is for another client: write the client id here as the provider's console shows it.",
        ),
        Check::of(
            "ID token: exp",
            is_live,
            format!("after {}", now.seconds()),
            said(claims.get("exp")),
            "The token had expired when it came: compare the clocks of both servers.",
        ),
        Check::of(
            "ID token: nonce",
            text("nonce") == Some(nonce),
            "the one that was sent",
            if text("nonce") == Some(nonce) { "the same" } else { "another, or none" },
            "The provider must send back the nonce of the request (OpenID Connect Core section 3.1.3.6).",
        ),
    ]
}

/// What this provider's rules ask of the claims.
pub fn of_rules(provider: &Provider, trust_email: bool, claims: &Map<String, Value>, person: &Person) -> Vec<Check> {
    let mut checks = Vec::new();
    for (path, wanted) in &provider.required_claims {
        let value = find(claims, path);
        let passed = value.is_some_and(|value| wanted.iter().any(|wanted| holds(value, wanted)));
        checks.push(Check::of(
            &format!("Required claim {path}"),
            passed,
            wanted.join(" or "),
            said(value),
            "Sign in there as somebody who has the value, or change required_claims. A claim may be missing for want of a scope.",
        ));
    }
    if !provider.email_domains.is_empty() {
        let is_proven = trust_email && person.email_is_verified;
        let is_of_one = person.email.as_ref().is_some_and(|email| is_of(email, &provider.email_domains));
        let address = person.email.as_ref().map_or("no address", |email| email.as_str());
        checks.push(Check::of(
            "Domain of the address",
            is_proven && is_of_one,
            format!("a proven address of {}", provider.email_domains.join(", ")),
            format!("{address}, {}", if is_proven { "proven" } else { "not proven" }),
            "The address must be of one of the domains, email_verified the JSON value true, and trust_email on.",
        ));
    }
    checks
}

/// What the mapping makes of the claims, member by member.
pub fn mapped(person: &Person, trust_email: bool) -> Vec<(String, String)> {
    let profile = &person.profile;
    let proven = match (trust_email, person.email_is_verified) {
        (true, true) => "yes",
        (false, true) => "no: the provider says so, but its word on addresses does not count here",
        (_, false) => "no",
    };
    let texts = [
        ("Subject", Some(person.subject.clone())),
        ("Address", person.email.as_ref().map(|email| email.as_str().to_owned())),
        ("Address is proven", Some(proven.to_owned())),
        ("Name", profile.name.clone()),
        ("Given name", profile.given_name.clone()),
        ("Family name", profile.family_name.clone()),
        ("User name", profile.preferred_username.clone()),
        ("Language", profile.locale.clone()),
        ("Groups", Some(person.groups.join(", ")).filter(|groups| !groups.is_empty())),
        ("Second factor", Some(if person.has_second_factor { "counts as shown" } else { "not shown" }.to_owned())),
    ];
    let row = |(name, text): (&str, Option<String>)| (name.to_owned(), text.unwrap_or_else(|| "none".to_owned()));
    texts.into_iter().map(row).collect()
}

/// Reads the person whatever claims are required, so that a test can show everything at once.
///
/// # Errors
/// A [`claims::ClaimsRefusal`].
pub fn person(
    provider: &Provider,
    settled: &Settled,
    all: &Map<String, Value>,
) -> Result<Person, claims::ClaimsRefusal> {
    let reading = claims::Reading {
        kind: settled.kind,
        table: &settled.claims,
        required: &Default::default(),
        second_factor: &provider.second_factor,
        groups: &provider.groups,
    };
    claims::person(reading, all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::upstream::Preset;

    fn provider() -> Provider {
        let issuer = Some("https://idp.test".to_owned());
        Provider { issuer, ..Provider::of_preset(Preset::Oidc, "idp", "us") }
    }

    fn failing(checks: &[Check]) -> Vec<&str> {
        checks.iter().filter(|check| check.failed()).map(|check| check.name.as_str()).collect()
    }

    #[test]
    fn each_claim_of_an_id_token_fails_by_its_own_name() {
        let (provider, now) = (provider(), Timestamp::from_seconds(1_000));
        let settled = provider.settled().unwrap();
        let good = json!({ "iss": "https://idp.test", "aud": "us", "exp": 1_300, "nonce": "n" });
        for (member, value, name) in [
            ("iss", json!("https://evil.test"), Some("ID token: iss")),
            ("aud", json!("them"), Some("ID token: aud")),
            ("aud", json!(["us"]), None),
            ("aud", json!(["us", "them"]), Some("ID token: aud")),
            ("exp", json!(900), Some("ID token: exp")),
            ("exp", json!(950), None),
            ("exp", json!("1300"), Some("ID token: exp")),
            ("nonce", json!("m"), Some("ID token: nonce")),
        ] {
            let mut claims = good.clone();
            claims[member] = value.clone();
            let checks = of_id_token(&provider, &settled, "n", now, claims.as_object().unwrap());
            assert_eq!(failing(&checks), Vec::from_iter(name), "{member} {value}");
            assert!(checks.iter().all(|check| check.failed() == check.mend.is_some()));
        }
    }

    #[test]
    fn rules_tell_what_they_asked_for_and_the_nonce_is_never_shown() {
        let required_claims = [("hd".to_owned(), vec!["a.test".to_owned()])].into();
        let provider = Provider { required_claims, email_domains: vec!["a.test".to_owned()], ..provider() };
        let settled = provider.settled().unwrap();
        let of = |claims: Value| {
            let claims = claims.as_object().unwrap().clone();
            let person = person(&provider, &settled, &claims).unwrap();
            of_rules(&provider, true, &claims, &person)
        };
        let good = of(json!({ "sub": "1", "hd": "a.test", "email": "x@a.test", "email_verified": true }));
        assert!(failing(&good).is_empty());
        let bad = of(json!({ "sub": "1", "hd": "b.test", "email": "x@a.test", "email_verified": "true" }));
        assert_eq!(failing(&bad), ["Required claim hd", "Domain of the address"]);
        assert_eq!(bad[0].received, "b.test");
        let nonce = of_id_token(&provider, &settled, "n0nce", Timestamp::from_seconds(1), &Map::new());
        assert!(!format!("{nonce:?}").contains("n0nce"));
    }

    #[test]
    fn l13_what_a_provider_says_is_bounded() {
        let long = "x\n".repeat(1_000);
        assert!(shown(&long).chars().count() <= LONGEST + 1 && !shown(&long).contains('\n'));
        let many: Map<String, Value> = (0..1_000).map(|n| (format!("c{n}"), json!([n]))).collect();
        assert_eq!(listed(&many).len(), MOST);
    }
}
