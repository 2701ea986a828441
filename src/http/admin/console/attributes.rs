//! Owns the pages of attributes, the fields of one's own on every person.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::files;
use super::words::ago_text;
use crate::flow::admin::AdminRefusal;
use crate::flow::admin::attribute::{self, AttributeDocument, AttributeView};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::identity::attribute::AttributeKind;

const LIST: &str = "attributes";

fn at(name: &str) -> String {
    format!("/admin/attributes/{}", encoded(name))
}

/// `GET /admin/attributes`.
pub async fn list(desk: Desk) -> Reply {
    let items = answer!(desk, attribute::list(desk.cx(), &desk.actor).await);
    let found = crate::flow::admin::page::Page { items, next: None };
    let (mut table, rows) = desk.table("Attributes", &["Attribute", "Kind", "Required", "Last changed"], LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("Attributes", "Attributes");
    page.lead =
        vec![Part::plain("Fields of your own on every person, which scopes and clients can hand to apps as claims.")];
    if desk.may(P::ScopesWrite) {
        page.actions = vec![desk.main_link("Define an attribute", "/admin/attributes/new")];
    }
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "None is defined".to_owned(),
            words: vec![Part::plain("An attribute is a field of your own on every person, such as a cost centre. A scope or a client can hand it to apps as a claim.")],
            action: desk.may(P::ScopesWrite).then(|| desk.main_link("Define an attribute", "/admin/attributes/new")),
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, row: &AttributeView) -> Vec<Vec<Part>> {
    let d = &row.document;
    vec![
        [
            vec![Part::Link(d.title.clone(), desk.href(&at(&d.name)))],
            files::in_list(row.managed_by_files),
            vec![Part::Quiet(d.name.clone())],
        ]
        .concat(),
        vec![Part::Plain(kind_word(d.kind))],
        vec![if d.required { Part::Yes } else { Part::No }],
        vec![ago_text(&row.updated_at, desk.cx().now)],
    ]
}

fn kind_word(kind: AttributeKind) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn fields(d: &AttributeDocument, is_new: bool) -> Vec<Field> {
    let kinds = [
        ("text", "A line of text"),
        ("number", "A number"),
        ("boolean", "Yes or no"),
        ("date", "A day"),
        ("list", "Several lines"),
    ];
    let kinds = kinds.map(|(v, l)| (v.to_owned(), l.to_owned())).to_vec();
    let mut fields = Vec::new();
    if is_new {
        fields.push(
            Field::line("name", "Name", "")
                .required()
                .hint("1 to 50 of a-z, 0-9 and _, beginning with a letter. It stays."),
        );
    }
    fields.extend([
        Field::line("title", "What it is called", d.title.as_str()).required().hint("On pages, for people."),
        Field::line("kind", "What its values are", kind_word(d.kind)).kind(FieldKind::Choice(kinds)),
        Field::line(
            "required",
            "Everybody who is added or changed must have one",
            if d.required { "true" } else { "" },
        )
        .kind(FieldKind::Switch),
        Field::line("self_editable", "People write their own value", if d.self_editable { "true" } else { "" })
            .kind(FieldKind::Switch)
            .hint("On their account pages. Leave it off for whatever apps rely on."),
    ]);
    fields
}

fn submitted(desk: &Desk, name: String) -> Result<AttributeDocument, AdminRefusal> {
    let kind = serde_json::from_value(serde_json::Value::String(desk.field("kind")));
    let kind = kind.map_err(|_| AdminRefusal::invalid("kind", "choose one of the kinds").at("kind"))?;
    Ok(AttributeDocument {
        name,
        title: desk.field("title"),
        kind,
        required: desk.form.has("required"),
        self_editable: desk.form.has("self_editable"),
    })
}

/// `GET /admin/attributes/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let mut form = Form {
        fields: fields(
            &AttributeDocument {
                name: String::new(),
                title: String::new(),
                kind: AttributeKind::Text,
                required: false,
                self_editable: false,
            },
            true,
        ),
        ..desk.post("add", "/admin/attributes/new", "Define it")
    };
    form.cancel = Some(desk.link("Cancel", "/admin/attributes"));
    let mut page = desk.page("Define an attribute", "Define an attribute");
    page.crumbs = vec![desk.link("Attributes", "/admin/attributes")];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/attributes/new`.
pub async fn create(desk: Desk) -> Reply {
    let name = desk.field("name");
    let document = tried!(desk, "add", new_page, Ok::<_, crate::flow::Fault>(submitted(&desk, name)));
    tried!(desk, "add", new_page, attribute::create(desk.cx(), &desk.actor, document).await);
    desk.done("/admin/attributes", "It was defined.")
}

/// `GET /admin/attributes/{name}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let name = desk.segment(1);
    let view = answer!(desk, attribute::find(desk.cx(), &desk.actor, &name).await);
    let mut page = desk.page("Attributes", name.as_str());
    page.crumbs = vec![desk.link("Attributes", "/admin/attributes")];
    files::mark(&mut page, view.managed_by_files);
    let mut form = Form { fields: fields(&view.document, false), ..desk.post("edit", &at(&name), "Save") };
    form.hidden = vec![("version".to_owned(), view.version.to_string())];
    if desk.may(P::ScopesWrite) {
        page.blocks.push(desk.block(form, &failed));
        let delete = desk.danger("delete", &format!("{}/delete", at(&name)), "Delete", &name);
        let words = vec![Part::plain(
            "An attribute that people have values of, or that a claim is made of, cannot be deleted: take those away first.",
        )];
        page.blocks.push(desk.block(Form { heading: "Delete it".to_owned(), words, ..delete }, &failed));
    } else {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("none") } else { Part::Code(f.value) }]);
        page.blocks.push(Block::Facts(form.fields.into_iter().map(shown).collect()));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/attributes/{name}`.
pub async fn save(desk: Desk) -> Reply {
    let name = desk.segment(1);
    let document = tried!(desk, "edit", show_page, Ok::<_, crate::flow::Fault>(submitted(&desk, name.clone())));
    let version = desk.field("version").parse().ok();
    tried!(desk, "edit", show_page, attribute::replace(desk.cx(), &desk.actor, &name, document, version).await);
    desk.done(&at(&name), "It was saved.")
}

/// `POST /admin/attributes/{name}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let name = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&name)));
    tried!(desk, "delete", show_page, attribute::remove(desk.cx(), &desk.actor, &name, None).await);
    desk.done("/admin/attributes", "It was deleted.")
}
