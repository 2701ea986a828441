//! Owns the check that the house is built as `ARCHITECTURE.md` draws it: imports run down the stair only, each tool is
//! named in its own room only, the lower floors are pure, and every file says in its first line what it owns. It reads
//! the source text with a small reader of its own (comments, strings, `use` trees, `super::`), which is tested here too.
//! It does not judge what the code does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Floors 0 to 5 as `src/lib.rs` draws them.
const STAIR: &[(&str, u8)] = &[
    ("identity", 0),
    ("time", 0),
    ("sensitive", 0),
    ("messages", 0),
    ("oauth", 1),
    ("store", 2),
    ("signing", 2),
    ("secret", 2),
    ("upstream", 2),
    ("outbound", 2),
    ("picture", 2),
    ("clock", 2),
    ("flow", 3),
    ("http", 4),
    ("command", 5),
    ("app", 5),
    ("main", 5),
];

/// Rooms beside the stair: what they may import, and the lowest floor that may import them. `http` may name the types of
/// `config` that stand for facts at the door (how proxies speak); it is handed their values and reads nothing itself.
const ASIDE: &[(&str, &[&str], u8)] = &[
    ("config", &["identity", "time", "sensitive", "oauth", "telemetry"], 4),
    ("telemetry", &["identity", "time", "sensitive"], 4),
    ("demo", &[], 5),
];

/// One room per tool: the crate's name (a trailing `*` stands for any ending) and the rooms that may name it.
const TOOLS: &[(&str, &[&str])] = &[
    ("actix*", &["http", "demo"]),
    ("askama*", &["http", "outbound", "demo"]),
    ("fluent*", &["messages"]),
    ("unic_langid", &["messages"]),
    ("diesel*", &["store"]),
    ("libsqlite3_sys", &["store"]),
    ("tokio_postgres*", &["store"]),
    ("jsonwebtoken", &["signing", "demo"]),
    ("rsa", &["signing"]),
    ("aws_lc_rs", &["signing", "secret"]),
    ("argon2", &["secret"]),
    ("bcrypt", &["secret"]),
    ("scrypt", &["secret"]),
    ("zxcvbn", &["secret"]),
    ("openidconnect", &["upstream", "demo"]),
    ("reqwest", &["outbound", "demo"]),
    ("governor", &["http"]),
    ("multer", &["http"]),
    ("futures_util", &["http"]),
    ("serde_path_to_error", &["http"]),
    ("lettre", &["outbound"]),
    ("image", &["picture"]),
    ("clap*", &["command", "main"]),
    ("tracing_subscriber", &["telemetry"]),
    ("mimalloc", &["main"]),
];

/// Rooms that may name a tool in one line all told, to install it for the process.
const ONE_LINE: &[(&str, &[&str])] = &[("aws_lc_rs", &["main", "app"])];

/// What the pure floors (0 and 1) must not name.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::time::SystemTime",
    "std::time::Instant",
];

/// Lines of a file before its tests that are more than we aim for.
const LONG_FILE: usize = 400;

#[test]
fn the_house_stands_as_it_is_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut house = House::default();
    for path in rust_files(&root) {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        house.read(&name, &std::fs::read_to_string(&path).unwrap());
    }
    house.look_for_circles();
    assert!(house.files > 5, "only {} files found under {}", house.files, root.display());
    // Straight to the handle: a passing test's println! would be swallowed.
    for note in &house.notes {
        let _ = writeln!(std::io::stderr(), "warning: {note}");
    }
    let faults: Vec<String> = house.faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Whoever has an `AuthenticatedClient` may redeem in its name. Beside client authentication only a run of "Try it" makes one.
#[test]
fn clients_are_stood_in_for_by_a_try_run_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = |path: &PathBuf| std::fs::read_to_string(path).unwrap().contains("tried_out(");
    let found = rust_files(&root).into_iter().filter(names);
    let found: Vec<String> = found.map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect();
    assert_eq!(found, ["flow/admin/try_it/run.rs", "oauth/client_auth.rs"]);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

