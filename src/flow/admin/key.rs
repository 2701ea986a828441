//! Owns what administrators do to signing keys: look, rotate, retire early, remove one that leaked, import. It does not own
//! the life of a key (`signing::life`) nor its tending (`flow::ops::keys`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::Change;
use super::refusal::granted;
use super::{About, Actor, AdminRefusal, Done, RefusalKind};
use crate::flow::ops::keys::{self, KeyRule, StaysOut};
use crate::flow::{Cx, Fault};
use crate::identity::Permission;
use crate::oauth::jose::Algorithm;
use crate::signing::life::{End, Stays};
use crate::signing::{self, KeyError, KeyState, NewKey, Rotation, Step, StoredKey, life};
use crate::store;
use crate::time::Timestamp;

/// Why nothing was done. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// The text is no key that can be used.
    #[error("the key cannot be imported: {0}")]
    Unusable(#[from] KeyError),
    /// It is there.
    #[error("the key {0} is in the ring already")]
    Twice(String),
    /// One rotation at a time.
    #[error("a successor of the {0} key is published already and signs from {1} on: wait, or rotate as an emergency")]
    UnderWay(&'static str, String),
    /// Nobody keeps such keys here.
    #[error("{0} is not one of keys.algorithms: add it there first")]
    NotKept(&'static str),
    /// Another node is at it.
    #[error("another node is changing the keys at this moment: try again in a few seconds")]
    Busy,
    /// No such key.
    #[error("there is no key {0:?}")]
    Unknown(String),
    /// Nothing could be signed.
    #[error("the key {0} is the only one of its algorithm that signs: rotate first, then end this one")]
    Last(String),
    /// Nothing to do.
    #[error("the key {0} signs no more already")]
    Ended(String),
}

impl From<KeyRefusal> for AdminRefusal {
    fn from(refusal: KeyRefusal) -> Self {
        use RefusalKind::{Conflict, Invalid, Unknown};
        let (kind, code) = match &refusal {
            KeyRefusal::Unusable(_) => (Invalid, "key_unusable"),
            KeyRefusal::Twice(_) => (Conflict, "key_taken"),
            KeyRefusal::UnderWay(..) => (Conflict, "rotation_under_way"),
            KeyRefusal::NotKept(_) => (Invalid, "algorithm_not_kept"),
            KeyRefusal::Busy => (Conflict, "keys_busy"),
            KeyRefusal::Unknown(_) => (Unknown, "unknown_key"),
            KeyRefusal::Last(_) => (Conflict, "key_is_the_last"),
            KeyRefusal::Ended(_) => (Conflict, "key_ended"),
        };
        AdminRefusal { kind, code, field: None, words: refusal.to_string() }
    }
}

/// A signing key: its dates and its public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyView {
    /// Key id, as in the header of every token it signs.
    pub kid: String,
    /// The one algorithm it is for.
    pub alg: Algorithm,
    /// Where it is in its life: `published`, `signing`, `retired` or `gone`.
    pub state: String,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// From when on it signs (RFC 3339).
    pub signs_from: String,
    /// When it signs no more (RFC 3339); set when its successor is made.
    pub retires_at: Option<String>,
    /// When it leaves the key set (RFC 3339).
    pub gone_at: Option<String>,
    /// The public half (RFC 7517).
    #[schema(value_type = Object)]
    pub public_jwk: Value,
}

impl KeyView {
    fn of(row: &StoredKey, now: Timestamp) -> Self {
        let state = match row.state(now) {
            KeyState::Published => "published",
            KeyState::Signing => "signing",
            KeyState::Retired => "retired",
            KeyState::Gone => "gone",
        };
        Self {
            kid: row.kid.clone(),
            alg: row.alg,
            state: state.to_owned(),
            created_at: row.created_at.rfc3339(),
            signs_from: row.signs_from.rfc3339(),
            retires_at: row.retires_at.map(Timestamp::rfc3339),
            gone_at: row.gone_at.map(Timestamp::rfc3339),
            public_jwk: serde_json::from_str(&row.public_jwk).unwrap_or_default(),
        }
    }
}

/// What ending a key early breaks, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeyEnding {
    /// The key.
    pub key: KeyView,
    /// Whether another key of its algorithm signs, so that it can be ended at all.
    pub has_successor: bool,
    /// If it is retired: until when its tokens are verified (RFC 3339).
    pub verifies_until: String,
    /// If it is removed: until when tokens that it signed would have been good at the longest, and are refused (RFC 3339).
    pub refused_until: String,
    /// If it is removed: for how many seconds others may go on believing its tokens, because they have our key set cached.
    pub cached_seconds: i64,
    /// The same in words.
    pub words: Vec<String>,
}

