//! Owns one keep-alive HTTP/1.1 connection, as cheap as it can be, so that the driver's core is not what is measured.
//! It does not own TLS, redirects or cookies.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

/// A connection to the provider under measurement.
pub struct Connection {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// An answer: its status, its header lines and its body.
pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a str,
    pub body: &'a [u8],
}

impl Connection {
    pub fn to(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None, buffer: Vec::with_capacity(16 * 1024) }
    }

    /// Sends one request and waits for its whole answer. Opens the connection if there is none.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            more(&mut stream, &mut self.buffer).await?;
        };
        let head = std::str::from_utf8(&self.buffer[..head_end])?;
        let status: u16 = head.get(9..12).and_then(|s| s.parse().ok()).ok_or("not an HTTP answer")?;
        let length = header(head, "content-length").and_then(|l| l.parse::<usize>().ok());
        let chunked = header(head, "transfer-encoding").is_some();
        let keep = !header(head, "connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
        let body_end = if chunked {
            loop {
                if let Some(body) = unchunk(&self.buffer[head_end..]) {
                    self.buffer.truncate(head_end);
                    self.buffer.extend_from_slice(&body);
                    break self.buffer.len();
                }
                more(&mut stream, &mut self.buffer).await?;
            }
        } else {
            let end = head_end + length.unwrap_or(0);
            while self.buffer.len() < end {
                more(&mut stream, &mut self.buffer).await?;
            }
            end
        };
        if keep {
            self.stream = Some(stream);
        }
        let head = std::str::from_utf8(&self.buffer[..head_end])?;
        Ok(Answer { status, head, body: &self.buffer[head_end..body_end] })
    }
}

impl Answer<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    /// The body as JSON, when the status is 200; an error with both otherwise.
    pub fn json(&self) -> Result<serde_json::Value> {
        if self.status != 200 {
            return Err(format!("status {}: {}", self.status, self.text()).into());
        }
        Ok(serde_json::from_slice(self.body)?)
    }
}

/// The value of the first header with this (lower-case) name.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    headers(head, name).next()
}

/// The values of all headers with this (lower-case) name.
pub fn headers<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    head.split("\r\n").filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        return Err("the server closed the connection in the middle of an answer".into());
    }
    Ok(())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// The body of a chunked answer, or `None` while its end has not come yet.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = find(rest, b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..line_end]).ok()?.split(';').next()?.trim(), 16).ok()?;
        rest = rest.get(line_end + 2..)?;
        let chunk = rest.get(..size)?;
        rest = rest.get(size + 2..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk);
    }
}

/// A GET request. `host` is the authority of the issuer, `headers` whole lines.
pub fn get(host: &str, path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").into_bytes()
}

/// A POST request with a form.
pub fn post(host: &str, path: &str, headers: &str, form: &[(&str, &str)]) -> Vec<u8> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}
