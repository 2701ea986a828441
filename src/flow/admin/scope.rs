//! Owns what administrators do to scopes of their own: add or change, look, remove. It does not own the standard scopes
//! (`oauth::scope`) nor which client may ask for which (`client`).

use serde_json::json;

use super::{About, Actor, TextRefusal, event, plain_text};
use crate::flow::{Cx, Fault};
use crate::oauth::claims;
use crate::oauth::scope::{Scope, is_scope_token, is_standard};
use crate::store::{clients, scopes};

/// Why nothing was done. The words say what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// RFC 6749 section 3.3.
    #[error(
        "{0:?} cannot be a scope: use 1 to 100 visible ASCII characters without spaces, quotes and backslashes, for example orders:read"
    )]
    Name(String),
    /// Standard scopes mean the same everywhere.
    #[error("{0} is a standard scope and cannot be changed")]
    Standard(String),
    /// The words on the consent page.
    #[error("the description {0}; the consent page shows it to people, for example \"Read your orders\"")]
    Description(TextRefusal),
    /// Not a claim that we have.
    #[error("there is no claim {0:?} about people here; there are: {known}", known = releasable().join(", "))]
    Claim(String),
    /// The `aud` of tokens.
    #[error(
        "the audience {0:?} cannot be used: write the API's address or name, 1 to 200 visible characters without spaces"
    )]
    Audience(String),
    /// No such scope.
    #[error("there is no scope {0:?} that an administrator defined; `vouchsafe scope list` shows all")]
    Unknown(String),
    /// Clients would ask for something that is no more.
    #[error("the scope is given to these clients: {}; take it from them first (`vouchsafe client edit ID --remove-scope …`)", .0.join(", "))]
    InUse(Vec<String>),
}

/// Claims about a person that a scope may release at userinfo.
pub fn releasable() -> Vec<&'static str> {
    // The protocol's own claims stand first in the list and are no property of a person.
    let own = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sid", "at_hash"];
    let more = ["phone_number", "phone_number_verified", "address"];
    claims::SUPPORTED.iter().copied().filter(|name| !own.contains(name)).chain(more).collect()
}

/// Whether a text can be the `aud` of an access token.
pub(super) fn is_audience(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| matches!(b, 0x21..=0x7e))
}

/// Judges a scope that an administrator wrote; gives it in its stored form.
fn judge(scope: Scope) -> Result<Scope, ScopeRefusal> {
    if !is_scope_token(&scope.name) || scope.name.len() > 100 {
        return Err(ScopeRefusal::Name(scope.name));
    }
    if is_standard(&scope.name) {
        return Err(ScopeRefusal::Standard(scope.name));
    }
    let description = plain_text(&scope.description, 200).map_err(ScopeRefusal::Description)?;
    let known = releasable();
    if let Some(odd) = scope.claims.iter().find(|claim| !known.contains(&claim.as_str())) {
        return Err(ScopeRefusal::Claim(odd.clone()));
    }
    if let Some(odd) = scope.audience.as_ref().filter(|audience| !is_audience(audience)) {
        return Err(ScopeRefusal::Audience(odd.clone()));
    }
    let mut claims = scope.claims;
    claims.sort();
    claims.dedup();
    Ok(Scope { description, claims, ..scope })
}

/// Adds a scope, or replaces the one of the same name.
///
/// # Errors
/// Inner: a [`ScopeRefusal`]. Outer: a [`Fault`].
pub async fn add(cx: &Cx, actor: &Actor, scope: Scope) -> Result<Result<Scope, ScopeRefusal>, Fault> {
    let scope = match judge(scope) {
        Ok(scope) => scope,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let row = event(cx, actor, "scope_added", About::default(), json!(scope));
    let (saved, now) = (scope.clone(), cx.now);
    cx.db()
        .write(move |c| {
            scopes::upsert(c, &saved, now)?;
            row.append(c)
        })
        .await?;
    Ok(Ok(scope))
}

/// All scopes that administrators defined, in order of their names.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx) -> Result<Vec<Scope>, Fault> {
    Ok(cx.db().read(scopes::list).await?)
}

