//! Owns `vouchsafe user …`. It does not own what is done (`flow::admin::user`).

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::table;
use super::{Answer, Failure, show};
use crate::app::App;
use crate::flow::Cx;
use crate::flow::admin::user::{self, FirstAccess};
use crate::flow::admin::user_access;
use crate::flow::admin::user_document::{UserDocument, UserView};
use crate::flow::admin::user_search::{self, UserSearch};
use crate::flow::admin::{Actor, Done, invitation};
use crate::identity::RoleName;
use crate::sensitive::Sensitive;

/// People read from the database at a time.
const PAGE: i64 = 200;
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
        /// It opens nothing but the page on which the person chooses another one.
        #[arg(long)]
        must_change: bool,
        /// Reads the password from the input stream; a line break at its end does not count.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Prints a one-time link under which the person chooses a password; links printed before are void.
    Invite {
        /// E-mail address or id.
        user: String,
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
    /// Prints a one-time link under which they choose a password, in place of one from the input stream.
    #[arg(long, conflicts_with = "password_stdin")]
    invite: bool,
    /// Reads the password from the input stream; a line break at its end does not count.
    #[arg(long, required_unless_present = "invite")]
    password_stdin: bool,
}

pub(super) async fn run(app: &App, command: UserCommand) -> Result<Answer, Failure> {
    let (actor, cx) = (Actor::CommandLine, app.command_cx());
    match command {
        UserCommand::Add(args) => add(&cx, &actor, args).await,
        UserCommand::List => list(&cx, &actor).await,
        UserCommand::Show { user } => {
            let found = user::find(&cx, &actor, &user).await?.map_err(Failure::refused)?;
            let shown = json!(found);
            Ok(Answer::new(show::lines(&shown), shown))
        }
        UserCommand::Password { user, must_change, password_stdin: _ } => {
            let new = password()?;
            let done = user_access::set_password(&app.command_cx(), &actor, &user, new, must_change).await;
            changed("given a new password", done)
        }
        UserCommand::Invite { user } => {
            let invited = invitation::invite(&cx, &actor, &user).await?.map_err(Failure::refused)?;
            Ok(link(&cx, invited.user, &invited.token))
        }
        UserCommand::Disable { user } => changed("disabled", user::disable(&cx, &actor, &user, None).await),
        UserCommand::Enable { user } => changed("enabled", user::enable(&cx, &actor, &user, None).await),
        UserCommand::Remove { user } => changed("removed", user::remove(&cx, &actor, &user, None).await),
    }
}

async fn add(cx: &Cx, actor: &Actor, args: AddArgs) -> Result<Answer, Failure> {
    let role = if args.owner { RoleName::OWNER } else { RoleName::PERSON };
    let document = UserDocument {
        name: args.name,
        email_verified: args.verified,
        role: role.as_str().to_owned(),
        groups: args.groups,
        ..UserDocument::new(&args.email)
    };
    let access = if args.invite { FirstAccess::Invitation } else { FirstAccess::Password(password()?) };
    let created = user::create(cx, actor, document, access).await?.map_err(Failure::refused)?;
    match created.invitation {
        Some(token) => Ok(link(cx, created.user, &token)),
        None => changed("added", Ok(Ok(created.user))),
    }
}

/// The address behind which a person chooses a password, for the administrator to hand on.
fn link(cx: &Cx, user: UserView, token: &Sensitive) -> Answer {
    let url = invitation::address(cx, token);
    let until = user.invited_until.clone().unwrap_or_default();
    let words = format!(
        "{}\nHand this address to {}: under it they choose a password. It works once, until {until}; earlier ones are void.",
        url.expose(),
        user.document.email
    );
    Answer::new(words, json!({ "user": user, "url": url.expose(), "expires_at": until }))
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

async fn list(cx: &Cx, actor: &Actor) -> Result<Answer, Failure> {
    let mut people: Vec<UserView> = Vec::new();
    let mut after = None;
    loop {
        let page =
            user_search::search(cx, actor, &UserSearch::default(), after, PAGE).await?.map_err(Failure::refused)?;
        people.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let row = |u: &UserView| {
        let state = match (u.disabled, u.document.role.as_str()) {
            (true, _) => "disabled",
            (false, role) if role != RoleName::PERSON.as_str() => role,
            (false, _) => "",
        };
        let name = u.document.name.clone().unwrap_or_default();
        vec![u.document.email.clone(), name, state.to_owned(), u.id.clone()]
    };
    let rows: Vec<Vec<String>> = people.iter().map(row).collect();
    let words = match rows.is_empty() {
        true => "There are no accounts yet; `vouchsafe admin link` makes the first administrator.".to_owned(),
        false => table(&["E-MAIL", "NAME", "", "ID"], &rows),
    };
    Ok(Answer::new(words, json!(people)))
}

fn changed(what: &str, done: Done<UserView>) -> Result<Answer, Failure> {
    let user = done?.map_err(Failure::refused)?;
    let words = format!("{} ({}) was {what}.", user.document.email, user.id);
    Ok(Answer::new(words, json!(user)))
}
