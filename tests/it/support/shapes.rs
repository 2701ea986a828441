//! Servers with the shape of Apple, GitHub and Microsoft Entra: what they publish and answer, quirks included, as data with its
//! source named. Each holds what it is asked against the same rules as its model. Addresses are those of the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm as Alg, DecodingKey, Validation};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use vouchsafe::flow::admin::{Actor, provider as admin};
use vouchsafe::oauth::jose::Algorithm;
use vouchsafe::oauth::upstream::provider::SignUp;
use vouchsafe::oauth::upstream::{Preset, Provider};
use vouchsafe::sensitive::Sensitive;
use vouchsafe::signing::{self, ClientKey, NewKey, RsaBits};

use super::TestApp;
use super::upstream::read;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    query: String,
    head: String,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.trim())
    }

    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// An answer: status, type, body.
pub struct Answer(pub u16, pub &'static str, pub String);

impl Answer {
    fn json(status: u16, body: &Value) -> Self {
        Self(status, "application/json; charset=utf-8", body.to_string())
    }
}

/// Answers on a port of its own as `shape` says, which is given the origin; gives the origin.
async fn start(shape: impl Fn(&str, &Asked) -> Answer + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
    let (shape, ours) = (Arc::new(shape), origin.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (shape, ours) = (shape.clone(), ours.clone());
            tokio::spawn(async move {
                let Some((head, body)) = read(&mut stream).await else { return };
                let mut words = head.split(' ');
                let target = words.nth(1).unwrap_or_default();
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                let (path, query) = (path.to_owned(), query.to_owned());
                let asked = Asked { path, query, head: head.clone(), body };
                let Answer(status, kind, text) = shape(&ours, &asked);
                let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}", text.len());
                let _ = stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n{text}").as_bytes()).await;
            });
        }
    });
    origin
}

/// A private key in PEM, and its public half.
pub fn key(alg: Algorithm) -> (String, NewKey) {
    let made = signing::generate(alg, RsaBits::Bits2048).expect("a key");
    let der = STANDARD.encode(made.private_pkcs8.as_slice());
    let lines: Vec<&str> = der.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    (format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")), made)
}

/// Header and claims of a JWT, if this key signed it.
pub fn opened(jwt: &str, public_jwk: &Value, alg: Alg) -> Option<(jsonwebtoken::Header, Value)> {
    let jwk: Jwk = serde_json::from_value(public_jwk.clone()).expect("a JWK");
    let mut rules = Validation::new(alg);
    (rules.validate_exp, rules.validate_aud) = (false, false);
    rules.required_spec_claims.clear();
    let read = jsonwebtoken::decode::<Value>(jwt, &DecodingKey::from_jwk(&jwk).expect("a key"), &rules).ok()?;
    Some((read.header, read.claims))
}

fn merge(base: &mut Value, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        match value.is_null() {
            true => drop(base.as_object_mut().expect("an object").remove(name)),
            false => base[name] = value.clone(),
        }
    }
}

/// Recorded text with the test's address in the place of the model's.
fn moved(recorded: &str, from: &str, to: &str) -> Value {
    serde_json::from_str(&recorded.replace(from, to)).expect("recorded JSON")
}

// ---------------------------------------------------------------------------------------------------------- Apple

/// `https://appleid.apple.com/.well-known/openid-configuration`, as kept by github.com/panva/wellknown, issuers/apple. There is no
/// userinfo endpoint.
const APPLE_METADATA: &str = r#"{
  "issuer": "https://appleid.apple.com",
  "authorization_endpoint": "https://appleid.apple.com/auth/authorize",
  "token_endpoint": "https://appleid.apple.com/auth/token",
  "revocation_endpoint": "https://appleid.apple.com/auth/revoke",
  "jwks_uri": "https://appleid.apple.com/auth/keys",
  "response_types_supported": ["code"],
  "response_modes_supported": ["query", "fragment", "form_post"],
  "subject_types_supported": ["pairwise"],
  "id_token_signing_alg_values_supported": ["RS256"],
  "scopes_supported": ["openid", "email", "name"],
  "token_endpoint_auth_methods_supported": ["client_secret_post"],
  "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "is_private_email", "iss", "nonce", "nonce_supported",
    "real_user_status", "sub", "transfer_sub"]
}"#;

