//! Owns what a webhook is sent: the body, its id and its signature, after the Standard Webhooks specification. It does not
//! own when it is sent (`flow::ops::webhooks`).

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use crate::flow::cx::base64url;
use crate::identity::webhook::TEST_EVENT;
use crate::outbound::guarded::{Answer, Failure, Request};
use crate::secret::{Sealer, WebhookSecret};
use crate::store::events::{EventRow, Logged};
use crate::store::webhooks::StoredWebhook;
use crate::time::Timestamp;

/// The longest that a receiver may take; `outbound.timeout_seconds` may say less.
const PATIENCE: Duration = Duration::from_secs(15);
/// More of an answer than this is not read: the status is what counts.
const LIMIT: usize = 64 * 1024;

/// A message, ready to be signed and sent as often as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same for each try, so that a receiver can tell that it has it already.
    pub id: String,
    /// JSON.
    pub body: String,
}

impl Message {
    /// What there is to say of an entry in the security log.
    pub fn of(logged: &Logged) -> Self {
        let event = &logged.event;
        let id = id_of(logged);
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or(Value::Null);
        let data = json!({
            "number": logged.id,
            "actor": actor(event),
            "user_id": event.user_id,
            "client_id": event.client_id,
            "address": event.address,
            "correlation_id": event.correlation_id,
            "detail": detail,
        });
        Self::new(id, &event.kind, event.at, &data)
    }

    /// A message that says nothing, to try a webhook with.
    pub fn test(id: &str, webhook: &str, now: Timestamp) -> Self {
        Self::new(format!("test_{id}"), TEST_EVENT, now, &json!({ "webhook": webhook }))
    }

    fn new(id: String, kind: &str, at: Timestamp, data: &Value) -> Self {
        let body = json!({ "id": id, "type": kind, "timestamp": at.rfc3339(), "data": data }).to_string();
        Self { id, body }
    }
}

/// The seal of an entry depends on everything in it and before it, so an id made of it stands for this entry alone, even if
/// the database was put back to an earlier day and numbers are given anew. A part of it lets nobody make another.
fn id_of(logged: &Logged) -> String {
    match logged.seal.as_deref() {
        Some(seal) => format!("evt_{}", base64url(seal.get(..16).unwrap_or(seal))),
        None => format!("evt_{}", logged.id),
    }
}

/// Who did it, for programs; null where the log names nobody: the person themselves, or whoever tried.
fn actor(event: &EventRow) -> Value {
    let Some(name) = event.actor.as_deref() else { return Value::Null };
    if let Some((user, client)) = name.split_once(" through client ") {
        return json!({ "kind": "client", "id": client, "user_id": user });
    }
    match name {
        "command line" => json!({ "kind": "command_line" }),
        "set-up link" => json!({ "kind": "setup_link" }),
        "program" => json!({ "kind": "program" }),
        _ => match name.strip_prefix("client ") {
            Some(client) => json!({ "kind": "client", "id": client }),
            None => json!({ "kind": "person", "id": name }),
        },
    }
}

/// Where a message goes, and the secrets that sign it: the one in force first.
pub struct Receiver {
    url: String,
    secrets: Vec<WebhookSecret>,
}

impl Receiver {
    /// Opens the secrets of a webhook. `None`: they do not open with this master key.
    pub fn of(stored: &StoredWebhook, sealer: &Sealer, now: Timestamp) -> Option<Self> {
        let old = stored.old_secret.as_ref().filter(|(_, until)| *until > now).map(|(secret, _)| secret);
        let sealed = std::iter::once(&stored.secret).chain(old);
        let secrets: Option<Vec<WebhookSecret>> =
            sealed.map(|sealed| open(sealer, &stored.webhook.name, sealed)).collect();
        Some(Self { url: stored.webhook.url.clone(), secrets: secrets? })
    }

    /// The request that brings a message.
    pub fn request(&self, message: &Message, now: Timestamp) -> Request {
        let signatures: Vec<String> =
            self.secrets.iter().map(|s| s.sign(&message.id, now, message.body.as_bytes())).collect();
        let header = |name: &'static str, value: &str| {
            // Ids, numbers and base64: they cannot be refused.
            let value = HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static(""));
            (HeaderName::from_static(name), value)
        };
        let headers = vec![
            header("content-type", "application/json"),
            header("webhook-id", &message.id),
            header("webhook-timestamp", &now.seconds().to_string()),
            header("webhook-signature", &signatures.join(" ")),
        ];
        Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: message.body.clone().into_bytes(),
            limit_bytes: LIMIT,
            timeout: PATIENCE,
        }
    }
}

