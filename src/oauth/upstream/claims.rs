//! Owns how a provider's claims become a person: by the mapping table, each value bounded and made plain (security case L13).
//! What the provider says of roles, of pictures, or in claims that nobody mapped, goes nowhere. It does not own whether the
//! claims are the provider's (`upstream`), nor what follows (`decide`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::provider::{CountsAsSecondFactor, GroupRule, Kind};
use crate::identity::Email;
use crate::identity::user::Profile;
use crate::time::Timestamp;

/// Longest subject, in characters (OIDC Core section 2 allows 255).
const LONGEST_SUBJECT: usize = 255;
/// Longest text that is taken into a profile, in characters; the rest is cut.
const LONGEST_TEXT: usize = 200;

/// What a provider says of a person, harmless.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// The provider's name for them: the one thing they are known by.
    pub subject: String,
    /// Their address, if it can be one.
    pub email: Option<Email>,
    /// Whether the provider says, as JSON `true`, that the address is theirs.
    pub email_is_verified: bool,
    /// Name and the like.
    pub profile: Profile,
    /// When they last proved to the provider who they are.
    pub auth_time: Option<Timestamp>,
    /// Whether the provider says they proved it with something that counts as a second factor.
    pub has_second_factor: bool,
    /// Groups that the rules give.
    pub groups: Vec<String>,
}

/// Why claims name nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRefusal {
    /// No subject, or an empty one.
    #[error("the claims name no subject")]
    NoSubject,
    /// Not a text (for OAuth 2: not a text or a whole number).
    #[error("the subject is no text")]
    SubjectType,
    /// Too long, or with characters that cannot stand in it.
    #[error("the subject is longer than 255 characters or holds control characters")]
    SubjectForm,
    /// A claim that has to have a certain value has not.
    #[error("a required claim is missing or has another value")]
    Required,
}

/// What the claims are read by.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The protocol.
    pub kind: Kind,
    /// Where each claim is, by our name.
    pub table: &'a BTreeMap<String, String>,
    /// What must be.
    pub required: &'a BTreeMap<String, Vec<String>>,
    /// What counts as a second factor.
    pub second_factor: &'a CountsAsSecondFactor,
    /// Groups.
    pub groups: &'a [GroupRule],
}

/// Reads a person out of claims.
///
/// # Errors
/// A [`ClaimsRefusal`].
pub fn person(reading: Reading<'_>, claims: &Map<String, Value>) -> Result<Person, ClaimsRefusal> {
    let at = |ours: &str| reading.table.get(ours).and_then(|path| find(claims, path));
    let subject = match reading.kind {
        Kind::Oidc => subject(claims.get("sub"), false)?,
        Kind::Oauth2 => subject(at("subject"), true)?,
    };
    for (path, wanted) in reading.required {
        if !find(claims, path).is_some_and(|value| wanted.iter().any(|wanted| holds(value, wanted))) {
            return Err(ClaimsRefusal::Required);
        }
    }
    let email = at("email").and_then(Value::as_str).and_then(|text| Email::parse(text).ok());
    let text = |ours: &str| at(ours).and_then(Value::as_str).and_then(plain);
    let mut groups: Vec<String> = Vec::new();
    for rule in reading.groups {
        let is_in = find(claims, &rule.claim).is_some_and(|value| holds(value, &rule.value));
        if is_in && !groups.contains(&rule.group) {
            groups.push(rule.group.clone());
        }
    }
    groups.sort();
    Ok(Person {
        subject,
        // The text "true", a number, or anything else proves nothing.
        email_is_verified: email.is_some() && at("email_verified") == Some(&Value::Bool(true)),
        email,
        profile: Profile {
            name: text("name"),
            given_name: text("given_name"),
            family_name: text("family_name"),
            preferred_username: text("preferred_username"),
            locale: text("locale").filter(|tag| is_language_tag(tag)),
            ..Profile::default()
        },
        auth_time: claims.get("auth_time").and_then(Value::as_i64).filter(|at| *at > 0).map(Timestamp::from_seconds),
        has_second_factor: has_second_factor(reading.second_factor, claims),
        groups,
    })
}

