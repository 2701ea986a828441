//! Owns what administrators do to the attributes that people can have: look, define, change, remove; and judging a person's
//! values by them. It does not own what a value of each kind is (`identity::attribute`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::files::diff::Kind as FileKind;
use super::files::owned::is_owned;
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done, plain_text};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::identity::attribute::{Attribute, AttributeKind};
use crate::oauth::claims;
use crate::oauth::mapping::{Mapping, MappingSource};
use crate::store::attributes::{self, StoredAttribute};
use crate::store::{self, Conn, clients, scopes, user_terms};

/// An attribute as an administrator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeDocument {
    /// Its name: 1 to 50 of `a-z 0-9 _`, beginning with a letter; not the name of a claim that means something already.
    pub name: String,
    /// What it is called on pages; at most 100 characters.
    pub title: String,
    /// What its values are.
    pub kind: AttributeKind,
    /// Whether everybody who is added or changed from now on must have a value.
    #[serde(default)]
    pub required: bool,
    /// Whether people write their own value, on their account pages.
    #[serde(default)]
    pub self_editable: bool,
}

/// An attribute with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AttributeView {
    /// What it is.
    #[serde(flatten)]
    pub document: AttributeDocument,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

/// Names that mean something in tokens or in a person's record already, beside those that `claims_supported` lists.
const TAKEN: [&str; 32] = [
    "id",
    "jti",
    "nbf",
    "azp",
    "c_hash",
    "s_hash",
    "at_use_nbr",
    "scope",
    "scp",
    "client_id",
    "resource",
    "cnf",
    "act",
    "may_act",
    "events",
    "sub_jwk",
    "sub_id",
    "typ",
    "alg",
    "kid",
    "role",
    "roles",
    "permissions",
    "entitlements",
    "gid",
    "phone_number",
    "phone_number_verified",
    "address",
    "active",
    "token_type",
    "username",
    "vct",
];

pub(super) fn document(attribute: &Attribute) -> AttributeDocument {
    AttributeDocument {
        name: attribute.name.clone(),
        title: attribute.title.clone(),
        kind: attribute.kind,
        required: attribute.required,
        self_editable: attribute.self_editable,
    }
}

fn view(c: &mut Conn, stored: &StoredAttribute) -> Result<AttributeView, store::Fault> {
    Ok(AttributeView {
        document: document(&stored.attribute),
        version: stored.version,
        created_at: stored.created_at.rfc3339(),
        updated_at: stored.updated_at.rfc3339(),
        managed_by_files: is_owned(c, FileKind::Attribute, &stored.attribute.name)?,
    })
}

/// All attributes, in order of their names.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(cx: &Cx, actor: &Actor) -> Done<Vec<AttributeView>> {
    granted!(actor.needs(Permission::ScopesRead).or_else(|_| actor.needs(Permission::UsersRead)));
    let all = cx.db().read(|c| attributes::list(c)?.iter().map(|stored| view(c, stored)).collect());
    Ok(Ok(all.await?))
}

/// The attribute of this name.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn find(cx: &Cx, actor: &Actor, name: &str) -> Done<AttributeView> {
    granted!(actor.needs(Permission::ScopesRead).or_else(|_| actor.needs(Permission::UsersRead)));
    let wanted = name.to_owned();
    let found = cx.db().read(move |c| match attributes::find(c, &wanted)? {
        Some(stored) => Ok(Some(view(c, &stored)?)),
        None => Ok(None),
    });
    Ok(found.await?.ok_or_else(|| unknown(name)))
}

fn unknown(name: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_attribute", format!("there is no attribute {name:?}"))
}

/// Defines an attribute.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn create(cx: &Cx, actor: &Actor, document: AttributeDocument) -> Done<AttributeView> {
    let change = Change::new(cx, actor);
    let done = cx.db().write(move |c| {
        if attributes::find_for_update(c, &document.name)?.is_some() {
            let words = format!("there is an attribute {} already", document.name);
            return Ok(Err(AdminRefusal::conflict("attribute_taken", words).at("name")));
        }
        put_in(c, &change, document.clone(), None)
    });
    Ok(done.await?.map(|(_, view)| view))
}

