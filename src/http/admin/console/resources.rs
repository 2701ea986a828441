//! Owns the pages of resource servers.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::files;
use super::words::ago_text;
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::page::PAGE;
use crate::flow::admin::resource::{self, ResourceDocument, ResourceView};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::oauth::jose::Algorithm;

const LIST: &str = "resources";

fn at(name: &str) -> String {
    format!("/admin/resources/{}", encoded(name))
}

/// `GET /admin/resources`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let found = answer!(desk, resource::list(desk.cx(), &desk.actor, after, PAGE).await);
    let (mut table, rows) = desk.table(
        "Resource servers",
        &["Resource server", "Access tokens live", "Signed with", "Last changed"],
        LIST,
        found,
    );
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("Resource servers", "Resource servers");
    page.lead = vec![Part::plain("APIs that take our access tokens, and what their tokens must be like.")];
    if desk.may(P::ScopesWrite) {
        page.actions = vec![desk.main_link("Define a resource server", "/admin/resources/new")];
    }
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "None is defined".to_owned(),
            words: vec![Part::plain("A resource server is an API that takes our access tokens. Define one if its tokens are to live shorter or be signed in another way than the client says.")],
            action: desk.may(P::ScopesWrite).then(|| desk.main_link("Define a resource server", "/admin/resources/new")),
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, row: &ResourceView) -> Vec<Vec<Part>> {
    let d = &row.document;
    let life = d.access_token_lifetime_seconds.map(|s| super::words::span(crate::time::Lifetime::from_seconds(s)));
    vec![
        [
            vec![Part::Link(d.name.clone(), desk.href(&at(&d.audience)))],
            files::in_list(row.managed_by_files),
            vec![Part::Quiet(d.audience.clone())],
        ]
        .concat(),
        vec![Part::Plain(life.unwrap_or_else(|| "as the client says".to_owned()))],
        vec![Part::plain(d.access_token_alg.map_or("as the client says", |a| a.as_str()))],
        vec![ago_text(&row.updated_at, desk.cx().now)],
    ]
}

fn fields(d: &ResourceDocument, is_new: bool) -> Vec<Field> {
    let mut algorithms = vec![(String::new(), "As the client says".to_owned())];
    algorithms.extend(Algorithm::ALL.map(|a| (a.as_str().to_owned(), a.as_str().to_owned())));
    let mut fields = Vec::new();
    if is_new {
        fields.push(
            Field::line("audience", "Audience", "")
                .required()
                .hint("The API's address or name, as scopes and clients say it. It stays."),
        );
    }
    let life = d.access_token_lifetime_seconds.map(|s| s.to_string()).unwrap_or_default();
    fields.extend([
        Field::line("name", "Name", d.name.as_str()).required().hint("For people."),
        Field::line("access_token_lifetime_seconds", "Access tokens live", life)
            .kind(FieldKind::Number)
            .hint("In seconds. Empty: as the client says."),
        Field::line("access_token_alg", "Signed with", d.access_token_alg.map(|a| a.as_str()).unwrap_or_default())
            .kind(FieldKind::Choice(algorithms)),
    ]);
    fields
}

fn submitted(desk: &Desk, audience: String) -> Result<ResourceDocument, AdminRefusal> {
    let life = match desk.some("access_token_lifetime_seconds") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            AdminRefusal::invalid("number", "write a whole number of seconds").at("access_token_lifetime_seconds")
        })?),
    };
    Ok(ResourceDocument {
        audience,
        name: desk.field("name"),
        access_token_lifetime_seconds: life,
        access_token_alg: Algorithm::parse(&desk.field("access_token_alg")),
    })
}

/// `GET /admin/resources/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let mut form = Form {
        fields: fields(
            &ResourceDocument {
                audience: String::new(),
                name: String::new(),
                access_token_lifetime_seconds: None,
                access_token_alg: None,
            },
            true,
        ),
        ..desk.post("add", "/admin/resources/new", "Define it")
    };
    form.cancel = Some(desk.link("Cancel", "/admin/resources"));
    let mut page = desk.page("Define a resource server", "Define a resource server");
    page.crumbs = vec![desk.link("Resource servers", "/admin/resources")];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/resources/new`.
pub async fn create(desk: Desk) -> Reply {
    let name = desk.field("audience");
    let document = tried!(desk, "add", new_page, Ok::<_, crate::flow::Fault>(submitted(&desk, name)));
    tried!(desk, "add", new_page, resource::create(desk.cx(), &desk.actor, document).await);
    desk.done("/admin/resources", "It was defined.")
}

/// `GET /admin/resources/{name}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, resource::find(desk.cx(), &desk.actor, &name).await);
    let mut page = desk.page("Resource servers", name.as_str());
    page.crumbs = vec![desk.link("Resource servers", "/admin/resources")];
    if view.managed_by_files {
        page.badges = vec![files::badge()];
        page.blocks.push(files::notice());
    }
    let mut form = Form { fields: fields(&view.document, false), ..desk.post("edit", &at(&name), "Save") };
    form.hidden = vec![("version".to_owned(), view.version.to_string())];
    if desk.may(P::ScopesWrite) {
        page.blocks.push(desk.block(form, &failed));
        let delete = desk.danger("delete", &format!("{}/delete", at(&name)), "Delete", &name);
        let words = vec![Part::plain("Its tokens are made as each client says from then on.")];
        page.blocks.push(desk.block(Form { heading: "Delete it".to_owned(), words, ..delete }, &failed));
    } else {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("none") } else { Part::Code(f.value) }]);
        page.blocks.push(Block::Facts(form.fields.into_iter().map(shown).collect()));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/resources/{name}`.
pub async fn save(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let document = tried!(desk, "edit", show_page, Ok::<_, crate::flow::Fault>(submitted(&desk, name.clone())));
    let version = desk.field("version").parse().ok();
    tried!(desk, "edit", show_page, resource::replace(desk.cx(), &desk.actor, &name, document, version).await);
    desk.done(&at(&name), "It was saved.")
}

/// `POST /admin/resources/{name}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&name)));
    tried!(desk, "delete", show_page, resource::remove(desk.cx(), &desk.actor, &name, None).await);
    desk.done("/admin/resources", "It was deleted.")
}
