//! Owns what administrators do to scopes of their own: look, define, replace, remove. It does not own the standard scopes
//! (`oauth::scope`), those of the administration API (`flow::oauth::scopes`) nor which client may ask for which (`client`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::edit::{Expect, Placed};
use super::files::diff::Kind as FileKind;
use super::page::Page;
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done, RefusalKind, TextRefusal, attribute, plain_text};
use crate::flow::Cx;
use crate::flow::oauth::scopes::is_ours;
use crate::identity::Permission;
use crate::identity::permission::is_admin_scope;
use crate::oauth::claims;
use crate::oauth::mapping::{self, Mapping, MappingRefusal};
use crate::oauth::scope::{Scope, is_scope_token, is_standard};
use crate::store::scopes::{self, StoredScope};
use crate::store::{self, Conn, clients, settings};

/// A scope that administrators define.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeDocument {
    /// Its name: 1 to 100 visible characters without spaces, quotes and backslashes, for example `orders:read`; never changes.
    /// Names that begin with `admin:` belong to the administration API.
    pub name: String,
    /// What it allows, in words for the person who is asked: "Read your orders".
    pub description: String,
    /// The audience of access tokens that carry it; without one, the client's.
    #[serde(default)]
    pub audience: Option<String>,
    /// Claims about the person that it releases at the userinfo endpoint.
    #[serde(default)]
    pub claims: Vec<String>,
    /// Claims of its own, put into tokens and userinfo answers.
    #[serde(default)]
    pub mappings: Vec<Mapping>,
}

/// A scope with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScopeView {
    /// Everything that can be written.
    #[serde(flatten)]
    pub document: ScopeDocument,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was defined (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

impl From<Scope> for ScopeDocument {
    fn from(scope: Scope) -> Self {
        let Scope { name, description, claims, audience, mappings } = scope;
        Self { name, description, audience, claims, mappings }
    }
}

impl From<ScopeDocument> for Scope {
    fn from(document: ScopeDocument) -> Self {
        let ScopeDocument { name, description, audience, claims, mappings } = document;
        Self { name, description, claims, audience, mappings }
    }
}

/// Why nothing was done. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// RFC 6749 section 3.3.
    #[error(
        "{0:?} cannot be a scope: use 1 to 100 visible ASCII characters without spaces, quotes and backslashes, for example orders:read"
    )]
    Name(String),
    /// Standard scopes mean the same everywhere.
    #[error("{0} is a standard scope and cannot be changed")]
    Standard(String),
    /// The whole name space is ours.
    #[error("{0} cannot be defined: scopes that begin with admin: belong to the administration API")]
    Admin(String),
    /// The words on the consent page.
    #[error("the description {0}; the consent page shows it to people, for example \"Read your orders\"")]
    Description(TextRefusal),
    /// Not a claim that we have.
    #[error("there is no claim {0:?} about people here; there are: {known}", known = releasable().join(", "))]
    Claim(String),
    /// The `aud` of tokens.
    #[error(
        "the audience {0:?} cannot be used: write the API's address or name, 1 to 200 visible characters without spaces"
    )]
    Audience(String),
    /// The `aud` of tokens for us.
    #[error(
        "the audience {0:?} is this sign-in service itself: choose the address or name of the API that the scope is for"
    )]
    OurAudience(String),
    /// A rule about claims.
    #[error(transparent)]
    Mapping(#[from] MappingRefusal),
    /// There is one.
    #[error("there is a scope {0:?} already: change that one, or choose another name")]
    Taken(String),
    /// No such scope.
    #[error("there is no scope {0:?} that an administrator defined")]
    Unknown(String),
    /// The name is what clients know it by.
    #[error("the name of a scope cannot change: it is {0:?}")]
    Renamed(String),
    /// Clients would ask for something that is no more.
    #[error("the scope is given to these clients: {}; take it from them first", .0.join(", "))]
    InUse(Vec<String>),
}

