//! Owns what administrators do to the logo of a client: look, set, remove. It does not own what may be a logo
//! (`oauth::logo`) nor its way to people (`flow::sign_in::logo`).

use serde_json::{Value, json};

use super::change::{Change, differences};
use super::client::{ClientRefusal, ClientView, may_touch, view};
use super::refusal::{fresh, granted};
use super::{About, Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::identity::Permission;
use crate::oauth::logo::{self, LogoRefusal};
use crate::secret::token::digest_of;
pub use crate::store::client_logos::StoredLogo;
use crate::store::{client_logos, clients};

impl From<LogoRefusal> for AdminRefusal {
    fn from(refusal: LogoRefusal) -> Self {
        let code = match refusal {
            LogoRefusal::TooLarge => "logo_too_large",
            LogoRefusal::NotAnImage => "logo_type",
            LogoRefusal::Dimensions { .. } => "logo_dimensions",
        };
        AdminRefusal::invalid(code, refusal.to_string()).at("logo")
    }
}

/// The logo of a client, with the client's version.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn find(cx: &Cx, actor: &Actor, client_id: &str) -> Done<(StoredLogo, i64)> {
    granted!(actor.needs(Permission::ClientsRead));
    let id = client_id.to_owned();
    let found = cx.db().read(move |c| {
        let Some(client) = clients::find(c, &id)? else { return Ok(Err(ClientRefusal::Unknown(id.clone()).into())) };
        let logo = client_logos::find(c, &id)?;
        Ok(logo.map(|logo| (logo, client.version)).ok_or_else(|| ClientRefusal::NoLogo(id.clone()).into()))
    });
    Ok(found.await?)
}

/// Gives a client this logo, in place of the one it has. The same one again changes nothing.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn set(cx: &Cx, actor: &Actor, client_id: &str, bytes: Vec<u8>, expect: Option<i64>) -> Done<ClientView> {
    granted!(actor.needs(Permission::ClientsWrite));
    let image = granted!(logo::judge(&bytes));
    let (client_id, sha256) = (client_id.to_owned(), digest_of(&bytes));
    let logo = StoredLogo { client_id: client_id.clone(), image, bytes, sha256, updated_at: cx.now };
    put(cx, actor, client_id, Some(logo), expect).await
}

/// Takes the logo of a client away.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`Fault`](crate::flow::Fault).
pub async fn remove(cx: &Cx, actor: &Actor, client_id: &str, expect: Option<i64>) -> Done<ClientView> {
    granted!(actor.needs(Permission::ClientsWrite));
    put(cx, actor, client_id.to_owned(), None, expect).await
}

async fn put(cx: &Cx, actor: &Actor, id: String, logo: Option<StoredLogo>, expect: Option<i64>) -> Done<ClientView> {
    let change = Change::new(cx, actor);
    let done = cx.db().write(move |c| {
        let Some(mut client) = clients::find_for_update(c, &id)? else {
            return Ok(Err(ClientRefusal::Unknown(id.clone()).into()));
        };
        granted!(may_touch(&change.actor, &id, Some(&client)));
        granted!(fresh(expect, client.version));
        let before = client_logos::find(c, &id)?;
        let kind = match (&before, &logo) {
            (None, None) => return Ok(Err(ClientRefusal::NoLogo(id.clone()).into())),
            (Some(before), Some(logo)) if before.sha256 == logo.sha256 => {
                return Ok(Ok(view(c, &client, &change.issuer)?));
            }
            (_, Some(logo)) => {
                client_logos::put(c, logo)?;
                "client_logo_set"
            }
            (Some(_), None) => {
                client_logos::delete(c, &id)?;
                "client_logo_removed"
            }
        };
        client.about.logo = logo.as_ref().map(StoredLogo::tag);
        // Not `updated_at`: with another picture it is the same app still, and nobody is asked for consent anew.
        client.version += 1;
        clients::update(c, &client)?;
        let detail = differences(before.as_ref().map(shown).as_ref(), logo.as_ref().map(shown).as_ref());
        change.log(c, kind, About::client(&id), detail)?;
        Ok(Ok(view(c, &client, &change.issuer)?))
    });
    Ok(done.await?)
}

/// As it stands in the security log: the picture itself does not.
fn shown(logo: &StoredLogo) -> Value {
    let image = logo.image;
    json!({
        "media_type": image.format.media_type(),
        "width": image.width,
        "height": image.height,
        "bytes": logo.bytes.len(),
        "sha256": logo.sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
    })
}
