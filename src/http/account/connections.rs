//! Owns the page of the providers through which a person can sign in. It does not own taking one away
//! (`flow::account::connections`), nor linking one, which is a sign-in.

use super::overview::when;
use super::words::ago;
use crate::flow::account::connections::{self, Connection, ConnectionRefusal};
use crate::flow::admin::AdminRefusal;
use crate::http::own_app::desk::Desk;
use crate::http::pages::console::{Block, Part, Table, Tone};
use crate::http::reply::Reply;

const PATH: &str = "/account/connections";

/// `GET /account/connections`
pub async fn list(desk: Desk) -> Reply {
    let found = match connections::list(desk.cx(), &desk.visit.user).await {
        Ok(found) => found,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-connections"));
    page.lead = vec![Part::plain(desk.t("account-connections-lead"))];
    let head = [
        desk.t("account-head-provider"),
        desk.t("account-head-there"),
        desk.t("account-head-since"),
        desk.t("account-head-used"),
    ];
    page.blocks.push(match found.is_empty() {
        true => Block::Empty {
            heading: desk.t("account-connections-none").into(),
            words: vec![Part::plain(desk.t("account-connections-none-words"))],
            action: None,
        },
        false => Block::Table(Table {
            caption: desk.t("account-connections").into(),
            head: head.map(String::from).into_iter().chain([String::new()]).collect(),
            rows: found.iter().map(|known| line(&desk, known)).collect(),
            ..Table::default()
        }),
    });
    desk.show(page)
}

fn line(desk: &Desk, known: &Connection) -> Vec<Vec<Part>> {
    let mut name = vec![Part::Strong(known.provider.clone())];
    if !known.is_open {
        name.extend([Part::plain(" "), Part::Badge(Tone::Plain, desk.t("account-connection-off").into())]);
    }
    let hidden = vec![("link".to_owned(), known.link.id.clone())];
    let unlink = desk.t("account-connection-unlink").to_string();
    vec![
        name,
        vec![Part::Quiet(known.link.shown.clone())],
        vec![ago(desk, known.link.created_at)],
        vec![when(desk, known.link.last_used_at)],
        vec![desk.button_with("/account/connections/unlink", &unlink, &known.provider, hidden)],
    ]
}

/// `POST /account/connections/unlink`
pub async fn unlink(desk: Desk) -> Reply {
    match connections::unlink(desk.cx(), &desk.visit.user, &desk.field("link")).await {
        Ok(Ok(())) => desk.done(PATH, desk.t("account-connection-unlinked")),
        Ok(Err(ConnectionRefusal::Unknown)) => desk.done(PATH, desk.t("account-connection-gone")),
        Ok(Err(ConnectionRefusal::LastWayIn)) => {
            let words: String = desk.t("account-connection-last").into();
            desk.undone(PATH, &AdminRefusal::conflict("last_way_in", words))
        }
        Err(fault) => desk.fault(&fault),
    }
}
