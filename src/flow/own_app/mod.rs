//! Our own apps: the administration console and the pages where people look after their account. Each signs people in
//! through this very provider, like any app. This file owns which there are and what sets them apart; signing in is
//! `sign_in`, their clients are `client`.

pub mod client;
pub mod sign_in;

use crate::flow::cx::Policy;
use crate::identity::Permissions;
use crate::identity::session::SessionRule;
use crate::secret::token::Kind;

pub use sign_in::{Arrived, Ask, Begun, Visit, begin, end, finish, visit};

/// One of our own apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnApp {
    /// Where administrators work.
    Console,
    /// Where people look after their own account.
    Account,
}

impl OwnApp {
    /// Both.
    pub const ALL: [OwnApp; 2] = [OwnApp::Console, OwnApp::Account];

    /// Its name: in the table of sessions, in traces, and in what is sealed for it.
    pub const fn name(self) -> &'static str {
        match self {
            OwnApp::Console => "console",
            OwnApp::Account => "account",
        }
    }

    /// The id of its client.
    pub const fn client_id(self) -> &'static str {
        match self {
            OwnApp::Console => "vouchsafe-console",
            OwnApp::Account => "vouchsafe-account",
        }
    }

    /// What people know it by, as in "signed out of …".
    pub const fn words(self) -> &'static str {
        match self {
            OwnApp::Console => "the console",
            OwnApp::Account => "your account pages",
        }
    }

    /// Its first page, below the issuer; all its pages are below this one.
    pub const fn root(self) -> &'static str {
        match self {
            OwnApp::Console => "/admin",
            OwnApp::Account => "/account",
        }
    }

    /// Where the authorization endpoint sends the browser back to, below the issuer.
    pub const fn callback(self) -> &'static str {
        match self {
            OwnApp::Console => "/admin/callback",
            OwnApp::Account => "/account/callback",
        }
    }

    /// What the token in its cookie is.
    pub const fn kind(self) -> Kind {
        match self {
            OwnApp::Console => Kind::Console,
            OwnApp::Account => Kind::Account,
        }
    }

    /// How long its sessions live, if the session at the provider does not end before. Whoever may stay signed in may look
    /// at their own account as long; what counts there asks for a fresh proof.
    pub fn rule(self, policy: &Policy) -> SessionRule {
        match self {
            OwnApp::Console => policy.console,
            OwnApp::Account => policy.sessions,
        }
    }

    /// Whether somebody with these permissions may come in.
    pub fn admits(self, permissions: Permissions) -> bool {
        match self {
            OwnApp::Console => !permissions.is_empty(),
            OwnApp::Account => true,
        }
    }

    /// The app of this client.
    pub fn of_client(client_id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.client_id() == client_id)
    }
}
