//! Owns the security log: entries that are sealed in a chain, so that one that was altered, removed or slipped in shows.
//! It does not own which events there are, nor the table (`store::events`).
//!
//! The seal of an entry is an HMAC under a key derived from the master key, over the entry, its number and the seal before
//! it. Whoever can write to the database alone can neither change an entry nor make the chain fit again. What a chain cannot
//! show is that the whole database was put back to an earlier day: keep the last seal somewhere else, and compare.

use crate::flow::webhook::Subscriptions;
use crate::flow::{Cx, Fault, Parts};
use crate::identity::event::is_kind;
use crate::secret::Mac;
use crate::store::events::{self, ChainEnds, EventRow, Logged};
use crate::store::{self, Conn, Db};
use crate::time::Timestamp;

/// An event on its way into the log.
#[derive(Clone)]
pub struct Entry {
    /// What happened.
    pub event: EventRow,
    seals: Mac,
    subscriptions: Subscriptions,
}

impl Entry {
    /// Something that happened in the request `cx`; who did it and whom it concerns are set by the caller.
    pub fn new(cx: &Cx, kind: &str) -> Self {
        let event = EventRow {
            at: cx.now,
            kind: kind.to_owned(),
            actor: None,
            user_id: None,
            client_id: None,
            correlation_id: Some(cx.correlation_id.clone()),
            address: Some(cx.address.clone()),
            detail: "{}".to_owned(),
        };
        Self { event, seals: cx.parts.audit.clone(), subscriptions: cx.parts.subscriptions.clone() }
    }

    /// The same request, another event.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> Self {
        let mut other = self.clone();
        kind.clone_into(&mut other.event.kind);
        other
    }

    /// Puts the entry at the end of the log, and into the outbox of each webhook that subscribes to its kind. Last thing in a
    /// transaction: until it ends, every other entry waits.
    ///
    /// # Errors
    /// A [`store::Fault`]; also when the chain's ends were tampered with, since an entry would then cover it up.
    pub fn append(&self, c: &mut Conn) -> Result<(), store::Fault> {
        debug_assert!(
            is_kind(&self.event.kind),
            "list {:?} in identity/event.rs and docs/webhooks.md",
            self.event.kind
        );
        let mut ends = match events::chain_for_update(c)? {
            Some(ends) if !is_sealed(&self.seals, &ends) => {
                return Err(store::Fault::Internal(
                    "the ends of the security log's chain were altered in the database: `vouchsafe audit verify` says more"
                        .to_owned(),
                ));
            }
            Some(ends) => ends,
            None => {
                let last_id = events::last_id(c)?;
                ChainEnds { first_id: last_id + 1, last_id, ..ChainEnds::default() }
            }
        };
        let id = ends.last_id + 1;
        let event = events::storable(&self.event);
        let seal = seal(&self.seals, &ends.last_seal, id, &event);
        events::insert(c, id, &event, &seal)?;
        (ends.last_id, ends.last_seal) = (id, seal);
        ends.seal = seal_of_ends(&self.seals, &ends);
        events::chain_set(c, &ends)?;
        self.subscriptions.tell(c, id, &event)
    }
}

fn seal(seals: &Mac, before: &[u8], id: i64, event: &EventRow) -> Vec<u8> {
    // An absent text and an empty one are told apart by a mark before it.
    let mark = |text: &Option<String>| text.as_ref().map_or(vec![0], |text| [&[1], text.as_bytes()].concat());
    let parts = [
        b"entry".to_vec(),
        before.to_vec(),
        id.to_be_bytes().to_vec(),
        event.at.millis().to_be_bytes().to_vec(),
        event.kind.as_bytes().to_vec(),
        mark(&event.actor),
        mark(&event.user_id),
        mark(&event.client_id),
        mark(&event.correlation_id),
        mark(&event.address),
        event.detail.as_bytes().to_vec(),
    ];
    seals.tag(&parts.each_ref().map(Vec::as_slice)).to_vec()
}

