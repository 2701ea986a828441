//! Owns the question who stands behind an access token at the administration API, and what they may do at this moment. It
//! does not own how the token arrives (`oauth::bearer`) nor what an operation needs.

use super::Actor;
use super::role::permissions_of;
use crate::flow::oauth::scopes::admin_audience;
use crate::flow::oauth::userinfo::{AccessToken, still_good};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::identity::{Permissions, RoleName};
use crate::oauth::bearer::invalid_token;
use crate::oauth::error::Refusal;
use crate::sensitive::Sensitive;
use crate::store::{standing, users};

/// The step in the trace.
pub const STEP: &str = "admin api";

/// Where the administration API is, below the issuer; with it the audience of its tokens.
pub const PATH: &str = "/api/admin/v1";

/// Who an access token speaks for. Its audience must be this API and nothing else, so that a token that another server sees
/// never opens it. A person's role is looked up now: what was taken away a moment ago is gone.
///
/// # Errors
/// Inner: `invalid_token`, noted in the trace. Outer: a [`Fault`].
pub async fn actor(cx: &Cx, token: &Sensitive) -> Result<Result<Actor, Refusal>, Fault> {
    let audience = admin_audience(cx.issuer());
    let refuse = |refusal: Refusal, note: Note| Ok(Err(cx.refuse(STEP, refusal, note)));
    let token = match AccessToken::verify(cx, token.expose(), Some(&audience)) {
        Ok(token) if token.audience().len() == 1 => token,
        Ok(token) => {
            let refusal = invalid_token("access_token.audience").because(&audience, token.audience().join(" "));
            return refuse(refusal, Note::default());
        }
        Err(refusal) => return refuse(refusal, Note::default()),
    };
    let reference = token.reference();
    let mut note = Note::default().client(&reference.client_id);
    note.user_id = reference.user_id.as_ref().map(|id| id.as_str().to_owned());
    let (client_id, user) = (reference.client_id.clone(), reference.user_id.clone());
    let person = user.clone();
    let (known, role) = cx
        .db()
        .read(move |c| {
            let role = match &person {
                Some(id) => Some(users::find(c, id)?.map_or(RoleName::PERSON, |user| user.role)),
                None => None,
            };
            let role = role.map(|role| permissions_of(c, &role)).transpose()?;
            Ok((standing::of_access_token(c, &reference)?, role))
        })
        .await?;
    if let Err(refusal) = still_good(cx, &known) {
        return refuse(refusal, note);
    }
    let granted = Permissions::of_scopes(token.text("scope").unwrap_or_default().split(' '));
    let permissions = role.map_or(granted, |role| granted.common(role));
    Ok(Ok(Actor::Client { client_id, user, permissions }))
}
