//! Clients and people in the database, and the flows of a relying party over HTTP.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use vouchsafe::identity::{Email, RoleName, User, UserId, user};
use vouchsafe::oauth::client::{Client as Registered, ClientAbout, ClientAuthMethod, ClientSecret, GrantType};
use vouchsafe::oauth::client_policy::{ClientPolicy, Profile};
use vouchsafe::oauth::scope::ScopeSet;
use vouchsafe::secret::token::hash;
use vouchsafe::sensitive::Sensitive;
use vouchsafe::store::{clients, users};

use super::browser::encode;
use super::{Browser, Page, TestApp};

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const PASSWORD: &str = "correct horse battery";

/// A registered client and its secret.
#[derive(Clone)]
pub struct Client {
    pub row: Registered,
    pub secret: Option<String>,
}

/// A token answer.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
    pub body: Value,
}

impl Tokens {
    pub fn of(page: &Page) -> Self {
        assert_eq!(page.status, 200, "{}", page.body);
        let body = page.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), id: text("id_token"), body }
    }
}

/// The challenge of [`VERIFIER`].
pub fn challenge() -> String {
    challenge_of(VERIFIER)
}

pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash(verifier))
}

/// Claims of a JWT, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

/// Header of a JWT.
pub fn header(token: &str) -> Value {
    let head = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).expect("base64url")).expect("JSON")
}

