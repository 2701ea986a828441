//! Owns how a run writes requests and answers down: as they go over the wire, with line breaks between the parameters, secrets
//! as dots and tokens cut short. It sends nothing.

use serde_json::Value;

use super::report::shortened;
use crate::oauth::client::{Client, ClientAuthMethod};

/// Stands for a secret.
const DOTS: &str = "•••";
/// Members and parameters that are never shown whole.
const SHORTENED: [&str; 6] = ["access_token", "refresh_token", "id_token", "code", "token", "state"];

/// A request by navigation.
pub(super) fn get(url: &str, fields: &[(&'static str, String)]) -> String {
    format!("GET {url}?\n    {}", pairs(fields).join("\n    &"))
}

/// A request of the client, authenticated in its way.
pub(super) fn post(url: &str, client: &Client, fields: &[(&'static str, String)]) -> String {
    let (header, own) = match client.auth_method {
        ClientAuthMethod::ClientSecretBasic => (format!("Authorization: Basic {DOTS}\n"), Vec::new()),
        ClientAuthMethod::ClientSecretPost => {
            (String::new(), vec![pair("client_id", &client.client_id), format!("client_secret={DOTS}")])
        }
        ClientAuthMethod::None => (String::new(), vec![pair("client_id", &client.client_id)]),
    };
    let body = [pairs(fields), own].concat().join("\n&");
    format!("POST {url}\n{header}Content-Type: application/x-www-form-urlencoded\n\n{body}")
}

/// A request with an access token.
pub(super) fn bearer(url: &str, token: &str) -> String {
    format!("GET {url}\nAuthorization: Bearer {}", shortened(token))
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: &Value) -> String {
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        for (_, value) in members.iter_mut().filter(|(name, _)| SHORTENED.contains(&name.as_str())) {
            if let Some(text) = value.as_str() {
                *value = shortened(text).into();
            }
        }
    }
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    format!("{}\nContent-Type: application/json\n\n{text}", status_line(status))
}

/// A signed answer.
pub(super) fn jwt(token: &str) -> String {
    format!("{}\nContent-Type: application/jwt\n\n{}", status_line(200), shortened(token))
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> String {
    status_line(status)
}

/// The authorization response: the browser is sent on.
pub(super) fn redirect(url: &str, fields: &[(&'static str, String)]) -> String {
    format!("{}\nLocation: {url}?\n    {}", status_line(303), pairs(fields).join("\n    &"))
}

fn status_line(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        _ => "",
    };
    format!("HTTP/1.1 {status} {reason}").trim_end().to_owned()
}

fn pairs(fields: &[(&'static str, String)]) -> Vec<String> {
    fields.iter().map(|(name, value)| pair(name, value)).collect()
}

fn pair(name: &str, value: &str) -> String {
    match name {
        "code_verifier" => format!("{name}={DOTS}"),
        _ if SHORTENED.contains(&name) => format!("{name}={}", shortened(value)),
        _ => url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_used_is_cut_short_and_secrets_are_dots() {
        let token = "x".repeat(60);
        let fields =
            [("code", token.clone()), ("code_verifier", token.clone()), ("redirect_uri", "https://a/b".into())];
        let text = get("https://id.test/authorize", &fields);
        assert!(!text.contains(&token) && text.contains("code_verifier=•••"), "{text}");
        assert!(text.contains("&redirect_uri=https%3A%2F%2Fa%2Fb"), "{text}");
        let answer = json(200, &serde_json::json!({ "access_token": token, "expires_in": 900 }));
        assert!(!answer.contains(&token) && answer.contains("\"expires_in\": 900"), "{answer}");
        assert!(!bearer("https://id.test/userinfo", &token).contains(&token) && !jwt(&token).contains(&token));
    }
}
