//! Owns telling webhooks what waits for them: takes deliveries, sends them, tries again with growing patience, gives up after
//! about three days, and switches a webhook off that has failed for longer or says that it is gone. It does not own what a
//! message says (`flow::webhook`) nor the connection (`outbound::guarded`).
//!
//! An event is delivered at least once and in no particular order. Each webhook is served by itself: a slow or broken one
//! holds up nobody else.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde_json::json;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::flow::audit::Entry;
use crate::flow::webhook;
use crate::flow::webhook::message::{Message, Receiver, Verdict, verdict};
use crate::flow::{Cx, Fault, Parts};
use crate::outbound::guarded::{Answer, Failure};
use crate::secret::Chance;
use crate::store::events::{self, Logged};
use crate::store::webhook_deliveries::{self, Delivery, Next, Tried};
use crate::store::webhooks::{self, StoredWebhook};
use crate::store::{self, Conn};
use crate::time::{Lifetime, Timestamp};

/// Deliveries to one webhook that are taken at once, unless its host may be asked less often.
const BATCH: usize = 8;
/// Until then no other node tries the same delivery; longer than one try can take.
const CLAIM: Lifetime = Lifetime::from_minutes(5);
/// Pauses between tries, in seconds, as the Standard Webhooks specification proposes them: 75 hours all told.
const PAUSES: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// A webhook that has not taken a message for so long is switched off.
const FAILED_FOR: Lifetime = Lifetime::from_days(5);
/// A delivery is remembered so long.
pub const KEPT: Lifetime = Lifetime::from_days(30);

/// Why the program switched a webhook off, in the database.
pub const GONE: &str = "gone";
/// See [`GONE`].
pub const FAILING: &str = "failing";

/// Serves the webhooks of this process, each by one task at a time.
#[derive(Clone, Default)]
pub struct Courier {
    at_work: Arc<Mutex<HashSet<String>>>,
}

impl Courier {
    /// Begins to serve every webhook that has something due and is not being served. What is begun goes on by itself; whoever
    /// wants to wait for it can.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    pub async fn round(&self, parts: &Arc<Parts>, clock: &Clock) -> Result<JoinSet<()>, Fault> {
        let mut begun = JoinSet::new();
        if parts.subscriptions.is_empty() {
            return Ok(begun);
        }
        let now = clock.now();
        for id in parts.db.read(move |c| webhook_deliveries::due(c, now)).await? {
            if !self.working().insert(id.clone()) {
                continue;
            }
            let (parts, clock, place) = (parts.clone(), clock.clone(), Place(self.clone(), id.clone()));
            begun.spawn(async move {
                if let Err(fault) = serve(&parts, &clock, &id).await {
                    tracing::warn!(%fault, "a webhook could not be served; trying again");
                }
                drop(place);
            });
        }
        Ok(begun)
    }

    fn working(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A webhook that is being served, until this is dropped, however that comes.
struct Place(Courier, String);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.working().remove(&self.1);
    }
}

/// Sends one batch after the other until nothing is due or nothing gets through.
async fn serve(parts: &Arc<Parts>, clock: &Clock, id: &str) -> Result<(), Fault> {
    loop {
        let (wanted, now) = (id.to_owned(), clock.now());
        let most = i64::try_from(parts.guarded.per_host().min(BATCH)).unwrap_or(1);
        let Some(batch) = parts.db.write(move |c| take(c, &wanted, most, now)).await? else { return Ok(()) };
        let Some(receiver) = Receiver::of(&batch.webhook, &parts.webhook_secrets, now).map(Arc::new) else {
            // Said in the log; the claim keeps it from being said all the time.
            return Ok(());
        };
        let mut under_way = JoinSet::new();
        for (delivery, logged) in batch.deliveries {
            let (parts, clock, receiver) = (parts.clone(), clock.clone(), receiver.clone());
            under_way.spawn(async move {
                let message = Message::of(&logged);
                let (answer, took) = send(&parts, &receiver, &message, clock.now()).await;
                (delivery, answer, took)
            });
        }
        let mut outcomes = Vec::new();
        while let Some(done) = under_way.join_next().await {
            let (delivery, answer, took) = done.map_err(|e| Fault::Internal(format!("a webhook broke: {e}")))?;
            outcomes.push(judge(parts, &delivery, &answer, (clock.now(), took)));
        }
        if !settle(parts, &batch.webhook, outcomes, clock.now()).await? {
            return Ok(());
        }
    }
}

/// Sends a message, and measures how long it took.
pub(in crate::flow) async fn send(
    parts: &Parts,
    receiver: &Receiver,
    message: &Message,
    now: Timestamp,
) -> (Result<Answer, Failure>, Lifetime) {
    let began = Instant::now();
    let answer = parts.guarded.send(receiver.request(message, now)).await;
    (answer, Lifetime::from_millis(i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)))
}

struct Batch {
    webhook: StoredWebhook,
    deliveries: Vec<(Delivery, Logged)>,
}

