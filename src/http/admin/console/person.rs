//! Owns the pages of one person: profile, groups and role, sessions, apps, history, attributes. It does not
//! own the account itself (`account`).

use std::ops::Deref;

use serde_json::Value;

use super::confirm::{Sure, sure};
use super::desk::{Desk, Failed, answer, encoded, tried};
use super::people::{role_names, state};
use super::words::{ago_text, kind};
use crate::flow::admin::attribute::{self, AttributeDocument};
use crate::flow::admin::page::PAGE;
use crate::flow::admin::user;
use crate::flow::admin::user_access;
use crate::flow::admin::user_document::{UserDocument, UserView};
use crate::flow::admin::user_search::{self, HistoryEntry};
use crate::flow::admin::{AdminRefusal, consent, picture, session};
use crate::http::admin::console::{audit, sessions};
use crate::http::pages::console::{Block, ConsolePage, Field, FieldKind, Form, Notice, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::identity::attribute::AttributeKind;
use crate::store::events::EventSearch;

pub(super) fn at(id: &str) -> String {
    format!("/admin/people/{}", encoded(id))
}

/// A person whose page it is.
pub(super) struct Person {
    view: UserView,
    /// Why whoever looks may change nothing about them.
    beyond: Option<AdminRefusal>,
}

impl Deref for Person {
    type Target = UserView;

    fn deref(&self) -> &UserView {
        &self.view
    }
}

impl Person {
    /// Whether whoever looks may use this permission on them.
    pub(super) fn may(&self, desk: &Desk, permission: P) -> bool {
        desk.may(permission) && self.beyond.is_none()
    }
}

pub(super) async fn found(desk: &Desk) -> Result<Person, Reply> {
    let (cx, actor, id) = (desk.cx(), &desk.actor, desk.segment(1));
    let (view, beyond) = match (user::find(cx, actor, &id).await, user::why_out_of_reach(cx, actor, &id).await) {
        (Ok(Ok(view)), Ok(Ok(beyond))) => (view, beyond),
        (Ok(Err(refusal)), _) | (_, Ok(Err(refusal))) => return Err(desk.refused(&refusal)),
        (Err(fault), _) | (_, Err(fault)) => return Err(desk.fault(&fault)),
    };
    // Who may change nobody needs no reason.
    let changes = [P::UsersWrite, P::RolesWrite, P::SessionsWrite].into_iter().any(|permission| desk.may(permission));
    Ok(Person { view, beyond: beyond.filter(|_| changes) })
}

/// What every page of a person begins with.
pub(super) fn frame(desk: &Desk, user: &Person) -> ConsolePage {
    let name = user.document.name.clone().filter(|n| !n.is_empty()).unwrap_or_else(|| user.document.email.clone());
    let mut page = desk.page("Person", name);
    let at = at(&user.id);
    page.crumbs = vec![desk.link("People", "/admin/people")];
    page.badges = state(desk, user);
    page.lead = vec![Part::text(user.document.email.as_str()), Part::Quiet(user.id.clone())];
    let mut tabs = vec![("Profile", at.clone()), ("Groups and role", format!("{at}/access"))];
    if desk.may(P::SessionsRead) {
        tabs.extend([("Sessions", format!("{at}/sessions")), ("Tokens", format!("{at}/grants"))]);
    }
    tabs.extend([
        ("Ways in", format!("{at}/ways-in")),
        ("Apps", format!("{at}/apps")),
        ("Attributes", format!("{at}/attributes")),
        ("History", format!("{at}/history")),
    ]);
    if user.may(desk, P::UsersWrite) {
        tabs.push(("Account", format!("{at}/account")));
    }
    page.tabs = desk.tabs(&tabs);
    if let Some(beyond) = &user.beyond {
        // Which permissions they are would fill the page; their role stands under "Groups and role".
        let why = match beyond.code {
            "above_your_rank" => {
                "this person has your rank or a higher one. Somebody with more permissions has to do it"
            }
            _ => beyond.words.as_str(),
        };
        let words = vec![Part::Plain(format!("You can look, not change: {why}."))];
        page.blocks.push(Block::Notice(Notice { tone: Tone::Caution, words }));
    }
    page
}

macro_rules! person {
    ($desk:expr) => {
        match found(&$desk).await {
            Ok(user) => user,
            Err(reply) => return reply,
        }
    };
}

/// The version that the form was filled in for.
fn version(desk: &Desk) -> Option<i64> {
    desk.field("version").parse().ok()
}

// ---------------------------------------------------------------------------------------------------- profile

/// `GET /admin/people/{id}`.
pub async fn profile(desk: Desk) -> Reply {
    profile_page(&desk, None).await
}

/// Field of the document, label, hint.
const TEXTS: [(&str, &str, &str); 20] = [
    ("name", "Name", "As apps and other people see it."),
    ("given_name", "Given name", ""),
    ("family_name", "Family name", ""),
    ("middle_name", "Middle name", ""),
    ("nickname", "Nickname", ""),
    ("preferred_username", "Short name", "Two people may have the same."),
    ("phone_number", "Telephone", "With the country, as in +41 44 668 18 00."),
    ("locale", "Language", "As in de-CH."),
    ("zoneinfo", "Time zone", "As in Europe/Paris."),
    ("birthdate", "Birthday", "YYYY-MM-DD."),
    ("gender", "Gender", ""),
    ("profile", "Profile page", "Begins with https://"),
    ("picture", "Picture", "Begins with https://"),
    ("website", "Website", "Begins with https://"),
    ("street_address", "Street", "With the number, or a box."),
    ("postal_code", "Postal code", ""),
    ("locality", "City", ""),
    ("region", "State or region", ""),
    ("country", "Country", ""),
    (LABEL, "The postal address as on a label", "Several lines. Apps are told it beside the parts."),
];
/// The field of several lines.
const LABEL: &str = "formatted";

fn text<'a>(document: &'a mut UserDocument, field: &str) -> Option<&'a mut Option<String>> {
    Some(match field {
        "name" => &mut document.name,
        "given_name" => &mut document.given_name,
        "family_name" => &mut document.family_name,
        "middle_name" => &mut document.middle_name,
        "nickname" => &mut document.nickname,
        "preferred_username" => &mut document.preferred_username,
        "phone_number" => &mut document.phone_number,
        "locale" => &mut document.locale,
        "zoneinfo" => &mut document.zoneinfo,
        "birthdate" => &mut document.birthdate,
        "gender" => &mut document.gender,
        "profile" => &mut document.profile,
        "picture" => &mut document.picture,
        "website" => &mut document.website,
        part => {
            let address = document.address.get_or_insert_default();
            match part {
                "street_address" => &mut address.street_address,
                "postal_code" => &mut address.postal_code,
                "locality" => &mut address.locality,
                "region" => &mut address.region,
                "country" => &mut address.country,
                LABEL => &mut address.formatted,
                _ => return None,
            }
        }
    })
}

