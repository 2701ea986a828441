//! Owns tending the key ring: makes the first keys, rotates them in time, loads what other nodes did. It does not own when
//! which key signs (`signing::life`) nor how keys are made.

use crate::flow::{Fault, Parts};
use crate::oauth::jose::Algorithm;
use crate::secret;
use crate::signing::life::{End, Stays};
use crate::signing::{self, KeyLives, NewKey, Rotation, RsaBits, Step, StoredKey, life};
use crate::store::{self, Conn, keys, leases};
use crate::time::{Lifetime, Timestamp};

/// What keys there should be.
#[derive(Clone, Debug)]
pub struct KeyRule {
    /// Lifetimes.
    pub lives: KeyLives,
    /// Algorithms that must be able to sign.
    pub algorithms: Vec<Algorithm>,
    /// Size of new RSA keys.
    pub rsa_bits: RsaBits,
}

const LEASE: &str = "signing keys";

/// Does what is due and loads the ring. Safe on any number of nodes at once: one of them holds the lease, plans again under
/// it and writes in one transaction; the others load what it did.
///
/// # Errors
/// A [`Fault`]; the ring then stays as it is.
pub async fn tend(parts: &Parts, rule: &KeyRule, now: Timestamp) -> Result<(), Fault> {
    let rows = parts.db.read(keys::list).await?;
    if !life::plan(&rows, &rule.lives, &rule.algorithms, now).is_empty() {
        let plan = |rows: &[StoredKey]| life::plan(rows, &rule.lives, &rule.algorithms, now);
        leased(parts, now, apply(parts, rule, now, Rotation::Planned, plan, |_| Ok(()))).await?;
    }
    reload(parts).await
}

/// Rotates the keys of one algorithm on request. `log` is appended with what was done; without steps nothing was.
///
/// # Errors
/// A [`Fault`]; [`Fault::Busy`] while another node tends the keys.
pub async fn rotate(
    parts: &Parts,
    rule: &KeyRule,
    (alg, how): (Algorithm, Rotation),
    now: Timestamp,
    log: impl Fn(&mut Conn) -> Result<(), store::Fault> + Send + 'static,
) -> Result<Vec<Step>, Fault> {
    let plan = |rows: &[StoredKey]| life::plan_rotation(rows, &rule.lives, alg, how, now);
    let done = leased(parts, now, apply(parts, rule, now, how, plan, log)).await?;
    reload(parts).await?;
    done.ok_or(Fault::Busy { retry_after: 5 })
}

/// Why a key from outside stays outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaysOut {
    /// It is in the ring.
    Twice,
    /// A successor is published already.
    UnderWay,
}

/// Puts a key from outside into the ring; it is published now and signs like any successor. `log` is appended with it.
///
/// # Errors
/// Inner: why it stays outside. Outer: a [`Fault`]; [`Fault::Busy`] while another node tends the keys.
pub async fn import(
    parts: &Parts,
    rule: &KeyRule,
    key: NewKey,
    now: Timestamp,
    log: impl Fn(&mut Conn) -> Result<(), store::Fault> + Send + 'static,
) -> Result<Result<StoredKey, StaysOut>, Fault> {
    let work = async {
        let rows = parts.db.read(keys::list).await?;
        if rows.iter().any(|row| row.kid == key.kid) {
            return Ok(Err(StaysOut::Twice));
        }
        let steps = life::plan_rotation(&rows, &rule.lives, key.alg, Rotation::Planned, now);
        let signs_from = steps.iter().find_map(|step| match step {
            Step::Generate { signs_from, .. } => Some(*signs_from),
            _ => None,
        });
        let Some(signs_from) = signs_from else { return Ok(Err(StaysOut::UnderWay)) };
        let row = parts.keyring.seal(&key, now, signs_from).map_err(broken)?;
        let work = (row.clone(), steps);
        let inserted = parts.db.write(move |c| {
            if !keys::insert(c, &work.0)? {
                return Ok(false);
            }
            for step in &work.1 {
                if let Step::Retire { kid, retires_at, gone_at } = step {
                    keys::retire(c, kid, *retires_at, *gone_at)?;
                }
            }
            log(c).map(|()| true)
        });
        Ok(if inserted.await? { Ok(row) } else { Err(StaysOut::Twice) })
    };
    let done = leased(parts, now, work).await?;
    reload(parts).await?;
    done.ok_or(Fault::Busy { retry_after: 5 })
}

