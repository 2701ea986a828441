//! Owns the pages of webhooks: the list, one webhook, its secret. It does not own the page of its deliveries
//! (`webhook_deliveries`).

use super::confirm::{Sure, sure};
use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::ago_text;
use super::{files, words};
use crate::flow::admin::page::PAGE;
use crate::flow::admin::webhook::{self, WebhookDocument, WebhookView, WithSecret};
use crate::http::pages::console::{Block, ConsolePage, Field, FieldKind, Form, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::time::Lifetime;

const LIST: &str = "webhooks";
const PATH: &str = "/admin/webhooks";
const ABOUT: &str = "A webhook is an address that is told of events in the security log, signed, as they happen.";

pub(super) fn at(name: &str) -> String {
    format!("{PATH}/{}", encoded(name))
}

/// Whether this administrator may change webhooks: what they hand on is the security log.
pub(super) fn may_write(desk: &Desk) -> bool {
    desk.may(P::WebhooksWrite) && desk.may(P::AuditRead)
}

/// `GET /admin/webhooks`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let found = answer!(desk, webhook::list(desk.cx(), &desk.actor, after, PAGE).await);
    let (mut table, rows) = desk.table("Webhooks", &["Webhook", "Events", "State", "Last changed"], LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("Webhooks", "Webhooks");
    page.lead = vec![Part::plain(ABOUT)];
    let add = || may_write(&desk).then(|| desk.main_link("Add a webhook", "/admin/webhooks/new"));
    page.actions = add().into_iter().collect();
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "Nobody is told".to_owned(),
            words: vec![Part::plain(
                "Add a webhook to have another system know at once who signed in, who was added, or what was changed.",
            )],
            action: add(),
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, row: &WebhookView) -> Vec<Vec<Part>> {
    let d = &row.document;
    vec![
        [
            vec![Part::Link(d.name.clone(), desk.href(&at(&d.name)))],
            files::in_list(row.managed_by_files),
            (!d.description.is_empty()).then(|| Part::Quiet(d.description.clone())).into_iter().collect(),
        ]
        .concat(),
        vec![Part::Text(d.events.join(", "))],
        vec![state(row)],
        vec![ago_text(&row.updated_at, desk.cx().now)],
    ]
}

fn state(view: &WebhookView) -> Part {
    let (tone, words) = match (view.document.enabled, view.disabled_why.is_some(), view.failing_since.is_some()) {
        (false, true, _) => (Tone::Bad, "switched off by Vouchsafe"),
        (false, false, _) => (Tone::Plain, "switched off"),
        (true, _, true) => (Tone::Bad, "fails"),
        (true, _, false) => (Tone::Good, "on"),
    };
    Part::Badge(tone, words.to_owned())
}

/// The page of a webhook: its head, and its views.
pub(super) fn frame(desk: &Desk, view: &WebhookView) -> ConsolePage {
    let name = &view.document.name;
    let mut page = desk.page("Webhook", name.as_str());
    page.crumbs = vec![desk.link("Webhooks", PATH)];
    page.badges = vec![state(view)];
    let mut tabs = vec![("Settings", at(name)), ("Deliveries", format!("{}/deliveries", at(name)))];
    if may_write(desk) {
        tabs.push(("Secret", format!("{}/secret", at(name))));
    }
    page.tabs = desk.tabs(&tabs);
    page
}

fn fields(d: &WebhookDocument, is_new: bool) -> Vec<Field> {
    let mut fields = Vec::new();
    if is_new {
        let hint = "a-z, 0-9 and hyphens. It stays.";
        fields.push(Field::line("name", "Name", d.name.as_str()).required().hint(hint));
    }
    fields.extend([
        Field::line("description", "What it is for", d.description.as_str()).hint("For people. May be empty."),
        Field::line("url", "Address", d.url.as_str())
            .required()
            .hint("Where events are sent, with https. An address that is not on the public internet must be opened in the configuration (outbound.allow)."),
        Field::line("events", "Events", d.events.join("\n"))
            .kind(FieldKind::Lines(5))
            .required()
            .hint("Kinds as the security log calls them, one on each line, such as signed_in. user_* is all that begin so, * is all."),
        Field::line("enabled", "It is told of events", if d.enabled { "true" } else { "" })
            .kind(FieldKind::Switch)
            .hint("What happens while it is off is not told later."),
    ]);
    fields
}

fn submitted(desk: &Desk, name: String) -> WebhookDocument {
    WebhookDocument {
        name,
        description: desk.field("description"),
        url: desk.field("url"),
        events: desk.lines("events"),
        enabled: desk.form.has("enabled"),
    }
}

/// `GET /admin/webhooks/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let (name, description, url) = (String::new(), String::new(), String::new());
    let blank = WebhookDocument { name, description, url, events: vec!["*".to_owned()], enabled: true };
    let mut form = Form { fields: fields(&blank, true), ..desk.post("add", "/admin/webhooks/new", "Add it") };
    form.cancel = Some(desk.link("Cancel", PATH));
    let mut page = desk.page("Add a webhook", "Add a webhook");
    page.lead = vec![Part::plain(ABOUT)];
    page.crumbs = vec![desk.link("Webhooks", PATH)];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/webhooks/new`.
pub async fn create(desk: Desk) -> Reply {
    let document = submitted(&desk, desk.field("name"));
    let made = tried!(desk, "add", new_page, webhook::create(desk.cx(), &desk.actor, document).await);
    secret_shown(&desk, &made, "The webhook was added")
}

/// The page that shows a secret, once.
fn secret_shown(desk: &Desk, made: &WithSecret, heading: &str) -> Reply {
    let name = &made.view.document.name;
    let mut page = desk.page("Webhook secret", heading);
    page.crumbs = vec![desk.link("Webhooks", PATH), desk.link(name, &at(name))];
    let words = "This secret is shown once. The receiver needs it to tell our messages from others': put it where the \
                 receiver keeps its secrets, and nowhere else.";
    page.blocks = vec![
        Block::Notice(Notice { tone: Tone::Caution, words: vec![Part::plain(words)] }),
        Block::Code("Secret".to_owned(), made.secret.expose().to_owned()),
        Block::Words(vec![Part::plain(
            "Messages are signed after the Standard Webhooks specification, for which there are libraries in most languages.",
        )]),
    ];
    page.actions = vec![desk.main_link("To the webhook", &at(name))];
    desk.show(page)
}

/// `GET /admin/webhooks/{name}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, webhook::find(desk.cx(), &desk.actor, &name).await);
    let mut page = frame(desk, &view);
    page.blocks.extend(trouble(desk, &view));
    files::mark(&mut page, view.managed_by_files);
    let mut form = Form { fields: fields(&view.document, false), ..desk.post("edit", &at(&name), "Save") };
    form.hidden = vec![("version".to_owned(), view.version.to_string())];
    if may_write(desk) {
        let mut test = desk.post("test", &format!("{}/test", at(&name)), "Send a test event");
        test.heading = "Try it".to_owned();
        test.words = vec![Part::plain(
            "A signed message of type webhook.test is sent now; the next page says how it was answered.",
        )];
        let delete = desk.danger("delete", &format!("{}/delete", at(&name)), "Delete", &name);
        let words = vec![Part::plain("It is told nothing more, not even what waits. Its secret is forgotten.")];
        page.blocks.extend([
            desk.block(form, &failed),
            desk.block(test, &failed),
            desk.block(Form { heading: "Delete it".to_owned(), words, ..delete }, &failed),
        ]);
    } else {
        let shown = |f: Field| {
            let value = match (f.kind == FieldKind::Switch, f.value.as_str()) {
                (true, "") => Part::plain("no"),
                (true, _) => Part::plain("yes"),
                (false, "") => Part::plain("none"),
                (false, _) => Part::Code(f.value),
            };
            (f.label, vec![value])
        };
        page.blocks.push(Block::Facts(form.fields.into_iter().map(shown).collect()));
    }
    desk.show_tried(page, &failed)
}

