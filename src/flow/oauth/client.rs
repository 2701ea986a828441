//! Owns authenticating the caller of the token, revocation and introspection endpoints. The rule is `oauth::client_auth`;
//! this loads what it asks for.

use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::oauth::client_auth::{self, AuthenticatedClient};
use crate::oauth::error::Refusal;
use crate::oauth::params::Params;
use crate::secret::token;
use crate::store::clients;

/// What came in at a direct endpoint: the `Authorization` headers and the decoded form.
pub struct Incoming<'a> {
    /// Values of all `Authorization` headers.
    pub authorization: Vec<&'a [u8]>,
    /// The form.
    pub form: &'a Params,
}

/// Authenticates the client by the one method it registered.
///
/// # Errors
/// Inner: `invalid_client` or `invalid_request`, already noted. Outer: a [`Fault`].
pub async fn authenticate(
    cx: &Cx,
    step: &'static str,
    incoming: &Incoming<'_>,
) -> Result<Result<AuthenticatedClient, Refusal>, Fault> {
    let presented = match client_auth::presented(&incoming.authorization, incoming.form) {
        Ok(presented) => presented,
        Err(refusal) => return Ok(Err(cx.refuse(step, refusal, Note::default()))),
    };
    let client_id = presented.client_id.clone();
    let known = match client_id.contains('\0') || client_id.len() > 255 {
        true => None,
        false => cx.db().read(move |c| clients::find_with_secrets(c, &client_id)).await?,
    };
    let hash = presented.secret.as_ref().map(|secret| token::hash(secret.expose()));
    if known.as_ref().is_some_and(|(client, _)| client.disabled_at.is_some()) {
        cx.parts.usage.asked_while_disabled(&presented.client_id, cx.now);
    }
    let judged = client_auth::authenticate(&presented, hash.as_deref(), known, cx.now);
    if let Ok(client) = &judged {
        cx.parts.usage.used(&client.client().client_id, client.secret_id(), cx.now);
    }
    Ok(judged.map_err(|refusal| cx.refuse(step, refusal, Note::default().client(&presented.client_id))))
}
