//! Owns leading a person to a provider: state, nonce and PKCE are drawn, remembered for this browser, provider and request
//! (security case L01), and the browser is sent off. It does not own what comes back (`callback`).

use super::{Failed, LIFETIME, STEP, Trip, Why, callback_address, entrance, settled, why, wishes};
use crate::flow::cx::base64url;
use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::browser::Browser;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::oauth::upstream::answer::{Question, question};
use crate::secret::random::token32;
use crate::secret::token::hash;
use crate::store::{upstream_providers, upstream_trips};

/// What comes of it.
pub enum Begun {
    /// Send the browser there.
    Go(String),
    /// Show a page with the other ways in.
    Failed(Box<Failed>),
    /// The request cannot go on at all.
    Page(Box<PageRefusal>),
}

/// Leads the person of a request under way to a provider.
///
/// # Errors
/// A [`Fault`].
pub async fn begin(cx: &mut Cx, provider: &str, request: &str, browser: &Browser) -> Result<Begun, Fault> {
    let (pending, client, _) = match reopen(cx, request, browser).await? {
        Ok(parts) => parts,
        Err(page) => return Ok(Begun::Page(Box::new(page))),
    };
    let note = |words: String| cx.note(Note::new(STEP, words).client(&client.client_id));
    let go_on = pending.clone().without_hint().seal(cx)?;
    let failed = |why, name: Option<&str>| {
        cx.count(Count::FailedSignIns);
        Ok(Begun::Failed(Box::new(Failed { why, provider: name.map(str::to_owned), request: Some(go_on.clone()) })))
    };
    let wanted = provider.to_owned();
    let found = cx.db().read(move |c| upstream_providers::find(c, &wanted)).await?;
    let Some(stored) = found.filter(|stored| stored.provider.enabled) else {
        note("refused: there is no such provider, or it is disabled".to_owned());
        return failed(Why::Closed, None);
    };
    let (settled, name) = (settled(&stored)?, stored.provider.name.as_str());
    let entrance = match entrance(cx, &stored, &settled).await? {
        Ok(entrance) => entrance,
        Err(error) => {
            note(format!("{}: {error}", stored.provider.id));
            return failed(why(&error), Some(name));
        }
    };
    let draw = || token32(&*cx.parts.chance);
    let (state, verifier) = (draw(), draw());
    let trip = Trip {
        provider: stored.provider.id.clone(),
        issuer: settled.issuer.clone(),
        answers_as: entrance.issuer,
        sends_iss: entrance.sends_iss,
        request: go_on.clone(),
        nonce: draw(),
        redirect_uri: callback_address(cx.issuer(), &stored.provider.id),
        wishes: wishes(&pending),
        began_at: cx.now,
        correlation_id: cx.correlation_id.clone(),
        verifier,
    };
    let address = question(
        &settled,
        &Question {
            endpoint: &entrance.authorization_endpoint,
            client_id: &stored.provider.client_id,
            redirect_uri: &trip.redirect_uri,
            state: &state,
            nonce: &trip.nonce,
            code_challenge: &base64url(&hash(&trip.verifier)),
            wishes: &trip.wishes,
        },
    );
    let Some(address) = address else {
        note(format!("{}: its authorization endpoint is no address", stored.provider.id));
        return failed(Why::Wrong, Some(name));
    };
    let (sealed, hashed, until) = (trip.seal(cx)?, hash(&state), cx.now + LIFETIME);
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, &sealed, until)).await?;
    note(format!("went to {}", stored.provider.id));
    Ok(Begun::Go(address))
}
