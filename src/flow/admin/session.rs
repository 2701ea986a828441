//! Owns what administrators do to sessions: look and end. It does not own when a session ends by itself
//! (`identity::session`) nor a person's own logout (`flow::oauth::logout`), whose ending it shares.

use serde_json::json;

use super::user::find_in;
use super::{About, Actor, AdminRefusal, event};
use crate::flow::oauth::logout::end_session;
use crate::flow::{Cx, Fault};
use crate::identity::{Session, SessionId, User, UserId};
use crate::store::{sessions, users};

/// Why no session was ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionRefusal {
    /// No such session, or it is over.
    #[error("there is no live session {0:?}; `vouchsafe session list` shows all")]
    Unknown(String),
    /// No such person.
    #[error("there is no account {0:?}; `vouchsafe user list` shows all")]
    UnknownUser(String),
}

impl From<SessionRefusal> for AdminRefusal {
    fn from(refusal: SessionRefusal) -> Self {
        match refusal {
            SessionRefusal::Unknown(_) => Self::unknown("unknown_session", "there is no live session of this id"),
            SessionRefusal::UnknownUser(who) => {
                Self::unknown("unknown_user", format!("there is no account {who:?}")).at("person")
            }
        }
    }
}

/// A session with whose it is.
pub struct Listed {
    /// The session.
    pub session: Session,
    /// Its person; `None` if the account was removed at this very moment.
    pub user: Option<User>,
}

/// Up to `limit` live sessions, last used first; of one person (address or id) or of all.
///
/// # Errors
/// Inner: [`SessionRefusal::UnknownUser`]. Outer: a [`Fault`].
pub async fn list(cx: &Cx, who: Option<&str>, limit: i64) -> Result<Result<Vec<Listed>, SessionRefusal>, Fault> {
    let (who, now, rule) = (who.map(|w| w.trim().to_owned()), cx.now, cx.policy().sessions);
    let found = cx.db().read(move |c| {
        let user = match &who {
            None => None,
            Some(who) => match find_in(c, who)? {
                Some(user) => Some(user.id),
                None => return Ok(Err(SessionRefusal::UnknownUser(who.clone()))),
            },
        };
        let mut listed = Vec::new();
        for session in sessions::list(c, user.as_ref(), now, limit)? {
            if session.is_live(rule, now) {
                let user = users::find(c, &session.user_id)?;
                listed.push(Listed { session, user });
            }
        }
        Ok(Ok(listed))
    });
    Ok(found.await?)
}

/// Ends one session and everything that hangs on it.
///
/// # Errors
/// Inner: [`SessionRefusal::Unknown`]. Outer: a [`Fault`].
pub async fn end(cx: &Cx, actor: &Actor, id: &str) -> Result<Result<Session, SessionRefusal>, Fault> {
    if id.contains('\0') {
        return Ok(Err(SessionRefusal::Unknown(id.to_owned())));
    }
    let (id, now) = (SessionId(id.trim().to_owned()), cx.now);
    let mut row = event(cx, actor, "session_ended", About::default(), json!({ "session": id.as_str() }));
    let ended = cx.db().write(move |c| {
        let Some(session) = sessions::find(c, &id)?.filter(|s| s.ended_at.is_none()) else {
            return Ok(Err(SessionRefusal::Unknown(id.as_str().to_owned())));
        };
        end_session(c, &id, "ended by an administrator", now)?;
        row.event.user_id = Some(session.user_id.as_str().to_owned());
        row.append(c)?;
        Ok(Ok(Session { ended_at: Some(now), ..session }))
    });
    Ok(ended.await?)
}

/// Ends every session of a person (address or id). Whose, and how many it were.
///
/// # Errors
/// Inner: [`SessionRefusal::UnknownUser`]. Outer: a [`Fault`].
pub async fn end_all(cx: &Cx, actor: &Actor, who: &str) -> Result<Result<(UserId, usize), SessionRefusal>, Fault> {
    let (who, now) = (who.trim().to_owned(), cx.now);
    let mut row = event(cx, actor, "sessions_ended", About::default(), json!({}));
    let ended = cx.db().write(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(SessionRefusal::UnknownUser(who.clone()))) };
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

    #[tokio::test]
    async fn a_session_is_listed_until_it_is_ended_and_its_grants_die_with_it() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        let first = house.session_of(&user).await;
        let second = house.session_of(&user).await;
        let grant = house.grant_of(&user, &first).await;
        let cx = house.cx();
        assert_eq!(list(&cx, None, 10).await.unwrap().unwrap().len(), 2);
        end(&cx, &Actor::CommandLine, first.as_str()).await.unwrap().unwrap();
        assert!(house.grant(&grant).await.revoked_at.is_some());
        let again = end(&cx, &Actor::CommandLine, first.as_str()).await.unwrap();
        assert!(matches!(again, Err(SessionRefusal::Unknown(_))));
        let left = list(&cx, Some("ALICE@example.com"), 10).await.unwrap().unwrap();
        assert_eq!(left.iter().map(|l| &l.session.id).collect::<Vec<_>>(), [&second]);
        assert_eq!(end_all(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap(), Ok((user.id.clone(), 1)));
        assert!(list(&cx, None, 10).await.unwrap().unwrap().is_empty());
        let nobody = list(&cx, Some("bob@example.com"), 10).await.unwrap();
        assert!(matches!(nobody, Err(SessionRefusal::UnknownUser(_))));
    }

    #[tokio::test]
    async fn an_idle_session_is_not_listed() {
        let house = bench::house().await;
        let user = house.person("alice@example.com").await;
        house.session_of(&user).await;
        house.clock.advance(house.parts.policy.sessions.idle + Lifetime::from_seconds(1));
        assert!(list(&house.cx(), None, 10).await.unwrap().unwrap().is_empty());
    }
}
