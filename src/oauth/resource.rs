//! Owns the resource server (an API that takes our access tokens), and what it demands of the tokens made for it. It does not
//! own which client may ask for which (`token::audience`).

use crate::oauth::client_policy::ClientPolicy;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::jose::Algorithm;
use crate::time::Lifetime;

/// A resource server that an administrator defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The `aud` of its tokens; its identifier for `resource` (RFC 8707).
    pub audience: String,
    /// Its name, for people.
    pub name: String,
    /// Life of access tokens made for it, whatever the client's policy says.
    pub access_token_lifetime: Option<Lifetime>,
    /// Algorithm of access tokens made for it, whatever the client's policy says.
    pub access_token_alg: Option<Algorithm>,
}

/// How an access token is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessTokenRule {
    /// How long it lives, unless its grant ends before.
    pub lifetime: Lifetime,
    /// How it is signed.
    pub alg: Algorithm,
}

impl AccessTokenRule {
    /// The client's own.
    pub fn of_client(policy: &ClientPolicy) -> Self {
        Self { lifetime: policy.access_token_lifetime, alg: policy.access_token_alg }
    }
}

/// The rule for a token with this audience: what its resource servers demand goes before what the client's policy says. Of
/// several lifetimes the shortest counts.
///
/// # Errors
/// `invalid_target` where two of them demand different algorithms: one token has one signature, and either API would refuse
/// the other's. The app asks for one token each, with `resource`.
pub fn rule(policy: &ClientPolicy, audience: &[String], defined: &[Resource]) -> Result<AccessTokenRule, Refusal> {
    let meant = || defined.iter().filter(|r| audience.contains(&r.audience));
    let own = AccessTokenRule::of_client(policy);
    let lifetime = meant().filter_map(|r| r.access_token_lifetime).min().unwrap_or(own.lifetime);
    let mut algorithms: Vec<Algorithm> = meant().filter_map(|r| r.access_token_alg).collect();
    algorithms.sort();
    algorithms.dedup();
    match algorithms.as_slice() {
        [] => Ok(AccessTokenRule { lifetime, alg: own.alg }),
        [alg] => Ok(AccessTokenRule { lifetime, alg: *alg }),
        several => {
            let words = "these resources want differently signed tokens: ask for a token for each, with resource";
            let names: Vec<&str> = several.iter().map(|alg| alg.as_str()).collect();
            Err(Refusal::new(ErrorCode::InvalidTarget, "resource.one_algorithm", "RFC 8707 section 2", words)
                .because("resources that agree on an algorithm", names.join(" ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client_policy::Profile;

    fn resource(audience: &str, minutes: Option<i64>, alg: Option<Algorithm>) -> Resource {
        Resource {
            audience: audience.to_owned(),
            name: String::new(),
            access_token_lifetime: minutes.map(Lifetime::from_minutes),
            access_token_alg: alg,
        }
    }

    fn ruled(audience: &[&str]) -> Result<(i64, Algorithm), ErrorCode> {
        let defined = [
            resource("a", Some(60), Some(Algorithm::ES256)),
            resource("b", Some(5), None),
            resource("c", None, Some(Algorithm::EdDSA)),
        ];
        let audience: Vec<String> = audience.iter().map(|a| (*a).to_owned()).collect();
        let rule = rule(&ClientPolicy::of(Profile::Web), &audience, &defined);
        rule.map(|r| (r.lifetime.seconds() / 60, r.alg)).map_err(|r| r.code)
    }

    #[test]
    fn a_resource_server_goes_before_the_client_and_the_shortest_life_counts() {
        assert_eq!(ruled(&["x"]), Ok((15, Algorithm::RS256)));
        assert_eq!(ruled(&["a"]), Ok((60, Algorithm::ES256)), "longer than the client's, too");
        assert_eq!(ruled(&["b", "x"]), Ok((5, Algorithm::RS256)));
        assert_eq!(ruled(&["a", "b"]), Ok((5, Algorithm::ES256)));
    }

    #[test]
    fn one_token_cannot_have_two_signatures() {
        assert_eq!(ruled(&["a", "c"]), Err(ErrorCode::InvalidTarget));
    }
}
