//! Owns what administrators do to clients: look, add, replace, give and take secrets, switch off and on, remove. It does not
//! own how a client is written (`client_document`) nor what a good one is (`client_rules`).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::client_document::draft;
pub use super::client_document::{ClientDocument, ClientView, SecretView};
pub use super::client_refusal::ClientRefusal;
use super::client_rules::{self, Surroundings};
use super::edit::{Around, Expect, Placed};
use super::files::diff::Kind as FileKind;
use super::page::Page;
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done, attribute};
use crate::flow::Cx;
use crate::flow::oauth::scopes;
use crate::flow::own_app;
use crate::identity::{Permission, Permissions};
use crate::oauth::client::{Client, ClientSecret};
use crate::oauth::client_policy::Profile;
use crate::secret::Chance;
use crate::secret::random::uuid;
use crate::secret::token::{Kind, hash, make};
use crate::sensitive::Sensitive;
pub use crate::store::clients::{ClientBelongings, ClientSearch};
use crate::store::{self, Conn, clients, grants, settings, upstream_providers, usage};
use crate::time::{Lifetime, Timestamp};

/// How long an old secret goes on beside its successor, if nothing else is said.
pub const SECRET_OVERLAP: Lifetime = Lifetime::from_hours(24);
/// The longest that may be asked for.
pub const LONGEST_OVERLAP: Lifetime = Lifetime::from_days(30);

/// A client that was just made.
#[derive(Debug)]
pub struct Registered {
    /// The client.
    pub view: ClientView,
    /// Its secret, for this one time; `None` for a public client.
    pub secret: Option<Sensitive>,
}

/// A new secret.
#[derive(Debug)]
pub struct Rotated {
    /// Whose.
    pub view: ClientView,
    /// The name of the new secret.
    pub secret_id: String,
    /// The secret, for this one time.
    pub secret: Sensitive,
    /// Until when the one before it is good.
    pub old_until: Timestamp,
}

/// `web-` and 100 random bits in 20 characters that are hard to misread.
fn generated_id(profile: Profile, chance: &dyn Chance) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut random = [0_u8; 20];
    chance.fill(&mut random);
    let tail: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    format!("{}-{tail}", profile.as_str())
}

/// Up to `limit` clients that fit, in order of their ids.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(
    cx: &Cx,
    actor: &Actor,
    search: ClientSearch,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<ClientView>> {
    granted!(actor.needs(Permission::ClientsRead));
    let after = after.and_then(|key| key.as_str().map(str::to_owned));
    let issuer = cx.issuer().to_owned();
    let page = cx.db().read(move |c| {
        let found = clients::search(c, &search, after.as_deref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |client| Value::from(client.client_id.as_str()));
        let (items, next) = (views(c, &page.items, &issuer)?, page.next);
        Ok(Page { items, next })
    });
    Ok(Ok(page.await?))
}

/// A client.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, client_id: &str) -> Done<ClientView> {
    granted!(actor.needs(Permission::ClientsRead));
    let (id, issuer) = (client_id.to_owned(), cx.issuer().to_owned());
    let found = cx.db().read(move |c| match clients::find(c, &id)? {
        Some(client) => Ok(Some(view(c, &client, &issuer)?)),
        None => Ok(None),
    });
    Ok(found.await?.ok_or_else(|| ClientRefusal::Unknown(client_id.to_owned()).into()))
}

/// The view of one client.
pub(super) fn view(c: &mut Conn, client: &Client, issuer: &str) -> Result<ClientView, store::Fault> {
    let mut views = views(c, std::slice::from_ref(client), issuer)?;
    views.pop().ok_or_else(|| store::Fault::Internal("a client has no view".to_owned()))
}

fn views(c: &mut Conn, clients: &[Client], issuer: &str) -> Result<Vec<ClientView>, store::Fault> {
    let ids: Vec<String> = clients.iter().map(|client| client.client_id.clone()).collect();
    let secrets = clients::secrets_of(c, &ids)?;
    let owned = settings::applied_among(c, FileKind::Client.as_str(), &ids)?;
    let used = usage::of_clients(c, &ids)?;
    let mut used_secrets = HashMap::new();
    for id in &ids {
        used_secrets.extend(usage::of_secrets(c, id)?);
    }
    let secret_view = |secret: &ClientSecret| SecretView {
        last_used_at: used_secrets.get(&secret.id).copied().flatten().map(Timestamp::rfc3339),
        ..SecretView::from(secret)
    };
    let view = |client: &Client| ClientView {
        document: ClientDocument::of(client),
        version: client.version,
        created_at: client.created_at.rfc3339(),
        updated_at: client.updated_at.rfc3339(),
        disabled_at: client.disabled_at.map(Timestamp::rfc3339),
        last_used_at: used.get(&client.client_id).and_then(|u| u.last_used_at).map(Timestamp::rfc3339),
        logo_uri: client.logo_path().map(|path| format!("{issuer}{path}")),
        secrets: secrets.iter().filter(|s| s.client_id == client.client_id).map(secret_view).collect(),
        managed_by_files: owned.contains(&client.client_id),
        built_in: own_app::client::is_own(&client.client_id),
    };
    Ok(clients.iter().map(view).collect())
}

