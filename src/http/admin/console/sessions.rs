//! Owns the page of everybody's sessions.

use super::desk::{Desk, answer, encoded};
use super::filter::Filter;
use super::words::ago_text;
use crate::flow::admin::RefusalKind;
use crate::flow::admin::page::{PAGE, Page};
use crate::flow::admin::session::{self, SessionView};
use crate::http::pages::console::{Block, Field, Part, Table};
use crate::http::reply::Reply;
use crate::identity::{Permission, browser};

const LIST: &str = "sessions";
const HEAD: [&str; 6] = ["Person", "Browser", "From", "Signed in", "Last used", ""];

/// `GET /admin/sessions`.
pub async fn list(desk: Desk) -> Reply {
    let mut filter = Filter::default();
    let who = match filter.person(&desk, "person").await {
        Ok(who) => who,
        Err(fault) => return desk.fault(&fault),
    };
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let found = match session::list(desk.cx(), &desk.actor, who.as_deref(), after, PAGE).await {
        Ok(Err(refusal)) if refusal.kind == RefusalKind::Unknown && who.is_some() => {
            filter.refuse("person", &refusal);
            Page { items: Vec::new(), next: None }
        }
        other => answer!(desk, other),
    };
    let mut page = desk.page("Sessions", "Sessions");
    page.lead = vec![Part::plain(
        "Browsers in which people are signed in. Ending a session signs the person out and ends the tokens that came from it.",
    )];
    let mut form = desk.ask("search", "/admin/sessions", "Search");
    form.fields = vec![Field::line("person", "Address or ID of a person", desk.asked("person").unwrap_or_default())];
    page.blocks.push(Block::Form(Box::new(filter.marked(form))));
    if !filter.is_sound() {
        return desk.show_as(filter.status(), page);
    }
    let (mut table, rows) = desk.table("Sessions", &HEAD, LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row, "/admin/sessions/end")).collect();
    page.blocks.push(match table.rows.is_empty() && table.next.is_none() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "Nobody is signed in".to_owned(),
            words: vec![Part::plain(
                "A session begins when a person signs in to an app, and stands here until it ends.",
            )],
            action: who.is_some().then(|| desk.link("Show all sessions", "/admin/sessions")),
        },
    });
    desk.show(page)
}

/// The sessions of one person, for a tab of their page.
pub async fn of_person(desk: &Desk, id: &str) -> Result<Table, Reply> {
    let after = desk.after(LIST).map_err(|refusal| desk.refused(&refusal))?;
    match session::list(desk.cx(), &desk.actor, Some(id), after, PAGE).await {
        Ok(Ok(found)) => {
            let (mut table, rows) = desk.table("Sessions", &HEAD[1..], LIST, found);
            let action = format!("/admin/people/{}/sessions/end", encoded(id));
            table.rows = rows.iter().map(|row| line(desk, row, &action).split_off(1)).collect();
            Ok(table)
        }
        Ok(Err(refusal)) => Err(desk.refused(&refusal)),
        Err(fault) => Err(desk.fault(&fault)),
    }
}

fn line(desk: &Desk, row: &SessionView, action: &str) -> Vec<Vec<Part>> {
    let now = desk.cx().now;
    let person = match &row.email {
        Some(email) if desk.may(Permission::UsersRead) => {
            Part::Link(email.clone(), desk.href(&format!("/admin/people/{}", encoded(&row.user_id))))
        }
        Some(email) => Part::text(email.as_str()),
        None => Part::text(row.user_id.as_str()),
    };
    let about = format!("the session from {}", row.address);
    let end = desk
        .may(Permission::SessionsWrite)
        .then(|| desk.button_with(action, "End", &about, vec![("session".to_owned(), row.id.clone())]));
    let mut browser = vec![Part::Text(browser::in_words(&row.user_agent))];
    if row.id == desk.visit.session.session_id.as_str() {
        browser.push(Part::Badge(crate::http::pages::console::Tone::Plain, "this one".to_owned()));
    }
    vec![
        vec![person],
        browser,
        vec![Part::text(row.address.as_str())],
        vec![ago_text(&row.auth_time, now)],
        vec![ago_text(&row.last_seen_at, now)],
        end.into_iter().collect(),
    ]
}

/// `POST /admin/sessions/end`.
pub async fn end(desk: Desk) -> Reply {
    answer!(desk, session::end(desk.cx(), &desk.actor, &desk.field("session")).await);
    desk.done("/admin/sessions", "The session was ended.")
}
