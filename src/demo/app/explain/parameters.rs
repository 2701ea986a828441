//! Owns what the parameters of each request and the members of each answer mean, and which HTTP headers matter.

use super::{Note, claim, note};

/// Where a name stands; the same name can mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo::app) enum Place {
    /// The discovery document.
    Discovery,
    /// The query of the authorization request.
    Authorize,
    /// The query that came back to the redirect URI.
    Callback,
    /// The form sent to the token endpoint.
    TokenRequest,
    /// The JSON it answered.
    TokenAnswer,
    /// Userinfo, and other answers made of claims.
    Claims,
    /// The form sent to the revocation or introspection endpoint.
    TokenQuestion,
    /// The demo API's answer.
    Api,
    /// The query of the logout request, and of its answer.
    Logout,
}

/// The note for a name at a place.
pub(in crate::demo::app) fn parameter(place: Place, name: &str) -> Note {
    match place {
        Place::Discovery => discovery(name),
        Place::Authorize => authorize(name),
        Place::Callback => callback(name),
        Place::TokenRequest => token_request(name),
        Place::TokenAnswer => token_answer(name),
        Place::TokenQuestion => token_question(name),
        Place::Api => api(name),
        Place::Logout => logout(name),
        Place::Claims => claim(name),
    }
}

/// A header that is worth showing, by its lower-case name; `None` for the rest.
pub(in crate::demo::app) fn header(name: &str, value: &str) -> Option<Note> {
    Some(match name {
        "authorization" if value.starts_with("Basic ") => note(
            "The app proves who it is, with its own id and secret. The person's password is not in here.",
            "RFC 6749 §2.3.1",
        ),
        "authorization" => {
            note("Bearer: whoever holds this token may use it. So it is never put into an address.", "RFC 6750 §2.1")
        }
        "content-type" => note("How to read the body.", "RFC 9110 §8.3"),
        "cache-control" => note("Who may keep a copy. Answers with tokens must say no-store.", "RFC 6749 §5.1"),
        "location" => note("Where the browser is sent next.", "RFC 9110 §10.2.2"),
        "www-authenticate" => note("Why the token was not enough, and what would be.", "RFC 6750 §3"),
        "retry-after" => note("When to try again.", "RFC 9110 §10.2.3"),
        "dpop-nonce" => note("A value to use in the next proof of possession.", "RFC 9449 §8"),
        "x-request-id" | "x-correlation-id" | "correlation-id" => {
            note("The provider's own number for this request.", "")
        }
        _ => return None,
    })
}

fn discovery(name: &str) -> Note {
    match name {
        "issuer" => note("Must equal the URL we started from, or somebody else is speaking.", "OIDC Discovery §4.3"),
        "authorization_endpoint" => note("Where we send the browser.", "OIDC Discovery §3"),
        "token_endpoint" => note("Where we swap the code for tokens.", "OIDC Discovery §3"),
        "userinfo_endpoint" => note("Where we ask about the person.", "OIDC Discovery §3"),
        "jwks_uri" => note("Where the public keys are.", "OIDC Discovery §3"),
        "end_session_endpoint" => note("Where we send the browser to log out.", "OIDC RP-Initiated Logout §2.1"),
        "revocation_endpoint" => note("Where a token can be given back.", "RFC 8414 §2"),
        "introspection_endpoint" => note("Where one can ask whether a token is still good.", "RFC 8414 §2"),
        "scopes_supported" => note("What can be asked for.", "OIDC Discovery §3"),
        "code_challenge_methods_supported" => note("PKCE is on offer; S256 is the one to take.", "RFC 8414 §2"),
        "authorization_response_iss_parameter_supported" => {
            note("Every answer will name its issuer: we insist on it.", "RFC 9207 §3")
        }
        "id_token_signing_alg_values_supported" => note("How ID tokens may be signed.", "OIDC Discovery §3"),
        "token_endpoint_auth_methods_supported" => note("How an app can prove who it is.", "OIDC Discovery §3"),
        _ => Note::NONE,
    }
}

fn authorize(name: &str) -> Note {
    match name {
        "response_type" => note("“Send me a code.” Tokens never pass through the browser.", "RFC 6749 §4.1.1"),
        "client_id" => note("Which app is asking. Public, not a secret.", "RFC 6749 §4.1.1"),
        "redirect_uri" => {
            note("Where to come back. Must equal a registered one, character for character.", "RFC 9700 §2.1")
        }
        "scope" => note(
            "What we ask for. openid makes it a sign-in; offline_access asks for a refresh token.",
            "OIDC Core §3.1.2.1",
        ),
        "state" => note("A random value tied to this browser: an answer without it is not for us.", "RFC 6749 §10.12"),
        "nonce" => note("A random value that must come back inside the ID token.", "OIDC Core §15.5.2"),
        "code_challenge" => {
            note("The SHA-256 of a secret that we keep. Who steals the code cannot use it.", "RFC 7636 §4.2")
        }
        "code_challenge_method" => {
            note("S256: the challenge is a hash. “plain” would protect nothing.", "RFC 7636 §4.3")
        }
        "prompt" => note(
            "login: ask for the password again. none: show nothing. consent: ask again what we may see.",
            "OIDC Core §3.1.2.1",
        ),
        "max_age" => note("The oldest sign-in that will do, in seconds.", "OIDC Core §3.1.2.1"),
        "login_hint" => {
            note("Who is probably signing in; the provider may fill it into the form.", "OIDC Core §3.1.2.1")
        }
        "id_token_hint" => note("Who we think is here.", "OIDC Core §3.1.2.1"),
        "acr_values" => note("How strong the proof should be.", "OIDC Core §3.1.2.1"),
        "resource" => note("Which API the access token is for.", "RFC 8707 §2"),
        _ => Note::NONE,
    }
}

