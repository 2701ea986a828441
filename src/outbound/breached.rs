//! Owns asking online whether a password was stolen elsewhere: the form of the question and how long it may take. It does not
//! own what is asked about (`secret::breached`), nor what follows from the answer.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use super::Guarded;
use super::guarded::Request;

/// An answer with padding has about 60 KB.
const MOST_BYTES: usize = 512 * 1024;
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks for all that begin with these five hex digits; padded, so that the length of the answer tells nothing. The lines of
/// the answer.
///
/// # Errors
/// In words, for the trace.
pub async fn range(guarded: &Guarded, base: &str, digits: &str) -> Result<String, String> {
    let request = Request {
        method: Method::GET,
        url: format!("{base}{digits}"),
        headers: vec![(HeaderName::from_static("add-padding"), HeaderValue::from_static("true"))],
        body: Vec::new(),
        limit_bytes: MOST_BYTES,
        timeout: PATIENCE,
    };
    let answer = guarded.send(request).await.map_err(|failure| failure.to_string())?;
    match answer.status {
        200 => Ok(String::from_utf8_lossy(&answer.body).into_owned()),
        status => Err(format!("status {status}")),
    }
}