/// The claims of an ID token as somebody posted one at developer.apple.com/forums/thread/690339, with `email_verified` and
/// `is_private_email` as texts, and `nonce_supported` as none.
const APPLE_CLAIMS: &str = r#"{
  "iss": "https://appleid.apple.com",
  "sub": "001999.0123456789abcdef0123456789abcdef.1234",
  "email": "abc123def4@privaterelay.appleid.com",
  "email_verified": "true",
  "is_private_email": "true",
  "nonce_supported": true
}"#;

/// What comes beside the first code (developer.apple.com, "Request an authorization to the Sign in with Apple server"); the
/// address in it is signed by nobody.
pub const APPLE_USER: &str = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"boss@example.com"}"#;

/// Apple's ids have ten characters (developer.apple.com, "Creating a client secret").
pub const TEAM: &str = "DEF123GHIJ";
/// The Key ID.
pub const KEY_ID: &str = "ABC123DEFG";
/// The Services ID.
pub const SERVICES_ID: &str = "com.example.id";
/// The longest life of a client secret, in seconds (developer.apple.com, "Creating a client secret").
const SIX_MONTHS: i64 = 15_777_000;

/// Sign in with Apple.
pub struct Apple {
    pub origin: String,
    /// Our key there: what the `.p8` file holds.
    pub p8: String,
    pub script: Arc<Mutex<AppleScript>>,
}

/// What Apple answers next.
#[derive(Default)]
pub struct AppleScript {
    /// Claims over the recorded ones.
    pub claims: Value,
    pub nonce: String,
    /// The secrets that came.
    pub secrets: Vec<String>,
}

impl Apple {
    pub async fn start(app: &TestApp) -> Self {
        let (p8, ours) = key(Algorithm::ES256);
        let (theirs, published) = key(Algorithm::RS256);
        let script: Arc<Mutex<AppleScript>> = Arc::default();
        let (state, clock) = (script.clone(), app.clock.clone());
        let signer = ClientKey::from_pem(&theirs, None).expect("a key");
        let origin = start(move |origin, asked| match asked.path.as_str() {
            "/.well-known/openid-configuration" => {
                Answer::json(200, &moved(APPLE_METADATA, "https://appleid.apple.com", origin))
            }
            // Somebody is signed in there and gives their name: the page posts its form at once, as Apple's does.
            "/auth/authorize" => {
                let question: BTreeMap<String, String> =
                    url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
                state.lock().unwrap_or_else(PoisonError::into_inner).nonce = question["nonce"].clone();
                let input = |name: &str, value: &str| format!("<input type=hidden name={name} value='{value}'>");
                let page = format!(
                    "<form method=post action='{}'>{}{}{}</form><script>document.forms[0].submit()</script>",
                    question["redirect_uri"],
                    input("state", &question["state"]),
                    input("code", "c0.0.mxzs.x"),
                    input("user", APPLE_USER),
                );
                Answer(200, "text/html", page)
            }
            "/auth/keys" => Answer::json(200, &json!({ "keys": [published.public_jwk] })),
            "/auth/token" => {
                let (form, now) = (asked.form(), clock.now().seconds());
                let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
                let mut script = state.lock().unwrap_or_else(PoisonError::into_inner);
                script.secrets.push(field("client_secret").to_owned());
                // As "Generate and validate tokens" says: form parameters alone, and invalid_client for a secret that is none.
                let is_ours =
                    opened(field("client_secret"), &ours.public_jwk, Alg::ES256).is_some_and(|(head, says)| {
                        let (iat, exp) = (says["iat"].as_i64().unwrap_or(i64::MAX), says["exp"].as_i64().unwrap_or(0));
                        head.kid.as_deref() == Some(KEY_ID)
                            && (says["iss"] == TEAM && says["sub"] == SERVICES_ID && says["aud"] == *origin)
                            && (iat <= now && exp > now && exp - iat <= SIX_MONTHS)
                    });
                if !is_ours || field("client_id") != SERVICES_ID || !asked.header("authorization").is_empty() {
                    return Answer::json(400, &json!({ "error": "invalid_client" }));
                }
                let mut claims = moved(APPLE_CLAIMS, "https://appleid.apple.com", origin);
                merge(
                    &mut claims,
                    &json!({ "aud": SERVICES_ID, "iat": now, "exp": now + 86_400, "auth_time": now, "nonce": script.nonce }),
                );
                merge(&mut claims, &script.claims);
                let id_token = signer.sign("JWT", &claims).expect("a token");
                let tokens = json!({
                    "access_token": "a0b1", "token_type": "Bearer", "expires_in": 3_600, "refresh_token": "r0b1",
                    "id_token": id_token,
                });
                Answer::json(200, &tokens)
            }
            _ => Answer(404, "text/html", String::new()),
        });
        Self { origin: origin.await, p8, script }
    }

