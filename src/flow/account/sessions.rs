//! Owns what people do with their own sessions: look and end. It does not own when a session ends by itself
//! (`identity::session`), nor logging out (`flow::oauth::logout`), whose ending it shares.

use serde_json::json;

use crate::flow::audit::Entry;
use crate::flow::oauth::logout::end_session;
use crate::flow::own_app::Visit;
use crate::flow::{Cx, Fault};
use crate::identity::browser::{self, Browser};
use crate::identity::{Session, SessionId, UserId};
use crate::messages::Language;
use crate::store::sessions;

/// More are not shown; the others button ends them all.
const MOST: i64 = 200;

/// The live sessions of a person, last used first.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx, user: &UserId) -> Result<Vec<Session>, Fault> {
    let (user, now, rule) = (user.clone(), cx.now, cx.policy().sessions);
    let mut found = cx.db().read(move |c| sessions::list(c, Some(&user), now, MOST)).await?;
    found.retain(|session| session.is_live(rule, now));
    Ok(found)
}

/// Ends one session of the person themselves, with everything that hangs on it. `false`: they have none of this id.
///
/// # Errors
/// A [`Fault`].
pub async fn end(cx: &Cx, visit: &Visit, id: &str) -> Result<bool, Fault> {
    if id.contains('\0') {
        return Ok(false);
    }
    let (id, user, now) = (SessionId(id.to_owned()), visit.user.id.clone(), cx.now);
    let entry = own_entry(cx, "session_ended", &user, json!({ "session": id.as_str() }));
    let ended = cx.db().write(move |c| {
        let is_own = sessions::find(c, &id)?.is_some_and(|s| s.user_id == user && s.ended_at.is_none());
        if !is_own {
            return Ok(false);
        }
        end_session(c, &id, "ended by the person", now)?;
        entry.append(c)?;
        Ok(true)
    });
    Ok(ended.await?)
}

/// Ends every session of the person but the one they sit at. How many it were.
///
/// # Errors
/// A [`Fault`].
pub async fn end_others(cx: &Cx, visit: &Visit) -> Result<usize, Fault> {
    let (user, own, now) = (visit.user.id.clone(), visit.session.session_id.clone(), cx.now);
    let made = own_entry(cx, "sessions_ended", &user, json!({}));
    let ended = cx.db().write(move |c| {
        let mut others = sessions::list(c, Some(&user), now, i64::MAX)?;
        others.retain(|session| session.id != own);
        for session in &others {
            end_session(c, &session.id, "ended by the person", now)?;
        }
        if !others.is_empty() {
            let mut entry = made.clone();
            entry.event.detail = json!({ "sessions": others.len() }).to_string();
            entry.append(c)?;
        }
        Ok(others.len())
    });
    Ok(ended.await?)
}

/// A browser in the words of somebody's language, from the description that it sends.
pub fn browser_in_words(language: Language, agent: &str) -> String {
    let Browser { name, system } = browser::read(agent);
    let name = name.unwrap_or_else(|| language.say("browser-unknown").into());
    match system {
        Some(system) => language.say("browser-on-system").text("browser", name).text("system", system).into(),
        None => name,
    }
}

/// Something that a person did to their own account.
pub(super) fn own_entry(cx: &Cx, kind: &str, user: &UserId, detail: serde_json::Value) -> Entry {
    let mut entry = Entry::new(cx, kind);
    entry.event.user_id = Some(user.as_str().to_owned());
    entry.event.detail = detail.to_string();
    entry
}
