//! The administration console under `/admin`. This file owns the list of its parts.
//!
//! Each page asks its operation in `flow::admin` and shows the answer; nothing is decided here. A page is made of the blocks
//! of `http::pages::console`, so that all look and work alike and nothing needs a script.

pub mod account;
pub mod attributes;
pub mod audit;
pub mod client;
pub mod client_logo;
pub mod clients;
pub mod confirm;
pub mod diagnosis;
pub mod files;
mod filter;
pub mod grants;
pub mod groups;
pub mod guard;
pub mod keys;
pub mod mail;
pub mod mapping;
pub mod overview;
pub mod people;
pub mod person;
pub mod preview;
pub mod provider_form;
pub mod provider_test;
pub mod providers;
pub mod resources;
pub mod roles;
pub mod routes;
pub mod scopes;
pub mod sessions;
pub mod settings;
mod settings_sign_up;
pub mod snippets;
pub mod try_it;
pub mod ways_in;
pub mod webhook_deliveries;
pub mod webhooks;
pub mod words;

pub use guard::{Need, Proof};
pub use routes::{AREAS, CONSOLE, ROUTES};

pub use super::super::own_app::desk;
