//! Owns what administrators do to webhooks: look, add, replace, remove, give a new secret, try one out. It does not own how a
//! webhook is written (`webhook_document`), its deliveries (`webhook_delivery`), nor sending (`flow::ops::webhooks`).
//!
//! A webhook hands the security log to somebody else. So whoever sets one must be allowed to read the log.

use std::sync::Arc;

use serde_json::{Value, json};

use super::change::{Change, Judged, Put, differences};
use super::client::{LONGEST_OVERLAP, SECRET_OVERLAP};
use super::edit::{Expect, Placed};
use super::files::diff::Kind as FileKind;
use super::page::Page;
use super::refusal::{fresh, granted};
pub use super::webhook_document::{WebhookDocument, WebhookTested, WebhookView};
use super::{About, Actor, AdminRefusal, Done, plain_text};
use crate::flow::ops::webhooks::send;
use crate::flow::webhook::message::{self, Message, Receiver, Verdict, verdict};
use crate::flow::webhook::{self, MOST};
use crate::flow::{Cx, Fault};
use crate::identity::{EventPattern, Permission, Webhook};
use crate::outbound::Guarded;
use crate::secret::random::uuid;
use crate::secret::{Sealer, WebhookSecret};
use crate::sensitive::Sensitive;
use crate::store::webhooks::{self, StoredWebhook};
use crate::store::{self, Conn, settings, webhook_deliveries};
use crate::time::{Lifetime, Timestamp};

/// A webhook that was just made, or given another secret.
#[derive(Debug)]
pub struct WithSecret {
    /// The webhook.
    pub view: WebhookView,
    /// Its secret, shown this once.
    pub secret: Sensitive,
    /// Until when events are signed with the secret before, too.
    pub old_until: Timestamp,
}

/// What putting a webhook needs beside its document; drawn before the transaction.
#[derive(Clone)]
pub(super) struct Tools {
    guarded: Guarded,
    sealer: Arc<Sealer>,
    /// For a new one.
    id: String,
    /// For a new one that is given none.
    pub(super) secret: WebhookSecret,
}

impl Tools {
    pub(super) fn of(cx: &Cx) -> Self {
        Self {
            guarded: cx.parts.guarded.clone(),
            sealer: cx.parts.webhook_secrets.clone(),
            id: uuid(&*cx.parts.chance, cx.now),
            secret: WebhookSecret::draw(&*cx.parts.chance),
        }
    }

    fn sealed(&self, name: &str, secret: &WebhookSecret) -> Result<Vec<u8>, store::Fault> {
        message::seal(&self.sealer, name, secret).map_err(store::Fault::Internal)
    }
}

fn may_read(actor: &Actor) -> Result<(), AdminRefusal> {
    actor.needs(Permission::WebhooksRead)
}

pub(super) fn may_write(actor: &Actor) -> Result<(), AdminRefusal> {
    actor.needs(Permission::WebhooksWrite)?;
    actor.needs(Permission::AuditRead)
}

pub(super) fn unknown(name: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_webhook", format!("there is no webhook {name:?}"))
}

fn judge(document: WebhookDocument, guarded: &Guarded, id: &str) -> Result<Webhook, AdminRefusal> {
    if !Webhook::is_name(&document.name) {
        let words = "a webhook's name has 1 to 50 of a-z, 0-9 and hyphens, and begins with a letter";
        return Err(AdminRefusal::invalid("webhook_name", words).at("name"));
    }
    let description = match document.description.trim() {
        "" => String::new(),
        text => plain_text(text, 200)
            .map_err(|why| AdminRefusal::invalid("description", format!("the description {why}")).at("description"))?,
    };
    let url = document.url.trim();
    let refused = |why: String| AdminRefusal::invalid("webhook_url", format!("the address {why}")).at("url");
    if url.len() > 1_000 {
        return Err(refused("is longer than 1000 characters".to_owned()));
    }
    guarded.check(url).map_err(refused)?;
    let mut events = Vec::new();
    for text in document.events.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let Some(pattern) = EventPattern::parse(text) else {
            let shown: String = text.chars().take(60).collect();
            let words = format!("there is no event {shown:?}: name a kind, how kinds begin (user_*), or * for all");
            return Err(AdminRefusal::invalid("webhook_event", words).at("events"));
        };
        if !events.contains(&pattern) {
            events.push(pattern);
        }
    }
    if events.is_empty() {
        let words = "name at least one kind of event; * is all of them";
        return Err(AdminRefusal::invalid("webhook_events_missing", words).at("events"));
    }
    let (name, url) = (document.name, url.to_owned());
    Ok(Webhook { id: id.to_owned(), name, description, url, events, enabled: document.enabled })
}

