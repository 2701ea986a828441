//! Every page with ordinary, hostile and missing texts. `VOUCHSAFE_PAGE_GALLERY=dir cargo test gallery` writes the pages
//! to files that a browser can open.

mod gallery;
mod gallery_accounts;
mod markup;
mod plot;

use super::*;
use crate::messages;
use gallery::{Sample, gallery, gallery_in};
use markup::Markup;

/// What people and clients may have chosen as a name, or sent as a parameter.
fn hostile_texts() -> Vec<String> {
    vec![
        "<img src=x onerror=1>".to_owned(),
        "\"></script><script>alert(1)</script>".to_owned(),
        "'--></title></style></textarea><svg/onload=alert`1`>".to_owned(),
        "{{7*7}}{% endblock %}{# x #}".to_owned(),
        "Acme \u{202e}moc.live\u{202d}\u{2066}\u{200f} Notes".to_owned(),
        "žluťoučký 猫 🦊 ".repeat(4096 / 27 + 1),
        "x".repeat(2000),
        "&amp;&lt;&#60;&quot".to_owned(),
        "javascript:alert(1)".to_owned(),
    ]
}

#[test]
fn every_page_is_well_formed_and_self_contained() {
    for (name, html) in gallery("", &Sample::ordinary()) {
        let page = Markup::read(&html);
        let has = |tag: &str| page.tags.iter().filter(|found| found.name == tag).count();
        assert_eq!(page.attribute("html", "lang"), Some("en"), "{name}");
        for tag in ["title", "h1", "main", "header", "footer"] {
            assert_eq!(has(tag), 1, "{tag} in {name}");
        }
        assert!(html.contains(" · Vouchsafe</title>") && !html.contains("<title> "), "{name}");
        assert_eq!(has("style"), 0, "{name}");
        for tag in &page.tags {
            for (attribute, value) in &tag.attributes {
                assert!(!attribute.starts_with("on") && attribute != "style", "{attribute} in {name}");
                let leaves = ["http:", "https:", "//"].iter().any(|start| value.starts_with(start));
                assert!(!(leaves && matches!(attribute.as_str(), "src" | "srcset" | "data" | "background")), "{name}");
            }
        }
        let scripts: Vec<_> = page.tags.iter().filter(|tag| tag.name == "script").collect();
        let runs_one = name.starts_with("form-post")
            || html.contains("id=\"passkey-form\"")
            || html.contains("autocomplete=\"new-password\"");
        assert_eq!(scripts.len(), usize::from(runs_one), "{name}");
        assert!(scripts.iter().all(|script| script.is_empty), "an inline script in {name}");
    }
}

/// The page for developers stays English; the other one is on the list in `tests/texts.rs`.
fn is_english(name: &str) -> bool {
    name.starts_with("mailbox") || name.starts_with("not-me")
}

#[test]
fn every_page_speaks_its_language_and_lacks_no_text() {
    let mirrored = messages::first_known("ar-XB").unwrap();
    for language in Language::all().chain([mirrored]) {
        for (name, html) in gallery_in(language, "", &Sample::ordinary()) {
            let page = Markup::read(&html);
            let spoken = if is_english(name) { Language::ENGLISH } else { language };
            assert_eq!(page.attribute("html", "lang"), Some(spoken.tag()), "{name}");
            assert_eq!(page.attribute("html", "dir"), Some(spoken.direction().as_str()), "{name}");
            assert!(!html.contains("{$") && !html.contains("{ $"), "a value is missing in {name}, {language:?}");
        }
    }
}

#[test]
fn another_language_is_one_button_away_where_the_page_can_be_had_again() {
    for (name, html) in gallery_in(messages::first_known("de").unwrap(), "/auth", &Sample::ordinary()) {
        let page = Markup::read(&html);
        let offered: Vec<&str> =
            page.tags.iter().filter(|t| t.value("name") == Some("language")).filter_map(|t| t.value("value")).collect();
        let is_asked = !name.starts_with("form-post") && !is_english(name);
        assert_eq!(offered, if is_asked { vec!["en"] } else { vec![] }, "{name}");
        assert_eq!(is_asked, page.tags.iter().any(|t| t.value("value") == Some("/auth/again?x=1")), "{name}");
    }
}

#[test]
fn every_page_stays_under_30_kb_with_its_stylesheet() {
    let sheet = assets::all().iter().find(|asset| asset.name == "style.css").map_or(0, |asset| asset.body.len());
    for (name, html) in gallery("/auth", &Sample::ordinary()) {
        assert!(html.len() + sheet < 30_000, "{name}: {} + {sheet} bytes", html.len());
    }
}