/// Takes what is due for a webhook. `None`: nothing, or it is switched off or gone.
fn take(c: &mut Conn, id: &str, most: i64, now: Timestamp) -> Result<Option<Batch>, store::Fault> {
    let Some(webhook) = webhooks::find_by_id(c, id)? else {
        webhook_deliveries::delete_of(c, id)?;
        return Ok(None);
    };
    if !webhook.webhook.enabled {
        return Ok(None);
    }
    let claimed = webhook_deliveries::claim(c, id, most, now, now + CLAIM)?;
    if claimed.is_empty() {
        return Ok(None);
    }
    let ids: Vec<i64> = claimed.iter().map(|delivery| delivery.event_id).collect();
    let events = events::among(c, &ids)?;
    let mut deliveries = Vec::with_capacity(claimed.len());
    for delivery in claimed {
        match events.iter().find(|logged| logged.id == delivery.event_id) {
            Some(logged) => deliveries.push((delivery, logged.clone())),
            None => {
                let error = Some("the security log no longer has the event".to_owned());
                let tried = Tried { at: now, status: None, took: Lifetime::from_millis(0), error };
                webhook_deliveries::settle(c, id, delivery.event_id, &tried, Next::GivenUp)?;
            }
        }
    }
    Ok(Some(Batch { webhook, deliveries }))
}

#[derive(Clone)]
struct Outcome {
    event_id: i64,
    tried: Tried,
    next: Next,
    is_gone: bool,
}

fn judge(
    parts: &Parts,
    delivery: &Delivery,
    answer: &Result<Answer, Failure>,
    (at, took): (Timestamp, Lifetime),
) -> Outcome {
    let (error, is_gone) = match verdict(answer) {
        Verdict::Taken => (None, false),
        Verdict::Gone => (Some("it says that it is gone for good".to_owned()), true),
        Verdict::Not(why) => (Some(why), false),
    };
    let next = match (&error, pause(delivery.tries)) {
        (None, _) => Next::Delivered,
        (Some(_), Some(pause)) => Next::Again(at + jittered(&*parts.chance, pause)),
        (Some(_), None) => Next::GivenUp,
    };
    let status = answer.as_ref().ok().map(|answer| answer.status);
    Outcome { event_id: delivery.event_id, tried: Tried { at, status, took, error }, next, is_gone }
}

/// The pause after so many tries; `None` after the last.
fn pause(tries: i64) -> Option<Lifetime> {
    let at = usize::try_from(tries - 1).unwrap_or(0);
    PAUSES.get(at).map(|seconds| Lifetime::from_seconds(*seconds))
}

/// A pause that is up to a fifth longer, so that what failed together does not come back together.
fn jittered(chance: &dyn Chance, pause: Lifetime) -> Lifetime {
    let mut random = [0_u8; 1];
    chance.fill(&mut random);
    Lifetime::from_millis(pause.millis() + pause.millis() * i64::from(random[0]) / (5 * 255))
}

/// Notes what came of a batch, and switches the webhook off where it must be. Whether to go on with the next batch.
async fn settle(
    parts: &Arc<Parts>,
    webhook: &StoredWebhook,
    outcomes: Vec<Outcome>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let succeeded = outcomes.iter().any(|outcome| outcome.next == Next::Delivered);
    let last_failure = outcomes.iter().rev().find_map(|outcome| outcome.tried.error.clone());
    let since = webhook.failing_since.unwrap_or(now);
    let off = match outcomes.iter().any(|outcome| outcome.is_gone) {
        true => Some(GONE),
        false if !succeeded && now.since(since) > FAILED_FOR => Some(FAILING),
        false => None,
    };
    let name = webhook.webhook.name.clone();
    if let Some(why) = &last_failure {
        tracing::warn!(webhook = name, "an event could not be delivered: {why}");
    }
    let id = webhook.webhook.id.clone();
    let entry = switched_off(parts, &name, off, now);
    let failed = last_failure.is_some();
    parts
        .db
        .write(move |c| {
            // The webhook before its deliveries, as everywhere, and the log last.
            match (succeeded, failed) {
                (true, _) => webhooks::succeeds(c, &id)?,
                (false, true) => webhooks::fails(c, &id, now)?,
                (false, false) => {}
            }
            let was_on = off.map_or(Ok(false), |why| webhooks::switch_off(c, &id, why, now))?;
            for outcome in &outcomes {
                webhook_deliveries::settle(c, &id, outcome.event_id, &outcome.tried, outcome.next)?;
            }
            if was_on { entry.append(c) } else { Ok(()) }
        })
        .await?;
    if off.is_some() {
        webhook::reload(parts).await?;
    }
    Ok(succeeded && off.is_none())
}

fn switched_off(parts: &Arc<Parts>, name: &str, why: Option<&str>, now: Timestamp) -> Entry {
    let mut entry = Entry::new(&Cx::of_the_house(parts.clone(), now, "program"), "webhook_disabled");
    entry.event.actor = Some("program".to_owned());
    entry.event.detail = json!({ "webhook": name, "why": why }).to_string();
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SeededChance;

    #[test]
    fn a_delivery_is_tried_for_about_three_days() {
        let all: i64 = (1..).map_while(pause).map(Lifetime::seconds).sum();
        assert!((3 * 86_400..4 * 86_400).contains(&all), "{all}");
        assert_eq!(
            (pause(1).map(Lifetime::seconds), pause(9).map(Lifetime::seconds), pause(10)),
            (Some(5), Some(86_400), None)
        );
        let chance = SeededChance::new(1);
        let pauses: HashSet<i64> = (0..50).map(|_| jittered(&chance, Lifetime::from_seconds(100)).millis()).collect();
        assert!(pauses.len() > 20 && pauses.iter().all(|p| (100_000..=120_000).contains(p)), "{pauses:?}");
    }
}
