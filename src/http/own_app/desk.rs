//! Owns what a handler of one of our own apps works with: the request, who asks, and the ways to answer: a page, a page with what
//! was wrong, or another address with a message. It does not own what is on any page.

use actix_web::web::Bytes;
use serde::{Deserialize, Serialize};

use crate::flow::Fault;
use crate::flow::admin::page::{self, Page};
use crate::flow::admin::{Actor, AdminRefusal, RefusalKind};
use crate::flow::cx::Cx;
use crate::flow::own_app::{OwnApp, Visit};
use crate::flow::sign_in::browser::form_token;
use crate::flow::sign_in::pending::{open, seal};
use crate::http::call::Call;
use crate::http::cookies;
use crate::http::own_app::kept::Kept;
use crate::http::own_app::shell::{Shell, language};
use crate::http::pages::Chrome;
use crate::http::pages::console::{
    Block, Button, ConsolePage, FieldKind, Form, Link, NavItem, Notice, Part, Tab, Table, Tone, Who,
};
use crate::http::reply::Reply;
use crate::http::sign_in::cards::initials;
use crate::identity::Permission;
use crate::messages::{Language, Message};
use crate::oauth::params::Params;

/// A request that came through the door.
pub struct Desk {
    /// The app.
    pub shell: &'static Shell,
    /// The request.
    pub call: Call,
    /// Who, and their session.
    pub visit: Visit,
    /// The token of the app's session.
    pub token: String,
    /// The form; empty for GET.
    pub form: Params,
    /// The file that came with the form.
    pub file: Option<Bytes>,
    /// The query.
    pub query: Params,
    /// For the operations.
    pub actor: Actor,
    /// Where the form goes that is filled in again with what was typed before a new proof was asked for.
    kept: Option<String>,
}

