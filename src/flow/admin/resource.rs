//! Owns what administrators do to resource servers: look, define, replace, remove. It does not own what they demand of tokens
//! (`oauth::resource`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::client_rules::LONGEST_TOKEN;
use super::edit::{Around, Expect, Placed};
use super::files::diff::Kind as FileKind;
use super::page::Page;
use super::refusal::{fresh, granted};
use super::scope::is_audience;
use super::{About, Actor, AdminRefusal, Done, plain_text};
use crate::flow::Cx;
use crate::flow::oauth::scopes::is_ours;
use crate::identity::Permission;
use crate::oauth::jose::Algorithm;
use crate::oauth::resource::Resource;
use crate::store::resources::{self, StoredResource};
use crate::store::{self, Conn, settings};
use crate::time::Lifetime;

/// A resource server: an API that takes our access tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceDocument {
    /// Its audience, as scopes and clients name it: the API's address or name; never changes.
    pub audience: String,
    /// Its name, for people.
    pub name: String,
    /// Life of access tokens made for it, whatever the client's own is; at most 86400.
    #[serde(default)]
    pub access_token_lifetime_seconds: Option<i64>,
    /// Algorithm of access tokens made for it, whatever the client's own is.
    #[serde(default)]
    pub access_token_alg: Option<Algorithm>,
}

/// A resource server with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResourceView {
    /// Everything that can be written.
    #[serde(flatten)]
    pub document: ResourceDocument,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was defined (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

impl From<&Resource> for ResourceDocument {
    fn from(resource: &Resource) -> Self {
        Self {
            audience: resource.audience.clone(),
            name: resource.name.clone(),
            access_token_lifetime_seconds: resource.access_token_lifetime.map(Lifetime::seconds),
            access_token_alg: resource.access_token_alg,
        }
    }
}

fn judge(document: ResourceDocument, around: &Around) -> Result<Resource, AdminRefusal> {
    if !is_audience(&document.audience) {
        let words = "an audience is the API's address or name, 1 to 200 visible characters without spaces";
        return Err(AdminRefusal::invalid("audience", words).at("audience"));
    }
    if is_ours(&around.issuer, &document.audience) {
        let words = "this audience is the provider itself, whose tokens each client's own settings rule";
        return Err(AdminRefusal::conflict("audience_is_ours", words).at("audience"));
    }
    let name = plain_text(&document.name, 100)
        .map_err(|why| AdminRefusal::invalid("name", format!("the name {why}")).at("name"))?;
    let seconds = document.access_token_lifetime_seconds;
    if seconds.is_some_and(|seconds| !(1..=LONGEST_TOKEN.seconds()).contains(&seconds)) {
        let words = format!("the life of an access token is between 1 and {} seconds", LONGEST_TOKEN.seconds());
        return Err(AdminRefusal::invalid("lifetime", words).at("access_token_lifetime_seconds"));
    }
    if let Some(alg) = document.access_token_alg
        && !around.algorithms.contains(&alg)
    {
        let words = format!("no {} key signs here at this time: choose another algorithm", alg.as_str());
        return Err(AdminRefusal::invalid("algorithm_without_key", words).at("access_token_alg"));
    }
    Ok(Resource {
        audience: document.audience,
        name,
        access_token_lifetime: seconds.map(Lifetime::from_seconds),
        access_token_alg: document.access_token_alg,
    })
}

fn unknown(audience: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_resource", format!("there is no resource server {audience:?}"))
}

/// Up to `limit` resource servers, in order of their audiences.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(cx: &Cx, actor: &Actor, after: Option<Value>, limit: i64) -> Done<Page<ResourceView>> {
    granted!(actor.needs(Permission::ScopesRead));
    let after = after.and_then(|key| key.as_str().map(str::to_owned));
    let page = cx.db().read(move |c| {
        let found = resources::page(c, after.as_deref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |stored| Value::from(stored.resource.audience.as_str()));
        let (items, next) = (views(c, page.items)?, page.next);
        Ok(Page { items, next })
    });
    Ok(Ok(page.await?))
}

