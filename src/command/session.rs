//! Owns `vouchsafe session …`. It does not own what is done (`flow::admin::session`).

use clap::{Args, Subcommand};
use serde_json::json;

use super::answer::table;
use super::{Answer, Failure, show};
use crate::app::App;
use crate::flow::admin::Actor;
use crate::flow::admin::session::{self, SessionView};

#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// Lists live sessions, newest first.
    List {
        /// Of one person only: e-mail address or id.
        #[arg(long)]
        user: Option<String>,
        /// At most this many.
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u32,
    },
    /// Ends a session, or all sessions of a person, with what hangs on them.
    End(EndArgs),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct EndArgs {
    /// The session's id.
    id: Option<String>,
    /// All sessions of this person: e-mail address or id.
    #[arg(long)]
    user: Option<String>,
}

pub(super) async fn run(app: &App, command: SessionCommand) -> Result<Answer, Failure> {
    let (cx, actor) = (app.command_cx(), Actor::CommandLine);
    match command {
        SessionCommand::List { user, limit } => {
            let found = session::search(&cx, &actor, user.as_deref(), None, limit.into()).await?;
            listed(&found.map_err(Failure::refused)?.items)
        }
        SessionCommand::End(EndArgs { id: Some(id), .. }) => {
            let ended = session::end(&cx, &actor, &id).await?.map_err(Failure::refused)?;
            Ok(Answer::new(format!("The session {} has ended.", ended.id), show::json(&ended)?))
        }
        SessionCommand::End(EndArgs { id: None, user }) => {
            let user = user.unwrap_or_default();
            let (id, count) = session::end_all(&cx, &actor, &user).await?.map_err(Failure::refused)?;
            let words = format!("{count} session{} of {user} ended.", if count == 1 { "" } else { "s" });
            Ok(Answer::new(words, json!({ "user_id": id.as_str(), "ended": count })))
        }
    }
}

fn listed(found: &[SessionView]) -> Result<Answer, Failure> {
    let row = |one: &SessionView| {
        let agent: String = one.user_agent.chars().take(40).collect();
        let email = one.email.clone().unwrap_or_default();
        vec![one.id.clone(), email, one.last_seen_at.clone(), one.address.clone(), agent]
    };
    let words = match found.is_empty() {
        true => "Nobody is signed in.".to_owned(),
        false => {
            table(&["SESSION", "E-MAIL", "LAST SEEN", "ADDRESS", "BROWSER"], &found.iter().map(row).collect::<Vec<_>>())
        }
    };
    Ok(Answer::new(words, show::json(&found)?))
}
