//! Owns the `WWW-Authenticate` header: how a refusal tells the client what would help (RFC 6750 §3, RFC 9470 §3).

use super::token::Refusal;

/// The header's value for a refusal, or `None` where a better token would not help.
///
/// A request without credentials gets no error code: "the resource server SHOULD NOT include an error code or other error
/// information" (RFC 6750 §3.1).
pub(super) fn of(refusal: &Refusal) -> Option<String> {
    let mut parts = vec![parameter("realm", "Vouchsafe demo API")];
    match refusal {
        Refusal::KeysUnavailable { .. } => return None,
        Refusal::NoCredentials => {}
        other => {
            parts.push(parameter("error", other.code()));
            parts.push(parameter("error_description", &other.to_string()));
        }
    }
    match refusal {
        Refusal::Scope { needed } => parts.push(parameter("scope", needed)),
        Refusal::NotFresh { max_age } => parts.push(parameter("max_age", &max_age.to_string())),
        _ => {}
    }
    Some(format!("Bearer {}", parts.join(", ")))
}

/// `name="value"`, with everything left out that would end the string or the header, or that RFC 6750 §3 forbids.
fn parameter(name: &str, value: &str) -> String {
    let clean: String = value.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect();
    format!("{name}=\"{clean}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6750_3_1_no_credentials_no_error_code() {
        let challenge = of(&Refusal::NoCredentials).unwrap();
        assert_eq!(challenge, "Bearer realm=\"Vouchsafe demo API\"");
    }

    #[test]
    fn rfc6750_3_1_insufficient_scope_names_the_scope() {
        let challenge = of(&Refusal::Scope { needed: "demo:write".into() }).unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.contains("scope=\"demo:write\""), "{challenge}");
    }

    #[test]
    fn rfc9470_3_names_the_age_it_wants() {
        let challenge = of(&Refusal::NotFresh { max_age: 120 }).unwrap();
        assert!(challenge.contains("error=\"insufficient_user_authentication\""), "{challenge}");
        assert!(challenge.contains("max_age=\"120\""), "{challenge}");
    }

    #[test]
    fn a_value_cannot_break_out_of_its_quotes() {
        assert_eq!(parameter("a", "x\", error=\"y\r\nSet-Cookie: z\\"), "a=\"x, error=ySet-Cookie: z\"");
    }
}
