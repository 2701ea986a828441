//! Owns how claim mappings are written in a form, one on each line: `department = attribute:cost_centre in id_token, userinfo`.
//! It does not own what may be mapped (`oauth::mapping`).

use crate::flow::admin::AdminRefusal;
use crate::http::pages::console::{Field, FieldKind};
use crate::oauth::mapping::{Mapping, MappingSource, MappingTarget};

const TARGETS: [(&str, MappingTarget); 3] = [
    ("id_token", MappingTarget::IdToken),
    ("userinfo", MappingTarget::Userinfo),
    ("access_token", MappingTarget::AccessToken),
];

/// The field of a form.
pub fn field(mappings: &[Mapping]) -> Field {
    let text: Vec<String> = mappings.iter().map(line).collect();
    Field::line("mappings", "Claims of its own", text.join("\n")).kind(FieldKind::Lines(4)).hint(
        "One on each line, for example: department = attribute:cost_centre in id_token, userinfo. \
         Sources: attribute:NAME, profile:CLAIM, groups, groups:PREFIX, role, constant:\"text\".",
    )
}

fn line(mapping: &Mapping) -> String {
    let from = match &mapping.from {
        MappingSource::Attribute(name) => format!("attribute:{name}"),
        MappingSource::Profile(name) => format!("profile:{name}"),
        MappingSource::Groups { prefix: None } => "groups".to_owned(),
        MappingSource::Groups { prefix: Some(prefix) } => format!("groups:{prefix}"),
        MappingSource::Role => "role".to_owned(),
        MappingSource::Constant(value) => format!("constant:{value}"),
    };
    let into: Vec<&str> = TARGETS.iter().filter(|(_, t)| mapping.into.contains(t)).map(|(name, _)| *name).collect();
    format!("{} = {from} in {}", mapping.claim, into.join(", "))
}

/// Reads the lines.
///
/// # Errors
/// An [`AdminRefusal`] at the field.
pub fn read(lines: &[String]) -> Result<Vec<Mapping>, AdminRefusal> {
    lines
        .iter()
        .map(|line| {
            parse(line).ok_or_else(|| {
                let words = format!("the line {line:?} is not of the form: claim = source in targets");
                AdminRefusal::invalid("mapping", words).at("mappings")
            })
        })
        .collect()
}

fn parse(line: &str) -> Option<Mapping> {
    let (claim, rest) = line.split_once('=')?;
    let (source, targets) = rest.rsplit_once(" in ")?;
    let (kind, value) = match source.trim().split_once(':') {
        Some((kind, value)) => (kind, Some(value.trim().to_owned())),
        None => (source.trim(), None),
    };
    let from = match (kind, value) {
        ("attribute", Some(name)) => MappingSource::Attribute(name),
        ("profile", Some(name)) => MappingSource::Profile(name),
        ("groups", prefix) => MappingSource::Groups { prefix },
        ("role", None) => MappingSource::Role,
        ("constant", Some(value)) => MappingSource::Constant(serde_json::from_str(&value).ok()?),
        _ => return None,
    };
    let target = |name: &str| TARGETS.iter().find(|(known, _)| *known == name.trim()).map(|(_, t)| *t);
    let into = targets.split(',').map(target).collect::<Option<Vec<_>>>()?;
    Some(Mapping { claim: claim.trim().to_owned(), from, into })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_read_as_they_are_written() {
        for text in [
            "department = attribute:cost_centre in id_token, userinfo",
            "nick = profile:nickname in access_token",
            "roles = groups in id_token",
            "teams = groups:team- in userinfo, access_token",
            "admin = role in id_token",
            "tenant = constant:\"a in b\" in id_token",
        ] {
            let read = read(&[text.to_owned()]).unwrap();
            assert_eq!(line(&read[0]), text);
        }
        for odd in ["", "x", "a = b", "a = b in c", "a = attribute in id_token", "a = role in nowhere"] {
            assert_eq!(read(&[odd.to_owned()]).unwrap_err().field, Some("mappings"), "{odd}");
        }
    }
}
