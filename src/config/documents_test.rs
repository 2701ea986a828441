//! The sample file and the reference say what the code does.

use std::collections::HashMap;

use super::*;

const SAMPLE: &str = include_str!("../../docs/vouchsafe.sample.toml");
const REFERENCE: &str = include_str!("../../docs/configuration.md");

/// The keys that can stand in a file.
fn in_file() -> Vec<Row> {
    let rows = Config::default().describe().to_vec();
    rows.into_iter().filter(|row| names::find(&row.key).is_some_and(|key| !key.secret)).collect()
}

/// The sample with every key switched on: a setting is `#key = …`, a remark `# Words`.
fn switched_on() -> String {
    let is_setting = |line: &str| line.starts_with('#') && line[1..].starts_with(|c: char| c.is_ascii_lowercase());
    let lines = SAMPLE.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

fn load(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vouchsafe.toml"), text).unwrap();
    Config::load_beside(folder.path(), None, &HashMap::new(), Overrides::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_sample_as_it_is_changes_nothing() {
    assert!(load(SAMPLE).describe().iter().all(|row| row.origin == Origin::Default));
}

#[test]
fn the_sample_shows_every_key_with_its_default() {
    let config = load(&switched_on());
    for row in in_file() {
        let shown = config.describe().iter().find(|other| other.key == row.key).unwrap();
        assert!(matches!(shown.origin, Origin::File { .. }), "docs/vouchsafe.sample.toml lacks {}", row.key);
        assert_eq!(shown.value, row.default, "docs/vouchsafe.sample.toml shows another default for {}", row.key);
    }
    assert!(SAMPLE.contains("VOUCHSAFE_MASTER_KEY"));
}

#[test]
fn the_sample_shows_the_keys_in_order_and_names_their_units() {
    let lines: Vec<_> = SAMPLE.lines().collect();
    let mut from = 0;
    for row in in_file() {
        let name = row.key.split('.').nth(1).unwrap();
        let found = lines.iter().skip(from).position(|line| line.starts_with(&format!("#{name} = ")));
        let at = from + found.unwrap_or_else(|| panic!("{} is missing or out of order", row.key));
        let remarks = lines[..at].iter().rev().take_while(|line| line.starts_with("# "));
        let remarks = remarks.copied().collect::<Vec<_>>().join(" ").to_lowercase();
        let unit = row.unit.split(' ').next().unwrap().trim_end_matches('s').to_lowercase();
        assert!(remarks.contains(&unit), "the remark on {} does not say that it is in {}", row.key, row.unit);
        from = at + 1;
    }
}

#[test]
fn the_reference_describes_every_key() {
    let mut missing = String::new();
    for row in Config::default().describe() {
        let short = row.short.map_or_else(String::new, |short| format!(" or `{short}`"));
        let line = format!(
            "| `{}` | `{}`{short} | `{}` | {} | {} |\n",
            row.key, row.environment, row.default, row.unit, row.meaning
        );
        if !REFERENCE.contains(&line) {
            missing.push_str(&line);
        }
    }
    assert!(missing.is_empty(), "docs/configuration.md lacks:\n{missing}");
    let rows = REFERENCE.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, names::all().count(), "docs/configuration.md describes a key that does not exist");
}
