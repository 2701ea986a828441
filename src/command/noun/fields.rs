//! Owns a document's members as flags of the command line: what the API's schema says of each, its flag, and the JSON that
//! its texts become. It does not own what a good document is (`flow::admin`).

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use crate::command::Failure;
use crate::http::admin::api::openapi::body_of;
use crate::http::admin::api::route::ApiRoute;

/// Flags that are named otherwise than the member, or count otherwise.
const NAMES: [(&str, &str); 3] = [
    ("email_verified", "verified"),
    ("refresh_idle_seconds", "refresh-idle-days"),
    ("refresh_absolute_seconds", "refresh-absolute-days"),
];
/// Lists whose entries have no spaces: a text holds several.
const SPLIT: [&str; 3] = ["scopes", "permissions", "events"];
const DAY: i64 = 86_400;

/// A member of a document.
pub(super) struct Field {
    member: String,
    flag: String,
    kind: Kind,
    words: String,
    is_required: bool,
    is_nullable: bool,
}

enum Kind {
    Text,
    Number,
    Flag,
    Word(Vec<String>),
    /// Of texts; of these words only, if there are any.
    List(Vec<String>),
    /// Values by name.
    Map,
    Json,
}

/// Whether a document is written anew or changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Anew,
    Change,
}

/// The members that an operation takes, but those that stand for themselves elsewhere.
pub(super) fn of(route: &ApiRoute, hidden: &[&str]) -> Vec<Field> {
    let schema = body_of(route).unwrap_or_default();
    let is_required = |member: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|m| m == member));
    let members = schema["properties"].as_object().into_iter().flatten();
    let shown = members.filter(|(member, _)| !hidden.contains(&member.as_str()));
    shown.map(|(member, schema)| Field::of(member, schema, is_required(member))).collect()
}

impl Field {
    fn of(member: &str, schema: &Value, is_required: bool) -> Self {
        let parts: Vec<&Value> = schema["oneOf"].as_array().into_iter().flatten().collect();
        let core = parts.iter().copied().find(|part| part["type"] != "null").unwrap_or(schema);
        let types: Vec<&str> = match &core["type"] {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let kind = kind(core, types.iter().copied().find(|t| *t != "null").unwrap_or_default());
        let words = [schema, core].into_iter().find_map(|s| s["description"].as_str()).unwrap_or_default();
        let words: Vec<&str> = words.split_whitespace().collect();
        Self {
            flag: flag(member, &kind),
            member: member.to_owned(),
            kind,
            words: words.join(" ").trim_end_matches('.').to_owned(),
            is_required,
            is_nullable: types.contains(&"null") || parts.iter().any(|part| part["type"] == "null"),
        }
    }

    /// Whether the word `none` takes the value away. What has a default that can do without a name has none of this.
    fn takes_none(&self) -> bool {
        self.is_nullable && (matches!(self.kind, Kind::Number) || self.member.ends_with("_alg"))
    }

    fn unit(&self) -> &'static str {
        match self.flag.as_str() {
            flag if flag.ends_with("-days") => "days",
            flag if flag.ends_with("-seconds") || flag.ends_with("-age") => "seconds",
            _ => "items",
        }
    }

    /// Its flags. `key`: the member that names the thing stands by itself, without a flag.
    fn args(&self, mode: Mode, key: &str) -> Vec<Arg> {
        let arg = Arg::new(self.flag.clone()).help(self.words.clone());
        if self.member == key {
            return vec![arg.value_name(self.member.to_uppercase()).required_unless_present("document")];
        }
        let arg = arg.long(self.flag.clone());
        let arg = match &self.kind {
            Kind::Text => arg.value_name("TEXT"),
            Kind::Number => arg.value_name(self.unit().to_uppercase()).allow_negative_numbers(true),
            Kind::Flag if mode == Mode::Anew => arg.action(ArgAction::SetTrue),
            Kind::Flag => arg.value_parser(["true", "false"]).value_name("BOOL"),
            Kind::Word(words) => {
                let none = self.takes_none().then(|| "none".to_owned());
                arg.value_name("WORD").value_parser(PossibleValuesParser::new(words.iter().cloned().chain(none)))
            }
            Kind::List(words) => return self.list_args(arg, words, mode),
            Kind::Map => {
                let words =
                    format!("{}. A text as NAME=TEXT, anything else as NAME:=JSON; may be repeated", self.words);
                arg.value_name("NAME=VALUE").action(ArgAction::Append).help(words)
            }
            Kind::Json => arg.value_name("JSON"),
        };
        let is_needed = self.is_required && mode == Mode::Anew;
        if is_needed {
            let help = format!("{} [needed]", self.words);
            return vec![arg.required_unless_present("document").help(help)];
        }
        vec![arg]
    }

