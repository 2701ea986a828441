//! Owns the clients of our own apps: they sign people in through Vouchsafe itself, like any app. Nobody can change them. It
//! does not own the apps.

use super::OwnApp;
use crate::flow::Cx;
use crate::flow::admin::change::{Change, differences};
use crate::flow::admin::client_document::{ClientDocument, draft};
use crate::flow::admin::{About, Actor};
use crate::flow::cx::base64url;
use crate::flow::{Fault, Parts};
use crate::oauth::client::{Client, ClientAuthMethod, ClientSecret, GrantType};
use crate::oauth::client_policy::{ClientPolicy, Profile, RefreshRule};
use crate::oauth::scope::ScopeSet;
use crate::secret::token::hash;
use crate::sensitive::Sensitive;
use crate::store::clients;

/// Whether this id is that of a client of ours.
pub fn is_own(client_id: &str) -> bool {
    OwnApp::of_client(client_id).is_some()
}

/// The client as it must be. It has a secret, though it runs inside of the provider: without one it would count as an app
/// that any program on the person's machine could pose as, and they would be asked for consent.
fn wanted(cx: &Cx, app: OwnApp) -> Client {
    let base = draft(Profile::Web, app.client_id().to_owned(), cx.now);
    let name = match app {
        OwnApp::Console => "Vouchsafe console",
        OwnApp::Account => "Account pages",
    };
    Client {
        name: name.to_owned(),
        auth_method: ClientAuthMethod::ClientSecretPost,
        redirect_uris: vec![format!("{}{}", cx.issuer(), app.callback())],
        post_logout_redirect_uris: vec![format!("{}{}", cx.issuer(), app.root())],
        grants: vec![GrantType::AuthorizationCode],
        scopes: ScopeSet::of(["openid", "profile", "email"]),
        policy: ClientPolicy { trusted: true, refresh: RefreshRule::Never, ..base.policy.clone() },
        ..base
    }
}

/// Its secret. Derived from the master key and stored as a hash only, so that every node knows it and no backup holds it.
pub fn secret(app: OwnApp, parts: &Parts) -> Sensitive {
    let what = format!("secret of the {}'s client", app.name());
    Sensitive::new(base64url(&parts.forms.tag(&[what.as_bytes()])))
}

/// Makes sure that our clients are there as they must be; at the start of the program, since the issuer may have changed. A
/// client of an administrator's under such an id gives way: the id is ours.
///
/// # Errors
/// A [`Fault`].
pub async fn ensure(cx: &Cx) -> Result<(), Fault> {
    for app in OwnApp::ALL {
        ensure_one(cx, app).await?;
    }
    Ok(())
}

async fn ensure_one(cx: &Cx, app: OwnApp) -> Result<(), Fault> {
    let (wanted, id) = (wanted(cx, app), app.client_id());
    let there = cx.db().read(|c| clients::find(c, id)).await?;
    if there.is_some_and(|there| ClientDocument::of(&there) == ClientDocument::of(&wanted)) {
        return Ok(());
    }
    let change = Change::new(cx, &Actor::Program);
    let secret = ClientSecret {
        id: id.to_owned(),
        client_id: id.to_owned(),
        hash: hash(secret(app, &cx.parts).expose()),
        created_at: cx.now,
        expires_at: None,
    };
    let made = cx.db().write(move |c| {
        let before = clients::find_for_update(c, id)?;
        let client = Client { version: before.as_ref().map_or(1, |b| b.version + 1), ..wanted.clone() };
        let document = |client: &Client| serde_json::json!(ClientDocument::of(client));
        if before.as_ref().map(document) == Some(document(&client)) {
            return Ok(()); // another node was faster
        }
        clients::delete(c, id)?;
        if !clients::insert(c, &client)? {
            return Ok(());
        }
        clients::secret_insert(c, &secret)?;
        let detail = differences(before.as_ref().map(document).as_ref(), Some(&document(&client)));
        change.log(c, "own_client_made", About::client(id), detail)
    });
    Ok(made.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::admin::{bench, client};
    use crate::time::Lifetime;

    #[tokio::test]
    async fn n03_nobody_changes_the_clients_of_our_own_apps() {
        let house = bench::house().await;
        let (cx, actor) = (house.cx(), Actor::CommandLine);
        ensure(&cx).await.unwrap();
        ensure(&cx).await.unwrap();
        assert_eq!(house.events().await, ["own_client_made by program"; 2], "once each");
        for app in OwnApp::ALL {
            let id = app.client_id();
            let view = client::find(&cx, &actor, id).await.unwrap().unwrap();
            assert!(view.built_in && view.secrets.len() == 1 && view.document.trusted);
            assert_eq!(view.document.redirect_uris, [format!("https://id.test{}", app.callback())]);
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
    }

    #[tokio::test]
    async fn the_ids_of_our_own_apps_are_ours_from_the_start() {
        let house = bench::house().await;
        let cx = house.cx();
        for app in OwnApp::ALL {
            let document = ClientDocument {
                client_id: Some(app.client_id().to_owned()),
                redirect_uris: vec!["https://evil.test/cb".to_owned()],
                ..ClientDocument::new(Profile::Web, "Console")
            };
            let refused = client::create(&cx, &Actor::CommandLine, document).await.unwrap().unwrap_err();
            assert_eq!(refused.code, "built_in");
        }
    }
}
