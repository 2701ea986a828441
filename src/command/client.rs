//! Owns `vouchsafe client …`. It does not own what is done (`flow::admin::client`) nor its arguments (`client_args`).

use clap::Subcommand;
use serde_json::{Value, json};

use super::answer::table;
use super::client_args::{AddArgs, EditArgs};
use super::{Answer, Failure, show};
use crate::app::App;
use crate::flow::Cx;
use crate::flow::admin::Actor;
use crate::flow::admin::Done;
use crate::flow::admin::client::{self, ClientSearch, ClientView};
use crate::time::Lifetime;

/// Clients read from the database at a time.
const PAGE: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Registers a client; its secret is shown this once.
    Add(Box<AddArgs>),
    /// Lists all clients.
    List,
    /// Shows a client with everything but its secrets.
    Show {
        /// Its id.
        client_id: String,
    },
    /// Changes a client; what is not named stays.
    Edit(Box<EditArgs>),
    /// Gives a client a new secret, shown this once; the old one goes on for a while.
    RotateSecret {
        /// Its id.
        client_id: String,
        /// Hours that the old secret goes on.
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        overlap_hours: u32,
        /// Ends the old secret at once.
        #[arg(long, conflicts_with = "overlap_hours")]
        now: bool,
    },
    /// Switches a client off; all that it was given ends at once.
    Disable {
        /// Its id.
        client_id: String,
    },
    /// Switches a client on again.
    Enable {
        /// Its id.
        client_id: String,
    },
    /// Removes a client with its secrets, consents and grants.
    Remove {
        /// Its id.
        client_id: String,
    },
}

pub(super) async fn run(app: &App, command: ClientCommand) -> Result<Answer, Failure> {
    let (cx, actor) = (app.command_cx(), Actor::CommandLine);
    match command {
        ClientCommand::Add(args) => add(&cx, *args).await,
        ClientCommand::List => list(&cx).await,
        ClientCommand::Show { client_id } => show_one(&cx, &client_id).await,
        ClientCommand::Edit(args) => {
            let (client_id, change) = args.into_change()?;
            let found = client::find(&cx, &actor, &client_id).await?.map_err(Failure::refused)?;
            let mut document = found.document;
            change.apply(&mut document);
            changed("changed", client::replace(&cx, &actor, &client_id, document, Some(found.version)).await)
        }
        ClientCommand::RotateSecret { client_id, overlap_hours, now } => {
            let overlap = if now { Lifetime::ZERO } else { Lifetime::from_hours(overlap_hours.into()) };
            rotate(&cx, &client_id, overlap).await
        }
        ClientCommand::Disable { client_id } => {
            changed("disabled", client::disable(&cx, &actor, &client_id, None).await)
        }
        ClientCommand::Enable { client_id } => changed("enabled", client::enable(&cx, &actor, &client_id, None).await),
        ClientCommand::Remove { client_id } => changed("removed", client::remove(&cx, &actor, &client_id, None).await),
    }
}

async fn add(cx: &Cx, args: AddArgs) -> Result<Answer, Failure> {
    let made = client::create(cx, &Actor::CommandLine, args.into_document()).await?.map_err(Failure::refused)?;
    let id = made.view.document.client_id.as_deref().unwrap_or_default();
    let mut shown = json!({ "client_id": id });
    let mut words = format!("The client {id} was registered.\n\n");
    if let Some(secret) = &made.secret {
        show::merge(&mut shown, json!({ "client_secret": secret.expose() }));
    }
    show::merge(&mut shown, show::client(&made.view));
    words.push_str(&show::lines(&shown));
    if made.secret.is_some() {
        words.push_str("\n\nThe secret is not shown again; `vouchsafe client rotate-secret` makes another one.");
    }
    Ok(Answer::new(words, shown))
}

async fn list(cx: &Cx) -> Result<Answer, Failure> {
    let (mut clients, mut after): (Vec<ClientView>, Option<Value>) = (Vec::new(), None);
    loop {
        let page = client::list(cx, &Actor::CommandLine, ClientSearch::default(), after, PAGE).await?;
        let page = page.map_err(Failure::refused)?;
        clients.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let row = |view: &ClientView| {
        let c = &view.document;
        let state = if c.disabled { "disabled" } else { "" };
        let id = c.client_id.clone().unwrap_or_default();
        vec![id, c.profile.as_str().to_owned(), c.name.clone(), state.to_owned()]
    };
    let rows: Vec<Vec<String>> = clients.iter().map(row).collect();
    let words = match rows.is_empty() {
        true => "There are no clients yet; `vouchsafe client add` makes one.".to_owned(),
        false => table(&["CLIENT ID", "PROFILE", "NAME", ""], &rows),
    };
    Ok(Answer::new(words, Value::Array(clients.iter().map(show::client).collect())))
}

async fn show_one(cx: &Cx, client_id: &str) -> Result<Answer, Failure> {
    let found = client::find(cx, &Actor::CommandLine, client_id).await?.map_err(Failure::refused)?;
    let mut shown = show::client(&found);
    let mut words = show::lines(&shown);
    for secret in &found.secrets {
        let end = secret.expires_at.as_ref().map_or(String::new(), |at| format!(", good until {at}"));
        words.push_str(&format!("\nsecret of {}{end}", secret.created_at));
    }
    show::merge(&mut shown, json!({ "secrets": found.secrets }));
    Ok(Answer::new(words, shown))
}

async fn rotate(cx: &Cx, client_id: &str, overlap: Lifetime) -> Result<Answer, Failure> {
    let rotated = client::rotate_secret(cx, &Actor::CommandLine, client_id, overlap).await?;
    let rotated = rotated.map_err(Failure::refused)?;
    let json = json!({
        "client_id": rotated.view.document.client_id,
        "client_secret": rotated.secret.expose(),
        "old_secret_valid_until": rotated.old_until.rfc3339(),
    });
    let old = match overlap {
        Lifetime::ZERO => "The old secret is refused from now on.".to_owned(),
        _ => format!("The old secret is good until {}.", rotated.old_until.rfc3339()),
    };
    let words = format!("{}\n\n{old} The new one is not shown again.", rotated.secret.expose());
    Ok(Answer::new(words, json))
}

fn changed(what: &str, done: Done<ClientView>) -> Result<Answer, Failure> {
    let client = done?.map_err(Failure::refused)?;
    let id = client.document.client_id.as_deref().unwrap_or_default();
    Ok(Answer::new(format!("The client {id} was {what}."), show::client(&client)))
}