    fn list_args(&self, arg: Arg, words: &[String], mode: Mode) -> Vec<Arg> {
        let listed = |arg: Arg| match words.is_empty() || self.splits() {
            true => arg.action(ArgAction::Append).value_name("TEXT"),
            false => {
                arg.action(ArgAction::Append).value_name("WORD").value_parser(PossibleValuesParser::new(words.to_vec()))
            }
        };
        if mode == Mode::Anew {
            return vec![listed(arg).help(format!("{}. May be repeated", self.words))];
        }
        let one = |verb: &str, help: String| {
            let name = format!("{verb}-{}", self.flag);
            listed(Arg::new(name.clone()).long(name)).help(help)
        };
        vec![
            // "None" is said with an empty text, which no closed set of words has.
            arg.action(ArgAction::Append)
                .value_name("TEXT")
                .help(format!("{}. All anew; may be repeated; an empty text for none", self.words)),
            one("add", format!("One more for --{}; may be repeated", self.flag)),
            one("remove", format!("One less of --{}; may be repeated", self.flag)),
        ]
    }

    fn splits(&self) -> bool {
        SPLIT.contains(&self.member.as_str())
    }

    /// What was given for it; `is`: as it is now.
    fn value(&self, matches: &ArgMatches, is: &Value) -> Result<Option<Value>, Failure> {
        if let Kind::Flag = self.kind {
            let flag = matches.try_get_one::<bool>(&self.flag).ok().flatten().copied().filter(|on| *on);
            let text = matches.try_get_one::<String>(&self.flag).ok().flatten();
            return Ok(text.map(|text| text == "true").or(flag).map(Value::Bool));
        }
        if let Kind::List(_) = self.kind {
            return Ok(self.list(matches, is));
        }
        let texts = many(matches, &self.flag);
        let Some(text) = texts.last() else { return Ok(None) };
        let wrong = |wanted: &str| Failure::Usage(format!("--{} takes {wanted}, not {text:?}", self.flag));
        let value = match self.kind {
            _ if text.is_empty() && self.is_nullable => Value::Null,
            _ if text == "none" && self.takes_none() => Value::Null,
            Kind::Number => {
                let or_none = if self.is_nullable { " or none" } else { "" };
                let number: i64 = text.parse().map_err(|_| wrong(&format!("a number of {}{or_none}", self.unit())))?;
                json!(if self.unit() == "days" { number.saturating_mul(DAY) } else { number })
            }
            Kind::Map => {
                let pairs: Result<Map<String, Value>, Failure> = texts.iter().map(|text| self.pair(text)).collect();
                Value::Object(pairs?)
            }
            Kind::Json => serde_json::from_str(text).map_err(|e| wrong(&format!("JSON ({e})")))?,
            _ => json!(text),
        };
        Ok(Some(value))
    }

    fn pair(&self, text: &str) -> Result<(String, Value), Failure> {
        let wrong = |words: String| Failure::Usage(format!("--{} {text:?}: {words}", self.flag));
        let (name, value) = text.split_once('=').ok_or_else(|| wrong("write NAME=TEXT or NAME:=JSON".to_owned()))?;
        match name.strip_suffix(':') {
            Some(name) => Ok((name.to_owned(), serde_json::from_str(value).map_err(|e| wrong(e.to_string()))?)),
            None if value.is_empty() => Ok((name.to_owned(), Value::Null)),
            None => Ok((name.to_owned(), json!(value))),
        }
    }

    /// First it is replaced, then texts are added, then taken out. No text stands in it twice.
    fn list(&self, matches: &ArgMatches, is: &Value) -> Option<Value> {
        let texts = |name: &str| -> Vec<String> {
            let given = many(matches, name).into_iter();
            let split = |text: String| match self.splits() {
                true => text.split_ascii_whitespace().map(str::to_owned).collect(),
                false => vec![text],
            };
            given.flat_map(split).filter(|text| !text.is_empty()).collect()
        };
        let names = [self.flag.clone(), format!("add-{}", self.flag), format!("remove-{}", self.flag)];
        if names.iter().all(|name| many(matches, name).is_empty()) {
            return None;
        }
        let [anew, more, less] = names.map(|name| texts(&name));
        let mut list = match many(matches, &self.flag).is_empty() {
            true => is.as_array().into_iter().flatten().filter_map(|t| Some(t.as_str()?.to_owned())).collect(),
            false => anew,
        };
        list.extend(more);
        let mut seen = std::collections::HashSet::new();
        list.retain(|text| !less.contains(text) && seen.insert(text.clone()));
        Some(json!(list))
    }
}

