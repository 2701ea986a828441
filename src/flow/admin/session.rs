//! Owns what administrators do to sessions: look and end. It does not own when a session ends by itself
//! (`identity::session`) nor a person's own logout (`flow::oauth::logout`), whose ending it shares.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::user::find_in;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::flow::oauth::logout::end_session;
use crate::identity::{Permission, Session, SessionId};
use crate::store::sessions::{self, SessionAfter};
use crate::store::users;
use crate::time::Timestamp;

/// A session with whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Its id; `sid` in ID tokens.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// Their address.
    pub email: String,
    /// When they signed in first (RFC 3339).
    pub created_at: String,
    /// When they last proved who they are (RFC 3339).
    pub auth_time: String,
    /// When it was last used (RFC 3339).
    pub last_seen_at: String,
    /// When it ends at the latest (RFC 3339).
    pub expires_at: String,
    /// Context class reached.
    pub acr: String,
    /// Methods used.
    pub amr: Vec<String>,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// The network address it was begun from.
    pub address: String,
}

impl SessionView {
    fn of(session: Session, email: String) -> Self {
        Self {
            id: session.id.0,
            user_id: session.user_id.0,
            email,
            created_at: session.created_at.rfc3339(),
            auth_time: session.auth_time.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            acr: session.acr,
            amr: session.amr,
            user_agent: session.user_agent,
            address: session.address,
        }
    }
}

pub(super) fn unknown_user(who: &str) -> AdminRefusal {
    AdminRefusal::unknown("user_unknown", format!("there is no account {who:?}"))
}

/// Reads a cursor of lists that are ordered by a time and an id.
pub(super) fn time_and_id(key: Option<Value>) -> Option<(Timestamp, String)> {
    let key = key?;
    Some((Timestamp::from_millis(key.get(0)?.as_i64()?), key.get(1)?.as_str()?.to_owned()))
}

/// Up to `limit` live sessions, the youngest first; of one person (address or id) or of all.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn list(
    cx: &Cx,
    actor: &Actor,
    who: Option<&str>,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<SessionView>> {
    granted!(actor.needs(Permission::SessionsRead));
    let (who, now, rule) = (who.map(|w| w.trim().to_owned()), cx.now, cx.policy().sessions);
    let after = time_and_id(after).map(|(created_at, id)| SessionAfter { created_at, id });
    let found = cx.db().read(move |c| {
        let user = match &who {
            None => None,
            Some(who) => match find_in(c, who)? {
                Some(user) => Some(user.id),
                None => return Ok(Err(unknown_user(who))),
            },
        };
        let found = sessions::page(c, user.as_ref(), (now, now - rule.idle), after.as_ref(), limit.saturating_add(1))?;
        let page = Page::of(found, limit, |(session, _)| json!([session.created_at.millis(), session.id.as_str()]));
        Ok(Ok(page.map(|(session, email)| SessionView::of(session, email))))
    });
    Ok(found.await?)
}

/// A live session.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, id: &str) -> Done<SessionView> {
    granted!(actor.needs(Permission::SessionsRead));
    let (wanted, now, rule) = (SessionId(id.trim().to_owned()), cx.now, cx.policy().sessions);
    let found = cx.db().read(move |c| {
        let Some(session) = sessions::find(c, &wanted)?.filter(|s| s.is_live(rule, now)) else { return Ok(None) };
        let user = users::find(c, &session.user_id)?;
        Ok(user.map(|user| SessionView::of(session, user.email.as_str().to_owned())))
    });
    Ok(found.await?.ok_or_else(|| unknown(id)))
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("session_unknown", format!("there is no live session {id:?}"))
}

/// Ends one session and everything that hangs on it. Everybody may end their own.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn end(cx: &Cx, actor: &Actor, id: &str) -> Done<SessionView> {
    granted!(actor.needs(Permission::SessionsWrite));
    let (id, change) = (SessionId(id.trim().to_owned()), Change::new(cx, actor));
    let ended = cx.db().write(move |c| {
        let Some(session) = sessions::find(c, &id)?.filter(|s| s.ended_at.is_none()) else {
            return Ok(Err(unknown(id.as_str())));
        };
        let Some(user) = users::find(c, &session.user_id)? else { return Ok(Err(unknown(id.as_str()))) };
        if change.actor.user() != Some(&user.id) {
            granted!(rank::may_act_on(c, &change.actor, &user)?);
        }
        end_session(c, &id, "ended by an administrator", change.now)?;
        change.log(c, "session_ended", About::user(&user.id), json!({ "session": id.as_str() }))?;
        Ok(Ok(SessionView::of(session, user.email.as_str().to_owned())))
    });
    Ok(ended.await?)
}

