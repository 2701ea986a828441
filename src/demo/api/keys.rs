//! Owns the provider's public keys as this API knows them: found through discovery, kept by `kid`, fetched again when a
//! `kid` is new (that is how a resource server follows a rotation), but never more often than every ten seconds, so that
//! tokens with invented kids cannot make it hammer the provider.

use std::collections::HashMap;

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use tokio::sync::RwLock;

use super::token::Refusal;
use crate::demo::wire::Wire;

/// Least time between two fetches, in seconds.
pub(super) const PAUSE: i64 = 10;

/// How long fetched keys are believed, in seconds: a key that the provider withdrew must not live on here.
const LIFE: i64 = 3_600;

/// The published keys of one issuer.
pub(super) struct Keys {
    issuer: String,
    wire: Wire,
    cache: RwLock<Cache>,
}

#[derive(Default)]
struct Cache {
    by_kid: HashMap<String, Jwk>,
    fetched_at: Option<i64>,
    tried_at: Option<i64>,
    trouble: Option<String>,
}

impl Cache {
    fn is_fresh(&self, now: i64) -> bool {
        self.fetched_at.is_some_and(|at| (0..LIFE).contains(&now.saturating_sub(at)))
    }

    fn may_fetch(&self, now: i64) -> bool {
        self.tried_at.is_none_or(|at| !(0..PAUSE).contains(&now.saturating_sub(at)))
    }
}

impl Keys {
    /// An empty cache; the first token fills it.
    pub(super) fn new(issuer: String) -> Result<Self, reqwest::Error> {
        Ok(Self { issuer, wire: Wire::new()?, cache: RwLock::default() })
    }

    /// The key with this `kid`, fetched if it is not known.
    pub(super) async fn find(&self, kid: &str, now: i64) -> Result<Jwk, Refusal> {
        {
            let cache = self.cache.read().await;
            if cache.is_fresh(now)
                && let Some(key) = cache.by_kid.get(kid)
            {
                return Ok(key.clone());
            }
        }
        // Held while fetching: a hundred requests with one new kid make one fetch.
        let mut cache = self.cache.write().await;
        if !(cache.is_fresh(now) && cache.by_kid.contains_key(kid)) && cache.may_fetch(now) {
            cache.tried_at = Some(now);
            match self.fetch().await {
                Ok(by_kid) => *cache = Cache { by_kid, fetched_at: Some(now), tried_at: Some(now), trouble: None },
                Err(trouble) => cache.trouble = Some(trouble),
            }
        }
        match (cache.by_kid.get(kid), &cache.trouble) {
            (Some(key), _) if cache.is_fresh(now) => Ok(key.clone()),
            (_, Some(trouble)) => Err(Refusal::KeysUnavailable { reason: trouble.clone() }),
            (_, None) => Err(Refusal::UnknownKey),
        }
    }

    /// The kids known now with their algorithms, for the explaining page.
    pub(super) async fn known(&self) -> Vec<(String, String)> {
        let cache = self.cache.read().await;
        let mut known: Vec<_> = cache
            .by_kid
            .iter()
            .map(|(kid, key)| (kid.clone(), key.common.key_algorithm.map_or_else(String::new, |alg| alg.to_string())))
            .collect();
        known.sort();
        known
    }

    async fn fetch(&self) -> Result<HashMap<String, Jwk>, String> {
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata = self.wire.json(&discovery).await.map_err(|e| e.to_string())?;
        if metadata.get("issuer").and_then(Value::as_str) != Some(&self.issuer) {
            return Err(format!("{discovery} does not speak for the issuer {}", self.issuer));
        }
        let url = metadata.get("jwks_uri").and_then(Value::as_str).ok_or("discovery names no jwks_uri")?;
        let set = self.wire.json(url).await.map_err(|e| e.to_string())?;
        Ok(usable(&set))
    }
}

/// The signing keys of a JWK set that have a `kid`. Keys of kinds we do not know are passed over (RFC 7517 §5).
fn usable(set: &Value) -> HashMap<String, Jwk> {
    let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    keys.iter()
        .filter(|key| key.get("use").is_none_or(|purpose| purpose == "sig"))
        .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
        .filter_map(|key| key.common.key_id.clone().map(|kid| (kid, key)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_signing_keys_with_a_kid_are_kept() {
        let ed = |kid: &str| json!({"kty":"OKP","crv":"Ed25519","kid":kid,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let mut for_encryption = ed("enc");
        for_encryption["use"] = json!("enc");
        let nameless = json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let set = json!({"keys": [ed("a"), for_encryption, nameless, {"kty":"FUTURE","kid":"f"}, 7]});
        let found = usable(&set);
        assert!(found.contains_key("a"));
        assert!(!found.contains_key("enc"));
        assert!(found.len() <= 2, "{:?}", found.keys());
        assert!(usable(&json!({})).is_empty());
    }

    #[test]
    fn unknown_kids_cannot_make_it_hammer_the_provider() {
        let cache = Cache { fetched_at: Some(100), tried_at: Some(100), ..Cache::default() };
        assert!(!cache.may_fetch(100));
        assert!(!cache.may_fetch(109));
        assert!(cache.may_fetch(110));
        assert!(cache.may_fetch(50), "a clock set back must not block for ever");
        assert!(Cache::default().may_fetch(0));
    }

    #[test]
    fn keys_are_not_believed_for_ever() {
        let cache = Cache { fetched_at: Some(100), ..Cache::default() };
        assert!(cache.is_fresh(100 + LIFE - 1));
        assert!(!cache.is_fresh(100 + LIFE));
        assert!(!Cache::default().is_fresh(0));
    }
}
