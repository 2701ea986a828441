//! Owns the requests of a run after the authorization endpoint has answered, each by the very operation that answers it over
//! HTTP: token, userinfo, introspection, refresh, revocation; and what the report tells of each. It does not own who may run
//! (`super`).

use serde_json::{Map, Value};

use super::report::{Inside, Report, Step, Token, Trouble, shortened};
use super::{CALLBACK, Details, asked, wire};
use crate::flow::cx::from_base64url;
use crate::flow::oauth::userinfo::UserinfoAnswer;
use crate::flow::oauth::{introspect, revoke, token, userinfo};
use crate::flow::{Cx, Fault, trace};
use crate::oauth::client::Client;
use crate::oauth::client_auth::AuthenticatedClient;
use crate::oauth::error::{Description, Refusal};
use crate::oauth::jose::TokenType;
use crate::oauth::metadata::Endpoints;
use crate::oauth::params::Params;
use crate::oauth::token::TokenAnswer;
use crate::sensitive::Sensitive;
use crate::signing::{Expect, ExpectedAudience, TokenRefusal};

type Fields = Vec<(&'static str, String)>;

/// A run, step by step.
struct Run<'a> {
    cx: &'a mut Cx,
    at: &'a Endpoints,
    client: AuthenticatedClient,
    details: &'a Details,
    steps: Vec<Step>,
    /// Whether everything that was issued is revoked.
    revoked: bool,
}

/// The authorization endpoint answered with a code.
pub(super) async fn with_code(
    cx: &mut Cx,
    at: &Endpoints,
    client: Client,
    details: &Details,
    code: &str,
) -> Result<Report, Fault> {
    let mut run = Run::new(cx, at, client, details);
    run.authorization(&[("code", code.to_owned())], None);
    let fields = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", run.url(CALLBACK)),
        ("code_verifier", details.verifier.clone()),
    ];
    let words =
        "The code is exchanged for tokens. The verifier proves that whoever comes with the code began the sign-in.";
    if let Some(first) = run.token("Token request", words, fields).await? {
        run.userinfo(&first).await?;
        run.introspection(&first).await?;
        let second = run.refresh(&first).await?;
        run.revocation(&first, second.as_ref()).await?;
    }
    Ok(run.report())
}

/// The authorization endpoint refused: `error` and `error_description`.
pub(super) async fn with_error(
    cx: &mut Cx,
    at: &Endpoints,
    client: Client,
    details: &Details,
    (error, description): (&str, &str),
) -> Result<Report, Fault> {
    let (words, id) = description.rsplit_once(" [correlation id ").unwrap_or((description, ""));
    let (id, client_id) = (id.trim_end_matches(']'), client.client_id.clone());
    // The refusal was made a moment ago, perhaps by this very node: it must be in the trace before it is looked up.
    cx.parts.tracer.flush().await;
    let steps = trace::explained(cx.db(), id.to_owned()).await?;
    // Whoever may try a client need not be allowed to read the traces of others.
    let own = steps.into_iter().rev().filter(|step| step.row.client_id.as_deref() == Some(client_id.as_str()));
    let found = own.into_iter().find(|step| step.diagnosis.is_some());
    if found.is_some() {
        cx.adopt(id);
    }
    let trouble = Trouble { code: cut(error), words: cut(words), ..Trouble::default() };
    let mut run = Run::new(cx, at, client, details);
    let fields = [("error", cut(error)), ("error_description", cut(description))];
    run.authorization(&fields, Some(trouble.diagnosed(found.and_then(|step| step.diagnosis))));
    Ok(run.report())
}

fn cut(text: &str) -> String {
    Description::new(text.to_owned()).to_string()
}

/// The client acts for itself.
pub(super) async fn for_itself(
    cx: &mut Cx,
    at: &Endpoints,
    client: Client,
    details: &Details,
) -> Result<Report, Fault> {
    let mut run = Run::new(cx, at, client, details);
    let mut fields = vec![("grant_type", "client_credentials".to_owned())];
    if !details.wishes.scopes.is_empty() {
        fields.push(("scope", details.wishes.scopes.join(" ")));
    }
    fields.extend(details.wishes.resources.iter().map(|one| ("resource", one.clone())));
    let words = "The client asks for an access token of its own; nobody signs in.";
    if let Some(answer) = run.token("Token request", words, fields).await? {
        run.introspection(&answer).await?;
        run.revocation(&answer, None).await?;
    }
    Ok(run.report())
}

impl<'a> Run<'a> {
    fn new(cx: &'a mut Cx, at: &'a Endpoints, client: Client, details: &'a Details) -> Self {
        let client = AuthenticatedClient::tried_out(client);
        Self { cx, at, client, details, steps: Vec::new(), revoked: false }
    }

