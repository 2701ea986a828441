//! Owns how hard a password is to guess: an estimate by zxcvbn (Wheeler, USENIX Security 2016), in our own words. It does not
//! own what is asked for (`identity::password_rule`), nor lists of passwords that were stolen (`breached`).
//!
//! An estimate grows faster than the text: 100 characters take 16 ms, so only the first [`LOOKED_AT`] are judged, and the
//! password crew does it, never the thread that serves requests. The dictionaries (30 000 common passwords, 60 000 words and
//! names) are unpacked at the first estimate and take 8 MB from then on.

use zeroize::Zeroizing;
use zxcvbn::feedback::Warning;
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::{Score, zxcvbn};

/// Characters that are judged. Whatever comes behind them is a bonus.
pub const LOOKED_AT: usize = 64;
/// Words of the person's own that are looked for.
const MAX_WORDS: usize = 40;

/// Beside the person's own words a password holds at least so many letters and digits.
const BESIDE_OWN: usize = 6;

/// What makes a password weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// It stands in the list of common passwords, as it is or nearly so.
    Common,
    /// It holds the person's name, address, or the name of the place.
    Own,
    /// Keys that lie beside each other.
    Keys,
    /// The same thing again and again.
    Repeats,
    /// Rows such as `abcd` or `6543`.
    Sequence,
    /// A date or a year.
    Date,
    /// Words or names that are guessed first.
    Words,
}

/// How hard a password is to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// From 0 (at once) to 4 (not within reach).
    pub score: u8,
    /// What makes it weak, if that can be told.
    pub why: Option<Weakness>,
    /// Whether it is a common password and nothing else.
    pub is_common: bool,
}

/// Judges a password; `own` are words that somebody would try who knows the person.
pub fn of(password: &str, own: &[String]) -> Strength {
    let looked_at: String = password.chars().take(LOOKED_AT).collect();
    let mut own: Vec<String> = own.iter().map(|word| word.to_lowercase()).collect();
    own.retain(|word| word.chars().count() >= 3);
    own.sort_by_key(|word| std::cmp::Reverse(word.len()));
    own.truncate(MAX_WORDS);
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    // The estimate multiplies as if nobody tried such words together; whoever knows the person tries just that.
    if is_hardly_more_than(&looked_at, &own) {
        return Strength { score: 0, why: Some(Weakness::Own), is_common: false };
    }
    let found = zxcvbn(&looked_at, &own);
    let score = match found.score() {
        Score::Zero => 0,
        Score::One => 1,
        Score::Two => 2,
        Score::Three => 3,
        _ => 4,
    };
    let uses_own = found.sequence().iter().any(|part| match &part.pattern {
        MatchPattern::Dictionary(word) => own.iter().any(|own| *own == word.matched_word),
        _ => false,
    });
    let warning = found.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    let is_common = matches!(
        warning,
        Some(Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword)
    );
    Strength { score, why: if uses_own { Some(Weakness::Own) } else { warning.map(weakness) }, is_common }
}

/// Whether little is left of a password when all words of the person's own are taken out.
fn is_hardly_more_than(password: &str, own: &[&str]) -> bool {
    let mut left = Zeroizing::new(password.to_lowercase());
    let whole = left.len();
    for word in own {
        left = Zeroizing::new(left.replace(word, ""));
    }
    left.len() < whole && left.chars().filter(|c| c.is_alphanumeric()).count() < BESIDE_OWN
}

fn weakness(warning: Warning) -> Weakness {
    use Warning as W;
    match warning {
        W::ThisIsATop10Password
        | W::ThisIsATop100Password
        | W::ThisIsACommonPassword
        | W::ThisIsSimilarToACommonlyUsedPassword => Weakness::Common,
        W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess => Weakness::Keys,
        W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => Weakness::Repeats,
        W::SequencesLikeAbcAreEasyToGuess => Weakness::Sequence,
        W::RecentYearsAreEasyToGuess | W::DatesAreOftenEasyToGuess => Weakness::Date,
        W::AWordByItselfIsEasyToGuess
        | W::NamesAndSurnamesByThemselvesAreEasyToGuess
        | W::CommonNamesAndSurnamesAreEasyToGuess => Weakness::Words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Strength {
        of(password, &["Lovelace".to_owned(), "acme".to_owned(), "ab".to_owned()])
    }

    #[test]
    fn length_counts_and_composition_does_not() {
        for good in [
            "correct horse battery",
            "my lovelace tractor",
            "пароль-пароль",
            "another long secret",
            "korrektpferdbatterie",
        ] {
            assert!(judged(good).score >= 3, "{good}: {:?}", judged(good));
        }
        for (bad, why) in [
            ("password1234", Weakness::Common),
            ("P@ssw0rd1234", Weakness::Common),
            ("abcdefghijkl", Weakness::Sequence),
            ("aaaaaaaaaaaa", Weakness::Repeats),
            ("lovelacelovelace", Weakness::Own),
            ("AcmeLovelace-1", Weakness::Own),
            ("Lovelace1815", Weakness::Own),
        ] {
            let strength = judged(bad);
            assert!(strength.score < 3 && strength.why == Some(why), "{bad}: {strength:?}");
        }
    }

    #[test]
    fn a_common_password_is_told_from_one_that_is_merely_weak() {
        assert!(judged("1q2w3e4r5t6y").is_common && !judged("aaaaaaaaaaaa").is_common);
    }

    #[test]
    fn j07_only_the_beginning_of_a_long_password_is_judged() {
        let long = "aZ3$".repeat(300);
        assert_eq!(judged(&long), judged(&long[..LOOKED_AT]));
        assert_eq!(judged("").score, 0);
        assert!(judged(&"\u{fdfa}\u{0}🦀".repeat(100)).score <= 4, "whatever it is made of");
    }
}