impl From<ScopeRefusal> for AdminRefusal {
    fn from(refusal: ScopeRefusal) -> Self {
        use RefusalKind::{Conflict, Invalid, Unknown};
        let (kind, code, field) = match &refusal {
            ScopeRefusal::Name(_) => (Invalid, "scope_name", Some("name")),
            ScopeRefusal::Standard(_) => (Conflict, "scope_standard", Some("name")),
            ScopeRefusal::Admin(_) => (Conflict, "scope_of_administration", Some("name")),
            ScopeRefusal::Description(_) => (Invalid, "description", Some("description")),
            ScopeRefusal::Claim(_) => (Invalid, "unknown_claim", Some("claims")),
            ScopeRefusal::Audience(_) => (Invalid, "audience", Some("audience")),
            ScopeRefusal::OurAudience(_) => (Conflict, "audience_is_ours", Some("audience")),
            ScopeRefusal::Mapping(_) => (Invalid, "mapping", Some("mappings")),
            ScopeRefusal::Taken(_) => (Conflict, "scope_taken", Some("name")),
            ScopeRefusal::Unknown(_) => (Unknown, "unknown_scope", None),
            ScopeRefusal::Renamed(_) => (Invalid, "scope_name_fixed", Some("name")),
            ScopeRefusal::InUse(_) => (Conflict, "scope_in_use", None),
        };
        AdminRefusal { kind, code, field, words: refusal.to_string() }
    }
}

/// Claims about a person that a scope may release at userinfo.
pub fn releasable() -> Vec<&'static str> {
    // The protocol's own claims stand first in the list and are no property of a person.
    let own = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash"];
    let more = ["phone_number", "phone_number_verified", "address"];
    claims::SUPPORTED.iter().copied().filter(|name| !own.contains(name)).chain(more).collect()
}

/// Whether a text can be the `aud` of an access token.
pub(super) fn is_audience(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| matches!(b, 0x21..=0x7e))
}

/// Judges a scope that an administrator wrote; gives it in its stored form.
fn judge(scope: Scope) -> Result<Scope, ScopeRefusal> {
    if !is_scope_token(&scope.name) || scope.name.len() > 100 {
        return Err(ScopeRefusal::Name(scope.name.chars().take(100).collect()));
    }
    if is_standard(&scope.name) {
        return Err(ScopeRefusal::Standard(scope.name));
    }
    if is_admin_scope(&scope.name) {
        return Err(ScopeRefusal::Admin(scope.name));
    }
    let description = plain_text(&scope.description, 200).map_err(ScopeRefusal::Description)?;
    let known = releasable();
    if let Some(odd) = scope.claims.iter().find(|claim| !known.contains(&claim.as_str())) {
        return Err(ScopeRefusal::Claim(odd.clone()));
    }
    if let Some(odd) = scope.audience.as_ref().filter(|audience| !is_audience(audience)) {
        return Err(ScopeRefusal::Audience(odd.clone()));
    }
    mapping::judge(&scope.mappings)?;
    let mut claims = scope.claims;
    claims.sort();
    claims.dedup();
    Ok(Scope { description, claims, ..scope })
}

/// Up to `limit` scopes that administrators defined, in order of their names.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(cx: &Cx, actor: &Actor, after: Option<Value>, limit: i64) -> Done<Page<ScopeView>> {
    granted!(actor.needs(Permission::ScopesRead));
    let after = after.and_then(|key| key.as_str().map(str::to_owned));
    let page = cx.db().read(move |c| {
        let found = scopes::page(c, after.as_deref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |stored| Value::from(stored.scope.name.as_str()));
        let (items, next) = (views(c, page.items)?, page.next);
        Ok(Page { items, next })
    });
    Ok(Ok(page.await?))
}

/// A scope that an administrator defined.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, name: &str) -> Done<ScopeView> {
    granted!(actor.needs(Permission::ScopesRead));
    let wanted = name.to_owned();
    let found = cx.db().read(move |c| {
        let found = scopes::find(c, &wanted)?;
        Ok(views(c, found.into_iter().collect())?.pop())
    });
    Ok(found.await?.ok_or_else(|| ScopeRefusal::Unknown(name.to_owned()).into()))
}

fn views(c: &mut Conn, stored: Vec<StoredScope>) -> Result<Vec<ScopeView>, store::Fault> {
    let names: Vec<String> = stored.iter().map(|s| s.scope.name.clone()).collect();
    let owned = settings::applied_among(c, FileKind::Scope.as_str(), &names)?;
    let view = |stored: StoredScope| ScopeView {
        managed_by_files: owned.contains(&stored.scope.name),
        document: stored.scope.into(),
        version: stored.version,
        created_at: stored.created_at.rfc3339(),
        updated_at: stored.updated_at.rfc3339(),
    };
    Ok(stored.into_iter().map(view).collect())
}

/// Defines a scope.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn create(cx: &Cx, actor: &Actor, document: ScopeDocument) -> Done<ScopeView> {
    put(cx, actor, document, Expect::Absent).await
}