async fn profile_page(desk: &Desk, failed: Failed) -> Reply {
    let user = person!(desk);
    let mut page = frame(desk, &user);
    let now = desk.cx().now;
    let or_never =
        |at: &Option<String>| vec![at.as_deref().map_or_else(|| Part::plain("never"), |at| ago_text(at, now))];
    let mut facts = vec![
        ("Last sign-in".to_owned(), or_never(&user.last_sign_in_at)),
        ("Added".to_owned(), vec![ago_text(&user.created_at, now)]),
        ("Last changed".to_owned(), vec![ago_text(&user.updated_at, now)]),
    ];
    if let Some(since) = &user.disabled_at {
        facts.push(("Disabled".to_owned(), vec![ago_text(since, now)]));
    }
    page.blocks.push(Block::Facts(facts));
    if let Some(picture) = &user.uploaded_picture {
        let mut line = vec![Part::Portrait(desk.href(picture), "The picture that the person uploaded".to_owned())];
        let action = format!("{}/picture/remove", at(&user.id));
        line.extend(user.may(desk, P::UsersWrite).then(|| desk.button(&action, "Remove the picture", "")));
        page.blocks.push(Block::Words(line));
    }
    let mut document = user.document.clone();
    if user.may(desk, P::UsersWrite) {
        let mut form = desk.post("profile", &at(&user.id), "Save");
        form.heading = "Profile".to_owned();
        form.hidden = vec![("version".to_owned(), user.version.to_string())];
        form.fields = vec![
            Field::line("email", "E-mail address", document.email.as_str()).kind(FieldKind::Email).required(),
            Field::line("email_verified", "The address is known to be theirs", yes(document.email_verified))
                .kind(FieldKind::Switch)
                .hint("Apps are told so."),
        ];
        for (name, label, hint) in TEXTS {
            let value = text(&mut document, name).and_then(|t| t.clone()).unwrap_or_default();
            let field = Field::line(name, label, value).hint(hint);
            form.fields.push(if name == LABEL { field.kind(FieldKind::Lines(4)) } else { field });
        }
        page.blocks.push(desk.block(form, &failed));
    } else {
        let known = TEXTS.iter().filter_map(|(name, label, _)| {
            let value = text(&mut document, name)?.clone()?;
            Some(((*label).to_owned(), vec![Part::Text(value)]))
        });
        page.blocks.push(Block::Facts(known.collect()));
    }
    desk.show_tried(page, &failed)
}

