//! Owns the section `mail`: the SMTP server that letters to people are handed to. It does not own sending (`outbound`).

use std::path::PathBuf;
use std::time::Duration;

use super::names::Key;
use super::reader::Reader;
use super::value::{Raw, Setting, choice, quoted, text};
use crate::sensitive::Sensitive;

pub(super) const KEYS: &[Key] = &[
    Key::new("host", "name", "The SMTP server; empty: no mail is sent, and administrators hand links over themselves."),
    Key::new("port", "number", "Its port; 0 means 465 with implicit TLS, 587 with STARTTLS, 25 with none."),
    Key::new("tls", "word", "implicit (from the first byte), starttls, or none (for a server on this machine only)."),
    Key::new("username", "text", "The name to log in with; empty: no login."),
    Key::secret("password", "text", "The password to log in with, from the environment only."),
    Key::new(
        "from",
        "address",
        "The sender: an address, with or without a name, such as Acme <no-reply@acme.example>.",
    ),
    Key::new("ca_file", "path", "A certificate authority (PEM) to trust for this server beside the usual ones."),
    Key::new("timeout_seconds", "seconds", "How long the server may take for one step."),
];

/// The section `mail`.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Name or address; `None` sends nothing.
    pub host: Option<String>,
    /// Port; 0 for the usual one ([`Mail::port`]).
    pub port: u32,
    /// Encryption.
    pub tls: MailTls,
    /// Login name.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Sensitive>,
    /// Sender.
    pub from: Option<String>,
    /// Authority.
    pub ca_file: Option<PathBuf>,
    /// Seconds.
    pub timeout_seconds: u32,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte.
    Implicit,
    /// After STARTTLS.
    StartTls,
    /// Not at all.
    None,
}

impl Mail {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let mail = Self {
            host: r.key("host", None),
            port: r.number("port", 0, 0..=65_535),
            tls: r.key("tls", MailTls::StartTls),
            username: r.key("username", None),
            password: r.key("password", None),
            from: r.key("from", None),
            ca_file: r.key("ca_file", None),
            timeout_seconds: r.number("timeout_seconds", 10, 1..=120),
        };
        if mail.host.is_some() && mail.from.is_none() {
            r.refuse(&["host", "from"], "needs mail.from, the address that letters come from");
        }
        let is_here = matches!(mail.host.as_deref(), None | Some("localhost" | "127.0.0.1" | "::1"));
        if mail.tls == MailTls::None && !is_here {
            r.refuse(&["tls", "host"], "must be implicit or starttls: letters hold links that open accounts");
        }
        if mail.username.is_some() != mail.password.is_some() {
            r.refuse(&["username"], "needs mail.password (VOUCHSAFE_MAIL_PASSWORD), and the other way round");
        }
        mail
    }

    /// The port in force.
    pub fn port(&self) -> u16 {
        match (u16::try_from(self.port).unwrap_or(0), self.tls) {
            (0, MailTls::Implicit) => 465,
            (0, MailTls::StartTls) => 587,
            (0, MailTls::None) => 25,
            (port, _) => port,
        }
    }

    /// How long one step may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }
}

impl Setting for MailTls {
    fn read(raw: &Raw) -> Result<Self, String> {
        choice(raw, &[("starttls", Self::StartTls), ("implicit", Self::Implicit), ("none", Self::None)])
    }

    fn show(&self) -> String {
        quoted(match self {
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
            Self::None => "none",
        })
    }
}

/// Empty text means none, so that the environment can take away what the file names.
impl Setting for Option<String> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = text(raw)?.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(self.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Overrides};
    use std::collections::HashMap;

    fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let env: HashMap<String, String> =
            pairs.iter().map(|(name, value)| (format!("VOUCHSAFE_MAIL_{name}"), (*value).to_owned())).collect();
        Config::load(None, &env, Overrides::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_server_needs_a_sender_encryption_and_a_whole_login() {
        assert_eq!(load(&[]).unwrap().mail.host, None);
        let good = load(&[("HOST", "mail.test"), ("FROM", "Acme <no-reply@acme.test>")]).unwrap().mail;
        assert_eq!((good.port(), good.timeout().as_secs()), (587, 10));
        let implicit = load(&[("HOST", "mail.test"), ("FROM", "a@acme.test"), ("TLS", "implicit")]).unwrap().mail;
        assert_eq!(implicit.port(), 465);
        for (pairs, word) in [
            (vec![("HOST", "mail.test")], "mail.from"),
            (vec![("HOST", "mail.test"), ("FROM", "a@b.test"), ("TLS", "none")], "implicit or starttls"),
            (vec![("HOST", "mail.test"), ("FROM", "a@b.test"), ("USERNAME", "x")], "mail.password"),
            (vec![("TLS", "ssl")], "starttls"),
        ] {
            let refused = load(&pairs).unwrap_err();
            assert!(refused.contains(word), "{refused}");
        }
        let here = load(&[("HOST", "localhost"), ("FROM", "a@b.test"), ("TLS", "none"), ("PORT", "2525")]).unwrap();
        assert_eq!(here.mail.port(), 2525);
    }
}
