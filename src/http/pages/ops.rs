//! Owns the pages that belong to no step of a sign-in: the error page and the start page.
//! It does not own the words of an error: they come as fixed texts, keyed by what happened (security case B09).

use askama::Template;

use crate::outbound::Letter;

use super::{AccountCard, Chrome, is_web_address};

/// Says what went wrong where no client can be told.
#[derive(Clone, Debug, Template)]
#[template(path = "ops/error.html")]
pub struct ErrorPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The HTTP status the page is sent with.
    pub status: u16,
    /// What went wrong, in a few words.
    pub heading: String,
    /// What went wrong, in a sentence or two.
    pub what: String,
    /// What to do now; may be empty.
    pub advice: String,
    /// What came and what was expected, as label and text, where it is safe to tell.
    pub facts: Vec<(String, String)>,
    /// The id under which the request is traced.
    pub correlation_id: String,
    /// A way on, as label and address. Left out unless the address is a path of ours or an http or https address.
    pub back: Option<(String, String)>,
}

impl ErrorPage {
    fn way_back(&self) -> Option<&(String, String)> {
        self.back.as_ref().filter(|(_, href)| is_own_path(href) || is_web_address(href))
    }
}

/// The last page of an account.
#[derive(Clone, Debug, Template)]
#[template(path = "account/gone.html")]
pub struct GonePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whether a letter confirms it.
    pub mailed: bool,
}

/// Goes on by itself to a place of ours.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/go_on.html")]
pub struct GoOnPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What opens.
    pub words: String,
    /// Where to: a path of ours.
    pub to: String,
}

/// Stands at `/`: says that the provider runs, who is signed in from here, and to an owner what comes next.
#[derive(Clone, Debug, Template)]
#[template(path = "ops/home.html")]
pub struct HomePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The issuer.
    pub issuer: String,
    /// Address of the discovery document.
    pub discovery: String,
    /// Who is signed in from this browser.
    pub account: Option<AccountCard>,
    /// Whether that is an owner, who is told which commands come next.
    pub is_owner: bool,
    /// Whether that person administers anything, and is shown the way to the console.
    pub administers: bool,
}

/// The letters that a demo would have sent.
#[derive(Clone, Debug, Template)]
#[template(path = "ops/mailbox.html")]
pub struct MailboxPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The newest first.
    pub letters: Vec<Letter>,
}

/// A path on this server: `//host` and `/\host` would leave it.
pub fn is_own_path(href: &str) -> bool {
    href.starts_with('/') && !href[1..].starts_with(['/', '\\']) && !href.chars().any(|c| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_paths() {
        for good in ["/", "/auth/", "/sign-in?x=1"] {
            assert!(is_own_path(good), "{good}");
        }
        for bad in ["", "//e", "/\\e", "/\t/e", "https:e", "javascript:alert(1)", "/a\\b", "/\n/e"] {
            assert!(!is_own_path(bad), "{bad:?}");
        }
    }
}
