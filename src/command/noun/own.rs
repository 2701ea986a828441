//! Owns verbs and arguments that are more than the API's table says: secrets from the input stream, defaults that flags add
//! to, things that are made or changed by one command. It does not own what operations do.

use std::io::{IsTerminal, Read};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::work::Work;
use super::{Mode, Tell, fields, list, part, route};
use crate::command::show::{self, merge};
use crate::command::{Answer, Failure};
use crate::flow::admin::client::ClientDocument;
use crate::identity::RoleName;
use crate::oauth::client_policy::Profile;
use crate::oauth::scope::STANDARD;

pub(super) use super::keys::{export_args, export_keys, import_args, import_key, rotate_args, rotate_keys};

/// More than any password that is taken; the server's own limit is held by the hasher.
const MOST_BYTES: u64 = 65_536;

pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn is(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or_default()
}

// ------------------------------------------------------------------------------------------------------- clients

/// Scopes and grants of a new client come on top of those of its profile.
pub(super) fn profile_and_more(body: &mut Value, matches: &ArgMatches) -> Result<(), Failure> {
    let Some(profile) = body["profile"].as_str().and_then(Profile::parse) else { return Ok(()) };
    if matches.contains_id("document") {
        return Ok(());
    }
    let first = json!(ClientDocument::new(profile, ""));
    for member in ["scopes", "grants"] {
        if let (Some(given), Some(mut all)) = (body[member].as_array(), first[member].as_array().cloned()) {
            all.extend(given.iter().cloned());
            body[member] = all.into();
        }
    }
    Ok(())
}

pub(super) fn overlap_args(command: Command) -> Command {
    let hours = Arg::new("overlap-hours").long("overlap-hours").value_name("HOURS").value_parser(value_parser!(u32));
    command
        .arg(hours.default_value("24").help("Hours that the old secret goes on"))
        .arg(flag("now", "Ends the old secret at once").conflicts_with("overlap-hours"))
}

pub(super) fn overlap(body: &mut Value, matches: &ArgMatches) -> Result<(), Failure> {
    let hours = matches.get_one::<u32>("overlap-hours").copied().filter(|_| !is(matches, "now")).unwrap_or_default();
    body["overlap_seconds"] = hours.saturating_mul(3_600).into();
    Ok(())
}

// -------------------------------------------------------------------------------------------------------- people

fn password_flag() -> Arg {
    flag("password-stdin", "Reads the password from the input stream; a line break at its end does not count")
}

pub(super) fn first_access_args(command: Command) -> Command {
    let invite = "Prints a one-time link under which they choose a password, in place of one from the input stream";
    command
        .arg(flag("owner", "The person may administer everything: short for --role owner").conflicts_with("role"))
        .arg(flag("invite", invite).conflicts_with("password-stdin"))
        .arg(password_flag().required_unless_present("invite"))
}

pub(super) fn first_access(body: &mut Value, matches: &ArgMatches) -> Result<(), Failure> {
    if is(matches, "owner") {
        body["role"] = RoleName::OWNER.as_str().into();
    }
    if is(matches, "invite") {
        body["invite"] = true.into();
        return Ok(());
    }
    new_password(body, matches)
}

pub(super) fn password_args(command: Command) -> Command {
    command.arg(password_flag().required(true))
}

/// The new password, from the input stream.
pub(super) fn new_password(body: &mut Value, _: &ArgMatches) -> Result<(), Failure> {
    from_the_input(body, "password", "password")
}

/// Our secret at a provider comes by the input stream, which no other program sees.
pub(super) fn secret_args(command: Command) -> Command {
    let help = "Reads the secret from the input stream";
    command.arg(Arg::new("secret-stdin").long("secret-stdin").action(ArgAction::SetTrue).required(true).help(help))
}

/// The secret, from the input stream.
pub(super) fn new_secret(body: &mut Value, _: &ArgMatches) -> Result<(), Failure> {
    from_the_input(body, "secret", "secret")
}

