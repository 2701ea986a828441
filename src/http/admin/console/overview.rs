//! Owns the console's first page, numbers over time and what wants attention, and the page about this installation.

use super::desk::{Desk, answer, encoded};
use crate::flow::admin::attention::{Attention, Target, Urgency};
use crate::flow::admin::overview::{self, Overview, Range};
use crate::flow::latency::Area;
use crate::flow::stats::Count;
use crate::http::admin::api::ROOT;
use crate::http::pages::console::{Block, Part, Tab, Table, Tone};
use crate::http::pages::plot::{Figures, Plot, Series, Shape, Unit};
use crate::http::reply::Reply;
use crate::http::routes::WELL_KNOWN;
use crate::identity::Permission;

/// `GET /admin`.
pub async fn get(desk: Desk) -> Reply {
    let range = desk.asked("range").and_then(|text| Range::parse(&text)).unwrap_or_default();
    let seen = answer!(desk, overview::overview(desk.cx(), &desk.actor, range).await);
    let mut page = desk.page("Overview", "Overview");
    let tab = |(label, of): (&'static str, Range)| Tab {
        label,
        href: desk.href(&format!("/admin?range={}", of.as_str())),
        here: of == range,
    };
    page.tabs = [("24 hours", Range::Day), ("7 days", Range::Week), ("30 days", Range::Month)].map(tab).into();
    page.blocks.push(figures(&seen));
    page.blocks.extend(attention(&desk, &seen));
    page.blocks.push(Block::Plots(plots(&seen)));
    desk.show(page)
}

fn figures(seen: &Overview) -> Block {
    let live = seen.live_sessions.iter().rev().flatten().next().copied().unwrap_or(0);
    let tokens: i64 =
        [Count::TokensByCode, Count::TokensByRefresh, Count::TokensByClient].map(|c| seen.total(c)).iter().sum();
    let number = |label: &str, number: i64, remark: &str| (label.to_owned(), grouped(number), remark.to_owned());
    Block::Figures(vec![
        number("Sign-ins", seen.total(Count::SignIns), ""),
        number("Failed sign-ins", seen.total(Count::FailedSignIns), ""),
        number("Token answers", tokens, ""),
        number("Live sessions", live, "seen last"),
    ])
}

/// A number with spaces between its thousands.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn attention(desk: &Desk, seen: &Overview) -> Vec<Block> {
    let heading = Block::Heading("What wants attention".to_owned(), Vec::new());
    if seen.attention.is_empty() {
        let words = vec![Part::plain("Nothing: no secret ends soon, no key is due, every client is in use.")];
        return vec![heading, Block::Words(words)];
    }
    let rows = seen.attention.iter().map(|item| matter(desk, item)).collect();
    let head = ["What", "How soon", ""].map(str::to_owned).to_vec();
    vec![heading, Block::Table(Table { caption: "What wants attention".to_owned(), head, rows, ..Table::default() })]
}

fn matter(desk: &Desk, item: &Attention) -> Vec<Vec<Part>> {
    let (path, permission) = match &item.target {
        Target::Client(id) => (format!("/admin/clients/{}", encoded(id)), Permission::ClientsRead),
        Target::Secret { client_id, .. } => {
            (format!("/admin/clients/{}/secrets", encoded(client_id)), Permission::ClientsWrite)
        }
        Target::Key(_) => ("/admin/keys".to_owned(), Permission::KeysRead),
        Target::Webhook(name) => (format!("/admin/webhooks/{}", encoded(name)), Permission::WebhooksRead),
        Target::Mail => ("/admin/mail".to_owned(), Permission::SettingsRead),
        Target::SecurityLog => ("/admin/audit?kind=credential_stuffing".to_owned(), Permission::AuditRead),
        Target::Settings => ("/admin/settings".to_owned(), Permission::SettingsRead),
        Target::Provider(id) => (format!("/admin/providers/{}", encoded(id)), Permission::UpstreamsRead),
        Target::Traces => ("/admin/diagnosis".to_owned(), Permission::TracesRead),
    };
    let mut words: Vec<Part> = item.client_name.iter().map(|name| Part::Strong(name.clone())).collect();
    words.push(if words.is_empty() { Part::text(item.words.as_str()) } else { Part::Quiet(item.words.clone()) });
    let urgency = match item.urgency {
        Urgency::Act => Part::Badge(Tone::Bad, "act".to_owned()),
        Urgency::Know => Part::Badge(Tone::Plain, "good to know".to_owned()),
    };
    let link = desk.may(permission).then(|| Part::Link("Look".to_owned(), desk.href(&path)));
    vec![words, vec![urgency], link.into_iter().collect()]
}