fn kind(core: &Value, name: &str) -> Kind {
    let words = |schema: &Value| -> Vec<String> {
        let all = schema["enum"].as_array().into_iter().flatten();
        all.filter_map(|word| Some(word.as_str()?.to_owned())).collect()
    };
    match name {
        "string" if core.get("enum").is_some() => Kind::Word(words(core)),
        "string" => Kind::Text,
        "integer" => Kind::Number,
        "boolean" => Kind::Flag,
        "array" if core["items"]["type"] == "string" => Kind::List(words(&core["items"])),
        "object" if core.get("properties").is_none() => Kind::Map,
        _ => Kind::Json,
    }
}

/// `redirect_uris` is `--redirect-uri`, `code_lifetime_seconds` is `--code-seconds`.
fn flag(member: &str, kind: &Kind) -> String {
    if let Some((_, flag)) = NAMES.iter().find(|(name, _)| *name == member) {
        return (*flag).to_owned();
    }
    let one = match kind {
        Kind::List(_) | Kind::Map => member.strip_suffix('s').unwrap_or(member),
        _ => member,
    };
    one.replace("_lifetime_seconds", "_seconds").replace('_', "-")
}

/// Texts that were given; none where there is no such argument.
fn many(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches.try_get_many::<String>(name).ok().flatten().into_iter().flatten().cloned().collect()
}

/// The command with a flag for each member.
pub(super) fn arguments(command: Command, fields: &[Field], mode: Mode, key: &str) -> Command {
    command.args(fields.iter().flat_map(|field| field.args(mode, key)))
}

/// The members that were given. `is`: the document as it is now.
pub(super) fn body(fields: &[Field], matches: &ArgMatches, is: &Value) -> Result<Map<String, Value>, Failure> {
    let mut body = Map::new();
    for field in fields {
        if let Some(value) = field.value(matches, &is[field.member.as_str()])? {
            body.insert(field.member.clone(), value);
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(member: &str, schema: Value) -> Field {
        Field::of(member, &schema, false)
    }

    fn given(fields: &[Field], mode: Mode, args: &[&str], is: &Value) -> Result<Value, Failure> {
        let command = arguments(Command::new("x").no_binary_name(true), fields, mode, "");
        body(fields, &command.try_get_matches_from(args).unwrap(), is).map(Value::Object)
    }

    #[test]
    fn members_become_flags_by_their_type() {
        let fields = [
            field("redirect_uris", json!({ "type": "array", "items": { "type": "string" } })),
            field("code_lifetime_seconds", json!({ "type": ["integer", "null"] })),
            field("refresh_idle_seconds", json!({ "type": ["integer", "null"] })),
            field("trusted", json!({ "type": "boolean" })),
            field("userinfo_alg", json!({ "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["ES256"] }] })),
            field("tos_uri", json!({ "type": ["string", "null"] })),
            field("attributes", json!({ "type": "object", "additionalProperties": {} })),
            field("mappings", json!({ "type": "array", "items": { "type": "object" } })),
        ];
        let is = json!({ "redirect_uris": ["a", "b"] });
        let changed = given(
            &fields,
            Mode::Change,
            &[
                "--add-redirect-uri=c",
                "--add-redirect-uri=a",
                "--remove-redirect-uri=b",
                "--code-seconds=none",
                "--refresh-idle-days=2",
                "--trusted=false",
                "--userinfo-alg=none",
                "--tos-uri=",
                "--attribute=team=core",
                "--attribute=level:=3",
                "--attribute=gone=",
                "--mappings=[{}]",
            ],
            &is,
        );
        let wanted = json!({
            "redirect_uris": ["a", "c"], "code_lifetime_seconds": null, "refresh_idle_seconds": 172_800, "trusted": false,
            "userinfo_alg": null, "tos_uri": null, "attributes": { "team": "core", "level": 3, "gone": null },
            "mappings": [{}],
        });
        assert_eq!(changed.unwrap(), wanted);
        assert_eq!(given(&fields, Mode::Anew, &["--trusted"], &is).unwrap(), json!({ "trusted": true }));
        assert_eq!(given(&fields, Mode::Change, &["--redirect-uri="], &is).unwrap(), json!({ "redirect_uris": [] }));
        assert_eq!(given(&fields, Mode::Change, &[], &is).unwrap(), json!({}));
        for (wrong, words) in [
            ("--code-seconds=soon", "a number of seconds or none"),
            ("--attribute=team", "NAME=TEXT"),
            ("--mappings={", "JSON"),
        ] {
            let Err(Failure::Usage(refused)) = given(&fields, Mode::Change, &[wrong], &is) else { panic!("{wrong}") };
            assert!(refused.contains(words), "{refused}");
        }
    }
}
