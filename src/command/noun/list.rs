//! Owns lists on the command line: page after page through the API's cursors, as aligned columns or as JSON. It does not own
//! what is in them.

use clap::{Arg, ArgAction, Command, value_parser};
use serde_json::Value;

use super::work::Work;
use crate::command::answer::table;
use crate::command::{Answer, Failure};
use crate::flow::admin::page::LONGEST_PAGE;
use crate::http::admin::api::answer::encode;

/// Query parameters that are ours to send.
pub(super) const PAGING: [&str; 2] = ["limit", "after"];

/// How many to show.
pub(super) fn arguments(command: Command, most: Option<usize>) -> Command {
    let default = most.map_or_else(|| "all".to_owned(), |most| most.to_string());
    let limit = Arg::new("limit").long("limit").value_name("NUMBER").value_parser(value_parser!(u32).range(1..));
    let all = Arg::new("all").long("all").action(ArgAction::SetTrue).conflicts_with("limit").help("Shows all");
    command.arg(limit.help(format!("At most this many [default: {default}]"))).arg(all)
}

/// As many as were asked for, and whether there are more.
pub(super) async fn items(work: &Work<'_>, most: Option<usize>) -> Result<(Vec<Value>, bool), Failure> {
    let Some((&id, route)) = work.verb.goes.first().zip(work.verb.route()) else { return Ok((Vec::new(), false)) };
    let asked = work.matches.try_get_one::<u32>("limit").ok().flatten().and_then(|n| usize::try_from(*n).ok());
    let most = if work.is("all") { usize::MAX } else { asked.or(most).unwrap_or(usize::MAX) };
    let has_pages = route.query.iter().any(|query| query.name == "limit");
    let mut found = Vec::new();
    let mut query = work.query(route);
    if has_pages {
        let page = i64::try_from(most).unwrap_or(LONGEST_PAGE).min(LONGEST_PAGE);
        query = [query, format!("limit={page}")].into_iter().filter(|q| !q.is_empty()).collect::<Vec<_>>().join("&");
    }
    let mut after = String::new();
    loop {
        let mut page = work.ask(id, &format!("{query}{after}"), None).await?.json;
        if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
            found.extend(items);
        }
        let next = page["next"].as_str();
        if found.len() >= most || next.is_none() {
            let has_more = found.len() > most || next.is_some();
            found.truncate(most);
            return Ok((found, has_more));
        }
        after = format!("&after={}", encode(next.unwrap_or_default()));
    }
}

pub(super) async fn run(
    work: &Work<'_>,
    columns: &[(&str, &str)],
    empty: &str,
    most: Option<usize>,
) -> Result<Answer, Failure> {
    let (found, has_more) = items(work, most).await?;
    let mut words = if found.is_empty() { empty.to_owned() } else { rows(&found, columns) };
    if has_more {
        words.push_str("\nThere are more: --all shows them all, --limit NUMBER so many.");
    }
    Ok(Answer::new(words, found.into_iter().map(work.verb.shape).collect()))
}

/// The items as a table.
pub(super) fn rows(items: &[Value], columns: &[(&str, &str)]) -> String {
    let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
    let row = |item: &Value| columns.iter().map(|(_, member)| cell(item, member)).collect();
    table(&heads, &items.iter().map(row).collect::<Vec<Vec<String>>>())
}

/// A member of an item: `steps.last.outcome` goes into it. What is true is told by its name.
fn cell(item: &Value, member: &str) -> String {
    let value = member.split('.').fold(item, |value, part| match value {
        Value::Array(items) => items.last().unwrap_or(&Value::Null),
        other => &other[part],
    });
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => member.replace('_', " "),
        // Browsers say much of themselves.
        Value::String(text) if member == "user_agent" => text.chars().take(40).collect(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_short() {
        let item =
            json!({ "n": 1, "on": true, "off": false, "all": ["a", "b"], "steps": [{ "at": 1 }, { "at": "x" }] });
        let cells = ["n", "on", "off", "all", "steps.last.at", "nothing"].map(|member| cell(&item, member));
        assert_eq!(cells, ["1", "on", "", "a b", "x", ""]);
    }
}
