//! Owns `vouchsafe scope …`. It does not own what is done (`flow::admin::scope`).

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::answer::table;
use super::{Answer, Failure, show};
use crate::app::App;
use crate::flow::admin::scope::{ScopeDocument, ScopeView};
use crate::flow::admin::{Actor, scope};
use crate::oauth::scope::STANDARD;

#[derive(Debug, Subcommand)]
pub(super) enum ScopeCommand {
    /// Defines a scope, or changes the one of the same name.
    Add(AddArgs),
    /// Lists the scopes: the standard ones and your own.
    List,
    /// Removes a scope that no client has.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Its name, for example orders:read.
    name: String,
    /// What it allows, in words for the person who is asked: "Read your orders".
    #[arg(long)]
    description: String,
    /// A claim about the person that it releases at userinfo; may be repeated.
    #[arg(long = "claim", value_name = "CLAIM")]
    claims: Vec<String>,
    /// The audience of access tokens that carry it [default: the client's].
    #[arg(long, value_name = "AUD")]
    audience: Option<String>,
}

pub(super) async fn run(app: &App, command: ScopeCommand) -> Result<Answer, Failure> {
    let (cx, actor) = (app.command_cx(), Actor::CommandLine);
    match command {
        ScopeCommand::Add(AddArgs { name, description, claims, audience }) => {
            let there = scope::find(&cx, &actor, &name).await?.ok();
            let mappings = there.map(|there| there.document.mappings).unwrap_or_default();
            let wanted = ScopeDocument { name, description, claims, audience, mappings };
            let made = scope::define(&cx, &actor, wanted).await?.map_err(Failure::refused)?.document;
            let words = format!(
                "The scope {} is defined. Give it to clients with `vouchsafe client edit ID --add-scope {}`.",
                made.name, made.name
            );
            Ok(Answer::new(words, json!(made)))
        }
        ScopeCommand::List => {
            let own = scope::list(&cx, &actor, None, i64::MAX).await?.map_err(Failure::refused)?;
            Ok(listed(&own.items))
        }
        ScopeCommand::Remove { name } => {
            scope::remove(&cx, &actor, &name, None).await?.map_err(Failure::refused)?;
            Ok(Answer::new(format!("The scope {name} was removed."), json!({ "name": name })))
        }
    }
}

fn listed(own: &[ScopeView]) -> Answer {
    let mut rows = Vec::new();
    let mut shown = Vec::new();
    for (name, description) in STANDARD {
        rows.push(vec![name.to_owned(), "standard".to_owned(), description.to_owned()]);
        shown.push(json!({ "name": name, "description": description, "standard": true }));
    }
    for scope in own.iter().map(|view| &view.document) {
        rows.push(vec![scope.name.clone(), String::new(), scope.description.clone()]);
        let mut one = json!(scope);
        show::merge(&mut one, json!({ "standard": false }));
        shown.push(one);
    }
    Answer::new(table(&["SCOPE", "", "WHAT PEOPLE ARE ASKED"], &rows), Value::Array(shown))
}
