//! Owns the form of a letter: its two parts, plain text and HTML, made of the same pieces. It does not own what letters say.

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::messages::{Language, Message};

/// A letter to one person. Every text is plain; what people chose (names) is escaped where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The language it is written in.
    #[serde(default)]
    pub language: Language,
    /// The one recipient's address.
    pub to: String,
    /// One line; words of ours only.
    pub subject: String,
    /// Who writes: the organisation's name.
    pub from_name: String,
    /// In order.
    pub paragraphs: Vec<String>,
    /// What to press.
    pub button: Option<Button>,
    /// What else can be pressed: the other answer to a question.
    #[serde(default)]
    pub also: Option<Button>,
    /// Small print: why this letter came, what to do if it was not expected.
    pub notes: Vec<String>,
}

/// A link with its words.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it does.
    pub words: String,
    /// Where it leads; an address of ours.
    pub address: String,
}

impl std::fmt::Debug for Button {
    /// The address may open an account.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Button").field("words", &self.words).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
}

impl Html<'_> {
    fn t(&self, key: &'static str) -> Message {
        self.letter.language.say(key)
    }
}

impl Letter {
    /// The HTML part: no image, nothing to fetch, readable in the dark.
    ///
    /// # Errors
    /// The template's, which cannot fail over texts.
    pub fn html(&self) -> Result<String, askama::Error> {
        Html { letter: self }.render()
    }

    fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.button.iter().chain(&self.also)
    }

    /// The plain part.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for paragraph in &self.paragraphs {
            text += &one_line(paragraph);
            text += "\n\n";
        }
        for button in self.buttons() {
            text += &format!("{}:\n{}\n\n", button.words, button.address);
        }
        text += "-- \n";
        for note in &self.notes {
            text += &one_line(note);
            text += "\n";
        }
        text
    }
}

/// A name with a line break in it must not begin a paragraph of its own (security case B11).
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(name: &str) -> Letter {
        Letter {
            language: Language::ENGLISH,
            to: "ada@example.com".to_owned(),
            subject: "An account for you".to_owned(),
            from_name: "Acme".to_owned(),
            paragraphs: vec![format!("Hello {name},"), "Welcome.".to_owned()],
            button: Some(Button {
                words: "Choose a password".to_owned(),
                address: "https://id.test/invitation?token=x&y=1".to_owned(),
            }),
            also: None,
            notes: vec!["You did not expect this? Throw it away.".to_owned()],
        }
    }

    #[test]
    fn b11_a_hostile_name_is_inert_in_both_parts() {
        let letter = letter("<a href=//evil.test>x</a>\r\n\r\nCall 0900 now");
        let html = letter.html().unwrap();
        assert!(!html.contains("<a href=//evil"), "{html}");
        assert!(html.contains("https://id.test/invitation?token=x&#38;y=1"), "{html}");
        let text = letter.text();
        assert!(text.starts_with("Hello <a href=//evil.test>x</a> Call 0900 now,\n\nWelcome.\n\n"), "{text}");
        assert!(text.contains("Choose a password:\nhttps://id.test/invitation?token=x&y=1\n"));
    }

    #[test]
    fn the_html_part_fetches_nothing() {
        let html = letter("Ada").html().unwrap();
        for word in ["<img", "src=", "<script", "@import", "url("] {
            assert!(!html.contains(word), "{word}");
        }
    }
}