fn plots(seen: &Overview) -> Vec<Plot> {
    let counts = |name: &str, what: Count| Series::of_counts(name, seen.count(what));
    let figures = |id, title: &str, unit, shape, series| Figures {
        id,
        title: title.to_owned(),
        unit,
        shape,
        times: seen.times.clone(),
        series,
    };
    let token = seen.latency(Area::Token);
    let times = |name: &str, values: &[Option<f64>]| Series { name: name.to_owned(), values: values.to_vec() };
    let live = seen.live_sessions.iter().map(|v| v.map(|n| n as f64)).collect();
    [
        figures(
            "plot-sign-ins",
            "Sign-ins",
            Unit::Count,
            Shape::StackedBars,
            vec![counts("succeeded", Count::SignIns), counts("failed", Count::FailedSignIns)],
        ),
        figures(
            "plot-tokens",
            "Token answers",
            Unit::Count,
            Shape::Areas,
            vec![
                counts("for a code", Count::TokensByCode),
                counts("for a refresh token", Count::TokensByRefresh),
                counts("for a client itself", Count::TokensByClient),
            ],
        ),
        figures(
            "plot-sessions",
            "Live sessions",
            Unit::Count,
            Shape::Areas,
            vec![Series { name: "at once".to_owned(), values: live }],
        ),
        figures(
            "plot-latency",
            "Time of the token endpoint",
            Unit::Milliseconds,
            Shape::Lines,
            vec![
                times("half within", &token.p50),
                times("95 of 100 within", &token.p95),
                times("99 of 100 within", &token.p99),
            ],
        ),
    ]
    .map(Plot::draw)
    .into()
}

/// `GET /admin/about`.
pub async fn about(desk: Desk) -> Reply {
    let issuer = desk.cx().issuer().to_owned();
    let discovery = format!("{issuer}{}", WELL_KNOWN[0]);
    let mut page = desk.page("About", "About this Vouchsafe");
    let own: Vec<Part> =
        desk.visit.permissions.iter().map(|p| Part::Badge(Tone::Plain, p.scope().to_owned())).collect();
    page.blocks.push(Block::Facts(vec![
        ("Version".to_owned(), vec![Part::plain(env!("CARGO_PKG_VERSION"))]),
        ("Issuer".to_owned(), vec![Part::Code(issuer.clone())]),
        ("Discovery document".to_owned(), vec![Part::Link(discovery.clone(), discovery)]),
        (
            "Administration API".to_owned(),
            vec![Part::Link("How to use it".to_owned(), desk.href(&format!("{ROOT}/docs")))],
        ),
        (
            "Its OpenAPI document".to_owned(),
            vec![Part::Link(format!("{issuer}{ROOT}/openapi.json"), desk.href(&format!("{ROOT}/openapi.json")))],
        ),
        (
            "You are".to_owned(),
            vec![Part::text(desk.visit.user.email.as_str()), Part::Quiet(desk.visit.user.id.as_str().to_owned())],
        ),
        ("Your role".to_owned(), vec![Part::text(desk.visit.user.role.as_str())]),
        ("What it allows".to_owned(), own),
    ]));
    desk.show(page)
}