    fn report(self) -> Report {
        Report {
            client_id: self.client.client().client_id.clone(),
            flow: self.details.wishes.flow,
            at: self.cx.now,
            correlation_id: self.cx.correlation_id.clone(),
            stood_in: !self.client.client().is_public(),
            revoked: self.revoked,
            steps: self.steps,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.cx.issuer())
    }

    fn authorization(&mut self, answer: &[(&'static str, String)], trouble: Option<Trouble>) {
        let request = asked(self.cx, self.client.client(), self.details);
        let own = [("state", self.details.state.clone()), ("iss", self.cx.issuer().to_owned())];
        self.steps.push(Step {
            name: "Authorization request".to_owned(),
            words:
                "The app sends the browser here. The person signs in and is asked whether they allow it, if need be; \
                    then the browser is sent back with the answer."
                    .to_owned(),
            request: Some(wire::get(&self.url(self.at.authorize), &request)),
            answer: Some(wire::redirect(&self.url(CALLBACK), &[answer, &own].concat())),
            trouble,
            ..Step::default()
        });
    }

    fn left_out(&mut self, name: &str, why: &str) {
        self.steps.push(Step { name: name.to_owned(), words: format!("Left out: {why}."), ..Step::default() });
    }

    fn refused(&self, step: Step, refusal: &Refusal) -> Step {
        let answer = wire::json(refusal.code.status(), &refusal.to_json(&self.cx.correlation_id));
        Step { answer: Some(answer), trouble: Some(Trouble::of(refusal)), ..step }
    }

    async fn token(&mut self, name: &str, words: &str, fields: Fields) -> Result<Option<TokenAnswer>, Fault> {
        let step = Step {
            name: name.to_owned(),
            words: words.to_owned(),
            request: Some(wire::post(&self.url(self.at.token), self.client.client(), &fields)),
            ..Step::default()
        };
        let outcome = token::exchange_as(self.cx, &form(&fields), &self.client).await?;
        let (step, answer) = match outcome {
            Ok(answer) => {
                let (text, tokens) = (wire::json(200, &answer.to_json()), self.decoded(&answer));
                (Step { answer: Some(text), tokens, ..step }, Some(answer))
            }
            Err(refusal) => (self.refused(step, &refusal), None),
        };
        self.steps.push(step);
        Ok(answer)
    }

    async fn userinfo(&mut self, answer: &TokenAnswer) -> Result<(), Fault> {
        const NAME: &str = "Userinfo";
        let claims = part(answer.access_token.expose(), 1);
        let is_for_us = claims.get("aud").is_some_and(|aud| names(aud, self.cx.issuer()));
        if !answer.scope.contains("openid") {
            self.left_out(NAME, "it needs the scope openid");
            return Ok(());
        }
        if !is_for_us {
            self.left_out(NAME, "the access token is for another audience, and userinfo would refuse it");
            return Ok(());
        }
        let step = Step {
            name: NAME.to_owned(),
            words: "With the access token the app asks who the person is.".to_owned(),
            request: Some(wire::bearer(&self.url(self.at.userinfo), answer.access_token.expose())),
            ..Step::default()
        };
        let step = match userinfo::answer(self.cx, &answer.access_token).await? {
            Ok(UserinfoAnswer::Json(body)) => said(step, &body),
            Ok(UserinfoAnswer::Jwt(jwt)) => {
                let tokens = vec![self.jwt("Userinfo answer", &jwt, TokenType::Userinfo)];
                Step { answer: Some(wire::jwt(&jwt)), tokens, ..step }
            }
            Err(refusal) => self.refused(step, &refusal),
        };
        self.steps.push(step);
        Ok(())
    }

    async fn introspection(&mut self, answer: &TokenAnswer) -> Result<(), Fault> {
        const NAME: &str = "Introspection";
        if self.client.client().is_public() {
            self.left_out(NAME, "a public client may not introspect, since it cannot prove who it is");
            return Ok(());
        }
        let fields = vec![("token", answer.access_token.expose().to_owned())];
        let step = Step {
            name: NAME.to_owned(),
            words: "Whether the access token is good at this moment; an API asks the same.".to_owned(),
            request: Some(wire::post(&self.url(self.at.introspect), self.client.client(), &fields)),
            ..Step::default()
        };
        let step = match introspect::answer_to(self.cx, self.client.client(), &form(&fields)).await? {
            Ok(body) => said(step, &body),
            Err(refusal) => self.refused(step, &refusal),
        };
        self.steps.push(step);
        Ok(())
    }

    async fn refresh(&mut self, answer: &TokenAnswer) -> Result<Option<TokenAnswer>, Fault> {
        const NAME: &str = "Refresh";
        if !self.details.wishes.refresh {
            return Ok(None);
        }
        let Some(token) = &answer.refresh_token else {
            self.left_out(NAME, "no refresh token came; the client's settings say when there is one");
            return Ok(None);
        };
        let fields = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.expose().to_owned())];
        let words = "The refresh token is exchanged for new tokens without the person. It is good once: the next one comes with \
                     the answer.";
        self.token(NAME, words, fields).await
    }

