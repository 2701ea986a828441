//! Owns the words: what each parameter, header, claim and error means, and where that is written. Pure tables.

mod claims;
mod errors;
mod parameters;

pub(super) use self::claims::{claim, jose};
pub(super) use self::errors::error;
pub(super) use self::parameters::{Place, header, parameter};

/// A few words on one thing, and the section that defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) words: &'static str,
    pub(super) cite: Cite,
}

/// A section of a specification, such as `RFC 7636 §4.3`. Empty when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cite(pub(super) &'static str);

impl Note {
    pub(super) const NONE: Self = Self { words: "", cite: Cite("") };
}

impl Cite {
    /// Whether there is anything to show.
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Where the section can be read.
    pub(super) fn href(self) -> String {
        let (document, section) = self.0.split_once(" §").unwrap_or((self.0, ""));
        if let Some(number) = document.strip_prefix("RFC ") {
            let page = format!("https://www.rfc-editor.org/rfc/rfc{number}");
            return if section.is_empty() { page } else { format!("{page}#section-{section}") };
        }
        let name = match document {
            "OIDC Discovery" => "openid-connect-discovery-1_0",
            "OIDC RP-Initiated Logout" => "openid-connect-rpinitiated-1_0",
            "OIDC Front-Channel Logout" => "openid-connect-frontchannel-1_0",
            "OIDC Back-Channel Logout" => "openid-connect-backchannel-1_0",
            _ => "openid-connect-core-1_0",
        };
        let page = format!("https://openid.net/specs/{name}.html");
        if section.is_empty() { page } else { format!("{page}#rfc.section.{section}") }
    }
}

/// Shorthand for the tables.
const fn note(words: &'static str, cite: &'static str) -> Note {
    Note { words, cite: Cite(cite) }
}

#[cfg(test)]
mod tests {
    use super::Cite;

    #[test]
    fn citations_become_links() {
        assert_eq!(Cite("RFC 7636 §4.3").href(), "https://www.rfc-editor.org/rfc/rfc7636#section-4.3");
        assert_eq!(Cite("RFC 9207").href(), "https://www.rfc-editor.org/rfc/rfc9207");
        assert_eq!(
            Cite("OIDC Core §3.1.2.1").href(),
            "https://openid.net/specs/openid-connect-core-1_0.html#rfc.section.3.1.2.1"
        );
    }
}
