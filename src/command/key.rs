//! Owns `vouchsafe key …`. It does not own what is done (`flow::admin::key`). No private key ever comes out.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::answer::table;
use super::client_args::algorithm;
use super::{Answer, Failure};
use crate::app::App;
use crate::flow::Cx;
use crate::flow::admin::Actor;
use crate::flow::admin::key::{self, KeyView};
use crate::oauth::jose::Algorithm;
use crate::signing::{self, Rotation, Step};

/// A key file is a few kilobytes; more is another file.
const MAX_FILE_BYTES: u64 = 65_536;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Lists the keys and where each is in its life: published, signing, retired.
    List,
    /// Makes successors now: published at once, signing when everybody can know them.
    Rotate {
        /// Of one algorithm only.
        #[arg(long, value_parser = algorithm())]
        alg: Option<Algorithm>,
        /// The successors sign at once and the old keys retire at once, for a key that may be known to others. Whoever has
        /// our keys cached refuses new tokens until they ask again.
        #[arg(long)]
        emergency: bool,
    },
    /// Takes a private key made elsewhere into the ring, from PEM or a JWK; it becomes the next one to sign.
    Import {
        /// The file; - for the input stream.
        file: PathBuf,
        /// What an RSA key is for [default: RS256].
        #[arg(long, value_parser = algorithm())]
        alg: Option<Algorithm>,
    },
    /// Prints the public half of a key, or of all.
    ExportPublic(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The key's id [default: all of them].
    // One id in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: Option<String>,
    /// The form; --json always gives JWK.
    #[arg(long, value_enum, default_value_t = Form::Pem)]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// X.509 SubjectPublicKeyInfo.
    Pem,
    /// RFC 7517; all keys come as one set.
    Jwk,
}

pub(super) async fn run(app: &App, command: KeyCommand) -> Result<Answer, Failure> {
    let cx = app.command_cx();
    match command {
        KeyCommand::List => list(&cx).await,
        KeyCommand::Rotate { alg, emergency } => rotate(app, &cx, alg, emergency).await,
        KeyCommand::Import { file, alg } => {
            let text = read_file(&file)?;
            let new = key::read(&text, alg).map_err(Failure::refused)?;
            let key = key::import(&cx, &Actor::CommandLine, new).await?.map_err(Failure::refused)?;
            let (kid, from, alg) = (&key.kid, &key.signs_from, key.alg.as_str());
            Ok(Answer::new(format!("The {alg} key {kid} is published now and signs from {from} on."), shown(&key)))
        }
        KeyCommand::ExportPublic(args) => export(&cx, &args).await,
    }
}

fn shown(key: &KeyView) -> Value {
    json!({
        "kid": key.kid,
        "alg": key.alg,
        "state": key.state,
        "created_at": key.created_at,
        "signs_from": key.signs_from,
        "retires_at": key.retires_at,
        "gone_at": key.gone_at,
    })
}

async fn list(cx: &Cx) -> Result<Answer, Failure> {
    let keys = key::list(cx, &Actor::CommandLine).await?.map_err(Failure::refused)?;
    let row = |key: &KeyView| {
        let (alg, end) = (key.alg.as_str().to_owned(), key.retires_at.clone().unwrap_or_default());
        vec![key.kid.clone(), alg, key.state.clone(), key.signs_from.clone(), end]
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    let words = table(&["KEY ID", "ALG", "STATE", "SIGNS FROM", "RETIRES AT"], &rows);
    Ok(Answer::new(words, keys.iter().map(shown).collect()))
}

async fn rotate(app: &App, cx: &Cx, alg: Option<Algorithm>, emergency: bool) -> Result<Answer, Failure> {
    let how = if emergency { Rotation::Emergency } else { Rotation::Planned };
    let algorithms = alg.map_or_else(|| app.key_rule.algorithms.clone(), |alg| vec![alg]);
    let (mut words, mut json, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for alg in algorithms {
        match key::rotate(cx, &Actor::CommandLine, alg, how).await? {
            Err(refusal) => refused.push(refusal.to_string()),
            Ok(steps) => {
                for step in steps {
                    let (said, shown) = told(&step);
                    words.push(said);
                    json.push(shown);
                }
            }
        }
    }
    // Of several algorithms some may have a successor already: what was done is told all the same.
    if words.is_empty() {
        return Err(Failure::Refused(refused.join("\n")));
    }
    words.extend(refused);
    Ok(Answer::new(words.join("\n"), Value::Array(json)))
}

fn told(step: &Step) -> (String, Value) {
    match step {
        Step::Generate { alg, signs_from } => {
            let (alg, from) = (alg.as_str(), signs_from.rfc3339());
            (
                format!("A new {alg} key is published and signs from {from} on."),
                json!({ "made": alg, "signs_from": from }),
            )
        }
        Step::Retire { kid, retires_at, gone_at } => {
            let (retires, gone) = (retires_at.rfc3339(), gone_at.rfc3339());
            let words = format!("The key {kid} signs until {retires} and verifies until {gone}.");
            (words, json!({ "retires": kid, "retires_at": retires, "gone_at": gone }))
        }
        Step::Remove { kid } => (format!("The key {kid} was removed."), json!({ "removed": kid })),
    }
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

async fn export(cx: &Cx, args: &ExportArgs) -> Result<Answer, Failure> {
    let jwks = key::public_jwks(cx, &Actor::CommandLine, args.kid.as_deref()).await?.map_err(Failure::refused)?;
    let json = match (&args.kid, jwks.first()) {
        (Some(_), Some(one)) => one.clone(),
        _ => json!({ "keys": jwks }),
    };
    if args.format == Form::Jwk {
        return Ok(Answer::new(format!("{json:#}"), json));
    }
    let mut pem = String::new();
    for jwk in &jwks {
        if jwks.len() > 1 {
            pem.push_str(&format!("# {} {}\n", jwk["kid"].as_str().unwrap_or(""), jwk["alg"].as_str().unwrap_or("")));
        }
        pem.push_str(&signing::public_pem(jwk).map_err(Failure::refused)?);
    }
    Ok(Answer::new(pem, json))
}
