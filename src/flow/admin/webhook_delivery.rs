//! Owns what administrators do to deliveries of webhooks: look at them, and have an event delivered again. It does not own
//! sending (`flow::ops::webhooks`).

use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::webhook::{may_write, unknown};
pub use super::webhook_document::{DeliveryState, DeliveryView};
use super::{About, Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::store::webhook_deliveries::{self, Deliveries};
use crate::store::webhooks;

/// Up to `limit` deliveries to a webhook, newest first. They are remembered for 30 days.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(
    cx: &Cx,
    actor: &Actor,
    name: &str,
    state: Option<DeliveryState>,
    (after, limit): (Option<Value>, i64),
) -> Done<Page<DeliveryView>> {
    granted!(actor.needs(Permission::WebhooksRead));
    let (wanted, below) = (name.to_owned(), after.and_then(|key| key.as_i64()));
    let which = match state {
        None => Deliveries::All,
        Some(DeliveryState::Waiting) => Deliveries::Waiting,
        Some(DeliveryState::Delivered) => Deliveries::Delivered,
        Some(DeliveryState::GivenUp) => Deliveries::GivenUp,
    };
    let found = cx.db().read(move |c| {
        let Some(stored) = webhooks::find(c, &wanted)? else { return Ok(None) };
        Ok(Some(webhook_deliveries::list(c, &stored.webhook.id, which, below, limit.saturating_add(1))?))
    });
    let Some(rows) = found.await? else { return Ok(Err(unknown(name))) };
    Ok(Ok(Page::of(rows, limit, |delivery| delivery.event_id.into()).map(DeliveryView::from)))
}

/// Has an event delivered anew, one that was taken too. It keeps its id, by which the receiver knows it.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn redeliver(cx: &Cx, actor: &Actor, name: &str, event: i64) -> Done<DeliveryView> {
    granted!(may_write(actor));
    let (name, change) = (name.to_owned(), Change::new(cx, actor));
    let done = cx.db().write(move |c| {
        let Some(stored) = webhooks::find_for_update(c, &name)? else { return Ok(Err(unknown(&name))) };
        if !stored.webhook.enabled {
            let words = "the webhook is switched off: switch it on first";
            return Ok(Err(AdminRefusal::conflict("webhook_is_off", words)));
        }
        let Some(delivery) = webhook_deliveries::again(c, &stored.webhook.id, event, change.now)? else {
            let words = format!("the event {event} was never to be delivered there, or is longer ago than 30 days");
            return Ok(Err(AdminRefusal::unknown("unknown_delivery", words)));
        };
        change.log(c, "webhook_redelivered", About::default(), json!({ "webhook": name, "event": event }))?;
        Ok(Ok(DeliveryView::from(delivery)))
    });
    let done = done.await?;
    cx.parts.subscriptions.wake.notify_one();
    Ok(done)
}
