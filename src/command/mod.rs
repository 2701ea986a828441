//! commands
pub mod serve;
