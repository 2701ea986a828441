//! Owns the nouns of the command line (`vouchsafe client …`, `user …`): a table of verbs, each of which goes to operations of
//! the administration API, through the door. Arguments are made of what the API's table says of an operation: parts of its
//! path, its query, the members of what it takes. It does not own the operations, nor which verbs there are (`table`).

mod fields;
mod import;
mod keys;
mod list;
mod logo;
mod own;
mod table;
mod told;
mod work;

use std::future::Future;
use std::pin::Pin;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;

use super::door::{Door, DoorArgs};
use super::{Answer, Failure, General};
use crate::http::admin::api::route::Kind;
use crate::http::admin::api::{ApiRoute, routes};
use crate::http::routes::Method;
use fields::Mode;
use work::Work;

/// A noun: its name, what it is, and its verbs. A verb without a name is the noun by itself.
struct Noun {
    name: &'static str,
    about: &'static str,
    verbs: &'static [Verb],
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + 'a>>;

/// What a verb does with the operations it goes to.
#[derive(Clone, Copy)]
enum Does {
    /// Goes through the pages of a list: columns (head and member), what is said of an empty one, how many are shown when
    /// nobody says how many.
    List { columns: &'static [(&'static str, &'static str)], empty: &'static str, most: Option<usize> },
    /// Sends one request, with the members that were given.
    Send,
    /// Reads the thing, changes the members that were given, and writes it if nobody else has meanwhile.
    Edit,
    /// Something of its own.
    Own(for<'a> fn(&'a Work<'a>) -> Running<'a>),
}

/// How what was done is told to people.
#[derive(Clone, Copy)]
enum Tell {
    /// A line for each member.
    Lines,
    /// In these words; `{member}` stands for a member of the answer, or a part of the path.
    Said(&'static str),
    /// Otherwise: the answer as it came.
    Own(fn(&Work<'_>, Value) -> Answer),
}

/// A verb.
pub(super) struct Verb {
    name: &'static str,
    /// Without words: what the API says of the operation.
    about: &'static str,
    /// Names of the operations it goes to; the first one gives the arguments.
    goes: &'static [&'static str],
    does: Does,
    tell: Tell,
    /// Members that are no flags: fixed by the path, or said by arguments of its own.
    hides: &'static [&'static str],
    /// The member that names a new thing and stands without a flag.
    key: &'static str,
    /// Whether a whole document can be given in the place of flags.
    takes_document: bool,
    /// Arguments of its own.
    extra: fn(Command) -> Command,
    /// What they do to the body.
    prepare: fn(&mut Value, &ArgMatches) -> Result<(), Failure>,
    /// The operation that shows the thing before it is gone.
    looks: Option<&'static str>,
    /// Whether it asks at a terminal, and the operation that tells what will end.
    asks: Option<Option<&'static str>>,
    /// How the answer is shown to programs.
    shape: fn(Value) -> Value,
}

impl Verb {
    const fn new(name: &'static str, goes: &'static [&'static str], does: Does) -> Self {
        Self {
            name,
            about: "",
            goes,
            does,
            tell: Tell::Lines,
            hides: &[],
            key: "",
            takes_document: false,
            extra: |command| command,
            prepare: |_, _| Ok(()),
            looks: None,
            asks: None,
            shape: |value| value,
        }
    }

    const fn about(mut self, words: &'static str) -> Self {
        self.about = words;
        self
    }

    const fn says(mut self, words: &'static str) -> Self {
        self.tell = Tell::Said(words);
        self
    }

    const fn tells(mut self, tell: fn(&Work<'_>, Value) -> Answer) -> Self {
        self.tell = Tell::Own(tell);
        self
    }

    const fn hides(mut self, members: &'static [&'static str]) -> Self {
        self.hides = members;
        self
    }

    const fn key(mut self, member: &'static str) -> Self {
        self.key = member;
        self
    }

    const fn takes_document(mut self) -> Self {
        self.takes_document = true;
        self
    }

    const fn extra(mut self, extra: fn(Command) -> Command) -> Self {
        self.extra = extra;
        self
    }

    const fn prepared(mut self, prepare: fn(&mut Value, &ArgMatches) -> Result<(), Failure>) -> Self {
        self.prepare = prepare;
        self
    }

    const fn looks(mut self, operation: &'static str) -> Self {
        self.looks = Some(operation);
        self
    }

    const fn asks(mut self, ends: Option<&'static str>) -> Self {
        self.asks = Some(ends);
        self
    }

    const fn shaped(mut self, shape: fn(Value) -> Value) -> Self {
        self.shape = shape;
        self
    }

    fn mode(&self) -> Mode {
        if matches!(self.does, Does::Edit) { Mode::Change } else { Mode::Anew }
    }

    /// The operation that gives the arguments. A test holds that each is there.
    fn route(&self) -> Option<&'static ApiRoute> {
        self.goes.first().and_then(|id| route(id))
    }

