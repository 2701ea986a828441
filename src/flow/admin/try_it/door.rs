//! Owns the one address that the authorization endpoint takes for any client, and when: only from the browser whose console
//! session began a run for this very `state` and client, while it may still do so. To everybody else the address is as
//! unknown as any other. It does not own the run (`super`).

use super::{CALLBACK, may_try};
use crate::flow::own_app::{self, OwnApp};
use crate::flow::sign_in::browser::Browser;
use crate::flow::{Cx, Fault};
use crate::oauth::client::Client;
use crate::secret::token::hash;
use crate::store::try_runs;

/// What came to the authorization endpoint.
pub struct Asked<'a> {
    /// Where the answer is to go.
    pub redirect_uri: Option<&'a str>,
    /// The request's `state`.
    pub state: Option<&'a str>,
    /// The browser.
    pub browser: &'a Browser,
}

/// The client as this request finds it: with the console's address among its redirect URIs if a run of this browser asks, and
/// without it otherwise, registered or not. The copy is for this request and is stored nowhere.
///
/// # Errors
/// A [`Fault`].
pub async fn admit(cx: &Cx, client: Client, asked: &Asked<'_>) -> Result<Client, Fault> {
    let Some(address) = asked.redirect_uri.filter(|uri| uri.strip_prefix(cx.issuer()) == Some(CALLBACK)) else {
        return Ok(client);
    };
    let mut client = client;
    client.redirect_uris.retain(|uri| uri != address);
    if is_admitted(cx, &client, asked).await? {
        client.redirect_uris.push(address.to_owned());
    }
    Ok(client)
}

async fn is_admitted(cx: &Cx, client: &Client, asked: &Asked<'_>) -> Result<bool, Fault> {
    let (Some(token), Some(state)) = (asked.browser.console.as_deref(), asked.state) else { return Ok(false) };
    let Some(visit) = own_app::visit(cx, OwnApp::Console, token).await? else { return Ok(false) };
    if may_try(&visit.actor(), client).is_err() {
        return Ok(false);
    }
    let (state, session, now) = (hash(state), visit.session.id, cx.now);
    let client_id = client.client_id.clone();
    Ok(cx.db().read(move |c| try_runs::is_open(c, &state, &session, &client_id, now)).await?)
}
