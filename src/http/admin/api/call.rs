//! Owns one request to the API as its handler sees it: who asks, the parts of the path, the query, the body, the version that
//! the caller knows. It does not own what they mean.

use actix_web::http::header;
use actix_web::web::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{encode, to_value};
use super::json;
use super::problem::{Problem, Stop};
use super::route::{ApiRoute, Body, Kind, Query};
use crate::flow::Cx;
use crate::flow::admin::{Actor, page};
use crate::http::call::Call;
use crate::oauth::params::{Params, decode};
use crate::time::Timestamp;

/// A request that may be answered.
pub struct ApiCall {
    /// The request.
    pub call: Call,
    /// Its line in the table.
    pub route: &'static ApiRoute,
    /// Who asks, with what they may do.
    pub actor: Actor,
    path: Vec<(&'static str, String)>,
    query: Params,
    body: Value,
    expect: Option<i64>,
}

impl ApiCall {
    /// Reads a request whose caller is known.
    ///
    /// # Errors
    /// A [`Problem`] for a path, query, body or precondition that cannot be read.
    pub fn read(call: Call, route: &'static ApiRoute, actor: Actor) -> Result<Self, Problem> {
        let path = path_parameters(&call, route)?;
        let query = query(&call, route.query)?;
        let expect = expected_version(&call, route)?;
        let body = body(&call, route)?;
        Ok(Self { call, route, actor, path, query, body, expect })
    }

    /// The request's context.
    pub fn cx(&self) -> &Cx {
        &self.call.cx
    }

    /// A part of the path, decoded.
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// The version that the caller changes (`If-Match`); `None`: any.
    pub fn expect(&self) -> Option<i64> {
        self.expect
    }

    /// A query parameter; empty ones are absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.query.find(name)
    }

    /// The same, to be kept.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// A query parameter that is `true` or `false`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    /// A query parameter that is a point in time.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(time)
    }

    /// A query parameter that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// Rows of a page.
    ///
    /// # Errors
    /// A refusal for a number out of bounds.
    pub fn limit(&self) -> Result<i64, Stop> {
        Ok(page::limit(self.text("limit"))?)
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// A refusal for a cursor that is not ours.
    pub fn after(&self) -> Result<Option<Value>, Stop> {
        let cursor = self.text("after").map(|cursor| page::open(self.cx(), self.route.id, cursor));
        Ok(cursor.transpose()?)
    }

    /// The body as what the handler wants.
    ///
    /// # Errors
    /// A [`Problem`] that names the field.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json::typed(self.body.clone())
    }

    /// The body in two parts: members with these names, and a document of all others.
    ///
    /// # Errors
    /// A [`Problem`] that names the field.
    pub fn body_and<A: DeserializeOwned, T: DeserializeOwned>(&self, names: &[&str]) -> Result<(A, T), Problem> {
        let Value::Object(mut rest) = self.body.clone() else {
            return Err(Problem::invalid("json", "the body is a JSON object"));
        };
        let own = names.iter().filter_map(|name| Some(((*name).to_owned(), rest.remove(*name)?))).collect();
        Ok((json::typed(Value::Object(own))?, json::typed(Value::Object(rest))?))
    }

    /// A member of the body, if the body is an object that has it as text.
    pub fn member(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// The bytes of an image.
    pub fn bytes(&self) -> Bytes {
        self.call.body.clone()
    }

    /// A document with the merge patch of the body applied.
    ///
    /// # Errors
    /// A [`Problem`] that names the field.
    pub fn patched<T: Serialize + DeserializeOwned>(&self, document: &T) -> Result<T, Stop> {
        Ok(json::typed(json::merge(to_value(document)?, self.body.clone()))?)
    }

    /// The query with one parameter replaced.
    pub fn query_with(&self, name: &str, value: &str) -> String {
        let others = self.query.pairs().filter(|(n, _)| *n != name);
        let all = others.chain([(name, value)]);
        all.map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect::<Vec<_>>().join("&")
    }
}

/// So many times a patch is put on what is there. Of callers that write at once one wins each time, so that this many
/// callers are none of them refused.
pub(super) const PATCH_TRIES: u32 = 32;

/// Reads a document, patches it and writes it back: `patched!(call, find, |document, expect| replace)`. Whoever names a
/// version changes that one. Whoever names none changes what is there: if somebody else wrote in between, the patch is put on
/// what they wrote, and neither change is lost (RFC 7396).
macro_rules! patched {
    ($call:ident, $find:ident, |$document:ident, $expect:ident| $replace:expr) => {{
        let mut tries = $crate::http::admin::api::call::PATCH_TRIES;
        loop {
            let is = $find().await??;
            let ($document, $expect) = ($call.patched(&is.document)?, $call.expect().or(Some(is.version)));
            tries -= 1;
            match $replace.await? {
                Err(refusal) if refusal.is_stale() && $call.expect().is_none() && tries > 0 => {}
                done => break found(&done?),
            }
        }
    }};
}
pub(super) use patched;

