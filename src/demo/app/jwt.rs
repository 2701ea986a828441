//! Owns the reading of a JWT for show. Nothing in here verifies anything: the app verifies its ID token with
//! [`super::provider`], and the access token is for the API to judge (RFC 9068 §6: a client must not depend on what is in
//! it). It is opened here because this is a lesson.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::explain;
use super::show::{claim_row, tidy};
use super::timeline::Row;
use crate::demo::clock;

/// A token laid open.
pub(super) struct Opened {
    /// The three parts as they travel; the last one cut.
    pub(super) head_text: String,
    pub(super) body_text: String,
    pub(super) seal_text: String,
    pub(super) header: Vec<Row>,
    pub(super) claims: Vec<Row>,
    /// `in 14 min 58 s`, or how long ago.
    pub(super) ends: Option<String>,
    pub(super) has_ended: bool,
}

/// Opens a token, or says that it is not a JWT.
pub(super) fn open(token: &str, now: i64) -> Option<Opened> {
    let (head, body, seal) = parts(token)?;
    let header = object(head)?;
    let claims = object(body)?;
    let exp = claims.get("exp").and_then(Value::as_i64);
    Some(Opened {
        head_text: tidy(head),
        body_text: tidy(body),
        seal_text: format!("{}…", tidy(&seal.chars().take(12).collect::<String>())),
        header: header.iter().map(|(n, v)| claim_row(n, v, explain::jose(n), now)).collect(),
        claims: claims.iter().map(|(n, v)| claim_row(n, v, explain::claim(n), now)).collect(),
        ends: exp.map(|exp| clock::distance(now, exp)),
        has_ended: exp.is_some_and(|exp| exp <= now),
    })
}

/// The claims, unverified.
pub(super) fn claims(token: &str) -> Map<String, Value> {
    parts(token).and_then(|(_, body, _)| object(body)).unwrap_or_default()
}

/// The same token with another `sub` and the old signature: what a forger without the key can make.
pub(super) fn tampered(token: &str) -> Option<String> {
    let (head, body, seal) = parts(token)?;
    let mut claims = object(body)?;
    claims.insert("sub".into(), json!("somebody-else"));
    let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).ok()?);
    Some(format!("{head}.{body}.{seal}"))
}

fn parts(token: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = token.split_once('.')?;
    let (body, seal) = rest.split_once('.')?;
    (!seal.contains('.')).then_some((head, body, seal))
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(&json!({"alg": "RS256"})), part(claims), "s".repeat(340))
    }

    #[test]
    fn a_token_is_opened_without_showing_its_seal() {
        let opened = open(&token(&json!({"sub": "u1", "exp": 1_900})), 1_000).unwrap();
        assert_eq!(opened.ends.as_deref(), Some("in 15 min"));
        assert!(!opened.has_ended);
        assert!(opened.seal_text.len() < 20);
    }

    #[test]
    fn what_is_no_jwt_is_not_opened() {
        for text in ["", "opaque", "a.b", "a.b.c", "a.b.c.d", "e30.W10.x", "e30.e30.x.y"] {
            assert!(open(text, 0).is_none(), "{text}");
        }
    }

    #[test]
    fn a_tampered_token_keeps_the_old_seal() {
        let old = token(&json!({"sub": "u1"}));
        let new = tampered(&old).unwrap();
        assert_eq!(claims(&new)["sub"], "somebody-else");
        assert_eq!(old.rsplit('.').next(), new.rsplit('.').next());
    }
}
