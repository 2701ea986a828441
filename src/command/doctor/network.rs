//! Owns the doctor's look at the network: certificate files, and the server that should answer where we listen. It asks
//! that server over a bare connection; requests to strangers are `outbound`'s.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;

use super::{Findings, certificate, machine};
use crate::app;
use crate::config::Config;
use crate::time::{Lifetime, Timestamp};

const TLS: &str = "TLS";
const SERVER: &str = "server";
const OUTBOUND: &str = "outbound";
/// The metadata service of AWS over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// A server on this machine answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(2);
/// Our documents are a few kilobytes.
const MOST_BYTES: u64 = 1 << 20;
/// A certificate is renewed well before.
const RENEW_BEFORE: Lifetime = Lifetime::from_days(14);

/// Whether the certificate files can be used, and for how long.
pub(super) fn tls_files(config: &Config, now: Timestamp, findings: &mut Findings) {
    let (Some(certificate), Some(key)) = (&config.server.tls_certificate, &config.server.tls_key) else {
        if config.server.issuer.starts_with("https://") && !config.server.trusted_proxies.is_empty() {
            findings.ok(TLS, "a proxy in front ends it, and is trusted to name the visitors' addresses");
        }
        return;
    };
    machine::secret_file(TLS, key, findings);
    let chain = match chain(certificate) {
        Ok(chain) => chain,
        Err(why) => return unusable(certificate, &why, findings),
    };
    let private = match PrivateKeyDer::from_pem_file(key) {
        Ok(private) => private,
        Err(error) => return unusable(key, &error.to_string(), findings),
    };
    let leaf = chain.first().cloned();
    let fits = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private);
    if let Err(error) = fits {
        return unusable(certificate, &format!("certificate and key do not fit: {error}"), findings);
    }
    match leaf.as_deref().and_then(certificate::validity) {
        Some(validity) => dates(certificate, validity, now, findings),
        None => findings.warning(
            TLS,
            format!("the dates of {} cannot be read", certificate.display()),
            "look at it with `openssl x509 -noout -dates`",
        ),
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(|e| e.to_string())?.collect();
    let chain = chain.map_err(|e| e.to_string())?;
    if chain.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(chain) }
}

fn unusable(path: &Path, why: &str, findings: &mut Findings) {
    let remedy = "the file must hold PEM and be readable by the service's user: the certificate with its chain, and the key to it";
    findings.problem(TLS, format!("{} cannot be used: {why}", path.display()), remedy);
}

fn dates(path: &Path, (from, until): (Timestamp, Timestamp), now: Timestamp, findings: &mut Findings) {
    let (path, until_words) = (path.display(), until.rfc3339());
    let remedy = "renew it, then restart the server";
    if now < from {
        findings.problem(
            TLS,
            format!("{path} is valid only from {} on", from.rfc3339()),
            "look at the clock and at the file",
        );
    } else if until <= now {
        findings.problem(TLS, format!("{path} has expired at {until_words}"), remedy);
    } else if until <= now + RENEW_BEFORE {
        findings.warning(TLS, format!("{path} expires at {until_words}"), remedy);
    } else {
        findings.ok(TLS, format!("{path} and its key fit; valid until {until_words}"));
    }
}

/// Whether requests to addresses that others chose can be made, and what was opened to them.
pub(super) fn outbound(config: &Config, findings: &mut Findings) {
    if let Err(error) = app::guarded(config) {
        let remedy = "the file must hold PEM and be readable by the service's user";
        return findings.problem(OUTBOUND, error.to_string(), remedy);
    }
    let open = &config.outbound.allow;
    let metadata = [IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), IpAddr::V6(METADATA_V6)];
    if let Some(net) = open.iter().find(|net| metadata.iter().any(|address| net.contains(address))) {
        findings.warning(
            OUTBOUND,
            format!("outbound.allow opens {net}, where clouds hand out a machine's own credentials"),
            "list only the networks that webhooks and upstream providers are in",
        );
    } else if open.is_empty() {
        findings.ok(OUTBOUND, "the public internet alone may be asked, over https");
    } else {
        findings.ok(OUTBOUND, format!("beside the public internet {} networks are open", open.len()));
    }
}

