//! Owns what administrators see and do of a person's links to accounts elsewhere: a list, shutting one, opening it again, taking
//! it away. It does not own linking, which only the person can, by a sign-in (`flow::sign_in::upstream`), nor what people do
//! with their own links (`flow::account::connections`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::{Change, Judged};
use super::refusal::granted;
use super::user::find_in;
use super::user_refusal::UserRefusal;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::flow::account::connections::{Connection, Without, connection, other_way_in};
use crate::flow::account::notice::{Envelope, Notice};
use crate::flow::oauth::logout::end_session;
use crate::identity::upstream::UpstreamIdentity;
use crate::identity::{Permission, User};
use crate::store::{self, Conn, upstream_identities, upstream_providers, upstream_sessions};

/// Sessions that are ended in one go.
const BATCH: i64 = 500;

/// The accounts elsewhere with which a person can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinksView {
    /// The oldest first.
    pub links: Vec<LinkView>,
}

/// One account elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Its id here.
    pub id: String,
    /// The provider's id.
    pub provider: String,
    /// The provider's name for people.
    pub provider_name: String,
    /// The issuer at the time of linking.
    pub issuer: String,
    /// The issuer's name for the person (`sub`).
    pub subject: String,
    /// What the provider last called them; proves nothing.
    pub shown: String,
    /// When it was linked (RFC 3339).
    pub created_at: String,
    /// When it was last used to sign in (RFC 3339).
    pub last_used_at: Option<String>,
    /// When an administrator shut it (RFC 3339).
    pub disabled_at: Option<String>,
    /// Whether it opens the account now: neither it nor its provider is shut.
    pub open: bool,
}

impl From<Connection> for LinkView {
    fn from(known: Connection) -> Self {
        let Connection { link, provider, is_open } = known;
        Self {
            id: link.id,
            provider: link.provider,
            provider_name: provider,
            issuer: link.issuer,
            subject: link.subject,
            shown: link.shown,
            created_at: link.created_at.rfc3339(),
            last_used_at: link.last_used_at.map(|at| at.rfc3339()),
            disabled_at: link.disabled_at.map(|at| at.rfc3339()),
            open: is_open,
        }
    }
}

/// The links of a person (address or id).
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(cx: &Cx, actor: &Actor, who: &str) -> Done<LinksView> {
    granted!(actor.needs(Permission::UsersRead));
    let who = who.trim().to_owned();
    let found = cx.db().read(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(UserRefusal::Unknown(who.clone()).into())) };
        let mut links = Vec::new();
        for link in upstream_identities::of_user(c, &user.id)? {
            links.push(connection(c, link)?.into());
        }
        Ok(Ok(LinksView { links }))
    });
    Ok(found.await?)
}

/// What is done to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nobody signs in with it any more, until it is opened again. It stays linked, so that nobody links it anew.
    Disable,
    /// It opens the account again.
    Enable,
    /// It is forgotten; the same account elsewhere can be linked anew.
    Remove,
}

impl Deed {
    const fn event(self) -> &'static str {
        match self {
            Deed::Disable => "upstream_link_disabled",
            Deed::Enable => "upstream_link_enabled",
            Deed::Remove => "upstream_unlinked",
        }
    }
}

/// Does it to a link of a person (address or id). Shutting one and taking it away end the sessions that rest on it; the last way
/// in is not taken away. The person is told of both by mail. What is so already is no change.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn change(cx: &Cx, actor: &Actor, who: &str, link: &str, deed: Deed) -> Done<LinkView> {
    granted!(actor.needs(Permission::UsersWrite));
    let (change, who, wanted) = (Change::new(cx, actor), who.trim().to_owned(), link.trim().to_owned());
    let (envelope, own) = (Envelope::new(cx), cx.clone());
    let done = cx.db().write(move |c| {
        // The provider first, as where a session begins: it sees the link as it is now, or this ends the session.
        if let Some(link) = upstream_identities::find_by_id(c, &wanted)? {
            upstream_providers::find_for_update(c, &link.provider)?;
        }
        let user = granted!(rank::target(c, &change.actor, &who)?);
        let links = upstream_identities::of_user(c, &user.id)?;
        let Some(link) = links.into_iter().find(|link| link.id == wanted) else {
            return Ok(Err(AdminRefusal::unknown("link", "this person has no link of that id")));
        };
        let ended = granted!(done(c, &own, &change, (&user, &link), deed)?);
        let after = match deed {
            Deed::Remove => connection(c, link)?,
            _ => {
                let disabled_at = match deed {
                    Deed::Enable => None,
                    _ => link.disabled_at.or(Some(change.now)),
                };
                connection(c, UpstreamIdentity { disabled_at, ..link })?
            }
        };
        let view = LinkView::from(after);
        if let Some(sessions) = ended {
            if deed != Deed::Enable {
                let notice = Notice::UpstreamUnlinked { name: view.provider_name.clone() };
                envelope.of_administrator(&user, notice).post(c, &own)?;
            }
            let detail =
                json!({ "provider": view.provider, "link": view.id, "shown": view.shown, "sessions": sessions });
            change.log(c, deed.event(), About::user(&user.id), detail)?;
        }
        Ok(Ok(view))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    Ok(done)
}

/// How many sessions ended; `None` if it was so already.
fn done(
    c: &mut Conn,
    cx: &Cx,
    change: &Change,
    (user, link): (&User, &UpstreamIdentity),
    deed: Deed,
) -> Judged<Option<usize>> {
    match deed {
        Deed::Enable if link.disabled_at.is_none() => Ok(Ok(None)),
        Deed::Disable if link.disabled_at.is_some() => Ok(Ok(None)),
        Deed::Enable => {
            upstream_identities::set_disabled(c, &user.id, &link.id, None)?;
            Ok(Ok(Some(0)))
        }
        Deed::Disable => {
            upstream_identities::set_disabled(c, &user.id, &link.id, Some(change.now))?;
            Ok(Ok(Some(end_sessions(c, change, &link.id)?)))
        }
        Deed::Remove => {
            if !other_way_in(c, cx, user, Without::Link(&link.id))? {
                let words = "nothing else opens this account: invite the person or set a password first, or shut the link \
                             instead of taking it away";
                return Ok(Err(AdminRefusal::conflict("last_way_in", words)));
            }
            let ended = end_sessions(c, change, &link.id)?;
            upstream_identities::delete(c, &user.id, &link.id)?;
            Ok(Ok(Some(ended)))
        }
    }
}

fn end_sessions(c: &mut Conn, change: &Change, link: &str) -> Result<usize, store::Fault> {
    let mut ended = 0;
    loop {
        let batch = upstream_sessions::of_link(c, link, BATCH)?;
        if batch.is_empty() {
            return Ok(ended);
        }
        for session in &batch {
            end_session(c, session, "ended by an administrator", change.now)?;
        }
        ended += batch.len();
    }
}
