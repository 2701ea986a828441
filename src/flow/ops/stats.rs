//! Owns storing what was counted: every half minute and when the program stops. It does not own counting (`flow::stats`,
//! `flow::usage`) nor reading it again (`flow::admin::overview`).

use crate::flow::stats::{self, LIVE_SESSIONS, bucket};
use crate::flow::{Fault, Parts};
use crate::secret;
use crate::store::{self, leases, sessions, usage};
use crate::time::Timestamp;

const LEASE: &str = "live sessions";

/// The job that runs every half minute.
#[derive(Debug, Default)]
pub struct Keeper {
    /// The bucket that this node last wanted to sample.
    sampled: Option<Timestamp>,
}

impl Keeper {
    /// Stores what was counted and, once in each bucket, how many sessions are live.
    ///
    /// # Errors
    /// A [`Fault`]; what was counted is kept for the next time.
    pub async fn tick(&mut self, parts: &Parts, now: Timestamp) -> Result<(), Fault> {
        flush(parts, now).await?;
        if self.sampled != Some(bucket(now)) {
            sample(parts, now).await?;
            self.sampled = Some(bucket(now));
        }
        Ok(())
    }
}

/// Adds what was counted to the bucket of `now`, and stores the last uses, in one transaction; nothing at all when nothing
/// happened. So what happened in the last half minute of a bucket may be counted in the next one.
///
/// # Errors
/// A [`Fault`]; what was counted is kept for the next time.
pub async fn flush(parts: &Parts, now: Timestamp) -> Result<(), Fault> {
    let _saving = parts.stats.saving().await;
    let (taken, uses) = (parts.stats.take(), parts.usage.take());
    if taken.is_empty() && uses.is_empty() {
        return Ok(());
    }
    let work = (bucket(now), taken.values(), uses.clone());
    let saved = parts.db.write(move |c| {
        store::stats::add(c, work.0, &work.1)?;
        usage::note(c, &work.2)
    });
    if let Err(fault) = saved.await {
        parts.stats.put_back(&taken);
        parts.usage.put_back(uses);
        return Err(fault.into());
    }
    Ok(())
}

/// Counts the live sessions, unless another node has done so in this bucket. Whether it did.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn sample(parts: &Parts, now: Timestamp) -> Result<bool, Fault> {
    let bucket = bucket(now);
    // Held to the end of the bucket and never given back: that is what keeps the others from counting again.
    let (holder, until) = (secret::random::token32(&*parts.chance), bucket + stats::BUCKET);
    if !parts.db.write(move |c| leases::take(c, LEASE, &holder, now, until)).await? {
        return Ok(false);
    }
    let idle = parts.policy.sessions.idle;
    let live = parts.db.read(move |c| sessions::count_live(c, now, idle)).await?;
    parts.db.write(move |c| store::stats::put(c, bucket, LIVE_SESSIONS, live)).await?;
    Ok(true)
}
