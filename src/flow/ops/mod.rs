//! What the house does by itself: tending keys, sending mail, storing what was counted, and sweeping what has expired.

pub mod keys;
pub mod mail;
pub mod stats;
pub mod sweep;
pub mod webhooks;
