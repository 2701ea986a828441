//! The answers that the security cases name in one word each: `ERRPAGE`, `REDIRERR(e)`, `BADGRANT`, `BADCLIENT`.

use super::{Client, Page, TestApp};

impl Page {
    /// `ERRPAGE`: 400, a page, no redirect.
    #[track_caller]
    pub fn is_error_page(&self) -> &Self {
        assert_eq!(self.status, 400, "{} {:?} {}", self.url, self.location, self.body);
        assert_eq!(self.location, None, "{}", self.url);
        assert!(self.header("content-type").starts_with("text/html"), "{}", self.url);
        assert!(!self.correlation_id().is_empty());
        self
    }

    /// `REDIRERR(error)`: back to the client's address with the error, the usual state and the issuer.
    #[track_caller]
    pub fn is_redirected_error(&self, app: &TestApp, client: &Client, error: &str) -> &Self {
        let location = self.location.as_deref().unwrap_or_else(|| panic!("no redirect: {} {}", self.url, self.body));
        assert!(location.starts_with(&format!("{}?", client.row.redirect_uris[0])), "{location}");
        assert_eq!(self.param("error").as_deref(), Some(error), "{} -> {location}", self.url);
        assert_eq!(self.param("state").as_deref(), Some("st-1"), "{location}");
        assert_eq!(self.param("iss").as_deref(), Some(app.issuer.as_str()), "RFC 9207 section 2: {location}");
        assert_eq!(self.param("code"), None, "{location}");
        self
    }

    /// A JSON error of a direct endpoint.
    #[track_caller]
    pub fn is_json_error(&self, status: u16, error: &str) -> &Self {
        assert_eq!(self.status, status, "{} {}", self.url, self.body);
        assert_eq!(self.json()["error"], error, "{} {}", self.url, self.body);
        assert!(self.json()["access_token"].is_null() && self.json()["refresh_token"].is_null());
        self
    }

    /// `BADGRANT`.
    #[track_caller]
    pub fn is_bad_grant(&self) -> &Self {
        self.is_json_error(400, "invalid_grant")
    }

    /// `BADCLIENT`: 401, and a challenge (RFC 6749 section 5.2).
    #[track_caller]
    pub fn is_bad_client(&self) -> &Self {
        self.is_json_error(401, "invalid_client");
        assert!(self.header("www-authenticate").starts_with("Basic "), "{:?}", self.headers);
        self
    }

    /// The sign-in page.
    #[track_caller]
    pub fn is_sign_in(&self) -> &Self {
        assert!(self.status == 200 && self.has("password"), "{} {:?} {}", self.status, self.location, self.body);
        self
    }

    /// The consent page.
    #[track_caller]
    pub fn is_consent(&self) -> &Self {
        assert!(self.status == 200 && self.has("approve"), "{} {:?} {}", self.status, self.location, self.body);
        self
    }

    /// The code that the redirect carries.
    #[track_caller]
    pub fn code(&self) -> String {
        self.param("code").unwrap_or_else(|| panic!("no code: {} {:?} {}", self.status, self.location, self.body))
    }

    /// The correlation id of the answer, wherever it stands: page, JSON, or `error_description` of a redirect.
    #[track_caller]
    pub fn any_correlation_id(&self) -> String {
        if let Some(description) = self.param("error_description") {
            let id = description.split("[correlation id ").nth(1).and_then(|rest| rest.split(']').next());
            return id.unwrap_or_else(|| panic!("no correlation id in: {description}")).to_owned();
        }
        if self.header("content-type").starts_with("text/html") {
            return self.correlation_id();
        }
        self.json()["correlation_id"].as_str().expect("a correlation id").to_owned()
    }
}
