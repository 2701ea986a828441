//! Owns what administrators do to providers that people sign in through: look, add, change, remove, and give them our secret. It
//! does not own what a good provider is (`oauth::upstream`), nor the sign-in (`flow::sign_in::upstream`).
//!
//! Whoever says where a provider is says who its people are. So nobody changes a provider by which somebody of their own rank
//! or above signs in.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::edit::{Expect, Placed};
use super::files::diff::Kind as FileKind;
use super::page::Page;
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done, plain_text, role};
use crate::flow::sign_in::upstream::logout::logout_address;
use crate::flow::sign_in::upstream::road::place_of;
use crate::flow::sign_in::upstream::{callback_address, open_secret, reload, seal_secret};
use crate::flow::{Cx, Parts};
use crate::identity::Permission;
use crate::oauth::jose::Algorithm;
use crate::oauth::upstream::provider::{ClientAuth, ProviderRefusal};
use crate::oauth::upstream::{Kind, Provider};
use crate::sensitive::Sensitive;
use crate::signing::ClientKey;
use crate::store::upstream_providers::{self, StoredProvider};
use crate::store::{self, Conn, clients, groups, settings, upstream_identities, upstream_tokens};

/// A provider with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProviderView {
    /// Everything that can be written.
    #[serde(flatten)]
    pub document: Provider,
    /// The callback address that the provider must know us by.
    pub redirect_uri: String,
    /// Where it can post logout tokens (OpenID Connect Back-Channel Logout 1.0); `null` for OAuth 2.
    pub backchannel_logout_uri: Option<String>,
    /// Whether our secret there is known.
    pub has_secret: bool,
    /// How many people are linked.
    pub people: i64,
    /// Since when it does not answer (RFC 3339).
    pub failing_since: Option<String>,
    /// What was seen then.
    pub failure: Option<String>,
    /// Goes up by one with each change.
    pub version: i64,
    /// When it was added (RFC 3339).
    pub created_at: String,
    /// When it last changed (RFC 3339).
    pub updated_at: String,
    /// Whether files own it: changes by hand are undone when they are next applied.
    pub managed_by_files: bool,
}

impl From<ProviderRefusal> for AdminRefusal {
    fn from(refusal: ProviderRefusal) -> Self {
        AdminRefusal::invalid(refusal.code, refusal.words).at(refusal.field)
    }
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_provider", format!("there is no provider {id:?}"))
}

fn judge(c: &mut Conn, document: Provider) -> Judged<Provider> {
    let name = plain_text(&document.name, 60).map_err(|why| {
        let words = format!("the name {why}");
        AdminRefusal::invalid("name", words).at("name")
    });
    let document = Provider { name: granted!(name), ..document };
    let settled = granted!(document.settled());
    if document.only_way_in && !settled.trust_email {
        let words = "people who have an account are known by their address when they first come from their only way in: switch \
                     trust_email on too, if the provider's word on addresses can be believed";
        return Ok(Err(AdminRefusal::invalid("only_way_in", words).at("only_way_in")));
    }
    // Held, so that none goes meanwhile; in one order, so that two providers at once do not wait for each other.
    let named: BTreeSet<&str> = document.groups.iter().map(|rule| rule.group.as_str()).collect();
    for group in named {
        if groups::find_for_update(c, group)?.is_none() {
            let words = format!("there is no group {group:?}");
            return Ok(Err(AdminRefusal::invalid("unknown_group", words).at("groups")));
        }
    }
    for client_id in &document.token_clients {
        // Whoever came by the name later would come by the tokens.
        if clients::find(c, client_id)?.is_none() {
            let words = format!("there is no client {client_id:?}");
            return Ok(Err(AdminRefusal::invalid("unknown_client", words).at("token_clients")));
        }
    }
    Ok(Ok(document))
}

/// What a provider is to us ([`place_of`]); nothing if it lacks something, which is another place than any.
fn place(provider: &Provider) -> Option<String> {
    Some(place_of(provider, &provider.settled().ok()?))
}

/// Asks whether the actor may say who the people of this provider are.
fn may_shape(c: &mut Conn, actor: &Actor, id: &str) -> Judged<()> {
    for name in upstream_identities::roles_of_provider(c, id)? {
        let rank = role::permissions_of(c, &name)?;
        granted!(actor.outranks(rank));
    }
    Ok(Ok(()))
}

