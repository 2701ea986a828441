//! Owns the revocation endpoint (RFC 7009). Success is answered after the commit and only then (security case F09).

use crate::flow::oauth::client::{self, Incoming};
use crate::flow::oauth::userinfo::AccessToken;
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use crate::oauth::token;
use crate::secret::token::{Kind, check_shape, hash};
use crate::store::{grants, refresh_tokens, revoked_tokens};
use crate::time::{Lifetime, Timestamp};

const STEP: &str = "revoke";

/// Revokes a token of the calling client. A refresh token takes its whole family along; an access token goes alone. An
/// unknown, expired or already revoked token is a success: what the client wants is true (section 2.2).
///
/// # Errors
/// Inner: `invalid_client`, `invalid_request`, `invalid_grant` for another client's token. Outer: a [`Fault`].
pub async fn revoke(cx: &Cx, incoming: &Incoming<'_>) -> Result<Result<(), Refusal>, Fault> {
    if let Err(refusal) = incoming.form.all_once() {
        return Ok(Err(cx.refuse(STEP, refusal, Note::default())));
    }
    let caller = match client::authenticate(cx, STEP, incoming).await? {
        Ok(caller) => caller,
        Err(refusal) => return Ok(Err(refusal)),
    };
    revoke_for(cx, caller.client(), incoming.form).await
}

/// The same for a caller that need not be asked any more who it is.
///
/// # Errors
/// Those of [`revoke`].
pub async fn revoke_for(cx: &Cx, caller: &Client, form: &Params) -> Result<Result<(), Refusal>, Fault> {
    let client_id = caller.client_id.clone();
    let note = Note::default().client(&client_id);
    let Some(text) = form.find("token") else {
        return Ok(Err(cx.refuse(STEP, token::missing("token", "RFC 7009 section 2.1"), note)));
    };
    let owner = match check_shape(Kind::RefreshToken, text) {
        true => refresh_token(cx, text, client_id.clone()).await?,
        false => access_token(cx, text, client_id.clone()).await?,
    };
    match owner {
        Some(owner) if owner != client_id => {
            let words = "the token was issued to another client";
            let refusal = Refusal::new(ErrorCode::InvalidGrant, "token.client", "RFC 7009 section 2.1", words)
                .because(owner, client_id);
            Ok(Err(cx.refuse(STEP, refusal, note)))
        }
        _ => Ok(Ok(())),
    }
}

/// Revokes the family if it is the caller's; answers whose it is.
async fn refresh_token(cx: &Cx, text: &str, caller: String) -> Result<Option<String>, Fault> {
    let (token_hash, now) = (hash(text), cx.now);
    let revoked = cx.db().write(move |c| {
        let Some((token, grant)) = refresh_tokens::find_with_grant(c, &token_hash)? else { return Ok(None) };
        if token.client_id == caller {
            grants::revoke(c, &grant.id, "revoked by the client", now)?;
        }
        Ok(Some(token.client_id))
    });
    Ok(revoked.await?)
}

/// Puts the token on the list if it is the caller's; answers whose it is.
async fn access_token(cx: &Cx, text: &str, caller: String) -> Result<Option<String>, Fault> {
    let Ok(token) = AccessToken::verify(cx, text, None) else { return Ok(None) };
    let reference = token.reference();
    if reference.client_id == caller {
        let end = token.claims().get("exp").and_then(serde_json::Value::as_i64).unwrap_or(i64::MAX / 1000);
        // Kept a little longer than the token: clocks of resource servers differ.
        let until = Timestamp::from_seconds(end) + Lifetime::from_minutes(5);
        let jti = reference.jti.clone();
        cx.db().write(move |c| revoked_tokens::insert(c, &jti, until)).await?;
    }
    Ok(Some(reference.client_id))
}