/// Replaces an attribute; its name stays, and its kind while anybody has a value.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    name: &str,
    document: AttributeDocument,
    expect: Option<i64>,
) -> Done<AttributeView> {
    if document.name != name {
        let words = "the name of an attribute stays: define another one";
        return Ok(Err(AdminRefusal::invalid("name_stays", words).at("name")));
    }
    let (change, missing) = (Change::new(cx, actor), unknown(name));
    let done = cx.db().write(move |c| {
        if attributes::find_for_update(c, &document.name)?.is_none() {
            return Ok(Err(missing.clone()));
        }
        put_in(c, &change, document.clone(), expect)
    });
    Ok(done.await?.map(|(_, view)| view))
}

/// Whether a name is free of any meaning in tokens (security case L13).
fn is_free(name: &str) -> bool {
    !claims::SUPPORTED.contains(&name) && !TAKEN.contains(&name)
}

fn judged(document: AttributeDocument) -> Result<Attribute, AdminRefusal> {
    let name = document.name;
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !plain || !name.starts_with(|first: char| first.is_ascii_lowercase()) || name.len() > 50 {
        let words = format!("{name:?} cannot be an attribute: use 1 to 50 of a-z, 0-9 and _, beginning with a letter");
        return Err(AdminRefusal::invalid("attribute_name", words).at("name"));
    }
    if !is_free(&name) {
        let words = format!("the name {name} means something in tokens already: choose another one");
        return Err(AdminRefusal::invalid("attribute_name_reserved", words).at("name"));
    }
    let title = plain_text(&document.title, 100)
        .map_err(|why| AdminRefusal::invalid("title", format!("the title {why}")).at("title"))?;
    Ok(Attribute {
        name,
        title,
        kind: document.kind,
        required: document.required,
        self_editable: document.self_editable,
    })
}

/// Puts an attribute in its place, new or not.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    document: AttributeDocument,
    expect: Option<i64>,
) -> Judged<(Put, AttributeView)> {
    granted!(change.actor.needs(Permission::ScopesWrite));
    let attribute = granted!(judged(document));
    let before = attributes::find_for_update(c, &attribute.name)?;
    granted!(fresh(expect, before.as_ref().map_or(0, |stored| stored.version)));
    if let Some(before) = &before {
        if before.attribute == attribute {
            return Ok(Ok((Put::Unchanged, view(c, before)?)));
        }
        if before.attribute.kind != attribute.kind && user_terms::any_with_attribute(c, &attribute.name)? {
            return Ok(Err(in_use(&attribute.name).at("kind")));
        }
    }
    let stored = StoredAttribute {
        attribute,
        version: before.as_ref().map_or(1, |stored| stored.version + 1),
        created_at: before.as_ref().map_or(change.now, |stored| stored.created_at),
        updated_at: change.now,
    };
    let (put, kind) = match before {
        Some(_) => (Put::Changed, "attribute_changed"),
        None => (Put::Created, "attribute_added"),
    };
    match put {
        Put::Created => attributes::insert(c, &stored)?,
        _ => attributes::update(c, &stored)?,
    };
    log(c, change, kind, before.as_ref(), Some(&stored))?;
    Ok(Ok((put, view(c, &stored)?)))
}

fn in_use(name: &str) -> AdminRefusal {
    let words = format!("people have values of the attribute {name}: take those away first");
    AdminRefusal::conflict("attribute_in_use", words)
}

