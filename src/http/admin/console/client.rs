//! Owns the pages of one client: settings to paste, every field of its policy, secrets, last failures, and its end.

use super::clients::{profile_name, secret_page, state};
use super::confirm::{Sure, sure};
use super::desk::{Desk, Failed, answer, encoded, tried};
use super::words::{ago_text, span};
use super::{diagnosis, files, mapping, snippets, try_it};
use crate::flow::admin::client::{self, ClientDocument, ClientView};
use crate::flow::admin::{AdminRefusal, RefusalKind};
use crate::http::pages::console::{Block, ConsolePage, Field, FieldKind, Form, Part, Table, Tone};
use crate::http::reply::Reply;
use crate::identity::{Level, Permission as P};
use crate::oauth::client::{ClientAuthMethod, GrantType};
use crate::oauth::client_policy::{PkceRule, RefreshRule};
use crate::oauth::jose::Algorithm;
use crate::time::Lifetime;

pub(super) fn at(id: &str) -> String {
    format!("/admin/clients/{}", encoded(id))
}

pub(super) async fn found(desk: &Desk) -> Result<(String, ClientView), Reply> {
    let id = desk.segment(1);
    match client::find(desk.cx(), &desk.actor, &id).await {
        Ok(Ok(found)) => Ok((id, found)),
        Ok(Err(refusal)) => Err(desk.refused(&refusal)),
        Err(fault) => Err(desk.fault(&fault)),
    }
}

macro_rules! client {
    ($desk:expr) => {
        match found(&$desk).await {
            Ok(found) => found,
            Err(reply) => return reply,
        }
    };
}

pub(super) fn frame(desk: &Desk, id: &str, view: &ClientView) -> ConsolePage {
    let mut page = desk.page("Client", view.document.name.as_str());
    let at = at(id);
    page.crumbs = vec![desk.link("Clients", "/admin/clients")];
    page.badges = state(view);
    page.lead = vec![Part::plain(profile_name(view.document.profile)), Part::Quiet(id.to_owned())];
    let mut tabs = vec![("Overview", at.clone()), ("Settings", format!("{at}/settings"))];
    if desk.may(P::ClientsWrite) || view.logo_uri.is_some() {
        tabs.push(("Logo", format!("{at}/logo")));
    }
    if desk.may(P::ClientsWrite) && !view.document.profile.is_public() {
        tabs.push(("Secrets", format!("{at}/secrets")));
    }
    tabs.push(("Preview", format!("{at}/preview")));
    if desk.may(P::ClientsWrite) && !view.built_in {
        tabs.push((try_it::TAB, format!("{at}/try")));
    }
    if desk.may(P::SessionsRead) {
        tabs.push(("Tokens", format!("{at}/grants")));
    }
    if desk.may(P::TracesRead) {
        tabs.push(("Failures", format!("{at}/failures")));
    }
    if desk.may(P::ClientsWrite) && !view.built_in {
        tabs.push(("Disable or delete", format!("{at}/end")));
    }
    page.tabs = desk.tabs(&tabs);
    page
}

/// `GET /admin/clients/{id}`.
pub async fn overview(desk: Desk) -> Reply {
    let (id, view) = client!(desk);
    let mut page = frame(&desk, &id, &view);
    let d = &view.document;
    let now = desk.cx().now;
    if desk.may(P::ClientsWrite) && !view.built_in {
        page.actions = vec![desk.main_link("Try it", &format!("{}/try", at(&id)))];
    }
    let codes = |list: &[String]| match list.is_empty() {
        true => vec![Part::plain("none")],
        false => list.iter().map(|text| Part::Code(text.clone())).collect(),
    };
    let used = view.last_used_at.as_deref().map_or_else(|| Part::plain("not yet"), |at| ago_text(at, now));
    page.blocks = vec![
        Block::Facts(vec![
            ("Redirect URIs".to_owned(), codes(&d.redirect_uris)),
            ("After logout".to_owned(), codes(&d.post_logout_redirect_uris)),
            ("Scopes".to_owned(), codes(d.scopes.as_deref().unwrap_or_default())),
            ("Last used".to_owned(), vec![used]),
            ("Registered".to_owned(), vec![ago_text(&view.created_at, now)]),
            ("Last changed".to_owned(), vec![ago_text(&view.updated_at, now)]),
        ]),
        Block::Heading("Settings to paste into the app".to_owned(), Vec::new()),
        Block::Snippets(snippets::of(desk.cx().issuer(), d, None)),
    ];
    desk.show(page)
}

