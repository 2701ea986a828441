//! Owns the page that carries an answer back to the client as a form (OAuth 2.0 Form Post Response Mode).
//! It does not own whether the address is the client's: it takes a checked one.

use std::fmt::{self, Write};

use askama::Template;
use askama::filters::HtmlSafe;

use super::Chrome;

/// Posts the fields to the client by itself; without scripts, by a button.
#[derive(Clone, Template)]
#[template(path = "oauth/form_post.html")]
pub struct FormPostPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The redirect URI, checked against the registered ones.
    pub action: String,
    /// Its host, to be shown.
    pub host: String,
    /// Names and values, in order. They reach the page's form byte by byte, line ends and tabs included.
    pub fields: Vec<(String, String)>,
    /// The nonce of the answer's `Content-Security-Policy`, where it allows scripts by nonce.
    pub nonce: Option<String>,
}

impl FormPostPage {
    /// The address, unless a browser would run it as a script. Registration refuses such addresses already.
    fn address(&self) -> Result<&str, askama::Error> {
        let scheme = self.action.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        if matches!(scheme.as_str(), "javascript" | "data" | "vbscript" | "blob" | "file") {
            return Err(askama::Error::custom(format!("an answer cannot be posted to a {scheme}: address")));
        }
        Ok(&self.action)
    }

    fn exact_fields(&self) -> impl Iterator<Item = (Exact<'_>, Exact<'_>)> {
        self.fields.iter().map(|(name, value)| (Exact(name), Exact(value)))
    }
}

/// A text in a quoted attribute that survives parsing unchanged. Beside what every escaper does it writes line ends as
/// references: a parser makes LF of a bare CR or CR LF (HTML, section 13.2.3.5).
struct Exact<'a>(&'a str);

impl fmt::Display for Exact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '\r', '\n', '\t']) {
            let (before, tail) = rest.split_at(at);
            f.write_str(before)?;
            match tail.chars().next() {
                Some(special) => write!(f, "&#{};", u32::from(special))?,
                None => f.write_char('\u{fffd}')?,
            }
            rest = &tail[1..];
        }
        f.write_str(rest)
    }
}

/// Everything that could end an attribute or begin a reference is written as a reference.
impl HtmlSafe for Exact<'_> {}
