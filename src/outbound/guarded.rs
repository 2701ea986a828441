//! Owns the HTTP client for addresses that somebody else chose: webhooks, upstream providers, documents of clients. Every
//! address is judged when it is dialled; there are no redirects and no proxies; an answer is cut off at a size and a time.
//! It does not own what is asked, nor what is made of the answer.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use super::address::{self, IpNet};

/// Names looked up at a time: the system's resolver holds a thread until it answers, whoever has stopped waiting.
const LOOKUPS: usize = 16;
/// Requests under way at a time, to all hosts.
const AT_ONCE: usize = 64;

/// What may be asked, and how long it may take.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Networks that are open although they are not public.
    pub allow: Vec<IpNet>,
    /// Networks that may be asked without TLS; a subset of `allow`.
    pub allow_http: Vec<IpNet>,
    /// A certificate authority to trust beside the public ones, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The longest that a request takes, from waiting for its turn to the last byte of the answer.
    pub timeout: Duration,
    /// Requests under way to one host at a time.
    pub per_host: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Self { allow: Vec::new(), allow_http: Vec::new(), ca_pem: None, timeout: Duration::from_secs(10), per_host: 4 }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Address: https, or http where the configuration opens it; no user name, no fragment.
    pub url: String,
    /// Headers beside `Host`, `User-Agent` and `Content-Length`, which are the client's own.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body; may be empty.
    pub body: Vec<u8>,
    /// More bytes of the answer's body than this are a [`Failure::TooLarge`].
    pub limit_bytes: usize,
    /// The longest it may take; never longer than [`Rule::timeout`].
    pub timeout: Duration,
}

/// What came back, of any status; redirects are not followed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as it came, within the limit.
    pub body: Vec<u8>,
}

/// Why there is no answer. The words hold neither body nor headers of the request, and no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address may not be asked; it will not be better later unless the name or the configuration changes.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("no whole answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// There was no connection, no TLS or no HTTP.
    #[error("{0}")]
    Unreachable(String),
    /// The answer is larger than it may be.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is compressed, which was not asked for: it could be a small body that becomes a huge one.
    #[error("the answer is compressed although that was not asked for")]
    Compressed,
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Guarded(Arc<Inside>);

struct Inside {
    rule: Rule,
    https: reqwest::Client,
    http: reqwest::Client,
    all: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// Looks up a name; may block.
type Names = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

impl Guarded {
    /// A client that keeps this rule.
    ///
    /// # Errors
    /// In words, when the certificate authority cannot be used.
    pub fn new(rule: Rule) -> Result<Self, String> {
        let system = |name: &str| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect());
        Self::with_names(rule, Arc::new(system))
    }

