//! Owns the pages that people see: one struct per page with its `render` (from [`Template`]), and the pieces they share. A page holds ready texts only, and is
//! the place where texts that others chose become harmless: escaped, isolated against right-to-left overrides, and
//! linked to only when the link is an ordinary web address (security cases B01, B07, B08).
//! It does not own what stands on a page in which case: that is the handlers' and the flow's, and texts from a query
//! never come here except as a field's own value (B09).

pub mod api;
pub mod console;
mod form_post;
mod logout;
mod ops;
pub mod plot;
mod sign_in;
mod sign_up;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::sync::Arc;

use askama::filters::HtmlSafe;

pub use askama::Template;
pub use form_post::FormPostPage;
pub use logout::{LoggedOutPage, LogoutPage};
pub use ops::{ErrorPage, GoOnPage, GonePage, HomePage, MailboxPage, is_own_path};
pub use sign_in::{
    AppCard, ChooseAccountPage, ConsentPage, EnrolPage, InvitationPage, LoginPage, NewPasswordPage, NotMePage,
    RecoveryCodesPage, ScopeLine, SecondFactorPage, SetupPage, UpstreamFailedPage, WayCard,
};
pub use sign_up::{
    AddressState, Letter, LetterSentPage, NewAddressPage, Papers, RecoveryLinkPage, RecoveryPage, SignUpClosedPage,
    SignUpDonePage, SignUpLinkPage, SignUpPage, TermsPage,
};
pub use words::Rich;

use super::assets;
use super::state::Place;
use crate::flow::admin::settings::SettingsDocument;
use crate::messages::{Language, Message};

/// What surrounds every page.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The words before "· Vouchsafe" in the window's title. A fixed text, never one that a client chose.
    pub title: String,
    /// Tag of the language of the page's words (BCP 47).
    pub lang: &'static str,
    /// That language.
    pub language: Language,
    /// Where the page is shown again in another language. Without it nobody is asked.
    pub again: Option<String>,
    /// Address of the stylesheet, the issuer's path prefix included.
    pub stylesheet: String,
    /// Address of the icon, the issuer's path prefix included.
    pub icon: String,
    /// The path prefix of the issuer: empty, or like `/auth`.
    pub base: String,
    /// Whether the page needs more room than a form does.
    pub wide: bool,
    /// Whose provider it is, in the page's head and in the window's title.
    pub brand: String,
    /// Whom people may ask, as an address to click and its words.
    pub support: Option<(String, String)>,
}

/// What every page of a provider has in common.
pub trait Ground {
    /// The path prefix of the issuer: empty, or like `/auth`.
    fn base(&self) -> &str;

    /// What administrators set.
    fn settings(&self) -> Arc<SettingsDocument>;
}

/// A prefix alone: a provider without settings.
impl Ground for str {
    fn base(&self) -> &str {
        self
    }

    fn settings(&self) -> Arc<SettingsDocument> {
        Arc::default()
    }
}

impl Ground for Place {
    fn base(&self) -> &str {
        &self.base
    }

    fn settings(&self) -> Arc<SettingsDocument> {
        self.settings.get()
    }
}

/// `mailto:` or the address of a help page, with the words for it.
fn support(text: &str) -> (String, String) {
    let link = if is_web_address(text) { text.to_owned() } else { format!("mailto:{text}") };
    (link, text.to_owned())
}

impl Chrome {
    /// The surroundings of a page for people; the title is a text in their language.
    pub fn speaking(language: Language, title: &'static str, ground: &(impl Ground + ?Sized)) -> Self {
        Self { lang: language.tag(), language, ..Self::new(language.say(title), ground) }
    }

    /// The same with a title that is words already.
    pub fn titled(language: Language, title: impl Into<String>, ground: &(impl Ground + ?Sized)) -> Self {
        Self { lang: language.tag(), language, ..Self::new(title, ground) }
    }

    /// The surroundings of an English page of this provider: the console's, the API's.
    pub fn new(title: impl Into<String>, ground: &(impl Ground + ?Sized)) -> Self {
        let (base, settings) = (ground.base(), ground.settings());
        Self {
            title: title.into(),
            lang: Language::ENGLISH.tag(),
            language: Language::ENGLISH,
            again: None,
            stylesheet: assets::href(base, "style.css"),
            icon: assets::href(base, "favicon.svg"),
            base: base.to_owned(),
            wide: false,
            brand: settings.organisation.clone().unwrap_or_else(|| "Vouchsafe".to_owned()),
            support: settings.support.as_deref().map(support),
        }
    }

