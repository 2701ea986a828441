//! Owns the HTTP client of the demo: no redirects (a relying party that follows them can be led anywhere), a time limit, a
//! size limit, and a record of what went over the wire so that the app can show it. It does not own what is shown: raw
//! exchanges hold secrets and have no `Debug`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Why an exchange did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The other side could not be reached, or was too slow.
    #[error("{url} could not be reached: {reason}. Is the server running, and is this the right address?")]
    Unreachable { url: String, reason: String },
    /// The answer was larger than any honest one.
    #[error("{0} answered with more than 256 KiB, which no honest answer of this protocol needs")]
    TooLarge(String),
    /// The request could not be built.
    #[error("the request could not be built: {0}")]
    Request(String),
}

/// One request and its answer, as they were on the wire.
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) request_body: String,
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) response_headers: Vec<(String, String)>,
    pub(crate) response_body: String,
}

impl Exchange {
    /// The JSON object of the answer, if it is one.
    pub(crate) fn json(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_str(&self.response_body).ok()
    }
}

/// A client that can be shared; cloning it shares its connections.
#[derive(Clone)]
pub(crate) struct Wire {
    client: reqwest::Client,
}

impl Wire {
    /// Builds the client.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .user_agent("vouchsafe-demo")
            .build()?;
        Ok(Self { client })
    }

    /// Sends one request and reads the whole answer. An answer with an error status is an answer.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, WireError> {
        let url = request.uri().to_string();
        let unreachable = |e: reqwest::Error| WireError::Unreachable { url: url.clone(), reason: reason_of(&e) };
        let request = reqwest::Request::try_from(request).map_err(|e| WireError::Request(e.to_string()))?;
        let mut answer = self.client.execute(request).await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(WireError::TooLarge(url));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = http::Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }

    /// Fetches a JSON document; any status but 200 is a failure.
    pub(crate) async fn json(&self, url: &str) -> Result<serde_json::Value, WireError> {
        let request = http::Request::get(url)
            .header(http::header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|e| WireError::Request(e.to_string()))?;
        let answer = self.send(request).await?;
        let broken = |reason: String| WireError::Unreachable { url: url.to_owned(), reason };
        if answer.status() != http::StatusCode::OK {
            return Err(broken(format!("it answered {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|e| broken(format!("its answer is not JSON: {e}")))
    }
}

/// A [`Wire`] that remembers what it carried.
pub(crate) struct Recorder {
    wire: Wire,
    log: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// A recorder with an empty log.
    pub(crate) fn new(wire: &Wire) -> Self {
        Self { wire: wire.clone(), log: Mutex::new(Vec::new()) }
    }

    /// Sends and remembers.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, WireError> {
        let method = request.method().to_string();
        let url = request.uri().to_string();
        let request_headers = pairs(request.headers());
        let request_body = String::from_utf8_lossy(request.body()).into_owned();
        let response = self.wire.send(request).await?;
        let exchange = Exchange {
            method,
            url,
            request_headers,
            request_body,
            status: response.status().as_u16(),
            reason: response.status().canonical_reason().unwrap_or(""),
            response_headers: pairs(response.headers()),
            response_body: String::from_utf8_lossy(response.body()).into_owned(),
        };
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        Ok(response)
    }

    /// What was carried since the last call, oldest first.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The innermost cause: reqwest's own text stops at "error sending request".
fn reason_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn pairs(headers: &http::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}