fn yes(on: bool) -> &'static str {
    if on { "true" } else { "" }
}

/// `POST /admin/people/{id}/picture/remove`.
pub async fn remove_picture(desk: Desk) -> Reply {
    let id = desk.segment(1);
    answer!(desk, picture::remove(desk.cx(), &desk.actor, &id).await);
    desk.done(&at(&id), "The picture was removed.")
}

/// `POST /admin/people/{id}`.
pub async fn save(desk: Desk) -> Reply {
    let user = person!(desk);
    let mut document = user.document.clone();
    document.email = desk.field("email");
    document.email_verified = desk.form.has("email_verified");
    for (name, _, _) in TEXTS {
        if let Some(slot) = text(&mut document, name) {
            *slot = desk.some(name);
        }
    }
    let saved = user::replace(desk.cx(), &desk.actor, &user.id, document, version(&desk)).await;
    tried!(desk, "profile", profile_page, saved);
    desk.done(&at(&user.id), "The profile was saved.")
}

// ---------------------------------------------------------------------------------------------------- groups and role

/// `GET /admin/people/{id}/access`.
pub async fn access(desk: Desk) -> Reply {
    access_page(&desk, None).await
}

async fn access_page(desk: &Desk, failed: Failed) -> Reply {
    let user = person!(desk);
    let mut page = frame(desk, &user);
    let base = format!("{}/access", at(&user.id));
    let hidden = vec![("version".to_owned(), user.version.to_string())];
    if user.may(desk, P::UsersWrite) {
        let mut form = desk.post("groups", &format!("{base}/groups"), "Save the groups");
        form.heading = "Groups".to_owned();
        form.hidden = hidden.clone();
        form.fields =
            vec![Field::line("groups", "Groups", user.document.groups.join("\n")).kind(FieldKind::Lines(6)).hint(
                "One on each line. Groups that are new are made. Apps that may ask for the scope groups are told them.",
            )];
        page.blocks.push(desk.block(form, &failed));
    } else {
        let groups = user.document.groups.iter().map(|g| Part::Badge(Tone::Plain, g.clone()));
        page.blocks.push(Block::Facts(vec![("Groups".to_owned(), groups.collect())]));
    }
    if user.may(desk, P::RolesWrite) {
        let mut form = desk.post("role", &format!("{base}/role"), "Give the role");
        form.heading = "Role".to_owned();
        form.words = vec![Part::plain(
            "What they may administer. You can give only what stands below your own role, unless you are an owner. It counts at once.",
        )];
        form.hidden = hidden;
        let kind = FieldKind::Choice(role_names(desk).await);
        form.fields = vec![Field::line("role", "Role", user.document.role.as_str()).kind(kind)];
        page.blocks.push(desk.block(form, &failed));
    } else {
        page.blocks.push(Block::Facts(vec![("Role".to_owned(), vec![Part::text(user.document.role.as_str())])]));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/people/{id}/access/groups`.
pub async fn save_groups(desk: Desk) -> Reply {
    let user = person!(desk);
    let document = UserDocument { groups: desk.lines("groups"), ..user.document.clone() };
    let saved = user::replace(desk.cx(), &desk.actor, &user.id, document, version(&desk)).await;
    tried!(desk, "groups", access_page, saved);
    desk.done(&format!("{}/access", at(&user.id)), "The groups were saved.")
}

/// `POST /admin/people/{id}/access/role`.
pub async fn save_role(desk: Desk) -> Reply {
    let user = person!(desk);
    let document = UserDocument { role: desk.field("role"), ..user.document.clone() };
    let saved = user::replace(desk.cx(), &desk.actor, &user.id, document, version(&desk)).await;
    tried!(desk, "role", access_page, saved);
    desk.done(&format!("{}/access", at(&user.id)), "The role was given.")
}

// ---------------------------------------------------------------------------------------------------- sessions, apps, history

/// `GET /admin/people/{id}/sessions`.
pub async fn sessions(desk: Desk) -> Reply {
    sessions_page(&desk, None).await
}

async fn sessions_page(desk: &Desk, failed: Failed) -> Reply {
    let user = person!(desk);
    let mut page = frame(desk, &user);
    let table = match sessions::of_person(desk, &user.id).await {
        Ok(table) => table,
        Err(reply) => return reply,
    };
    let is_empty = table.rows.is_empty() && table.next.is_none();
    page.blocks.push(match is_empty {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "Not signed in anywhere".to_owned(),
            words: vec![Part::plain("A session begins when they sign in to an app.")],
            action: None,
        },
    });
    if !is_empty && user.may(desk, P::SessionsWrite) {
        let path = format!("{}/sessions/end-all", at(&user.id));
        let form = desk.danger("end-all", &path, "End all sessions", &user.document.email);
        let words = "Signs them out everywhere, and ends the tokens that came from these sessions.";
        let (heading, words) = ("End all sessions".to_owned(), vec![Part::plain(words)]);
        page.blocks.push(desk.block(Form { heading, words, ..form }, &failed));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/people/{id}/sessions/end`.
pub async fn end_session(desk: Desk) -> Reply {
    answer!(desk, session::end(desk.cx(), &desk.actor, &desk.field("session")).await);
    desk.done(&format!("{}/sessions", at(&desk.segment(1))), "The session was ended.")
}

/// `POST /admin/people/{id}/sessions/end-all`.
pub async fn end_sessions(desk: Desk) -> Reply {
    let user = person!(desk);
    let id = user.id.clone();
    tried!(desk, "end-all", sessions_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&user.document.email)));
    let (_, count) = answer!(desk, user_access::end_sessions(desk.cx(), &desk.actor, &id).await);
    let words = if count == 1 { "One session was ended.".to_owned() } else { format!("{count} sessions were ended.") };
    desk.done(&format!("{}/sessions", at(&id)), words)
}

