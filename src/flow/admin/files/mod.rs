//! Owns configuration as files: what is there as documents, what files want, the plan that leads from one to the other, and
//! applying it in one transaction. It does not own what a good document is (each noun judges its own), nor how a file is
//! written (`command`).
//!
//! A plan is made by doing everything in a transaction and undoing it. So a plan refuses exactly what applying would refuse,
//! and shows documents as they will be, with every default filled in.

pub mod diff;

mod documents;
pub(super) mod owned;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::attribute::AttributeDocument;
use super::change::{Change, Judged};
use super::client::{ClientDocument, SECRET_OVERLAP};
use super::edit::{Around, Expect};
use super::group::GroupDocument;
use super::provider::NewSecret;
use super::refusal::granted;
use super::resource::ResourceDocument;
use super::role::RoleDocument;
use super::scope::ScopeDocument;
use super::settings::SettingsDocument;
use super::webhook::{Tools, WebhookDocument};
use super::{
    About, Actor, AdminRefusal, Done, attribute, client, group, provider, resource, role, scope, settings as set,
    webhook,
};
use crate::flow::sign_in::upstream;
use crate::flow::webhook as subscriptions;
use crate::flow::{Cx, Fault};
use crate::identity::Permission;
use crate::oauth::client::ClientSecret;
use crate::oauth::upstream::Provider;
use crate::secret::WebhookSecret;
use crate::secret::random::uuid;
use crate::secret::token::{Kind as TokenKind, hash, make};
use crate::sensitive::Sensitive;
use crate::store::settings::{self, Applied};
use crate::store::{self, Conn, clients, groups, upstream_identities};
use crate::time::Timestamp;

use diff::Documents;
pub use diff::{Action, FieldChange, Kind, ObjectChange};
pub use owned::{Owned, owned};

/// A secret that files refer to is at least so long: nobody guesses it, so a fast hash is enough.
pub const SHORTEST_SECRET: usize = 32;

/// What a set of files says. What is not named in it is left alone, except what an earlier set owned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FileSet {
    /// Settings; left out, files do not own them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsDocument>,
    /// Attributes of people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attribute: Vec<AttributeDocument>,
    /// Resource servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<ResourceDocument>,
    /// Scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<ScopeDocument>,
    /// Groups; who belongs to them is no matter of files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<GroupDocument>,
    /// Roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub role: Vec<RoleDocument>,
    /// Providers that people sign in through.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<Provider>,
    /// Clients; each names its `client_id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<ClientDocument>,
    /// Webhooks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhook: Vec<WebhookDocument>,
}

/// Files, with the secrets they refer to.
#[derive(Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesRequest {
    /// What the files say.
    pub documents: FileSet,
    /// Secrets of clients by client id; the files hold references to them only. A client whose live secrets do not include
    /// its own here gets it, and the one before goes on for a day.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// Our secrets at providers by the provider's id. One that is another than before takes its place.
    #[serde(default)]
    pub provider_secrets: BTreeMap<String, String>,
    /// Secrets of webhooks (`whsec_…`) by name, in the same way.
    #[serde(default)]
    pub webhook_secrets: BTreeMap<String, String>,
}

/// What applying would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FilesPlan {
    /// In the order in which it is done; empty when everything is as the files say.
    pub changes: Vec<ObjectChange>,
}

/// What applying did.
#[derive(Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FilesApplied {
    /// In the order in which it was done.
    pub changes: Vec<ObjectChange>,
    /// Secrets of new clients that the files gave none, by client id; shown this once.
    pub secrets: BTreeMap<String, String>,
    /// Secrets of new webhooks that the files gave none, by name; shown this once.
    pub webhook_secrets: BTreeMap<String, String>,
}

/// What looking at everything that files could own needs.
pub const READS: [Permission; 7] = [
    Permission::SettingsRead,
    Permission::UpstreamsRead,
    Permission::ScopesRead,
    Permission::GroupsRead,
    Permission::RolesRead,
    Permission::ClientsRead,
    Permission::WebhooksRead,
];

/// What applying needs in any case; more for each kind that it changes.
pub const APPLIES: [Permission; 8] = {
    let [settings, upstreams, scopes, groups, roles, clients, webhooks] = READS;
    [Permission::SettingsWrite, settings, upstreams, scopes, groups, roles, clients, webhooks]
};

fn may_read(actor: &Actor) -> Result<(), AdminRefusal> {
    READS.into_iter().try_for_each(|permission| actor.needs(permission))
}