    /// As the provider `apple`, with accounts for new people.
    pub async fn register(&self, app: &TestApp) {
        let provider = Provider {
            issuer: Some(self.origin.clone()),
            key_id: Some(KEY_ID.to_owned()),
            team_id: Some(TEAM.to_owned()),
            sign_up: SignUp::Allowed,
            ..Provider::of_preset(Preset::Apple, "apple", SERVICES_ID)
        };
        let cx = app.cx();
        admin::create(&cx, &Actor::CommandLine, provider).await.expect("no fault").expect("added");
        let key = Sensitive::new(self.p8.as_str());
        admin::set_secret(&cx, &Actor::CommandLine, "apple", key).await.expect("no fault").expect("set");
    }

    pub fn script(&self) -> std::sync::MutexGuard<'_, AppleScript> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// --------------------------------------------------------------------------------------------------------- GitHub

/// `GET /user` (docs.github.com/en/rest/users/users, "Get the authenticated user"), shortened: the address is the public one, which
/// is chosen freely, and `null` for most people.
const GITHUB_USER: &str = r#"{
  "login": "octocat", "id": 583231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "type": "User", "site_admin": false,
  "avatar_url": "https://github.com/images/error/octocat_happy.gif", "html_url": "https://github.com/octocat",
  "name": "monalisa octocat", "company": "GitHub", "blog": "https://github.com/blog", "location": "San Francisco",
  "email": null, "hireable": false, "bio": "There once was...", "two_factor_authentication": true
}"#;

/// `GET /user/emails` (docs.github.com/en/rest/users/emails), with the address that hides others, as GitHub adds it.
const GITHUB_EMAILS: &str = r#"[
  { "email": "583231+octocat@users.noreply.github.com", "primary": false, "verified": true, "visibility": null },
  { "email": "octocat@github.com", "primary": true, "verified": true, "visibility": "private" }
]"#;

/// Our secret at GitHub.
pub const GITHUB_SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// GitHub, at one address where it has two.
pub async fn github(code: &'static str) -> String {
    let is_bearer = |asked: &Asked| asked.header("authorization") == "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a";
    start(move |_, asked| {
        // "All API requests must include a valid User-Agent header" (docs.github.com/en/rest, getting started).
        if asked.header("user-agent").is_empty() {
            return Answer(403, "text/plain", "Request forbidden by administrative rules.".to_owned());
        }
        match asked.path.as_str() {
            "/login/oauth/access_token" => {
                let form = asked.form();
                let is = |name: &str, wanted: &str| form.get(name).is_some_and(|value| value == wanted);
                // Errors come with 200 (docs.github.com, "Troubleshooting OAuth app access token request errors").
                let answer = match () {
                    () if !is("client_secret", GITHUB_SECRET) => json!({
                        "error": "incorrect_client_credentials",
                        "error_description": "The client_id and/or client_secret passed are incorrect.",
                        "error_uri": "/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/",
                    }),
                    () if !is("code", code) => json!({
                        "error": "bad_verification_code",
                        "error_description": "The code passed is incorrect or expired.",
                        "error_uri": "/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/",
                    }),
                    () => json!({
                        "access_token": "gho_16C7e42F292c6912E7710c838347Ae178B4a",
                        "scope": "read:user,user:email", "token_type": "bearer",
                    }),
                };
                // A form, unless JSON is asked for (docs.github.com, "Authorizing OAuth apps").
                if asked.header("accept") != "application/json" {
                    let pairs =
                        answer.as_object().into_iter().flatten().map(|(n, v)| (n, v.as_str().unwrap_or_default()));
                    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                    return Answer(200, "application/x-www-form-urlencoded; charset=utf-8", form);
                }
                Answer::json(200, &answer)
            }
            "/user" if is_bearer(asked) => Answer(200, "application/json; charset=utf-8", GITHUB_USER.to_owned()),
            "/user/emails" if is_bearer(asked) => {
                Answer(200, "application/json; charset=utf-8", GITHUB_EMAILS.to_owned())
            }
            "/user" | "/user/emails" => Answer::json(401, &json!({ "message": "Requires authentication" })),
            _ => Answer::json(404, &json!({ "message": "Not Found" })),
        }
    })
    .await
}