/// Ends one key before its time. The other nodes follow within ten seconds. `log` is appended with what was done.
///
/// # Errors
/// Inner: why the key stays. Outer: a [`Fault`]; [`Fault::Busy`] while another node tends the keys.
pub async fn end(
    parts: &Parts,
    rule: &KeyRule,
    (kid, how): (&str, End),
    now: Timestamp,
    log: impl Fn(&mut Conn) -> Result<(), store::Fault> + Send + 'static,
) -> Result<Result<(), Stays>, Fault> {
    let (kid, lives) = (kid.to_owned(), rule.lives);
    let work = parts.db.write(move |c| {
        let planned = life::plan_end(&keys::list(c)?, &lives, &kid, how, now);
        if let Ok((retires_at, gone_at)) = planned {
            keys::end(c, &kid, retires_at, gone_at)?;
            log(c)?;
        }
        Ok(planned.map(|_| ()))
    });
    let done = leased(parts, now, async { Ok(work.await?) }).await?;
    reload(parts).await?;
    done.ok_or(Fault::Busy { retry_after: 5 })
}

/// Loads the ring from the database.
///
/// # Errors
/// A [`Fault`] of the database, or [`Fault::Internal`] naming the key that cannot be opened.
pub async fn reload(parts: &Parts) -> Result<(), Fault> {
    let rows = parts.db.read(keys::list).await?;
    parts.keyring.load(&rows).map_err(broken)
}

/// Works under the lease, so that what is planned is still so when it is written. `None`: another node holds it.
async fn leased<T>(
    parts: &Parts,
    now: Timestamp,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<Option<T>, Fault> {
    let holder = secret::random::token32(&*parts.chance);
    let (name, until) = (holder.clone(), now + Lifetime::from_seconds(60));
    if !parts.db.write(move |c| leases::take(c, LEASE, &name, now, until)).await? {
        return Ok(None);
    }
    let done = work.await;
    parts.db.write(move |c| leases::release(c, LEASE, &holder)).await?;
    done.map(Some)
}

async fn apply(
    parts: &Parts,
    rule: &KeyRule,
    now: Timestamp,
    how: Rotation,
    plan: impl Fn(&[StoredKey]) -> Vec<Step>,
    log: impl Fn(&mut Conn) -> Result<(), store::Fault> + Send + 'static,
) -> Result<Vec<Step>, Fault> {
    let rows = parts.db.read(keys::list).await?;
    let steps = plan(&rows);
    if steps.is_empty() {
        return Ok(steps);
    }
    let mut made = Vec::new();
    for step in &steps {
        if let Step::Generate { alg, signs_from } = step {
            let (alg, bits) = (*alg, rule.rsa_bits);
            let key = tokio::task::spawn_blocking(move || signing::generate(alg, bits)).await;
            let key = key.map_err(|e| Fault::Internal(e.to_string()))?.map_err(broken)?;
            made.push(parts.keyring.seal(&key, now, *signs_from).map_err(broken)?);
        }
    }
    let work = (made, steps.clone());
    parts
        .db
        .write(move |c| {
            for row in &work.0 {
                keys::insert(c, row)?;
            }
            for step in &work.1 {
                match step {
                    Step::Retire { kid, retires_at, gone_at } => {
                        match how {
                            Rotation::Planned => keys::retire(c, kid, *retires_at, *gone_at)?,
                            Rotation::Emergency => keys::retire_early(c, kid, *retires_at, *gone_at)?,
                        };
                    }
                    Step::Remove { .. } => {
                        keys::delete_gone(c, now)?;
                    }
                    Step::Generate { .. } => {}
                }
            }
            log(c)
        })
        .await?;
    steps.iter().for_each(tell);
    Ok(steps)
}

fn tell(step: &Step) {
    match step {
        Step::Generate { alg, signs_from } => {
            tracing::info!(alg = alg.as_str(), signs_from = signs_from.rfc3339(), "a signing key was made");
        }
        Step::Retire { kid, retires_at, gone_at } => {
            let (retires_at, gone_at) = (retires_at.rfc3339(), gone_at.rfc3339());
            tracing::info!(kid, retires_at, gone_at, "the end of a signing key was set");
        }
        Step::Remove { kid } => tracing::info!(kid, "a signing key is gone"),
    }
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::Internal(error.to_string())
}
