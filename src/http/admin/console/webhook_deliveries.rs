//! Owns the page of what a webhook was told. It does not own the webhook's other pages (`webhooks`).

use super::desk::{Desk, answer};
use super::webhooks::{at, frame, may_write};
use super::words::{ago_text, kind};
use crate::flow::admin::page::PAGE;
use crate::flow::admin::webhook;
use crate::flow::admin::webhook_delivery::{self, DeliveryState, DeliveryView};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;

const HEAD: [&str; 6] = ["Event", "Happened", "State", "Answer", "Next try", ""];

/// `GET /admin/webhooks/{name}/deliveries`.
pub async fn list(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, webhook::find(desk.cx(), &desk.actor, &name).await);
    let list = format!("webhook {name}");
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(&list)));
    let state = desk.asked("state").as_deref().and_then(DeliveryState::parse);
    let found = webhook_delivery::list(desk.cx(), &desk.actor, &name, state, (after, PAGE)).await;
    let (mut table, rows) = desk.table("Deliveries", &HEAD, &list, answer!(desk, found));
    table.rows = rows.iter().map(|row| line(&desk, &name, view.document.enabled, row)).collect();
    let mut page = frame(&desk, &view);
    let choices = [("", "All"), ("waiting", "Waiting"), ("delivered", "Delivered"), ("given_up", "Given up")];
    let choices = choices.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    let wanted =
        Field::line("state", "State", state.map_or("", DeliveryState::as_str)).kind(FieldKind::Choice(choices));
    let form = desk.ask("filter", &format!("{}/deliveries", at(&name)), "Show");
    page.blocks.push(Block::Form(Box::new(Form { fields: vec![wanted], ..form })));
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "There is none".to_owned(),
            words: vec![Part::plain(
                "Events that this webhook is told of stand here for 30 days, with how they were answered.",
            )],
            action: None,
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, name: &str, is_on: bool, row: &DeliveryView) -> Vec<Vec<Part>> {
    let now = desk.cx().now;
    let event = match desk.may(P::AuditRead) {
        true => Part::Link(kind(&row.kind), desk.href(&format!("/admin/audit/{}", row.event))),
        false => Part::Text(kind(&row.kind)),
    };
    let (tone, state) = match row.state {
        DeliveryState::Delivered => (Tone::Good, "delivered"),
        DeliveryState::GivenUp => (Tone::Bad, "given up"),
        DeliveryState::Waiting if row.tries > 0 => (Tone::Caution, "failing"),
        DeliveryState::Waiting => (Tone::Plain, "waiting"),
    };
    let mut answer = Vec::new();
    answer.extend(row.status.map(|status| Part::Code(status.to_string())));
    answer.extend(row.last_error.as_deref().map(Part::text));
    if let Some(took) = row.duration_ms {
        answer.push(Part::Quiet(format!("{took} ms, {} {}", row.tries, if row.tries == 1 { "try" } else { "tries" })));
    }
    let next = match &row.next_try_at {
        Some(at) if is_on => vec![ago_text(at, now)],
        Some(_) => vec![Part::plain("when it is switched on")],
        None => Vec::new(),
    };
    let button = may_write(desk).then(|| {
        let hidden = vec![("event".to_owned(), row.event.to_string())];
        desk.button_with(&format!("{}/redeliver", at(name)), "Send again", &format!("event {}", row.event), hidden)
    });
    vec![
        vec![event, Part::Quiet(row.event.to_string())],
        vec![ago_text(&row.created_at, now)],
        vec![Part::Badge(tone, state.to_owned())],
        answer,
        next,
        button.filter(|_| is_on).into_iter().collect(),
    ]
}

/// `POST /admin/webhooks/{name}/redeliver`.
pub async fn redeliver(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let event = desk.field("event").parse().unwrap_or(0);
    answer!(desk, webhook_delivery::redeliver(desk.cx(), &desk.actor, &name, event).await);
    desk.done(&format!("{}/deliveries", at(&name)), "It is sent again now. Look here again in a moment.")
}
