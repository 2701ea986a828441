//! Owns claim mapping: rules on a scope or a client that put a claim of an administrator's choice into tokens and userinfo. It
//! does not own the claims of the standards (`claims`, `token`), which no rule can change (security case L13).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::User;
use crate::oauth::claims;
use crate::oauth::client_policy::ClientPolicy;
use crate::oauth::scope::{Scope, ScopeSet};

/// Most rules of one scope or one client.
const MAX_RULES: usize = 50;
/// Most bytes of a constant, as JSON: tokens travel in headers.
const MAX_CONSTANT: usize = 1_000;

/// A rule: a claim, where its value comes from, and what it goes into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name of the claim: 1 to 100 letters, digits and `_ - . : /`. Claims of the protocol (`iss`, `sub`, `scope` …) cannot be
    /// made.
    pub claim: String,
    /// Where the value comes from. A value that a person does not have leaves the claim out.
    pub from: MappingSource,
    /// What the claim goes into; at least one.
    pub into: Vec<MappingTarget>,
}

/// Where the value of a mapped claim comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MappingSource {
    /// A custom attribute of the person, by its name.
    Attribute(String),
    /// A claim of the standards about the person, by its name: `given_name`, `email`, `locale` …
    Profile(String),
    /// The person's groups, as a list of names.
    Groups {
        /// Only groups whose names begin so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<String>,
    },
    /// The name of the person's role in the administration.
    Role,
    /// Always the same: a text, a number, true or false, or a list of texts.
    Constant(Value),
}

/// What a mapped claim goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MappingTarget {
    /// The ID token.
    IdToken,
    /// The answer of the userinfo endpoint.
    Userinfo,
    /// The access token.
    AccessToken,
}

/// Claims that mean something to the protocol: an app or an API that reads them trusts that we made them.
const RESERVED: [&str; 37] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
    "client_id",
    "scope",
    "scp",
    "gid",
    "cnf",
    "act",
    "may_act",
    "events",
    "toe",
    "txn",
    "active",
    "token_type",
    "token_introspection",
    "authorization_details",
    "sub_jwk",
    "_claim_names",
    "_claim_sources",
    "updated_at",
    "htm",
    "htu",
    "ath",
];

/// Claims that apps take for proof that somebody owns an address or a number. They come from the account only.
const PROOFS: [&str; 4] = ["email", "email_verified", "phone_number", "phone_number_verified"];

/// Why a rule is refused. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingRefusal {
    /// Not a name.
    #[error("{0:?} cannot be a claim: use 1 to 100 letters, digits and _ - . : /")]
    Claim(String),
    /// Ours.
    #[error("the claim {0} belongs to the protocol and cannot be mapped: choose another name")]
    Reserved(String),
    /// Would let an administrator pose as anybody at an app.
    #[error(
        "the claim {0} proves something about the person and can only come from the profile claim of the same name"
    )]
    Proof(String),
    /// No such field.
    #[error("there is no profile claim {0:?}; there are: {known}", known = fields().join(", "))]
    Field(String),
    /// Not an attribute's name.
    #[error("{0:?} cannot be the name of an attribute")]
    Attribute(String),
    /// Null, objects, nested lists, or too long.
    #[error("a constant is a text, a number, true or false, or a list of texts, in at most {MAX_CONSTANT} bytes")]
    Constant,
    /// Without effect.
    #[error("say what the claim {0} goes into: id_token, userinfo or access_token")]
    Nowhere(String),
    /// One claim, two values.
    #[error("the claim {0} is mapped twice")]
    Twice(String),
    /// Without measure.
    #[error("there are more than {MAX_RULES} rules")]
    TooMany,
}

/// The claims of the standards about a person that a rule may read.
fn fields() -> Vec<&'static str> {
    let own = ["groups", "updated_at"];
    claims::PROFILE.iter().chain(&PROOFS).copied().filter(|name| !own.contains(name)).chain(["address"]).collect()
}

/// Judges the rules of a scope or of a client.
///
/// # Errors
/// A [`MappingRefusal`] about the first rule that is no good.
pub fn judge(rules: &[Mapping]) -> Result<(), MappingRefusal> {
    if rules.len() > MAX_RULES {
        return Err(MappingRefusal::TooMany);
    }
    for (at, rule) in rules.iter().enumerate() {
        judge_one(rule)?;
        if rules[..at].iter().any(|other| other.claim == rule.claim) {
            return Err(MappingRefusal::Twice(rule.claim.clone()));
        }
    }
    Ok(())
}

