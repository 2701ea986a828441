//! Owns the list of clients and the pages on which one is registered. It does not own the pages of one client (`client`).

use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::ago_text;
use crate::flow::admin::client::{self, ClientDocument, ClientView};
use crate::flow::admin::page::PAGE;
use crate::http::pages::console::{Block, Card, Field, FieldKind, Notice, Part, Tone};
use crate::http::reply::Reply;
use crate::identity::Permission;
use crate::oauth::client_policy::Profile;
use crate::store::clients::ClientSearch;

const LIST: &str = "clients";

/// `GET /admin/clients`.
pub async fn list(desk: Desk) -> Reply {
    let after = answer!(desk, Ok::<_, crate::flow::Fault>(desk.after(LIST)));
    let disabled = match desk.asked("state").as_deref() {
        Some("enabled") => Some(false),
        Some("disabled") => Some(true),
        _ => None,
    };
    let profile = desk.asked("profile").and_then(|p| Profile::parse(&p));
    let search = ClientSearch { begins: desk.asked("q"), profile, disabled };
    let searched = search.begins.is_some() || profile.is_some() || disabled.is_some();
    let found = answer!(desk, client::list(desk.cx(), &desk.actor, search, after, PAGE).await);
    let (mut table, rows) = desk.table("Clients", &["Client", "Profile", "State", "Last used"], LIST, found);
    table.rows = rows.iter().map(|row| line(&desk, row)).collect();
    let mut page = desk.page("Clients", "Clients");
    page.lead = vec![Part::plain("Apps and programs that sign people in here, or that get tokens of their own.")];
    if desk.may(Permission::ClientsWrite) {
        page.actions = vec![desk.main_link("Register a client", "/admin/clients/new")];
    }
    page.blocks.push(Block::Form(Box::new(search_form(&desk))));
    page.blocks.push(match table.rows.is_empty() {
        false => Block::Table(table),
        true => Block::Empty {
            heading: if searched { "No client fits" } else { "No client yet" }.to_owned(),
            words: vec![Part::plain("Each app is registered once: you say what kind of program it is and where it is, and get the settings to paste into it.")],
            action: Some(if searched { desk.link("Show all", "/admin/clients") } else { desk.main_link("Register a client", "/admin/clients/new") }),
        },
    });
    desk.show(page)
}

fn search_form(desk: &Desk) -> crate::http::pages::console::Form {
    let mut form = desk.ask("search", "/admin/clients", "Search");
    let choice = |options: &[(&str, &str)]| {
        FieldKind::Choice(options.iter().map(|(v, l)| ((*v).to_owned(), (*l).to_owned())).collect())
    };
    let value = |name: &str| desk.asked(name).unwrap_or_default();
    let profiles = [
        ("", "Any profile"),
        ("web", "Web app"),
        ("spa", "Single-page app"),
        ("native", "Native app"),
        ("service", "Service"),
    ];
    form.fields = vec![
        Field::line("q", "Name or ID begins with", value("q")),
        Field::line("profile", "Profile", value("profile")).kind(choice(&profiles)),
        Field::line("state", "State", value("state")).kind(choice(&[
            ("", "Any state"),
            ("enabled", "In use"),
            ("disabled", "Disabled"),
        ])),
    ];
    form
}

fn line(desk: &Desk, row: &ClientView) -> Vec<Vec<Part>> {
    let id = row.document.client_id.clone().unwrap_or_default();
    let href = desk.href(&format!("/admin/clients/{}", encoded(&id)));
    let used = row.last_used_at.as_deref().map_or_else(|| Part::plain("not yet"), |at| ago_text(at, desk.cx().now));
    vec![
        logo(desk, row).into_iter().chain([Part::Link(row.document.name.clone(), href), Part::Quiet(id)]).collect(),
        vec![Part::plain(profile_name(row.document.profile))],
        state(row),
        vec![used],
    ]
}

/// A client's logo, if it has one, from the server that the page came from.
pub fn logo(desk: &Desk, row: &ClientView) -> Option<Part> {
    let path = row.logo_uri.as_deref()?.strip_prefix(desk.cx().issuer())?;
    Some(Part::Logo(desk.href(path)))
}

/// What kind of program it is, in words.
pub fn profile_name(profile: Profile) -> &'static str {
    match profile {
        Profile::Web => "Web app",
        Profile::Spa => "Single-page app",
        Profile::Native => "Native app",
        Profile::Service => "Service",
    }
}

/// Marks of a client.
pub fn state(row: &ClientView) -> Vec<Part> {
    let mut marks = vec![match row.disabled_at {
        Some(_) => Part::Badge(Tone::Bad, "disabled".to_owned()),
        None => Part::Badge(Tone::Good, "in use".to_owned()),
    }];
    if row.document.trusted {
        marks.push(Part::Badge(Tone::Plain, "trusted".to_owned()));
    }
    if row.built_in {
        marks.push(Part::Badge(Tone::Plain, "built in".to_owned()));
    }
    if row.managed_by_files {
        marks.push(super::files::badge());
    }
    marks
}

