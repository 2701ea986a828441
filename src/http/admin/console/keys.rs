//! Owns the pages of the signing keys: the life of each, rotating, and ending one early with what that breaks.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::{ago, at_text, span};
use crate::flow::Fault;
use crate::flow::admin::key::{self, KeyView};
use crate::flow::admin::{AdminRefusal, page::Page};
use crate::http::pages::console::{Bar, Block, Field, FieldKind, Form, Part, Timeline, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::oauth::jose::Algorithm;
use crate::signing::{KeyLives, Rotation};
use crate::time::{Lifetime, Timestamp};

const HEAD: [&str; 6] = ["Key", "Algorithm", "State", "Signs from", "Signs until", "Leaves the key set"];

/// `GET /admin/keys`.
pub async fn list(desk: Desk) -> Reply {
    list_page(&desk, None).await
}

async fn list_page(desk: &Desk, failed: Failed) -> Reply {
    let mut keys = answer!(desk, key::list(desk.cx(), &desk.actor).await);
    keys.retain(|key| key.state != "gone");
    let (now, lives) = (desk.cx().now, desk.cx().parts.keyring.lives());
    let mut page = desk.page("Keys", "Signing keys");
    page.lead = vec![Part::Plain(format!(
        "They sign every token. Each is published before it signs, replaced by itself after {}, and stays in the key set \
         until its last token has expired.",
        span(lives.rotate_every)
    ))];
    page.blocks.push(Block::Timeline(timeline(&keys, &lives, now)));
    let (mut table, keys) = desk.table("Signing keys", &HEAD, "keys", Page { items: keys, next: None });
    table.rows = keys.iter().map(|key| line(desk, key)).collect();
    page.blocks.push(Block::Table(table));
    if desk.may(Permission::KeysWrite) {
        let kept = desk.cx().parts.key_rule.algorithms.iter().map(|a| (a.as_str().to_owned(), a.as_str().to_owned()));
        let words = format!(
            "A successor is published now and signs in {}, when everybody has fetched it. Nothing breaks.",
            span(lives.publish_ahead.max(lives.jwks_max_age))
        );
        let form = Form {
            heading: "Rotate early".to_owned(),
            words: vec![Part::Plain(words)],
            fields: vec![Field::line("alg", "Algorithm", "").kind(FieldKind::Choice(kept.collect()))],
            ..desk.post("rotate", "/admin/keys/rotate", "Rotate")
        };
        page.blocks.push(desk.block(form, &failed));
        page.blocks.push(desk.block(import_form(desk), &failed));
    }
    desk.show_tried(page, &failed)
}

fn import_form(desk: &Desk) -> Form {
    let kept = desk.cx().parts.key_rule.algorithms.iter().map(|a| (a.as_str().to_owned(), a.as_str().to_owned()));
    let algorithms = std::iter::once((String::new(), "As the key says; RSA: RS256".to_owned())).chain(kept);
    let words = "A private key that was made elsewhere, for example by the provider you come from. It is published now, signs \
                 like any successor, and is stored sealed. Its private half is never shown again.";
    Form {
        heading: "Import a key".to_owned(),
        words: vec![Part::plain(words)],
        fields: vec![
            Field::line("private_key", "Private key", "").kind(FieldKind::SecretLines(6)).required().hint(
                "PEM (PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY) or one private JWK, not locked with a passphrase.",
            ),
            Field::line("alg", "Algorithm", "").kind(FieldKind::Choice(algorithms.collect())),
        ],
        ..desk.post("import", "/admin/keys/import", "Import")
    }
}

/// `POST /admin/keys/import`.
pub async fn import(desk: Desk) -> Reply {
    let alg = desk.some("alg").map(|text| Algorithm::parse(&text).ok_or(())).transpose();
    let alg = alg.map_err(|()| AdminRefusal::invalid("alg", "choose one of the algorithms").at("alg"));
    let alg = tried!(desk, "import", list_page, Ok::<_, Fault>(alg));
    let read = key::read(desk.form.find("private_key").unwrap_or_default(), alg);
    let read = read.map_err(|refusal| AdminRefusal::from(refusal).at("private_key"));
    let new = tried!(desk, "import", list_page, Ok::<_, Fault>(read));
    let imported = tried!(desk, "import", list_page, key::import(desk.cx(), &desk.actor, new).await);
    desk.done(&at(&imported.kid), "The key was imported. It is published, and signs when everybody has fetched it.")
}

fn at(kid: &str) -> String {
    format!("/admin/keys/{}", encoded(kid))
}

fn line(desk: &Desk, key: &KeyView) -> Vec<Vec<Part>> {
    let now = desk.cx().now;
    let tone = match key.state.as_str() {
        "published" => Tone::Caution,
        "signing" => Tone::Good,
        _ => Tone::Plain,
    };
    let moment = |text: &str| at_text(text).map_or_else(|| Part::text(text), |at| ago(at, now));
    let or = |text: &Option<String>, words: &str| vec![text.as_deref().map_or_else(|| Part::plain(words), moment)];
    vec![
        vec![Part::Link(key.kid.clone(), desk.href(&at(&key.kid)))],
        vec![Part::plain(key.alg.as_str())],
        vec![Part::Badge(tone, key.state.clone())],
        vec![moment(&key.signs_from)],
        or(&key.retires_at, "its successor does"),
        or(&key.gone_at, "after that"),
    ]
}

/// Every life on one scale, from the oldest beginning to the end of the youngest.
fn timeline(keys: &[KeyView], lives: &KeyLives, now: Timestamp) -> Timeline {
    let read = |text: &str| at_text(text).unwrap_or(now);
    let retires = |key: &KeyView| key.retires_at.as_deref().map_or(read(&key.signs_from) + lives.rotate_every, read);
    let ends = |key: &KeyView| key.gone_at.as_deref().map_or(retires(key), read);
    let from = keys.iter().map(|key| read(&key.created_at)).min().unwrap_or(now).min(now);
    let until = keys.iter().map(ends).max().unwrap_or(now).max(now + Lifetime::from_days(1));
    let whole = until.since(from).millis().max(1);
    let place = |at: Timestamp| (at.since(from).millis() * 1_000 / whole).clamp(0, 1_000);
    let bar = |from: Timestamp, to: Timestamp, kind: &'static str| Bar {
        from: place(from),
        width: (place(to) - place(from)).max(4),
        kind,
        words: format!("{kind} from {} until {}", from.rfc3339(), to.rfc3339()),
    };
    let rows = keys.iter().map(|key| {
        let (made, signs, retires) = (read(&key.created_at), read(&key.signs_from), retires(key));
        let mut bars = Vec::new();
        if signs > made {
            bars.push(bar(made, signs, "published"));
        }
        bars.push(bar(signs, retires, "signing"));
        if let Some(gone) = key.gone_at.as_deref() {
            bars.push(bar(retires, read(gone), "retired"));
        }
        (format!("{} {}", key.alg.as_str(), key.kid.chars().take(12).collect::<String>()), bars)
    });
    let day = |at: Timestamp| at.rfc3339().chars().take(10).collect::<String>();
    let rows = rows.collect();
    Timeline { title: "Lives of the keys".to_owned(), rows, now: place(now), ends: (day(from), day(until)) }
}

