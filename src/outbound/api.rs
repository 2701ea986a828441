//! Owns asking the administration API of a running server over HTTPS, for commands. It does not own what is asked.

use std::time::Duration;

use crate::sensitive::Sensitive;

/// A server's administration API, with what opens it.
#[derive(Clone)]
pub struct RemoteApi {
    http: reqwest::Client,
    issuer: String,
    token: Sensitive,
}

/// What proves the caller.
#[derive(Clone)]
pub enum Credentials {
    /// An access token for the API.
    Token(Sensitive),
    /// A client that may ask for one (grant client_credentials, authentication by `client_secret_basic`).
    Client {
        /// Its id.
        id: String,
        /// Its secret.
        secret: Sensitive,
        /// Scopes to ask for; without them the server gives all that the client has.
        scope: Option<String>,
    },
}

/// An answer.
pub struct RemoteAnswer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

impl RemoteApi {
    /// Opens the API of the server of this issuer; gets a token first where a client was given.
    ///
    /// # Errors
    /// In words.
    pub async fn open(issuer: &str, credentials: Credentials) -> Result<Self, String> {
        let issuer = issuer.trim_end_matches('/').to_owned();
        let url = reqwest::Url::parse(&issuer).map_err(|e| format!("{issuer:?} is no address of a server: {e}"))?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !is_here {
            return Err(format!("{issuer} is not https: a token must not travel in the clear"));
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|e| e.to_string())?;
        let token = match credentials {
            Credentials::Token(token) => token,
            Credentials::Client { id, secret, scope } => {
                token(&http, &issuer, (&id, &secret), scope.as_deref()).await?
            }
        };
        Ok(Self { http, issuer, token })
    }

    /// Asks. `path` is below the API and begins with a slash; `body` is a media type with its bytes.
    ///
    /// # Errors
    /// In words, when there is no answer.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
        if_match: Option<&str>,
    ) -> Result<RemoteAnswer, String> {
        let method = method.parse().map_err(|_| format!("{method:?} is no HTTP method"))?;
        let url = format!("{}/api/admin/v1{path}", self.issuer);
        let mut request = self.http.request(method, &url).bearer_auth(self.token.expose());
        if let Some((media_type, bytes)) = body {
            request = request.header("Content-Type", media_type).body(bytes.to_vec());
        }
        if let Some(tag) = if_match {
            request = request.header("If-Match", tag);
        }
        let answer = request.send().await.map_err(|e| format!("{url} does not answer: {}", causes(&e)))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|e| format!("the answer of {url} broke off: {}", causes(&e)))?;
        Ok(RemoteAnswer { status, body: body.to_vec() })
    }
}

async fn token(
    http: &reqwest::Client,
    issuer: &str,
    (id, secret): (&str, &Sensitive),
    scope: Option<&str>,
) -> Result<Sensitive, String> {
    // RFC 6749 section 2.3.1: both parts form-encoded before they are joined.
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        // For the API alone, whatever other scopes the client has.
        .append_pair("resource", &format!("{issuer}/api/admin/v1"))
        .extend_pairs(scope.map(|scope| ("scope", scope)))
        .finish();
    let url = format!("{issuer}/token");
    let answer = http
        .post(&url)
        .basic_auth(encode(id), Some(encode(secret.expose())))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .map_err(|e| format!("{url} does not answer: {}", causes(&e)))?;
    let body: serde_json::Value = answer.json().await.map_err(|e| format!("{url} answers no JSON: {}", causes(&e)))?;
    match body["access_token"].as_str() {
        Some(token) => Ok(Sensitive::new(token)),
        None => Err(format!(
            "{url} gives no token: {} (reference {})",
            body["error_description"].as_str().or(body["error"].as_str()).unwrap_or("no reason given"),
            body["correlation_id"].as_str().unwrap_or("none"),
        )),
    }
}

/// An error with what lies behind it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