fn seal_of_ends(seals: &Mac, ends: &ChainEnds) -> Vec<u8> {
    let (first, last) = (ends.first_id.to_be_bytes(), ends.last_id.to_be_bytes());
    seals.tag(&[b"ends", &first, &ends.before, &last, &ends.last_seal]).to_vec()
}

fn is_sealed(seals: &Mac, ends: &ChainEnds) -> bool {
    crate::secret::equal(&seal_of_ends(seals, ends), &ends.seal)
}

/// What a look through the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry is as it was written.
    Whole {
        /// How many entries were looked at.
        entries: i64,
        /// The last seal, in hex; empty for an empty log. Keep it elsewhere to notice a database that was put back.
        last_seal: String,
    },
    /// Something is wrong; the first place.
    Broken {
        /// The number of the entry at which it shows.
        id: i64,
        /// In words.
        why: &'static str,
    },
}

/// Looks through the whole log.
///
/// # Errors
/// A [`Fault`].
pub async fn verify(parts: &Parts) -> Result<Verdict, Fault> {
    verify_in(&parts.db, &parts.audit).await
}

async fn verify_in(db: &Db, seals: &Mac) -> Result<Verdict, Fault> {
    let Some(ends) = db.read(events::chain).await? else {
        return Ok(Verdict::Whole { entries: 0, last_seal: String::new() });
    };
    let broken = |id, why| Ok(Verdict::Broken { id, why });
    if !is_sealed(seals, &ends) {
        return broken(ends.last_id, "the record of where the log begins and ends was altered");
    }
    let (mut before, mut next) = (ends.before.clone(), ends.first_id);
    loop {
        let after = next - 1;
        let page = db.read(move |c| events::list(c, after, 1_000)).await?;
        if page.is_empty() {
            break;
        }
        for Logged { id, event, seal: found } in page {
            if id > ends.last_id {
                // Another process may go on writing while this one looks: then the end has moved on.
                let now = db.read(events::chain).await?.filter(|now| is_sealed(seals, now) && now.last_id >= id);
                return match now {
                    Some(_) => Ok(whole(&ends)),
                    None => broken(id, "the entry was slipped in behind the end of the log"),
                };
            }
            if id != next {
                return broken(next, "the entry with this number was removed");
            }
            let wanted = seal(seals, &before, id, &event);
            if found.as_deref().is_none_or(|found| !crate::secret::equal(found, &wanted)) {
                return broken(id, "the entry was altered, or another one before it");
            }
            (before, next) = (wanted, id + 1);
        }
    }
    if next != ends.last_id + 1 { broken(next, "the last entries were removed") } else { Ok(whole(&ends)) }
}

fn whole(ends: &ChainEnds) -> Verdict {
    let last_seal = ends.last_seal.iter().map(|byte| format!("{byte:02x}")).collect();
    Verdict::Whole { entries: ends.last_id - ends.first_id + 1, last_seal }
}

/// Forgets the oldest entries, at most 5000 of those before `before`, and moves the chain's beginning. How many.
///
/// # Errors
/// A [`Fault`].
pub async fn sweep(parts: &Parts, before: Timestamp) -> Result<i64, Fault> {
    let seals = parts.audit.clone();
    Ok(parts.db.write(move |c| sweep_in(c, &seals, before)).await?)
}

