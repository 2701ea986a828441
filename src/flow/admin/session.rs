//! Owns what administrators do to sessions: look and end. It does not own when a session ends by itself
//! (`identity::session`) nor a person's own logout (`flow::oauth::logout`), whose ending it shares.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::change::Change;
use super::page::Page;
use super::refusal::granted;
use super::user::find_in;
use super::user_refusal::UserRefusal;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::flow::oauth::logout::end_session;
use crate::identity::{Permission, Session, SessionId, User};
use crate::store::sessions::{self, SessionPlace};
use crate::store::users;
use crate::time::Timestamp;

/// A live session, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Its id; says nothing about its cookie.
    pub id: String,
    /// Id of the person.
    pub user_id: String,
    /// Address of the person; `null` if the account was removed at this very moment.
    pub email: Option<String>,
    /// When it began (RFC 3339).
    pub created_at: String,
    /// When the person last proved who they are (RFC 3339).
    pub auth_time: String,
    /// When it was last used (RFC 3339), as far as that was noted.
    pub last_seen_at: String,
    /// When it ends in any case (RFC 3339).
    pub expires_at: String,
    /// When it was ended (RFC 3339); `null` while it is live.
    pub ended_at: Option<String>,
    /// Class of the sign-in.
    pub acr: String,
    /// Methods of the sign-in.
    pub amr: Vec<String>,
    /// The browser, as it named itself.
    pub user_agent: String,
    /// Where it came from.
    pub address: String,
}

impl SessionView {
    fn of(session: &Session, user: Option<&User>) -> Self {
        Self {
            id: session.id.as_str().to_owned(),
            user_id: session.user_id.as_str().to_owned(),
            email: user.map(|user| user.email.as_str().to_owned()),
            created_at: session.created_at.rfc3339(),
            auth_time: session.auth_time.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            ended_at: session.ended_at.map(Timestamp::rfc3339),
            acr: session.acr.clone(),
            amr: session.amr.clone(),
            user_agent: session.user_agent.clone(),
            address: session.address.clone(),
        }
    }
}

pub(super) fn unknown_user(who: &str) -> AdminRefusal {
    UserRefusal::Unknown(who.to_owned()).into()
}

/// Reads a cursor of lists that are ordered by a time and an id.
pub(super) fn time_and_id(key: Option<Value>) -> Option<(Timestamp, String)> {
    let key = key?;
    Some((Timestamp::from_millis(key.get(0)?.as_i64()?), key.get(1)?.as_str()?.to_owned()))
}

/// Live sessions of one person (address or id) or of all, those that began last first. A page may hold fewer than `limit` and
/// still have a next one: go on until there is none.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(
    cx: &Cx,
    actor: &Actor,
    who: Option<&str>,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<SessionView>> {
    granted!(actor.needs(Permission::SessionsRead));
    let after: Option<SessionPlace> = match after {
        Some(after) => Some(granted!(serde_json::from_value(after).map_err(|_| {
            AdminRefusal::invalid("cursor", "this cursor is not one that this list gave out").at("after")
        }))),
        None => None,
    };
    let (who, now, rule) = (who.map(|w| w.trim().to_owned()), cx.now, cx.policy().sessions);
    let found = cx.db().read(move |c| {
        let user = match &who {
            None => None,
            Some(who) => match find_in(c, who)? {
                Some(user) => Some(user.id),
                None => return Ok(Err(UserRefusal::Unknown(who.clone()).into())),
            },
        };
        let (live, next) = sessions::live(c, user.as_ref(), after.as_ref(), limit, |s| s.is_live(rule, now))?;
        let ids: Vec<String> = live.iter().map(|session| session.user_id.0.clone()).collect();
        let people: HashMap<String, User> =
            users::find_many(c, &ids)?.into_iter().map(|user| (user.id.0.clone(), user)).collect();
        let items = live.iter().map(|s| SessionView::of(s, people.get(s.user_id.as_str()))).collect();
        Ok(Ok(Page { items, next: next.map(|place| json!(place)) }))
    });
    Ok(found.await?)
}

/// Ends one session and everything that hangs on it. Everybody may end their own.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn end(cx: &Cx, actor: &Actor, id: &str) -> Done<SessionView> {
    granted!(actor.needs(Permission::SessionsWrite));
    let unknown = AdminRefusal::unknown("unknown_session", format!("there is no live session {id:?}"));
    if id.contains('\0') {
        return Ok(Err(unknown));
    }
    let (id, change) = (SessionId(id.trim().to_owned()), Change::new(cx, actor));
    let ended = cx.db().write(move |c| {
        let Some(session) = sessions::find(c, &id)?.filter(|s| s.ended_at.is_none()) else {
            return Ok(Err(unknown.clone()));
        };
        let user = users::find(c, &session.user_id)?;
        if let Some(user) = user.as_ref().filter(|user| change.actor.user() != Some(&user.id)) {
            granted!(rank::may_act_on(c, &change.actor, user)?);
        }
        end_session(c, &id, "ended by an administrator", change.now)?;
        change.log(c, "session_ended", About::user(&session.user_id), json!({ "session": id.as_str() }))?;
        Ok(Ok(SessionView::of(&Session { ended_at: Some(change.now), ..session }, user.as_ref())))
    });
    Ok(ended.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::flow::admin::user_access::end_sessions;
    use crate::time::Lifetime;

    /// The ids of all pages, two sessions a page.
    async fn ids(cx: &Cx, who: Option<&str>) -> Result<Vec<String>, AdminRefusal> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = list(cx, &Actor::CommandLine, who, after, 2).await.unwrap()?;
            ids.extend(page.items.into_iter().map(|session| session.id));
            after = page.next;
            if after.is_none() {
                return Ok(ids);
            }
        }
    }

    #[tokio::test]
    async fn a_session_is_listed_until_it_is_ended_and_its_grants_die_with_it() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let first = house.session_of(&user).await;
        let second = house.session_of(&user).await;
        let grant = house.grant_of(&user, &first).await;
        let cx = house.cx();
        assert_eq!(ids(&cx, None).await.unwrap().len(), 2);
        end(&cx, &Actor::CommandLine, first.as_str()).await.unwrap().unwrap();
        assert!(house.grant(&grant).await.revoked_at.is_some());
        let again = end(&cx, &Actor::CommandLine, first.as_str()).await.unwrap();
        assert_eq!(again.unwrap_err().code, "unknown_session");
        assert_eq!(ids(&cx, Some("ALICE@example.com")).await.unwrap(), [second.as_str()]);
        let ended = end_sessions(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap();
        assert_eq!(ended, Ok((user.id.clone(), 1)));
        assert!(ids(&cx, None).await.unwrap().is_empty());
        assert_eq!(ids(&cx, Some("bob@example.com")).await.unwrap_err().code, "unknown_user");
    }

    #[tokio::test]
    async fn an_idle_session_is_not_listed() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        house.session_of(&user).await;
        house.clock.advance(house.parts.policy.sessions.idle + Lifetime::from_seconds(1));
        assert!(ids(&house.cx(), None).await.unwrap().is_empty());
    }
}
