//! Owns what people do with who they are elsewhere: see through which providers they can sign in, and take one away. The last
//! way in stays. It does not own linking, which is a sign-in (`flow::sign_in::upstream`).

use serde_json::json;

use super::notice::{Notice, Told};
use super::sessions::own_entry;
use crate::flow::sign_in::upstream::home;
use crate::flow::{Cx, Fault};
use crate::identity::factor::{Factor, FactorId};
use crate::identity::upstream::UpstreamIdentity;
use crate::identity::{Level, User};
use crate::store::{self, Conn, factors, upstream_identities, upstream_providers, users};

/// A link of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The link.
    pub link: UpstreamIdentity,
    /// The provider's name for people.
    pub provider: String,
    /// Whether people can sign in with it at this time.
    pub is_open: bool,
}

/// Why a link was not taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionRefusal {
    /// There is no such link.
    Unknown,
    /// The person could not come in any more.
    LastWayIn,
}

/// Through which providers a person can sign in, the oldest link first.
///
/// # Errors
/// A [`Fault`].
pub async fn list(cx: &Cx, user: &User) -> Result<Vec<Connection>, Fault> {
    let id = user.id.clone();
    let found = cx.db().read(move |c| {
        let links = upstream_identities::of_user(c, &id)?;
        links.into_iter().map(|link| connection(c, link)).collect()
    });
    Ok(found.await?)
}

pub(in crate::flow) fn connection(c: &mut Conn, link: UpstreamIdentity) -> Result<Connection, store::Fault> {
    let stored = upstream_providers::find(c, &link.provider)?;
    let is_enabled = stored.as_ref().is_some_and(|stored| stored.provider.enabled);
    let provider = stored.map_or_else(|| link.provider.clone(), |stored| stored.provider.name);
    Ok(Connection { is_open: is_enabled && link.disabled_at.is_none(), provider, link })
}

/// What is about to go.
#[derive(Clone, Copy, Debug)]
pub(in crate::flow) enum Without<'a> {
    /// A link, by its id.
    Link(&'a str),
    /// A second factor.
    Factor(&'a FactorId),
}

/// Whether anything else opens the account: a password, a passkey, or another link. Where a provider is the only way in for the
/// person, no link to another one does; a password and a passkey prove the account to whoever comes from there.
pub(in crate::flow) fn other_way_in(
    c: &mut Conn,
    cx: &Cx,
    user: &User,
    without: Without<'_>,
) -> Result<bool, store::Fault> {
    if users::password_find(c, &user.id)?.is_some() {
        return Ok(true);
    }
    let stays = |factor: &Factor| !matches!(without, Without::Factor(id) if *id == factor.id);
    let is_passkey = |factor: &Factor| factor.kind.level() == Level::PhishingResistant;
    if factors::list(c, &user.id)?.iter().any(|factor| stays(factor) && is_passkey(factor)) {
        return Ok(true);
    }
    let only = home::only_of(cx, user).map(|home| home.way.id);
    for link in upstream_identities::of_user(c, &user.id)? {
        let stays = !matches!(without, Without::Link(id) if *id == link.id);
        let counts = only.as_ref().is_none_or(|only| *only == link.provider);
        if stays && counts && connection(c, link)?.is_open {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes a link away, unless nothing else opens the account: neither a password, nor a passkey, nor another link. The caller has
/// asked for a fresh proof.
///
/// # Errors
/// Inner: a [`ConnectionRefusal`]. Outer: a [`Fault`].
pub async fn unlink(cx: &Cx, user: &User, link: &str) -> Result<Result<(), ConnectionRefusal>, Fault> {
    let (own, user, wanted) = (cx.clone(), user.clone(), link.to_owned());
    let links = list(cx, &user).await?;
    let Some(gone) = links.into_iter().find(|known| known.link.id == wanted) else {
        return Ok(Err(ConnectionRefusal::Unknown));
    };
    let told = Told::new(cx, &user, Notice::UpstreamUnlinked { name: gone.provider });
    let done = cx.db().write(move |c| {
        // The provider first, as where a session begins: it sees the link, or that it is gone. Then the person: of two links that
        // go at once one stays.
        upstream_providers::find_for_update(c, &gone.link.provider)?;
        let Some(user) = users::find_for_update(c, &user.id)? else { return Ok(Err(ConnectionRefusal::Unknown)) };
        if !other_way_in(c, &own, &user, Without::Link(&wanted))? {
            return Ok(Err(ConnectionRefusal::LastWayIn));
        }
        if !upstream_identities::delete(c, &user.id, &wanted)? {
            return Ok(Err(ConnectionRefusal::Unknown));
        }
        told.post(c, &own)?;
        let detail = json!({ "provider": gone.link.provider, "link": wanted });
        own_entry(&own, "upstream_unlinked", &user.id, detail).append(c)?;
        Ok(Ok(()))
    });
    Ok(done.await?)
}
