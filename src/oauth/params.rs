//! Owns `application/x-www-form-urlencoded` parameters: strict decoding, and the rule that a parameter comes once
//! (RFC 6749 sections 3.1 and 3.2, appendix B). It does not own what any parameter means.

use crate::oauth::error::{ErrorCode, Refusal};

/// More parameters than this are refused before anything is looked at.
pub const MAX_PARAMS: usize = 100;

/// Decoded parameters in the order they came. Empty ones count as absent.
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl std::fmt::Debug for Params {
    /// Names only: values may be passwords, codes and tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Params {
    /// Decodes a query string or a form body.
    ///
    /// # Errors
    /// `invalid_request` for a broken percent escape, text that is not UTF-8, a NUL byte or too many parameters.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let mut params = Vec::new();
        for pair in text.split(|b| *b == b'&').filter(|p| !p.is_empty()) {
            if params.len() >= MAX_PARAMS {
                return Err(malformed("more than 100 parameters"));
            }
            let (name, value) = match pair.iter().position(|b| *b == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[pair.len()..]),
            };
            params.push((decode(name)?, decode(value)?));
        }
        Ok(Self(params))
    }

    /// From pairs that are decoded already.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    /// The value of a parameter; an empty one is absent. The first one, if it was repeated: ask [`Params::once`] before.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// Every value of a parameter that may repeat, in order; empty ones are absent.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str()).collect()
    }

    /// The pairs as they came, for a request that is repeated by redirect.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Refuses a repeated parameter by name; `resource` may repeat (RFC 8707 section 2).
    ///
    /// # Errors
    /// `invalid_request` naming the parameter.
    pub fn once(&self, name: &'static str) -> Result<(), Refusal> {
        let count = self.0.iter().filter(|(n, _)| n == name).count();
        if count < 2 {
            return Ok(());
        }
        Err(repeated(name, count))
    }

    /// Refuses any repeated parameter, known or not, except `resource`.
    ///
    /// # Errors
    /// `invalid_request` naming the first one.
    pub fn all_once(&self) -> Result<(), Refusal> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if name != "resource" && self.0[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(repeated(name, 2));
            }
        }
        Ok(())
    }

    /// Whether the parameter was sent at all, even empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}

fn repeated(name: &str, count: usize) -> Refusal {
    let words = format!("the parameter {name} was sent more than once");
    Refusal::new(ErrorCode::InvalidRequest, "params.once", "RFC 6749 section 3.1", words)
        .because(format!("{name} once"), format!("{name} {count} times"))
}

fn malformed(words: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, "params.decodes", "RFC 6749 appendix B", words)
        .because("application/x-www-form-urlencoded in UTF-8", words)
}

/// Form decoding of one name or value: `+` is a space, `%XX` a byte, the whole UTF-8 without NUL.
///
/// # Errors
/// `invalid_request` where it is none of that.
pub fn decode(text: &[u8]) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => bytes.push(high << 4 | low),
                _ => return Err(malformed("a percent sign is not followed by two hexadecimal digits")),
            },
            other => bytes.push(*other),
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| malformed("a parameter is not valid UTF-8"))?;
    if text.contains('\0') {
        return Err(malformed("a parameter contains a NUL byte"));
    }
    Ok(text)
}

fn hex(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_appendix_b_decoding() {
        let p = Params::parse(b"a=1+2&b=%C3%BC&c&d=&&e==").unwrap();
        assert_eq!((p.find("a"), p.find("b"), p.find("e")), (Some("1 2"), Some("ü"), Some("=")));
        assert_eq!((p.find("c"), p.find("d")), (None, None), "empty counts as absent");
        assert!(p.has("c") && p.has("d"));
    }

    #[test]
    fn o05_odd_bytes_are_refused() {
        for bad in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%00", b"a=%ff", b"a=%c0%af", b"a=%ed%a0%80", b"\xff=1"] {
            assert_eq!(Params::parse(bad).unwrap_err().code, ErrorCode::InvalidRequest, "{bad:?}");
        }
        assert!(Params::parse("x=1&".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn a17_a_parameter_comes_once() {
        let p = Params::parse(b"a=1&a=1&resource=x&resource=y").unwrap();
        assert!(p.once("a").is_err());
        assert!(p.once("b").is_ok());
        assert!(p.all_once().is_err());
        let several = Params::parse(b"resource=x&a=1&resource=&resource=y").unwrap();
        assert!(several.all_once().is_ok());
        assert_eq!(several.all("resource"), ["x", "y"], "RFC 8707 section 2: every one is judged");
    }

    #[test]
    fn debug_shows_names_only() {
        let shown = format!("{:?}", Params::of([("password", "hunter2")]));
        assert!(shown.contains("password") && !shown.contains("hunter2"));
    }
}
