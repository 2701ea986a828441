//! Owns the demo app's own sessions: a random id in a cookie, everything else in memory. A relying party's session is its
//! own affair; it begins with a verified ID token and does not end with the token's `exp`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openidconnect::{CsrfToken, Nonce};
use tokio::sync::Mutex as AsyncMutex;

use super::provider::Provider;
use super::timeline::{Chapter, Step};
use crate::demo::Secret;

/// How many browsers are remembered; the one longest away is forgotten first.
const MOST: usize = 500;

/// How long a browser is remembered after its last visit, in seconds.
const LIFE: i64 = 2 * 3_600;

/// How many chapters are kept.
const CHAPTERS: usize = 8;

/// Sign-ins one browser may have under way (tabs).
const PENDING: usize = 8;

/// What the app knows of one browser.
pub(super) struct Visitor {
    /// Stands in every form; a form without it was not made by us.
    pub(super) csrf: String,
    pending: Vec<Pending>,
    pub(super) signed_in: Option<SignedIn>,
    /// Oldest first.
    pub(super) chapters: Vec<Chapter>,
    pub(super) problem: Option<Problem>,
    pub(super) leaving: Option<Leaving>,
}

/// Why a sign-in is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The button on the home page.
    SignIn,
    /// `prompt=login`: prove again who you are.
    StepUp,
    /// `prompt=none`: is somebody signed in? Show nothing.
    Silent,
}

/// A sign-in that was begun and has not come back.
pub(super) struct Pending {
    pub(super) state: String,
    pub(super) nonce: Nonce,
    pub(super) verifier: Secret,
    pub(super) provider: Arc<Provider>,
    pub(super) purpose: Purpose,
    pub(super) steps: Vec<Step>,
    pub(super) begun_at: i64,
}

/// Somebody whose ID token was verified.
pub(super) struct SignedIn {
    pub(super) provider: Arc<Provider>,
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) id_token: Secret,
    pub(super) access_token: Secret,
    pub(super) refresh_token: Option<Secret>,
    /// Refresh tokens that were used up, oldest first.
    pub(super) spent: Vec<Secret>,
    pub(super) scope: String,
    /// Why the provider will give nothing more, once it will not.
    pub(super) over: Option<&'static str>,
}

/// A sign-in that failed, for its page.
pub(super) struct Problem {
    pub(super) heading: String,
    pub(super) what: String,
    pub(super) error: Option<String>,
    pub(super) description: Option<String>,
    pub(super) correlation_id: Option<String>,
    pub(super) chapter: Chapter,
}

/// A logout that was begun and has not come back.
pub(super) struct Leaving {
    pub(super) state: String,
    pub(super) chapter: Chapter,
}

impl Visitor {
    fn new() -> Self {
        Self {
            csrf: random(),
            pending: Vec::new(),
            signed_in: None,
            chapters: Vec::new(),
            problem: None,
            leaving: None,
        }
    }

    /// Remembers a sign-in that has just been sent off.
    pub(super) fn expect(&mut self, pending: Pending) {
        if self.pending.len() >= PENDING {
            self.pending.remove(0);
        }
        self.pending.push(pending);
    }

    /// Takes the sign-in that an answer belongs to. It works once.
    pub(super) fn take_pending(&mut self, state: &str) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.state == state)?;
        Some(self.pending.remove(at))
    }

    /// Adds what has just happened.
    pub(super) fn tell(&mut self, chapter: Chapter) {
        self.chapters.push(chapter);
        if self.chapters.len() > CHAPTERS {
            self.chapters.remove(0);
        }
    }
}

/// All browsers that were here lately.
#[derive(Default)]
pub(super) struct Visitors {
    by_id: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    visitor: Arc<AsyncMutex<Visitor>>,
    seen_at: i64,
}

impl Visitors {
    /// The visitor with this cookie, if it is one of ours and not too old.
    pub(super) fn find(&self, id: &str, now: i64) -> Option<Arc<AsyncMutex<Visitor>>> {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = by_id.get_mut(id).filter(|entry| now.saturating_sub(entry.seen_at) < LIFE)?;
        entry.seen_at = now;
        Some(Arc::clone(&entry.visitor))
    }

    /// A new visitor and the value of their cookie.
    pub(super) fn admit(&self, now: i64) -> (String, Arc<AsyncMutex<Visitor>>) {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        by_id.retain(|_, entry| now.saturating_sub(entry.seen_at) < LIFE);
        if by_id.len() >= MOST {
            let oldest = by_id.iter().min_by_key(|(_, entry)| entry.seen_at).map(|(id, _)| id.clone());
            oldest.and_then(|id| by_id.remove(&id));
        }
        let id = random();
        let visitor = Arc::new(AsyncMutex::new(Visitor::new()));
        by_id.insert(id.clone(), Entry { visitor: Arc::clone(&visitor), seen_at: now });
        (id, visitor)
    }

    /// Gives the visitor a new cookie value and makes the old one worthless: who knew it before the sign-in must not know
    /// it after (session fixation).
    pub(super) fn rename(&self, old: &str) -> Option<String> {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = by_id.remove(old)?;
        let id = random();
        by_id.insert(id.clone(), entry);
        Some(id)
    }
}

/// 256 random bits as text.
pub(super) fn random() -> String {
    CsrfToken::new_random_len(32).into_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_works_until_it_is_renamed_or_too_old() {
        let visitors = Visitors::default();
        let (id, _) = visitors.admit(0);
        assert!(id.len() >= 43);
        assert!(visitors.find(&id, LIFE - 1).is_some());
        assert!(visitors.find("", 0).is_none());
        let renamed = visitors.rename(&id).unwrap();
        assert!(visitors.find(&id, LIFE - 1).is_none());
        assert!(visitors.find(&renamed, LIFE).is_some());
        assert!(visitors.find(&renamed, LIFE * 3).is_none());
    }

    #[test]
    fn a_flood_of_browsers_is_bounded() {
        let visitors = Visitors::default();
        for now in 0..600 {
            visitors.admit(now);
        }
        assert_eq!(visitors.by_id.lock().unwrap().len(), MOST);
    }
}
