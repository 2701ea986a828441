//! Owns RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): who asks, where the browser may go afterwards, and
//! whether the person must be asked. It does not own ending the session.

use serde::{Deserialize, Serialize};

use crate::oauth::authorize::with_query;
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::redirect_uri;

/// What a verified `id_token_hint` says. Expired is fine; the signature must be ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The client it was issued to (`aud`).
    pub client_id: String,
    /// The person.
    pub subject: String,
    /// The session.
    pub session_id: Option<String>,
}

/// Where the browser goes after the logout: made only from a registered address, so having it is the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterLogout {
    /// The client, for the words on the page.
    pub client_id: String,
    /// The registered address with `state`.
    pub location: Option<String>,
}

/// Reads which client the request names: the hint's, or `client_id`; both must agree (section 2).
///
/// # Errors
/// `invalid_request` where they differ.
pub fn client_id<'a>(params: &'a Params, hint: Option<&'a Hint>) -> Result<Option<&'a str>, Refusal> {
    params.all_once()?;
    match (params.find("client_id"), hint) {
        (Some(named), Some(hint)) if named != hint.client_id => {
            let words = "client_id is not the client that the id_token_hint was issued to";
            Err(refuse("logout.client_agrees", words).because(&hint.client_id, named))
        }
        (named, hint) => Ok(named.or(hint.map(|h| h.client_id.as_str()))),
    }
}

/// Judges `post_logout_redirect_uri`: only an exactly registered address of the identified client (section 3).
///
/// # Errors
/// `invalid_request`, to be shown as a page: nothing redirects.
pub fn after(params: &Params, client: Option<&Client>) -> Result<Option<AfterLogout>, Refusal> {
    let wanted = params.find("post_logout_redirect_uri");
    let Some(client) = client else {
        return match wanted {
            None => Ok(None),
            Some(uri) => {
                let named = params.find("client_id").map(|id| format!(", for the unknown client_id {id}"));
                let received = format!("{uri}{}", named.unwrap_or_default());
                Err(refuse("logout.client_known", "post_logout_redirect_uri needs an id_token_hint or client_id")
                    .because("a client that registered the address", received))
            }
        };
    };
    let client_id = client.client_id.clone();
    let Some(uri) = wanted else {
        return Ok(Some(AfterLogout { client_id, location: None }));
    };
    if !client.post_logout_redirect_uris.iter().any(|registered| registered == uri) {
        let words = "post_logout_redirect_uri is not registered for this client";
        return Err(refuse("logout.redirect_registered", words)
            .because(redirect_uri::listed(&client.post_logout_redirect_uris, uri), uri));
    }
    let location = match params.find("state") {
        Some(state) => with_query(uri, &[("state", state.to_owned())]),
        None => uri.to_owned(),
    };
    Ok(Some(AfterLogout { client_id, location: Some(location) }))
}

/// Whether the hint proves that the request is about this very session, so that the person need not be asked. Otherwise
/// anybody could log people out by a link.
pub fn is_proven(hint: Option<&Hint>, sessions: &[(&str, &str)]) -> bool {
    let Some(hint) = hint else { return false };
    sessions.iter().any(|(session, user)| *user == hint.subject && hint.session_id.as_deref() == Some(*session))
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, check, "OpenID Connect RP-Initiated Logout 1.0 section 2", words)
}

#[cfg(test)]
#[path = "logout_tests.rs"]
mod tests;