// ---------------------------------------------------------------------------------------------------- the rules

#[derive(Debug, Clone)]
struct Fault {
    file: String,
    line: usize,
    words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.words)
    }
}

/// All that was read so far.
#[derive(Default)]
struct House {
    files: usize,
    faults: Vec<Fault>,
    notes: Vec<String>,
    /// Room to room, with the first place where it was seen.
    arrows: BTreeMap<(String, String), (String, usize)>,
    installed: BTreeMap<&'static str, usize>,
}

impl House {
    fn read(&mut self, file: &str, text: &str) {
        self.files += 1;
        let module = module_of(file);
        let room = match file {
            "main.rs" => "main".to_owned(),
            _ => module.first().cloned().unwrap_or_else(|| "lib".to_owned()),
        };
        // A file that holds nothing but tests says so by its name.
        let tests = file.trim_end_matches(".rs").rsplit(['/', '_']).next().is_some_and(|w| w == "tests" || w == "test");
        if !text.starts_with("//!") && !tests {
            self.fault(file, 1, "begins without `//!`: say what the file owns and what it does not".into());
        }
        let length = text.lines().take_while(|l| l.trim() != "#[cfg(test)]").count();
        if length > LONG_FILE && !tests {
            self.notes.push(format!("src/{file}: {length} lines before its tests, the aim is {LONG_FILE}"));
        }
        if room != "lib" && floor(&room).is_none() && aside(&room).is_none() {
            let words =
                format!("`{room}` is not on the map: draw it in src/lib.rs, ARCHITECTURE.md and tests/floors.rs");
            self.fault(file, 1, words);
            return;
        }
        let source = Source::read(text);
        for (line, path) in &source.paths {
            self.judge_import(file, &room, *line, &inside_crate(&module, path));
            self.judge_tool(file, &room, *line, path);
        }
        if floor(&room).is_some_and(|f| f <= 1) {
            self.judge_purity(file, &source);
        }
    }

    fn judge_import(&mut self, file: &str, room: &str, line: usize, inside: &Option<String>) {
        let Some(target) = inside else { return };
        if target == room || room == "lib" {
            return;
        }
        if floor(target).is_none() && aside(target).is_none() {
            // An item of the crate's root (a macro): it has no room of its own.
            return;
        }
        let up = match (aside(room), aside(target)) {
            (Some((allowed, _)), _) => !allowed.contains(&target.as_str()),
            (None, Some((_, lowest))) => floor(room).is_some_and(|f| f < lowest),
            (None, None) => floor(target) > floor(room),
        };
        if up {
            self.fault(file, line, format!("`{room}` ({}) imports `{target}` ({})", place(room), place(target)));
        }
        self.arrows.entry((room.to_owned(), target.clone())).or_insert_with(|| (file.to_owned(), line));
    }

    fn judge_tool(&mut self, file: &str, room: &str, line: usize, path: &[String]) {
        let Some(first) = path.first() else { return };
        for (tool, rooms) in TOOLS {
            let named = match tool.strip_suffix('*') {
                Some(stem) => first == stem || first.strip_prefix(stem).is_some_and(|rest| rest.starts_with('_')),
                None => first == tool,
            };
            if !named || rooms.contains(&room) {
                continue;
            }
            if ONE_LINE.iter().any(|(t, rooms)| t == tool && rooms.contains(&room)) {
                let seen = self.installed.entry(tool).or_default();
                *seen += 1;
                if *seen == 1 {
                    continue;
                }
            }
            self.fault(file, line, format!("`{room}` names `{first}`, which belongs in {}", rooms.join(" and ")));
        }
    }

