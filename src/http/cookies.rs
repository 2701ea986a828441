//! Owns our cookies: their names, their attributes, and reading them. It does not own the secrets in them.
//!
//! | cookie | life | what for |
//! |---|---|---|
//! | `session` | until the browser closes | tokens of the sessions on this browser, newest first |
//! | `browser` | until the browser closes | ties a sign-in under way to the browser that began it |
//! | `device` | 400 days | a stranger's wrong guesses do not lock out a browser the person has used |
//! | `language` | 400 days | the language the person chose for pages |
//! | `setup` | 10 minutes | takes the secret of the set-up link out of the URL |
//! | `invitation` | 10 minutes | takes the secret of an invitation out of the URL |
//! | `not_me` | 10 minutes | takes the secret of a notice's link out of the URL |
//! | `sign_up`, `recovery`, `new_address` | 30 minutes | take the secrets of other mailed links out of the URL |
//! | `console` | until the browser closes | token of the console session; never sent when another site leads here |
//! | `console_trip` | 30 minutes | what the console remembers of a sign-in under way, sealed |
//! | `console_flash` | 1 minute | a message for the console's next page, sealed |
//! | `console_kept` | 10 minutes | what was typed into the console before a new proof was asked for, sealed |
//! | `account`, `account_…` | as those of the console | the same for the pages where people look after their account |
//!
//! Over https every name begins with `__Host-`, so that no neighbouring host can plant one. Plain names exist for http on
//! loopback only.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};

use crate::flow::sign_in::browser::{Browser, MAX_SESSIONS};
use crate::http::state::Place;
use crate::secret::token::{Kind, check_shape};

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jar {
    /// Sessions.
    Session,
    /// Binding of a sign-in under way.
    Browser,
    /// Known device.
    Device,
    /// Chosen language.
    Language,
    /// Set-up link.
    Setup,
    /// Invitation.
    Invitation,
    /// The link of a notice: "this wasn't me".
    NotMe,
    /// The link by which an account is made.
    SignUp,
    /// The link by which a password is set anew.
    Recovery,
    /// The link by which a new address is confirmed.
    NewAddress,
    /// Console session.
    Console,
    /// Console sign-in under way.
    ConsoleTrip,
    /// Message for the console's next page.
    ConsoleFlash,
    /// What was typed into the console before a new proof was asked for.
    ConsoleKept,
    /// Session of the account pages.
    Account,
    /// Sign-in to the account pages under way.
    AccountTrip,
    /// Message for the next account page.
    AccountFlash,
    /// What was typed into an account page before a new proof was asked for.
    AccountKept,
}