/// `POST /admin/keys/rotate`.
pub async fn rotate(desk: Desk) -> Reply {
    let alg = Algorithm::parse(&desk.field("alg"));
    let alg = alg.ok_or_else(|| AdminRefusal::invalid("alg", "choose one of the algorithms").at("alg"));
    let alg = tried!(desk, "rotate", list_page, Ok::<_, Fault>(alg));
    tried!(desk, "rotate", list_page, key::rotate(desk.cx(), &desk.actor, alg, Rotation::Planned).await);
    desk.done("/admin/keys", "A successor is published, and signs as soon as everybody has fetched it.")
}

/// `GET /admin/keys/{kid}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let kid = desk.segment(1);
    let ending = answer!(desk, key::what_retiring_means(desk.cx(), &desk.actor, &kid).await);
    let mut page = desk.page("Key", kid.as_str());
    page.crumbs = vec![desk.link("Keys", "/admin/keys")];
    let tone = if ending.key.state == "signing" { Tone::Good } else { Tone::Plain };
    page.badges = vec![Part::Badge(tone, ending.key.state.clone())];
    let jwk = serde_json::to_string_pretty(&ending.key.public_jwk).unwrap_or_default();
    page.blocks.push(Block::Code("Public half (JWK)".to_owned(), jwk));
    if !desk.may(Permission::KeysWrite) {
        return desk.show(page);
    }
    page.blocks.push(Block::Heading("Ending it early".to_owned(), Vec::new()));
    page.blocks.extend(ending.words.iter().map(|words| Block::Words(vec![Part::text(words.as_str())])));
    for (id, heading, words, submit) in [
        ("retire", "Retire it now", "It signs no more. What it signed is verified until it expires.", "Retire"),
        (
            "remove",
            "It has leaked: remove it now",
            "It leaves the key set at once, and what it signed is refused.",
            "Remove now",
        ),
    ] {
        let form = desk.danger(id, &format!("{}/{id}", at(&kid)), submit, &kid);
        let form = Form { heading: heading.to_owned(), words: vec![Part::plain(words)], ..form };
        page.blocks.push(desk.block(form, &failed));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/keys/{kid}/retire`.
pub async fn retire(desk: Desk) -> Reply {
    let kid = desk.segment(1);
    tried!(desk, "retire", show_page, Ok::<_, Fault>(desk.confirmed(&kid)));
    tried!(desk, "retire", show_page, key::retire(desk.cx(), &desk.actor, &kid).await);
    desk.done("/admin/keys", "The key was retired.")
}

/// `POST /admin/keys/{kid}/remove`.
pub async fn remove(desk: Desk) -> Reply {
    let kid = desk.segment(1);
    tried!(desk, "remove", show_page, Ok::<_, Fault>(desk.confirmed(&kid)));
    tried!(desk, "remove", show_page, key::remove_now(desk.cx(), &desk.actor, &kid).await);
    desk.done("/admin/keys", "The key was removed.")
}
