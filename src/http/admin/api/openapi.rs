//! Owns the OpenAPI 3.1 document: made of the same table that requests are answered by, so that neither can say what the
//! other does not. It does not own the schemas (each type describes itself).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::problem::{KINDS, ProblemBody};
use super::route::{ApiRoute, Body, Content, Kind, Needs, Query, Schemas, Shape};
use super::{API, ROOT};
use crate::http::routes::Method;
use crate::oauth::logo::ImageFormat;

/// The document.
pub fn document(issuer: &str) -> Value {
    let mut schemas = Schemas::new();
    schemas.push(("Problem".to_owned(), <ProblemBody<'_> as utoipa::PartialSchema>::schema()));
    ProblemBody::schemas(&mut schemas);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (_, title, _, routes) in API {
        for route in *routes {
            let path = if route.path.is_empty() { "/" } else { route.path };
            let operation = operation(route, title, &mut schemas);
            paths.entry(path).or_default().insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let mut components: BTreeMap<String, Value> = BTreeMap::new();
    for (name, schema) in schemas {
        components.entry(name).or_insert_with(|| json!(schema));
    }
    let mut components = json!(components);
    join_all(&mut components);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vouchsafe administration",
            "version": "1",
            "description": "Everything that administrators do, for programs. Every request carries an access token of this \
                server whose audience is this API and whose scopes are the permissions it needs.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": format!("{issuer}{ROOT}") }],
        "tags": API.iter().map(|(_, title, words, _)| json!({ "name": title, "description": words })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": problems(),
            "securitySchemes": { "token": security(issuer) },
        },
    })
}

fn security(issuer: &str) -> Value {
    let scopes: Map<String, Value> =
        crate::identity::Permission::ALL.iter().map(|p| (p.scope().to_owned(), p.words().into())).collect();
    json!({
        "type": "oauth2",
        "description": "An access token in the header: Authorization: Bearer …",
        "flows": {
            "clientCredentials": { "tokenUrl": format!("{issuer}/token"), "scopes": scopes },
            "authorizationCode": {
                "authorizationUrl": format!("{issuer}/authorize"),
                "tokenUrl": format!("{issuer}/token"),
                "scopes": scopes,
            },
        },
    })
}

fn problems() -> Value {
    let one = |title: &str| {
        json!({
            "description": format!("{title}."),
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        })
    };
    KINDS.iter().map(|(status, _, title)| (name_of(*status), one(title))).collect::<Map<_, _>>().into()
}

fn name_of(status: u16) -> String {
    format!("Problem{status}")
}

fn operation(route: &ApiRoute, title: &str, schemas: &mut Schemas) -> Value {
    let security = match route.needs {
        Needs::Permission(permission) => json!([{ "token": [permission.scope()] }]),
        Needs::All(permissions) => {
            json!([{ "token": permissions.iter().map(|p| p.scope()).collect::<Vec<_>>() }])
        }
        Needs::Either(one, other) => json!([{ "token": [one.scope()] }, { "token": [other.scope()] }]),
        Needs::SomePermission | Needs::Token => json!([{ "token": [] }]),
    };
    let mut operation = json!({
        "operationId": route.id,
        "tags": [title],
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses(route, schemas),
        "security": security,
    });
    if !route.details.is_empty() {
        operation["description"] = route.details.into();
    }
    if let Some(body) = request_body(route, schemas) {
        operation["requestBody"] = body;
    }
    operation
}