    /// One request is enough: a refresh token takes along everything of its grant.
    async fn revocation(&mut self, first: &TokenAnswer, second: Option<&TokenAnswer>) -> Result<(), Fault> {
        if !self.details.wishes.revoke {
            return Ok(());
        }
        let (token, words) = match &second.unwrap_or(first).refresh_token {
            Some(token) => (token, "The refresh token is given back, and every token of its grant ends with it."),
            None => (&first.access_token, "The access token is given back."),
        };
        let fields = vec![("token", token.expose().to_owned())];
        let step = Step {
            name: "Revocation".to_owned(),
            words: words.to_owned(),
            request: Some(wire::post(&self.url(self.at.revoke), self.client.client(), &fields)),
            ..Step::default()
        };
        let step = match revoke::revoke_for(self.cx, self.client.client(), &form(&fields)).await? {
            Ok(()) => {
                self.revoked = true;
                Step { answer: Some(wire::empty(200)), ..step }
            }
            Err(refusal) => self.refused(step, &refusal),
        };
        self.steps.push(step);
        Ok(())
    }

    fn decoded(&self, answer: &TokenAnswer) -> Vec<Token> {
        let id = answer.id_token.as_ref().map(|token| self.jwt("ID token", token.expose(), TokenType::IdToken));
        let access = self.jwt("Access token", answer.access_token.expose(), TokenType::AccessToken);
        let refresh = answer.refresh_token.as_ref().map(|token: &Sensitive| Token {
            name: "Refresh token".to_owned(),
            shortened: shortened(token.expose()),
            lives: Some(self.client.client().policy.refresh_idle.seconds()),
            inside: None,
        });
        id.into_iter().chain([access]).chain(refresh).collect()
    }

    fn jwt(&self, name: &str, token: &str, typ: TokenType) -> Token {
        let (header, claims) = (part(token, 0), part(token, 1));
        let (is_good, checked) = self.checked(token, typ, &header, &claims);
        let number = |name: &str| claims.get(name).and_then(Value::as_i64);
        Token {
            name: name.to_owned(),
            shortened: shortened(token),
            lives: number("exp").zip(number("iat")).map(|(end, begin)| end - begin),
            inside: Some(Inside { header, claims, is_good, checked }),
        }
    }

    /// Whether an app, or an API, would believe the token; and in words.
    fn checked(
        &self,
        token: &str,
        typ: TokenType,
        header: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> (bool, String) {
        let client_id = self.client.client().client_id.as_str();
        let (audience, more) = match typ {
            TokenType::AccessToken => {
                (ExpectedAudience::Any, "Its audience is for the API to compare with its own name.")
            }
            TokenType::IdToken | TokenType::Userinfo => {
                (ExpectedAudience::Contains(client_id), "Its audience is the client.")
            }
        };
        let expect = Expect { typ, issuer: self.cx.issuer(), audience, allow_expired: false };
        match self.cx.parts.keyring.verify(token, &expect, self.cx.now) {
            // Looked at last, when the signature has been found good: a userinfo answer has no end.
            Err(TokenRefusal::MissingClaim("exp")) if typ == TokenType::Userinfo => {}
            Ok(_) => {}
            Err(why) => return (false, format!("An app would refuse it: {why}.")),
        }
        let nonce = claims.get("nonce").and_then(Value::as_str);
        if typ == TokenType::IdToken && nonce.is_some_and(|nonce| nonce != self.details.nonce) {
            return (false, "An app would refuse it: nonce is not the one of the authorization request.".to_owned());
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
        let nonce = if nonce.is_some() { " Its nonce is the one of the authorization request." } else { "" };
        let words = format!(
            "Signature verified with the key {} ({}) of {}; type and issuer are right. {more}{nonce}",
            text("kid"),
            text("alg"),
            self.url(self.at.jwks)
        );
        (true, words)
    }
}

fn form(fields: &[(&'static str, String)]) -> Params {
    Params::of(fields.iter().map(|(name, value)| (*name, value.as_str())))
}

/// The step with an answer that says something of a person or a token.
fn said(step: Step, body: &Value) -> Step {
    Step { answer: Some(wire::json(200, body)), said: body.as_object().cloned().unwrap_or_default(), ..step }
}

/// Whether `aud` names somebody: a text, or a list of texts.
fn names(aud: &Value, who: &str) -> bool {
    aud.as_str() == Some(who) || aud.as_array().is_some_and(|list| list.iter().any(|one| one.as_str() == Some(who)))
}

/// The header (0) or the claims (1) of a JWT.
fn part(token: &str, at: usize) -> Map<String, Value> {
    let bytes = token.split('.').nth(at).and_then(from_base64url).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