/// The form that was refused, and why.
pub type Failed = Option<(&'static str, AdminRefusal)>;

/// A message for the next page.
#[derive(Serialize, Deserialize)]
struct Flash {
    words: String,
    warns: bool,
}

impl Desk {
    /// Made by the door only.
    pub(super) fn new(
        shell: &'static Shell,
        call: Call,
        (visit, token): (Visit, String),
        (form, file): (Params, Option<Bytes>),
    ) -> Self {
        let (actor, query) = (visit.actor(), call.query().unwrap_or_default());
        Self { shell, call, visit, token, form, file, query, actor, kept: None }
    }

    /// The same for a page with a form whose sender had to prove first who they are: what they typed is there again.
    pub(super) fn with_kept(mut self) -> Self {
        let cookie = cookies::find(&self.call.request, self.shell.jars.kept, &self.call.web.place);
        if let Some(kept) =
            cookie.and_then(|text| Kept::find((self.cx(), self.shell.app), &self.visit, &self.path(), &text))
        {
            self.form = kept.params();
            self.kept = Some(kept.action);
        }
        self
    }

    /// The request's context.
    pub fn cx(&self) -> &Cx {
        &self.call.cx
    }

    /// Whether their role allows it.
    pub fn may(&self, permission: Permission) -> bool {
        self.visit.permissions.contains(permission)
    }

    /// An address of ours: a path behind the issuer's own.
    pub fn href(&self, path: &str) -> String {
        format!("{}{path}", self.call.web.place.base)
    }

    /// The path of this request, below the issuer's own.
    pub fn path(&self) -> String {
        let path = self.call.request.path();
        path.strip_prefix(self.call.web.place.base.as_str()).unwrap_or(path).to_owned()
    }

    /// What stands in the address at the `at`-th place behind the app's root, decoded: 1 is the name in
    /// `/admin/clients/{id}`.
    pub fn segment(&self, at: usize) -> String {
        let path = self.path();
        let raw = path.split('/').nth(at + 2).unwrap_or_default();
        // In a path a plus is a plus.
        crate::oauth::params::decode(raw.replace('+', "%2B").as_bytes()).unwrap_or_default()
    }

    /// A field of the form, trimmed.
    pub fn field(&self, name: &str) -> String {
        self.form.find(name).unwrap_or_default().trim().to_owned()
    }

    /// A field of the form, or nothing.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.field(name)).filter(|text| !text.is_empty())
    }

    /// The lines of a field, without empty ones.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.form
            .find(name)
            .unwrap_or_default()
            .lines()
            .map(|l| l.trim().to_owned())
            .filter(|l| !l.is_empty())
            .collect()
    }

    /// A parameter of the query, trimmed.
    pub fn asked(&self, name: &str) -> Option<String> {
        self.query.find(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The language of the page.
    pub fn language(&self) -> Language {
        language(&self.call, self.shell.app)
    }

    /// A text in the page's language.
    pub fn t(&self, key: &'static str) -> Message {
        self.language().say(key)
    }

    /// A page whose heading is its title.
    pub fn page_of(&self, title: Message) -> ConsolePage {
        let title = title.to_string();
        self.page(&title, title.clone())
    }

    /// A page with a heading; `title` is a fixed text, `heading` any.
    pub fn page(&self, title: &str, heading: impl Into<String>) -> ConsolePage {
        let place = &self.call.web.place;
        let user = &self.visit.user;
        ConsolePage {
            chrome: Chrome::titled(self.language(), title, place),
            app: self.shell.app,
            nav: self.areas(),
            who: Who {
                name: user.display_name().to_owned(),
                under: match self.shell.app {
                    OwnApp::Console => user.role.as_str().to_owned(),
                    OwnApp::Account => user.email.as_str().to_owned(),
                },
                initials: initials(user.display_name()),
                csrf: self.csrf(&self.href(&format!("{}/logout", self.shell.app.root()))),
            },
            crumbs: Vec::new(),
            heading: heading.into(),
            badges: Vec::new(),
            lead: Vec::new(),
            actions: Vec::new(),
            tabs: Vec::new(),
            flash: None,
            refresh: None,
            blocks: Vec::new(),
            correlation_id: self.cx().correlation_id.clone(),
        }
    }

    fn areas(&self) -> Vec<NavItem> {
        let path = self.path();
        let mut group = "";
        let root = self.shell.app.root();
        let seen = self.shell.areas.iter().filter(|area| area.permission.is_none_or(|p| self.may(p)));
        seen.map(|area| {
            let begins = area.group != group;
            group = area.group;
            NavItem {
                label: match self.shell.app {
                    OwnApp::Console => area.label.to_owned(),
                    OwnApp::Account => self.language().say(area.label).into(),
                },
                href: self.href(area.path),
                here: path == area.path || (area.path != root && path.starts_with(&format!("{}/", area.path))),
                group: Some(area.group).filter(|g| begins && !g.is_empty() && self.shell.app == OwnApp::Console),
            }
        })
        .collect()
    }

    fn csrf(&self, action: &str) -> String {
        form_token(self.cx(), &self.token, self.shell.app.name(), action)
    }

    /// A form of ours to a path of the app.
    pub fn post(&self, id: &'static str, path: &str, submit: &str) -> Form {
        let action = self.href(path);
        Form { id, csrf: self.csrf(&action), action, submit: submit.to_owned(), ..Form::default() }
    }

    /// A form that only asks.
    pub fn ask(&self, id: &'static str, path: &str, submit: &str) -> Form {
        Form { id, action: self.href(path), asks: true, inline: true, submit: submit.to_owned(), ..Form::default() }
    }

    /// A button that does one thing.
    pub fn button(&self, path: &str, label: &str, about: &str) -> Part {
        self.button_with(path, label, about, Vec::new())
    }

    /// A button that does one thing with these fields.
    pub fn button_with(&self, path: &str, label: &str, about: &str, hidden: Vec<(String, String)>) -> Part {
        let action = self.href(path);
        let (label, about) = (label.to_owned(), about.to_owned());
        Part::Do(Button { csrf: self.csrf(&action), action, label, hidden, tone: Tone::Plain, about })
    }

    /// A link on a page.
    pub fn link(&self, label: &str, path: &str) -> Link {
        Link { label: label.to_owned(), href: self.href(path), primary: false }
    }

    /// The link that one most likely wants.
    pub fn main_link(&self, label: &str, path: &str) -> Link {
        Link { primary: true, ..self.link(label, path) }
    }

    /// Views of one thing: label, path; the one at this address is marked.
    pub fn tabs(&self, tabs: &[(&'static str, String)]) -> Vec<Tab> {
        let path = self.call.request.path();
        let tab = |(label, to): &(&'static str, String)| {
            let href = self.href(to);
            Tab { label, here: href == path, href }
        };
        tabs.iter().map(tab).collect()
    }

    /// Where a list goes on: the sealed cursor of this request.
    ///
    /// # Errors
    /// An [`AdminRefusal`] for a cursor that is not ours.
    pub fn after(&self, list: &str) -> Result<Option<serde_json::Value>, AdminRefusal> {
        self.query.find("after").map(|cursor| page::open(self.cx(), list, cursor)).transpose()
    }

    /// A table of a page of a list, with the ways to the first and the next one.
    pub fn table<T>(&self, caption: &str, head: &[&str], list: &str, page: Page<T>) -> (Table, Vec<T>) {
        let here = self.call.request.path();
        let mut query: Vec<(&str, &str)> = self.query.pairs().filter(|(n, v)| *n != "after" && !v.is_empty()).collect();
        let address = |pairs: &[(&str, &str)]| match pairs.is_empty() {
            true => here.to_owned(),
            false => {
                let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                format!("{here}?{query}")
            }
        };
        let first = self.query.has("after").then(|| address(&query));
        let cursor = page.next.as_ref().map(|key| page::seal(self.cx(), list, key));
        let next = cursor.as_deref().map(|cursor| {
            query.push(("after", cursor));
            address(&query)
        });
        let head = head.iter().map(|h| (*h).to_owned()).collect();
        (Table { caption: caption.to_owned(), head, first, next, ..Table::default() }, page.items)
    }

    /// Answers with a page.
    pub fn show(&self, page: ConsolePage) -> Reply {
        self.show_as(200, page)
    }

    /// Answers with a page under a status. The message that waits is shown once.
    pub fn show_as(&self, status: u16, mut page: ConsolePage) -> Reply {
        let place = &self.call.web.place;
        let waiting = cookies::find(&self.call.request, self.shell.jars.flash, place);
        let flash = waiting.as_deref().and_then(|text| open::<Flash>(self.cx(), text, &self.flash_aad()));
        if let Some(flash) = flash {
            let tone = if flash.warns { Tone::Caution } else { Tone::Good };
            page.flash = Some(Notice { tone, words: vec![Part::Text(flash.words)] });
        }
        if self.kept.is_some() {
            page.flash = Some(Notice { tone: Tone::Caution, words: vec![Part::plain(self.t("own-kept"))] });
        }
        let reply = match page.takes_password() {
            true => Reply::page_for_password(status, &page),
            false => Reply::page_with_script(status, &page, &[], page.runs_script()),
        };
        let reply = reply.correlated(&self.cx().correlation_id);
        let reply = match self.kept {
            Some(_) => reply.cookie(cookies::clear(self.shell.jars.kept, place)),
            None => reply,
        };
        match waiting {
            Some(_) => reply.cookie(cookies::clear(self.shell.jars.flash, place)),
            None => reply,
        }
    }

    fn flash_aad(&self) -> Vec<u8> {
        [self.shell.app.name().as_bytes(), b" message"].concat()
    }

    /// It is done: to another page, which says so.
    pub fn done(&self, path: &str, words: impl Into<String>) -> Reply {
        self.leave(path, Flash { words: words.into(), warns: false })
    }

    /// It was not done: to another page, which says why.
    pub fn undone(&self, path: &str, refusal: &AdminRefusal) -> Reply {
        self.note(refusal);
        self.leave(path, Flash { words: sentence(&refusal.words), warns: true })
    }

    fn leave(&self, path: &str, mut flash: Flash) -> Reply {
        // The cookie has its bounds.
        flash.words = flash.words.chars().take(160).collect();
        let reply = Reply::redirect(self.href(path));
        match seal(self.cx(), &flash, &self.flash_aad()) {
            Ok(sealed) => reply.cookie(cookies::set(self.shell.jars.flash, sealed, &self.call.web.place)),
            Err(_) => reply,
        }
    }

    /// A refusal as a page of its own: where there is no form to show again.
    pub fn refused(&self, refusal: &AdminRefusal) -> Reply {
        self.note(refusal);
        let heading = match refusal.kind {
            RefusalKind::Unknown => self.t("own-refused-unknown"),
            RefusalKind::Forbidden => self.t("own-refused-forbidden"),
            RefusalKind::Stale => self.t("own-refused-stale"),
            RefusalKind::Invalid | RefusalKind::Conflict => self.t("own-refused"),
        };
        let mut page = self.page_of(heading);
        page.blocks.push(Block::Notice(Notice { tone: Tone::Bad, words: vec![Part::Text(sentence(&refusal.words))] }));
        page.actions.push(self.link(&self.t("own-to-overview").to_string(), self.shell.app.root()));
        self.show_as(status(refusal.kind), page)
    }

    /// In the console, what somebody may not do is logged when they try.
    fn note(&self, refusal: &AdminRefusal) {
        if self.shell.app == OwnApp::Console && refusal.kind == RefusalKind::Forbidden {
            let request = &self.call.request;
            let (tried, why) = ((request.method().as_str(), request.path()), (refusal.code, refusal.words.as_str()));
            self.call.web.admin_refusals.note(self.cx(), &self.actor, tried, why);
        }
    }

    /// A permission is missing.
    pub fn forbidden(&self, permission: Permission) -> Reply {
        self.refused(&AdminRefusal::lacks(permission))
    }

    /// A fault of ours.
    pub fn fault(&self, fault: &Fault) -> Reply {
        Reply::fault_page_in(self.language(), fault, &self.cx().correlation_id, &self.call.web.place)
    }

    /// A form as a block: once more with what was wrong, if it is the one that failed.
    pub fn block(&self, form: Form, failed: &Failed) -> Block {
        Block::Form(Box::new(match failed {
            Some((id, refusal)) if *id == form.id => self.again(form, refusal),
            None if self.kept.as_deref() == Some(form.action.as_str()) => {
                let mut form = filled(form, &self.form);
                // The version too: what somebody else changed meanwhile is not overwritten.
                for (name, value) in &mut form.hidden {
                    *value = self.form.find(name).unwrap_or(value).to_owned();
                }
                form
            }
            _ => form,
        }))
    }

    /// Answers with a page on which a form may have failed.
    pub fn show_tried(&self, page: ConsolePage, failed: &Failed) -> Reply {
        if let Some((_, refusal)) = failed {
            self.note(refusal);
        }
        self.show_as(failed.as_ref().map_or(200, |(_, refusal)| status(refusal.kind)), page)
    }

    /// A form once more: with what was typed, and with what was wrong where it was wrong.
    pub fn again(&self, form: Form, refusal: &AdminRefusal) -> Form {
        let mut form = filled(form, &self.form);
        let words = sentence(&refusal.words);
        let named = refusal.field.unwrap_or_default();
        let leaf = named.rsplit('.').next().unwrap_or_default();
        let flat = named.replace('.', "_");
        let is_meant = |name: &str| !name.is_empty() && [named, leaf, flat.as_str()].contains(&name);
        let field = form.fields.iter_mut().find(|f| is_meant(&f.name));
        if let Some(field) = field {
            field.error = Some(words.clone());
        }
        form.problem = Some(words);
        form
    }
}

/// A form with the values that came in.
fn filled(mut form: Form, params: &Params) -> Form {
    for field in &mut form.fields {
        let name = field.name.clone();
        match &mut field.kind {
            FieldKind::Group | FieldKind::Password | FieldKind::SecretLines(_) | FieldKind::File(_) => {}
            FieldKind::Checks(options) => {
                let chosen = params.all(&name);
                options.iter_mut().for_each(|(value, _, _, on)| *on = chosen.contains(&value.as_str()));
            }
            _ => field.value = params.find(&name).unwrap_or_default().to_owned(),
        }
    }
    form
}

/// The status of a refusal.
pub fn status(kind: RefusalKind) -> u16 {
    match kind {
        RefusalKind::Invalid => 422,
        RefusalKind::Unknown => 404,
        RefusalKind::Conflict | RefusalKind::Stale => 409,
        RefusalKind::Forbidden => 403,
    }
}

/// Words of a refusal as a sentence.
pub fn sentence(words: &str) -> String {
    let mut text = words.trim_end_matches('.').to_owned() + ".";
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// Takes the answer out of an operation's `Done`, or answers the request.
macro_rules! answer {
    ($desk:expr, $done:expr) => {
        match $done {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => return $desk.refused(&refusal.into()),
            Err(fault) => return $desk.fault(&fault),
        }
    };
}
pub(in crate::http) use answer;

/// The same for a form: a refusal shows the page again, with what was typed.
macro_rules! tried {
    ($desk:expr, $form:literal, $page:path, $done:expr) => {
        match $done {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => return $page(&$desk, Some(($form, refusal.into()))).await,
            Err(fault) => return $desk.fault(&fault),
        }
    };
}
pub(in crate::http) use tried;

/// A text as one segment of a path.
pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
