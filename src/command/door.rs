//! Owns the door that commands go to the administration API through: this machine's database, or a running server. It does
//! not own what is asked.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::serve::web_settings;
use super::{Failure, General, at_the_keyboard, environment, ready};
use crate::app::{App, Opener};
use crate::clock::Clock;
use crate::flow::admin::Actor;
use crate::http::admin::api::here::{self, Ask};
use crate::http::state::Web;
use crate::outbound::api::{Credentials, RemoteApi};
use crate::sensitive::Sensitive;

const SERVER: &str = "On a running server";

/// Where a command does its work. Without `--server` it works on the database that the configuration names.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct DoorArgs {
    /// Works on a running server: its issuer, such as https://id.example.com. The token comes from VOUCHSAFE_API_TOKEN, or is
    /// asked for with VOUCHSAFE_API_CLIENT_ID and VOUCHSAFE_API_CLIENT_SECRET.
    #[arg(long, value_name = "ISSUER", help_heading = SERVER)]
    server: Option<String>,
    /// A file that holds the access token for --server.
    #[arg(long, value_name = "FILE", requires = "server", help_heading = SERVER)]
    token_file: Option<PathBuf>,
    /// Scopes to ask for with the client's credentials [default: all that the client has].
    #[arg(long, value_name = "SCOPES", requires = "server", alias = "scope", help_heading = SERVER)]
    token_scope: Option<String>,
}

/// An open door.
pub(super) enum Door {
    /// This machine's database.
    Here(Box<App>, Arc<Web>),
    /// A server.
    There(RemoteApi),
}

/// What came back.
pub(super) struct Told {
    pub(super) json: Value,
    /// As it came: JSON lines are no JSON.
    pub(super) text: String,
    /// The bytes of it: an image is no text.
    pub(super) bytes: Vec<u8>,
}

impl Door {
    pub(super) async fn open(args: &DoorArgs, general: &General) -> Result<Self, Failure> {
        if let Some(server) = &args.server {
            let api = RemoteApi::open(server, credentials(args)?).await.map_err(Failure::Unavailable)?;
            return Ok(Door::There(api));
        }
        let config = ready(general.load(&[])?, false);
        let app = App::open(&config, Opener::Command, Clock::System).await?;
        let web = Arc::new(Web::new(app.parts.clone(), app.clock.clone(), web_settings(&config)));
        Ok(Door::Here(Box::new(app), web))
    }

    /// Asks. A refusal becomes a failure with the API's own words.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Told, Failure> {
        let (status, told) = self.send(ask).await?;
        judged(status, told)
    }

    /// The same, where something may or may not be there.
    pub(super) async fn find(&self, ask: Ask) -> Result<Option<Told>, Failure> {
        match self.send(ask).await? {
            (404, _) => Ok(None),
            (status, told) => judged(status, told).map(Some),
        }
    }

    /// Asks, and leaves it to the caller what a status means.
    pub(super) async fn send(&self, ask: Ask) -> Result<(u16, Told), Failure> {
        let (status, body) = match self {
            Door::Here(_, web) => {
                let told = here::ask(web.clone(), (Actor::CommandLine, &at_the_keyboard()), &ask)
                    .await
                    .map_err(Failure::Usage)?;
                (told.status, told.body)
            }
            Door::There(api) => {
                let body = ask.body.as_ref().map(|body| (body.media_type, body.bytes.as_slice()));
                let told = api.ask(&ask.method, &ask.path, body, ask.if_match.as_deref()).await;
                let told = told.map_err(Failure::Unavailable)?;
                (told.status, told.body)
            }
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok((status, Told { json: serde_json::from_str(&text).unwrap_or_default(), text, bytes: body }))
    }

    pub(super) async fn close(self) {
        if let Door::Here(app, _) = self {
            app.close().await;
        }
    }
}

fn judged(status: u16, told: Told) -> Result<Told, Failure> {
    match status {
        200..=299 => Ok(told),
        status => Err(failure(status, &told.json, &told.text)),
    }
}

/// The words of a problem document (RFC 9457), with the field and the reference.
fn failure(status: u16, problem: &Value, text: &str) -> Failure {
    let detail = problem["detail"].as_str().map_or_else(|| text.chars().take(300).collect(), str::to_owned);
    let field = problem["field"].as_str().map(|field| format!("{field}: ")).unwrap_or_default();
    let words = match problem["correlation_id"].as_str() {
        Some(id) => format!("{field}{detail} (reference {id})"),
        None => format!("{field}{detail}"),
    };
    if matches!(status, 500..=599 | 429) { Failure::Unavailable(words) } else { Failure::Refused(words) }
}

fn credentials(args: &DoorArgs) -> Result<Credentials, Failure> {
    if let Some(file) = &args.token_file {
        let token = std::fs::read_to_string(file)
            .map_err(|e| Failure::Usage(format!("the token file {} cannot be read: {e}", file.display())))?;
        return Ok(Credentials::Token(Sensitive::new(token.trim())));
    }
    let set = environment();
    let variable = |name: &str| set.get(name).filter(|value| !value.is_empty()).cloned();
    if let Some(token) = variable("VOUCHSAFE_API_TOKEN") {
        return Ok(Credentials::Token(Sensitive::new(token.trim())));
    }
    match (variable("VOUCHSAFE_API_CLIENT_ID"), variable("VOUCHSAFE_API_CLIENT_SECRET")) {
        (Some(id), Some(secret)) => Ok(Credentials::Client {
            id,
            secret: Sensitive::new(secret),
            scope: args.token_scope.clone(),
        }),
        _ => Err(Failure::Usage(
            "a server wants a token: set VOUCHSAFE_API_TOKEN, or VOUCHSAFE_API_CLIENT_ID and VOUCHSAFE_API_CLIENT_SECRET, \
             or name a --token-file"
                .to_owned(),
        )),
    }
}
