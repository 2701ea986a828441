//! Owns what administrators see and do of people's second factors: a list, and taking one or all away from somebody who lost
//! them. It does not own setting them up, which only the person can (`flow::account::factors`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::Change;
use super::refusal::granted;
use super::user::find_in;
use super::user_refusal::UserRefusal;
use super::{About, Actor, AdminRefusal, Done, rank};
use crate::flow::Cx;
use crate::flow::account::notice::{Envelope, Notice};
use crate::identity::factor::Factor;
use crate::identity::{Permission, UserId};
use crate::store::{factors, recovery_codes};

/// The second factors of a person. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactorsView {
    /// Authenticator apps and passkeys, the oldest first.
    pub factors: Vec<FactorView>,
    /// How many recovery codes were not used yet.
    pub recovery_codes_left: i64,
}

/// One factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactorView {
    /// Its id.
    pub id: String,
    /// `totp` (authenticator app) or `passkey`.
    pub kind: String,
    /// What the person calls it.
    pub name: String,
    /// When it was added (RFC 3339).
    pub created_at: String,
    /// When it was last used (RFC 3339).
    pub last_used_at: Option<String>,
}

impl From<&Factor> for FactorView {
    fn from(factor: &Factor) -> Self {
        Self {
            id: factor.id.0.clone(),
            kind: factor.kind.as_str().to_owned(),
            name: factor.name.clone(),
            created_at: factor.created_at.rfc3339(),
            last_used_at: factor.last_used_at.map(|at| at.rfc3339()),
        }
    }
}

/// The second factors of a person.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn list(cx: &Cx, actor: &Actor, who: &str) -> Done<FactorsView> {
    granted!(actor.needs(Permission::UsersRead));
    let who = who.trim().to_owned();
    let found = cx.db().read(move |c| {
        let Some(user) = find_in(c, &who)? else { return Ok(Err(UserRefusal::Unknown(who.clone()).into())) };
        let factors = factors::list(c, &user.id)?.iter().map(FactorView::from).collect();
        Ok(Ok(FactorsView { factors, recovery_codes_left: recovery_codes::left(c, &user.id)? }))
    });
    Ok(found.await?)
}

/// Takes a person's second factors away, with the recovery codes: all of them, or the one of this id. Sessions go on; whoever
/// must have a second factor sets up another one at the next sign-in. The person is told by mail. Nobody does it to themselves here, unless an owner: with
/// a stolen console session it would be a way round the factor.
///
/// # Errors
/// Inner: an [`AdminRefusal`]. Outer: a [`crate::flow::Fault`].
pub async fn remove(cx: &Cx, actor: &Actor, who: &str, factor: Option<&str>) -> Done<(UserId, i64)> {
    granted!(actor.needs(Permission::UsersWrite));
    let (change, who, wanted) = (Change::new(cx, actor), who.trim().to_owned(), factor.map(str::to_owned));
    let (envelope, own) = (Envelope::new(cx), cx.clone());
    let done = cx.db().write(move |c| {
        let user = granted!(rank::target(c, &change.actor, &who)?);
        let there = factors::list(c, &user.id)?;
        let (gone, kept): (Vec<_>, Vec<_>) =
            there.into_iter().partition(|f| wanted.as_ref().is_none_or(|id| *id == f.id.0));
        if gone.is_empty() && wanted.is_some() {
            return Ok(Err(AdminRefusal::unknown("factor", "this person has no second factor of that id")));
        }
        for factor in &gone {
            factors::delete(c, &user.id, &factor.id)?;
        }
        if kept.is_empty() {
            recovery_codes::delete_of_user(c, &user.id)?;
        }
        let names: Vec<FactorView> = gone.iter().map(FactorView::from).collect();
        if !names.is_empty() {
            let name = names.iter().map(|factor| factor.name.as_str()).collect::<Vec<_>>().join(", ");
            envelope.of_administrator(&user, Notice::FactorRemoved { name }).post(c, &own)?;
            change.log(c, "factors_removed", About::user(&user.id), json!({ "before": names }))?;
        }
        Ok(Ok((user.id, i64::try_from(gone.len()).unwrap_or(i64::MAX))))
    });
    let done = done.await?;
    cx.parts.post.wake.notify_one();
    Ok(done)
}