/// What is wrong with it, and what to do.
fn trouble(desk: &Desk, view: &WebhookView) -> Option<Block> {
    let words = match (view.disabled_why.as_deref(), view.failing_since.as_deref()) {
        (Some("gone"), _) => vec![Part::plain(
            "It was switched off because its receiver answered 410: it wants no more events. If that was a mistake, switch it on again.",
        )],
        (Some(_), _) => vec![Part::plain(
            "It was switched off because nothing could be delivered for five days. See its deliveries for why; mend the receiver, then switch it on again.",
        )],
        (None, Some(since)) => vec![
            Part::plain("Nothing gets through. The first failure was "),
            words::ago_text(since, desk.cx().now),
            Part::plain(
                ". Each event is tried for about three days; after five days of failure the webhook is switched off. Its deliveries say what went wrong.",
            ),
        ],
        (None, None) => return None,
    };
    Some(Block::Notice(Notice { tone: Tone::Bad, words }))
}

/// `POST /admin/webhooks/{name}`.
pub async fn save(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let (document, version) = (submitted(&desk, name.clone()), desk.field("version").parse().ok());
    tried!(desk, "edit", show_page, webhook::replace(desk.cx(), &desk.actor, &name, document, version).await);
    desk.done(&at(&name), "It was saved.")
}

