//! Owns `grant_type=authorization_code` (RFC 6749 section 4.1.3, RFC 7636 section 4.6): whether a taken code is redeemed by
//! the one it was made for. It does not own that a code is taken once: that is one statement in `store::codes`.

use crate::oauth::authorization::{Authorization, Code};
use crate::oauth::client_auth::AuthenticatedClient;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::{pkce, token};
use crate::time::Timestamp;

/// What the request says.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `code`.
    pub code: &'a str,
    /// `redirect_uri`; OAuth 2.1 clients leave it out.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`, if it has the form of one.
    pub verifier: Option<&'a str>,
}

/// Reads the request.
///
/// # Errors
/// `invalid_request` without a code.
pub fn read(form: &Params) -> Result<Request<'_>, Refusal> {
    Ok(Request {
        code: form.find("code").ok_or_else(|| token::missing("code", "RFC 6749 section 4.1.3"))?,
        redirect_uri: form.find("redirect_uri"),
        verifier: form.find("code_verifier"),
    })
}

/// `invalid_grant` for a code that is not in the database or was used before.
pub fn not_usable(check: &'static str, received: &str) -> Refusal {
    refuse(check, "the code is unknown, expired or was used before").because("an unused code", received)
}

/// Holds the code against the request: all bindings together (security case C05).
///
/// # Errors
/// `invalid_grant`; the code stays used.
pub fn redeem(
    code: &Code,
    request: &Request<'_>,
    computed_challenge: Option<&str>,
    client: &AuthenticatedClient,
    now: Timestamp,
) -> Result<Authorization, Refusal> {
    let client_id = &client.client().client_id;
    if code.authorization.client_id != *client_id {
        return Err(refuse("code.client", "the code was issued to another client")
            .because(&code.authorization.client_id, client_id));
    }
    if now >= code.expires_at {
        let late = now.since(code.expires_at).seconds();
        return Err(refuse("code.lifetime", "the code is unknown, expired or was used before")
            .because(format!("before {}", code.expires_at.rfc3339()), format!("{}, {late} s late", now.rfc3339())));
    }
    redirect_uri(code, request)?;
    pkce::compare(code.code_challenge.as_deref(), computed_challenge)
        .map_err(|refusal| with_form_of_verifier(refusal, code, request))?;
    if request.verifier.is_some() != computed_challenge.is_some() {
        return Err(refuse("pkce.verifier_form", "code_verifier must be 43 to 128 unreserved characters")
            .because("43 to 128 of [A-Za-z0-9-._~]", "another text"));
    }
    Ok(code.authorization.clone())
}

/// Tells the trace what was wrong with the verifier, where its form shows it. The verifier itself stays out of it.
fn with_form_of_verifier(refusal: Refusal, code: &Code, request: &Request<'_>) -> Refusal {
    let form = match request.verifier {
        Some(sent) if Some(sent) == code.code_challenge.as_deref() => {
            "the code_challenge itself as verifier".to_owned()
        }
        Some(sent) if !pkce::is_verifier(sent) => {
            format!("a malformed verifier of {} characters", sent.chars().count())
        }
        _ => return refusal,
    };
    let expected = refusal.finding.expected.clone();
    refusal.because(expected, form)
}

/// RFC 6749 section 4.1.3: the same redirect URI, if the authorization request named one. A client of OAuth 2.1 leaves it out
/// at the token endpoint; with PKCE that is safe (section 10.2 there), without it the URI is demanded.
fn redirect_uri(code: &Code, request: &Request<'_>) -> Result<(), Refusal> {
    match request.redirect_uri {
        Some(sent) if sent == code.redirect_uri => Ok(()),
        Some(sent) => Err(refuse("code.redirect_uri", "redirect_uri differs from the one the code was sent to")
            .because(&code.redirect_uri, sent)),
        None if !code.redirect_uri_was_sent || code.code_challenge.is_some() => Ok(()),
        None => Err(refuse("code.redirect_uri", "redirect_uri is missing; the authorization request had one")
            .because(&code.redirect_uri, "none")),
    }
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidGrant, check, "RFC 6749 section 4.1.3", words)
}

#[cfg(test)]
#[path = "authorization_code_tests.rs"]
mod tests;
