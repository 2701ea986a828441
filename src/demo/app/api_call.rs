//! Owns the app's calls to the demo API: the one that should work, and the ones that should not.

use http::Method;

use super::State;
use super::explain::Place;
use super::jwt;
use super::show;
use super::timeline::{Actor, Check, Mood, Step};
use super::visitor::SignedIn;
use crate::demo::wire::{Recorder, WireError};

/// A way to call the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// With the access token, as it should be.
    Hello,
    /// What needs a fresh sign-in.
    Safe,
    /// What needs a scope that was not granted.
    Beyond,
    /// Without a token.
    Nothing,
    /// With a token whose `sub` was changed.
    Tampered,
    /// With the ID token in place of the access token.
    IdToken,
}

impl Attempt {
    /// The attempt a button's name stands for.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "hello" => Self::Hello,
            "safe" => Self::Safe,
            "beyond" => Self::Beyond,
            "nothing" => Self::Nothing,
            "tampered" => Self::Tampered,
            "id-token" => Self::IdToken,
            _ => return None,
        })
    }

    /// The heading of its chapter.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Hello => "Call the API",
            Self::Safe => "Open the safe",
            Self::Beyond => "Ask for more than was granted",
            Self::Nothing => "Call the API without a token",
            Self::Tampered => "Call the API with a forged token",
            Self::IdToken => "Call the API with the ID token",
        }
    }

    /// What is to be learnt.
    pub(super) fn lesson(self) -> &'static str {
        match self {
            Self::Hello => {
                "The API asked nobody. It checked the token with the provider's public keys, which it fetched once."
            }
            Self::Safe => {
                "The token is good, but the sign-in behind it may be too old for this. The API says so, and how old it \
                 may be (RFC 9470). “Confirm it is you” answers that with prompt=login."
            }
            Self::Beyond => {
                "403 and not 401: the API knows who you are, and that this token does not reach so far. A new token \
                 would not help; a wider grant would."
            }
            Self::Nothing => {
                "401 without an error code: there was nothing to be wrong. WWW-Authenticate says which scheme to use."
            }
            Self::Tampered => {
                "We changed sub and kept the old signature. Anybody can read a JWT and write another one; only the \
                 provider can sign it."
            }
            Self::IdToken => {
                "An ID token tells the app who signed in. It is not a key. Its typ and aud say so, and an API that \
                 does not look would let every app of this provider in."
            }
        }
    }

    fn request(self) -> (Method, &'static str) {
        match self {
            Self::Safe => (Method::GET, "/safe"),
            Self::Beyond => (Method::POST, "/notes"),
            _ => (Method::GET, "/hello"),
        }
    }

    fn token(self, person: &SignedIn) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::IdToken => Some(person.id_token.expose().to_owned()),
            Self::Tampered => jwt::tampered(person.access_token.expose()),
            _ => Some(person.access_token.expose().to_owned()),
        }
    }

    /// The status that the lesson expects; `/safe` may go either way.
    fn expected(self) -> &'static [u16] {
        match self {
            Self::Hello => &[200],
            Self::Safe => &[200, 401],
            Self::Beyond => &[403],
            _ => &[401],
        }
    }
}

/// Makes the call and tells it in one step.
pub(super) async fn call(state: &State, recorder: &Recorder, attempt: Attempt, person: &SignedIn) -> Step {
    let (method, path) = attempt.request();
    let title = format!("{method} {path}");
    let sent = send(state, recorder, attempt, person).await;
    let Some(exchange) = recorder.take().pop() else {
        let mut step = Step::new("call the API", Actor::App, Actor::Api).titled(title, "The API could not be reached.");
        let words = sent.err().map(|e| e.to_string()).unwrap_or_default();
        step.check(Check::bad(words, ""));
        return step;
    };
    let mut step = show::step("call the API", Actor::Api, &exchange, Place::Api, Place::Api).titled(
        title,
        "The API knows neither the app nor the person. It knows the provider's public keys, and judges the token by them.",
    );
    if attempt.expected().contains(&exchange.status) {
        // A refusal that the lesson is about is no failure of ours, but it is shown as what it is.
        let said_yes = exchange.status == 200;
        step.mood = if said_yes { Mood::Good } else { Mood::Bad };
    } else if exchange.status == 403 {
        step.check(Check::bad("the token was not granted the scope this API wants; the provider may not offer it", ""));
    }
    step
}

async fn send(state: &State, recorder: &Recorder, attempt: Attempt, person: &SignedIn) -> Result<(), WireError> {
    let (method, path) = attempt.request();
    let url = format!("{}{path}", state.settings.api_url.trim_end_matches('/'));
    let mut request = http::Request::builder().method(method).uri(url).header(http::header::ACCEPT, "application/json");
    if let Some(token) = attempt.token(person) {
        request = request.header(http::header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Vec::new()).map_err(|e| WireError::Request(e.to_string()))?;
    recorder.send(request).await.map(|_| ())
}
