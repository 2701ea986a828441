//! Owns what people see of what happened to their own account. It does not own the security log (`flow::audit`).

use serde_json::Value;

use crate::flow::{Cx, Fault};
use crate::identity::UserId;
use crate::store::events::{self, Logged};
use crate::time::Timestamp;

/// Kinds of events that concern the person: every one has words on the page. What administrators write down about them for
/// themselves is not among them.
pub const KINDS: &[&str] = &[
    "signed_in",
    "sign_in_failed",
    "session_raised",
    "session_ended",
    "sessions_ended",
    "password_changed",
    "password_change_required",
    "invitation_accepted",
    "factor_added",
    "upstream_linked",
    "upstream_unlinked",
    "upstream_link_disabled",
    "upstream_link_enabled",
    "address_change_agreed",
    "factor_removed",
    "factors_removed",
    "recovery_codes_renewed",
    "recovery_code_used",
    "profile_changed",
    "profile_synced",
    "picture_set",
    "picture_removed",
    "consent_withdrawn",
    "grant_revoked",
    "user_added",
    "user_changed",
    "user_disabled",
    "user_enabled",
    "user_invited",
    "data_downloaded",
];

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// One of [`KINDS`].
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Where the request came from.
    pub address: Option<String>,
    /// The app it was about.
    pub client_id: Option<String>,
    /// Whether somebody else did it: an administrator or a program.
    pub by_another: bool,
    /// Whether it was a sign-in from a browser that was not known.
    pub new_device: bool,
}

impl Happened {
    fn of(logged: &Logged) -> Self {
        let event = &logged.event;
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        // Where an administrator sits is theirs to know.
        let by_another = event.actor.is_some() && event.actor != event.user_id;
        Self {
            kind: event.kind.clone(),
            at: event.at,
            address: event.address.clone().filter(|_| !by_another),
            client_id: event.client_id.clone(),
            by_another,
            new_device: detail["new_device"] == Value::Bool(true),
        }
    }
}

/// What happened to a person's account, newest first, and the place behind the last one if there is more.
///
/// # Errors
/// A [`Fault`].
pub async fn list(
    cx: &Cx,
    user: &UserId,
    before: Option<i64>,
    limit: i64,
) -> Result<(Vec<Happened>, Option<i64>), Fault> {
    let user = user.clone();
    let mut rows =
        cx.db().read(move |c| events::of_user(c, user.as_str(), KINDS, before, limit.saturating_add(1))).await?;
    let fits = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > fits;
    rows.truncate(fits);
    let next = rows.last().map(|logged| logged.id).filter(|_| has_more);
    Ok((rows.iter().map(Happened::of).collect(), next))
}