/// `GET /admin/clients/{id}/settings`.
pub async fn settings(desk: Desk) -> Reply {
    settings_page(&desk, None).await
}

async fn settings_page(desk: &Desk, failed: Failed) -> Reply {
    let (id, view) = client!(desk);
    let mut page = frame(desk, &id, &view);
    if view.managed_by_files {
        page.blocks.push(files::notice());
    }
    let mut form = desk.post("settings", &format!("{}/settings", at(&id)), "Save");
    form.hidden = vec![("version".to_owned(), view.version.to_string())];
    form.fields = fields(&view.document);
    if desk.may(P::ClientsWrite) && !view.built_in {
        page.blocks.push(desk.block(form, &failed));
    } else {
        let shown =
            |f: Field| (f.label, vec![if f.value.is_empty() { Part::plain("none") } else { Part::Code(f.value) }]);
        page.blocks
            .push(Block::Facts(form.fields.into_iter().filter(|f| f.kind != FieldKind::Group).map(shown).collect()));
    }
    desk.show_tried(page, &failed)
}

pub(super) fn choice(options: &[(&str, &str)]) -> FieldKind {
    FieldKind::Choice(options.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect())
}

/// The value of an enum as documents write it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn seconds(name: &str, label: &str, value: Option<i64>) -> Field {
    let hint = value
        .map_or_else(|| "In seconds.".to_owned(), |v| format!("In seconds: {} now.", span(Lifetime::from_seconds(v))));
    Field::line(name, label, value.map(|v| v.to_string()).unwrap_or_default()).kind(FieldKind::Number).hint(hint)
}

fn fields(d: &ClientDocument) -> Vec<Field> {
    let lines = |name: &str, label: &str, list: &[String], hint: &str| {
        Field::line(name, label, list.join("\n")).kind(FieldKind::Lines(3)).hint(hint)
    };
    let algorithms = || Algorithm::ALL.map(|a| (a.as_str(), a.as_str()));
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let methods = [
        ("client_secret_basic", "Secret in the Authorization header"),
        ("client_secret_post", "Secret in the form"),
        ("none", "None: a public client"),
    ];
    let grants = d.grants.clone().unwrap_or_default();
    let grants = GrantType::ALL
        .map(|g| (g.as_str().to_owned(), g.as_str().replace('_', " "), String::new(), grants.contains(&g)));
    let mut userinfo = vec![("", "Plain JSON")];
    userinfo.extend(algorithms());
    vec![
        Field::line("name", "Name", d.name.as_str()).required().hint("People see it on the consent page."),
        lines("redirect_uris", "Redirect URIs", &d.redirect_uris, "One on each line, compared byte by byte."),
        lines(
            "post_logout_redirect_uris",
            "Addresses after the logout",
            &d.post_logout_redirect_uris,
            "One on each line.",
        ),
        Field::line("scopes", "Scopes", d.scopes.clone().unwrap_or_default().join(" "))
            .hint("What it may ask for, separated by spaces."),
        Field::line("trusted", "One of our own", if d.trusted { "true" } else { "" })
            .kind(FieldKind::Switch)
            .hint("People are not asked whether they allow it."),
        Field::group("How it works", "The profile's values are good for nearly everything."),
        Field::line("auth_method", "How it authenticates", d.auth_method.map(|m| m.as_str()).unwrap_or_default())
            .kind(choice(&methods)),
        Field::line("grants", "Grants", "").kind(FieldKind::Checks(grants.to_vec())),
        Field::line("pkce", "PKCE", d.pkce.as_ref().map(word).unwrap_or_default())
            .kind(choice(&[("required", "Demanded"), ("optional", "Optional (confidential clients only)")])),
        Field::line("refresh", "Refresh tokens", d.refresh.as_ref().map(word).unwrap_or_default()).kind(choice(&[
            ("never", "Never"),
            ("offline_access", "When offline_access was granted"),
            ("always", "With every sign-in"),
        ])),
        Field::group("How long things live", ""),
        seconds("access_token_lifetime_seconds", "Access tokens", d.access_token_lifetime_seconds),
        seconds("id_token_lifetime_seconds", "ID tokens", d.id_token_lifetime_seconds),
        seconds("code_lifetime_seconds", "Codes", d.code_lifetime_seconds),
        seconds("refresh_idle_seconds", "Unused refresh tokens", d.refresh_idle_seconds),
        seconds("refresh_absolute_seconds", "Grants, however often refreshed", d.refresh_absolute_seconds),
        seconds("default_max_age", "Sign-in must be younger than", d.default_max_age),
        Field::line(
            "minimum_acr",
            "People must prove who they are with",
            d.minimum_acr.map(Level::acr).unwrap_or_default(),
        )
        .kind(choice(&[
            ("", "What the settings say"),
            (Level::SecondFactor.acr(), "A second factor"),
            (Level::PhishingResistant.acr(), "A passkey"),
        ]))
        .hint("Whoever has none sets one up on the way in."),
        Field::group("Tokens", ""),
        Field::line(
            "access_token_alg",
            "Access tokens are signed with",
            d.access_token_alg.map(|a| a.as_str()).unwrap_or_default(),
        )
        .kind(choice(&algorithms())),
        Field::line(
            "id_token_alg",
            "ID tokens are signed with",
            d.id_token_alg.map(|a| a.as_str()).unwrap_or_default(),
        )
        .kind(choice(&algorithms())),
        Field::line("userinfo_alg", "Userinfo answers", d.userinfo_alg.map(|a| a.as_str()).unwrap_or_default())
            .kind(choice(&userinfo)),
        lines(
            "audiences",
            "Audiences",
            &d.audiences,
            "Of access tokens where no scope names one, one on each line. Empty: this provider.",
        ),
        Field::line("resource_identifier", "It is itself the resource server", some(&d.resource_identifier))
            .hint("Its own audience: it may introspect tokens made for it."),
        mapping::field(&d.mappings),
        Field::group("What people see", ""),
        Field::line("client_uri", "Home page", some(&d.client_uri)),
        Field::line("policy_uri", "Privacy policy", some(&d.policy_uri)),
        Field::line("tos_uri", "Terms of service", some(&d.tos_uri)),
        lines("contacts", "Contacts", &d.contacts, "E-mail addresses of those responsible, one on each line."),
    ]
}