/// Everything that files could own, as it is. Holds no secret.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn export(cx: &Cx, actor: &Actor) -> Done<FileSet> {
    granted!(may_read(actor));
    Ok(Ok(cx.db().read(documents::set).await?))
}

/// What was changed by hand since files were last applied.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn drift(cx: &Cx, actor: &Actor) -> Done<FilesPlan> {
    granted!(may_read(actor));
    let (present, applied) = cx.db().read(|c| Ok((documents::present(c)?, applied(c)?))).await?;
    Ok(Ok(FilesPlan { changes: diff::drift(&present, &applied) }))
}

/// What applying these files would do. Needs the permissions of all that it would do.
///
/// # Errors
/// Inner: an [`AdminRefusal`], the very one that applying would meet. Outer: a [`Fault`].
pub async fn plan(cx: &Cx, actor: &Actor, request: FilesRequest) -> Done<FilesPlan> {
    granted!(may_read(actor));
    let work = granted!(Work::of(cx, actor, request)?);
    Ok(run(cx, work, true).await?.map(|done| FilesPlan { changes: done.changes }))
}

/// Does the work in one transaction, and undoes it if it is only a plan or if anything in it was refused: elsewhere a refusal
/// keeps what it learnt, here it must leave nothing.
async fn run(cx: &Cx, work: Work, is_plan: bool) -> Done<FilesApplied> {
    let outcome = Arc::new(Mutex::new(None));
    let kept = outcome.clone();
    let written = cx.db().write(move |c| {
        let done = work.apply_in(c)?;
        let undo = is_plan || done.is_err();
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        if undo { Err(store::Fault::Undone) } else { Ok(()) }
    });
    match written.await {
        Err(store::Fault::Undone) | Ok(()) => {}
        Err(fault) => return Err(fault.into()),
    }
    let done = outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
    done.ok_or_else(|| Fault::Internal("files came to nothing".to_owned()))
}

/// Makes it as the files say, in one transaction: all of it, or nothing. A second time it changes nothing.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn apply(cx: &Cx, actor: &Actor, request: FilesRequest) -> Done<FilesApplied> {
    granted!(may_read(actor));
    granted!(actor.needs(Permission::SettingsWrite));
    let work = granted!(Work::of(cx, actor, request)?);
    let done = run(cx, work, false).await?;
    if done.is_ok() {
        set::reload(&cx.parts).await?;
        upstream::reload(&cx.parts).await?;
        subscriptions::reload(&cx.parts).await?;
    }
    Ok(done)
}

/// What files last said of each object.
fn applied(c: &mut Conn) -> Result<Documents, store::Fault> {
    let mut documents = Documents::new();
    for row in settings::applied_all(c)? {
        let broken = || store::Fault::Internal(format!("what was applied as {} {} cannot be read", row.kind, row.name));
        let kind = Kind::parse(&row.kind).ok_or_else(broken)?;
        documents.insert((kind, row.name.clone()), serde_json::from_str(&row.document).map_err(|_| broken())?);
    }
    Ok(documents)
}

/// Everything a transaction needs, owned, because it may run twice.
struct Work {
    change: Change,
    around: Around,
    request: FilesRequest,
    /// Our secrets at providers, sealed before the transaction.
    at_providers: Vec<NewSecret>,
    /// A secret for each client, in case it is new and has none: drawn before the transaction.
    spare: BTreeMap<String, Spare>,
    /// For each webhook what a new one needs.
    webhooks: BTreeMap<String, Tools>,
}

#[derive(Clone)]
struct Spare {
    id: String,
    secret: String,
}

impl Work {
    fn of(cx: &Cx, actor: &Actor, request: FilesRequest) -> Done<Self> {
        granted!(judge(&request));
        let mut at_providers = Vec::new();
        for (id, secret) in &request.provider_secrets {
            if !request.documents.provider.iter().any(|d| d.id == *id) {
                let words = format!("there is a secret for the provider {id:?}, and no such provider in the files");
                return Ok(Err(AdminRefusal::invalid("file_secret_unknown", words).at("provider_secrets")));
            }
            at_providers.push(granted!(NewSecret::seal(cx, id, Sensitive::new(secret.as_str()))?));
        }
        let spare = |client: &ClientDocument| {
            let secret = make(TokenKind::ClientSecret, &*cx.parts.chance).expose().to_owned();
            (client.client_id.clone().unwrap_or_default(), Spare { id: uuid(&*cx.parts.chance, cx.now), secret })
        };
        let spare = request.documents.client.iter().map(spare).collect();
        let webhooks = request.documents.webhook.iter().map(|d| (d.name.clone(), Tools::of(cx))).collect();
        Ok(Ok(Self { change: Change::new(cx, actor), around: Around::of(cx), request, at_providers, spare, webhooks }))
    }

