//! Owns PKCE (RFC 7636) with S256 only; `plain` does not exist here. It does not own SHA-256: the challenge of a presented
//! verifier is computed by the caller (`secret`), so that this stays a comparison of values.

use subtle::ConstantTimeEq;

use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;

/// Reads `code_challenge` and `code_challenge_method` of an authorization request.
///
/// # Errors
/// `invalid_request`: a missing challenge where `required`, a method other than S256 (a missing one means `plain`,
/// section 4.3), a challenge that is no unpadded base64url of 32 bytes.
pub fn challenge(params: &Params, required: bool) -> Result<Option<String>, Refusal> {
    let method = params.find("code_challenge_method");
    let Some(challenge) = params.find("code_challenge") else {
        if required || method.is_some() {
            let words = "code_challenge is missing: this server requires PKCE with code_challenge_method=S256";
            return Err(refuse("pkce.challenge_present", "RFC 7636 section 4.4.1", words)
                .because("code_challenge", "no code_challenge"));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        let words = "code_challenge_method must be S256 (a missing one means plain, which is not supported)";
        return Err(refuse("pkce.method_s256", "RFC 7636 section 4.3", words).because("S256", method.unwrap_or("none")));
    }
    if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
        let words = "code_challenge must be the base64url text of a SHA-256 hash: 43 characters without padding";
        return Err(refuse("pkce.challenge_form", "RFC 7636 section 4.2", words)
            .because("43 characters of base64url", form_of(challenge)));
    }
    Ok(Some(challenge.to_owned()))
}

/// What can be told of a malformed challenge.
fn form_of(challenge: &str) -> String {
    let is_hexadecimal = challenge.len() == 64 && challenge.bytes().all(|b| b.is_ascii_hexdigit());
    let kind = match challenge {
        _ if is_hexadecimal => ", hexadecimal",
        text if text.ends_with('=') => ", padded with =",
        text if text.contains(['+', '/']) => ", with + or / of plain base64",
        text if text.contains(' ') => ", with a space",
        _ => "",
    };
    format!("{} characters{kind}", challenge.chars().count())
}

/// Whether a verifier has the form of section 4.1: 43 to 128 unreserved characters.
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|b| is_base64url(b) || matches!(b, b'.' | b'~'))
}

/// Compares what the code is bound to with the challenge computed from the presented verifier.
///
/// # Errors
/// `invalid_grant`: a verifier without a challenge, a challenge without a verifier (RFC 9700 section 4.8.2), or another one.
pub fn compare(bound: Option<&str>, computed: Option<&str>) -> Result<(), Refusal> {
    let (check, words) = match (bound, computed) {
        (None, None) => return Ok(()),
        (Some(bound), Some(computed)) if bool::from(bound.as_bytes().ct_eq(computed.as_bytes())) => return Ok(()),
        (Some(_), Some(_)) => ("pkce.verifier_matches", "code_verifier does not match the code_challenge"),
        (Some(_), None) => ("pkce.verifier_present", "code_verifier is missing or malformed"),
        (None, Some(_)) => {
            ("pkce.no_downgrade", "code_verifier was sent but the code was made without a code_challenge")
        }
    };
    let shown = |value: Option<&str>| value.map_or("none".to_owned(), |c| format!("challenge {c}"));
    Err(Refusal::new(ErrorCode::InvalidGrant, check, "RFC 7636 section 4.6", words)
        .because(shown(bound), shown(computed)))
}

fn refuse(check: &'static str, section: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, check, section, words)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const S256: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn c01_rfc7636_4_4_1_a_challenge_is_required() {
        assert_eq!(challenge(&Params::of([]), true).unwrap_err().finding.check, "pkce.challenge_present");
        assert_eq!(challenge(&Params::of([]), false), Ok(None));
        let lone = Params::of([("code_challenge_method", "S256")]);
        assert!(challenge(&lone, false).is_err(), "a method without a challenge is a mistake, not an option");
    }

    #[test]
    fn rfc7636_4_3_a_missing_method_means_plain_and_is_refused() {
        let with = |m| Params::of([("code_challenge", S256), ("code_challenge_method", m)]);
        assert!(challenge(&with("S256"), true).unwrap().is_some());
        for bad in ["", "plain", "s256", "S512"] {
            assert_eq!(challenge(&with(bad), true).unwrap_err().finding.check, "pkce.method_s256", "{bad}");
        }
        let padded = format!("{S256}=");
        for bad in ["short", padded.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"] {
            let params = Params::of([("code_challenge", bad), ("code_challenge_method", "S256")]);
            assert_eq!(challenge(&params, true).unwrap_err().finding.check, "pkce.challenge_form", "{bad}");
        }
    }

    #[test]
    fn c03_no_downgrade_in_either_direction() {
        assert!(compare(Some(S256), Some(S256)).is_ok());
        assert!(compare(None, None).is_ok());
        for (bound, computed) in [(Some(S256), None), (None, Some(S256)), (Some(S256), Some("other"))] {
            assert_eq!(compare(bound, computed).unwrap_err().code, ErrorCode::InvalidGrant);
        }
    }

    #[test]
    fn c04_rfc7636_4_1_verifier_form() {
        assert!(is_verifier(&"a".repeat(43)) && is_verifier(&"~._-".repeat(32)));
        for bad in ["a".repeat(42), "a".repeat(129), "a ".repeat(30), "a+".repeat(30), "ü".repeat(30), String::new()] {
            assert!(!is_verifier(&bad), "{bad}");
        }
    }
}