fn judge_one(rule: &Mapping) -> Result<(), MappingRefusal> {
    let claim = &rule.claim;
    let is_name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b':' | b'/');
    if claim.is_empty() || claim.len() > 100 || !claim.bytes().all(is_name) {
        return Err(MappingRefusal::Claim(claim.chars().take(100).collect()));
    }
    if RESERVED.contains(&claim.as_str()) {
        return Err(MappingRefusal::Reserved(claim.clone()));
    }
    if PROOFS.contains(&claim.as_str()) && rule.from != MappingSource::Profile(claim.clone()) {
        return Err(MappingRefusal::Proof(claim.clone()));
    }
    match &rule.from {
        MappingSource::Profile(field) if !fields().contains(&field.as_str()) => {
            return Err(MappingRefusal::Field(field.clone()));
        }
        MappingSource::Attribute(name) if name.is_empty() || name.len() > 100 || name.contains('\0') => {
            return Err(MappingRefusal::Attribute(name.chars().take(100).collect()));
        }
        MappingSource::Constant(value) if !is_constant(value) => return Err(MappingRefusal::Constant),
        _ => {}
    }
    if rule.into.is_empty() { Err(MappingRefusal::Nowhere(claim.clone())) } else { Ok(()) }
}

fn is_constant(value: &Value) -> bool {
    let is_plain = match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => true,
        Value::Array(items) => items.iter().all(Value::is_string),
        Value::Null | Value::Object(_) => false,
    };
    let text = value.to_string();
    is_plain && text.len() <= MAX_CONSTANT && !text.contains("\\u0000")
}

/// Whom a rule reads from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The person; `None` when a client acts for itself.
    pub user: Option<&'a User>,
    /// Their custom attributes.
    pub attributes: &'a BTreeMap<String, Value>,
}

/// Whose rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A scope's.
    Scope(&'a str),
    /// The client's.
    Client,
}

/// The rules in force, in the order in which they are applied: those of the granted scopes, then the client's own.
pub fn in_force<'a>(
    policy: &'a ClientPolicy,
    scope: &'a ScopeSet,
    defined: &'a [Scope],
) -> impl Iterator<Item = (Owner<'a>, &'a Mapping)> {
    let granted = defined.iter().filter(|s| scope.contains(&s.name));
    let of_scopes = granted.flat_map(|s| s.mappings.iter().map(|rule| (Owner::Scope(&s.name), rule)));
    of_scopes.chain(policy.mappings.iter().map(|rule| (Owner::Client, rule)))
}

/// Whether any rule puts something into this.
pub fn any_into(policy: &ClientPolicy, scope: &ScopeSet, defined: &[Scope], target: MappingTarget) -> bool {
    in_force(policy, scope, defined).any(|(_, rule)| rule.into.contains(&target))
}

/// The mapped claims for one target. A rule that comes later wins.
pub fn claims_for<'a>(
    rules: impl IntoIterator<Item = (Owner<'a>, &'a Mapping)>,
    target: MappingTarget,
    subject: Subject<'_>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    for (_, rule) in rules {
        if rule.into.contains(&target)
            && let Some(value) = value_of(&rule.from, subject)
        {
            claims.insert(rule.claim.clone(), value);
        }
    }
    claims
}

