//! Owns the two pages about the API that anybody may read: the OpenAPI document and the reader page, made of the same table.
//! It does not own the table.

use actix_web::http::header;
use actix_web::web::Bytes;
use serde_json::Value;

use super::problem::KINDS;
use super::route::{ApiRoute, Needs};
use super::{API, ROOT, openapi};
use crate::flow::cx::base64url;
use crate::http::call::Call;
use crate::http::pages::Chrome;
use crate::http::pages::api::{ApiPage, Group, Member, Operation, Shape, Type};
use crate::http::reply::{Cache, Reply};
use crate::http::routes::ENDPOINTS;
use crate::secret::token::hash;

/// The OpenAPI document.
pub async fn openapi(call: Call) -> Reply {
    let text = openapi::document(&call.web.place.issuer).to_string();
    let etag = format!("\"{}\"", base64url(&hash(&text)[..12]));
    let known = call.header(header::IF_NONE_MATCH.as_str()).unwrap_or_default();
    if known.split(',').any(|tag| tag.trim() == etag) {
        return Reply::not_modified(Cache::Seconds(300), &etag);
    }
    Reply::document(Bytes::from(text), Cache::Seconds(300), &etag)
}

/// The reader page.
pub async fn docs(call: Call) -> Reply {
    let place = &call.web.place;
    Reply::page(200, &page(&place.issuer, &place.base), &[])
}

/// The page, of an issuer with this path prefix.
pub(in crate::http) fn page(issuer: &str, base: &str) -> ApiPage {
    let document = openapi::document(issuer);
    let schemas = document["components"]["schemas"].as_object();
    ApiPage {
        chrome: Chrome::new("Administration API", base),
        address: format!("{issuer}{ROOT}"),
        token_endpoint: format!("{issuer}{}", ENDPOINTS.token),
        groups: API.iter().map(|(noun, title, words, routes)| group(noun, title, words, routes, &document)).collect(),
        types: schemas.into_iter().flatten().map(|(name, schema)| described(name, schema)).collect(),
        problems: KINDS.to_vec(),
    }
}

fn group(noun: &str, title: &str, words: &str, routes: &[ApiRoute], document: &Value) -> Group {
    let anchor = if noun.is_empty() { "start" } else { noun };
    Group {
        anchor: format!("noun-{anchor}"),
        title: title.to_owned(),
        words: words.to_owned(),
        operations: routes.iter().map(|route| operation(route, document)).collect(),
    }
}

fn operation(route: &ApiRoute, document: &Value) -> Operation {
    let path = if route.path.is_empty() { "/" } else { route.path };
    let said = &document["paths"][path][route.method.as_str().to_ascii_lowercase()];
    let parameters = said["parameters"].as_array().into_iter().flatten();
    let content = |place: &Value| {
        let (kind, media) = place["content"].as_object()?.iter().next()?;
        Some(match media["schema"].get("$ref") {
            Some(_) => shape(&media["schema"]),
            None => Shape { words: text(&media["schema"], "description", kind), ..Shape::default() },
        })
    };
    Operation {
        id: route.id.to_owned(),
        method: route.method.as_str(),
        path: path.to_owned(),
        summary: route.summary.to_owned(),
        details: route.details.to_owned(),
        scope: match route.needs {
            Needs::Permission(permission) => Some(permission.scope().to_owned()),
            Needs::All(permissions) => Some(permissions.iter().map(|p| p.scope()).collect::<Vec<_>>().join(" and ")),
            Needs::Either(one, other) => Some(format!("{} or {}", one.scope(), other.scope())),
            Needs::SomePermission => Some("any of ours".to_owned()),
            Needs::Token => None,
        },
        parameters: parameters.filter(|p| p["in"] != "path").map(parameter).collect(),
        body: content(&said["requestBody"]),
        example: route.example,
        status: route.status,
        answer: content(&said["responses"][route.status.to_string()]),
    }
}

fn parameter(said: &Value) -> Member {
    Member {
        name: text(said, "name", ""),
        place: if said["in"] == "header" { "header" } else { "query" },
        shape: shape(&said["schema"]),
        required: said["required"] == true,
        words: text(said, "description", ""),
    }
}

fn described(name: &str, schema: &Value) -> Type {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let members = schema["properties"].as_object().into_iter().flatten().map(|(name, schema)| Member {
        name: name.clone(),
        place: "",
        shape: shape(schema),
        required: is_required(name),
        words: words_of(schema),
    });
    Type {
        name: name.to_owned(),
        words: text(schema, "description", ""),
        shape: shape(schema),
        members: members.collect(),
    }
}

/// What a member says of itself; one that may be null says it in the part that is not.
fn words_of(schema: &Value) -> String {
    let parts = schema["oneOf"].as_array().into_iter().flatten();
    let in_parts = parts.map(|part| text(part, "description", "")).find(|words| !words.is_empty());
    text(schema, "description", &in_parts.unwrap_or_default())
}

fn text(value: &Value, member: &str, otherwise: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or(otherwise).to_owned()
}

/// A schema in words: what it is made of, down to the first named type.
fn shape(schema: &Value) -> Shape {
    let plain = |words: String| Shape { words, ..Shape::default() };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|place| place.rsplit('/').next()) {
        return Shape { link: Some(name.to_owned()), ..Shape::default() };
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return plain(format!("one of: {}", words.join(", ")));
    }
    let any = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    if let Some(any) = any {
        let is_null = |one: &&Value| one["type"] == "null";
        let inner = any.iter().find(|one| !is_null(one)).map(shape).unwrap_or_default();
        return if any.iter().any(|one| is_null(&one)) { Shape { more: " or null", ..inner } } else { inner };
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind],
        _ => vec!["anything"],
    };
    match schema.get("items") {
        Some(items) if kinds.contains(&"array") => {
            let inner = shape(items);
            Shape { words: format!("array of {}", inner.words), ..inner }
        }
        _ => plain(kinds.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::Template;

    #[test]
    fn the_reader_page_tells_everything_of_the_table() {
        let text = page("https://id.test/auth", "/auth").render().unwrap();
        for route in crate::http::admin::api::routes() {
            assert!(text.contains(&format!("id=\"{}\"", route.id)), "{}", route.id);
        }
        for (_, anchor, _) in KINDS {
            assert!(text.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        }
        for target in text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(text.matches(&format!("id=\"{target}\"")).count(), 1, "{target}");
        }
        assert!(text.contains("href=\"/auth/api/admin/v1/openapi.json\"") && !text.contains("<script"));
    }

    #[test]
    fn shapes_in_words() {
        use serde_json::json;
        let words = |schema| {
            let shape = shape(&schema);
            format!("{}{}{}", shape.words, shape.link.unwrap_or_default(), shape.more)
        };
        assert_eq!(words(json!({ "type": ["string", "null"] })), "string or null");
        assert_eq!(
            words(json!({ "type": "array", "items": { "$ref": "#/components/schemas/Role" } })),
            "array of Role"
        );
        assert_eq!(words(json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/x/Role" }] })), "Role or null");
        assert_eq!(words(json!({ "enum": ["a", "b"] })), "one of: a, b");
        assert_eq!(words(json!({})), "anything");
    }
}
