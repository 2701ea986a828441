//! Owns the form of the pages of our own apps, the console and the account pages: one page made of blocks, so that all look
//! and work alike, and one place where texts that others chose become harmless. It does not own what stands on a page: that
//! is `http::admin::console` and `http::account`.
//!
//! A [`Part`] that is not [`Part::Plain`] may hold any text: the template isolates and escapes it.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{AppCard, Chrome, Problem};
use crate::flow::own_app::OwnApp;
use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::time::Timestamp;

/// A page of the console.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/console.html")]
pub struct ConsolePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Which of our own apps it belongs to.
    pub app: OwnApp,
    /// The areas that this person may see.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub who: Who,
    /// Address of the page, for the person to come back to.
    pub crumbs: Vec<Link>,
    /// The page's heading; any text.
    pub heading: String,
    /// Marks beside the heading.
    pub badges: Vec<Part>,
    /// A sentence below the heading.
    pub lead: Vec<Part>,
    /// What one comes here to do.
    pub actions: Vec<Link>,
    /// Parts of the same thing.
    pub tabs: Vec<Tab>,
    /// What just happened.
    pub flash: Option<Notice>,
    /// The page is read anew after so many seconds.
    pub refresh: Option<u32>,
    /// The content.
    pub blocks: Vec<Block>,
    /// The request's id.
    pub correlation_id: String,
}

impl ConsolePage {
    /// Whether the page runs the script for passkeys.
    pub fn runs_script(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Passkey(_)))
    }

    /// Whether the page has a field for a new password, with the script beside it.
    pub fn takes_password(&self) -> bool {
        let is_new = |field: &Field| field.autocomplete == "new-password";
        self.blocks.iter().any(|block| matches!(block, Block::Form(form) if form.fields.iter().any(is_new)))
    }

    fn is_console(&self) -> bool {
        self.app == OwnApp::Console
    }
}

/// One area in the navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Its name.
    pub label: String,
    /// Address.
    pub href: String,
    /// Whether the page belongs to it.
    pub here: bool,
    /// Heading of the group that begins with it.
    pub group: Option<&'static str>,
}

/// Who is signed in.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// Name or address.
    pub name: String,
    /// The role, or the address.
    pub under: String,
    /// One or two letters.
    pub initials: String,
    /// Form token for signing out.
    pub csrf: String,
}

/// A way to another page.
#[derive(Clone, Debug)]
pub struct Link {
    /// Words.
    pub label: String,
    /// Address.
    pub href: String,
    /// Whether it is what one most likely wants.
    pub primary: bool,
}

/// Leads to another view of the same thing.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Words.
    pub label: &'static str,
    /// Address.
    pub href: String,
    /// Whether this is it.
    pub here: bool,
}

/// How something is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    Plain,
    /// Well.
    Good,
    /// Look at it.
    Caution,
    /// Not well.
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Caution => "warn",
            Tone::Bad => "bad",
        }
    }
}

/// A message.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The words.
    pub words: Vec<Part>,
}

/// A piece of text with a meaning.
#[derive(Clone, Debug)]
pub enum Part {
    /// Our own words.
    Plain(String),
    /// Any text.
    Text(String),
    /// Any text that stands out.
    Strong(String),
    /// Any text of less weight, on a line of its own.
    Quiet(String),
    /// Any text as it is, for copying.
    Code(String),
    /// A way to a page: words, address.
    Link(String, String),
    /// A mark.
    Badge(Tone, String),
    /// A moment.
    Time(Timestamp),
    /// A moment, and how long ago or ahead it is: our words.
    Ago(Timestamp, String),
    /// Allowed.
    Yes,
    /// Not allowed.
    No,
    /// The logo of a client, beside its name: an address on this server.
    Logo(String),
    /// The picture of a person: an address on this server, and what it shows in words.
    Portrait(String, String),
    /// A button that does one thing.
    Do(Button),
}

impl Part {
    /// Our own words.
    pub fn plain(words: impl Into<String>) -> Self {
        Part::Plain(words.into())
    }

    /// Any text.
    pub fn text(text: impl Into<String>) -> Self {
        Part::Text(text.into())
    }
}

