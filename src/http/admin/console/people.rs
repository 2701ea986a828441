//! Owns the list of people and the page on which one is added. It does not own the pages of one person (`person`).

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::{ago_text, at_text};
use crate::flow::admin::page::PAGE;
use crate::flow::admin::user::{self, FirstAccess};
use crate::flow::admin::user_document::{UserDocument, UserView};
use crate::flow::admin::user_search::{self, UserSearch};
use crate::flow::admin::{attribute, invitation, role};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::sensitive::Sensitive;
use crate::store::user_search::Status;

const LIST: &str = "users";

/// `GET /admin/people`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let status = match desk.asked("status").as_deref() {
        Some("enabled") => Some(Status::Enabled),
        Some("disabled") => Some(Status::Disabled),
        Some("invited") => Some(Status::Invited),
        _ => None,
    };
    let wanted = UserSearch { q: desk.asked("q"), group: desk.asked("group"), role: desk.asked("role"), status };
    let searched = wanted.q.is_some() || wanted.group.is_some() || wanted.role.is_some() || status.is_some();
    let found = answer!(desk, user_search::search(desk.cx(), &desk.actor, &wanted, after, PAGE).await);
    let (mut table, rows) = desk.table("People", &["Person", "Role", "Groups", "State", "Last sign-in"], LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("People", "People");
    page.lead = vec![Part::plain("Everybody who can sign in to apps here.")];
    if desk.may(Permission::UsersWrite) {
        page.actions = vec![desk.main_link("Add a person", "/admin/people/new")];
    }
    page.blocks.push(Block::Form(Box::new(search_form(&desk, &wanted))));
    page.blocks.push(match table.rows.is_empty() && table.next.is_none() {
        false => Block::Table(table),
        true if searched => Block::Empty {
            heading: "Nobody fits".to_owned(),
            words: vec![Part::plain("Search by the beginning of an address or of a name, by a whole domain such as @example.com, or by an ID.")],
            action: Some(desk.link("Show everybody", "/admin/people")),
        },
        true => Block::Empty {
            heading: "Nobody is here yet".to_owned(),
            words: vec![Part::plain("Add a person, then send them the link under which they choose their password.")],
            action: Some(desk.main_link("Add a person", "/admin/people/new")),
        },
    });
    desk.show(page)
}

fn search_form(desk: &Desk, wanted: &UserSearch) -> Form {
    let mut form = desk.ask("search", "/admin/people", "Search");
    let options = [("", "Any state"), ("enabled", "Can sign in"), ("disabled", "Disabled"), ("invited", "Invited")];
    let options = options.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    form.fields = vec![
        Field::line("q", "Name, address, domain or ID", wanted.q.clone().unwrap_or_default()),
        Field::line("group", "Group", wanted.group.clone().unwrap_or_default()),
        Field::line("role", "Role", wanted.role.clone().unwrap_or_default()),
        Field::line("status", "State", desk.asked("status").unwrap_or_default()).kind(FieldKind::Choice(options)),
    ];
    form
}

/// A person as a row.
pub fn line(desk: &Desk, row: &UserView) -> Vec<Vec<Part>> {
    let name = row.document.name.clone().filter(|name| !name.is_empty());
    let href = desk.href(&format!("/admin/people/{}", encoded(&row.id)));
    let mut who = vec![Part::Link(name.clone().unwrap_or_else(|| row.document.email.clone()), href)];
    if name.is_some() {
        who.push(Part::Quiet(row.document.email.clone()));
    }
    let role = match row.document.role.as_str() {
        "person" => Vec::new(),
        other => vec![Part::Badge(Tone::Caution, other.to_owned())],
    };
    let groups = row.document.groups.iter().take(4).map(|g| Part::Badge(Tone::Plain, g.clone()));
    let more = row.document.groups.len().saturating_sub(4);
    let more = (more > 0).then(|| Part::Plain(format!(" and {more} more")));
    let last = row.last_sign_in_at.as_deref().map_or_else(|| Part::plain("never"), |at| ago_text(at, desk.cx().now));
    vec![who, role, groups.chain(more).collect(), state(desk, row), vec![last]]
}

/// Whether and how they can sign in.
pub fn state(desk: &Desk, row: &UserView) -> Vec<Part> {
    let invited = row.invited_until.as_deref().and_then(at_text).is_some_and(|until| until > desk.cx().now);
    vec![match (row.disabled, row.has_password, invited) {
        (true, _, _) => Part::Badge(Tone::Bad, "disabled".to_owned()),
        (false, false, true) => Part::Badge(Tone::Caution, "invited".to_owned()),
        (false, false, false) => Part::Badge(Tone::Caution, "no password".to_owned()),
        (false, true, _) if row.must_change_password => Part::Badge(Tone::Caution, "must change password".to_owned()),
        (false, true, _) => Part::Badge(Tone::Good, "can sign in".to_owned()),
    }]
}