/// Up to `limit` providers, in order of their ids.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(cx: &Cx, actor: &Actor, after: Option<Value>, limit: i64) -> Done<Page<ProviderView>> {
    granted!(actor.needs(Permission::UpstreamsRead));
    let (after, issuer) = (after.and_then(|key| key.as_str().map(str::to_owned)), cx.issuer().to_owned());
    let page = cx.db().read(move |c| {
        let found = upstream_providers::page(c, after.as_deref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |stored| Value::from(stored.provider.id.as_str()));
        let (items, next) = (views(c, &issuer, page.items)?, page.next);
        Ok(Page { items, next })
    });
    Ok(Ok(page.await?))
}

/// A provider.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, id: &str) -> Done<ProviderView> {
    granted!(actor.needs(Permission::UpstreamsRead));
    let (wanted, issuer) = (id.to_owned(), cx.issuer().to_owned());
    let found = cx.db().read(move |c| {
        let found = upstream_providers::find(c, &wanted)?;
        Ok(views(c, &issuer, found.into_iter().collect())?.pop())
    });
    Ok(found.await?.ok_or_else(|| unknown(id)))
}

fn views(c: &mut Conn, issuer: &str, stored: Vec<StoredProvider>) -> Result<Vec<ProviderView>, store::Fault> {
    let ids: Vec<String> = stored.iter().map(|s| s.provider.id.clone()).collect();
    let owned = settings::applied_among(c, FileKind::Provider.as_str(), &ids)?;
    let mut views = Vec::with_capacity(stored.len());
    for stored in stored {
        let (failing_since, failure) = stored.failing.map(|(since, words)| (since.rfc3339(), words)).unzip();
        views.push(ProviderView {
            redirect_uri: callback_address(issuer, &stored.provider.id),
            backchannel_logout_uri: (stored.provider.preset.kind() == Kind::Oidc)
                .then(|| logout_address(issuer, &stored.provider.id)),
            has_secret: stored.secret.is_some(),
            people: upstream_identities::count_of_provider(c, &stored.provider.id)?,
            failing_since,
            failure,
            version: stored.version,
            created_at: stored.created_at.rfc3339(),
            updated_at: stored.updated_at.rfc3339(),
            managed_by_files: owned.contains(&stored.provider.id),
            document: stored.provider,
        });
    }
    Ok(views)
}

fn one(c: &mut Conn, issuer: &str, stored: StoredProvider) -> Result<ProviderView, store::Fault> {
    let view = views(c, issuer, vec![stored])?.pop();
    view.ok_or_else(|| store::Fault::Internal("a provider has no view".to_owned()))
}

/// Adds a provider.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn create(cx: &Cx, actor: &Actor, document: Provider) -> Done<ProviderView> {
    put(cx, actor, document, Expect::Absent).await
}

/// Replaces everything of a provider but its id and our secret there, which is forgotten, with the tokens, if it becomes another
/// place. Who is linked stays linked as long as the issuer stays.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn replace(cx: &Cx, actor: &Actor, id: &str, document: Provider, expect: Option<i64>) -> Done<ProviderView> {
    if document.id != id {
        let words = format!("the id of a provider cannot change: it is {id:?}");
        return Ok(Err(AdminRefusal::invalid("provider_id_fixed", words).at("id")));
    }
    put(cx, actor, document, Expect::Present(expect)).await
}

async fn put(cx: &Cx, actor: &Actor, document: Provider, expect: Expect) -> Done<ProviderView> {
    let change = Change::new(cx, actor);
    let put = cx.db().write(move |c| put_in(c, &change, document.clone(), expect)).await?;
    reload(&cx.parts).await?;
    Ok(put.map(|(view, _)| view))
}