    fn judge_purity(&mut self, file: &str, source: &Source) {
        for (line, word) in &source.words {
            if word == "async" || word == "await" {
                self.fault(file, *line, format!("`{word}` on a pure floor: values in, decision out"));
            }
        }
        for (line, path) in &source.paths {
            let path = path.join("::");
            let impure =
                |i: &&&str| path.strip_prefix(**i).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            if let Some(impure) = IMPURE.iter().find(impure) {
                self.fault(file, *line, format!("`{impure}` on a pure floor: hand the value in from above"));
            }
        }
    }

    /// Rooms of one floor may use each other, but not in a circle.
    fn look_for_circles(&mut self) {
        let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, to) in self.arrows.keys() {
            next.entry(from).or_default().insert(to);
        }
        let mut circles = Vec::new();
        for ((from, to), (file, line)) in &self.arrows {
            let (mut seen, mut waiting) = (BTreeSet::new(), vec![to.as_str()]);
            while let Some(room) = waiting.pop() {
                if seen.insert(room) {
                    waiting.extend(next.get(room).into_iter().flatten());
                }
            }
            if seen.contains(from.as_str()) {
                let words = format!("`{from}` imports `{to}`, which leads back to `{from}`: rooms in a circle");
                circles.push(Fault { file: file.clone(), line: *line, words });
            }
        }
        self.faults.extend(circles);
    }

    fn fault(&mut self, file: &str, line: usize, words: String) {
        self.faults.push(Fault { file: file.to_owned(), line, words });
    }
}

fn floor(room: &str) -> Option<u8> {
    STAIR.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

fn aside(room: &str) -> Option<(&'static [&'static str], u8)> {
    ASIDE.iter().find(|(name, ..)| *name == room).map(|(_, allowed, lowest)| (*allowed, *lowest))
}

fn place(room: &str) -> String {
    floor(room).map_or_else(|| "beside the stair".to_owned(), |f| format!("floor {f}"))
}

/// `flow/oauth/token.rs` is the module `flow::oauth::token`.
fn module_of(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|p| p == "mod" || p == "lib" || p == "main") {
        parts.pop();
    }
    parts
}

/// The room that a path names when it starts at the crate's root, by `crate::` or by enough `super::`.
fn inside_crate(module: &[String], path: &[String]) -> Option<String> {
    match path.first()?.as_str() {
        "crate" => path.get(1).cloned(),
        // The reader has already put one `super` fewer for each inline module around the path.
        "super" => {
            let ups = path.iter().take_while(|p| *p == "super").count();
            if ups < module.len() { module.first().cloned() } else { path.get(ups).cloned() }
        }
        _ => None,
    }
}

// ---------------------------------------------------------------------------------------------------- the reader

/// Words of a file outside comments and strings, and the paths among them. Lines count from 1.
#[derive(Default)]
struct Source {
    words: Vec<(usize, String)>,
    paths: Vec<(usize, Vec<String>)>,
}

impl Source {
    fn read(text: &str) -> Self {
        let words = tokens(text);
        let paths = Paths { words: &words, at: 0, inline: Vec::new(), depth: 0, found: Vec::new() }.collect();
        Source { words, paths }
    }
}

/// Splits into identifiers, `::` and single signs; comments, strings, characters and lifetimes fall out.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let c: Vec<char> = text.chars().collect();
    let at = |i: usize| c.get(i).copied().unwrap_or('\0');
    let (mut i, mut line, mut found) = (0, 1, Vec::new());
    while i < c.len() {
        let start = i;
        if at(i) == '/' && at(i + 1) == '/' {
            i = (i..c.len()).find(|j| at(*j) == '\n').unwrap_or(c.len());
        } else if at(i) == '/' && at(i + 1) == '*' {
            i = end_of_comment(&c, i);
        } else if at(i) == '"' {
            i = end_of_string(&c, i + 1);
        } else if at(i) == '\'' {
            i = end_of_char_or_lifetime(&c, i);
        } else if at(i).is_alphabetic() || at(i) == '_' {
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            let word: String = c[start..i].iter().collect();
            let raw = matches!(word.as_str(), "r" | "br" | "cr");
            if raw && (at(i) == '"' || (at(i) == '#' && (at(i + 1) == '"' || at(i + 1) == '#'))) {
                i = end_of_raw_string(&c, i);
            } else if raw && at(i) == '#' {
                i += 1; // a raw identifier: its name follows
            } else {
                found.push((line, word));
            }
        } else if at(i) == ':' && at(i + 1) == ':' {
            found.push((line, "::".into()));
            i += 2;
        } else {
            if !at(i).is_whitespace() {
                found.push((line, at(i).to_string()));
            }
            i += 1;
        }
        line += c[start..i.min(c.len())].iter().filter(|x| **x == '\n').count();
    }
    found
}