fn subject(value: Option<&Value>, numbers: bool) -> Result<String, ClaimsRefusal> {
    let text = match value {
        None | Some(Value::Null) => return Err(ClaimsRefusal::NoSubject),
        Some(Value::String(text)) => text.clone(),
        // GitHub and others number people.
        Some(Value::Number(number)) if numbers && (number.is_u64() || number.is_i64()) => number.to_string(),
        Some(_) => return Err(ClaimsRefusal::SubjectType),
    };
    if text.trim().is_empty() {
        return Err(ClaimsRefusal::NoSubject);
    }
    if text.chars().count() > LONGEST_SUBJECT || text.chars().any(char::is_control) {
        return Err(ClaimsRefusal::SubjectForm);
    }
    Ok(text)
}

/// The value at a path: a member of that very name, or dots that lead into objects.
pub fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// Whether a claim is this text, or a list that has it; numbers and booleans by their JSON text.
pub(super) fn holds(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Number(number) => number.to_string().as_str() == wanted,
        Value::Bool(is) => wanted == if *is { "true" } else { "false" },
        Value::Array(all) => all.iter().any(|one| !one.is_array() && holds(one, wanted)),
        Value::Null | Value::Object(_) => false,
    }
}

fn has_second_factor(counts: &CountsAsSecondFactor, claims: &Map<String, Value>) -> bool {
    let is_any = |name: &str, wanted: &[String]| {
        claims.get(name).is_some_and(|value| wanted.iter().any(|wanted| holds(value, wanted)))
    };
    is_any("acr", &counts.acr) || is_any("amr", &counts.amr)
}

/// A text for a profile: on one line, without marks nobody sees or that turn the direction of writing, cut at its bound.
/// `None` if nothing is left. Markup stays text: pages escape it.
pub(super) fn plain(text: &str) -> Option<String> {
    let is_hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{00ad}' | '\u{061c}')
    };
    let cut: String = text.chars().filter(|c| !is_hidden(c)).take(LONGEST_TEXT).collect();
    Some(cut.trim().to_owned()).filter(|text| !text.is_empty())
}

