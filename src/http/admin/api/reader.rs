//! Owns the two pages about the API that anybody may read: the OpenAPI document and the reader page, made of the same table.
//! It does not own the table.

use actix_web::http::header;
use actix_web::web::Bytes;

use super::openapi;
use crate::flow::cx::base64url;
use crate::http::call::Call;
use crate::http::reply::{Cache, Reply};
use crate::secret::token::hash;

/// The OpenAPI document.
pub async fn openapi(call: Call) -> Reply {
    let text = openapi::document(&call.web.place.issuer).to_string();
    let etag = format!("\"{}\"", base64url(&hash(&text)[..12]));
    let known = call.header(header::IF_NONE_MATCH.as_str()).unwrap_or_default();
    if known.split(',').any(|tag| tag.trim() == etag) {
        return Reply::not_modified(Cache::Seconds(300), &etag);
    }
    Reply::document(Bytes::from(text), Cache::Seconds(300), &etag)
}

/// The reader page.
pub async fn docs(_call: Call) -> Reply {
    Reply::text(404, "soon\n")
}