/// `GET /admin/people/{id}/apps`.
pub async fn apps(desk: Desk) -> Reply {
    let user = person!(desk);
    let mut page = frame(&desk, &user);
    let consents = answer!(desk, consent::list(desk.cx(), &desk.actor, &user.id, None, 200).await).items;
    if consents.is_empty() {
        page.blocks.push(Block::Empty {
            heading: "No app was allowed anything".to_owned(),
            words: vec![Part::plain(
                "When they allow an app to see their data, it stands here. Trusted apps are not asked about.",
            )],
            action: None,
        });
        return desk.show(page);
    }
    let action = format!("{}/apps/withdraw", at(&user.id));
    let rows = consents.iter().map(|consent| {
        let client = match desk.may(P::ClientsRead) {
            true => Part::Link(
                consent.client_id.clone(),
                desk.href(&format!("/admin/clients/{}", encoded(&consent.client_id))),
            ),
            false => Part::text(consent.client_id.as_str()),
        };
        let hidden = vec![("client".to_owned(), consent.client_id.clone())];
        let withdraw =
            user.may(&desk, P::UsersWrite).then(|| desk.button_with(&action, "Withdraw", &consent.client_id, hidden));
        vec![
            vec![client],
            vec![Part::Text(consent.scopes.join(" "))],
            vec![ago_text(&consent.granted_at, desk.cx().now)],
            withdraw.into_iter().collect(),
        ]
    });
    let head = ["App", "Allowed", "When", ""].map(str::to_owned).to_vec();
    page.blocks.push(Block::Table(Table {
        caption: "Apps".to_owned(),
        head,
        rows: rows.collect(),
        ..Table::default()
    }));
    desk.show(page)
}