/// What was done, or the refusal of a ring that another node is changing.
macro_rules! free {
    ($done:expr) => {
        match $done {
            Ok(done) => done,
            Err(Fault::Busy { .. }) => return Ok(Err(KeyRefusal::Busy.into())),
            Err(other) => return Err(other),
        }
    };
}

/// All keys, oldest first.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn list(cx: &Cx, actor: &Actor) -> Done<Vec<KeyView>> {
    granted!(actor.needs(Permission::KeysRead));
    let rows = cx.db().read(store::keys::list).await?;
    Ok(Ok(rows.iter().map(|row| KeyView::of(row, cx.now)).collect()))
}

/// Rotates the keys of one algorithm.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn rotate(cx: &Cx, actor: &Actor, alg: Algorithm, how: Rotation) -> Done<Vec<Step>> {
    granted!(actor.needs(Permission::KeysWrite));
    let rule = &cx.parts.key_rule;
    if !rule.algorithms.contains(&alg) {
        return Ok(Err(KeyRefusal::NotKept(alg.as_str()).into()));
    }
    let detail = json!({ "alg": alg.as_str(), "emergency": how == Rotation::Emergency });
    let log = noting(cx, actor, "key_rotated", detail);
    let steps = free!(keys::rotate(&cx.parts, rule, (alg, how), cx.now, log).await);
    if steps.is_empty() {
        return Ok(Err(under_way(alg, &cx.db().read(store::keys::list).await?, cx).into()));
    }
    Ok(Ok(steps))
}

/// What ending this key early means.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn what_retiring_means(cx: &Cx, actor: &Actor, kid: &str) -> Done<KeyEnding> {
    granted!(actor.needs(Permission::KeysRead));
    let rows = cx.db().read(store::keys::list).await?;
    let lives = &cx.parts.key_rule.lives;
    let Some(row) = rows.iter().find(|row| row.kid == kid && row.state(cx.now) != KeyState::Gone) else {
        return Ok(Err(KeyRefusal::Unknown(kid.to_owned()).into()));
    };
    let ended_at = row.retires_at.map_or(cx.now, |at| at.min(cx.now));
    let gone_at = life::plan_end(&rows, lives, kid, End::Retire, cx.now)
        .map_or(row.gone_at.unwrap_or(cx.now), |(_, gone_at)| gone_at);
    let (until, alg) = ((ended_at + lives.longest_token).rfc3339(), row.alg.as_str());
    let words = vec![
        format!("Retired, it signs no more from now on; what it signed is verified until {}.", gone_at.rfc3339()),
        format!(
            "Removed, every {alg} token that it signed is refused here at once: people sign in again and apps fetch new \
             tokens. The last of them would have expired at {until}."
        ),
        format!(
            "Apps and APIs that have the key set cached go on believing its tokens for up to {} seconds.",
            lives.jwks_max_age.seconds()
        ),
    ];
    Ok(Ok(KeyEnding {
        key: KeyView::of(row, cx.now),
        has_successor: life::plan_end(&rows, lives, kid, End::Remove, cx.now).is_ok(),
        verifies_until: gone_at.rfc3339(),
        refused_until: until,
        cached_seconds: lives.jwks_max_age.seconds(),
        words,
    }))
}

/// Retires a key before its time: another one signs from now on, and what it signed is verified until it has expired.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn retire(cx: &Cx, actor: &Actor, kid: &str) -> Done<()> {
    end(cx, actor, kid, End::Retire).await
}

/// Removes a key that leaked: it leaves the key set now, and what it signed is refused.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn remove_now(cx: &Cx, actor: &Actor, kid: &str) -> Done<()> {
    end(cx, actor, kid, End::Remove).await
}

