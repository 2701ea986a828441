//! Owns `POST /password-strength`: how hard a new password is to guess, for the script beside the field in which it is typed. It
//! tells what everybody can compute; whose password it is going to be, it does not know, so the form may still refuse it.

use serde_json::json;

use super::words;
use crate::flow::account::quality;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::sensitive::Sensitive;

/// Questions that one address may ask in a minute: one for each pause in typing, and more than that.
pub const PER_MINUTE: u32 = 120;

/// POST.
pub async fn post(call: Call) -> Reply {
    let id = &call.cx.correlation_id;
    if call.web.strength_limits.count(&call.cx.rate_key).is_err() {
        let words = "too many passwords in a minute";
        let body = json!({ "error": "temporarily_unavailable", "error_description": words, "correlation_id": id });
        return Reply::json(429, &body).correlated(id).retry_after(Some(30));
    }
    let form = match call.form() {
        Ok(form) => form,
        // No page of ours sends such a thing.
        Err(refusal) => return Reply::json(403, &refusal.to_json(id)).correlated(id),
    };
    let Some(password) = form.find("password").map(Sensitive::new) else {
        let body = json!({ "error": "invalid_request", "error_description": "no password", "correlation_id": id });
        return Reply::json(400, &body).correlated(id);
    };
    match quality::estimate(&call.cx, &password).await {
        Ok((score, refusal)) => {
            let language = call.cx.language;
            let words = match refusal {
                Some(refusal) => words::of_person(language, &refusal),
                None => language.say("password-strength").number("score", i64::from(score)).into(),
            };
            Reply::json(200, &json!({ "score": score, "words": words }))
        }
        Err(fault) => Reply::fault_json(&fault, id),
    }
}