/// `POST /admin/webhooks/{name}/test`.
pub async fn test(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let tested = tried!(desk, "test", show_page, webhook::test(desk.cx(), &desk.actor, &name).await);
    let mut page = desk.page("Test of a webhook", if tested.taken { "It was taken" } else { "It was not taken" });
    page.crumbs = vec![desk.link("Webhooks", PATH), desk.link(&name, &at(&name))];
    if let Some(error) = tested.error {
        page.blocks
            .push(Block::Notice(Notice { tone: Tone::Bad, words: vec![Part::Text(super::desk::sentence(&error))] }));
    }
    let status = tested.status.map_or_else(|| Part::plain("none"), |status| Part::Code(status.to_string()));
    page.blocks.push(Block::Facts(vec![
        ("Status of the answer".to_owned(), vec![status]),
        ("It took".to_owned(), vec![Part::plain(format!("{} ms", tested.duration_ms))]),
        ("Id of the message".to_owned(), vec![Part::Code(tested.message_id)]),
    ]));
    page.actions = vec![desk.main_link("To the webhook", &at(&name))];
    desk.show(page)
}

/// `GET /admin/webhooks/{name}/secret`.
pub async fn secret(desk: Desk) -> Reply {
    secret_page(&desk, None).await
}

async fn secret_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, webhook::find(desk.cx(), &desk.actor, &name).await);
    let mut page = frame(desk, &view);
    if let Some(until) = &view.old_secret_until {
        let words = vec![
            Part::plain("There are two secrets: events are signed with both until "),
            words::ago_text(until, desk.cx().now),
            Part::plain("."),
        ];
        page.blocks.push(Block::Notice(Notice { tone: Tone::Plain, words }));
    }
    let mut form = desk.post("rotate", &format!("{}/secret/rotate", at(&name)), "Make a new secret");
    form.heading = "Replace the secret".to_owned();
    form.words = vec![Part::plain(
        "A new secret is made and shown once. For a while events are signed with both, so that the receiver can change over without missing one.",
    )];
    let choices = [("0", "No longer: it has leaked"), ("3600", "An hour"), ("86400", "A day"), ("604800", "A week")];
    let choices = choices.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    form.fields = vec![Field::line("overlap", "The old one is used for", "86400").kind(FieldKind::Choice(choices))];
    page.blocks.push(desk.block(form, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /admin/webhooks/{name}/secret/rotate`.
pub async fn rotate(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let overlap = Lifetime::from_seconds(desk.field("overlap").parse().unwrap_or(86_400));
    if overlap.seconds() == 0 {
        let words = "the old secret ends at once, and the receiver refuses events until it has the new one";
        let (heading, submit, back) =
            ("Replace the secret at once?", "Replace it at once", format!("{}/secret", at(&name)));
        sure!(desk, Sure { name: &name, heading, words, submit, back: ("Secret", &back) });
    }
    let made = webhook::rotate_secret(desk.cx(), &desk.actor, &name, overlap).await;
    let made = tried!(desk, "rotate", secret_page, made);
    secret_shown(&desk, &made, "The new secret is ready")
}

/// `POST /admin/webhooks/{name}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&name)));
    tried!(desk, "delete", show_page, webhook::remove(desk.cx(), &desk.actor, &name, None).await);
    desk.done(PATH, "It was deleted.")
}