/// The date and minute in UTC, as in `2026-11-22 16:40`.
pub fn minute(at: &Timestamp) -> String {
    at.rfc3339().chars().take(16).collect::<String>().replace('T', " ")
}

/// A form of one button.
#[derive(Clone, Debug)]
pub struct Button {
    /// Where it goes.
    pub action: String,
    /// Form token.
    pub csrf: String,
    /// Words on it.
    pub label: String,
    /// Fields it brings.
    pub hidden: Vec<(String, String)>,
    /// Whether it takes something away.
    pub tone: Tone,
    /// What it is about, for those who hear the page: any text.
    pub about: String,
}

/// Content.
#[derive(Clone, Debug)]
pub enum Block {
    /// A heading, with words below it.
    Heading(String, Vec<Part>),
    /// A paragraph.
    Words(Vec<Part>),
    /// A message.
    Notice(Notice),
    /// Nothing there yet: what it is for and how to begin.
    Empty {
        /// What is missing.
        heading: String,
        /// What it is for.
        words: Vec<Part>,
        /// How to begin.
        action: Option<Link>,
    },
    /// Names and values.
    Facts(Vec<(String, Vec<Part>)>),
    /// Numbers in a row: label, number, remark.
    Figures(Vec<(String, String, String)>),
    /// A table.
    Table(Table),
    /// A form.
    Form(Box<Form>),
    /// A text for copying: label, text.
    Code(String, String),
    /// Several texts for copying, one shown at a time: heading, text, language.
    Snippets(Vec<(String, String)>),
    /// Ways on, with words.
    Cards(Vec<Card>),
    /// Plots, ready drawn.
    Plots(Vec<crate::http::pages::plot::Plot>),
    /// Lives as bars.
    Timeline(Timeline),
    /// Steps in order.
    Steps(Vec<Step>),
    /// An authenticator app to be set up.
    Offer(Box<Offer>),
    /// A passkey to be added.
    Passkey(Box<PasskeyOffer>),
    /// Recovery codes.
    Codes(Vec<String>),
    /// What changed: field, before, after.
    Changes(Vec<(String, String, String)>),
}

/// An authenticator app to be set up, and the form that confirms it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Where the form goes.
    pub action: String,
    /// Form token.
    pub csrf: String,
    /// What the app needs.
    pub app: AppCard,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
    /// Words on the button.
    pub submit: String,
}

/// A passkey to be added: its form posts `csrf`, `name`, `ceremony` and `answer`.
#[derive(Clone, Debug)]
pub struct PasskeyOffer {
    /// Where the form goes.
    pub action: String,
    /// Form token.
    pub csrf: String,
    /// The question to the browser.
    pub form: PasskeyForm,
    /// What the person calls it.
    pub name: String,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// A table. On a phone each row is a card.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it holds, for those who hear the page.
    pub caption: String,
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Rows; each cell holds parts.
    pub rows: Vec<Vec<Vec<Part>>>,
    /// Whether the cells hold marks only.
    pub matrix: bool,
    /// Address of the next page.
    pub next: Option<String>,
    /// Address of the first page, if this is another one.
    pub first: Option<String>,
}

/// A way on, with words.
#[derive(Clone, Debug)]
pub struct Card {
    /// Name.
    pub heading: String,
    /// What it is for.
    pub words: String,
    /// Address.
    pub href: String,
    /// A mark.
    pub badge: String,
}

/// Lives as bars on a common scale.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// What it shows.
    pub title: String,
    /// Rows: label, and bars.
    pub rows: Vec<(String, Vec<Bar>)>,
    /// Where now is, in thousandths of the width.
    pub now: i64,
    /// Words at the ends of the scale.
    pub ends: (String, String),
}

/// A stretch of a life.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Where it begins, in thousandths.
    pub from: i64,
    /// How long it is, in thousandths.
    pub width: i64,
    /// How it is drawn: a class.
    pub kind: &'static str,
    /// What it is, in words.
    pub words: String,
}

/// One step of a trace.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What was done.
    pub name: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Whether it was refused.
    pub refused: bool,
    /// How it came out.
    pub outcome: String,
    /// More: label, parts.
    pub facts: Vec<(String, Vec<Part>)>,
}

