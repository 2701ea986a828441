//! Owns what is asked of a token endpoint, redeeming a code and renewing tokens, and asking further endpoints for what the first
//! answer does not say. It does not own whether an ID token is believed (`id_token`).

use openidconnect::core::{
    CoreClient, CoreErrorResponseType, CoreIdToken, CoreJsonWebKeySet, CoreTokenResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, IssuerUrl, OAuth2TokenResponse,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, StandardErrorResponse, TokenResponse, TokenUrl,
};
use serde_json::{Map, Value};

use super::client_auth::{self, Proof};
use super::discovery::Found;
use super::wire::Wire;
use super::{Party, Redemption, Told, UpstreamError};
use crate::oauth::upstream::assertion::ASSERTION_TYPE;
use crate::oauth::upstream::claims::{find, primary_address};
use crate::oauth::upstream::provider::ClientAuth;
use crate::oauth::upstream::tokens::UpstreamTokens;
use crate::sensitive::Sensitive;
use crate::time::{Lifetime, Timestamp};

/// What a token endpoint gave.
pub(super) struct Tokens {
    pub(super) access_token: Sensitive,
    pub(super) id_token: Option<CoreIdToken>,
    /// What an app could use; `None`: they are no bearer tokens, or too long.
    pub(super) kept: Option<UpstreamTokens>,
}

/// Redeems at an OpenID Connect provider.
pub(super) async fn oidc(wire: &Wire, r: &Redemption<'_>, found: &Found) -> Result<Tokens, UpstreamError> {
    let endpoint =
        found.token_endpoint().ok_or_else(|| UpstreamError::wrong("the metadata names no token endpoint"))?;
    exchange(wire, r, endpoint).await
}

/// Redeems at an OAuth 2 provider and asks who it is.
pub(super) async fn oauth2(wire: &Wire, r: &Redemption<'_>) -> Result<Told, UpstreamError> {
    let endpoints = &r.party.settled.endpoints;
    let at = |endpoint: &Option<String>| endpoint.clone().ok_or_else(|| UpstreamError::wrong("an endpoint is missing"));
    let tokens = exchange(wire, r, &at(&endpoints.token)?).await?;
    let mut claims = object(wire, &at(&endpoints.userinfo)?, &tokens).await?;
    if let Some(emails) = &endpoints.emails {
        // Of the list only: the address of a profile is chosen freely.
        claims.remove("email");
        claims.remove("email_verified");
        let list = wire.json(emails, Some(tokens.access_token.expose())).await?;
        if let Some((email, verified)) = primary_address(&list) {
            claims.insert("email".to_owned(), email.into());
            claims.insert("email_verified".to_owned(), verified.into());
        }
    }
    Ok(Told { issuer: r.party.settled.issuer.clone(), claims, tokens: tokens.kept })
}

