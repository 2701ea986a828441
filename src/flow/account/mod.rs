//! What people do for themselves: their factors, addresses, passwords and sessions. Each file one matter; none of them is a
//! step of a sign-in.

pub mod address;
pub mod factors;
mod letters;
pub mod links;
pub mod not_me;
pub mod notice;
pub mod recovery;
pub mod sign_up;
