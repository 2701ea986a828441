//! Owns the pages that say why sign-ins fail: search, the trace of one request, and the last failures of a client.

use super::desk::{Desk, encoded};
use super::filter::Filter;
use super::words::ago;
use crate::flow::Fault;
use crate::flow::trace::{self, Explained, Flow, Found};
use crate::http::pages::console::{Block, Field, FieldKind, Notice, Part, Step, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::oauth::diagnosis::Diagnosis;
use crate::store::traces::TraceSearch;

const LIST: &str = "traces";
/// Rows that a page is made of.
const ROWS: i64 = 100;

/// `GET /admin/diagnosis`.
pub async fn search(desk: Desk) -> Reply {
    if let Some(id) = desk.asked("reference") {
        return one(&desk, id).await;
    }
    let after = match desk.after(LIST) {
        Ok(after) => after.and_then(|key| key.as_i64()),
        Err(refusal) => return desk.refused(&refusal),
    };
    let all = desk.asked("show").as_deref() == Some("all");
    let mut filter = Filter::default();
    let user_id = match filter.person(&desk, "person").await {
        Ok(user_id) => user_id,
        Err(fault) => return desk.fault(&fault),
    };
    let wanted = TraceSearch {
        correlation_id: None,
        client_id: desk.asked("client"),
        user_id,
        address: desk.asked("address"),
        from: filter.moment(&desk, "from"),
        until: filter.moment(&desk, "until"),
        only_refusals: !all,
    };
    let found = match trace::search(&desk.cx().parts.db, wanted, after, ROWS).await {
        Ok(found) => found,
        Err(fault) => return desk.fault(&Fault::from(fault)),
    };
    let mut page = desk.page("Diagnosis", "Why did it fail?");
    page.lead = vec![Part::plain(
        "Every page and answer that refuses something shows a reference. Enter it here to see each step, the check that failed, and how to mend it.",
    )];
    page.blocks.push(Block::Form(Box::new(filter.marked(search_form(&desk)))));
    if filter.is_sound() {
        page.blocks.push(listed(&desk, found));
    }
    desk.show_as(filter.status(), page)
}

fn search_form(desk: &Desk) -> crate::http::pages::console::Form {
    let mut form = desk.ask("search", "/admin/diagnosis", "Search");
    let field = |name: &str, label: &str| Field::line(name, label, desk.asked(name).unwrap_or_default());
    let show = [("", "Refusals only"), ("all", "Everything")].map(|(v, l)| (v.to_owned(), l.to_owned())).to_vec();
    form.fields = vec![
        field("reference", "Reference"),
        field("client", "Client ID"),
        field("person", "Person (address or ID)"),
        field("address", "Address"),
        field("from", "From (UTC)").kind(FieldKind::Moment),
        field("until", "Until (UTC)").kind(FieldKind::Moment),
        field("show", "Show").kind(FieldKind::Choice(show)),
    ];
    form
}

fn listed(desk: &Desk, found: Found) -> Block {
    let page = crate::flow::admin::page::Page { items: found.flows, next: found.next.map(Into::into) };
    let (mut table, flows) =
        desk.table("Requests", &["What was wrong", "Client", "From", "When", "Reference"], LIST, page);
    table.rows = flows.iter().map(|flow| line(desk, flow)).collect();
    match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "Nothing was refused".to_owned(),
            words: vec![Part::plain(
                "Refusals of the last days stand here as they happen. Is something missing? Look at everything, or leave a field empty.",
            )],
            action: None,
        },
    }
}

fn line(desk: &Desk, flow: &Flow) -> Vec<Vec<Part>> {
    let failed = flow.steps.iter().rev().find(|step| step.row.check_name.is_some()).or_else(|| flow.steps.last());
    let Some(step) = failed else { return Vec::new() };
    let href = desk.href(&format!("/admin/diagnosis?reference={}", encoded(&flow.correlation_id)));
    let words = step.diagnosis.as_ref().map_or_else(|| step.row.outcome.clone(), |d| d.mistake.clone());
    vec![
        vec![
            Part::Link(words, href),
            Part::Quiet(step.row.check_name.clone().unwrap_or_else(|| step.row.step.clone())),
        ],
        step.row.client_id.iter().map(|id| client(desk, id)).collect(),
        step.row.address.iter().map(|a| Part::text(a.as_str())).collect(),
        vec![ago(step.row.at, desk.cx().now)],
        vec![Part::Code(flow.correlation_id.clone())],
    ]
}

/// Part of a command, and the page of the console on which the same is done: words, below the client's own page.
const PAGES: [(&str, &str, &str); 11] = [
    ("rotate-secret", "its secrets", "/secrets"),
    ("client enable", "its state", "/end"),
    ("--add-redirect-uri", "its redirect URIs", "/settings#settings-redirect_uris"),
    (
        "--add-post-logout-redirect-uri",
        "its addresses after the logout",
        "/settings#settings-post_logout_redirect_uris",
    ),
    ("--add-scope", "its scopes", "/settings#settings-scopes"),
    ("--audience", "its audiences", "/settings#settings-audiences"),
    ("--resource-identifier", "its own audience", "/settings#settings-resource_identifier"),
    ("--auth-method", "how it authenticates", "/settings#settings-auth_method"),
    ("--refresh-idle-days", "how long things live", "/settings#settings-refresh_idle_seconds"),
    ("--grant", "its grants", "/settings#settings-grants"),
    ("client edit", "its settings", "/settings"),
];

