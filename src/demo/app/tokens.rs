//! Owns what can be done with tokens once one is signed in: refresh, replay, revoke, introspect. Each is one chapter.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openidconnect::core::CoreTokenResponse;
use openidconnect::{HttpRequest, Nonce, OAuth2TokenResponse, RefreshToken, TokenResponse};
use serde_json::Value;
use url::form_urlencoded;

use super::api_call::{self, Attempt};
use super::callback::scope_words;
use super::explain::Place;
use super::provider::{self, Provider, chain};
use super::show;
use super::timeline::{Actor, Chapter, Check, Mood, Step};
use super::visitor::SignedIn;
use super::{AppSettings, State};
use crate::demo::Secret;
use crate::demo::wire::{Recorder, WireError};

/// Swaps the refresh token for a new pair.
pub(super) async fn refresh(state: &State, person: &mut SignedIn, now: i64) -> Chapter {
    let mut chapter = Chapter::new("Refresh", now);
    let Some(old) = person.refresh_token.clone() else {
        return empty(chapter, "There is no refresh token: the provider gave none, or it was revoked. Sign in again.");
    };
    let recorder = Recorder::new(&state.wire);
    let old_access = show::shorten(person.access_token.expose());
    let (mut step, answer) = redeem(&recorder, person, &old).await;
    step = step.titled(
        "Hand in the refresh token",
        "Without the person, and without the browser. The refresh token is used up by this: a new one comes back (rotation).",
    );
    match answer {
        Ok(answer) => {
            let has_rotated = answer.refresh_token().is_some_and(|new| new.secret() != old.expose());
            let new = answer.refresh_token().map_or("the same", |token| token.secret());
            let words = format!("refresh token: {} became {}", show::shorten(old.expose()), show::shorten(new));
            step.check(if has_rotated {
                Check::good(words, "RFC 9700 §4.14.2")
            } else {
                Check::bad("the refresh token was not rotated", "RFC 9700 §4.14.2")
            });
            let words = format!("access token: {old_access} became {}", show::shorten(answer.access_token().secret()));
            step.check(Check::good(words, "RFC 6749 §6"));
            follow_rotation(state, person, &answer).await;
            check_id_token(person, &answer, &mut step);
            adopt(person, &answer);
            chapter.lesson =
                "Short-lived access tokens limit what a thief can do; rotation shows that there is one: as \
                              soon as two parties use the same refresh token, one of them must be a stranger. Refresh \
                              once more, then replay the old token and see."
                    .to_owned();
        }
        Err(_) => {
            chapter.mood = Mood::Bad;
            person.over = Some("The provider took the refresh token no more.");
            chapter.lesson =
                "The provider took the refresh token no more: it was revoked, has expired, or was replayed. \
                              Only a new sign-in helps."
                    .to_owned();
        }
    }
    chapter.steps.push(step);
    chapter
}

/// Uses a refresh token that was used before, as a thief (or a careless copy of the app) would.
pub(super) async fn replay(state: &State, person: &mut SignedIn, now: i64) -> Chapter {
    let mut chapter = Chapter::new("Replay an old refresh token", now);
    let Some(old) = person.spent.first().cloned() else {
        return empty(chapter, "There is no used-up refresh token yet. Press “Refresh” first, best twice.");
    };
    let recorder = Recorder::new(&state.wire);
    let (step, answer) = redeem(&recorder, person, &old).await;
    let mut step = step.titled(
        "Hand in a refresh token that was used before",
        format!(
            "{} was swapped for a new one a while ago. Whoever sends it now has a copy.",
            show::shorten(old.expose())
        ),
    );
    if let Ok(answer) = answer {
        step.check(Check::good("taken for a lost answer: the provider issued the successor anew", "RFC 9700 §4.14.2"));
        chapter.steps.push(step);
        adopt(person, &answer);
        chapter.lesson =
            "No alarm: the old token was used moments ago and its successor never, and that is what a lost \
                          answer looks like (a phone in a tunnel). The unused successor is worth nothing now. Refresh \
                          twice and replay again: then it cannot be a lost answer."
                .to_owned();
        return chapter;
    }
    step.check(Check::bad(
        "refused; and now the provider knows that this chain of tokens has leaked",
        "RFC 9700 §4.14.2",
    ));
    chapter.steps.push(step);
    chapter.mood = Mood::Bad;
    let why = "The honest app's own, never used before. The provider cannot tell which of the two is the thief, so \
               neither may go on.";
    aftermath(state, &recorder, person, &mut chapter, why).await;
    chapter
}

