//! Webhooks: who subscribes to which events, and what a message says. This file owns the subscriptions that are in force. It
//! does not own sending (`flow::ops::webhooks`) nor what administrators do to webhooks (`flow::admin::webhook`).

pub mod message;

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

use crate::flow::{Fault, Parts};
use crate::identity::EventPattern;
use crate::store::events::EventRow;
use crate::store::{self, Conn, webhook_deliveries, webhooks};

/// The most webhooks there may be.
pub const MOST: i64 = 100;

/// Who subscribes to what, as far as this process knows: other nodes' changes are seen within ten seconds. Nobody subscribed
/// costs nothing when an event is written.
#[derive(Clone, Default)]
pub struct Subscriptions {
    live: Arc<RwLock<Arc<Vec<Subscription>>>>,
    /// Wakes whoever sends.
    pub wake: Arc<Notify>,
}

struct Subscription {
    webhook_id: String,
    events: Vec<EventPattern>,
}

impl Subscriptions {
    fn get(&self) -> Arc<Vec<Subscription>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nobody subscribes to anything.
    pub fn is_empty(&self) -> bool {
        self.get().is_empty()
    }

    /// Puts an event that was just written into the outbox of everybody who subscribes to its kind, in the same transaction.
    ///
    /// # Errors
    /// A [`store::Fault`].
    pub(super) fn tell(&self, c: &mut Conn, id: i64, event: &EventRow) -> Result<(), store::Fault> {
        let live = self.get();
        let wants = |subscription: &&Subscription| subscription.events.iter().any(|pattern| pattern.fits(&event.kind));
        let told: Vec<&str> = live.iter().filter(wants).map(|s| s.webhook_id.as_str()).collect();
        if told.is_empty() {
            return Ok(());
        }
        webhook_deliveries::insert(c, &told, (id, &event.kind), event.at)?;
        self.wake.notify_one();
        Ok(())
    }
}

/// Reads who subscribes to what: at the start, every ten seconds, and after a change.
///
/// # Errors
/// A [`Fault`].
pub async fn reload(parts: &Parts) -> Result<(), Fault> {
    let stored = parts.db.read(|c| webhooks::page(c, None, MOST.saturating_mul(2))).await?;
    let enabled = stored.into_iter().map(|stored| stored.webhook).filter(|webhook| webhook.enabled);
    let live = enabled.map(|webhook| Subscription { webhook_id: webhook.id, events: webhook.events }).collect();
    *parts.subscriptions.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
    Ok(())
}
