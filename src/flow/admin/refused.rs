//! Owns what is kept of acts that were refused because whoever asked may not do them: an entry in the security log (security
//! case N03), one for each kind of try, and so many an hour that nobody fills the log by trying. It does not own the refusals,
//! nor the trace of single requests (`flow::trace`).

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::change::Change;
use super::{About, Actor};
use crate::flow::Cx;
use crate::time::{Lifetime, Timestamp};

/// The same try of the same actor is logged once in this time.
const WINDOW: Lifetime = Lifetime::from_hours(1);
/// So many different tries of one actor are logged in that time.
const TRIES: usize = 60;
/// So many actors are remembered before those whose hour is over are forgotten.
const ACTORS: usize = 1_000;
/// So much of an address is kept.
const LONGEST_ADDRESS: usize = 200;

/// What an actor tried lately.
struct Recent {
    since: Timestamp,
    tries: HashSet<(&'static str, String)>,
}

/// What was tried lately, on this node.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<String, Recent>>);

impl Refusals {
    /// Whether this is to be logged: it is new, and there is room.
    fn is_new(&self, actor: &str, code: &'static str, what: &str, now: Timestamp) -> bool {
        let mut actors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if actors.len() >= ACTORS {
            actors.retain(|_, recent| now < recent.since + WINDOW);
        }
        if actors.len() >= ACTORS && !actors.contains_key(actor) {
            return false;
        }
        let recent = actors.entry(actor.to_owned()).or_insert_with(|| Recent { since: now, tries: HashSet::new() });
        if now >= recent.since + WINDOW {
            *recent = Recent { since: now, tries: HashSet::new() };
        }
        recent.tries.len() < TRIES && recent.tries.insert((code, what.to_owned()))
    }

    /// Logs that this was refused because the actor may not do it. Nobody waits for the entry: the answer is a refusal whether
    /// or not it can be written. `method` and `path` are those of the request, `code` and `words` those of the refusal.
    pub fn note(&self, cx: &Cx, actor: &Actor, (method, path): (&str, &str), (code, words): (&'static str, &str)) {
        let what = format!("{method} {}", path.chars().take(LONGEST_ADDRESS).collect::<String>());
        if !self.is_new(&actor.name(), code, &what, cx.now) {
            return;
        }
        let (change, db) = (Change::new(cx, actor), cx.db().clone());
        let detail = json!({ "request": what, "code": code, "why": words });
        let correlation_id = cx.correlation_id.clone();
        tokio::spawn(async move {
            let log = move |c: &mut _| change.log(c, "action_refused", About::default(), detail.clone());
            if let Err(fault) = db.write(log).await {
                tracing::warn!(%fault, %correlation_id, "a refused act could not be logged");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_is_logged_once_an_hour_and_nobody_fills_the_log() {
        let (refusals, start) = (Refusals::default(), Timestamp::from_seconds(1_000_000));
        let is_new = |who: &str, what: &str, at| refusals.is_new(who, "permission_missing", what, at);
        assert!(is_new("mallory", "GET /keys", start) && !is_new("mallory", "GET /keys", start));
        assert!(is_new("mallory", "GET /users", start) && is_new("bob", "GET /keys", start));
        let logged = (0..1_000).filter(|at| is_new("mallory", &format!("GET /users/{at}"), start)).count();
        assert_eq!(logged, TRIES - 2);
        assert!(!is_new("mallory", "GET /roles", start + WINDOW - Lifetime::from_millis(1)));
        assert!(is_new("mallory", "GET /keys", start + WINDOW));
    }
}
