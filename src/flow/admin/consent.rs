//! Owns what administrators do to remembered consents: look and withdraw. It does not own whether a consent covers a
//! request (`oauth::consent`).

use serde_json::json;

use super::refusal::granted;
use super::user::find_in;
use super::{About, Actor, AdminRefusal, Done, event, rank};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::oauth::consent::Consent;
use crate::store::{codes, consents, grants};

/// Why there is nothing to show or to withdraw.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentRefusal {
    /// No such person.
    #[error("there is no account {0:?}")]
    UnknownUser(String),
    /// The person has allowed this client nothing.
    #[error("this person has given the client {0:?} no consent")]
    Nothing(String),
}

impl From<ConsentRefusal> for AdminRefusal {
    fn from(refusal: ConsentRefusal) -> Self {
        let code = match refusal {
            ConsentRefusal::UnknownUser(_) => "unknown_user",
            ConsentRefusal::Nothing(_) => "unknown_consent",
        };
        Self::unknown(code, refusal.to_string())
    }
}

/// Everything a person (address or id) has allowed, in order of the clients' ids.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(cx: &Cx, actor: &Actor, who: &str) -> Done<Vec<Consent>> {
    granted!(actor.needs(Permission::UsersRead));
    let who = who.trim().to_owned();
    let found = cx.db().read(move |c| match find_in(c, &who)? {
        Some(user) => Ok(Ok(consents::list_of_user(c, &user.id)?)),
        None => Ok(Err(ConsentRefusal::UnknownUser(who.clone()).into())),
    });
    Ok(found.await?)
}

/// Takes back what a person allowed a client, and ends what came of it: codes not yet used, grants and so their tokens.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn withdraw(cx: &Cx, actor: &Actor, who: &str, client_id: &str) -> Done<()> {
    granted!(actor.needs(Permission::UsersWrite));
    if client_id.contains('\0') {
        return Ok(Err(ConsentRefusal::Nothing(client_id.to_owned()).into()));
    }
    let actor_then = actor.clone();
    let (who, client, now) = (who.trim().to_owned(), client_id.to_owned(), cx.now);
    let mut row = event(cx, actor, "consent_withdrawn", About::client(client_id), json!({}));
    let done = cx.db().write(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(ConsentRefusal::UnknownUser(who.clone()).into())) };
        granted!(rank::may_act_on(c, &actor_then, &user)?);
        let had_consent = consents::withdraw(c, &user.id, &client)?;
        codes::delete_of_client_and_user(c, &client, &user.id)?;
        // A trusted client has grants without a consent: those end too.
        let ended = grants::revoke_of_user_and_client(c, &user.id, &client, "consent was withdrawn", now)?;
        if !had_consent && ended == 0 {
            return Ok(Err(ConsentRefusal::Nothing(client.clone()).into()));
        }
        row.event.user_id = Some(user.id.as_str().to_owned());
        row.event.detail = json!({ "grants_ended": ended }).to_string();
        row.append(c)?;
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
        assert_eq!(list(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap().unwrap().len(), 1);
        let other = withdraw(&cx, &Actor::CommandLine, "alice@example.com", "other").await.unwrap();
        assert_eq!(other.unwrap_err().code, "unknown_consent");
        assert!(house.grant(&grant).await.revoked_at.is_none());
        withdraw(&cx, &Actor::CommandLine, "alice@example.com", bench::CLIENT).await.unwrap().unwrap();
        assert!(house.grant(&grant).await.revoked_at.is_some());
        assert!(list(&cx, &Actor::CommandLine, "alice@example.com").await.unwrap().unwrap().is_empty());
        let again = withdraw(&cx, &Actor::CommandLine, "alice@example.com", bench::CLIENT).await.unwrap();
        assert!(again.is_err());
    }
}
