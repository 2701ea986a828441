//! Signing people in. Each file does one step and goes back to `/authorize?request=…`; steps never know each other.

pub mod browser;
pub mod choose;
pub mod consent;
pub mod login;
pub mod logo;
pub mod new_password;
pub mod pending;
