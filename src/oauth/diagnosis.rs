//! Owns the diagnosis: from a check that failed, with what was expected and what came, to the mistake that an app's developer
//! made and how to mend it. It is for the trace, the console and the administrator's API, never for a stranger. It does not
//! own the checks.

mod address;
mod authorization_request;
mod other_requests;
mod provider_requests;
mod scope;
mod token_request;

/// What went wrong, in two sentences or a few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The mistake.
    pub mistake: String,
    /// What to do about it. Names no command and no page.
    pub mend: String,
    /// The command with which an administrator does it, if there is one.
    pub command: Option<&'static str>,
}

impl Diagnosis {
    /// What to do about it, with the command: for those who read it in a terminal.
    pub fn mend_by_command(&self) -> String {
        self.command
            .map_or_else(|| self.mend.clone(), |command| format!("{} On the command line: {command}.", self.mend))
    }
}

/// A sentence of a table without its command, which stands in brackets: `Register it (vouchsafe client edit …).`
fn without_command(sentence: &'static str) -> (String, Option<&'static str>) {
    let parts = sentence.split_once(" (vouchsafe ").and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    let Some((before, (command, after))) = parts else { return (sentence.to_owned(), None) };
    let from = before.len() + " (".len();
    (format!("{before}{after}"), sentence.get(from..from + "vouchsafe ".len() + command.len()))
}

/// A check that failed, as it stands in the trace.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// Name of the check; a section in brackets may follow.
    pub check: &'a str,
    /// What would have passed.
    pub expected: &'a str,
    /// What came.
    pub received: &'a str,
}

/// What the house knows beside it. All of it may be empty; the sentences are then less precise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Ids of the registered clients.
    pub client_ids: Vec<String>,
    /// Clients that registered the very redirect URI that came.
    pub redirect_uri_owners: Vec<String>,
    /// Scopes that exist here.
    pub scopes: Vec<String>,
}

/// Check, part of what was expected, part of what came, mistake, mend. An empty part fits always, one that begins with `=`
/// fits the whole text only. `{expected}` and `{received}` in the sentences stand for the texts. A command stands
/// in brackets in the mend, so that the sentence is whole without it.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Names the mistake and the mend; `None` for a check that nobody wrote a sentence for.
pub fn diagnose(failure: &Failure<'_>, known: &Known) -> Option<Diagnosis> {
    let check = failure.check.split(" (").next().unwrap_or_default();
    let Failure { expected, received, .. } = *failure;
    let special = match check {
        "redirect_uri.registered" => Some(address::redirect_uri(expected, received, &known.redirect_uri_owners)),
        "code.redirect_uri" if received != "none" => Some(address::at_token_endpoint(expected, received)),
        "logout.redirect_registered" => Some(address::after_logout(expected, received)),
        "resource.allowed" | "resource.authorised" => Some(address::resource(expected, received)),
        "scope.registered" => Some(scope::not_registered(expected, received, &known.scopes)),
        "scope.granted" => Some(scope::not_granted(expected, received)),
        "client.known" => misspelt_client(received, &known.client_ids),
        _ => None,
    };
    special.or_else(|| by_table(check, expected, received))
}

/// All sentences.
const TABLES: [&[Row]; 4] =
    [authorization_request::ROWS, token_request::ROWS, other_requests::ROWS, provider_requests::ROWS];

fn by_table(check: &str, expected: &str, received: &str) -> Option<Diagnosis> {
    let fits = |part: &str, text: &str| part.strip_prefix('=').map_or(text.contains(part), |whole| text == whole);
    let mut rows = TABLES.into_iter().flatten();
    let row = rows.find(|row| row.0 == check && fits(row.1, expected) && fits(row.2, received))?;
    let filled = |sentence: &str| fill(sentence, expected, received);
    // Before the texts are filled in: what they hold is no command.
    let (mend, command) = without_command(row.4);
    Some(Diagnosis { mistake: filled(row.3), mend: filled(&mend), command })
}

/// Puts the texts into a sentence. What a text holds is not looked through again.
fn fill(sentence: &str, expected: &str, received: &str) -> String {
    let or_nothing = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    let mut filled = String::new();
    for piece in sentence.split('{') {
        match piece.split_once('}') {
            Some(("expected", rest)) => filled.extend([or_nothing(expected).as_str(), rest]),
            Some(("received", rest)) => filled.extend([or_nothing(received).as_str(), rest]),
            _ => filled.push_str(piece),
        }
    }
    filled
}

/// Strangers are never told which clients there are; whoever reads the trace may know.
fn misspelt_client(received: &str, client_ids: &[String]) -> Option<Diagnosis> {
    let near = nearest(received, client_ids.iter().map(String::as_str))?;
    let mistake = format!("There is no client with the client_id {received} here, but there is one called {near}.");
    Some(Diagnosis {
        mistake,
        mend: format!("Write client_id {near}, if that is the app; every letter and its case count."),
        command: None,
    })
}

/// The name that was most likely meant: another case, other signs between the words, or two slips at most.
fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.trim().to_lowercase().replace(['-', '_', '.', ':', ' '], "");
    let wrong = plain(wrong);
    let allowed = if wrong.chars().count() < 5 { 1 } else { 2 };
    names
        .map(|name| (strsim::damerau_levenshtein(&plain(name), &wrong), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
#[path = "diagnosis/tests.rs"]
mod tests;