/// Puts a provider as its document says, inside a transaction.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    document: Provider,
    expect: Expect,
) -> Judged<Placed<ProviderView>> {
    granted!(change.actor.needs(Permission::UpstreamsWrite));
    let provider = granted!(judge(c, document)?);
    let before = upstream_providers::find_for_update(c, &provider.id)?;
    match (&before, expect) {
        (Some(_), Expect::Absent) => {
            let words = format!("there is a provider {:?} already", provider.id);
            return Ok(Err(AdminRefusal::conflict("provider_taken", words).at("id")));
        }
        (None, Expect::Present(_)) => return Ok(Err(unknown(&provider.id))),
        (Some(stored), Expect::Present(version)) => granted!(fresh(version, stored.version)),
        _ => {}
    }
    if let Some(stored) = &before
        && stored.provider == provider
    {
        return Ok(Ok((one(c, &change.issuer, stored.clone())?, Put::Unchanged)));
    }
    granted!(may_shape(c, &change.actor, &provider.id)?);
    if before.as_ref().map_or(&[][..], |b| &b.provider.groups[..]) != &provider.groups[..] {
        granted!(change.actor.needs(Permission::GroupsWrite).map_err(|refusal| refusal.at("groups")));
    }
    // What was given to us for one place is sent to no other: whoever may edit providers may not read their secrets. And a secret
    // is no key and a key no secret.
    let uses_key = provider.client_auth_in_force().uses_key();
    let is_another = before.as_ref().is_some_and(|b| place(&b.provider) != place(&provider));
    let forgets =
        is_another || before.as_ref().is_some_and(|b| b.provider.client_auth_in_force().uses_key() != uses_key);
    let after = StoredProvider {
        secret: before.as_ref().and_then(|b| b.secret.clone()).filter(|_| !forgets),
        version: before.as_ref().map_or(1, |b| b.version + 1),
        created_at: before.as_ref().map_or(change.now, |b| b.created_at),
        updated_at: change.now,
        failing: before.as_ref().and_then(|b| b.failing.clone()),
        provider,
    };
    upstream_providers::put(c, &after)?;
    if forgets {
        upstream_providers::secret_forget(c, &after.provider.id)?;
    }
    if !after.provider.keep_tokens || is_another {
        upstream_tokens::delete_of_provider(c, &after.provider.id)?;
    }
    let mut detail = differences(before.as_ref().map(|b| json!(b.provider)).as_ref(), Some(&json!(after.provider)));
    detail["provider"] = after.provider.id.as_str().into();
    if forgets && before.as_ref().is_some_and(|b| b.secret.is_some()) {
        detail["secret"] = "forgotten".into();
    }
    let (kind, put) = match before {
        Some(_) => ("provider_edited", Put::Changed),
        None => ("provider_added", Put::Created),
    };
    change.log(c, kind, About::default(), detail)?;
    Ok(Ok((one(c, &change.issuer, after)?, put)))
}

/// Removes a provider with every link to it: whoever has no other way in comes in no more.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn remove(cx: &Cx, actor: &Actor, id: &str, expect: Option<i64>) -> Done<()> {
    let (change, id) = (Change::new(cx, actor), id.to_owned());
    let done = cx.db().write(move |c| remove_in(c, &change, &id, expect)).await?;
    reload(&cx.parts).await?;
    Ok(done)
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, id: &str, expect: Option<i64>) -> Judged<()> {
    granted!(change.actor.needs(Permission::UpstreamsWrite));
    let Some(stored) = upstream_providers::find_for_update(c, id)? else { return Ok(Err(unknown(id))) };
    granted!(fresh(expect, stored.version));
    granted!(may_shape(c, &change.actor, id)?);
    let people = upstream_identities::count_of_provider(c, id)?;
    upstream_providers::delete(c, id)?;
    let mut detail = differences(Some(&json!(stored.provider)), None);
    detail["provider"] = id.into();
    detail["people"] = people.into();
    change.log(c, "provider_removed", About::default(), detail)?;
    Ok(Ok(()))
}

/// Gives a provider our secret there; the one before is forgotten.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn set_secret(cx: &Cx, actor: &Actor, id: &str, secret: Sensitive) -> Done<ProviderView> {
    granted!(actor.needs(Permission::UpstreamsWrite));
    let sealed = granted!(NewSecret::seal(cx, id, secret)?);
    let (change, issuer, wanted) = (Change::new(cx, actor), cx.issuer().to_owned(), id.to_owned());
    let done = cx.db().write(move |c| {
        granted!(sealed.store(c, &change)?);
        let found = upstream_providers::find(c, &wanted)?;
        Ok(Ok(views(c, &issuer, found.into_iter().collect())?.pop()))
    });
    Ok(done.await?.and_then(|view| view.ok_or_else(|| unknown(id))))
}

/// Longest private key in PEM, in bytes: RSA of 4096 bits and room.
const MOST_KEY: usize = 8_192;

/// A secret on its way into the database.
#[derive(Clone)]
pub(super) struct NewSecret {
    parts: Arc<Parts>,
    provider: String,
    secret: Sensitive,
    /// What it signs with, if it is a private key.
    key: Option<Algorithm>,
    sealed: Vec<u8>,
}

