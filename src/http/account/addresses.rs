//! Owns the page on a person's e-mail address. It does not own changing it.

use crate::http::own_app::desk::Desk;
use crate::http::pages::console::{Block, Part, Tone};
use crate::http::reply::Reply;

/// `GET /account/addresses`
pub async fn show(desk: Desk) -> Reply {
    let user = &desk.visit.user;
    let mut page = desk.page_of(desk.t("account-addresses"));
    page.lead = vec![Part::plain(desk.t("account-addresses-lead"))];
    let mark = match user.email_verified {
        true => Part::Badge(Tone::Good, desk.t("account-confirmed").into()),
        false => Part::Badge(Tone::Caution, desk.t("account-unconfirmed").into()),
    };
    let value = vec![Part::text(user.email.as_str()), Part::plain(" "), mark];
    page.blocks.push(Block::Facts(vec![(desk.t("account-address-yours").into(), value)]));
    desk.show(page)
}
