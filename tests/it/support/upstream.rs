//! A provider that people sign in through, as a script: it answers what the test says, good or hostile. It speaks as an OpenID
//! Connect provider and, at the same addresses, as an OAuth 2 provider of GitHub's shape.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vouchsafe::clock::Clock;
use vouchsafe::flow::admin::Actor;
use vouchsafe::flow::admin::provider as admin;
use vouchsafe::oauth::upstream::provider::{Endpoints, SignUp};
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::sensitive::Sensitive;

use super::{Browser, Client, Page, TestApp};

/// What opens loopback for the guarded client.
pub const OPEN: [(&str, &str); 2] =
    [("VOUCHSAFE_OUTBOUND_ALLOW", "127.0.0.0/8,::1"), ("VOUCHSAFE_OUTBOUND_ALLOW_HTTP", "127.0.0.0/8,::1")];

/// Our client id there.
pub const US: &str = "us";
/// Our secret there.
pub const SECRET: &str = "s3cret+with/odd=signs";

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the provider does.
pub struct Script {
    /// Claims over the good ones; `null` takes one away.
    pub claims: Value,
    /// Header members over the good ones.
    pub header: Value,
    /// Whether the token is signed with a key that was never published.
    pub forged: bool,
    /// What stands in the place of the signature.
    pub signature: Option<String>,
    /// Metadata over the good one.
    pub metadata: Value,
    /// Userinfo, or GitHub's profile.
    pub userinfo: Value,
    /// GitHub's addresses.
    pub emails: Value,
    /// The answer of the token endpoint, in the place of tokens.
    pub token: Option<Value>,
    /// Members over the good tokens.
    pub tokens: Value,
    /// Every answer has this status.
    pub status: u16,
    /// Every answer waits so long.
    pub delay: Duration,
    /// The nonce that was asked for.
    nonce: String,
    /// Key ids that are published.
    pub kid: String,
    /// What was asked: method, path, headers and body.
    pub asked: Vec<String>,
    /// The status of the address of the keys, if not that of all others.
    pub keys_status: u16,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            claims: json!({}),
            header: json!({}),
            forged: false,
            signature: None,
            metadata: json!({}),
            userinfo: json!({}),
            emails: json!([]),
            token: None,
            tokens: json!({}),
            status: 200,
            delay: Duration::ZERO,
            nonce: String::new(),
            kid: "k1".to_owned(),
            asked: Vec::new(),
            keys_status: 200,
        }
    }
}

/// A provider at work.
#[derive(Clone)]
pub struct Upstream {
    pub origin: String,
    script: Arc<Mutex<Script>>,
    key: Arc<Ed25519KeyPair>,
    clock: Clock,
}

/// Where a browser was sent, and what it was sent with.
pub struct Question {
    pub address: String,
    pub state: String,
    pub nonce: String,
}

impl Question {
    fn of(address: &str) -> Self {
        let url = url::Url::parse(address).expect("an address");
        let find = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned());
        let (state, nonce) = (find("state").expect("a state"), find("nonce").unwrap_or_default());
        assert_eq!(find("code_challenge_method").as_deref(), Some("S256"));
        Self { address: address.to_owned(), state, nonce }
    }
}

