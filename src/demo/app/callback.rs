//! Owns the second half of a sign-in: what came back to the redirect URI is judged, the code swapped for tokens, the ID
//! token verified, userinfo asked and the API called. Each check is told as it is made.

use openidconnect::core::{CoreIdTokenClaims, CoreTokenResponse, CoreUserInfoClaims};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, Nonce, OAuth2TokenResponse, PkceCodeVerifier, TokenResponse,
};
use serde_json::Value;

use super::State;
use super::api_call::{self, Attempt};
use super::explain::Place;
use super::jwt;
use super::provider::{Provider, chain};
use super::show;
use super::sign_in;
use super::timeline::{Actor, Chapter, Check, Message, Mood, Step};
use super::visitor::{Pending, Problem, Purpose, SignedIn, Visitor};
use crate::demo::Secret;
use crate::demo::wire::{Exchange, Recorder};

/// The query that came to the redirect URI.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses a raw query string.
    pub(super) fn parse(raw: &str) -> Self {
        Self(url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect())
    }

    /// The parameter, if it is there exactly once.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    fn repeated(&self) -> Option<&str> {
        self.0.iter().map(|(n, _)| n.as_str()).find(|name| self.0.iter().filter(|(n, _)| n == name).count() > 1)
    }

    fn message(&self, callback: &str) -> Message {
        let rows = self.0.iter().take(20).map(|(n, v)| show::row(Place::Callback, n, v)).collect();
        Message { line: format!("GET {callback}"), title: "Query", rows, ..Message::default() }
    }
}

/// Finishes a sign-in; afterwards the visitor is signed in and the chapter told.
///
/// # Errors
/// A problem for its page; the visitor is as signed in as before.
pub(super) async fn finish(state: &State, visitor: &mut Visitor, query: &Query, now: i64) -> Result<(), Box<Problem>> {
    let Some(mut pending) = query.one("state").and_then(|wanted| visitor.take_pending(wanted)) else {
        return Err(Box::new(unexpected(state, query, now)));
    };
    let mut chapter = Chapter::new(title(pending.purpose), pending.begun_at);
    chapter.steps = std::mem::take(&mut pending.steps);
    if pending.purpose != Purpose::Silent {
        chapter.steps.push(at_the_provider(&pending, now));
    }
    let answer = judge_answer(state, &pending, query);
    let is_trusted = answer.mood == Mood::Good;
    chapter.steps.push(answer);
    let code = match (is_trusted, query.one("error"), query.one("code")) {
        (false, _, _) => return Err(Box::new(distrusted(chapter))),
        (true, Some(error), _) => return Err(Box::new(refused(error, query, chapter))),
        (true, None, None) => return Err(Box::new(refused("invalid_request", query, chapter))),
        (true, None, Some(code)) => AuthorizationCode::new(code.to_owned()),
    };
    let recorder = Recorder::new(&state.wire);
    let previous = visitor.signed_in.as_ref().map(|person| jwt::claims(person.id_token.expose()));
    let mut signed_in = match redeem(&recorder, &pending, code, &mut chapter).await {
        Ok(signed_in) => signed_in,
        Err(what) => return Err(Box::new(broken(what, chapter))),
    };
    if pending.purpose == Purpose::StepUp {
        compare_sign_ins(previous.as_ref(), &signed_in, &mut chapter);
    }
    userinfo(&recorder, &mut signed_in, &mut chapter).await;
    let attempt = if pending.purpose == Purpose::StepUp { Attempt::Safe } else { Attempt::Hello };
    chapter.steps.push(api_call::call(state, &recorder, attempt, &signed_in).await);
    chapter.lesson = lesson(pending.purpose).to_owned();
    visitor.signed_in = Some(signed_in);
    visitor.tell(chapter);
    Ok(())
}

fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "Sign in",
        Purpose::StepUp => "Confirm it is you (step-up)",
        Purpose::Silent => "Silent sign-in (prompt=none)",
    }
}

fn lesson(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => {
            "The password was typed at the provider and nowhere else. The browser carried only a code that is worthless \
             to a thief; the tokens went from server to server."
        }
        Purpose::StepUp => {
            "auth_time is what changed: refreshing a token makes it younger, but only the person can make the sign-in \
             younger."
        }
        Purpose::Silent => "No page was shown, because the provider still knew this browser. That is single sign-on.",
    }
}