fn parameters(route: &ApiRoute) -> Vec<Value> {
    let in_path = route.path_parameters().map(|name| {
        let schema = json!({ "type": "string", "minLength": 1 });
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let in_query = route.query.iter().map(|query| {
        json!({
            "name": query.name,
            "in": "query",
            "required": query.required,
            "description": query.words,
            "schema": schema_of(query),
        })
    });
    let header = |name: &str, words: &str, schema: Value| json!({ "name": name, "in": "header", "required": false, "description": words, "schema": schema });
    let mut all: Vec<Value> = in_path.chain(in_query).collect();
    if route.versioned && !matches!(route.method, Method::Get | Method::Post) {
        let words = "The ETag of the version that is to be changed. With another one there, nothing is done (412).";
        all.push(header("If-Match", words, json!({ "type": "string", "pattern": "^(\\*|\"v[0-9]{1,15}\")$" })));
    }
    if route.is_once() {
        let words = "A key of your choice, new for each thing to make. Repeat the request under it as often as you must: \
                     one thing is made, and everybody hears the first answer. Kept for 24 hours.";
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        all.push(header("Idempotency-Key", words, schema));
    }
    all
}

fn schema_of(query: &Query) -> Value {
    match query.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Number(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
    }
}

fn request_body(route: &ApiRoute, schemas: &mut Schemas) -> Option<Value> {
    let content = match route.body {
        Body::Nothing => return None,
        Body::Json(shape) => json!({ "application/json": { "schema": reference(shape, schemas) } }),
        // A patch may leave out what the document demands, and take away with null: any object.
        Body::Patch(shape) => {
            let words = format!("A merge patch (RFC 7396) of {}.", name(shape, schemas));
            let schema = json!({ "type": "object", "description": words });
            json!({ "application/merge-patch+json": { "schema": schema } })
        }
        Body::Image => {
            let image = |format: ImageFormat| {
                let schema = json!({ "type": "string", "contentMediaType": format.media_type() });
                (format.media_type().to_owned(), json!({ "schema": schema }))
            };
            ImageFormat::ALL.map(image).into_iter().collect()
        }
    };
    let mut content: Value = content;
    if let Ok(example) = serde_json::from_str::<Value>(route.example)
        && let Some(media) = content.as_object_mut().and_then(|all| all.values_mut().next())
    {
        media["example"] = example;
    }
    Some(json!({ "required": true, "content": content }))
}

fn responses(route: &ApiRoute, schemas: &mut Schemas) -> Value {
    let content = match route.content {
        Content::Nothing => None,
        Content::Json(shape) => Some(json!({ "application/json": { "schema": reference(shape, schemas) } })),
        Content::Lines(shape) => {
            let words = format!("One {} in JSON a line.", name(shape, schemas));
            Some(json!({ "application/x-ndjson": { "schema": { "type": "string", "description": words } } }))
        }
        Content::Image => Some(json!({ "image/*": { "schema": { "type": "string" } } })),
    };
    let mut success = json!({ "description": "Done." });
    if let Some(content) = content {
        success["content"] = content;
    }
    let mut headers = Map::new();
    let mut promise = |name: &str, words: &str| {
        headers.insert(name.to_owned(), json!({ "description": words, "schema": { "type": "string" } }));
    };
    if route.versioned && route.status != 204 {
        promise("ETag", "The version, for If-Match and If-None-Match.");
    }
    if route.makes() {
        promise("Location", "Where the new thing is.");
    }
    if !headers.is_empty() {
        success["headers"] = headers.into();
    }
    let mut all = Map::from_iter([(route.status.to_string(), success)]);
    if route.versioned && route.method == Method::Get {
        all.insert("304".to_owned(), json!({ "description": "You have this version already (If-None-Match)." }));
    }
    for status in refusals(route) {
        all.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{}", name_of(status)) }));
    }
    all.into()
}

/// How the operation may say no.
fn refusals(route: &ApiRoute) -> Vec<u16> {
    let mut all = vec![400, 401, 403, 404, 429, 500, 503];
    if route.method != Method::Get {
        all.push(409);
    }
    if route.versioned {
        all.push(412);
    }
    if !matches!(route.body, Body::Nothing) {
        all.extend([408, 413, 415]);
    }
    if route.is_once() {
        all.push(422);
    }
    all
}

/// What an operation takes, as one object in which no reference is left: for doors that ask for its members one by one.
pub fn body_of(route: &ApiRoute) -> Option<Value> {
    let (Body::Json(shape) | Body::Patch(shape)) = route.body else { return None };
    let mut schemas = Schemas::new();
    let name = name(shape, &mut schemas);
    let known: Map<String, Value> = schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    let known = Value::Object(known);
    Some(written_out(&joined(known.get(&name)?, &known), &known, 3))
}

/// What references lead to in their place, as deep as `depth`: a type may hold itself.
fn written_out(schema: &Value, known: &Value, depth: u8) -> Value {
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    match (named.and_then(|name| known.get(name)), schema) {
        (Some(_), _) if depth == 0 => json!({}),
        (Some(Value::Object(there)), Value::Object(here)) => {
            let own = here.iter().filter(|(name, _)| *name != "$ref").map(|(n, v)| (n.clone(), v.clone()));
            let whole = there.clone().into_iter().chain(own).collect();
            written_out(&Value::Object(whole), known, depth - 1)
        }
        (_, Value::Object(members)) => {
            members.iter().map(|(name, part)| (name.clone(), written_out(part, known, depth))).collect()
        }
        (_, Value::Array(parts)) => parts.iter().map(|part| written_out(part, known, depth)).collect(),
        _ => schema.clone(),
    }
}

fn reference(shape: Shape, schemas: &mut Schemas) -> Value {
    json!((shape.collect)(schemas))
}

fn name(shape: Shape, schemas: &mut Schemas) -> String {
    let reference = (shape.collect)(schemas).ref_location;
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A view is its document and more, which a schema says by `allOf`. But a document that takes no unknown member refuses the
/// "more": the parts become one object.
fn join_all(schemas: &mut Value) {
    let known = schemas.clone();
    for schema in schemas.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if schema.get("allOf").is_some() {
            *schema = joined(schema, &known);
        }
    }
}

fn joined(schema: &Value, known: &Value) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    gather(schema, known, &mut properties, &mut required);
    let mut whole = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        whole["required"] = required.into();
    }
    if let Some(words) = schema.get("description") {
        whole["description"] = words.clone();
    }
    whole
}

