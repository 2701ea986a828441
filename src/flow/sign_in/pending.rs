//! Owns a sign-in that waits for a person: sealed and carried by the browser, so that a flood of requests costs no row
//! (security case O07) and any node can go on with it. It does not own what is decided (`oauth::step`).

use serde::{Deserialize, Serialize};

use crate::flow::cx::{base64url, from_base64url};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::{Email, SessionId};
use crate::messages::first_known;
use crate::oauth::authorize::ValidRequest;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::upstream::quirks::ToldName;
use crate::secret::token;
use crate::time::Timestamp;

/// A request under way, bound to the browser that began it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The request.
    pub request: ValidRequest,
    /// When it came in.
    pub began_at: Timestamp,
    /// Under this id everything of this sign-in is noted.
    pub correlation_id: String,
    /// Hash of the browser's binding cookie.
    browser: String,
    /// The account chosen for it, if the person chose or just signed in.
    pub chosen: Option<SessionId>,
    /// The session in which the person allowed this very request.
    pub consented: Option<SessionId>,
    /// Set when the person asked for an account that is not signed in yet.
    pub another_account: bool,
    /// Who the person is at a provider; linked to the account that they sign in to here.
    #[serde(default)]
    pub linking: Option<Linking>,
    /// The provider that the app leads to (`idp_hint`), until the person was there.
    #[serde(default)]
    pub idp_hint: Option<String>,
    /// Whether the person was led to a provider: from then on they choose themselves.
    #[serde(default)]
    pub was_there: bool,
}

/// Who somebody is at a provider, as long as they have not proven whose account here it may open (security case L09). It
/// travels in the sealed request, so it is of this browser and this sign-in; its handle is a row that is taken once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linking {
    /// The row's secret.
    pub handle: String,
    /// The provider's id.
    pub provider: String,
    /// Its name for people.
    pub name: String,
    /// Issuer.
    pub issuer: String,
    /// Subject.
    pub subject: String,
    /// What the provider calls them.
    pub shown: String,
    /// Key of the address that the provider proves to be theirs, if it proves one.
    #[serde(default)]
    pub proves: Option<String>,
    /// The name that it tells once, for an account that has none.
    #[serde(default)]
    pub told_name: Option<ToldName>,
}

impl Pending {
    /// Begins one.
    pub fn begin(cx: &Cx, request: ValidRequest, browser: &str) -> Self {
        Self {
            request,
            began_at: cx.now,
            correlation_id: cx.correlation_id.clone(),
            browser: bound(browser),
            chosen: None,
            consented: None,
            another_account: false,
            linking: None,
            idp_hint: None,
            was_there: false,
        }
    }

    /// The same, with who the person is at a provider: they sign in here before anything is linked.
    #[must_use]
    pub fn with_linking(mut self, linking: Linking) -> Self {
        self.linking = Some(linking);
        self.with_another_account()
    }

    /// The same once the person was at a provider, or anything else was chosen.
    #[must_use]
    pub fn without_hint(mut self) -> Self {
        self.idp_hint = None;
        self.was_there = true;
        self
    }

    /// The same for somebody who typed this address.
    #[must_use]
    pub fn with_login_hint(mut self, email: &Email) -> Self {
        self.request.login_hint = Some(email.as_str().to_owned());
        self
    }

    /// The same, allowed by the person of a session.
    #[must_use]
    pub fn with_consent(mut self, session: SessionId) -> Self {
        self.consented = Some(session.clone());
        self.with_chosen(session)
    }

    /// The same for an account.
    #[must_use]
    pub fn with_chosen(mut self, session: SessionId) -> Self {
        self.chosen = Some(session);
        self.linking = None;
        self.idp_hint = None;
        self.another_account = false;
        self
    }

    /// The same, asking for a fresh sign-in with any account.
    #[must_use]
    pub fn with_another_account(mut self) -> Self {
        self.chosen = None;
        self.another_account = true;
        self
    }

    /// The same, asking for the account again.
    #[must_use]
    pub fn with_choice_open(mut self) -> Self {
        self.chosen = None;
        self.another_account = false;
        self.request.prompt.select_account = true;
        self
    }

    /// The text that the browser carries.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be sealed.
    pub fn seal(&self, cx: &Cx) -> Result<String, Fault> {
        seal(cx, self, AAD)
    }

    /// Opens what the browser brought back and holds it against the browser's cookie and the time. The request's own
    /// correlation id and language go on in `cx`.
    ///
    /// # Errors
    /// A refusal to show as a page, already noted: nothing of an unreadable request may redirect.
    pub fn open(cx: &mut Cx, step: &'static str, text: &str, browser: Option<&str>) -> Result<Self, Refusal> {
        let Some(pending) = open::<Pending>(cx, text, AAD) else {
            let words = "this sign-in link is damaged; go back to the app and start again";
            let refusal = refuse("request.sealed", words).because("a request that this server sealed", "another text");
            return Err(cx.refuse(step, refusal, Note::default()));
        };
        cx.adopt(&pending.correlation_id);
        if let Some(language) = pending.request.ui_locales.as_deref().and_then(first_known) {
            cx.language = language;
        }
        let note = Note::default().client(&pending.request.client_id);
        match pending.judge(cx, browser) {
            Ok(()) => Ok(pending),
            Err(refusal) => Err(cx.refuse(step, refusal, note)),
        }
    }

    /// [`Pending::open`] for a request that may be another browser's or too old, which is then no mistake and is not noted.
    pub fn open_quietly(cx: &Cx, text: &str, browser: Option<&str>) -> Option<Self> {
        open::<Pending>(cx, text, AAD).filter(|pending| pending.judge(cx, browser).is_ok())
    }

    /// Whether it is this browser's, and not too old.
    fn judge(&self, cx: &Cx, browser: Option<&str>) -> Result<(), Refusal> {
        if browser.map(bound).as_deref() != Some(self.browser.as_str()) {
            let received = if browser.is_some() { "another browser's cookie" } else { "no cookie" };
            let words = "this sign-in was begun in another browser, or cookies are blocked; start again from the app";
            return Err(refuse("request.browser", words).because("the cookie of the browser that began it", received));
        }
        let end = self.began_at + cx.policy().request_lifetime;
        if cx.now >= end {
            let words = "this sign-in took too long and expired; go back to the app and start again";
            return Err(
                refuse("request.lifetime", words).because(format!("before {}", end.rfc3339()), cx.now.rfc3339())
            );
        }
        Ok(())
    }
}

const AAD: &[u8] = b"authorization request";

/// Seals a value for the browser to carry; `aad` says what it is, so that one kind cannot pass for another.
///
/// # Errors
/// A [`Fault`] if it cannot be sealed.
pub fn seal(cx: &Cx, value: &impl Serialize, aad: &[u8]) -> Result<String, Fault> {
    let fault = |why: String| Fault::Internal(format!("a request could not be sealed: {why}"));
    let plain = serde_json::to_vec(value).map_err(|e| fault(e.to_string()))?;
    let sealed = cx.parts.requests.seal(&plain, aad).map_err(|e| fault(e.to_string()))?;
    Ok(base64url(&sealed))
}

/// Opens what [`seal`] made; `None` for anything else.
pub fn open<T: serde::de::DeserializeOwned>(cx: &Cx, text: &str, aad: &[u8]) -> Option<T> {
    let plain = cx.parts.requests.open(&from_base64url(text)?, aad).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn bound(browser: &str) -> String {
    base64url(&token::hash(browser))
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, check, "RFC 9700 section 4.7.1", words)
}
