//! Owns what administrators do to sessions: look and end. It does not own when a session ends by itself
//! (`identity::session`) nor a person's own logout (`flow::oauth::logout`), whose ending it shares.

use serde::Serialize;
use serde_json::{Value, json};

use super::access::permissions_of;
use super::page::Page;
use super::user::find_in;
use super::{About, Actor, AdminRefusal, Done, event};
use crate::flow::Cx;
use crate::flow::oauth::logout::end_session;
use crate::identity::{Permission, Session, SessionId, User, UserId};
use crate::store::{self, Conn, sessions, users};
use crate::time::Timestamp;

/// A session as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Its name, `sid` in ID tokens. Not a secret.
    pub id: String,
    /// The person who is signed in.
    pub user_id: String,
    /// Their address; null if the account was removed at this very moment.
    pub email: Option<String>,
    /// When it began (RFC 3339).
    pub created_at: String,
    /// When the person last proved who they are (RFC 3339).
    pub auth_time: String,
    /// When it was last used, to the minute (RFC 3339).
    pub last_seen_at: String,
    /// When it ends, however much it is used (RFC 3339).
    pub expires_at: String,
    /// When it was ended early (RFC 3339).
    pub ended_at: Option<String>,
    /// How strongly the person proved who they are.
    pub acr: String,
    /// By which methods (RFC 8176).
    pub amr: Vec<String>,
    /// What the browser says of itself.
    pub user_agent: String,
    /// Where it began.
    pub address: String,
}

impl SessionView {
    fn of(session: Session, user: Option<&User>) -> Self {
        Self {
            id: session.id.0,
            user_id: session.user_id.0,
            email: user.map(|user| user.email.as_str().to_owned()),
            created_at: session.created_at.rfc3339(),
            auth_time: session.auth_time.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            ended_at: session.ended_at.map(Timestamp::rfc3339),
            acr: session.acr,
            amr: session.amr,
            user_agent: session.user_agent,
            address: session.address,
        }
    }
}

fn unknown(id: &str) -> AdminRefusal {
    AdminRefusal::unknown("session_unknown", format!("there is no live session {id:?}"))
}

fn unknown_user(who: &str) -> AdminRefusal {
    AdminRefusal::unknown("user_unknown", format!("there is no account {who:?}"))
}

/// Live sessions, newest first; of one person (address or id) or of all.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn search(
    cx: &Cx,
    actor: &Actor,
    who: Option<&str>,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<SessionView>> {
    if let Err(refusal) = actor.needs(Permission::SessionsRead) {
        return Ok(Err(refusal));
    }
    let who = who.map(|w| w.trim().to_owned());
    let (live, key) = (sessions::Live { now: cx.now, idle: cx.policy().sessions.idle }, after.and_then(read_key));
    let found = cx.db().read(move |c| {
        let user = match &who {
            None => None,
            Some(who) => match find_in(c, who)? {
                Some(user) => Some(user.id),
                None => return Ok(Err(unknown_user(who))),
            },
        };
        let page = Page::of(sessions::page(c, user.as_ref(), live, key.as_ref(), limit + 1)?, limit, write_key);
        let mut items = Vec::with_capacity(page.items.len());
        for session in page.items {
            let user = users::find(c, &session.user_id)?;
            items.push(SessionView::of(session, user.as_ref()));
        }
        Ok(Ok(Page { items, next: page.next }))
    });
    Ok(found.await?)
}

fn write_key(session: &Session) -> Value {
    json!([session.created_at.millis(), session.id.as_str()])
}

fn read_key(key: Value) -> Option<(Timestamp, SessionId)> {
    let (at, id) = serde_json::from_value::<(i64, String)>(key).ok()?;
    Some((Timestamp::from_millis(at), SessionId(id)))
}

/// One session, live or not.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn find(cx: &Cx, actor: &Actor, id: &str) -> Done<SessionView> {
    if let Err(refusal) = actor.needs(Permission::SessionsRead) {
        return Ok(Err(refusal));
    }
    if id.contains('\0') {
        return Ok(Err(unknown(id)));
    }
    let id = SessionId(id.to_owned());
    let found = cx.db().read(move |c| match sessions::find(c, &id)? {
        Some(session) => {
            let user = users::find(c, &session.user_id)?;
            Ok(Ok(SessionView::of(session, user.as_ref())))
        }
        None => Ok(Err(unknown(id.as_str()))),
    });
    Ok(found.await?)
}

