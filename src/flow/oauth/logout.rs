//! Owns RP-initiated logout: ends sessions and what hangs on them, after asking the person unless the hint proves the
//! request. It does not own the rules (`oauth::logout`).

use crate::flow::sign_in::browser::{Browser, Found, form_token, form_token_is_good, sessions_of};
use crate::flow::sign_in::login::forged;
use crate::flow::sign_in::pending;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::SessionId;
use crate::messages::Language;
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::logout::{self, AfterLogout, Hint};
use crate::oauth::params::Params;
use crate::oauth::step::SignedIn;
use crate::signing::Expect;
use crate::store::{self, Conn, clients, codes, grants, sessions};
use crate::time::Timestamp;

const STEP: &str = "logout";
const AAD: &[u8] = b"logout";

/// What happens next.
pub enum LogoutNext {
    /// Ask the person.
    Confirm(Box<ConfirmView>),
    /// Done: clear the cookies of these sessions and go there, or to the page that says so.
    Done(Box<Done>),
    /// Show an error page.
    Page(Box<Refusal>),
    /// The form was not ours.
    Forged(Box<Refusal>),
}

/// The question.
pub struct ConfirmView {
    /// Who asks, if known.
    pub client: Option<Client>,
    /// Who would be signed out.
    pub accounts: Vec<SignedIn>,
    /// Sealed state of the request.
    pub request: String,
    /// The form's token.
    pub csrf: String,
}

/// The end.
pub struct Done {
    /// Token hashes of the ended sessions.
    pub ended: Vec<Vec<u8>>,
    /// A registered address, if the app named one.
    pub location: Option<String>,
    /// Name of the app, for the page.
    pub client_name: Option<String>,
}

/// Handles the app's request.
///
/// # Errors
/// A [`Fault`].
pub async fn begin(cx: &Cx, params: &Params, browser: &Browser) -> Result<LogoutNext, Fault> {
    let hint = match params.find("id_token_hint").map(|text| read_hint(cx, text)).transpose() {
        Ok(hint) => hint,
        Err(refusal) => return Ok(page(cx, refusal)),
    };
    let client_id = match logout::client_id(params, hint.as_ref()) {
        Ok(id) => id.map(str::to_owned),
        Err(refusal) => return Ok(page(cx, refusal)),
    };
    let client = match client_id {
        Some(id) if id.len() <= 255 => cx.db().read(move |c| clients::find(c, &id)).await?,
        _ => None,
    };
    let after = match logout::after(params, client.as_ref()) {
        Ok(after) => after,
        Err(refusal) => return Ok(page(cx, refusal)),
    };
    let found = sessions_of(cx, browser).await?;
    let ids: Vec<(&str, &str)> = found.iter().map(|f| ids_of(&f.signed_in)).collect();
    if found.is_empty() {
        return Ok(done(Vec::new(), after, client.as_ref()));
    }
    if logout::is_proven(hint.as_ref(), &ids) {
        let wanted = hint.and_then(|h| h.session_id);
        let own = found.into_iter().filter(|f| Some(f.signed_in.session.id.as_str()) == wanted.as_deref()).collect();
        let ended = end(cx, own).await?;
        return Ok(done(ended, after, client.as_ref()));
    }
    Ok(LogoutNext::Confirm(Box::new(confirm(cx, client, after, found, browser)?)))
}

fn confirm(
    cx: &Cx,
    client: Option<Client>,
    after: Option<AfterLogout>,
    found: Vec<Found>,
    browser: &Browser,
) -> Result<ConfirmView, Fault> {
    let accounts: Vec<SignedIn> = found.into_iter().map(|f| f.signed_in).collect();
    let request = pending::seal(cx, &(after, cx.language), AAD)?;
    let csrf = form_token(cx, &binding(browser), STEP, &request);
    Ok(ConfirmView { client, accounts, request, csrf })
}

/// The logout form is bound to the session tokens themselves: there may be no sign-in under way on this browser.
fn binding(browser: &Browser) -> String {
    browser.session_tokens.join(" ")
}

/// Handles the person's answer.
///
/// # Errors
/// A [`Fault`].
pub async fn confirmed(cx: &mut Cx, sealed: &str, csrf: &str, browser: &Browser) -> Result<LogoutNext, Fault> {
    let opened = pending::open::<(Option<AfterLogout>, Language)>(cx, sealed, AAD);
    let is_ours = form_token_is_good(cx, csrf, Some(&binding(browser)), STEP, sealed);
    let (Some((after, language)), true) = (opened, is_ours) else {
        return Ok(LogoutNext::Forged(Box::new(cx.refuse(STEP, forged(), Note::default()))));
    };
    cx.language = language;
    let client = match after.as_ref().map(|a| a.client_id.clone()) {
        Some(id) => cx.db().read(move |c| clients::find(c, &id)).await?,
        None => None,
    };
    let found = sessions_of(cx, browser).await?;
    let ended = end(cx, found).await?;
    Ok(done(ended, after, client.as_ref()))
}

fn ids_of(s: &SignedIn) -> (&str, &str) {
    (s.session.id.as_str(), s.user.id.as_str())
}

fn done(ended: Vec<Vec<u8>>, after: Option<AfterLogout>, client: Option<&Client>) -> LogoutNext {
    let location = after.and_then(|a| a.location);
    LogoutNext::Done(Box::new(Done { ended, location, client_name: client.map(|c| c.name.clone()) }))
}

fn page(cx: &Cx, refusal: Refusal) -> LogoutNext {
    LogoutNext::Page(Box::new(cx.refuse(STEP, refusal, Note::default())))
}

fn read_hint(cx: &Cx, text: &str) -> Result<Hint, Refusal> {
    let words = "id_token_hint is not an ID token of this server";
    let section = "OpenID Connect RP-Initiated Logout 1.0 section 2";
    let refuse = |why: String| {
        Refusal::new(ErrorCode::InvalidRequest, "id_token_hint.ours", section, words)
            .because("an ID token of ours, even if expired", why)
    };
    let expect = Expect::id_token_hint(cx.issuer());
    let verified = cx.parts.keyring.verify(text, &expect, cx.now).map_err(|why| refuse(why.to_string()))?;
    let claim = |name: &str| verified.claims().get(name).and_then(|v| v.as_str()).map(str::to_owned);
    match (claim("aud"), claim("sub")) {
        (Some(client_id), Some(subject)) => Ok(Hint { client_id, subject, session_id: claim("sid") }),
        _ => Err(refuse("an ID token without a single aud or sub".to_owned())),
    }
}

async fn end(cx: &Cx, found: Vec<Found>) -> Result<Vec<Vec<u8>>, Fault> {
    let ids: Vec<SessionId> = found.iter().map(|f| f.signed_in.session.id.clone()).collect();
    for f in &found {
        cx.note(Note::new(STEP, "the session was ended").user(f.signed_in.user.id.as_str()));
    }
    let now = cx.now;
    cx.db().write(move |c| ids.iter().try_for_each(|id| end_session(c, id, "logout", now))).await?;
    Ok(found.into_iter().map(|f| f.token_hash).collect())
}

/// Ends a session and everything that hangs on it: unused codes, grants without `offline_access` (OIDC Core section 11).
///
/// # Errors
/// A [`store::Fault`].
pub fn end_session(c: &mut Conn, id: &SessionId, why: &str, now: Timestamp) -> Result<(), store::Fault> {
    sessions::end(c, id, now)?;
    codes::delete_of_session(c, id)?;
    grants::revoke_of_session(c, id, false, why, now)?;
    Ok(())
}