/// The document as the form says it.
fn submitted(desk: &Desk, old: &ClientDocument) -> Result<ClientDocument, AdminRefusal> {
    let number = |name: &'static str| match desk.some(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<i64>()
            .map(Some)
            .map_err(|_| AdminRefusal::invalid("number", "write a whole number of seconds").at(name)),
    };
    fn parsed<T: serde::de::DeserializeOwned>(text: Option<String>) -> Option<T> {
        serde_json::from_value(serde_json::Value::String(text?)).ok()
    }
    let grants = desk.form.all("grants").into_iter().filter_map(GrantType::parse).collect();
    Ok(ClientDocument {
        name: desk.field("name"),
        redirect_uris: desk.lines("redirect_uris"),
        post_logout_redirect_uris: desk.lines("post_logout_redirect_uris"),
        scopes: Some(desk.field("scopes").split_whitespace().map(str::to_owned).collect()),
        trusted: desk.form.has("trusted"),
        auth_method: ClientAuthMethod::parse(&desk.field("auth_method")),
        grants: Some(grants),
        pkce: parsed::<PkceRule>(desk.some("pkce")),
        refresh: parsed::<RefreshRule>(desk.some("refresh")),
        access_token_lifetime_seconds: number("access_token_lifetime_seconds")?,
        id_token_lifetime_seconds: number("id_token_lifetime_seconds")?,
        code_lifetime_seconds: number("code_lifetime_seconds")?,
        refresh_idle_seconds: number("refresh_idle_seconds")?,
        refresh_absolute_seconds: number("refresh_absolute_seconds")?,
        default_max_age: number("default_max_age")?,
        minimum_acr: Level::of_acr(&desk.field("minimum_acr")),
        access_token_alg: Algorithm::parse(&desk.field("access_token_alg")),
        id_token_alg: Algorithm::parse(&desk.field("id_token_alg")),
        userinfo_alg: Algorithm::parse(&desk.field("userinfo_alg")),
        audiences: desk.lines("audiences"),
        resource_identifier: desk.some("resource_identifier"),
        mappings: mapping::read(&desk.lines("mappings"))?,
        client_uri: desk.some("client_uri"),
        policy_uri: desk.some("policy_uri"),
        tos_uri: desk.some("tos_uri"),
        contacts: desk.lines("contacts"),
        ..old.clone()
    })
}

