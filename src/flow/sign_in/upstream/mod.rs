//! Signing in through others: to whom a person belongs (`home`), leading them to a provider (`begin`), taking them back (`callback`), linking who they are there
//! to the account that they prove to be theirs (`linking`), the tokens that are kept for apps (`tokens`), and what follows when they
//! sign out there (`logout`, `ended`); what all ways there have in common (`road`). This file owns what is remembered in between, and the providers in
//! memory, for the buttons. It does not own the rules (`oauth::upstream`) nor the talking (`upstream`).

pub mod begin;
pub mod callback;
pub mod connect;
pub(super) mod ended;
pub mod home;
pub mod linking;
pub mod logout;
pub(in crate::flow) mod own_trip;
pub mod posted;
pub(in crate::flow) mod road;
pub mod tokens;

use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::flow::sign_in::pending::{self, Pending};
use crate::flow::{Cx, Fault, Parts};
use crate::oauth::upstream::answer::Wishes;
use crate::oauth::upstream::{Kind, Preset, Provider, Settled};
use crate::sensitive::Sensitive;
use crate::store::upstream_providers;
use crate::store::upstream_providers::StoredProvider;
use crate::time::{Lifetime, Timestamp};
use crate::upstream::{Entrance, UpstreamError};
use road::Road;

const STEP: &str = "upstream";
const AAD: &[u8] = b"on the way to a provider";
/// How long somebody may take at a provider.
const LIFETIME: Lifetime = Lifetime::from_minutes(15);
/// Providers that are looked at for buttons.
const MOST: i64 = 200;

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// The provider's id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its preset, for the mark beside the name.
    pub preset: Preset,
}

/// The providers in memory, in the order of their ids. Every node looks at the database every ten seconds, and after its own
/// changes; whoever really goes to one is held against the database.
#[derive(Clone, Debug, Default)]
pub struct CurrentProviders(Arc<RwLock<Arc<Vec<Provider>>>>);

impl CurrentProviders {
    fn get(&self) -> Arc<Vec<Provider>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Looks at the database.
///
/// # Errors
/// A [`Fault`]; what was known before stays.
pub async fn reload(parts: &Parts) -> Result<(), Fault> {
    let stored = parts.db.read(|c| upstream_providers::page(c, None, MOST)).await?;
    let open = stored.into_iter().map(|stored| stored.provider).filter(|provider| provider.enabled).collect();
    *parts.providers.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(open);
    Ok(())
}

/// The buttons for a request. Where the app wants a fresh proof, only providers that can say when they asked.
pub fn ways_in(cx: &Cx, pending: &Pending) -> Vec<WayIn> {
    let wants_proof = wishes(pending).wants_proof();
    let providers = cx.parts.providers.get();
    let shown = providers.iter().filter(|provider| !provider.hidden);
    let able = shown.filter(|provider| !wants_proof || provider.preset.kind() == Kind::Oidc);
    able.map(|p| WayIn { id: p.id.clone(), name: p.name.clone(), preset: p.preset }).collect()
}

/// The provider that the app leads to, if people can sign in through it; hidden ones too.
pub fn hinted(cx: &Cx, pending: &Pending) -> Option<String> {
    let hint = pending.idp_hint.as_deref()?;
    cx.parts.providers.get().iter().find(|provider| provider.id == hint).map(|provider| provider.id.clone())
}

/// What the app asked for, for the provider.
fn wishes(pending: &Pending) -> Wishes {
    let request = &pending.request;
    Wishes {
        login: request.prompt.login,
        select_account: request.prompt.select_account || pending.another_account && pending.linking.is_none(),
        max_age: request.max_age,
        login_hint: request.login_hint.clone(),
    }
}

/// What is remembered of somebody who is at a provider: sealed, under the hash of the state, and taken once.
#[derive(Serialize, Deserialize)]
struct Trip {
    road: Road,
    request: String,
    wishes: Wishes,
    began_at: Timestamp,
    correlation_id: String,
}

impl Trip {
    fn seal(&self, cx: &Cx) -> Result<Vec<u8>, Fault> {
        Ok(pending::seal(cx, self, AAD)?.into_bytes())
    }

