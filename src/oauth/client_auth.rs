//! Owns client authentication (RFC 6749 section 2.3): how a client presents itself and whether that is the one way it
//! registered. It does not own hashing: the caller hands in the hash of the presented secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::oauth::client::{Client, ClientAuthMethod, ClientSecret};
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::{self, Params};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;

/// What a request presented.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The way it was presented.
    pub method: ClientAuthMethod,
    /// Who it claims to be.
    pub client_id: String,
    /// The secret, where there is one.
    pub secret: Option<Sensitive>,
}

/// A client that proved who it is; the only thing that may redeem. Made by [`authenticate`], and for an administrator who tries
/// a client out by [`AuthenticatedClient::tried_out`].
#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticatedClient {
    client: Client,
    secret_id: Option<String>,
}

impl AuthenticatedClient {
    /// A client in whose name an administrator acts who may change it and give it secrets: their authority stands in for its
    /// proof. For `flow::admin::try_it` alone (`tests/floors.rs`), which has judged the administrator and the client.
    pub fn tried_out(client: Client) -> Self {
        Self { client, secret_id: None }
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The secret it proved itself with, if it has any.
    pub fn secret_id(&self) -> Option<&str> {
        self.secret_id.as_deref()
    }
}

/// Reads the credentials of a request: the `Authorization` headers as they came, and the form.
///
/// # Errors
/// `invalid_request` for more than one method (section 2.3) or a repeated parameter (section 3.2), `invalid_client` for a
/// malformed or missing one.
pub fn presented(headers: &[&[u8]], form: &Params) -> Result<Presented, Refusal> {
    // Here, so that no endpoint at which clients authenticate can forget it.
    form.all_once()?;
    let section = "RFC 6749 section 2.3";
    let [header] = headers else {
        if headers.is_empty() {
            return from_form(form);
        }
        let words = "more than one Authorization header";
        return Err(Refusal::new(ErrorCode::InvalidRequest, "client_auth.one_header", section, words)
            .because("one header", format!("{} headers", headers.len())));
    };
    if form.find("client_secret").is_some() {
        let words = "the client authenticated in more than one way: use either HTTP Basic or client_secret in the body";
        return Err(Refusal::new(ErrorCode::InvalidRequest, "client_auth.one_method", section, words)
            .because("one method", "an Authorization header and client_secret in the body"));
    }
    let basic = from_basic(header)?;
    if form.find("client_id").is_some_and(|id| id != basic.client_id) {
        let words = "client_id in the body differs from the one in the Authorization header";
        return Err(Refusal::new(ErrorCode::InvalidRequest, "client_auth.one_client", section, words)
            .because(&basic.client_id, form.find("client_id").unwrap_or_default()));
    }
    Ok(basic)
}

fn from_form(form: &Params) -> Result<Presented, Refusal> {
    let Some(client_id) = form.find("client_id") else {
        let words = "client authentication is missing";
        let refusal = Refusal::new(ErrorCode::InvalidClient, "client_auth.present", "RFC 6749 section 3.2.1", words);
        return Err(refusal.because("HTTP Basic, or client_id in the body", "neither"));
    };
    let secret = form.find("client_secret").map(Sensitive::new);
    let method = if secret.is_some() { ClientAuthMethod::ClientSecretPost } else { ClientAuthMethod::None };
    Ok(Presented { method, client_id: client_id.to_owned(), secret })
}

/// HTTP Basic, whose parts are form-urlencoded before they are joined (section 2.3.1). Raw parts of clients that forget to
/// encode are the same bytes unless they contain `%` or `+`.
fn from_basic(header: &[u8]) -> Result<Presented, Refusal> {
    let refuse = |why: &'static str| {
        let words = "the Authorization header is not HTTP Basic with form-urlencoded client_id and client_secret";
        Refusal::new(ErrorCode::InvalidClient, "client_auth.basic_form", "RFC 6749 section 2.3.1", words)
            .because("Basic base64(urlencode(client_id):urlencode(client_secret))", why)
    };
    let text = std::str::from_utf8(header).map_err(|_| refuse("bytes that are no text"))?;
    let (scheme, credentials) = text.split_once(' ').ok_or_else(|| refuse("no credentials after the scheme"))?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refuse("another scheme"));
    }
    let decoded = STANDARD.decode(credentials).map_err(|_| refuse("credentials that are no base64"))?;
    let colon = decoded.iter().position(|b| *b == b':').ok_or_else(|| refuse("no colon"))?;
    let part = |bytes: &[u8]| params::decode(bytes).map_err(|_| refuse("a part that is not form-urlencoded"));
    let (client_id, secret) = (part(&decoded[..colon])?, part(&decoded[colon + 1..])?);
    if client_id.is_empty() || secret.is_empty() {
        return Err(refuse("an empty client_id or client_secret"));
    }
    Ok(Presented { method: ClientAuthMethod::ClientSecretBasic, client_id, secret: Some(Sensitive::new(secret)) })
}