    /// Puts everything, removes what the files no longer hold, and notes what they said.
    fn apply_in(&self, c: &mut Conn) -> Judged<FilesApplied> {
        let (before, applied) = (documents::present(c)?, applied(c)?);
        granted!(self.put_all(c)?);
        let wanted = names(&self.request.documents);
        let mut gone: Vec<_> = applied.keys().filter(|key| !wanted.contains(key)).cloned().collect();
        gone.reverse();
        let mut ends = BTreeMap::new();
        for key in gone.iter().filter(|key| before.contains_key(*key)) {
            ends.insert(key.clone(), ended_with(c, key, self.change.now)?);
            granted!(self.remove(c, key)?);
        }
        let mut after = documents::present(c)?;
        after.retain(|key, _| wanted.contains(key));
        let mut changes = diff::plan(&after, &before, &applied);
        for change in &mut changes {
            change.ends = ends.remove(&(change.kind, change.name.clone())).unwrap_or_default();
        }
        let secrets = granted!(self.put_secrets(c, &mut changes)?);
        for new in &self.at_providers {
            if new.differs(c)? {
                granted!(new.store(c, &self.change)?);
                note_secret(&mut changes, (Kind::Provider, new.provider()), true);
            }
        }
        let webhook_secrets = self.put_webhook_secrets(c, &mut changes)?;
        for ((kind, name), document) in &after {
            let row = Applied {
                kind: kind.as_str().to_owned(),
                name: name.clone(),
                document: document.to_string(),
                applied_at: self.change.now.millis(),
            };
            if applied.get(&(*kind, name.clone())) != Some(document) {
                settings::applied_put(c, &row)?;
            }
        }
        for (kind, name) in &gone {
            settings::applied_forget(c, kind.as_str(), name)?;
        }
        if !changes.is_empty() {
            self.change.log(c, "files_applied", About::default(), json!({ "changes": changes.len() }))?;
        }
        Ok(Ok(FilesApplied { changes, secrets, webhook_secrets }))
    }

    fn put_all(&self, c: &mut Conn) -> Judged<()> {
        let (change, around, set) = (&self.change, &self.around, &self.request.documents);
        for document in &set.attribute {
            let put = attribute::put_in(c, change, document.clone(), None)?;
            granted!(within(Kind::Attribute, &document.name, put));
        }
        for document in &set.resource {
            let put = resource::put_in(c, change, around, document.clone(), Expect::Any)?;
            granted!(within(Kind::Resource, &document.audience, put));
        }
        for document in &set.scope {
            let put = scope::put_in(c, change, document.clone(), Expect::Any)?;
            granted!(within(Kind::Scope, &document.name, put));
        }
        for document in &set.group {
            granted!(within(Kind::Group, &document.name, group::put_in(c, change, document.clone(), None)?));
        }
        // After the groups, which its rules may name.
        if let Some(document) = &set.settings {
            granted!(change.actor.needs(Permission::SettingsWrite));
            granted!(within(Kind::Settings, set::NAME, set::put_in(c, change, document.clone(), None)?));
        }
        for document in &set.role {
            granted!(within(Kind::Role, &document.name, role::put_in(c, change, document.clone(), None)?));
        }
        for document in &set.client {
            let put = client::put_in(c, change, around, document.clone(), Expect::Any)?;
            granted!(within(Kind::Client, document.client_id.as_deref().unwrap_or_default(), put));
        }
        for document in &set.provider {
            let put = provider::put_in(c, change, document.clone(), Expect::Any)?;
            granted!(within(Kind::Provider, &document.id, put));
        }
        for document in &set.webhook {
            let Some(tools) = self.webhooks.get(&document.name) else { continue };
            let put = webhook::put_in(c, change, tools, document.clone(), Expect::Any)?;
            granted!(within(Kind::Webhook, &document.name, put));
        }
        Ok(Ok(()))
    }

