//! Owns the first page of a person's account: who they are here, and what needs their attention. It does not own the other
//! pages.

use crate::http::own_app::desk::Desk;
use crate::http::pages::console::Part;
use crate::http::reply::Reply;

/// `GET /account`
pub async fn get(desk: Desk) -> Reply {
    let mut page = desk.page("Your account", desk.visit.user.display_name().to_owned());
    page.lead =
        vec![Part::plain("You are signed in as "), Part::text(desk.visit.user.email.as_str()), Part::plain(".")];
    desk.show(page)
}
