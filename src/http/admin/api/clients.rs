//! Owns clients in the API. It does not own what is done to them (`flow::admin::client`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Answer, Held};
use super::call::{ApiCall, patched};
use super::route::{ApiRoute, Kind, Outcome, Query, all, line, may};
use super::{AFTER, LIMIT};
use crate::flow::admin::client::{self, Registered, Rotated, SECRET_OVERLAP};
use crate::flow::admin::client_document::{ClientDocument, ClientView};
use crate::flow::admin::client_logo;
use crate::flow::admin::preview::{self, Preview, PreviewRequest};
use crate::flow::admin::snippets::{self, Snippet};
use crate::identity::Permission;
use crate::oauth::client_policy::Profile;
use crate::store::clients::ClientSearch;
use crate::time::Lifetime;

const READ: Permission = Permission::ClientsRead;
const WRITE: Permission = Permission::ClientsWrite;

pub(super) const ROUTES: &[ApiRoute] = &[
    line!(Get, "/clients", may(READ), client_list)
        .does("Lists clients in order of their ids.")
        .query(&[
            LIMIT,
            AFTER,
            Query::new("begins", Kind::Text, "How the id or the name begins; upper and lower case are one."),
            Query::new("profile", Kind::Word(&["web", "spa", "native", "service"]), "Of this kind."),
            Query::new("disabled", Kind::Flag, "Whether it is switched off."),
        ])
        .gives_page::<ClientView>(),
    line!(Post, "/clients", may(WRITE), client_create)
        .does("Adds a client.")
        .more("What is left out takes the profile's default. A confidential client gets a secret, shown this once.")
        .takes::<ClientDocument>()
        .example(r#"{"profile":"web","name":"Wiki","redirect_uris":["https://wiki.example.com/callback"]}"#)
        .creates::<NewClientAnswer>()
        .versioned(),
    line!(Get, "/clients/{client_id}", may(READ), client_find)
        .does("Shows a client with every field of its policy.")
        .gives::<ClientView>()
        .versioned(),
    line!(Put, "/clients/{client_id}", may(WRITE), client_replace)
        .does("Replaces what is written of a client.")
        .takes::<ClientDocument>()
        .gives::<ClientView>()
        .versioned(),
    line!(Patch, "/clients/{client_id}", all(&[WRITE, READ]), client_patch)
        .does("Changes members of what is written of a client.")
        .takes::<ClientDocument>()
        .gives::<ClientView>()
        .versioned(),
    line!(Delete, "/clients/{client_id}", may(WRITE), client_remove)
        .does("Removes a client with its secrets, consents and grants.")
        .versioned(),
    line!(Get, "/clients/{client_id}/removal-effects", may(READ), client_removal_effects)
        .does("Tells what removing the client would end.")
        .gives::<ClientRemovalEffects>(),
    line!(Post, "/clients/{client_id}/disable", may(WRITE), client_disable)
        .does("Switches a client off; all that it was given ends.")
        .gives::<ClientView>()
        .versioned(),
    line!(Post, "/clients/{client_id}/enable", may(WRITE), client_enable)
        .does("Switches a client on again.")
        .gives::<ClientView>()
        .versioned(),
    line!(Post, "/clients/{client_id}/secrets", may(WRITE), client_secret_rotate)
        .does("Gives a client a new secret, shown this once.")
        .more(
            "The secret before it goes on for `overlap_seconds` (24 hours without it). There are never more than two: a third \
             one is refused, or has an overlap of 0 and ends both.",
        )
        .takes::<NewSecret>()
        .example(r#"{"overlap_seconds":3600}"#)
        .creates::<SecretAnswer>(),
    line!(Delete, "/clients/{client_id}/secrets/{secret_id}", may(WRITE), client_secret_revoke)
        .does("Ends a secret of a client at once.")
        .gives::<ClientView>(),
    line!(Get, "/clients/{client_id}/logo", may(READ), client_logo)
        .does("Gives the logo of a client, as it was sent.")
        .gives_image()
        .versioned(),
    line!(Put, "/clients/{client_id}/logo", may(WRITE), client_logo_set)
        .does("Gives a client this logo, in place of the one it has.")
        .more("A PNG, JPEG or WebP image of at most 64 KiB, with 16 to 1024 pixels in each direction.")
        .takes_image()
        .gives::<ClientView>()
        .versioned(),
    line!(Delete, "/clients/{client_id}/logo", may(WRITE), client_logo_remove)
        .does("Takes the logo of a client away.")
        .gives::<ClientView>()
        .versioned(),
    line!(Get, "/clients/{client_id}/settings", may(READ), client_settings)
        .does("Gives settings for common libraries, filled in with the client's values.")
        .gives_page::<Snippet>(),
    line!(Post, "/clients/{client_id}/preview", may(READ), client_preview)
        .does("Shows which tokens a person would get at the client with these scopes, and why.")
        .more("Issues nothing. With a person it needs `admin:users:read` too.")
        .takes::<PreviewQuestion>()
        .example(r#"{"user":"ada@example.com","scopes":["openid","email"]}"#)
        .gives::<Preview>(),
];

/// A client that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = NewClientView)]
struct NewClientAnswer {
    /// The client.
    #[serde(flatten)]
    client: ClientView,
    /// Its secret, shown this once; null for a public client.
    client_secret: Option<String>,
}

/// What to preview.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreviewQuestion {
    /// The person: address or id. Without one, the client acts for itself.
    #[serde(default)]
    user: Option<String>,
    /// The scopes that are asked for.
    #[serde(default)]
    scopes: Vec<String>,
    /// The resources that are asked for (RFC 8707).
    #[serde(default)]
    resources: Vec<String>,
}

/// How the secret before goes on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    /// For how long the secret before goes on, in seconds; at most 30 days.
    #[schema(minimum = 0, maximum = 2592000)]
    overlap_seconds: Option<u32>,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSecretView)]