    fn remove(&self, c: &mut Conn, (kind, name): &(Kind, String)) -> Judged<()> {
        let change = &self.change;
        let removed = match kind {
            // There are always settings: files let go of them, and they stay.
            Kind::Settings => Ok(()),
            Kind::Attribute => attribute::remove_in(c, change, name, None)?,
            Kind::Resource => resource::remove_in(c, change, name, None)?,
            Kind::Scope => scope::remove_in(c, change, name, None)?,
            Kind::Group => group::remove_in(c, change, name, None)?,
            Kind::Role => role::remove_in(c, change, name, None)?,
            Kind::Provider => provider::remove_in(c, change, name, None)?,
            Kind::Client => client::remove_in(c, change, name, None)?.map(drop),
            Kind::Webhook => webhook::remove_in(c, change, name, None)?,
        };
        Ok(within(*kind, name, removed))
    }

    /// Gives clients the secrets that the files refer to, and new ones without any a secret of ours.
    fn put_secrets(&self, c: &mut Conn, changes: &mut Vec<ObjectChange>) -> Judged<BTreeMap<String, String>> {
        let mut made = BTreeMap::new();
        for (client_id, spare) in &self.spare {
            let Some((client, live)) = live_secrets(c, client_id, self.change.now)? else { continue };
            let given = self.request.secrets.get(client_id);
            if client.is_public() {
                if given.is_some() {
                    let words = format!("the client {client_id} is public and has no secret: leave it out");
                    return Ok(Err(AdminRefusal::invalid("client_has_no_secret", words).at("secrets")));
                }
                continue;
            }
            let secret = match given {
                Some(given) if live.iter().any(|s| s.hash == hash(given)) => continue,
                Some(given) => given,
                None if live.is_empty() => &spare.secret,
                None => continue,
            };
            self.store_secret(c, client_id, &spare.id, secret)?;
            if given.is_none() {
                made.insert(client_id.clone(), spare.secret.clone());
            }
            note_secret(changes, (Kind::Client, client_id), given.is_some());
        }
        Ok(Ok(made))
    }

    /// Gives webhooks the secrets that the files refer to; those of new ones without any were drawn.
    fn put_webhook_secrets(
        &self,
        c: &mut Conn,
        changes: &mut Vec<ObjectChange>,
    ) -> Result<BTreeMap<String, String>, store::Fault> {
        let mut made = BTreeMap::new();
        for (name, tools) in &self.webhooks {
            let is_new = changes
                .iter()
                .any(|change| change.kind == Kind::Webhook && &change.name == name && change.action == Action::Create);
            let given = self.request.webhook_secrets.get(name).and_then(|text| WebhookSecret::parse(text));
            let is_given = given.is_some();
            let is_changed = match given {
                Some(given) => webhook::put_secret_in(c, &self.change, tools, name, &given)?,
                None => is_new,
            };
            if is_changed {
                note_secret(changes, (Kind::Webhook, name), is_given);
            }
            if is_new && !is_given {
                made.insert(name.clone(), tools.secret.text().expose().to_owned());
            }
        }
        Ok(made)
    }

    fn store_secret(&self, c: &mut Conn, client_id: &str, id: &str, secret: &str) -> Result<(), store::Fault> {
        let now = self.change.now;
        let stored = ClientSecret {
            id: id.to_owned(),
            client_id: client_id.to_owned(),
            hash: hash(secret),
            created_at: now,
            expires_at: None,
        };
        // Never more than two: of the old ones the newest goes on for a day, the others end.
        if let Some((_, live)) = live_secrets(c, client_id, now)?
            && let Some(newest) = live.first()
        {
            clients::secrets_expire_others(c, client_id, &newest.id, now)?;
        }
        clients::secret_insert(c, &stored)?;
        clients::secrets_expire_others(c, client_id, id, now + SECRET_OVERLAP)?;
        self.change.log(c, "client_secret_rotated", About::client(client_id), json!({ "secret": id, "by": "files" }))
    }
}

type WithSecrets = (crate::oauth::client::Client, Vec<ClientSecret>);

/// A client with its live secrets, the newest first.
fn live_secrets(c: &mut Conn, client_id: &str, now: Timestamp) -> Result<Option<WithSecrets>, store::Fault> {
    let found = clients::find_with_secrets(c, client_id)?;
    Ok(found.map(|(client, mut secrets)| {
        secrets.retain(|secret| secret.is_live(now));
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.created_at));
        (client, secrets)
    }))
}

/// What goes with an object that is removed.
fn ended_with(
    c: &mut Conn,
    (kind, name): &(Kind, String),
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, store::Fault> {
    let counted = match kind {
        Kind::Client => {
            let all = clients::belongings(c, name, now)?;
            vec![("grants", all.grants), ("consents", all.consents)]
        }
        Kind::Group => vec![("members", groups::count_members(c, name, group::MOST_COUNTED + 1)?)],
        Kind::Provider => vec![("links", upstream_identities::count_of_provider(c, name)?)],
        _ => Vec::new(),
    };
    Ok(counted.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| (what.to_owned(), count)).collect())
}

