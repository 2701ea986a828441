//! Owns repeating a request safely: a request that makes something names a key of its own, and whoever sends it again under
//! that key is given the first answer instead of a second thing. It does not own the header nor the answer's form (`http`).
//!
//! Answers are kept sealed for a day: one may hold a secret that is shown once.

use super::AdminRefusal;
use crate::flow::cx::base64url;
use crate::flow::{Cx, Fault};
use crate::store::idempotency::{self as table, Seen};
use crate::time::Lifetime;

/// How long a key is remembered.
pub const KEPT: Lifetime = Lifetime::from_hours(24);
/// Whoever has a key and has not answered after this time will never answer: the process ended in the middle.
const PATIENCE: Lifetime = Lifetime::from_minutes(5);

/// A request under a key.
#[derive(Clone, Debug)]
pub struct Keyed {
    key: String,
    request: Vec<u8>,
}

/// What is known of a request.
pub enum Claim {
    /// It came for the first time: do it, then [`keep`] the answer or [`release`] the key.
    First,
    /// It was answered before.
    Answered(Vec<u8>),
}

impl Keyed {
    /// A request by somebody under a key of their choice. Different actors share no keys. `request`: everything that makes
    /// one request differ from another.
    pub fn of(cx: &Cx, actor: &str, key: &str, request: &[&[u8]]) -> Self {
        let tag = |purpose: &'static [u8], parts: &[&[u8]]| cx.parts.forms.tag(&[&[purpose], parts].concat());
        Self {
            key: base64url(&tag(b"idempotency key", &[actor.as_bytes(), key.as_bytes()])),
            request: tag(b"idempotent request", request).to_vec(),
        }
    }
}

/// Asks whether a request may be done.
///
/// # Errors
/// Inner: an [`AdminRefusal`] for a key that is in use. Outer: a [`Fault`].
pub async fn claim(cx: &Cx, keyed: &Keyed) -> Result<Result<Claim, AdminRefusal>, Fault> {
    let (own, now) = (keyed.clone(), cx.now);
    let seen = cx.db().write(move |c| {
        if table::take(c, &own.key, &own.request, now)? {
            return Ok(None);
        }
        match table::find(c, &own.key)? {
            Some(seen) if now.since(seen.created_at) < KEPT => Ok(Some(seen)),
            _ => {
                table::delete(c, &own.key)?;
                table::take(c, &own.key, &own.request, now)?;
                Ok(None)
            }
        }
    });
    let Some(seen) = seen.await? else { return Ok(Ok(Claim::First)) };
    judge(cx, keyed, seen)
}

fn judge(cx: &Cx, keyed: &Keyed, seen: Seen) -> Result<Result<Claim, AdminRefusal>, Fault> {
    if !crate::secret::equal(&seen.request, &keyed.request) {
        let words = "this idempotency key came before with another request: draw a new key for each thing to make";
        return Ok(Err(AdminRefusal::invalid("idempotency_key_reused", words)));
    }
    match seen.answer {
        Some(sealed) => {
            let opened = cx.parts.answers.open(&sealed, keyed.key.as_bytes());
            opened.map(|plain| Ok(Claim::Answered(plain.to_vec()))).map_err(|e| Fault::Internal(e.to_string()))
        }
        None if cx.now.since(seen.created_at) < PATIENCE => {
            let words = "the first request with this idempotency key is still under way: ask again in a moment";
            Ok(Err(AdminRefusal::conflict("idempotency_under_way", words)))
        }
        None => {
            let words = "the first request with this idempotency key was cut off, and nobody knows how far it came: look \
                         whether the thing is there, then go on with a new key";
            Ok(Err(AdminRefusal::conflict("idempotency_outcome_unknown", words)))
        }
    }
}

/// Keeps what was answered.
///
/// # Errors
/// A [`Fault`].
pub async fn keep(cx: &Cx, keyed: &Keyed, answer: &[u8]) -> Result<(), Fault> {
    let sealed = cx.parts.answers.seal(answer, keyed.key.as_bytes()).map_err(|e| Fault::Internal(e.to_string()))?;
    let key = keyed.key.clone();
    Ok(cx.db().write(move |c| table::answer(c, &key, &sealed)).await?)
}

/// Nothing was made: the key is free for the request that corrects this one.
///
/// # Errors
/// A [`Fault`].
pub async fn release(cx: &Cx, keyed: &Keyed) -> Result<(), Fault> {
    let key = keyed.key.clone();
    Ok(cx.db().write(move |c| table::delete(c, &key)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    #[tokio::test]
    async fn the_first_does_it_and_whoever_repeats_it_hears_the_same() {
        let house = bench::house().await;
        let cx = house.cx();
        let one = Keyed::of(&cx, "alice", "k", &[b"POST", b"body"]);
        assert!(matches!(claim(&cx, &one).await.unwrap(), Ok(Claim::First)));
        let again = claim(&cx, &one).await.unwrap().err().unwrap();
        assert_eq!(again.code, "idempotency_under_way");
        keep(&cx, &one, b"made").await.unwrap();
        let key = one.key.clone();
        let kept = cx.db().read(move |c| table::find(c, &key)).await.unwrap().and_then(|seen| seen.answer).unwrap();
        assert!(!kept.windows(4).any(|part| part == b"made"), "an answer may hold a secret: it is sealed");
        assert!(matches!(claim(&cx, &one).await.unwrap(), Ok(Claim::Answered(answer)) if answer == b"made"));
        let other = Keyed::of(&cx, "alice", "k", &[b"POST", b"other"]);
        assert_eq!(claim(&cx, &other).await.unwrap().err().unwrap().code, "idempotency_key_reused");
        let stranger = Keyed::of(&cx, "bob", "k", &[b"POST", b"body"]);
        assert!(matches!(claim(&cx, &stranger).await.unwrap(), Ok(Claim::First)), "keys belong to their actor");
        house.clock.advance(KEPT);
        assert!(matches!(claim(&house.cx(), &other).await.unwrap(), Ok(Claim::First)), "a day later it is free");
    }

    #[tokio::test]
    async fn a_key_is_free_after_a_refusal_and_honest_after_a_crash() {
        let house = bench::house().await;
        let cx = house.cx();
        let one = Keyed::of(&cx, "alice", "k", &[b"x"]);
        assert!(matches!(claim(&cx, &one).await.unwrap(), Ok(Claim::First)));
        release(&cx, &one).await.unwrap();
        assert!(matches!(claim(&cx, &one).await.unwrap(), Ok(Claim::First)));
        house.clock.advance(PATIENCE);
        let lost = claim(&house.cx(), &one).await.unwrap().err().unwrap();
        assert_eq!(lost.code, "idempotency_outcome_unknown");
    }
}
