//! Vouchsafe: a standalone OAuth 2 / OpenID Connect identity provider.
//!
//! This file owns the list of rooms and nothing else. The floors, and what may import what, are drawn in
//! `ARCHITECTURE.md` and held by `tests/floors.rs`.
//!
//! ```text
//! FLOOR 5  command, app              the only place where all parts meet
//! FLOOR 4  http                      the only room that names actix and askama
//! FLOOR 3  flow                      one use-case per file: load, decide, save, answer
//! FLOOR 2  store, signing, secret, upstream, outbound, picture, clock
//! FLOOR 1  oauth                     the protocol, pure: values in, decision out
//! FLOOR 0  identity, time, sensitive our own nouns and their rules; messages: the words to people
//! aside    config, telemetry         read once at the start
//! guest    demo                      a relying party and a resource server that know us by our wire only
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

pub mod app;
pub mod clock;
pub mod command;
pub mod config;
pub mod demo;
pub mod flow;
pub mod http;
pub mod identity;
pub mod messages;
pub mod oauth;
pub mod outbound;
pub mod picture;
pub mod secret;
pub mod sensitive;
pub mod signing;
pub mod store;
pub mod telemetry;
pub mod time;
pub mod upstream;
