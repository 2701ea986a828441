//! What is neither protocol nor sign-in: the start page, files, probes.

pub mod health;
pub mod home;
pub mod mailbox;
