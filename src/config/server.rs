//! Owns the section `server`: who we are to the world, where we listen, whom we believe about client addresses.
//! It does not own the walk along proxies (`proxy`).

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use super::names::Key;
use super::proxy::ForwardedHeader;
use super::reader::Reader;
use super::value::{Raw, Setting, choice, echo};

pub(super) const KEYS: &[Key] = &[
    Key::new("issuer", "URL", "The address that apps know this provider by; everything we publish is built from it."),
    Key::new("listen", "address:port", "Where the server accepts connections."),
    Key::new("workers", "threads", "Threads that answer requests; 0 means one for each core."),
    Key::new(
        "trusted_proxies",
        "addresses or CIDR networks",
        "Reverse proxies whose word about client addresses counts.",
    ),
    Key::new("forwarded_header", "header", "The one header those proxies write: x-forwarded-for or forwarded."),
    Key::new("tls_certificate", "path", "PEM file with certificate chain, to serve HTTPS without a proxy."),
    Key::new("tls_key", "path", "PEM file with the private key to tls_certificate."),
    Key::new(
        "client_header_timeout_seconds",
        "seconds",
        "A connection that has not sent its request head by then is closed.",
    ),
    Key::new("keep_alive_seconds", "seconds", "How long an idle connection stays open for the next request."),
    Key::new("max_connections", "connections", "More connections than this wait until others close."),
    Key::new("max_body_bytes", "bytes", "The largest request body that is read."),
    Key::new("drain_seconds", "seconds", "How long running requests may take to finish after SIGTERM."),
];

/// The section `server`.
#[derive(Clone, Debug)]
pub struct Server {
    /// The issuer identifier (OIDC Discovery section 3), compared byte for byte by everybody: no trailing slash, no query.
    pub issuer: String,
    /// Address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Threads; 0 means one for each core ([`Server::worker_count`]).
    pub workers: u32,
    /// Networks of our own reverse proxies.
    pub trusted_proxies: Vec<IpNet>,
    /// Which header they write.
    pub forwarded_header: ForwardedHeader,
    /// PEM certificate chain; present exactly when `tls_key` is.
    pub tls_certificate: Option<PathBuf>,
    /// PEM private key.
    pub tls_key: Option<PathBuf>,
    /// Seconds.
    pub client_header_timeout_seconds: u32,
    /// Seconds.
    pub keep_alive_seconds: u32,
    /// Connections at a time.
    pub max_connections: usize,
    /// Bytes.
    pub max_body_bytes: usize,
    /// Seconds.
    pub drain_seconds: u32,
}

impl Server {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let server = Self {
            issuer: r.key("issuer", Issuer("http://localhost:8080".into())).0,
            listen: r.key("listen", SocketAddr::from(([127, 0, 0, 1], 8080))),
            workers: r.number("workers", 0, 0..=1024),
            trusted_proxies: r.checked("trusted_proxies", Vec::new(), |nets| nets.iter().try_for_each(not_everybody)),
            forwarded_header: r.key("forwarded_header", ForwardedHeader::XForwardedFor),
            tls_certificate: r.key("tls_certificate", None),
            tls_key: r.key("tls_key", None),
            client_header_timeout_seconds: r.number("client_header_timeout_seconds", 10, 1..=30),
            keep_alive_seconds: r.number("keep_alive_seconds", 60, 1..=600),
            max_connections: r.number("max_connections", 10_000, 10..=1_000_000),
            max_body_bytes: r.number("max_body_bytes", 65_536, 4_096..=16_777_216),
            drain_seconds: r.number("drain_seconds", 30, 0..=600),
        };
        if server.tls_certificate.is_some() != server.tls_key.is_some() {
            let says = "needs its counterpart: set tls_certificate and tls_key together, or neither";
            r.refuse(&["tls_certificate", "tls_key"], says);
        }
        server
    }

    /// The number of threads to start: as configured, or one for each core.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            workers => usize::try_from(workers).unwrap_or(usize::MAX),
        }
    }

    /// Whether we serve HTTPS ourselves.
    pub fn serves_tls(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// How long a request head may take.
    pub fn client_header_timeout(&self) -> Duration {
        Duration::from_secs(self.client_header_timeout_seconds.into())
    }

    /// How long an idle connection stays open.
    pub fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive_seconds.into())
    }

    /// How long running requests may take to finish at the end.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }
}

