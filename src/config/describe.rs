//! Owns the list of all keys with their values and origins, for `vouchsafe config show`, `vouchsafe doctor` and the
//! reference. It does not own the values themselves; secrets arrive here already hidden.

use serde::{Serialize, Serializer};

use super::finding::Origin;

/// One key, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its full name: `server.issuer`.
    pub key: String,
    /// Its environment variable: `VOUCHSAFE_SERVER_ISSUER`.
    pub environment: String,
    /// A second, shorter environment variable, where there is one: `VOUCHSAFE_ISSUER`.
    pub short: Option<&'static str>,
    /// The default in TOML's notation.
    pub default: String,
    /// The value in force, in TOML's notation. Secrets are not shown, and passwords in addresses are left out.
    pub value: String,
    /// What a number counts, or what form a text has.
    pub unit: &'static str,
    /// One sentence on what the key is for.
    pub meaning: &'static str,
    /// Where the value came from. Serialises as its words: `default`, `vouchsafe.toml:12`, `environment VOUCHSAFE_ISSUER`.
    #[serde(serialize_with = "origin_words")]
    pub origin: Origin,
}

fn origin_words<S: Serializer>(origin: &Origin, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(origin)
}

/// The rows as a table for a terminal: key, value, origin.
pub(super) fn table(rows: &[Row]) -> String {
    let width = |text: fn(&Row) -> &str, most: usize| {
        rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0).min(most)
    };
    let (keys, values) = (width(|row| &row.key, 40), width(|row| &row.value, 44));
    let mut table = String::new();
    for row in rows {
        table.push_str(&format!("{:keys$}  {:values$}  {}\n", row.key, row.value, row.origin));
    }
    table
}
