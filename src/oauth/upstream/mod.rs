//! Owns the rules of sign-in through others: what a provider is, how its claims become a person, and what follows from both.
//! Pure: values in, decision out. It does not own talking to a provider (`upstream`) nor what is stored (`store`).

pub mod answer;
pub mod assertion;
pub mod breaker;
pub mod check;
pub mod claims;
mod client_auth;
pub mod decide;
pub mod logout;
pub mod preset;
pub mod provider;
pub mod quirks;
pub mod sync;
pub mod tokens;

pub use claims::Person;
pub use preset::Preset;
pub use provider::{Kind, Provider, Settled};
