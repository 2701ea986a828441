//! Owns reading JSON strictly: a member comes once, nesting has a bound, and whoever sent a wrong field is told which. It
//! does not own what the members mean.

use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::problem::Problem;

/// Deeper than this nothing of ours goes.
const DEEPEST: usize = 16;

/// Reads a body.
///
/// # Errors
/// A [`Problem`] for anything but one JSON value within the bounds.
pub fn read(body: &[u8]) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = Seed(DEEPEST).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| {
        let words = error.to_string();
        let problem = Problem::invalid("json", format!("the body is not JSON that can be read: {words}"));
        match words.strip_prefix("the member `").and_then(|rest| rest.split('`').next()) {
            Some(member) => problem.at(member),
            None => problem,
        }
    })
}

/// Makes a typed value of what was read.
///
/// # Errors
/// A [`Problem`] that names the field.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        let words = error.into_inner().to_string();
        // The path ends at the object that lacks the field or has too many; the name stands in the words.
        let named = ["unknown field `", "missing field `", "duplicate field `"]
            .into_iter()
            .find_map(|start| words.strip_prefix(start)?.split('`').next());
        let is_new = |name: &&str| place != **name && !place.ends_with(&format!(".{name}"));
        let field = match (place.as_str(), named.filter(is_new)) {
            ("." | "", Some(name)) => name.to_owned(),
            (place, Some(name)) => format!("{place}.{name}"),
            (place, None) => place.to_owned(),
        };
        let problem = Problem::invalid("field", words);
        if field == "." { problem } else { problem.at(field) }
    })
}

/// Applies a merge patch (RFC 7396 section 2).
pub fn merge(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            let before = members.remove(&name).unwrap_or(Value::Null);
            members.insert(name, merge(before, value));
        }
    }
    Value::Object(members)
}

/// Reads a value with so many levels left.
struct Seed(usize);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let below = self.0.checked_sub(1).ok_or_else(too_deep)?;
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(Seed(below))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let below = self.0.checked_sub(1).ok_or_else(too_deep)?;
        let mut members = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(de::Error::custom(format!("the member `{name}` comes twice")));
            }
            let value = from.next_value_seed(Seed(below))?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

fn too_deep<E: de::Error>() -> E {
    E::custom(format!("it is nested deeper than {DEEPEST} levels"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Option<Inner>,
        #[serde(rename = "n")]
        _n: Option<i64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "name")]
        _name: String,
    }

    #[test]
    fn n05_a_wrong_field_is_named() {
        let field = |value| typed::<Outer>(value).unwrap_err().field;
        assert_eq!(field(json!({ "admin": true })).as_deref(), Some("admin"));
        assert_eq!(field(json!({ "inner": { "name": "x", "id": 1 } })).as_deref(), Some("inner.id"));
        assert_eq!(field(json!({ "inner": {} })).as_deref(), Some("inner.name"));
        assert_eq!(field(json!({ "n": "1" })).as_deref(), Some("n"));
        assert_eq!(field(json!([])), None);
        assert!(typed::<Outer>(json!({ "inner": { "name": "x" } })).unwrap().inner.is_some());
    }

    #[test]
    fn e13_a_member_comes_once_and_nesting_is_bounded() {
        assert_eq!(read(br#"{"a":1,"b":[null,true,"x",1.5]}"#), Ok(json!({ "a": 1, "b": [null, true, "x", 1.5] })));
        assert_eq!(read(br#"{"a":1,"a":2}"#).unwrap_err().field.as_deref(), Some("a"));
        assert_eq!(read(br#"{"x":{"a":1,"a":2}}"#).unwrap_err().field.as_deref(), Some("a"));
        for bad in ["", "{", "nope", "{} {}", "\u{feff}{}", "1e999", "{\"a\":}"] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(deep(16).as_bytes()).is_ok());
        assert!(read(deep(17).as_bytes()).is_err());
    }

    #[test]
    fn rfc7396_appendix_a() {
        for (target, patch, result) in [
            (json!({ "a": "b" }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "b" }), json!({ "b": "c" }), json!({ "a": "b", "b": "c" })),
            (json!({ "a": "b" }), json!({ "a": null }), json!({})),
            (json!({ "a": "b", "b": "c" }), json!({ "a": null }), json!({ "b": "c" })),
            (json!({ "a": ["b"] }), json!({ "a": "c" }), json!({ "a": "c" })),
            (json!({ "a": "c" }), json!({ "a": ["b"] }), json!({ "a": ["b"] })),
            (json!({ "a": { "b": "c" } }), json!({ "a": { "b": "d", "c": null } }), json!({ "a": { "b": "d" } })),
            (json!({ "a": [{ "b": "c" }] }), json!({ "a": [1] }), json!({ "a": [1] })),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({ "a": "b" }), json!(["c"]), json!(["c"])),
            (json!({ "a": "foo" }), json!(null), json!(null)),
            (json!({ "a": "foo" }), json!("bar"), json!("bar")),
            (json!({ "e": null }), json!({ "a": 1 }), json!({ "e": null, "a": 1 })),
            (json!([1, 2]), json!({ "a": "b", "c": null }), json!({ "a": "b" })),
            (json!({}), json!({ "a": { "bb": { "ccc": null } } }), json!({ "a": { "bb": {} } })),
        ] {
            assert_eq!(merge(target, patch), result);
        }
    }
}
