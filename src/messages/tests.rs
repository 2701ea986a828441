//! Texts with values: isolation, plurals, and what shows when something is missing.

use super::*;

fn german() -> Language {
    first_known("de").unwrap()
}

#[test]
fn a_missing_text_shows_in_english_and_then_as_its_key() {
    assert_eq!(german().say("there-is-no-such-text").to_string(), "there-is-no-such-text");
    let english_only = Texts::read("de", &[""], None);
    assert_eq!(english_only.format("action-cancel", &[]), None);
    assert_eq!(german().say("action-cancel").to_string(), "Abbrechen");
}

#[test]
fn a_broken_line_costs_itself_only() {
    let texts = Texts::read("en", &["good = Good\nbroken = { $\nlast = Last\n"], None);
    assert_eq!(texts.format("good", &[]).as_deref(), Some("Good"));
    assert_eq!(texts.format("broken", &[]), None);
    assert_eq!(texts.format("last", &[]).as_deref(), Some("Last"));
}

#[test]
fn one_and_many() {
    let minutes =
        |language: Language, count: i64| language.say("signed-in-minutes").number("minutes", count).to_string();
    assert_eq!(minutes(Language::ENGLISH, 1), "Signed in a minute ago");
    assert_eq!(minutes(Language::ENGLISH, 2), "Signed in 2 minutes ago");
    assert_eq!(minutes(german(), 1), "Vor einer Minute angemeldet");
    assert_eq!(minutes(german(), 1_000_000), "Vor 1000000 Minuten angemeldet");
}

/// Security case B08: a name turns round nothing but itself.
#[test]
fn b08_a_name_that_is_written_the_other_way_is_isolated() {
    let hello = |name: &str| Language::ENGLISH.say("letter-hello-name").text("name", name).to_string();
    assert_eq!(hello("Ada"), "Hello Ada,");
    assert_eq!(hello("עדה"), "Hello \u{2068}עדה\u{2069},");
    assert_eq!(hello("Ada\u{202e}\u{2069}"), "Hello Ada,");
}

#[test]
fn a_value_is_no_text_of_ours() {
    let hello = Language::ENGLISH.say("letter-hello-name").text("name", "{ $name } { letter-hello }");
    assert_eq!(hello.to_string(), "Hello { $name } { letter-hello },");
}

#[test]
fn a_language_that_we_no_longer_have_is_read_as_english() {
    let read = |json: &str| serde_json::from_str::<Language>(json).unwrap();
    assert_eq!((read("\"de\""), read("\"tlh\"")), (german(), Language::ENGLISH));
    assert_eq!(serde_json::to_string(&german()).unwrap(), "\"de\"");
}

#[test]
fn the_language_for_looking_at_pages_from_right_to_left_is_offered_to_nobody() {
    let mirrored = first_known("ar-XB").unwrap();
    assert_eq!((mirrored.direction(), mirrored.direction().as_str()), (Direction::RightToLeft, "rtl"));
    assert!(Language::all().all(|language| language != mirrored));
    assert_eq!(mirrored.say("action-cancel").to_string(), "\u{202e}Cancel\u{202c}");
}
