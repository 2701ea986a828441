//! Owns looking through people and through one person's sign-in history. It does not own the walk along an index
//! (`store::user_search`).

use serde::Serialize;
use serde_json::{Value, json};

use super::page::Page;
use super::refusal::granted;
use super::user::find_in;
use super::user_document::UserView;
use super::user_refusal::UserRefusal;
use super::{Actor, AdminRefusal, Done};
use crate::flow::Cx;
use crate::identity::{Permission, RoleName, UserId, terms};
use crate::store::events::{self, Logged};
use crate::store::user_search::{self, Place, Wanted};

pub use crate::store::user_search::Status;

/// What to look for; all of it must fit, and nothing finds everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSearch {
    /// An id, the beginning of an address, a domain (`@example.com`), or beginnings of words of the name.
    pub q: Option<String>,
    /// In this group.
    pub group: Option<String>,
    /// With this role.
    pub role: Option<String>,
    /// In this state.
    pub status: Option<Status>,
}

impl UserSearch {
    /// `None`: nobody can fit.
    fn wanted(&self) -> Option<Wanted> {
        let q = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
        let is_id = |q: &&str| uuid::Uuid::try_parse(q).is_ok() && q.len() == 36;
        let id = q.filter(is_id).map(|q| UserId(q.to_ascii_lowercase()));
        let words = match (&id, q) {
            (None, Some(q)) => Some(terms::of_search(q)).filter(|words| !words.is_empty())?,
            _ => Vec::new(),
        };
        let role = match self.role.as_deref() {
            Some(role) => Some(RoleName::parse(role)?),
            None => None,
        };
        if self.group.as_ref().is_some_and(|group| group.contains('\0')) {
            return None;
        }
        Some(Wanted { id, words, group: self.group.clone(), role, status: self.status })
    }
}

/// People who fit. A page may hold fewer than `limit` and still have a next one: go on until there is none.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn search(
    cx: &Cx,
    actor: &Actor,
    wanted: &UserSearch,
    after: Option<Value>,
    limit: i64,
) -> Done<Page<UserView>> {
    granted!(actor.needs(Permission::UsersRead));
    let Some(wanted) = wanted.wanted() else { return Ok(Ok(Page { items: Vec::new(), next: None })) };
    let foreign = || AdminRefusal::invalid("cursor", "this cursor is not one that this list gave out").at("after");
    let after: Option<Place> = match after {
        Some(after) => Some(granted!(serde_json::from_value(after).map_err(|_| foreign()))),
        None => None,
    };
    let now = cx.now;
    let found = cx.db().read(move |c| {
        let Some((people, next)) = user_search::search(c, &wanted, after.clone(), limit, now)? else {
            return Ok(None);
        };
        Ok(Some((UserView::of_all(c, people, now)?, next)))
    });
    let Some((items, next)) = found.await? else { return Ok(Err(foreign())) };
    Ok(Ok(Page { items, next: next.map(|place| json!(place)) }))
}

/// What happened to a person's account, as far as it explains whether they can sign in and who did.
const HISTORY: [&str; 35] = [
    "address_change_agreed",
    "address_change_asked",
    "address_changed",
    "code_mailed",
    "consent_withdrawn",
    "factor_added",
    "factor_removed",
    "factors_removed",
    "grant_revoked",
    "invitation_accepted",
    "not_me",
    "owner_set_up",
    "password_change_required",
    "password_changed",
    "password_reset",
    "password_reset_asked",
    "recovery_code_used",
    "recovery_codes_renewed",
    "refresh_token_reused",
    "session_ended",
    "session_raised",
    "sessions_ended",
    "sign_in_failed",
    "signed_in",
    "signed_up",
    "upstream_link_disabled",
    "upstream_link_enabled",
    "upstream_linked",
    "upstream_logout",
    "upstream_unlinked",
    "user_added",
    "user_changed",
    "user_disabled",
    "user_enabled",
    "user_invited",
];

/// One line of a sign-in history.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    /// Number of the entry in the security log.
    pub id: i64,
    /// When (RFC 3339).
    pub at: String,
    /// What happened, for example `signed_in`.
    pub kind: String,
    /// Who did it, if it was not the person.
    pub actor: Option<String>,
    /// The app they signed in to, where it is known.
    pub client_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// Under this id the trace says more.
    pub correlation_id: Option<String>,
    /// More, for example why it failed.
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl From<Logged> for HistoryEntry {
    fn from(logged: Logged) -> Self {
        let event = logged.event;
        Self {
            id: logged.id,
            at: event.at.rfc3339(),
            kind: event.kind,
            actor: event.actor,
            client_id: event.client_id,
            address: event.address,
            correlation_id: event.correlation_id,
            detail: serde_json::from_str(&event.detail).unwrap_or(Value::Null),
        }
    }
}

/// A person's sign-ins, failed ones, and what else happened to their ways in; newest first.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn history(cx: &Cx, actor: &Actor, who: &str, after: Option<Value>, limit: i64) -> Done<Page<HistoryEntry>> {
    granted!(actor.needs(Permission::UsersRead));
    let who = who.trim().to_owned();
    let found = cx.db().read(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(UserRefusal::Unknown(who.clone()).into())) };
        let before = after.as_ref().and_then(Value::as_i64);
        let rows = events::of_user(c, user.id.as_str(), &HISTORY, before, limit + 1)?;
        let page = Page::of(rows, limit, |logged| json!(logged.id));
        Ok(Ok(page.map(HistoryEntry::from)))
    });
    Ok(found.await?)
}
