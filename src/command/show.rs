//! Owns how clients, people, sessions and the like look in JSON and in words: one shape for every command. No secret has a
//! place in any of them.

use serde_json::{Value, json};

use super::answer::printable;
use crate::flow::admin::client::ClientView;
use crate::time::Timestamp;

/// RFC 3339, or null.
pub(super) fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::String(at.rfc3339()))
}

/// The client in the names of OIDC Registration where there are such.
pub(super) fn client(view: &ClientView) -> Value {
    let client = &view.document;
    let mut shown = json!({
        "client_id": client.client_id,
        "name": client.name,
        "profile": client.profile,
        "token_endpoint_auth_method": client.auth_method,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "grant_types": client.grants,
        "scope": client.scopes.as_deref().unwrap_or_default().join(" "),
        "trusted": client.trusted,
        "pkce": client.pkce,
        "refresh": client.refresh,
        "access_token_seconds": client.access_token_lifetime_seconds,
        "id_token_seconds": client.id_token_lifetime_seconds,
        "code_seconds": client.code_lifetime_seconds,
        "refresh_idle_seconds": client.refresh_idle_seconds,
        "refresh_absolute_seconds": client.refresh_absolute_seconds,
        "access_token_alg": client.access_token_alg,
        "id_token_alg": client.id_token_alg,
        "userinfo_alg": client.userinfo_alg,
        "audiences": client.audiences,
        "resource_identifier": client.resource_identifier,
        "default_max_age": client.default_max_age,
    });
    let more = json!({
        "client_uri": client.client_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "contacts": client.contacts,
        "disabled_at": view.disabled_at,
        "created_at": view.created_at,
        "updated_at": view.updated_at,
    });
    merge(&mut shown, more);
    shown
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
