//! Owns what is asked of the provider in each row, and the sessions and tokens that it is asked with.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::Result;
use crate::browser::{Browser, Place};
use crate::drive::Work;
use crate::http::{self, Connection};
use crate::provider::{CALLBACK, People, Provider};

/// Everything the rows need, made once before the measured process starts.
pub struct Prepared {
    pub jwks_path: String,
    paths: Paths,
    host: String,
    origin: String,
    web_basic: String,
    service_basic: String,
    email: &'static str,
    password: &'static str,
    authorize: String,
    seats: Vec<Seat>,
}

#[derive(Clone)]
struct Paths {
    token: String,
    userinfo: String,
    introspection: String,
}

/// What one connection has of its own: a session and a grant.
struct Seat {
    browser: Browser,
    refresh_token: String,
    access_token: String,
}

/// A verifier of fixed letters: its strength is not what is measured.
const VERIFIER: &str = "bench-bench-bench-bench-bench-bench-bench-bench";

/// Signs the person in once for each connection and keeps the tokens.
pub async fn prepare(provider: &Provider, people: &People, seats: usize) -> Result<Prepared> {
    let mut connection = Connection::to(provider.address());
    let document = connection.ask(&http::get(&provider.host(), &provider.discovery_path(), "")).await?.json()?;
    let path = |name: &str| -> Result<String> {
        let url = url::Url::parse(document[name].as_str().ok_or(format!("no {name}"))?)?;
        Ok(url.path().to_owned())
    };
    let basic =
        |id: &str, secret: &str| format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{secret}")));
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()));
    let authorize = |scope: &str, prompt: &str| -> Result<String> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &people.web_id).append_pair("redirect_uri", CALLBACK);
        query.append_pair("response_type", "code").append_pair("scope", scope).append_pair("state", "s");
        query.append_pair("nonce", "n").append_pair("code_challenge", &challenge);
        query.append_pair("code_challenge_method", "S256");
        if !prompt.is_empty() {
            query.append_pair("prompt", prompt);
        }
        Ok(format!("{}?{}", path("authorization_endpoint")?, query.finish()))
    };
    let paths = Paths {
        token: path("token_endpoint")?,
        userinfo: path("userinfo_endpoint")?,
        introspection: path("introspection_endpoint")?,
    };
    let mut prepared = Prepared {
        jwks_path: path("jwks_uri")?,
        paths,
        host: provider.host(),
        origin: provider.issuer(),
        web_basic: basic(&people.web_id, &people.web_secret),
        service_basic: basic(&people.service_id, &people.service_secret),
        email: people.email,
        password: people.password,
        authorize: authorize("openid profile email", "")?,
        seats: Vec::new(),
    };
    let with_offline = authorize("openid profile email offline_access", "consent")?;
    for _ in 0..seats {
        let mut browser = Browser::new(&prepared.origin);
        let who = (people.email, people.password);
        // The first visit leaves a session and a remembered consent, the second an offline grant.
        browser.sign_in(&mut connection, &prepared.authorize, who).await?;
        let back = browser.sign_in(&mut connection, &with_offline, who).await?;
        let request = redeem(&prepared.host, &prepared.paths.token, &prepared.web_basic, &code_in(&back)?);
        let tokens = connection.ask(&request).await?.json()?;
        prepared.seats.push(Seat {
            browser,
            refresh_token: word(&tokens, "refresh_token")?,
            access_token: word(&tokens, "access_token")?,
        });
    }
    Ok(prepared)
}

fn word(answer: &Value, name: &str) -> Result<String> {
    Ok(answer[name].as_str().ok_or_else(|| format!("no {name} in {answer}"))?.to_owned())
}

fn code_in(url: &str) -> Result<String> {
    let (_, rest) = url.split_once("code=").ok_or_else(|| format!("no code in {url}"))?;
    Ok(rest.split('&').next().unwrap_or(rest).to_owned())
}

fn redeem(host: &str, path: &str, basic: &str, code: &str) -> Vec<u8> {
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    http::post(host, path, basic, &form)
}

impl Prepared {
    fn same(&self, request: Vec<u8>, holds: &'static str) -> Vec<Same> {
        self.seats.iter().map(|_| Same { request: request.clone(), holds }).collect()
    }

