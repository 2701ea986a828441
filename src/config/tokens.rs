//! Owns the section `tokens`: how long each kind of token is good for. It does not own what a client's own policy says.

use super::names::Key;
use super::reader::Reader;
use crate::time::Lifetime;

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "access_token_seconds",
        "seconds",
        "The life of an access token. Short, because an API that checks it alone does not hear of a revocation.",
    ),
    Key::new("id_token_seconds", "seconds", "The life of an ID token."),
    Key::new("code_seconds", "seconds", "The life of an authorization code; at most 60."),
    Key::new("refresh_idle_days", "days", "A refresh token that has not been used for this long is over."),
    Key::new("refresh_absolute_days", "days", "However often it is refreshed, a grant ends after this long."),
    Key::new(
        "reuse_window_seconds",
        "seconds",
        "How long the last refresh may be repeated by an app that never got our answer; 0 means never.",
    ),
];

/// The section `tokens`.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Seconds.
    pub access_token_seconds: u32,
    /// Seconds.
    pub id_token_seconds: u32,
    /// Seconds, at most 60.
    pub code_seconds: u32,
    /// Days.
    pub refresh_idle_days: u32,
    /// Days, at least `refresh_idle_days`.
    pub refresh_absolute_days: u32,
    /// Seconds; 0 means that a repeated refresh token is always theft.
    pub reuse_window_seconds: u32,
}

impl Tokens {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let tokens = Self {
            access_token_seconds: r.number("access_token_seconds", 900, 1..=86_400),
            id_token_seconds: r.number("id_token_seconds", 900, 1..=86_400),
            code_seconds: r.number("code_seconds", 60, 1..=60),
            refresh_idle_days: r.number("refresh_idle_days", 7, 1..=3650),
            refresh_absolute_days: r.number("refresh_absolute_days", 30, 1..=3650),
            reuse_window_seconds: r.number("reuse_window_seconds", 10, 0..=60),
        };
        if tokens.refresh_idle_days > tokens.refresh_absolute_days {
            let says = "does not fit: tokens.refresh_idle_days must not be longer than tokens.refresh_absolute_days";
            r.refuse(&["refresh_idle_days", "refresh_absolute_days"], says);
        }
        tokens
    }

    /// The life of an access token.
    pub fn access_token(&self) -> Lifetime {
        Lifetime::from_seconds(self.access_token_seconds.into())
    }

    /// The life of an ID token.
    pub fn id_token(&self) -> Lifetime {
        Lifetime::from_seconds(self.id_token_seconds.into())
    }

    /// The life of an authorization code.
    pub fn code(&self) -> Lifetime {
        Lifetime::from_seconds(self.code_seconds.into())
    }

    /// The life of an unused refresh token.
    pub fn refresh_idle(&self) -> Lifetime {
        Lifetime::from_days(self.refresh_idle_days.into())
    }

    /// The life of a grant.
    pub fn refresh_absolute(&self) -> Lifetime {
        Lifetime::from_days(self.refresh_absolute_days.into())
    }

    /// How long the last refresh may be repeated.
    pub fn reuse_window(&self) -> Lifetime {
        Lifetime::from_seconds(self.reuse_window_seconds.into())
    }

    /// The longest life of any signed token: a retired key is published at least this long.
    pub fn longest_signed(&self) -> Lifetime {
        self.access_token().max(self.id_token())
    }
}