async fn exchange(wire: &Wire, r: &Redemption<'_>, endpoint: &str) -> Result<Tokens, UpstreamError> {
    let (client, proof) = client(&r.party, Some(r.redirect_uri), endpoint)?;
    let http = |request| wire.send(request);
    let mut request = client
        .exchange_code(AuthorizationCode::new(r.code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(r.verifier.expose().to_owned()));
    for (name, value) in proof {
        request = request.add_extra_param(name, value);
    }
    let redeemed = request.request_async(&http).await;
    let tokens = redeemed.map_err(|error| refused(error, "the code"))?;
    Ok(Tokens {
        access_token: Sensitive::new(tokens.access_token().secret().clone()),
        id_token: tokens.id_token().cloned(),
        kept: kept(&tokens, r.party.now),
    })
}

/// Renews tokens (RFC 6749 section 6). `None`: the provider does not renew them any more (`invalid_grant`).
pub(super) async fn refresh(
    wire: &Wire,
    party: &Party<'_>,
    endpoint: &str,
    refresh_token: &Sensitive,
) -> Result<Option<UpstreamTokens>, UpstreamError> {
    let (client, proof) = client(party, None, endpoint)?;
    let http = |request| wire.send(request);
    let refresh_token = RefreshToken::new(refresh_token.expose().to_owned());
    let mut request = client.exchange_refresh_token(&refresh_token);
    for (name, value) in proof {
        request = request.add_extra_param(name, value);
    }
    match request.request_async(&http).await {
        Ok(tokens) => match kept(&tokens, party.now) {
            Some(kept) => Ok(Some(kept)),
            None => Err(UpstreamError::wrong("the renewed tokens are no bearer tokens, or too long")),
        },
        Err(RequestTokenError::ServerResponse(error)) if is_over(error.error()) => Ok(None),
        Err(error) => Err(refused(error, "the refresh token")),
    }
}

/// GitHub has a word of its own.
fn is_over(error: &CoreErrorResponseType) -> bool {
    match error {
        CoreErrorResponseType::InvalidGrant => true,
        CoreErrorResponseType::Extension(word) => word == "bad_refresh_token",
        _ => false,
    }
}

fn kept(tokens: &CoreTokenResponse, now: Timestamp) -> Option<UpstreamTokens> {
    let scopes = tokens.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
    let lifetime = tokens.expires_in().map(|life| i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
    let all = UpstreamTokens {
        access_token: Sensitive::new(tokens.access_token().secret().clone()),
        refresh_token: tokens.refresh_token().map(|token| Sensitive::new(token.secret().clone())),
        scope: scopes,
        // Ten years are for ever.
        expires_at: lifetime.map(|seconds| now + Lifetime::from_seconds(seconds.min(315_360_000))),
    };
    all.bounded().filter(|_| *tokens.token_type() == CoreTokenType::Bearer)
}

type Client = CoreClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
/// Parameters of an assertion.
type Assertion = Vec<(&'static str, String)>;

/// Us at a token endpoint. Our callback address is for redeeming codes.
fn client(party: &Party<'_>, redirect_uri: Option<&str>, endpoint: &str) -> Result<(Client, Assertion), UpstreamError> {
    let bad = |_| UpstreamError::wrong("an endpoint is no address");
    let issuer = IssuerUrl::new(party.settled.issuer.clone()).map_err(bad)?;
    let client_id = ClientId::new(party.provider.client_id.clone());
    let mut client = CoreClient::new(client_id, issuer, CoreJsonWebKeySet::new(Vec::new()))
        .set_token_uri(TokenUrl::new(endpoint.to_owned()).map_err(bad)?)
        .set_auth_type(match party.settled.client_auth {
            ClientAuth::ClientSecretBasic => AuthType::BasicAuth,
            _ => AuthType::RequestBody,
        });
    if let Some(redirect_uri) = redirect_uri {
        client = client.set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).map_err(bad)?);
    }
    let mut assertion = Vec::new();
    match client_auth::proof(party, endpoint)? {
        Proof::Nothing => {}
        Proof::Secret(secret) => client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
        Proof::Assertion(jwt) => {
            assertion = vec![("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", jwt)];
        }
    }
    Ok((client, assertion))
}

type TokenError = RequestTokenError<UpstreamError, StandardErrorResponse<CoreErrorResponseType>>;

fn refused(error: TokenError, what: &str) -> UpstreamError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(error) => {
            let code: String = error.error().to_string().chars().filter(char::is_ascii_graphic).take(60).collect();
            UpstreamError::wrong(format!("the token endpoint refuses {what}: {code}"))
        }
        // The body may hold tokens: not a word of it.
        RequestTokenError::Parse(error, _) => {
            UpstreamError::wrong(format!("the token endpoint's answer cannot be read at {}", error.path()))
        }
        RequestTokenError::Other(words) => UpstreamError::wrong(format!("the token endpoint's answer: {words}")),
    }
}

/// Asks userinfo for what the ID token leaves out and somebody wants. It must be about the same subject (OIDC Core section
/// 5.3.2), and it changes nothing that the ID token says.
pub(super) async fn complete(
    wire: &Wire,
    r: &Redemption<'_>,
    found: &Found,
    tokens: &Tokens,
    claims: &mut Map<String, Value>,
) -> Result<(), UpstreamError> {
    let mapped = ["email", "name"].into_iter().filter_map(|ours| r.party.settled.claims.get(ours).map(String::as_str));
    let required = r.party.provider.required_claims.keys().map(String::as_str);
    let groups = r.party.provider.groups.iter().map(|rule| rule.claim.as_str());
    let is_whole = mapped.chain(required).chain(groups).all(|path| find(claims, path).is_some());
    let Some(endpoint) = found.userinfo_endpoint().filter(|_| !is_whole) else { return Ok(()) };
    let more = object(wire, endpoint, tokens).await?;
    if more.get("sub") != claims.get("sub") {
        return Err(UpstreamError::wrong("userinfo is about another subject than the ID token"));
    }
    // An address and whether it is proven come from one hand.
    if !claims.contains_key("email") {
        claims.remove("email_verified");
    }
    let keeps_email = claims.contains_key("email");
    for (name, value) in more {
        let is_of_the_protocol =
            ["iss", "aud", "exp", "iat", "nonce", "acr", "amr", "azp", "auth_time", "tid"].contains(&name.as_str());
        let is_of_the_other_hand = keeps_email && name == "email_verified";
        if !is_of_the_protocol && !is_of_the_other_hand {
            claims.entry(name).or_insert(value);
        }
    }
    Ok(())
}

async fn object(wire: &Wire, url: &str, tokens: &Tokens) -> Result<Map<String, Value>, UpstreamError> {
    match wire.json(url, Some(tokens.access_token.expose())).await? {
        Value::Object(claims) => Ok(claims),
        _ => Err(UpstreamError::wrong("the claims are no JSON object")),
    }
}