fn gather(schema: &Value, known: &Value, properties: &mut Map<String, Value>, required: &mut Vec<Value>) {
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    let schema = named.and_then(|name| known.get(name)).unwrap_or(schema);
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        gather(part, known, properties, required);
    }
    if let Some(own) = schema.get("properties").and_then(Value::as_object) {
        properties.extend(own.clone());
    }
    if let Some(own) = schema.get("required").and_then(Value::as_array) {
        required.extend(own.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::admin::api::routes;

    #[test]
    fn every_route_is_in_the_document_and_nothing_else_is() {
        let document = document("https://id.test");
        let mut said: Vec<(String, String, String)> = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                said.push((id.to_owned(), method.to_ascii_uppercase(), path.trim_end_matches('/').to_owned()));
            }
        }
        let mut is: Vec<_> =
            routes().map(|r| (r.id.to_owned(), r.method.as_str().to_owned(), r.path.to_owned())).collect();
        said.sort();
        is.sort();
        assert_eq!(said, is);
        let mut ids: Vec<_> = is.iter().map(|(id, ..)| id).collect();
        ids.dedup();
        assert_eq!(ids.len(), is.len(), "operation ids are unique");
    }

    #[test]
    fn every_reference_leads_somewhere_and_everything_is_described() {
        let document = document("https://id.test");
        fn walk(value: &Value, document: &Value) {
            if let Some(place) = value.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place}");
            }
            match value {
                Value::Object(members) => members.values().for_each(|v| walk(v, document)),
                Value::Array(items) => items.iter().for_each(|v| walk(v, document)),
                _ => {}
            }
        }
        walk(&document, &document);
        for route in routes() {
            let is_example = route.example.is_empty() || serde_json::from_str::<Value>(route.example).is_ok();
            assert!(
                is_example && (!route.makes() || route.noun() == "users" || !route.example.is_empty()),
                "{}",
                route.id
            );
            assert!(route.summary.ends_with('.') && route.summary.len() < 120, "{}: {}", route.id, route.summary);
            assert!(route.query.iter().all(|q| q.words.ends_with('.')), "{}", route.id);
            let noun = API.iter().find(|(.., routes)| routes.iter().any(|r| r.id == route.id)).unwrap().0;
            assert_eq!(route.noun(), noun, "{}", route.id);
        }
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
                let parts = schema["oneOf"].as_array().into_iter().flatten();
                let in_parts = parts.into_iter().any(|part| part.get("description").is_some());
                let is_reference = schema.get("$ref").is_some() || name.starts_with("PageOf");
                assert!(
                    is_reference || in_parts || schema.get("description").is_some(),
                    "{name}.{member} says nothing of itself"
                );
            }
        }
    }

    #[test]
    fn n01_what_changes_something_needs_a_permission_to_write() {
        for route in routes() {
            let permission = match route.needs {
                Needs::Permission(permission) | Needs::All(&[permission, ..]) => permission,
                Needs::Either(one, other) if one.is_reading() => other,
                _ => {
                    assert!(["", "/overview"].contains(&route.path), "{} needs no permission of its own", route.id);
                    continue;
                }
            };
            let reads = route.method == Method::Get;
            assert!(reads || !permission.is_reading() || READING_POSTS.contains(&route.id), "{}", route.id);
        }
    }

    /// Operations that are asked by POST and change nothing.
    const READING_POSTS: [&str; 2] = ["client_preview", "files_plan"];
}