impl Jar {
    fn name(self, place: &Place) -> &'static str {
        match (self, place.is_https) {
            (Jar::Session, true) => "__Host-vouchsafe_session",
            (Jar::Session, false) => "vouchsafe_session",
            (Jar::Browser, true) => "__Host-vouchsafe_browser",
            (Jar::Browser, false) => "vouchsafe_browser",
            (Jar::Device, true) => "__Host-vouchsafe_device",
            (Jar::Device, false) => "vouchsafe_device",
            (Jar::Language, true) => "__Host-vouchsafe_language",
            (Jar::Language, false) => "vouchsafe_language",
            (Jar::Setup, true) => "__Host-vouchsafe_setup",
            (Jar::Setup, false) => "vouchsafe_setup",
            (Jar::Invitation, true) => "__Host-vouchsafe_invitation",
            (Jar::Invitation, false) => "vouchsafe_invitation",
            (Jar::NotMe, true) => "__Host-vouchsafe_not_me",
            (Jar::NotMe, false) => "vouchsafe_not_me",
            (Jar::SignUp, true) => "__Host-vouchsafe_sign_up",
            (Jar::SignUp, false) => "vouchsafe_sign_up",
            (Jar::Recovery, true) => "__Host-vouchsafe_recovery",
            (Jar::Recovery, false) => "vouchsafe_recovery",
            (Jar::NewAddress, true) => "__Host-vouchsafe_new_address",
            (Jar::NewAddress, false) => "vouchsafe_new_address",
            (Jar::Console, true) => "__Host-vouchsafe_console",
            (Jar::Console, false) => "vouchsafe_console",
            (Jar::ConsoleTrip, true) => "__Host-vouchsafe_console_trip",
            (Jar::ConsoleTrip, false) => "vouchsafe_console_trip",
            (Jar::ConsoleFlash, true) => "__Host-vouchsafe_console_flash",
            (Jar::ConsoleFlash, false) => "vouchsafe_console_flash",
            (Jar::ConsoleKept, true) => "__Host-vouchsafe_console_kept",
            (Jar::ConsoleKept, false) => "vouchsafe_console_kept",
            (Jar::Account, true) => "__Host-vouchsafe_account",
            (Jar::Account, false) => "vouchsafe_account",
            (Jar::AccountTrip, true) => "__Host-vouchsafe_account_trip",
            (Jar::AccountTrip, false) => "vouchsafe_account_trip",
            (Jar::AccountFlash, true) => "__Host-vouchsafe_account_flash",
            (Jar::AccountFlash, false) => "vouchsafe_account_flash",
            (Jar::AccountKept, true) => "__Host-vouchsafe_account_kept",
            (Jar::AccountKept, false) => "vouchsafe_account_kept",
        }
    }

    /// Bytes that it holds at most; the longest by far are forms that were not taken yet.
    fn most(self) -> usize {
        match self {
            Jar::ConsoleKept | Jar::AccountKept => 4_096,
            _ => 1_024,
        }
    }

    fn max_age(self) -> Option<Duration> {
        match self {
            Jar::Session | Jar::Browser | Jar::Console | Jar::Account => None,
            Jar::Device | Jar::Language => Some(Duration::days(400)),
            Jar::Setup | Jar::Invitation | Jar::NotMe | Jar::ConsoleKept | Jar::AccountKept => {
                Some(Duration::minutes(10))
            }
            Jar::ConsoleTrip | Jar::AccountTrip | Jar::SignUp | Jar::Recovery | Jar::NewAddress => {
                Some(Duration::minutes(30))
            }
            Jar::ConsoleFlash | Jar::AccountFlash => Some(Duration::minutes(1)),
        }
    }
}

/// Reads all of ours. A cookie that was sent twice counts as absent: one of them was planted.
pub fn read(request: &HttpRequest, place: &Place) -> Browser {
    let sessions = find(request, Jar::Session, place).unwrap_or_default();
    let tokens = sessions.split('.').filter(|t| check_shape(Kind::Session, t)).take(MAX_SESSIONS);
    Browser {
        session_tokens: tokens.map(str::to_owned).collect(),
        binding: find(request, Jar::Browser, place).filter(|b| check_shape(Kind::Device, b)),
        device: find(request, Jar::Device, place),
        console: find(request, Jar::Console, place),
    }
}

/// Reads one of ours.
pub fn find(request: &HttpRequest, jar: Jar, place: &Place) -> Option<String> {
    let name = jar.name(place);
    let cookies = request.cookies().ok()?;
    let mut values = cookies.iter().filter(|c| c.name() == name).map(|c| c.value().to_owned());
    let first = values.next().filter(|v| !v.is_empty() && v.len() <= jar.most())?;
    values.next().is_none().then_some(first)
}

/// Makes one of ours.
pub fn set(jar: Jar, value: String, place: &Place) -> Cookie<'static> {
    let mut cookie = Cookie::new(jar.name(place), value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(place.is_https);
    // Lax: the browser comes to /authorize, and by a mailed link to the set-up page, from other sites by GET. Nobody has to
    // lead a person into the console or their account.
    cookie.set_same_site(match jar {
        Jar::Console | Jar::ConsoleFlash | Jar::ConsoleKept => SameSite::Strict,
        Jar::Account | Jar::AccountFlash | Jar::AccountKept => SameSite::Strict,
        _ => SameSite::Lax,
    });
    cookie.set_max_age(jar.max_age());
    cookie
}

/// Takes one of ours away.
pub fn clear(jar: Jar, place: &Place) -> Cookie<'static> {
    let mut cookie = set(jar, String::new(), place);
    cookie.set_max_age(Duration::ZERO);
    cookie
}

/// The session cookie for a list of tokens; clears it when there is none.
pub fn sessions(tokens: &[String], place: &Place) -> Cookie<'static> {
    if tokens.is_empty() {
        return clear(Jar::Session, place);
    }
    let kept: Vec<&str> = tokens.iter().take(MAX_SESSIONS).map(String::as_str).collect();
    set(Jar::Session, kept.join("."), place)
}
