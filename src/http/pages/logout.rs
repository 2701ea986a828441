//! Owns the pages of the way out. It does not own what signing out ends, nor whether the person is asked first.

use askama::Template;

use super::{AccountCard, Chrome, ClientCard};

/// Asks whether to sign out. Posts `request`, `csrf` and `decision` (`confirm` or `cancel`) to `/logout/confirm`.
#[derive(Clone, Debug, Template)]
#[template(path = "logout/confirm.html")]
pub struct LogoutPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who asks for it; nobody when the person came by themselves.
    pub client: Option<ClientCard>,
    /// The accounts whose sessions end.
    pub accounts: Vec<AccountCard>,
    /// The request this is a step of.
    pub request: String,
    /// The form token.
    pub csrf: String,
}

/// Says that it is done, when there is no proven address to send the person on to.
#[derive(Clone, Debug, Template)]
#[template(path = "logout/done.html")]
pub struct LoggedOutPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who asked for it; its registered home page is offered.
    pub client: Option<ClientCard>,
    /// Address of the start page.
    pub home: String,
}
