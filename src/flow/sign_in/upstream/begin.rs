//! Owns leading a person to a provider: state, nonce and PKCE are drawn, remembered for this browser, provider and request
//! (security case L01), and the browser is sent off. It does not own what comes back (`callback`).

use super::road::Road;
use super::{Failed, LIFETIME, STEP, Trip, Why, entrance, settled, why, wishes};
use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::browser::Browser;
use crate::flow::stats::Count;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
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
    let wishes = wishes(&pending);
    let Some(led) = Road::lead(cx, (&stored.provider, &settled), entrance, &wishes) else {
        note(format!("{}: its authorization endpoint is no address", stored.provider.id));
        return failed(Why::Wrong, Some(name));
    };
    let trip = Trip {
        road: led.road,
        request: go_on.clone(),
        wishes,
        began_at: cx.now,
        correlation_id: cx.correlation_id.clone(),
    };
    let (sealed, hashed, until) = (trip.seal(cx)?, hash(&led.state), cx.now + LIFETIME);
    cx.db().write(move |c| upstream_trips::insert(c, &hashed, &sealed, until)).await?;
    note(format!("went to {}", stored.provider.id));
    Ok(Begun::Go(led.address))
}