fn log(
    c: &mut Conn,
    change: &Change,
    kind: &str,
    before: Option<&StoredAttribute>,
    after: Option<&StoredAttribute>,
) -> Result<(), store::Fault> {
    let shown = |stored: Option<&StoredAttribute>| stored.map(|stored| json!(document(&stored.attribute)));
    let mut detail = differences(shown(before).as_ref(), shown(after).as_ref());
    detail["attribute"] = json!(after.or(before).map(|stored| stored.attribute.name.as_str()));
    change.log(c, kind, About::default(), detail)
}

/// Whether the attributes that claims are made of are there. They stay until the transaction ends.
pub(super) fn all_defined(c: &mut Conn, mappings: &[Mapping]) -> Judged<()> {
    for mapping in mappings {
        let MappingSource::Attribute(name) = &mapping.from else { continue };
        if attributes::find_for_update(c, name)?.is_none() {
            let words = format!(
                "the claim {} is made of the attribute {name}, which does not exist: define it first, or take another source",
                mapping.claim
            );
            return Ok(Err(AdminRefusal::invalid("mapping", words).at("mappings")));
        }
    }
    Ok(Ok(()))
}

/// The first scope or client that makes a claim of this attribute, in words.
fn mapped_by(c: &mut Conn, name: &str) -> Result<Option<String>, store::Fault> {
    let uses = |mappings: &[Mapping]| {
        let found = mappings.iter().find(|m| matches!(&m.from, MappingSource::Attribute(is) if is == name));
        found.map(|mapping| mapping.claim.clone())
    };
    let scope = scopes::list(c)?.into_iter().find_map(|scope| {
        uses(&scope.mappings).map(|claim| format!("the scope {} makes the claim {claim} of it", scope.name))
    });
    if scope.is_some() {
        return Ok(scope);
    }
    let client = clients::naming_in_policy(c, name)?.into_iter().find_map(|client| {
        uses(&client.policy.mappings)
            .map(|claim| format!("the client {} makes the claim {claim} of it", client.client_id))
    });
    Ok(client)
}

/// Removes an attribute that nobody has a value of and no claim is made of.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, name: &str, expect: Option<i64>) -> Done<()> {
    let (change, name) = (Change::new(cx, actor), name.to_owned());
    Ok(cx.db().write(move |c| remove_in(c, &change, &name, expect)).await?)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, name: &str, expect: Option<i64>) -> Judged<()> {
    granted!(change.actor.needs(Permission::ScopesWrite));
    let Some(stored) = attributes::find_for_update(c, name)? else { return Ok(Err(unknown(name))) };
    granted!(fresh(expect, stored.version));
    if user_terms::any_with_attribute(c, name)? {
        return Ok(Err(in_use(name)));
    }
    if let Some(user) = mapped_by(c, name)? {
        let words = format!("the attribute {name} is in use: {user}; take that rule away first");
        return Ok(Err(AdminRefusal::conflict("attribute_mapped", words)));
    }
    attributes::delete(c, name)?;
    log(c, change, "attribute_removed", Some(&stored), None)?;
    Ok(Ok(()))
}

/// Judges a person's values by the attributes that are defined. `null` is no value.
pub(in crate::flow) fn judged_values(
    values: BTreeMap<String, Value>,
    defined: &[StoredAttribute],
) -> Result<BTreeMap<String, Value>, AdminRefusal> {
    let refuse = |words: String| AdminRefusal::invalid("attribute_value", words).at("attributes");
    let values: BTreeMap<String, Value> = values.into_iter().filter(|(_, value)| !value.is_null()).collect();
    for (name, value) in &values {
        let Some(stored) = defined.iter().find(|stored| stored.attribute.name == *name) else {
            return Err(refuse(format!("there is no attribute {name:?}: define it first")));
        };
        stored.attribute.kind.judge(value).map_err(|why| refuse(format!("a value of the attribute {name} {why}")))?;
    }
    match defined.iter().find(|stored| stored.attribute.required && !values.contains_key(&stored.attribute.name)) {
        Some(missing) => Err(refuse(format!("the attribute {} must have a value", missing.attribute.name))),
        None => Ok(values),
    }
}
