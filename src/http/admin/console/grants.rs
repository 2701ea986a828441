//! Owns the pages of grants, of a person and of a client: what was allowed, with its family of tokens, and its end. It does
//! not own what a grant is (`flow::admin::grant`).

use std::collections::BTreeMap;

use super::confirm::{Sure, sure};
use super::desk::{Desk, answer, encoded};
use super::words::ago_text;
use super::{client, person};
use crate::flow::admin::grant::{self, GrantSearch, GrantView};
use crate::flow::admin::names;
use crate::flow::admin::page::PAGE;
use crate::http::pages::console::{Block, ConsolePage, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;

const LIST: &str = "grants";

/// `GET /admin/people/{id}/grants`.
pub async fn of_person(desk: Desk) -> Reply {
    let user = match person::found(&desk).await {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    let page = person::frame(&desk, &user);
    let wanted = GrantSearch { user: Some(user.id.clone()), client_id: None };
    shown(desk, page, wanted, &format!("{}/grants", person::at(&user.id))).await
}

/// `GET /admin/clients/{id}/grants`.
pub async fn of_client(desk: Desk) -> Reply {
    let (id, view) = match client::found(&desk).await {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let page = client::frame(&desk, &id, &view);
    let path = format!("{}/grants", client::at(&id));
    shown(desk, page, GrantSearch { user: None, client_id: Some(id) }, &path).await
}

async fn shown(desk: Desk, mut page: ConsolePage, wanted: GrantSearch, path: &str) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let is_persons = wanted.user.is_some();
    let found = answer!(desk, grant::list(desk.cx(), &desk.actor, wanted, after, PAGE).await);
    let whom = if is_persons { "App" } else { "Person" };
    let (mut table, rows) = desk.table("Tokens", &[whom, "Allowed", "Began", "Ends", ""], LIST, found);
    let ids = rows.iter().filter_map(|row| row.user_id.clone()).collect();
    let people = match is_persons || !desk.may(P::UsersRead) {
        true => BTreeMap::new(),
        false => match names::of(desk.cx(), ids).await {
            Ok(people) => people,
            Err(fault) => return desk.fault(&fault),
        },
    };
    table.rows = rows
        .iter()
        .map(|row| {
            let who = if is_persons { app(&desk, row) } else { giver(&desk, row, &people) };
            line(&desk, row, who, path)
        })
        .collect();
    let words = "Each line is one sign-in of one app, with all tokens that came of it. Ending it refuses them from now on: the app must send the person here again.";
    if table.rows.is_empty() && table.next.is_none() {
        page.blocks.push(Block::Empty {
            heading: "No live tokens".to_owned(),
            words: vec![Part::plain(words)],
            action: None,
        });
    } else {
        page.blocks.extend([Block::Words(vec![Part::plain(words)]), Block::Table(table)]);
    }
    desk.show(page)
}

fn app(desk: &Desk, row: &GrantView) -> Part {
    match desk.may(P::ClientsRead) {
        true => Part::Link(row.client_id.clone(), desk.href(&client::at(&row.client_id))),
        false => Part::text(row.client_id.as_str()),
    }
}

fn giver(desk: &Desk, row: &GrantView, people: &BTreeMap<String, String>) -> Part {
    match &row.user_id {
        None => Part::plain("the client itself"),
        Some(id) => match people.get(id) {
            Some(email) => Part::Link(email.clone(), desk.href(&person::at(id))),
            None => Part::text(id.as_str()),
        },
    }
}

fn line(desk: &Desk, row: &GrantView, who: Part, path: &str) -> Vec<Vec<Part>> {
    let now = desk.cx().now;
    let mut allowed = vec![Part::Text(row.scopes.join(" "))];
    if row.offline {
        allowed.push(Part::Badge(Tone::Plain, "outlives the session".to_owned()));
    }
    let hidden = vec![("grant".to_owned(), row.id.clone())];
    let about = format!("the tokens of {}", row.client_id);
    let end = desk.may(P::SessionsWrite).then(|| desk.button_with(&format!("{path}/end"), "End", &about, hidden));
    vec![
        vec![who],
        allowed,
        vec![ago_text(&row.created_at, now)],
        vec![ago_text(&row.expires_at, now)],
        end.into_iter().collect(),
    ]
}

/// `POST /admin/people/{id}/grants/end`.
pub async fn end_of_person(desk: Desk) -> Reply {
    let path = format!("/admin/people/{}/grants", encoded(&desk.segment(1)));
    end(desk, &path).await
}

/// `POST /admin/clients/{id}/grants/end`.
pub async fn end_of_client(desk: Desk) -> Reply {
    let path = format!("/admin/clients/{}/grants", encoded(&desk.segment(1)));
    end(desk, &path).await
}

async fn end(desk: Desk, path: &str) -> Reply {
    let id = desk.field("grant");
    let row = answer!(desk, grant::find(desk.cx(), &desk.actor, &id).await);
    let words = "every token of this sign-in is refused from now on, and the app must send the person here again";
    let (name, heading, submit) = (row.client_id.as_str(), "End these tokens of the app?", "End the tokens");
    sure!(desk, Sure { name, heading, words, submit, back: ("Tokens", path) });
    answer!(desk, grant::revoke(desk.cx(), &desk.actor, &id).await);
    desk.done(path, "The tokens were ended.")
}
