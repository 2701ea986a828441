//! Owns what administrators do to signing keys: look, rotate, import, take the public halves out. It does not own the life
//! of a key (`signing::life`) nor its tending (`flow::ops::keys`).

use serde_json::{Value, json};

use super::{About, Actor, event};
use crate::flow::ops::keys::{self, KeyRule};
use crate::flow::{Cx, Fault};
use crate::oauth::jose::Algorithm;
use crate::signing::{self, KeyError, KeyState, NewKey, Rotation, Step, StoredKey, life};
use crate::store;

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
    #[error("a successor of the {0} key is published already and signs from {1} on: wait, or rotate with --emergency")]
    UnderWay(&'static str, String),
    /// Nobody keeps such keys here.
    #[error("{0} is not one of keys.algorithms: add it there first")]
    NotKept(&'static str),
    /// Another node is at it.
    #[error("another node is changing the keys at this moment: try again in a few seconds")]
    Busy,
    /// No such key.
    #[error("there is no key {0:?}; `vouchsafe key list` shows all")]
    Unknown(String),
}

/// All keys, oldest first, each with where it is in its life.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx) -> Result<Vec<(StoredKey, KeyState)>, Fault> {
    let rows = cx.db().read(store::keys::list).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let state = row.state(cx.now);
            (row, state)
        })
        .collect())
}

/// Rotates the keys of one algorithm.
///
/// # Errors
/// Inner: a [`KeyRefusal`]. Outer: a [`Fault`].
pub async fn rotate(
    cx: &Cx,
    actor: &Actor,
    rule: &KeyRule,
    alg: Algorithm,
    how: Rotation,
) -> Result<Result<Vec<Step>, KeyRefusal>, Fault> {
    if !rule.algorithms.contains(&alg) {
        return Ok(Err(KeyRefusal::NotKept(alg.as_str())));
    }
    let steps = match keys::rotate(&cx.parts, rule, alg, how, cx.now).await {
        Ok(steps) => steps,
        Err(Fault::Busy { .. }) => return Ok(Err(KeyRefusal::Busy)),
        Err(other) => return Err(other),
    };
    if steps.is_empty() {
        return Ok(Err(under_way(alg, &cx.db().read(store::keys::list).await?, cx)));
    }
    let detail = json!({ "alg": alg.as_str(), "emergency": how == Rotation::Emergency });
    note(cx, actor, "key_rotated", detail).await?;
    Ok(Ok(steps))
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
/// Inner: a [`KeyRefusal`]. Outer: a [`Fault`].
pub async fn import(
    cx: &Cx,
    actor: &Actor,
    rule: &KeyRule,
    key: NewKey,
) -> Result<Result<StoredKey, KeyRefusal>, Fault> {
    let rows = cx.db().read(store::keys::list).await?;
    if rows.iter().any(|row| row.kid == key.kid) {
        return Ok(Err(KeyRefusal::Twice(key.kid)));
    }
    if !rule.algorithms.contains(&key.alg) {
        return Ok(Err(KeyRefusal::NotKept(key.alg.as_str())));
    }
    if life::plan_rotation(&rows, &rule.lives, key.alg, Rotation::Planned, cx.now).is_empty() {
        return Ok(Err(under_way(key.alg, &rows, cx)));
    }
    let row = keys::import(&cx.parts, rule, key, cx.now).await?;
    note(cx, actor, "key_imported", json!({ "alg": row.alg.as_str(), "kid": row.kid })).await?;
    Ok(Ok(row))
}

/// The public halves: of one key, or of every key in the JWKS.
///
/// # Errors
/// Inner: [`KeyRefusal::Unknown`]. Outer: a [`Fault`].
pub async fn public_jwks(cx: &Cx, kid: Option<&str>) -> Result<Result<Vec<Value>, KeyRefusal>, Fault> {
    let mut found = Vec::new();
    for (row, state) in list(cx).await? {
        if kid.map_or(state != KeyState::Gone, |kid| kid == row.kid) {
            found.push(serde_json::from_str(&row.public_jwk).map_err(|e| Fault::Internal(e.to_string()))?);
        }
    }
    match kid {
        Some(kid) if found.is_empty() => Ok(Err(KeyRefusal::Unknown(kid.to_owned()))),
        _ => Ok(Ok(found)),
    }
}

async fn note(cx: &Cx, actor: &Actor, kind: &str, detail: Value) -> Result<(), Fault> {
    let row = event(cx, actor, kind, About::default(), detail);
    Ok(cx.db().write(move |c| row.append(c)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::signing::RsaBits;

    #[tokio::test]
    async fn a_rotation_publishes_first_and_a_second_one_waits() {
        let house = bench::house().await;
        let (cx, rule) = (house.cx(), house.rule.clone());
        let before = list(&cx).await.unwrap().len();
        rotate(&cx, &Actor::CommandLine, &rule, Algorithm::ES256, Rotation::Planned).await.unwrap().unwrap();
        let states: Vec<_> = list(&cx).await.unwrap().into_iter().map(|(_, state)| state).collect();
        assert_eq!(states.len(), before + 1);
        assert!(states.contains(&KeyState::Published));
        let again = rotate(&cx, &Actor::CommandLine, &rule, Algorithm::ES256, Rotation::Planned).await.unwrap();
        assert!(matches!(again, Err(KeyRefusal::UnderWay("ES256", _))));
        rotate(&cx, &Actor::CommandLine, &rule, Algorithm::ES256, Rotation::Emergency).await.unwrap().unwrap();
        let unkept = rotate(&cx, &Actor::CommandLine, &rule, Algorithm::EdDSA, Rotation::Planned).await.unwrap();
        assert_eq!(unkept.unwrap_err(), KeyRefusal::NotKept("EdDSA"));
    }

    #[tokio::test]
    async fn a_key_is_imported_once_and_only_its_public_half_comes_out() {
        let house = bench::house().await;
        let (cx, rule) = (house.cx(), house.rule.clone());
        let made = || signing::generate(Algorithm::ES256, RsaBits::Bits2048).unwrap();
        let (first, second) = (made(), made());
        let copy = NewKey {
            kid: first.kid.clone(),
            alg: first.alg,
            private_pkcs8: first.private_pkcs8.clone(),
            public_jwk: first.public_jwk.clone(),
        };
        let row = import(&cx, &Actor::CommandLine, &rule, first).await.unwrap().unwrap();
        let twice = import(&cx, &Actor::CommandLine, &rule, copy).await.unwrap();
        assert_eq!(twice.unwrap_err(), KeyRefusal::Twice(row.kid.clone()));
        let early = import(&cx, &Actor::CommandLine, &rule, second).await.unwrap();
        assert!(matches!(early, Err(KeyRefusal::UnderWay("ES256", _))));
        let jwks = public_jwks(&cx, Some(&row.kid)).await.unwrap().unwrap();
        assert!(jwks[0].get("d").is_none() && jwks[0]["kid"] == row.kid.as_str());
        assert!(public_jwks(&cx, None).await.unwrap().unwrap().len() >= 3);
        let unknown = public_jwks(&cx, Some("nope")).await.unwrap();
        assert_eq!(unknown.unwrap_err(), KeyRefusal::Unknown("nope".to_owned()));
    }

    #[test]
    fn what_is_no_key_is_refused_with_words() {
        for text in ["", "hello", "{}", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"] {
            assert!(matches!(read(text, None), Err(KeyRefusal::Unusable(_))), "{text}");
        }
    }
}
