//! Owns what the OAuth error codes mean to the developer of an app, and what to do next.

use super::{Note, note};

/// An error code of the authorization or token endpoint, or of a resource server.
pub(in crate::demo::app) fn error(code: &str) -> Note {
    match code {
        "access_denied" => note(
            "The person, or the provider for them, said no. Nothing is broken: say so in friendly words and let them try again.",
            "RFC 6749 §4.1.2.1",
        ),
        "login_required" => note(
            "We asked for a silent sign-in (prompt=none), and nobody is signed in at the provider. Ask again without prompt=none.",
            "OIDC Core §3.1.2.6",
        ),
        "consent_required" | "interaction_required" | "account_selection_required" => note(
            "We asked for a silent sign-in (prompt=none), but the provider needs to show the person a page first.",
            "OIDC Core §3.1.2.6",
        ),
        "unmet_authentication_requirements" => {
            note("The provider cannot make the person prove themselves as strongly as we asked.", "RFC 9470 §5")
        }
        "invalid_request" => note(
            "A parameter is missing, doubled or wrong: a mistake in the app. The description says which.",
            "RFC 6749 §4.1.2.1",
        ),
        "unauthorized_client" => note("This client is not registered for what it asked.", "RFC 6749 §4.1.2.1"),
        "unsupported_response_type" => {
            note("The provider has no such flow; response_type=code is the one to use.", "RFC 6749 §4.1.2.1")
        }
        "invalid_scope" => note("A scope is unknown, or not one this client may ask for.", "RFC 6749 §4.1.2.1"),
        "server_error" => {
            note("The provider broke. Try again; if it stays, tell them the correlation id.", "RFC 6749 §4.1.2.1")
        }
        "temporarily_unavailable" => {
            note("The provider is too busy just now. Try again in a moment.", "RFC 6749 §4.1.2.1")
        }
        "invalid_client" => note(
            "The app did not prove who it is: wrong client id, wrong secret, or the wrong method.",
            "RFC 6749 §5.2",
        ),
        "invalid_grant" => note(
            "The code or refresh token is used up, expired, revoked, or was made for another client.",
            "RFC 6749 §5.2",
        ),
        "unsupported_grant_type" => note("The provider does not know this grant.", "RFC 6749 §5.2"),
        "request_not_supported" | "request_uri_not_supported" | "registration_not_supported" => {
            note("The provider does not take this parameter; its discovery document says so.", "OIDC Core §3.1.2.6")
        }
        "invalid_token" => note("The token is expired, revoked, changed or not for this API.", "RFC 6750 §3.1"),
        "insufficient_scope" => note("The token is good, but does not reach this far.", "RFC 6750 §3.1"),
        "insufficient_user_authentication" => note("The API wants a newer or stronger sign-in.", "RFC 9470 §3"),
        _ => note("A code of this provider's own; its description says more.", "RFC 6749 §4.1.2.1"),
    }
}
