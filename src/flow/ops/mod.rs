//! What the house does by itself: tending keys, sending mail, and sweeping what has expired.

pub mod keys;
pub mod mail;
pub mod sweep;
