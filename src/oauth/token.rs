//! Owns the token request before a grant looks at it, and the tokens' contents after one did (RFC 6749 section 5.1,
//! RFC 9068, OIDC Core section 2). It does not own signing: it makes claims, `signing` makes tokens.

use serde_json::{Map, Value, json};

use crate::oauth::authorization::Authorization;
use crate::oauth::client::{Client, GrantType};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::scope::{Scope, ScopeSet, UPSTREAM_TOKENS};
use crate::time::{Lifetime, Timestamp};

/// Reads `grant_type`.
///
/// # Errors
/// `invalid_request` if it is missing or anything is repeated, `unsupported_grant_type` if we do not offer it.
pub fn grant_type(form: &Params) -> Result<GrantType, Refusal> {
    form.all_once()?;
    let Some(name) = form.find("grant_type") else {
        return Err(missing("grant_type", "RFC 6749 section 4.1.3"));
    };
    GrantType::parse(name).ok_or_else(|| {
        let words = match name {
            "password" => "the password grant is not offered: it hands the person's password to the app (RFC 9700)",
            _ => "grant_type must be authorization_code, refresh_token or client_credentials",
        };
        let offered = GrantType::ALL.map(GrantType::as_str).join(" ");
        Refusal::new(ErrorCode::UnsupportedGrantType, "grant_type.offered", "RFC 6749 section 5.2", words)
            .because(offered, name)
    })
}

/// Whether the client may use the grant.
///
/// # Errors
/// `unauthorized_client`.
pub fn allowed(grant: GrantType, client: &Client) -> Result<(), Refusal> {
    if client.may_use(grant) {
        return Ok(());
    }
    let words = format!("this client may not use grant_type={}", grant.as_str());
    let has: Vec<&str> = client.grants.iter().map(|g| g.as_str()).collect();
    Err(Refusal::new(ErrorCode::UnauthorizedClient, "client.grant_allowed", "RFC 6749 section 5.2", words)
        .because(grant.as_str(), has.join(" ")))
}

/// `invalid_request` for a missing parameter.
pub fn missing(name: &'static str, section: &'static str) -> Refusal {
    let words = format!("the parameter {name} is missing");
    Refusal::new(ErrorCode::InvalidRequest, "params.present", section, words).because(name, "none")
}

/// The resources of a token request: it may narrow what was authorised, never widen (RFC 8707 section 2.2).
///
/// # Errors
/// `invalid_target` for one that was not.
pub fn resources<'a>(asked: &[&'a str], authorised: &'a [String]) -> Result<Vec<&'a str>, Refusal> {
    if asked.is_empty() {
        return Ok(authorised.iter().map(String::as_str).collect());
    }
    match asked.iter().find(|one| !authorised.is_empty() && !authorised.iter().any(|a| a == *one)) {
        None => Ok(asked.to_vec()),
        Some(foreign) => {
            let words = "resource is not one that was authorised";
            Err(Refusal::new(ErrorCode::InvalidTarget, "resource.authorised", "RFC 8707 section 2.2", words)
                .because(authorised.join(" "), foreign))
        }
    }
}

/// Holds every `resource` of a request (RFC 8707) against the audiences the client may name. Without one, the scopes and the
/// client's policy decide.
///
/// # Errors
/// `invalid_target` for a resource that is not the client's.
pub fn audience(
    resources: &[&str],
    client: &Client,
    scope: &ScopeSet,
    defined: &[Scope],
    issuer: &str,
) -> Result<Vec<String>, Refusal> {
    let own = &client.policy.audiences;
    let carried = defined.iter().filter(|s| scope.contains(&s.name)).filter_map(|s| s.audience.clone());
    let named: Vec<String> = carried.collect();
    if resources.is_empty() {
        // No wider than it must be (RFC 9700 section 2.3): the client's own audiences only where no scope names one.
        let mut audience = if named.is_empty() { own.clone() } else { named };
        // A token with openid is meant for userinfo too, and that is us.
        if audience.is_empty() || scope.contains("openid") {
            audience.push(issuer.to_owned());
        }
        return Ok(in_order(audience));
    }
    let mut allowed = [own.as_slice(), &named].concat();
    // Userinfo and the tokens of providers are with us: whoever may ask there may have a token for nothing else.
    if allowed.is_empty() || scope.contains("openid") || scope.contains(UPSTREAM_TOKENS) {
        allowed.push(issuer.to_owned());
    }
    let allowed = in_order(allowed);
    if let Some(foreign) = resources.iter().find(|r| !allowed.iter().any(|a| a == *r)) {
        let words = "resource is not one this client may ask tokens for";
        return Err(Refusal::new(ErrorCode::InvalidTarget, "resource.allowed", "RFC 8707 section 2", words)
            .because(allowed.join(" "), foreign));
    }
    Ok(allowed.into_iter().filter(|a| resources.contains(&a.as_str())).collect())
}

