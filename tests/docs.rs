//! Owns the check that the documents are true where a machine can tell: every command line in them is one that the program
//! takes, every relative link leads somewhere, every configuration key, environment variable, source file, test and check
//! that they name exists, every request they show has a route, and every check that can refuse an app is explained, there and in
//! the diagnosis. It does not judge the words.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vouchsafe::config::Config;
use vouchsafe::http::routes::ROUTES;
use vouchsafe::identity::event::KINDS;
use vouchsafe::oauth::diagnosis::{Failure, Known, diagnose};

/// What the documents name but the repository does not hold: made at the first start.
const MADE_LATER: [&str; 1] = ["keys/master.key"];
/// Endings that tell a file's name from a check's.
const ENDINGS: [&str; 14] =
    ["md", "toml", "rs", "key", "yml", "json", "html", "css", "js", "svg", "db", "conf", "test", "com"];
/// Checks that no app and no person of an app ever meets.
const NOT_FOR_APPS: [&str; 9] = [
    "setup.link",
    "invitation.link",
    "password.change",
    "not_me.link",
    "own_app.began",
    "own_app.code",
    "own_app.id_token",
    "own_app.issuer",
    "own_app.state",
];

// ------------------------------------------------------------------------------------------------- the documents

struct Document {
    /// Path from the repository's root.
    name: String,
    text: String,
    blocks: Vec<Block>,
    /// Texts between backticks, outside of blocks, with their lines.
    spans: Vec<(usize, String)>,
}

/// A fenced block.
struct Block {
    line: usize,
    language: String,
    lines: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    for folder in ["", "keys", "docs", "docs/deploy"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    assert!(paths.len() >= 12, "only {} documents", paths.len());
    paths.iter().map(|path| Document::read(path)).collect()
}

impl Document {
    fn read(path: &Path) -> Self {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let text = std::fs::read_to_string(path).unwrap();
        let (mut blocks, mut spans) = (Vec::<Block>::new(), Vec::new());
        let mut open = false;
        for (at, line) in text.lines().enumerate() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                if !open {
                    blocks.push(Block { line: at + 1, language: language.trim().to_owned(), lines: Vec::new() });
                }
                open = !open;
            } else if open {
                blocks.last_mut().unwrap().lines.push(line.trim_start().to_owned());
            } else {
                spans.extend(line.split('`').skip(1).step_by(2).map(|span| (at + 1, span.to_owned())));
            }
        }
        assert!(!open, "{name}: a block is not closed");
        Self { name, text, blocks, spans }
    }
}

fn finish(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

// ---------------------------------------------------------------------------------------------------- commands

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let (mut faults, mut tried) = (Vec::new(), BTreeSet::new());
    for document in documents() {
        for block in document.blocks.iter().filter(|b| matches!(b.language.as_str(), "sh" | "console")) {
            for line in shell_lines(block) {
                for args in invocations(&line) {
                    let place = format!("{}:{}", document.name, block.line);
                    try_out(&place, &args, Depth::Whole, &mut tried, &mut faults);
                }
            }
        }
        for (line, span) in &document.spans {
            for args in invocations(span) {
                try_out(&format!("{}:{line}", document.name), &args, Depth::Named, &mut tried, &mut faults);
            }
        }
    }
    finish(&faults);
    assert!(tried.len() > 40, "only {} command lines were found", tried.len());
}

/// How much of a command line must be there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// Everything that the command needs.
    Whole,
    /// What is there must be right: a text may name a command without its arguments.
    Named,
}

/// Lets the program read the arguments without doing anything: it stops at a configuration file that does not exist, or at
/// its help. What it says of wrong arguments ends with its usage.
fn try_out(
    place: &str,
    args: &[String],
    depth: Depth,
    tried: &mut BTreeSet<(Depth, Vec<String>)>,
    faults: &mut Vec<String>,
) {
    if args.iter().any(|a| a.contains('…')) || !tried.insert((depth, args.to_vec())) {
        return;
    }
    let runs_on = matches!(args[0].as_str(), "serve" | "demo") || args.iter().any(|a| a == "--config" || a == "--help");
    let stop: &[&str] = match depth == Depth::Named || runs_on {
        true => &["--help"],
        false => &["--config", "/nonexistent/vouchsafe.toml"],
    };
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vouchsafe"))
        .args(args)
        .args(stop)
        .env_clear()
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let is_understood = match stop {
        ["--help"] => output.status.success() && String::from_utf8_lossy(&output.stdout).contains("Usage: vouchsafe"),
        // 101 would be a panic.
        _ => !said.contains("Usage:") && output.status.code().is_some_and(|code| code <= 3),
    };
    if !is_understood {
        let first = said.lines().next().unwrap_or("it printed no help");
        faults.push(format!("{place}: vouchsafe {}: {first}", args.join(" ")));
    }
}