/// A new secret is a change that a plan shows, without the secret.
fn note_secret(changes: &mut Vec<ObjectChange>, (kind, name): (Kind, &str), by_reference: bool) {
    let after = if by_reference { "the one that the files refer to" } else { "a new one" };
    let field = FieldChange { path: "secret".to_owned(), before: Value::Null, after: after.into() };
    match changes.iter_mut().find(|change| change.kind == kind && change.name == name) {
        Some(change) => change.fields.push(field),
        None => changes.push(ObjectChange {
            kind,
            name: name.to_owned(),
            action: Action::Update,
            fields: vec![field],
            drifted: false,
            ends: BTreeMap::new(),
        }),
    }
}

/// Says of which object a refusal speaks: a file holds many.
fn within<T>(kind: Kind, name: &str, judged: Result<T, AdminRefusal>) -> Result<(), AdminRefusal> {
    let name: String = name.chars().take(200).collect();
    judged
        .map(drop)
        .map_err(|refusal| AdminRefusal { words: format!("{} {name}: {}", kind.as_str(), refusal.words), ..refusal })
}

fn names(set: &FileSet) -> Vec<(Kind, String)> {
    let mut names = Vec::new();
    let mut add = |kind, name: &str| names.push((kind, name.to_owned()));
    if set.settings.is_some() {
        add(Kind::Settings, set::NAME);
    }
    set.attribute.iter().for_each(|d| add(Kind::Attribute, &d.name));
    set.resource.iter().for_each(|d| add(Kind::Resource, &d.audience));
    set.scope.iter().for_each(|d| add(Kind::Scope, &d.name));
    set.group.iter().for_each(|d| add(Kind::Group, d.name.trim()));
    set.role.iter().for_each(|d| add(Kind::Role, &d.name));
    set.provider.iter().for_each(|d| add(Kind::Provider, &d.id));
    set.webhook.iter().for_each(|d| add(Kind::Webhook, &d.name));
    set.client.iter().for_each(|d| add(Kind::Client, d.client_id.as_deref().unwrap_or_default()));
    names
}

/// What can be wrong with a set as such.
fn judge(request: &FilesRequest) -> Result<(), AdminRefusal> {
    let mut seen = names(&request.documents);
    if let Some((kind, _)) = seen.iter().find(|(_, name)| name.is_empty()) {
        let words =
            format!("a {} without a name: files must name everything (client_id, name, audience)", kind.as_str());
        return Err(AdminRefusal::invalid("file_name_missing", words).at("documents"));
    }
    seen.sort();
    if let Some(twice) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
        let words = format!("{} {} stands twice in the files: keep one", twice[0].0.as_str(), twice[0].1);
        return Err(AdminRefusal::invalid("file_name_twice", words).at("documents"));
    }
    for (client_id, secret) in &request.secrets {
        if !request.documents.client.iter().any(|d| d.client_id.as_ref() == Some(client_id)) {
            let words = format!("there is a secret for {client_id:?}, and no such client in the files");
            return Err(AdminRefusal::invalid("file_secret_unknown", words).at("secrets"));
        }
        if secret.len() < SHORTEST_SECRET || secret.len() > 512 || !secret.bytes().all(|b| matches!(b, 0x21..=0x7e)) {
            let words = format!(
                "the secret of {client_id} must have {SHORTEST_SECRET} to 512 visible characters without spaces: \
                 `openssl rand -base64 32` makes one"
            );
            return Err(AdminRefusal::invalid("file_secret_weak", words).at("secrets"));
        }
    }
    for (name, secret) in &request.webhook_secrets {
        if !request.documents.webhook.iter().any(|d| d.name == *name) {
            let words = format!("there is a secret for the webhook {name:?}, and no such webhook in the files");
            return Err(AdminRefusal::invalid("file_secret_unknown", words).at("webhook_secrets"));
        }
        if WebhookSecret::parse(secret).is_none() {
            let words = format!(
                "the secret of the webhook {name} must be whsec_ and base64 of 24 to 64 bytes: \
                 `echo whsec_$(openssl rand -base64 32)` makes one"
            );
            return Err(AdminRefusal::invalid("file_secret_weak", words).at("webhook_secrets"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
