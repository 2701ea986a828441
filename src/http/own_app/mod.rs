//! What our own apps, the console and the account pages, have in common over HTTP: the way in, the door before every page,
//! and what a handler works with. This file owns the list of its parts.

pub mod desk;
pub mod door;
pub mod kept;
pub mod shell;
pub mod sign_in;

pub use door::Proof;