/// `POST /admin/people/{id}/apps/withdraw`.
pub async fn withdraw(desk: Desk) -> Reply {
    let (id, client) = (desk.segment(1), desk.field("client"));
    let back = format!("{}/apps", at(&id));
    let words = "the app's tokens for this person end, and they are asked again when they next come from it";
    let (heading, submit) = ("Withdraw the consent?", "Withdraw");
    sure!(desk, Sure { name: &client, heading, words, submit, back: ("Apps", &back) });
    answer!(desk, consent::withdraw(desk.cx(), &desk.actor, &id, &client).await);
    desk.done(&back, "The consent was withdrawn, and the app's tokens were ended.")
}

/// `GET /admin/people/{id}/history`.
pub async fn history(desk: Desk) -> Reply {
    let user = person!(desk);
    let mut page = frame(&desk, &user);
    // Who may not read the security log sees what concerns the account.
    let table = match desk.may(P::AuditRead) {
        true => audit::history(&desk, EventSearch { user_id: Some(user.id.clone()), ..EventSearch::default() }).await,
        false => sign_ins(&desk, &user).await,
    };
    match table {
        Ok(table) if table.rows.is_empty() => page.blocks.push(Block::Empty {
            heading: "Nothing has happened yet".to_owned(),
            words: vec![Part::plain("Sign-ins, failed attempts and changes will stand here.")],
            action: None,
        }),
        Ok(table) => page.blocks.push(Block::Table(table)),
        Err(reply) => return reply,
    }
    desk.show(page)
}

const HISTORY: &str = "history";

async fn sign_ins(desk: &Desk, user: &Person) -> Result<Table, Reply> {
    let after = desk.after(HISTORY).map_err(|refusal| desk.refused(&refusal))?;
    let found = match user_search::history(desk.cx(), &desk.actor, &user.id, after, PAGE).await {
        Ok(Ok(found)) => found,
        Ok(Err(refusal)) => return Err(desk.refused(&refusal)),
        Err(fault) => return Err(desk.fault(&fault)),
    };
    let (mut table, rows) = desk.table("History", &["What", "App", "From", "When"], HISTORY, found);
    let line = |row: &HistoryEntry| {
        vec![
            vec![Part::Text(kind(&row.kind))],
            row.client_id.iter().map(|id| Part::text(id.as_str())).collect(),
            row.address.iter().map(|address| Part::text(address.as_str())).collect(),
            vec![ago_text(&row.at, desk.cx().now)],
        ]
    };
    table.rows = rows.iter().map(line).collect();
    Ok(table)
}

