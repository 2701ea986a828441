//! Owns how clients, people, sessions and the like look in JSON and in words: one shape for every command. No secret has a
//! place in any of them.

use serde_json::{Value, json};

use super::answer::printable;
use crate::oauth::client::{Client, ClientSecret};
use crate::time::Timestamp;

/// RFC 3339, or null.
pub(super) fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::String(at.rfc3339()))
}

/// The client in the names of OIDC Registration where there are such.
pub(super) fn client(client: &Client) -> Value {
    let policy = &client.policy;
    let mut shown = json!({
        "client_id": client.client_id,
        "name": client.name,
        "profile": client.profile.as_str(),
        "token_endpoint_auth_method": client.auth_method.as_str(),
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "grant_types": client.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "scope": client.scopes.to_string(),
        "trusted": policy.trusted,
        "pkce": policy.pkce,
        "refresh": policy.refresh,
        "access_token_seconds": policy.access_token_lifetime.seconds(),
        "id_token_seconds": policy.id_token_lifetime.seconds(),
        "code_seconds": policy.code_lifetime.seconds(),
        "refresh_idle_seconds": policy.refresh_idle.seconds(),
        "refresh_absolute_seconds": policy.refresh_absolute.seconds(),
        "access_token_alg": policy.access_token_alg.as_str(),
        "id_token_alg": policy.id_token_alg.as_str(),
        "userinfo_alg": policy.userinfo_alg.map(|alg| alg.as_str()),
        "audiences": policy.audiences,
        "resource_identifier": policy.resource_identifier,
        "default_max_age": policy.default_max_age,
    });
    let more = json!({
        "client_uri": client.about.client_uri,
        "policy_uri": client.about.policy_uri,
        "tos_uri": client.about.tos_uri,
        "contacts": client.about.contacts,
        "disabled_at": time(client.disabled_at),
        "created_at": client.created_at.rfc3339(),
        "updated_at": client.updated_at.rfc3339(),
    });
    merge(&mut shown, more);
    shown
}

/// What may be said of a secret: its name and its dates.
pub(super) fn secret(secret: &ClientSecret) -> Value {
    json!({ "id": secret.id, "created_at": secret.created_at.rfc3339(), "expires_at": time(secret.expires_at) })
}

/// Puts the members of `more` into the object `into`.
pub(super) fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}

/// `name  value` a line, for people; empty values are left out, lists take a line each entry.
pub(super) fn lines(object: &Value) -> String {
    let Some(object) = object.as_object() else { return object.to_string() };
    let width = object.keys().map(|key| key.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut line = |key: &str, text: &str| lines.push(format!("{key:width$}  {}", printable(text)));
    for (key, value) in object {
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => line(key, text),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                    line(if at == 0 { key } else { "" }, &text);
                }
            }
            other => line(key, &other.to_string()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_leave_out_what_is_empty() {
        let object = json!({ "a": "x", "list": ["1", "2"], "nothing": null, "none": [], "on": true, "text": "" });
        assert_eq!(lines(&object), "a        x\nlist     1\n         2\non       true");
    }
}
