//! Owns the moment at which a section takes its values out of the layers: every layer's value is checked, the highest
//! wins, and each key leaves a [`Row`] behind. It does not own where the layers come from (`file`, `environment`,
//! `overrides`).

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use super::describe::Row;
use super::finding::{Finding, Origin};
use super::names::{self, Key};
use super::value::{Raw, Setting};

/// A value and where it was found.
pub(super) struct Given {
    pub(super) raw: Raw,
    pub(super) origin: Origin,
}

/// What was given for each key, lowest precedence first.
pub(super) type Layers = BTreeMap<String, Vec<Given>>;

/// Reads one section after the other.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    section: &'static str,
    keys: &'static [Key],
    findings: Vec<Finding>,
    rows: Vec<Row>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers) -> Self {
        Self { layers, section: "", keys: &[], findings: Vec::new(), rows: Vec::new() }
    }

    /// Turns to another section.
    pub(super) fn section(&mut self, name: &'static str, keys: &'static [Key]) -> &mut Self {
        self.section = name;
        self.keys = keys;
        self
    }

    /// Takes a key without a rule of its own.
    pub(super) fn key<T: Setting>(&mut self, name: &'static str, default: T) -> T {
        self.checked(name, default, |_| Ok(()))
    }

    /// Takes a number that must lie in a range.
    pub(super) fn number<T>(&mut self, name: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: Setting + PartialOrd + Display,
    {
        let unit = self.keys.iter().find(|key| key.name == name).map_or("", |key| key.unit);
        self.checked(name, default, |number| {
            if range.contains(number) {
                return Ok(());
            }
            Err(format!("must be from {} to {} {unit}, not {number}", range.start(), range.end()))
        })
    }

    /// Takes a key with a rule.
    pub(super) fn checked<T, F>(&mut self, name: &'static str, default: T, rule: F) -> T
    where
        T: Setting,
        F: Fn(&T) -> Result<(), String>,
    {
        let full = format!("{}.{name}", self.section);
        let shown_default = default.show();
        let (mut value, mut origin) = (default, Origin::Default);
        for given in self.layers.get(&full).into_iter().flatten() {
            match T::read(&given.raw).and_then(|new| rule(&new).map(|()| new)) {
                Ok(new) => (value, origin) = (new, given.origin.clone()),
                Err(says) => self.findings.push(Finding::about(given.origin.clone(), &full, says)),
            }
        }
        if let Some(key) = self.keys.iter().find(|key| key.name == name) {
            self.rows.push(Row {
                environment: names::environment_name(&full),
                short: names::short_name(&full),
                default: shown_default,
                value: value.show(),
                unit: key.unit,
                meaning: key.meaning,
                origin,
                key: full,
            });
        }
        value
    }

    /// Refuses a combination of keys; it is reported where the first of them that somebody set stands.
    pub(super) fn refuse(&mut self, names: &[&str], says: impl Into<String>) {
        let full = |name: &str| if name.contains('.') { name.to_owned() } else { format!("{}.{name}", self.section) };
        let rows = names.iter().filter_map(|name| self.rows.iter().find(|row| row.key == full(name)));
        let set = rows.clone().find(|row| row.origin != Origin::Default).or_else(|| rows.clone().next());
        if let Some(row) = set {
            let finding = Finding::about(row.origin.clone(), &row.key, says);
            self.findings.push(finding);
        }
    }

    pub(super) fn finish(self) -> (Vec<Row>, Vec<Finding>) {
        (self.rows, self.findings)
    }
}
