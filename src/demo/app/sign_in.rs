//! Owns the first half of a sign-in: making the authorization request. The second half is [`super::callback`].

use std::time::Duration;

use openidconnect::core::{CoreAuthPrompt, CoreResponseType};
use openidconnect::{AuthenticationFlow, CsrfToken, LoginHint, Nonce, PkceCodeChallenge, Scope};
use url::Url;

use super::State;
use super::explain::Place;
use super::provider::{self, Provider};
use super::show;
use super::timeline::{Actor, Chapter, Message, Mood, Step};
use super::visitor::{Pending, Problem, Purpose, Visitor};
use crate::demo::Secret;
use crate::demo::api::SAFE_MAX_AGE;
use crate::demo::wire::Recorder;

/// The scope of the demo API, asked for when the provider lists it.
const API_SCOPE: &str = crate::demo::api::READ_SCOPE;

/// Begins a sign-in and says where to send the browser.
///
/// # Errors
/// The provider cannot be discovered.
pub(super) async fn begin(state: &State, visitor: &mut Visitor, purpose: Purpose, now: i64) -> Result<Url, Problem> {
    let recorder = Recorder::new(&state.wire);
    let (provider, mut steps) = match provider::discover(&state.settings, &recorder).await {
        Ok(found) => found,
        Err((steps, words)) => return Err(unreachable_provider(state, steps, words, now)),
    };
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = provider
        .client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(scopes(&provider))
        .set_login_hint(LoginHint::new(state.settings.login_hint_email.clone()))
        .set_pkce_challenge(challenge);
    request = match purpose {
        Purpose::SignIn => request,
        Purpose::StepUp => request
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(Duration::from_secs(u64::try_from(SAFE_MAX_AGE).unwrap_or_default())),
        Purpose::Silent => request.add_prompt(CoreAuthPrompt::None),
    };
    let (url, csrf, nonce) = request.url();
    steps.push(authorize_step(&url, purpose));
    visitor.expect(Pending {
        state: csrf.into_secret(),
        nonce,
        verifier: Secret::new(verifier.into_secret()),
        provider,
        purpose,
        steps,
        begun_at: now,
    });
    Ok(url)
}

/// `openid` is added by the client itself.
fn scopes(provider: &Provider) -> Vec<Scope> {
    optional(provider).into_iter().map(|scope| Scope::new(scope.to_owned())).collect()
}

/// Everything that is asked for, in one text. What an answer without `scope` means (RFC 6749 §5.1).
pub(super) fn asked_for(provider: &Provider) -> String {
    format!("openid {}", optional(provider).join(" "))
}

fn optional(provider: &Provider) -> Vec<&'static str> {
    let mut scopes = vec!["profile", "email", "offline_access"];
    if provider.offers(API_SCOPE) {
        scopes.push(API_SCOPE);
    }
    scopes
}

fn authorize_step(url: &Url, purpose: Purpose) -> Step {
    let why = match purpose {
        Purpose::SignIn => {
            "The app does not ask for a password. It sends the browser to the provider with these wishes. Three random \
             values were made for this one sign-in: state, nonce and the PKCE verifier."
        }
        Purpose::StepUp => {
            "The same request with prompt=login and max_age: somebody is signed in already, but we want them to prove \
             now that they are still the same."
        }
        Purpose::Silent => {
            "The same request with prompt=none: the provider may show nothing at all. Either there is a session and a \
             code comes back at once, or there is none and an error does."
        }
    };
    let mut step =
        Step::new("authorize", Actor::Browser, Actor::Provider).titled("Send the browser to the provider", why);
    step.request = Some(show::address("GET", url, Place::Authorize));
    step.answer = Some(Message {
        line: match purpose {
            Purpose::Silent => "No page; the browser is sent straight back".to_owned(),
            _ => "Whatever pages the person needs to see".to_owned(),
        },
        ..Message::default()
    });
    step
}

fn unreachable_provider(state: &State, steps: Vec<Step>, words: String, now: i64) -> Problem {
    let mut chapter = Chapter::new("Sign in", now);
    chapter.mood = Mood::Bad;
    if steps.is_empty() {
        let mut step = Step::new("discovery", Actor::App, Actor::Provider)
            .titled("Ask the provider what it can do", words.clone());
        step.mood = Mood::Bad;
        chapter.steps.push(step);
    }
    chapter.steps.extend(steps);
    Problem {
        heading: "The provider did not answer".to_owned(),
        what: format!("The app could not learn from {} how to sign somebody in. {words}", state.settings.issuer),
        error: None,
        description: None,
        correlation_id: None,
        chapter,
    }
}
