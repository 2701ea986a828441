//! Owns what administrators do to grants (the families that tokens belong to): look and end. It does not own what a grant is
//! (`oauth::authorization`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::user::find_in;
use super::user_refusal::UserRefusal;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::oauth::authorization::Grant;
use crate::store::grants::{self, GrantAfter, GrantSearch as Wanted};
use crate::store::users;
use crate::time::Timestamp;

/// What to look for; `None` is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantSearch {
    /// The person who gave it: address or id.
    pub user: Option<String>,
    /// The client it was given to.
    pub client_id: Option<String>,
}

/// A grant: what a client was given, by whom, until when. Every access token and refresh token belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GrantView {
    /// Its id; `gid` in access tokens.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// The person.
    pub user_id: Option<String>,
    /// The session it came from.
    pub session_id: Option<String>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Whether it outlives the session.
    pub offline: bool,
    /// When it began (RFC 3339).
    pub created_at: String,
    /// When it ends at the latest (RFC 3339).
    pub expires_at: String,
    /// Under this id the trace shows the sign-in it came from.
    pub correlation_id: String,
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        let a = grant.authorization;
        Self {
            id: grant.id,
            client_id: a.client_id,
            user_id: a.user_id.map(|id| id.0),
            session_id: a.session_id.map(|id| id.0),
            scopes: a.scope.iter().map(str::to_owned).collect(),
            offline: grant.offline,
            created_at: grant.created_at.rfc3339(),
            expires_at: grant.expires_at.rfc3339(),
            correlation_id: grant.correlation_id,
        }
    }
}

/// Reads the cursor: the time and the id of the last grant of a page.
fn place(key: Option<Value>) -> Option<GrantAfter> {
    let key = key?;
    let created_at = Timestamp::from_millis(key.get(0)?.as_i64()?);
    Some(GrantAfter { created_at, id: key.get(1)?.as_str()?.to_owned() })
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("unknown_grant", format!("there is no live grant {id:?}"))
}

/// Up to `limit` grants that were not ended and are not past their end, the youngest first.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(
    cx: &Cx,
    actor: &Actor,
    search: GrantSearch,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<GrantView>> {
    granted!(actor.needs(Permission::SessionsRead));
    let after = place(after);
    let now = cx.now;
    let found = cx.db().read(move |c| {
        let user_id = match &search.user {
            None => None,
            Some(who) => match find_in(c, who.trim())? {
                Some(user) => Some(user.id),
                None => return Ok(Err(UserRefusal::Unknown(who.clone()).into())),
            },
        };
        let wanted = Wanted { user_id, client_id: search.client_id.clone() };
        let found = grants::page(c, &wanted, now, after.as_ref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |grant| json!([grant.created_at.millis(), grant.id]));
        Ok(Ok(page.map(GrantView::from)))
    });
    Ok(found.await?)
}

/// A grant that was not ended and is not past its end.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, id: &str) -> Done<GrantView> {
    granted!(actor.needs(Permission::SessionsRead));
    let (wanted, now) = (id.trim().to_owned(), cx.now);
    let found = cx.db().read(move |c| if wanted.contains('\0') { Ok(None) } else { grants::find(c, &wanted) }).await?;
    let live = found.filter(|grant| grant.revoked_at.is_none() && now < grant.expires_at);
    Ok(live.map(GrantView::from).ok_or_else(|| unknown(id)))
}

/// Ends a grant: its tokens are refused from now on. Everybody may end their own.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn revoke(cx: &Cx, actor: &Actor, id: &str) -> Done<GrantView> {
    granted!(actor.needs(Permission::SessionsWrite));
    let (id, change) = (id.trim().to_owned(), Change::new(cx, actor));
    let ended = cx.db().write(move |c| {
        let live = grants::find(c, &id)?.filter(|g| g.revoked_at.is_none() && change.now < g.expires_at);
        let Some(grant) = live else { return Ok(Err(unknown(&id))) };
        let user = match &grant.authorization.user_id {
            Some(user) => users::find(c, user)?,
            None => None,
        };
        if let Some(user) = &user
            && change.actor.user() != Some(&user.id)
        {
            granted!(rank::may_act_on(c, &change.actor, user)?);
        }
        grants::revoke(c, &id, "ended by an administrator", change.now)?;
        let about = About { user: user.as_ref().map(|u| &u.id), client: Some(&grant.authorization.client_id) };
        change.log(c, "grant_revoked", about, json!({ "grant_id": id }))?;
        Ok(Ok(GrantView::from(grant)))
    });
    Ok(ended.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::time::Lifetime;

    #[tokio::test]
    async fn a_grant_is_listed_until_it_ends() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let session = house.session_of(&user).await;
        let first = house.grant_of(&user, &session).await;
        house.clock.advance(Lifetime::from_seconds(1));
        let second = house.grant_of(&user, &session).await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        let listed = async |user: Option<&str>, client: Option<&str>| {
            let search = GrantSearch { user: user.map(str::to_owned), client_id: client.map(str::to_owned) };
            let page = list(&cx, &actor, search, None, 10).await.unwrap()?;
            Ok::<_, AdminRefusal>(page.items.into_iter().map(|g| g.id).collect::<Vec<_>>())
        };
        let both = vec![second.clone(), first.clone()];
        assert_eq!(listed(None, None).await, Ok(both.clone()));
        assert_eq!(listed(Some("alice@example.com"), Some(bench::CLIENT)).await, Ok(both));
        assert_eq!(listed(None, Some("other")).await, Ok(Vec::new()));
        assert_eq!(listed(Some("bob@example.com"), None).await.unwrap_err().code, "unknown_user");
        assert_eq!(find(&cx, &actor, &second).await.unwrap().unwrap().id, second);
        revoke(&cx, &actor, &second).await.unwrap().unwrap();
        assert_eq!(find(&cx, &actor, &second).await.unwrap().unwrap_err().code, "unknown_grant");
        assert!(house.grant(&second).await.revoked_at.is_some());
        assert_eq!(revoke(&cx, &actor, &second).await.unwrap().unwrap_err().code, "unknown_grant");
        assert_eq!(listed(None, None).await, Ok(vec![first]));
        house.clock.advance(Lifetime::from_days(1));
        let later = list(&house.cx(), &actor, GrantSearch::default(), None, 10).await.unwrap().unwrap();
        assert!(later.items.is_empty());
    }

    #[tokio::test]
    async fn n03_grants_of_those_above_are_left_alone() {
        let house = bench::house().await;
        let alice = house.person_with_role("alice@example.com", "owner").await;
        let bob = house.person_with_role("bob@example.com", "people-operator").await;
        let session = house.session_of(&alice).await;
        let grant = house.grant_of(&alice, &session).await;
        let role = crate::identity::permission::built_in().into_iter().find(|r| r.name == bob.role).unwrap();
        let operator = Actor::Person { id: bob.id, permissions: role.permissions };
        let refused = revoke(&house.cx(), &operator, &grant).await.unwrap().unwrap_err();
        assert_eq!(refused.code, "above_your_rank");
        assert!(house.grant(&grant).await.revoked_at.is_none());
    }
}
