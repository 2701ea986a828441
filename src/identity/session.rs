//! Owns the server-side session: one person signed in on one browser. It does not own the cookie (`http::cookies`)
//! nor the token that finds it (`secret::token`): only the token's hash is stored.

use serde::{Deserialize, Serialize};

use crate::identity::UserId;
use crate::time::{Lifetime, Timestamp};

/// Stable public name of a session: `sid` in ID tokens and logout tokens. Not a secret, cannot be used to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

impl SessionId {
    /// The identifier as it stands in tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One person, signed in on one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Public name (`sid`).
    pub id: SessionId,
    /// Whose session it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are. Copied into tokens, never recomputed (OIDC Core section 2).
    pub auth_time: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// It ends at this moment however much it is used.
    pub expires_at: Timestamp,
    /// Set when it was ended early (logout, administrator, password change).
    pub ended_at: Option<Timestamp>,
    /// Authentication context class (`acr`) that was reached.
    pub acr: String,
    /// Methods really used (`amr`, RFC 8176), for example `["pwd"]`.
    pub amr: Vec<String>,
    /// The browser's own description, cut to 256 characters; for the person to recognise it.
    pub user_agent: String,
    /// Address it began from.
    pub address: String,
}

/// How long sessions live; from configuration.
#[derive(Clone, Copy, Debug)]
pub struct SessionRule {
    /// Ends this long after the last use.
    pub idle: Lifetime,
    /// Ends this long after the beginning.
    pub absolute: Lifetime,
}

impl Session {
    /// Whether the session still counts at `now`. Whether its person does is asked of [`crate::identity::Standing`].
    pub fn is_live(&self, rule: SessionRule, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now < self.last_seen_at + rule.idle
    }

    /// Whether the last use is old enough to be worth a write.
    pub fn wants_touch(&self, now: Timestamp) -> bool {
        now.since(self.last_seen_at) >= Lifetime::from_seconds(60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        let t = Timestamp::from_seconds(1_000);
        Session {
            id: SessionId("s".into()),
            user_id: UserId("u".into()),
            created_at: t,
            auth_time: t,
            last_seen_at: t,
            expires_at: t + Lifetime::from_hours(10),
            ended_at: None,
            acr: "urn:vouchsafe:acr:password".into(),
            amr: vec!["pwd".into()],
            user_agent: String::new(),
            address: String::new(),
        }
    }

    #[test]
    fn ends_by_idleness_by_age_and_by_hand() {
        let rule = SessionRule { idle: Lifetime::from_hours(2), absolute: Lifetime::from_hours(10) };
        let at = |hours: i64| Timestamp::from_seconds(1_000) + Lifetime::from_hours(hours);
        assert!(session().is_live(rule, at(1)));
        assert!(!session().is_live(rule, at(2)), "idle");
        let mut busy = session();
        busy.last_seen_at = at(9);
        assert!(busy.is_live(rule, at(9)));
        assert!(!busy.is_live(rule, at(10)), "absolute end is not moved by use");
        let mut ended = session();
        ended.ended_at = Some(at(0));
        assert!(!ended.is_live(rule, at(0)));
    }
}
