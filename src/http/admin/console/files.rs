//! Owns the page of configuration files: what they own, what was changed by hand since, and how one begins; and the mark on
//! the pages of what they own. It does not own files (`flow::admin::files`): they are applied from the command line.

use serde_json::Value;

use super::desk::{Desk, answer, encoded, sentence};
use super::words::ago;
use crate::flow::admin::files::{self, Action, Kind, ObjectChange, Owned};
use crate::http::pages::console::{Block, ConsolePage, Notice, Part, Table, Tone};
use crate::http::reply::Reply;

const COMMANDS: &str = "\
vouchsafe export > vouchsafe.toml   # writes what is there as a file
vouchsafe plan vouchsafe.toml       # shows what applying it would change
vouchsafe apply vouchsafe.toml      # makes it so, all or nothing
vouchsafe drift                     # shows what was changed by hand since";

/// `GET /admin/files`.
pub async fn show(desk: Desk) -> Reply {
    let owned = answer!(desk, files::owned(desk.cx(), &desk.actor).await);
    let mut page = desk.page("Files", "Configuration files");
    page.lead =
        vec![Part::plain("Clients, scopes, groups, roles and settings can be kept as files under version control.")];
    if owned.is_empty() {
        page.blocks.push(Block::Empty {
            heading: "Files own nothing yet".to_owned(),
            words: vec![Part::plain(
                "Export what is there, keep the files in your repository, and change them there: plan shows what would happen, apply does it. From then on they own what stands in them, and this page shows what somebody changed by hand.",
            )],
            action: None,
        });
        page.blocks.push(commands());
        return desk.show(page);
    }
    let drift = answer!(desk, files::drift(desk.cx(), &desk.actor).await).changes;
    page.blocks.extend(drifted(&desk, &drift));
    page.blocks.push(Block::Heading("What files own".to_owned(), Vec::new()));
    let state = |row: &Owned| drift.iter().find(|change| change.kind == row.kind && change.name == row.name);
    let head = ["Name", "Kind", "State", "Last applied"].map(str::to_owned).to_vec();
    let rows = owned.iter().map(|row| line(&desk, row, state(row))).collect();
    page.blocks.push(Block::Table(Table { caption: "What files own".to_owned(), head, rows, ..Table::default() }));
    page.blocks.push(commands());
    desk.show(page)
}

fn commands() -> Block {
    Block::Code("On the command line".to_owned(), COMMANDS.to_owned())
}

fn line(desk: &Desk, row: &Owned, change: Option<&ObjectChange>) -> Vec<Vec<Part>> {
    let state = match change.map(|c| c.action) {
        None => Part::Badge(Tone::Good, "as the files say".to_owned()),
        Some(Action::Delete) => Part::Badge(Tone::Bad, "removed by hand".to_owned()),
        Some(_) => Part::Badge(Tone::Caution, "changed by hand".to_owned()),
    };
    let name = match change.map(|c| c.action) {
        Some(Action::Delete) => Part::text(row.name.as_str()),
        _ => Part::Link(row.name.clone(), desk.href(&path(row.kind, &row.name))),
    };
    vec![vec![name], vec![Part::plain(noun(row.kind))], vec![state], vec![ago(row.applied_at, desk.cx().now)]]
}

/// What was changed by hand, one object after the other.
fn drifted(desk: &Desk, drift: &[ObjectChange]) -> Vec<Block> {
    let notice = |tone, words: String| Block::Notice(Notice { tone, words: vec![Part::Plain(words)] });
    if drift.is_empty() {
        return vec![notice(Tone::Good, "Everything is as the files say.".to_owned())];
    }
    let count = if drift.len() == 1 { "One thing was".to_owned() } else { format!("{} things were", drift.len()) };
    let words = format!(
        "{count} changed by hand since files were last applied. Applying them again undoes it: to keep it, write it into the files."
    );
    let mut blocks = vec![notice(Tone::Caution, words)];
    for change in drift {
        let object = vec![object(desk, change)];
        let what = noun(change.kind);
        if change.action == Action::Delete {
            blocks.push(Block::Heading(format!("{what} removed"), object));
            continue;
        }
        blocks.push(Block::Heading(format!("{what} changed"), object));
        let fields = change.fields.iter().map(|f| (f.path.clone(), text(&f.before), text(&f.after)));
        blocks.push(Block::Changes(fields.collect()));
    }
    blocks
}

fn object(desk: &Desk, change: &ObjectChange) -> Part {
    match change.action {
        Action::Delete => Part::Strong(change.name.clone()),
        _ => Part::Link(change.name.clone(), desk.href(&path(change.kind, &change.name))),
    }
}

/// A value as people read it: a text without quotes, a list line by line.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Settings => "Settings",
        Kind::Attribute => "Attribute",
        Kind::Resource => "Resource server",
        Kind::Scope => "Scope",
        Kind::Group => "Group",
        Kind::Role => "Role",
        Kind::Provider => "Provider",
        Kind::Client => "Client",
        Kind::Webhook => "Webhook",
    }
}

fn path(kind: Kind, name: &str) -> String {
    let name = encoded(name);
    match kind {
        Kind::Settings => "/admin/settings".to_owned(),
        Kind::Attribute => format!("/admin/attributes/{name}"),
        Kind::Resource => format!("/admin/resources/{name}"),
        Kind::Scope => format!("/admin/scopes/{name}"),
        Kind::Group => format!("/admin/groups/{name}"),
        Kind::Role => format!("/admin/roles/{name}"),
        Kind::Provider => format!("/admin/providers/{name}"),
        Kind::Client => format!("/admin/clients/{name}"),
        Kind::Webhook => format!("/admin/webhooks/{name}"),
    }
}

/// Says on the page of an object that files own it, if they do.
pub fn mark(page: &mut ConsolePage, managed_by_files: bool) {
    if managed_by_files {
        page.badges.push(badge());
        page.blocks.push(notice());
    }
}

/// The mark of what files own.
pub fn badge() -> Part {
    Part::Badge(Tone::Caution, "owned by files".to_owned())
}

/// The mark behind a name in a list, if files own it.
pub fn in_list(managed_by_files: bool) -> Vec<Part> {
    if managed_by_files { vec![Part::plain(" "), badge()] } else { Vec::new() }
}

/// What it means to be owned by files.
pub fn notice() -> Block {
    let words = sentence("files own this: what is changed here is undone when they are next applied");
    Block::Notice(Notice { tone: Tone::Caution, words: vec![Part::Plain(words)] })
}