/// As it stands in the security log, which others may read and webhooks are sent: of the address the host alone, since many
/// receivers are known by a secret in theirs.
fn shown(stored: &StoredWebhook) -> Value {
    let mut shown = json!(WebhookDocument::from(stored));
    let parsed = url::Url::parse(&stored.webhook.url).ok();
    shown["url"] = parsed.map_or(Value::Null, |url| url.origin().ascii_serialization().into());
    shown
}

/// Up to `limit` webhooks, in order of their names.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn list(cx: &Cx, actor: &Actor, after: Option<Value>, limit: i64) -> Done<Page<WebhookView>> {
    granted!(may_read(actor));
    let (after, now) = (after.and_then(|key| key.as_str().map(str::to_owned)), cx.now);
    let page = cx.db().read(move |c| {
        let found = webhooks::page(c, after.as_deref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |stored| Value::from(stored.webhook.name.as_str()));
        let (items, next) = (views(c, &page.items, now)?, page.next);
        Ok(Page { items, next })
    });
    Ok(Ok(page.await?))
}

/// A webhook.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn find(cx: &Cx, actor: &Actor, name: &str) -> Done<WebhookView> {
    granted!(may_read(actor));
    let (wanted, now) = (name.to_owned(), cx.now);
    let found = cx.db().read(move |c| match webhooks::find(c, &wanted)? {
        Some(stored) => Ok(views(c, &[stored], now)?.pop()),
        None => Ok(None),
    });
    Ok(found.await?.ok_or_else(|| unknown(name)))
}

fn views(c: &mut Conn, stored: &[StoredWebhook], now: Timestamp) -> Result<Vec<WebhookView>, store::Fault> {
    let names: Vec<String> = stored.iter().map(|s| s.webhook.name.clone()).collect();
    let owned = settings::applied_among(c, FileKind::Webhook.as_str(), &names)?;
    Ok(stored.iter().map(|s| WebhookView::of(s, owned.contains(&s.webhook.name), now)).collect())
}

fn view(c: &mut Conn, stored: &StoredWebhook, now: Timestamp) -> Result<WebhookView, store::Fault> {
    let view = views(c, std::slice::from_ref(stored), now)?.pop();
    view.ok_or_else(|| store::Fault::Internal("a webhook has no view".to_owned()))
}

/// Adds a webhook. It gets a secret, which is shown this once.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn create(cx: &Cx, actor: &Actor, document: WebhookDocument) -> Done<WithSecret> {
    let tools = Tools::of(cx);
    let (secret, old_until) = (tools.secret.text(), cx.now);
    let made = put(cx, actor, tools, document, Expect::Absent).await?;
    Ok(made.map(|view| WithSecret { view, secret, old_until }))
}

/// Replaces everything of a webhook but its name and its secret.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn replace(
    cx: &Cx,
    actor: &Actor,
    name: &str,
    document: WebhookDocument,
    expect: Option<i64>,
) -> Done<WebhookView> {
    if document.name != name {
        let words = format!("the name of a webhook cannot change: it is {name:?}");
        return Ok(Err(AdminRefusal::invalid("webhook_name_fixed", words).at("name")));
    }
    put(cx, actor, Tools::of(cx), document, Expect::Present(expect)).await
}

async fn put(cx: &Cx, actor: &Actor, tools: Tools, document: WebhookDocument, expect: Expect) -> Done<WebhookView> {
    let change = Change::new(cx, actor);
    let put = cx.db().write(move |c| put_in(c, &change, &tools, document.clone(), expect)).await?;
    changed(cx, put.map(|(view, _)| view)).await
}

/// Has this process know at once what changed; the others see it within ten seconds.
async fn changed<T>(cx: &Cx, done: Result<T, AdminRefusal>) -> Done<T> {
    if done.is_ok() {
        webhook::reload(&cx.parts).await?;
    }
    Ok(done)
}

