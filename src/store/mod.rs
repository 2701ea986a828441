//! Storage: one code base on SQLite and on PostgreSQL. This room is the only one that names diesel.
//!
//! It owns the connections, the tables and the questions that can be asked of them: one file per table, free functions that
//! take a [`Conn`] first and `now` last. It does not own any decision about what it stores: those are made in `oauth` and
//! `identity`, and the flows join the two.
//!
//! [`Db::read`] and [`Db::write`] are the only doors. There is no storage trait, no `#[cfg]` per engine and, with a handful
//! of marked exceptions (row locks), no query that exists twice.

mod conn;
mod db;
mod fault;
mod job;
mod migrate;
mod postgres;
mod postgres_url;
mod row;
mod schema;
mod sqlite;
mod writer;

pub mod accepted_terms;
pub mod account_links;
pub mod attributes;
pub mod ceremonies;
pub mod client_logos;
pub mod clients;
pub mod codes;
pub mod consents;
pub mod devices;
pub mod events;
pub mod factors;
pub mod failed_accounts;
pub mod grants;
pub mod groups;
pub mod guesses;
pub mod idempotency;
pub mod inspect;
pub mod invitations;
pub mod keys;
pub mod leases;
pub mod link_requests;
pub mod mail_codes;
pub mod meta;
pub mod outbox;
pub mod own_sessions;
pub mod pictures;
pub mod raised_bars;
pub mod recovery_codes;
pub mod refresh_tokens;
pub mod resources;
pub mod revoked_tokens;
pub mod roles;
pub mod scopes;
pub mod sessions;
pub mod settings;
pub mod setup_links;
pub mod standing;
pub mod stats;
pub mod traces;
pub mod try_runs;
pub mod upstream_ended;
pub mod upstream_identities;
pub mod upstream_logouts;
pub mod upstream_providers;
pub mod upstream_sessions;
pub mod upstream_tokens;
pub mod upstream_trips;
pub mod usage;
pub mod user_search;
pub mod user_terms;
pub mod users;
pub mod ways_in;
pub mod webhook_deliveries;
pub mod webhooks;

pub use conn::Conn;
pub use db::{DatabaseSettings, Db, Engine};
pub use fault::{Fault, OpenError};
pub use migrate::MigrationReport;