/// Everything on the input stream, without one line break at its end.
fn from_the_input(body: &mut Value, member: &str, what: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("Type the {what}, then Enter and Ctrl-D; it will be visible. Better: pipe it in from a file.");
    }
    // Room for an ordinary password from the start, so that no copy is left behind while it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(4_096));
    let unreadable = |why: String| Failure::Usage(format!("the {what} on the input stream cannot be used: {why}"));
    stdin.lock().take(MOST_BYTES).read_to_end(&mut bytes).map_err(|e| unreadable(e.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    // A private key is several lines.
    let is_key = member == "secret" && text.starts_with("-----BEGIN ");
    if text.contains(['\n', '\r']) && !is_key {
        return Err(unreadable("it has more than one line".to_owned()));
    }
    body[member] = text.into();
    Ok(())
}

// -------------------------------------------------------------------------------------------------------- scopes

/// Members that a scope loses when it is defined anew without them.
const OF_SCOPE: [&str; 2] = ["audience", "claims"];

pub(super) fn scope_args(command: Command) -> Command {
    let fields = route("scope_create").map(|route| fields::of(route, &[])).unwrap_or_default();
    let command = fields::arguments(command, &fields, Mode::Anew, "name");
    command.arg(Arg::new("document").long("document").value_name("FILE").hide(true))
}

/// Makes it, or changes the one that is there.
pub(super) async fn define_scope(work: &Work<'_>) -> Result<Answer, Failure> {
    let fields = route("scope_create").map(|route| fields::of(route, &[])).unwrap_or_default();
    let mut body = Value::Object(fields::body(&fields, work.matches, &Value::Null)?);
    let made = match work.find("scope_find").await? {
        None => work.ask("scope_create", "", Some(&body)).await?.json,
        Some(is) => {
            for (member, nothing) in OF_SCOPE.into_iter().zip([Value::Null, json!([])]) {
                if body.get(member).is_none() {
                    body[member] = nothing;
                }
            }
            work.write("scope_patch", &body, is["version"].as_i64()).await?.json
        }
    };
    let words = match work.verb.tell {
        Tell::Said(template) => template.replace("{name}", &show::clean(made["name"].as_str().unwrap_or_default())),
        _ => String::new(),
    };
    Ok(Answer::new(words, made))
}

pub(super) async fn list_scopes(work: &Work<'_>) -> Result<Answer, Failure> {
    let own = list::items(work, None).await?.0;
    let standard =
        STANDARD.map(|(name, description)| json!({ "name": name, "description": description, "standard": true }));
    let own = own.into_iter().map(|mut scope| {
        merge(&mut scope, json!({ "standard": false }));
        scope
    });
    let all: Vec<Value> = standard.into_iter().chain(own).collect();
    let columns = [("SCOPE", "name"), ("", "standard"), ("WHAT PEOPLE ARE ASKED", "description")];
    Ok(Answer::new(list::rows(&all, &columns), all.into()))
}

// ------------------------------------------------------------------------------------------------------ sessions

pub(super) fn end_args(command: Command) -> Command {
    let of =
        Arg::new("user_id").long("user").value_name("TEXT").help("All sessions of this person: e-mail address or id");
    command.arg(part("session_id").required_unless_present("user_id")).arg(of.conflicts_with("session_id"))
}

pub(super) async fn end_sessions(work: &Work<'_>) -> Result<Answer, Failure> {
    if let Some(user) = work.text("user_id") {
        let ended = work.ask("user_end_sessions", "", None).await?.json;
        let count = ended["ended"].as_i64().unwrap_or_default();
        let words = format!("{count} session{} of {user} ended.", if count == 1 { "" } else { "s" });
        return Ok(Answer::new(words, ended));
    }
    let id = work.text("session_id").unwrap_or_default();
    work.ask("session_end", "", None).await?;
    // Whoever may end it and not look is told so much.
    let ended = work.ask("session_find", "", None).await.map_or_else(|_| json!({ "id": id }), |told| told.json);
    Ok(Answer::new(format!("The session {id} has ended."), ended))
}

// ------------------------------------------------------------------------------------------------- security log

pub(super) fn log_args(command: Command) -> Command {
    match super::route("audit_export") {
        Some(route) => super::queries(command, route),
        None => command,
    }
}

/// JSON lines, whether or not JSON was asked for.
pub(super) async fn export_log(work: &Work<'_>) -> Result<Answer, Failure> {
    let query = work.verb.route().map(|route| work.query(route)).unwrap_or_default();
    Ok(Answer::lines(work.ask("audit_export", &query, None).await?.text))
}