struct SecretAnswer {
    /// The client.
    client: ClientView,
    /// The name of the new secret, to revoke it by.
    secret_id: String,
    /// The secret, shown this once.
    client_secret: String,
    /// Until when the secret before it is good (RFC 3339).
    old_until: String,
}

/// What goes with a client.
#[derive(Serialize, ToSchema)]
struct ClientRemovalEffects {
    /// People who allowed it something.
    consents: i64,
    /// Grants that end, and with them refresh tokens and access tokens.
    grants: i64,
    /// Secrets that are good now.
    secrets: i64,
}

fn found(view: &ClientView) -> Outcome {
    Ok(Answer::json(view)?.version(view.version))
}

async fn client_list(call: ApiCall) -> Outcome {
    let wanted = ClientSearch {
        begins: call.owned("begins"),
        profile: call.text("profile").and_then(Profile::parse),
        disabled: call.flag("disabled"),
    };
    let page = client::list(call.cx(), &call.actor, wanted, call.after()?, call.limit()?).await??;
    Answer::page(&call, page)
}

async fn client_create(call: ApiCall) -> Outcome {
    let Registered { view, secret } = client::create(call.cx(), &call.actor, call.body()?).await??;
    let (id, version) = (view.document.client_id.clone().unwrap_or_default(), view.version);
    let client_secret = secret.map(|secret| secret.expose().to_owned());
    Ok(Answer::json(&NewClientAnswer { client: view, client_secret })?.version(version).at(&["clients", &id]))
}

async fn client_find(call: ApiCall) -> Outcome {
    found(&client::find(call.cx(), &call.actor, call.part("client_id")).await??)
}

async fn client_replace(call: ApiCall) -> Outcome {
    let (id, document) = (call.part("client_id"), call.body()?);
    found(&client::replace(call.cx(), &call.actor, id, document, call.expect()).await??)
}

async fn client_patch(call: ApiCall) -> Outcome {
    let id = call.part("client_id");
    let find = || client::find(call.cx(), &call.actor, id);
    patched!(call, find, |document, expect| client::replace(call.cx(), &call.actor, id, document, expect))
}

async fn client_remove(call: ApiCall) -> Outcome {
    client::remove(call.cx(), &call.actor, call.part("client_id"), call.expect()).await??;
    Ok(Answer::nothing())
}

async fn client_removal_effects(call: ApiCall) -> Outcome {
    let all = client::what_removal_means(call.cx(), &call.actor, call.part("client_id")).await??;
    Answer::json(&ClientRemovalEffects { consents: all.consents, grants: all.grants, secrets: all.secrets })
}

async fn client_disable(call: ApiCall) -> Outcome {
    found(&client::disable(call.cx(), &call.actor, call.part("client_id"), call.expect()).await??)
}

async fn client_enable(call: ApiCall) -> Outcome {
    found(&client::enable(call.cx(), &call.actor, call.part("client_id"), call.expect()).await??)
}

async fn client_secret_rotate(call: ApiCall) -> Outcome {
    let NewSecret { overlap_seconds } = call.body()?;
    let overlap = overlap_seconds.map_or(SECRET_OVERLAP, |seconds| Lifetime::from_seconds(seconds.into()));
    let id = call.part("client_id");
    let Rotated { view, secret_id, secret, old_until } =
        client::rotate_secret(call.cx(), &call.actor, id, overlap).await??;
    let answer = SecretAnswer {
        client: view,
        secret_id: secret_id.clone(),
        client_secret: secret.expose().to_owned(),
        old_until: old_until.rfc3339(),
    };
    Ok(Answer::json(&answer)?.at(&["clients", id, "secrets", &secret_id]))
}

async fn client_secret_revoke(call: ApiCall) -> Outcome {
    let (id, secret) = (call.part("client_id"), call.part("secret_id"));
    Answer::json(&client::revoke_secret(call.cx(), &call.actor, id, secret).await??)
}

async fn client_logo(call: ApiCall) -> Outcome {
    let (logo, version) = client_logo::find(call.cx(), &call.actor, call.part("client_id")).await??;
    let content_type = logo.image.format.media_type().to_owned();
    Ok(Answer { content: Held::Image(logo.bytes.into(), content_type), ..Answer::nothing() }.version(version))
}

async fn client_logo_set(call: ApiCall) -> Outcome {
    let (id, bytes) = (call.part("client_id"), call.bytes().into());
    found(&client_logo::set(call.cx(), &call.actor, id, bytes, call.expect()).await??)
}

async fn client_logo_remove(call: ApiCall) -> Outcome {
    found(&client_logo::remove(call.cx(), &call.actor, call.part("client_id"), call.expect()).await??)
}

async fn client_settings(call: ApiCall) -> Outcome {
    let view = client::find(call.cx(), &call.actor, call.part("client_id")).await??;
    Answer::whole(snippets::of(call.cx().issuer(), &view.document))
}

async fn client_preview(call: ApiCall) -> Outcome {
    let PreviewQuestion { user, scopes, resources } = call.body()?;
    let client_id = call.part("client_id").to_owned();
    let asked = PreviewRequest { client_id, user, scopes, resources };
    Answer::json(&preview::preview(call.cx(), &call.actor, asked).await??)
}