/// A resource server.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, audience: &str) -> Done<ResourceView> {
    granted!(actor.needs(Permission::ScopesRead));
    let wanted = audience.to_owned();
    let found = cx.db().read(move |c| {
        let found = resources::find(c, &wanted)?;
        Ok(views(c, found.into_iter().collect())?.pop())
    });
    Ok(found.await?.ok_or_else(|| unknown(audience)))
}

fn views(c: &mut Conn, stored: Vec<StoredResource>) -> Result<Vec<ResourceView>, store::Fault> {
    let names: Vec<String> = stored.iter().map(|s| s.resource.audience.clone()).collect();
    let owned = settings::applied_among(c, FileKind::Resource.as_str(), &names)?;
    let view = |stored: StoredResource| ResourceView {
        document: (&stored.resource).into(),
        version: stored.version,
        created_at: stored.created_at.rfc3339(),
        updated_at: stored.updated_at.rfc3339(),
        managed_by_files: owned.contains(&stored.resource.audience),
    };
    Ok(stored.into_iter().map(view).collect())
}

/// Defines a resource server.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn create(cx: &Cx, actor: &Actor, document: ResourceDocument) -> Done<ResourceView> {
    put(cx, actor, document, Expect::Absent).await
}

/// Replaces everything of a resource server but its audience. Tokens that are out keep what they have.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    audience: &str,
    document: ResourceDocument,
    expect: Option<i64>,
) -> Done<ResourceView> {
    if document.audience != audience {
        let words = format!("the audience of a resource server cannot change: it is {audience:?}");
        return Ok(Err(AdminRefusal::invalid("audience_fixed", words).at("audience")));
    }
    put(cx, actor, document, Expect::Present(expect)).await
}

async fn put(cx: &Cx, actor: &Actor, document: ResourceDocument, expect: Expect) -> Done<ResourceView> {
    let (change, around) = (Change::new(cx, actor), Around::of(cx));
    let put = cx.db().write(move |c| put_in(c, &change, &around, document.clone(), expect));
    Ok(put.await?.map(|(view, _)| view))
}

/// Puts a resource server as its document says, inside a transaction.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    around: &Around,
    document: ResourceDocument,
    expect: Expect,
) -> Judged<Placed<ResourceView>> {
    granted!(change.actor.needs(Permission::ScopesWrite));
    let resource = granted!(judge(document, around));
    let before = resources::find_for_update(c, &resource.audience)?;
    match (&before, expect) {
        (Some(_), Expect::Absent) => {
            let words = format!("there is a resource server {:?} already", resource.audience);
            return Ok(Err(AdminRefusal::conflict("resource_taken", words).at("audience")));
        }
        (None, Expect::Present(_)) => return Ok(Err(unknown(&resource.audience))),
        (Some(stored), Expect::Present(version)) => granted!(fresh(version, stored.version)),
        _ => {}
    }
    let one = |c: &mut Conn, stored: StoredResource| -> Result<ResourceView, store::Fault> {
        let view = views(c, vec![stored])?.pop();
        view.ok_or_else(|| store::Fault::Internal("a resource server has no view".to_owned()))
    };
    if let Some(stored) = &before
        && stored.resource == resource
    {
        return Ok(Ok((one(c, stored.clone())?, Put::Unchanged)));
    }
    let after = StoredResource {
        resource,
        version: before.as_ref().map_or(1, |b| b.version + 1),
        created_at: before.as_ref().map_or(change.now, |b| b.created_at),
        updated_at: change.now,
    };
    resources::put(c, &after)?;
    let shown = |stored: &StoredResource| json!(ResourceDocument::from(&stored.resource));
    let mut detail = differences(before.as_ref().map(shown).as_ref(), Some(&shown(&after)));
    detail["audience"] = after.resource.audience.as_str().into();
    let (kind, put) = match before {
        Some(_) => ("resource_edited", Put::Changed),
        None => ("resource_added", Put::Created),
    };
    change.log(c, kind, About::default(), detail)?;
    Ok(Ok((one(c, after)?, put)))
}

