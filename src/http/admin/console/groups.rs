//! Owns the pages of groups and their members.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::ago_text;
use super::{files, people};
use crate::flow::admin::group::{self, GroupDocument, GroupView};
use crate::flow::admin::page::PAGE;
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::Permission as P;

const LIST: &str = "groups";

fn at(name: &str) -> String {
    format!("/admin/groups/{}", encoded(name))
}

/// `GET /admin/groups`.
pub async fn list(desk: Desk) -> Reply {
    list_page(&desk, None).await
}

async fn list_page(desk: &Desk, failed: Failed) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let begins = desk.asked("q").unwrap_or_default();
    let found = answer!(desk, group::list(desk.cx(), &desk.actor, &begins, after, PAGE).await);
    let (mut table, rows) = desk.table("Groups", &["Group", "Members", "Last changed"], LIST, found);
    table.rows = rows.iter().map(|row| line(desk, row)).collect();
    let mut page = desk.page("Groups", "Groups");
    page.lead = vec![Part::plain(
        "People in a group can be told apart by apps: those that may ask for the scope groups are told the names.",
    )];
    let mut form = desk.ask("search", "/admin/groups", "Search");
    form.fields = vec![Field::line("q", "Name begins with", begins.as_str())];
    page.blocks.push(Block::Form(Box::new(form)));
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "No group".to_owned(),
            words: vec![Part::plain("Make one below, or name it on a person's page: groups that are new are made.")],
            action: None,
        },
    });
    if desk.may(P::GroupsWrite) {
        let form = Form {
            heading: "Make a group".to_owned(),
            fields: fields("", ""),
            ..desk.post("add", "/admin/groups", "Make the group")
        };
        page.blocks.push(desk.block(form, &failed));
    }
    desk.show_tried(page, &failed)
}

fn fields(name: &str, description: &str) -> Vec<Field> {
    vec![
        Field::line("name", "Name", name).required().hint("As apps are told it."),
        Field::line("description", "What it is for", description).hint("For administrators."),
    ]
}

fn line(desk: &Desk, row: &GroupView) -> Vec<Vec<Part>> {
    let mut name = vec![Part::Link(row.document.name.clone(), desk.href(&at(&row.document.name)))];
    name.extend(files::in_list(row.managed_by_files));
    if !row.document.description.is_empty() {
        name.push(Part::Quiet(row.document.description.clone()));
    }
    let members = format!("{}{}", row.members, if row.more_members { " or more" } else { "" });
    vec![name, vec![Part::plain(members)], vec![ago_text(&row.updated_at, desk.cx().now)]]
}

/// `POST /admin/groups`.
pub async fn create(desk: Desk) -> Reply {
    let document = GroupDocument { name: desk.field("name"), description: desk.field("description") };
    let made = tried!(desk, "add", list_page, group::create(desk.cx(), &desk.actor, document).await);
    desk.done(&at(&made.document.name), "The group was made.")
}

/// `GET /admin/groups/{name}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, group::find(desk.cx(), &desk.actor, &name).await);
    let mut page = desk.page("Group", name.as_str());
    page.crumbs = vec![desk.link("Groups", "/admin/groups")];
    page.lead = vec![Part::text(view.document.description.as_str())];
    files::mark(&mut page, view.managed_by_files);
    if desk.may(P::GroupsWrite) {
        let mut form = desk.post("member", &format!("{}/members", at(&name)), "Add");
        form.inline = true;
        form.fields = vec![Field::line("person", "Add a person (address or ID)", "").required()];
        page.blocks.push(desk.block(form, &failed));
    }
    if desk.may(P::UsersRead) {
        let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after("members")));
        let found = answer!(desk, group::members(desk.cx(), &desk.actor, &name, after, PAGE).await);
        let (mut table, rows) = desk.table("Members", &["Person", "Role", "State", ""], "members", found);
        table.rows = rows.iter().map(|row| member(desk, &name, row)).collect();
        page.blocks.push(match table.rows.is_empty() {
            false => Block::Table(table),
            true => Block::Empty {
                heading: "Nobody is in this group".to_owned(),
                words: vec![Part::plain("Add people above, or on their own pages.")],
                action: None,
            },
        });
    }
    if desk.may(P::GroupsWrite) {
        let mut edit = desk.post("group", &at(&name), "Save");
        edit.hidden = vec![("version".to_owned(), view.version.to_string())];
        edit.fields = vec![
            Field::line("description", "What it is for", view.document.description.as_str()).kind(FieldKind::Line),
        ];
        page.blocks.push(desk.block(edit, &failed));
        let delete = desk.danger("delete", &format!("{}/delete", at(&name)), "Delete", &name);
        let words = vec![Part::plain("Everybody in it leaves it; apps are told so with the next token.")];
        page.blocks.push(desk.block(Form { heading: "Delete the group".to_owned(), words, ..delete }, &failed));
    }
    desk.show_tried(page, &failed)
}

fn member(desk: &Desk, group: &str, row: &crate::flow::admin::user_document::UserView) -> Vec<Vec<Part>> {
    let mut cells = people::line(desk, row);
    let (who, role) = (std::mem::take(&mut cells[0]), std::mem::take(&mut cells[1]));
    let hidden = vec![("person".to_owned(), row.id.clone())];
    let remove = desk
        .may(P::GroupsWrite)
        .then(|| desk.button_with(&format!("{}/members/remove", at(group)), "Take out", &row.document.email, hidden));
    vec![who, role, people::state(desk, row), remove.into_iter().collect()]
}

/// `POST /admin/groups/{name}`.
pub async fn save(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let document = GroupDocument { name: name.clone(), description: desk.field("description") };
    let version = desk.field("version").parse().ok();
    tried!(desk, "group", show_page, group::replace(desk.cx(), &desk.actor, &name, document, version).await);
    desk.done(&at(&name), "The group was saved.")
}

/// `POST /admin/groups/{name}/members`.
pub async fn add(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "member", show_page, group::add_member(desk.cx(), &desk.actor, &name, &desk.field("person")).await);
    desk.done(&at(&name), "The person is in the group now.")
}

/// `POST /admin/groups/{name}/members/remove`.
pub async fn take_out(desk: Desk) -> Reply {
    let name = desk.segment(1);
    answer!(desk, group::remove_member(desk.cx(), &desk.actor, &name, &desk.field("person")).await);
    desk.done(&at(&name), "The person was taken out of the group.")
}

/// `POST /admin/groups/{name}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&name)));
    tried!(desk, "delete", show_page, group::remove(desk.cx(), &desk.actor, &name, None).await);
    desk.done("/admin/groups", "The group was deleted.")
}
