//! Signing people in. Each file does one step and goes back to `/authorize?request=…`; steps never know each other.

pub(in crate::flow) mod attempts;
pub mod begin;
pub mod browser;
pub mod ceremony;
pub mod choose;
mod code;
pub mod consent;
pub mod enrol;
pub mod half;
pub mod language;
pub mod login;
pub mod logo;
pub mod mail_code;
pub mod new_password;
pub mod passkey;
pub mod pending;
pub mod second_factor;
pub mod terms;
pub mod upstream;
pub mod waiting;