/// `POST /admin/clients/{id}/settings`.
pub async fn save(desk: Desk) -> Reply {
    let (id, view) = client!(desk);
    let document =
        tried!(desk, "settings", settings_page, Ok::<_, crate::flow::Fault>(submitted(&desk, &view.document)));
    let version = desk.field("version").parse().ok();
    tried!(desk, "settings", settings_page, client::replace(desk.cx(), &desk.actor, &id, document, version).await);
    desk.done(&format!("{}/settings", at(&id)), "The settings were saved.")
}

/// `GET /admin/clients/{id}/secrets`.
pub async fn secrets(desk: Desk) -> Reply {
    secrets_page(&desk, None).await
}

async fn secrets_page(desk: &Desk, failed: Failed) -> Reply {
    let (id, view) = client!(desk);
    let mut page = frame(desk, &id, &view);
    let now = desk.cx().now;
    let base = format!("{}/secrets", at(&id));
    let rows = view.secrets.iter().map(|secret| {
        let ends = secret
            .expires_at
            .as_deref()
            .map_or_else(|| Part::Badge(Tone::Good, "current".to_owned()), |at| ago_text(at, now));
        let used = secret.last_used_at.as_deref().map_or_else(|| Part::plain("not yet"), |at| ago_text(at, now));
        let hidden = vec![("secret".to_owned(), secret.id.clone())];
        vec![
            vec![Part::Code(secret.id.clone())],
            vec![ago_text(&secret.created_at, now)],
            vec![used],
            vec![ends],
            vec![desk.button_with(&format!("{base}/revoke"), "Revoke now", &secret.id, hidden)],
        ]
    });
    let head = ["Secret", "Made", "Last used", "Ends", ""].map(str::to_owned).to_vec();
    page.blocks.push(Block::Table(Table {
        caption: "Secrets".to_owned(),
        head,
        rows: rows.collect(),
        ..Table::default()
    }));
    let mut form = desk.post("rotate", &format!("{base}/rotate"), "Make a new secret");
    form.heading = "Replace the secret".to_owned();
    form.words = vec![Part::plain(
        "A new secret is made and shown once. The old one goes on working for a while, so that the app can change over without an outage.",
    )];
    form.fields = vec![Field::line("overlap", "The old one works for", "86400").kind(choice(&[
        ("0", "No longer: it has leaked"),
        ("3600", "An hour"),
        ("86400", "A day"),
        ("604800", "A week"),
    ]))];
    if !view.built_in {
        page.blocks.push(desk.block(form, &failed));
    }
    desk.show_tried(page, &failed)
}

/// `POST /admin/clients/{id}/secrets/rotate`.
pub async fn rotate_secret(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let overlap = Lifetime::from_seconds(desk.field("overlap").parse().unwrap_or(86_400));
    if overlap.seconds() == 0 {
        let words = "the old secret ends at once, and the app gets no tokens until it has the new one";
        let (heading, submit) = ("Replace the secret at once?", "Replace it at once");
        let back = ("Secrets", format!("{}/secrets", at(&id)));
        sure!(desk, Sure { name: &id, heading, words, submit, back: (back.0, &back.1) });
    }
    let rotated =
        tried!(desk, "rotate", secrets_page, client::rotate_secret(desk.cx(), &desk.actor, &id, overlap).await);
    secret_page(&desk, &rotated.view, rotated.secret.expose(), "The new secret is ready")
}

/// `POST /admin/clients/{id}/secrets/revoke`.
pub async fn revoke_secret(desk: Desk) -> Reply {
    let (id, secret) = (desk.segment(1), desk.field("secret"));
    let back = format!("{}/secrets", at(&id));
    let words = "it ends at once: an app that still uses it gets no tokens until it has another one";
    let (heading, submit) = ("Revoke the secret?", "Revoke now");
    sure!(desk, Sure { name: &secret, heading, words, submit, back: ("Secrets", &back) });
    answer!(desk, client::revoke_secret(desk.cx(), &desk.actor, &id, &secret).await);
    desk.done(&back, "The secret was revoked.")
}

