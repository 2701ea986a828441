//! Owns a person's way through the pages: cookies, redirects inside the provider, forms found by the pages' fixed ids. It
//! runs no JavaScript, as the pages need none.

use std::collections::BTreeMap;

use crate::Result;
use crate::http::{self, Connection};

/// Cookies and the origin that forms are sent from.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    pub origin: String,
}

/// Where a request ended: on a page of the provider, or on its way back to the app.
pub enum Place {
    Page { path: String, html: String },
    App(String),
}

impl Browser {
    pub fn new(origin: &str) -> Self {
        Self { cookies: BTreeMap::new(), origin: origin.to_owned() }
    }

    fn host(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// The `Cookie` header line, empty without cookies.
    pub fn cookie_line(&self) -> String {
        if self.cookies.is_empty() {
            return String::new();
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        format!("Cookie: {}\r\n", pairs.join("; "))
    }

    pub async fn go(&mut self, connection: &mut Connection, path: &str) -> Result<Place> {
        let request = http::get(self.host(), path, &self.cookie_line());
        self.follow(connection, path.to_owned(), request).await
    }

    /// Presses the control with this id, after filling in the given fields.
    pub async fn press(
        &mut self,
        connection: &mut Connection,
        page: (&str, &str),
        id: &str,
        values: &[(&str, &str)],
    ) -> Result<Place> {
        let (path, html) = page;
        let (action, mut fields) = form_with(html, id).ok_or_else(|| format!("no control #{id} at {path}:\n{html}"))?;
        fields.retain(|(name, _)| values.iter().all(|(given, _)| given != name));
        let mut pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        pairs.extend_from_slice(values);
        let to = if action.is_empty() { path.to_owned() } else { self.inside(&action).unwrap_or(action) };
        let lines = format!("{}Origin: {}\r\nSec-Fetch-Site: same-origin\r\n", self.cookie_line(), self.origin);
        let request = http::post(self.host(), &to, &lines, &pairs);
        self.follow(connection, to, request).await
    }

    /// Signs in and agrees as far as asked, until the provider sends the browser to the app.
    pub async fn sign_in(
        &mut self,
        connection: &mut Connection,
        path: &str,
        (email, password): (&str, &str),
    ) -> Result<String> {
        let mut place = self.go(connection, path).await?;
        for _ in 0..5 {
            place = match place {
                Place::App(url) => return Ok(url),
                Place::Page { path, html } if form_with(&html, "password").is_some() => {
                    let values = [("login", email), ("password", password)];
                    self.press(connection, (&path, &html), "submit", &values).await?
                }
                Place::Page { path, html } => self.press(connection, (&path, &html), "approve", &[]).await?,
            };
        }
        Err("five pages and still not back at the app".into())
    }

    async fn follow(&mut self, connection: &mut Connection, mut path: String, mut request: Vec<u8>) -> Result<Place> {
        for _ in 0..10 {
            let answer = connection.ask(&request).await?;
            for line in http::headers(answer.head, "set-cookie") {
                let (name, value) = line.split(';').next().and_then(|p| p.split_once('=')).unwrap_or((line, ""));
                let gone = value.is_empty() || line.to_ascii_lowercase().contains("max-age=0");
                if gone {
                    self.cookies.remove(name);
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let Some(to) = answer.header("location") else {
                if answer.status != 200 {
                    return Err(format!("status {} at {path}: {}", answer.status, answer.text()).into());
                }
                return Ok(Place::Page { path, html: answer.text() });
            };
            match self.inside(to) {
                Some(inner) => path = inner,
                None => return Ok(Place::App(to.to_owned())),
            }
            request = http::get(self.host(), &path, &self.cookie_line());
        }
        Err(format!("ten redirects, the last to {path}").into())
    }

    /// The path of a URL of the provider; `None` for one of somebody else.
    fn inside(&self, url: &str) -> Option<String> {
        if url.starts_with('/') {
            return Some(url.to_owned());
        }
        url.strip_prefix(&self.origin).filter(|rest| rest.starts_with('/')).map(str::to_owned)
    }
}

type Fields = Vec<(String, String)>;

/// The action and the fields (hidden ones, and what the button adds) of the form that holds the control with this id.
fn form_with(html: &str, id: &str) -> Option<(String, Fields)> {
    for form in html.split("<form").skip(1) {
        let form = form.split("</form>").next()?;
        let head = attributes(form.split('>').next()?);
        let (mut fields, mut found) = (Vec::new(), false);
        for tag in form.split('<').filter(|t| t.starts_with("input") || t.starts_with("button")) {
            let given = attributes(tag.split('>').next()?);
            let is = given.get("id").is_some_and(|i| i == id);
            found |= is;
            let button = tag.starts_with("button") || given.get("type").is_some_and(|t| t == "submit");
            if let Some(name) = given.get("name").filter(|_| is || !button) {
                fields.push((name.clone(), given.get("value").cloned().unwrap_or_default()));
            }
        }
        if found {
            return Some((head.get("action").cloned().unwrap_or_default(), fields));
        }
    }
    None
}

/// `a="b" c='d' e` as a map.
fn attributes(tag: &str) -> BTreeMap<String, String> {
    let (mut found, mut rest) = (BTreeMap::new(), tag);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            };
        }
        found.insert(name, unescape(value));
    }
}

fn unescape(text: &str) -> String {
    let named = [("&#x27;", "'"), ("&#39;", "'"), ("&quot;", "\""), ("&#34;", "\""), ("&lt;", "<"), ("&#60;", "<")];
    let more = [("&gt;", ">"), ("&#62;", ">"), ("&#38;", "&"), ("&amp;", "&")];
    named.iter().chain(&more).fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