/// The step that no app can see.
fn at_the_provider(pending: &Pending, now: i64) -> Step {
    let seconds = now.saturating_sub(pending.begun_at).max(0);
    Step::new("the person signs in", Actor::Browser, Actor::Provider).titled(
        "The person signs in and agrees",
        format!(
            "This happens between the person and the provider; the app sees nothing of it but the time it took ({}). \
             Password, second factor, consent: all of that is the provider's business.",
            crate::demo::clock::length(seconds)
        ),
    )
}

/// Is this answer to our request, and from our provider?
fn judge_answer(state: &State, pending: &Pending, query: &Query) -> Step {
    let mut step = Step::new("the answer", Actor::Provider, Actor::Browser).titled(
        "The browser comes back with the answer",
        "The provider sends the browser to our redirect URI. Anybody can make a browser open that address, so nothing \
         is believed before these checks.",
    );
    step.request = Some(query.message(&state.settings.callback()));
    step.check(Check::good(
        "state belongs to a sign-in that this browser began, and is used up now",
        "RFC 6749 §10.12",
    ));
    if let Some(name) = query.repeated() {
        let words = format!("the parameter {} stands there twice", show::tidy(name));
        step.check(Check::bad(words, "RFC 6749 §3.1"));
    }
    let promised = pending.provider.extra.authorization_response_iss_parameter_supported;
    step.check(match query.one("iss") {
        Some(iss) if iss == state.settings.issuer => {
            Check::good("iss names the provider that we asked", "RFC 9207 §2.4")
        }
        Some(iss) => Check::bad(format!("iss is {}, not the provider that we asked", show::tidy(iss)), "RFC 9207 §2.4"),
        None if promised => Check::bad("iss is missing, though the provider promised to send it", "RFC 9207 §2.4"),
        None => Check::good("no iss, and none was promised", "RFC 9207 §2.4"),
    });
    step
}

/// Swaps the code for tokens and verifies the ID token.
async fn redeem(
    recorder: &Recorder,
    pending: &Pending,
    code: AuthorizationCode,
    chapter: &mut Chapter,
) -> Result<SignedIn, String> {
    let http = |request| recorder.send(request);
    let client = &pending.provider.client;
    let verifier = PkceCodeVerifier::new(pending.verifier.expose().to_owned());
    let request = client.exchange_code(code).map_err(|e| chain(&e))?.set_pkce_verifier(verifier);
    let answer = request.request_async(&http).await;
    chapter.steps.extend(recorder.take().iter().map(token_step));
    let answer = answer.map_err(|e| chain(&e))?;
    let mut step = Step::new("verify the ID token", Actor::App, Actor::App).titled(
        "Verify the ID token",
        "Before anybody counts as signed in. No request is needed for this: the keys were fetched at the beginning.",
    );
    let verified = verify(&pending.provider, &pending.nonce, &answer, &mut step);
    if let Err(words) = &verified {
        step.check(Check::bad(words.clone(), "OIDC Core §3.1.3.7"));
    }
    chapter.steps.push(step);
    let claims = verified?;
    signed_in(pending, &answer, &claims)
}

fn signed_in(pending: &Pending, answer: &CoreTokenResponse, claims: &CoreIdTokenClaims) -> Result<SignedIn, String> {
    let id_token = answer.id_token().ok_or("The answer holds no ID token.")?.to_string();
    let raw = jwt::claims(&id_token);
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(show::tidy);
    Ok(SignedIn {
        provider: std::sync::Arc::clone(&pending.provider),
        subject: claims.subject().to_string(),
        name: text("name").or_else(|| text("email")).unwrap_or_else(|| show::tidy(claims.subject())),
        id_token: Secret::new(id_token),
        access_token: Secret::new(answer.access_token().secret().clone()),
        refresh_token: answer.refresh_token().map(|token| Secret::new(token.secret().clone())),
        spent: Vec::new(),
        scope: scope_words(answer).unwrap_or_else(|| sign_in::asked_for(&pending.provider)),
        over: None,
    })
}