fn merge(base: Value, over: &Value) -> Value {
    let mut base = base;
    for (name, value) in over.as_object().into_iter().flatten() {
        if value.is_null() {
            base.as_object_mut().expect("an object").remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

impl Upstream {
    /// Begins to answer.
    pub async fn start(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let key = Arc::new(Ed25519KeyPair::generate().expect("a key"));
        let upstream = Self { origin, script: Arc::default(), key, clock: app.clock.clone() };
        let serving = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        upstream
    }

    /// What it does from now on.
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it is good again.
    pub fn reset(&self) {
        *self.script() = Script::default();
    }

    /// This subject with this address, proven.
    pub fn person(&self, sub: &str, email: &str) {
        self.script().claims = json!({ "sub": sub, "email": email, "email_verified": true, "name": "Alice Up" });
    }

    /// As a provider of this id, with accounts for new people and trust in its addresses; `change` may alter it first.
    pub async fn register(&self, app: &TestApp, id: &str, change: impl FnOnce(&mut Provider)) {
        self.register_with(app, id, SECRET, change).await;
    }

    /// The same with this secret, or private key.
    pub async fn register_with(&self, app: &TestApp, id: &str, secret: &str, change: impl FnOnce(&mut Provider)) {
        let mut provider = Provider::of_preset(Preset::Oidc, id, US);
        provider.issuer = Some(self.origin.clone());
        (provider.sign_up, provider.trust_email) = (SignUp::Allowed, Some(true));
        change(&mut provider);
        admin::create(&app.cx(), &Actor::CommandLine, provider).await.expect("no fault").expect("added");
        let secret = Sensitive::new(secret);
        admin::set_secret(&app.cx(), &Actor::CommandLine, id, secret).await.expect("no fault").expect("set");
    }

    /// The same with GitHub's shape.
    pub async fn register_github(&self, app: &TestApp) {
        let at = |path: &str| Some(format!("{}{path}", self.origin));
        let endpoints = Endpoints {
            authorization: at("/authorize"),
            token: at("/token"),
            userinfo: at("/user"),
            emails: at("/user/emails"),
        };
        let issuer = Some(self.origin.clone());
        self.register(app, "github", |p| *p = Provider { preset: Preset::Github, issuer, endpoints, ..p.clone() })
            .await;
    }

    /// From an app's request to the provider's door, by the button on the sign-in page.
    pub async fn lead(&self, app: &TestApp, browser: &mut Browser, client: &Client, id: &str) -> Question {
        let page = browser.open(&app.authorize_url(client, &[])).await;
        self.press(app, browser, &page, id).await
    }

    /// By the button of a sign-in page.
    pub async fn press(&self, app: &TestApp, browser: &mut Browser, page: &Page, id: &str) -> Question {
        let sent = browser.get(&format!("{}{}", app.origin, href(page, &format!("way-{id}")))).await;
        self.sent(&sent)
    }

    /// A redirect to the provider.
    pub fn sent(&self, page: &Page) -> Question {
        let address = page.location.as_deref().unwrap_or_else(|| panic!("no redirect: {} {}", page.status, page.body));
        assert!(address.starts_with(&self.origin), "{address}");
        let question = Question::of(address);
        self.script().nonce = question.nonce.clone();
        question
    }

    /// Back from the provider with a code.
    pub async fn back(&self, app: &TestApp, browser: &mut Browser, id: &str, q: &Question) -> Page {
        self.script().nonce = q.nonce.clone();
        self.answer(app, browser, id, &[("code", "c"), ("state", &q.state)]).await
    }

    /// Back from the provider with these parameters; follows redirects at ours.
    pub async fn answer(&self, app: &TestApp, browser: &mut Browser, id: &str, pairs: &[(&str, &str)]) -> Page {
        let query = super::browser::encode(pairs);
        browser.open(&format!("{}?{query}", app.url(&format!("/upstream/{id}/callback")))).await
    }

    /// The whole way: from the app to what follows the answer.
    pub async fn sign_in(&self, app: &TestApp, browser: &mut Browser, client: &Client, id: &str) -> Page {
        let question = self.lead(app, browser, client, id).await;
        self.back(app, browser, id, &question).await
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = read(&mut stream).await else { return };
        let target = head.split(' ').nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        if path == "/authorize" {
            let back = format!(
                "HTTP/1.1 303 X\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                self.sends_back(target)
            );
            let _ = stream.write_all(back.as_bytes()).await;
            return;
        }
        let (status, delay, answer) = {
            let mut script = self.script();
            script.asked.push(format!("{head}\n{body}"));
            let status = if path == "/jwks" && script.keys_status != 200 { script.keys_status } else { script.status };
            (status, script.delay, self.answer_to(&script, &path))
        };
        tokio::time::sleep(delay).await;
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            text.len()
        );
        let _ = stream.write_all(format!("{head}{text}").as_bytes()).await;
    }

    /// Where a real browser is sent at once: whoever comes is signed in here and has consented.
    fn sends_back(&self, target: &str) -> String {
        let question = Question::of(&format!("{}{target}", self.origin));
        self.script().nonce = question.nonce;
        let url = url::Url::parse(&question.address).expect("an address");
        let callback = url.query_pairs().find(|(name, _)| name == "redirect_uri").expect("a callback").1.into_owned();
        format!("{callback}?{}", super::browser::encode(&[("code", "c"), ("state", &question.state)]))
    }

    fn answer_to(&self, script: &Script, path: &str) -> Value {
        match path {
            "/.well-known/openid-configuration" => merge(
                json!({
                    "issuer": self.origin,
                    "authorization_endpoint": format!("{}/authorize", self.origin),
                    "token_endpoint": format!("{}/token", self.origin),
                    "userinfo_endpoint": format!("{}/userinfo", self.origin),
                    "jwks_uri": format!("{}/jwks", self.origin),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["EdDSA"],
                }),
                &script.metadata,
            ),
            "/jwks" => json!({ "keys": [{
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": script.kid,
                "x": b64(self.key.public_key()),
            }] }),
            "/token" => script.token.clone().unwrap_or_else(|| {
                let good = json!({ "access_token": "at-1", "token_type": "bearer", "id_token": self.id_token(script) });
                merge(good, &script.tokens)
            }),
            "/userinfo" | "/user" => script.userinfo.clone(),
            "/user/emails" => script.emails.clone(),
            other => json!({ "error": format!("nothing at {other}") }),
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    fn id_token(&self, script: &Script) -> String {
        let good = json!({
            "iss": self.origin, "aud": US, "sub": "s1", "nonce": script.nonce,
            "iat": self.now(), "exp": self.now() + 300,
        });
        self.signed(script, "JWT", &merge(good, &script.claims))
    }

    /// A logout token; `claims` over the good ones.
    pub fn logout_token(&self, claims: &Value) -> String {
        let jti = format!("{:?}", std::time::Instant::now());
        let good = json!({
            "iss": self.origin, "aud": US, "sub": "s1", "iat": self.now(), "exp": self.now() + 120, "jti": jti,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        self.signed(&self.script(), "logout+jwt", &merge(good, claims))
    }

    fn signed(&self, script: &Script, typ: &str, claims: &Value) -> String {
        let header = merge(json!({ "alg": "EdDSA", "kid": script.kid, "typ": typ }), &script.header);
        let signed = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = match (&script.signature, script.forged) {
            (Some(signature), _) => signature.clone(),
            (None, true) => b64(Ed25519KeyPair::generate().expect("a key").sign(signed.as_bytes())),
            (None, false) => b64(self.key.sign(signed.as_bytes())),
        };
        format!("{signed}.{signature}")
    }

    /// HMAC of a token with our own secret as the key.
    pub fn hmac_token(&self, nonce: &str) -> String {
        let claims = json!({
            "iss": self.origin, "aud": US, "sub": "s1", "nonce": nonce, "iat": self.now(), "exp": self.now() + 300,
        });
        let signed =
            format!("{}.{}", b64(json!({ "alg": "HS256", "typ": "JWT" }).to_string()), b64(claims.to_string()));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
        format!("{signed}.{}", b64(aws_lc_rs::hmac::sign(&key, signed.as_bytes())))
    }
}

/// Where a link of this id leads.
pub fn href(page: &Page, id: &str) -> String {
    let tag = page.body.split(&format!("id=\"{id}\" href=\"")).nth(1);
    let tag = tag.unwrap_or_else(|| panic!("no link {id}: {} {}", page.status, page.body));
    super::browser::unescape(tag.split('"').next().expect("its end"))
}

/// A request in full: head and body.
pub async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4_096];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}
