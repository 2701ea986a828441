//! Owns the page of a person's ways in: password, second factors, accounts elsewhere, each with what can be done about it. It does
//! not own the account as a whole (`account`).

use super::confirm::{Sure, sure};
use super::desk::{Desk, answer};
use super::person::{Person, at, found, frame};
use super::words::ago_text;
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::connection::{self, Deed, LinkView};
use crate::flow::admin::factor::{self, FactorView};
use crate::http::pages::console::{Block, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;

fn here(id: &str) -> String {
    format!("{}/ways-in", at(id))
}

/// `GET /admin/people/{id}/ways-in`.
pub async fn show(desk: Desk) -> Reply {
    let user = match found(&desk).await {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    let kept = answer!(desk, factor::list(desk.cx(), &desk.actor, &user.id).await);
    let links = answer!(desk, connection::list(desk.cx(), &desk.actor, &user.id).await).links;
    let mut page = frame(&desk, &user);
    page.blocks.push(Block::Facts(vec![
        ("Password".to_owned(), password(&desk, &user)),
        ("Recovery codes left".to_owned(), vec![Part::Plain(kept.recovery_codes_left.to_string())]),
    ]));
    page.blocks.push(Block::Heading("Second factors".to_owned(), Vec::new()));
    page.blocks.push(match kept.factors.is_empty() {
        true => none("None is set up", "They set one up on their account pages, or at a sign-in that demands one."),
        false => Block::Table(Table {
            caption: "Second factors".to_owned(),
            head: ["Name", "Kind", "Added", "Last used", ""].map(str::to_owned).to_vec(),
            rows: kept.factors.iter().map(|factor| factor_line(&desk, &user, factor)).collect(),
            ..Table::default()
        }),
    });
    page.blocks.push(Block::Heading("Accounts elsewhere".to_owned(), Vec::new()));
    page.blocks.push(match links.is_empty() {
        true => none("None is linked", "They link one on their account pages, or by signing in through a provider."),
        false => Block::Table(Table {
            caption: "Accounts elsewhere".to_owned(),
            head: ["Provider", "There", "Linked", "Last used", ""].map(str::to_owned).to_vec(),
            rows: links.iter().map(|link| link_line(&desk, &user, link)).collect(),
            ..Table::default()
        }),
    });
    desk.show(page)
}

fn none(heading: &str, words: &'static str) -> Block {
    Block::Empty { heading: heading.to_owned(), words: vec![Part::plain(words)], action: None }
}

fn password(desk: &Desk, user: &Person) -> Vec<Part> {
    let mut parts = vec![Part::plain(match (user.has_password, user.must_change_password) {
        (true, true) => "set; they choose another one at the next sign-in",
        (true, false) => "set",
        (false, _) => "none",
    })];
    if let Some(until) = &user.invited_until {
        parts.extend([Part::plain("; the link to choose one ends "), ago_text(until, desk.cx().now)]);
    }
    parts
}

fn used(desk: &Desk, at: Option<&String>) -> Vec<Part> {
    vec![at.map_or_else(|| Part::plain("never"), |at| ago_text(at, desk.cx().now))]
}

fn factor_line(desk: &Desk, user: &Person, factor: &FactorView) -> Vec<Vec<Part>> {
    let kind = if factor.kind == "passkey" { "Passkey" } else { "Authenticator app" };
    let action = format!("{}/remove-factor", here(&user.id));
    let hidden = vec![("factor".to_owned(), factor.id.clone())];
    let remove = user.may(desk, P::UsersWrite).then(|| desk.button_with(&action, "Take away", &factor.name, hidden));
    vec![
        vec![Part::Strong(factor.name.clone())],
        vec![Part::plain(kind)],
        vec![ago_text(&factor.created_at, desk.cx().now)],
        used(desk, factor.last_used_at.as_ref()),
        remove.into_iter().collect(),
    ]
}

fn link_line(desk: &Desk, user: &Person, link: &LinkView) -> Vec<Vec<Part>> {
    let mut provider = vec![Part::Strong(link.provider_name.clone())];
    let badge = match (&link.disabled_at, link.open) {
        (Some(_), _) => Some((Tone::Bad, "disabled")),
        (None, false) => Some((Tone::Caution, "provider is off")),
        (None, true) => None,
    };
    provider
        .extend(badge.into_iter().flat_map(|(tone, words)| [Part::plain(" "), Part::Badge(tone, words.to_owned())]));
    let button = |deed: &str, label: &str| {
        let hidden = vec![("link".to_owned(), link.id.clone())];
        desk.button_with(&format!("{}/{deed}", here(&user.id)), label, &link.provider_name, hidden)
    };
    let actions = match user.may(desk, P::UsersWrite) {
        false => Vec::new(),
        true => {
            let switch = match link.disabled_at {
                None => button("disable-link", "Disable"),
                Some(_) => button("enable-link", "Enable"),
            };
            vec![switch, Part::plain(" "), button("unlink", "Take away")]
        }
    };
    vec![
        provider,
        vec![Part::text(link.shown.as_str()), Part::Quiet(link.subject.clone())],
        vec![ago_text(&link.created_at, desk.cx().now)],
        used(desk, link.last_used_at.as_ref()),
        actions,
    ]
}

/// `POST /admin/people/{id}/ways-in/{what}`.
pub async fn change(desk: Desk) -> Reply {
    let user = match found(&desk).await {
        Ok(user) => user,
        Err(reply) => return reply,
    };
    match desk.segment(3).as_str() {
        "remove-factor" => remove_factor(&desk, &user).await,
        "disable-link" => change_link(&desk, &user, Deed::Disable, "Nobody signs in with it any more.").await,
        "enable-link" => change_link(&desk, &user, Deed::Enable, "It opens the account again.").await,
        "unlink" => change_link(&desk, &user, Deed::Remove, "The link was taken away.").await,
        _ => desk.refused(&AdminRefusal::unknown("unknown_page", "there is nothing at this address")),
    }
}

async fn remove_factor(desk: &Desk, user: &Person) -> Reply {
    let id = desk.field("factor");
    let there = answer!(desk, factor::list(desk.cx(), &desk.actor, &user.id).await).factors;
    let name = there.into_iter().find(|factor| factor.id == id).map_or_else(|| id.clone(), |factor| factor.name);
    let back = here(&user.id);
    let words =
        "it proves nothing any more; make sure that it is them who ask. With the last one the recovery codes go too";
    let (heading, submit) = ("Take this second factor away?", "Take away");
    sure!(desk, Sure { name: &name, heading, words, submit, back: ("Ways in", &back) });
    answer!(desk, factor::remove(desk.cx(), &desk.actor, &user.id, Some(&id)).await);
    desk.done(&back, "The second factor was taken away.")
}

async fn change_link(desk: &Desk, user: &Person, deed: Deed, said: &str) -> Reply {
    let id = desk.field("link");
    let back = here(&user.id);
    if deed != Deed::Enable {
        let there = answer!(desk, connection::list(desk.cx(), &desk.actor, &user.id).await).links;
        let name = there.into_iter().find(|link| link.id == id).map_or_else(|| id.clone(), |link| link.provider_name);
        let (heading, words, submit) = match deed {
            Deed::Remove => (
                "Take this link away?",
                "sessions that rest on it end; the same account there can be linked anew",
                "Take away",
            ),
            _ => (
                "Disable this link?",
                "sessions that rest on it end, and nobody signs in with it until it is enabled",
                "Disable",
            ),
        };
        sure!(desk, Sure { name: &name, heading, words, submit, back: ("Ways in", &back) });
    }
    match connection::change(desk.cx(), &desk.actor, &user.id, &id, deed).await {
        Ok(Ok(_)) => desk.done(&back, said),
        Ok(Err(refusal)) if refusal.code == "last_way_in" => desk.undone(&back, &refusal),
        other => {
            answer!(desk, other);
            desk.done(&back, said)
        }
    }
}
