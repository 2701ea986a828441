//! Owns `/userinfo` over HTTP: the token's transport, the answer's form, the challenge.

use crate::flow::oauth::userinfo::{self, UserinfoAnswer};
use crate::flow::trace::Note;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::oauth::bearer;
use crate::oauth::error::Refusal;
use crate::oauth::params::Params;
use crate::sensitive::Sensitive;

/// GET.
pub async fn get(call: Call) -> Reply {
    answer(&call, None).await
}

/// POST: the token may stand in the form body (RFC 6750 section 2.2).
pub async fn post(call: Call) -> Reply {
    if call.body.is_empty() {
        return answer(&call, None).await;
    }
    match call.form() {
        Ok(form) => answer(&call, Some(&form)).await,
        Err(refusal) => refused(&call, &call.cx.refuse("userinfo", refusal, Note::default())),
    }
}

async fn answer(call: &Call, form: Option<&Params>) -> Reply {
    let token: Result<Option<Sensitive>, Refusal> =
        call.query().and_then(|query| bearer::token(&call.authorization(), &query, form));
    let token = match token {
        Ok(Some(token)) => token,
        Ok(None) => {
            call.cx.refuse("userinfo", bearer::absent(), Note::default());
            let challenge = bearer::challenge(&call.web.place.issuer, None);
            return Reply::empty(401).correlated(&call.cx.correlation_id).challenge(challenge);
        }
        Err(refusal) => {
            let refusal = call.cx.refuse("userinfo", refusal, Note::default());
            return refused(call, &refusal);
        }
    };
    match userinfo::answer(&call.cx, &token).await {
        Ok(Ok(UserinfoAnswer::Json(body))) => Reply::json(200, &body),
        Ok(Ok(UserinfoAnswer::Jwt(token))) => Reply::jwt(token),
        Ok(Err(refusal)) => refused(call, &refusal),
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}

fn refused(call: &Call, refusal: &Refusal) -> Reply {
    Reply::json(refusal.code.status(), &refusal.to_json(&call.cx.correlation_id))
        .correlated(&call.cx.correlation_id)
        .challenge(bearer::challenge(&call.web.place.issuer, Some(refusal)))
}
