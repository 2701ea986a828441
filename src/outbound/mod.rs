//! What leaves the house towards addresses that somebody else chose: mail, and what commands ask of a running server; later the
//! guarded HTTP client. It does
//! not own what is written nor when it is sent (`flow`).

pub mod api;
pub mod letter;
pub mod mailer;

pub use letter::{Button, Letter};
pub use mailer::{MailError, Mailbox, Mailer, SmtpSettings, SmtpTls};
