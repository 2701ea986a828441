//! Owns every OAuth error once: its code, its words, its status, and the finding that goes into the trace. It does not own
//! where the error is sent (`authorize::Callback`, `http::reply`) nor faults of our own (`store::Fault` and its kin).

use std::borrow::Cow;
use std::fmt;

/// The registered error codes that we use, each with the document that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749 sections 4.1.2.1 and 5.2; RFC 6750 section 3.1.
    InvalidRequest,
    /// RFC 6749 section 5.2.
    InvalidClient,
    /// RFC 6749 section 5.2.
    InvalidGrant,
    /// RFC 6749 sections 4.1.2.1 and 5.2.
    UnauthorizedClient,
    /// RFC 6749 section 5.2.
    UnsupportedGrantType,
    /// RFC 6749 section 4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 sections 4.1.2.1 and 5.2.
    InvalidScope,
    /// RFC 6749 section 4.1.2.1.
    AccessDenied,
    /// RFC 8707 section 2.
    InvalidTarget,
    /// RFC 6750 section 3.1.
    InvalidToken,
    /// RFC 6750 section 3.1.
    InsufficientScope,
    /// OIDC Core section 3.1.2.6.
    LoginRequired,
    /// OIDC Core section 3.1.2.6.
    ConsentRequired,
    /// OIDC Core section 3.1.2.6.
    InteractionRequired,
    /// OIDC Core section 3.1.2.6.
    RequestNotSupported,
    /// OIDC Core section 3.1.2.6.
    RequestUriNotSupported,
    /// OIDC Core section 3.1.2.6.
    RegistrationNotSupported,
    /// OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
    UnmetAuthenticationRequirements,
}

impl ErrorCode {
    /// The value of `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
        }
    }

    /// HTTP status where the error is answered directly and not through the browser.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            _ => 400,
        }
    }
}

/// An `error_description`: printable ASCII without `"` and `\` (RFC 6749 section 5.2). Anything else becomes `?`, so that a
/// value from the request can be named without becoming a header or markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description(Cow<'static, str>);

impl Description {
    /// Keeps what may stand in a description and cuts it at 300 characters.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        let fits = text.len() <= 300 && text.bytes().all(is_describable);
        if fits {
            return Self(text);
        }
        let clean = |c: char| u8::try_from(c).ok().filter(|b| is_describable(*b)).map_or('?', char::from);
        Self(Cow::Owned(text.chars().take(300).map(clean).collect()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_describable(byte: u8) -> bool {
    matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// What exactly failed: for the trace, never for a stranger. Holds no secret: callers name a secret's kind, not its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the check, for example `redirect_uri.registered`.
    pub check: &'static str,
    /// The document and section it comes from.
    pub section: &'static str,
    /// What would have passed.
    pub expected: String,
    /// What came.
    pub received: String,
}

/// A refusal: a decision of the protocol, not a fault of ours. It commits what it learnt (architecture, rule 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `error`.
    pub code: ErrorCode,
    /// `error_description`.
    pub description: Description,
    /// For the trace.
    pub finding: Finding,
}

impl Refusal {
    /// A refusal by one named check.
    pub fn new(
        code: ErrorCode,
        check: &'static str,
        section: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        let finding = Finding { check, section, expected: String::new(), received: String::new() };
        Self { code, description: Description::new(description), finding }
    }

    /// The body of an error that is answered directly (RFC 6749 section 5.2), with the id under which the trace tells more.
    pub fn to_json(&self, correlation_id: &str) -> serde_json::Value {
        serde_json::json!({
            "error": self.code.as_str(),
            "error_description": self.description.as_str(),
            "correlation_id": correlation_id,
        })
    }

    /// Adds what was expected and what came, for the trace only. Cut to 500 characters each.
    #[must_use]
    pub fn because(mut self, expected: impl fmt::Display, received: impl fmt::Display) -> Self {
        self.finding.expected = cut(expected.to_string());
        self.finding.received = cut(received.to_string());
        self
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= 500 {
        return text;
    }
    let mut short: String = text.chars().take(500).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_5_2_descriptions_hold_only_their_alphabet() {
        assert_eq!(Description::new("a \"quoted\" \\ ü\r\n").as_str(), "a ?quoted? ? ???");
        assert_eq!(Description::new("x".repeat(1000)).as_str().len(), 300);
    }

    #[test]
    fn findings_are_bounded() {
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "a", "b", "c").because("x".repeat(10_000), "y");
        assert!(refusal.finding.expected.chars().count() <= 501);
    }
}
