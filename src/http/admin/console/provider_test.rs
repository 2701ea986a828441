//! Owns the pages on which an administrator tests a provider: what will happen, what was found before the browser goes there, and
//! the report. It does not own the test (`flow::admin::provider_test`).

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::ago;
use crate::flow::admin::provider::{self, ProviderView};
use crate::flow::admin::provider_test::{self, Begun, TestReport};
use crate::http::pages::console::{Block, ConsolePage, Link, Notice, Part, Step, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::oauth::upstream::check::{Check, Outcome};

const PATH: &str = "/admin/providers";

fn at(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

fn frame(desk: &Desk, view: &ProviderView) -> ConsolePage {
    let mut page = desk.page("Test a provider", format!("Test {}", view.document.name));
    page.crumbs = vec![desk.link("Providers", PATH), desk.link(&view.document.name, &at(&view.document.id))];
    if !view.document.enabled {
        page.badges = vec![Part::Badge(Tone::Plain, "disabled".to_owned())];
    }
    page
}

/// `GET /admin/providers/{id}/test`.
pub async fn ask(desk: Desk) -> Reply {
    ask_page(&desk, None).await
}

async fn ask_page(desk: &Desk, failed: Failed) -> Reply {
    let id = desk.segment(1);
    let view = answer!(desk, provider::find(desk.cx(), &desk.actor, &id).await);
    let mut page = frame(desk, &view);
    page.lead = vec![Part::plain(
        "The real way there and back, for you alone. Nobody is signed in by it, no account is made and nothing is linked; \
         tokens are never shown. A disabled provider can be tested before it is switched on.",
    )];
    let step =
        |name: &str, outcome: &str| Step { name: name.to_owned(), outcome: outcome.to_owned(), ..Step::default() };
    page.blocks = vec![
        Block::Steps(vec![
            step("What it publishes is fetched", "Metadata, keys and endpoints, whatever is remembered of them."),
            step("Your browser goes there", "You sign in as anybody you can sign in as."),
            step("It comes back here, and everything is checked", "Code, ID token and claims, as at a sign-in."),
            step("You see a report", "For a quarter of an hour, and only in this session of the console."),
        ]),
        desk.block(desk.post("test", &format!("{}/test", at(&id)), "Start the test"), &failed),
    ];
    desk.show_tried(page, &failed)
}

/// `POST /admin/providers/{id}/test`. A form of ours is not redirected to another site: a link leads there.
pub async fn begin(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let view = answer!(desk, provider::find(desk.cx(), &desk.actor, &id).await);
    let begun = tried!(desk, "test", ask_page, provider_test::begin(desk.cx(), &desk.visit, &id).await);
    let mut page = frame(&desk, &view);
    match begun {
        Begun::Over(report) => shown(&desk, &mut page, &report),
        Begun::Go(address, checks) => {
            let words = "So far it is well. Go on there within a quarter of an hour.";
            page.blocks.push(Block::Notice(Notice { tone: Tone::Good, words: vec![Part::plain(words)] }));
            page.actions =
                vec![Link { label: format!("Go on at {}", view.document.name), href: address, primary: true }];
            page.blocks.push(Block::Table(table(&checks)));
        }
    }
    desk.show(page)
}

/// `GET /admin/providers/{id}/test/back?answer=…`: the provider's answer, taken once. The report has an address of its own.
pub async fn back(desk: Desk) -> Reply {
    let (id, handle) = (desk.segment(1), desk.query.find("answer").unwrap_or_default().to_owned());
    let run = answer!(desk, provider_test::finish(desk.cx(), &desk.visit, &id, &handle).await);
    Reply::redirect(desk.href(&format!("{}/tested/{}", at(&id), encoded(&run))))
}

/// `GET /admin/providers/{id}/tested/{run}`.
pub async fn show(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let view = answer!(desk, provider::find(desk.cx(), &desk.actor, &id).await);
    let report = answer!(desk, provider_test::read(desk.cx(), &desk.visit, &id, &desk.segment(3)).await);
    let mut page = frame(&desk, &view);
    shown(&desk, &mut page, &report);
    desk.show(page)
}

fn shown(desk: &Desk, page: &mut ConsolePage, report: &TestReport) {
    page.actions = vec![desk.main_link("Test again", &format!("{}/test", at(&report.provider)))];
    if desk.may(P::TracesRead) {
        let trace = format!("/admin/diagnosis?reference={}", encoded(&report.correlation_id));
        page.actions.push(desk.link("To the trace", &trace));
    }
    page.blocks.push(Block::Notice(verdict(report)));
    if let Some(decision) = &report.decision {
        let label = "What a sign-in would have led to".to_owned();
        page.blocks.push(Block::Facts(vec![
            (label, vec![Part::text(decision.as_str())]),
            ("Ended".to_owned(), vec![ago(report.at, desk.cx().now)]),
        ]));
    }
    page.blocks.push(Block::Table(table(&report.checks)));
    if !report.mapped.is_empty() {
        page.blocks.push(Block::Heading("The person, as the mapping reads the claims".to_owned(), Vec::new()));
        page.blocks.push(Block::Table(pairs("Person", ["Here", "Value"], &report.mapped)));
    }
    if !report.claims.is_empty() {
        let words = vec![Part::plain("As they came, each cut to 300 characters. Believed only if every check passed.")];
        page.blocks.push(Block::Heading("Claims received".to_owned(), words));
        page.blocks.push(Block::Table(pairs("Claims received", ["Claim", "Value"], &report.claims)));
    }
}

fn verdict(report: &TestReport) -> Notice {
    match report.trouble() {
        None => Notice { tone: Tone::Good, words: vec![Part::plain("Every check passed.")] },
        Some(check) => {
            let mut words = vec![Part::Strong(check.name.clone()), Part::plain(" failed. ")];
            words.extend(check.mend.as_deref().map(Part::text));
            Notice { tone: Tone::Bad, words }
        }
    }
}

fn table(checks: &[Check]) -> Table {
    let row = |check: &Check| {
        let (tone, words) = match check.outcome {
            Outcome::Passed => (Tone::Good, "passed"),
            Outcome::Failed => (Tone::Bad, "failed"),
            Outcome::NotReached => (Tone::Plain, "not reached"),
        };
        let mut received = vec![Part::text(check.received.as_str())];
        received.extend(check.mend.clone().map(Part::Quiet));
        vec![
            vec![Part::text(check.name.as_str())],
            vec![Part::Badge(tone, words.to_owned())],
            vec![Part::text(check.expected.as_str())],
            received,
        ]
    };
    Table {
        caption: "Checks".to_owned(),
        head: ["Check", "Result", "Expected", "Received"].map(str::to_owned).to_vec(),
        rows: checks.iter().map(row).collect(),
        ..Table::default()
    }
}

fn pairs(caption: &str, head: [&str; 2], rows: &[(String, String)]) -> Table {
    let row = |(name, value): &(String, String)| vec![vec![Part::Code(name.clone())], vec![Part::text(value.as_str())]];
    Table {
        caption: caption.to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: rows.iter().map(row).collect(),
        ..Table::default()
    }
}
