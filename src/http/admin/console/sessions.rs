//! Owns the page of everybody's sessions.

use super::desk::{Desk, answer};
use super::words::ago;
use crate::flow::admin::session::{self, Listed};
use crate::http::pages::console::{Block, Field, Part, Table};
use crate::http::reply::Reply;
use crate::identity::Permission;

/// `GET /admin/sessions`.
pub async fn list(desk: Desk) -> Reply {
    let who = desk.asked("person");
    let found = answer!(desk, session::list(desk.cx(), who.as_deref(), 200).await);
    let mut page = desk.page("Sessions", "Sessions");
    page.lead = vec![Part::plain("Browsers in which people are signed in. Ending a session signs the person out and ends the tokens that came from it.")];
    let mut form = desk.ask("search", "/admin/sessions", "Search");
    form.fields = vec![Field::line("person", "Address or ID of a person", who.clone().unwrap_or_default())];
    page.blocks.push(Block::Form(Box::new(form)));
    let rows: Vec<_> = found.iter().map(|listed| line(&desk, listed)).collect();
    let head = ["Person", "Browser", "From", "Signed in", "Last used", ""].map(str::to_owned).to_vec();
    page.blocks.push(match rows.is_empty() {
        false => Block::Table(Table { caption: "Sessions".to_owned(), head, rows, ..Table::default() }),
        true => Block::Empty {
            heading: "Nobody is signed in".to_owned(),
            words: vec![Part::plain("A session begins when a person signs in to an app, and stands here until it ends.")],
            action: who.is_some().then(|| desk.link("Show all sessions", "/admin/sessions")),
        },
    });
    desk.show(page)
}

/// A session as a row.
pub fn line(desk: &Desk, listed: &Listed) -> Vec<Vec<Part>> {
    let (session, now) = (&listed.session, desk.cx().now);
    let person = match &listed.user {
        Some(user) if desk.may(Permission::UsersRead) => {
            Part::Link(user.email.as_str().to_owned(), desk.href(&format!("/admin/people/{}", user.id)))
        }
        Some(user) => Part::text(user.email.as_str()),
        None => Part::text(session.user_id.as_str()),
    };
    let end = desk.may(Permission::SessionsWrite).then(|| {
        desk.button(&format!("/admin/sessions/{}/end", session.id), "End", &format!("the session from {}", session.address))
    });
    vec![
        vec![person],
        vec![Part::Text(browser(&session.user_agent))],
        vec![Part::text(session.address.as_str())],
        vec![ago(session.auth_time, now)],
        vec![ago(session.last_seen_at, now)],
        end.into_iter().collect(),
    ]
}

/// What browser it is, in two words, from its own long description.
pub fn browser(agent: &str) -> String {
    let name = ["Edg", "OPR", "Firefox", "Chrome", "Safari", "curl"].into_iter().find(|name| agent.contains(name));
    let system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].into_iter().find(|name| agent.contains(name));
    let name = match name {
        Some("Edg") => "Edge",
        Some("OPR") => "Opera",
        Some(name) => name,
        None if agent.is_empty() => "unknown",
        None => return agent.chars().take(40).collect(),
    };
    system.map_or_else(|| name.to_owned(), |system| format!("{name} on {}", system.replace("Mac OS", "macOS")))
}

/// `POST /admin/sessions/{id}/end`.
pub async fn end(desk: Desk) -> Reply {
    let id = desk.segment(1);
    answer!(desk, session::end(desk.cx(), &desk.actor, &id).await);
    desk.done("/admin/sessions", "The session was ended.")
}
