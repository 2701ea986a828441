//! Owns the reading of `VOUCHSAFE_*` variables out of a map that the caller made from the process's environment.
//! It does not read the environment itself.

use std::collections::HashMap;

use super::finding::{Finding, Origin};
use super::names::{self, FILE_VARIABLE, PREFIX};
use super::reader::{Given, Layers};
use super::value::{Raw, echo};

pub(super) fn apply(env: &HashMap<String, String>, layers: &mut Layers, findings: &mut Vec<Finding>) {
    let mut known = vec![FILE_VARIABLE.to_owned()];
    known.extend(names::COMMAND_VARIABLES.map(str::to_owned));
    for (key, _) in names::all() {
        let regular = names::environment_name(&key);
        let short = names::short_name(&key);
        let (value, short_value) = (env.get(&regular), short.and_then(|name| env.get(name)));
        if let (Some(one), Some(other), Some(short)) = (value, short_value, short)
            && one != other
        {
            let says = format!("contradicts {regular}: both set `{key}`; keep one of the two");
            findings.push(Finding::at(Origin::Environment(short.to_owned()), says));
        }
        let chosen = match (value, short_value, short) {
            (Some(value), _, _) => Some((regular.clone(), value)),
            (None, Some(value), Some(short)) => Some((short.to_owned(), value)),
            _ => None,
        };
        if let Some((name, value)) = chosen {
            let given = Given { raw: Raw::Word(value.clone()), origin: Origin::Environment(name) };
            layers.entry(key).or_default().push(given);
        }
        known.push(regular);
        known.extend(short.map(str::to_owned));
    }

    let strangers = env.iter().filter(|(name, _)| name.starts_with(PREFIX) && !known.contains(name));
    for (name, _) in strangers.filter(|(name, value)| !is_service_link(name, value)) {
        let says = match names::nearest_variable(name) {
            Some(right) => format!("unknown environment variable; did you mean `{right}`?"),
            None => format!(
                "unknown environment variable; no key is called {}, and `vouchsafe config show` lists every key. Unset it",
                echo(&name[PREFIX.len()..])
            ),
        };
        findings.push(Finding::at(Origin::Environment(name.clone()), says));
    }
}

/// Whether this is a variable that Kubernetes or a container link sets by itself for a service called `vouchsafe…`:
/// `VOUCHSAFE_SERVICE_HOST`, `VOUCHSAFE_DB_SERVICE_PORT_HTTP`, `VOUCHSAFE_PORT=tcp://…`, `VOUCHSAFE_PORT_8080_TCP_ADDR`.
/// To refuse those would keep us from starting for a reason that nobody typed.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_address = |text: &str| ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme));
    if name.ends_with("_SERVICE_HOST") {
        return value.parse::<std::net::IpAddr>().is_ok();
    }
    if name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return is_number(value);
    }
    if name.ends_with("_PORT") && is_address(value) {
        return true;
    }
    let Some((_, tail)) = name.split_once("_PORT_") else { return false };
    let parts: Vec<&str> = tail.split('_').collect();
    let is_protocol = |part: &str| ["TCP", "UDP", "SCTP"].contains(&part);
    match parts.as_slice() {
        [port, protocol] => is_number(port) && is_protocol(protocol) && is_address(value),
        [port, protocol, "PROTO" | "PORT" | "ADDR"] => is_number(port) && is_protocol(protocol),
        _ => false,
    }
}
