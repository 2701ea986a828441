//! Owns what is remembered of an administrator who tests a provider: a trip of its own kind, sealed under another name than that of
//! somebody who signs in, so that neither passes for the other. Whatever comes back of it goes to the console session that began
//! it, and nowhere else: no session, person or link can come of it. It does not own the test (`flow::admin::provider_test`).

use serde::{Deserialize, Serialize};

use super::LIFETIME;
use crate::flow::sign_in::pending;
use crate::flow::{Cx, Fault};
use crate::oauth::params::Params;
use crate::oauth::upstream::check::Check;
use crate::secret::random::token32;
use crate::secret::token::hash;
use crate::store::upstream_trips;

const AAD: &[u8] = b"on the way to a provider that is tested";

/// The trip of a test.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::flow) struct TestTrip {
    pub(in crate::flow) provider: String,
    pub(in crate::flow) issuer: String,
    pub(in crate::flow) answers_as: String,
    pub(in crate::flow) sends_iss: bool,
    pub(in crate::flow) nonce: String,
    pub(in crate::flow) verifier: String,
    pub(in crate::flow) redirect_uri: String,
    /// The console session that began it.
    pub(in crate::flow) session: String,
    pub(in crate::flow) correlation_id: String,
    /// What was checked before the browser went off.
    pub(in crate::flow) checks: Vec<Check>,
}

/// An answer on its way to the console.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::flow) struct Carried {
    pub(in crate::flow) trip: TestTrip,
    /// The parameters of the answer, without the state.
    pub(in crate::flow) answer: Vec<(String, String)>,
}

/// What the answer of one console session is sealed under.
fn answer_aad(session: &str) -> Vec<u8> {
    format!("an answer of a provider that is tested, for {session}").into_bytes()
}

/// Keeps a trip under its state.
pub(in crate::flow) async fn keep(cx: &Cx, state: &str, trip: &TestTrip) -> Result<(), Fault> {
    let (hashed, sealed, until) = (hash(state), pending::seal(cx, trip, AAD)?, cx.now + LIFETIME);
    Ok(cx.db().write(move |c| upstream_trips::insert(c, &hashed, sealed.as_bytes(), until)).await?)
}

/// What was taken under a state, if it is the trip of a test of this provider: its answer is kept for the console, and the path
/// there is given. The provider's redirect brings no strict cookie along, so the console session is seen only there.
pub(super) async fn carry(cx: &Cx, sealed: &[u8], provider: &str, params: &Params) -> Result<Option<String>, Fault> {
    let text = std::str::from_utf8(sealed).unwrap_or_default();
    let Some(trip) = pending::open::<TestTrip>(cx, text, AAD).filter(|trip| trip.provider == provider) else {
        return Ok(None);
    };
    let handle = token32(&*cx.parts.chance);
    let kept = params.pairs().filter(|(name, value)| *name != "state" && *name != "user" && value.len() <= 4_096);
    let answer = kept.take(10).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let aad = answer_aad(&trip.session);
    let sealed = pending::seal(cx, &Carried { trip, answer }, &aad)?;
    let (hashed, until) = (hash(&handle), cx.now + LIFETIME);
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, sealed.as_bytes(), until)).await?;
    Ok(Some(format!("/admin/providers/{provider}/test/back?answer={handle}")))
}

/// Takes an answer, once, for the console session that began the test.
pub(in crate::flow) async fn take(cx: &Cx, handle: &str, session: &str) -> Result<Option<Carried>, Fault> {
    let (hashed, now) = (hash(handle), cx.now);
    let sealed = cx.db().write(move |c| upstream_trips::take(c, &hashed, now)).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    Ok(pending::open(cx, std::str::from_utf8(&sealed).unwrap_or_default(), &answer_aad(session)))
}
