//! Owns how webhooks and their deliveries are written and shown: what administrators write, and what they are told. It does not
//! own what is done to them (`webhook`).

use serde::{Deserialize, Serialize};

use crate::store::webhook_deliveries::Delivery;
use crate::store::webhooks::StoredWebhook;
use crate::time::Timestamp;

/// A webhook: an address that is told of events in the security log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDocument {
    /// Its name: 1 to 50 of a-z, 0-9 and hyphens, beginning with a letter; never changes.
    pub name: String,
    /// What it is for, for people.
    #[serde(default)]
    pub description: String,
    /// Where events are sent: https, on the public internet unless the configuration opens more.
    pub url: String,
    /// Kinds of events, such as `user_added`; `user_*` is all that begin so, `*` is all.
    pub events: Vec<String>,
    /// Whether it is told of events. What happens while it is off is not told later.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// A webhook with what is known about it; never its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookView {
    /// Everything that can be written.
    #[serde(flatten)]
    pub document: WebhookDocument,
    /// Since when no event could be delivered (RFC 3339); null if the last one was.
    pub failing_since: Option<String>,
    /// Why the program switched it off: `gone` (it answered 410) or `failing` (for five days); null if it did not.
    pub disabled_why: Option<String>,
    /// Until when events are signed with the secret before, too (RFC 3339).
    pub old_secret_until: Option<String>,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was added (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

impl From<&StoredWebhook> for WebhookDocument {
    fn from(stored: &StoredWebhook) -> Self {
        let webhook = &stored.webhook;
        Self {
            name: webhook.name.clone(),
            description: webhook.description.clone(),
            url: webhook.url.clone(),
            events: webhook.events.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
            enabled: webhook.enabled,
        }
    }
}

impl WebhookView {
    pub(super) fn of(stored: &StoredWebhook, managed_by_files: bool, now: Timestamp) -> Self {
        let old = stored.old_secret.as_ref().map(|(_, until)| *until).filter(|until| *until > now);
        Self {
            document: stored.into(),
            failing_since: stored.failing_since.map(Timestamp::rfc3339),
            disabled_why: stored.disabled_why.clone(),
            old_secret_until: old.map(Timestamp::rfc3339),
            version: stored.version,
            created_at: stored.created_at.rfc3339(),
            updated_at: stored.updated_at.rfc3339(),
            managed_by_files,
        }
    }
}

/// What a test came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookTested {
    /// Whether the receiver took the message (status 200 to 299).
    pub taken: bool,
    /// The id of the message (`webhook-id`).
    pub message_id: String,
    /// Status of the answer; null if there was none.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Why it was not taken.
    pub error: Option<String>,
}

/// An event on its way to a webhook, or there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryView {
    /// Number of the event in the security log.
    pub event: i64,
    /// Its kind.
    pub kind: String,
    /// `waiting`, `delivered` or `given_up`.
    pub state: DeliveryState,
    /// When it happened (RFC 3339).
    pub created_at: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it was last tried (RFC 3339).
    pub last_try_at: Option<String>,
    /// Status of the last answer; null if there was none.
    pub status: Option<u16>,
    /// How long the last try took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it is tried next (RFC 3339).
    pub next_try_at: Option<String>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is still to be made.
    Waiting,
    /// It was made.
    Delivered,
    /// It is tried no more.
    GivenUp,
}

impl DeliveryState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::GivenUp => "given_up",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::GivenUp]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let state = match (delivery.delivered_at, delivery.given_up_at) {
            (Some(_), _) => DeliveryState::Delivered,
            (None, Some(_)) => DeliveryState::GivenUp,
            (None, None) => DeliveryState::Waiting,
        };
        let last = delivery.last.as_ref();
        Self {
            event: delivery.event_id,
            kind: delivery.kind,
            state,
            created_at: delivery.created_at.rfc3339(),
            tries: delivery.tries,
            last_try_at: last.map(|last| last.at.rfc3339()),
            status: last.and_then(|last| last.status),
            duration_ms: last.map(|last| last.took.millis()),
            last_error: last.and_then(|last| last.error.clone()),
            next_try_at: delivery.next_try_at.map(Timestamp::rfc3339),
        }
    }
}