    pub(super) fn with_names(rule: Rule, names: Names) -> Result<Self, String> {
        let tls = tls_of(rule.ca_pem.as_deref())?;
        let lookups = Arc::new(Semaphore::new(LOOKUPS));
        let client = |guard: Guard| {
            reqwest::Client::builder()
                .user_agent(concat!("Vouchsafe/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .tls_backend_preconfigured(tls.clone())
                .pool_max_idle_per_host(1)
                .pool_idle_timeout(Duration::from_secs(30))
                .dns_resolver(Arc::new(Resolver { guard, names: names.clone(), lookups: lookups.clone() }))
                .build()
                .map_err(|error| in_full(&error))
        };
        Ok(Self(Arc::new(Inside {
            https: client(Guard::Https(rule.allow.clone()))?,
            http: client(Guard::Http(rule.allow_http.clone()))?,
            rule,
            all: Arc::new(Semaphore::new(AT_ONCE)),
            hosts: Mutex::default(),
        })))
    }

    /// How many requests to one host are under way at a time: more only wait, and their time runs out.
    pub fn per_host(&self) -> usize {
        self.0.rule.per_host
    }

    /// Whether this address could be asked, as far as can be told without looking up its name: for forms that take one.
    ///
    /// # Errors
    /// In words for whoever typed it.
    pub fn check(&self, url: &str) -> Result<Url, String> {
        let url = Url::parse(url).map_err(|error| format!("is no address of the web: {error}"))?;
        let guard = match url.scheme() {
            "https" => Guard::Https(self.0.rule.allow.clone()),
            "http" if !self.0.rule.allow_http.is_empty() => Guard::Http(self.0.rule.allow_http.clone()),
            _ => return Err("must begin with https://".to_owned()),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain a user name or a password".to_owned());
        }
        if url.fragment().is_some() {
            return Err("must not contain a fragment (#)".to_owned());
        }
        match url.port_or_known_default() {
            Some(80 | 443 | 1024..) => {}
            _ => return Err("names a port that belongs to another protocol than HTTP".to_owned()),
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => guard.judge(IpAddr::V4(ip))?,
            Some(Host::Ipv6(ip)) => guard.judge(IpAddr::V6(ip))?,
            Some(Host::Domain(name)) if is_name(name) => {}
            _ => return Err("must name a host: letters, digits, hyphens and dots, without a dot at its end".to_owned()),
        }
        Ok(url)
    }

    /// Asks.
    ///
    /// # Errors
    /// A [`Failure`]; an answer of any status is none.
    pub async fn send(&self, request: Request) -> Result<Answer, Failure> {
        let url = self.check(&request.url).map_err(|why| Failure::Refused(format!("the address {why}")))?;
        let timeout = request.timeout.min(self.0.rule.timeout);
        let asked = async {
            let _turn = self.turn(&url).await?;
            self.ask(url, request).await
        };
        tokio::time::timeout(timeout, asked).await.unwrap_or(Err(Failure::Timeout(timeout)))
    }

    async fn ask(&self, url: Url, request: Request) -> Result<Answer, Failure> {
        let client = if url.scheme() == "https" { &self.0.https } else { &self.0.http };
        let headers: HeaderMap = request.headers.into_iter().collect();
        let sent = client.request(request.method, url).headers(headers).body(request.body).send();
        let mut answer = sent.await.map_err(failure)?;
        let limit = request.limit_bytes;
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(Failure::TooLarge(limit));
        }
        let encoding = answer.headers().get(http::header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Failure::Compressed);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: answer.status().as_u16(), headers: std::mem::take(answer.headers_mut()), body })
    }

    /// Waits until it is this request's turn, at its host and among all. The host first: whoever waits for a slow host
    /// must not take a place from others.
    async fn turn(&self, url: &Url) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let closed = |_| Failure::Unreachable("the client is closed".to_owned());
        let host = self.host(url).acquire_owned().await.map_err(closed)?;
        Ok([host, self.0.all.clone().acquire_owned().await.map_err(closed)?])
    }

    fn host(&self, url: &Url) -> Arc<Semaphore> {
        let name = url.host_str().unwrap_or_default();
        let mut hosts = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(name).and_then(Weak::upgrade) {
            return known;
        }
        // Hosts that nobody asks at this moment are forgotten.
        hosts.retain(|_, host| host.strong_count() > 0);
        let new = Arc::new(Semaphore::new(self.0.rule.per_host));
        hosts.insert(name.to_owned(), Arc::downgrade(&new));
        new
    }
}

/// Which addresses one of the two clients dials.
#[derive(Clone)]
enum Guard {
    /// Public ones, and these.
    Https(Vec<IpNet>),
    /// These alone.
    Http(Vec<IpNet>),
}

impl Guard {
    fn judge(&self, ip: IpAddr) -> Result<(), String> {
        match self {
            Guard::Https(allow) if address::is_public(ip) || address::is_in(allow, ip) => Ok(()),
            Guard::Https(_) => Err(format!(
                "leads to {ip}, which is not on the public internet and not in a network that outbound.allow opens"
            )),
            Guard::Http(allow) if address::is_in(allow, ip) => Ok(()),
            Guard::Http(_) => {
                Err(format!("leads to {ip} without TLS: use https, or open its network with outbound.allow_http"))
            }
        }
    }
}

/// Names an address was refused for, on its way through the layers of the HTTP client.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Closed(String);

struct Resolver {
    guard: Guard,
    names: Names,
    lookups: Arc<Semaphore>,
}

impl Resolve for Resolver {
    /// The addresses that are judged are the ones that are dialled, so a name that answers differently the next time gains
    /// nothing. A name of which one address is closed is refused as a whole: whoever owns it means harm or is mistaken.
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, names, lookups) = (self.guard.clone(), self.names.clone(), self.lookups.clone());
        Box::pin(async move {
            let place = lookups.acquire_owned().await?;
            let found = tokio::task::spawn_blocking(move || {
                let found = names(name.as_str());
                drop(place);
                found
            });
            let found = found.await??;
            for address in &found {
                guard.judge(*address).map_err(|why| Closed(format!("the name {why}")))?;
            }
            if found.is_empty() {
                return Err("the name has no address".into());
            }
            // Port 0: the client puts in the one of the request.
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// Whether this is a name that somebody could have, and no placeholder that was never filled in.
fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && !name.ends_with('.') && name.bytes().all(plain)
}

fn tls_of(ca_pem: Option<&[u8]>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(pem) = ca_pem {
        let public = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
        if roots.len() == public {
            return Err("it holds no certificate in PEM form (BEGIN CERTIFICATE)".to_owned());
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn failure(error: reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(closed) = error.downcast_ref::<Closed>() {
            return Failure::Refused(closed.to_string());
        }
        cause = error.source();
    }
    // The address may have a secret in its query, and is known to whoever asked.
    Failure::Unreachable(in_full(&error.without_url()))
}

fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
