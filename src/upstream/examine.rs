//! Owns asking a provider for a test: what it publishes, fetched anew, and redeeming a code with a word on each check. What is
//! believed is judged by the very same code as at a sign-in (`redeem`, `id_token`). It does not own what is made of it.

use serde_json::{Map, Value};

use super::discovery::{self, Found};
use super::{CAP, Redemption, Told, UpstreamError, Upstreams, id_token, quirks, redeem};
use crate::oauth::upstream::check::{Check, of_id_token};
use crate::oauth::upstream::{Kind, Provider, Settled};
use crate::time::Timestamp;

/// What an OpenID Connect provider publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Authorization endpoint.
    pub authorization_endpoint: String,
    /// Token endpoint.
    pub token_endpoint: Option<String>,
    /// Userinfo endpoint.
    pub userinfo_endpoint: Option<String>,
    /// How many keys.
    pub keys: usize,
    /// The issuer that answers name (RFC 9207).
    pub issuer: String,
    /// Whether every answer names it.
    pub sends_iss: bool,
}

/// What a redeemed code showed.
pub struct Examined {
    /// Each check, in order.
    pub checks: Vec<Check>,
    /// What the provider says, once everything passed.
    pub told: Option<Told>,
    /// The claims that came, believed or not.
    pub claims: Map<String, Value>,
}

const CODE: &str = "Code exchange";
const SIGNATURE: &str = "ID token: signature";
const AT_HASH: &str = "ID token: at_hash";
const USERINFO: &str = "Userinfo: sub";

impl Upstreams {
    /// Fetches what an OpenID Connect provider publishes anew, for somebody who looks at it, and remembers it from then on. A
    /// failure is not counted.
    ///
    /// # Errors
    /// An [`UpstreamError`].
    pub async fn inspect(
        &self,
        provider: &Provider,
        settled: &Settled,
        now: Timestamp,
    ) -> Result<Published, UpstreamError> {
        let late = || Err(UpstreamError::Down(format!("no answer within {} s", CAP.as_secs())));
        let fetched = tokio::time::timeout(CAP, discovery::fetch(&self.wire, settled, now)).await;
        let found = fetched.unwrap_or_else(|_| late())?;
        *self.slot(&provider.id).lock().await = Some(found.clone());
        Ok(Published {
            authorization_endpoint: found.authorization_endpoint().to_owned(),
            token_endpoint: found.token_endpoint().map(str::to_owned),
            userinfo_endpoint: found.userinfo_endpoint().map(str::to_owned),
            keys: found.keys.keys().len(),
            issuer: found.issuer().to_owned(),
            sends_iss: found.sends_iss(),
        })
    }

    /// Redeems a code and tells of each check.
    pub async fn examine(&self, r: &Redemption<'_>) -> Examined {
        let mut seen = Examined { checks: Vec::new(), told: None, claims: Map::new() };
        if tokio::time::timeout(CAP, self.examine_into(r, &mut seen)).await.is_err() {
            let words = format!("no answer within {} s", CAP.as_secs());
            seen.checks.push(Check::of("Time", false, "an answer", words, "Try again; ask whoever runs the provider."));
        }
        seen
    }

    async fn examine_into(&self, r: &Redemption<'_>, seen: &mut Examined) {
        if r.party.settled.kind == Kind::Oauth2 {
            let done = redeem::oauth2(&self.wire, r).await;
            let received = done.as_ref().map_or_else(ToString::to_string, |_| "claims".to_owned());
            seen.checks.push(Check::of(CODE, done.is_ok(), "an access token, and claims for it", received, MEND_CODE));
            if let Ok(told) = done {
                seen.claims = told.claims.clone();
                seen.told = Some(told);
            }
            return;
        }
        let found = match self.found(r.party.provider, r.party.settled, r.party.now).await {
            Ok(found) => found,
            Err(error) => {
                let mend = "Look at the issuer, and whether the provider can be reached from here.";
                seen.checks.push(Check::of("Discovery", false, &r.party.settled.issuer, error.to_string(), mend));
                return;
            }
        };
        let tokens = match redeem::oidc(&self.wire, r, &found).await {
            Ok(tokens) => tokens,
            Err(error) => {
                seen.checks.push(Check::of(CODE, false, "tokens", error.to_string(), MEND_CODE));
                return;
            }
        };
        seen.checks.push(Check::of(CODE, true, "tokens", "tokens", MEND_CODE));
        let (verdict, found) = self.judged(&tokens, r, found).await;
        if let Some(claims) = tokens.id_token.as_ref().and_then(|token| id_token::payload(&token.to_string())) {
            seen.checks.extend(of_id_token(r.party.provider, r.party.settled, r.nonce, r.party.now, &claims));
            seen.claims = claims;
        }
        self.conclude(r, (&tokens, &found), verdict, seen).await;
    }