/// Puts a webhook as its document says, inside a transaction. A new one gets the secret of the tools.
pub(super) fn put_in(
    c: &mut Conn,
    change: &Change,
    tools: &Tools,
    document: WebhookDocument,
    expect: Expect,
) -> Judged<Placed<WebhookView>> {
    granted!(may_write(&change.actor));
    let before = webhooks::find_for_update(c, &document.name)?;
    let id = before.as_ref().map_or(tools.id.as_str(), |stored| stored.webhook.id.as_str());
    let webhook = granted!(judge(document, &tools.guarded, id));
    let taken =
        |name: &str| AdminRefusal::conflict("webhook_taken", format!("there is a webhook {name:?} already")).at("name");
    match (&before, expect) {
        (Some(_), Expect::Absent) => return Ok(Err(taken(&webhook.name))),
        (None, Expect::Present(_)) => return Ok(Err(unknown(&webhook.name))),
        (Some(stored), Expect::Present(version)) => granted!(fresh(version, stored.version)),
        _ => {}
    }
    if let Some(stored) = before.as_ref().filter(|stored| stored.webhook == webhook) {
        return Ok(Ok((view(c, stored, change.now)?, Put::Unchanged)));
    }
    if before.is_none() && webhooks::count(c)? >= MOST {
        let words = format!("there are {MOST} webhooks already: remove one, or have one receiver pass events on");
        return Ok(Err(AdminRefusal::conflict("too_many_webhooks", words)));
    }
    let after = match &before {
        Some(stored) => changed_to(stored, webhook, change.now),
        None => StoredWebhook {
            secret: tools.sealed(&webhook.name, &tools.secret)?,
            webhook,
            old_secret: None,
            failing_since: None,
            disabled_why: None,
            version: 1,
            created_at: change.now,
            updated_at: change.now,
        },
    };
    if !webhooks::put(c, &after)? {
        return Ok(Err(taken(&after.webhook.name)));
    }
    let mut detail = differences(before.as_ref().map(shown).as_ref(), Some(&shown(&after)));
    detail["webhook"] = after.webhook.name.as_str().into();
    let (kind, put) = match before {
        Some(_) => ("webhook_changed", Put::Changed),
        None => ("webhook_added", Put::Created),
    };
    change.log(c, kind, About::default(), detail)?;
    Ok(Ok((view(c, &after, change.now)?, put)))
}

/// A webhook that is switched on again, or sent elsewhere, begins with a clean slate.
fn changed_to(stored: &StoredWebhook, webhook: Webhook, now: Timestamp) -> StoredWebhook {
    let begins_anew = (webhook.enabled && !stored.webhook.enabled) || webhook.url != stored.webhook.url;
    StoredWebhook {
        failing_since: stored.failing_since.filter(|_| !begins_anew),
        disabled_why: stored.disabled_why.clone().filter(|_| !begins_anew),
        webhook,
        version: stored.version + 1,
        updated_at: now,
        ..stored.clone()
    }
}

/// Removes a webhook with everything that it was still to be told.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, name: &str, expect: Option<i64>) -> Done<()> {
    let (change, name) = (Change::new(cx, actor), name.to_owned());
    let removed = cx.db().write(move |c| remove_in(c, &change, &name, expect)).await?;
    changed(cx, removed).await
}

/// [`remove`] inside a transaction.
pub(super) fn remove_in(c: &mut Conn, change: &Change, name: &str, expect: Option<i64>) -> Judged<()> {
    granted!(may_write(&change.actor));
    let Some(stored) = webhooks::find_for_update(c, name)? else { return Ok(Err(unknown(name))) };
    granted!(fresh(expect, stored.version));
    webhooks::delete(c, &stored.webhook.id)?;
    webhook_deliveries::delete_of(c, &stored.webhook.id)?;
    let mut detail = differences(Some(&shown(&stored)), None);
    detail["webhook"] = name.into();
    change.log(c, "webhook_removed", About::default(), detail)?;
    Ok(Ok(()))
}

