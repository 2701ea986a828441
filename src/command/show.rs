//! Owns how a record looks in words: a line for each member. It does not own which records there are.

use serde_json::Value;

use super::answer::printable;

/// Without control characters.
pub(super) fn clean(text: &str) -> String {
    printable(text)
}

/// Puts the members of `more` into the object `into`.
pub(super) fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}

/// `name  value` a line, for people; empty values are left out, lists take a line each entry.
pub(super) fn lines(object: &Value) -> String {
    let Some(object) = object.as_object() else { return object.to_string() };
    let width = object.keys().map(|key| key.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (key, value) in object {
        let entries = match value {
            Value::Array(items) => items.iter().map(entry).collect(),
            other => vec![entry(other)],
        };
        let told = entries.iter().filter(|text| !text.is_empty()).enumerate();
        lines.extend(told.map(|(at, text)| {
            let key = if at == 0 { key } else { "" };
            format!("{key:width$}  {}", printable(text))
        }));
    }
    lines.join("\n")
}

/// A value in one line; of an object, its members that are something.
fn entry(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let told = members.iter().map(|(name, value)| (name, entry(value))).filter(|(_, text)| !text.is_empty());
            told.map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_leave_out_what_is_empty() {
        let object = json!({ "a": "x", "list": ["1", "2"], "nothing": null, "none": [], "on": true, "text": "" });
        assert_eq!(lines(&object), "a        x\nlist     1\n         2\non       true");
        let object = json!({ "all": [{ "id": "1", "end": null, "n": 2 }], "of": {} });
        assert_eq!(lines(&object), "all  id: 1, n: 2");
    }
}
