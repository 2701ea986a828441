//! Owns one verb at work: from its arguments to requests, and from what came back to an answer. It does not own the door nor
//! what operations do.

use std::io::{IsTerminal, Read};

use clap::ArgMatches;
use serde_json::{Value, json};

use super::{Tell, Verb, fields, route};
use crate::command::door::{Door, Told};
use crate::command::{Answer, Failure, show};
use crate::http::admin::api::ApiRoute;
use crate::http::admin::api::answer::encode;
use crate::http::admin::api::here::{Ask, Payload};
use crate::http::admin::api::route::Body;

/// A verb with its arguments, before an open door.
pub(super) struct Work<'a> {
    pub(super) door: &'a Door,
    pub(super) verb: &'static Verb,
    pub(super) matches: &'a ArgMatches,
}

impl Work<'_> {
    /// An argument's text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
    }

    /// Whether a flag is set.
    pub(super) fn is(&self, name: &str) -> bool {
        self.matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or_default()
    }

    /// Asks an operation of the verb's.
    pub(super) async fn ask(&self, id: &'static str, query: &str, body: Option<&Value>) -> Result<Told, Failure> {
        self.door.ask(self.request(id, query, body, None)?).await
    }

    /// The same, with the status in place of a failure.
    pub(super) async fn attempt(&self, id: &'static str, body: &Value) -> Result<(u16, Value), Failure> {
        let (status, told) = self.door.send(self.request(id, "", Some(body), None)?).await?;
        Ok((status, told.json))
    }

    /// The same, where the thing may not be there.
    pub(super) async fn find(&self, id: &'static str) -> Result<Option<Value>, Failure> {
        Ok(self.door.find(self.request(id, "", None, None)?).await?.map(|told| told.json))
    }

    /// Writes, if this is the version that is there.
    pub(super) async fn write(&self, id: &'static str, body: &Value, version: Option<i64>) -> Result<Told, Failure> {
        self.door.ask(self.request(id, "", Some(body), version)?).await
    }

    /// Sends a file, if this is the version that is there.
    pub(super) async fn send_file(&self, id: &'static str, file: Payload) -> Result<Told, Failure> {
        self.door.ask(Ask { body: Some(file), ..self.request(id, "", None, self.version())? }).await
    }

    fn request(
        &self,
        id: &'static str,
        query: &str,
        body: Option<&Value>,
        version: Option<i64>,
    ) -> Result<Ask, Failure> {
        let verb = self.verb;
        debug_assert!(
            verb.goes.contains(&id) || verb.looks == Some(id) || verb.asks.flatten() == Some(id),
            "{} does not say that it goes to {id}",
            verb.name
        );
        let route = route(id).ok_or_else(|| Failure::Usage(format!("there is no operation {id}")))?;
        let path = self.path(route)?;
        let path = if query.is_empty() { path } else { format!("{path}?{query}") };
        Ok(Ask {
            method: route.method.as_str().to_owned(),
            path,
            body: body.map(|body| Payload::json(body.to_string())),
            if_match: version.map(|version| format!("\"v{version}\"")),
        })
    }

    fn path(&self, route: &ApiRoute) -> Result<String, Failure> {
        let mut path = Vec::new();
        for part in route.path.split('/') {
            let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else {
                path.push(part.to_owned());
                continue;
            };
            let text = self.part(name).ok_or_else(|| Failure::Usage(format!("{name} is missing")))?;
            path.push(encode(&text));
        }
        Ok(path.join("/"))
    }

    /// A part of the path. A new thing's is the member that names it.
    fn part(&self, name: &str) -> Option<String> {
        let text = self.text(name).or_else(|| self.text(self.verb.key))?;
        // Correlation ids are read out and copied by hand: capitals and the blanks round them do not count.
        Some(if name == "correlation_id" { text.trim().to_ascii_lowercase() } else { text.to_owned() })
    }

    fn parts(&self, route: &ApiRoute) -> Value {
        let named = route.path_parameters().filter_map(|name| Some((name.to_owned(), json!(self.part(name)?))));
        Value::Object(named.collect())
    }

    fn version(&self) -> Option<i64> {
        self.matches.try_get_one::<i64>("if-version").ok().flatten().copied()
    }

    fn first(&self) -> Result<(&'static str, &'static ApiRoute), Failure> {
        let first = self.verb.goes.first().copied();
        first.and_then(|id| Some((id, route(id)?))).ok_or_else(|| Failure::Usage("it goes nowhere".to_owned()))
    }

    /// One request with what was given.
    pub(super) async fn send(&self) -> Result<Answer, Failure> {
        let (id, route) = self.first()?;
        let body = match (self.document()?, route.body) {
            (_, Body::Nothing) => None,
            (Some(document), _) => Some(document),
            (None, _) => {
                let fields = fields::of(route, self.verb.hides);
                Some(Value::Object(fields::body(&fields, self.matches, &Value::Null)?))
            }
        };
        let body = match body {
            Some(mut body) => {
                (self.verb.prepare)(&mut body, self.matches)?;
                Some(body)
            }
            None => None,
        };
        let before = match self.verb.looks {
            // What cannot be looked at may be ended all the same: the operation itself says whether.
            Some(look) => self.ask(look, "", None).await.ok().map(|told| told.json),
            None => None,
        };
        self.agreed().await?;
        let query = self.query(route);
        let told = self.door.ask(self.request(id, &query, body.as_ref(), self.version())?).await?;
        let answer = match told.json {
            Value::Null => before.unwrap_or_else(|| self.parts(route)),
            json => json,
        };
        Ok(self.told(answer, route))
    }

    /// Reads, changes, writes.
    pub(super) async fn edit(&self) -> Result<Answer, Failure> {
        let (id, route) = self.first()?;
        let find = self.verb.looks.unwrap_or(id);
        if let Some(document) = self.document()? {
            let replace = self.verb.goes.get(1).copied().unwrap_or(id);
            let told = self.write(replace, &document, self.version()).await?;
            return Ok(self.told(told.json, route));
        }
        let fields = fields::of(route, self.verb.hides);
        if fields::body(&fields, self.matches, &Value::Null)?.is_empty() {
            let words = "nothing to change: name at least one option, see --help";
            return Err(Failure::Usage(words.to_owned()));
        }
        let is = self.ask(find, "", None).await?.json;
        let patch = Value::Object(fields::body(&fields, self.matches, &is)?);
        let version = self.version().or_else(|| is["version"].as_i64());
        let told = self.write(id, &patch, version).await?;
        Ok(self.told(told.json, route))
    }

    /// The query that was given.
    pub(super) fn query(&self, route: &ApiRoute) -> String {
        let given = route.query.iter().filter_map(|q| Some((q.name, self.text(q.name)?)));
        let pairs: Vec<String> = given.map(|(name, text)| format!("{name}={}", encode(text))).collect();
        pairs.join("&")
    }

    fn document(&self) -> Result<Option<Value>, Failure> {
        let Some(file) = self.text("document") else { return Ok(None) };
        let refuse = |words: String| Failure::Usage(format!("{file}: {words}"));
        let text = match file {
            "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map(|_| text)
            }
            file => std::fs::read_to_string(file),
        };
        let document: Value = serde_json::from_str(&text.map_err(|e| refuse(format!("cannot be read: {e}")))?)
            .map_err(|e| refuse(format!("is not JSON: {e}")))?;
        let fields = fields::of(self.first()?.1, self.verb.hides);
        if !fields::body(&fields, self.matches, &Value::Null)?.is_empty() {
            return Err(Failure::Usage("--document is the whole of it: leave out the other options".to_owned()));
        }
        Ok(Some(document))
    }

    /// Asks at a terminal, and shows what will end. Scripts have made up their minds.
    async fn agreed(&self) -> Result<(), Failure> {
        let Some(ends) = self.verb.asks else { return Ok(()) };
        if self.is("yes") || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Ok(());
        }
        if let Some(ends) = ends {
            eprintln!("{}", show::lines(&self.ask(ends, "", None).await?.json));
        }
        eprint!("This cannot be taken back. Go on? [y/N] ");
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        match (read, line.trim()) {
            (Ok(_), "y" | "Y" | "yes") => Ok(()),
            _ => Err(Failure::Refused("nothing was done".to_owned())),
        }
    }

    fn told(&self, answer: Value, route: &ApiRoute) -> Answer {
        let words = match self.verb.tell {
            Tell::Own(tell) => return tell(self, answer),
            Tell::Lines => None,
            Tell::Said(template) => Some(filled(template, &[&answer, &self.parts(route)])),
        };
        let shown = (self.verb.shape)(answer);
        Answer::new(words.unwrap_or_else(|| show::lines(&shown)), shown)
    }
}

/// A template with `{member}` filled from the first value that has it.
fn filled(template: &str, from: &[&Value]) -> String {
    let mut words = String::new();
    for (at, piece) in template.split(['{', '}']).enumerate() {
        let member = from.iter().find_map(|value| value.get(piece).filter(|v| !v.is_null()));
        match (at % 2, member) {
            (0, _) => words.push_str(piece),
            (_, Some(Value::String(text))) => words.push_str(&show::clean(text)),
            (_, other) => words.push_str(&other.map(Value::to_string).unwrap_or_default()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_from_the_answer_or_the_path() {
        let (answer, path) = (json!({ "name": "a\u{1b}", "n": 2 }), json!({ "name": "b", "id": "c" }));
        assert_eq!(filled("{name} and {id}: {n}.", &[&answer, &path]), "a\u{fffd} and c: 2.");
    }
}
