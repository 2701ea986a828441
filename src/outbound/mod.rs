//! What leaves the house: mail, what commands ask of a running server, and requests to addresses that somebody else chose,
//! under guard. It does not own what is written nor when it is sent (`flow`).

pub mod address;
pub mod api;
pub mod breached;
pub mod guarded;
#[cfg(test)]
mod guarded_tests;
pub mod letter;
pub mod mailer;

pub use guarded::Guarded;
pub use letter::{Button, Letter};
pub use mailer::{MailError, Mailbox, Mailer, SmtpSettings, SmtpTls};
