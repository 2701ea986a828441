//! Owns the check that everything people read stands in `templates/messages/`, in every language alike: the same texts with the
//! same values, each of them used, none missing, and no words left in the templates. It reads files only. It does not own
//! whether a translation is a good one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};

/// Templates that developers and administrators read; they are English.
const ENGLISH: &[&str] = &["admin/", "demo/", "ops/mailbox.html"];

/// Folders and files whose pages are English, or English for the console.
const ENGLISH_CODE: &[&str] =
    &["http/admin/", "http/own_app/", "http/pages/", "http/reply.rs", "http/ops/mailbox.rs", "flow/admin/bench.rs"];

/// What speaks English only and should not: to become empty, and to stay so.
const NOT_YET: &[&str] = &[];

/// Tags that a text may have in it.
const TAGS: &[&str] = &["<strong>", "</strong>", "<em>", "</em>", "<a>", "</a>"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every file below a folder with this ending: path from the folder, and text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    let folder = root().join(folder);
    let mut found = Vec::new();
    walk(&folder, ending, &mut found);
    found.sort();
    let name = |path: &PathBuf| path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

fn languages() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("templates/messages")).unwrap();
    let mut names: Vec<String> = folders.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 2, "{names:?}");
    names
}

/// A text: the values that go into it, and all words it can show.
#[derive(Default)]
struct Text {
    values: BTreeSet<String>,
    words: Vec<String>,
}

/// Every text of a language by its key, and what is wrong with its files.
fn texts(language: &str) -> (BTreeMap<String, Text>, Vec<String>) {
    let (mut texts, mut faults) = (BTreeMap::new(), Vec::new());
    for (file, content) in files(&format!("templates/messages/{language}"), "ftl") {
        let resource = fluent_syntax::parser::parse(content.as_str()).unwrap_or_else(|(part, errors)| {
            faults.extend(errors.iter().map(|error| format!("{language}/{file}: {error}")));
            part
        });
        for entry in &resource.body {
            let (key, pattern) = match entry {
                Entry::Message(message) => (message.id.name.to_owned(), message.value.as_ref()),
                Entry::Term(term) => (format!("-{}", term.id.name), Some(&term.value)),
                _ => continue,
            };
            let mut text = Text::default();
            match pattern {
                Some(pattern) => read(pattern, &mut text),
                None => faults.push(format!("{language}/{file}: {key} is empty")),
            }
            if texts.insert(key.clone(), text).is_some() {
                faults.push(format!("{language}/{file}: {key} stands twice"));
            }
        }
    }
    (texts, faults)
}

fn read(pattern: &Pattern<&str>, text: &mut Text) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.words.push((*value).to_owned()),
            PatternElement::Placeable { expression } => read_expression(expression, text),
        }
    }
}

fn read_expression(expression: &Expression<&str>, text: &mut Text) {
    match expression {
        Expression::Inline(inline) => read_inline(inline, text),
        Expression::Select { selector, variants } => {
            read_inline(selector, text);
            variants.iter().for_each(|variant| read(&variant.value, text));
        }
    }
}

