//! Owns the pages of the security log: search, one entry with what changed, export, and the check of the chain.

use serde_json::Value;

use super::desk::{Desk, answer};
use super::filter::Filter;
use super::words::{ago_text, kind};
use crate::flow::Fault;
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::audit::{self, EventView, Walk};
use crate::flow::admin::names;
use crate::flow::admin::page::PAGE;
use crate::flow::audit::Verdict;
use crate::http::admin::log;
use crate::http::pages::console::{Block, Field, FieldKind, Notice, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::store::events::EventSearch;

const LIST: &str = "events";

/// `GET /admin/audit`.
pub async fn list(desk: Desk) -> Reply {
    let after = match desk.after(LIST) {
        Ok(after) => after,
        Err(refusal) => return desk.refused(&refusal),
    };
    let (wanted, filter) = match wanted(&desk).await {
        Ok(wanted) => wanted,
        Err(fault) => return desk.fault(&fault),
    };
    let searched = wanted != EventSearch::default();
    let found = answer!(desk, audit::search(desk.cx(), &desk.actor, wanted, after, PAGE).await);
    let head = ["What", "Who", "About", "From", "When"];
    let people = match people(&desk, &found.items).await {
        Ok(people) => people,
        Err(fault) => return desk.fault(&fault),
    };
    let (mut table, rows) = desk.table("Security log", &head, LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row, &people)).collect();
    let mut page = desk.page("Security log", "Security log");
    page.lead = vec![Part::plain(
        "What happened, who did it and from where. Entries are sealed in a chain, so that one that was altered or removed shows.",
    )];
    page.actions = vec![
        desk.link("Check the chain", "/admin/audit/verify"),
        desk.link("Download as JSON lines", &export_address(&desk)),
    ];
    page.blocks.push(Block::Form(Box::new(filter.marked(search_form(&desk)))));
    if !filter.is_sound() {
        return desk.show_as(filter.status(), page);
    }
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: if searched { "Nothing fits" } else { "Nothing has happened yet" }.to_owned(),
            words: vec![Part::plain(if searched {
                "No entry fits everything above. Leave a field empty to look further."
            } else {
                "Every sign-in and every change by an administrator will stand here."
            })],
            action: searched.then(|| desk.link("Show everything", "/admin/audit")),
        },
    });
    desk.show(page)
}

fn export_address(desk: &Desk) -> String {
    let query = desk.call.request.query_string();
    if query.is_empty() { "/admin/audit/export".to_owned() } else { format!("/admin/audit/export?{query}") }
}

async fn wanted(desk: &Desk) -> Result<(EventSearch, Filter), Fault> {
    let mut filter = Filter::default();
    let wanted = EventSearch {
        user_id: filter.person(desk, "person").await?,
        client_id: desk.asked("client"),
        actor: desk.asked("actor"),
        kind: desk.asked("kind").map(|k| k.to_lowercase().replace(' ', "_")),
        correlation_id: desk.asked("reference"),
        from: filter.moment(desk, "from"),
        until: filter.moment(desk, "until"),
    };
    Ok((wanted, filter))
}

fn search_form(desk: &Desk) -> crate::http::pages::console::Form {
    let mut form = desk.ask("search", "/admin/audit", "Search");
    let field = |name: &str, label: &str| Field::line(name, label, desk.asked(name).unwrap_or_default());
    form.fields = vec![
        field("kind", "What"),
        field("actor", "Who did it"),
        field("person", "Person (address or ID)"),
        field("client", "Client ID"),
        field("reference", "Reference"),
        field("from", "From (UTC)").kind(FieldKind::Moment),
        field("until", "Until (UTC)").kind(FieldKind::Moment),
    ];
    form
}

type People = std::collections::BTreeMap<String, String>;

async fn people(desk: &Desk, rows: &[EventView]) -> Result<People, Fault> {
    let ids = rows.iter().flat_map(|row| [&row.actor, &row.user_id]).flatten().cloned().collect();
    names::of(desk.cx(), ids).await
}

fn line(desk: &Desk, row: &EventView, people: &People) -> Vec<Vec<Part>> {
    let event = row;
    let who = match (&event.actor, &event.user_id) {
        (Some(actor), _) => vec![person(desk, actor, people)],
        (None, Some(_)) => vec![Part::plain("the person")],
        (None, None) => Vec::new(),
    };
    vec![
        vec![Part::Link(kind(&event.kind), desk.href(&format!("/admin/audit/{}", row.id)))],
        who,
        about(desk, row, people),
        event.address.iter().map(|a| Part::text(a.as_str())).collect(),
        vec![ago_text(&event.at, desk.cx().now)],
    ]
}