    pub fn get(&self, path: &str) -> Vec<Same> {
        self.same(http::get(&self.host, path, ""), "{")
    }

    pub fn client_credentials(&self) -> Vec<Same> {
        let form = [("grant_type", "client_credentials")];
        self.same(http::post(&self.host, &self.paths.token, &self.service_basic, &form), "access_token")
    }

    pub fn refresh(&self) -> Vec<Refresh> {
        let (path, basic) = (&self.paths.token, &self.web_basic);
        let host = &self.host;
        let seat = |s: &Seat| Refresh {
            host: host.clone(),
            path: path.clone(),
            basic: basic.clone(),
            token: s.refresh_token.clone(),
        };
        self.seats.iter().map(seat).collect()
    }

    pub fn code_flow(&self) -> Vec<CodeFlow> {
        let seat = |s: &Seat| CodeFlow {
            host: self.host.clone(),
            browser: s.browser.clone(),
            authorize: self.authorize.clone(),
            token: self.paths.token.clone(),
            basic: self.web_basic.clone(),
        };
        self.seats.iter().map(seat).collect()
    }

    /// Each connection with its own token. Run after `refresh`, the tokens are those of the preparation and still good.
    pub fn userinfo(&self) -> Vec<Same> {
        let ask = |s: &Seat| {
            http::get(&self.host, &self.paths.userinfo, &format!("Authorization: Bearer {}\r\n", s.access_token))
        };
        self.seats.iter().map(|s| Same { request: ask(s), holds: "\"sub\"" }).collect()
    }

    pub fn introspection(&self) -> Vec<Same> {
        let ask = |s: &Seat| {
            http::post(&self.host, &self.paths.introspection, &self.web_basic, &[("token", &s.access_token)])
        };
        self.seats.iter().map(|s| Same { request: ask(s), holds: "\"active\":true" }).collect()
    }

    pub fn login(&self) -> Vec<Login> {
        let one = || Login {
            origin: self.origin.clone(),
            authorize: self.authorize.clone(),
            who: (self.email, self.password),
        };
        self.seats.iter().map(|_| one()).collect()
    }
}

/// The same request again and again; the answer must be 200 and hold some words.
pub struct Same {
    request: Vec<u8>,
    holds: &'static str,
}

impl Work for Same {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let answer = connection.ask(&self.request).await?;
        let holds = self.holds.as_bytes();
        if answer.status == 200 && answer.body.windows(holds.len()).any(|w| w == holds) {
            return Ok(());
        }
        Err(format!("status {}: {}", answer.status, answer.text()).into())
    }
}

/// A refresh, then one with what came back.
pub struct Refresh {
    host: String,
    path: String,
    basic: String,
    token: String,
}

impl Work for Refresh {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &self.token)];
        let answer = connection.ask(&http::post(&self.host, &self.path, &self.basic, &form)).await?.json()?;
        word(&answer, "id_token")?;
        let next = word(&answer, "refresh_token")?;
        if next == self.token {
            return Err("the refresh token was not rotated".into());
        }
        self.token = next;
        Ok(())
    }
}

/// Authorize with a live session, then redeem the code.
pub struct CodeFlow {
    host: String,
    browser: Browser,
    authorize: String,
    token: String,
    basic: String,
}

impl Work for CodeFlow {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let back = match self.browser.go(connection, &self.authorize).await? {
            Place::App(url) => url,
            Place::Page { path, html } => return Err(format!("a page at {path} instead of a code:\n{html}").into()),
        };
        let answer = connection.ask(&redeem(&self.host, &self.token, &self.basic, &code_in(&back)?)).await?.json()?;
        word(&answer, "access_token").and(word(&answer, "id_token")).map(|_| ())
    }
}

/// A person without a session signs in with a password, as far as the code.
pub struct Login {
    origin: String,
    authorize: String,
    who: (&'static str, &'static str),
}

impl Work for Login {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let mut browser = Browser::new(&self.origin);
        let back = browser.sign_in(connection, &self.authorize, self.who).await?;
        code_in(&back).map(|_| ())
    }
}
