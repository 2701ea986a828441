//! The whole provider through HTTP, in one binary: `support` starts it on a port of its own with a temporary database, a
//! fixed clock and seeded chance; every other file is named after what it holds.

mod support;

mod admin_api;
mod admin_api_access;
mod admin_api_clients;
mod admin_api_once;
mod admin_api_people;
mod authorize;
mod browser;
mod code_flow;
mod consent;
mod console;
mod console_browser;
mod console_forms;
mod console_pages;
mod cors;
mod csrf;
mod discovery;
mod first_passwords;
mod headers;
mod introspect;
mod jose;
mod limits;
mod logo;
mod logout;
mod mail;
mod mapping;
mod mistakes;
mod nodes;
mod notices;
mod parsers;
mod passwords;
mod process;
mod refresh;
mod revoke;
mod second_factor;
mod secrets;
mod sessions;
mod settings;
mod stats;
mod token;
mod trace;
mod try_it;
mod upstream;
mod userinfo;
