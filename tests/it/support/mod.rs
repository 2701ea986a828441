//! What every test needs: a running provider, a browser, a relying party; and ways past HTTP: raw bytes, and the database.

pub mod admin;
pub mod app;
pub mod browser;
pub mod chromium;
pub mod console;
pub mod expect;
pub mod ground;
pub mod invariants;
pub mod letters;
pub mod passkeys;
#[path = "../../support/postgres.rs"]
pub mod postgres;
pub mod raw;
pub mod relying_party;
pub mod shapes;
pub mod timing;
pub mod upstream;

pub use app::TestApp;
pub use browser::{Browser, Page};
pub use relying_party::{Client, Tokens};