/// Judges a presentation. An unknown client goes the same way as a wrong secret: same words, same work (security case D05).
///
/// # Errors
/// `invalid_client`. The finding tells the cases apart; the answer does not.
pub fn authenticate(
    presented: &Presented,
    presented_hash: Option<&[u8]>,
    known: Option<(Client, Vec<ClientSecret>)>,
    now: Timestamp,
) -> Result<AuthenticatedClient, Refusal> {
    let (client, secrets) = match known {
        Some((client, secrets)) => (Some(client), secrets),
        None => (None, Vec::new()),
    };
    let fitting = live_secret_that_equals(&secrets, presented_hash, now);
    let Some(client) = client else {
        return Err(refuse("client.known", "a registered client_id", &presented.client_id));
    };
    if client.disabled_at.is_some() {
        return Err(refuse("client.enabled", "an enabled client", "a disabled one"));
    }
    if client.auth_method != presented.method {
        return Err(refuse("client_auth.registered_method", client.auth_method.as_str(), presented.method.as_str()));
    }
    if client.auth_method != ClientAuthMethod::None && fitting.is_none() {
        let live = secrets.iter().filter(|s| s.is_live(now)).count();
        let has_ended = secrets.iter().any(|s| !s.is_live(now) && presented_hash == Some(s.hash.as_slice()));
        let shape = if has_ended { ", which was valid once and has ended" } else { shape_of(presented) };
        let received = format!("another secret{shape}");
        return Err(refuse("client_auth.secret", &format!("one of {live} valid secrets"), &received));
    }
    Ok(AuthenticatedClient { client, secret_id: fitting.map(|secret| secret.id.clone()) })
}

/// What can be told of a wrong secret without telling any of it.
fn shape_of(presented: &Presented) -> &'static str {
    match presented.secret.as_ref().map_or("", |secret| secret.expose()) {
        secret if secret.trim() != secret => ", with white space or a line break at an end",
        secret if secret == presented.client_id => ", the client_id itself",
        secret if secret.starts_with(['"', '\'']) && secret.ends_with(['"', '\'']) => ", in quotes",
        secret if secret.contains('%') => ", with percent signs in it",
        secret if secret.contains(' ') => ", with a space in it",
        secret if secret.starts_with(['$', '<', '{']) || secret.contains("${") => ", the name of a variable",
        _ => "",
    }
}

/// Compares with every live secret, and with a dummy when there is none, in constant time; which one it was is looked up
/// only when all have been compared.
fn live_secret_that_equals<'a>(
    secrets: &'a [ClientSecret],
    presented: Option<&[u8]>,
    now: Timestamp,
) -> Option<&'a ClientSecret> {
    let presented = presented.unwrap_or(&[0; 32]);
    let mut fits = presented.ct_eq(&[0; 32]) & Choice::from(0);
    let mut place = 0_u64;
    for (at, secret) in (0_u64..).zip(secrets) {
        let this = secret.hash.as_slice().ct_eq(presented) & Choice::from(u8::from(secret.is_live(now)));
        place.conditional_assign(&at, this);
        fits |= this;
    }
    let place = usize::try_from(place).ok()?;
    if fits.into() { secrets.get(place) } else { None }
}

fn refuse(check: &'static str, expected: &str, received: &str) -> Refusal {
    let words = "client authentication failed";
    Refusal::new(ErrorCode::InvalidClient, check, "RFC 6749 section 5.2", words).because(expected, received)
}

#[cfg(test)]
#[path = "client_auth_tests.rs"]
mod tests;
