//! Owns the names: which keys there are, what each is called in the environment, and which right name a wrong one was
//! meant to be. It does not own values.

use super::SECTIONS;

/// A key of a section, as its section declares it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Its name within the section.
    pub(super) name: &'static str,
    /// What its number counts (`seconds`), or what form its text has (`path`).
    pub(super) unit: &'static str,
    /// One sentence for the reference.
    pub(super) meaning: &'static str,
    /// Never shown, and refused in the file and as a flag, where others could read it.
    pub(super) secret: bool,
}

impl Key {
    /// A key that may be set anywhere.
    pub(super) const fn new(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self { name, unit, meaning, secret: false }
    }

    /// A key that only the environment may set.
    pub(super) const fn secret(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self { name, unit, meaning, secret: true }
    }
}

/// Names the configuration file itself; read before everything else.
pub(super) const FILE_VARIABLE: &str = "VOUCHSAFE_CONFIG";

/// Environment variables of commands that work on a running server. They set no key; here so that they are known.
pub(super) const COMMAND_VARIABLES: [&str; 3] =
    ["VOUCHSAFE_API_TOKEN", "VOUCHSAFE_API_CLIENT_ID", "VOUCHSAFE_API_CLIENT_SECRET"];
/// What all our environment variables begin with.
pub(super) const PREFIX: &str = "VOUCHSAFE_";

/// Names that scripts may rely on beside the regular form.
const SHORT: [(&str, &str); 3] = [
    ("server.issuer", "VOUCHSAFE_ISSUER"),
    ("server.listen", "VOUCHSAFE_LISTEN"),
    ("keys.master_key", "VOUCHSAFE_MASTER_KEY"),
];

/// Every key by its full name (`server.issuer`), section by section.
pub(super) fn all() -> impl Iterator<Item = (String, &'static Key)> {
    SECTIONS.iter().flat_map(|(section, keys)| keys.iter().map(move |key| (format!("{section}.{}", key.name), key)))
}

/// The key with this full name.
pub(super) fn find(full: &str) -> Option<&'static Key> {
    all().find(|(name, _)| name == full).map(|(_, key)| key)
}

/// `server.issuer` is `VOUCHSAFE_SERVER_ISSUER`.
pub(super) fn environment_name(full: &str) -> String {
    format!("{PREFIX}{}", full.replace('.', "_").to_ascii_uppercase())
}

/// The short name, where the key has one.
pub(super) fn short_name(full: &str) -> Option<&'static str> {
    SHORT.iter().find(|(key, _)| *key == full).map(|(_, short)| *short)
}

/// The key that a name in the file or in a flag was probably meant to be.
pub(super) fn nearest_key(wrong: &str) -> Option<String> {
    let names: Vec<String> = all().map(|(name, _)| name).collect();
    let close = closest(&names, wrong);
    if let Some((name, distance)) = &close
        && *distance <= 2
    {
        return Some(name.clone());
    }
    // The right key under a wrong heading, or under none: `issuer = …` at the top of the file.
    let last = wrong.rsplit('.').next().unwrap_or(wrong);
    let mut same_last = names.iter().filter(|name| name.split('.').nth(1) == Some(last));
    if let (Some(only), None) = (same_last.next(), same_last.next()) {
        return Some(only.clone());
    }
    close.map(|(name, _)| name)
}

/// The environment variable that a name was probably meant to be.
pub(super) fn nearest_variable(wrong: &str) -> Option<String> {
    let names: Vec<String> = all()
        .flat_map(|(name, _)| [Some(environment_name(&name)), short_name(&name).map(str::to_owned)])
        .flatten()
        .chain([FILE_VARIABLE.to_owned()])
        .collect();
    closest(&names, &wrong.to_ascii_uppercase()).map(|(name, _)| name)
}

/// The section that a heading was probably meant to be.
pub(super) fn nearest_section(wrong: &str) -> Option<String> {
    let names: Vec<String> = SECTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    closest(&names, wrong).map(|(name, _)| name)
}

/// The name with the fewest edits, if a third of the text or less would have to change.
fn closest(names: &[String], wrong: &str) -> Option<(String, usize)> {
    // An endless name is nobody's typing error, and the comparison is quadratic.
    if wrong.len() > 100 {
        return None;
    }
    let best = names
        .iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(name, &wrong.to_ascii_lowercase())
                    .min(strsim::damerau_levenshtein(name, wrong)),
                name,
            )
        })
        .min_by_key(|(distance, _)| *distance)?;
    (best.0 <= (wrong.chars().count() / 3).max(1)).then(|| (best.1.clone(), best.0))
}
