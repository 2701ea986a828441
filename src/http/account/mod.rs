//! The pages under `/account`, where people look after their own account. This file owns the list of its parts.
//!
//! Each page asks its operation in `flow::account` and shows the answer; nothing is decided here. A page is made of the same
//! blocks as those of the console, and speaks the person's language. Every operation is about the person who is signed in
//! and takes no other.

pub mod activity;
pub mod addresses;
pub mod apps;
pub mod connections;
pub mod data;
pub mod factors;
pub mod overview;
pub mod passkeys;
pub mod password;
pub mod picture;
pub mod profile;
pub mod routes;
pub mod sessions;
pub mod words;

pub use routes::{ACCOUNT, AREAS, ROUTES};
