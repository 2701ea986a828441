//! Owns the page of letters that could not be delivered. It does not own what is done to them (`flow::admin::mail`).

use super::confirm::{Sure, sure};
use super::desk::{Desk, answer};
use super::words::ago_text;
use crate::flow::admin::mail::{self, LetterView};
use crate::flow::admin::page::PAGE;
use crate::http::pages::console::{Block, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;

const LIST: &str = "mail";
const PATH: &str = "/admin/mail";
const HEAD: [&str; 5] = ["Letter", "Waits since", "What the mail server said", "Next try", ""];

/// `GET /admin/mail`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let found = answer!(desk, mail::list(desk.cx(), &desk.actor, after, PAGE).await);
    let (mut table, rows) = desk.table("Letters", &HEAD, LIST, found);
    let mut page = desk.page("Mail", "Undelivered mail");
    page.lead = vec![Part::plain(
        "A letter that the mail server does not take is tried again, less and less often, for three days.",
    )];
    let is_on = mail::is_on(desk.cx());
    if !is_on {
        let words = "Mail is switched off: nothing is sent, and administrators hand links over themselves. To send letters, \
                     name a mail server in the configuration (mail.host).";
        page.blocks.push(Block::Notice(Notice { tone: Tone::Caution, words: vec![Part::plain(words)] }));
    }
    table.rows = rows.iter().map(|row| line(&desk, row, is_on)).collect();
    page.blocks.push(match table.rows.is_empty() && table.next.is_none() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: if is_on { "Every letter has left" } else { "No letter waits" }.to_owned(),
            words: vec![Part::plain(
                "Letters, such as invitations, stand here when they cannot be delivered, with what the mail server said.",
            )],
            action: None,
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, row: &LetterView, is_on: bool) -> Vec<Vec<Part>> {
    let now = desk.cx().now;
    let next = match (&row.given_up_at, &row.next_try_at) {
        (Some(at), _) => vec![Part::Badge(Tone::Bad, "given up".to_owned()), Part::plain(" "), ago_text(at, now)],
        (None, _) if !is_on => vec![Part::plain("when mail is switched on")],
        (None, Some(at)) => vec![ago_text(at, now)],
        (None, None) => Vec::new(),
    };
    let tries = format!("{} {}", row.tries, if row.tries == 1 { "try" } else { "tries" });
    let mut said = vec![row.last_error.as_deref().map_or_else(|| Part::plain("nothing yet"), Part::text)];
    said.push(Part::Quiet(tries));
    let button = |path: &str, label: &str| {
        let hidden = vec![("letter".to_owned(), row.id.clone()), ("recipient".to_owned(), row.recipient.clone())];
        desk.button_with(&format!("{PATH}/{path}"), label, &row.recipient, hidden)
    };
    let mut actions = Vec::new();
    if desk.may(P::SettingsWrite) {
        actions.extend(is_on.then(|| button("retry", "Try again now")));
        actions.push(button("give-up", "Give up"));
    }
    vec![
        vec![Part::text(row.recipient.as_str()), Part::Quiet(row.subject.clone())],
        vec![ago_text(&row.created_at, now)],
        said,
        next,
        actions,
    ]
}

/// `POST /admin/mail/retry`.
pub async fn retry(desk: Desk) -> Reply {
    answer!(desk, mail::retry(desk.cx(), &desk.actor, &desk.field("letter")).await);
    desk.done(PATH, "The letter is tried again now. Look here again in a moment.")
}

/// `POST /admin/mail/give-up`. The letter's recipient is its name here; to type the id of a letter would help nobody.
pub async fn give_up(desk: Desk) -> Reply {
    let name = desk.field("recipient");
    let words = "the letter is thrown away, and its recipient never gets it";
    let (heading, submit) = ("Give the letter up?", "Give it up");
    sure!(desk, Sure { name: &name, heading, words, submit, back: ("Mail", PATH) });
    answer!(desk, mail::give_up(desk.cx(), &desk.actor, &desk.field("letter")).await);
    desk.done(PATH, "The letter was thrown away.")
}