fn read_inline(inline: &InlineExpression<&str>, text: &mut Text) {
    let mut call = |arguments: &CallArguments<&str>| {
        arguments.positional.iter().for_each(|argument| read_inline(argument, text));
        arguments.named.iter().for_each(|argument| read_inline(&argument.value, text));
    };
    match inline {
        InlineExpression::VariableReference { id } => {
            text.values.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => call(arguments),
        InlineExpression::TermReference { arguments: Some(arguments), .. } => call(arguments),
        InlineExpression::Placeable { expression } => read_expression(expression, text),
        _ => {}
    }
}

#[test]
fn every_file_can_be_read_and_every_language_has_the_same_texts_with_the_same_values() {
    let (english, mut faults) = texts("en");
    assert!(english.len() > 50);
    for language in languages() {
        let (own, found) = texts(&language);
        faults.extend(found);
        faults
            .extend(english.keys().filter(|key| !own.contains_key(*key)).map(|key| format!("{language} lacks {key}")));
        for (key, text) in &own {
            match english.get(key) {
                None => faults.push(format!("{language} has {key}, which English has not")),
                Some(wanted) if text.values != wanted.values => {
                    faults.push(format!("{language}: {key} uses {:?}, English {:?}", text.values, wanted.values));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_of_a_language_is_compiled_in() {
    let code = std::fs::read_to_string(root().join("src/messages/mod.rs")).unwrap();
    for language in languages() {
        assert!(code.contains(&format!("language!(\"{language}\",")), "{language} is not in SPOKEN");
        for (file, _) in files(&format!("templates/messages/{language}"), "ftl") {
            let area = file.trim_end_matches(".ftl");
            assert!(code.contains(&format!("\"{area}\"")), "{language}/{file} is not compiled in");
        }
    }
}

/// Rich texts go into pages unescaped: they have a few tags, in pairs, and nothing else that means something in HTML.
#[test]
fn b01_a_text_has_no_markup_but_a_few_tags() {
    for language in languages() {
        for (key, text) in texts(&language).0 {
            let words = text.words.concat();
            let mut rest = words.clone();
            for tag in TAGS {
                rest = rest.replace(tag, "");
            }
            assert!(!rest.contains(['<', '>', '&']), "{language}: {key}: {words}");
            for pair in TAGS.chunks(2) {
                assert_eq!(words.matches(pair[0]).count(), words.matches(pair[1]).count(), "{language}: {key}");
            }
            assert!(words.matches("<a>").count() <= 1, "{language}: {key} has more than one link");
        }
    }
}

/// A use of a text: file, how (`t`, `say`, `rich`, `chrome` …), key, and the values handed in right behind it.
struct Use {
    place: String,
    how: &'static str,
    key: String,
    values: BTreeSet<String>,
}

const WAYS: [&str; 4] = [".t(\"", ".say(\"", ".rich(\"", " t(\""];

fn code() -> Vec<(String, String)> {
    let templates = files("templates", "html").into_iter().map(|(name, text)| (format!("templates/{name}"), text));
    let sources = files("src", "rs").into_iter().filter(|(name, _)| !name.contains("tests"));
    let sources = sources.map(|(name, text)| {
        // What stands behind the rules of a file is tests.
        let rules = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        (format!("src/{name}"), rules)
    });
    templates.chain(sources).collect()
}

fn uses() -> Vec<Use> {
    let mut found = Vec::new();
    for (place, text) in code() {
        for how in WAYS {
            for (at, _) in text.match_indices(how) {
                let rest = &text[at + how.len()..];
                let Some((key, rest)) = rest.split_once('"') else { continue };
                found.push(Use { place: place.clone(), how, key: key.to_owned(), values: handed_in(rest) });
            }
        }
    }
    found
}

/// Reads `).text("name", …).number("count", …)` up to the end of the chain.
fn handed_in(rest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(mut rest) = rest.strip_prefix(')') else { return names };
    loop {
        let next = rest.trim_start();
        let Some((_, tail)) = [".text(\"", ".number(\"", ".host(\""]
            .iter()
            .find_map(|call| next.strip_prefix(call).map(|tail| (call, tail)))
        else {
            return names;
        };
        let Some((name, tail)) = tail.split_once('"') else { return names };
        names.insert(name.to_owned());
        let mut depth = 1;
        let end = tail.char_indices().find(|(_, c)| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        rest = end.map_or("", |(at, _)| &tail[at + 1..]);
    }
}

#[test]
fn every_text_that_is_named_exists_and_gets_the_values_it_wants() {
    let (english, _) = texts("en");
    let mut faults = Vec::new();
    let uses = uses();
    assert!(uses.len() > 50);
    for Use { place, how, key, values } in uses {
        let Some(text) = english.get(&key) else {
            faults.push(format!("{place}: there is no text {key}"));
            continue;
        };
        if text.values != values {
            faults.push(format!("{place}: {key} wants {:?} and gets {values:?}", text.values));
        }
        let has_tags = text.words.iter().any(|words| words.contains('<'));
        if has_tags && how != ".rich(\"" {
            faults.push(format!("{place}: {key} has tags: use `rich`"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_text_is_used_under_its_full_name() {
    let code: String = code().into_iter().map(|(_, text)| text).collect();
    let (english, _) = texts("en");
    let unused: Vec<&String> = english.keys().filter(|key| !code.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

#[test]
fn no_words_stand_in_a_template_for_people() {
    let mut faults = Vec::new();
    let templates = files("templates", "html");
    let is_english = |name: &str| ENGLISH.iter().chain(NOT_YET).any(|part| name.starts_with(part));
    for (name, text) in templates.iter().filter(|(name, _)| !is_english(name)) {
        for words in words_of(text) {
            faults.push(format!("templates/{name}: {words:?}"));
        }
    }
    assert!(faults.is_empty(), "put these into templates/messages/:\n{}", faults.join("\n"));
}

/// Every text between tags, and in attributes that people read, with a letter in it.
fn words_of(template: &str) -> Vec<String> {
    let mut text = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}"), ("<code", "</code>"), ("<style", "</style>")] {
        let mut rest = text.as_str();
        let mut kept = String::new();
        while let Some(at) = rest.find(open) {
            kept.push_str(&rest[..at]);
            kept.push(' ');
            rest = rest[at..].find(close).map_or("", |end| &rest[at + end + close.len()..]);
        }
        text = kept + rest;
    }
    let mut found = Vec::new();
    for part in text.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        found.push(words.trim().to_owned());
        for attribute in ["aria-label=\"", "alt=\"", "title=\"", "placeholder=\""] {
            let value = tag.split_once(attribute).and_then(|(_, rest)| rest.split_once('"'));
            found.extend(value.map(|(value, _)| value.trim().to_owned()));
        }
    }
    found.retain(|words| words.chars().any(char::is_alphabetic));
    found
}

#[test]
fn words_are_found_wherever_they_stand() {
    assert_eq!(words_of("<p>Hello {{ name }},</p>{% if x %}<b>friend</b>{% endif %}"), ["Hello  ,", "friend"]);
    assert_eq!(words_of("<img alt=\"A cat\"><code>run me</code>{{ chrome.t(\"x\") }} · {# note #}"), ["A cat"]);
}

#[test]
fn pages_and_letters_for_people_are_made_in_their_language() {
    let mut faults = Vec::new();
    for (place, text) in code() {
        let name = place.strip_prefix("src/").unwrap_or_default();
        let is_english = ENGLISH_CODE.iter().chain(NOT_YET).any(|part| name.starts_with(part));
        if !(name.starts_with("http/") || name.starts_with("flow/")) || is_english {
            continue;
        }
        for (words, instead) in [
            ("Chrome::new(", "`call.chrome(…)`"),
            ("Reply::fault_page(", "`call.fault_page(…)`"),
            ("Language::ENGLISH", "`call.cx.language`, or `cx.language_of(&user)` for a letter"),
        ] {
            if text.contains(words) {
                faults.push(format!("src/{name}: `{words}` is English: use {instead}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