/// Ends one session and everything that hangs on it.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn end(cx: &Cx, actor: &Actor, id: &str) -> Done<SessionView> {
    if let Err(refusal) = actor.needs(Permission::SessionsWrite) {
        return Ok(Err(refusal));
    }
    if id.contains('\0') {
        return Ok(Err(unknown(id)));
    }
    let (id, now, who) = (SessionId(id.trim().to_owned()), cx.now, actor.clone());
    let mut row = event(cx, actor, "session_ended", About::default(), json!({ "session": id.as_str() }));
    let ended = cx.db().write(move |c| {
        let Some(session) = sessions::find(c, &id)?.filter(|s| s.ended_at.is_none()) else {
            return Ok(Err(unknown(id.as_str())));
        };
        let user = users::find(c, &session.user_id)?;
        if let Some(user) = &user
            && let Err(refusal) = may_end(c, &who, user)?
        {
            return Ok(Err(refusal));
        }
        end_session(c, &id, "ended by an administrator", now)?;
        row.event.user_id = Some(session.user_id.as_str().to_owned());
        row.append(c)?;
        Ok(Ok(SessionView::of(Session { ended_at: Some(now), ..session }, user.as_ref())))
    });
    Ok(ended.await?)
}

/// Everybody ends their own sessions; those of others only from above.
fn may_end(c: &mut Conn, actor: &Actor, user: &User) -> Result<Result<(), AdminRefusal>, store::Fault> {
    if actor.user() == Some(&user.id) {
        return Ok(Ok(()));
    }
    Ok(actor.outranks(permissions_of(c, &user.role)?))
}

/// Ends every session of a person (address or id). Whose, and how many it were.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn end_all(cx: &Cx, actor: &Actor, who: &str) -> Done<(UserId, usize)> {
    if let Err(refusal) = actor.needs(Permission::SessionsWrite) {
        return Ok(Err(refusal));
    }
    let (who, now, asker) = (who.trim().to_owned(), cx.now, actor.clone());
    let mut row = event(cx, actor, "sessions_ended", About::default(), json!({}));
    let ended = cx.db().write(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(unknown_user(&who))) };
        if let Err(refusal) = may_end(c, &asker, &user)? {
            return Ok(Err(refusal));
        }
        let live = sessions::list(c, Some(&user.id), now, i64::MAX)?;
        for session in &live {
            end_session(c, &session.id, "ended by an administrator", now)?;
        }
        row.event.user_id = Some(user.id.as_str().to_owned());
        row.event.detail = json!({ "sessions": live.len() }).to_string();
        row.append(c)?;
        Ok(Ok((user.id, live.len())))
    });
    Ok(ended.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;
    use crate::time::Lifetime;

    async fn all(cx: &Cx) -> Page<SessionView> {
        search(cx, &Actor::CommandLine, None, None, 10).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn pages_of_sessions_are_whole_and_in_order() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(house.session_of(&user).await);
        }
        let cx = house.cx();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = search(&cx, &Actor::CommandLine, None, after, 2).await.unwrap().unwrap();
            seen.extend(page.items.into_iter().map(|item| item.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        seen.sort();
        made.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        assert_eq!(seen, made.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn n03_sessions_of_those_above_are_not_ended() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        house.parts.db.write(|c| store::inspect::execute(c, "UPDATE users SET role = 'owner'")).await.unwrap();
        let session = house.session_of(&user).await;
        let helper = Actor::Person {
            id: UserId("helper".to_owned()),
            permissions: crate::identity::Permissions::of(&[Permission::SessionsRead, Permission::SessionsWrite]),
        };
        let refused = end(&house.cx(), &helper, session.as_str()).await.unwrap().unwrap_err();
        assert_eq!(refused.code, "above_your_rank");
        assert_eq!(
            end_all(&house.cx(), &helper, "alice@example.com").await.unwrap().unwrap_err().code,
            "above_your_rank"
        );
        let nobody = Actor::Person { id: UserId("x".to_owned()), permissions: crate::identity::Permissions::NONE };
        assert_eq!(end(&house.cx(), &nobody, session.as_str()).await.unwrap().unwrap_err().code, "permission_missing");
    }

    #[tokio::test]
    async fn a_session_is_listed_until_it_is_ended_and_its_grants_die_with_it() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let first = house.session_of(&user).await;
        let second = house.session_of(&user).await;
        let grant = house.grant_of(&user, &first).await;
        let cx = house.cx();
        assert_eq!(all(&cx).await.items.len(), 2);
        end(&cx, &Actor::CommandLine, first.as_str()).await.unwrap().unwrap();
        assert!(house.grant(&grant).await.revoked_at.is_some());
        let again = end(&cx, &Actor::CommandLine, first.as_str()).await.unwrap();
        assert_eq!(again.unwrap_err().code, "session_unknown");
        let left = search(&cx, &Actor::CommandLine, Some("ALICE@example.com"), None, 10).await.unwrap().unwrap();
        assert_eq!(left.items.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), [second.as_str()]);
        assert_eq!(end_all(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap(), Ok((user.id.clone(), 1)));
        assert!(all(&cx).await.items.is_empty());
        let nobody = search(&cx, &Actor::CommandLine, Some("bob@example.com"), None, 10).await.unwrap();
        assert_eq!(nobody.unwrap_err().code, "user_unknown");
    }

    #[tokio::test]
    async fn an_idle_session_is_not_listed() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        house.session_of(&user).await;
        house.clock.advance(house.parts.policy.sessions.idle + Lifetime::from_seconds(1));
        assert!(all(&house.cx()).await.items.is_empty());
    }
}