#[test]
fn every_own_address_carries_the_prefix_and_every_asset_exists() {
    for (name, html) in gallery("/auth", &Sample::ordinary()) {
        for tag in &Markup::read(&html).tags {
            for (_, value) in
                tag.attributes.iter().filter(|(name, _)| matches!(name.as_str(), "href" | "src" | "action"))
            {
                assert!(!value.starts_with('/') || value.starts_with("/auth/"), "{value} in {name}");
                if let Some(path) = value.strip_prefix("/auth").filter(|path| path.starts_with("/assets/")) {
                    assert!(assets::find(path).is_some(), "{path} in {name}");
                }
            }
        }
    }
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for (name, html) in gallery("", &Sample::ordinary()) {
        let page = Markup::read(&html);
        let mut ids: Vec<&str> = page.values("id").collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "a doubled id in {name}");
        for attribute in ["aria-describedby", "aria-labelledby", "for"] {
            for reference in page.values(attribute).flat_map(str::split_whitespace) {
                assert!(ids.contains(&reference), "{attribute}={reference} in {name}");
            }
        }
    }
}

#[test]
fn fixed_ids_names_and_targets() {
    let pages = gallery("", &Sample::ordinary());
    let page = |name: &str| {
        let html = &pages.iter().find(|(found, _)| *found == name).unwrap().1;
        Markup::read(html.split("<form class=\"languages\"").next().unwrap())
    };
    let expected: [(&str, &str, &[&str], &[&str]); 8] = [
        (
            "login",
            "/login",
            &["login", "password", "submit", "cancel"],
            &["request", "csrf", "login", "password", "decision"],
        ),
        ("consent", "/consent", &["approve", "deny", "switch"], &["request", "csrf", "decision"]),
        ("choose-account", "/select-account", &["cancel", "another"], &["request", "csrf", "session", "decision"]),
        ("logout", "/logout/confirm", &["logout-confirm", "cancel"], &["request", "csrf", "decision"]),
        ("setup", "/setup", &["email", "name", "password", "submit"], &["token", "csrf", "email", "name", "password"]),
        ("new-password", "/new-password", &["password", "submit"], &["change", "csrf", "password"]),
        ("invitation", "/invitation", &["password", "submit"], &["csrf", "password"]),
        ("form-post", "https://notes.acme.example/callback?x=1&y=2", &["form-post"], &["code", "state", "iss"]),
    ];
    for (name, action, ids, names) in expected {
        let page = page(name);
        assert_eq!(page.attribute("form", "action"), Some(action), "{name}");
        assert_eq!(page.attribute("form", "method"), Some("post"), "{name}");
        for id in ids {
            assert!(page.values("id").any(|found| found == *id), "#{id} in {name}");
        }
        let mut found: Vec<&str> = page
            .tags
            .iter()
            .filter(|tag| tag.name == "input" || tag.name == "button")
            .filter_map(|tag| tag.value("name"))
            .collect();
        found.dedup();
        found.sort_unstable();
        found.dedup();
        let mut names = names.to_vec();
        names.sort_unstable();
        assert_eq!(found, names, "{name}");
    }
    assert!(page("error").values("id").any(|id| id == "correlation-id"));
}

#[test]
fn the_first_submit_button_goes_on_so_that_the_enter_key_does() {
    for (name, id) in [
        ("login", "submit"),
        ("login-problem", "submit"),
        ("setup", "submit"),
        ("new-password", "submit"),
        ("invitation", "submit"),
    ] {
        let pages = gallery("", &Sample::ordinary());
        let page = Markup::read(&pages.iter().find(|(found, _)| *found == name).unwrap().1);
        let first = page.tags.iter().find(|tag| tag.name == "button").unwrap();
        assert_eq!(first.value("id"), Some(id), "{name}");
    }
}

/// Security cases B07, B08: a text changes nothing but text. The page has the same tags and attribute names as with
/// ordinary texts, and the text itself comes out byte by byte.
#[test]
fn b07_hostile_texts_are_inert_and_exact() {
    let plain = gallery("", &Sample::of("Plain"));
    for text in hostile_texts() {
        let hostile = gallery("", &Sample::of(&text));
        for ((name, before), (_, after)) in plain.iter().zip(&hostile) {
            let (before, after) = (Markup::read(before), Markup::read(after));
            assert_eq!(before.shape(), after.shape(), "{name} with {text:?}");
            let shown = |page: &Markup, text: &str| page.texts.iter().filter(|found| found.contains(text)).count();
            assert!(shown(&after, &text) >= shown(&before, "Plain"), "{name} lost {text:?}");
            let held = |page: &Markup, text: &str| {
                page.tags.iter().flat_map(|tag| &tag.attributes).filter(|(_, value)| value == text).count()
            };
            assert_eq!(held(&after, &text), held(&before, "Plain"), "{name} changed {text:?} in an attribute");
        }
    }
}

