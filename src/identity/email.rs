//! Owns what an e-mail address is to us: one spelling per account. It does not own whether the address is verified.

use unicode_normalization::UnicodeNormalization;

/// An address a person signs in with, as they spelt it, together with the folded form that makes it unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    shown: String,
    key: String,
}

/// Why a text is not an address we take. The words tell the person what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefusal {
    /// Nothing but white space.
    #[error("enter an e-mail address")]
    Empty,
    /// Longer than RFC 5321 allows.
    #[error("the address is longer than 254 characters")]
    TooLong,
    /// No `@`, several, or nothing on one side of it.
    #[error("an address looks like name@example.com")]
    Shape,
    /// Control characters, white space, quotes, commas, angle brackets, invisible characters.
    #[error("the address contains a character that cannot stand in it")]
    Character,
}

impl Email {
    /// Normalises first and judges after (security case J04), so that two spellings of one address cannot be two accounts:
    /// NFKC, trimmed, lower case. The folded form decides; the shown form keeps the person's own capitals.
    ///
    /// # Errors
    /// An [`EmailRefusal`] that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, EmailRefusal> {
        if text.len() > 1024 {
            return Err(EmailRefusal::TooLong);
        }
        let shown: String = text.nfkc().collect::<String>().trim().to_owned();
        if shown.is_empty() {
            return Err(EmailRefusal::Empty);
        }
        if shown.len() > 254 {
            return Err(EmailRefusal::TooLong);
        }
        if shown.chars().any(is_forbidden) {
            return Err(EmailRefusal::Character);
        }
        let (local, domain) = shown.split_once('@').ok_or(EmailRefusal::Shape)?;
        let domain_is_odd =
            domain.contains('@') || domain.starts_with('.') || domain.ends_with('.') || domain.contains("..");
        if local.is_empty() || local.len() > 64 || domain.is_empty() || domain_is_odd {
            return Err(EmailRefusal::Shape);
        }
        let key = shown.to_lowercase().nfkc().collect();
        Ok(Self { shown, key })
    }

    /// The address as the person spelt it (after NFKC and trimming).
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The folded form: compared bytewise, unique in the database.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Characters no mailbox needs and attackers love: separators of mail headers, invisible and bidirectional marks.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '"' | ',' | ';' | ':' | '<' | '>' | '(' | ')' | '[' | ']' | '\\')
        || matches!(
            c,
            '\u{00ad}'
                | '\u{034f}'
                | '\u{061c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180e}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j04_one_account_one_spelling() {
        let key = |s: &str| Email::parse(s).map(|e| e.key().to_owned());
        let alice = key("alice@example.com").unwrap();
        for same in ["ALICE@Example.com", " alice@example.com ", "ａｌｉｃｅ@example.com", "alice＠example.com"] {
            assert_eq!(key(same).as_ref(), Ok(&alice), "{same}");
        }
        assert_ne!(key("alıce@example.com").unwrap(), alice, "a dotless i is another letter");
    }

    #[test]
    fn b11_no_second_recipient_and_no_header_fits_into_an_address() {
        for (text, why) in [
            ("", EmailRefusal::Empty),
            ("  ", EmailRefusal::Empty),
            ("alice", EmailRefusal::Shape),
            ("@example.com", EmailRefusal::Shape),
            ("a@", EmailRefusal::Shape),
            ("a@b@example.com", EmailRefusal::Shape),
            ("a@.example.com", EmailRefusal::Shape),
            ("a@x.test\r\nBcc: b@x.test", EmailRefusal::Character),
            ("\"a\\nb\"@x.test", EmailRefusal::Character),
            ("a@x.test,b@x.test", EmailRefusal::Character),
            ("al\u{200b}ice@x.test", EmailRefusal::Character),
            ("a\u{0}@x.test", EmailRefusal::Character),
        ] {
            assert_eq!(Email::parse(text).unwrap_err(), why, "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@x.test", "a".repeat(300))).unwrap_err(), EmailRefusal::TooLong);
    }
}
