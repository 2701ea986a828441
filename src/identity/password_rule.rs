//! Owns what administrators ask of a new password. It does not own judging one (`flow::account::quality`).

use serde::{Deserialize, Serialize};

/// The strictest score that can be asked for.
pub const MOST_SCORE: u8 = 4;

/// Where a new password is looked up among those that were stolen elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreachedCheck {
    /// Nowhere.
    Off,
    /// Among the most common ones, and in the file that `passwords.breached` names, if there is one.
    #[default]
    Offline,
    /// There, and then online: five hex digits of its SHA-1 go out, which hundreds of passwords share.
    Online,
}

impl BreachedCheck {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Offline, Self::Online];

    /// Its word in documents and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Offline => "offline",
            Self::Online => "online",
        }
    }

    /// Reads [`BreachedCheck::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.as_str() == word)
    }
}

/// What is asked of a new password. Nothing is asked of its composition, and nobody changes one by the calendar (NIST SP
/// 800-63B-4 section 3.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordRule {
    /// The shortest new password, in characters; 8 to 64. What the configuration asks for (`passwords.min_length`) holds where
    /// it is more.
    pub min_length: Option<usize>,
    /// How hard to guess it must be, from 0 (anything) to 4 (not within reach), as zxcvbn estimates it. 3 withstands somebody
    /// who stole the database of hashes.
    pub min_score: u8,
    /// Where it is looked up among passwords that were stolen elsewhere.
    pub breached: BreachedCheck,
}

impl Default for PasswordRule {
    fn default() -> Self {
        Self { min_length: None, min_score: 3, breached: BreachedCheck::Offline }
    }
}

impl PasswordRule {
    /// The shortest new password, where the configuration asks for `configured`.
    pub fn shortest(self, configured: usize) -> usize {
        self.min_length.unwrap_or_default().max(configured)
    }

    /// Whether it can be asked for.
    ///
    /// # Errors
    /// What is wrong: the member, and words.
    pub fn judge(self) -> Result<(), (&'static str, &'static str)> {
        if self.min_length.is_some_and(|length| !(8..=64).contains(&length)) {
            return Err(("passwords.min_length", "the shortest password must be from 8 to 64 characters"));
        }
        if self.min_score > MOST_SCORE {
            return Err(("passwords.min_score", "how hard to guess a password must be goes from 0 to 4"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_both_lengths_holds_and_what_cannot_be_is_refused() {
        let rule = |min_length, min_score| PasswordRule { min_length, min_score, ..PasswordRule::default() };
        assert_eq!([rule(None, 3), rule(Some(15), 3), rule(Some(8), 3)].map(|rule| rule.shortest(12)), [12, 15, 12]);
        for (odd, member) in
            [(rule(Some(7), 3), "min_length"), (rule(Some(65), 3), "min_length"), (rule(None, 5), "min_score")]
        {
            assert!(odd.judge().is_err_and(|(field, _)| field.ends_with(member)), "{odd:?}");
        }
        assert_eq!(rule(Some(64), 0).judge(), Ok(()));
        for check in BreachedCheck::ALL {
            assert_eq!(BreachedCheck::parse(check.as_str()), Some(check));
        }
    }
}
