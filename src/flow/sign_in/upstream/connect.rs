//! Owns connecting an account at a provider from the account pages: there, back, and once the person has seen which account it is
//! and said yes, the link. Whoever lured them there with an account of their own is seen through by that question. It does not own
//! linking at a sign-in (`linking`), whose link it makes, nor taking one away (`flow::account::connections`).

use serde::{Deserialize, Serialize};

use super::callback::{redeem, shown};
use super::linking::{Carried, NewLink};
use super::own_trip::{self, Purpose};
use super::road::place_of;
use super::{LIFETIME, STEP, WayIn, Why, entrance, settled, why};
use crate::flow::own_app::Visit;
use crate::flow::sign_in::pending::{self, Linking};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::oauth::upstream::answer::Answered;
use crate::oauth::upstream::decide::{Decision, Known, Refused, decide};
use crate::secret::random::token32;
use crate::secret::token::hash;
use crate::store::upstream_providers::StoredProvider;
use crate::store::{upstream_identities, upstream_providers, upstream_trips, users};

/// It was not connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotConnected {
    /// Why; [`Why::Shut`]: it opens another account, or may open none.
    pub why: Why,
    /// The provider's name for people, if there is one.
    pub provider: Option<String>,
}

/// What came back.
pub enum Found {
    /// An account that can be connected: the person is asked.
    New {
        /// What the answer of the person is to bring along.
        sealed: String,
        /// The provider's name for people.
        provider: String,
        /// What the person is called there.
        shown: String,
    },
    /// It is connected already.
    There,
}

/// What travels in the question: of one session of the account pages.
#[derive(Serialize, Deserialize)]
struct Offer {
    session: String,
    linking: Linking,
}

const AAD: &[u8] = b"an account at a provider to be connected";

/// The providers that a person can connect.
pub fn ways(cx: &Cx) -> Vec<WayIn> {
    let providers = cx.parts.providers.get();
    let shown = providers.iter().filter(|provider| !provider.hidden);
    shown.map(|p| WayIn { id: p.id.clone(), name: p.name.clone(), preset: p.preset }).collect()
}

fn refused(cx: &Cx, visit: &Visit, (provider, name): (&str, Option<&str>), why: Why, words: &str) -> NotConnected {
    let note = Note::new(STEP, format!("not connected: {provider}: {words}"));
    cx.note(note.user(visit.user.id.as_str()));
    NotConnected { why, provider: name.map(str::to_owned) }
}

async fn open(cx: &Cx, provider: &str) -> Result<Option<StoredProvider>, Fault> {
    let wanted = provider.to_owned();
    let found = cx.db().read(move |c| upstream_providers::find(c, &wanted)).await?;
    Ok(found.filter(|stored| stored.provider.enabled))
}

/// Begins: the address to go to.
///
/// # Errors
/// Inner: a [`NotConnected`]. Outer: a [`Fault`].
pub async fn begin(cx: &Cx, visit: &Visit, provider: &str) -> Result<Result<String, NotConnected>, Fault> {
    let Some(stored) = open(cx, provider).await? else {
        return Ok(Err(refused(
            cx,
            visit,
            (provider, None),
            Why::Closed,
            "there is no such provider, or it is disabled",
        )));
    };
    let name = (provider, Some(stored.provider.name.as_str()));
    let settled = settled(&stored)?;
    let entrance = match entrance(cx, &stored, &settled).await? {
        Ok(entrance) => entrance,
        Err(error) => return Ok(Err(refused(cx, visit, name, why(&error), &error.to_string()))),
    };
    let whose = (Purpose::Connect, visit.session.id.as_str());
    let address = own_trip::begin(cx, (&stored, &settled, entrance), whose, Vec::new()).await?;
    Ok(address.ok_or_else(|| refused(cx, visit, name, Why::Wrong, "its authorization endpoint is no address")))
}

