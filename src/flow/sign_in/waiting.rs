//! Owns which app waits while a person makes an account or replaces a lost password. It does not own either
//! (`flow::account::sign_up`, `flow::account::recovery`).

use crate::flow::oauth::authorize::{PageRefusal, reopen};
use crate::flow::sign_in::browser::Browser;
use crate::flow::{Cx, Fault};
use crate::oauth::client::Client;

/// An app that waits for a person.
pub struct WaitingApp {
    /// The app.
    pub client: Client,
    /// Where the person will be sent afterwards.
    pub redirect_uri: String,
}

/// The app behind a sealed request; none for an empty one, since people may come by themselves.
///
/// # Errors
/// Inner: what to show. Outer: a [`Fault`].
pub async fn app(
    cx: &mut Cx,
    request: &str,
    browser: &Browser,
) -> Result<Result<Option<WaitingApp>, PageRefusal>, Fault> {
    if request.is_empty() {
        return Ok(Ok(None));
    }
    let opened = reopen(cx, request, browser).await?;
    Ok(opened
        .map(|(_, client, callback)| Some(WaitingApp { client, redirect_uri: callback.redirect_uri().to_owned() })))
}
