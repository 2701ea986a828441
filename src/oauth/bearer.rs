//! Owns how an access token arrives at a protected resource of ours (RFC 6750 section 2) and the challenge that refuses it
//! (section 3). It does not own whether the token is good.

use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::sensitive::Sensitive;

/// Reads the bearer token from the `Authorization` headers or the form body; never from the query. `Ok(None)` when there is
/// none at all: then the challenge carries no error code (section 3.1).
///
/// # Errors
/// `invalid_request` for more than one transport, a malformed header, or a token in the query.
pub fn token(headers: &[&[u8]], query: &Params, form: Option<&Params>) -> Result<Option<Sensitive>, Refusal> {
    if query.has("access_token") {
        return Err(refuse("bearer.not_in_query", "an access token must not stand in the URL")
            .because("the Authorization header", "a query parameter"));
    }
    let in_form = form.and_then(|f| f.find("access_token"));
    if headers.len() > 1 || (!headers.is_empty() && in_form.is_some()) {
        return Err(refuse("bearer.one_transport", "the access token was sent more than once")
            .because("one transport", format!("{} headers, body: {}", headers.len(), in_form.is_some())));
    }
    let Some(header) = headers.first() else {
        return Ok(in_form.map(Sensitive::new));
    };
    let malformed = |form: &str| {
        refuse("bearer.header_form", "the Authorization header must be: Bearer, a space, the token")
            .because("Bearer <token>", form)
    };
    let text = std::str::from_utf8(header).map_err(|_| malformed("bytes that are no text"))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && is_b64token(token) => {
            Ok(Some(Sensitive::new(token)))
        }
        _ => Err(malformed(form_of(text))),
    }
}

/// What can be told of a malformed header without repeating what may be a token.
fn form_of(header: &str) -> &'static str {
    let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" if rest.is_empty() => "no token after Bearer",
        "bearer" if rest.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) => "Bearer twice",
        "bearer" if rest.starts_with(['"', '\'', '<', '{']) => "a token in quotes or brackets",
        "bearer" => "a token with characters that stand in none",
        "basic" => "the scheme Basic",
        _ if rest.is_empty() => "a text without Bearer before it",
        _ => "another scheme",
    }
}

/// The `WWW-Authenticate` value for a refusal; without one, the bare challenge.
pub fn challenge(issuer: &str, refusal: Option<&Refusal>) -> String {
    match refusal {
        None => format!("Bearer realm=\"{issuer}\""),
        Some(r) => {
            format!("Bearer realm=\"{issuer}\", error=\"{}\", error_description=\"{}\"", r.code.as_str(), r.description)
        }
    }
}

/// No token at all: the answer has no error code (section 3.1), the trace has this.
pub fn absent() -> Refusal {
    refuse("bearer.present", "the request has no access token").because("Authorization: Bearer <token>", "none")
}

/// `invalid_token` by a named check.
pub fn invalid_token(check: &'static str) -> Refusal {
    let words = "the access token is malformed, expired, revoked or not for this resource";
    Refusal::new(ErrorCode::InvalidToken, check, "RFC 6750 section 3.1", words)
}

fn is_b64token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'='))
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, check, "RFC 6750 section 2", words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6750_2_one_transport_and_never_the_query() {
        let none = Params::default();
        let body = Params::of([("access_token", "b")]);
        assert_eq!(token(&[b"Bearer a"], &none, None).unwrap().unwrap().expose(), "a");
        assert_eq!(token(&[b"bearer a"], &none, None).unwrap().unwrap().expose(), "a");
        assert_eq!(token(&[], &none, Some(&body)).unwrap().unwrap().expose(), "b");
        assert!(token(&[], &none, None).unwrap().is_none());
        assert!(token(&[], &body, None).is_err(), "query");
        assert!(token(&[b"Bearer a"], &none, Some(&body)).is_err(), "two transports");
        assert!(token(&[b"Bearer a", b"Bearer a"], &none, None).is_err());
        for bad in [&b"Basic a"[..], b"Bearer", b"Bearer ", b"Bearer a b", b"Bearer \xff", b"Bearer \xc3\xbc"] {
            assert!(token(&[bad], &none, None).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn rfc6750_3_1_no_error_code_without_credentials() {
        assert_eq!(challenge("https://op.test", None), "Bearer realm=\"https://op.test\"");
        let refused = challenge("https://op.test", Some(&invalid_token("x")));
        assert!(refused.contains("error=\"invalid_token\""), "{refused}");
    }
}