/// Takes the provider's answer, once, in the session of the account pages that began it. Nothing is connected by it.
///
/// # Errors
/// Inner: a [`NotConnected`]. Outer: a [`Fault`].
pub async fn finish(
    cx: &Cx,
    visit: &Visit,
    provider: &str,
    handle: &str,
) -> Result<Result<Found, NotConnected>, Fault> {
    let carried = own_trip::take(cx, handle, &visit.session.id, (Purpose::Connect, provider)).await?;
    let Some(carried) = carried else {
        let words = "there is no such answer of this session, or it was used up";
        return Ok(Err(refused(cx, visit, (provider, None), Why::NotBegun, words)));
    };
    let cx = &mut cx.clone();
    cx.adopt(&carried.trip.correlation_id);
    let Some(stored) = open(cx, provider).await? else {
        return Ok(Err(refused(cx, visit, (provider, None), Why::Closed, "the provider was disabled meanwhile")));
    };
    let (name, settled, trip) = ((provider, Some(stored.provider.name.as_str())), settled(&stored)?, &carried.trip);
    if !trip.road.leads_to(&stored.provider, &settled) {
        return Ok(Err(refused(
            cx,
            visit,
            name,
            Why::Wrong,
            "the provider's issuer, client or addresses were changed meanwhile",
        )));
    }
    let code = match trip.road.answered(&carried.params()) {
        Answered::Code(code) => code,
        Answered::Denied { error } => {
            return Ok(Err(refused(cx, visit, name, Why::Denied, &format!("the provider says {error}"))));
        }
        Answered::Wrong(words) => return Ok(Err(refused(cx, visit, name, Why::Wrong, words))),
    };
    let (told, person) = match redeem(cx, (&stored, &settled), &trip.road, &code).await? {
        Ok(came) => came,
        Err((why, words)) => return Ok(Err(refused(cx, visit, name, why, &words))),
    };
    let (issuer, subject) = (told.issuer.clone(), person.subject.clone());
    let link = cx.db().read(move |c| upstream_identities::find(c, &issuer, &subject)).await?;
    if link.as_ref().is_some_and(|link| link.user_id == visit.user.id && link.provider == provider) {
        return Ok(Ok(Found::There));
    }
    if link.is_some() {
        return Ok(Err(refused(
            cx,
            visit,
            name,
            Why::Shut,
            "it is linked to another account, or through another provider",
        )));
    }
    // As for somebody who proves an account that is there.
    let known = Known { linked: None, address_is_taken: true };
    if let Decision::Refuse(refusal) = decide(&stored.provider, settled.trust_email, &person, known) {
        let why = if refusal == Refused::Domain { Why::NotAllowed } else { Why::Shut };
        return Ok(Err(refused(cx, visit, name, why, refusal.words())));
    }
    let came = Carried {
        sid: None,
        tokens: told.tokens.filter(|_| stored.provider.keep_tokens),
        place: place_of(&stored.provider, &settled),
        began_at: cx.now,
    };
    let (issuer, shown) = (told.issuer, shown(&person));
    offer(cx, visit, &stored, came, (issuer, person.subject, shown)).await.map(Ok)
}

async fn offer(
    cx: &Cx,
    visit: &Visit,
    stored: &StoredProvider,
    came: Carried,
    (issuer, subject, shown): (String, String, String),
) -> Result<Found, Fault> {
    let handle = token32(&*cx.parts.chance);
    let (hashed, kept, until) = (hash(&handle), came.seal(cx)?, cx.now + LIFETIME);
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, &kept, until)).await?;
    let (id, name) = (stored.provider.id.clone(), stored.provider.name.clone());
    let linking = Linking {
        handle,
        provider: id,
        name: name.clone(),
        issuer,
        subject,
        shown: shown.clone(),
        proves: None,
        told_name: None,
    };
    let sealed = pending::seal(cx, &Offer { session: visit.session.id.clone(), linking }, AAD)?;
    Ok(Found::New { sealed, provider: name, shown })
}

/// Connects what the person was asked about, and said yes to. The caller has asked for a fresh proof.
///
/// # Errors
/// Inner: a [`NotConnected`]. Outer: a [`Fault`].
pub async fn connect(cx: &Cx, visit: &Visit, sealed: &str) -> Result<Result<(), NotConnected>, Fault> {
    let offer = pending::open::<Offer>(cx, sealed, AAD).filter(|offer| offer.session == visit.session.id);
    let Some(Offer { linking, .. }) = offer else {
        let words = "the answer is of another session, or of nobody";
        return Ok(Err(refused(cx, visit, ("?", None), Why::NotBegun, words)));
    };
    let (provider, name) = (linking.provider.clone(), linking.name.clone());
    let (own, user_id) = (cx.clone(), visit.user.id.clone());
    let link = NewLink::of(cx, &visit.user, linking);
    let done = cx.db().write(move |c| {
        // The person first, as where a link goes.
        users::find_for_update(c, &user_id)?;
        link.store(c, &own)
    });
    match done.await? {
        Some(_) => Ok(Ok(())),
        None => {
            let words = "the question was answered before, is too old, or the account there was linked meanwhile";
            Ok(Err(refused(cx, visit, (&provider, Some(&name)), Why::NotBegun, words)))
        }
    }
}
