//! What people do for themselves: their factors, addresses, passwords and sessions. Each file one matter; none of them is a
//! step of a sign-in.

pub mod activity;
pub mod address;
pub mod apps;
pub mod connections;
pub mod data;
pub mod factors;
mod letters;
pub mod links;
pub mod not_me;
pub mod notice;
pub mod overview;
pub mod passkeys;
pub mod password;
pub mod picture;
pub mod profile;
pub mod quality;
pub mod recovery;
pub mod sessions;
pub mod sign_up;
