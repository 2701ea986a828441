//! Owns `vouchsafe user import`: a file of people, a line each, read and sent a few at a time, with a report of each line that
//! was refused. It does not own what a person's document is, nor making the account: that is the operation of the API.

use std::fs::File;
use std::future::{Future, poll_fn};
use std::io::{BufRead, BufReader, Read};
use std::pin::Pin;
use std::task::Poll;

use clap::{Arg, Command};
use serde_json::{Value, json};

use super::work::Work;
use crate::command::show::clean;
use crate::command::{Answer, Failure};

/// Lines under way at a time: they share the transactions' commits, as requests do.
const AT_ONCE: usize = 32;
/// A person's document is a few hundred bytes.
const LONGEST_LINE: u64 = 65_536;
/// So many refused lines are told to programs; all of them are told on the error stream.
const MOST_TOLD: usize = 1_000;

pub(super) fn import_args(command: Command) -> Command {
    let file = "One person a line, in JSON; - for the input stream. Whoever is there already is left as they are, so that a \
                file can be imported again";
    command.arg(Arg::new("file").value_name("FILE").required(true).help(file))
}

/// What came of the lines so far.
#[derive(Default)]
struct Report {
    made: u64,
    present: u64,
    refused: u64,
    told: Vec<Value>,
}

pub(super) async fn import_people(work: &Work<'_>) -> Result<Answer, Failure> {
    let name = work.text("file").unwrap_or_default();
    let input: Box<dyn Read> = match name {
        "-" => Box::new(std::io::stdin()),
        name => Box::new(File::open(name).map_err(|e| Failure::Usage(format!("{name}: cannot be read: {e}")))?),
    };
    let mut lines = Lines { input: BufReader::new(input), number: 0 };
    let mut report = Report::default();
    loop {
        let batch = lines.batch().map_err(|e| Failure::Usage(format!("{name}: cannot be read: {e}")))?;
        if batch.is_empty() {
            break;
        }
        let all = batch.into_iter().map(|(number, line)| {
            let one: Pin<Box<dyn Future<Output = _>>> = Box::pin(async move { (number, person(work, line).await) });
            one
        });
        for (number, outcome) in together(all.collect()).await {
            match outcome? {
                Outcome::Made => report.made += 1,
                Outcome::Present => report.present += 1,
                Outcome::Refused(why) => report.refuse(number, &why),
            }
        }
    }
    Ok(report.answer())
}

enum Outcome {
    Made,
    Present,
    Refused(String),
}

async fn person(work: &Work<'_>, line: Result<Vec<u8>, &'static str>) -> Result<Outcome, Failure> {
    let line = match line {
        Ok(line) => line,
        Err(why) => return Ok(Outcome::Refused(why.to_owned())),
    };
    let mut body: Value = match serde_json::from_slice(&line) {
        Ok(body) => body,
        Err(e) => return Ok(Outcome::Refused(format!("is not JSON: {e}"))),
    };
    // A credential from an export of Keycloak is JSON itself.
    if let Some(hash) = body.get_mut("password_hash").filter(|hash| hash.is_object()) {
        *hash = hash.to_string().into();
    }
    let (status, told) = work.attempt("user_create", &body).await?;
    let words = || {
        let field = told["field"].as_str().map(|field| format!("{field}: ")).unwrap_or_default();
        format!("{field}{}", told["detail"].as_str().unwrap_or("refused"))
    };
    match status {
        200..=299 => Ok(Outcome::Made),
        409 if told["code"] == "email_taken" => Ok(Outcome::Present),
        400 | 409 | 422 => Ok(Outcome::Refused(words())),
        403 | 401 => Err(Failure::Refused(words())),
        _ => {
            Err(Failure::Unavailable(format!("{} Import the file again later: what is there already stays.", words())))
        }
    }
}

impl Report {
    fn refuse(&mut self, line: u64, why: &str) {
        self.refused += 1;
        eprintln!("line {line}: {}", clean(why));
        if self.told.len() < MOST_TOLD {
            self.told.push(json!({ "line": line, "why": why }));
        }
    }

    fn answer(self) -> Answer {
        let Self { made, present, refused, told } = self;
        let words = format!("{made} made, {present} there already, {refused} refused.");
        let json = json!({ "made": made, "present": present, "refused": refused, "lines": told });
        Answer::new(words, json).with_code(u8::from(refused > 0))
    }
}

struct Lines<R> {
    input: BufReader<R>,
    number: u64,
}

type Numbered = (u64, Result<Vec<u8>, &'static str>);

impl<R: Read> Lines<R> {
    /// The next few lines that are not empty, with their numbers.
    fn batch(&mut self) -> std::io::Result<Vec<Numbered>> {
        let mut batch = Vec::new();
        while batch.len() < AT_ONCE {
            let mut line = Vec::new();
            if self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.number += 1;
            let is_whole = line.last() == Some(&b'\n') || (line.len() as u64) < LONGEST_LINE;
            if !is_whole {
                self.input.skip_until(b'\n')?;
                batch.push((self.number, Err("is longer than 64 KiB")));
            } else if !line.trim_ascii().is_empty() {
                batch.push((self.number, Ok(line)));
            }
        }
        Ok(batch)
    }
}

/// Waits for all of them, which go on side by side.
async fn together<T>(mut all: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut is_ready = true;
        for (future, done) in all.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *done = Some(value),
                Poll::Pending => is_ready = false,
            }
        }
        if is_ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