    fn command(&self, command: Command) -> Command {
        let Some(route) = self.route() else { return command };
        let about = if self.about.is_empty() { route.summary } else { self.about };
        let command = (self.extra)(command);
        let command = match self.does {
            Does::Own(_) => command,
            Does::List { most, .. } => {
                list::arguments(route.path_parameters().fold(queries(command, route), place), most)
            }
            Does::Send | Does::Edit => {
                self.sending(route.path_parameters().fold(queries(command, route), place), route)
            }
        };
        DoorArgs::augment_args(command)
            .about(about.trim_end_matches('.').to_owned())
            // Scopes are of the client or the person that a command is about.
            .mut_arg("token_scope", |arg| arg.alias(None))
    }

    fn sending(&self, command: Command, route: &ApiRoute) -> Command {
        let fields = fields::of(route, self.hides);
        let mut command = fields::arguments(command, &fields, self.mode(), self.key);
        if self.takes_document {
            let help = "The whole document as the API takes it, in JSON, in the place of flags; - for the input stream";
            command = command.arg(Arg::new("document").long("document").value_name("FILE").help(help));
        }
        if self.asks.is_some() {
            let help = "Does not ask; at a terminal it would";
            command = command.arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help(help));
        }
        if route.versioned && !matches!(route.method, Method::Get | Method::Post) {
            let help = "Does it only if this is the version that is there";
            let version = clap::value_parser!(i64).range(0..);
            command = command
                .arg(Arg::new("if-version").long("if-version").value_name("VERSION").value_parser(version).help(help));
        }
        command
    }
}

/// The line of the API's table with this name.
fn route(id: &str) -> Option<&'static ApiRoute> {
    routes().find(|route| route.id == id)
}

/// A part of the path, by itself.
fn place(command: Command, name: &'static str) -> Command {
    command.arg(part(name).required(true))
}

fn part(name: &'static str) -> Arg {
    let (value, help) = match name {
        "user_id" => ("USER", "E-mail address or id"),
        "correlation_id" => ("ID", "The correlation id, as it stands on the error page, in the app's log or in ours"),
        "audience" => ("AUDIENCE", "Its audience"),
        "group" | "role" | "attribute" | "scope" | "webhook" => ("NAME", "Its name"),
        "event" => ("NUMBER", "Its number in the security log"),
        _ => ("ID", "Its id"),
    };
    let value = if name == "client_id" { "CLIENT_ID" } else { value };
    // They are segments of an address, in which dots have a meaning of their own.
    let segment = NonEmptyStringValueParser::new().try_map(|text| match text.as_str() {
        "." | ".." => Err("nothing has such a name"),
        _ => Ok(text),
    });
    // One key id in 64 begins with a hyphen.
    Arg::new(name).value_name(value).help(help).value_parser(segment).allow_hyphen_values(name == "kid")
}

fn queries(command: Command, route: &ApiRoute) -> Command {
    let own = route.query.iter().filter(|query| !list::PAGING.contains(&query.name));
    command.args(own.map(|query| {
        let arg = Arg::new(query.name).long(query.name.replace('_', "-")).required(query.required);
        let arg = arg.help(query.words.trim_end_matches('.'));
        match query.kind {
            Kind::Word(words) => arg.value_parser(words.to_vec()),
            Kind::Flag => arg.value_parser(["true", "false"]),
            Kind::Time => arg.value_name("TIME"),
            Kind::Number(..) => arg.value_name("NUMBER"),
            Kind::Text => arg.value_name("TEXT"),
        }
    }))
}

