//! Owns the page on a person's e-mail address. It does not own changing it.

use crate::http::own_app::desk::Desk;
use crate::http::pages::console::{Block, Part, Tone};
use crate::http::reply::Reply;

/// `GET /account/addresses`
pub async fn show(desk: Desk) -> Reply {
    let user = &desk.visit.user;
    let mut page = desk.page("E-mail address", "E-mail address");
    page.lead = vec![Part::plain("You sign in with it, and letters about your account go there.")];
    let mark = match user.email_verified {
        true => Part::Badge(Tone::Good, "confirmed".to_owned()),
        false => Part::Badge(Tone::Caution, "not confirmed".to_owned()),
    };
    page.blocks.push(Block::Facts(vec![(
        "Your address".to_owned(),
        vec![Part::text(user.email.as_str()), Part::plain(" "), mark],
    )]));
    desk.show(page)
}
