//! Owns the life of a signing key as a pure function of its row and the time, and the plan of what to do next. It does not
//! own the key itself (`keyring`), its making (`generate`) nor its row (`store::keys`).
//!
//! A life: *published* (in the JWKS so that everybody has fetched it before it is needed) → *signing* → *retired* (in the
//! JWKS so that its last token can still be verified) → *gone*.
//!
//! **Several nodes.** Carry a plan out in ONE write transaction over rows read in that transaction's time, and roll all of
//! it back when a conditional `retire` says that the key was retired already: then another node did the work, and the
//! next look at the rows shows it. The first key of an algorithm has no predecessor to retire, so hold a lease meanwhile. Should two
//! nodes make a key each all the same, the next plan of either retires the older one, by an order that all nodes agree on;
//! both keys are in the JWKS meanwhile, so no token is lost.

use std::collections::BTreeSet;

use crate::oauth::jose::Algorithm;
use crate::signing::SKEW;
use crate::time::{Lifetime, Timestamp};

/// A signing key as it is stored: the private half sealed, the public half as JWK, and the dates of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Key id, as in the header of every token it signs.
    pub kid: String,
    /// The one algorithm it is for.
    pub alg: Algorithm,
    /// PKCS#8, sealed under the master key (`Keyring::seal`).
    pub sealed_private: Vec<u8>,
    /// The public JWK (RFC 7517) as JSON text.
    pub public_jwk: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs; in the JWKS before that.
    pub signs_from: Timestamp,
    /// When it signs no more; set when its successor is made.
    pub retires_at: Option<Timestamp>,
    /// When it leaves the JWKS and can be deleted.
    pub gone_at: Option<Timestamp>,
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// In the JWKS, not signing yet.
    Published,
    /// In the JWKS, may sign.
    Signing,
    /// In the JWKS, signs no more.
    Retired,
    /// Nowhere: its tokens are refused.
    Gone,
}

impl StoredKey {
    /// The state at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        let has_come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if has_come(self.gone_at) {
            KeyState::Gone
        } else if has_come(self.retires_at) {
            KeyState::Retired
        } else if self.signs_from <= now {
            KeyState::Signing
        } else {
            KeyState::Published
        }
    }

    /// Which of two keys of one algorithm is the newer one; every node orders them alike.
    pub(super) fn seniority(&self) -> (Timestamp, Timestamp, &str) {
        (self.signs_from, self.created_at, &self.kid)
    }
}

/// How long keys live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLives {
    /// A key signs for this long; then its successor does.
    pub rotate_every: Lifetime,
    /// A successor is in the JWKS for this long before it signs; never less than `jwks_max_age`.
    pub publish_ahead: Lifetime,
    /// How long others may cache our JWKS (`Cache-Control: max-age`).
    pub jwks_max_age: Lifetime,
    /// The longest life of any token we sign.
    pub longest_token: Lifetime,
}

impl KeyLives {
    /// The time a successor is published before it signs: a cached JWKS must have expired by then, whatever is configured.
    fn ahead(&self) -> Lifetime {
        self.publish_ahead.max(self.jwks_max_age)
    }

    /// When a key that retires at this time may leave the JWKS: its last token has expired, and so has every cached JWKS
    /// and the patience for clocks that differ.
    fn gone_after(&self, retires_at: Timestamp) -> Timestamp {
        retires_at + self.longest_token + self.jwks_max_age + SKEW
    }
}

/// One thing to do with the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a key of this algorithm and store it.
    Generate {
        /// Its algorithm.
        alg: Algorithm,
        /// From when on it signs.
        signs_from: Timestamp,
    },
    /// Set the end of a key, unless somebody has set it before (`store::keys::retire`).
    Retire {
        /// The key.
        kid: String,
        /// When it signs no more.
        retires_at: Timestamp,
        /// When it leaves the JWKS.
        gone_at: Timestamp,
    },
    /// Delete the row: its time has come.
    Remove {
        /// The key.
        kid: String,
    },
}

/// How a rotation that somebody asked for is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// As the timer would: the successor is published first and signs when everybody can know it.
    Planned,
    /// Something is wrong with the key: the successor signs at once and the old keys retire at once. Whoever has our JWKS
    /// cached does not know the new key for up to `jwks_max_age`, and the old one verifies until its tokens have expired.
    Emergency,
}

/// What is to be done now so that every wanted algorithm has a key that signs and is rotated in time. Empty when all is well.
///
/// An algorithm no longer wanted keeps its key until its rotation is due, and then gets no successor: nodes with different
/// settings (during an update) do not fight over it.
pub fn plan(rows: &[StoredKey], lives: &KeyLives, wanted: &[Algorithm], now: Timestamp) -> Vec<Step> {
    let mut steps: Vec<Step> = rows
        .iter()
        .filter(|row| row.state(now) == KeyState::Gone)
        .map(|row| Step::Remove { kid: row.kid.clone() })
        .collect();
    let wanted: BTreeSet<Algorithm> = wanted.iter().copied().collect();
    for alg in Algorithm::ALL {
        plan_algorithm(alg, wanted.contains(&alg), &alive(rows, alg, now), lives, now, &mut steps);
    }
    steps
}

