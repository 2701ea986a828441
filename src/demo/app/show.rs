//! Owns the way from a raw exchange to what is shown of it: which parts, with which words, and nothing secret in full. It
//! is the only place where a secret could slip into a page, so the list of what is shortened stands here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::explain::{self, Note, Place};
use super::timeline::{Actor, Message, Mood, Row, Step};
use crate::demo::clock;
use crate::demo::wire::Exchange;

/// Names whose values are never shown whole.
const SECRETS: [&str; 9] = [
    "code",
    "code_verifier",
    "client_secret",
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "token",
    "password",
];

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 600;

/// A step made from one exchange of the app with `to`.
pub(super) fn step(label: &'static str, to: Actor, exchange: &Exchange, asked: Place, told: Place) -> Step {
    let mut step = Step::new(label, Actor::App, to);
    step.request = Some(request(exchange, asked));
    step.answer = Some(answer(exchange, told));
    if exchange.status >= 400 {
        step.mood = Mood::Bad;
    }
    step
}

/// A front-channel message: an address the browser is sent to, with its query explained.
pub(super) fn address(line: &str, url: &Url, place: Place) -> Message {
    let rows: Vec<Row> = url.query_pairs().map(|(name, value)| row(place, &name, &value)).collect();
    Message { line: format!("{line} {}", bare(url)), title: "Query", rows, ..Message::default() }
}

/// A row for a parameter.
pub(super) fn row(place: Place, name: &str, value: &str) -> Row {
    let is_cut = SECRETS.contains(&name);
    let value = if is_cut { shorten(value) } else { tidy(value) };
    Row { name: tidy(name), value, human: None, items: Vec::new(), is_cut, note: explain::parameter(place, name) }
}

/// A row for a claim of a token, with moments in human words.
pub(super) fn claim_row(name: &str, value: &Value, note: Note, now: i64) -> Row {
    let human = value
        .as_i64()
        .filter(|_| is_moment(name))
        .map(|at| format!("{} ({})", clock::moment(at), clock::distance(now, at)));
    Row { name: tidy(name), value: tidy(&plain(value)), human, items: Vec::new(), is_cut: false, note }
}

/// The beginning of a secret: enough to tell two apart, useless to a reader over one's shoulder.
pub(super) fn shorten(secret: &str) -> String {
    let length = secret.chars().count();
    let head = |n: usize| tidy(&secret.chars().take(n).collect::<String>());
    // All JWTs begin alike, so their end is shown too: it is a piece of the signature.
    if secret.matches('.').count() == 2 && length > 60 {
        let tail: String = secret.chars().skip(length - 6).collect();
        return format!("{}…{}", head(10), tidy(&tail));
    }
    format!("{}…", head(if length > 24 { 12 } else { length / 4 }))
}

/// Text that others chose, made fit to stand on a page: not endless, and without characters that cannot be seen.
pub(super) fn tidy(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| {
            if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str("… (shortened)");
    }
    shown
}

fn request(exchange: &Exchange, place: Place) -> Message {
    let url = Url::parse(&exchange.url).ok();
    let line = url.as_ref().map_or_else(|| tidy(&exchange.url), bare);
    let is_form = exchange.request_headers.iter().any(|(n, v)| n == "content-type" && v.contains("form-urlencoded"));
    let rows = if is_form {
        form_urlencoded::parse(exchange.request_body.as_bytes()).map(|(n, v)| row(place, &n, &v)).collect()
    } else {
        url.iter().flat_map(Url::query_pairs).map(|(n, v)| row(place, &n, &v)).collect()
    };
    Message {
        line: format!("{} {line}", exchange.method),
        headers: headers(&exchange.request_headers),
        title: if is_form { "Form body" } else { "Query" },
        rows,
        hidden: 0,
    }
}

fn answer(exchange: &Exchange, place: Place) -> Message {
    let mut message = Message {
        line: format!("{} {}", exchange.status, exchange.reason),
        headers: headers(&exchange.response_headers),
        title: "JSON body",
        ..Message::default()
    };
    match exchange.json() {
        Some(json) if json.get("keys").is_some_and(Value::is_array) => message.rows = keys(&json),
        Some(json) => {
            for (name, value) in &json {
                let mut row = row(place, name, &plain(value));
                row.items = sentences(value);
                if place == Place::Claims {
                    row.human = value.as_i64().filter(|_| is_moment(name)).map(clock::moment);
                }
                if place == Place::Discovery && row.note == Note::NONE {
                    message.hidden += 1;
                } else {
                    message.rows.push(row);
                }
            }
        }
        None if exchange.response_body.is_empty() => message.title = "",
        None => {
            message.title = "Body";
            message.rows.push(row(place, "(text)", &exchange.response_body));
        }
    }
    message
}