/// Ends every session of a person (address or id). Whose (the id), and how many it were.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn end_all(cx: &Cx, actor: &Actor, who: &str) -> Done<(String, usize)> {
    granted!(actor.needs(Permission::SessionsWrite));
    let (who, change) = (who.trim().to_owned(), Change::new(cx, actor));
    let ended = cx.db().write(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(unknown_user(&who))) };
        granted!(rank::may_act_on(c, &change.actor, &user)?);
        let live = sessions::list(c, Some(&user.id), change.now, i64::MAX)?;
        for session in &live {
            end_session(c, &session.id, "ended by an administrator", change.now)?;
        }
        change.log(c, "sessions_ended", About::user(&user.id), json!({ "sessions": live.len() }))?;
        Ok(Ok((user.id.0, live.len())))
    });
    Ok(ended.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::identity::Permissions;
    use crate::time::Lifetime;

    const CLI: Actor = Actor::CommandLine;

    async fn listed(cx: &Cx, who: Option<&str>) -> Vec<String> {
        let page = list(cx, &CLI, who, None, 10).await.unwrap().unwrap();
        page.items.into_iter().map(|s| s.id).collect()
    }

    #[tokio::test]
    async fn a_session_is_listed_until_it_is_ended_and_its_grants_die_with_it() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let first = house.session_of(&user).await;
        house.clock.advance(Lifetime::from_seconds(1));
        let second = house.session_of(&user).await;
        let grant = house.grant_of(&user, &first).await;
        let cx = house.cx();
        assert_eq!(listed(&cx, None).await, [second.as_str(), first.as_str()], "the youngest first");
        let page = list(&cx, &CLI, None, None, 1).await.unwrap().unwrap();
        let rest = list(&cx, &CLI, None, page.next, 1).await.unwrap().unwrap();
        assert_eq!((rest.items[0].id.as_str(), rest.next), (first.as_str(), None));
        assert_eq!(find(&cx, &CLI, first.as_str()).await.unwrap().unwrap().email, "alice@example.com");
        end(&cx, &CLI, first.as_str()).await.unwrap().unwrap();
        assert!(house.grant(&grant).await.revoked_at.is_some());
        for gone in [first.as_str(), "a\0b", ""] {
            assert_eq!(end(&cx, &CLI, gone).await.unwrap().unwrap_err().code, "session_unknown");
            assert_eq!(find(&cx, &CLI, gone).await.unwrap().unwrap_err().code, "session_unknown");
        }
        assert_eq!(listed(&cx, Some("ALICE@example.com")).await, [second.as_str()]);
        assert_eq!(end_all(&cx, &CLI, "alice@example.com").await.unwrap(), Ok((user.id.0.clone(), 1)));
        assert!(listed(&cx, None).await.is_empty());
        let nobody = list(&cx, &CLI, Some("bob@example.com"), None, 10).await.unwrap().unwrap_err();
        assert_eq!(nobody.code, "user_unknown");
    }

    #[tokio::test]
    async fn an_idle_session_is_not_listed() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let id = house.session_of(&user).await;
        house.clock.advance(house.parts.policy.sessions.idle + Lifetime::from_seconds(1));
        assert!(listed(&house.cx(), None).await.is_empty());
        assert!(find(&house.cx(), &CLI, id.as_str()).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn n03_sessions_of_those_above_are_left_alone_but_ones_own_may_be_ended() {
        let house = bench::house().await;
        let alice = house.person_with_role("alice@example.com", "administrator").await;
        let bob = house.person_with_role("bob@example.com", "people-operator").await;
        let (of_alice, of_bob) = (house.session_of(&alice).await, house.session_of(&bob).await);
        let cx = house.cx();
        let of_role = crate::identity::permission::built_in().into_iter().find(|r| r.name == bob.role).unwrap();
        let operator = Actor::Person { id: bob.id.clone(), permissions: of_role.permissions };
        assert_eq!(end(&cx, &operator, of_alice.as_str()).await.unwrap().unwrap_err().code, "above_your_rank");
        assert_eq!(end_all(&cx, &operator, alice.id.as_str()).await.unwrap().unwrap_err().code, "above_your_rank");
        end(&cx, &operator, of_bob.as_str()).await.unwrap().unwrap();
        let auditor = Actor::Person { id: bob.id, permissions: Permissions::of(&[Permission::SessionsRead]) };
        assert_eq!(end(&cx, &auditor, of_alice.as_str()).await.unwrap().unwrap_err().code, "permission_missing");
        assert_eq!(end_all(&cx, &auditor, "x").await.unwrap().unwrap_err().code, "permission_missing");
    }
}
