//! Owns the attributes of people that administrators define: their kinds, and what a value of each kind is. It does not own
//! who has which value (`user`), nor which names are free (`flow::admin::attribute`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An attribute that people can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name in documents, files and claim mappings; unique.
    pub name: String,
    /// What it is called on pages.
    pub title: String,
    /// What its values are.
    pub kind: AttributeKind,
    /// Whether everybody who is added or changed must have a value.
    pub required: bool,
    /// Whether people write their own value.
    pub self_editable: bool,
}

/// What the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// A line of text of up to 1000 characters.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// Up to 100 lines of text of up to 200 characters each.
    List,
}

/// Why a value does not fit. The words complete "the attribute NAME …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueRefusal(&'static str);

impl AttributeKind {
    /// All kinds.
    pub const ALL: [AttributeKind; 5] =
        [AttributeKind::Text, AttributeKind::Number, AttributeKind::Boolean, AttributeKind::Date, AttributeKind::List];

    /// Its word in the database and in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            AttributeKind::Text => "text",
            AttributeKind::Number => "number",
            AttributeKind::Boolean => "boolean",
            AttributeKind::Date => "date",
            AttributeKind::List => "list",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether a value is of this kind.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(self, value: &Value) -> Result<(), ValueRefusal> {
        let (fits, words) = match self {
            AttributeKind::Text => {
                (value.as_str().is_some_and(|t| is_line(t, 1_000)), "is a line of text of up to 1000 characters")
            }
            AttributeKind::Number => (value.is_number(), "is a number"),
            AttributeKind::Boolean => (value.is_boolean(), "is true or false"),
            AttributeKind::Date => (value.as_str().is_some_and(is_day), "is a day, written YYYY-MM-DD"),
            AttributeKind::List => {
                (is_list(value), "is a list of up to 100 lines of text of up to 200 characters each")
            }
        };
        if fits { Ok(()) } else { Err(ValueRefusal(words)) }
    }
}

fn is_line(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(char::is_control)
}

fn is_list(value: &Value) -> bool {
    let is_entry = |entry: &Value| entry.as_str().is_some_and(|text| is_line(text, 200));
    value.as_array().is_some_and(|entries| entries.len() <= 100 && entries.iter().all(is_entry))
}

/// `YYYY-MM-DD` of the Gregorian calendar.
pub fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() });
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    if !has_shape {
        return false;
    }
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn n05_a_value_is_of_its_kind() {
        use AttributeKind as K;
        for (kind, good, bad) in [
            (
                K::Text,
                vec![json!(""), json!("Ärzte")],
                vec![json!("a\nb"), json!(1), json!(null), json!("x".repeat(1001))],
            ),
            (K::Number, vec![json!(1), json!(-1.5)], vec![json!("1"), json!(true)]),
            (K::Boolean, vec![json!(true)], vec![json!("true"), json!(0)]),
            (
                K::Date,
                vec![json!("2024-02-29")],
                vec![json!("2023-02-29"), json!("2024-2-9"), json!(20240229), json!("2024-13-01")],
            ),
            (
                K::List,
                vec![json!([]), json!(["a", "b"])],
                vec![json!("a"), json!([1]), json!(["a\0"]), json!(vec!["a"; 101])],
            ),
        ] {
            assert_eq!(K::parse(kind.as_str()), Some(kind));
            assert!(good.iter().all(|value| kind.judge(value).is_ok()), "{kind:?}");
            assert!(bad.iter().all(|value| kind.judge(value).is_err()), "{kind:?}");
        }
    }
}
