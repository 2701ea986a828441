//! What the house does by itself: tending keys and sweeping what has expired.

pub mod keys;
pub mod sweep;
