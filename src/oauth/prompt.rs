//! Owns `prompt` and `max_age` (OIDC Core section 3.1.2.1): how much the app wants the person to do again. It does not own
//! the decision what follows from them (`step`).

use serde::{Deserialize, Serialize};

use crate::oauth::error::{ErrorCode, Refusal};

/// The values of `prompt`, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prompt {
    /// No page may be shown. Never together with another.
    pub none: bool,
    /// The person must prove again who they are.
    pub login: bool,
    /// The person must consent again.
    pub consent: bool,
    /// The person must choose an account.
    pub select_account: bool,
    /// The person wants to make an account (Initiating User Registration via OpenID Connect 1.0).
    pub create: bool,
}

/// What we publish as `prompt_values_supported`.
const SUPPORTED: [&str; 4] = ["none", "login", "consent", "select_account"];
/// What joins them while people can make accounts by themselves.
const CREATE: &str = "create";

/// Whether people can make accounts by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// They can.
    Offered,
    /// They cannot.
    NotOffered,
}

/// What we publish as `prompt_values_supported`.
pub fn supported(sign_up: SignUp) -> Vec<&'static str> {
    let create = (sign_up == SignUp::Offered).then_some(CREATE);
    SUPPORTED.into_iter().chain(create).collect()
}

impl Prompt {
    /// Reads `prompt`.
    ///
    /// # Errors
    /// `invalid_request` for an unknown value and for `none` beside another one.
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let mut prompt = Self::default();
        let values: Vec<&str> = text.unwrap_or_default().split(' ').filter(|v| !v.is_empty()).collect();
        for value in &values {
            match *value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                CREATE => prompt.create = true,
                other => {
                    let words =
                        "prompt has an unknown value: none, login, consent, select_account and create are known";
                    return Err(refuse("prompt.known", words).because(supported(SignUp::Offered).join(" "), other));
                }
            }
        }
        if prompt.none && values.len() > 1 {
            let words = "prompt=none cannot be combined with another value";
            return Err(refuse("prompt.none_alone", words).because("none alone", values.join(" ")));
        }
        Ok(prompt)
    }

    /// Whether all that it asks for is there: `create` only while people can make accounts.
    ///
    /// # Errors
    /// `invalid_request`, as section 4 of Initiating User Registration says of a value that is not published.
    pub fn is_supported(self, sign_up: SignUp) -> Result<(), Refusal> {
        if !self.create || sign_up == SignUp::Offered {
            return Ok(());
        }
        let (section, words) = (
            "Initiating User Registration section 4",
            "nobody can make an account here, so prompt=create is not supported",
        );
        Err(Refusal::new(ErrorCode::InvalidRequest, "prompt.create", section, words)
            .because("another value, or a provider where people can make accounts", CREATE))
    }
}

/// Reads `max_age`: whole seconds, not negative.
///
/// # Errors
/// `invalid_request` for anything else.
pub fn max_age(text: Option<&str>) -> Result<Option<i64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let is_number = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(seconds) if is_number => Ok(Some(seconds)),
        _ => Err(refuse("max_age.number", "max_age must be a whole number of seconds").because("0 or more", text)),
    }
}

fn refuse(check: &'static str, words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, check, "OIDC Core section 3.1.2.1", words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_core_3_1_2_1_prompt_none_stands_alone() {
        assert!(Prompt::parse(Some("none")).unwrap().none);
        for bad in ["none login", "login none", "none consent", "none select_account", "none create", "NONE"] {
            assert_eq!(Prompt::parse(Some(bad)).unwrap_err().code, ErrorCode::InvalidRequest, "{bad}");
        }
        let both = Prompt::parse(Some("login consent")).unwrap();
        assert!(both.login && both.consent && !both.none);
    }

    #[test]
    fn prompt_create_is_published_and_taken_only_while_people_can_make_accounts() {
        let create = Prompt::parse(Some("create")).unwrap();
        assert!(create.create && create.is_supported(SignUp::Offered).is_ok());
        let refused = create.is_supported(SignUp::NotOffered).unwrap_err();
        assert_eq!((refused.code, refused.finding.check), (ErrorCode::InvalidRequest, "prompt.create"));
        assert!(Prompt::default().is_supported(SignUp::NotOffered).is_ok());
        assert!(supported(SignUp::Offered).contains(&"create") && !supported(SignUp::NotOffered).contains(&"create"));
    }

    #[test]
    fn c12_max_age_is_a_number_of_seconds() {
        assert_eq!(max_age(Some("0")), Ok(Some(0)));
        assert_eq!(max_age(None), Ok(None));
        for bad in ["-1", "+1", "abc", "1.5", "1e3", "99999999999999999999"] {
            assert!(max_age(Some(bad)).is_err(), "{bad}");
        }
    }
}
