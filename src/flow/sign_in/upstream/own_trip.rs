//! Owns what is remembered of somebody who goes to a provider from a page of ours: an administrator who tests it, a person who
//! connects an account there. A trip of its own kind, sealed under another name than that of somebody who signs in, so that
//! neither passes for the other. Whatever comes back of it goes to the session of our own app that began it, and nowhere else:
//! nobody is signed in by it. It does not own the test (`flow::admin::provider_test`) nor the connecting (`connect`).

use serde::{Deserialize, Serialize};

use super::LIFETIME;
use super::road::Road;
use crate::flow::own_app::OwnApp;
use crate::flow::sign_in::pending;
use crate::flow::{Cx, Fault};
use crate::oauth::params::Params;
use crate::oauth::upstream::Settled;
use crate::oauth::upstream::answer::Wishes;
use crate::oauth::upstream::check::Check;
use crate::secret::random::token32;
use crate::secret::token::hash;
use crate::store::upstream_providers::StoredProvider;
use crate::store::upstream_trips;
use crate::upstream::Entrance;

const AAD: &[u8] = b"on the way to a provider from a page of ours";

/// What the way is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::flow) enum Purpose {
    /// An administrator tests the provider.
    Test,
    /// A person connects their account there.
    Connect,
}

impl Purpose {
    /// The app of ours that goes on, and where.
    fn place(self, provider: &str, handle: &str) -> (OwnApp, String) {
        match self {
            Purpose::Test => (OwnApp::Console, format!("/admin/providers/{provider}/test/back?answer={handle}")),
            Purpose::Connect => (OwnApp::Account, format!("/account/connections/{provider}/back?answer={handle}")),
        }
    }
}

/// The trip.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::flow) struct OwnTrip {
    pub(in crate::flow) purpose: Purpose,
    pub(in crate::flow) road: Road,
    /// The session of our own app that began it.
    pub(in crate::flow) session: String,
    pub(in crate::flow) correlation_id: String,
    /// What was checked before the browser went off, in a test.
    pub(in crate::flow) checks: Vec<Check>,
}

/// An answer on its way to our own app.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Carried {
    pub(in crate::flow) trip: OwnTrip,
    /// The parameters of the answer, without the state.
    pub(in crate::flow) answer: Vec<(String, String)>,
}

impl Carried {
    /// The answer.
    pub(in crate::flow) fn params(&self) -> Params {
        Params::of(self.answer.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

/// What the answer of one session is sealed under.
fn answer_aad(session: &str) -> Vec<u8> {
    format!("an answer of a provider, for {session}").into_bytes()
}

/// Keeps a trip; the address to go to. `None`: the provider's endpoint is no address.
pub(in crate::flow) async fn begin(
    cx: &Cx,
    (stored, settled, entrance): (&StoredProvider, &Settled, Entrance),
    (purpose, session): (Purpose, &str),
    checks: Vec<Check>,
) -> Result<Option<String>, Fault> {
    let wishes = Wishes { select_account: true, ..Wishes::default() };
    let Some(led) = Road::lead(cx, (&stored.provider, settled), entrance, &wishes) else { return Ok(None) };
    let trip = OwnTrip {
        purpose,
        road: led.road,
        session: session.to_owned(),
        correlation_id: cx.correlation_id.clone(),
        checks,
    };
    let (hashed, sealed, until) = (hash(&led.state), pending::seal(cx, &trip, AAD)?, cx.now + LIFETIME);
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, sealed.as_bytes(), until)).await?;
    Ok(Some(led.address))
}

/// What was taken under a state, if it is such a trip to this provider: its answer is kept for our own app, which goes on at the
/// path that is given. The provider's redirect brings no strict cookie along, so the session is seen only there.
pub(super) async fn carry(
    cx: &Cx,
    sealed: &[u8],
    provider: &str,
    params: &Params,
) -> Result<Option<(OwnApp, String)>, Fault> {
    let text = std::str::from_utf8(sealed).unwrap_or_default();
    let Some(trip) = pending::open::<OwnTrip>(cx, text, AAD).filter(|trip| trip.road.provider == provider) else {
        return Ok(None);
    };
    let handle = token32(&*cx.parts.chance);
    let kept = params.pairs().filter(|(name, value)| *name != "state" && *name != "user" && value.len() <= 4_096);
    let answer = kept.take(10).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (aad, place) = (answer_aad(&trip.session), trip.purpose.place(provider, &handle));
    let sealed = pending::seal(cx, &Carried { trip, answer }, &aad)?;
    let (hashed, until) = (hash(&handle), cx.now + LIFETIME);
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, sealed.as_bytes(), until)).await?;
    Ok(Some(place))
}

/// Takes an answer, once, for the session that began such a trip to this provider.
pub(in crate::flow) async fn take(
    cx: &Cx,
    handle: &str,
    session: &str,
    (purpose, provider): (Purpose, &str),
) -> Result<Option<Carried>, Fault> {
    let (hashed, now) = (hash(handle), cx.now);
    let sealed = cx.db().write(move |c| upstream_trips::take(c, &hashed, now)).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let text = std::str::from_utf8(&sealed).unwrap_or_default();
    let carried = pending::open::<Carried>(cx, text, &answer_aad(session));
    Ok(carried.filter(|carried| carried.trip.purpose == purpose && carried.trip.road.provider == provider))
}
