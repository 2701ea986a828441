//! Owns the page of a client that answers "which tokens would somebody get, and why". It does not own the answer
//! (`flow::admin::preview`). The page issues nothing, and only asks: its address can be kept and passed on.

use super::client::{at, found, frame};
use super::desk::{Desk, sentence};
use super::words::span;
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::client::ClientView;
use crate::flow::admin::preview::{self, Preview, PreviewClaim, PreviewRequest};
use crate::http::admin::console::desk::status;
use crate::http::pages::console::{Block, Field, Form, Notice, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::time::Lifetime;

/// `GET /admin/clients/{id}/preview`.
pub async fn show(desk: Desk) -> Reply {
    let (id, view) = match found(&desk).await {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let mut page = frame(&desk, &id, &view);
    let form = question(&desk, &id, &view);
    // The form sends its scopes even if there are none: without them nobody has asked yet.
    if !desk.query.has("scopes") {
        page.blocks = vec![Block::Form(Box::new(form))];
        return desk.show(page);
    }
    let asked = PreviewRequest {
        client_id: id,
        user: desk.asked("user"),
        scopes: words(&desk, "scopes"),
        resources: words(&desk, "resources"),
    };
    match preview::preview(desk.cx(), &desk.actor, asked).await {
        Ok(Ok(seen)) => {
            page.blocks = vec![Block::Form(Box::new(form))];
            page.blocks.extend(shown(&seen, desk.asked("user").is_some()));
            desk.show(page)
        }
        Ok(Err(refusal)) => {
            page.blocks = vec![Block::Form(Box::new(refused(form, &refusal)))];
            desk.show_as(status(refusal.kind), page)
        }
        Err(fault) => desk.fault(&fault),
    }
}

fn words(desk: &Desk, name: &str) -> Vec<String> {
    desk.asked(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

fn question(desk: &Desk, id: &str, view: &ClientView) -> Form {
    let registered = view.document.scopes.clone().unwrap_or_default().join(" ");
    let value = |name: &str| desk.asked(name).unwrap_or_default();
    let scopes = if desk.query.has("scopes") { value("scopes") } else { registered };
    let mut fields = Vec::new();
    if desk.may(P::UsersRead) {
        let hint = "Address or ID. Empty: the client acts for itself.";
        fields.push(Field::line("user", "Person", value("user")).hint(hint));
    }
    fields.push(Field::line("scopes", "Scopes that are asked for", scopes).hint("Separated by spaces."));
    fields.push(Field::line("resources", "Resources", value("resources")).hint("Addresses of APIs, if any is named."));
    Form {
        heading: "Which tokens would somebody get?".to_owned(),
        words: vec![Part::plain(
            "Every claim with its value and where it comes from, by the same rules as at a sign-in. Nothing is issued, and nobody is told.",
        )],
        fields,
        inline: false,
        ..desk.ask("preview", &format!("{}/preview", at(id)), "Show the tokens")
    }
}

fn refused(mut form: Form, refusal: &AdminRefusal) -> Form {
    let words = sentence(&refusal.words);
    let named = if refusal.code == "unknown_user" { "user" } else { refusal.field.unwrap_or_default() };
    if let Some(field) = form.fields.iter_mut().find(|field| field.name == named) {
        field.error = Some(words.clone());
    }
    Form { problem: Some(words), ..form }
}

fn shown(seen: &Preview, is_about_somebody: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    for obstacle in &seen.obstacles {
        let words = vec![Part::plain("Nothing would be issued: "), Part::text(obstacle.as_str()), Part::plain(".")];
        blocks.push(Block::Notice(Notice { tone: Tone::Bad, words }));
    }
    blocks.push(Block::Facts(outcome(seen, is_about_somebody)));
    if !seen.dropped.is_empty() {
        blocks.push(Block::Heading("What would not be granted".to_owned(), Vec::new()));
        let row =
            |d: &preview::DroppedScope| vec![vec![Part::Code(d.scope.clone())], vec![Part::text(sentence(&d.why))]];
        blocks.push(table("What would not be granted", &["Scope", "Why"], seen.dropped.iter().map(row).collect()));
    }
    let none = match is_about_somebody {
        true => "There would be none: the scope openid is not granted.",
        false => "There would be none: it is about a person, and nobody is named.",
    };
    blocks.extend(claims("ID token", seen.id_token.as_deref(), none));
    blocks.extend(claims("Access token", Some(&seen.access_token), none));
    blocks.extend(claims("Userinfo answer", seen.userinfo.as_deref(), none));
    blocks
}

fn outcome(seen: &Preview, is_about_somebody: bool) -> Vec<(String, Vec<Part>)> {
    let scopes: Vec<Part> = seen.scopes.iter().map(|s| Part::Badge(Tone::Good, s.clone())).collect();
    let mut facts =
        vec![("Scopes granted".to_owned(), if scopes.is_empty() { vec![Part::plain("none")] } else { scopes })];
    if is_about_somebody {
        let consent = match seen.asks_consent {
            true => "They would be asked whether they allow it.",
            false => "They would not be asked: the client is one of your own, or they allowed it already.",
        };
        let refresh = if seen.refresh_token { "One would be given." } else { "None." };
        facts.push(("Consent".to_owned(), vec![Part::plain(consent)]));
        facts.push(("Refresh token".to_owned(), vec![Part::plain(refresh)]));
    }
    let life = span(Lifetime::from_seconds(seen.access_token_seconds));
    let access = format!("Lives {life}, signed with {}.", seen.access_token_alg);
    facts.push(("Access token".to_owned(), vec![Part::Plain(access)]));
    facts
}

fn claims(heading: &str, claims: Option<&[PreviewClaim]>, none: &str) -> [Block; 2] {
    let row = |claim: &PreviewClaim| {
        let value = claim.value.as_str().map_or_else(|| claim.value.to_string(), str::to_owned);
        vec![vec![Part::Code(claim.name.clone())], vec![Part::Text(value)], vec![Part::text(claim.origin.as_str())]]
    };
    let body = match claims {
        Some(claims) => table(heading, &["Claim", "Value", "Where it comes from"], claims.iter().map(row).collect()),
        None => Block::Words(vec![Part::plain(none)]),
    };
    [Block::Heading(heading.to_owned(), Vec::new()), body]
}

fn table(caption: &str, head: &[&str], rows: Vec<Vec<Vec<Part>>>) -> Block {
    let head = head.iter().map(|h| (*h).to_owned()).collect();
    Block::Table(Table { caption: caption.to_owned(), head, rows, ..Table::default() })
}
