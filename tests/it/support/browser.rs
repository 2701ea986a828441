//! A browser as far as HTTP goes: a cookie jar, forms that are filled in and sent, redirects that the test follows by hand.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response};

/// Cookies of one person's browser.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    http: reqwest::Client,
    origin: String,
}

/// The form for a passkey.
#[derive(Clone, Debug)]
pub struct PasskeyForm {
    pub action: String,
    pub hidden: Vec<(String, String)>,
    pub options: serde_json::Value,
}

/// An answer, read in full.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub location: Option<String>,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
    /// What the test asked for.
    pub url: String,
    /// Who answered, and at which path.
    pub origin: String,
    pub path: String,
}

impl Browser {
    pub fn new(app: &super::TestApp) -> Self {
        Self { cookies: BTreeMap::new(), http: app.http.clone(), origin: app.origin.clone() }
    }

    /// The same browser, sent to another node by the balancer.
    pub fn at(&self, app: &super::TestApp) -> Self {
        Self { cookies: self.cookies.clone(), ..Self::new(app) }
    }

    /// Navigates, without following redirects.
    pub async fn get(&mut self, url: &str) -> Page {
        let request = self.http.get(url).header("accept", "text/html");
        self.send(request, url).await
    }

    /// Sends a form as a browser of today does from our own page.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.http.post(url).header("sec-fetch-site", "same-origin").header("origin", "null");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(encode(fields));
        self.send(request, url).await
    }

    /// Sends a request that the test made itself, with our cookies.
    pub async fn send(&mut self, request: RequestBuilder, url: &str) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let response = request.send().await.expect("an answer");
        self.keep(&response);
        Page::read(response, url).await
    }

    fn keep(&mut self, response: &Response) {
        for header in response.headers().get_all(SET_COOKIE) {
            let text = header.to_str().expect("a cookie is ASCII");
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("name=value");
            if attributes.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Navigates and follows redirects as long as they stay at the provider; the page, or the redirect that leaves it.
    pub async fn open(&mut self, url: &str) -> Page {
        let mut page = self.get(url).await;
        for _ in 0..10 {
            match page.location.clone() {
                Some(next) if self.is_ours(&next) => page = self.get(&self.absolute(&next)).await,
                _ => return page,
            }
        }
        panic!("a redirect loop at {url}");
    }

    /// Fills in the page's form and sends it, then follows redirects at the provider.
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let answer = self.submit_once(page, fields).await;
        self.follow(answer).await
    }

    /// Follows redirects at the provider.
    pub async fn follow(&mut self, answer: Page) -> Page {
        match answer.location.clone() {
            Some(next) if self.is_ours(&next) => self.open(&self.absolute(&next)).await,
            _ => answer,
        }
    }

    /// Fills in the page's form and sends it.
    pub async fn submit_once(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let mut all = page.hidden();
        for (name, value) in fields {
            all.retain(|(n, _)| n != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let pairs: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.post(&self.absolute(&page.action()), &pairs).await
    }

    /// Where the provider answers.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    fn is_ours(&self, location: &str) -> bool {
        location.starts_with('/') || location.starts_with(&format!("{}/", self.origin))
    }

    fn absolute(&self, location: &str) -> String {
        if location.starts_with('/') { format!("{}{location}", self.origin) } else { location.to_owned() }
    }
}

impl Page {
    pub async fn read(response: Response, url: &str) -> Self {
        let location = response.headers().get(LOCATION).map(|v| v.to_str().expect("ASCII").to_owned());
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let origin = response.url().origin().ascii_serialization();
        let path = response.url().path().to_owned();
        let body = response.text().await.expect("a body");
        let page = Self { status, location, headers, body, url: url.to_owned(), origin, path };
        super::invariants::hold(&page);
        page
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().expect("ASCII"))
    }

    /// The form of what the page is about, from its first attribute on: the first one in `main` that is no passkey's.
    fn form(&self) -> Option<&str> {
        let main = self.body.split("<main").nth(1).unwrap_or(&self.body);
        main.split("<form").skip(1).find(|form| !form.contains("id=\"passkey-form\""))
    }

    /// Where the page's form goes.
    pub fn action(&self) -> String {
        unescape(attribute(self.form().expect("a form on the page"), "action"))
    }

    /// Hidden fields of the page's form.
    pub fn hidden(&self) -> Vec<(String, String)> {
        Self::hidden_in(self.form().unwrap_or_default())
    }

    /// The text without what differs from one look at the page to the next: what its forms carry.
    pub fn bare(&self) -> String {
        let mut hidden = self.hidden();
        if let Some(form) = self.passkey() {
            let challenge = form.options["publicKey"]["challenge"].as_str().expect("a challenge").to_owned();
            hidden.extend(form.hidden);
            hidden.push(("challenge".to_owned(), challenge));
        }
        let values = hidden.into_iter().filter(|(_, value)| !value.is_empty());
        values.fold(self.body.clone(), |body, (_, value)| body.replace(&value, "HIDDEN"))
    }

    /// The form for a passkey: where it goes, its hidden fields, and what its script asks.
    pub fn passkey(&self) -> Option<PasskeyForm> {
        let form = self.body.split("<form").skip(1).find(|form| form.contains("id=\"passkey-form\""))?;
        let options = unescape(attribute(form, "data-options"));
        let options = serde_json::from_str(&options).expect("options are JSON");
        Some(PasskeyForm { action: unescape(attribute(form, "action")), hidden: Self::hidden_in(form), options })
    }

    fn hidden_in(form: &str) -> Vec<(String, String)> {
        let form = form.split("</form>").next().unwrap_or_default();
        let inputs = form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
        inputs
            .filter(|tag| tag.contains("type=\"hidden\""))
            .map(|tag| (unescape(attribute(tag, "name")), unescape(attribute(tag, "value"))))
            .collect()
    }

    /// Whether an element with this id is on the page.
    pub fn has(&self, id: &str) -> bool {
        self.body.contains(&format!("id=\"{id}\""))
    }

    /// A parameter of the redirect.
    pub fn param(&self, name: &str) -> Option<String> {
        let location = self.location.as_deref()?;
        let url = url::Url::parse(location).ok()?;
        url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    }

    /// The correlation id on an error page, or of an error in JSON.
    pub fn correlation_id(&self) -> String {
        if self.body.starts_with('{') {
            return self.json()["correlation_id"].as_str().expect("a correlation id").to_owned();
        }
        let marked = self.body.split("id=\"correlation-id\"").nth(1).expect("a correlation id on the page");
        marked.split('>').nth(1).and_then(|t| t.split('<').next()).expect("its text").trim().to_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.body))
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let start = format!("{name}=\"");
    tag.split(start.as_str()).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// Character references as askama and our pages write them.
pub fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').map_or(rest.len(), |e| at + e + 1);
        let reference = &rest[at + 1..end.saturating_sub(1).max(at + 1)];
        let character = match reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            other => other.strip_prefix('#').and_then(|n| n.parse().ok()).and_then(char::from_u32),
        };
        match character {
            Some(c) => out.push(c),
            None => out.push_str(&rest[at..end]),
        }
        rest = &rest[end..];
    }
    out + rest
}

/// Form encoding.
pub fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
