//! Owns the pages of the demo app as values; the HTML is in `templates/demo/`.

use askama::Template;

use super::jwt::{self, Opened};
use super::show;
use super::timeline::Chapter;
use super::visitor::{Problem, SignedIn, Visitor};
use crate::demo::clock;

/// `GET /`
#[derive(Template)]
#[template(path = "demo/home.html")]
pub(super) struct Home<'a> {
    pub(super) csrf: &'a str,
    pub(super) issuer: &'a str,
    pub(super) api_url: &'a str,
    pub(super) email: &'a str,
    pub(super) password: &'a str,
    /// The person's name, if somebody is signed in.
    pub(super) name: Option<&'a str>,
    /// Our right address, when the browser used another one: its cookie would not come back with the answer.
    pub(super) elsewhere: Option<&'a str>,
}

/// `GET /me`
#[derive(Template)]
#[template(path = "demo/walk.html")]
pub(super) struct Walk<'a> {
    csrf: &'a str,
    name: &'a str,
    subject: &'a str,
    scopes: Vec<&'a str>,
    over: Option<&'a str>,
    latest: &'a Chapter,
    earlier: Vec<&'a Chapter>,
    tokens: Vec<TokenCard>,
    refresh_token: Option<String>,
    spent: Vec<String>,
    now: String,
}

/// A token on the page.
struct TokenCard {
    id: &'static str,
    title: &'static str,
    words: &'static str,
    opened: Option<Opened>,
    /// Its beginning, when it is not a JWT.
    opaque: String,
}

impl<'a> Walk<'a> {
    /// The page for a signed-in visitor; `None` when nothing has happened yet.
    pub(super) fn of(visitor: &'a Visitor, person: &'a SignedIn, now: i64) -> Option<Self> {
        let (latest, earlier) = visitor.chapters.split_last()?;
        Some(Self {
            csrf: &visitor.csrf,
            name: &person.name,
            subject: &person.subject,
            scopes: person.scope.split_ascii_whitespace().collect(),
            over: person.over,
            latest,
            earlier: earlier.iter().rev().collect(),
            tokens: vec![id_token(person, now), access_token(person, now)],
            refresh_token: person.refresh_token.as_ref().map(|token| show::shorten(token.expose())),
            spent: person.spent.iter().rev().take(5).map(|token| show::shorten(token.expose())).collect(),
            now: clock::moment(now),
        })
    }
}

fn id_token(person: &SignedIn, now: i64) -> TokenCard {
    TokenCard {
        id: "id-token",
        title: "ID token",
        words: "A signed note to this app: who signed in, when and how. The app checked it and keeps it only as a hint \
                for the logout.",
        opened: jwt::open(person.id_token.expose(), now),
        opaque: show::shorten(person.id_token.expose()),
    }
}

fn access_token(person: &SignedIn, now: i64) -> TokenCard {
    TokenCard {
        id: "access-token",
        title: "Access token",
        words: "A key for the API. An app should treat it as a text without meaning (RFC 9068 §6); it is opened here to \
                show what the API reads in it.",
        opened: jwt::open(person.access_token.expose(), now),
        opaque: show::shorten(person.access_token.expose()),
    }
}

/// `GET /problem`
#[derive(Template)]
#[template(path = "demo/problem.html")]
pub(super) struct ProblemPage<'a> {
    pub(super) csrf: &'a str,
    pub(super) problem: &'a Problem,
    pub(super) is_signed_in: bool,
}

/// `GET /logged-out`
#[derive(Template)]
#[template(path = "demo/logged_out.html")]
pub(super) struct LoggedOut<'a> {
    pub(super) csrf: &'a str,
    pub(super) chapter: &'a Chapter,
}

/// A short page for what needs no story: a stale form, an unknown address.
#[derive(Template)]
#[template(path = "demo/note.html")]
pub(super) struct Notice<'a> {
    pub(super) heading: &'a str,
    pub(super) words: &'a str,
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
