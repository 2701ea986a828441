//! Owns the console's own client: the console signs administrators in through Vouchsafe itself, like any app. Nobody can change
//! it. It does not own the console.

use super::client_document::{ClientDocument, draft};
use crate::flow::Cx;
use crate::flow::cx::base64url;
use crate::flow::{Fault, Parts};
use crate::oauth::client::{Client, ClientAuthMethod, ClientSecret, GrantType};
use crate::oauth::client_policy::{ClientPolicy, Profile, RefreshRule};
use crate::oauth::scope::ScopeSet;
use crate::secret::token::hash;
use crate::sensitive::Sensitive;
use crate::store::clients;

/// The id of the console's client.
pub const CONSOLE_CLIENT_ID: &str = "vouchsafe-console";

/// Whether this id is that of the console's client.
pub fn is_it(client_id: &str) -> bool {
    client_id == CONSOLE_CLIENT_ID
}

/// The console's client as it must be. It has a secret, though it runs inside of the provider: without one it would count as
/// an app that any program on the person's machine could pose as, and they would be asked for consent.
fn wanted(cx: &Cx) -> Client {
    let base = draft(Profile::Web, CONSOLE_CLIENT_ID.to_owned(), cx.now);
    Client {
        name: "Vouchsafe console".to_owned(),
        auth_method: ClientAuthMethod::ClientSecretPost,
        redirect_uris: vec![format!("{}/admin/callback", cx.issuer())],
        post_logout_redirect_uris: vec![format!("{}/admin", cx.issuer())],
        grants: vec![GrantType::AuthorizationCode],
        scopes: ScopeSet::of(["openid", "profile", "email"]),
        policy: ClientPolicy { trusted: true, refresh: RefreshRule::Never, ..base.policy.clone() },
        ..base
    }
}

/// Its secret. Derived from the master key and stored as a hash only, so that every node knows it and no backup holds it.
pub fn secret(parts: &Parts) -> Sensitive {
    Sensitive::new(base64url(&parts.forms.tag(&[b"secret of the console's client"])))
}

/// Makes sure that the console's client is there as it must be; at the start of the program, since the issuer may have
/// changed. A client of an administrator's under this id gives way: the id is ours.
///
/// # Errors
/// A [`Fault`].
pub async fn ensure(cx: &Cx) -> Result<(), Fault> {
    let wanted = wanted(cx);
    let there = cx.db().read(|c| clients::find(c, CONSOLE_CLIENT_ID)).await?;
    if there.is_some_and(|there| ClientDocument::of(&there) == ClientDocument::of(&wanted)) {
        return Ok(());
    }
    let change = super::change::Change::new(cx, &super::Actor::Program);
    let secret = ClientSecret {
        id: CONSOLE_CLIENT_ID.to_owned(),
        client_id: CONSOLE_CLIENT_ID.to_owned(),
        hash: hash(secret(&cx.parts).expose()),
        created_at: cx.now,
        expires_at: None,
    };
    let made = cx.db().write(move |c| {
        let before = clients::find_for_update(c, CONSOLE_CLIENT_ID)?;
        let client = Client { version: before.as_ref().map_or(1, |b| b.version + 1), ..wanted.clone() };
        let document = |client: &Client| serde_json::json!(ClientDocument::of(client));
        if before.as_ref().map(document) == Some(document(&client)) {
            return Ok(()); // another node was faster
        }
        clients::delete(c, CONSOLE_CLIENT_ID)?;
        if !clients::insert(c, &client)? {
            return Ok(());
        }
        clients::secret_insert(c, &secret)?;
        let detail = super::change::differences(before.as_ref().map(document).as_ref(), Some(&document(&client)));
        change.log(c, "console_client_made", super::About::client(CONSOLE_CLIENT_ID), detail)
    });
    Ok(made.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::{Actor, bench, client};
    use crate::time::Lifetime;

    #[tokio::test]
    async fn n03_nobody_changes_the_client_of_the_console() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        ensure(&cx).await.unwrap();
        ensure(&cx).await.unwrap();
        assert_eq!(house.events().await, ["console_client_made by program"], "once");
        let view = client::find(&cx, &actor, CONSOLE_CLIENT_ID).await.unwrap().unwrap();
        assert!(view.built_in && view.secrets.len() == 1 && view.document.trusted);
        assert_eq!(view.document.redirect_uris, ["https://id.test/admin/callback"]);
        let id = CONSOLE_CLIENT_ID;
        let document = ClientDocument { name: "Mine".to_owned(), ..view.document.clone() };
        let refusals = [
            client::replace(&cx, &actor, id, document.clone(), None).await.unwrap().unwrap_err(),
            client::rotate_secret(&cx, &actor, id, Lifetime::ZERO).await.unwrap().unwrap_err(),
            client::revoke_secret(&cx, &actor, id, "x").await.unwrap().unwrap_err(),
            client::disable(&cx, &actor, id, None).await.unwrap().unwrap_err(),
            client::enable(&cx, &actor, id, None).await.unwrap().unwrap_err(),
            client::remove(&cx, &actor, id, None).await.unwrap().unwrap_err(),
        ];
        assert!(refusals.iter().all(|r| r.code == "built_in"), "{refusals:?}");
        assert_eq!(client::find(&cx, &actor, id).await.unwrap().unwrap(), view);
    }

    #[tokio::test]
    async fn the_id_of_the_console_is_ours_from_the_start() {
        let house = bench::house().await;
        let cx = house.cx();
        let document = ClientDocument {
            client_id: Some(CONSOLE_CLIENT_ID.to_owned()),
            redirect_uris: vec!["https://evil.test/cb".to_owned()],
            ..ClientDocument::new(Profile::Web, "Console")
        };
        let refused = client::create(&cx, &Actor::CommandLine, document).await.unwrap().unwrap_err();
        assert_eq!(refused.code, "built_in");
    }
}
