//! Owns the page of a person's own sessions. It does not own ending them (`flow::account::sessions`).

use super::words::ago;
use crate::flow::account::sessions::{self, browser_in_words};
use crate::http::own_app::desk::Desk;
use crate::http::pages::console::{Block, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Session;

const PATH: &str = "/account/sessions";

/// `GET /account/sessions`
pub async fn list(desk: Desk) -> Reply {
    let found = match sessions::list(desk.cx(), &desk.visit.user.id).await {
        Ok(found) => found,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-sessions"));
    page.lead = vec![Part::plain(desk.t("account-sessions-lead"))];
    let head = [
        desk.t("account-head-browser"),
        desk.t("account-head-from"),
        desk.t("account-head-since"),
        desk.t("account-head-seen"),
    ];
    page.blocks.push(Block::Table(Table {
        caption: desk.t("account-sessions").into(),
        head: head.map(String::from).into_iter().chain([String::new()]).collect(),
        rows: found.iter().map(|session| line(&desk, session)).collect(),
        ..Table::default()
    }));
    if found.len() > 1 {
        let mut form =
            desk.post("others", "/account/sessions/end-others", &desk.t("account-sessions-others").to_string());
        form.words = vec![Part::plain(desk.t("account-sessions-others-words"))];
        page.blocks.push(Block::Form(Box::new(form)));
    }
    desk.show(page)
}

fn line(desk: &Desk, session: &Session) -> Vec<Vec<Part>> {
    let name = browser_in_words(desk.language(), &session.user_agent);
    let is_this = session.id == desk.visit.session.session_id;
    let mut what = vec![Part::Text(name.clone())];
    let mut action = Vec::new();
    match is_this {
        true => what.extend([Part::plain(" "), Part::Badge(Tone::Good, desk.t("account-session-this").into())]),
        false => {
            let hidden = vec![("session".to_owned(), session.id.0.clone())];
            action.push(desk.button_with(
                "/account/sessions/end",
                &desk.t("account-session-end").to_string(),
                &name,
                hidden,
            ));
        }
    }
    vec![
        what,
        vec![Part::text(session.address.as_str())],
        vec![ago(desk, session.created_at)],
        vec![ago(desk, session.last_seen_at)],
        action,
    ]
}

/// `POST /account/sessions/end`
pub async fn end(desk: Desk) -> Reply {
    match sessions::end(desk.cx(), &desk.visit, &desk.field("session")).await {
        Ok(true) => desk.done(PATH, desk.t("account-session-ended")),
        Ok(false) => desk.done(PATH, desk.t("account-session-gone")),
        Err(fault) => desk.fault(&fault),
    }
}

/// `POST /account/sessions/end-others`
pub async fn end_others(desk: Desk) -> Reply {
    match sessions::end_others(desk.cx(), &desk.visit).await {
        Ok(count) => desk.done(PATH, desk.t("account-sessions-ended").number("count", count)),
        Err(fault) => desk.fault(&fault),
    }
}
