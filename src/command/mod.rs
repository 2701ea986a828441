//! commands
pub mod demo;
pub mod serve;