fn value_of(source: &MappingSource, subject: Subject<'_>) -> Option<Value> {
    match source {
        MappingSource::Constant(value) => Some(value.clone()),
        MappingSource::Attribute(name) => {
            subject.user?;
            subject.attributes.get(name).filter(|value| !value.is_null()).cloned()
        }
        MappingSource::Profile(field) => claims::value_of(subject.user?, field),
        MappingSource::Role => Some(subject.user?.role.as_str().into()),
        MappingSource::Groups { prefix } => {
            let prefix = prefix.as_deref().unwrap_or_default();
            let groups: Vec<&String> = subject.user?.groups.iter().filter(|name| name.starts_with(prefix)).collect();
            Some(serde_json::json!(groups))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::fixtures::{ISSUER, authorization, user, web};
    use crate::oauth::token;
    use serde_json::json;

    fn rule(claim: &str, from: MappingSource) -> Mapping {
        Mapping { claim: claim.to_owned(), from, into: vec![MappingTarget::IdToken] }
    }

    fn constant(claim: &str) -> Mapping {
        rule(claim, MappingSource::Constant("x".into()))
    }

    #[test]
    fn l13_n03_claims_of_the_protocol_cannot_be_mapped() {
        for claim in RESERVED {
            assert_eq!(judge(&[constant(claim)]), Err(MappingRefusal::Reserved(claim.to_owned())));
        }
        for claim in PROOFS {
            assert_eq!(judge(&[constant(claim)]), Err(MappingRefusal::Proof(claim.to_owned())));
            assert_eq!(judge(&[rule(claim, MappingSource::Profile(claim.to_owned()))]), Ok(()));
        }
        let other = rule("email", MappingSource::Profile("name".to_owned()));
        assert_eq!(judge(&[other]), Err(MappingRefusal::Proof("email".to_owned())));
    }

    #[test]
    fn every_claim_that_we_mint_is_reserved() {
        let client = web("c1");
        let minting = token::Minting {
            issuer: ISSUER,
            client: &client,
            now: client.created_at,
            grant_ends: None,
            access_token_lifetime: client.policy.access_token_lifetime,
        };
        let a = authorization("c1", &["openid"]);
        let access = token::access_token(&minting, &a, &["x".to_owned()], "j", Some("g"));
        let id = token::id_token(&minting, &a, "h", Map::new());
        for claim in access.keys().chain(id.keys()) {
            assert!(RESERVED.contains(&claim.as_str()), "{claim}");
        }
    }

    #[test]
    fn rules_are_judged_in_every_part() {
        use MappingRefusal as R;
        let good = [constant("https://app.test/tier"), rule("dept", MappingSource::Attribute("department".to_owned()))];
        assert_eq!(judge(&good), Ok(()));
        for odd in ["", "a b", "ä", "a\"b", &"a".repeat(101)] {
            assert!(matches!(judge(&[constant(odd)]), Err(R::Claim(_))), "{odd}");
        }
        for value in [Value::Null, json!({"a": 1}), json!([1]), json!([["a"]]), json!("x".repeat(1_001)), json!("a\0")]
        {
            assert_eq!(judge(&[rule("c", MappingSource::Constant(value.clone()))]), Err(R::Constant), "{value}");
        }
        for value in [json!(1), json!(true), json!("a"), json!(["a", "b"])] {
            assert_eq!(judge(&[rule("c", MappingSource::Constant(value))]), Ok(()));
        }
        assert!(matches!(judge(&[rule("c", MappingSource::Profile("password".to_owned()))]), Err(R::Field(_))));
        assert!(matches!(judge(&[rule("c", MappingSource::Attribute(String::new()))]), Err(R::Attribute(_))));
        let nowhere = Mapping { into: Vec::new(), ..constant("c") };
        assert_eq!(judge(&[nowhere]), Err(R::Nowhere("c".to_owned())));
        assert_eq!(judge(&[constant("c"), constant("c")]), Err(R::Twice("c".to_owned())));
        let many: Vec<_> = (0..=MAX_RULES).map(|n| constant(&format!("c{n}"))).collect();
        assert_eq!(judge(&many), Err(R::TooMany));
    }

    #[test]
    fn scopes_come_first_the_client_wins_and_only_granted_scopes_count() {
        let mut client = web("c1");
        client.policy.mappings = vec![rule("tier", MappingSource::Constant("client".into()))];
        let scope = |name: &str, mappings| Scope { name: name.to_owned(), mappings, ..Scope::default() };
        let defined = [
            scope("a", vec![constant("tier"), rule("teams", MappingSource::Groups { prefix: Some("t-".to_owned()) })]),
            scope("b", vec![constant("never")]),
        ];
        let mut alice = user("alice");
        alice.groups = vec!["staff".to_owned(), "t-red".to_owned()];
        let attributes = BTreeMap::from([("gone".to_owned(), Value::Null)]);
        let subject = Subject { user: Some(&alice), attributes: &attributes };
        let granted = ScopeSet::of(["openid", "a"]);
        let claims = claims_for(in_force(&client.policy, &granted, &defined), MappingTarget::IdToken, subject);
        assert_eq!(Value::Object(claims), json!({"tier": "client", "teams": ["t-red"]}));
        assert!(!any_into(&client.policy, &granted, &defined, MappingTarget::Userinfo));
        client.policy.mappings = vec![
            rule("dept", MappingSource::Attribute("gone".to_owned())),
            rule("who", MappingSource::Role),
            rule("mail", MappingSource::Profile("email".to_owned())),
        ];
        let none = ScopeSet::default();
        let claims = claims_for(in_force(&client.policy, &none, &[]), MappingTarget::IdToken, subject);
        assert_eq!(Value::Object(claims), json!({"who": "person", "mail": "alice@example.com"}));
        let nobody = Subject { user: None, ..subject };
        assert!(claims_for(in_force(&client.policy, &none, &[]), MappingTarget::IdToken, nobody).is_empty());
    }

    #[test]
    fn a_rule_is_written_in_few_words() {
        let rule: Mapping = serde_json::from_value(json!({
            "claim": "department", "from": { "attribute": "department" }, "into": ["id_token", "userinfo"]
        }))
        .unwrap();
        assert_eq!(rule.from, MappingSource::Attribute("department".to_owned()));
        for from in [json!("role"), json!({"groups": {}}), json!({"groups": {"prefix": "a-"}}), json!({"constant": 5})]
        {
            let read: MappingSource = serde_json::from_value(from.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), from);
        }
        assert!(serde_json::from_value::<MappingSource>(json!({"sql": "x"})).is_err());
    }
}