/// Adds a client. A confidential one gets a secret, shown this once.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn create(cx: &Cx, actor: &Actor, document: ClientDocument) -> Done<Registered> {
    let id = match &document.client_id {
        Some(id) => id.clone(),
        None => generated_id(document.profile, &*cx.parts.chance),
    };
    let document = ClientDocument { client_id: Some(id.clone()), ..document };
    let secret = make(Kind::ClientSecret, &*cx.parts.chance);
    let stored = stored_secret(cx, &id, &secret);
    let (change, around) = (Change::new(cx, actor), Around::of(cx));
    let made = cx.db().write(move |c| {
        let (made, _) = granted!(put_in(c, &change, &around, document.clone(), Expect::Absent)?);
        let Some(client) = clients::find(c, &stored.client_id)? else {
            return Err(store::Fault::Internal("a client that was just made is not there".to_owned()));
        };
        if client.is_public() {
            return Ok(Ok((made, false)));
        }
        clients::secret_insert(c, &stored)?;
        Ok(Ok((view(c, &client, &change.issuer)?, true)))
    });
    Ok(made.await?.map(|(view, has_secret)| Registered { view, secret: has_secret.then_some(secret) }))
}

fn stored_secret(cx: &Cx, client_id: &str, secret: &Sensitive) -> ClientSecret {
    ClientSecret {
        id: uuid(&*cx.parts.chance, cx.now),
        client_id: client_id.to_owned(),
        hash: hash(secret.expose()),
        created_at: cx.now,
        expires_at: None,
    }
}

/// Replaces everything that can be written of a client; what the document leaves out takes the profile's default. What was
/// issued before keeps the lifetimes it was issued with.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    client_id: &str,
    document: ClientDocument,
    expect: Option<i64>,
) -> Done<ClientView> {
    if document.client_id.as_deref().is_some_and(|id| id != client_id) {
        return Ok(Err(ClientRefusal::Renamed(client_id.to_owned()).into()));
    }
    let document = ClientDocument { client_id: Some(client_id.to_owned()), ..document };
    let (change, around) = (Change::new(cx, actor), Around::of(cx));
    let put = cx.db().write(move |c| put_in(c, &change, &around, document.clone(), Expect::Present(expect)));
    Ok(put.await?.map(|(view, _)| view))
}

/// Puts a client as its document says, inside a transaction. Makes no secret.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    around: &Around,
    document: ClientDocument,
    expect: Expect,
) -> Judged<Placed<ClientView>> {
    granted!(change.actor.needs(Permission::ClientsWrite));
    let id = document.client_id.clone().unwrap_or_default();
    let before = clients::find_for_update(c, &id)?;
    match (&before, expect) {
        (Some(_), Expect::Absent) => return Ok(Err(ClientRefusal::Taken(id).into())),
        (None, Expect::Present(_)) => return Ok(Err(ClientRefusal::Unknown(id).into())),
        (Some(client), Expect::Present(version)) => granted!(fresh(version, client.version)),
        _ => {}
    }
    granted!(may_touch(&change.actor, &id, before.as_ref()));
    let base = before.clone().unwrap_or_else(|| draft(document.profile, id, change.now));
    let disabled = document.disabled;
    let mut client = document.into_client(base, &around.client_lifetimes);
    granted!(may_give(&change.actor, before.as_ref(), &client));
    let defined = scopes::defined(c, &around.issuer)?;
    granted!(client_rules::judge(&client, &Surroundings { defined: &defined, algorithms: &around.algorithms }));
    let mut audiences = client.policy.audiences.iter().chain(&client.policy.resource_identifier);
    if let Some(ours) = audiences.find(|audience| scopes::is_ours(&around.issuer, audience)) {
        return Ok(Err(ClientRefusal::OurAudience(ours.clone()).into()));
    }
    granted!(attribute::all_defined(c, &client.policy.mappings)?);
    client.disabled_at = disabled.then(|| client.disabled_at.unwrap_or(change.now));
    if before.as_ref() == Some(&client) {
        return Ok(Ok((view(c, &client, &change.issuer)?, Put::Unchanged)));
    }
    if before.is_some() {
        (client.version, client.updated_at) = (client.version + 1, change.now);
    }
    if !store_client(c, before.as_ref(), &client, change.now)? {
        return Ok(Err(ClientRefusal::Taken(client.client_id).into()));
    }
    let detail = differences(before.as_ref().map(shown).as_ref(), Some(&shown(&client)));
    let (kind, put) = match before {
        Some(_) => ("client_edited", Put::Changed),
        None => ("client_added", Put::Created),
    };
    change.log(c, kind, About::client(&client.client_id), detail)?;
    Ok(Ok((view(c, &client, &change.issuer)?, put)))
}