impl Noun {
    fn command(&self, mut command: Command) -> Command {
        for verb in self.verbs {
            command = match verb.name {
                "" => verb.command(command).about(self.about.trim_end_matches('.')),
                name => command.subcommand(verb.command(Command::new(name))),
            };
        }
        match self.verbs.iter().any(|verb| verb.name.is_empty()) {
            true => command.args_conflicts_with_subcommands(true).subcommand_negates_reqs(true),
            false => command.subcommand_required(true).arg_required_else_help(true),
        }
    }
}

/// The command line with all nouns in it.
pub(super) fn augment(command: Command) -> Command {
    command.subcommands(table::NOUNS.iter().map(|noun| {
        // Flags are made of schemas: only for the noun that is asked for.
        Command::new(noun.name).about(noun.about).defer(|command| match find(command.get_name()) {
            Some(noun) => noun.command(command),
            None => command,
        })
    }))
}

fn find(name: &str) -> Option<&'static Noun> {
    table::NOUNS.iter().find(|noun| noun.name == name)
}

/// A verb with its arguments, if a noun was called.
pub(super) fn called(matches: &ArgMatches) -> Option<(&'static Verb, &ArgMatches)> {
    let (noun, matches) = matches.subcommand()?;
    let (verb, matches) = matches.subcommand().unwrap_or(("", matches));
    Some((find(noun)?.verbs.iter().find(|v| v.name == verb)?, matches))
}

/// Does what the arguments say.
pub(super) async fn run(general: &General, (verb, matches): (&'static Verb, &ArgMatches)) -> Result<Answer, Failure> {
    let args = DoorArgs::from_arg_matches(matches).map_err(|e| Failure::Usage(e.to_string()))?;
    let door = Door::open(&args, general).await?;
    let work = Work { door: &door, verb, matches };
    let done = match verb.does {
        Does::List { columns, empty, most } => list::run(&work, columns, empty, most).await,
        Does::Send => work.send().await,
        Does::Edit => work.edit().await,
        Does::Own(run) => run(&work).await,
    };
    door.close().await;
    done
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Operations that no noun goes to, and why.
    const NOT_HERE: [(&str, &str); 5] = [
        ("index", "tells what the token at hand may do: for programs; `vouchsafe api` lists all operations"),
        ("files_export", "`vouchsafe export`"),
        ("files_plan", "`vouchsafe plan`"),
        ("files_apply", "`vouchsafe apply`"),
        ("files_drift", "`vouchsafe drift`"),
    ];

    #[test]
    fn every_operation_of_the_api_has_a_verb_or_a_reason() {
        let verbs = || table::NOUNS.iter().flat_map(|noun| noun.verbs);
        let reached: BTreeSet<&str> =
            verbs().flat_map(|v| v.goes.iter().copied().chain(v.looks).chain(v.asks.flatten())).collect();
        let apart: BTreeSet<&str> = NOT_HERE.iter().map(|(id, _)| *id).collect();
        let all: BTreeSet<&str> = routes().map(|route| route.id).collect();
        let lost: Vec<_> = all.iter().filter(|id| !reached.contains(*id) && !apart.contains(*id)).collect();
        assert!(lost.is_empty(), "no verb goes to {lost:?}");
        let invented: Vec<_> = reached.union(&apart).filter(|id| !all.contains(*id)).collect();
        assert!(invented.is_empty(), "there are no operations {invented:?}");
        assert!(reached.is_disjoint(&apart));
        assert!(verbs().all(|verb| verb.route().is_some()));
    }

    #[test]
    fn what_is_left_out_of_a_document_is_a_member_of_it() {
        for verb in table::NOUNS.iter().flat_map(|noun| noun.verbs) {
            let route = verb.route().unwrap();
            let members = crate::http::admin::api::openapi::body_of(route).unwrap_or_default();
            for name in verb.hides.iter().chain(Some(&verb.key).filter(|key| !key.is_empty())) {
                assert!(members["properties"].get(*name).is_some(), "{}: {name}", route.id);
            }
        }
    }
}
