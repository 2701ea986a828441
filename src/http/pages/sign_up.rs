//! Owns the pages on which people make an account, get back into one, accept terms, and confirm an address. It does not own
//! when each is shown: that is the flow's.

use askama::Template;

use super::{AccountCard, Chrome, ClientCard, Problem};

/// Terms and privacy policy, as addresses that were checked when they were set.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// The terms, and their version.
    pub terms: Option<(String, i64)>,
    /// The privacy policy.
    pub privacy_policy: Option<String>,
}

/// Asks for an address to make an account with. Posts `request`, `csrf` and `email` to `/sign-up`; whoever has an account posts
/// `request`, `csrf` and `session` or `decision` to `/select-account`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/sign_up.html")]
pub struct SignUpPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who sent the person here, if somebody did.
    pub client: Option<ClientCard>,
    /// The request this is a step of; empty without one.
    pub request: String,
    /// The form token.
    pub csrf: String,
    /// The form token of the choice of another account.
    pub choose_csrf: String,
    /// What the address field holds at first.
    pub email: String,
    /// Domains whose addresses are taken; empty: all.
    pub domains: Vec<String>,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// Says that nobody can make an account.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/sign_up_closed.html")]
pub struct SignUpClosedPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whether people are invited.
    pub by_invitation: bool,
}

/// What a letter was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// Making an account.
    SignUp,
    /// Setting a password anew.
    Reset,
}

/// Says that a letter is under way, whether it is or not.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/letter_sent.html")]
pub struct LetterSentPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Which.
    pub letter: Letter,
    /// The address as it was typed.
    pub email: String,
    /// Where another letter is asked for.
    pub again: String,
}

/// Makes the account. Posts `csrf`, `name`, `password`, `terms` to `/sign-up/link`; the secret is in a cookie.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/sign_up_link.html")]
pub struct SignUpLinkPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form token.
    pub csrf: String,
    /// Whose account it will be.
    pub email: String,
    /// What the name field holds at first; without one nobody is asked.
    pub name: Option<String>,
    /// Shortest password that is taken, in characters.
    pub min_length: usize,
    /// What has to be accepted.
    pub papers: Papers,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// The account is there, and no app waits in this browser.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/sign_up_done.html")]
pub struct SignUpDonePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whose account it is.
    pub email: String,
}

/// Asks whose password was lost. Posts `request`, `csrf` and `email` to `/recovery`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/recovery.html")]
pub struct RecoveryPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who sent the person here, if somebody did.
    pub client: Option<ClientCard>,
    /// The request this is a step of; empty without one.
    pub request: String,
    /// The form token.
    pub csrf: String,
    /// What the address field holds at first.
    pub email: String,
    /// Whether letters are sent at all.
    pub is_on: bool,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// Sets a password anew. Posts `csrf` and `password` to `/recovery/link`; the secret is in a cookie.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/recovery_link.html")]
pub struct RecoveryLinkPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form token.
    pub csrf: String,
    /// Whose password it is.
    pub email: String,
    /// Shortest password that is taken, in characters.
    pub min_length: usize,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
    /// Whether it is done.
    pub done: bool,
    /// Where the person signs in, if an app waits in this browser.
    pub go_on: Option<String>,
}

/// Has the terms accepted. Posts `request`, `csrf`, `version` and `decision` (`accept` or `cancel`) to `/terms`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/terms.html")]
pub struct TermsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The app that waits.
    pub client: ClientCard,
    /// Whose account it is.
    pub account: AccountCard,
    /// The request this is a step of.
    pub request: String,
    /// The form token.
    pub csrf: String,
    /// What has to be accepted.
    pub papers: Papers,
}

/// What the page of a new address is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressState {
    /// It can be confirmed.
    Asked,
    /// It can be agreed to from the address that the account has.
    OldAsked,
    /// It is agreed to on this end; the letter to this address has the other link.
    WaitsFor(String),
    /// It is changed.
    Done,
    /// Nobody is signed in who could.
    NotSignedIn,
    /// Somebody has the address.
    Taken,
}

/// Confirms a new address. Posts `csrf` to `/new-address`; the secret is in a cookie.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/new_address.html")]
pub struct NewAddressPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form token.
    pub csrf: String,
    /// The address until now.
    pub old: String,
    /// The new one.
    pub new: String,
    /// How far it is.
    pub state: AddressState,
}