impl NewSecret {
    /// Judges and seals it.
    pub(super) fn seal(cx: &Cx, provider: &str, secret: Sensitive) -> Done<Self> {
        let text = secret.expose();
        let refused = |words: String| Ok(Err(AdminRefusal::invalid("provider_secret", words).at("secret")));
        let key = if text.contains("-----BEGIN ") && text.len() <= MOST_KEY {
            match ClientKey::from_pem(text, None) {
                Ok(key) => Some(key.algorithm()),
                Err(why) => return refused(format!("this private key is not taken: {why}")),
            }
        } else if text.is_empty() || text.len() > 1_024 || !text.bytes().all(|b| matches!(b, 0x21..=0x7e)) {
            let words = "a client secret is 1 to 1024 visible characters without spaces, as the provider shows it; a key is PEM";
            return refused(words.to_owned());
        } else {
            None
        };
        // Line breaks round a key are the file's.
        let secret = if key.is_some() { Sensitive::new(text.trim()) } else { secret };
        let sealed = seal_secret(&cx.parts, provider, &secret)?;
        Ok(Ok(Self { parts: cx.parts.clone(), provider: provider.to_owned(), secret, key, sealed }))
    }

    /// Of which provider.
    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    /// Whether it is another than the stored one.
    pub(super) fn differs(&self, c: &mut Conn) -> Result<bool, store::Fault> {
        let Some(stored) = upstream_providers::find(c, &self.provider)? else { return Ok(true) };
        // One that does not open was sealed with another master key: it is replaced.
        let before = open_secret(&self.parts, &stored).ok().flatten();
        Ok(before.is_none_or(|before| before.expose() != self.secret.expose()))
    }

    /// Stores it.
    pub(super) fn store(&self, c: &mut Conn, change: &Change) -> Judged<()> {
        let id = &self.provider;
        let Some(stored) = upstream_providers::find_for_update(c, id)? else { return Ok(Err(unknown(id))) };
        granted!(may_shape(c, &change.actor, id)?);
        let way = stored.provider.client_auth_in_force();
        let refused = |code, words: String| Ok(Err(AdminRefusal::conflict(code, words).at("secret")));
        match self.key {
            _ if way == ClientAuth::None => {
                let words = format!("the provider {id} is used without a secret (client_auth is none)");
                return refused("provider_has_no_secret", words);
            }
            None if way.uses_key() => {
                let words = format!("the provider {id} wants a private key in PEM (client_auth is {})", way.as_str());
                return refused("provider_wants_key", words);
            }
            Some(_) if !way.uses_key() => {
                let words = format!("the provider {id} wants a client secret (client_auth is {})", way.as_str());
                return refused("provider_wants_secret", words);
            }
            Some(Algorithm::RS256) if way == ClientAuth::SignedSecret => {
                return refused(
                    "provider_wants_key",
                    "Apple takes a key on P-256: the .p8 file from its console".to_owned(),
                );
            }
            _ => {}
        }
        upstream_providers::secret_set(c, id, Some(&self.sealed), change.now)?;
        change.log(c, "provider_secret_set", About::default(), json!({ "provider": id }))?;
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::flow::admin::group::{self, GroupDocument};
    use crate::identity::Permissions;
    use crate::oauth::upstream::Preset;
    use crate::oauth::upstream::provider::GroupRule;

    fn google() -> Provider {
        Provider::of_preset(Preset::Google, "google", "us")
    }

    #[tokio::test]
    async fn a_provider_lives_through_its_versions_and_its_secret_is_never_told() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        let made = create(&cx, &actor, google()).await.unwrap().unwrap();
        assert_eq!((made.version, made.has_secret, made.people), (1, false, 0));
        assert_eq!(made.redirect_uri, "https://id.test/upstream/google/callback");
        assert_eq!(create(&cx, &actor, google()).await.unwrap().unwrap_err().code, "provider_taken");
        let secret = Sensitive::new("GOCSPX-secret");
        let with = set_secret(&cx, &actor, "google", secret).await.unwrap().unwrap();
        assert!(with.has_secret && with.version == 2);
        assert!(!serde_json::to_string(&with).unwrap().contains("GOCSPX"));
        let off = Provider { enabled: false, ..google() };
        let second = replace(&cx, &actor, "google", off, Some(2)).await.unwrap().unwrap();
        assert!(second.has_secret && !second.document.enabled);
        let stale = replace(&cx, &actor, "google", google(), Some(2)).await.unwrap().unwrap_err();
        assert_eq!(stale.code, "version_is_stale");
        assert_eq!(list(&cx, &actor, None, 10).await.unwrap().unwrap().items, [second]);
        remove(&cx, &actor, "google", Some(3)).await.unwrap().unwrap();
        assert_eq!(find(&cx, &actor, "google").await.unwrap().unwrap_err().code, "unknown_provider");
        let events = ["provider_added", "provider_secret_set", "provider_edited", "provider_removed"];
        assert_eq!(house.events().await, events.map(|kind| format!("{kind} by command line")));
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused_with_its_field() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        let rule = GroupRule { claim: "hd".to_owned(), value: "x".to_owned(), group: "nobody".to_owned() };
        for (provider, field) in [
            (Provider { name: "a\u{202e}b".to_owned(), ..google() }, "name"),
            (Provider { client_id: String::new(), ..google() }, "client_id"),
            (Provider { groups: vec![rule], ..google() }, "groups"),
        ] {
            let refused = create(&cx, &actor, provider).await.unwrap().unwrap_err();
            assert_eq!(refused.field, Some(field));
        }
        create(&cx, &actor, google()).await.unwrap().unwrap();
        let spaced = set_secret(&cx, &actor, "google", Sensitive::new("a b")).await.unwrap().unwrap_err();
        assert_eq!(spaced.field, Some("secret"));
        let nowhere = set_secret(&cx, &actor, "nowhere", Sensitive::new("ab")).await.unwrap().unwrap_err();
        assert_eq!(nowhere.code, "unknown_provider");
    }

