//! Owns the pages of scopes that administrators define.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::ago_text;
use super::{files, mapping};
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::page::PAGE;
use crate::flow::admin::scope::{self, ScopeDocument, ScopeView};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::Permission as P;

const LIST: &str = "scopes";

fn at(name: &str) -> String {
    format!("/admin/scopes/{}", encoded(name))
}

/// `GET /admin/scopes`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let found = answer!(desk, scope::list(desk.cx(), &desk.actor, after, PAGE).await);
    let (mut table, rows) = desk.table("Scopes", &["Scope", "Audience", "Releases", "Last changed"], LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("Scopes", "Scopes");
    page.lead = vec![Part::plain(
        "What apps may ask for beside the standard ones: openid, profile, email, phone, address, groups, offline_access.",
    )];
    if desk.may(P::ScopesWrite) {
        page.actions = vec![desk.main_link("Define a scope", "/admin/scopes/new")];
    }
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "None is defined".to_owned(),
            words: vec![Part::plain("The standard scopes are there already. Define one for each thing that an API of yours allows, such as orders:read.")],
            action: desk.may(P::ScopesWrite).then(|| desk.main_link("Define a scope", "/admin/scopes/new")),
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, row: &ScopeView) -> Vec<Vec<Part>> {
    let d = &row.document;
    let releases =
        d.claims.iter().cloned().chain(d.mappings.iter().map(|m| m.claim.clone())).collect::<Vec<_>>().join(", ");
    vec![
        [
            vec![Part::Link(d.name.clone(), desk.href(&at(&d.name)))],
            files::in_list(row.managed_by_files),
            vec![Part::Quiet(d.description.clone())],
        ]
        .concat(),
        d.audience.iter().map(|a| Part::Code(a.clone())).collect(),
        vec![Part::Text(releases)],
        vec![ago_text(&row.updated_at, desk.cx().now)],
    ]
}

fn fields(d: &ScopeDocument, is_new: bool) -> Vec<Field> {
    let claims = scope::releasable()
        .into_iter()
        .map(|c| (c.to_owned(), c.to_owned(), String::new(), d.claims.iter().any(|k| k == c)));
    let mut fields = Vec::new();
    if is_new {
        fields.push(
            Field::line("name", "Name", "")
                .required()
                .hint("For example orders:read. It stays. Names that begin with admin: belong to the administration."),
        );
    }
    fields.extend([
        Field::line("description", "What it allows", d.description.as_str())
            .required()
            .hint("People read it on the consent page: Read your orders."),
        Field::line("audience", "Audience", d.audience.clone().unwrap_or_default())
            .hint("Of access tokens that carry it: the API's address or name. Empty: the client's."),
        Field::line("claims", "Claims about the person that it releases", "").kind(FieldKind::Checks(claims.collect())),
        mapping::field(&d.mappings),
    ]);
    fields
}

fn submitted(desk: &Desk, name: String) -> Result<ScopeDocument, AdminRefusal> {
    Ok(ScopeDocument {
        name,
        description: desk.field("description"),
        audience: desk.some("audience"),
        claims: desk.form.all("claims").into_iter().map(str::to_owned).collect(),
        mappings: mapping::read(&desk.lines("mappings"))?,
    })
}

/// `GET /admin/scopes/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let mut form =
        Form { fields: fields(&ScopeDocument::default(), true), ..desk.post("add", "/admin/scopes/new", "Define it") };
    form.cancel = Some(desk.link("Cancel", "/admin/scopes"));
    let mut page = desk.page("Define a scope", "Define a scope");
    page.crumbs = vec![desk.link("Scopes", "/admin/scopes")];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/scopes/new`.
pub async fn create(desk: Desk) -> Reply {
    let name = desk.field("name");
    let document = tried!(desk, "add", new_page, Ok::<_, crate::flow::Fault>(submitted(&desk, name)));
    tried!(desk, "add", new_page, scope::create(desk.cx(), &desk.actor, document).await);
    desk.done("/admin/scopes", "It was defined.")
}

/// `GET /admin/scopes/{name}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, scope::find(desk.cx(), &desk.actor, &name).await);
    let mut page = desk.page("Scopes", name.as_str());
    page.crumbs = vec![desk.link("Scopes", "/admin/scopes")];
    if view.managed_by_files {
        page.badges = vec![files::badge()];
        page.blocks.push(files::notice());
    }
    let mut form = Form { fields: fields(&view.document, false), ..desk.post("edit", &at(&name), "Save") };
    form.hidden = vec![("version".to_owned(), view.version.to_string())];
    if desk.may(P::ScopesWrite) {
        page.blocks.push(desk.block(form, &failed));
        let delete = desk.danger("delete", &format!("{}/delete", at(&name)), "Delete", &name);
        let words = vec![Part::plain(
            "Clients that may ask for it must lose it first. Tokens that were issued keep it until they expire.",
        )];
        page.blocks.push(desk.block(Form { heading: "Delete it".to_owned(), words, ..delete }, &failed));
    } else {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("none") } else { Part::Code(f.value) }]);
        page.blocks.push(Block::Facts(form.fields.into_iter().map(shown).collect()));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/scopes/{name}`.
pub async fn save(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let document = tried!(desk, "edit", show_page, Ok::<_, crate::flow::Fault>(submitted(&desk, name.clone())));
    let version = desk.field("version").parse().ok();
    tried!(desk, "edit", show_page, scope::replace(desk.cx(), &desk.actor, &name, document, version).await);
    desk.done(&at(&name), "It was saved.")
}

/// `POST /admin/scopes/{name}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&name)));
    tried!(desk, "delete", show_page, scope::remove(desk.cx(), &desk.actor, &name, None).await);
    desk.done("/admin/scopes", "It was deleted.")
}
