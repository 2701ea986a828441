//! Owns the pages of the way in: login, account chooser, consent, a new password, an invitation, and the set-up of the
//! first administrator.
//! It does not own when each is shown: that is the flow's.

use askama::Template;

use super::{AccountCard, Chrome, ClientCard, Problem};
use crate::flow::account::factors::AppOffer;
use crate::flow::sign_in::ceremony::PasskeyForm;
use crate::flow::sign_in::second_factor::{Mail, Ways};
use crate::identity::permission::is_admin_scope;

/// Asks for address and password. Posts `request`, `csrf`, `login`, `password` to `action`; the cancel button adds
/// `decision=cancel`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/login.html")]
pub struct LoginPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who sent the person here; nobody when they came by themselves.
    pub client: Option<ClientCard>,
    /// The request this is a step of.
    pub request: String,
    /// The form token.
    pub csrf: String,
    /// What the address field holds at first.
    pub login: String,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
    /// The question to a passkey, where there are passkeys; its form posts `ceremony` and `answer` to `/passkey`.
    pub passkey: Option<PasskeyForm>,
    /// The id under which the request is traced.
    pub correlation_id: String,
    /// Whether the person is signed in and only has to prove it anew (`prompt=login`, `max_age`).
    pub reauthenticate: bool,
    /// Whether the password is asked for, or the address alone.
    pub asks_password: bool,
    /// Where a lost password is replaced, if letters are sent.
    pub recovery: Option<String>,
    /// Where an account is made, if people can.
    pub sign_up: Option<String>,
    /// Where the form is posted to.
    pub action: String,
    /// Whether there is somebody to return to with a refusal.
    pub can_cancel: bool,
    /// Other ways in.
    pub ways: Vec<WayCard>,
    /// The provider whose identity is linked once the person signs in here.
    pub linking: Option<String>,
}

/// A provider to sign in through.
#[derive(Clone, Debug)]
pub struct WayCard {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where the way there begins.
    pub href: String,
}

/// Tells somebody that they did not get in through a provider, and which other ways there are.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/upstream_failed.html")]
pub struct UpstreamFailedPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The provider, if it is known which.
    pub provider: Option<String>,
    /// What happened and what to do: the key of a text.
    pub why: &'static str,
    /// Where the sign-in page is, if there is still a request to go on with.
    pub go_on: Option<String>,
    /// The id under which the request is traced.
    pub correlation_id: String,
}

/// One scope on the consent page.
#[derive(Clone, Debug)]
pub struct ScopeLine {
    /// The scope's token, as in `profile`.
    pub name: String,
    /// What it allows, in words that go on from "It will be able to".
    pub words: String,
    /// Whether the person allows other scopes to this client already, and this one is new.
    pub is_new: bool,
}

/// Asks whether the client may have what it wants. Posts `request`, `csrf` and `decision` (`approve`, `deny`, or
/// `switch` to another account) to `/consent`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/consent.html")]
pub struct ConsentPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who asks.
    pub client: ClientCard,
    /// Whose account it is about.
    pub account: AccountCard,
    /// The host that the browser is sent back to.
    pub redirect_host: String,
    /// Whether that is a program on the person's own computer, which any program there could pass itself off as.
    pub loopback: bool,
    /// What is asked for; without `offline_access`, which has its own line.
    pub scopes: Vec<ScopeLine>,
    /// Single claims that are asked for beyond the scopes, in words that go on from "It will learn your".
    pub claims: Vec<String>,
    /// The request this is a step of.
    pub request: String,
    /// The form token.
    pub csrf: String,
    /// Whether access is to last when the person has gone.
    pub offline: bool,
}

impl ConsentPage {
    /// Whether the app would be allowed to administer.
    fn administers(&self) -> bool {
        self.scopes.iter().any(|scope| is_admin_scope(&scope.name))
    }
}

/// Asks which of several sessions to go on with. Posts `request`, `csrf` and `session` (an account's id, or `new`), or
/// `decision=cancel`, to `/select-account`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/choose_account.html")]
pub struct ChooseAccountPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who sent the person here.
    pub client: Option<ClientCard>,
    /// The sessions of this browser.
    pub accounts: Vec<AccountCard>,
    /// The request this is a step of.
    pub request: String,
    /// The form token.
    pub csrf: String,
}

