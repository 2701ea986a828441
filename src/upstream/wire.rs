//! Owns the way over the guarded client: bounds for what providers answer, and what counts as not answering. It does not own
//! what is asked.

use std::cell::Cell;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use openidconnect::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::UpstreamError;
use crate::outbound::Guarded;
use crate::outbound::guarded::Request;

/// Largest answer that is read (security case H07).
const LIMIT: usize = 256 * 1_024;
const TIMEOUT: Duration = Duration::from_secs(10);

tokio::task_local! {
    /// Whether what is at work asked a provider for anything.
    static ASKED: Cell<bool>;
}

/// Does some work; what comes of it, and whether it asked a provider for anything.
pub(super) async fn watched<T>(work: impl Future<Output = T>) -> (T, bool) {
    ASKED.scope(Cell::new(false), async { (work.await, ASKED.with(Cell::get)) }).await
}

/// The way to a provider.
pub(super) struct Wire {
    guarded: Guarded,
}

impl Wire {
    pub(super) fn new(guarded: Guarded) -> Self {
        Self { guarded }
    }

    /// Sends what `openidconnect` asks for. A server's own error (5xx) is no answer.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, UpstreamError> {
        let (parts, body) = request.into_parts();
        let headers = parts.headers.into_iter().filter_map(|(name, value)| Some((name?, value))).collect();
        let url = parts.uri.to_string();
        let (status, headers, body) = self.ask(parts.method, url, headers, body).await?;
        let status = match is_hidden_error(status, &body) {
            true => 400,
            false => status,
        };
        let mut response = HttpResponse::new(body);
        *response.status_mut() =
            http::StatusCode::from_u16(status).map_err(|_| UpstreamError::wrong("no status of HTTP"))?;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Fetches JSON; with an access token where one is given. The type of the answer is not looked at: key sets come under
    /// many, and what is no JSON is refused anyway.
    pub(super) async fn json(&self, url: &str, token: Option<&str>) -> Result<Value, UpstreamError> {
        let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| UpstreamError::wrong("the access token cannot stand in a header"))?;
            value.set_sensitive(true);
            headers.push((AUTHORIZATION, value));
        }
        let (status, _, body) = self.ask(Method::GET, url.to_owned(), headers, Vec::new()).await?;
        let place = place(url);
        if status != 200 {
            return Err(UpstreamError::wrong(format!("{place} answers {status}")));
        }
        serde_json::from_slice(&body).map_err(|_| UpstreamError::wrong(format!("{place} answers no JSON")))
    }

    async fn ask(
        &self,
        method: Method,
        url: String,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<(u16, HeaderMap, Vec<u8>), UpstreamError> {
        let place = place(&url);
        let request = Request { method, url, headers, body, limit_bytes: LIMIT, timeout: TIMEOUT };
        // Outside of `watched` nobody wants to know.
        let _ = ASKED.try_with(|asked| asked.set(true));
        let answer = self.guarded.send(request).await;
        let answer = answer.map_err(|failure| UpstreamError::Down(format!("{place}: {failure}")))?;
        match answer.status {
            500.. => Err(UpstreamError::Down(format!("{place} answers {}", answer.status))),
            status => Ok((status, answer.headers, answer.body)),
        }
    }
}

/// GitHub answers an error of the token endpoint with 200.
fn is_hidden_error(status: u16, body: &[u8]) -> bool {
    let is_error = |body: Value| body["error"].is_string() && body["access_token"].is_null() && body["keys"].is_null();
    status == 200 && serde_json::from_slice(body).is_ok_and(is_error)
}

/// An address without its query, which may hold what others should not read.
fn place(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
