//! Owns the introspection endpoint (RFC 7662): tells an authenticated resource server or client about tokens of its concern.

use serde_json::Value;

use crate::flow::oauth::client::{self, Incoming};
use crate::flow::oauth::userinfo::{AccessToken, still_good};
use crate::flow::trace::Note;
use crate::flow::{Cx, Fault};
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::introspection;
use crate::oauth::params::Params;
use crate::oauth::token;
use crate::secret::token::{Kind, check_shape, hash};
use crate::store::{refresh_tokens, standing};

const STEP: &str = "introspect";

/// Answers. Anything that is not a good token of the caller's concern is `{"active": false}`; the hint is only a hint, and
/// the token's own form says more than it.
///
/// # Errors
/// Inner: `invalid_client`, `invalid_request`. Outer: a [`Fault`].
pub async fn answer(cx: &Cx, incoming: &Incoming<'_>) -> Result<Result<Value, Refusal>, Fault> {
    if let Err(refusal) = incoming.form.all_once() {
        return Ok(Err(cx.refuse(STEP, refusal, Note::default())));
    }
    let caller = match client::authenticate(cx, STEP, incoming).await? {
        Ok(caller) => caller,
        Err(refusal) => return Ok(Err(refusal)),
    };
    answer_to(cx, caller.client(), incoming.form).await
}

/// The same for a caller that need not be asked any more who it is.
///
/// # Errors
/// Those of [`answer`].
pub async fn answer_to(cx: &Cx, caller: &Client, form: &Params) -> Result<Result<Value, Refusal>, Fault> {
    let note = || Note::default().client(&caller.client_id);
    if caller.is_public() {
        let words = "a public client may not introspect: it cannot prove who it is";
        let refusal = Refusal::new(ErrorCode::InvalidClient, "client.confidential", "RFC 7662 section 2.1", words)
            .because("a confidential client", "a public one");
        return Ok(Err(cx.refuse(STEP, refusal, note())));
    }
    let Some(text) = form.find("token") else {
        let refusal = token::missing("token", "RFC 7662 section 2.1");
        return Ok(Err(cx.refuse(STEP, refusal, note())));
    };
    let active = match check_shape(Kind::RefreshToken, text) {
        true => about_refresh_token(cx, caller, text).await?,
        false => about_access_token(cx, caller, text).await?,
    };
    Ok(Ok(active.unwrap_or_else(introspection::inactive)))
}

async fn about_access_token(cx: &Cx, caller: &Client, text: &str) -> Result<Option<Value>, Fault> {
    let Ok(token) = AccessToken::verify(cx, text, None) else { return Ok(None) };
    let reference = token.reference();
    if !introspection::concerns(caller, &reference.client_id, &token.audience()) {
        note_no_concern(cx, caller, &reference.client_id, &token.audience().join(" "));
        return Ok(None);
    }
    let known = cx.db().read(move |c| standing::of_access_token(c, &reference)).await?;
    Ok(still_good(cx, &known).is_ok().then(|| introspection::access_token(token.claims())))
}

/// An API that asks about tokens made for another one is told no more than that they are inactive; whoever runs it finds in
/// the trace why.
fn note_no_concern(cx: &Cx, caller: &Client, owner: &str, audience: &str) {
    let words = "answered as inactive: the token is not for this caller";
    let names = [Some(caller.client_id.as_str()), caller.policy.resource_identifier.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let refusal = Refusal::new(ErrorCode::InvalidToken, "introspection.concerns", "RFC 7662 section 2.2", words)
        .because(format!("a token for {}", names.join(" or ")), format!("a token of {owner} for {audience}"));
    cx.refuse(STEP, refusal, Note::default().client(&caller.client_id));
}

async fn about_refresh_token(cx: &Cx, caller: &Client, text: &str) -> Result<Option<Value>, Fault> {
    let token_hash = hash(text);
    let (rule, now) = (cx.policy().sessions, cx.now);
    let found = cx.db().read(move |c| {
        let Some((token, grant)) = refresh_tokens::peek_with_grant(c, &token_hash)? else { return Ok(None) };
        let good = standing::of_grant(c, &grant)?.judge(rule, now).is_ok();
        Ok(Some((token, grant, good)))
    });
    let Some((token, grant, good)) = found.await? else { return Ok(None) };
    let live = token.used_at.is_none() && token.superseded_at.is_none() && now < token.expires_at;
    let own = token.client_id == caller.client_id;
    if !own {
        note_no_concern(cx, caller, &token.client_id, "nobody: it is a refresh token");
    }
    Ok((good && live && own).then(|| introspection::refresh_token(&token, &grant, cx.issuer())))
}
