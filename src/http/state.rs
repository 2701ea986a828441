//! Owns what a handler may reach: the parts of the house, the clock at the door, and the few facts about our address that
//! HTTP needs. It does not own the configuration: `app` hands in what is needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;

use crate::clock::Clock;
use crate::config::ForwardedHeader;
use crate::flow::Parts;
use crate::flow::admin::refused::Refusals;
use crate::flow::admin::settings::CurrentSettings;
use crate::http::admin::api::limit::Limits;
use crate::http::oauth::discovery::Documents;
use crate::http::sign_in::strength;

/// Shared by all workers.
pub struct Web {
    /// The parts of the house.
    pub parts: Arc<Parts>,
    /// The clock; asked once per request.
    pub clock: Clock,
    /// Our address.
    pub place: Place,
    /// Whose word about client addresses counts.
    pub trusted_proxies: Vec<IpNet>,
    /// In which header it stands.
    pub forwarded_header: ForwardedHeader,
    /// Largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// The metadata document, made once and again when it is old.
    pub documents: Documents,
    /// How many requests each caller of the administration API may send.
    pub admin_limits: Limits,
    /// What administrators tried lately and may not do.
    pub admin_refusals: Refusals,
    /// How many passwords each address may have judged while they are typed.
    pub strength_limits: Limits,
    draining: AtomicBool,
}

/// Facts about our address, all from the configured issuer, and what every page shows.
#[derive(Clone, Debug)]
pub struct Place {
    /// The issuer.
    pub issuer: String,
    /// Its path: empty, or like `/auth`.
    pub base: String,
    /// Its origin: `scheme://host[:port]`, as browsers write it.
    pub origin: String,
    /// Whether it is https: then cookies are `__Host-` and HSTS is sent.
    pub is_https: bool,
    /// What administrators set while the server runs: pages show some of it.
    pub settings: CurrentSettings,
}

impl Place {
    /// From the issuer. An issuer that is no URL has been refused by the configuration.
    pub fn of(issuer: &str) -> Self {
        let parsed = url::Url::parse(issuer).ok();
        let origin = parsed.as_ref().map(|u| u.origin().ascii_serialization()).unwrap_or_default();
        let base = parsed.as_ref().map(|u| u.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        Self {
            issuer: issuer.to_owned(),
            base,
            origin,
            is_https: issuer.starts_with("https://"),
            settings: CurrentSettings::default(),
        }
    }
}

/// What [`Web::new`] needs beside the parts.
pub struct WebSettings {
    /// Whose word about client addresses counts.
    pub trusted_proxies: Vec<IpNet>,
    /// In which header it stands.
    pub forwarded_header: ForwardedHeader,
    /// Largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// Requests to the administration API, a minute and caller.
    pub admin_per_minute: u32,
}

impl Web {
    /// Puts the state together.
    pub fn new(parts: Arc<Parts>, clock: Clock, settings: WebSettings) -> Self {
        let place = Place { settings: parts.settings.clone(), ..Place::of(&parts.policy.issuer) };
        Self {
            parts,
            clock,
            place,
            trusted_proxies: settings.trusted_proxies,
            forwarded_header: settings.forwarded_header,
            max_body_bytes: settings.max_body_bytes,
            body_timeout: Duration::from_secs(20),
            documents: Documents::default(),
            admin_limits: Limits::per_minute(settings.admin_per_minute),
            admin_refusals: Refusals::default(),
            strength_limits: Limits::per_minute(strength::PER_MINUTE),
            draining: AtomicBool::new(false),
        }
    }

    /// From now on `/readyz` says no, so that the balancer sends nobody new.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether we are about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_comes_from_the_issuer_alone() {
        let p = Place::of("https://id.example.com/auth");
        assert_eq!((p.base.as_str(), p.origin.as_str(), p.is_https), ("/auth", "https://id.example.com", true));
        let p = Place::of("http://localhost:8080");
        assert_eq!((p.base.as_str(), p.origin.as_str(), p.is_https), ("", "http://localhost:8080", false));
    }
}
