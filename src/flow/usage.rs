//! Owns remembering which clients and secrets were used, until `flow::ops::stats` stores it. It does not own the columns
//! (`store::usage`).
//!
//! Nobody ever waits here. The notes are spread over many small maps, each behind a lock that is only tried: who finds one
//! taken goes on to the next, since all maps are merged in the end. A client that was noted already costs no memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use crate::store::usage::Uses;
use crate::time::Timestamp;

/// More than there are threads that could hold one at the same moment.
const MAPS: usize = 64;

/// Ids that one map holds at most; a use beyond it goes unnoted until the maps have been stored. Only ids of registered
/// clients come here, so it takes very many of them.
const LONGEST: usize = 2_048;

/// Uses since they were last taken out. Clones share them.
#[derive(Clone)]
pub struct Usage(Arc<[Mutex<Uses>; MAPS]>);

impl Default for Usage {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::default())))
    }
}

impl Usage {
    /// A client authenticated, with this secret if it has any.
    pub fn used(&self, client_id: &str, secret_id: Option<&str>, now: Timestamp) {
        self.with_a_map(client_id, |uses| {
            note(&mut uses.clients, client_id, now);
            if let Some(secret_id) = secret_id {
                note(&mut uses.secrets, secret_id, now);
            }
        });
    }

    /// Somebody asked for a client that is switched off.
    pub fn asked_while_disabled(&self, client_id: &str, now: Timestamp) {
        self.with_a_map(client_id, |uses| note(&mut uses.disabled, client_id, now));
    }

    /// Takes everything out.
    pub fn take(&self) -> Uses {
        let mut all = Uses::default();
        for map in self.0.iter() {
            merge(&mut all, std::mem::take(&mut *map.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        all
    }

    /// Puts back what could not be stored.
    pub fn put_back(&self, uses: Uses) {
        let spread = |ids: BTreeMap<String, Timestamp>, of: fn(&mut Uses) -> &mut BTreeMap<String, Timestamp>| {
            for (id, at) in ids {
                self.with_a_map(&id, |map| note(of(map), &id, at));
            }
        };
        spread(uses.clients, |map| &mut map.clients);
        spread(uses.secrets, |map| &mut map.secrets);
        spread(uses.disabled, |map| &mut map.disabled);
    }

    /// The first map that is free, beginning with the one that this id usually gets: so each id is in few of them.
    fn with_a_map(&self, id: &str, change: impl FnOnce(&mut Uses)) {
        let first = id.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let maps = self.0.iter().cycle().skip(first % MAPS).take(MAPS);
        let free = maps.map(Mutex::try_lock).find_map(|tried| match tried {
            Ok(map) => Some(map),
            Err(TryLockError::Poisoned(map)) => Some(map.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        if let Some(mut map) = free {
            change(&mut map);
        }
    }
}

fn note(map: &mut BTreeMap<String, Timestamp>, id: &str, now: Timestamp) {
    if let Some(at) = map.get_mut(id) {
        *at = now.max(*at);
    } else if map.len() < LONGEST {
        map.insert(id.to_owned(), now);
    }
}

fn merge(into: &mut Uses, from: Uses) {
    let later = |into: &mut BTreeMap<String, Timestamp>, from: BTreeMap<String, Timestamp>| {
        for (id, at) in from {
            let latest = into.entry(id).or_insert(at);
            *latest = at.max(*latest);
        }
    };
    later(&mut into.clients, from.clients);
    later(&mut into.secrets, from.secrets);
    later(&mut into.disabled, from.disabled);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_latest_use_comes_out_once() {
        let usage = Usage::default();
        usage.used("shop", Some("s1"), at(5));
        usage.clone().used("shop", Some("s2"), at(3));
        usage.used("spa", None, at(4));
        usage.asked_while_disabled("old", at(9));
        let taken = usage.take();
        let of = |map: &BTreeMap<String, Timestamp>| {
            map.iter().map(|(id, at)| (id.clone(), at.seconds())).collect::<Vec<_>>()
        };
        assert_eq!(of(&taken.clients), [("shop".to_owned(), 5), ("spa".to_owned(), 4)]);
        assert_eq!(of(&taken.secrets), [("s1".to_owned(), 5), ("s2".to_owned(), 3)]);
        assert_eq!(of(&taken.disabled), [("old".to_owned(), 9)]);
        assert!(usage.take().is_empty());
        usage.put_back(taken.clone());
        usage.used("shop", Some("s1"), at(4));
        assert_eq!(usage.take(), taken, "an older use changes nothing");
    }

    #[test]
    fn a_lock_that_is_held_makes_nobody_wait_and_loses_nothing() {
        let usage = Usage::default();
        let held: Vec<_> = usage.0.iter().skip(1).map(|map| map.lock().unwrap()).collect();
        (0..50).for_each(|id| usage.used(&id.to_string(), None, at(id)));
        drop(held);
        assert_eq!(usage.take().clients.len(), 50);
    }

    #[test]
    fn memory_is_bounded() {
        let usage = Usage::default();
        let most = MAPS * LONGEST;
        (0..most * 2).for_each(|id| usage.used(&id.to_string(), None, at(1)));
        assert!(usage.take().clients.len() <= most);
        usage.used("after", None, at(1));
        assert_eq!(usage.take().clients.len(), 1);
    }
}