    /// As at a sign-in, with keys that are fetched once more where one is not known.
    async fn judged(
        &self,
        tokens: &redeem::Tokens,
        r: &Redemption<'_>,
        found: Found,
    ) -> (Result<Told, id_token::Distrust>, Found) {
        match id_token::verify(tokens, r, &found) {
            Err(id_token::Distrust::UnknownKey) => match self.with_fresh_keys(&r.party).await {
                Ok(fresh) => (id_token::verify(tokens, r, &fresh), fresh),
                Err(_) => (Err(id_token::Distrust::UnknownKey), found),
            },
            verdict => (verdict, found),
        }
    }

    async fn conclude(
        &self,
        r: &Redemption<'_>,
        (tokens, found): (&redeem::Tokens, &Found),
        verdict: Result<Told, id_token::Distrust>,
        seen: &mut Examined,
    ) {
        let mut told = match verdict {
            Ok(told) => told,
            Err(why) => return seen.checks.extend(distrusted(&why, seen.checks.iter().any(Check::failed))),
        };
        let hash = if told.claims.contains_key("at_hash") { "of that token" } else { "none, which is allowed" };
        seen.checks.push(Check::of(SIGNATURE, true, "by one of the provider's keys", "by one of them", ""));
        seen.checks.push(Check::of(AT_HASH, true, "of the access token that came with it", hash, ""));
        let proven = quirks::proves_email(r.party.provider.preset, &told.claims);
        let done = redeem::complete(&self.wire, r, found, tokens, &mut told.claims).await;
        let received = done.as_ref().map_or_else(ToString::to_string, |()| "the same, or it was not needed".to_owned());
        let mend = "Userinfo must answer, and speak of the person of the ID token: ask whoever runs the provider.";
        seen.checks.push(Check::of(USERINFO, done.is_ok(), "the subject of the ID token", received, mend));
        if done.is_ok() {
            quirks::note_proof(proven, &mut told.claims);
            seen.claims = told.claims.clone();
            seen.told = Some(told);
        }
    }
}

const MEND_CODE: &str = "Compare client id, client secret, how we prove ourselves and the callback address with what the \
                         provider's own console says.";

/// Why an ID token is not believed, at the check that it is about. One whose claims are wrong is not always looked at further.
fn distrusted(why: &id_token::Distrust, claims_failed: bool) -> Vec<Check> {
    let words = why.to_string();
    let (hash, key) = ("of the access token that came with it", "by one of the provider's keys");
    if words.starts_with("at_hash") {
        let mend = "The access token is not the one that the ID token was made for: ask whoever runs the provider.";
        return vec![
            Check::of(SIGNATURE, true, key, "by one of them", ""),
            Check::of(AT_HASH, false, hash, words, mend),
        ];
    }
    let is_signature = *why == id_token::Distrust::UnknownKey || words.to_ascii_lowercase().contains("signature");
    let signature = match claims_failed && !is_signature {
        true => Check::not_reached(SIGNATURE, key),
        false => {
            let mend = "The provider must sign with a key that it publishes, by RSA, ECDSA or EdDSA: look at its settings for \
                        our client.";
            Check::of(SIGNATURE, false, key, words, mend)
        }
    };
    vec![signature, Check::not_reached(AT_HASH, hash), Check::not_reached(USERINFO, "the subject of the ID token")]
}