/// Replaces everything of a scope but its name. What was issued before keeps what it has.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    name: &str,
    document: ScopeDocument,
    expect: Option<i64>,
) -> Done<ScopeView> {
    if document.name != name {
        return Ok(Err(ScopeRefusal::Renamed(name.to_owned()).into()));
    }
    put(cx, actor, document, Expect::Present(expect)).await
}

/// Defines a scope, or replaces the one of the same name.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn define(cx: &Cx, actor: &Actor, document: ScopeDocument) -> Done<ScopeView> {
    put(cx, actor, document, Expect::Any).await
}

async fn put(cx: &Cx, actor: &Actor, document: ScopeDocument, expect: Expect) -> Done<ScopeView> {
    let change = Change::new(cx, actor);
    let put = cx.db().write(move |c| put_in(c, &change, document.clone(), expect));
    Ok(put.await?.map(|(view, _)| view))
}

/// Puts a scope as its document says, inside a transaction.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    document: ScopeDocument,
    expect: Expect,
) -> Judged<Placed<ScopeView>> {
    granted!(change.actor.needs(Permission::ScopesWrite));
    let scope = granted!(judge(document.into()));
    if let Some(ours) = scope.audience.as_ref().filter(|audience| is_ours(&change.issuer, audience)) {
        return Ok(Err(ScopeRefusal::OurAudience(ours.clone()).into()));
    }
    granted!(attribute::all_defined(c, &scope.mappings)?);
    let before = scopes::find_for_update(c, &scope.name)?;
    match (&before, expect) {
        (Some(_), Expect::Absent) => return Ok(Err(ScopeRefusal::Taken(scope.name).into())),
        (None, Expect::Present(_)) => return Ok(Err(ScopeRefusal::Unknown(scope.name).into())),
        (Some(stored), Expect::Present(version)) => granted!(fresh(version, stored.version)),
        _ => {}
    }
    let one = |c: &mut Conn, stored: StoredScope| -> Result<ScopeView, store::Fault> {
        let view = views(c, vec![stored])?.pop();
        view.ok_or_else(|| store::Fault::Internal("a scope has no view".to_owned()))
    };
    if let Some(stored) = &before
        && stored.scope == scope
    {
        return Ok(Ok((one(c, stored.clone())?, Put::Unchanged)));
    }
    let after = StoredScope {
        scope,
        version: before.as_ref().map_or(1, |b| b.version + 1),
        created_at: before.as_ref().map_or(change.now, |b| b.created_at),
        updated_at: change.now,
    };
    scopes::put(c, &after)?;
    let shown = |stored: &StoredScope| json!(ScopeDocument::from(stored.scope.clone()));
    let mut detail = differences(before.as_ref().map(shown).as_ref(), Some(&shown(&after)));
    detail["name"] = after.scope.name.as_str().into();
    let (kind, put) = match before {
        Some(_) => ("scope_edited", Put::Changed),
        None => ("scope_added", Put::Created),
    };
    change.log(c, kind, About::default(), detail)?;
    Ok(Ok((one(c, after)?, put)))
}

/// Removes a scope that no client has.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn remove(cx: &Cx, actor: &Actor, name: &str, expect: Option<i64>) -> Done<()> {
    let (change, name) = (Change::new(cx, actor), name.to_owned());
    Ok(cx.db().write(move |c| remove_in(c, &change, &name, expect)).await?)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, name: &str, expect: Option<i64>) -> Judged<()> {
    granted!(change.actor.needs(Permission::ScopesWrite));
    if is_standard(name) {
        return Ok(Err(ScopeRefusal::Standard(name.to_owned()).into()));
    }
    let Some(stored) = scopes::find_for_update(c, name)? else {
        return Ok(Err(ScopeRefusal::Unknown(name.to_owned()).into()));
    };
    granted!(fresh(expect, stored.version));
    let holders = clients::with_scope(c, name)?;
    if !holders.is_empty() {
        return Ok(Err(ScopeRefusal::InUse(holders).into()));
    }
    scopes::delete(c, name)?;
    let mut detail = differences(Some(&json!(ScopeDocument::from(stored.scope))), None);
    detail["name"] = name.into();
    change.log(c, "scope_removed", About::default(), detail)?;
    Ok(Ok(()))
}

#[cfg(test)]
#[path = "scope_tests.rs"]
mod tests;
