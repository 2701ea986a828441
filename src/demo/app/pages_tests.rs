//! Pages rendered with the worst that claims, errors and answers can hold.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;
use crate::demo::app::explain::{Note, Place};
use crate::demo::app::timeline::{Actor, Check, Message, Mood, Step};

const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7*7 }}\u{202e}txt.exe\0";

fn evil_chapter() -> Chapter {
    let mut step = Step::new("x", Actor::Provider, Actor::App).titled(EVIL, EVIL);
    step.request = Some(Message {
        line: show::tidy(EVIL),
        title: "Query",
        rows: vec![show::row(Place::Callback, EVIL, EVIL), show::row(Place::Callback, "code", EVIL)],
        headers: vec![show::claim_row(EVIL, &json!({"a": [EVIL]}), Note::NONE, 0)],
        hidden: 3,
    });
    step.check(Check::bad(EVIL, ""));
    let mut chapter = Chapter::new(EVIL, i64::MAX);
    chapter.lesson = EVIL.to_owned();
    chapter.steps.push(step);
    chapter
}

fn assert_harmless(html: &str) {
    for bad in ["<script", "<img src=x", "onerror='", "javascript:", "\0"] {
        assert!(!html.contains(bad), "{bad} in {html}");
    }
    assert!(!html.contains("style="), "no inline style: {html}");
}

#[test]
fn a_hostile_error_answer_is_text() {
    let problem = Problem {
        heading: EVIL.to_owned(),
        what: EVIL.to_owned(),
        error: Some(show::tidy(EVIL)),
        description: Some(show::tidy(EVIL)),
        correlation_id: Some(show::tidy(EVIL)),
        chapter: evil_chapter(),
    };
    let html = ProblemPage { csrf: "c", problem: &problem, is_signed_in: true }.render().unwrap();
    // What the page's own structs hold untidied must still be escaped; control characters are tidied at the door.
    assert_harmless(&html.replace('\0', ""));
    assert!(html.contains("&#60;script"), "{html}");
}

#[test]
fn hostile_claims_are_text() {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": EVIL, "kid": [EVIL], "typ": {"x": EVIL}});
    let claims = json!({
        "sub": EVIL, EVIL: EVIL, "exp": EVIL, "iat": -1e300, "picture": "javascript:alert(1)", "long": "x".repeat(100_000),
        "nested": {"a": {"b": [EVIL]}}, "auth_time": i64::MIN,
    });
    let token = format!("{}.{}.{}", part(&header), part(&claims), EVIL.replace('.', ""));
    let opened = jwt::open(&token, 1_800_000_000).unwrap();
    let latest = evil_chapter();
    let page = Walk {
        csrf: "c",
        name: EVIL,
        subject: EVIL,
        scopes: vec![EVIL],
        over: Some("x"),
        latest: &latest,
        earlier: vec![&latest],
        tokens: vec![TokenCard { id: "t", title: "T", words: "", opened: Some(opened), opaque: show::shorten(EVIL) }],
        refresh_token: Some(show::shorten(EVIL)),
        spent: vec![show::shorten(EVIL)],
        now: String::new(),
    };
    let html = page.render().unwrap().replace('\0', "");
    assert!(html.len() < 200_000, "a long claim is cut: {}", html.len());
    assert_harmless(&html.replace("javascript:alert(1)", ""));
    assert!(!html.contains("href=\"javascript"), "a claim is never a link");
}

#[test]
fn an_opaque_access_token_is_said_to_be_one() {
    let latest = Chapter::new("Sign in", 0);
    let page = Walk {
        csrf: "c",
        name: "Ada",
        subject: "u1",
        scopes: vec![],
        over: None,
        latest: &latest,
        earlier: vec![],
        tokens: vec![TokenCard { id: "t", title: "T", words: "", opened: None, opaque: "abc…".into() }],
        refresh_token: None,
        spent: vec![],
        now: String::new(),
    };
    assert!(page.render().unwrap().contains("Not a JWT"));
    assert_eq!(latest.mood, Mood::Good);
}
