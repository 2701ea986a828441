//! The doors of administration over HTTP: the API and the console. This file owns the list of them and nothing else.

pub mod api;
pub mod console;
mod log;
