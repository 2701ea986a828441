//! Owns the comparison of three sets of documents: what files want, what is there, and what was last applied. Pure: values
//! in, a plan out. It does not own reading any of them, nor making the changes (`files`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kinds of objects that files can own, in the order in which they depend on one another: what stands later may name
/// what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FileKind)]
pub enum Kind {
    /// An attribute of people.
    Attribute,
    /// A resource server.
    Resource,
    /// A scope.
    Scope,
    /// A group.
    Group,
    /// What is shown to people, and the like. There is one, named `settings`.
    Settings,
    /// A role.
    Role,
    /// A client.
    Client,
    /// A provider that people sign in through.
    Provider,
    /// A webhook.
    Webhook,
}

impl Kind {
    /// All, in the order of dependence.
    pub const ALL: [Kind; 9] = [
        Kind::Attribute,
        Kind::Resource,
        Kind::Scope,
        Kind::Group,
        Kind::Settings,
        Kind::Role,
        Kind::Client,
        Kind::Provider,
        Kind::Webhook,
    ];

    /// The word in the database and in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Settings => "settings",
            Kind::Attribute => "attribute",
            Kind::Resource => "resource",
            Kind::Scope => "scope",
            Kind::Group => "group",
            Kind::Role => "role",
            Kind::Provider => "provider",
            Kind::Client => "client",
            Kind::Webhook => "webhook",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Documents by kind and name.
pub type Documents = BTreeMap<(Kind, String), Value>;

/// What is to be done to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FileAction)]
pub enum Action {
    /// It is not there yet.
    Create,
    /// It is there and differs.
    Update,
    /// It is there as wanted, and from now on belongs to the files.
    Adopt,
    /// The files no longer hold it.
    Delete,
    /// The files no longer hold it, and it is gone already.
    Forget,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldChange {
    /// Where: `name`, `policy.pkce`, `redirect_uris`.
    pub path: String,
    /// What it is; `null` where there is nothing.
    pub before: Value,
    /// What it is to be; `null` where there is to be nothing.
    pub after: Value,
}

/// One object that is to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ObjectChange {
    /// Of which kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What to do.
    pub action: Action,
    /// What differs; empty where the whole object comes or goes.
    pub fields: Vec<FieldChange>,
    /// Whether it was changed or removed by hand since it was last applied.
    pub drifted: bool,
    /// What goes with it if it is removed, by name and number: `grants` and `consents` of a client, `links` of a provider,
    /// `members` of a group (1,001 means more than a thousand). Empty where nothing does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ends: BTreeMap<String, i64>,
}

/// What applying would do: first everything that comes and changes, in the order of dependence, then everything that goes,
/// in the opposite order.
pub fn plan(wanted: &Documents, present: &Documents, applied: &Documents) -> Vec<ObjectChange> {
    let mut changes = Vec::new();
    for (key, document) in wanted {
        let drifted = applied.get(key).is_some_and(|last| present.get(key) != Some(last));
        let (action, fields) = match present.get(key) {
            None => (Action::Create, Vec::new()),
            Some(there) if there != document => (Action::Update, fields(there, document)),
            Some(_) if !applied.contains_key(key) => (Action::Adopt, Vec::new()),
            Some(_) => continue,
        };
        changes.push(ObjectChange { kind: key.0, name: key.1.clone(), action, fields, drifted, ends: BTreeMap::new() });
    }
    for (key, last) in applied.iter().rev().filter(|(key, _)| !wanted.contains_key(*key)) {
        let there = present.get(key);
        let action = if there.is_some() { Action::Delete } else { Action::Forget };
        let drifted = there != Some(last);
        changes.push(ObjectChange {
            kind: key.0,
            name: key.1.clone(),
            action,
            fields: Vec::new(),
            drifted,
            ends: BTreeMap::new(),
        });
    }
    changes
}

/// What was changed by hand since files were last applied: `before` is what they said, `after` what is there.
pub fn drift(present: &Documents, applied: &Documents) -> Vec<ObjectChange> {
    let mut changes = Vec::new();
    for (key, last) in applied {
        let (action, fields) = match present.get(key) {
            None => (Action::Delete, Vec::new()),
            Some(there) if there != last => (Action::Update, fields(last, there)),
            Some(_) => continue,
        };
        changes.push(ObjectChange {
            kind: key.0,
            name: key.1.clone(),
            action,
            fields,
            drifted: true,
            ends: BTreeMap::new(),
        });
    }
    changes
}

/// The fields in which two documents differ, in order of their paths. Objects are looked into; lists are compared whole.
fn fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    match (before, after) {
        (Value::Object(left), Value::Object(right)) => {
            let mut names: Vec<&String> = left.keys().chain(right.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let nothing = Value::Null;
                compare(&path, left.get(name).unwrap_or(&nothing), right.get(name).unwrap_or(&nothing), found);
            }
        }
        (left, right) if left != right => {
            found.push(FieldChange { path: path.to_owned(), before: left.clone(), after: right.clone() });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(objects: &[(Kind, &str, Value)]) -> Documents {
        objects.iter().map(|(kind, name, value)| ((*kind, (*name).to_owned()), value.clone())).collect()
    }

    fn words(changes: &[ObjectChange]) -> Vec<String> {
        let word = |c: &ObjectChange| {
            let paths: Vec<&str> = c.fields.iter().map(|f| f.path.as_str()).collect();
            let mark = if c.drifted { "!" } else { "" };
            format!("{:?}{mark} {} {} {}", c.action, c.kind.as_str(), c.name, paths.join(",")).trim_end().to_owned()
        };
        changes.iter().map(word).collect()
    }

    #[test]
    fn a_plan_compares_what_is_wanted_with_what_is_there_and_what_was_applied() {
        let wiki = json!({ "name": "Wiki", "policy": { "pkce": "required", "trusted": false } });
        let other = json!({ "name": "Wiki 2", "policy": { "pkce": "required", "trusted": true } });
        let wanted = set(&[
            (Kind::Client, "wiki", other.clone()),
            (Kind::Client, "new", wiki.clone()),
            (Kind::Scope, "mine", json!(1)),
            (Kind::Scope, "same", json!(1)),
        ]);
        let present = set(&[
            (Kind::Client, "wiki", wiki.clone()),
            (Kind::Scope, "mine", json!(1)),
            (Kind::Scope, "same", json!(1)),
            (Kind::Scope, "by hand", json!(1)),
            (Kind::Group, "old", json!(1)),
            (Kind::Client, "old", json!(2)),
        ]);
        let applied = set(&[
            (Kind::Client, "wiki", other),
            (Kind::Scope, "same", json!(1)),
            (Kind::Group, "old", json!(1)),
            (Kind::Client, "old", json!(1)),
            (Kind::Role, "gone", json!(1)),
        ]);
        let planned = words(&plan(&wanted, &present, &applied));
        assert_eq!(
            planned,
            [
                "Adopt scope mine",
                "Create client new",
                "Update! client wiki name,policy.trusted",
                "Delete! client old",
                "Forget! role gone",
                "Delete group old",
            ]
        );
        assert!(plan(&present, &present, &present).is_empty(), "what was applied and is there needs nothing");
    }

    #[test]
    fn drift_is_what_hands_did_since() {
        let applied = set(&[(Kind::Scope, "a", json!({ "x": [1] })), (Kind::Scope, "b", json!({ "x": 1 }))]);
        let present = set(&[(Kind::Scope, "a", json!({ "x": [1, 2], "y": 1 })), (Kind::Scope, "c", json!(1))]);
        let drifted = drift(&present, &applied);
        assert_eq!(words(&drifted), ["Update! scope a x,y", "Delete! scope b"]);
        assert_eq!((&drifted[0].fields[1].before, &drifted[0].fields[1].after), (&Value::Null, &json!(1)));
        assert!(drift(&applied, &applied).is_empty());
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        assert!(Kind::ALL.into_iter().all(|kind| Kind::parse(kind.as_str()) == Some(kind)));
        assert!(Kind::ALL.is_sorted() && Kind::parse("user").is_none());
    }
}