/// What a detected replay, or a revocation, left standing.
async fn aftermath(
    state: &State,
    recorder: &Recorder,
    person: &mut SignedIn,
    chapter: &mut Chapter,
    why: &'static str,
) {
    let mut is_over = true;
    if let Some(current) = person.refresh_token.clone() {
        let (step, answer) = redeem(recorder, person, &current).await;
        let mut step = step.titled("Try the newest refresh token", why);
        match answer {
            Ok(answer) => {
                step.check(Check::bad("still good: this provider did not end the whole family", "RFC 9700 §4.14.2"));
                is_over = false;
                adopt(person, &answer);
            }
            Err(_) => step.check(Check::bad("refused as well: the whole family is dead", "RFC 9700 §4.14.2")),
        }
        chapter.steps.push(step);
    }
    if let Some(step) = introspection(state, recorder, person).await {
        chapter.steps.push(step);
    }
    let mut step = api_call::call(state, recorder, Attempt::Hello, person).await;
    if step.mood == Mood::Good {
        step.why = "The API still says yes: it looks at signature and exp alone and asks nobody. That is the price of \
                    self-contained tokens, and the reason why they live for minutes only."
            .to_owned();
    }
    chapter.steps.push(step);
    if !is_over {
        chapter.lesson = "The newest refresh token still works: this provider did not connect the two.".to_owned();
        return;
    }
    chapter.lesson =
        "The grant is over: no refresh token of this family works any more, and whoever asks the provider \
                      (introspection) hears no. An API that reads the token by itself learns it when the token expires."
            .to_owned();
    person.over = Some("This grant is over at the provider.");
}

/// Gives the refresh token back.
pub(super) async fn revoke(state: &State, person: &mut SignedIn, now: i64) -> Chapter {
    let mut chapter = Chapter::new("Revoke", now);
    let Some(url) = person.provider.extra.revocation_endpoint.clone() else {
        return empty(chapter, "The provider lists no revocation_endpoint.");
    };
    let (token, hint) = match &person.refresh_token {
        Some(token) => (token.clone(), "refresh_token"),
        None => (person.access_token.clone(), "access_token"),
    };
    let recorder = Recorder::new(&state.wire);
    let sent = ask(state, &recorder, &url, &[("token", token.expose()), ("token_type_hint", hint)]).await;
    let mut step = told(&recorder, sent, "revoke").titled(
        "Give the token back",
        "An app that logs somebody out, or is uninstalled, should not leave its tokens behind. The answer is 200 even \
         for a token the provider has never seen: the wish is fulfilled either way.",
    );
    if step.mood == Mood::Good {
        step.check(Check::good("200: the token is worth nothing now", "RFC 7009 §2.2"));
    }
    chapter.steps.push(step);
    let why = "A refresh token that was given back must not work again.";
    aftermath(state, &recorder, person, &mut chapter, why).await;
    chapter
}

/// Asks the provider whether the access token is still good.
pub(super) async fn introspect(state: &State, person: &SignedIn, now: i64) -> Chapter {
    let mut chapter = Chapter::new("Introspect", now);
    let recorder = Recorder::new(&state.wire);
    match introspection(state, &recorder, person).await {
        Some(step) => {
            chapter.mood = step.mood;
            chapter.steps.push(step);
            chapter.lesson = "Introspection knows of logouts and revocations at once, and costs a request each time. \
                              Reading the JWT costs nothing, and knows nothing of them."
                .to_owned();
            chapter
        }
        None => empty(chapter, "The provider lists no introspection_endpoint."),
    }
}

async fn introspection(state: &State, recorder: &Recorder, person: &SignedIn) -> Option<Step> {
    let url = person.provider.extra.introspection_endpoint.clone()?;
    let params = [("token", person.access_token.expose()), ("token_type_hint", "access_token")];
    let sent = ask(state, recorder, &url, &params).await;
    let is_active = sent.as_ref().ok().and_then(|body| body.get("active")).and_then(Value::as_bool);
    let mut step = told(recorder, sent, "introspect").titled(
        "Ask whether the access token is still good",
        "The provider's own word about a token, as it is this very moment.",
    );
    step.check(match is_active {
        Some(true) => Check::good("active: the token is good", "RFC 7662 §2.2"),
        Some(false) => Check::bad("not active, and not a word more: why is nobody's business", "RFC 7662 §2.2"),
        None => Check::bad("no answer that says active or not", "RFC 7662 §2.2"),
    });
    Some(step)
}