fn in_order(mut audience: Vec<String>) -> Vec<String> {
    audience.sort();
    audience.dedup();
    audience
}

/// What the issuer adds to an [`Authorization`] to make tokens of it.
#[derive(Clone, Copy, Debug)]
pub struct Minting<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// The client, for its policy.
    pub client: &'a Client,
    /// `iat`.
    pub now: Timestamp,
    /// Absolute end of the grant, which no access token outlives.
    pub grant_ends: Option<Timestamp>,
    /// Life of an access token, unless the grant ends before: the client's, or that of the resource server it is for.
    pub access_token_lifetime: Lifetime,
}

impl Minting<'_> {
    /// `exp` of an access token.
    pub fn access_token_end(&self) -> Timestamp {
        let end = self.now + self.access_token_lifetime;
        self.grant_ends.map_or(end, |grant| grant.min(end))
    }
}

/// Claims of an access token (RFC 9068 section 2.2). `gid` names the grant, so that revoking the grant ends the token.
pub fn access_token(
    m: &Minting<'_>,
    a: &Authorization,
    audience: &[String],
    jti: &str,
    grant_id: Option<&str>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", m.issuer.into());
    put("sub", a.user_id.as_ref().map_or(a.client_id.as_str(), |u| u.as_str()).into());
    put("aud", one_or_many(audience));
    put("client_id", a.client_id.as_str().into());
    put("iat", m.now.seconds().into());
    put("exp", m.access_token_end().seconds().into());
    put("jti", jti.into());
    if !a.scope.is_empty() {
        put("scope", a.scope.to_string().into());
    }
    if let Some(grant_id) = grant_id {
        put("gid", grant_id.into());
    }
    if let Some(auth_time) = a.auth_time {
        put("auth_time", auth_time.seconds().into());
    }
    if let Some(acr) = &a.acr {
        put("acr", acr.as_str().into());
    }
    if !a.amr.is_empty() {
        put("amr", json!(a.amr));
    }
    claims
}

/// Lays the claims of the protocol over mapped ones: whatever stands in the way of ours gives way.
pub fn over(protocol: Map<String, Value>, mut mapped: Map<String, Value>) -> Map<String, Value> {
    if mapped.is_empty() {
        return protocol;
    }
    mapped.extend(protocol);
    mapped
}

/// Claims of an ID token (OIDC Core section 2). `personal` is what the `claims` parameter asked for here.
pub fn id_token(m: &Minting<'_>, a: &Authorization, at_hash: &str, personal: Map<String, Value>) -> Map<String, Value> {
    let mut claims = personal;
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", m.issuer.into());
    put("sub", a.user_id.as_ref().map_or("", |u| u.as_str()).into());
    put("aud", a.client_id.as_str().into());
    put("iat", m.now.seconds().into());
    put("exp", (m.now + m.client.policy.id_token_lifetime).seconds().into());
    put("at_hash", at_hash.into());
    if let Some(auth_time) = a.auth_time {
        put("auth_time", auth_time.seconds().into());
    }
    if let Some(nonce) = &a.nonce {
        put("nonce", nonce.as_str().into());
    }
    if let Some(session) = &a.session_id {
        put("sid", session.as_str().into());
    }
    if let Some(acr) = &a.acr {
        put("acr", acr.as_str().into());
    }
    if !a.amr.is_empty() {
        put("amr", json!(a.amr));
    }
    claims
}

/// A single audience stands as a string, several as an array (RFC 7519 section 4.1.3).
fn one_or_many(audience: &[String]) -> Value {
    match audience {
        [only] => only.as_str().into(),
        many => json!(many),
    }
}

/// The token answer (RFC 6749 section 5.1). Debug shows no token.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// JWT by RFC 9068.
    pub access_token: crate::sensitive::Sensitive,
    /// Seconds.
    pub expires_in: i64,
    /// Opaque.
    pub refresh_token: Option<crate::sensitive::Sensitive>,
    /// JWT by OIDC Core.
    pub id_token: Option<crate::sensitive::Sensitive>,
    /// What was really granted.
    pub scope: ScopeSet,
}

impl TokenAnswer {
    /// The JSON body.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "access_token": self.access_token.expose(),
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        });
        // A scope has at least one token (section 3.3): none granted is none named.
        if !self.scope.is_empty() {
            body["scope"] = self.scope.to_string().into();
        }
        if let Some(token) = &self.refresh_token {
            body["refresh_token"] = token.expose().into();
        }
        if let Some(token) = &self.id_token {
            body["id_token"] = token.expose().into();
        }
        body
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
