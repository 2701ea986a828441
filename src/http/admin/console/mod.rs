//! The administration console under `/admin`. This file owns the list of its parts.
//!
//! Each page asks its operation in `flow::admin` and shows the answer; nothing is decided here. A page is made of the blocks
//! of `http::pages::console`, so that all look and work alike and nothing needs a script.

pub mod audit;
pub mod desk;
pub mod guard;
pub mod keys;
pub mod overview;
pub mod people;
pub mod person;
pub mod routes;
pub mod sessions;
pub mod sign_in;
pub mod words;

pub use guard::{Need, Proof};
pub use routes::ROUTES;
