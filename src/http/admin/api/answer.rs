//! Owns what a handler gives back before it becomes HTTP. It does not own statuses and headers as such (`http::reply`).

use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::call::ApiCall;
use super::problem::Stop;
use crate::flow::Fault;
use crate::flow::admin::page::{self, Page};
use crate::http::call::Call;
use crate::http::reply::{Lines, Reply};

/// An answer.
#[derive(Default)]
pub struct Answer {
    /// What it holds.
    pub content: Held,
    /// Version of the thing; becomes its ETag.
    pub version: Option<i64>,
    /// Where a new thing is, below the API.
    pub location: Option<String>,
    /// Query of the next page.
    pub next: Option<String>,
}

/// What an answer holds.
#[derive(Default)]
pub enum Held {
    /// Nothing.
    #[default]
    Nothing,
    /// JSON.
    Json(Value),
    /// JSON lines, in pieces.
    Lines(Lines),
    /// An image, with its content type.
    Image(Bytes, String),
}

/// A part of a list.
#[derive(Debug, Serialize)]
pub struct PageOf<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Give it back as `after` for the next page; null at the end.
    pub next: Option<String>,
}

impl Answer {
    /// Nothing but the status.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// JSON.
    ///
    /// # Errors
    /// A fault if it cannot be written.
    pub fn json(value: &impl Serialize) -> Result<Self, Stop> {
        Ok(Self { content: Held::Json(to_value(value)?), ..Self::default() })
    }

    /// A page of a list.
    ///
    /// # Errors
    /// A fault if it cannot be written.
    pub fn page<T: Serialize>(call: &ApiCall, page: Page<T>) -> Result<Self, Stop> {
        let next = page.next.map(|key| page::seal(call.cx(), call.route.id, &key));
        let query = next.as_ref().map(|cursor| call.query_with("after", cursor));
        Ok(Self { next: query, ..Self::json(&PageOf { items: page.items, next })? })
    }

    /// A list that has one page only.
    ///
    /// # Errors
    /// A fault if it cannot be written.
    pub fn whole<T: Serialize>(items: Vec<T>) -> Result<Self, Stop> {
        Self::json(&PageOf { items, next: None })
    }

    /// With the version of the thing.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// With where the new thing is: segments below the API.
    #[must_use]
    pub fn at(mut self, segments: &[&str]) -> Self {
        let encoded: Vec<String> = segments.iter().map(|segment| encode(segment)).collect();
        self.location = Some(format!("/{}", encoded.join("/")));
        self
    }

    /// Becomes HTTP, under the status of its route.
    pub fn into_reply(self, call: &Call, root: &str, status: u16) -> Reply {
        let reply = match self.content {
            Held::Nothing => Reply::empty(status),
            Held::Json(value) => Reply::json(status, &value),
            Held::Lines(lines) => Reply::lines(lines),
            Held::Image(bytes, content_type) => Reply::image(bytes, content_type),
        };
        let mut reply = reply.correlated(&call.cx.correlation_id);
        if let Some(version) = self.version {
            reply = reply.tagged(etag(version));
        }
        if let Some(location) = self.location {
            reply = reply.located(format!("{root}{location}"));
        }
        match self.next {
            Some(query) => {
                let path = call.request.path();
                reply.linked(format!("<{}{path}?{query}>; rel=\"next\"", call.web.place.origin))
            }
            None => reply,
        }
    }
}

/// The ETag of a version.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// JSON of anything.
///
/// # Errors
/// A fault if it cannot be written.
pub fn to_value(value: &impl Serialize) -> Result<Value, Stop> {
    serde_json::to_value(value).map_err(|e| Stop::Broken(Fault::Internal(format!("an answer cannot be written: {e}"))))
}

/// One segment of a path, every character but the unreserved ones escaped (RFC 3986 section 2.3).
pub fn encode(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