/// One try with a refresh token.
async fn redeem(recorder: &Recorder, person: &SignedIn, token: &Secret) -> (Step, Result<CoreTokenResponse, String>) {
    let http = |request| recorder.send(request);
    let token = RefreshToken::new(token.expose().to_owned());
    let answer = match person.provider.client.exchange_refresh_token(&token) {
        Ok(request) => request.request_async(&http).await.map_err(|e| chain(&e)),
        Err(error) => Err(chain(&error)),
    };
    let step = match recorder.take().pop() {
        Some(exchange) => show::step("refresh", Actor::Provider, &exchange, Place::TokenRequest, Place::TokenAnswer),
        None => {
            let mut step = Step::new("refresh", Actor::App, Actor::Provider);
            step.check(Check::bad(answer.as_ref().err().cloned().unwrap_or_default(), ""));
            step
        }
    };
    (step, answer)
}

/// An ID token that the known keys do not fit may be signed with a newer one: look once more before judging it.
async fn follow_rotation(state: &State, person: &mut SignedIn, answer: &CoreTokenResponse) {
    let fits = answer.id_token().is_none_or(|token| names(token, &person.provider, &person.subject));
    if !fits && let Ok((provider, _)) = provider::discover(&state.settings, &Recorder::new(&state.wire)).await {
        person.provider = provider;
    }
}

/// A new ID token must speak of the same person (OIDC Core §12.2).
fn check_id_token(person: &SignedIn, answer: &CoreTokenResponse, step: &mut Step) {
    let Some(token) = answer.id_token() else { return };
    let any_nonce = |_: Option<&Nonce>| Ok::<(), String>(());
    match token.claims(&person.provider.client.id_token_verifier(), any_nonce) {
        Ok(claims) if claims.subject().as_str() == person.subject => {
            step.check(Check::good("the new ID token is verified and names the same person", "OIDC Core §12.2"));
        }
        Ok(_) => step.check(Check::bad("the new ID token names somebody else", "OIDC Core §12.2")),
        Err(error) => step.check(Check::bad(chain(&error), "OIDC Core §12.2")),
    }
}

/// Puts the tokens of an answer in the place of the old ones.
fn adopt(person: &mut SignedIn, answer: &CoreTokenResponse) {
    person.access_token = Secret::new(answer.access_token().secret().clone());
    if let Some(token) = answer.id_token().filter(|token| names(token, &person.provider, &person.subject)) {
        person.id_token = Secret::new(token.to_string());
    }
    if let Some(new) = answer.refresh_token() {
        let new = Secret::new(new.secret().clone());
        if let Some(old) = person.refresh_token.replace(new.clone())
            && old != new
        {
            person.spent.push(old);
        }
    }
    if let Some(scope) = scope_words(answer) {
        person.scope = scope;
    }
}

fn names(token: &openidconnect::core::CoreIdToken, provider: &Provider, subject: &str) -> bool {
    let any_nonce = |_: Option<&Nonce>| Ok::<(), String>(());
    token
        .claims(&provider.client.id_token_verifier(), any_nonce)
        .is_ok_and(|claims| claims.subject().as_str() == subject)
}

/// Sends a form as the registered client. The crate would refuse plain http here, which the demo on localhost needs.
async fn ask(state: &State, recorder: &Recorder, url: &str, params: &[(&str, &str)]) -> Result<Value, WireError> {
    let request = form(&state.settings, url, params)?;
    let answer = recorder.send(request).await?;
    Ok(serde_json::from_slice(answer.body()).unwrap_or_default())
}

fn form(settings: &AppSettings, url: &str, params: &[(&str, &str)]) -> Result<HttpRequest, WireError> {
    // RFC 6749 §2.3.1: id and secret are form-encoded before they become a Basic user and password.
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let user = format!("{}:{}", encode(&settings.client_id), encode(settings.client_secret.expose()));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    http::Request::post(url)
        .header(http::header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(user)))
        .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(http::header::ACCEPT, "application/json")
        .body(body.into_bytes())
        .map_err(|e| WireError::Request(e.to_string()))
}

fn told(recorder: &Recorder, sent: Result<Value, WireError>, label: &'static str) -> Step {
    match recorder.take().pop() {
        Some(exchange) => show::step(label, Actor::Provider, &exchange, Place::TokenQuestion, Place::Claims),
        None => {
            let mut step = Step::new(label, Actor::App, Actor::Provider);
            step.check(Check::bad(sent.err().map(|e| e.to_string()).unwrap_or_default(), ""));
            step
        }
    }
}

fn empty(mut chapter: Chapter, lesson: &str) -> Chapter {
    chapter.mood = Mood::Bad;
    chapter.lesson = lesson.to_owned();
    chapter
}