/// Makes the first administrator. Posts `token`, `csrf`, `email`, `name`, `password` to `/setup`.
#[derive(Clone, Template)]
#[template(path = "sign_in/setup.html")]
pub struct SetupPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The secret of the one-time link.
    pub token: String,
    /// The form token.
    pub csrf: String,
    /// What the address field holds at first.
    pub email: String,
    /// What the name field holds at first.
    pub name: String,
    /// The shortest password that is taken, in characters.
    pub min_length: usize,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// Asks somebody whose password has to be changed for another one. Posts `change`, `csrf` and `password` to `/new-password`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/new_password.html")]
pub struct NewPasswordPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The sealed state.
    pub change: String,
    /// The form token.
    pub csrf: String,
    /// Whose password it is.
    pub email: String,
    /// Name of the app that waits.
    pub client: String,
    /// Shortest password that is taken, in characters.
    pub min_length: usize,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// Asks somebody who was invited for a password. Posts `csrf` and `password` to `/invitation`; the secret is in a cookie.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/invitation.html")]
pub struct InvitationPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form token.
    pub csrf: String,
    /// Whose account it is.
    pub email: String,
    /// Shortest password that is taken, in characters.
    pub min_length: usize,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
    /// Whether it is done.
    pub done: bool,
}

/// What saying "this wasn't me" will do, or did. Posts `csrf` to `/not-me`; the secret is in a cookie.
#[derive(Clone, Debug, Template)]
#[template(path = "account/not_me.html")]
pub struct NotMePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form token.
    pub csrf: String,
    /// Whose account it is.
    pub email: String,
    /// When the letter was written.
    pub since: String,
    /// The address that the account goes back to.
    pub back_to: Option<String>,
    /// Names of factors that are taken away.
    pub removed: Vec<String>,
    /// Names of factors that are as new, and stay.
    pub kept: Vec<String>,
    /// Whether it is done.
    pub done: bool,
}

/// Asks for a second factor. Posts `half`, `csrf` and `code`, or `ceremony` and `answer` of a passkey, or `decision` (`mail`,
/// `cancel`) to `/second-factor`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/second_factor.html")]
pub struct SecondFactorPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The app that waits.
    pub client: ClientCard,
    /// The sealed state.
    pub half: String,
    /// The form token.
    pub csrf: String,
    /// Whose account it is.
    pub email: String,
    /// What they may show.
    pub ways: Ways,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
    /// The id under which the request is traced.
    pub correlation_id: String,
}

/// What a person's authenticator app needs.
#[derive(Clone, Debug)]
pub struct AppCard {
    /// The sealed state.
    pub enrolment: String,
    /// The picture, as SVG of our own making.
    pub picture: String,
    /// The address, for a link on a phone.
    pub address: String,
    /// The secret, to be typed.
    pub typed: String,
}

impl AppCard {
    /// The card of an offer.
    pub fn of(offer: &AppOffer) -> Self {
        Self {
            enrolment: offer.enrolment.clone(),
            picture: offer.picture.clone(),
            address: offer.address.expose().to_owned(),
            typed: offer.typed.expose().to_owned(),
        }
    }
}

/// Has a second factor set up before the sign-in goes on. Posts `request`, `csrf`, `enrolment` and `code` to `/enrol`.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/enrol.html")]
pub struct EnrolPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Name of the app that waits.
    pub client: String,
    /// The request this is a step of.
    pub request: String,
    /// The form token.
    pub csrf: String,
    /// What the person's app needs, where an app will do.
    pub app: Option<AppCard>,
    /// The question for a new passkey, where there are passkeys; its form posts `ceremony` and `answer`.
    pub passkey: Option<PasskeyForm>,
    /// What was wrong with the last try.
    pub problem: Option<Problem>,
}

/// Shows recovery codes, once.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in/recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The codes.
    pub codes: Vec<String>,
    /// Where the person goes on.
    pub go_on: String,
}
