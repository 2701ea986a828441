//! Owns the values that the command line gives. It does not own the flags themselves: those are clap's, in `command`.

use super::finding::{Finding, Origin};
use super::names;
use super::reader::{Given, Layers};
use super::value::{Raw, echo};

/// What the command line sets, over everything else.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    given: Vec<Override>,
}

#[derive(Clone, Debug)]
struct Override {
    flag: String,
    key: String,
    value: Option<String>,
}

impl Overrides {
    /// Takes the value of a flag, if it was given: `.flag("--listen", "server.listen", args.listen)`.
    #[must_use]
    pub fn flag(mut self, flag: &str, key: &str, value: Option<String>) -> Self {
        if value.is_some() {
            self.given.push(Override { flag: flag.to_owned(), key: key.to_owned(), value });
        }
        self
    }

    /// Takes `section.key=value`, the form of a general `--set` flag.
    #[must_use]
    pub fn assign(mut self, flag: &str, assignment: &str) -> Self {
        let (key, value) = match assignment.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (assignment, None),
        };
        self.given.push(Override { flag: flag.to_owned(), key: key.trim().to_owned(), value });
        self
    }

    pub(super) fn apply(self, layers: &mut Layers, findings: &mut Vec<Finding>) {
        for Override { flag, key, value } in self.given {
            let origin = Origin::Flag(flag);
            let says = match (names::find(&key), value) {
                (Some(known), Some(_)) if known.secret => format!(
                    "`{key}` cannot be a flag, since everybody on this machine can read those; set {} instead",
                    names::short_name(&key).map_or_else(|| names::environment_name(&key), str::to_owned)
                ),
                (Some(_), Some(text)) => {
                    layers.entry(key).or_default().push(Given { raw: Raw::Word(text), origin });
                    continue;
                }
                (Some(_), None) => format!("`{key}` lacks a value; write {key}=VALUE"),
                (None, _) => match names::nearest_key(&key) {
                    Some(right) => format!("unknown key {}; did you mean `{right}`?", echo(&key)),
                    None => format!("unknown key {}; `vouchsafe config show` lists every key", echo(&key)),
                },
            };
            findings.push(Finding::at(origin, says));
        }
    }
}
