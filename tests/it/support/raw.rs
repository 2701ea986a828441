//! Requests as bytes, for what no HTTP library would send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::TestApp;

/// What came back on the connection.
#[derive(Debug)]
pub struct Answer {
    /// Of the first answer; 0 if there was none.
    pub status: u16,
    /// Everything, several answers included.
    pub text: String,
    /// Whether the server closed the connection.
    pub closed: bool,
}

impl Answer {
    /// How many answers came.
    pub fn count(&self) -> usize {
        self.text.matches("HTTP/1.1 ").count()
    }
}

/// A connection to the server.
pub async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(("127.0.0.1", app.port())).await.expect("the server takes connections")
}

/// Sends bytes on a connection of their own and reads what comes until the server closes it or is silent for 1.5 s.
pub async fn raw(app: &TestApp, request: &[u8]) -> Answer {
    let mut stream = connect(app).await;
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request).await;
    read(&mut stream, Duration::from_millis(1_500)).await
}

/// Reads until the server closes the connection or is silent for so long.
pub async fn read(stream: &mut TcpStream, silence: Duration) -> Answer {
    let (mut bytes, mut closed) = (Vec::new(), false);
    let mut buffer = vec![0; 65_536];
    loop {
        match tokio::time::timeout(silence, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => {
                closed = true;
                break;
            }
            Ok(Ok(count)) => bytes.extend_from_slice(&buffer[..count]),
            Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|t| t.get(..3)).and_then(|t| t.parse().ok()).unwrap_or(0);
    Answer { status, text, closed }
}

/// A request without a body that asks the server to close the connection afterwards.
pub async fn get(app: &TestApp, target: &str, headers: &str) -> Answer {
    raw(app, format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n").as_bytes()).await
}
