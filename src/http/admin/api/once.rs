//! Owns the header `Idempotency-Key`: a request that makes something and is sent again is given the first answer. It does not
//! own what is remembered (`flow::admin::idempotency`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Answer, Held};
use super::call::ApiCall;
use super::problem::{Problem, Stop};
use super::route::Outcome;
use crate::flow::Fault;
use crate::flow::admin::idempotency::{Claim, Keyed, claim, keep, release};

/// The header's name.
pub const HEADER: &str = "idempotency-key";

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    body: Value,
    version: Option<i64>,
    location: Option<String>,
}

/// Runs a request that makes something, at most once under its key. Goes on to its end when the caller hangs up: the answer
/// is then there for whoever asks again.
///
/// # Errors
/// A [`Stop`].
pub async fn run(call: ApiCall, key: &str) -> Outcome {
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let words = "an idempotency key is 1 to 255 visible ASCII characters, for example a random UUID";
        return Err(Problem::invalid("idempotency_key", words).at("Idempotency-Key").into());
    }
    let cx = call.cx().clone();
    let uri = call.call.request.uri().to_string();
    let keyed = Keyed::of(&cx, &call.actor.name(), key, &[call.route.id.as_bytes(), uri.as_bytes(), &call.call.body]);
    if let Claim::Answered(answer) = claim(&cx, &keyed).await?? {
        return replay(&answer);
    }
    let running = actix_web::rt::spawn(async move {
        let outcome = (call.route.run)(call).await;
        match &outcome {
            Ok(Answer { content: Held::Json(body), version, location, .. }) => {
                let kept = Kept { body: body.clone(), version: *version, location: location.clone() };
                let text = serde_json::to_vec(&kept).map_err(|e| Fault::Internal(e.to_string()))?;
                keep(&cx, &keyed, &text).await?;
            }
            // Nothing was made: whoever corrects the request may use the key again.
            _ => release(&cx, &keyed).await?,
        }
        outcome
    });
    running.await.unwrap_or_else(|e| Err(Stop::Broken(Fault::Internal(format!("a request broke off: {e}")))))
}

fn replay(answer: &[u8]) -> Outcome {
    let kept: Kept = serde_json::from_slice(answer).map_err(|e| Stop::Broken(Fault::Internal(e.to_string())))?;
    Ok(Answer { content: Held::Json(kept.body), version: kept.version, location: kept.location, next: None })
}
