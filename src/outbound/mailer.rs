//! Owns handing a letter to an SMTP server, or to the mailbox of a demo. It does not own waiting and trying again
//! (`flow::ops::mail`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::message::{Mailbox as Address, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::Letter;
use crate::sensitive::Sensitive;

/// Letters that the mailbox of a demo keeps.
const MAILBOX: usize = 200;

/// How the connection to the server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte (RFC 8314 section 3.3), usually port 465.
    Implicit,
    /// After `STARTTLS`, which the server must offer; usually port 587.
    StartTls,
    /// Not at all; for a server on this machine.
    None,
}

/// Where letters are handed in.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub tls: SmtpTls,
    /// Name and password, if the server wants them.
    pub login: Option<(String, Sensitive)>,
    /// A certificate authority to trust beside the usual ones, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The sender's address, with or without a name.
    pub from: String,
    /// How long one letter may take.
    pub timeout: Duration,
}

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may go better later.
    #[error("{0}")]
    Later(String),
    /// The server will never take it.
    #[error("{0}")]
    Never(String),
}

/// The way out for letters.
#[derive(Clone)]
pub enum Mailer {
    /// There is no server: letters cannot be sent.
    Off,
    /// A server.
    Smtp(Smtp),
    /// A demo: letters are kept to be looked at.
    Mailbox(Mailbox),
}

/// A connection pool to a server.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    timeout: Duration,
}

/// Letters that were "sent" in a demo, the newest first.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<VecDeque<Letter>>>);

impl Mailbox {
    /// The letters, the newest first.
    pub fn letters(&self) -> Vec<Letter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn put(&self, letter: Letter) {
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push_front(letter);
        letters.truncate(MAILBOX);
    }
}

impl Mailer {
    /// A mailer for this server. Does not connect yet.
    ///
    /// # Errors
    /// In words, when the sender's address or the certificate cannot be used.
    pub fn smtp(settings: SmtpSettings) -> Result<Self, String> {
        let from = settings.from.parse().map_err(|e| format!("the sender {:?} is no address: {e}", settings.from))?;
        let mut parameters = TlsParameters::builder(settings.host.clone());
        if let Some(pem) = &settings.ca_pem {
            let certificate = Certificate::from_pem(pem).map_err(|e| format!("the mail server's authority: {e}"))?;
            parameters = parameters.add_root_certificate(certificate);
        }
        let parameters = || parameters.clone().build_rustls().map_err(|e| format!("TLS to the mail server: {e}"));
        let tls = match settings.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(settings.timeout));
        if let Some((name, password)) = settings.login {
            builder = builder.credentials(Credentials::new(name, password.expose().to_owned()));
        }
        Ok(Mailer::Smtp(Smtp { transport: builder.build(), from, timeout: settings.timeout }))
    }

    /// Whether letters go anywhere.
    pub fn is_on(&self) -> bool {
        !matches!(self, Mailer::Off)
    }

    /// The mailbox, in a demo.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Mailer::Mailbox(mailbox) => Some(mailbox),
            Mailer::Off | Mailer::Smtp(_) => None,
        }
    }

    /// Hands a letter over.
    ///
    /// # Errors
    /// A [`MailError`] that says whether to try again.
    pub async fn send(&self, letter: Letter) -> Result<(), MailError> {
        match self {
            Mailer::Off => Err(MailError::Later("no mail server is configured (mail.host)".to_owned())),
            Mailer::Mailbox(mailbox) => {
                mailbox.put(letter);
                Ok(())
            }
            Mailer::Smtp(smtp) => smtp.send(&letter).await,
        }
    }
}

impl Smtp {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let never = |e: &dyn std::fmt::Display| MailError::Never(e.to_string());
        let html = letter.html().map_err(|e| never(&e))?;
        let message = Message::builder()
            .from(Address::new(self.from.name.clone().or(Some(letter.from_name.clone())), self.from.email.clone()))
            .to(Address::new(None, letter.to.parse().map_err(|e| never(&e))?))
            .subject(&letter.subject)
            .message_id(None)
            .multipart(MultiPart::alternative_plain_html(letter.text(), html))
            .map_err(|e| never(&e))?;
        // The library's timeout is one of each step; a server that drips must not hold a letter for ever.
        match tokio::time::timeout(self.timeout * 3, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(judged(&error)),
            Err(_) => Err(MailError::Later("the mail server took too long".to_owned())),
        }
    }
}

/// A permanent refusal is one of this letter, except where the server refuses us (RFC 4954: 530 to 538), which an
/// administrator can mend while letters wait.
fn judged(error: &lettre::transport::smtp::Error) -> MailError {
    let words = error.to_string();
    let code = error.status().map(|code| code.to_string());
    let about_us = code.as_deref().is_some_and(|code| code.starts_with("53"));
    if error.is_permanent() && !about_us { MailError::Never(words) } else { MailError::Later(words) }
}