/// A form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Its `id`; a fixed word.
    pub id: &'static str,
    /// Heading.
    pub heading: String,
    /// What it does.
    pub words: Vec<Part>,
    /// Where it goes.
    pub action: String,
    /// Whether it only asks (GET).
    pub asks: bool,
    /// Whether its fields stand in one row.
    pub inline: bool,
    /// Form token; empty where the form only asks.
    pub csrf: String,
    /// Fields it brings.
    pub hidden: Vec<(String, String)>,
    /// Fields.
    pub fields: Vec<Field>,
    /// Words on the button.
    pub submit: String,
    /// Whether it takes something away.
    pub danger: bool,
    /// The way back.
    pub cancel: Option<Link>,
    /// What was wrong with the last try.
    pub problem: Option<String>,
}

/// One field of a form.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Name in the form; also its `id` with `f-` before it.
    pub name: String,
    /// Label.
    pub label: String,
    /// What to write; may be empty.
    pub hint: String,
    /// What it holds.
    pub value: String,
    /// What it is.
    pub kind: FieldKind,
    /// Whether it must be filled in.
    pub required: bool,
    /// What was wrong with it.
    pub error: Option<String>,
    /// `autocomplete`.
    pub autocomplete: &'static str,
}

/// What a field is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FieldKind {
    /// A line of text.
    #[default]
    Line,
    /// An e-mail address.
    Email,
    /// A whole number.
    Number,
    /// A date and a time, in UTC.
    Moment,
    /// A password.
    Password,
    /// Several lines.
    Lines(u8),
    /// Several lines that nobody else may read, such as a private key: never shown again.
    SecretLines(u8),
    /// Yes or no; on if the value is `true`.
    Switch,
    /// One of these: value, label.
    Choice(Vec<(String, String)>),
    /// One of these, with words: value, label, words.
    Radios(Vec<(String, String, String)>),
    /// Any of these: value, label, words, on.
    Checks(Vec<(String, String, String, bool)>),
    /// A file of these types.
    File(String),
    /// A heading between fields, with the hint below it.
    Group,
}

/// Names of the fields that hold secrets: what was typed there is never shown again and never kept.
pub const SECRET_FIELDS: [&str; 6] =
    ["password", "old_password", "private_key", "code", "enrolment", "provider_secret"];

impl Field {
    /// A line of text.
    pub fn line(name: &str, label: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), value: value.into(), ..Self::default() }
    }

    /// A heading between fields.
    pub fn group(label: &str, words: &str) -> Self {
        Self { kind: FieldKind::Group, ..Self::line("", label, "") }.hint(words)
    }

    /// The same as another kind.
    #[must_use]
    pub fn kind(self, kind: FieldKind) -> Self {
        let is_secret = matches!(kind, FieldKind::Password | FieldKind::SecretLines(_));
        debug_assert_eq!(is_secret, SECRET_FIELDS.contains(&self.name.as_str()), "{}: see SECRET_FIELDS", self.name);
        Self { kind, ..self }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// The same, to be filled in.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    fn id(&self, form: &str) -> String {
        format!("{form}-{}", self.name)
    }

    /// The attributes that tie the field to its hint and to what was wrong with it. Names are the program's own words.
    fn ties(&self, form: &str) -> Ties {
        let id = self.id(form);
        let hint = (!self.hint.is_empty()).then(|| format!("{id}-hint"));
        let error = self.error.as_ref().map(|_| format!("{id}-error"));
        Ties(hint.into_iter().chain(error).collect::<Vec<_>>().join(" "), self.error.is_some())
    }

    fn input_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Email => "email",
            FieldKind::Number => "number",
            FieldKind::Moment => "datetime-local",
            FieldKind::Password => "password",
            _ => "text",
        }
    }
}

impl Form {
    /// Whether it brings a file.
    fn has_file(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, FieldKind::File(_)))
    }
}

struct Ties(String, bool);

impl std::fmt::Display for Ties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.0.is_empty() {
            write!(f, " aria-describedby=\"{}\"", self.0)?;
        }
        if self.1 { f.write_str(" aria-invalid=\"true\"") } else { Ok(()) }
    }
}

impl HtmlSafe for Ties {}

impl Table {
    fn label(&self, column: &usize) -> &str {
        self.head.get(*column).map_or("", String::as_str)
    }
}