/// Gives a webhook a new secret, in force at once. For `overlap` (zero: not at all) events are signed with the one before,
/// too, so that the receiver can change over when it likes.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn rotate_secret(cx: &Cx, actor: &Actor, name: &str, overlap: Lifetime) -> Done<WithSecret> {
    if overlap > LONGEST_OVERLAP {
        let words = format!("the old secret goes on for at most {} seconds", LONGEST_OVERLAP.seconds());
        return Ok(Err(AdminRefusal::invalid("overlap", words).at("overlap_seconds")));
    }
    let (tools, change, name) = (Tools::of(cx), Change::new(cx, actor), name.to_owned());
    let (secret, old_until) = (tools.secret.text(), cx.now + overlap);
    let rotated = cx.db().write(move |c| {
        granted!(may_write(&change.actor));
        let Some(stored) = webhooks::find_for_update(c, &name)? else { return Ok(Err(unknown(&name))) };
        let old = stored.old_secret.as_ref().map(|(_, until)| *until).filter(|until| *until > change.now);
        if let (Some(until), false) = (old, overlap == Lifetime::ZERO) {
            let words = format!(
                "the webhook {name} has two secrets already, and the older one goes on until {}: wait until then, or give an \
                 overlap of 0, so that only the new one signs",
                until.rfc3339()
            );
            return Ok(Err(AdminRefusal::conflict("webhook_has_two_secrets", words).at("overlap_seconds")));
        }
        let after = give_secret(c, &change, &tools, &stored, (&tools.secret, overlap))?;
        Ok(Ok(view(c, &after, change.now)?))
    });
    Ok(rotated.await?.map(|view| WithSecret { view, secret, old_until }))
}

/// Gives a webhook this secret; the one before goes on for a while.
fn give_secret(
    c: &mut Conn,
    change: &Change,
    tools: &Tools,
    stored: &StoredWebhook,
    (secret, overlap): (&WebhookSecret, Lifetime),
) -> Result<StoredWebhook, store::Fault> {
    let until = change.now + overlap;
    let after = StoredWebhook {
        secret: tools.sealed(&stored.webhook.name, secret)?,
        old_secret: (overlap.seconds() > 0).then(|| (stored.secret.clone(), until)),
        version: stored.version + 1,
        updated_at: change.now,
        ..stored.clone()
    };
    webhooks::put(c, &after)?;
    let detail = json!({ "webhook": stored.webhook.name, "old_until": until.rfc3339() });
    change.log(c, "webhook_secret_rotated", About::default(), detail)?;
    Ok(after)
}

/// Gives a webhook the secret that files refer to, inside a transaction. `false`: it has it already.
pub(super) fn put_secret_in(
    c: &mut Conn,
    change: &Change,
    tools: &Tools,
    name: &str,
    secret: &WebhookSecret,
) -> Result<bool, store::Fault> {
    let Some(stored) = webhooks::find_for_update(c, name)? else { return Ok(false) };
    if message::open(&tools.sealer, name, &stored.secret).as_ref() == Some(secret) {
        return Ok(false);
    }
    // One that was made a moment ago never signed anything: the secret that it was born with need not go on.
    let overlap = if stored.created_at == change.now { Lifetime::from_seconds(0) } else { SECRET_OVERLAP };
    give_secret(c, change, tools, &stored, (secret, overlap))?;
    Ok(true)
}

/// Sends a `webhook.test` event now, also to a webhook that is switched off, and tells how it was answered.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`].
pub async fn test(cx: &Cx, actor: &Actor, name: &str) -> Done<WebhookTested> {
    granted!(may_write(actor));
    let wanted = name.to_owned();
    let Some(stored) = cx.db().read(move |c| webhooks::find(c, &wanted)).await? else { return Ok(Err(unknown(name))) };
    let broken = || Fault::Internal(format!("the secret of the webhook {name} does not open"));
    let receiver = Receiver::of(&stored, &cx.parts.webhook_secrets, cx.now).ok_or_else(broken)?;
    let message = Message::test(&uuid(&*cx.parts.chance, cx.now), name, cx.now);
    let (answer, took) = send(&cx.parts, &receiver, &message, cx.now).await;
    let error = match verdict(&answer) {
        Verdict::Taken => None,
        Verdict::Gone => Some("it says that it is gone for good: a real event would switch the webhook off".to_owned()),
        Verdict::Not(why) => Some(why),
    };
    let status = answer.ok().map(|answer| answer.status);
    let (change, detail) = (Change::new(cx, actor), json!({ "webhook": name, "status": status }));
    cx.db().write(move |c| change.log(c, "webhook_tested", About::default(), detail.clone())).await?;
    let (taken, duration_ms) = (error.is_none(), took.millis());
    Ok(Ok(WebhookTested { taken, message_id: message.id, status, duration_ms, error }))
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
