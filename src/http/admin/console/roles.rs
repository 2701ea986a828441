//! Owns the pages of roles: what each allows, as a table, and the roles of one's own.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::files;
use crate::flow::admin::role::{self, RoleDocument, RoleView};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part, Table};
use crate::http::reply::Reply;
use crate::identity::{Permission, Permissions};

fn at(name: &str) -> String {
    format!("/admin/roles/{}", encoded(name))
}

/// `GET /admin/roles`.
pub async fn list(desk: Desk) -> Reply {
    let roles = answer!(desk, role::list(desk.cx(), &desk.actor).await);
    let mut page = desk.page("Roles", "Roles");
    page.lead = vec![Part::plain(
        "A person has one role, and may do what it allows. Nobody can give more than they have themselves.",
    )];
    if desk.may(Permission::RolesWrite) {
        page.actions = vec![desk.main_link("Define a role", "/admin/roles/new")];
    }
    let rows = roles.iter().map(|row| {
        let name = match row.built_in {
            true => Part::Strong(row.document.name.clone()),
            false => Part::Link(row.document.name.clone(), desk.href(&at(&row.document.name))),
        };
        let count = row.document.permissions.iter().count();
        vec![
            [vec![name], files::in_list(row.managed_by_files), vec![Part::Quiet(row.document.description.clone())]]
                .concat(),
            vec![Part::plain(if row.built_in { "comes with the program" } else { "your own" })],
            vec![Part::Plain(format!("{count} of {}", Permission::ALL.len()))],
        ]
    });
    let head = ["Role", "Kind", "Permissions"].map(str::to_owned).to_vec();
    page.blocks.push(Block::Table(Table {
        caption: "Roles".to_owned(),
        head,
        rows: rows.collect(),
        ..Table::default()
    }));
    page.blocks.push(Block::Heading("What each allows".to_owned(), Vec::new()));
    page.blocks.push(Block::Table(matrix(&roles)));
    desk.show(page)
}

fn matrix(roles: &[RoleView]) -> Table {
    let head = std::iter::once("May".to_owned()).chain(roles.iter().map(|r| r.document.name.clone())).collect();
    let rows = Permission::ALL.iter().map(|permission| {
        let mut row = vec![vec![Part::plain(permission.words()), Part::Quiet(permission.scope().to_owned())]];
        row.extend(
            roles
                .iter()
                .map(|role| vec![if role.document.permissions.contains(*permission) { Part::Yes } else { Part::No }]),
        );
        row
    });
    Table {
        caption: "Permissions of each role".to_owned(),
        head,
        rows: rows.collect(),
        matrix: true,
        ..Table::default()
    }
}

fn fields(document: &RoleDocument, is_new: bool) -> Vec<Field> {
    let boxes = Permission::ALL
        .iter()
        .filter(|p| **p != Permission::Own)
        .map(|p| (p.scope().to_owned(), p.words().to_owned(), p.scope().to_owned(), document.permissions.contains(*p)));
    let mut fields = Vec::new();
    if is_new {
        fields.push(
            Field::line("name", "Name", document.name.as_str())
                .required()
                .hint("1 to 50 of a-z, 0-9 and -, beginning with a letter. It stays."),
        );
    }
    fields.push(Field::line("description", "What it is for", document.description.as_str()));
    fields.push(Field::line("permissions", "Who has this role may", "").kind(FieldKind::Checks(boxes.collect())));
    fields
}

fn submitted(desk: &Desk, name: String) -> RoleDocument {
    let permissions = Permissions::of_scopes(desk.form.all("permissions"));
    RoleDocument { name, description: desk.field("description"), permissions }
}

/// `GET /admin/roles/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let blank = RoleDocument { name: String::new(), description: String::new(), permissions: Permissions::NONE };
    let mut form = Form { fields: fields(&blank, true), ..desk.post("add", "/admin/roles/new", "Define the role") };
    form.cancel = Some(desk.link("Cancel", "/admin/roles"));
    let mut page = desk.page("Define a role", "Define a role");
    page.crumbs = vec![desk.link("Roles", "/admin/roles")];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/roles/new`.
pub async fn create(desk: Desk) -> Reply {
    let document = submitted(&desk, desk.field("name"));
    tried!(desk, "add", new_page, role::create(desk.cx(), &desk.actor, document).await);
    desk.done("/admin/roles", "The role was defined. Give it to people on their pages.")
}

/// `GET /admin/roles/{name}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, role::find(desk.cx(), &desk.actor, &name).await);
    let mut page = desk.page("Role", name.as_str());
    page.crumbs = vec![desk.link("Roles", "/admin/roles")];
    page.lead = vec![Part::text(view.document.description.as_str())];
    page.actions = vec![desk.link("Who has it", &format!("/admin/people?role={}", encoded(&name)))];
    files::mark(&mut page, view.managed_by_files);
    if view.built_in || !desk.may(Permission::RolesWrite) {
        page.blocks.push(Block::Table(matrix(std::slice::from_ref(&view))));
        return desk.show(page);
    }
    let mut form = Form { fields: fields(&view.document, false), ..desk.post("role", &at(&name), "Save") };
    form.hidden = vec![("version".to_owned(), view.version.to_string())];
    form.words = vec![Part::plain("What changes here counts at once for everybody who has the role.")];
    let delete = desk.danger("delete", &format!("{}/delete", at(&name)), "Delete", &name);
    let words = vec![Part::plain("A role that somebody has cannot be deleted: give them another one first.")];
    page.blocks.push(desk.block(form, &failed));
    page.blocks.push(desk.block(Form { heading: "Delete the role".to_owned(), words, ..delete }, &failed));
    desk.show_tried(page, &failed)
}

/// `POST /admin/roles/{name}`.
pub async fn save(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let (document, version) = (submitted(&desk, name.clone()), desk.field("version").parse().ok());
    tried!(desk, "role", show_page, role::replace(desk.cx(), &desk.actor, &name, document, version).await);
    desk.done(&at(&name), "The role was saved.")
}

/// `POST /admin/roles/{name}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&name)));
    tried!(desk, "delete", show_page, role::remove(desk.cx(), &desk.actor, &name, None).await);
    desk.done("/admin/roles", "The role was deleted.")
}
