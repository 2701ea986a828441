//! Owns who may make an account for themselves, and which terms people accept. It does not own how either is done
//! (`flow::account::sign_up`, `flow::sign_in::terms`).

use serde::{Deserialize, Serialize};

use crate::identity::Email;

/// Who may make an account, and what they are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignUpRule {
    /// Who may make an account.
    pub mode: SignUpMode,
    /// Domains whose addresses may, with the mode `domains`. A domain stands for itself and not for those below it.
    pub domains: Vec<String>,
    /// Whether people are asked for their name.
    pub asks_name: bool,
    /// Address of the terms that everybody has to accept (https). Without one nobody is asked.
    pub terms: Option<String>,
    /// Version of the terms, 1 or more. Once it is a higher one, everybody is asked again at their next sign-in.
    pub terms_version: i64,
    /// Address of the privacy policy (https), shown beside the terms.
    pub privacy_policy: Option<String>,
}

impl Default for SignUpRule {
    fn default() -> Self {
        Self {
            mode: SignUpMode::Closed,
            domains: Vec::new(),
            asks_name: false,
            terms: None,
            terms_version: 1,
            privacy_policy: None,
        }
    }
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignUpMode {
    /// Nobody: administrators make accounts.
    #[default]
    Closed,
    /// Whoever was invited; the page says so.
    Invitation,
    /// Whoever has an address in one of the domains.
    Domains,
    /// Everybody.
    Open,
}

impl SignUpMode {
    /// All of them.
    pub const ALL: [SignUpMode; 4] =
        [SignUpMode::Closed, SignUpMode::Invitation, SignUpMode::Domains, SignUpMode::Open];

    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            SignUpMode::Closed => "closed",
            SignUpMode::Invitation => "invitation",
            SignUpMode::Domains => "domains",
            SignUpMode::Open => "open",
        }
    }

    /// Reads [`SignUpMode::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

impl SignUpRule {
    /// Whether anybody at all may make an account by themselves.
    pub fn is_open(&self) -> bool {
        matches!(self.mode, SignUpMode::Domains | SignUpMode::Open)
    }

    /// Whether somebody with this address may make an account (security case L12).
    pub fn admits(&self, email: &Email) -> bool {
        match self.mode {
            SignUpMode::Closed | SignUpMode::Invitation => false,
            SignUpMode::Domains => self.has_domain_of(email),
            SignUpMode::Open => true,
        }
    }

    /// Whether somebody who has an account may have this address from now on: a rule about domains is none if it holds for the
    /// first day only.
    pub fn permits_address(&self, email: &Email) -> bool {
        self.mode != SignUpMode::Domains || self.has_domain_of(email)
    }

    /// The version of the terms that everybody has to have accepted, if there is one.
    pub fn demands_terms(&self) -> Option<i64> {
        self.terms.as_ref().map(|_| self.terms_version)
    }

    fn has_domain_of(&self, email: &Email) -> bool {
        // An address has one `@`: `Email` sees to that.
        email.key().split_once('@').is_some_and(|(_, domain)| self.domains.iter().any(|known| known == domain))
    }
}

/// The folded form of a domain, as it stands in an address; `None` if there is no such domain.
pub fn folded_domain(text: &str) -> Option<String> {
    let probe = Email::parse(&format!("a@{}", text.trim().trim_start_matches('@'))).ok()?;
    probe.key().split_once('@').map(|(_, domain)| domain.to_owned()).filter(|domain| domain.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(mode: SignUpMode) -> SignUpRule {
        SignUpRule { mode, domains: vec!["allowed.test".to_owned()], ..SignUpRule::default() }
    }

    #[test]
    fn l12_an_address_belongs_to_the_domain_behind_its_one_at_sign() {
        for (text, admitted) in [
            ("a@allowed.test", true),
            ("A@ALLOWED.test", true),
            ("a@ａllowed.test", true),
            ("a@sub.allowed.test", false),
            ("a@allowed.test.evil.test", false),
            ("allowed.test@evil.test", false),
            ("a@evilallowed.test", false),
        ] {
            let email = Email::parse(text).unwrap();
            assert_eq!(rule(SignUpMode::Domains).admits(&email), admitted, "{text}");
            assert_eq!(rule(SignUpMode::Domains).permits_address(&email), admitted, "{text}");
            assert!(rule(SignUpMode::Open).admits(&email) && rule(SignUpMode::Closed).permits_address(&email));
            assert!(!rule(SignUpMode::Closed).admits(&email) && !rule(SignUpMode::Invitation).admits(&email));
        }
        assert!(Email::parse("a@b@allowed.test").is_err());
    }

    #[test]
    fn sign_up_is_closed_and_terms_are_nobodys_business_unless_somebody_says_so() {
        let fresh: SignUpRule = serde_json::from_str("{}").unwrap();
        assert_eq!((fresh.is_open(), fresh.demands_terms()), (false, None));
        let terms = SignUpRule { terms: Some("https://acme.test/terms".to_owned()), terms_version: 3, ..fresh };
        assert_eq!(terms.demands_terms(), Some(3));
        for mode in SignUpMode::ALL {
            assert_eq!(SignUpMode::parse(mode.as_str()), Some(mode));
            assert_eq!(serde_json::json!(mode), serde_json::json!(mode.as_str()));
        }
    }

    #[test]
    fn domains_are_folded_as_addresses_are() {
        for (text, folded) in [
            (" Example.COM ", Some("example.com")),
            ("@example.com", Some("example.com")),
            ("localhost", None),
            ("a b.test", None),
            ("a@b.test", None),
            ("", None),
        ] {
            assert_eq!(folded_domain(text).as_deref(), folded, "{text}");
        }
    }
}
