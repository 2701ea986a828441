//! Owns what is known of a provider's tokens that are kept for apps: until when they are good, and what a renewal leaves of them.
//! It does not own who may have them (`flow::sign_in::upstream::tokens`).

use crate::sensitive::Sensitive;
use crate::time::{Lifetime, Timestamp};

/// A token that ends sooner is renewed before it is handed out.
const MARGIN: Lifetime = Lifetime::from_seconds(60);
/// Longest token that is kept, in bytes.
const LONGEST: usize = 16 * 1_024;
/// Longest list of scopes that is told, in bytes.
const LONGEST_SCOPE: usize = 2_048;

/// What a token endpoint gave, of the type `Bearer`.
#[derive(Clone, Debug)]
pub struct UpstreamTokens {
    /// Access token.
    pub access_token: Sensitive,
    /// Refresh token.
    pub refresh_token: Option<Sensitive>,
    /// What it is good for, if the provider says so.
    pub scope: Option<String>,
    /// When the access token ends, if the provider says so.
    pub expires_at: Option<Timestamp>,
}

impl UpstreamTokens {
    /// The same, if it is small enough to be kept; an over-long list of scopes is left out.
    pub fn bounded(mut self) -> Option<Self> {
        let lengths = [Some(&self.access_token), self.refresh_token.as_ref()];
        let is_small = lengths.into_iter().flatten().all(|token| token.len() <= LONGEST);
        self.scope = self.scope.filter(|scope| scope.len() <= LONGEST_SCOPE);
        is_small.then_some(self)
    }

    /// Whether the access token is good for a minute more at least. One that names no end is good until it is refused.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now + MARGIN < end)
    }

    /// What is left once newer ones came: a provider may leave out the refresh token and the scope where they stay as they are
    /// (RFC 6749 sections 5.1 and 6).
    #[must_use]
    pub fn renewed(&self, newer: Self) -> Self {
        Self {
            refresh_token: newer.refresh_token.or_else(|| self.refresh_token.clone()),
            scope: newer.scope.or_else(|| self.scope.clone()),
            ..newer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(refresh: Option<&str>, scope: Option<&str>, end: Option<i64>) -> UpstreamTokens {
        UpstreamTokens {
            access_token: Sensitive::new("at"),
            refresh_token: refresh.map(Sensitive::new),
            scope: scope.map(str::to_owned),
            expires_at: end.map(Timestamp::from_seconds),
        }
    }

    #[test]
    fn rfc6749_6_a_refresh_token_and_a_scope_that_are_left_out_stay() {
        let old = tokens(Some("r1"), Some("read"), Some(100));
        for (newer, refresh, scope) in
            [(tokens(None, None, Some(200)), "r1", "read"), (tokens(Some("r2"), Some("write"), None), "r2", "write")]
        {
            let end = newer.expires_at;
            let left = old.renewed(newer);
            assert_eq!(left.refresh_token.as_ref().map(Sensitive::expose), Some(refresh));
            assert_eq!((left.scope.as_deref(), left.expires_at), (Some(scope), end));
        }
    }

    #[test]
    fn a_token_is_good_a_minute_before_its_end_and_without_one_for_ever() {
        let at = Timestamp::from_seconds;
        let ends = tokens(None, None, Some(1_000));
        assert!(ends.is_good(at(939)) && !ends.is_good(at(940)) && !ends.is_good(at(2_000)));
        assert!(tokens(None, None, None).is_good(at(i64::from(u32::MAX))));
    }

    #[test]
    fn l13_tokens_are_bounded() {
        let long = |access: usize, refresh: usize| UpstreamTokens {
            access_token: Sensitive::new("a".repeat(access)),
            refresh_token: Some(Sensitive::new("r".repeat(refresh))),
            scope: Some("s".repeat(access)),
            expires_at: None,
        };
        assert!(long(LONGEST, LONGEST).bounded().is_some_and(|kept| kept.scope.is_none()));
        assert!(long(LONGEST + 1, 1).bounded().is_none() && long(1, LONGEST + 1).bounded().is_none());
    }
}
