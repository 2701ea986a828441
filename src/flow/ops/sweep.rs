//! Owns forgetting: rows whose time has passed are removed in small portions, so that no table grows without bound and no
//! lock is held long.

use crate::flow::admin::idempotency::KEPT;
use crate::flow::ops::webhooks::KEPT as DELIVERIES_KEPT;
use crate::flow::{Fault, Parts, audit, trace};
use crate::secret;
use crate::store::{
    account_links, ceremonies, clients, codes, failed_accounts, grants, guesses, idempotency, invitations, leases,
    mail_codes, outbox, own_sessions, raised_bars, refresh_tokens, revoked_tokens, sessions, setup_links, stats,
    try_runs, upstream_ended, upstream_logouts, upstream_trips, webhook_deliveries,
};
use crate::time::{Lifetime, Timestamp};

/// How long things are kept beyond their life.
#[derive(Clone, Copy, Debug)]
pub struct SweepRule {
    /// Traces.
    pub trace_keep: Lifetime,
    /// Traces, in rows.
    pub trace_rows: i64,
    /// Security events.
    pub events_keep: Lifetime,
    /// Counters of wrong passwords.
    pub guesses_keep: Lifetime,
}

/// A code, token or session stays this long after its end, so that coming back late is told from never having been.
const AFTERLIFE: Lifetime = Lifetime::from_days(1);
/// The longest span that is plotted is a month.
const STATS_KEEP: Lifetime = Lifetime::from_days(35);
const LEASE: &str = "sweeper";

/// Sweeps once, if no other node does. How many rows went.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn run(parts: &Parts, rule: SweepRule, now: Timestamp) -> Result<i64, Fault> {
    let holder = secret::random::token32(&*parts.chance);
    let (name, until) = (holder.clone(), now + Lifetime::from_minutes(5));
    if !parts.db.write(move |c| leases::take(c, LEASE, &name, now, until)).await? {
        return Ok(0);
    }
    let before = now - AFTERLIFE;
    let mut gone = trace::sweep(&parts.db, rule.trace_keep, rule.trace_rows, now).await?;
    gone += parts.db.write(move |c| clients::secrets_delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| codes::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| refresh_tokens::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| grants::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| sessions::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| try_runs::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| own_sessions::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| revoked_tokens::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| setup_links::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| invitations::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| account_links::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| ceremonies::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| upstream_trips::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| upstream_logouts::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| upstream_ended::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| mail_codes::delete_expired(c, now)).await?;
    gone += repeat(parts, move |c| guesses::delete_older(c, now - rule.guesses_keep)).await?;
    let window = parts.policy.stuffing.window;
    gone += repeat(parts, move |c| failed_accounts::delete_older(c, now - window)).await?;
    gone += repeat(parts, move |c| raised_bars::delete_expired(c, before)).await?;
    gone += repeat(parts, move |c| idempotency::delete_older(c, now - KEPT)).await?;
    gone += audit::sweep(parts, now - rule.events_keep).await?;
    let week = now - Lifetime::from_days(7);
    gone += repeat(parts, move |c| outbox::delete_given_up(c, week)).await?;
    gone += repeat(parts, move |c| webhook_deliveries::delete_older(c, now - DELIVERIES_KEPT)).await?;
    gone += repeat(parts, move |c| stats::delete_older(c, now - STATS_KEEP)).await?;
    parts.db.write(move |c| leases::release(c, LEASE, &holder)).await?;
    Ok(gone)
}

/// One portion after the other, each its own transaction, until nothing is left or a hundred were done.
async fn repeat(
    parts: &Parts,
    portion: impl FnMut(&mut crate::store::Conn) -> Result<i64, crate::store::Fault> + Send + Clone + 'static,
) -> Result<i64, Fault> {
    let mut gone = 0;
    for _ in 0..100 {
        let count = parts.db.write(portion.clone()).await?;
        gone += count;
        if count == 0 {
            break;
        }
    }
    Ok(gone)
}
