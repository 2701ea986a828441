//! Owns the authorization request (RFC 6749 section 4.1.1, OIDC Core section 3.1.2): a column of small named checks in the
//! order of the standards. First the client and the address, without which nothing may redirect; then the rest, whose
//! errors go back to the app. It does not own what the person must still do (`step`).

use serde::{Deserialize, Serialize};

use crate::oauth::claims::ClaimsRequest;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::client_policy::RefreshRule;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::prompt::{self, Prompt};
use crate::oauth::scope::{ScopeRefusal, ScopeSet};
use crate::oauth::{pkce, redirect_uri};

/// How the answer travels (OAuth 2.0 Multiple Response Types; Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect.
    Query,
    /// By a form that the browser posts.
    FormPost,
}

/// The only place a browser may be sent. Made only from a redirect URI that matched a registered one, so having it is the
/// proof that the check was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
    issuer: String,
}

/// What to tell the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Redirect (303) to this URL.
    Redirect(String),
    /// Show a page whose form posts these fields to this address.
    FormPost {
        /// The registered redirect URI.
        action: String,
        /// Fields in order.
        fields: Vec<(&'static str, String)>,
    },
}

impl Callback {
    /// The address, as it was sent and matched.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The success answer: `code`, `state`, `iss` (RFC 6749 section 4.1.2, RFC 9207).
    pub fn code(&self, code: &str) -> Answer {
        self.answer(vec![("code", code.to_owned())])
    }

    /// The error answer: `error`, `error_description`, `state`, `iss` (section 4.1.2.1), and our correlation id, so that the
    /// app's developer can ask what failed.
    pub fn error(&self, refusal: &Refusal, correlation_id: &str) -> Answer {
        let description = format!("{} [correlation id {correlation_id}]", refusal.description);
        self.answer(vec![("error", refusal.code.as_str().to_owned()), ("error_description", description)])
    }

