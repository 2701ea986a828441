//! Owns what is allowed but probably not meant: pure remarks on a loaded configuration, for `vouchsafe doctor` and the
//! log at the start. It looks at nothing but the values; files, ports and clocks are `doctor`'s own.

use super::{Config, Origin};

/// A remark on the configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Advice {
    /// The key it is about.
    pub key: &'static str,
    /// What is odd.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

pub(super) fn of(config: &Config) -> Vec<Advice> {
    [issuer_port(config), plain_http(config), who_ends_tls(config), weak_hash(config), password_in_file(config)]
        .into_iter()
        .flatten()
        .collect()
}

/// The default issuer names port 8080; another port alone makes every published address wrong.
fn issuer_port(config: &Config) -> Option<Advice> {
    let server = &config.server;
    let set = config.describe().iter().any(|row| row.key == "server.issuer" && row.origin != Origin::Default);
    (!set && server.listen.port() != 0 && server.listen.port() != 8080).then(|| Advice {
        key: "server.issuer",
        what: format!(
            "the server listens on port {}, but tells apps to come to {}",
            server.listen.port(),
            server.issuer
        ),
        remedy: format!(
            "set server.issuer (VOUCHSAFE_ISSUER), for a first look to http://localhost:{}",
            server.listen.port()
        ),
    })
}

fn plain_http(config: &Config) -> Option<Advice> {
    let server = &config.server;
    (server.issuer.starts_with("http://") && !server.listen.ip().is_loopback()).then(|| Advice {
        key: "server.listen",
        what: format!("the server can be reached from outside at {} without encryption", server.listen),
        remedy: "for other people set server.issuer to an https:// address, and a proxy or tls_certificate; \
                 for yourself alone listen on 127.0.0.1"
            .into(),
    })
}

fn who_ends_tls(config: &Config) -> Option<Advice> {
    let server = &config.server;
    let nobody = !server.serves_tls() && server.trusted_proxies.is_empty();
    (server.issuer.starts_with("https://") && nobody).then(|| Advice {
        key: "server.trusted_proxies",
        what: "a proxy must be in front of this server to make the issuer https, but no proxy is trusted: \
               every visitor then seems to come from the proxy, and all share one limit"
            .into(),
        remedy: "list the proxy's address in server.trusted_proxies, or set tls_certificate and tls_key".into(),
    })
}

/// The cheapest pair that OWASP's password storage sheet counts as equal to the others is 7168 KiB with 5 passes.
fn weak_hash(config: &Config) -> Option<Advice> {
    let cost = u64::from(config.passwords.memory_kib) * u64::from(config.passwords.iterations);
    (cost < 7_168 * 5).then(|| Advice {
        key: "passwords.memory_kib",
        what: "password hashes cost less than OWASP's weakest recommendation".into(),
        remedy: "use memory_kib = 19456 with iterations = 2, or more".into(),
    })
}

/// A password in the file is only as secret as the file.
fn password_in_file(config: &Config) -> Option<Advice> {
    let url = &config.database.url;
    let in_file =
        config.describe().iter().any(|row| row.key == "database.url" && matches!(row.origin, Origin::File { .. }));
    (in_file && url.expose() != url.to_string()).then(|| Advice {
        key: "database.url",
        what: "the configuration file contains the database's password".into(),
        remedy: "set VOUCHSAFE_DATABASE_URL in the environment instead, or see that only the service's user can read the file"
            .into(),
    })
}
