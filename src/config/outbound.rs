//! Owns the section `outbound`: what may be asked over HTTP when somebody else chose the address (webhooks, sign-in through
//! others). It does not own the asking (`outbound`), nor mail.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::names::Key;
use super::reader::Reader;

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "allow",
        "addresses or CIDR networks",
        "Networks that may be asked although they are not on the public internet.",
    ),
    Key::new(
        "allow_http",
        "addresses or CIDR networks",
        "Networks that may be asked without TLS as well; each within outbound.allow.",
    ),
    Key::new("ca_file", "path", "A certificate authority (PEM) to trust for these requests beside the public ones."),
    Key::new("timeout_seconds", "seconds", "The longest that one request takes, with its answer."),
    Key::new("per_host", "requests", "Requests that are under way to one host at a time."),
];

/// The section `outbound`.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Networks that are open beside the public internet.
    pub allow: Vec<IpNet>,
    /// Networks for which http is enough.
    pub allow_http: Vec<IpNet>,
    /// Authority.
    pub ca_file: Option<PathBuf>,
    /// Seconds.
    pub timeout_seconds: u32,
    /// Requests.
    pub per_host: usize,
}

impl Outbound {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let outbound = Self {
            allow: r.key("allow", Vec::new()),
            allow_http: r.key("allow_http", Vec::new()),
            ca_file: r.key("ca_file", None),
            timeout_seconds: r.number("timeout_seconds", 10, 1..=60),
            per_host: r.number("per_host", 4, 1..=64),
        };
        let open = |net: &IpNet| outbound.allow.iter().any(|allowed| allowed.contains(net));
        if let Some(net) = outbound.allow_http.iter().find(|net| !open(net)) {
            r.refuse(
                &["allow_http", "allow"],
                format!("names {net}, which is not within outbound.allow: list it there too"),
            );
        }
        outbound
    }

    /// The longest that one request takes.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Overrides};
    use std::collections::HashMap;

    #[test]
    fn nothing_is_open_by_default_and_http_only_within_what_is_open() {
        let load = |pairs: &[(&str, &str)]| {
            let env: HashMap<String, String> =
                pairs.iter().map(|(key, value)| (format!("VOUCHSAFE_OUTBOUND_{key}"), (*value).to_owned())).collect();
            Config::load(None, &env, Overrides::default()).map(|c| c.outbound).map_err(|e| e.to_string())
        };
        let closed = load(&[]).unwrap();
        assert!(closed.allow.is_empty() && closed.allow_http.is_empty());
        let open = load(&[("ALLOW", "10.0.0.0/8,::1"), ("ALLOW_HTTP", "10.1.0.0/16")]).unwrap();
        assert_eq!(open.allow_http.len(), 1);
        for wider in ["10.0.0.0/7", "11.0.0.0/8", "::/0", "127.0.0.1"] {
            let refused = load(&[("ALLOW", "10.0.0.0/8,::1"), ("ALLOW_HTTP", wider)]).unwrap_err();
            assert!(refused.contains("outbound.allow"), "{refused}");
        }
    }
}
