//! Owns the documents about ourselves over HTTP: made once, kept for a while, answered with an ETag.

use std::sync::{Arc, PoisonError, RwLock};

use actix_web::http::header;
use actix_web::web::Bytes;

use crate::flow::Fault;
use crate::flow::cx::base64url;
use crate::flow::oauth::discovery;
use crate::http::call::Call;
use crate::http::reply::{Cache, Reply};
use crate::http::routes::ENDPOINTS;
use crate::oauth::jose::Algorithm;
use crate::secret::token::hash;
use crate::time::{Lifetime, Timestamp};

/// The metadata document is made again after this time, so that a scope an administrator adds on another node shows up.
const FRESH: Lifetime = Lifetime::from_seconds(10);
/// What others may keep it for.
const MAX_AGE: i64 = 3_600;

/// The document as it was last made.
#[derive(Default)]
pub struct Documents(RwLock<Option<Arc<Made>>>);

struct Made {
    body: Bytes,
    etag: String,
    at: Timestamp,
    algorithms: Vec<Algorithm>,
}

/// Both well-known addresses.
pub async fn get(call: Call) -> Reply {
    match document(&call).await {
        Ok(made) => conditional(&call, &made.etag, Cache::Seconds(MAX_AGE), || made.body.clone()),
        Err(fault) => Reply::fault_json(&fault, &call.cx.correlation_id),
    }
}

/// The key set.
pub async fn jwks(call: Call) -> Reply {
    let jwks = call.cx.parts.keyring.jwks(call.cx.now);
    conditional(&call, &jwks.etag, Cache::Seconds(jwks.max_age_seconds), || jwks.body.clone().into())
}

/// A database that is away must not take the metadata along: the last document is answered as long as there is one.
async fn document(call: &Call) -> Result<Arc<Made>, Fault> {
    let documents = &call.web.documents.0;
    let now = call.cx.now;
    let last = documents.read().unwrap_or_else(PoisonError::into_inner).clone();
    let algorithms = call.cx.parts.keyring.algorithms(now);
    if let Some(made) = &last
        && now.since(made.at) < FRESH
        && made.algorithms == algorithms
    {
        return Ok(made.clone());
    }
    match (discovery::document(&call.cx, &ENDPOINTS).await, last) {
        (Ok(text), _) => {
            let etag = format!("\"{}\"", base64url(&hash(&text)[..12]));
            let made = Arc::new(Made { body: text.into(), etag, at: now, algorithms });
            *documents.write().unwrap_or_else(PoisonError::into_inner) = Some(made.clone());
            Ok(made)
        }
        (Err(_), Some(last)) => Ok(last),
        (Err(fault), None) => Err(fault),
    }
}

fn conditional(call: &Call, etag: &str, cache: Cache, body: impl FnOnce() -> Bytes) -> Reply {
    let known = call.header(header::IF_NONE_MATCH.as_str()).unwrap_or_default();
    if known.split(',').any(|tag| tag.trim() == etag) {
        return Reply::not_modified(cache, etag);
    }
    Reply::document(body(), cache, etag)
}