fn callback(name: &str) -> Note {
    match name {
        "code" => note("Good once, for a minute, and only with our verifier and our secret.", "RFC 6749 §4.1.2"),
        "state" => note("Must be the one this browser started with.", "RFC 6749 §10.12"),
        "iss" => note("Who is answering. Stops one provider's answer being played to another (mix-up).", "RFC 9207 §2"),
        "error" => note("Why there is no code.", "RFC 6749 §4.1.2.1"),
        "error_description" => note("For the developer, not for the person.", "RFC 6749 §4.1.2.1"),
        "error_uri" => note("A page that says more.", "RFC 6749 §4.1.2.1"),
        "session_state" => note("For watching the provider's session from a frame.", ""),
        _ => note("An addition of this provider's own.", ""),
    }
}

fn token_request(name: &str) -> Note {
    match name {
        "grant_type" => note("What we hand in: a code, or a refresh token.", "RFC 6749 §4.1.3"),
        "code" => note("The code from the browser. Used up by this request.", "RFC 6749 §4.1.3"),
        "redirect_uri" => {
            note("The same as before, so that the code cannot be moved to another address.", "RFC 6749 §4.1.3")
        }
        "code_verifier" => note("The secret behind the challenge: proof that we began this sign-in.", "RFC 7636 §4.5"),
        "refresh_token" => note("The refresh token: used up by this request.", "RFC 6749 §6"),
        "scope" => note("May ask for less than was granted, never for more.", "RFC 6749 §6"),
        "client_id" => note("Which app is asking.", "RFC 6749 §2.3.1"),
        _ => Note::NONE,
    }
}

fn token_answer(name: &str) -> Note {
    match name {
        "access_token" => note("The key to the API. For the API to read, not for us.", "RFC 6749 §5.1"),
        "id_token" => note("Who signed in, signed. For us to read, not for the API.", "OIDC Core §3.1.3.3"),
        "refresh_token" => {
            note("Fetches the next access token without the person. Our best-kept secret.", "RFC 6749 §5.1")
        }
        "token_type" => note("Bearer: whoever holds it may use it.", "RFC 6749 §7.1"),
        "expires_in" => note("How many seconds the access token lives.", "RFC 6749 §5.1"),
        "scope" => note("What was granted; it can be less than we asked.", "RFC 6749 §5.1"),
        "error" => note("Why there are no tokens.", "RFC 6749 §5.2"),
        "error_description" => note("For the developer.", "RFC 6749 §5.2"),
        _ => note("An addition of this provider's own.", ""),
    }
}

fn token_question(name: &str) -> Note {
    match name {
        "token" => note("The token in question.", "RFC 7009 §2.1"),
        "token_type_hint" => note("Where to look first. Only a hint.", "RFC 7009 §2.1"),
        _ => Note::NONE,
    }
}

fn api(name: &str) -> Note {
    match name {
        "message" => note("The API's yes.", ""),
        "you_are" => note("Whom the API takes you for: sub, from the token.", "RFC 9068 §2.2"),
        "you_came_with" => note("The app that brought you: client_id.", "RFC 9068 §2.2"),
        "you_may" => note("What the token allows: scope.", "RFC 9068 §2.2.3"),
        "until" => note("When the token ends: exp.", "RFC 9068 §2.2"),
        "why_i_believe_it" => note("What the API checked, with the provider's public keys alone.", "RFC 9068 §4"),
        "error" => note("Why not.", "RFC 6750 §3.1"),
        "error_description" => note("For the developer.", "RFC 6750 §3"),
        _ => Note::NONE,
    }
}

fn logout(name: &str) -> Note {
    match name {
        "id_token_hint" => {
            note("Whose session to end, proven by the ID token. It may have expired.", "OIDC RP-Initiated Logout §2")
        }
        "post_logout_redirect_uri" => {
            note("Where to come back; registered, like the redirect URI.", "OIDC RP-Initiated Logout §2")
        }
        "client_id" => note("Which app asks; must agree with the hint.", "OIDC RP-Initiated Logout §2"),
        "state" => {
            note("Comes back unchanged, so that we know the answer is to our request.", "OIDC RP-Initiated Logout §3")
        }
        "logout_hint" => note("Whom to log out, without a token.", "OIDC RP-Initiated Logout §2"),
        _ => Note::NONE,
    }
}