/// A proxy list that holds everybody makes the header a free text field for attackers.
fn not_everybody(net: &IpNet) -> Result<(), String> {
    if net.prefix_len() == 0 {
        return Err(format!(
            "must not contain {net}: then anybody could invent a client address; list your proxies' own networks"
        ));
    }
    Ok(())
}

impl Setting for ForwardedHeader {
    fn read(raw: &Raw) -> Result<Self, String> {
        choice(raw, &[("x-forwarded-for", Self::XForwardedFor), ("forwarded", Self::Forwarded)])
    }

    fn show(&self) -> String {
        super::value::quoted(self.name())
    }
}

struct Issuer(String);

impl Setting for Issuer {
    fn read(raw: &Raw) -> Result<Self, String> {
        issuer(super::value::some_text(raw)?).map(Self)
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

/// An issuer that every client library accepts and compares equal (OIDC Core section 2, Discovery section 3, RFC 8414
/// section 2): in its normal form, so that there is only one way to write it.
fn issuer(text: &str) -> Result<String, String> {
    let shown = echo(text);
    let url = Url::parse(text)
        .map_err(|e| format!("must be an absolute URL such as https://id.example.com, not {shown} ({e})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password".into());
    }
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("must begin with https://, not {shown}"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("must not contain `?` or `#` (OpenID Connect Discovery 1.0 section 3), as {shown} does"));
    }
    if url.scheme() == "http" && !is_local(&url) {
        return Err(format!("must begin with https://; http is for localhost only, and {shown} is not"));
    }
    if text.ends_with('/') {
        return Err(format!("must not end with a slash; write {}", echo(text.trim_end_matches('/'))));
    }
    let path_is_plain = url.path().split('/').skip(1).enumerate().all(|(at, part)| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        plain && (!part.is_empty() || at == 0)
    });
    if !path_is_plain {
        return Err(format!(
            "must have a path of letters, digits, `-`, `.`, `_`, `~` and single slashes, unlike {shown}"
        ));
    }
    let normal = url.as_str().trim_end_matches('/');
    if normal != text {
        return Err(format!("must be in its normal form, since apps compare it byte for byte; write {}", echo(normal)));
    }
    Ok(text.to_owned())
}

/// Whether the URL's host can only be this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_in_normal_form_are_taken() {
        for good in [
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
            "http://id.localhost",
            "https://id.example.com",
            "https://id.example.com:8443/tenant/one",
            "https://10.0.0.1",
        ] {
            assert_eq!(issuer(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn other_issuers_are_refused_with_the_right_form() {
        for (bad, words) in [
            ("id.example.com", "absolute URL"),
            ("/", "absolute URL"),
            ("ftp://id.example.com", "https://"),
            ("http://id.example.com", "localhost only"),
            ("http://127.0.0.1.example.com", "localhost only"),
            ("https://id.example.com/", "write `https://id.example.com`"),
            ("https://id.example.com//", "write `https://id.example.com`"),
            ("https://id.example.com?x=1", "`?`"),
            ("https://id.example.com?", "`?`"),
            ("https://id.example.com#", "`#`"),
            ("https://u:geheim@id.example.com", "user name"),
            ("https://ID.example.com", "write `https://id.example.com`"),
            ("https://id.example.com:443", "write `https://id.example.com`"),
            (" https://id.example.com", "write `https://id.example.com`"),
            ("https://id.example.com/a/../b", "write `https://id.example.com/b`"),
            ("https://id.example.com/a//b", "single slashes"),
            ("https://id.example.com/%61", "path of letters"),
            ("https://bücher.example", "write `https://xn--bcher-kva.example`"),
        ] {
            let says = issuer(bad).expect_err(bad);
            assert!(says.contains(words), "{bad}: {says}");
            assert!(!says.contains("geheim"));
        }
    }
}
