//! What the house does by itself: tending keys, storing what was counted, and sweeping what has expired.

pub mod keys;
pub mod stats;
pub mod sweep;
