//! Owns the pages of providers that people sign in through.

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::ago_text;
use super::{files, provider_form as form};
use crate::flow::admin::page::PAGE;
use crate::flow::admin::provider::{self, ProviderView};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission as P;
use crate::identity::SignUpMode;
use crate::oauth::upstream::provider::SignUp;
use crate::oauth::upstream::{Preset, Provider};
use crate::sensitive::Sensitive;

const LIST: &str = "providers";
const PATH: &str = "/admin/providers";

fn at(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

/// `GET /admin/providers`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let found = answer!(desk, provider::list(desk.cx(), &desk.actor, after, PAGE).await);
    let head = ["Provider", "State", "People linked", "Last changed"];
    let (mut table, rows) = desk.table("Providers", &head, LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("Providers", "Providers");
    page.lead = vec![Part::plain("Others through whom people sign in: Google, GitHub, any OpenID Connect issuer.")];
    let add = || desk.main_link("Add a provider", "/admin/providers/new");
    if desk.may(P::UpstreamsWrite) {
        page.actions = vec![add()];
    }
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: "There is none".to_owned(),
            words: vec![Part::plain(
                "People sign in with what they have here. Add a provider to give them a button beside it.",
            )],
            action: desk.may(P::UpstreamsWrite).then(add),
        },
    });
    desk.show(page)
}

fn line(desk: &Desk, row: &ProviderView) -> Vec<Vec<Part>> {
    let d = &row.document;
    let name = vec![Part::Link(d.name.clone(), desk.href(&at(&d.id)))];
    let about = vec![Part::Quiet(format!("{}, {}", d.id, d.preset.title()))];
    vec![
        [name, files::in_list(row.managed_by_files), about].concat(),
        vec![state(row)],
        vec![Part::Plain(row.people.to_string())],
        vec![ago_text(&row.updated_at, desk.cx().now)],
    ]
}

fn state(row: &ProviderView) -> Part {
    let (tone, words) = match row {
        row if !row.document.enabled => (Tone::Plain, "disabled"),
        row if row.failing_since.is_some() => (Tone::Bad, "does not answer"),
        row if !row.has_secret => (Tone::Caution, "has no secret"),
        row if row.document.hidden => (Tone::Plain, "hidden"),
        _ => (Tone::Good, "on"),
    };
    Part::Badge(tone, words.to_owned())
}