/// Removes a resource server. Scopes and clients that name its audience keep it: tokens for it are then made by each client's
/// own settings.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn remove(cx: &Cx, actor: &Actor, audience: &str, expect: Option<i64>) -> Done<()> {
    let (change, audience) = (Change::new(cx, actor), audience.to_owned());
    Ok(cx.db().write(move |c| remove_in(c, &change, &audience, expect)).await?)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, audience: &str, expect: Option<i64>) -> Judged<()> {
    granted!(change.actor.needs(Permission::ScopesWrite));
    let Some(stored) = resources::find_for_update(c, audience)? else { return Ok(Err(unknown(audience))) };
    granted!(fresh(expect, stored.version));
    resources::delete(c, audience)?;
    let mut detail = differences(Some(&json!(ResourceDocument::from(&stored.resource))), None);
    detail["audience"] = audience.into();
    change.log(c, "resource_removed", About::default(), detail)?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    fn api() -> ResourceDocument {
        ResourceDocument {
            audience: "https://api.test".to_owned(),
            name: "Orders".to_owned(),
            access_token_lifetime_seconds: Some(60),
            access_token_alg: Some(Algorithm::ES256),
        }
    }

    #[tokio::test]
    async fn resource_servers_are_judged_in_every_part() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        for (change, field) in [
            (ResourceDocument { audience: "a b".to_owned(), ..api() }, "audience"),
            (ResourceDocument { audience: String::new(), ..api() }, "audience"),
            (ResourceDocument { audience: "https://id.test".to_owned(), ..api() }, "audience"),
            (ResourceDocument { audience: "https://id.test/api/admin/v1".to_owned(), ..api() }, "audience"),
            (ResourceDocument { name: " ".to_owned(), ..api() }, "name"),
            (ResourceDocument { access_token_lifetime_seconds: Some(0), ..api() }, "access_token_lifetime_seconds"),
            (
                ResourceDocument { access_token_lifetime_seconds: Some(86_401), ..api() },
                "access_token_lifetime_seconds",
            ),
            (ResourceDocument { access_token_alg: Some(Algorithm::EdDSA), ..api() }, "access_token_alg"),
        ] {
            let refused = create(&cx, &actor, change.clone()).await.unwrap().unwrap_err();
            assert_eq!(refused.field, Some(field), "{change:?}");
        }
    }

    #[tokio::test]
    async fn h03_a_resource_server_lives_through_its_versions() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        let made = create(&cx, &actor, api()).await.unwrap().unwrap();
        assert_eq!((made.version, &made.document), (1, &api()));
        assert_eq!(create(&cx, &actor, api()).await.unwrap().unwrap_err().code, "resource_taken");
        let plain = ResourceDocument { access_token_lifetime_seconds: None, ..api() };
        let second = replace(&cx, &actor, &api().audience, plain.clone(), Some(1)).await.unwrap().unwrap();
        assert_eq!((second.version, &second.document), (2, &plain));
        let stale = replace(&cx, &actor, &api().audience, api(), Some(1)).await.unwrap().unwrap_err();
        assert_eq!(stale.code, "version_is_stale");
        assert_eq!(list(&cx, &actor, None, 10).await.unwrap().unwrap().items, [second]);
        remove(&cx, &actor, &api().audience, Some(2)).await.unwrap().unwrap();
        assert_eq!(find(&cx, &actor, &api().audience).await.unwrap().unwrap_err().code, "unknown_resource");
        let events = ["resource_added", "resource_edited", "resource_removed"].map(|k| format!("{k} by command line"));
        assert_eq!(house.events().await, events);
    }
}