    fn answer(&self, mut fields: Vec<(&'static str, String)>) -> Answer {
        if let Some(state) = &self.state {
            fields.push(("state", state.clone()));
        }
        fields.push(("iss", self.issuer.clone()));
        match self.mode {
            ResponseMode::FormPost => Answer::FormPost { action: self.redirect_uri.clone(), fields },
            ResponseMode::Query => Answer::Redirect(with_query(&self.redirect_uri, &fields)),
        }
    }
}

/// Appends fields to a URI that may have a query already (RFC 6749 section 3.1.2), leaving its bytes as they are.
pub fn with_query(uri: &str, fields: &[(&'static str, String)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        query.append_pair(name, value);
    }
    let joint = match uri.contains('?') {
        false => "?",
        true if uri.ends_with(['?', '&']) => "",
        true => "&",
    };
    format!("{uri}{joint}{}", query.finish())
}

/// A request that passed every check that needs no person. Kept sealed while the person signs in; whoever holds one of
/// these may trust it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidRequest {
    /// The client.
    pub client_id: String,
    /// Where to answer; matched.
    pub redirect_uri: String,
    /// Whether the request named it.
    pub redirect_uri_was_sent: bool,
    /// How to answer.
    pub response_mode: ResponseMode,
    /// Echoed as it came.
    pub state: Option<String>,
    /// What is asked for; within what the client may ask.
    pub scope: ScopeSet,
    /// Echoed in the ID token.
    pub nonce: Option<String>,
    /// S256 challenge.
    pub code_challenge: Option<String>,
    /// How much must be done again.
    pub prompt: Prompt,
    /// Oldest acceptable sign-in in seconds: the request's, else the client's default.
    pub max_age: Option<i64>,
    /// What the app believes the person types.
    pub login_hint: Option<String>,
    /// Subject of a verified `id_token_hint`; filled in by the flow, which can check signatures.
    pub hinted_subject: Option<String>,
    /// Languages, best first.
    pub ui_locales: Option<String>,
    /// Context classes wished for, best first.
    pub acr_values: Vec<String>,
    /// Single claims.
    pub claims: ClaimsRequest,
    /// The resources that tokens are wanted for (RFC 8707 section 2.1).
    pub resources: Vec<String>,
}

/// Reads which client asks. Nothing can be answered before it is known.
///
/// # Errors
/// A refusal that must be shown as a page.
pub fn client_id(params: &Params) -> Result<&str, Refusal> {
    params.once("client_id")?;
    params.find("client_id").ok_or_else(|| {
        let words = "the request has no client_id";
        Refusal::new(ErrorCode::InvalidRequest, "client_id.present", "RFC 6749 section 4.1.1", words)
            .because("client_id", "none")
    })
}

/// Checks the redirect URI against the registered ones and makes the [`Callback`].
///
/// # Errors
/// A refusal that must be shown as a page, never redirected (RFC 6749 section 4.1.2.1).
pub fn callback(params: &Params, client: &Client, issuer: &str) -> Result<Callback, Refusal> {
    params.once("redirect_uri")?;
    let redirect_uri = matched_redirect_uri(params.find("redirect_uri"), params.has("redirect_uri"), client)?;
    // An unusable response_mode must not keep the error from reaching the app: it is judged again in `validate`.
    let mode = response_mode(params).unwrap_or(ResponseMode::Query);
    let state = params.find("state").map(str::to_owned);
    Ok(Callback { redirect_uri, mode, state, issuer: issuer.to_owned() })
}

/// Makes the [`Callback`] again for a request that was kept, if its address is still registered.
///
/// # Errors
/// A refusal that must be shown as a page.
pub fn resume(request: &ValidRequest, client: &Client, issuer: &str) -> Result<Callback, Refusal> {
    let redirect_uri = matched_redirect_uri(Some(&request.redirect_uri), true, client)?;
    let (mode, state) = (request.response_mode, request.state.clone());
    Ok(Callback { redirect_uri, mode, state, issuer: issuer.to_owned() })
}

fn matched_redirect_uri(sent: Option<&str>, was_sent: bool, client: &Client) -> Result<String, Refusal> {
    let registered = &client.redirect_uris;
    let Some(sent) = sent else {
        if let ([only], false) = (registered.as_slice(), was_sent) {
            return Ok(only.clone());
        }
        let words = "redirect_uri is missing";
        return Err(Refusal::new(ErrorCode::InvalidRequest, "redirect_uri.present", "RFC 6749 section 3.1.2.3", words)
            .because(registered.join(" | "), "none"));
    };
    if registered.iter().any(|r| redirect_uri::matches(r, sent, client.profile)) {
        return Ok(sent.to_owned());
    }
    let words = "redirect_uri is not registered for this client; it must be equal to a registered one, byte by byte";
    Err(Refusal::new(ErrorCode::InvalidRequest, "redirect_uri.registered", "RFC 9700 section 2.1", words)
        .because(redirect_uri::listed(registered, sent), sent))
}

/// The rest of the request, in the order of the standards. Every refusal goes back to the app through the [`Callback`].
///
/// # Errors
/// The first check that fails.
pub fn validate(params: &Params, client: &Client, callback: &Callback) -> Result<ValidRequest, Refusal> {
    params.all_once()?;
    unsupported_parameters(params)?;
    response_type(params)?;
    let response_mode = response_mode(params)?;
    grant_allowed(client)?;
    let scope = scope(params, client)?;
    let code_challenge = pkce::challenge(params, client.needs_pkce())?;
    let nonce = params.find("nonce").map(str::to_owned);
    let prompt = Prompt::parse(params.find("prompt"))?;
    let max_age = prompt::max_age(params.find("max_age"))?.or(client.policy.default_max_age);
    let claims = ClaimsRequest::parse(params.find("claims"))?;
    Ok(ValidRequest {
        client_id: client.client_id.clone(),
        redirect_uri: callback.redirect_uri.clone(),
        redirect_uri_was_sent: params.has("redirect_uri"),
        response_mode,
        state: callback.state.clone(),
        scope,
        nonce,
        code_challenge,
        prompt,
        max_age,
        login_hint: params.find("login_hint").filter(|h| h.len() <= 254).map(str::to_owned),
        hinted_subject: None,
        ui_locales: params.find("ui_locales").filter(|l| l.len() <= 200).map(str::to_owned),
        acr_values: words(params.find("acr_values")),
        claims: claims.within(&client.scopes),
        resources: params.all("resource").into_iter().map(str::to_owned).collect(),
    })
}

/// OIDC Core sections 6 and 7.2.1: request objects and dynamic registration are not offered, and say so by their own codes.
fn unsupported_parameters(params: &Params) -> Result<(), Refusal> {
    use ErrorCode::{RegistrationNotSupported, RequestNotSupported, RequestUriNotSupported};
    let table = [
        ("request", RequestNotSupported, "request objects are not supported: send plain parameters"),
        ("request_uri", RequestUriNotSupported, "request_uri is not supported: send plain parameters"),
        ("registration", RegistrationNotSupported, "the registration parameter is not supported"),
    ];
    for (name, code, words) in table {
        // Empty ones count as absent (RFC 6749 section 3.1).
        if params.find(name).is_some() {
            let section = "OIDC Core section 3.1.2.6";
            return Err(
                Refusal::new(code, "request.plain_parameters", section, words).because("plain parameters", name)
            );
        }
    }
    Ok(())
}

fn response_type(params: &Params) -> Result<(), Refusal> {
    let section = "RFC 6749 section 3.1.1";
    match params.find("response_type") {
        Some("code") => Ok(()),
        None => {
            Err(Refusal::new(ErrorCode::InvalidRequest, "response_type.present", section, "response_type is missing")
                .because("code", "none"))
        }
        Some(other) => {
            let words =
                "only response_type=code is supported; the implicit and hybrid flows are not offered (RFC 9700)";
            Err(Refusal::new(ErrorCode::UnsupportedResponseType, "response_type.code", section, words)
                .because("code", other))
        }
    }
}

fn response_mode(params: &Params) -> Result<ResponseMode, Refusal> {
    match params.find("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(other) => {
            let words = "response_mode must be query or form_post";
            let section = "OAuth 2.0 Multiple Response Type Encoding Practices section 2.1";
            Err(Refusal::new(ErrorCode::InvalidRequest, "response_mode.known", section, words)
                .because("query or form_post", other))
        }
    }
}