fn sweep_in(c: &mut Conn, seals: &Mac, before: Timestamp) -> Result<i64, store::Fault> {
    let old = events::oldest_before(c, before)?;
    let Some(last) = old.last() else { return Ok(0) };
    // Rows from before the chain are none of its business.
    if let Some(last_seal) = &last.seal
        && let Some(mut ends) = events::chain_for_update(c)?
        && is_sealed(seals, &ends)
    {
        (ends.first_id, ends.before) = (last.id + 1, last_seal.clone());
        ends.seal = seal_of_ends(seals, &ends);
        events::chain_set(c, &ends)?;
    }
    events::delete_up_to(c, last.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::master::MasterKey;
    use crate::store::{DatabaseSettings, Db};
    use crate::time::Lifetime;

    struct Log {
        db: Db,
        seals: Mac,
        _folder: tempfile::TempDir,
    }

    impl Log {
        async fn of(entries: i64) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let db = Db::open(&DatabaseSettings::new(format!("sqlite://{}/v.db", folder.path().display()))).unwrap();
            db.migrate().unwrap();
            let log = Self { db, seals: Mac::from(&MasterKey::for_tests(7), "log").unwrap(), _folder: folder };
            for at in 1..=entries {
                log.write(at).await.unwrap();
            }
            log
        }

        async fn write(&self, at: i64) -> Result<(), store::Fault> {
            let event = EventRow {
                at: Timestamp::from_seconds(at),
                kind: "signed_in".to_owned(),
                actor: Some("alice".to_owned()),
                user_id: None,
                client_id: Some(String::new()),
                correlation_id: None,
                address: Some("192.0.2.1".to_owned()),
                detail: format!("{{\"at\":{at}}}"),
            };
            let entry = Entry { event, seals: self.seals.clone(), subscriptions: Subscriptions::default() };
            self.db.write(move |c| entry.append(c)).await
        }

        async fn verify(&self) -> Verdict {
            verify_in(&self.db, &self.seals).await.unwrap()
        }

        async fn tamper(&self, sql: &'static str) {
            self.db.write(move |c| crate::store::inspect::execute(c, sql)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_entry_that_was_altered_removed_or_slipped_in_shows() {
        assert!(matches!(Log::of(0).await.verify().await, Verdict::Whole { entries: 0, .. }));
        assert!(matches!(Log::of(5).await.verify().await, Verdict::Whole { entries: 5, .. }));
        for (sql, at) in [
            ("UPDATE events SET detail = '{}' WHERE id = 3", 3),
            ("UPDATE events SET actor = NULL WHERE id = 1", 1),
            ("UPDATE events SET client_id = NULL WHERE id = 2", 2),
            ("UPDATE events SET address = '192.0.2.2' WHERE id = 5", 5),
            ("UPDATE events SET seal = NULL WHERE id = 4", 4),
            ("DELETE FROM events WHERE id = 2", 2),
            ("DELETE FROM events WHERE id = 5", 5),
            ("DELETE FROM events WHERE id <= 2", 1),
            ("UPDATE event_chain SET first_id = 3", 5),
            ("UPDATE event_chain SET last_id = 4", 4),
            ("INSERT INTO events (id, at, kind, detail) VALUES (6, 0, 'slipped_in', '{}')", 6),
            ("INSERT INTO events (id, at, kind, detail) VALUES (99, 0, 'slipped_in', '{}')", 99),
        ] {
            let log = Log::of(5).await;
            log.tamper(sql).await;
            assert!(
                matches!(log.verify().await, Verdict::Broken { id, .. } if id == at),
                "{sql}: {:?}",
                log.verify().await
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_written_over_ends_that_were_altered() {
        let log = Log::of(2).await;
        log.tamper("UPDATE event_chain SET last_id = 1").await;
        assert!(log.write(3).await.is_err());
    }

    #[tokio::test]
    async fn sweeping_moves_the_beginning_and_leaves_the_chain_whole() {
        let log = Log::of(5).await;
        let seals = log.seals.clone();
        let before = Timestamp::from_seconds(2) + Lifetime::from_seconds(1);
        let gone = log.db.write(move |c| sweep_in(c, &seals, before)).await.unwrap();
        assert_eq!(gone, 2);
        assert!(matches!(log.verify().await, Verdict::Whole { entries: 3, .. }));
        log.write(6).await.unwrap();
        assert!(matches!(log.verify().await, Verdict::Whole { entries: 4, .. }));
        log.tamper("DELETE FROM events WHERE id = 3").await;
        assert!(matches!(log.verify().await, Verdict::Broken { id: 3, .. }));
    }
}
