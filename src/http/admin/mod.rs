//! The doors of administration over HTTP: the API. This file owns the list of its parts and nothing else.

pub mod api;