// ------------------------------------------------------------------------------------------------ Microsoft Entra

/// `https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration`, as kept by github.com/panva/wellknown,
/// issuers/entra-common, shortened: the issuer is a template.
const ENTRA_METADATA: &str = r#"{
  "token_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
  "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
  "jwks_uri": "https://login.microsoftonline.com/common/discovery/v2.0/keys",
  "response_modes_supported": ["query", "fragment", "form_post"],
  "subject_types_supported": ["pairwise"],
  "id_token_signing_alg_values_supported": ["RS256"],
  "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
  "scopes_supported": ["openid", "profile", "email", "offline_access"],
  "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
  "request_uri_parameter_supported": false,
  "userinfo_endpoint": "https://login.microsoftonline.com/oidc/userinfo",
  "authorization_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
  "tenant_region_scope": null,
  "cloud_instance_name": "microsoftonline.com"
}"#;

/// Contoso's directory in Microsoft's manuals.
pub const CONTOSO: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
/// Another one.
pub const FABRIKAM: &str = "b9419818-09af-49c2-b0c3-653adc1f376e";
/// The directory of private accounts, whose keys stand in the same set under its own issuer (panva/wellknown, jwks of entra-common).
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft Entra.
pub struct Entra {
    pub origin: String,
    pub script: Arc<Mutex<EntraScript>>,
}

/// What Entra answers next.
#[derive(Default)]
pub struct EntraScript {
    pub claims: Value,
    pub nonce: String,
    /// Signed with the key of private accounts.
    pub with_consumers_key: bool,
    pub userinfo: Value,
}

impl Entra {
    pub async fn start(app: &TestApp) -> Self {
        let ((organizations, first), (consumers, second)) = (key(Algorithm::RS256), key(Algorithm::RS256));
        let script: Arc<Mutex<EntraScript>> = Arc::default();
        let (state, clock) = (script.clone(), app.clock.clone());
        let signer = |pem: &str| ClientKey::from_pem(pem, None).expect("a key");
        let signers = [signer(&organizations), signer(&consumers)];
        let origin = start(move |origin, asked| {
            let script = state.lock().unwrap_or_else(PoisonError::into_inner);
            let whole = asked.path.clone();
            match whole.trim_start_matches('/').split_once('/').map_or("", |(_, rest)| rest) {
                "v2.0/.well-known/openid-configuration" => {
                    Answer::json(200, &moved(ENTRA_METADATA, "https://login.microsoftonline.com", origin))
                }
                "discovery/v2.0/keys" => {
                    let of = |key: &NewKey, issuer: String| {
                        let mut jwk = key.public_jwk.clone();
                        merge(&mut jwk, &json!({ "alg": null, "issuer": issuer }));
                        jwk
                    };
                    let keys = [
                        of(&first, format!("{origin}/{{tenantid}}/v2.0")),
                        of(&second, format!("{origin}/{CONSUMERS}/v2.0")),
                    ];
                    Answer::json(200, &json!({ "keys": keys }))
                }
                "oauth2/v2.0/token" => {
                    let now = clock.now().seconds();
                    // learn.microsoft.com/entra/identity-platform/id-token-claims-reference; an address comes as it stands in
                    // the directory, and nothing says of it that it is proven.
                    let mut claims = json!({
                        "ver": "2.0", "iss": format!("{origin}/{CONTOSO}/v2.0"), "tid": CONTOSO, "aud": super::upstream::US,
                        "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "00000000-0000-0000-66f3-3332eca7ea81",
                        "name": "Abe Lincoln", "preferred_username": "abeli@contoso.test", "email": "abeli@contoso.test",
                        "iat": now, "nbf": now, "exp": now + 3_600, "nonce": script.nonce, "aio": "Df2UVXL1ix",
                    });
                    merge(&mut claims, &script.claims);
                    let id_token =
                        signers[usize::from(script.with_consumers_key)].sign("JWT", &claims).expect("a token");
                    let tokens = json!({
                        "token_type": "Bearer", "scope": "openid profile email", "expires_in": 3_599, "ext_expires_in": 3_599,
                        "access_token": "eyJ0", "id_token": id_token,
                    });
                    Answer::json(200, &tokens)
                }
                "userinfo" => Answer::json(200, &script.userinfo),
                _ => Answer::json(404, &json!({ "error": "not_found" })),
            }
        });
        Self { origin: origin.await, script }
    }

    pub fn script(&self) -> std::sync::MutexGuard<'_, EntraScript> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
