//! Owns what administrators do to grants: look, and end one with every token of its family. It does not own what a grant is
//! (`oauth::authorization`) nor how it comes to be.

use serde::Serialize;
use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::identity::{Permission, UserId};
use crate::oauth::authorization::Grant;
use crate::store::{grants, users};
use crate::time::Timestamp;

pub use crate::store::grants::GrantSearch;

/// What a client was granted, and the family of tokens that hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GrantView {
    /// Its id, `gid` in access tokens.
    pub id: String,
    /// The client that has it.
    pub client_id: String,
    /// The person who gave it.
    pub user_id: Option<String>,
    /// The session it was given in.
    pub session_id: Option<String>,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// Resources (RFC 8707) that it is good for.
    pub resources: Vec<String>,
    /// Whether it outlives the session.
    pub offline: bool,
    /// When it began (RFC 3339).
    pub created_at: String,
    /// When it ends at the latest (RFC 3339).
    pub expires_at: String,
    /// When it was ended early (RFC 3339).
    pub revoked_at: Option<String>,
    /// Correlation id of the sign-in it came from.
    pub correlation_id: String,
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        let given = grant.authorization;
        Self {
            id: grant.id,
            client_id: given.client_id,
            user_id: given.user_id.map(|id| id.0),
            session_id: given.session_id.map(|id| id.0),
            scope: given.scope.to_string(),
            resources: given.resources,
            offline: grant.offline,
            created_at: grant.created_at.rfc3339(),
            expires_at: grant.expires_at.rfc3339(),
            revoked_at: grant.revoked_at.map(Timestamp::rfc3339),
            correlation_id: grant.correlation_id,
        }
    }
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_grant", format!("there is no live grant {id:?}"))
}

/// Live grants, in an order that stays.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(
    cx: &Cx,
    actor: &Actor,
    wanted: GrantSearch,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<GrantView>> {
    granted!(actor.needs(Permission::SessionsRead));
    let now = cx.now;
    let found = cx.db().read(move |c| {
        let behind = after.as_ref().and_then(Value::as_str);
        grants::page(c, &wanted, now, behind, limit + 1)
    });
    Ok(Ok(Page::of(found.await?, limit, |grant| grant.id.as_str().into()).map(GrantView::from)))
}

/// Ends a grant: its refresh tokens, and its access tokens wherever they are looked up.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn end(cx: &Cx, actor: &Actor, id: &str) -> Done<()> {
    granted!(actor.needs(Permission::SessionsWrite));
    let (id, change) = (id.to_owned(), Change::new(cx, actor));
    let done = cx.db().write(move |c| {
        let Some(grant) = grants::find(c, &id)?.filter(|grant| grant.revoked_at.is_none()) else {
            return Ok(Err(unknown(&id)));
        };
        let owner: Option<&UserId> = grant.authorization.user_id.as_ref();
        let user = owner.map(|id| users::find(c, id)).transpose()?.flatten();
        if let Some(user) = user.as_ref().filter(|user| change.actor.user() != Some(&user.id)) {
            granted!(rank::may_act_on(c, &change.actor, user)?);
        }
        grants::revoke(c, &id, "ended by an administrator", change.now)?;
        let about = About { user: owner, client: Some(&grant.authorization.client_id) };
        change.log(c, "grant_ended", about, json!({ "grant": id }))?;
        Ok(Ok(()))
    });
    Ok(done.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    #[tokio::test]
    async fn a_grant_is_listed_until_it_is_ended() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let session = house.session_of(&user).await;
        let (one, two) = (house.grant_of(&user, &session).await, house.grant_of(&user, &session).await);
        let (cx, cli) = (house.cx(), Actor::CommandLine);
        let all = |wanted: GrantSearch| async { list(&cx, &cli, wanted, None, 10).await.unwrap().unwrap().items };
        assert_eq!(all(GrantSearch::default()).await.len(), 2);
        let first = list(&cx, &cli, GrantSearch::default(), None, 1).await.unwrap().unwrap();
        let second = list(&cx, &cli, GrantSearch::default(), first.next.clone(), 1).await.unwrap().unwrap();
        assert_ne!(first.items, second.items);
        end(&cx, &cli, &one).await.unwrap().unwrap();
        assert_eq!(end(&cx, &cli, &one).await.unwrap().unwrap_err().code, "unknown_grant");
        let of_user = GrantSearch { user_id: Some(user.id.0.clone()), ..GrantSearch::default() };
        assert_eq!(all(of_user).await.into_iter().map(|g| g.id).collect::<Vec<_>>(), [two]);
        let of_other = GrantSearch { client_id: Some("other".to_owned()), ..GrantSearch::default() };
        assert!(all(of_other).await.is_empty());
    }
}