fn about(desk: &Desk, row: &EventView, people: &People) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(id) = &row.user_id {
        parts.push(person(desk, id, people));
    }
    if let Some(id) = &row.client_id {
        parts.push(client(desk, id));
    }
    parts
}

fn person(desk: &Desk, id: &str, people: &People) -> Part {
    match people.get(id) {
        Some(email) if desk.may(Permission::UsersRead) => {
            Part::Link(email.clone(), desk.href(&format!("/admin/people/{}", encoded(id))))
        }
        Some(email) => Part::text(email.as_str()),
        None => Part::text(id),
    }
}

fn client(desk: &Desk, id: &str) -> Part {
    match desk.may(Permission::ClientsRead) {
        true => Part::Link(id.to_owned(), desk.href(&format!("/admin/clients/{}", encoded(id)))),
        false => Part::text(id),
    }
}

fn encoded(text: &str) -> String {
    super::desk::encoded(text)
}

/// `GET /admin/audit/{id}`.
pub async fn entry(desk: Desk) -> Reply {
    let id = desk.segment(1).parse().unwrap_or(0);
    let id: i64 = id;
    let found = answer!(desk, audit::export(desk.cx(), &desk.actor, id.saturating_sub(1), 1).await);
    let Some(event) = found.iter().find(|row| row.id == id) else {
        let words = "the security log has no entry of this number";
        return desk.refused(&AdminRefusal::unknown("unknown_event", words));
    };
    let people = match people(&desk, &found).await {
        Ok(people) => people,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page("Entry of the security log", kind(&event.kind));
    page.crumbs = vec![desk.link("Security log", "/admin/audit")];
    let mut facts = vec![
        ("Number".to_owned(), vec![Part::plain(event.id.to_string())]),
        ("When".to_owned(), vec![Part::text(event.at.as_str())]),
    ];
    if let Some(actor) = &event.actor {
        facts.push(("Who did it".to_owned(), vec![person(&desk, actor, &people)]));
    }
    if let Some(id) = &event.user_id {
        facts.push(("Person".to_owned(), vec![person(&desk, id, &people), Part::Quiet(id.clone())]));
    }
    if let Some(id) = &event.client_id {
        facts.push(("Client".to_owned(), vec![client(&desk, id)]));
    }
    if let Some(address) = &event.address {
        facts.push(("From".to_owned(), vec![Part::text(address.as_str())]));
    }
    if let Some(id) = &event.correlation_id {
        facts.push(("Reference".to_owned(), vec![reference(&desk, id)]));
    }
    facts.push((
        "Sealed".to_owned(),
        vec![Part::plain(if event.seal.is_some() { "yes" } else { "no: from before the chain" })],
    ));
    page.blocks.push(Block::Facts(facts));
    page.blocks.extend(changes(&event.detail));
    desk.show(page)
}

fn reference(desk: &Desk, id: &str) -> Part {
    match desk.may(Permission::TracesRead) {
        true => Part::Link(id.to_owned(), desk.href(&format!("/admin/diagnosis?reference={}", encoded(id)))),
        false => Part::Code(id.to_owned()),
    }
}

/// What changed, field by field; and what else is known, as it is.
fn changes(detail: &Value) -> Vec<Block> {
    let Value::Object(mut detail) = detail.clone() else { return Vec::new() };
    let mut blocks = Vec::new();
    let (before, after) = (detail.remove("before"), detail.remove("after"));
    let (mut flat_before, mut flat_after) = (Vec::new(), Vec::new());
    flatten("", before.as_ref().unwrap_or(&Value::Null), &mut flat_before);
    flatten("", after.as_ref().unwrap_or(&Value::Null), &mut flat_after);
    let mut names: Vec<&String> = flat_before.iter().chain(&flat_after).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let value = |list: &[(String, String)], name: &str| {
        list.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()
    };
    let rows: Vec<(String, String, String)> =
        names.iter().map(|name| ((*name).clone(), value(&flat_before, name), value(&flat_after, name))).collect();
    if !rows.is_empty() {
        blocks.push(Block::Heading("What changed".to_owned(), Vec::new()));
        blocks.push(Block::Changes(rows));
    }
    let mut more = Vec::new();
    flatten("", &Value::Object(detail), &mut more);
    if !more.is_empty() {
        blocks.push(Block::Heading("More".to_owned(), Vec::new()));
        blocks.push(Block::Facts(more.into_iter().map(|(name, text)| (kind(&name), vec![Part::Text(text)])).collect()));
    }
    blocks
}

/// A JSON value as lines: `policy.pkce` and its text. A list is one line.
fn flatten(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, into);
            }
        }
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(text).collect();
            into.push((name.to_owned(), texts.join(", ")));
        }
        other => into.push((name.to_owned(), text(other))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

/// `GET /admin/audit/verify`.
pub async fn verify(desk: Desk) -> Reply {
    let verdict = answer!(desk, audit::verify(desk.cx(), &desk.actor).await);
    let mut page = desk.page("Check of the security log", "Check of the security log");
    page.crumbs = vec![desk.link("Security log", "/admin/audit")];
    page.lead = vec![Part::plain(
        "Each entry is sealed together with the one before it, under a key that the database does not hold.",
    )];
    match verdict {
        Verdict::Whole { entries, last_seal } => {
            let words = match entries {
                0 => "The log is empty.".to_owned(),
                1 => "The one entry is as it was written.".to_owned(),
                n => format!("All {n} entries are as they were written, and none is missing."),
            };
            page.blocks.push(Block::Notice(Notice { tone: Tone::Good, words: vec![Part::plain(words)] }));
            if !last_seal.is_empty() {
                page.blocks.push(Block::Code("Seal of the last entry".to_owned(), last_seal));
                let words = "Keep this seal somewhere else. If the whole database is ever put back to an earlier day, the log will not contain it any more.";
                page.blocks.push(Block::Words(vec![Part::plain(words)]));
            }
        }
        Verdict::Broken { id, why } => {
            let words = format!("The chain is broken at entry {id}: {why}.");
            page.blocks.push(Block::Notice(Notice { tone: Tone::Bad, words: vec![Part::plain(words)] }));
            let words = "Somebody changed the database past Vouchsafe. Keep a copy of the database as it is now, find out who could write to it, and compare with your last backup.";
            page.blocks.push(Block::Words(vec![Part::plain(words)]));
        }
    }
    desk.show(page)
}

/// `GET /admin/audit/export`: all that fits, as JSON lines, oldest first.
pub async fn export(desk: Desk) -> Reply {
    let (wanted, filter) = match wanted(&desk).await {
        Ok(wanted) => wanted,
        Err(fault) => return desk.fault(&fault),
    };
    if !filter.is_sound() {
        return list(desk).await;
    }
    let walk = match Walk::begin(desk.cx(), &desk.actor, wanted, 0) {
        Ok(walk) => walk,
        Err(refusal) => return desk.refused(&refusal),
    };
    match log::lines(walk).await {
        Ok(lines) => Reply::streamed(lines, "application/x-ndjson", "security-log.jsonl"),
        Err(fault) => desk.fault(&fault),
    }
}

/// The newest entries about somebody or something, for a tab of another page.
pub async fn history(desk: &Desk, wanted: EventSearch) -> Result<Table, Reply> {
    let after = desk.after(LIST).map_err(|refusal| desk.refused(&refusal))?;
    let found = match audit::search(desk.cx(), &desk.actor, wanted, after, PAGE).await {
        Ok(Ok(found)) => found,
        Ok(Err(refusal)) => return Err(desk.refused(&refusal)),
        Err(fault) => return Err(desk.fault(&fault)),
    };
    let people = people(desk, &found.items).await.map_err(|fault| desk.fault(&fault))?;
    let (mut table, rows) = desk.table("Security log", &["What", "Who", "About", "From", "When"], LIST, found);
    table.rows = rows.iter().map(|row| line(desk, row, &people)).collect();
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_field_by_field() {
        let detail = r#"{"before":{"name":"A","policy":{"trusted":false}},"after":{"name":"B","policy":{"trusted":true},"redirect_uris":["x","y"]},"sessions":2}"#;
        let blocks = changes(&serde_json::from_str(detail).unwrap());
        let Some(Block::Changes(rows)) = blocks.get(1) else { panic!("{blocks:?}") };
        let row = |n: &str, b: &str, a: &str| (n.to_owned(), b.to_owned(), a.to_owned());
        assert_eq!(
            *rows,
            [row("name", "A", "B"), row("policy.trusted", "no", "yes"), row("redirect_uris", "", "x, y")]
        );
        assert!(matches!(&blocks[3], Block::Facts(facts) if facts[0].0 == "Sessions"));
        assert!(changes(&Value::Null).is_empty() && changes(&serde_json::json!({})).is_empty());
    }
}
