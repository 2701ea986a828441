//! Owns [`Sensitive`], the one type for text that must never be shown: passwords, client secrets, codes, tokens.
//! It does not own how such text is made, hashed or sealed: that is the room `secret`.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A text that is wiped when dropped and that neither `Debug` nor `Display` can reveal.
///
/// It has deliberately no `Serialize`, no `Display` and no `PartialEq`: reading it takes a visible [`Sensitive::expose`],
/// and comparing it is the business of the room `secret` (in constant time).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Sensitive(String);

impl Sensitive {
    /// Wraps a text that came in or was just made.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Every call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in bytes; needed to refuse over-long input before any work is done on it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(…)")
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let shown = format!("{:?}", Sensitive::new("correct horse"));
        assert!(!shown.contains("horse"), "{shown}");
    }
}