/// The granted scopes, if the answer names them.
pub(super) fn scope_words(answer: &CoreTokenResponse) -> Option<String> {
    let scopes = answer.scopes()?;
    Some(show::tidy(&scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")))
}

fn token_step(exchange: &Exchange) -> Step {
    show::step("code for tokens", Actor::Provider, exchange, Place::TokenRequest, Place::TokenAnswer).titled(
        "Swap the code for tokens",
        "From server to server; the browser does not see this. Three things must fit: the code, the verifier behind the \
         challenge of step 3, and the app's own secret.",
    )
}

/// The crate verifies; the words say what it verified.
fn verify(
    provider: &Provider,
    nonce: &Nonce,
    answer: &CoreTokenResponse,
    step: &mut Step,
) -> Result<CoreIdTokenClaims, String> {
    let token = answer.id_token().ok_or("The answer holds no ID token.")?;
    let verifier = provider.client.id_token_verifier();
    let claims = token.claims(&verifier, nonce).map_err(|e| chain(&e))?;
    let alg = token.signing_alg().map_err(|e| chain(&e))?;
    let name = serde_json::to_value(alg).ok().and_then(|alg| alg.as_str().map(str::to_owned)).unwrap_or_default();
    step.check(Check::good(format!("the {name} signature fits one of the published keys"), "OIDC Core §3.1.3.7"));
    step.check(Check::good("iss is the issuer we chose", "OIDC Core §3.1.3.7"));
    step.check(Check::good("aud contains our client id: the token was made for us", "OIDC Core §3.1.3.7"));
    step.check(Check::good("exp lies in the future", "OIDC Core §3.1.3.7"));
    step.check(Check::good("nonce is the one we made for this sign-in", "OIDC Core §3.1.3.7"));
    if let Some(promised) = claims.access_token_hash() {
        let key = token.signing_key(&verifier).map_err(|e| chain(&e))?;
        let actual = AccessTokenHash::from_token(answer.access_token(), alg, key).map_err(|e| chain(&e))?;
        if actual != *promised {
            return Err("at_hash does not fit the access token: the two do not belong together.".to_owned());
        }
        step.check(Check::good("at_hash fits the access token that came with it", "OIDC Core §3.1.3.8"));
    }
    Ok(claims.clone())
}

/// Asks about the person; the app works without the answer, so a failure is told and not fatal.
async fn userinfo(recorder: &Recorder, person: &mut SignedIn, chapter: &mut Chapter) {
    let http = |request| recorder.send(request);
    let subject = openidconnect::SubjectIdentifier::new(person.subject.clone());
    let token = AccessToken::new(person.access_token.expose().to_owned());
    let Ok(request) = person.provider.client.user_info(token, Some(subject)) else { return };
    let answer: Result<CoreUserInfoClaims, _> = request.request_async(&http).await;
    let Some(exchange) = recorder.take().pop() else { return };
    let mut step = show::step("userinfo", Actor::Provider, &exchange, Place::Claims, Place::Claims).titled(
        "Ask about the person",
        "Userinfo says what the granted scopes allow, as it is now. The access token opens it.",
    );
    step.check(match answer {
        Ok(_) => Check::good("sub is the same person as in the ID token", "OIDC Core §5.3.2"),
        Err(error) => Check::bad(chain(&error), "OIDC Core §5.3.2"),
    });
    chapter.steps.push(step);
    if let Some(name) = exchange.json().as_ref().and_then(|json| json.get("name")).and_then(Value::as_str) {
        person.name = show::tidy(name);
    }
}

/// After `prompt=login` a client must look at `auth_time` itself (OIDC Core §3.1.2.1).
fn compare_sign_ins(previous: Option<&serde_json::Map<String, Value>>, person: &SignedIn, chapter: &mut Chapter) {
    let Some(step) = chapter.steps.last_mut() else { return };
    let claims = jwt::claims(person.id_token.expose());
    let text = |claims: &serde_json::Map<String, Value>, name: &str| claims.get(name).cloned();
    if let Some(previous) = previous {
        let same = text(previous, "sub") == text(&claims, "sub");
        step.check(Check::new(
            same,
            if same { "sub is the same person as before" } else { "this is another person now" },
            "OIDC Core §2",
        ));
        let newer = claims.get("auth_time").and_then(Value::as_i64) > previous.get("auth_time").and_then(Value::as_i64);
        step.check(if newer {
            Check::good("auth_time is newer than before", "OIDC Core §3.1.2.1")
        } else {
            Check::bad("auth_time is not newer than before: nobody proved anything", "OIDC Core §3.1.2.1")
        });
    }
}

fn unexpected(state: &State, query: &Query, now: i64) -> Problem {
    let mut step = Step::new("the answer", Actor::Provider, Actor::Browser).titled(
        "An answer that nobody here waits for",
        "Its state belongs to no sign-in that this browser began and has not finished.",
    );
    step.request = Some(query.message(&state.settings.callback()));
    step.check(Check::bad("state belongs to no sign-in under way in this browser", "RFC 6749 §10.12"));
    let mut chapter = Chapter::new("Sign in", now);
    chapter.mood = Mood::Bad;
    chapter.steps.push(step);
    Problem {
        heading: "We were not waiting for this".to_owned(),
        what: "Either this answer was used already (the back button, a reload), or the sign-in was begun in another \
               browser or more than two hours ago, or somebody made your browser open this address to sign you in as \
               themselves. In each case the right thing is to ignore it."
            .to_owned(),
        error: query.one("error").map(show::tidy),
        description: query.one("error_description").map(show::tidy),
        correlation_id: correlation_id(query),
        chapter,
    }
}

fn distrusted(mut chapter: Chapter) -> Problem {
    chapter.mood = Mood::Bad;
    Problem {
        heading: "The answer cannot be trusted".to_owned(),
        what: "A check failed, so the code in it (if there was one) was thrown away unused. The last step below says \
               which."
            .to_owned(),
        error: None,
        description: None,
        correlation_id: None,
        chapter,
    }
}

fn refused(error: &str, query: &Query, mut chapter: Chapter) -> Problem {
    chapter.mood = Mood::Bad;
    if let Some(step) = chapter.steps.last_mut() {
        step.mood = Mood::Bad;
    }
    let heading = match error {
        "access_denied" => "No was the answer",
        "login_required" => "Nobody is signed in",
        "consent_required" | "interaction_required" | "account_selection_required" => "A page would have been needed",
        _ => "The provider sent an error",
    };
    Problem {
        heading: heading.to_owned(),
        what: super::explain::error(error).words.to_owned(),
        error: Some(show::tidy(error)),
        description: query.one("error_description").map(show::tidy),
        correlation_id: correlation_id(query),
        chapter,
    }
}

fn broken(what: String, mut chapter: Chapter) -> Problem {
    chapter.mood = Mood::Bad;
    let answer = chapter.steps.iter().rev().find_map(|step| step.answer.as_ref());
    let member = |name: &str| {
        answer.and_then(|answer| answer.rows.iter().find(|row| row.name == name)).map(|row| row.value.clone())
    };
    let (error, description) = (member("error"), member("error_description"));
    let header = |answer: &Message| {
        answer.headers.iter().find(|row| row.name.ends_with("correlation-id")).map(|row| row.value.clone())
    };
    let correlation_id = member("correlation_id")
        .or_else(|| description.as_deref().and_then(mentioned_id))
        .or_else(|| answer.and_then(header));
    Problem {
        heading: "The sign-in was not finished".to_owned(),
        what: error.as_deref().map_or(what, |code| super::explain::error(code).words.to_owned()),
        error,
        description,
        correlation_id,
        chapter,
    }
}

/// The provider's number for the request, from a parameter or from the words of the description.
fn correlation_id(query: &Query) -> Option<String> {
    let own = ["correlation_id", "trace_id", "request_id"].into_iter().find_map(|name| query.one(name));
    own.map(show::tidy).or_else(|| query.one("error_description").and_then(mentioned_id))
}

/// `… (correlation id 01J…)`: the word after "correlation id".
fn mentioned_id(description: &str) -> Option<String> {
    let at = description.to_ascii_lowercase().find("correlation id")?;
    let rest = description.get(at + "correlation id".len()..)?;
    let id: String = rest
        .trim_start_matches([' ', ':', '=', '"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect();
    (id.len() >= 6).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_1_a_repeated_parameter_counts_as_none() {
        let query = Query::parse("code=a&state=s&code=b");
        assert_eq!(query.one("code"), None);
        assert_eq!(query.one("state"), Some("s"));
        assert_eq!(query.repeated(), Some("code"));
    }

    #[test]
    fn the_correlation_id_is_found_in_the_description() {
        let id = |text| mentioned_id(text);
        assert_eq!(id("No. Correlation id: 01JABCDEF-9, ask us.").as_deref(), Some("01JABCDEF-9"));
        assert_eq!(id("(correlation id 018f0c3e-aaaa)").as_deref(), Some("018f0c3e-aaaa"));
        assert_eq!(id("nothing"), None);
        assert_eq!(id("correlation id"), None);
    }
}
