//! Owns what people do with the apps they have signed in to: see what each may do, and disconnect it. It does not own what a
//! consent covers (`oauth::consent`).

use std::collections::BTreeMap;

use serde_json::json;

use super::sessions::own_entry;
use crate::flow::oauth::scopes;
use crate::flow::own_app::client::is_own;
use crate::flow::{Cx, Fault};
use crate::identity::UserId;
use crate::oauth::client::Client;
use crate::oauth::scope::{Scope, ScopeSet};
use crate::store::grants::{self, GrantSearch};
use crate::store::{self, Conn, clients, codes, consents, refresh_tokens};
use crate::time::Timestamp;

/// Live grants that are looked at.
const MOST: i64 = 1_000;

/// An app that a person is connected with.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The app.
    pub client: Client,
    /// What it may do.
    pub scopes: ScopeSet,
    /// Single claims that were allowed beyond.
    pub claims: Vec<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it was last given a token, as far as that is known.
    pub last_used: Option<Timestamp>,
    /// Whether it keeps its access while the person is away.
    pub offline: bool,
}

/// What is known of an app before its record is read.
#[derive(Default)]
struct Gathered {
    scopes: ScopeSet,
    claims: Vec<String>,
    since: Option<Timestamp>,
    last_used: Option<Timestamp>,
    offline: bool,
}

/// The apps a person is connected with: allowed once, or with live tokens; last used first. With them, what scopes that are no
/// standard ones mean.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx, user: &UserId) -> Result<(Vec<Connected>, Vec<Scope>), Fault> {
    let (user, now, issuer) = (user.clone(), cx.now, cx.issuer().to_owned());
    let found = cx.db().read(move |c| {
        let mut apps = Vec::new();
        for (client_id, known) in gathered(c, &user, now)? {
            let Some(client) = clients::find(c, &client_id)?.filter(|_| !is_own(&client_id)) else { continue };
            let Gathered { scopes, claims, since, last_used, offline } = known;
            apps.push(Connected { client, scopes, claims, since: since.unwrap_or(now), last_used, offline });
        }
        apps.sort_by_key(|app| std::cmp::Reverse(app.last_used.unwrap_or(app.since)));
        Ok((apps, scopes::defined(c, &issuer)?))
    });
    Ok(found.await?)
}

fn gathered(c: &mut Conn, user: &UserId, now: Timestamp) -> Result<BTreeMap<String, Gathered>, store::Fault> {
    let mut apps: BTreeMap<String, Gathered> = BTreeMap::new();
    for consent in consents::list_of_user(c, user)? {
        let app = apps.entry(consent.client_id).or_default();
        (app.scopes, app.claims, app.since) = (consent.scopes, consent.claims, Some(consent.created_at));
    }
    let wanted = GrantSearch { user_id: Some(user.clone()), client_id: None };
    let used = refresh_tokens::last_used_of_user(c, user)?;
    for grant in grants::page(c, &wanted, now, None, MOST)? {
        let app = apps.entry(grant.authorization.client_id).or_default();
        app.scopes = app.scopes.union(&grant.authorization.scope);
        app.since = Some(app.since.map_or(grant.created_at, |since| since.min(grant.created_at)));
        let used = used.get(&grant.id).copied().unwrap_or(grant.created_at).max(grant.created_at);
        app.last_used = Some(app.last_used.map_or(used, |last| last.max(used)));
        app.offline |= grant.offline;
    }
    Ok(apps)
}

/// Disconnects an app: what was allowed is forgotten and its tokens are refused. `false`: it is not connected.
///
/// # Errors
/// A [`Fault`].
pub async fn withdraw(cx: &Cx, user: &UserId, client_id: &str) -> Result<bool, Fault> {
    if client_id.contains('\0') || is_own(client_id) {
        return Ok(false);
    }
    let (user, client, now) = (user.clone(), client_id.to_owned(), cx.now);
    let made = own_entry(cx, "consent_withdrawn", &user, json!({}));
    let done = cx.db().write(move |c| {
        let Some(ended) = disconnect(c, &user, &client, now)? else { return Ok(false) };
        let mut entry = made.clone();
        entry.event.client_id = Some(client.clone());
        entry.event.detail = json!({ "grants_ended": ended }).to_string();
        entry.append(c)?;
        Ok(true)
    });
    Ok(done.await?)
}

/// Takes back what a person allowed a client, and ends what came of it: codes not yet used, grants and so their tokens. How
/// many grants ended; `None` if there was nothing to take back.
///
/// # Errors
/// A [`store::Fault`].
pub(in crate::flow) fn disconnect(
    c: &mut Conn,
    user: &UserId,
    client: &str,
    now: Timestamp,
) -> Result<Option<i64>, store::Fault> {
    let had_consent = consents::withdraw(c, user, client)?;
    codes::delete_of_client_and_user(c, client, user)?;
    // A trusted client has grants without a consent: those end too.
    let ended = grants::revoke_of_user_and_client(c, user, client, "consent was withdrawn", now)?;
    Ok((had_consent || ended > 0).then_some(ended))
}
