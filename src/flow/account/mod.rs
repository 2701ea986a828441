//! What people do for themselves: their factors, addresses, passwords and sessions. Each file one matter; none of them is a
//! step of a sign-in.

pub mod factors;
pub mod not_me;
pub mod notice;