    fn open(cx: &Cx, sealed: &[u8]) -> Option<Self> {
        pending::open(cx, std::str::from_utf8(sealed).ok()?, AAD)
    }
}

/// Why a person does not get in through a provider; each has words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The answer belongs to nothing that this browser began, or was used already.
    NotBegun,
    /// There is no such provider, or it is switched off.
    Closed,
    /// It does not answer.
    Down,
    /// What it answers cannot be believed.
    Wrong,
    /// The person said no there, or it did.
    Denied,
    /// It did not ask the person anew, which the app insists on.
    NotFresh,
    /// It has said meanwhile that the person signed out there.
    Ended,
    /// Account or link are shut, or linked in another way.
    Shut,
    /// The person is not of those who may come this way.
    NotAllowed,
}

/// Somebody did not get in through a provider.
pub struct Failed {
    /// Why.
    pub why: Why,
    /// The provider's name for people, if there is one.
    pub provider: Option<String>,
    /// The sealed request to go on with in another way, if it is this browser's.
    pub request: Option<String>,
}

/// The address that a provider sends people back to.
pub fn callback_address(issuer: &str, provider: &str) -> String {
    format!("{issuer}/upstream/{provider}/callback")
}

/// What kind of secret a sealed value is, and of which provider.
fn secret_place(provider: &str) -> String {
    format!("upstream provider {provider}")
}

/// Our secret at a provider, sealed for its row.
///
/// # Errors
/// A [`Fault`] if it cannot be sealed.
pub fn seal_secret(parts: &Parts, provider: &str, secret: &Sensitive) -> Result<Vec<u8>, Fault> {
    let sealed = parts.upstream_secrets.seal(secret.expose().as_bytes(), secret_place(provider).as_bytes());
    sealed.map_err(|e| Fault::Internal(e.to_string()))
}

/// Our secret at a provider.
///
/// # Errors
/// A [`Fault`] if it does not open.
pub fn open_secret(parts: &Parts, stored: &StoredProvider) -> Result<Option<Sensitive>, Fault> {
    let Some(sealed) = &stored.secret else { return Ok(None) };
    let place = secret_place(&stored.provider.id);
    let fault = |why: String| Fault::Internal(format!("the secret of {}: {why}", stored.provider.id));
    let plain = parts.upstream_secrets.open(sealed, place.as_bytes()).map_err(|e| fault(e.to_string()))?;
    let text = std::str::from_utf8(&plain).map_err(|e| fault(e.to_string()))?;
    Ok(Some(Sensitive::new(text)))
}

/// What is in force for a stored provider. It was judged when it was written; a newer program may judge otherwise.
fn settled(stored: &StoredProvider) -> Result<Settled, Fault> {
    let fault = |words: String| Fault::Internal(format!("the provider {} cannot be used: {words}", stored.provider.id));
    stored.provider.settled().map_err(|refusal| fault(refusal.words))
}

/// Notes in the provider's row that it does not answer, or that it does again: for the dashboard.
async fn note_health<T>(cx: &Cx, stored: &StoredProvider, done: &Result<T, UpstreamError>) -> Result<(), Fault> {
    let failure = match (done, &stored.failing) {
        (Err(UpstreamError::Down(words)), None) => Some(words.clone()),
        (Ok(_), Some(_)) => None,
        _ => return Ok(()),
    };
    let (id, now) = (stored.provider.id.clone(), cx.now);
    Ok(cx.db().write(move |c| upstream_providers::health_set(c, &id, failure.as_deref(), now)).await?)
}

/// What an error of the way there means for the person.
fn why(error: &UpstreamError) -> Why {
    match error {
        UpstreamError::Down(_) | UpstreamError::Resting => Why::Down,
        UpstreamError::Wrong(_) => Why::Wrong,
    }
}

/// Where a provider takes people in.
async fn entrance(
    cx: &Cx,
    stored: &StoredProvider,
    settled: &Settled,
) -> Result<Result<Entrance, UpstreamError>, Fault> {
    let done = cx.parts.upstreams.entrance(&stored.provider, settled, cx.now).await;
    note_health(cx, stored, &done).await?;
    Ok(done)
}