/// One row for each published key.
fn keys(set: &Map<String, Value>) -> Vec<Row> {
    let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    set.get("keys")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .take(20)
        .map(|key| Row {
            name: tidy(&text(key, "kid")),
            value: tidy(&format!("{} key for {}", text(key, "kty"), text(key, "alg"))),
            human: None,
            items: Vec::new(),
            is_cut: false,
            note: Note {
                words: "A public key: it checks signatures and cannot make them.",
                cite: explain::Cite("RFC 7517 §5"),
            },
        })
        .collect()
}

fn headers(headers: &[(String, String)]) -> Vec<Row> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let note = explain::header(name, value)?;
            let is_cut = name == "authorization";
            let human = if is_cut { user_of(value) } else { None };
            let value = match value.split_once(' ') {
                // Even the beginning of a Basic value can reach into the secret.
                Some(("Basic", _)) if is_cut => "Basic …".to_owned(),
                Some((scheme, secret)) if is_cut => format!("{} {}", tidy(scheme), shorten(secret)),
                _ => tidy(value),
            };
            Some(Row { name: name.clone(), value, human, items: Vec::new(), is_cut, note })
        })
        .collect()
}

/// Whom a Basic header names; the password stays out.
fn user_of(authorization: &str) -> Option<String> {
    let decoded = STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, _) = decoded.split_once(':')?;
    Some(format!("base64 of “{}:<client secret>”", tidy(user)))
}

/// An address without its query.
fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    tidy(url.as_str())
}

/// The items of an array of sentences; nothing for an array of words.
fn sentences(value: &Value) -> Vec<String> {
    let items: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).take(20).collect();
    if items.iter().any(|item| item.contains(' ')) { items.into_iter().map(tidy).collect() } else { Vec::new() }
}

/// Whether a claim is a number of seconds since 1970.
fn is_moment(name: &str) -> bool {
    matches!(name, "exp" | "iat" | "nbf" | "auth_time" | "updated_at")
}

/// A JSON value as a person would write it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(body: &str, answer: &str) -> Exchange {
        Exchange {
            method: "POST".into(),
            url: "http://localhost:8080/token?x=1".into(),
            request_headers: vec![
                ("authorization".into(), format!("Basic {}", STANDARD.encode("demo:s3cr3t-s3cr3t-s3cr3t-s3cr3t"))),
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
                ("user-agent".into(), "x".into()),
            ],
            request_body: body.into(),
            status: 200,
            reason: "OK",
            response_headers: vec![("cache-control".into(), "no-store".into()), ("date".into(), "x".into())],
            response_body: answer.into(),
        }
    }

    #[test]
    fn no_secret_survives_in_full() {
        let secret = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        let body = SECRETS.map(|name| format!("{name}={secret}")).join("&");
        let answer = format!(r#"{{"access_token":"{secret}","refresh_token":"{secret}","id_token":"{secret}"}}"#);
        let step = step("t", Actor::Provider, &exchange(&body, &answer), Place::TokenRequest, Place::TokenAnswer);
        let told = format!("{step:?}");
        assert!(!told.contains(&secret[..20]), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
        assert!(!told.contains(&STANDARD.encode("demo:s3cr3t-s3cr3t-s3cr3t-s3cr3t")), "{told}");
        assert!(told.contains("demo:<client secret>"), "{told}");
        assert!(!told.contains("user-agent"), "headers that do not matter stay out");
    }

    #[test]
    fn two_tokens_can_be_told_apart() {
        let jwt = |end: &str| format!("eyJhbGciOiJSUzI1NiJ9.{}.{}{end}", "p".repeat(40), "s".repeat(40));
        assert_ne!(shorten(&jwt("aaaaaa")), shorten(&jwt("bbbbbb")));
        assert!(shorten(&jwt("aaaaaa")).len() < 24);
        assert_eq!(shorten("12345678"), "12…");
        assert_eq!(shorten(""), "…");
    }

    #[test]
    fn hostile_text_is_cut_and_made_visible() {
        let shown = tidy(&format!("a\u{202e}b\r\n\0{}", "x".repeat(10_000)));
        assert!(shown.starts_with("a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}xxx"));
        assert!(shown.chars().count() < LONGEST + 20);
    }

    #[test]
    fn moments_are_told_in_words_and_odd_types_survive() {
        let row = claim_row("exp", &Value::from(1_795_341_871), Note::NONE, 1_795_341_811);
        assert_eq!(row.human.as_deref(), Some("2026-11-22 10:04:31 UTC (in 1 min)"));
        assert_eq!(claim_row("exp", &Value::from("soon"), Note::NONE, 0).human, None);
        assert_eq!(claim_row("exp", &Value::from(1e300), Note::NONE, 0).human, None);
    }
}
