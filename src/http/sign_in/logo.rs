//! Owns `GET /clients/{id}/logo`: the picture that the sign-in pages show of an app. It asks for no cookie and sets none.

use actix_web::http::header;

use crate::flow::sign_in::logo;
use crate::http::call::Call;
use crate::http::reply::{Cache, Reply};

/// How long the picture may be kept under an address that does not name it, in seconds.
const MAX_AGE: i64 = 300;

/// Answers with the picture.
pub async fn get(call: Call) -> Reply {
    let path = call.request.path();
    let path = path.strip_prefix(call.web.place.base.as_str()).unwrap_or(path);
    let client_id = path.split('/').nth(2).unwrap_or_default();
    let logo = match logo::of(&call.cx, client_id).await {
        Ok(Some(logo)) => logo,
        Ok(None) => return Reply::text(404, "There is no picture here.\n"),
        Err(fault) => return Reply::fault_json(&fault, &call.cx.correlation_id),
    };
    let etag = format!("\"{}\"", logo.tag);
    let is_named = call.query().is_ok_and(|query| query.find("v") == Some(logo.tag.as_str()));
    let cache = if is_named { Cache::Forever } else { Cache::Seconds(MAX_AGE) };
    let known = call.header(header::IF_NONE_MATCH.as_str()).unwrap_or_default();
    if known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag) {
        return Reply::not_modified(cache, &etag);
    }
    Reply::image(logo.bytes.into(), logo.format.media_type().to_owned()).kept(cache, &etag)
}