fn grant_allowed(client: &Client) -> Result<(), Refusal> {
    if client.may_use(GrantType::AuthorizationCode) {
        return Ok(());
    }
    let words = "this client may not use the authorization code flow";
    let received: Vec<&str> = client.grants.iter().map(|g| g.as_str()).collect();
    Err(Refusal::new(ErrorCode::UnauthorizedClient, "client.grant_allowed", "RFC 6749 section 4.1.2.1", words)
        .because("authorization_code among the client's grants", received.join(" ")))
}

fn scope(params: &Params, client: &Client) -> Result<ScopeSet, Refusal> {
    let asked = asked_scope(params.find("scope"))?;
    if asked.is_empty() {
        let words = "scope is missing; ask for openid at least";
        return Err(Refusal::new(ErrorCode::InvalidScope, "scope.present", "RFC 6749 section 3.3", words)
            .because(&client.scopes, "none"));
    }
    allowed_scope(&asked, client)?;
    // Nothing is promised that cannot be kept: without a refresh token there is no offline access (OIDC Core section 11).
    let refreshes = client.may_use(GrantType::RefreshToken) && client.policy.refresh != RefreshRule::Never;
    Ok(if refreshes { asked } else { asked.without("offline_access") })
}

/// Reads a `scope` text.
///
/// # Errors
/// `invalid_scope` for its syntax or size.
pub fn asked_scope(text: Option<&str>) -> Result<ScopeSet, Refusal> {
    ScopeSet::parse(text.unwrap_or_default()).map_err(|why| {
        let words = match why {
            ScopeRefusal::Character => "scope contains a character that is not allowed in it",
            ScopeRefusal::TooMany => "scope has more than 100 tokens",
        };
        Refusal::new(ErrorCode::InvalidScope, "scope.syntax", "RFC 6749 section 3.3", words)
            .because("scope tokens", why)
    })
}

/// Holds a scope against what the client may ask for.
///
/// # Errors
/// `invalid_scope` naming the tokens that are not the client's.
pub fn allowed_scope(asked: &ScopeSet, client: &Client) -> Result<(), Refusal> {
    if asked.is_within(&client.scopes) {
        return Ok(());
    }
    let beyond = asked.beyond(&client.scopes).join(" ");
    let words = format!("this client is not registered for scope: {beyond}");
    Err(Refusal::new(ErrorCode::InvalidScope, "scope.registered", "RFC 6749 section 3.3", words)
        .because(&client.scopes, asked.listed(&client.scopes)))
}

fn words(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(' ').filter(|w| !w.is_empty()).take(20).map(str::to_owned).collect()
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