/// As it stands in the security log.
fn shown(client: &Client) -> Value {
    json!(ClientDocument::of(client))
}

/// `false`: somebody else has just taken the id.
fn store_client(c: &mut Conn, before: Option<&Client>, client: &Client, now: Timestamp) -> Result<bool, store::Fault> {
    let Some(before) = before else { return clients::insert(c, client) };
    clients::update(c, client)?;
    if before.disabled_at != client.disabled_at {
        clients::set_disabled(c, &client.client_id, client.disabled_at, now)?;
        if client.disabled_at.is_some() {
            grants::revoke_of_client(c, &client.client_id, "the client was disabled", now)?;
        }
    }
    Ok(true)
}

/// A client stands as high as its scopes of the administration API: whoever changes its addresses or secrets could use them.
fn rank(client: &Client) -> Permissions {
    Permissions::of_scopes(client.scopes.iter())
}

/// Whether the actor may change this client at all: not the console's own, and none that stands as high as they do.
pub(super) fn may_touch(actor: &Actor, id: &str, client: Option<&Client>) -> Result<(), AdminRefusal> {
    if own_app::client::is_own(id) {
        return Err(ClientRefusal::BuiltIn(id.to_owned()).into());
    }
    client.map_or(Ok(()), |client| actor.outranks(rank(client)))
}

/// Scopes of the administration API are permissions: giving them away is what the permission over roles is for, and nobody
/// gives what they do not stand above (security case N03).
fn may_give(actor: &Actor, before: Option<&Client>, after: &Client) -> Result<(), AdminRefusal> {
    let had = before.map_or(Permissions::NONE, rank);
    let has = rank(after);
    if has.is_within(had) {
        return Ok(());
    }
    actor.needs(Permission::RolesWrite).map_err(|refusal| refusal.at("scopes"))?;
    actor.outranks(has).map_err(|refusal| refusal.at("scopes"))
}

/// Gives a client a new secret, valid at once. The one before it goes on for `overlap` (zero: not at all). There are never more
/// than two: while there are, the next one ends both or is refused, for one of them is in use.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn rotate_secret(cx: &Cx, actor: &Actor, client_id: &str, overlap: Lifetime) -> Done<Rotated> {
    if overlap > LONGEST_OVERLAP {
        return Ok(Err(ClientRefusal::Overlap.into()));
    }
    let secret = make(Kind::ClientSecret, &*cx.parts.chance);
    let stored = stored_secret(cx, client_id, &secret);
    let (secret_id, old_until) = (stored.id.clone(), cx.now + overlap);
    let detail = json!({ "secret": secret_id, "old_until": old_until.rfc3339() });
    let rotated = on_client(cx, actor, (client_id, None), ("client_secret_rotated", detail), move |c, client, now| {
        if client.is_public() {
            return Ok(Err(ClientRefusal::NoSecret(client.client_id.clone())));
        }
        let secrets = clients::secrets_of(c, std::slice::from_ref(&client.client_id))?;
        let mut live = secrets.iter().filter(|secret| secret.is_live(now)).skip(1);
        if let (Some(older), false) = (live.next(), overlap == Lifetime::ZERO) {
            let until = older.expires_at.map(Timestamp::rfc3339).unwrap_or_default();
            return Ok(Err(ClientRefusal::TwoSecrets(client.client_id.clone(), until)));
        }
        clients::secret_insert(c, &stored)?;
        clients::secrets_expire_others(c, &client.client_id, &stored.id, old_until)?;
        Ok(Ok(()))
    });
    Ok(rotated.await?.map(|view| Rotated { view, secret_id, secret, old_until }))
}

/// Ends one secret of a client at once, for one that leaked. It is looked for among this client's only.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn revoke_secret(cx: &Cx, actor: &Actor, client_id: &str, secret_id: &str) -> Done<ClientView> {
    let secret = secret_id.to_owned();
    let detail = json!({ "secret": secret_id });
    on_client(cx, actor, (client_id, None), ("client_secret_revoked", detail), move |c, client, now| {
        if clients::secret_end(c, &client.client_id, &secret, now)? {
            return Ok(Ok(()));
        }
        Ok(Err(ClientRefusal::UnknownSecret(client.client_id.clone(), secret.chars().take(100).collect())))
    })
    .await
}

