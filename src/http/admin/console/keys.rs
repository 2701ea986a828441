//! Owns the pages of the signing keys: the life of each, and what one may do to it.

use super::desk::{Desk, Failed, tried};
use super::words::{ago, span};
use crate::flow::admin::{AdminRefusal, key};
use crate::http::pages::console::{Bar, Block, Field, FieldKind, Form, Part, Table, Timeline, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::oauth::jose::Algorithm;
use crate::signing::{KeyLives, KeyState, Rotation, StoredKey};
use crate::time::{Lifetime, Timestamp};

/// `GET /admin/keys`.
pub async fn list(desk: Desk) -> Reply {
    list_page(&desk, None).await
}

async fn list_page(desk: &Desk, failed: Failed) -> Reply {
    let keys = match key::list(desk.cx()).await {
        Ok(keys) => keys,
        Err(fault) => return desk.fault(&fault),
    };
    let now = desk.cx().now;
    let lives = desk.cx().parts.keyring.lives();
    let mut page = desk.page("Keys", "Signing keys");
    page.lead = vec![Part::Plain(format!(
        "They sign every token. Each is published before it signs, replaced by itself after {}, and stays in the key set until its last token has expired.",
        span(lives.rotate_every)
    ))];
    let shown: Vec<&(StoredKey, KeyState)> = keys.iter().filter(|(_, state)| *state != KeyState::Gone).collect();
    page.blocks.push(Block::Timeline(timeline(&shown, &lives, now)));
    let rows = shown.iter().map(|(key, state)| line(key, *state, now)).collect();
    let head =
        ["Key", "Algorithm", "State", "Signs from", "Signs until", "Leaves the key set"].map(str::to_owned).to_vec();
    page.blocks.push(Block::Table(Table { caption: "Signing keys".to_owned(), head, rows, ..Table::default() }));
    if desk.may(Permission::KeysWrite) {
        page.blocks.extend(forms(desk, &lives, &failed));
    }
    desk.show_tried(page, &failed)
}

fn forms(desk: &Desk, lives: &KeyLives, failed: &Failed) -> Vec<Block> {
    let kept = &desk.call.web.key_rule.algorithms;
    let options = || FieldKind::Choice(kept.iter().map(|a| (a.as_str().to_owned(), a.as_str().to_owned())).collect());
    let first = kept.first().map(|a| a.as_str()).unwrap_or_default();
    let alg = || Field::line("alg", "Algorithm", first).kind(options());
    let planned = Form {
        heading: "Rotate early".to_owned(),
        words: vec![Part::Plain(format!(
            "A successor is published now and signs in {}, when everybody has fetched it. Nothing breaks.",
            span(lives.publish_ahead.max(lives.jwks_max_age))
        ))],
        fields: vec![alg()],
        ..desk.post("rotate", "/admin/keys/rotate", "Rotate")
    };
    let mut emergency = desk.danger("emergency", "/admin/keys/emergency", "Retire the key now", first);
    emergency.heading = "The key has leaked".to_owned();
    emergency.words = vec![Part::Plain(format!(
        "A new key signs at once and the old one no longer. Apps and APIs that keep the key set refuse new tokens until they \
         fetch it again: for up to {}. Tokens of the old key stay good until they expire.",
        span(lives.jwks_max_age)
    ))];
    emergency.fields.insert(0, alg());
    if let Some(confirm) = emergency.fields.last_mut() {
        confirm.label = "Type the algorithm's name to confirm".to_owned();
    }
    vec![desk.block(planned, failed), desk.block(emergency, failed)]
}

fn line(key: &StoredKey, state: KeyState, now: Timestamp) -> Vec<Vec<Part>> {
    let state = match state {
        KeyState::Published => Part::Badge(Tone::Caution, "published".to_owned()),
        KeyState::Signing => Part::Badge(Tone::Good, "signing".to_owned()),
        KeyState::Retired => Part::Badge(Tone::Plain, "retired".to_owned()),
        KeyState::Gone => Part::Badge(Tone::Bad, "gone".to_owned()),
    };
    let or = |at: Option<Timestamp>, words: &str| vec![at.map_or_else(|| Part::plain(words), |at| ago(at, now))];
    vec![
        vec![Part::Code(key.kid.clone())],
        vec![Part::plain(key.alg.as_str())],
        vec![state],
        vec![ago(key.signs_from, now)],
        or(key.retires_at, "its successor does"),
        or(key.gone_at, "after that"),
    ]
}

/// Every life on one scale, from the oldest beginning to the end of the youngest.
fn timeline(keys: &[&(StoredKey, KeyState)], lives: &KeyLives, now: Timestamp) -> Timeline {
    let end_of = |key: &StoredKey| key.gone_at.unwrap_or(key.signs_from + lives.rotate_every);
    let from = keys.iter().map(|(key, _)| key.created_at).min().unwrap_or(now).min(now);
    let until = keys.iter().map(|(key, _)| end_of(key)).max().unwrap_or(now).max(now + Lifetime::from_days(1));
    let whole = until.since(from).millis().max(1);
    let place = |at: Timestamp| (at.since(from).millis() * 1_000 / whole).clamp(0, 1_000);
    let rows = keys.iter().map(|(key, _)| {
        let retires = key.retires_at.unwrap_or(key.signs_from + lives.rotate_every);
        let bar = |from: Timestamp, to: Timestamp, kind: &'static str| Bar {
            from: place(from),
            width: (place(to) - place(from)).max(4),
            kind,
            words: format!("{kind} from {} until {}", from.rfc3339(), to.rfc3339()),
        };
        let mut bars = Vec::new();
        if key.signs_from > key.created_at {
            bars.push(bar(key.created_at, key.signs_from, "published"));
        }
        bars.push(bar(key.signs_from, retires, "signing"));
        if let Some(gone) = key.gone_at {
            bars.push(bar(retires, gone, "retired"));
        }
        (format!("{} {}", key.alg.as_str(), key.kid.chars().take(12).collect::<String>()), bars)
    });
    let day = |at: Timestamp| at.rfc3339().chars().take(10).collect::<String>();
    Timeline {
        title: "Lives of the keys".to_owned(),
        rows: rows.collect(),
        now: place(now),
        ends: (day(from), day(until)),
    }
}

/// `POST /admin/keys/rotate`.
pub async fn rotate(desk: Desk) -> Reply {
    change(
        desk,
        "rotate",
        Rotation::Planned,
        "A successor is published, and signs as soon as everybody has fetched it.",
    )
    .await
}

/// `POST /admin/keys/emergency`.
pub async fn emergency(desk: Desk) -> Reply {
    let alg = desk.field("alg");
    tried!(desk, "emergency", list_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&alg)));
    change(desk, "emergency", Rotation::Emergency, "A new key signs from now on. The old one no longer does.").await
}

async fn change(desk: Desk, form: &'static str, how: Rotation, done: &str) -> Reply {
    let Some(alg) = Algorithm::parse(&desk.field("alg")) else {
        let refusal = AdminRefusal::invalid("alg", "choose one of the algorithms").at("alg");
        return list_page(&desk, Some((form, refusal))).await;
    };
    match key::rotate(desk.cx(), &desk.actor, &desk.call.web.key_rule, alg, how).await {
        Ok(Ok(_)) => desk.done("/admin/keys", done),
        Ok(Err(refusal)) => {
            let words = refusal.to_string();
            list_page(&desk, Some((form, AdminRefusal::conflict("key_not_rotated", words).at("alg")))).await
        }
        Err(fault) => desk.fault(&fault),
    }
}
