//! The whole provider through HTTP, in one binary: `support` starts it on a port of its own with a temporary database, a
//! fixed clock and seeded chance; every other file is named after what it holds.

mod support;

mod browser;
mod code_flow;
mod csrf;
mod headers;
mod jose;
mod limits;
mod nodes;
mod parsers;
mod passwords;
mod process;
mod refresh;
mod secrets;
mod sessions;
