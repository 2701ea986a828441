//! The whole provider through HTTP, in one binary: `support` starts it on a port of its own with a temporary database, a
//! fixed clock and seeded chance; every other file is named after what it holds.

mod support;

mod authorize;
mod browser;
mod code_flow;
mod consent;
mod cors;
mod csrf;
mod discovery;
mod first_passwords;
mod headers;
mod introspect;
mod jose;
mod limits;
mod logout;
mod mail;
mod mistakes;
mod nodes;
mod parsers;
mod passwords;
mod process;
mod refresh;
mod revoke;
mod secrets;
mod sessions;
mod settings;
mod stats;
mod token;
mod trace;
mod userinfo;