impl TestApp {
    /// Registers a client of a profile; `change` may alter it first.
    pub async fn client_with(&self, id: &str, profile: Profile, change: impl FnOnce(&mut Registered)) -> Client {
        let now = self.clock.now();
        let mut row = Registered {
            client_id: id.to_owned(),
            name: format!("App {id}"),
            profile,
            auth_method: match profile.is_public() {
                true => ClientAuthMethod::None,
                false => ClientAuthMethod::ClientSecretBasic,
            },
            redirect_uris: vec![format!("https://{id}.test/cb")],
            post_logout_redirect_uris: vec![format!("https://{id}.test/out")],
            grants: match profile {
                Profile::Service => vec![GrantType::ClientCredentials],
                _ => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            },
            scopes: ScopeSet::of(match profile {
                Profile::Service => vec![],
                _ => vec!["openid", "profile", "email", "phone", "address", "groups", "offline_access"],
            }),
            policy: ClientPolicy::of(profile),
            about: ClientAbout::default(),
            disabled_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        change(&mut row);
        let secret = (row.auth_method != ClientAuthMethod::None).then(|| format!("secret-of-{id}-0123456789"));
        let (stored, hashed) = (row.clone(), secret.as_deref().map(hash));
        self.app
            .parts
            .db
            .write(move |c| {
                assert!(clients::insert(c, &stored)?, "the client is new");
                if let Some(hashed) = &hashed {
                    let id = format!("s-{}", stored.client_id);
                    let secret = ClientSecret {
                        id,
                        client_id: stored.client_id.clone(),
                        hash: hashed.clone(),
                        created_at: now,
                        expires_at: None,
                    };
                    clients::secret_insert(c, &secret)?;
                }
                Ok(())
            })
            .await
            .expect("the client is stored");
        Client { row, secret }
    }

    /// A confidential web client.
    pub async fn web(&self, id: &str) -> Client {
        self.client_with(id, Profile::Web, |_| {}).await
    }

    /// A person with [`PASSWORD`].
    pub async fn person(&self, email: &str) -> User {
        let now = self.clock.now();
        let person = User {
            id: UserId(vouchsafe::secret::random::uuid(&*self.app.parts.chance, now)),
            email: Email::parse(email).expect("an address"),
            email_verified: true,
            role: RoleName::PERSON,
            profile: user::Profile { name: Some(format!("Name of {email}")), ..user::Profile::default() },
            groups: Vec::new(),
            disabled_at: None,
            valid_from: now,
            created_at: now,
            updated_at: now,
            version: 1,
            attributes: Default::default(),
            last_sign_in_at: None,
            picture: None,
        };
        let phc = self.app.parts.passwords.hash(Sensitive::new(PASSWORD)).await.expect("a hash");
        let stored = person.clone();
        self.app
            .parts
            .db
            .write(move |c| {
                assert!(users::insert(c, &stored)?, "the address is new");
                users::password_set(c, &stored.id, &phc, now)
            })
            .await
            .expect("the person is stored");
        person
    }

    /// The authorization URL of a usual request; `extra` adds to it or replaces.
    pub fn authorize_url(&self, client: &Client, extra: &[(&str, &str)]) -> String {
        let challenge = challenge();
        let redirect_uri = client.row.redirect_uris.first().cloned().unwrap_or_default();
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &client.row.client_id),
            ("redirect_uri", &redirect_uri),
            ("scope", "openid offline_access"),
            ("state", "st-1"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in extra {
            fields.retain(|(n, _)| n != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        format!("{}?{}", self.url("/authorize"), encode(&fields))
    }

    /// Signs a person in at a client and consents; the redirect that leaves the provider.
    pub async fn sign_in(&self, browser: &mut Browser, client: &Client, email: &str, extra: &[(&str, &str)]) -> Page {
        let mut page = browser.open(&self.authorize_url(client, extra)).await;
        if page.has("password") {
            page = browser.submit(&page, &[("login", email), ("password", PASSWORD)]).await;
        }
        if page.has("approve") {
            page = browser.submit(&page, &[("decision", "approve")]).await;
        }
        page
    }

    /// The whole code flow.
    pub async fn tokens(&self, browser: &mut Browser, client: &Client, email: &str, extra: &[(&str, &str)]) -> Tokens {
        let page = self.sign_in(browser, client, email, extra).await;
        let code = page.param("code").unwrap_or_else(|| panic!("no code: {:?} {}", page.location, page.body));
        Tokens::of(&self.redeem(client, &code).await)
    }

    /// A code for a browser that is signed in and has consented: no page comes between.
    pub async fn code(&self, browser: &mut Browser, client: &Client, extra: &[(&str, &str)]) -> String {
        browser.get(&self.authorize_url(client, extra)).await.code()
    }

    /// The authorization endpoint with exactly these parameters.
    pub fn authorize_with(&self, fields: &[(&str, &str)]) -> String {
        format!("{}?{}", self.url("/authorize"), encode(fields))
    }

    /// Redeems a code with parameters beside `grant_type` and `code`.
    pub async fn redeem_with(&self, client: &Client, code: &str, fields: &[(&str, &str)]) -> Page {
        let all = [&[("grant_type", "authorization_code"), ("code", code)], fields].concat();
        self.call("/token", client, &all).await
    }

    /// Redeems a code as its client does.
    pub async fn redeem(&self, client: &Client, code: &str) -> Page {
        let redirect_uri = client.row.redirect_uris[0].clone();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.call("/token", client, &fields).await
    }

    /// Refreshes.
    pub async fn refresh(&self, client: &Client, token: &str) -> Page {
        self.call("/token", client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A direct request, authenticated as the client registered.
    pub async fn call(&self, path: &str, client: &Client, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        let mut request = self.http.post(self.url(path));
        match (&client.secret, client.row.auth_method) {
            (Some(secret), ClientAuthMethod::ClientSecretBasic) => {
                request = request.basic_auth(&client.row.client_id, Some(secret));
            }
            (Some(secret), _) => {
                fields.extend([("client_id", client.row.client_id.as_str()), ("client_secret", secret)])
            }
            (None, _) => fields.push(("client_id", &client.row.client_id)),
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(encode(&fields));
        Page::read(request.send().await.expect("an answer"), path).await
    }

    /// A form post without authentication.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded");
        Page::read(request.body(encode(fields)).send().await.expect("an answer"), path).await
    }

    /// Userinfo with a bearer token.
    pub async fn userinfo(&self, access_token: &str) -> Page {
        let request = self.http.get(self.url("/userinfo")).bearer_auth(access_token);
        Page::read(request.send().await.expect("an answer"), "/userinfo").await
    }

    /// Whether a token is active in the eyes of its client.
    pub async fn is_active(&self, client: &Client, token: &str) -> bool {
        let page = self.call("/introspect", client, &[("token", token)]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()["active"].as_bool().expect("active is a boolean")
    }
}