/// `GET /admin/clients/{id}/failures`: read anew every five seconds, unless it is paused.
pub async fn failures(desk: Desk) -> Reply {
    let (id, view) = client!(desk);
    let mut page = frame(&desk, &id, &view);
    let here = format!("{}/failures", at(&id));
    let is_paused = desk.asked("paused").is_some();
    page.refresh = (!is_paused).then_some(5);
    page.actions = vec![match is_paused {
        true => desk.main_link("Go on", &here),
        false => desk.link("Pause", &format!("{here}?paused=1")),
    }];
    let words = if is_paused { "Paused." } else { "Read anew every 5 seconds: try your app and watch." };
    page.blocks.push(Block::Words(vec![Part::plain(words)]));
    match diagnosis::of_client(&desk, &id).await {
        Ok(Some(table)) => page.blocks.push(Block::Table(table)),
        Ok(None) => page.blocks.push(Block::Empty {
            heading: "Nothing was refused".to_owned(),
            words: vec![Part::plain("When a request of this client is refused, it stands here at once, with the mistake and how to mend it.")],
            action: None,
        }),
        Err(reply) => return reply,
    }
    desk.show(page)
}

/// `GET /admin/clients/{id}/end`.
pub async fn end(desk: Desk) -> Reply {
    end_page(&desk, None).await
}

async fn end_page(desk: &Desk, failed: Failed) -> Reply {
    let (id, view) = client!(desk);
    let means = answer!(desk, client::what_removal_means(desk.cx(), &desk.actor, &id).await);
    let mut page = frame(desk, &id, &view);
    let base = format!("{}/end", at(&id));
    let hidden = vec![("version".to_owned(), view.version.to_string())];
    let form = |what: &'static str, heading: &str, words: String, submit: &str| Form {
        heading: heading.to_owned(),
        words: vec![Part::Plain(words)],
        hidden: hidden.clone(),
        ..desk.post(what, &format!("{base}/{what}"), submit)
    };
    page.blocks.push(match view.disabled_at {
        Some(_) => desk.block(
            form(
                "enable",
                "Enable the client",
                "It is taken again everywhere. What had ended stays ended.".to_owned(),
                "Enable",
            ),
            &failed,
        ),
        None => {
            let words = format!(
                "It is refused everywhere at once, and {} of people and programs end. It can be enabled again.",
                some(means.grants, "grant")
            );
            let disable = desk.danger("disable", &format!("{base}/disable"), "Disable", &id);
            let heading = "Disable the client".to_owned();
            desk.block(Form { heading, words: vec![Part::Plain(words)], hidden: hidden.clone(), ..disable }, &failed)
        }
    });
    let delete = desk.danger("delete", &format!("{base}/delete"), "Delete for ever", &id);
    let words = format!(
        "The client is removed and cannot be brought back, with {}, {} and {}. The security log keeps its entries.",
        some(means.secrets, "secret"),
        some(means.grants, "grant"),
        some(means.consents, "consent")
    );
    page.blocks.push(
        desk.block(
            Form { heading: "Delete the client".to_owned(), words: vec![Part::Plain(words)], ..delete },
            &failed,
        ),
    );
    desk.show_tried(page, &failed)
}

fn some(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `POST /admin/clients/{id}/end/{what}`.
pub async fn change(desk: Desk) -> Reply {
    let id = desk.segment(1);
    let (cx, actor, version) = (desk.cx(), &desk.actor, desk.field("version").parse().ok());
    match desk.segment(3).as_str() {
        "disable" => {
            tried!(desk, "disable", end_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&id)));
            tried!(desk, "disable", end_page, client::disable(cx, actor, &id, version).await);
            desk.done(&at(&id), "The client was disabled.")
        }
        "enable" => {
            tried!(desk, "enable", end_page, client::enable(cx, actor, &id, version).await);
            desk.done(&at(&id), "The client was enabled.")
        }
        "delete" => {
            tried!(desk, "delete", end_page, Ok::<_, crate::flow::Fault>(desk.confirmed(&id)));
            tried!(desk, "delete", end_page, client::remove(cx, actor, &id, None).await);
            desk.done("/admin/clients", "The client was deleted.")
        }
        _ => {
            let refusal = AdminRefusal {
                kind: RefusalKind::Unknown,
                ..AdminRefusal::unknown("unknown_page", "there is nothing at this address")
            };
            desk.refused(&refusal)
        }
    }
}