fn is_language_tag(text: &str) -> bool {
    text.len() <= 35 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// GitHub's list of addresses: the primary one, and whether it is proven.
pub fn primary_address(list: &Value) -> Option<(String, bool)> {
    let primary = list.as_array()?.iter().find(|entry| entry["primary"] == Value::Bool(true))?;
    Some((primary["email"].as_str()?.to_owned(), primary["verified"] == Value::Bool(true)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::upstream::{Preset, Provider};

    fn read_by(provider: &Provider, claims: Value) -> Result<Person, ClaimsRefusal> {
        let settled = provider.settled().unwrap();
        let reading = Reading {
            kind: settled.kind,
            table: &settled.claims,
            required: &provider.required_claims,
            second_factor: &provider.second_factor,
            groups: &provider.groups,
        };
        person(reading, claims.as_object().unwrap())
    }

    fn google(claims: Value) -> Result<Person, ClaimsRefusal> {
        read_by(&Provider::of_preset(Preset::Google, "google", "us"), claims)
    }

    #[test]
    fn l13_only_a_text_that_is_there_names_somebody() {
        for (sub, why) in [
            (json!(null), ClaimsRefusal::NoSubject),
            (json!(""), ClaimsRefusal::NoSubject),
            (json!("  "), ClaimsRefusal::NoSubject),
            (json!(17), ClaimsRefusal::SubjectType),
            (json!(["17"]), ClaimsRefusal::SubjectType),
            (json!({"id": 17}), ClaimsRefusal::SubjectType),
            (json!("a\u{0}b"), ClaimsRefusal::SubjectForm),
            (json!("x".repeat(256)), ClaimsRefusal::SubjectForm),
        ] {
            assert_eq!(google(json!({ "sub": sub })), Err(why), "{sub}");
        }
        assert_eq!(google(json!({})), Err(ClaimsRefusal::NoSubject));
        assert_eq!(google(json!({ "sub": "17" })).unwrap().subject, "17");
    }

    #[test]
    fn l13_numbers_name_people_where_the_protocol_has_no_rule() {
        let github = |claims| read_by(&Provider::of_preset(Preset::Github, "github", "us"), claims);
        assert_eq!(github(json!({ "id": 583231, "login": "octocat" })).unwrap().subject, "583231");
        assert_eq!(github(json!({ "id": 1.5 })), Err(ClaimsRefusal::SubjectType));
        assert_eq!(github(json!({ "sub": "1" })), Err(ClaimsRefusal::NoSubject));
    }

    #[test]
    fn l13_hostile_values_become_harmless_texts_or_nothing() {
        let person = google(json!({
            "sub": "1",
            "name": "<script>alert(1)</script>\u{202e}\u{0}",
            "given_name": "x".repeat(1_000_000),
            "family_name": ["a"],
            "preferred_username": "root",
            "picture": "http://169.254.169.254/",
            "profile": "javascript:alert(1)",
            "locale": "de_DE; DROP",
            "roles": ["admin"],
            "role": "owner",
            "groups": ["admins"],
            "email": "a@b@allowed.test",
            "email_verified": true,
        }))
        .unwrap();
        assert_eq!(person.profile.name.as_deref(), Some("<script>alert(1)</script>"));
        assert_eq!(person.profile.given_name.map(|text| text.len()), Some(LONGEST_TEXT));
        assert_eq!((person.profile.family_name, person.profile.locale), (None, None));
        assert_eq!((person.profile.picture, person.profile.profile), (None, None));
        assert_eq!((person.email, person.email_is_verified), (None, false));
        assert!(person.groups.is_empty());
    }

    #[test]
    fn l05_an_address_is_proven_by_json_true_alone() {
        for said in [json!("true"), json!(1), json!("1"), json!(null), json!([true]), json!(false)] {
            let person = google(json!({ "sub": "1", "email": "alice@x.test", "email_verified": said })).unwrap();
            assert!(person.email.is_some() && !person.email_is_verified, "{said}");
        }
        assert!(google(json!({ "sub": "1", "email": "a@x.test", "email_verified": true })).unwrap().email_is_verified);
    }

    #[test]
    fn groups_come_by_rules_and_claims_can_be_required() {
        let rule = |claim: &str, value: &str, group: &str| GroupRule {
            claim: claim.to_owned(),
            value: value.to_owned(),
            group: group.to_owned(),
        };
        let provider = Provider {
            groups: vec![
                rule("realm_access.roles", "dev", "staff"),
                rule("hd", "x.test", "all"),
                rule("hd", "y", "no"),
            ],
            required_claims: BTreeMap::from([("hd".to_owned(), vec!["x.test".to_owned(), "z.test".to_owned()])]),
            ..Provider::of_preset(Preset::Google, "google", "us")
        };
        let claims = json!({ "sub": "1", "hd": "x.test", "realm_access": { "roles": ["ops", "dev"] } });
        assert_eq!(read_by(&provider, claims).unwrap().groups, ["all", "staff"]);
        assert_eq!(read_by(&provider, json!({ "sub": "1" })), Err(ClaimsRefusal::Required));
        assert_eq!(read_by(&provider, json!({ "sub": "1", "hd": "evil.test" })), Err(ClaimsRefusal::Required));
    }

    #[test]
    fn k12_a_second_factor_counts_only_where_the_policy_says_so() {
        let counts = CountsAsSecondFactor { acr: vec!["phr".to_owned()], amr: vec!["mfa".to_owned()] };
        let provider = Provider { second_factor: counts, ..Provider::of_preset(Preset::Google, "google", "us") };
        let has = |claims| read_by(&provider, claims).unwrap().has_second_factor;
        assert!(has(json!({ "sub": "1", "amr": ["pwd", "mfa"] })) && has(json!({ "sub": "1", "acr": "phr" })));
        assert!(!has(json!({ "sub": "1", "amr": ["pwd"] })) && !has(json!({ "sub": "1", "acr": "mfa" })));
        assert!(!google(json!({ "sub": "1", "amr": ["mfa"] })).unwrap().has_second_factor);
    }

    #[test]
    fn githubs_address_is_the_primary_one_and_only_proven_if_it_says_so() {
        let list = |primary, verified| {
            json!([
                { "email": "noise@x.test", "primary": false, "verified": true },
                { "email": "octo@x.test", "primary": primary, "verified": verified },
            ])
        };
        assert_eq!(primary_address(&list(json!(true), json!(true))), Some(("octo@x.test".to_owned(), true)));
        assert_eq!(primary_address(&list(json!(true), json!("true"))), Some(("octo@x.test".to_owned(), false)));
        assert_eq!(primary_address(&list(json!(false), json!(true))), None);
        assert_eq!(primary_address(&json!({ "message": "Not Found" })), None);
    }
}
