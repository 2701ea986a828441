//! Owns what a provider's logout token must say (OpenID Connect Back-Channel Logout 1.0 section 2.6) once its signature and issuer
//! are believed. It does not own the signature (`upstream`), nor what ends (`flow::sign_in::upstream::logout`).

use serde_json::{Map, Value};

use crate::time::{Lifetime, Timestamp};

/// The member of `events` that makes a JWT a logout token (section 2.4).
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Clocks differ by so much at most.
const LEEWAY: Lifetime = Lifetime::from_seconds(60);
/// A token that was made longer ago is refused, whatever its end: the specification asks for two minutes at most.
const OLDEST: Lifetime = Lifetime::from_minutes(5);
/// Longest `sub`, `sid` and `jti`, in bytes.
const LONGEST: usize = 255;

/// Whose sessions end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// The provider's subject; `None`: whoever has the session.
    pub subject: Option<String>,
    /// The provider's session; `None`: all of the subject.
    pub sid: Option<String>,
    /// Name of the token: it counts once.
    pub jti: String,
    /// Until when it has to be remembered that it was used.
    pub until: Timestamp,
}

/// The check that a logout token did not pass: its name, what it must be, and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRefusal {
    /// Name of the check.
    pub check: &'static str,
    /// What it must be.
    pub expected: &'static str,
    /// What came; nothing of a person stands in it.
    pub received: &'static str,
}

fn refused(check: &'static str, expected: &'static str, received: &'static str) -> LogoutRefusal {
    LogoutRefusal { check, expected, received }
}

fn text(claims: &Map<String, Value>, name: &str) -> Result<Option<String>, LogoutRefusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= LONGEST => Ok(Some(text.clone())),
        Some(_) => Err(refused("logout_token.names", "sub, sid and jti of 1 to 255 bytes", "another value")),
    }
}

/// Judges the claims of a logout token for us.
///
/// # Errors
/// A [`LogoutRefusal`].
pub fn judge(claims: &Map<String, Value>, client_id: &str, now: Timestamp) -> Result<Logout, LogoutRefusal> {
    let is_us = |aud: &Value| aud.as_str() == Some(client_id);
    let is_for_us = match claims.get("aud") {
        // Somebody else in the list could use it too.
        Some(Value::Array(all)) => all.len() == 1 && all.iter().all(is_us),
        Some(aud) => is_us(aud),
        None => false,
    };
    if !is_for_us {
        return Err(refused("logout_token.aud", "our client id alone", "another audience"));
    }
    if claims.contains_key("nonce") {
        return Err(refused("logout_token.nonce", "no nonce: ID tokens have one", "a nonce"));
    }
    if !claims.get("events").is_some_and(|events| events.get(EVENT).is_some_and(Value::is_object)) {
        return Err(refused("logout_token.events", "an object with the member for back-channel logout", "none"));
    }
    let until = judge_times(claims, now)?;
    let (subject, sid) = (text(claims, "sub")?, text(claims, "sid")?);
    if subject.is_none() && sid.is_none() {
        return Err(refused("logout_token.names", "sub, sid or both", "neither"));
    }
    let Some(jti) = text(claims, "jti")? else {
        return Err(refused("logout_token.jti", "a name of its own (jti)", "none"));
    };
    Ok(Logout { subject, sid, jti, until })
}

fn judge_times(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, LogoutRefusal> {
    let at = |name: &str| match claims.get(name).map(Value::as_f64) {
        None => Ok(None),
        // Seconds that are no number, or none of this age of the world, are refused below by being far away.
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Some(Some(seconds)) => Ok(Some(Timestamp::from_seconds((seconds as i64).clamp(0, 253_402_300_799)))),
        Some(None) => Err(refused("logout_token.times", "iat and exp as numbers of seconds", "another value")),
    };
    let Some(iat) = at("iat")? else { return Err(refused("logout_token.iat", "when it was made (iat)", "nothing")) };
    if iat > now + LEEWAY {
        return Err(refused("logout_token.iat", "a time that has come", "a time to come: compare the clocks"));
    }
    if iat + OLDEST < now {
        return Err(refused("logout_token.iat", "five minutes ago at most", "longer ago"));
    }
    // The first version of the specification knew no exp.
    if at("exp")?.is_some_and(|exp| exp + LEEWAY <= now) {
        return Err(refused("logout_token.exp", "a time to come", "it has expired"));
    }
    Ok(iat + OLDEST + LEEWAY)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({ "iss": "https://idp.test", "aud": "us", "iat": 1_000, "exp": 1_120, "jti": "j", "sub": "s", "sid": "x",
                "events": { EVENT: {} } })
    }

    #[test]
    fn oidc_back_channel_logout_2_6_each_check_refuses_by_its_name() {
        for (member, value, check) in [
            ("aud", json!("us"), None),
            ("aud", json!(["us"]), None),
            ("aud", json!("them"), Some("logout_token.aud")),
            ("aud", json!(["us", "them"]), Some("logout_token.aud")),
            ("aud", json!([]), Some("logout_token.aud")),
            ("aud", Value::Null, Some("logout_token.aud")),
            ("nonce", json!("n"), Some("logout_token.nonce")),
            ("nonce", Value::Null, Some("logout_token.nonce")),
            ("events", json!({}), Some("logout_token.events")),
            ("events", json!([EVENT]), Some("logout_token.events")),
            ("events", json!({ EVENT: "x" }), Some("logout_token.events")),
            ("events", json!({ EVENT: {}, "https://other.test": {} }), None),
            ("iat", json!("1000"), Some("logout_token.times")),
            ("iat", json!(1_071), Some("logout_token.iat")),
            ("iat", json!(1_070), None),
            ("iat", json!(709), Some("logout_token.iat")),
            ("iat", json!(1e300), Some("logout_token.iat")),
            ("exp", json!(950), Some("logout_token.exp")),
            ("exp", json!(951), None),
            ("sub", json!(7), Some("logout_token.names")),
            ("sub", json!(""), Some("logout_token.names")),
            ("sid", json!("x".repeat(256)), Some("logout_token.names")),
            ("jti", json!(7), Some("logout_token.names")),
        ] {
            let mut claims = good();
            claims[member] = value.clone();
            let verdict = judge(claims.as_object().unwrap(), "us", Timestamp::from_seconds(1_010));
            assert_eq!(verdict.err().map(|refusal| refusal.check), check, "{member} {value}");
        }
        for (gone, check) in [
            (&["iat"][..], Some("logout_token.iat")),
            (&["exp"], None),
            (&["jti"], Some("logout_token.jti")),
            (&["sub"], None),
            (&["sid"], None),
            (&["sub", "sid"], Some("logout_token.names")),
        ] {
            let mut claims = good();
            claims.as_object_mut().unwrap().retain(|name, _| !gone.contains(&name.as_str()));
            let verdict = judge(claims.as_object().unwrap(), "us", Timestamp::from_seconds(1_010));
            assert_eq!(verdict.err().map(|refusal| refusal.check), check, "without {gone:?}");
        }
    }

    #[test]
    fn a_used_token_is_remembered_for_as_long_as_it_could_be_used() {
        let until = judge(good().as_object().unwrap(), "us", Timestamp::from_seconds(1_010)).unwrap().until;
        let mut claims = good();
        claims["exp"] = json!(9_999);
        assert!(judge(claims.as_object().unwrap(), "us", until).is_err());
    }
}
