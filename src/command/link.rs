//! Owns `vouchsafe admin link`: the address under which the first administrator is made. It does not own the link
//! (`flow::admin::setup`).

use clap::Subcommand;
use serde_json::json;

use super::{Answer, Failure};
use crate::app::App;
use crate::flow::Cx;
use crate::flow::admin::setup;
use crate::sensitive::Sensitive;

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Prints a one-time link to set up the first administrator; links printed before are void.
    Link,
}

pub(super) async fn run(app: &App, AdminCommand::Link: AdminCommand) -> Result<Answer, Failure> {
    let cx = app.command_cx();
    let Some(token) = setup::link(&cx).await? else {
        let words = "there is an administrator already; `vouchsafe user list` shows who, and `vouchsafe user add --owner` adds another one";
        return Err(Failure::Refused(words.to_owned()));
    };
    let (url, until) = (address(&cx, &token), (cx.now + setup::LINK_LIFETIME).rfc3339());
    let words = format!(
        "{url}\n\nOpen it to set up the first administrator. It works once, until {until}; links printed before are void."
    );
    Ok(Answer::new(words, json!({ "url": url, "expires_at": until })))
}

/// The address of the page behind the link.
fn address(cx: &Cx, token: &Sensitive) -> String {
    format!("{}/setup?token={}", cx.issuer(), token.expose())
}