/// Seals a secret for the webhook of this name.
///
/// # Errors
/// In words.
pub fn seal(sealer: &Sealer, name: &str, secret: &WebhookSecret) -> Result<Vec<u8>, String> {
    sealer.seal(secret.bytes(), name.as_bytes()).map_err(|e| format!("a webhook's secret could not be sealed: {e}"))
}

/// Opens a secret of the webhook of this name.
pub fn open(sealer: &Sealer, name: &str, sealed: &[u8]) -> Option<WebhookSecret> {
    let opened = sealer.open(sealed, name.as_bytes());
    if let Err(why) = &opened {
        tracing::error!(webhook = name, %why, "the secret of a webhook does not open");
    }
    opened.ok().map(WebhookSecret::from_bytes)
}

/// How a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has the message.
    Taken,
    /// It wants no more messages, ever.
    Gone,
    /// It does not have it: why, in words.
    Not(String),
}

/// What an answer means (Standard Webhooks, "Delivery").
pub fn verdict(answer: &Result<Answer, Failure>) -> Verdict {
    let not = |words: &str| Verdict::Not(words.to_owned());
    match answer {
        Ok(answer) => match answer.status {
            200..=299 => Verdict::Taken,
            410 => Verdict::Gone,
            300..=399 => not("it redirects, which is not followed: name the address itself"),
            400..=499 => not("it refuses the message"),
            _ => not("it has a fault of its own"),
        },
        Err(failure) => Verdict::Not(failure.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(actor: Option<&str>) -> Logged {
        let event = EventRow {
            at: Timestamp::from_seconds(1_800_000_000),
            kind: "user_added".to_owned(),
            actor: actor.map(str::to_owned),
            user_id: Some("u".to_owned()),
            client_id: None,
            correlation_id: Some("c".to_owned()),
            address: Some("192.0.2.1".to_owned()),
            detail: r#"{"after":{"email":"a@b.test"}}"#.to_owned(),
        };
        Logged { id: 7, event, seal: Some(vec![1; 32]) }
    }

    #[test]
    fn a_message_says_what_the_log_says() {
        let message = Message::of(&logged(Some("command line")));
        let body: Value = serde_json::from_str(&message.body).unwrap();
        let wanted = json!({
            "id": message.id, "type": "user_added", "timestamp": "2027-01-15T08:00:00Z",
            "data": {
                "number": 7, "actor": { "kind": "command_line" }, "user_id": "u", "client_id": null,
                "address": "192.0.2.1", "correlation_id": "c", "detail": { "after": { "email": "a@b.test" } },
            },
        });
        assert_eq!(body, wanted);
        let other = Message::of(&Logged { seal: Some(vec![2; 32]), ..logged(None) });
        assert_ne!(other.id, message.id, "another entry under the same number");
    }

    #[test]
    fn actors_are_told_by_their_kind() {
        for (name, is) in [
            ("program", json!({ "kind": "program" })),
            ("set-up link", json!({ "kind": "setup_link" })),
            ("client deploy", json!({ "kind": "client", "id": "deploy" })),
            ("u1 through client deploy", json!({ "kind": "client", "id": "deploy", "user_id": "u1" })),
            ("u1", json!({ "kind": "person", "id": "u1" })),
        ] {
            assert_eq!(actor(&logged(Some(name)).event), is, "{name}");
        }
        assert_eq!(actor(&logged(None).event), Value::Null);
    }

    #[test]
    fn two_hundreds_are_good_and_gone_is_gone() {
        let answer = |status| Ok(Answer { status, headers: Default::default(), body: Vec::new() });
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(verdict(&answer(status)), Verdict::Taken, "{status}");
        }
        assert_eq!(verdict(&answer(410)), Verdict::Gone);
        for status in [199, 301, 308, 400, 404, 429, 500, 503] {
            assert!(matches!(verdict(&answer(status)), Verdict::Not(_)), "{status}");
        }
        assert!(matches!(verdict(&Err(Failure::Compressed)), Verdict::Not(_)));
    }
}