/// Lines of a block that a person types, with continued lines joined.
fn shell_lines(block: &Block) -> Vec<String> {
    let typed = |line: &String| match block.language.as_str() {
        "console" => line.strip_prefix("$ ").map(str::to_owned),
        _ => Some(line.clone()),
    };
    let (mut lines, mut begun) = (Vec::new(), String::new());
    for line in block.lines.iter().filter_map(typed) {
        match line.strip_suffix('\\') {
            Some(part) => begun.push_str(part),
            None => lines.push(std::mem::take(&mut begun) + &line),
        }
    }
    lines
}

/// The arguments of each call of the program in a line: `vouchsafe …` anywhere, and `cargo run … -- …`.
fn invocations(line: &str) -> Vec<Vec<String>> {
    let of = |command: Vec<String>| {
        let is_program = |word: &String| word == "vouchsafe" || word.ends_with("/vouchsafe");
        let begin = match command.first().map(String::as_str) {
            Some("cargo") if command.get(1).is_some_and(|w| w == "run") => command.iter().position(|w| w == "--"),
            _ => command.iter().position(is_program),
        };
        // The shell keeps redirections for itself.
        let mine = command[begin? + 1..].iter().take_while(|word| !word.starts_with('>'));
        let args: Vec<String> = mine.cloned().collect();
        (!args.is_empty()).then_some(args)
    };
    simple_commands(line).into_iter().filter_map(of).collect()
}

/// Splits a line at `|`, `&`, `;`, `$(`, `)` and takes the words of each part, quotes and comments off.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '$') if chars.peek() == Some(&'(') => {}
            (None, '|' | '&' | ';' | '(' | ')') => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    commands.push(words);
    commands.into_iter().filter(|command| !command.is_empty()).collect()
}

#[test]
fn the_shell_reader_finds_what_is_typed() {
    let found = |line: &str| invocations(line).into_iter().map(|args| args.join(",")).collect::<Vec<_>>();
    assert_eq!(found("vouchsafe serve   # vouchsafe nonsense"), ["serve"]);
    assert_eq!(found("printf '%s' \"$p | x\" | vouchsafe user add --name \"Ada L\" && vouchsafe doctor").len(), 2);
    assert_eq!(found("for id in $(vouchsafe user list --json | jq -r '.[].id'); do x; done"), ["user,list,--json"]);
    assert_eq!(found("docker compose exec vouchsafe-1 vouchsafe admin link"), ["admin,link"]);
    assert_eq!(found("cargo run --release -- demo"), ["demo"]);
    assert_eq!(found("target/release/vouchsafe trace ID"), ["trace,ID"]);
    assert!(found("pg_dump vouchsafe").is_empty() && found("cargo test --lib").is_empty());
}

// ------------------------------------------------------------------------------------------------------- links

#[test]
fn every_relative_link_leads_somewhere() {
    let mut faults = Vec::new();
    for document in documents() {
        for link in links(&document) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            if path.contains(':') {
                continue;
            }
            let folder = root().join(&document.name).parent().unwrap().to_path_buf();
            let target = if path.is_empty() { root().join(&document.name) } else { folder.join(path) };
            if !target.exists() {
                faults.push(format!("{}: {link} does not exist", document.name));
            } else if !anchor.is_empty() && !has_heading(&target, anchor) {
                faults.push(format!("{}: {link} has no such heading", document.name));
            }
        }
    }
    finish(&faults);
}

