//! Owns the languages that people are spoken to in, and finding a text in one of them. The texts stand in
//! `templates/messages/LANGUAGE/AREA.ftl` (Fluent) and are compiled in. It does not own the pages and letters that they stand
//! on, nor the English of the console, the API and OAuth errors, which is written where it is used.
//!
//! A text that is missing in a language is taken from English, and one that is missing there shows as its key: a page is never
//! empty and never fails because of a text. `tests/texts.rs` fails.

mod choice;
mod moment;
#[cfg(test)]
mod tests;
mod texts;

use std::fmt;
use std::sync::LazyLock;

pub use choice::{accepted, first_known};
use texts::Texts;
pub use texts::Value;

/// A language in which every text is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(usize);

/// Which way a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As English.
    LeftToRight,
    /// As Arabic.
    RightToLeft,
}

impl Direction {
    /// The value of HTML's `dir`.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }
}

/// What is known of a language.
struct Spoken {
    tag: &'static str,
    name: &'static str,
    direction: Direction,
    texts: LazyLock<Texts>,
}

/// A line of [`SPOKEN`]: the folder, the BCP 47 tag, the language's name for itself, its direction, what is done to each text.
macro_rules! language {
    ($folder:literal, $tag:literal, $name:literal, $direction:ident, $transform:expr) => {
        language!($folder, $tag, $name, $direction, $transform;
            // One file for each area. A new one is named here and lies in the folder of every language.
            "common", "errors", "sign_in", "consent", "factors", "sign_up", "account", "upstream", "notices", "mail")
    };
    ($folder:literal, $tag:literal, $name:literal, $direction:ident, $transform:expr; $($area:literal),+) => {{
        const FILES: &[&str] =
            &[$(include_str!(concat!("../../templates/messages/", $folder, "/", $area, ".ftl"))),+];
        Spoken {
            tag: $tag,
            name: $name,
            direction: Direction::$direction,
            texts: LazyLock::new(|| Texts::read($tag, FILES, $transform)),
        }
    }};
}

/// Every language. The first one has every text that there is; the second half of a tag is left out unless it matters.
static SPOKEN: LazyLock<Vec<Spoken>> = LazyLock::new(|| {
    vec![
        language!("en", "en", "English", LeftToRight, None),
        language!("de", "de", "Deutsch", LeftToRight, None),
        // Never shipped: English from right to left, so that pages can be looked at that way before there is such a language.
        #[cfg(debug_assertions)]
        language!("en", "ar-XB", "", RightToLeft, Some(texts::mirrored)),
    ]
});

impl Language {
    /// The language of whom nothing is known.
    pub const ENGLISH: Self = Self(0);

    /// All that people may choose from, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SPOKEN.len()).map(Self).filter(|language| !language.name().is_empty())
    }

    fn with_tag(tag: &str) -> Option<Self> {
        SPOKEN.iter().position(|spoken| spoken.tag.eq_ignore_ascii_case(tag)).map(Self)
    }

    fn spoken(self) -> &'static Spoken {
        &SPOKEN[self.0]
    }

    /// Its tag (BCP 47), as in `de`.
    pub fn tag(self) -> &'static str {
        self.spoken().tag
    }

    /// Its name for itself, as in `Deutsch`.
    pub fn name(self) -> &'static str {
        self.spoken().name
    }

    /// Which way it is written.
    pub fn direction(self) -> Direction {
        self.spoken().direction
    }

    /// A text. What goes into it follows: `language.say("letter-hello").text("name", name)`.
    pub fn say(self, key: &'static str) -> Message {
        Message { language: self, key, values: Vec::new() }
    }

    /// The text itself, with values as they are: neither isolated nor escaped.
    pub fn format(self, key: &str, values: &[(&'static str, Value)]) -> String {
        let found = self.spoken().texts.format(key, values);
        found.or_else(|| Self::ENGLISH.spoken().texts.format(key, values)).unwrap_or_else(|| key.to_owned())
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::ENGLISH
    }
}

/// By its tag; one that we do not have any more counts as English.
impl serde::Serialize for Language {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

impl<'de> serde::Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self::with_tag(&tag).unwrap_or_default())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A plain text and what goes into it. Shown (`to_string`), what others chose is kept from turning round the words beside it.
/// It is no HTML: a page escapes it.
#[derive(Clone, Debug)]
pub struct Message {
    language: Language,
    key: &'static str,
    values: Vec<(&'static str, Value)>,
}

impl Message {
    /// Puts in a name, an address, or another text that is not ours.
    #[must_use]
    pub fn text(mut self, name: &'static str, text: impl fmt::Display) -> Self {
        self.values.push((name, Value::Text(self.isolated(&text.to_string()))));
        self
    }

    /// Puts in a number; the text may ask whether it is one or many.
    #[must_use]
    pub fn number(mut self, name: &'static str, number: impl Number) -> Self {
        self.values.push((name, Value::Number(number.as_i64())));
        self
    }

    /// Between U+2068 and U+2069 where that makes a difference: not for Latin letters in English. Characters that give
    /// directions themselves are left out; one of them could end the isolation (security case B08).
    fn isolated(&self, text: &str) -> String {
        let plain: String = text.chars().filter(|c| !is_directing(*c)).collect();
        let may_turn = self.language.direction() == Direction::RightToLeft || plain.chars().any(is_right_to_left);
        if may_turn { format!("\u{2068}{plain}\u{2069}") } else { plain }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.language.format(self.key, &self.values))
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_string()
    }
}

/// What can be counted. Templates hand in references, so those count too.
pub trait Number {
    /// The number; one that is too large becomes the largest.
    fn as_i64(&self) -> i64;
}

macro_rules! number {
    ($($type:ty),+) => {$(
        impl Number for $type {
            fn as_i64(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        }
    )+};
}

number!(i64, i32, u64, u32, u16, u8, usize);

impl<N: Number> Number for &N {
    fn as_i64(&self) -> i64 {
        (*self).as_i64()
    }
}

/// Explicit directions of the Unicode Bidirectional Algorithm (UAX 9 section 2).
fn is_directing(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// In a block of a script that is written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c), 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff)
}