/// A right-to-left override in a name stays inside its `<bdi>`.
#[test]
fn b07_chosen_texts_are_isolated() {
    let text = "Acme \u{202e}moc.live";
    for (name, html) in gallery("", &Sample::of(text)) {
        let body = html.split_once("<body").unwrap().1;
        for (at, _) in body.match_indices(text) {
            let before = &body[..at];
            let in_attribute = before.rfind('<') > before.rfind('>');
            let open = before.rfind("<bdi");
            let isolated = open.is_some() && open > before.rfind("</bdi>");
            assert!(in_attribute || isolated, "{name}: {}", &before[before.len().saturating_sub(60)..]);
        }
    }
}

#[test]
fn links_that_are_no_web_addresses_are_left_out() {
    for uri in [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.test",
        "acme:x",
        "",
    ] {
        let client = ClientCard {
            name: "Acme".to_owned(),
            client_uri: Some(uri.to_owned()),
            policy_uri: Some(uri.to_owned()),
            tos_uri: Some(uri.to_owned()),
            ..ClientCard::default()
        };
        assert!(!client.has_papers(), "{uri}");
        let sample = Sample { client: client.clone(), back: uri.to_owned(), ..Sample::ordinary() };
        for (name, html) in gallery("", &sample) {
            let page = Markup::read(&html);
            assert!(uri.is_empty() || page.values("href").all(|href| href != uri), "{uri} in {name}");
        }
    }
}

/// Security case B01.
#[test]
fn b01_form_post_fields_survive_byte_by_byte() {
    let mut texts = hostile_texts();
    texts.extend(
        ["</form>", "a\r\nb", "\rc\r", "\n\nd\te", "  e  ", "", "\u{feff}f\u{a0}", "+%2B%00&a=b;c"].map(str::to_owned),
    );
    let fields: Vec<_> = texts.iter().enumerate().map(|(at, text)| (format!("n{at}"), text.clone())).collect();
    let page = FormPostPage {
        chrome: Chrome::new("Continue", ""),
        action: "https://app.example/cb?a=1&b=%22".to_owned(),
        host: "app.example".to_owned(),
        fields: fields.clone(),
        nonce: None,
    };
    let html = page.render().unwrap();
    assert!(!html.contains('\r'), "a bare CR does not survive an HTML parser");
    let page = Markup::read(&html);
    let inputs: Vec<_> = page.tags.iter().filter(|tag| tag.name == "input").collect();
    let found: Vec<_> = inputs
        .iter()
        .map(|tag| (tag.value("name").unwrap().to_owned(), tag.value("value").unwrap().to_owned()))
        .collect();
    assert_eq!(found, fields);
    assert_eq!(page.attribute("form", "action"), Some("https://app.example/cb?a=1&b=%22"));
}

#[test]
fn b01_an_answer_is_never_posted_to_a_script() {
    for action in ["javascript:alert(1)", "JavaScript:x", " javascript:x", "data:text/html,x", "vbscript:x"] {
        let page = FormPostPage {
            chrome: Chrome::new("Continue", ""),
            action: action.to_owned(),
            host: String::new(),
            fields: Vec::new(),
            nonce: None,
        };
        assert!(page.render().is_err(), "{action}");
    }
}

#[test]
fn a_problem_points_at_its_field() {
    let problem = |id| Some(Problem { id, words: String::new() });
    assert_eq!(Problem::link(&None, "login").to_string(), "");
    assert_eq!(Problem::link(&problem("wrong"), "login").to_string(), " aria-describedby=\"wrong\"");
    assert_eq!(Problem::link(&problem("problem-name"), "login").to_string(), "");
    assert_eq!(
        Problem::link_with(&problem("problem-password"), "password", "hint").to_string(),
        " aria-describedby=\"problem-password hint\" aria-invalid=\"true\""
    );
    assert_eq!(Problem::link_with(&None, "password", "hint").to_string(), " aria-describedby=\"hint\"");
}

#[test]
fn gallery_for_a_browser() {
    let Ok(folder) = std::env::var("VOUCHSAFE_PAGE_GALLERY") else { return };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in assets::all() {
        std::fs::write(folder.join(&asset.path[1..]), asset.body).unwrap();
    }
    for (name, html) in gallery("", &Sample::ordinary()) {
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
    for (name, html) in gallery_in(messages::first_known("de").unwrap(), "", &Sample::ordinary()) {
        std::fs::write(folder.join(format!("de-{name}.html")), html).unwrap();
    }
    for (name, html) in gallery("", &Sample::of(&"Überlanger_Name".repeat(12))) {
        std::fs::write(folder.join(format!("long-{name}.html")), html).unwrap();
    }
    for (name, html) in gallery("", &Sample::of("Acme \u{202e}moc.live <b>עברית</b>")) {
        std::fs::write(folder.join(format!("rtl-{name}.html")), html).unwrap();
    }
}
