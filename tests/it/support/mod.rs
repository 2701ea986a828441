//! What every test needs: a running provider, a browser, a relying party.

pub mod app;
pub mod browser;
pub mod expect;
pub mod invariants;
pub mod relying_party;

pub use app::TestApp;
pub use browser::{Browser, Page};
pub use relying_party::{Client, Tokens};
