//! Owns the introspection answer (RFC 7662 section 2.2). It does not own finding out whether a token is good.

use serde_json::{Map, Value, json};

use crate::oauth::authorization::{Grant, RefreshToken};
use crate::oauth::client::Client;

/// The answer for anything that is not a good token of concern to the caller: this and nothing else (section 2.2).
pub fn inactive() -> Value {
    json!({ "active": false })
}

/// Whether a token concerns the caller: its own token, or one made for an audience the caller is.
pub fn concerns(caller: &Client, client_id: &str, audience: &[String]) -> bool {
    caller.client_id == client_id
        || audience
            .iter()
            .any(|aud| *aud == caller.client_id || caller.policy.resource_identifier.as_ref() == Some(aud))
}

/// The answer for a good access token, from its claims.
pub fn access_token(claims: &Map<String, Value>) -> Value {
    let mut answer = json!({ "active": true, "token_type": "Bearer" });
    for name in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "auth_time", "acr", "amr"] {
        if let Some(value) = claims.get(name) {
            answer[name] = value.clone();
        }
    }
    answer
}

/// The answer for a good refresh token. It has no `token_type`: it is none that a resource takes.
pub fn refresh_token(token: &RefreshToken, grant: &Grant, issuer: &str) -> Value {
    let end = token.expires_at.min(grant.expires_at);
    let mut answer = json!({
        "active": true,
        "iss": issuer,
        "client_id": token.client_id,
        "scope": grant.authorization.scope.to_string(),
        "iat": token.created_at.seconds(),
        "exp": end.seconds(),
    });
    if let Some(user) = &grant.authorization.user_id {
        answer["sub"] = user.as_str().into();
    }
    answer
}

#[cfg(test)]
#[path = "introspection_tests.rs"]
mod tests;