/// What to do about a mistake, with the way to the page where it is done.
fn mend(desk: &Desk, diagnosis: &Diagnosis, client_id: Option<&str>) -> Vec<Part> {
    let mut words = vec![Part::text(diagnosis.mend.as_str())];
    let page = diagnosis.command.and_then(|command| PAGES.iter().find(|(part, ..)| command.contains(part)));
    if let (Some((_, label, page)), Some(id), true) = (page, client_id, desk.may(Permission::ClientsRead)) {
        let href = desk.href(&format!("/admin/clients/{}{page}", encoded(id)));
        words.extend([Part::plain(" Open "), Part::Link((*label).to_owned(), href), Part::plain(".")]);
    }
    words
}

fn client(desk: &Desk, id: &str) -> Part {
    match desk.may(Permission::ClientsRead) {
        true => Part::Link(id.to_owned(), desk.href(&format!("/admin/clients/{}", encoded(id)))),
        false => Part::text(id),
    }
}

async fn one(desk: &Desk, id: String) -> Reply {
    let steps = match trace::explained(&desk.cx().parts.db, id.clone()).await {
        Ok(steps) => steps,
        Err(fault) => return desk.fault(&Fault::from(fault)),
    };
    let mut page = desk.page("Trace", "What happened");
    page.crumbs = vec![desk.link("Diagnosis", "/admin/diagnosis")];
    page.lead = vec![Part::plain("Reference "), Part::Code(id)];
    if steps.is_empty() {
        page.blocks.push(Block::Empty {
            heading: "No trace has this reference".to_owned(),
            words: vec![Part::plain("Check each group of the reference. Traces are kept for some days only; what the log says of a fault is kept there.")],
            action: Some(desk.link("Search", "/admin/diagnosis")),
        });
        return desk.show(page);
    }
    if let Some(diagnosis) = steps.iter().rev().find_map(|step| step.diagnosis.as_ref()) {
        let mut words = vec![Part::Strong(diagnosis.mistake.clone()), Part::plain(" ")];
        let client_id = steps.iter().rev().find_map(|step| step.row.client_id.as_deref());
        words.extend(mend(desk, diagnosis, client_id));
        page.blocks.push(Block::Notice(Notice { tone: Tone::Caution, words }));
    }
    page.blocks.push(Block::Steps(steps.iter().map(|step| shown(desk, step)).collect()));
    desk.show(page)
}

fn shown(desk: &Desk, step: &Explained) -> Step {
    let row = &step.row;
    let mut facts = Vec::new();
    let mut fact = |label: &str, text: Option<&String>, as_code: bool| {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            let part = if as_code { Part::Code(text.clone()) } else { Part::text(text.as_str()) };
            facts.push((label.to_owned(), vec![part]));
        }
    };
    fact("Check", row.check_name.as_ref(), true);
    fact("Expected", row.expected.as_ref(), true);
    fact("Received", row.received.as_ref(), true);
    fact("Mistake", step.diagnosis.as_ref().map(|d| &d.mistake), false);
    if let Some(diagnosis) = &step.diagnosis {
        facts.push(("Mend".to_owned(), mend(desk, diagnosis, row.client_id.as_deref())));
    }
    let mut fact = |label: &str, text: Option<&String>| {
        facts.extend(text.map(|text| (label.to_owned(), vec![Part::text(text.as_str())])));
    };
    fact("From", row.address.as_ref());
    if let Some(id) = &row.client_id {
        facts.push(("Client".to_owned(), vec![client(desk, id)]));
    }
    if let Some(id) = &row.user_id {
        let href = desk.href(&format!("/admin/people/{}", encoded(id)));
        let part = if desk.may(Permission::UsersRead) { Part::Link(id.clone(), href) } else { Part::text(id.as_str()) };
        facts.push(("Person".to_owned(), vec![part]));
    }
    Step {
        name: row.step.clone(),
        at: Some(row.at),
        refused: row.check_name.is_some(),
        outcome: row.outcome.clone(),
        facts,
    }
}

/// The last refusals of a client, for a tab of its page.
pub async fn of_client(desk: &Desk, client_id: &str) -> Result<Option<Table>, Reply> {
    let wanted = TraceSearch { client_id: Some(client_id.to_owned()), only_refusals: true, ..TraceSearch::default() };
    match trace::search(&desk.cx().parts.db, wanted, None, ROWS).await {
        Ok(found) => Ok(match listed(desk, Found { next: None, ..found }) {
            Block::Table(table) => Some(table),
            _ => None,
        }),
        Err(fault) => Err(desk.fault(&Fault::from(fault))),
    }
}
