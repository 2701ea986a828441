//! Owns `vouchsafe user …`. It does not own what is done (`flow::admin::user`).

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};
use serde_json::Value;
use zeroize::Zeroizing;

use super::answer::table;
use super::{Answer, Failure, show};
use crate::app::App;
use crate::flow::admin::Actor;
use crate::flow::admin::user::{self, NewUser, UserRefusal};
use crate::flow::{Cx, Fault};
use crate::identity::{RoleName, User};
use crate::sensitive::Sensitive;

/// People read from the database at a time.
const PAGE: i64 = 500;
/// More than any password that is taken; the configuration's own limit is held by the hasher.
const MOST_BYTES: u64 = 65_536;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Makes an account.
    Add(AddArgs),
    /// Lists all people.
    List,
    /// Shows a person.
    Show {
        /// E-mail address or id.
        user: String,
    },
    /// Sets a new password and ends everything that was begun with the old one.
    Password {
        /// E-mail address or id.
        user: String,
        /// Reads the password from the input stream; a line break at its end does not count.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Shuts an account; sessions and tokens end at once.
    Disable {
        /// E-mail address or id.
        user: String,
    },
    /// Opens an account again.
    Enable {
        /// E-mail address or id.
        user: String,
    },
    /// Removes a person with everything that is theirs.
    Remove {
        /// E-mail address or id.
        user: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// E-mail address to sign in with.
    #[arg(long)]
    email: String,
    /// Name for display.
    #[arg(long)]
    name: Option<String>,
    /// You vouch for the address: apps are told that it is verified.
    #[arg(long)]
    verified: bool,
    /// A group; made when new; may be repeated.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The person may administer this provider.
    #[arg(long)]
    owner: bool,
    /// Reads the password from the input stream; a line break at its end does not count.
    #[arg(long, required = true)]
    password_stdin: bool,
}

pub(super) async fn run(app: &App, command: UserCommand) -> Result<Answer, Failure> {
    let actor = Actor::CommandLine;
    match command {
        UserCommand::Add(args) => {
            let new = NewUser {
                email: args.email,
                name: args.name,
                email_verified: args.verified,
                role: if args.owner { RoleName::OWNER } else { RoleName::PERSON },
                groups: args.groups,
                password: password()?,
            };
            changed("added", user::add(&app.command_cx(), &actor, new).await)
        }
        UserCommand::List => list(&app.command_cx()).await,
        UserCommand::Show { user } => {
            let found = user::find(&app.command_cx(), &user).await?.map_err(Failure::refused)?;
            let shown = show::user(&found);
            Ok(Answer::new(show::lines(&shown), shown))
        }
        UserCommand::Password { user, password_stdin: _ } => {
            let new = password()?;
            changed("given a new password", user::set_password(&app.command_cx(), &actor, &user, new).await)
        }
        UserCommand::Disable { user } => changed("disabled", user::disable(&app.command_cx(), &actor, &user).await),
        UserCommand::Enable { user } => changed("enabled", user::enable(&app.command_cx(), &actor, &user).await),
        UserCommand::Remove { user } => changed("removed", user::remove(&app.command_cx(), &actor, &user).await),
    }
}

/// Everything on the input stream, without one line break at its end.
fn password() -> Result<Sensitive, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("Type the password, then Enter and Ctrl-D; it will be visible. Better: pipe it in from a file.");
    }
    // Room for an ordinary password from the start, so that no copy is left behind while it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(4_096));
    let unreadable = |why: String| Failure::Usage(format!("the password on the input stream cannot be used: {why}"));
    stdin.lock().take(MOST_BYTES).read_to_end(&mut bytes).map_err(|e| unreadable(e.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.contains(['\n', '\r']) {
        return Err(unreadable("it has more than one line".to_owned()));
    }
    Ok(Sensitive::new(text))
}

async fn list(cx: &Cx) -> Result<Answer, Failure> {
    let mut people: Vec<User> = Vec::new();
    loop {
        let page = user::list(cx, people.last().map(|u| u.email.key().to_owned()), PAGE).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        people.extend(page);
        if is_last {
            break;
        }
    }
    let row = |u: &User| {
        let state = match (u.disabled_at, &u.role) {
            (Some(_), _) => "disabled",
            (None, role) if *role != RoleName::PERSON => role.as_str(),
            (None, _) => "",
        };
        let name = u.profile.name.clone().unwrap_or_default();
        vec![u.email.as_str().to_owned(), name, state.to_owned(), u.id.as_str().to_owned()]
    };
    let rows: Vec<Vec<String>> = people.iter().map(row).collect();
    let words = match rows.is_empty() {
        true => "There are no accounts yet; `vouchsafe admin link` makes the first administrator.".to_owned(),
        false => table(&["E-MAIL", "NAME", "", "ID"], &rows),
    };
    Ok(Answer::new(words, Value::Array(people.iter().map(show::user).collect())))
}

fn changed(what: &str, done: Result<Result<User, UserRefusal>, Fault>) -> Result<Answer, Failure> {
    let user = done?.map_err(Failure::refused)?;
    let words = format!("{} ({}) was {what}.", user.email.as_str(), user.id);
    Ok(Answer::new(words, show::user(&user)))
}
