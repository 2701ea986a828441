//! Owns questions to a passkey that wait for their answer: sealed and carried by the page, as everything of a sign-in that is
//! under way, for one purpose, one person and one place, and good for five minutes. That each is answered once is written
//! down with what the answer brings about ([`Asked::take`]). It does not own the questions themselves (`secret::passkey`).

use serde::{Deserialize, Serialize};

use crate::flow::cx::base64url;
use crate::flow::sign_in::pending;
use crate::flow::{Cx, Fault};
use crate::identity::UserId;
use crate::secret::passkey::{PasskeyError, Question, RelyingParty};
use crate::secret::token::hash;
use crate::store::{self, Conn, ceremonies};
use crate::time::{Lifetime, Timestamp};

const AAD: &[u8] = b"question to a passkey";
/// Between the question and the answer.
const LIFETIME: Lifetime = Lifetime::from_minutes(5);
/// How much longer it is remembered that a question was answered: clocks of nodes differ.
const REMEMBERED: Lifetime = Lifetime::from_hours(1);

/// What a question is for. One asked for this is no good for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Who are you?
    SignIn,
    /// Is it really you, this person?
    SecondFactor(UserId),
    /// A new passkey for this person.
    Register(UserId),
}

/// A question as the page carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyForm {
    /// What the page's script hands to the browser, as JSON.
    pub options: String,
    /// The sealed question.
    pub ceremony: String,
}

/// A question that was asked.
#[derive(Clone, Serialize, Deserialize)]
pub struct Asked {
    purpose: Purpose,
    bound_to: String,
    /// For the library.
    pub state: Vec<u8>,
    until: Timestamp,
}

impl Asked {
    /// Seals a question; `bound_to` is what the answer must come from: a request under way, a session.
    ///
    /// # Errors
    /// A [`Fault`] if it cannot be sealed.
    pub fn seal(cx: &Cx, purpose: Purpose, bound_to: &str, question: Question) -> Result<PasskeyForm, Fault> {
        let asked = Self { purpose, bound_to: bound(bound_to), state: question.state, until: cx.now + LIFETIME };
        Ok(PasskeyForm { options: question.options, ceremony: pending::seal(cx, &asked, AAD)? })
    }

    /// Opens what the browser brought back, if it was asked for this and from here, and not too long ago.
    pub fn open(cx: &Cx, text: &str, purpose: &Purpose, bound_to: &str) -> Option<Self> {
        pending::open::<Self>(cx, text, AAD)
            .filter(|asked| cx.now < asked.until && asked.purpose == *purpose && asked.bound_to == bound(bound_to))
    }

    /// Takes the one answer. `false`: it was answered before.
    ///
    /// # Errors
    /// A [`store::Fault`].
    pub fn take(&self, c: &mut Conn) -> Result<bool, store::Fault> {
        ceremonies::answer(c, &hash(&base64url(&self.state)), self.until + REMEMBERED)
    }
}

/// Asks for a passkey: for any, or for one of these. `None` where there are none here.
///
/// # Errors
/// A [`Fault`].
pub fn ask(cx: &Cx, purpose: Purpose, bound_to: &str, among: &[&[u8]]) -> Result<Option<PasskeyForm>, Fault> {
    let Some(party) = &cx.parts.passkeys else { return Ok(None) };
    let question = party.ask(among).map_err(broken)?;
    Asked::seal(cx, purpose, bound_to, question).map(Some)
}

/// Ourselves towards passkeys.
///
/// # Errors
/// [`PasskeyError::Broken`] where there are none.
pub fn party(cx: &Cx) -> Result<&RelyingParty, PasskeyError> {
    let none = || PasskeyError::Broken("the issuer's host is an address: browsers make no passkeys there".to_owned());
    cx.parts.passkeys.as_ref().ok_or_else(none)
}

/// What can only be our own fault.
pub fn broken(error: PasskeyError) -> Fault {
    Fault::Internal(format!("a passkey could not be asked for: {error}"))
}

fn bound(bound_to: &str) -> String {
    base64url(&hash(bound_to))
}
