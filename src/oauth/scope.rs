//! Owns the syntax of `scope` (RFC 6749 section 3.3), the standard scopes in words, and scopes an administrator defines.
//! It does not own which claims a scope releases to a particular client: that is `claims`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::oauth::mapping::Mapping;

/// More scope tokens than this in one request are refused before anything is looked up (security case D12).
pub const MAX_SCOPES: usize = 100;

/// A set of scope tokens. Kept sorted, so that equal sets are equal texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeSet(BTreeSet<String>);

/// Why a `scope` text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// A character outside of `%x21 / %x23-5B / %x5D-7E`.
    #[error("a scope token contains a character that RFC 6749 section 3.3 does not allow")]
    Character,
    /// More than [`MAX_SCOPES`] tokens.
    #[error("more than 100 scope tokens")]
    TooMany,
}

impl ScopeSet {
    /// Reads a `scope` parameter: tokens parted by spaces. Doubled tokens and doubled spaces are tolerated.
    ///
    /// # Errors
    /// A [`ScopeRefusal`] for a forbidden character or too many tokens.
    pub fn parse(text: &str) -> Result<Self, ScopeRefusal> {
        let mut set = BTreeSet::new();
        for (count, token) in text.split(' ').filter(|t| !t.is_empty()).enumerate() {
            if count >= MAX_SCOPES {
                return Err(ScopeRefusal::TooMany);
            }
            if !is_scope_token(token) {
                return Err(ScopeRefusal::Character);
            }
            set.insert(token.to_owned());
        }
        Ok(Self(set))
    }

    /// A set from tokens that are known to be well formed.
    pub fn of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self(tokens.into_iter().map(str::to_owned).collect())
    }

    /// Whether the token is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Whether every token of `self` is in `wider`.
    pub fn is_within(&self, wider: &ScopeSet) -> bool {
        self.0.is_subset(&wider.0)
    }

    /// The tokens that are in `self` and not in `other`, in order.
    pub fn beyond(&self, other: &ScopeSet) -> Vec<String> {
        self.0.difference(&other.0).cloned().collect()
    }

    /// As text for the trace, which may be cut: the tokens that are not in `allowed` come first.
    pub fn listed(&self, allowed: &ScopeSet) -> String {
        let (within, beyond): (Vec<&str>, Vec<&str>) = self.iter().partition(|token| allowed.contains(token));
        [beyond, within].concat().join(" ")
    }

    /// All tokens of both.
    #[must_use]
    pub fn union(&self, other: &ScopeSet) -> ScopeSet {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The set without one token.
    #[must_use]
    pub fn without(&self, token: &str) -> ScopeSet {
        Self(self.0.iter().filter(|t| t.as_str() != token).cloned().collect())
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, token) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`, at most 200 bytes.
pub fn is_scope_token(token: &str) -> bool {
    !token.is_empty() && token.len() <= 200 && token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// A scope that an administrator defined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The token.
    pub name: String,
    /// What the consent page says it allows, in words for the person.
    pub description: String,
    /// Names of user claims it releases at userinfo; may be empty.
    pub claims: Vec<String>,
    /// Audience (`aud`) of access tokens that carry it; `None` leaves the client's default.
    pub audience: Option<String>,
    /// Claims it puts into tokens and userinfo beside those.
    #[serde(default)]
    pub mappings: Vec<Mapping>,
}

/// The standard scopes, with one of our own that is always there, and what the consent page says of each.
pub const STANDARD: [(&str, &str); 8] = [
    ("openid", "Confirm who you are"),
    ("profile", "See your name and profile"),
    ("email", "See your e-mail address"),
    ("address", "See your postal address"),
    ("phone", "See your telephone number"),
    ("groups", "See which groups you belong to"),
    ("offline_access", "Keep access while you are away"),
    (UPSTREAM_TOKENS, "Use the accounts elsewhere through which you sign in"),
];

/// Needed for tokens of the providers that people sign in through. No client has it from the beginning.
pub const UPSTREAM_TOKENS: &str = "upstream_tokens";

/// Whether the token is one of [`STANDARD`].
pub fn is_standard(token: &str) -> bool {
    STANDARD.iter().any(|(name, _)| *name == token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_3_scope_syntax() {
        assert_eq!(ScopeSet::parse("b a  a ").unwrap().to_string(), "a b");
        assert!(ScopeSet::parse("").unwrap().is_empty());
        for bad in ["a\"b", "a\\b", "ä", "a\u{0}", "a\tb", "a\u{7f}"] {
            assert_eq!(ScopeSet::parse(bad), Err(ScopeRefusal::Character), "{bad:?}");
        }
        assert!(!ScopeSet::parse("OpenID").unwrap().contains("openid"), "case-sensitive");
    }

    #[test]
    fn d12_ten_thousand_scopes_are_refused_quickly() {
        let many: String = (0..10_000).map(|i| format!("s{i} ")).collect();
        assert_eq!(ScopeSet::parse(&many), Err(ScopeRefusal::TooMany));
        assert_eq!(ScopeSet::parse(&"openid ".repeat(10_000)), Err(ScopeRefusal::TooMany));
    }

    #[test]
    fn narrowing() {
        let wide = ScopeSet::of(["openid", "email"]);
        assert!(ScopeSet::of(["email"]).is_within(&wide));
        assert_eq!(ScopeSet::of(["email", "phone"]).beyond(&wide), vec!["phone"]);
    }
}
