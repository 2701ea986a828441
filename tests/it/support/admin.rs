//! A caller of the administration API: access tokens for it, and every answer held against the OpenAPI document.

use std::collections::BTreeSet;
use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};
use vouchsafe::http::admin::api::{ApiRoute, ROOT, routes};
use vouchsafe::identity::{Permission, Permissions, RoleName, User};
use vouchsafe::oauth::client_policy::Profile;
use vouchsafe::oauth::scope::ScopeSet;

use super::{Browser, Client, Page, TestApp, Tokens};

/// Calls the API with one token.
pub struct Api<'a> {
    pub app: &'a TestApp,
    pub token: String,
    document: Value,
    /// Operations that were answered with success.
    pub answered: Mutex<BTreeSet<&'static str>>,
}

/// Header and value.
pub type Header<'a> = (&'a str, &'a str);

impl TestApp {
    /// A provider whose API counts nobody's requests.
    pub async fn for_admin() -> Self {
        Self::start_with(&[("VOUCHSAFE_LIMITS_ADMIN_PER_MINUTE", "1000000")]).await
    }

    pub fn audience(&self) -> String {
        format!("{}{ROOT}", self.issuer)
    }

    /// A program with a token for these permissions.
    pub async fn program(&self, id: &str, permissions: Permissions) -> Api<'_> {
        let client = self.service(id, permissions).await;
        Api::new(self, self.service_token(&client, permissions).await)
    }

    /// A program that may do everything.
    pub async fn program_of_all(&self) -> Api<'_> {
        self.program("automation", Permissions::ALL).await
    }

    pub async fn service(&self, id: &str, permissions: Permissions) -> Client {
        let scopes = ScopeSet::of(permissions.iter().map(Permission::scope));
        self.client_with(id, Profile::Service, |row| row.scopes = scopes).await
    }

    pub async fn service_token(&self, client: &Client, permissions: Permissions) -> String {
        let scope: Vec<&str> = permissions.iter().map(Permission::scope).collect();
        let fields = [("grant_type", "client_credentials"), ("scope", &scope.join(" "))];
        Tokens::of(&self.call("/token", client, &fields).await).access
    }

    /// An app through which people use the API.
    pub async fn admin_app(&self, id: &str) -> Client {
        let scopes = Permission::ALL.iter().map(|p| p.scope()).chain(["openid", "offline_access"]);
        let scopes = ScopeSet::of(scopes);
        self.client_with(id, Profile::Web, |row| row.scopes = scopes).await
    }

    /// A person with this role, of whom no second factor is demanded.
    pub async fn person_with(&self, email: &str, role: &RoleName) -> User {
        self.demand_no_second_factor().await;
        let person = self.person(email).await;
        self.set_role(email, role);
        person
    }

    /// Gives a person another role past everything.
    pub fn set_role(&self, email: &str, role: &RoleName) {
        let sql = format!("UPDATE users SET role = '{role}' WHERE email = '{email}' RETURNING role AS line");
        assert_eq!(self.lines(&sql), [role.as_str()]);
    }

    /// What a person is given at an app for these scopes.
    pub async fn person_tokens(&self, client: &Client, email: &str, scope: &str) -> Tokens {
        let audience = self.audience();
        let extra = [("scope", scope), ("resource", audience.as_str())];
        self.tokens(&mut Browser::new(self), client, email, &extra).await
    }
}

/// All permissions as a scope.
pub fn all_scopes() -> String {
    Permission::ALL.map(Permission::scope).join(" ")
}

impl<'a> Api<'a> {
    pub fn new(app: &'a TestApp, token: String) -> Self {
        let document = vouchsafe::http::admin::api::openapi::document(&app.issuer);
        Self { app, token, document, answered: Mutex::default() }
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Page {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Page {
        self.send(Method::PUT, path, Some(body), &[]).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Page {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Page {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// Sends a request and holds the answer against the document.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, headers: &[Header<'_>]) -> Page {
        let mut request = self.app.http.request(method.clone(), self.app.url(&format!("{ROOT}{path}")));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let page = self.app.send(request).await;
        if let Some(route) = route_of(method.as_str(), path) {
            self.hold(route, &page);
        }
        page
    }

    /// The answer is one that the document promises.
    #[track_caller]
    pub fn hold(&self, route: &'static ApiRoute, page: &Page) {
        let path = if route.path.is_empty() { "/" } else { route.path };
        let operation = &self.document["paths"][path][route.method.as_str().to_ascii_lowercase()];
        let mut promised = &operation["responses"][page.status.to_string()];
        assert!(!promised.is_null(), "{}: the status {} is not promised: {}", route.id, page.status, page.body);
        if let Some(place) = promised["$ref"].as_str() {
            promised = self.document.pointer(&place[1..]).expect("a reference that leads somewhere");
        }
        assert_eq!(page.header("cache-control"), "no-store", "{}", route.id);
        assert!(!page.header("x-correlation-id").is_empty(), "{}", route.id);
        for name in page.headers.keys() {
            assert!(!name.as_str().starts_with("access-control-"), "{}: {name}", route.id);
        }
        if page.status < 300 {
            self.answered.lock().unwrap().insert(route.id);
        }
        let Some((content_type, media)) = promised["content"].as_object().and_then(|all| all.iter().next()) else {
            assert_eq!(page.body, "", "{} has a body", route.id);
            return;
        };
        if content_type == "image/*" {
            assert!(page.header("content-type").starts_with("image/"), "{}", route.id);
            return;
        }
        assert_eq!(page.header("content-type"), content_type, "{}: {}", route.id, page.body);
        let documents = match content_type.as_str() {
            "application/x-ndjson" => return,
            _ => page.json(),
        };
        let schema = json!({ "$ref": media["schema"]["$ref"], "components": self.document["components"] });
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let faults: Vec<String> =
            validator.iter_errors(&documents).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{} {}: {faults:#?}\n{}", route.id, page.status, page.body);
    }
}

/// The line of the table that a path belongs to.
pub fn route_of(method: &str, path: &str) -> Option<&'static ApiRoute> {
    let path = path.split('?').next().unwrap_or_default();
    let method = if method == "HEAD" { "GET" } else { method };
    let fits = |template: &str| {
        let (wanted, came): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        wanted.len() == came.len() && wanted.iter().zip(&came).all(|(w, c)| w.starts_with('{') || w == c)
    };
    let mut fitting: Vec<_> = routes().filter(|r| r.method.as_str() == method && fits(r.path)).collect();
    fitting.sort_by_key(|r| r.path.matches('{').count());
    fitting.first().copied()
}

impl Page {
    /// Problem details with this status and code.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status, status, "{} {}", self.url, self.body);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.url);
        let body = self.json();
        assert_eq!(body["code"], code, "{} {}", self.url, self.body);
        assert_eq!(body["status"], status);
        assert!(
            !body["title"].as_str().unwrap_or_default().is_empty()
                && !body["detail"].as_str().unwrap_or_default().is_empty()
        );
        self
    }

    /// Success with JSON.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} {}", self.url, self.body);
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}