/// After a block comment, which may hold others.
fn end_of_comment(c: &[char], mut i: usize) -> usize {
    let mut deep = 0;
    while i < c.len() {
        match (c[i], c.get(i + 1)) {
            ('/', Some('*')) => (deep, i) = (deep + 1, i + 2),
            ('*', Some('/')) => (deep, i) = (deep - 1, i + 2),
            _ => i += 1,
        }
        if deep == 0 {
            break;
        }
    }
    i
}

fn end_of_string(c: &[char], mut i: usize) -> usize {
    while i < c.len() && c[i] != '"' {
        i += if c[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn end_of_raw_string(c: &[char], mut i: usize) -> usize {
    let hashes = c[i..].iter().take_while(|x| **x == '#').count();
    i += hashes + 1;
    while i < c.len() {
        if c[i] == '"' && c[i + 1..].iter().take(hashes).filter(|x| **x == '#').count() == hashes {
            return i + 1 + hashes;
        }
        i += 1;
    }
    i
}

fn end_of_char_or_lifetime(c: &[char], i: usize) -> usize {
    if c.get(i + 1) == Some(&'\\') {
        (i + 3..c.len()).find(|j| c[*j] == '\'').map_or(c.len(), |j| j + 1)
    } else if c.get(i + 2) == Some(&'\'') {
        i + 3
    } else {
        i + 1
    }
}

/// Walks the words and collects every path, `use` trees spread out into whole paths.
struct Paths<'a> {
    words: &'a [(usize, String)],
    at: usize,
    /// Depth of braces at which each inline module around this place began.
    inline: Vec<usize>,
    depth: usize,
    found: Vec<(usize, Vec<String>)>,
}

impl Paths<'_> {
    fn collect(mut self) -> Vec<(usize, Vec<String>)> {
        while self.at < self.words.len() {
            match self.word(0) {
                "use" => {
                    self.at += 1;
                    self.use_tree(&[]);
                }
                "mod" if self.word(2) == "{" => {
                    self.depth += 1;
                    self.inline.push(self.depth);
                    self.at += 3;
                }
                "{" => {
                    self.depth += 1;
                    self.at += 1;
                }
                "}" => {
                    if self.inline.last() == Some(&self.depth) {
                        self.inline.pop();
                    }
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                }
                _ if is_name(self.word(0)) => self.plain_path(),
                _ => self.at += 1,
            }
        }
        self.found
    }

    fn word(&self, ahead: usize) -> &str {
        self.words.get(self.at + ahead).map_or("", |(_, w)| w.as_str())
    }

    fn line(&self) -> usize {
        self.words.get(self.at).map_or(0, |(l, _)| *l)
    }

    /// `a::b::{c, d::e as f, *}` after `use`, up to its comma, brace or semicolon.
    fn use_tree(&mut self, before: &[String]) {
        let (line, mut path) = (self.line(), before.to_vec());
        loop {
            match self.word(0) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while self.at < self.words.len() && self.word(0) != "}" {
                        self.use_tree(&path);
                        if self.word(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => self.at += 2,
                name if is_name(name) => {
                    path.push(name.to_owned());
                    self.at += 1;
                }
                "*" => self.at += 1,
                _ => {
                    // A sign that no tree ends with (a macro's `$`): step over it, or the walk would stand still.
                    if !matches!(self.word(0), "," | "}" | ";") {
                        self.at += 1;
                    }
                    self.push(line, path);
                    return;
                }
            }
        }
    }

    /// A path in running code: two names at least, joined by `::`.
    fn plain_path(&mut self) {
        let (line, mut path) = (self.line(), vec![self.word(0).to_owned()]);
        // `a.b::<T>()` is a method and `<T as X>::y` an item of X: neither begins a path.
        let begins = self.at == 0 || !matches!(self.words[self.at - 1].1.as_str(), "." | "::") || self.leading_colons();
        self.at += 1;
        while self.word(0) == "::" && is_name(self.word(1)) {
            path.push(self.word(1).to_owned());
            self.at += 2;
        }
        if begins && path.len() > 1 {
            self.push(line, path);
        }
    }

    /// `::name` with nothing to its left that it could belong to.
    fn leading_colons(&self) -> bool {
        self.at >= 1
            && self.words[self.at - 1].1 == "::"
            && (self.at == 1 || !(is_name(&self.words[self.at - 2].1) || self.words[self.at - 2].1 == ">"))
    }

    fn push(&mut self, line: usize, mut path: Vec<String>) {
        let ups = path.iter().take_while(|p| *p == "super").count();
        let within = ups.min(self.inline.len());
        if within > 0 && within == ups {
            return; // stays in this file
        }
        path.drain(..within);
        if !path.is_empty() {
            self.found.push((line, path));
        }
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

// ---------------------------------------------------------------------------------------------------- the check, checked

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let mut house = House::default();
    for (file, text) in files {
        house.read(file, text);
    }
    house.look_for_circles();
    house.faults.iter().map(ToString::to_string).collect()
}

fn paths(text: &str) -> Vec<String> {
    Source::read(text).paths.into_iter().map(|(line, path)| format!("{line} {}", path.join("::"))).collect()
}

#[test]
fn reads_use_trees_and_inline_paths() {
    assert_eq!(
        paths(
            "use crate::{time::Timestamp,\n oauth::{scope::ScopeSet as S, *}};\nlet x = crate::store::db::Db::<T>::open();"
        ),
        ["1 crate::time::Timestamp", "2 crate::oauth::scope::ScopeSet", "2 crate::oauth", "3 crate::store::db::Db"]
    );
    assert_eq!(
        paths("pub(in crate::flow) use self::a; use ::rsa as r; ::actix_web::x()"),
        ["1 crate::flow", "1 self::a", "1 rsa", "1 actix_web::x"]
    );
    assert_eq!(paths("macro_rules! q { () => { $crate::store::go() } }"), ["1 crate::store::go"]);
    assert_eq!(paths("crate::oauth::rsa::f(); x.rsa::<T>(); <T as A>::rsa::x()"), ["1 crate::oauth::rsa::f"]);
}

#[test]
fn does_not_read_comments_strings_and_characters() {
    let text = "// use crate::http;\n/* /* crate::http::x */ crate::app::x */\nlet s = \"crate::http::x \\\" crate::app::y\";\n\
                let r = r#\"crate::http::\"x\"#; let c = '\"'; let q = '\\''; fn f<'a>(x: &'a crate::time::T) {}";
    assert_eq!(paths(text), ["4 crate::time::T"]);
}

#[test]
fn follows_super_out_of_the_room() {
    let text = "//! x\nuse super::super::http::reply;\nuse super::token;\nmod tests { use super::*; use super::super::token; }";
    assert_eq!(
        faults(&[("flow/authorize.rs", text)]),
        ["src/flow/authorize.rs:2: `flow` (floor 3) imports `http` (floor 4)"]
    );
    let text = "//! x\nmod tests { use super::super::oauth::scope; }";
    assert_eq!(faults(&[("time.rs", text)]), ["src/time.rs:2: `time` (floor 0) imports `oauth` (floor 1)"]);
}

#[test]
fn an_import_up_the_stair_is_a_fault_and_one_down_is_not() {
    assert!(faults(&[("flow/a.rs", "//! x\nuse crate::{store::db::Db, oauth::error, time::Timestamp};")]).is_empty());
    let up = faults(&[("oauth/a.rs", "//! x\n\nfn f(x: crate::store::db::Db) {}")]);
    assert_eq!(up, ["src/oauth/a.rs:3: `oauth` (floor 1) imports `store` (floor 2)"]);
    let up = faults(&[("http/routes.rs", "//! x\nuse crate::config::Config;")]);
    assert!(up.is_empty());
    let up = faults(&[("flow/routes.rs", "//! x\nuse crate::config::Config;")]);
    assert_eq!(up, ["src/flow/routes.rs:2: `flow` (floor 3) imports `config` (beside the stair)"]);
    let guest = faults(&[("demo/app.rs", "//! x\nuse crate::time::Timestamp;\nuse crate::demo::api;")]);
    assert_eq!(guest, ["src/demo/app.rs:2: `demo` (beside the stair) imports `time` (floor 0)"]);
    let circle = faults(&[
        ("store/a.rs", "//! x\nuse crate::signing::life::StoredKey;"),
        ("signing/a.rs", "//! x\nuse crate::store::db::Db;"),
    ]);
    assert_eq!(circle.len(), 2, "{circle:?}");
    assert!(circle[0].contains("rooms in a circle"), "{circle:?}");
}

#[test]
fn a_tool_outside_its_room_is_a_fault() {
    assert!(faults(&[("store/conn.rs", "//! x\nuse diesel_async::AsyncPgConnection;")]).is_empty());
    let found = faults(&[("flow/a.rs", "//! x\nuse diesel::prelude::*;\n#[derive(askama::Template)]\nstruct X;")]);
    assert_eq!(
        found,
        [
            "src/flow/a.rs:2: `flow` names `diesel`, which belongs in store",
            "src/flow/a.rs:3: `flow` names `askama`, which belongs in http and outbound and demo"
        ]
    );
    let install = "//! x\nfn main() { aws_lc_rs::init(); }";
    assert!(faults(&[("main.rs", install)]).is_empty());
    let twice = faults(&[("app.rs", install), ("main.rs", install)]);
    assert_eq!(twice, ["src/main.rs:2: `main` names `aws_lc_rs`, which belongs in signing and secret"]);
}

#[test]
fn the_lower_floors_are_pure() {
    let found = faults(&[(
        "oauth/step.rs",
        "//! x\nasync fn f() {}\nuse std::{fs, net::IpAddr};\nfn now() { std::time::Instant::now(); }",
    )]);
    assert_eq!(
        found,
        [
            "src/oauth/step.rs:2: `async` on a pure floor: values in, decision out",
            "src/oauth/step.rs:3: `std::fs` on a pure floor: hand the value in from above",
            "src/oauth/step.rs:4: `std::time::Instant` on a pure floor: hand the value in from above"
        ]
    );
}

#[test]
fn a_file_must_say_what_it_owns_and_stand_in_a_known_room() {
    let found =
        faults(&[("store/a.rs", "use std::fmt;"), ("store/a_tests.rs", "use super::x;"), ("helpers/x.rs", "//! x")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("src/store/a.rs:1: begins without"), "{found:?}");
    assert!(found[1].starts_with("src/helpers/x.rs:1: `helpers` is not on the map"), "{found:?}");
}

#[test]
fn a_long_file_is_a_note_and_its_tests_do_not_count() {
    let mut house = House::default();
    house.read("time.rs", &format!("//! x\n{}", "fn f() {}\n".repeat(LONG_FILE)));
    house.read("clock.rs", &format!("//! x\n#[cfg(test)]\nmod tests {{\n{}}}", "fn f() {}\n".repeat(LONG_FILE)));
    assert_eq!(house.notes, [format!("src/time.rs: {} lines before its tests, the aim is {LONG_FILE}", LONG_FILE + 1)]);
    assert!(house.faults.is_empty());
}