/// What is to be done to rotate the key of this algorithm now. Empty when a planned rotation is under way already.
pub fn plan_rotation(rows: &[StoredKey], lives: &KeyLives, alg: Algorithm, how: Rotation, now: Timestamp) -> Vec<Step> {
    let alive = alive(rows, alg, now);
    let successor_is_published = alive.iter().any(|row| row.state(now) == KeyState::Published);
    let nobody_signs = !alive.iter().any(|row| row.state(now) == KeyState::Signing);
    let signs_from = match how {
        Rotation::Planned if successor_is_published => return Vec::new(),
        Rotation::Planned if nobody_signs => now,
        Rotation::Planned => now + lives.ahead(),
        Rotation::Emergency => now,
    };
    // In an emergency a key that is to retire some day retires now all the same.
    let ends = |row: &&&StoredKey| row.retires_at.is_none() || how == Rotation::Emergency;
    let mut steps = vec![Step::Generate { alg, signs_from }];
    steps.extend(alive.iter().filter(ends).map(|row| retire(row, signs_from, lives)));
    steps
}

/// How somebody ends one key before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It signs no more from now on, and verifies until its last token has expired.
    Retire,
    /// It has leaked: it leaves the JWKS now, and every token that it signed is refused.
    Remove,
}

/// Why a key cannot be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// There is no such key, or it is gone.
    Unknown,
    /// No other key of its algorithm signs: nothing could be signed any more.
    Last,
    /// It signs no more already.
    Ended,
}

/// When a key signs no more, and when it leaves the JWKS, if it is ended now.
///
/// # Errors
/// [`Stays`].
pub fn plan_end(
    rows: &[StoredKey],
    lives: &KeyLives,
    kid: &str,
    how: End,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Stays> {
    let key = rows.iter().find(|row| row.kid == kid && row.state(now) != KeyState::Gone).ok_or(Stays::Unknown)?;
    let is_over = key.state(now) == KeyState::Retired;
    if is_over && how == End::Retire {
        return Err(Stays::Ended);
    }
    let signs = |row: &&StoredKey| row.alg == key.alg && row.kid != kid && row.state(now) == KeyState::Signing;
    if !is_over && !rows.iter().any(|row| signs(&row)) {
        return Err(Stays::Last);
    }
    let retires_at = key.retires_at.map_or(now, |at| at.min(now));
    match how {
        End::Retire => Ok((retires_at, lives.gone_after(retires_at))),
        End::Remove => Ok((retires_at, now)),
    }
}

/// The keys of this algorithm that sign or will, the newest last.
fn alive(rows: &[StoredKey], alg: Algorithm, now: Timestamp) -> Vec<&StoredKey> {
    let lives = |row: &&StoredKey| matches!(row.state(now), KeyState::Published | KeyState::Signing);
    let mut alive: Vec<_> = rows.iter().filter(|row| row.alg == alg).filter(lives).collect();
    alive.sort_by(|a, b| a.seniority().cmp(&b.seniority()));
    alive
}

fn plan_algorithm(
    alg: Algorithm,
    wanted: bool,
    alive: &[&StoredKey],
    lives: &KeyLives,
    now: Timestamp,
    steps: &mut Vec<Step>,
) {
    let open: Vec<_> = alive.iter().filter(|row| row.retires_at.is_none()).collect();
    let Some((newest, elders)) = open.split_last() else {
        if wanted {
            // Nobody is left to go on signing: either there was never a key, or its successor has been lost. In the
            // second case the new one takes over when the last one ends, and is published until then.
            let last_end = alive.iter().filter_map(|row| row.retires_at).max();
            let signs_from = last_end.map_or(now, |end| end.min(now + lives.ahead()));
            steps.push(Step::Generate { alg, signs_from });
        }
        return;
    };
    // Elders without an end are left over from two nodes that made a key each.
    steps.extend(elders.iter().map(|row| retire(row, newest.signs_from.max(now), lives)));

    let due = newest.signs_from + lives.rotate_every;
    if wanted && due <= now + lives.ahead() {
        let signs_from = due.max(now + lives.ahead());
        steps.push(Step::Generate { alg, signs_from });
        steps.push(retire(newest, signs_from, lives));
    } else if !wanted && due <= now {
        steps.push(retire(newest, now, lives));
    }
}

fn retire(row: &StoredKey, retires_at: Timestamp, lives: &KeyLives) -> Step {
    Step::Retire { kid: row.kid.clone(), retires_at, gone_at: lives.gone_after(retires_at) }
}
