//! Owns `vouchsafe consent …`. It does not own what is done (`flow::admin::consent`).

use clap::Subcommand;
use serde_json::{Value, json};

use super::answer::table;
use super::{Answer, Failure};
use crate::app::App;
use crate::flow::admin::Actor;
use crate::flow::admin::consent::{self, ConsentView};

#[derive(Debug, Subcommand)]
pub(super) enum ConsentCommand {
    /// Lists what a person has allowed.
    List {
        /// E-mail address or id.
        user: String,
    },
    /// Takes back what a person allowed a client, and ends what came of it.
    Withdraw {
        /// E-mail address or id.
        user: String,
        /// The client's id.
        client_id: String,
    },
}

pub(super) async fn run(app: &App, command: ConsentCommand) -> Result<Answer, Failure> {
    let cx = app.command_cx();
    match command {
        ConsentCommand::List { user } => {
            let consents = consent::list(&cx, &Actor::CommandLine, &user, None, i64::MAX).await?;
            let consents = consents.map_err(Failure::refused)?.items;
            let row = |c: &ConsentView| vec![c.client_id.clone(), c.granted_at.clone(), c.scopes.join(" ")];
            let words = match consents.is_empty() {
                true => "This person has allowed nothing.".to_owned(),
                false => table(&["CLIENT ID", "ALLOWED AT", "SCOPES"], &consents.iter().map(row).collect::<Vec<_>>()),
            };
            Ok(Answer::new(words, Value::Array(consents.iter().map(shown).collect())))
        }
        ConsentCommand::Withdraw { user, client_id } => {
            let done = consent::withdraw(&cx, &Actor::CommandLine, &user, &client_id).await?;
            done.map_err(Failure::refused)?;
            let words = format!("What {user} allowed the client {client_id} is withdrawn; its tokens have ended.");
            Ok(Answer::new(words, json!({ "user": user, "client_id": client_id })))
        }
    }
}

fn shown(consent: &ConsentView) -> Value {
    json!({
        "client_id": consent.client_id,
        "user_id": consent.user_id,
        "scope": consent.scopes.join(" "),
        "claims": consent.claims,
        "created_at": consent.created_at,
        "granted_at": consent.granted_at,
    })
}
