//! Owns what every change inside a transaction is handed: who makes it, the entry it leaves in the security log, and when. It
//! does not own any change.

use serde_json::{Map, Value, json};

use super::{About, Actor, AdminRefusal, event};
use crate::flow::Cx;
use crate::flow::audit::Entry;
use crate::store::{self, Conn};
use crate::time::Timestamp;

/// What a step inside of a transaction answers.
pub(in crate::flow) type Judged<T> = Result<Result<T, AdminRefusal>, store::Fault>;

/// One change, or several in one transaction.
#[derive(Clone)]
pub(in crate::flow) struct Change {
    /// Who makes it.
    pub(in crate::flow) actor: Actor,
    /// The entry it leaves; kind, whom it is about and details are set for each change.
    entry: Entry,
    /// When.
    pub(in crate::flow) now: Timestamp,
    /// `iss`: views hold addresses below it.
    pub(in crate::flow) issuer: String,
}

impl Change {
    pub(in crate::flow) fn new(cx: &Cx, actor: &Actor) -> Self {
        let entry = event(cx, actor, "", About::default(), json!({}));
        Self { actor: actor.clone(), entry, now: cx.now, issuer: cx.issuer().to_owned() }
    }

    /// Leaves the entry, with what was different before and after. For things that are neither people nor clients, `what`
    /// says which one it is, for example `{"group": "staff"}`.
    pub(in crate::flow) fn log(
        &self,
        c: &mut Conn,
        kind: &str,
        about: About<'_>,
        detail: Value,
    ) -> Result<(), store::Fault> {
        let mut entry = self.entry.of_kind(kind);
        entry.event.user_id = about.user.map(|id| id.as_str().to_owned());
        entry.event.client_id = about.client.map(str::to_owned);
        entry.event.detail = detail.to_string();
        entry.append(c)
    }
}

/// What came of putting a document in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow) enum Put {
    /// There was none.
    Created,
    /// It replaced another one.
    Changed,
    /// It was there already.
    Unchanged,
}

/// Those members of two objects that differ, for the security log: `{"before": {…}, "after": {…}}`. `None` where there is
/// none.
pub(in crate::flow) fn differences(before: Option<&Value>, after: Option<&Value>) -> Value {
    let none = Map::new();
    let members = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| none.clone());
    let (before, after) = (members(before), members(after));
    let only = |these: &Map<String, Value>, others: &Map<String, Value>| -> Map<String, Value> {
        let differs = |(name, value): &(&String, &Value)| !value.is_null() && others.get(*name) != Some(*value);
        these.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    json!({ "before": only(&before, &after), "after": only(&after, &before) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_logged() {
        let (old, new) = (json!({"a": 1, "b": 2, "c": null}), json!({"a": 1, "b": 3, "c": null, "d": 4}));
        assert_eq!(differences(Some(&old), Some(&new)), json!({"before": {"b": 2}, "after": {"b": 3, "d": 4}}));
        assert_eq!(differences(None, Some(&json!({"a": 1}))), json!({"before": {}, "after": {"a": 1}}));
    }
}
