//! Owns [`Secret`], the demo's own wrapper for text that must not reach a log. The rest of the crate has one too; a guest
//! does not borrow it.

use std::fmt;

/// A text that `Debug` does not reveal and that has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let shown = format!("{:?}", Secret::new("correct horse"));
        assert!(!shown.contains("horse"), "{shown}");
    }
}
