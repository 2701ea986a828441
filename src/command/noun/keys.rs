//! Owns the verbs of signing keys that are more than one request: rotating several, importing, taking the public halves out.
//! It does not own what is done (`flow::admin::key`). No private key ever comes out.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::own::flag;
use super::work::Work;
use super::{list, part, told};
use crate::command::{Answer, Failure, show};
use crate::oauth::jose::Algorithm;
use crate::signing;

/// A key file is a few kilobytes; more is another file.
const MAX_FILE_BYTES: u64 = 65_536;

fn algorithm(help: &'static str) -> Arg {
    Arg::new("alg")
        .long("alg")
        .value_parser(PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::as_str)))
        .help(help)
}

pub(super) fn rotate_args(command: Command) -> Command {
    let emergency = "The successors sign at once and the old keys retire at once, for a key that may be known to others. \
                     Whoever has our keys cached refuses new tokens until they ask again";
    command.arg(algorithm("Of one algorithm only")).arg(flag("emergency", emergency))
}

pub(super) async fn rotate_keys(work: &Work<'_>) -> Result<Answer, Failure> {
    let mut keys = items(work.ask("key_list", "", None).await?.json);
    let algorithms = match work.text("alg") {
        Some(alg) => vec![alg.to_owned()],
        None => {
            let is_kept = |alg: &str| keys.iter().any(|key| key["alg"] == alg && key["state"] != "gone");
            Algorithm::ALL.map(Algorithm::as_str).into_iter().filter(|alg| is_kept(alg)).map(str::to_owned).collect()
        }
    };
    let (mut words, mut steps, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for alg in algorithms {
        let body = json!({ "alg": alg, "emergency": work.is("emergency") });
        match work.ask("key_rotate", "", Some(&body)).await {
            Err(Failure::Refused(why)) => refused.push(why),
            Err(failure) => return Err(failure),
            Ok(told) => {
                let now = items(told.json);
                for (said, step) in differences(&keys, &now) {
                    words.push(said);
                    steps.push(step);
                }
                keys = now;
            }
        }
    }
    // Of several algorithms some may have a successor already: what was done is told all the same.
    if words.is_empty() {
        return Err(Failure::Refused(refused.join("\n")));
    }
    words.extend(refused);
    Ok(Answer::new(words.join("\n"), steps.into()))
}

fn items(mut page: Value) -> Vec<Value> {
    match page["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// What a rotation did: keys that are new, and keys that got an end.
fn differences(before: &[Value], now: &[Value]) -> Vec<(String, Value)> {
    let before: BTreeMap<&str, &Value> = before.iter().filter_map(|key| Some((key["kid"].as_str()?, key))).collect();
    let text = |key: &Value, member: &str| show::clean(key[member].as_str().unwrap_or_default());
    let mut steps = Vec::new();
    for key in now {
        match before.get(key["kid"].as_str().unwrap_or_default()) {
            None => steps.push((
                format!("A new {} key is published and signs from {} on.", text(key, "alg"), text(key, "signs_from")),
                json!({ "made": key["alg"], "kid": key["kid"], "signs_from": key["signs_from"] }),
            )),
            Some(was) if was["retires_at"] != key["retires_at"] => steps.push((
                format!(
                    "The key {} signs until {} and verifies until {}.",
                    text(key, "kid"),
                    text(key, "retires_at"),
                    text(key, "gone_at")
                ),
                json!({ "retires": key["kid"], "retires_at": key["retires_at"], "gone_at": key["gone_at"] }),
            )),
            Some(_) => {}
        }
    }
    steps.sort_by_key(|(_, step)| step.get("made").is_none());
    steps
}

pub(super) fn import_args(command: Command) -> Command {
    command
        .arg(Arg::new("file").value_name("FILE").required(true).help("The file; - for the input stream"))
        .arg(algorithm("What an RSA key is for [default: RS256]"))
}

pub(super) async fn import_key(work: &Work<'_>) -> Result<Answer, Failure> {
    let text = read_file(Path::new(work.text("file").unwrap_or_default()))?;
    let mut body = json!({ "private_key": *text });
    if let Some(alg) = work.text("alg") {
        body["alg"] = alg.into();
    }
    let key = work.ask("key_import", "", Some(&body)).await?.json;
    let text = |member: &str| show::clean(key[member].as_str().unwrap_or_default());
    let words =
        format!("The {} key {} is published now and signs from {} on.", text("alg"), text("kid"), text("signs_from"));
    Ok(Answer::new(words, told::key(key)))
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let trouble = |error: std::io::Error| Failure::Refused(format!("{} cannot be read: {error}", path.display()));
    let mut text = Zeroizing::new(String::with_capacity(16_384));
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().lock().take(MAX_FILE_BYTES).read_to_string(&mut text),
        false => std::fs::File::open(path).map_err(trouble)?.take(MAX_FILE_BYTES).read_to_string(&mut text),
    };
    read.map_err(trouble)?;
    Ok(text)
}

pub(super) fn export_args(command: Command) -> Command {
    let format = Arg::new("format").long("format").value_parser(["pem", "jwk"]).default_value("pem");
    command.arg(part("kid").help("The key's id [default: all of them]")).arg(
        format.help("PEM (X.509 SubjectPublicKeyInfo) or JWK (RFC 7517), all keys as one set; --json always gives JWK"),
    )
}

pub(super) async fn export_keys(work: &Work<'_>) -> Result<Answer, Failure> {
    let (keys, _) = list::items(work, None).await?;
    let wanted = work.text("kid");
    let is_meant = |key: &Value| wanted.map_or(key["state"] != "gone", |kid| key["kid"] == kid);
    let jwks: Vec<Value> = keys.into_iter().filter(is_meant).map(|mut key| key["public_jwk"].take()).collect();
    let json = match (wanted, jwks.first()) {
        (Some(kid), None) => return Err(Failure::Refused(format!("there is no key {kid:?}"))),
        (Some(_), Some(one)) => one.clone(),
        (None, _) => json!({ "keys": jwks }),
    };
    if work.text("format") == Some("jwk") {
        return Ok(Answer::new(format!("{json:#}"), json));
    }
    let mut pem = String::new();
    for jwk in &jwks {
        if jwks.len() > 1 {
            pem += &format!("# {} {}\n", jwk["kid"].as_str().unwrap_or(""), jwk["alg"].as_str().unwrap_or(""));
        }
        pem += &signing::public_pem(jwk).map_err(Failure::refused)?;
    }
    Ok(Answer::new(pem, json))
}