fn links(document: &Document) -> Vec<String> {
    let outside = document.text.split("```").step_by(2).collect::<String>();
    let inline = outside.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let named = outside.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split("]: ").nth(1));
    inline.chain(named).map(str::to_owned).collect()
}

/// Headings become anchors as GitHub makes them: lower case, signs gone, spaces to hyphens.
fn has_heading(file: &Path, anchor: &str) -> bool {
    let target = if file.is_dir() { file.join("README.md") } else { file.to_path_buf() };
    let text = std::fs::read_to_string(target).unwrap_or_default();
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    let slug =
        |heading: &str| heading.to_lowercase().chars().filter(|c| keep(*c)).collect::<String>().replace(' ', "-");
    text.lines().filter_map(|line| line.strip_prefix('#')).any(|h| slug(h.trim_start_matches('#').trim()) == anchor)
}

// ------------------------------------------------------------------------------------------------------- names

#[test]
fn every_configuration_key_exists() {
    let config = Config::default();
    let keys: BTreeSet<&str> = config.describe().iter().map(|row| row.key.as_str()).collect();
    let sections: BTreeSet<&str> = keys.iter().filter_map(|key| key.split('.').next()).collect();
    let mut faults = Vec::new();
    for document in documents() {
        for (line, span) in &document.spans {
            let Some((section, name)) = span.split_once('.') else { continue };
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let is_example = document.name == "docs/configuration.md";
            if sections.contains(section) && is_name && !keys.contains(span.as_str()) && !is_example {
                faults.push(format!("{}:{line}: there is no key {span}", document.name));
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_environment_variable_exists() {
    let config = Config::default();
    let mut known: BTreeSet<&str> = config.describe().iter().map(|row| row.environment.as_str()).collect();
    known.extend(config.describe().iter().filter_map(|row| row.short));
    known.insert("VOUCHSAFE_CONFIG");
    known.extend(vouchsafe::config::COMMAND_VARIABLES);
    let mut faults = Vec::new();
    // `config` itself holds docs/configuration.md, with its examples of wrong names, to its keys.
    for document in documents().iter().filter(|d| d.name != "docs/configuration.md") {
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        for word in document.text.split(|c: char| !is_part(c)).filter(|w| w.starts_with("VOUCHSAFE_")) {
            if !known.contains(word) {
                faults.push(format!("{}: there is no variable {word}", document.name));
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_source_file_exists() {
    let folders = ["src/", "tests/", "docs/", "migrations/", "templates/", "benches/", "keys/", ".ci/"];
    let mut faults = Vec::new();
    for document in documents() {
        for (line, span) in &document.spans {
            let path = span.split_whitespace().next().unwrap_or_default();
            let is_path = folders.iter().any(|folder| path.starts_with(folder));
            let is_pattern = path.contains(|c: char| c.is_ascii_uppercase() || matches!(c, '*' | '…' | '{'));
            let is_missing = !root().join(path).exists() && !MADE_LATER.contains(&path);
            if is_path && is_missing && (!is_pattern || path.ends_with(".md")) {
                faults.push(format!("{}:{line}: {path} does not exist", document.name));
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_test_that_security_names_exists() {
    let source = rust_text(&["src", "tests"]);
    let document = documents().into_iter().find(|d| d.name == "SECURITY.md").unwrap();
    let rows = document.text.lines().filter(|line| line.starts_with("| ") && line.matches(" | ").count() == 2);
    let cells: Vec<&str> = rows.filter_map(|row| row.rsplit(" | ").next()).collect();
    let named: Vec<&str> = cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let tests = named.iter().filter(|name| !name.contains(['/', '.']) && name.contains('_'));
    let missing: Vec<String> = tests
        .clone()
        .filter(|name| !source.contains(&format!("fn {name}")))
        .map(|name| format!("SECURITY.md: no test begins with {name}"))
        .collect();
    finish(&missing);
    assert!(tests.count() > 40);
}

#[test]
fn every_check_is_explained_and_every_explained_check_exists() {
    let used = checks();
    assert!(used.len() > 50, "{used:?}");
    let config = Config::default();
    let keys: BTreeSet<&str> = config.describe().iter().map(|row| row.key.as_str()).collect();
    let mut faults = Vec::new();
    for document in documents().iter().filter(|d| d.name.starts_with("docs/")) {
        for (line, span) in &document.spans {
            if is_check(span) && !keys.contains(span.as_str()) && !used.contains(span) {
                faults.push(format!("{}:{line}: there is no check {span}", document.name));
            }
        }
    }
    let guide = std::fs::read_to_string(root().join("docs/app-developers.md")).unwrap();
    for check in used.iter().filter(|check| !NOT_FOR_APPS.contains(&check.as_str())) {
        if !guide.contains(&format!("`{check}`")) {
            faults.push(format!("docs/app-developers.md does not explain the check {check}"));
        }
    }
    finish(&faults);
}

/// `noun.what_holds`, and no file's name.
fn is_check(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b));
    let Some((noun, rest)) = text.split_once('.') else { return false };
    is_word(noun) && is_word(rest) && noun.starts_with(|c: char| c.is_ascii_lowercase()) && !ENDINGS.contains(&rest)
}

/// The names of all checks: string literals of that form in the rooms that refuse, tests left out.
fn checks() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in rust_files(&["src/oauth", "src/flow", "src/http"]) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if !["test", "fixtures", "admin", "diagnosis"].iter().any(|aside| name.contains(aside)) {
            found.extend(checks_in(&path));
        }
    }
    found
}

fn checks_in(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|l| l.split('"').skip(1).step_by(2)).filter(|l| is_check(l)).map(str::to_owned).collect()
}

#[test]
fn every_check_has_a_diagnosis_and_every_diagnosis_a_check() {
    let used = checks();
    let mut faults = Vec::new();
    for check in &used {
        let failure = Failure { check, expected: "", received: "" };
        if diagnose(&failure, &Known::default()).is_none() {
            faults.push(format!("src/oauth/diagnosis does not name the mistake behind {check}"));
        }
    }
    let tables = rust_files(&["src/oauth/diagnosis"]);
    for path in tables.iter().filter(|path| !path.ends_with("tests.rs")) {
        for check in checks_in(path).iter().filter(|check| !used.contains(*check)) {
            faults.push(format!("{}: there is no check {check}", path.display()));
        }
    }
    finish(&faults);
}

#[test]
fn every_request_that_is_shown_has_a_route() {
    let mut faults = Vec::new();
    let mut count = 0;
    for document in documents() {
        for block in document.blocks.iter().filter(|b| b.language == "http") {
            let first = block.lines.first().map(String::as_str).unwrap_or_default();
            let Some((method, rest)) = first.split_once(' ') else { continue };
            if !matches!(method, "GET" | "POST") {
                continue;
            }
            count += 1;
            let path = rest.split(['?', ' ']).next().unwrap_or_default();
            let is_of_api = path.strip_prefix(vouchsafe::http::admin::api::ROOT).is_some_and(|path| {
                vouchsafe::http::admin::api::routes().any(|route| route.method.as_str() == method && route.path == path)
            });
            if !is_of_api && !ROUTES.iter().any(|route| route.method.as_str() == method && route.path == path) {
                faults.push(format!("{}:{}: there is no route {method} {path}", document.name, block.line));
            }
        }
    }
    finish(&faults);
    assert!(count >= 5);
}

/// Addresses of the API in the guide: each is in the table, some with what stands for a part written out.
#[test]
fn every_address_of_the_api_that_is_named_exists() {
    use vouchsafe::http::admin::api::{ROOT, routes};
    let guide = documents().into_iter().find(|d| d.name == "docs/admin-api.md").unwrap();
    let fits = |path: &str, template: &str| {
        let (came, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        came.len() == wanted.len() && came.iter().zip(&wanted).all(|(c, w)| c == w || w.starts_with('{'))
    };
    let nouns: BTreeSet<&str> = routes().map(|route| route.noun()).filter(|noun| !noun.is_empty()).collect();
    let spans = guide.spans.iter().map(|(_, span)| span.as_str());
    let lines = guide.blocks.iter().flat_map(|block| &block.lines);
    let shown = lines.flat_map(|line| line.split("$api").skip(1)).chain(spans);
    let (mut faults, mut count) = (Vec::new(), 0);
    for text in shown {
        let path = text.split(['?', '"', ' ']).next().unwrap_or_default();
        let path = path.strip_prefix(ROOT).unwrap_or(path);
        if !nouns.iter().any(|noun| path.strip_prefix('/').is_some_and(|p| p.split('/').next() == Some(*noun))) {
            continue;
        }
        count += 1;
        if !routes().any(|route| fits(path, route.path)) {
            faults.push(format!("docs/admin-api.md: there is no address {path}"));
        }
    }
    finish(&faults);
    assert!(count >= 8, "only {count} addresses were found");
}

fn rust_text(folders: &[&str]) -> String {
    rust_files(folders).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_kind_of_event_is_listed_for_receivers_of_webhooks() {
    let text = std::fs::read_to_string(root().join("docs/webhooks.md")).unwrap();
    let missing: Vec<String> = KINDS
        .iter()
        .map(|(kind, words)| format!("| `{kind}` | {words} |"))
        .filter(|row| !text.lines().any(|line| line == row))
        .collect();
    assert!(missing.is_empty(), "docs/webhooks.md lacks:\n{}", missing.join("\n"));
    let listed = text.lines().skip_while(|line| *line != "## Events").filter(|line| line.starts_with("| `")).count();
    assert_eq!(listed, KINDS.len(), "docs/webhooks.md lists a kind that does not exist");
}

#[test]
fn every_area_of_the_account_pages_is_explained_to_people() {
    let people = std::fs::read_to_string(root().join("docs/people.md")).unwrap();
    let headings: Vec<&str> = people.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let texts: String = ["account", "upstream"]
        .map(|file| std::fs::read_to_string(root().join(format!("templates/messages/en/{file}.ftl"))).unwrap())
        .concat();
    for area in vouchsafe::http::account::AREAS {
        let title = texts.lines().find_map(|line| line.strip_prefix(&format!("{} = ", area.label))).unwrap_or_default();
        let word = title.split(' ').next().unwrap_or_default().to_lowercase();
        let is_told = headings.iter().any(|heading| heading.to_lowercase().contains(&word));
        assert!(!word.is_empty() && is_told, "docs/people.md has no heading for {title:?}");
    }
}

/// The names under "Commands:" in what the program says of itself.
fn subcommands(of: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_vouchsafe")).args(of).arg("--help").env_clear().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let named = said.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Two spaces, then the name; a line that goes on with a description begins with more.
    let names = named.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    names.filter_map(|line| line.split(' ').next().map(str::to_owned)).filter(|name| name != "help").collect()
}

#[test]
fn every_command_stands_in_the_table_for_administrators() {
    let guide = std::fs::read_to_string(root().join("docs/administrators.md")).unwrap();
    let rows: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `vouchsafe ")).collect();
    let (mut faults, nouns) = (Vec::new(), subcommands(&[]));
    assert!(nouns.len() > 20, "{nouns:?}");
    for noun in &nouns {
        let row = rows.iter().find(|row| {
            [format!("`vouchsafe {noun}`"), format!("`vouchsafe {noun} ")].iter().any(|named| row.contains(named))
        });
        let Some(row) = row else {
            faults.push(format!("docs/administrators.md: the table of commands has no row for vouchsafe {noun}"));
            continue;
        };
        for verb in subcommands(&[noun]) {
            if !row.contains(&format!("`{verb}`")) && !row.contains(&format!("`vouchsafe {noun} {verb}`")) {
                faults.push(format!("docs/administrators.md: the row of vouchsafe {noun} lacks {verb}"));
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_area_of_the_console_stands_in_the_table_for_administrators() {
    let guide = std::fs::read_to_string(root().join("docs/administrators.md")).unwrap();
    let table = guide.split("**What is where.**").nth(1).and_then(|rest| rest.split("**Try it.**").next()).unwrap();
    let told: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|areas| areas.split(", "))
        .map(str::to_lowercase)
        .collect();
    let faults: Vec<String> = vouchsafe::http::admin::console::AREAS
        .iter()
        .filter(|area| !told.contains(&area.label.to_lowercase()))
        .map(|area| format!("docs/administrators.md: \"What is where\" lacks {}", area.label))
        .collect();
    finish(&faults);
}
