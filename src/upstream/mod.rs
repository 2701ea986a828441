//! Owns talking to providers that people sign in through: what they publish, redeeming codes, and believing what they say of a
//! person only after every check. It alone (beside the guest `demo`) names `openidconnect`. It does not own which providers
//! there are, nor what follows from the claims (`oauth::upstream`, `flow`).
//!
//! Everything goes through the guarded client. A provider has ten seconds for all that one step asks of it; after a few
//! failures in a row it is left in peace for half a minute, so that a slow one holds up nothing here.

mod client_auth;
mod discovery;
mod examine;
mod id_token;
mod logout;
mod redeem;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::oauth::upstream::breaker::{Breaker, Outcome};
use crate::oauth::upstream::tokens::UpstreamTokens;
use crate::oauth::upstream::{Kind, Provider, Settled, quirks};
use crate::outbound::Guarded;
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
use discovery::Found;
pub use examine::{Examined, Published};
use wire::Wire;

/// So long a provider may take for one step, all requests together.
const CAP: Duration = Duration::from_secs(10);
/// Providers that are remembered at a time; there are never so many.
const MOST: usize = 200;

/// Why a provider could not be used. Words are for the trace; no secret and no query stands in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// It does not answer, or not in time, or with a server's error.
    #[error("{0}")]
    Down(String),
    /// It failed a few times in a row and is not asked at this moment.
    #[error("the provider failed a few times in a row and is left in peace for half a minute")]
    Resting,
    /// It answers, but with what cannot be believed or used.
    #[error("{0}")]
    Wrong(String),
}

impl UpstreamError {
    pub(super) fn wrong(words: impl Into<String>) -> Self {
        Self::Wrong(words.into())
    }
}

/// Where people are sent, and whose answer is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// Authorization endpoint.
    pub authorization_endpoint: String,
    /// The issuer that answers name (RFC 9207).
    pub issuer: String,
    /// Whether every answer names it.
    pub sends_iss: bool,
}

/// Whom we ask, and as whom.
#[derive(Clone, Copy)]
pub struct Party<'a> {
    /// The provider.
    pub provider: &'a Provider,
    /// The same with its gaps filled.
    pub settled: &'a Settled,
    /// Our secret there, or our private key in PEM.
    pub secret: Option<&'a Sensitive>,
    /// A name for the JWT by which we prove ourselves, if we do so: drawn for this request alone.
    pub jti: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// What a code is redeemed with.
pub struct Redemption<'a> {
    /// Whom we ask, and as whom.
    pub party: Party<'a>,
    /// The code.
    pub code: &'a str,
    /// PKCE verifier.
    pub verifier: &'a Sensitive,
    /// Nonce.
    pub nonce: &'a str,
    /// Our callback address, as it was sent.
    pub redirect_uri: &'a str,
}

/// What a provider said of a person, believed.
#[derive(Clone, Debug)]
pub struct Told {
    /// Whose word it is: the issuer, or the site whose accounts they are.
    pub issuer: String,
    /// The claims.
    pub claims: Map<String, Value>,
    /// The tokens that came along, if they can be kept.
    pub tokens: Option<UpstreamTokens>,
}

/// The way to all providers.
pub struct Upstreams {
    wire: Wire,
    known: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Option<Found>>>>>,
    breakers: Mutex<HashMap<String, Breaker>>,
}

impl Upstreams {
    /// Over this client.
    pub fn new(guarded: Guarded) -> Self {
        Self { wire: Wire::new(guarded), known: Mutex::default(), breakers: Mutex::default() }
    }

    /// Where people are sent.
    ///
    /// # Errors
    /// An [`UpstreamError`].
    pub async fn entrance(
        &self,
        provider: &Provider,
        settled: &Settled,
        now: Timestamp,
    ) -> Result<Entrance, UpstreamError> {
        if settled.kind == Kind::Oauth2 {
            let endpoint = settled.endpoints.authorization.clone();
            let authorization_endpoint = endpoint.ok_or_else(|| UpstreamError::wrong("no authorization endpoint"))?;
            return Ok(Entrance { authorization_endpoint, issuer: settled.issuer.clone(), sends_iss: false });
        }
        let found = self.in_peace(&provider.id, now, self.found(provider, settled, now)).await?;
        Ok(Entrance {
            authorization_endpoint: found.authorization_endpoint().to_owned(),
            issuer: found.issuer().to_owned(),
            sends_iss: found.sends_iss(),
        })
    }

    /// Redeems a code and gives what the provider says of the person, checked.
    ///
    /// # Errors
    /// An [`UpstreamError`].
    pub async fn redeem(&self, r: &Redemption<'_>) -> Result<Told, UpstreamError> {
        self.in_peace(&r.party.provider.id, r.party.now, async {
            match r.party.settled.kind {
                Kind::Oidc => self.redeem_oidc(r).await,
                Kind::Oauth2 => redeem::oauth2(&self.wire, r).await,
            }
        })
        .await
    }