/// Asks the server, if one answers where the configuration says, whether it is ours and knows its own address.
pub(super) fn server(config: &Config, findings: &mut Findings) {
    let listen = config.server.listen;
    if listen.port() == 0 {
        return findings.ok(SERVER, "the system chooses the port, so no running server was looked for");
    }
    let address = reachable(listen);
    if TcpStream::connect_timeout(&address, PATIENCE).is_err() {
        return findings.ok(SERVER, format!("none is running at {listen}, so its answers were not looked at"));
    }
    if config.server.serves_tls() {
        return findings.ok(SERVER, format!("something answers at {listen} (over TLS, so it was not looked into)"));
    }
    let (host, base) = host_and_base(&config.server.issuer);
    match fetch(address, &host, &format!("{base}/healthz")) {
        Ok((200, _)) => {}
        Ok((status, _)) => {
            let what = format!("what runs at {listen} answers {base}/healthz with {status}");
            return findings.problem(
                SERVER,
                what,
                "another program has the port, or the server has another issuer: stop it, or change server.listen",
            );
        }
        Err(why) => {
            let what = format!("what runs at {listen} does not answer: {why}");
            return findings.problem(SERVER, what, "another program has the port: stop it, or change server.listen");
        }
    }
    let issuer = &config.server.issuer;
    let published = fetch(address, &host, &format!("{base}/.well-known/openid-configuration"))
        .ok()
        .and_then(|(_, body)| serde_json::from_slice::<Value>(&body).ok())
        .and_then(|document| document["issuer"].as_str().map(str::to_owned));
    match published {
        Some(published) if published == *issuer => {
            findings.ok(SERVER, format!("it runs at {listen} and publishes the issuer {published}"));
        }
        Some(published) => findings.problem(
            SERVER,
            format!("the server at {listen} publishes the issuer {published}, the configuration says {issuer}"),
            "restart the server with this configuration, or run the doctor with the server's",
        ),
        None => {
            findings.problem(SERVER, format!("the server at {listen} has no discovery document"), "restart the server")
        }
    }
}

/// Where a server that listens there can be reached from this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The authority and the path of the issuer; the path without a slash at its end.
fn host_and_base(issuer: &str) -> (String, String) {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    match rest.split_once('/') {
        Some((host, path)) => (host.to_owned(), format!("/{path}")),
        None => (rest.to_owned(), String::new()),
    }
}

/// One plain HTTP request: status and body.
fn fetch(address: SocketAddr, host: &str, path: &str) -> Result<(u16, Vec<u8>), String> {
    let words = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(words)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(words)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(words)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: */*\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(words)?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer).map_err(words)?;
    parse(&answer).ok_or_else(|| "the answer is not HTTP".to_owned())
}

fn parse(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer[end + 4..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_taken_apart() {
        let parts = |issuer| {
            let (host, base) = host_and_base(issuer);
            format!("{host} {base}")
        };
        assert_eq!(parts("https://id.test"), "id.test ");
        assert_eq!(parts("http://localhost:8080"), "localhost:8080 ");
        assert_eq!(parts("https://id.test/tenant/one"), "id.test /tenant/one");
    }

    #[test]
    fn answers_are_read_and_nonsense_is_not() {
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nbody"), Some((200, b"body".to_vec())));
        for odd in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
            assert_eq!(parse(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn the_unspecified_address_is_asked_at_home() {
        assert_eq!(reachable(SocketAddr::from(([0, 0, 0, 0], 80))).to_string(), "127.0.0.1:80");
        assert_eq!(reachable(SocketAddr::from(([10, 0, 0, 1], 80))).to_string(), "10.0.0.1:80");
    }
}