async fn end(cx: &Cx, actor: &Actor, kid: &str, how: End) -> Done<()> {
    granted!(actor.needs(Permission::KeysWrite));
    let kind = if how == End::Retire { "key_retired" } else { "key_removed" };
    let log = noting(cx, actor, kind, json!({ "kid": kid }));
    let ended = free!(keys::end(&cx.parts, &cx.parts.key_rule, (kid, how), cx.now, log).await);
    let kid = kid.to_owned();
    Ok(ended.map_err(|why| match why {
        Stays::Unknown => KeyRefusal::Unknown(kid).into(),
        Stays::Last => KeyRefusal::Last(kid).into(),
        Stays::Ended => KeyRefusal::Ended(kid).into(),
    }))
}

fn under_way(alg: Algorithm, rows: &[StoredKey], cx: &Cx) -> KeyRefusal {
    let next = rows.iter().filter(|row| row.alg == alg && row.state(cx.now) == KeyState::Published);
    let signs_from = next.map(|row| row.signs_from).min().unwrap_or(cx.now);
    KeyRefusal::UnderWay(alg.as_str(), signs_from.rfc3339())
}

/// Reads a private key made elsewhere: one JWK, or PEM.
///
/// # Errors
/// [`KeyRefusal::Unusable`].
pub fn read(text: &str, alg: Option<Algorithm>) -> Result<NewKey, KeyRefusal> {
    let read = if text.trim_start().starts_with('{') { signing::import_jwk } else { signing::import_pem };
    Ok(read(text, alg)?)
}

/// Puts a key made elsewhere into the ring. It is published now and signs like any successor.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn import(cx: &Cx, actor: &Actor, key: NewKey) -> Done<KeyView> {
    granted!(actor.needs(Permission::KeysWrite));
    let rule: &KeyRule = &cx.parts.key_rule;
    if !rule.algorithms.contains(&key.alg) {
        return Ok(Err(KeyRefusal::NotKept(key.alg.as_str()).into()));
    }
    let (alg, kid) = (key.alg, key.kid.clone());
    let log = noting(cx, actor, "key_imported", json!({ "alg": alg.as_str(), "kid": kid }));
    match free!(keys::import(&cx.parts, rule, key, cx.now, log).await) {
        Ok(row) => Ok(Ok(KeyView::of(&row, cx.now))),
        Err(StaysOut::Twice) => Ok(Err(KeyRefusal::Twice(kid).into())),
        Err(StaysOut::UnderWay) => Ok(Err(under_way(alg, &cx.db().read(store::keys::list).await?, cx).into())),
    }
}

