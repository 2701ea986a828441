//! Owns the words by which a person is found: which ones a record has, and which ones a search asks for. Both are folded the
//! same way, so that `ZOË` finds `Zoë`. It does not own the looking (`store::user_terms`).

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::identity::User;

/// More words of a search than these would not make it any narrower.
pub const MOST_WORDS: usize = 8;
/// Characters of a word that count.
const LONGEST: usize = 100;

/// The words by which this person is found: the address, `@` with its domain, the parts of its local part, and every word of
/// every name; and a mark for each attribute that has a value (see [`attribute_mark`]).
pub fn of_user(user: &User) -> BTreeSet<String> {
    let key = user.email.key();
    let mut terms = BTreeSet::from([cut(key)]);
    if let Some((local, domain)) = key.split_once('@') {
        terms.insert(cut(&format!("@{domain}")));
        // The first part is found by the beginning of the address.
        terms.extend(words(local).into_iter().filter(|part| !key.starts_with(part)));
    }
    let p = &user.profile;
    let names = [&p.name, &p.given_name, &p.middle_name, &p.family_name, &p.nickname, &p.preferred_username];
    terms.extend(names.into_iter().flatten().flat_map(|name| words(name)));
    terms.extend(user.attributes.keys().map(|name| attribute_mark(name)));
    terms
}

/// The mark of everybody who has a value of this attribute. No search can ask for it: its first character is in no word.
pub fn attribute_mark(name: &str) -> String {
    format!("\u{1}{name}")
}

/// The words of a search: what has an `@` stays whole (an address, its beginning, or a domain), all else is taken apart.
pub fn of_search(text: &str) -> Vec<String> {
    let mut wanted: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        match part.contains('@') {
            true => wanted.push(cut(&fold(part))),
            false => wanted.extend(words(part)),
        }
    }
    wanted.retain(|word| !word.chars().any(char::is_control));
    wanted.sort();
    wanted.dedup();
    wanted.truncate(MOST_WORDS);
    wanted
}

/// The least text that is greater than every text that begins with `prefix`, compared bytewise.
pub fn end_of(prefix: &str) -> String {
    // No character sorts behind the last one of Unicode.
    format!("{prefix}\u{10ffff}")
}

fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(cut).collect()
}

/// As [`crate::identity::Email`] folds addresses.
fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Email, RoleName, UserId, user::Profile};
    use crate::time::Timestamp;

    fn person(email: &str) -> User {
        let t = Timestamp::from_seconds(0);
        User {
            id: UserId("u".to_owned()),
            email: Email::parse(email).unwrap(),
            email_verified: true,
            role: RoleName::PERSON,
            profile: Profile::default(),
            groups: Vec::new(),
            disabled_at: None,
            valid_from: t,
            created_at: t,
            updated_at: t,
            version: 1,
            attributes: Default::default(),
            last_sign_in_at: None,
            picture: None,
        }
    }

    #[test]
    fn a_person_is_found_by_address_domain_and_every_word_of_the_names() {
        let mut user = person("Zoe.Smith+x@Example.com");
        user.profile.name = Some("Zoë van-der Smith".to_owned());
        user.profile.nickname = Some("Zo".to_owned());
        user.attributes.insert("team".to_owned(), serde_json::json!("a"));
        let terms = of_user(&user);
        let wanted = ["\u{1}team", "@example.com", "der", "smith", "van", "x", "zo", "zoe.smith+x@example.com", "zoë"];
        assert_eq!(terms.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn n07_a_search_is_folded_bounded_and_asks_for_no_mark() {
        assert_eq!(of_search("  ZOË  Smith "), ["smith", "zoë"]);
        assert_eq!(of_search("@Example.COM"), ["@example.com"]);
        assert_eq!(of_search("o'Neil%_"), ["neil", "o"]);
        assert_eq!(of_search("\u{1}team"), ["team"]);
        assert!(of_search("a@\u{1}b\0").is_empty());
        assert_eq!(of_search(&"a b c d e f g h i j".repeat(3)).len(), MOST_WORDS);
        assert!(of_search(" .,-").is_empty());
    }

    #[test]
    fn the_end_of_a_prefix_is_behind_all_that_begin_with_it() {
        for text in ["ann", "anna", "ann\u{fffd}", "ann😀"] {
            assert!(text < end_of("ann").as_str() && text >= "ann", "{text}");
        }
        assert!("ano" > end_of("ann").as_str());
    }
}
