//! Owns strict reading of the parts of a JWS: base64url without padding or slack, a JSON object without a repeated member.
//! It does not own what the members mean (`verify`).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Why a part cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Base64,
    Json,
    Repeated,
}

/// Decodes one part and reads it as a JSON object (RFC 7515 section 5.2; repeated members are refused as section 4 allows).
/// Nesting is limited by the parser (128 levels).
pub(super) fn object(part: &str) -> Result<Map<String, Value>, Unreadable> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unreadable::Base64)?;
    let object: Object = serde_json::from_slice(&bytes).map_err(|_| Unreadable::Json)?;
    if object.is_repetitive { Err(Unreadable::Repeated) } else { Ok(object.members) }
}

struct Object {
    members: Map<String, Value>,
    is_repetitive: bool,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object { members: Map::new(), is_repetitive: false };
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            object.is_repetitive |= object.members.insert(name, value).is_some();
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &[u8]) -> Result<Map<String, Value>, Unreadable> {
        object(&URL_SAFE_NO_PAD.encode(json))
    }

    #[test]
    fn e13_only_one_spelling_of_one_object_is_read() {
        assert_eq!(read(br#"{"a":1}"#).unwrap()["a"], 1);
        assert!(read(br#"{}"#).unwrap().is_empty());
        for (json, why) in [
            (&br#"{"a":1,"a":1}"#[..], Unreadable::Repeated),
            (br#"{"a":1,"\u0061":2}"#, Unreadable::Repeated),
            (b"", Unreadable::Json),
            (b"[]", Unreadable::Json),
            (br#""text""#, Unreadable::Json),
            (b"\xef\xbb\xbf{}", Unreadable::Json),
            (b"{} {}", Unreadable::Json),
            (br#"{"a":"\xff"}"#, Unreadable::Json),
            (b"{\"a\":\"\xff\"}", Unreadable::Json),
            (br#"{"a":1,}"#, Unreadable::Json),
        ] {
            assert_eq!(read(json), Err(why), "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn e13_deep_nesting_is_refused_without_a_stack_overflow() {
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(read(deep.as_bytes()), Err(Unreadable::Json));
    }

    #[test]
    fn e13_base64_has_no_slack() {
        assert_eq!(object("e30"), Ok(Map::new()));
        for bad in ["e30=", "e30\n", " e30", "e3 0", "e31", "e3+", "e3/", "e", "é30"] {
            assert_eq!(object(bad).unwrap_err(), Unreadable::Base64, "{bad:?}");
        }
    }
}