/// `GET /admin/providers/new`.
pub async fn new(desk: Desk) -> Reply {
    new_page(&desk, None).await
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let fields = form::first(&Provider { name: String::new(), ..Provider::of_preset(Preset::Google, "", "") });
    let mut add = Form { fields, ..desk.post("add", "/admin/providers/new", "Add it") };
    add.cancel = Some(desk.link("Cancel", PATH));
    let mut page = desk.page("Add a provider", "Add a provider");
    page.crumbs = vec![desk.link("Providers", PATH)];
    page.blocks = vec![desk.block(add, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/providers/new`.
pub async fn create(desk: Desk) -> Reply {
    let document = tried!(desk, "add", new_page, Ok::<_, crate::flow::Fault>(form::submitted_first(&desk)));
    let made = tried!(desk, "add", new_page, provider::create(desk.cx(), &desk.actor, document).await);
    desk.done(&at(&made.document.id), "It was added. Register the callback address there, and set the secret here.")
}

/// `GET /admin/providers/{id}`.
pub async fn show(desk: Desk) -> Reply {
    show_page(&desk, None).await
}

async fn show_page(desk: &Desk, failed: Failed) -> Reply {
    let id = desk.segment(1);
    let view = answer!(desk, provider::find(desk.cx(), &desk.actor, &id).await);
    let mut page = desk.page("Providers", view.document.name.as_str());
    page.crumbs = vec![desk.link("Providers", PATH)];
    page.badges = vec![state(&view)];
    if desk.may(P::UpstreamsWrite) {
        page.actions = vec![desk.link("Test it", &format!("{}/test", at(&id)))];
    }
    files::mark(&mut page, view.managed_by_files);
    if let (Some(since), Some(failure)) = (&view.failing_since, &view.failure) {
        let since = ago_text(since, desk.cx().now);
        let words = vec![Part::plain("It stopped answering "), since, Part::plain(". "), Part::Quiet(failure.clone())];
        page.blocks.push(Block::Notice(Notice { tone: Tone::Bad, words }));
    }
    if let Some(words) = sign_up_differs(desk, &view) {
        let words = vec![Part::plain(words)];
        page.blocks.push(Block::Notice(Notice { tone: Tone::Caution, words }));
    }
    let logout = view.backchannel_logout_uri.clone().map(|uri| ("Its back-channel logout address".to_owned(), uri));
    let mut facts =
        vec![("Callback address, to be registered there".to_owned(), vec![Part::Code(view.redirect_uri.clone())])];
    facts.extend(logout.map(|(label, uri)| (label, vec![Part::Code(uri)])));
    facts.extend([
        ("Provider".to_owned(), vec![Part::plain(view.document.preset.title())]),
        ("Id, for idp_hint".to_owned(), vec![Part::Code(view.document.id.clone())]),
        ("People linked".to_owned(), vec![Part::Plain(view.people.to_string())]),
    ]);
    page.blocks.push(Block::Facts(facts));
    let fields = form::all(&view.document);
    if !desk.may(P::UpstreamsWrite) {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("none") } else { Part::Code(f.value) }]);
        page.blocks.push(Block::Facts(fields.into_iter().map(shown).collect()));
        return desk.show_tried(page, &failed);
    }
    let mut edit = Form { fields, ..desk.post("edit", &at(&id), "Save") };
    edit.hidden = vec![("version".to_owned(), view.version.to_string())];
    page.blocks.push(desk.block(edit, &failed));
    page.blocks.push(desk.block(secret_form(desk, &view), &failed));
    let delete = desk.danger("delete", &format!("{}/delete", at(&id)), "Delete", &id);
    let words = vec![Part::Plain(format!(
        "{} people are linked to it: whoever has no other way in comes in no more. Disabling it keeps the links.",
        view.people
    ))];
    page.blocks.push(desk.block(Form { heading: "Delete it".to_owned(), words, ..delete }, &failed));
    desk.show_tried(page, &failed)
}

/// Says so where people make accounts through the provider who could make none by themselves.
fn sign_up_differs(desk: &Desk, view: &ProviderView) -> Option<&'static str> {
    let rule = desk.cx().parts.settings.get().sign_up.mode;
    let makes_accounts = view.document.enabled && view.document.sign_up == SignUp::Allowed;
    (makes_accounts && rule != SignUpMode::Open).then_some(
        "New people get an account through this provider, although the settings let nobody, or not everybody, make one by \
         the form. The settings are about the form alone; “People without an account” below is about this provider.",
    )
}

fn secret_form(desk: &Desk, view: &ProviderView) -> Form {
    let uses_key = view.document.client_auth_in_force().uses_key();
    let words = match (uses_key, view.has_secret) {
        (true, true) => "There is one. Another one takes its place.",
        (true, false) => "Paste the private key in PEM, RSA or P-256: for Apple what the .p8 file holds.",
        (false, true) => "There is one. Another one takes its place; the provider's own console makes it.",
        (false, false) => "Paste the client secret that the provider's own console shows.",
    };
    let field = match uses_key {
        true => Field::line("provider_secret", "Private key", "").kind(FieldKind::SecretLines(8)).required(),
        false => Field::line("provider_secret", "Client secret", "").kind(FieldKind::Password).required(),
    };
    let heading = if uses_key { "Our private key there" } else { "Our client secret there" };
    Form {
        heading: heading.to_owned(),
        words: vec![Part::plain(words)],
        fields: vec![field],
        ..desk.post("secret", &format!("{}/secret", at(&view.document.id)), "Set the secret")
    }
}

/// `POST /admin/providers/{id}`.
pub async fn save(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let before = answer!(desk, provider::find(desk.cx(), &desk.actor, &id).await);
    let document =
        tried!(desk, "edit", show_page, Ok::<_, crate::flow::Fault>(form::submitted(&desk, &before.document)));
    let version = desk.field("version").parse().ok();
    let after =
        tried!(desk, "edit", show_page, provider::replace(desk.cx(), &desk.actor, &id, document, version).await);
    desk.done(
        &at(&id),
        match before.has_secret && !after.has_secret {
            true => "It was saved. The secret was for another place, so it was forgotten: set it again.",
            false => "It was saved.",
        },
    )
}

/// `POST /admin/providers/{id}/secret`.
pub async fn set_secret(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let secret = Sensitive::new(desk.field("provider_secret"));
    tried!(desk, "secret", show_page, provider::set_secret(desk.cx(), &desk.actor, &id, secret).await);
    desk.done(&at(&id), "The secret was set.")
}

/// `POST /admin/providers/{id}/delete`.
pub async fn remove(desk: Desk) -> Reply {
    let id = desk.segment(1);
    tried!(desk, "delete", show_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&id)));
    tried!(desk, "delete", show_page, provider::remove(desk.cx(), &desk.actor, &id, None).await);
    desk.done(PATH, "It was deleted.")
}