    async fn redeem_oidc(&self, r: &Redemption<'_>) -> Result<Told, UpstreamError> {
        let found = self.found(r.party.provider, r.party.settled, r.party.now).await?;
        let tokens = redeem::oidc(&self.wire, r, &found).await?;
        let verified = match id_token::verify(&tokens, r, &found) {
            Err(id_token::Distrust::UnknownKey) => {
                // Its keys may have changed since we looked: once more, but not more often than once a minute.
                let found = self.with_fresh_keys(&r.party).await?;
                id_token::verify(&tokens, r, &found)
            }
            verdict => verdict,
        };
        let mut told = verified.map_err(|why| UpstreamError::wrong(format!("the ID token is refused: {why}")))?;
        let proven = quirks::proves_email(r.party.provider.preset, &told.claims);
        redeem::complete(&self.wire, r, &found, &tokens, &mut told.claims).await?;
        // Whatever userinfo adds.
        quirks::note_proof(proven, &mut told.claims);
        Ok(told)
    }

    /// Renews tokens of a provider. `None`: it does not renew them any more.
    ///
    /// # Errors
    /// An [`UpstreamError`].
    pub async fn refresh(
        &self,
        party: &Party<'_>,
        refresh_token: &Sensitive,
    ) -> Result<Option<UpstreamTokens>, UpstreamError> {
        self.in_peace(&party.provider.id, party.now, async {
            let named = match party.settled.kind {
                Kind::Oidc => {
                    self.found(party.provider, party.settled, party.now).await?.token_endpoint().map(str::to_owned)
                }
                Kind::Oauth2 => party.settled.endpoints.token.clone(),
            };
            let endpoint = named.ok_or_else(|| UpstreamError::wrong("there is no token endpoint"))?;
            redeem::refresh(&self.wire, party, &endpoint, refresh_token).await
        })
        .await
    }

    /// The claims of a logout token, once its signature and issuer are believed; and that issuer.
    ///
    /// # Errors
    /// An [`UpstreamError`].
    pub async fn logout(&self, party: &Party<'_>, token: &str) -> Result<Told, UpstreamError> {
        let believed = self.in_peace(&party.provider.id, party.now, async {
            let found = self.found(party.provider, party.settled, party.now).await?;
            match logout::verify(token, party, &found) {
                Err(id_token::Distrust::UnknownKey) => {
                    let found = self.with_fresh_keys(party).await?;
                    Ok(logout::verify(token, party, &found))
                }
                verdict => Ok(verdict),
            }
        });
        believed.await?.map_err(|why| UpstreamError::wrong(why.to_string()))
    }

    /// What an OpenID Connect provider publishes: as it is remembered, or fetched. Of many at once one fetches.
    async fn found(&self, provider: &Provider, settled: &Settled, now: Timestamp) -> Result<Found, UpstreamError> {
        let slot = self.slot(&provider.id);
        let mut slot = slot.lock().await;
        match &*slot {
            Some(found) if found.is_good(settled, now) => Ok(found.clone()),
            _ => {
                let found = discovery::fetch(&self.wire, settled, now).await?;
                *slot = Some(found.clone());
                Ok(found)
            }
        }
    }

    async fn with_fresh_keys(&self, party: &Party<'_>) -> Result<Found, UpstreamError> {
        let slot = self.slot(&party.provider.id);
        let mut slot = slot.lock().await;
        let Some(found) = &mut *slot else { return Err(UpstreamError::wrong("the provider was forgotten")) };
        discovery::refresh_keys(&self.wire, found, party.now).await?;
        Ok(found.clone())
    }

    fn slot(&self, id: &str) -> Arc<tokio::sync::Mutex<Option<Found>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(id) {
            known.clear();
        }
        known.entry(id.to_owned()).or_default().clone()
    }

    /// Within the time cap, unless the breaker is open; counts what comes of it.
    async fn in_peace<T>(
        &self,
        id: &str,
        now: Timestamp,
        work: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        let Some(turn) = self.breaker(id, |breaker| breaker.admits(now)) else {
            return Err(UpstreamError::Resting);
        };
        let late = || Err(UpstreamError::Down(format!("no answer within {} s", CAP.as_secs())));
        let within = async { tokio::time::timeout(CAP, work).await.unwrap_or_else(|_| late()) };
        let (done, was_asked) = wire::watched(within).await;
        let outcome = match &done {
            _ if !was_asked => Outcome::NotAsked,
            Err(UpstreamError::Down(_)) => Outcome::Failed,
            _ => Outcome::Answered,
        };
        self.breaker(id, |breaker| breaker.settle(turn, outcome, now));
        done
    }

    fn breaker<T>(&self, id: &str, f: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if breakers.len() >= MOST && !breakers.contains_key(id) {
            breakers.clear();
        }
        f(breakers.entry(id.to_owned()).or_default())
    }
}