/// Switches a client off: it is refused everywhere, and all that it was given ends at once.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn disable(cx: &Cx, actor: &Actor, client_id: &str, expect: Option<i64>) -> Done<ClientView> {
    on_client(cx, actor, (client_id, expect), ("client_disabled", json!({})), |c, client, now| {
        if client.disabled_at.is_none() {
            clients::set_disabled(c, &client.client_id, Some(now), now)?;
            (client.disabled_at, client.updated_at) = (Some(now), now);
        }
        grants::revoke_of_client(c, &client.client_id, "the client was disabled", now)?;
        Ok(Ok(()))
    })
    .await
}

/// Switches a client on again. What had ended stays ended.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn enable(cx: &Cx, actor: &Actor, client_id: &str, expect: Option<i64>) -> Done<ClientView> {
    on_client(cx, actor, (client_id, expect), ("client_enabled", json!({})), |c, client, now| {
        clients::set_disabled(c, &client.client_id, None, now)?;
        (client.disabled_at, client.updated_at) = (None, now);
        Ok(Ok(()))
    })
    .await
}

/// What goes with a client when it is removed.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn what_removal_means(cx: &Cx, actor: &Actor, client_id: &str) -> Done<ClientBelongings> {
    granted!(actor.needs(Permission::ClientsRead));
    let (id, now) = (client_id.to_owned(), cx.now);
    let found = cx.db().read(move |c| match clients::find(c, &id)? {
        Some(_) => Ok(Some(clients::belongings(c, &id, now)?)),
        None => Ok(None),
    });
    Ok(found.await?.ok_or_else(|| ClientRefusal::Unknown(client_id.to_owned()).into()))
}

/// Removes a client with its secrets, consents and grants. Gives it as it was.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn remove(cx: &Cx, actor: &Actor, client_id: &str, expect: Option<i64>) -> Done<ClientView> {
    let (change, id) = (Change::new(cx, actor), client_id.to_owned());
    Ok(cx.db().write(move |c| remove_in(c, &change, &id, expect)).await?)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, client_id: &str, expect: Option<i64>) -> Judged<ClientView> {
    granted!(change.actor.needs(Permission::ClientsWrite));
    let Some(client) = clients::find_for_update(c, client_id)? else {
        return Ok(Err(ClientRefusal::Unknown(client_id.to_owned()).into()));
    };
    granted!(may_touch(&change.actor, client_id, Some(&client)));
    granted!(fresh(expect, client.version));
    // Whoever came by the name later would come by the tokens.
    let providers = upstream_providers::page(c, None, i64::MAX)?.into_iter().map(|stored| stored.provider);
    if let Some(provider) = providers.into_iter().find(|p| p.token_clients.iter().any(|named| named == client_id)) {
        let words = format!(
            "the provider {:?} names it among those that may have its tokens: take it out there first",
            provider.id
        );
        return Ok(Err(AdminRefusal::conflict("client_in_use", words)));
    }
    let gone = view(c, &client, &change.issuer)?;
    clients::delete(c, client_id)?;
    change.log(c, "client_removed", About::client(client_id), differences(Some(&shown(&client)), None))?;
    Ok(Ok(gone))
}

/// One transaction: find the client, do it, note it. Gives the view as the step left it, at its next version.
async fn on_client(
    cx: &Cx,
    actor: &Actor,
    (client_id, expect): (&str, Option<i64>),
    (kind, detail): (&'static str, Value),
    mut step: impl FnMut(&mut Conn, &mut Client, Timestamp) -> Result<Result<(), ClientRefusal>, store::Fault>
    + Send
    + 'static,
) -> Done<ClientView> {
    granted!(actor.needs(Permission::ClientsWrite));
    let (id, change) = (client_id.to_owned(), Change::new(cx, actor));
    let done = cx.db().write(move |c| {
        let Some(mut client) = clients::find_for_update(c, &id)? else {
            return Ok(Err(ClientRefusal::Unknown(id.clone()).into()));
        };
        granted!(may_touch(&change.actor, &id, Some(&client)));
        granted!(fresh(expect, client.version));
        granted!(step(c, &mut client, change.now)?);
        // Not `updated_at`: people are asked for their consent anew when a client changed, and a new secret is no change to them.
        client.version += 1;
        clients::update(c, &client)?;
        change.log(c, kind, About::client(&id), detail.clone())?;
        Ok(Ok(view(c, &client, &change.issuer)?))
    });
    Ok(done.await?)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
