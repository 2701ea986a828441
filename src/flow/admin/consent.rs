//! Owns what administrators do to remembered consents: look and withdraw. It does not own whether a consent covers a
//! request (`oauth::consent`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::user::find_in;
use super::user_refusal::UserRefusal;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::flow::account::apps;
use crate::identity::Permission;
use crate::oauth::consent::Consent;
use crate::store::consents;

/// What a person allowed a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsentView {
    /// The client.
    pub client_id: String,
    /// The person.
    pub user_id: String,
    /// Scopes that were allowed.
    pub scopes: Vec<String>,
    /// Single claims that were allowed beyond them.
    pub claims: Vec<String>,
    /// When something was allowed first (RFC 3339).
    pub created_at: String,
    /// When something was allowed last (RFC 3339).
    pub granted_at: String,
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        Self {
            client_id: consent.client_id,
            user_id: consent.user_id.0,
            scopes: consent.scopes.iter().map(str::to_owned).collect(),
            claims: consent.claims,
            created_at: consent.created_at.rfc3339(),
            granted_at: consent.granted_at.rfc3339(),
        }
    }
}

/// Up to `limit` of what a person (address or id) has allowed, in order of the clients' ids.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(cx: &Cx, actor: &Actor, who: &str, after: Option<Value>, limit: i64) -> Done<Page<ConsentView>> {
    granted!(actor.needs(Permission::UsersRead));
    let who = who.trim().to_owned();
    let after = after.and_then(|key| key.as_str().map(str::to_owned)).unwrap_or_default();
    let found = cx.db().read(move |c| match find_in(c, &who)? {
        Some(user) => Ok(Ok(consents::list_of_user(c, &user.id)?)),
        None => Ok(Err(UserRefusal::Unknown(who.clone()).into())),
    });
    // A person has allowed dozens, not thousands: they are read at once and shown in pages like everything else.
    Ok(found.await?.map(|mut consents| {
        consents.retain(|consent| consent.client_id > after);
        let page = Page::of(consents, limit, |consent| Value::from(consent.client_id.as_str()));
        page.map(ConsentView::from)
    }))
}

/// Takes back what a person allowed a client, and ends what came of it: codes not yet used, grants and so their tokens.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn withdraw(cx: &Cx, actor: &Actor, who: &str, client_id: &str) -> Done<()> {
    granted!(actor.needs(Permission::UsersWrite));
    let words = format!("this person has given the client {client_id:?} no consent");
    let nothing = AdminRefusal::unknown("unknown_consent", words);
    if client_id.contains('\0') {
        return Ok(Err(nothing));
    }
    let (who, client, change) = (who.trim().to_owned(), client_id.to_owned(), Change::new(cx, actor));
    let done = cx.db().write(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(UserRefusal::Unknown(who.clone()).into())) };
        if change.actor.user() != Some(&user.id) {
            granted!(rank::may_act_on(c, &change.actor, &user)?);
        }
        let Some(ended) = apps::disconnect(c, &user.id, &client, change.now)? else {
            return Ok(Err(nothing.clone()));
        };
        let about = About { user: Some(&user.id), client: Some(&client) };
        change.log(c, "consent_withdrawn", about, json!({ "grants_ended": ended }))?;
        Ok(Ok(()))
    });
    Ok(done.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::oauth::scope::ScopeSet;

    #[tokio::test]
    async fn withdrawing_ends_the_grants_of_that_client_only() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let session = house.session_of(&user).await;
        let grant = house.grant_of(&user, &session).await;
        let cx = house.cx();
        let consent = Consent {
            user_id: user.id.clone(),
            client_id: bench::CLIENT.to_owned(),
            scopes: ScopeSet::of(["openid"]),
            claims: Vec::new(),
            created_at: cx.now,
            granted_at: cx.now,
        };
        house.parts.db.write(move |c| consents::grant(c, &consent)).await.unwrap();
        let listed = list(&cx, &Actor::CommandLine, "alice@example.com", None, 10).await.unwrap().unwrap();
        assert_eq!(listed.items.len(), 1);
        let other = withdraw(&cx, &Actor::CommandLine, "alice@example.com", "other").await.unwrap();
        assert_eq!(other.unwrap_err().code, "unknown_consent");
        assert!(house.grant(&grant).await.revoked_at.is_none());
        withdraw(&cx, &Actor::CommandLine, "alice@example.com", bench::CLIENT).await.unwrap().unwrap();
        assert!(house.grant(&grant).await.revoked_at.is_some());
        let listed = list(&cx, &Actor::CommandLine, "alice@example.com", None, 10).await.unwrap().unwrap();
        assert!(listed.items.is_empty());
        let again = withdraw(&cx, &Actor::CommandLine, "alice@example.com", bench::CLIENT).await.unwrap();
        assert!(again.is_err());
    }
}
