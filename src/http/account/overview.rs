//! Owns the first page of a person's account: what needs their attention, and what happened last. It does not own mending it.

use super::words::ago;
use super::{activity, picture};
use crate::flow::account::overview::{self, Attention};
use crate::http::own_app::desk::Desk;
use crate::http::pages::console::{Block, Card, Link, Notice, Part, Table, Tone};
use crate::http::reply::Reply;

/// `GET /account`
pub async fn get(desk: Desk) -> Reply {
    let standing = match overview::look(desk.cx(), &desk.visit.user).await {
        Ok(standing) => standing,
        Err(fault) => return desk.fault(&fault),
    };
    let user = &desk.visit.user;
    let mut page = desk.page(&desk.t("account-title").to_string(), user.display_name());
    page.lead = vec![Part::plain(desk.t("account-lead"))];
    page.blocks.extend(user.picture.as_ref().map(|id| Block::Words(vec![picture::portrait(&desk, id)])));
    if standing.attention.is_empty() {
        let words = vec![Part::plain(desk.t("account-all-well"))];
        page.blocks.push(Block::Notice(Notice { tone: Tone::Good, words }));
    }
    page.blocks.extend(standing.attention.iter().map(|what| Block::Notice(attention(&desk, what))));
    page.blocks.push(Block::Cards(cards(&desk)));
    page.blocks.push(Block::Heading(desk.t("account-last").into(), Vec::new()));
    page.blocks.push(Block::Table(Table {
        caption: desk.t("account-last").into(),
        rows: standing.last.iter().map(|happened| activity::line(&desk, happened)).collect(),
        ..activity::head(&desk)
    }));
    let all = Link { label: desk.t("account-last-all").into(), href: desk.href("/account/activity"), primary: false };
    page.blocks.push(Block::Words(vec![Part::Link(all.label, all.href)]));
    desk.show(page)
}

fn attention(desk: &Desk, what: &Attention) -> Notice {
    let link = |label: String, path: &str| Part::Link(label, desk.href(path));
    let (words, more) = match what {
        Attention::NoSecondFactor => {
            (desk.t("account-no-factor"), link(desk.t("account-no-factor-mend").into(), "/account/factors"))
        }
        Attention::NoPassword => {
            (desk.t("account-no-password"), link(desk.t("account-no-password-mend").into(), "/account/password"))
        }
        Attention::FewRecoveryCodes(left) => (
            desk.t("account-few-codes").number("left", *left),
            link(desk.t("account-few-codes-mend").into(), "/account/factors"),
        ),
        Attention::UnknownBrowser(at, address) => {
            let (at, address) = (desk.language().moment(*at), address.clone().unwrap_or_default());
            (
                desk.t("account-unknown-browser").text("at", at).text("address", address),
                link(desk.t("account-unknown-browser-mend").into(), "/account/sessions"),
            )
        }
    };
    Notice { tone: Tone::Caution, words: vec![Part::plain(words), Part::plain(" "), more] }
}

fn cards(desk: &Desk) -> Vec<Card> {
    let card = |heading: String, words: String, path: &str| Card {
        heading,
        words,
        href: desk.href(path),
        badge: String::new(),
    };
    vec![
        card(desk.t("account-profile").into(), desk.t("account-profile-card").into(), "/account/profile"),
        card(desk.t("account-password").into(), desk.t("account-password-card").into(), "/account/password"),
        card(desk.t("account-factors").into(), desk.t("account-factors-card").into(), "/account/factors"),
        card(desk.t("account-sessions").into(), desk.t("account-sessions-card").into(), "/account/sessions"),
        card(desk.t("account-apps").into(), desk.t("account-apps-card").into(), "/account/apps"),
        card(desk.t("account-data").into(), desk.t("account-data-card").into(), "/account/data"),
    ]
}

/// The line of a fact: when.
pub fn when(desk: &Desk, at: Option<crate::time::Timestamp>) -> Part {
    at.map_or_else(|| Part::plain(desk.t("account-never")), |at| ago(desk, at))
}
