//! The pages under `/account`, where people look after their own account. This file owns the list of its parts.
//!
//! Each page asks its operation in `flow::account` and shows the answer; nothing is decided here. A page is made of the same
//! blocks as those of the console. Every operation is about the person who is signed in and takes no other.

pub mod addresses;
pub mod overview;
pub mod routes;

pub use routes::{ACCOUNT, ROUTES};