/// The template and the path have the same number of segments: that is how the path was found.
fn path_parameters(call: &Call, route: &'static ApiRoute) -> Result<Vec<(&'static str, String)>, Problem> {
    let wanted: Vec<&'static str> = route.path.split('/').collect();
    let came: Vec<&str> = call.request.uri().path().split('/').collect();
    let own = came.len().saturating_sub(wanted.len() - 1);
    let pairs = wanted.into_iter().skip(1).zip(came.into_iter().skip(own));
    let named = pairs.filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)));
    named
        .map(|(name, value)| {
            // In a path a plus sign is a plus sign.
            let text = decode(value.replace('+', "%2B").as_bytes());
            let words = "this part of the address is not percent-encoded UTF-8";
            Ok((name, text.map_err(|_| Problem::invalid("path", words).at(name))?))
        })
        .collect()
}

fn query(call: &Call, known: &[Query]) -> Result<Params, Problem> {
    let unreadable = |refusal: crate::oauth::error::Refusal| Problem::invalid("query", refusal.description.as_str());
    let params = call.query().map_err(unreadable)?;
    for (at, (name, value)) in params.pairs().enumerate() {
        let Some(parameter) = known.iter().find(|q| q.name == name) else {
            return Err(Problem::invalid("query_unknown", "there is no such query parameter here").at(name));
        };
        if params.pairs().take(at).any(|(earlier, _)| earlier == name) {
            return Err(Problem::invalid("query_repeated", "the query parameter comes twice").at(name));
        }
        judge(parameter, value).map_err(|words| Problem::invalid("query", words).at(name))?;
    }
    match known.iter().find(|q| q.required && params.find(q.name).is_none()) {
        Some(missing) => Err(Problem::invalid("query_missing", "the query parameter must be there").at(missing.name)),
        None => Ok(params),
    }
}

fn judge(parameter: &Query, value: &str) -> Result<(), String> {
    match parameter.kind {
        Kind::Word(words) if !words.contains(&value) => Err(format!("it is one of: {}", words.join(", "))),
        Kind::Flag if !matches!(value, "true" | "false") => Err("it is true or false".to_owned()),
        Kind::Time if time(value).is_none() => {
            Err("it is a point in time as RFC 3339 writes it, for example 2026-01-31T12:00:00Z".to_owned())
        }
        Kind::Number(low, high) if !value.parse().is_ok_and(|n| (low..=high).contains(&n)) => {
            Err(format!("it is a whole number from {low} to {high}"))
        }
        _ => Ok(()),
    }
}

fn time(text: &str) -> Option<Timestamp> {
    use time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Timestamp::from_millis)
}

/// `If-Match`: one ETag as we give it, or `*`. Anything else matches nothing (RFC 9110 section 13.1.1).
fn expected_version(call: &Call, route: &ApiRoute) -> Result<Option<i64>, Problem> {
    let Some(header) = call.request.headers().get(header::IF_MATCH) else { return Ok(None) };
    if !route.versioned {
        let words = "this has no version, so If-Match cannot be honoured here: leave it out";
        return Err(Problem::invalid("if_match", words).at("If-Match"));
    }
    let text = header.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"')).and_then(|v| v.parse().ok());
    version.map(Some).ok_or_else(|| {
        let words = "If-Match is not one ETag as this API gives it (\"v7\"), so it matches nothing";
        Problem::new(412, "if_match", words).at("If-Match")
    })
}

fn body(call: &Call, route: &ApiRoute) -> Result<Value, Problem> {
    let content_type = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let wrong = |wanted: &str| {
        let words = format!("the body must be {wanted}; the header Content-Type says so");
        Err(Problem::new(415, "content_type", words).at("Content-Type"))
    };
    match route.body {
        Body::Nothing => Ok(Value::Null),
        Body::Image if essence.starts_with("image/") => Ok(Value::Null),
        Body::Image => wrong("an image"),
        Body::Json(_) if essence == "application/json" => json::read(&call.body),
        Body::Json(_) => wrong("application/json"),
        Body::Patch(_) if matches!(essence.as_str(), "application/json" | "application/merge-patch+json") => {
            match json::read(&call.body)? {
                Value::Object(members) => Ok(Value::Object(members)),
                _ => Err(Problem::invalid("json", "a merge patch (RFC 7396) of a document is a JSON object")),
            }
        }
        Body::Patch(_) => wrong("application/merge-patch+json or application/json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n07_query_values_are_held_against_their_type() {
        let is = |kind, value| judge(&Query::new("q", kind, ""), value).is_ok();
        assert!(is(Kind::Flag, "true") && !is(Kind::Flag, "1"));
        assert!(is(Kind::Number(1, 200), "200"));
        for odd in ["0", "201", "-1", "9223372036854775808", "1.0", "", "1;--"] {
            assert!(!is(Kind::Number(1, 200), odd), "{odd}");
        }
        assert!(is(Kind::Word(&["a", "b"]), "b") && !is(Kind::Word(&["a", "b"]), "name;--"));
        assert!(is(Kind::Time, "2026-01-31T12:00:00+01:00") && !is(Kind::Time, "yesterday"));
    }
}
