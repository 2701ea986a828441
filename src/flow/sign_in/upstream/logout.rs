//! Owns what follows when a provider says that a person signed out there (OpenID Connect Back-Channel Logout 1.0): the sessions
//! here that rest on that sign-in end, with everything that hangs on them. It does not own what a logout token must be
//! (`upstream`, `oauth::upstream::logout`).

use std::collections::BTreeMap;

use serde_json::json;

use super::{ended, note_health, settled};
use crate::flow::oauth::logout::end_session;
use crate::flow::sign_in::begin::about;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::UserId;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::upstream::Kind;
use crate::oauth::upstream::logout::judge;
use crate::secret::token::hash;
use crate::store::{upstream_logouts, upstream_providers, upstream_sessions};
use crate::upstream::Party;

const STEP: &str = "upstream_logout";
const RULE: &str = "OpenID Connect Back-Channel Logout 1.0 section 2.6";
/// Sessions that are ended at a time.
const BATCH: i64 = 500;

/// Where a provider posts its logout tokens.
pub fn logout_address(issuer: &str, provider: &str) -> String {
    format!("{issuer}/upstream/{provider}/backchannel-logout")
}

/// Takes a logout token. Nobody being signed in is a success (section 2.7).
///
/// # Errors
/// Inner: `invalid_request`. Outer: a [`Fault`].
pub async fn receive(cx: &Cx, provider: &str, params: &Params) -> Result<Result<(), Refusal>, Fault> {
    let refuse = |check, expected: &str, received: &str| {
        let words = "the logout token is not one that ends sessions here";
        let refusal = Refusal::new(ErrorCode::InvalidRequest, check, RULE, words);
        Ok(Err(cx.refuse(STEP, refusal.because(expected, received), Note::default())))
    };
    let (wanted, token) = (provider.to_owned(), params.find("logout_token"));
    // Of a disabled provider too: it can still only end what it began.
    let stored = cx.db().read(move |c| upstream_providers::find(c, &wanted)).await?;
    let Some(stored) = stored.filter(|stored| stored.provider.preset.kind() == Kind::Oidc) else {
        return refuse("logout_token.provider", "an OpenID Connect provider", "another, or none");
    };
    let Some(token) = token.filter(|_| params.all_once().is_ok()) else {
        return refuse("logout_token.present", "logout_token, once", "none, or twice");
    };
    let settled = settled(&stored)?;
    let party = Party { provider: &stored.provider, settled: &settled, secret: None, jti: "", now: cx.now };
    let believed = cx.parts.upstreams.logout(&party, token).await;
    note_health(cx, &stored, &believed).await?;
    let told = match believed {
        Ok(told) => told,
        Err(error) => return refuse("logout_token.believed", "a token that the provider signed", &error.to_string()),
    };
    let logout = match judge(&told.claims, &stored.provider.client_id, cx.now) {
        Ok(logout) => logout,
        Err(why) => return refuse(why.check, why.expected, why.received),
    };
    let (own, id, now) = (cx.clone(), stored.provider.id.clone(), cx.now);
    let used = hash(&json!([told.issuer, logout.jti]).to_string());
    let ended = cx.db().write(move |c| {
        if !upstream_logouts::insert(c, &used, logout.until)? {
            return Ok(None);
        }
        let place = (id.as_str(), told.issuer.as_str());
        ended::note(c, &own, place, &logout)?;
        let (subject, sid) = (logout.subject.as_deref(), logout.sid.as_deref());
        let mut of_people: BTreeMap<String, usize> = BTreeMap::new();
        loop {
            let batch = upstream_sessions::of_provider(c, place, subject, sid, BATCH)?;
            for (session, user) in &batch {
                end_session(c, session, "ended by the provider", now)?;
                *of_people.entry(user.0.clone()).or_default() += 1;
            }
            if batch.is_empty() {
                break;
            }
        }
        let sessions: usize = of_people.values().sum();
        for (user, sessions) in of_people {
            let mut entry = about("upstream_logout", &own, &UserId(user));
            entry.event.detail = json!({ "provider": id, "sessions": sessions }).to_string();
            entry.append(c)?;
        }
        Ok(Some(sessions))
    });
    match ended.await? {
        Some(sessions) => {
            cx.note(Note::new(STEP, format!("{provider} ended {sessions} sessions")));
            Ok(Ok(()))
        }
        None => refuse("logout_token.once", "a token that was not used before", "one that was"),
    }
}
