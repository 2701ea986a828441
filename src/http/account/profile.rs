//! Owns the page on which people write their own profile. It does not own what may be written (`flow::account::profile`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::refused;
use crate::flow::account::profile::{self, ProfileForm};
use crate::http::own_app::desk::{Desk, Failed};
use crate::http::pages::console::{Block, Field, FieldKind, Form, Part};
use crate::http::reply::Reply;
use crate::identity::attribute::{Attribute, AttributeKind};

const PATH: &str = "/account/profile";
/// Names of the fields of attributes begin with this, so that none stands for anything else.
const OWN: &str = "own_";

/// Languages and regions that most people choose from, each in its own words.
const LOCALES: [(&str, &str); 20] = [
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("de-AT", "Deutsch (Österreich)"),
    ("de-CH", "Deutsch (Schweiz)"),
    ("en", "English"),
    ("en-GB", "English (United Kingdom)"),
    ("en-US", "English (United States)"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
    ("nb", "Norsk"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("fi", "Suomi"),
    ("sv", "Svenska"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
];

/// `GET /account/profile`
pub async fn show(desk: Desk) -> Reply {
    page(&desk, None).await
}

/// The page; also for the picture's form.
pub(super) async fn page(desk: &Desk, failed: Failed) -> Reply {
    let attributes = match profile::own_attributes(desk.cx()).await {
        Ok(attributes) => attributes,
        Err(fault) => return desk.fault(&fault),
    };
    let mut page = desk.page_of(desk.t("account-profile"));
    page.lead = vec![Part::plain(desk.t("account-profile-lead"))];
    page.blocks.push(desk.block(form(desk, &attributes), &failed));
    page.blocks.push(Block::Heading(desk.t("account-picture").into(), Vec::new()));
    let mut upload = desk.post("picture", "/account/profile/picture", &desk.t("account-picture-submit").to_string());
    let types = FieldKind::File("image/png,image/jpeg,image/webp".to_owned());
    let file = Field::line("file", &desk.t("account-picture-file").to_string(), "").kind(types);
    upload.fields = vec![file.hint(desk.t("account-picture-hint"))];
    if let Some(id) = &desk.visit.user.picture {
        let remove = desk.t("account-picture-remove").to_string();
        page.blocks.push(Block::Words(vec![
            super::picture::portrait(desk, id),
            desk.button("/account/profile/picture/remove", &remove, ""),
        ]));
    }
    page.blocks.push(desk.block(upload, &failed));
    desk.show_tried(page, &failed)
}

fn form(desk: &Desk, attributes: &[Attribute]) -> Form {
    let user = &desk.visit.user;
    let p = &user.profile;
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let line = |name: &str, label: String, value: &Option<String>, autocomplete| Field {
        autocomplete,
        ..Field::line(name, &label, some(value))
    };
    let mut locales = vec![(String::new(), desk.t("account-not-set").to_string())];
    locales.extend(LOCALES.map(|(tag, name)| (tag.to_owned(), name.to_owned())));
    let known = some(&p.locale);
    if !locales.iter().any(|(tag, _)| *tag == known) {
        locales.push((known.clone(), known));
    }
    let mut form = desk.post("profile", PATH, &desk.t("account-save").to_string());
    form.hidden = vec![("version".to_owned(), user.version.to_string())];
    form.fields = vec![
        line("name", desk.t("account-field-name").into(), &p.name, "name"),
        line("given_name", desk.t("account-field-given-name").into(), &p.given_name, "given-name"),
        line("family_name", desk.t("account-field-family-name").into(), &p.family_name, "family-name"),
        line("nickname", desk.t("account-field-nickname").into(), &p.nickname, "nickname"),
        line("locale", desk.t("account-field-locale").into(), &p.locale, "")
            .kind(FieldKind::Choice(locales))
            .hint(desk.t("account-field-locale-hint")),
        line("zoneinfo", desk.t("account-field-zoneinfo").into(), &p.zoneinfo, "")
            .hint(desk.t("account-field-zoneinfo-hint")),
    ];
    form.fields.extend(attributes.iter().map(|a| attribute_field(desk, a, user.attributes.get(&a.name))));
    form
}

fn attribute_field(desk: &Desk, attribute: &Attribute, value: Option<&Value>) -> Field {
    let shown = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        Some(other) => other.to_string(),
    };
    let field = Field::line(&format!("{OWN}{}", attribute.name), &attribute.title, shown);
    let field = match attribute.kind {
        AttributeKind::Text | AttributeKind::Number => field,
        AttributeKind::Date => field.hint(desk.t("account-field-date-hint")),
        AttributeKind::Boolean => {
            let options = [("", desk.t("account-not-set")), ("true", desk.t("own-yes")), ("false", desk.t("own-no"))];
            field.kind(FieldKind::Choice(options.map(|(value, label)| (value.to_owned(), label.into())).to_vec()))
        }
        AttributeKind::List => field.kind(FieldKind::Lines(4)).hint(desk.t("account-field-list-hint")),
    };
    if attribute.required { field.required() } else { field }
}

/// The value that was typed; a text that is none of its kind is refused by the operation.
fn attribute_value(desk: &Desk, attribute: &Attribute) -> Option<Value> {
    let name = format!("{OWN}{}", attribute.name);
    let text = desk.some(&name)?;
    Some(match attribute.kind {
        AttributeKind::Text | AttributeKind::Date => text.into(),
        AttributeKind::Number => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        AttributeKind::Boolean => Value::Bool(text == "true"),
        AttributeKind::List => desk.lines(&name).into(),
    })
}

/// `POST /account/profile`
pub async fn save(desk: Desk) -> Reply {
    let attributes = match profile::own_attributes(desk.cx()).await {
        Ok(attributes) => attributes,
        Err(fault) => return desk.fault(&fault),
    };
    let values: BTreeMap<String, Option<Value>> =
        attributes.iter().map(|a| (a.name.clone(), attribute_value(&desk, a))).collect();
    let form = ProfileForm {
        name: desk.some("name"),
        given_name: desk.some("given_name"),
        family_name: desk.some("family_name"),
        nickname: desk.some("nickname"),
        locale: desk.some("locale"),
        zoneinfo: desk.some("zoneinfo"),
        attributes: values,
    };
    let version = desk.field("version").parse().ok();
    match profile::save(desk.cx(), &desk.visit.user.id, form, version).await {
        Ok(Ok(())) => desk.done(PATH, desk.t("account-saved")),
        Ok(Err(refusal)) => page(&desk, Some(("profile", refused(&desk, refusal)))).await,
        Err(fault) => desk.fault(&fault),
    }
}