    #[tokio::test]
    async fn a_key_is_kept_where_a_key_signs_and_a_secret_where_a_secret_is_sent() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        let [rsa, ec, ed] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA].map(bench::pem);
        let set = async |id: &str, secret: &str| set_secret(&cx, &actor, id, Sensitive::new(secret)).await.unwrap();
        create(&cx, &actor, google()).await.unwrap().unwrap();
        assert_eq!(set("google", &rsa).await.unwrap_err().code, "provider_wants_secret");
        set("google", "GOCSPX-secret").await.unwrap();
        // A secret is of no use where a key signs: it is forgotten, and a key takes its place.
        let by_key = Provider { client_auth: Some(ClientAuth::PrivateKeyJwt), ..google() };
        let view = replace(&cx, &actor, "google", by_key, None).await.unwrap().unwrap();
        assert!(!view.has_secret);
        let stored = cx.db().read(|c| upstream_providers::find(c, "google")).await.unwrap().unwrap();
        assert_eq!(stored.secret, None);
        assert_eq!(set("google", "GOCSPX-secret").await.unwrap_err().code, "provider_wants_key");
        for bad in [ed.as_str(), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", &rsa[..200]] {
            assert_eq!(set("google", bad).await.unwrap_err().field, Some("secret"));
        }
        for good in [&rsa, &ec] {
            let view = set("google", good).await.unwrap();
            assert!(view.has_secret && !serde_json::to_string(&view).unwrap().contains("PRIVATE"));
        }
        let apple = Provider {
            key_id: Some("ABC123DEFG".to_owned()),
            team_id: Some("DEF123GHIJ".to_owned()),
            ..Provider::of_preset(Preset::Apple, "apple", "com.example.id")
        };
        create(&cx, &actor, apple).await.unwrap().unwrap();
        assert_eq!(set("apple", &rsa).await.unwrap_err().code, "provider_wants_key");
        assert!(set("apple", &ec).await.unwrap().has_secret);
    }

    #[tokio::test]
    async fn n03_providers_need_their_permissions_and_groups_those_of_groups() {
        let house = bench::house().await;
        let cx = house.cx();
        let user = house.person("alice@example.com").await;
        let actor = |permissions: &[Permission]| Actor::Person {
            id: user.id.clone(),
            permissions: Permissions::of(permissions),
        };
        let write = [Permission::UpstreamsWrite];
        assert!(create(&cx, &actor(&[Permission::UpstreamsRead]), google()).await.unwrap().is_err());
        assert!(list(&cx, &actor(&write), None, 1).await.unwrap().is_err());
        create(&cx, &actor(&write), google()).await.unwrap().unwrap();
        let staff = GroupDocument { name: "staff".to_owned(), description: String::new() };
        group::create(&cx, &Actor::CommandLine, staff).await.unwrap().unwrap();
        let rule = GroupRule { claim: "hd".to_owned(), value: "x".to_owned(), group: "staff".to_owned() };
        let grouped = Provider { groups: vec![rule], ..google() };
        let refused = replace(&cx, &actor(&write), "google", grouped, None).await.unwrap().unwrap_err();
        assert_eq!((refused.code, refused.field), ("permission_missing", Some("groups")));
    }
}
