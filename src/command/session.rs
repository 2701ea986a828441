//! Owns `vouchsafe session …`. It does not own what is done (`flow::admin::session`).

use clap::{Args, Subcommand};
use serde_json::json;

use super::answer::table;
use super::{Answer, Failure};
use crate::app::App;
use crate::flow::admin::Actor;
use crate::flow::admin::page::LONGEST_PAGE;
use crate::flow::admin::session::{self, SessionView};
use crate::flow::admin::user_access;

#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// Lists live sessions, those that began last first.
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
            let (mut found, mut after) = (Vec::new(), None);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            loop {
                let page = session::list(&cx, &actor, user.as_deref(), after, LONGEST_PAGE).await?;
                let page = page.map_err(Failure::refused)?;
                found.extend(page.items);
                after = page.next;
                if after.is_none() || found.len() >= limit {
                    break;
                }
            }
            found.truncate(limit);
            Ok(listed(&found))
        }
        SessionCommand::End(EndArgs { id: Some(id), .. }) => {
            let ended = session::end(&cx, &actor, &id).await?.map_err(Failure::refused)?;
            Ok(Answer::new(format!("The session {} has ended.", ended.id), json!(ended)))
        }
        SessionCommand::End(EndArgs { id: None, user }) => {
            let user = user.unwrap_or_default();
            let (id, count) = user_access::end_sessions(&cx, &actor, &user).await?.map_err(Failure::refused)?;
            let words = format!("{count} session{} of {user} ended.", if count == 1 { "" } else { "s" });
            Ok(Answer::new(words, json!({ "user_id": id.as_str(), "ended": count })))
        }
    }
}

fn listed(found: &[SessionView]) -> Answer {
    let row = |s: &SessionView| {
        let agent: String = s.user_agent.chars().take(40).collect();
        let email = s.email.clone().unwrap_or_default();
        vec![s.id.clone(), email, s.last_seen_at.clone(), s.address.clone(), agent]
    };
    let words = match found.is_empty() {
        true => "Nobody is signed in.".to_owned(),
        false => {
            table(&["SESSION", "E-MAIL", "LAST SEEN", "ADDRESS", "BROWSER"], &found.iter().map(row).collect::<Vec<_>>())
        }
    };
    Answer::new(words, json!(found))
}