/// Appends to the security log, in the transaction of what it tells of.
fn noting(
    cx: &Cx,
    actor: &Actor,
    kind: &'static str,
    detail: Value,
) -> impl Fn(&mut store::Conn) -> Result<(), store::Fault> + Send + 'static {
    let change = Change::new(cx, actor);
    move |c| change.log(c, kind, About::default(), detail.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::signing::RsaBits;

    #[tokio::test]
    async fn a_rotation_publishes_first_and_a_second_one_waits() {
        let house = bench::house().await;
        let cx = house.cx();
        let before = list(&cx, &Actor::CommandLine).await.unwrap().unwrap().len();
        rotate(&cx, &Actor::CommandLine, Algorithm::ES256, Rotation::Planned).await.unwrap().unwrap();
        let listed = list(&cx, &Actor::CommandLine).await.unwrap().unwrap();
        let states: Vec<_> = listed.into_iter().map(|key| key.state).collect();
        assert_eq!(states.len(), before + 1);
        assert!(states.contains(&"published".to_owned()));
        let again = rotate(&cx, &Actor::CommandLine, Algorithm::ES256, Rotation::Planned).await.unwrap();
        assert_eq!(again.unwrap_err().code, "rotation_under_way");
        rotate(&cx, &Actor::CommandLine, Algorithm::ES256, Rotation::Emergency).await.unwrap().unwrap();
        let unkept = rotate(&cx, &Actor::CommandLine, Algorithm::EdDSA, Rotation::Planned).await.unwrap();
        assert_eq!(unkept.unwrap_err().code, "algorithm_not_kept");
    }

    #[tokio::test]
    async fn a_key_is_imported_once_and_only_its_public_half_comes_out() {
        let house = bench::house().await;
        let cx = house.cx();
        let made = || signing::generate(Algorithm::ES256, RsaBits::Bits2048).unwrap();
        let (first, second) = (made(), made());
        let copy = NewKey {
            kid: first.kid.clone(),
            alg: first.alg,
            private_pkcs8: first.private_pkcs8.clone(),
            public_jwk: first.public_jwk.clone(),
        };
        let row = import(&cx, &Actor::CommandLine, first).await.unwrap().unwrap();
        let twice = import(&cx, &Actor::CommandLine, copy).await.unwrap();
        assert_eq!(twice.unwrap_err().code, "key_taken");
        let early = import(&cx, &Actor::CommandLine, second).await.unwrap();
        assert_eq!(early.unwrap_err().code, "rotation_under_way");
        let all = list(&cx, &Actor::CommandLine).await.unwrap().unwrap();
        assert!(all.len() >= 3 && all.iter().all(|key| key.public_jwk.get("d").is_none()));
        assert!(all.iter().any(|key| key.kid == row.kid && key.public_jwk["kid"] == row.kid.as_str()));
    }

    #[test]
    fn what_is_no_key_is_refused_with_words() {
        for text in ["", "hello", "{}", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"] {
            assert!(matches!(read(text, None), Err(KeyRefusal::Unusable(_))), "{text}");
        }
    }

    #[tokio::test]
    async fn the_only_key_of_an_algorithm_that_signs_is_never_ended() {
        let house = bench::house().await;
        let (cx, cli) = (house.cx(), Actor::CommandLine);
        let es256 = async |cx: &Cx| {
            let all = list(cx, &Actor::CommandLine).await.unwrap().unwrap();
            all.into_iter().filter(|key| key.alg == Algorithm::ES256).collect::<Vec<_>>()
        };
        let first = es256(&cx).await.remove(0).kid;
        assert!(!what_retiring_means(&cx, &cli, &first).await.unwrap().unwrap().has_successor);
        for how in [End::Retire, End::Remove] {
            assert_eq!(end(&cx, &cli, &first, how).await.unwrap().unwrap_err().code, "key_is_the_last");
        }
        rotate(&cx, &cli, Algorithm::ES256, Rotation::Planned).await.unwrap().unwrap();
        let second = es256(&cx).await.remove(1).kid;
        let early = remove_now(&cx, &cli, &first).await.unwrap().unwrap_err();
        assert_eq!(early.code, "key_is_the_last", "a successor that does not sign yet is none");
        rotate(&cx, &cli, Algorithm::ES256, Rotation::Emergency).await.unwrap().unwrap();
        assert_eq!(retire(&cx, &cli, &first).await.unwrap().unwrap_err().code, "key_ended");
        assert_eq!(retire(&cx, &cli, "nope").await.unwrap().unwrap_err().code, "unknown_key");
        assert!(what_retiring_means(&cx, &cli, &first).await.unwrap().unwrap().has_successor);
        remove_now(&cx, &cli, &first).await.unwrap().unwrap();
        let left = list(&cx, &cli).await.unwrap().unwrap();
        assert!(left.iter().all(|key| key.kid != first || key.state == "gone"));
        assert!(!cx.parts.keyring.jwks(cx.now).body.contains(&first), "out of the key set at once");
        assert!(house.events().await.contains(&"key_removed by command line".to_owned()));
        assert_eq!(remove_now(&cx, &cli, &first).await.unwrap().unwrap_err().code, "unknown_key");
        drop(second);
    }

    #[tokio::test]
    async fn n03_keys_need_their_permissions() {
        let house = bench::house().await;
        let cx = house.cx();
        let actor = |p: Permission| Actor::Person {
            id: crate::identity::UserId("p".to_owned()),
            permissions: crate::identity::Permissions::of(&[p]),
        };
        let (reader, writer) = (actor(Permission::KeysRead), actor(Permission::KeysWrite));
        let code = "permission_missing";
        assert_eq!(list(&cx, &writer).await.unwrap().unwrap_err().code, code);
        assert_eq!(what_retiring_means(&cx, &writer, "x").await.unwrap().unwrap_err().code, code);
        assert_eq!(retire(&cx, &reader, "x").await.unwrap().unwrap_err().code, code);
        assert_eq!(remove_now(&cx, &reader, "x").await.unwrap().unwrap_err().code, code);
        let rotated = rotate(&cx, &reader, Algorithm::ES256, Rotation::Planned).await.unwrap();
        assert_eq!(rotated.unwrap_err().code, code);
    }
}