// ---------------------------------------------------------------------------------------------------- attributes

/// `GET /admin/people/{id}/attributes`.
pub async fn attributes(desk: Desk) -> Reply {
    attributes_page(&desk, None).await
}

async fn attributes_page(desk: &Desk, failed: Failed) -> Reply {
    let user = person!(desk);
    let defined = answer!(desk, attribute::list(desk.cx(), &desk.actor).await);
    let mut page = frame(desk, &user);
    if defined.is_empty() {
        page.blocks.push(Block::Empty {
            heading: "No attribute is defined".to_owned(),
            words: vec![Part::plain("An attribute is a field of your own on every person, such as a cost centre, that a scope can hand to apps.")],
            action: desk.may(P::ScopesWrite).then(|| desk.main_link("Define an attribute", "/admin/attributes/new")),
        });
        return desk.show_tried(page, &failed);
    }
    let mut form = desk.post("attributes", &format!("{}/attributes", at(&user.id)), "Save");
    form.hidden = vec![("version".to_owned(), user.version.to_string())];
    let values = &user.document.attributes;
    form.fields = defined.iter().map(|a| attribute_field(&a.document, values.get(&a.document.name))).collect();
    if user.may(desk, P::UsersWrite) {
        page.blocks.push(desk.block(form, &failed));
    } else {
        let facts = form.fields.into_iter().map(|field| (field.label, vec![Part::Text(field.value)]));
        page.blocks.push(Block::Facts(facts.collect()));
    }
    desk.show_tried(page, &failed)
}

/// An attribute as a field of a form.
pub fn attribute_field(document: &AttributeDocument, value: Option<&Value>) -> Field {
    let shown = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        Some(Value::Bool(on)) => on.to_string(),
        Some(other) => other.to_string(),
    };
    let field = Field::line(&document.name, &document.title, shown);
    let field = match document.kind {
        AttributeKind::Text | AttributeKind::Number => field,
        AttributeKind::Date => field.hint("YYYY-MM-DD"),
        AttributeKind::Boolean => {
            let options = [("", "not known"), ("true", "yes"), ("false", "no")];
            field.kind(FieldKind::Choice(options.map(|(v, l)| (v.to_owned(), l.to_owned())).to_vec()))
        }
        AttributeKind::List => field.kind(FieldKind::Lines(4)).hint("One on each line."),
    };
    if document.required { field.required() } else { field }
}

/// What the form says of an attribute; `None` for nothing.
pub fn attribute_value(desk: &Desk, document: &AttributeDocument) -> Option<Value> {
    let text = desk.some(&document.name)?;
    Some(match document.kind {
        AttributeKind::Text | AttributeKind::Date => Value::String(text),
        // What is no number stays a text, and the operation says what is wrong with it.
        AttributeKind::Number => {
            serde_json::from_str::<serde_json::Number>(&text).map_or(Value::String(text), Value::Number)
        }
        AttributeKind::Boolean => Value::Bool(text == "true"),
        AttributeKind::List => Value::Array(desk.lines(&document.name).into_iter().map(Value::String).collect()),
    })
}

/// `POST /admin/people/{id}/attributes`.
pub async fn save_attributes(desk: Desk) -> Reply {
    let user = person!(desk);
    let defined = answer!(desk, attribute::list(desk.cx(), &desk.actor).await);
    let mut document = user.document.clone();
    for a in &defined {
        match attribute_value(&desk, &a.document) {
            Some(value) => document.attributes.insert(a.document.name.clone(), value),
            None => document.attributes.remove(&a.document.name),
        };
    }
    let saved = user::replace(desk.cx(), &desk.actor, &user.id, document, version(&desk)).await;
    tried!(desk, "attributes", attributes_page, saved);
    desk.done(&format!("{}/attributes", at(&user.id)), "The attributes were saved.")
}
