//! What administrators reach over HTTP. This file owns the list of the doors and nothing else.

pub mod console;