/// `GET /admin/people/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let attributes = answer!(desk, attribute::list(desk.cx(), &desk.actor).await);
    let mut form = desk.post("add", "/admin/people/new", "Add the person");
    let ways = [
        ("invitation", "Send an invitation", "You get a link, under which they choose their own password."),
        ("password", "Set a first password", "They must choose another one at their first sign-in."),
        ("none", "Not yet", "The account is there, and nobody can sign in to it."),
    ];
    let ways = ways.map(|(v, l, w)| (v.to_owned(), l.to_owned(), w.to_owned())).to_vec();
    form.fields = vec![
        Field::line("email", "E-mail address", "").kind(FieldKind::Email).required().hint("They sign in with it."),
        Field::line("name", "Name", "").hint("As apps and other people see it."),
        Field::line("groups", "Groups", "")
            .kind(FieldKind::Lines(3))
            .hint("One on each line. Groups that are new are made."),
    ];
    let required = attributes.iter().filter(|a| a.document.required);
    form.fields.extend(required.map(|a| super::person::attribute_field(&a.document, None)));
    form.fields.push(Field::line("access", "How they sign in first", "invitation").kind(FieldKind::Radios(ways)));
    form.fields.push(Field::line("password", "First password", "").kind(FieldKind::Password).hint(format!(
        "Only for a first password: at least {} characters.",
        crate::flow::account::quality::min_length(desk.cx())
    )));
    form.cancel = Some(desk.link("Cancel", "/admin/people"));
    let mut page = desk.page("Add a person", "Add a person");
    page.crumbs = vec![desk.link("People", "/admin/people")];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/people/new`.
pub async fn create(desk: Desk) -> Reply {
    let attributes = answer!(desk, attribute::list(desk.cx(), &desk.actor).await);
    let mut document = UserDocument::new(&desk.field("email"));
    document.name = desk.some("name");
    document.groups = desk.lines("groups");
    for a in attributes.iter().filter(|a| a.document.required) {
        if let Some(value) = super::person::attribute_value(&desk, &a.document) {
            document.attributes.insert(a.document.name.clone(), value);
        }
    }
    let way = desk.field("access");
    let password = desk.form.find("password").unwrap_or_default().to_owned();
    let access = match way.as_str() {
        "password" => FirstAccess::Password(Sensitive::new(password)),
        "none" => FirstAccess::None,
        _ => FirstAccess::Invitation,
    };
    let made = tried!(desk, "add", new_page, user::create(desk.cx(), &desk.actor, document, access).await);
    let at = format!("/admin/people/{}", encoded(&made.user.id));
    if way == "password" {
        answer!(
            desk,
            crate::flow::admin::user_access::require_password_change(desk.cx(), &desk.actor, &made.user.id).await
        );
    }
    match made.invitation {
        Some(token) => invited(&desk, &made.user, &token, made.mailed),
        None => desk.done(&at, "The person was added."),
    }
}

/// The link, shown once.
pub fn invited(desk: &Desk, user: &UserView, token: &Sensitive, mailed: bool) -> Reply {
    let at = format!("/admin/people/{}", encoded(&user.id));
    let mut page = desk.page("Invitation", "The invitation is ready");
    page.crumbs = vec![desk.link("People", "/admin/people"), desk.link(&user.document.email, &at)];
    page.blocks = vec![
        how_it_goes(user, mailed),
        Block::Code("Link".to_owned(), invitation::address(desk.cx(), token).expose().to_owned()),
    ];
    if let Some(until) = &user.invited_until {
        page.blocks.push(Block::Words(vec![
            Part::plain("It works once, and ends "),
            ago_text(until, desk.cx().now),
            Part::plain("."),
        ]));
    }
    page.actions = vec![desk.main_link("To the person", &at)];
    desk.show(page)
}

fn how_it_goes(user: &UserView, mailed: bool) -> Block {
    let to = Part::Strong(user.document.email.clone());
    let (tone, words) = match mailed {
        true => (
            Tone::Good,
            [
                Part::plain("A letter with this link is on its way to "),
                to,
                Part::plain(
                    ". The link is shown here once, in case it does not arrive: whoever opens it chooses the password.",
                ),
            ],
        ),
        false => (
            Tone::Caution,
            [
                Part::plain("This link is shown once. Send it to "),
                to,
                Part::plain(" in a way that nobody else reads: whoever opens it chooses the password."),
            ],
        ),
    };
    Block::Notice(Notice { tone, words: words.to_vec() })
}

/// Names of all roles that this person may look at.
pub async fn role_names(desk: &Desk) -> Vec<(String, String)> {
    let listed = role::list(desk.cx(), &desk.actor).await;
    let roles = listed.ok().and_then(Result::ok).unwrap_or_default();
    roles
        .into_iter()
        .map(|r| (r.document.name.clone(), format!("{}: {}", r.document.name, r.document.description)))
        .collect()
}
