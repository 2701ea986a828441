//! Owns the shape of what the demo app tells: chapters (one for each button pressed) made of steps (one for each request
//! and its answer). Everything in here is fit to be shown: secrets were shortened when it was made ([`super::show`]).

use super::explain::{Cite, Note};

/// Who speaks or listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Browser,
    App,
    Provider,
    Api,
}

impl Actor {
    /// The lane in the diagram, from the left.
    pub(super) fn lane(self) -> u8 {
        match self {
            Self::Browser => 1,
            Self::App => 2,
            Self::Provider => 3,
            Self::Api => 4,
        }
    }

    /// The name on the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Browser => "Browser",
            Self::App => "Demo app",
            Self::Provider => "Vouchsafe",
            Self::Api => "Demo API",
        }
    }
}

/// How a step or chapter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should.
    Good,
    /// A refusal or a failure.
    Bad,
}

impl Mood {
    /// The CSS class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// A name, a value and what it means.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) value: String,
    /// The same in human words, such as a moment for a number of seconds.
    pub(super) human: Option<String>,
    /// Sentences to show as a list in place of the value.
    pub(super) items: Vec<String>,
    /// Whether the value was shortened because it is secret.
    pub(super) is_cut: bool,
    pub(super) note: Note,
}

/// Something that was verified, or that failed to be.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) mood: Mood,
    pub(super) words: String,
    pub(super) cite: Cite,
}

impl Check {
    pub(super) fn new(good: bool, words: impl Into<String>, cite: &'static str) -> Self {
        Self { mood: if good { Mood::Good } else { Mood::Bad }, words: words.into(), cite: Cite(cite) }
    }

    pub(super) fn good(words: impl Into<String>, cite: &'static str) -> Self {
        Self::new(true, words, cite)
    }

    pub(super) fn bad(words: impl Into<String>, cite: &'static str) -> Self {
        Self::new(false, words, cite)
    }
}

/// A request or an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    /// `POST http://…/token` or `200 OK`.
    pub(super) line: String,
    pub(super) headers: Vec<Row>,
    /// What the rows are: "Query", "Form body", "JSON body".
    pub(super) title: &'static str,
    pub(super) rows: Vec<Row>,
    /// How many more rows there are that are not worth showing.
    pub(super) hidden: usize,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) title: String,
    /// Two or three words for the diagram.
    pub(super) label: &'static str,
    pub(super) why: String,
    pub(super) from: Actor,
    pub(super) to: Actor,
    pub(super) request: Option<Message>,
    pub(super) answer: Option<Message>,
    pub(super) checks: Vec<Check>,
    pub(super) mood: Mood,
    /// Whether its messages are folded at first, because others matter more.
    pub(super) is_folded: bool,
}

impl Step {
    /// A step without messages.
    pub(super) fn new(label: &'static str, from: Actor, to: Actor) -> Self {
        Self {
            title: label.to_owned(),
            label,
            why: String::new(),
            from,
            to,
            request: None,
            answer: None,
            checks: Vec::new(),
            mood: Mood::Good,
            is_folded: false,
        }
    }

    pub(super) fn titled(mut self, title: impl Into<String>, why: impl Into<String>) -> Self {
        self.title = title.into();
        self.why = why.into();
        self
    }

    /// Adds a check; one that failed makes the step a bad one.
    pub(super) fn check(&mut self, check: Check) {
        if check.mood == Mood::Bad {
            self.mood = Mood::Bad;
        }
        self.checks.push(check);
    }

    /// CSS classes of its arrow in the diagram.
    pub(super) fn arrow(&self) -> String {
        let (from, to) = (self.from.lane(), self.to.lane());
        let direction = match from.cmp(&to) {
            std::cmp::Ordering::Less => "right",
            std::cmp::Ordering::Equal => "alone",
            std::cmp::Ordering::Greater => "left",
        };
        format!("span-{}-{} {direction} {}", from.min(to), from.max(to), self.mood.class())
    }
}

/// What one press of a button led to.
#[derive(Debug, Clone)]
pub(super) struct Chapter {
    pub(super) title: String,
    /// When it began, in seconds since 1970.
    pub(super) at: i64,
    /// What is to be learnt from it.
    pub(super) lesson: String,
    pub(super) steps: Vec<Step>,
    pub(super) mood: Mood,
}

impl Chapter {
    pub(super) fn new(title: impl Into<String>, at: i64) -> Self {
        Self { title: title.into(), at, lesson: String::new(), steps: Vec::new(), mood: Mood::Good }
    }

    /// The time of day at which it began.
    pub(super) fn clock(&self) -> String {
        crate::demo::clock::time_of_day(self.at)
    }
}
