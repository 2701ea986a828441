//! Owns what particular answers look like, in words and in JSON: the shapes that scripts rely on. No secret has a place in
//! any of them, but where one is shown this once. It does not own tables of lists (`list`).

use serde_json::{Map, Value, json};

use super::list::rows;
use super::work::Work;
use crate::command::Answer;
use crate::command::answer::printable;
use crate::command::show::{self, merge};

/// Members of a client under the names of OIDC Registration where there are such, and shorter ones.
const CLIENT: [(&str, &str); 5] = [
    ("auth_method", "token_endpoint_auth_method"),
    ("grants", "grant_types"),
    ("access_token_lifetime_seconds", "access_token_seconds"),
    ("id_token_lifetime_seconds", "id_token_seconds"),
    ("code_lifetime_seconds", "code_seconds"),
];

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// Texts of an array in one, as protocols write scopes.
fn joined(value: &Value) -> Value {
    json!(value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
}

pub(super) fn client(view: Value) -> Value {
    let Value::Object(members) = view else { return view };
    let renamed = members.into_iter().map(|(name, value)| match CLIENT.iter().find(|(from, _)| *from == name) {
        Some((_, to)) => ((*to).to_owned(), value),
        None if name == "scopes" => ("scope".to_owned(), joined(&value)),
        None => (name, value),
    });
    Value::Object(renamed.collect())
}

pub(super) fn client_made(_: &Work<'_>, mut answer: Value) -> Answer {
    let secret = answer.as_object_mut().and_then(|members| members.remove("client_secret")).filter(Value::is_string);
    let mut shown = client(answer);
    let mut words = format!("The client {} was registered.\n\n", show::clean(text(&shown, "client_id")));
    let mut end = "";
    if let Some(secret) = secret {
        merge(&mut shown, json!({ "client_secret": secret }));
        end = "\n\nThe secret is not shown again; `vouchsafe client rotate-secret` makes another one.";
    }
    words += &show::lines(&shown);
    words += end;
    Answer::new(words, shown)
}

pub(super) fn secret_rotated(work: &Work<'_>, answer: Value) -> Answer {
    let (secret, until) = (text(&answer, "client_secret"), text(&answer, "old_until"));
    let old = match work.is("now") {
        true => "The old secret is refused from now on.".to_owned(),
        false => format!("The old secret is good until {until}."),
    };
    let json = json!({
        "client_id": answer["client"]["client_id"],
        "secret_id": answer["secret_id"],
        "client_secret": secret,
        "old_secret_valid_until": until,
    });
    Answer::new(format!("{secret}\n\n{old} The new one is not shown again."), json)
}

pub(super) fn webhook_made(_: &Work<'_>, mut answer: Value) -> Answer {
    let secret = answer.as_object_mut().and_then(|members| members.remove("secret"));
    let mut words =
        format!("The webhook {} was added.\n\n{}", show::clean(text(&answer, "name")), show::lines(&answer));
    if let Some(secret) = secret {
        words += &format!("\n\nIts secret, shown this once: {}", secret.as_str().unwrap_or_default());
        merge(&mut answer, json!({ "secret": secret }));
    }
    Answer::new(words, answer)
}

pub(super) fn webhook_secret_rotated(work: &Work<'_>, answer: Value) -> Answer {
    let (secret, until) = (text(&answer, "secret"), text(&answer, "old_until"));
    let old = match work.is("now") {
        true => "Events are signed with it alone from now on.".to_owned(),
        false => format!("Until {until} events are signed with the old one too."),
    };
    let json = json!({ "name": answer["webhook"]["name"], "secret": secret, "old_until": until });
    Answer::new(format!("{secret}\n\n{old} The new one is not shown again."), json)
}

/// A test that was not taken is an exit code of 1, so that a script notices.
pub(super) fn webhook_tested(_: &Work<'_>, answer: Value) -> Answer {
    let took = answer["duration_ms"].as_i64().unwrap_or_default();
    let status = answer["status"].as_i64().map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    let words = match answer["taken"].as_bool().unwrap_or_default() {
        true => format!("The receiver took the test event: {status}, {took} ms."),
        false => {
            format!(
                "The receiver did not take the test event: {status}, {took} ms: {}.",
                printable(text(&answer, "error"))
            )
        }
    };
    let code = u8::from(answer["taken"] != true);
    Answer::new(words, answer).with_code(code)
}

/// A check that failed is an exit code of 1, so that a script notices.
pub(super) fn provider_checked(_: &Work<'_>, answer: Value) -> Answer {
    let line = |check: &Value| {
        let (name, outcome, received) = (text(check, "name"), text(check, "outcome"), text(check, "received"));
        let mend = check["mend"].as_str().map(|mend| format!("\n    {}", printable(mend))).unwrap_or_default();
        format!("{}  {}: {}{mend}", outcome.replace('_', " "), printable(name), printable(received))
    };
    let words: Vec<String> = answer["checks"].as_array().into_iter().flatten().map(line).collect();
    let code = u8::from(answer["passed"] != true);
    Answer::new(words.join("\n"), answer).with_code(code)
}

pub(super) fn snippets(_: &Work<'_>, mut answer: Value) -> Answer {
    let all = answer["items"].take();
    let one = |s: &Value| format!("## {}\n\n{}\n\n{}\n", text(s, "name"), text(s, "text").trim_end(), text(s, "hint"));
    let words: Vec<String> = all.as_array().into_iter().flatten().map(one).collect();
    Answer::new(words.join("\n"), all)
}

pub(super) fn preview(_: &Work<'_>, answer: Value) -> Answer {
    let (mut facts, mut words) = (Map::new(), String::new());
    for (name, value) in answer.as_object().into_iter().flatten() {
        match value.as_array().filter(|_| matches!(name.as_str(), "id_token" | "access_token" | "userinfo")) {
            Some(claims) => words += &format!("\n\n{name}\n{}", rows(claims, PREVIEW)),
            None => drop(facts.insert(name.clone(), value.clone())),
        }
    }
    Answer::new(format!("{}{words}", show::lines(&Value::Object(facts))), answer)
}

const PREVIEW: &[(&str, &str)] = &[("CLAIM", "name"), ("VALUE", "value"), ("FROM", "origin")];

/// A person who was just made or invited.
pub(super) fn user_made(_: &Work<'_>, mut answer: Value) -> Answer {
    let mut taken = |name: &str| answer.as_object_mut().and_then(|members| members.remove(name)).unwrap_or_default();
    let (link, mailed, user) = (taken("invitation_link"), taken("mailed"), taken("user"));
    let user = if user.is_null() { answer } else { user };
    let email = show::clean(text(&user, "email"));
    let Some(url) = link.as_str() else {
        return Answer::new(format!("{email} ({}) was added.", show::clean(text(&user, "id"))), user);
    };
    let until = text(&user, "invited_until");
    let letter = if mailed == true { " A letter with it is on its way to them, too." } else { "" };
    let words = format!(
        "{url}\nHand this address to {email}: under it they choose a password. It works once, until {until}; earlier ones are \
         void.{letter}"
    );
    Answer::new(words, json!({ "user": user, "url": url, "expires_at": until }))
}

pub(super) fn consent(mut view: Value) -> Value {
    let scope = joined(&view["scopes"].take());
    if let Some(members) = view.as_object_mut() {
        members.remove("scopes");
        members.insert("scope".to_owned(), scope);
    }
    view
}

pub(super) fn key(mut view: Value) -> Value {
    if let Some(members) = view.as_object_mut() {
        members.remove("public_jwk");
    }
    view
}

pub(super) fn key_ending(_: &Work<'_>, answer: Value) -> Answer {
    let words = answer["words"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    Answer::new(words.join("\n"), answer)
}

/// What wants attention first, then how often things happened.
pub(super) fn overview(_: &Work<'_>, answer: Value) -> Answer {
    let attention = answer["attention"].as_array().into_iter().flatten();
    let mut words: Vec<String> = attention
        .map(|item| {
            let whose =
                item["client_id"].as_str().or(item["kid"].as_str()).map(|id| format!("{id}: ")).unwrap_or_default();
            let sign = if item["urgency"] == "act" { "!" } else { "-" };
            format!("{sign} {}", printable(&format!("{whose}{}", text(item, "words"))))
        })
        .collect();
    if words.is_empty() {
        words.push("Nothing wants attention.".to_owned());
    }
    let sum = |values: &Value| values.as_array().into_iter().flatten().filter_map(Value::as_i64).sum::<i64>();
    let counts =
        answer["counts"].as_object().into_iter().flatten().map(|(name, values)| (name.clone(), json!(sum(values))));
    words.push(format!("\nIn the last {}:\n{}", text(&answer, "range"), show::lines(&Value::Object(counts.collect()))));
    Answer::new(words.join("\n"), answer)
}

pub(super) fn verdict(_: &Work<'_>, answer: Value) -> Answer {
    if answer["whole"] == true {
        let words = format!(
            "All {} entries are as they were written. The last seal: {}",
            answer["entries"],
            text(&answer, "last_seal")
        );
        return Answer::new(words, answer);
    }
    let words = format!("The log is broken at entry {}: {}", answer["broken_at"], text(&answer, "why"));
    Answer::new(words, answer).with_code(1)
}

/// A sign-in step by step.
pub(super) fn trace(_: &Work<'_>, answer: Value) -> Answer {
    let steps = answer["steps"].as_array().into_iter().flatten();
    Answer::new(steps.map(step).collect::<Vec<_>>().join("\n"), answer)
}

/// One line a step, and under it what else is known of it.
fn step(step: &Value) -> String {
    let mut words = format!("{}  {:12}  {}", text(step, "at"), text(step, "step"), printable(text(step, "outcome")));
    let details = [
        ("check", "check"),
        ("expected", "expected"),
        ("received", "received"),
        ("mistake", "mistake"),
        ("mend", "mend"),
        ("client", "client_id"),
        ("person", "user_id"),
        ("address", "address"),
    ];
    for (name, member) in details {
        if let Some(value) = step[member].as_str() {
            words += &format!("\n    {name:9} {}", printable(value));
        }
    }
    words
}