/// `GET /admin/clients/new`: which profile, then the form.
pub async fn new(desk: Desk) -> Reply {
    if desk.asked("profile").or_else(|| desk.some("profile")).and_then(|p| Profile::parse(&p)).is_some() {
        return new_page(&desk, None).await;
    }
    let card = |profile: Profile, words: &str| Card {
        heading: profile_name(profile).to_owned(),
        words: words.to_owned(),
        href: desk.href(&format!("/admin/clients/new?profile={}", profile.as_str())),
        badge: String::new(),
    };
    let mut page = desk.page("Register a client", "What kind of program is it?");
    page.crumbs = vec![desk.link("Clients", "/admin/clients")];
    page.lead = vec![Part::plain(
        "The profile decides the first value of every setting. All of them can be seen, and changed where it is safe.",
    )];
    page.blocks = vec![Block::Cards(vec![
        card(
            Profile::Web,
            "Runs on a server that can keep a secret: PHP, Java, Go, Rails, Django, a proxy in front of something. The commonest kind.",
        ),
        card(
            Profile::Spa,
            "Runs wholly in the browser and can keep no secret: React, Vue, Angular without a server of its own. Uses PKCE.",
        ),
        card(
            Profile::Native,
            "Runs on a telephone or a desktop, and opens the system's browser to sign in. Uses PKCE.",
        ),
        card(
            Profile::Service,
            "A program without people: a job, a daemon, one API that calls another. Gets tokens for itself.",
        ),
    ])];
    desk.show(page)
}

fn wanted_profile(desk: &Desk) -> Profile {
    let asked = desk.asked("profile").or_else(|| desk.some("profile"));
    asked.and_then(|p| Profile::parse(&p)).unwrap_or(Profile::Web)
}

async fn new_page(desk: &Desk, failed: Failed) -> Reply {
    let profile = wanted_profile(desk);
    let mut form = desk.post("add", "/admin/clients/new", "Register");
    form.hidden = vec![("profile".to_owned(), profile.as_str().to_owned())];
    form.fields = vec![Field::line("name", "Name", "").required().hint("People see it on the consent page.")];
    let example = match profile {
        Profile::Native => "For example com.example.app:/callback or http://127.0.0.1/callback.",
        _ => "For example https://app.example.com/callback. Compared byte by byte.",
    };
    if profile != Profile::Service {
        form.fields.push(
            Field::line("redirect_uris", "Redirect URIs", "")
                .kind(FieldKind::Lines(3))
                .required()
                .hint(format!("Where people come back to after the sign-in, one on each line. {example}")),
        );
    } else {
        form.fields.push(
            Field::line("scopes", "Scopes", "")
                .hint("What it may ask for, separated by spaces. Define them under Scopes first."),
        );
    }
    form.fields.push(Field::line("client_id", "Client ID", "").hint("Leave it empty to have one made."));
    form.cancel = Some(desk.link("Cancel", "/admin/clients"));
    let mut page = desk.page("Register a client", format!("Register a {}", profile_name(profile).to_lowercase()));
    page.crumbs = vec![desk.link("Clients", "/admin/clients"), desk.link("Profile", "/admin/clients/new")];
    page.blocks = vec![desk.block(form, &failed)];
    desk.show_tried(page, &failed)
}

/// `POST /admin/clients/new`.
pub async fn create(desk: Desk) -> Reply {
    let profile = wanted_profile(&desk);
    let blank = ClientDocument::new(profile, &desk.field("name"));
    let scopes = match profile {
        Profile::Service => Some(desk.field("scopes").split_whitespace().map(str::to_owned).collect()),
        _ => blank.scopes.clone(),
    };
    let document = ClientDocument {
        client_id: desk.some("client_id"),
        redirect_uris: desk.lines("redirect_uris"),
        scopes,
        ..blank
    };
    let made = tried!(desk, "add", new_page, client::create(desk.cx(), &desk.actor, document).await);
    let id = made.view.document.client_id.clone().unwrap_or_default();
    let at = format!("/admin/clients/{}", encoded(&id));
    match made.secret {
        Some(secret) => secret_page(&desk, &made.view, secret.expose(), "The client is registered"),
        None => desk.done(&at, "The client is registered. Below are the settings to paste into the app."),
    }
}

/// A secret, shown once, with what to do with it.
pub fn secret_page(desk: &Desk, view: &ClientView, secret: &str, heading: &str) -> Reply {
    let id = view.document.client_id.clone().unwrap_or_default();
    let at = format!("/admin/clients/{}", encoded(&id));
    let mut page = desk.page("Client secret", heading);
    page.crumbs = vec![desk.link("Clients", "/admin/clients"), desk.link(&view.document.name, &at)];
    let words = "This secret is shown once: it is stored as a hash only. Put it where the app keeps its secrets, and nowhere else.";
    page.blocks = vec![
        Block::Notice(Notice { tone: Tone::Caution, words: vec![Part::plain(words)] }),
        Block::Code("Client ID".to_owned(), id),
        Block::Code("Client secret".to_owned(), secret.to_owned()),
        Block::Heading("Settings to paste".to_owned(), Vec::new()),
        Block::Snippets(super::snippets::of(desk.cx().issuer(), &view.document, Some(secret))),
    ];
    page.actions = vec![desk.main_link("To the client", &at)];
    desk.show(page)
}
