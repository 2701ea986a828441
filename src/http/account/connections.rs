//! Owns the page of the providers through which a person can sign in, and the question before another account there is connected.
//! It does not own taking one away (`flow::account::connections`) nor the way there (`flow::sign_in::upstream::connect`).

use super::overview::when;
use super::words::ago;
use crate::flow::account::connections::{self, Connection, ConnectionRefusal};
use crate::flow::admin::AdminRefusal;
use crate::flow::sign_in::upstream::connect::{self, Found, NotConnected};
use crate::flow::sign_in::upstream::{WayIn, Why};
use crate::http::own_app::desk::{Desk, encoded};
use crate::http::pages::console::{Block, Card, Part, Table, Tone};
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
    let ways: Vec<Card> = connect::ways(desk.cx()).iter().map(|way| add(&desk, way)).collect();
    if !ways.is_empty() {
        let words = vec![Part::plain(desk.t("account-connection-add-words"))];
        page.blocks.push(Block::Heading(desk.t("account-connection-add-title").into(), words));
        page.blocks.push(Block::Cards(ways));
    }
    desk.show(page)
}

fn add(desk: &Desk, way: &WayIn) -> Card {
    Card {
        heading: desk.t("account-connection-add").text("provider", &way.name).into(),
        href: desk.href(&format!("{PATH}/{}/connect", encoded(&way.id))),
        words: String::new(),
        badge: String::new(),
    }
}

/// `GET /account/connections/{provider}/connect`: to the provider.
pub async fn begin(desk: Desk) -> Reply {
    match connect::begin(desk.cx(), &desk.visit, &desk.segment(1)).await {
        Ok(Ok(address)) => Reply::redirect(address),
        Ok(Err(failed)) => not_connected(&desk, &failed),
        Err(fault) => desk.fault(&fault),
    }
}

/// `GET /account/connections/{provider}/back?answer=…`: asks whether it is that account that is to be connected. The answer is used
/// up by it.
pub async fn back(desk: Desk) -> Reply {
    let handle = desk.query.find("answer").unwrap_or_default().to_owned();
    let (sealed, provider, shown) = match connect::finish(desk.cx(), &desk.visit, &desk.segment(1), &handle).await {
        Ok(Ok(Found::New { sealed, provider, shown })) => (sealed, provider, shown),
        Ok(Ok(Found::There)) => return desk.done(PATH, desk.t("account-connection-there")),
        Ok(Err(failed)) => return not_connected(&desk, &failed),
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-connection-ask").text("provider", &provider));
    page.crumbs = vec![desk.link(&desk.t("account-connections").to_string(), PATH)];
    let words = desk.t("account-connection-ask-words").text("provider", &provider);
    page.lead = vec![Part::plain(words)];
    page.blocks.push(Block::Facts(vec![
        (desk.t("account-head-provider").into(), vec![Part::text(provider.as_str())]),
        (desk.t("account-head-there").into(), vec![Part::text(shown.as_str())]),
    ]));
    let mut form = desk.post("connect", &format!("{PATH}/connect"), &desk.t("account-connection-connect").to_string());
    form.hidden = vec![("offer".to_owned(), sealed)];
    page.blocks.push(Block::Form(Box::new(form)));
    desk.show(page)
}

/// `POST /account/connections/connect`
pub async fn connect(desk: Desk) -> Reply {
    match connect::connect(desk.cx(), &desk.visit, &desk.field("offer")).await {
        Ok(Ok(())) => desk.done(PATH, desk.t("account-connection-connected")),
        Ok(Err(failed)) => not_connected(&desk, &failed),
        Err(fault) => desk.fault(&fault),
    }
}

fn not_connected(desk: &Desk, failed: &NotConnected) -> Reply {
    let key = match failed.why {
        Why::NotBegun | Why::NotFresh | Why::Ended => "account-connection-over",
        Why::Closed => "account-connection-closed",
        Why::Down => "account-connection-down",
        Why::Wrong => "account-connection-wrong",
        Why::Denied => "account-connection-denied",
        Why::Shut => "account-connection-shut",
        Why::NotAllowed => "account-connection-not-allowed",
    };
    let words: String = desk.t(key).text("provider", failed.provider.as_deref().unwrap_or("?")).into();
    desk.undone(PATH, &AdminRefusal::conflict("not_connected", words))
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
