//! Owns the section `limits`: how patient we are with wrong passwords and with busy callers. It does not
//! count them (`identity::guess`, `http::admin::api::limit`).

use super::names::Key;
use super::reader::Reader;
use crate::identity::guess::{GuessRule, StuffingRule};
use crate::time::Lifetime;

pub(super) const KEYS: &[Key] = &[
    Key::new("account_free", "attempts", "Wrong passwords for one account before delays begin."),
    Key::new(
        "account_first_delay_seconds",
        "seconds",
        "The first delay for an account; it doubles with each further attempt.",
    ),
    Key::new("longest_delay_minutes", "minutes", "No delay grows beyond this."),
    Key::new("address_free", "attempts", "Wrong passwords from one address before delays begin."),
    Key::new(
        "address_first_delay_seconds",
        "seconds",
        "The first delay for an address; it doubles with each further attempt.",
    ),
    Key::new(
        "network_free",
        "attempts",
        "Wrong passwords from one network (/24 of IPv4, /48 of IPv6) before delays begin.",
    ),
    Key::new(
        "network_first_delay_seconds",
        "seconds",
        "The first delay for a network; it doubles with each further attempt.",
    ),
    Key::new(
        "stuffing_accounts",
        "accounts",
        "So many accounts tried in vain from one network raise the bar for it; 0 switches that off.",
    ),
    Key::new("stuffing_window_minutes", "minutes", "Within this time."),
    Key::new("stuffing_bar_minutes", "minutes", "The bar stays raised for so long."),
    Key::new("forget_after_hours", "hours", "After this long without an attempt a counter starts anew."),
    Key::new("admin_per_minute", "requests a minute", "Requests to the administration API from one caller."),
];

/// The section `limits`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Attempts.
    pub account_free: u32,
    /// Seconds.
    pub account_first_delay_seconds: u32,
    /// Minutes, for accounts, addresses and networks alike.
    pub longest_delay_minutes: u32,
    /// Attempts.
    pub address_free: u32,
    /// Seconds.
    pub address_first_delay_seconds: u32,
    /// Attempts.
    pub network_free: u32,
    /// Seconds.
    pub network_first_delay_seconds: u32,
    /// Accounts.
    pub stuffing_accounts: u32,
    /// Minutes.
    pub stuffing_window_minutes: u32,
    /// Minutes.
    pub stuffing_bar_minutes: u32,
    /// Hours, for accounts, addresses and networks alike.
    pub forget_after_hours: u32,
    /// Requests a minute, for each caller of the administration API.
    pub admin_per_minute: u32,
}

impl Limits {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let limits = Self {
            account_free: r.number("account_free", 5, 1..=100),
            account_first_delay_seconds: r.number("account_first_delay_seconds", 30, 1..=3600),
            longest_delay_minutes: r.number("longest_delay_minutes", 15, 1..=1440),
            address_free: r.number("address_free", 30, 1..=100_000),
            address_first_delay_seconds: r.number("address_first_delay_seconds", 10, 1..=3600),
            network_free: r.number("network_free", 200, 1..=1_000_000),
            network_first_delay_seconds: r.number("network_first_delay_seconds", 5, 1..=3600),
            stuffing_accounts: r.number("stuffing_accounts", 20, 0..=100_000),
            stuffing_window_minutes: r.number("stuffing_window_minutes", 60, 1..=1440),
            stuffing_bar_minutes: r.number("stuffing_bar_minutes", 60, 1..=1440),
            forget_after_hours: r.number("forget_after_hours", 24, 1..=8760),
            admin_per_minute: r.number("admin_per_minute", 600, 1..=1_000_000),
        };
        for (name, rule) in [
            ("account_first_delay_seconds", limits.account()),
            ("address_first_delay_seconds", limits.address()),
            ("network_first_delay_seconds", limits.network()),
        ] {
            if rule.first_delay > rule.longest_delay {
                let says = format!("does not fit: limits.{name} must not be longer than limits.longest_delay_minutes");
                r.refuse(&[name, "longest_delay_minutes"], says);
            }
        }
        // A counter that is forgotten before its delay is over would end the delay early.
        if limits.account().forget_after < limits.account().longest_delay {
            let says = "does not fit: limits.forget_after_hours must not be shorter than limits.longest_delay_minutes";
            r.refuse(&["forget_after_hours", "longest_delay_minutes"], says);
        }
        limits
    }

    /// The rule for one account.
    pub fn account(&self) -> GuessRule {
        self.rule(self.account_free, self.account_first_delay_seconds)
    }

    /// The rule for one client address.
    pub fn address(&self) -> GuessRule {
        self.rule(self.address_free, self.address_first_delay_seconds)
    }

    /// The rule for one network.
    pub fn network(&self) -> GuessRule {
        self.rule(self.network_free, self.network_first_delay_seconds)
    }

    /// When trying out many accounts is an attack.
    pub fn stuffing(&self) -> StuffingRule {
        StuffingRule {
            accounts: self.stuffing_accounts.into(),
            window: Lifetime::from_minutes(self.stuffing_window_minutes.into()),
            bar: Lifetime::from_minutes(self.stuffing_bar_minutes.into()),
        }
    }

    fn rule(&self, free: u32, first_delay_seconds: u32) -> GuessRule {
        GuessRule {
            free: free.into(),
            first_delay: Lifetime::from_seconds(first_delay_seconds.into()),
            longest_delay: Lifetime::from_minutes(self.longest_delay_minutes.into()),
            forget_after: Lifetime::from_hours(self.forget_after_hours.into()),
        }
    }
}