    /// The same with more room, for pages that show addresses and commands.
    #[must_use]
    pub fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    /// The same with a choice of languages, which shows the page at this address once more.
    #[must_use]
    pub fn offering_languages(self, again: Option<String>) -> Self {
        // An address that no form could carry is not worth the choice.
        Self { again: again.filter(|address| address.len() <= 12_000), ..self }
    }

    /// A text; values go in behind it: `chrome.t("letter-hello-name").text("name", name)`.
    pub fn t(&self, key: &'static str) -> Message {
        self.language.say(key)
    }

    /// A text with markup of its own, or with names that stand out; see [`Rich`].
    pub fn rich(&self, key: &'static str) -> Rich {
        Rich::new(self.language, key)
    }

    /// Which way the page is written.
    fn dir(&self) -> &'static str {
        self.language.direction().as_str()
    }

    /// What people may choose from.
    fn languages(&self) -> impl Iterator<Item = Language> {
        Language::all()
    }

    fn asset(&self, name: &str) -> String {
        assets::href(&self.base, name)
    }
}

/// The application a page speaks of.
#[derive(Clone, Debug, Default)]
pub struct ClientCard {
    /// Its registered name.
    pub name: String,
    /// The host that the person returns to.
    pub host: Option<String>,
    /// Address of its logo on this server.
    pub logo: Option<String>,
    /// Its home page. Shown only when it is an http or https address, like the next two.
    pub client_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
}

impl ClientCard {
    /// The letter that stands for the application.
    fn monogram(&self) -> String {
        self.name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect())
    }

    fn website(&self) -> Option<&str> {
        self.client_uri.as_deref().filter(|uri| is_web_address(uri))
    }

    fn policy(&self) -> Option<&str> {
        self.policy_uri.as_deref().filter(|uri| is_web_address(uri))
    }

    fn terms(&self) -> Option<&str> {
        self.tos_uri.as_deref().filter(|uri| is_web_address(uri))
    }

    fn has_papers(&self) -> bool {
        self.website().or(self.policy()).or(self.terms()).is_some()
    }
}

/// A person, as a page shows them.
#[derive(Clone, Debug, Default)]
pub struct AccountCard {
    /// The value a choice is posted with (a session's id); never a secret.
    pub id: String,
    /// The person's name; the address stands in for an empty one.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// One or two letters.
    pub initials: String,
    /// Words on how long this session has lasted, as in "Signed in today at 09:14"; may be empty.
    pub since: String,
}

impl AccountCard {
    fn shown_name(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// What was wrong with the form that came in, in words for the person who sent it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The alert's `id` on the page. With `problem-FIELD` only that field points at the alert and counts as invalid;
    /// with any other id every visible field points at it.
    pub id: &'static str,
    /// What to do about it.
    pub words: String,
}

impl Problem {
    fn link(problem: &Option<Problem>, field: &str) -> Described {
        Self::link_with(problem, field, "")
    }

    /// The attributes that tie a field to the alert and to its own hint.
    fn link_with(problem: &Option<Problem>, field: &str, hint: &'static str) -> Described {
        let named = problem.as_ref().and_then(|problem| problem.id.strip_prefix("problem-"));
        let alert = problem.as_ref().filter(|_| named.is_none_or(|name| name == field)).map(|problem| problem.id);
        Described { alert, hint: Some(hint).filter(|hint| !hint.is_empty()), invalid: named == Some(field) }
    }
}

/// `aria-describedby` and `aria-invalid` of a field. Holds ids from the program's text only, so it needs no escaping.
struct Described {
    alert: Option<&'static str>,
    hint: Option<&'static str>,
    invalid: bool,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.alert, self.hint) {
            (Some(alert), Some(hint)) => write!(f, " aria-describedby=\"{alert} {hint}\"")?,
            (Some(only), None) | (None, Some(only)) => write!(f, " aria-describedby=\"{only}\"")?,
            (None, None) => {}
        }
        if self.invalid { f.write_str(" aria-invalid=\"true\"") } else { Ok(()) }
    }
}

impl HtmlSafe for Described {}

/// Whether a text may stand in a link: an absolute http or https address, so neither `javascript:` nor `data:`.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