/// Removes a scope that no client has.
///
/// # Errors
/// Inner: a [`ScopeRefusal`]. Outer: a [`Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, name: &str) -> Result<Result<(), ScopeRefusal>, Fault> {
    if is_standard(name) {
        return Ok(Err(ScopeRefusal::Standard(name.to_owned())));
    }
    if !is_scope_token(name) {
        return Ok(Err(ScopeRefusal::Unknown(name.to_owned())));
    }
    let (name, row) = (name.to_owned(), event(cx, actor, "scope_removed", About::default(), json!({ "name": name })));
    let removed = cx.db().write(move |c| {
        let holders: Vec<String> = clients::list(c, None, i64::MAX)?
            .into_iter()
            .filter(|client| client.scopes.contains(&name))
            .map(|client| client.client_id)
            .collect();
        if !holders.is_empty() {
            return Ok(Err(ScopeRefusal::InUse(holders)));
        }
        if !scopes::delete(c, &name)? {
            return Ok(Err(ScopeRefusal::Unknown(name.clone())));
        }
        row.append(c)?;
        Ok(Ok(()))
    });
    Ok(removed.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::bench;

    fn orders() -> Scope {
        Scope {
            name: "orders:read".to_owned(),
            description: " Read your orders ".to_owned(),
            claims: vec!["locale".to_owned(), "email".to_owned(), "email".to_owned()],
            audience: Some("https://api.test".to_owned()),
        }
    }

    #[test]
    fn scopes_are_judged_in_every_part() {
        let good = judge(orders()).unwrap();
        assert_eq!((good.description.as_str(), good.claims.len()), ("Read your orders", 2));
        let change = |f: fn(&mut Scope)| {
            let mut scope = orders();
            f(&mut scope);
            judge(scope).unwrap_err()
        };
        assert!(matches!(change(|s| s.name = "a b".into()), ScopeRefusal::Name(_)));
        assert!(matches!(change(|s| s.name = String::new()), ScopeRefusal::Name(_)));
        assert!(matches!(change(|s| s.name = "é".into()), ScopeRefusal::Name(_)));
        assert!(matches!(change(|s| s.name = "a".repeat(101)), ScopeRefusal::Name(_)));
        assert!(matches!(change(|s| s.name = "openid".into()), ScopeRefusal::Standard(_)));
        assert!(matches!(change(|s| s.description = " ".into()), ScopeRefusal::Description(TextRefusal::Empty)));
        assert!(matches!(change(|s| s.claims.push("sub".into())), ScopeRefusal::Claim(_)));
        assert!(matches!(change(|s| s.claims.push("salary".into())), ScopeRefusal::Claim(_)));
        assert!(matches!(change(|s| s.audience = Some("a b".into())), ScopeRefusal::Audience(_)));
        assert!(matches!(change(|s| s.audience = Some(String::new())), ScopeRefusal::Audience(_)));
    }

    #[tokio::test]
    async fn a_scope_in_use_stays() {
        let house = bench::house().await;
        let cx = house.cx();
        add(&cx, &Actor::CommandLine, orders()).await.unwrap().unwrap();
        assert_eq!(list(&cx).await.unwrap().len(), 1);
        house.give_scope("orders:read").await;
        let refused = remove(&cx, &Actor::CommandLine, "orders:read").await.unwrap();
        assert_eq!(refused, Err(ScopeRefusal::InUse(vec![bench::CLIENT.to_owned()])));
        house.take_scopes().await;
        remove(&cx, &Actor::CommandLine, "orders:read").await.unwrap().unwrap();
        let again = remove(&cx, &Actor::CommandLine, "orders:read").await.unwrap();
        assert!(matches!(again, Err(ScopeRefusal::Unknown(_))));
    }
}
