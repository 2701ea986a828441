//! Owns the page of the apps that a person is connected with. It does not own disconnecting them (`flow::account::apps`).

use super::overview::when;
use super::words::ago;
use crate::flow::account::apps::{self, Connected};
use crate::http::own_app::desk::{Desk, encoded};
use crate::http::pages::console::{Block, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::http::sign_in::words::{of_claim, of_scope};
use crate::oauth::scope::Scope;

const PATH: &str = "/account/apps";

/// `GET /account/apps`
pub async fn list(desk: Desk) -> Reply {
    let (found, defined) = match apps::list(desk.cx(), &desk.visit.user.id).await {
        Ok(found) => found,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-apps"));
    page.lead = vec![Part::plain(desk.t("account-apps-lead"))];
    let head = [
        desk.t("account-head-app"),
        desk.t("account-head-may"),
        desk.t("account-head-since"),
        desk.t("account-head-used"),
    ];
    page.blocks.push(match found.is_empty() {
        true => Block::Empty {
            heading: desk.t("account-apps-none").into(),
            words: vec![Part::plain(desk.t("account-apps-none-words"))],
            action: None,
        },
        false => Block::Table(Table {
            caption: desk.t("account-apps").into(),
            head: head.map(String::from).into_iter().chain([String::new()]).collect(),
            rows: found.iter().map(|app| line(&desk, app, &defined)).collect(),
            ..Table::default()
        }),
    });
    desk.show(page)
}

fn line(desk: &Desk, app: &Connected, defined: &[Scope]) -> Vec<Vec<Part>> {
    let client = &app.client;
    let mut name = Vec::new();
    if let Some(tag) = &client.about.logo {
        let path = format!("/clients/{}/logo?v={}", encoded(&client.client_id), encoded(tag));
        name.push(Part::Logo(desk.href(&path)));
    }
    name.push(Part::Strong(client.name.clone()));
    if client.disabled_at.is_some() {
        name.extend([Part::plain(" "), Part::Badge(Tone::Plain, desk.t("account-app-off").into())]);
    }
    let hidden = vec![("client".to_owned(), client.client_id.clone())];
    let disconnect = desk.t("account-app-disconnect").to_string();
    vec![
        name,
        allowed(desk, app, defined),
        vec![ago(desk, app.since)],
        vec![when(desk, app.last_used)],
        vec![desk.button_with("/account/apps/disconnect", &disconnect, &client.name, hidden)],
    ]
}

/// What the app may do, a line each.
fn allowed(desk: &Desk, app: &Connected, defined: &[Scope]) -> Vec<Part> {
    let language = desk.language();
    let described = |name: &str| {
        let own = defined.iter().find(|scope| scope.name == name).map(|scope| scope.description.clone());
        own.filter(|words| !words.is_empty()).unwrap_or_else(|| name.to_owned())
    };
    let scopes = app.scopes.iter().filter(|name| *name != "offline_access");
    let mut lines: Vec<Part> = scopes.map(|name| Part::Quiet(of_scope(language, name, described(name)))).collect();
    if !app.claims.is_empty() {
        let names: Vec<String> = app.claims.iter().map(|name| of_claim(language, name)).collect();
        lines.push(Part::Quiet(desk.t("account-app-learns").text("claims", names.join(", ")).into()));
    }
    if app.offline {
        lines.push(Part::Quiet(desk.t("account-app-offline").into()));
    }
    lines
}

/// `POST /account/apps/disconnect`
pub async fn disconnect(desk: Desk) -> Reply {
    match apps::withdraw(desk.cx(), &desk.visit.user.id, &desk.field("client")).await {
        Ok(true) => desk.done(PATH, desk.t("account-app-disconnected")),
        Ok(false) => desk.done(PATH, desk.t("account-app-gone")),
        Err(fault) => desk.fault(&fault),
    }
}
